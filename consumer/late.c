#include "late.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "monotonic.h"
#include "pending_load.h"
#include "pending_topic.h"

/* What is asked between two polls, so that a lane pauses for a few milliseconds at most: a message takes some
 * microseconds, and bytes pass at some 100 MB/s. */
#define PORTION_MESSAGES 512u
#define PORTION_BYTES (128u << 10)

#define LOAD_AGAIN_MS 2000  /* after one that has failed */
#define COMPLAINT_MS 10000  /* the same trouble is logged at most this often */
#define RECORD_AROUND 1024u /* bytes of a record beside message and items, about */
#define VERSION_BYTES 16u   /* of the index, as digits */

/* A partition of the input. */
struct place {
    char *topic;
    int32_t partition;
    bool ours;
    bool loaded;
};

/* An instrument of a message that is asked about. */
struct asked {
    uint32_t role, position;
    unsigned unknown; /* identifiers that still are */
    bool settled;
};

/* The message that is being checked. */
struct current {
    bool waits;   /* something of it does, so it will be held ... */
    bool refused; /* ... or will not be, whatever is found */
    bool has_message;
    struct origin origin;
    struct slice raw; /* until the record is released */
    int64_t since_ms;
    char version[VERSION_BYTES];
    size_t version_len;
    struct avro_buffer headers; /* a block of carry */
};

struct late {
    const struct config *config;
    unsigned lane;
    const atomic_bool *stop;
    struct log *log;
    int partitions; /* of pending.topic */
    struct pending *pending;
    struct checker *checker; /* of its own, so that messages are not counted again */
    struct place *places;
    size_t place_count;

    struct pending_load *load; /* NULL: none is under way */
    bool load_is_stale;        /* what it finds may be out of date */
    int64_t load_after_ms;     /* by the monotonic clock: not before */
    bool reset;
    bool has_more; /* to ask, behind the last portion */
    int64_t complained_ms;

    /* Of a call. */
    struct outbox *outbox;
    const struct checker_output *output; /* the outbox's */
    struct late_counts *counts;
    uint64_t index; /* index_identity */
    int64_t now_ms;
    struct checker_output filter, first_pass, second_pass;
    struct current current;
    struct pending_item *items; /* of the message that is checked, or asked about */
    size_t item_count, item_capacity;
    struct asked *asked;
    size_t asked_count, asked_capacity;
    const struct pending_record *record; /* that is asked about; NULL: none */
    bool is_over;                        /* its grace is */
    struct avro_buffer bytes;
};

/* ---- places ---- */

static struct place *find_place(const struct late *l, struct slice topic, int32_t partition)
{
    for (size_t i = 0; i < l->place_count; i++)
        if (l->places[i].partition == partition && slice_equal_text(topic, l->places[i].topic))
            return &l->places[i];
    return NULL;
}

static struct place *add_place(struct late *l, const char *topic, int32_t partition)
{
    struct place *places = reallocarray(l->places, l->place_count + 1, sizeof *places);
    char *name = strdup(topic);

    if (places)
        l->places = places;
    if (!places || !name) {
        free(name);
        return NULL;
    }
    places[l->place_count] = (struct place){.topic = name, .partition = partition};
    return &places[l->place_count++];
}

void late_partition(struct late *late, const char *topic, int32_t partition, bool ours)
{
    struct place *place;

    if (!late)
        return;
    place = find_place(late, slice_of(topic), partition);
    if (!place && ours)
        place = add_place(late, topic, partition);
    if (!place)
        return; /* without memory for a name nothing is held for it, nor found */
    place->ours = ours;
    place->loaded = false;
    late->load_is_stale = true;
    pending_forget(late->pending, (unsigned)(place - late->places));
}

void late_reset(struct late *late)
{
    if (late)
        late->reset = late->load_is_stale = true;
}

/* Not within a look, which has an entry in its hands. */
static void reset_if_told(struct late *l)
{
    if (!l->reset)
        return;
    l->reset = false;
    pending_clear(l->pending);
    for (size_t i = 0; i < l->place_count; i++)
        l->places[i].loaded = false;
}

/* ---- items ---- */

static int add_item(struct late *l, const struct pending_item *item, struct error *e)
{
    if (l->item_count == l->item_capacity) {
        size_t capacity = l->item_capacity ? 2 * l->item_capacity : 64;
        struct pending_item *items = reallocarray(l->items, capacity, sizeof *items);

        if (!items)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu findings", capacity);
        l->items = items;
        l->item_capacity = capacity;
    }
    l->items[l->item_count++] = *item;
    return 0;
}

static struct pending_item item_of(const struct discrepancy *d, bool waits)
{
    struct pending_item item = {
        .role = (uint8_t)d->instrument->role, .position = d->instrument->position, .waits = waits};

    pending_id(d->id, item.id);
    return item;
}

static bool is_same_instrument(const struct pending_item *a, const struct pending_item *b)
{
    return a->role == b->role && a->position == b->position;
}

/* ---- holding: between checker and outbox ---- */

static bool is_same_message(const struct origin *a, const struct origin *b)
{
    return a->offset == b->offset && a->message == b->message && a->partition == b->partition &&
           slice_equal(a->topic, b->topic);
}

/* Leaves those of instruments that wait; an instrument's stand together. */
static void drop_others(struct late *l)
{
    size_t kept = 0, end;
    bool waits;

    for (size_t i = 0; i < l->item_count; i = end) {
        waits = false;
        for (end = i; end < l->item_count && is_same_instrument(&l->items[i], &l->items[end]); end++)
            waits = waits || l->items[end].waits;
        for (size_t j = i; waits && j < end; j++)
            l->items[kept++] = l->items[j];
    }
    l->item_count = kept;
}

static void write_key(const unsigned char id[PENDING_ID_LEN], char key[DISCREPANCY_ID_LEN + 1])
{
    for (size_t i = 0; i < PENDING_ID_LEN; i++)
        snprintf(key + 2 * i, 3, "%02x", id[i]);
}

static int publish_record(struct late *l, const struct pending_entry *entry, int32_t partition, struct slice value,
                          struct error *e)
{
    char key[DISCREPANCY_ID_LEN + 1];

    write_key(entry->id, key);
    return outbox_add_pending(l->outbox, pending_partition(partition, l->partitions), slice_of(key), value, e);
}

/* Holds the record with what is among the items. */
static int hold(struct late *l, const struct pending_record *record, struct pending_entry *entry, struct error *e)
{
    l->bytes.len = 0;
    if (pending_record_write(record, l->items, l->item_count, &l->bytes, e) != 0)
        return -1;
    entry->since_ms = record->since_ms;
    entry->bytes = slice_make(l->bytes.ptr, l->bytes.len);
    if (pending_put(l->pending, entry, e) != 0)
        return -1;
    return publish_record(l, entry, record->origin.partition, slice_make(l->bytes.ptr, l->bytes.len), e);
}

/* The key is the id of the first that waits. */
static void take_first_id(const struct late *l, unsigned char id[PENDING_ID_LEN])
{
    size_t i = 0;

    while (!l->items[i].waits)
        i++;
    memcpy(id, l->items[i].id, PENDING_ID_LEN);
}

/* The message has been checked. */
static int end_message(struct late *l, struct error *e)
{
    const struct current *c = &l->current;
    const struct pending_record record = {.since_ms = c->since_ms,
                                          .origin = c->origin,
                                          .version = slice_make(c->version, c->version_len),
                                          .headers = slice_make(c->headers.ptr, c->headers.len),
                                          .raw = c->raw};
    struct pending_entry entry = {.place = 0};
    bool waits = c->waits;

    l->current.has_message = l->current.waits = false;
    if (!waits)
        return 0;
    drop_others(l);
    take_first_id(l, entry.id);
    entry.place = (unsigned)(find_place(l, c->origin.topic, c->origin.partition) - l->places);
    entry.asked = l->index;
    return hold(l, &record, &entry, e);
}

static int begin_message(struct late *l, const struct discrepancy *d, struct error *e)
{
    struct current *c = &l->current;

    if (c->has_message && is_same_message(&c->origin, d->origin))
        return 0;
    if (end_message(l, e) != 0)
        return -1;
    l->item_count = 0;
    c->has_message = true;
    c->refused = false;
    c->origin = *d->origin;
    c->raw = d->raw;
    c->since_ms = d->origin->has_timestamp && d->origin->timestamp_ms < l->now_ms ? d->origin->timestamp_ms : l->now_ms;
    return 0;
}

static bool may_wait(const struct late *l, const struct discrepancy *d)
{
    const struct current *c = &l->current;

    return !c->refused && c->raw.len <= PENDING_RAW_MAX &&
           c->since_ms > l->now_ms - (int64_t)l->config->pending.grace_ms &&
           pending_has_room(l->pending, c->raw.len + RECORD_AROUND) &&
           find_place(l, d->origin->topic, d->origin->partition) != NULL;
}

/* What a message needs to wait is taken once. */
static int begin_waiting(struct late *l, const struct discrepancy *d, struct error *e)
{
    struct current *c = &l->current;
    struct slice headers;

    if (outbox_headers(l->outbox, d->origin, &headers, e) != 0)
        return -1;
    c->headers.len = 0;
    if (avro_buffer_append(&c->headers, headers, e) != 0)
        return -1;
    c->version_len = strlen(d->master_version) < VERSION_BYTES ? strlen(d->master_version) : VERSION_BYTES;
    memcpy(c->version, d->master_version, c->version_len);
    c->waits = true;
    return 0;
}

/* All or none of a message's that are unknown. */
static int on_discrepancy(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late *l = opaque;
    struct current *c = &l->current;
    struct pending_item item;
    bool waits;

    if (begin_message(l, d, e) != 0)
        return -1;
    waits = d->verdict->kind == DISCREPANCY_UNKNOWN_SECURITY && l->item_count < PENDING_ITEMS_MAX &&
            (c->waits || may_wait(l, d));
    c->refused = c->refused || (d->verdict->kind == DISCREPANCY_UNKNOWN_SECURITY && !waits);
    if (waits && !c->waits && begin_waiting(l, d, e) != 0)
        return -1;
    item = item_of(d, waits);
    if (l->item_count < PENDING_ITEMS_MAX && add_item(l, &item, e) != 0)
        return -1;
    l->counts->held += waits;
    return waits ? 0 : l->output->on_discrepancy(l->output->opaque, d, e);
}

static int on_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    struct late *l = opaque;

    return l->output->on_dead_letter(l->output->opaque, letter, e);
}

const struct checker_output *late_begin(struct late *late, const struct index *index, struct outbox *outbox,
                                        struct late_counts *counts, int64_t now_ms)
{
    reset_if_told(late);
    late->index = index_identity(index);
    late->outbox = outbox;
    late->output = outbox_begin(outbox);
    late->counts = counts;
    late->now_ms = now_ms;
    late->current.has_message = late->current.waits = false;
    return &late->filter;
}

int late_end(struct late *late, struct error *e)
{
    return end_message(late, e);
}

/* ---- reading back ---- */

static bool is_wanted(const struct place *place)
{
    return place->ours && !place->loaded;
}

static int start_load(struct late *l, struct error *e)
{
    struct range_list origins = {0};
    int status = 0;

    for (size_t i = 0; i < l->place_count && status == 0; i++) {
        struct range range = {.partition = l->places[i].partition, .next = RANGE_OPEN};

        snprintf(range.topic, sizeof range.topic, "%s", l->places[i].topic);
        if (is_wanted(&l->places[i]))
            status = range_list_add(&origins, &range, e);
    }
    l->load_is_stale = false;
    if (status == 0 && origins.count > 0)
        status = pending_load_start(l->config, l->lane, l->partitions, &origins, l->log, &l->load, e);
    range_list_free(&origins);
    return status;
}

/* What the lane holds already is newer. */
static int take_found(struct late *l, struct source *source, struct pending *found, struct error *e)
{
    const struct range_list *origins = pending_load_origins(l->load);
    struct pending_entry *held;

    for (size_t i = 0; i < origins->count; i++)
        if (origins->items[i].next != RANGE_OPEN)
            source_note_stored(source, origins->items[i].topic, origins->items[i].partition, origins->items[i].next);
    while ((held = pending_oldest(found)) != NULL) {
        const struct range *origin = &origins->items[held->place];
        struct pending_entry entry = *held;

        entry.place = (unsigned)(find_place(l, slice_of(origin->topic), origin->partition) - l->places);
        entry.asked = 0;
        if (!pending_find(l->pending, entry.id) && pending_put(l->pending, &entry, e) != 0)
            return -1;
        pending_remove(found, held);
    }
    for (size_t i = 0; i < origins->count; i++)
        find_place(l, slice_of(origins->items[i].topic), origins->items[i].partition)->loaded = true;
    return 0;
}

static int end_load(struct late *l, struct source *source, struct error *e)
{
    struct error why = {.code = ERROR_NONE};
    struct pending *found = l->load_is_stale ? NULL : pending_load_found(l->load, &why);
    int status = found ? take_found(l, source, found, e) : 0;

    pending_load_free(l->load);
    l->load = NULL;
    if (why.code == ERROR_NONE)
        return status;
    if (why.code == ERROR_CONFIG || why.code == ERROR_INTERNAL) {
        *e = why;
        return -1;
    }
    l->load_after_ms = monotonic_ms() + LOAD_AGAIN_MS;
    log_write(l->log, LOG_LEVEL_WARNING, "pending", "lane %u: what waits is read again in a while: %s", l->lane,
              why.text);
    return 0;
}

/* Whether all is there that waits for our partitions; else goes on with that. */
static int read_back(struct late *l, struct source *source, bool *is_there, struct error *e)
{
    *is_there = false;
    if (l->load && l->load_is_stale)
        pending_load_stop(l->load);
    if (l->load && pending_load_is_over(l->load) && end_load(l, source, e) != 0)
        return -1;
    if (l->load)
        return 0;
    for (size_t i = 0; i < l->place_count; i++)
        if (is_wanted(&l->places[i]))
            return monotonic_ms() >= l->load_after_ms ? start_load(l, e) : 0;
    *is_there = true;
    return 0;
}

/* ---- asking again ---- */

static int compare_items(const void *a, const void *b)
{
    return memcmp(((const struct pending_item *)a)->id, ((const struct pending_item *)b)->id, PENDING_ID_LEN);
}

static int compare_asked(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;

    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return x->position == y->position ? 0 : x->position < y->position ? -1 : 1;
}

static const struct pending_item *find_item(const struct late *l, const struct pending_item *like)
{
    return l->item_count > 0 ? bsearch(like, l->items, l->item_count, sizeof *l->items, compare_items) : NULL;
}

static struct asked *find_asked(const struct late *l, const struct pending_item *item)
{
    const struct asked like = {.role = item->role, .position = item->position};

    return l->asked_count > 0 ? bsearch(&like, l->asked, l->asked_count, sizeof *l->asked, compare_asked) : NULL;
}

static int make_asked(struct late *l, size_t count, struct error *e)
{
    struct asked *asked;

    if (count <= l->asked_capacity)
        return 0;
    asked = reallocarray(l->asked, count, sizeof *asked);
    if (!asked)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu instruments", count);
    l->asked = asked;
    l->asked_capacity = count;
    return 0;
}

/* What the record says of its instruments, so that both can be looked up. */
static int take_items(struct late *l, const struct pending_record *record, struct error *e)
{
    l->item_count = l->asked_count = 0;
    if (make_asked(l, record->item_count, e) != 0)
        return -1;
    for (size_t i = 0; i < record->item_count; i++) {
        const struct pending_item item = pending_record_item(record, i);
        const struct asked asked = {.role = item.role, .position = item.position};

        if (add_item(l, &item, e) != 0)
            return -1;
        if (l->asked_count == 0 || compare_asked(&l->asked[l->asked_count - 1], &asked) != 0)
            l->asked[l->asked_count++] = asked;
    }
    qsort(l->items, l->item_count, sizeof *l->items, compare_items);
    qsort(l->asked, l->asked_count, sizeof *l->asked, compare_asked);
    return 0;
}

/* First it is only looked at what is still unknown, ... */
static int note_unknown(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late *l = opaque;
    const struct pending_item item = item_of(d, true), *known = find_item(l, &item);
    struct asked *asked = find_asked(l, &item);

    (void)e;
    if (asked && known && known->waits)
        asked->unknown++;
    return 0;
}

static int pass_over(void *opaque, const struct dead_letter *letter, struct error *e)
{
    (void)opaque;
    (void)letter;
    (void)e;
    return 0;
}

static int publish_unknown(struct late *l, const struct discrepancy *d, struct error *e)
{
    struct discrepancy late = *d;
    int64_t end_ms = l->record->since_ms + (int64_t)l->config->pending.grace_ms;

    late.was_pending = true;
    late.unknown_since_ms = l->record->since_ms;
    late.unknown_until_ms = end_ms < l->now_ms ? end_ms : l->now_ms;
    l->counts->expired++;
    return l->output->on_discrepancy(l->output->opaque, &late, e);
}

/* ... then what is settled is published, but for what was before. */
static int publish_settled(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late *l = opaque;
    const struct pending_item item = item_of(d, true), *known = find_item(l, &item);
    const struct asked *asked = find_asked(l, &item);

    if (!asked || !asked->settled || (known && !known->waits))
        return 0;
    return known ? publish_unknown(l, d, e) : l->output->on_discrepancy(l->output->opaque, d, e);
}

/* How many that wait an index has learnt among those that are settled; *left: whether any is not. */
static void settle(struct late *l, bool *any, bool *left)
{
    *any = *left = false;
    for (size_t i = 0; i < l->asked_count; i++) {
        l->asked[i].settled = l->is_over || l->asked[i].unknown == 0;
        *any = *any || l->asked[i].settled;
        *left = *left || !l->asked[i].settled;
    }
    for (size_t i = 0; i < l->item_count; i++)
        if (l->items[i].waits && find_asked(l, &l->items[i])->settled)
            l->counts->found++;
    for (size_t i = 0; i < l->asked_count; i++)
        if (l->asked[i].settled)
            l->counts->found -= l->asked[i].unknown;
}

static int check_again(struct late *l, const struct index *index, const struct checker_output *output, struct error *e)
{
    return checker_check(l->checker, index, l->record->raw, &l->record->origin, output, e);
}

/* What is left of it waits on, by a record that says so. Its instruments are in their order again. */
static int hold_rest(struct late *l, const struct pending_entry *entry, const struct index *index, struct error *e)
{
    struct pending_entry rest = *entry;
    size_t kept = 0;

    for (size_t i = 0; i < l->record->item_count; i++) {
        const struct pending_item item = pending_record_item(l->record, i);

        if (!find_asked(l, &item)->settled)
            l->items[kept++] = item;
    }
    l->item_count = kept;
    rest.asked = index_identity(index);
    return hold(l, l->record, &rest, e);
}

static int let_go(struct late *l, struct pending_entry *entry, struct error *e)
{
    int status = publish_record(l, entry, l->record->origin.partition, slice_make(NULL, 0), e);

    pending_remove(l->pending, entry);
    return status;
}

static int ask_record(struct late *l, struct source *source, const struct index *index, struct pending_entry *entry,
                      struct error *e)
{
    const struct place *place = &l->places[entry->place];
    bool any, left;

    if (take_items(l, l->record, e) != 0 || check_again(l, index, &l->first_pass, e) != 0)
        return -1;
    settle(l, &any, &left);
    if (!any) {
        pending_asked(l->pending, entry, index_identity(index));
        return 0;
    }
    source_touch(source, place->topic, place->partition);
    l->output = outbox_begin(l->outbox); /* the headers of the entry before are not this one's */
    if (check_again(l, index, &l->second_pass, e) != 0)
        return -1;
    return left ? hold_rest(l, entry, index, e) : let_go(l, entry, e);
}

static int ask(struct late *l, struct source *source, const struct index *index, struct pending_entry *entry,
               struct error *e)
{
    struct pending_record record;
    int status;

    if (pending_record_read(entry->bytes, &record, e) != 0)
        return -1; /* it was good when it was put there */
    l->record = &record;
    l->is_over = record.since_ms <= l->now_ms - (int64_t)l->config->pending.grace_ms || pending_is_tight(l->pending);
    status = ask_record(l, source, index, entry, e);
    l->record = NULL;
    return status;
}

static void tell_tight(struct late *l)
{
    int64_t now_ms = monotonic_ms();

    if (l->complained_ms != 0 && now_ms - l->complained_ms < COMPLAINT_MS)
        return;
    l->complained_ms = now_ms;
    log_write(l->log, LOG_LEVEL_WARNING, "pending",
              "lane %u: %zu messages of %zu KiB wait, as many as pending.max and memory.max allow: the oldest are "
              "published before their grace is over",
              l->lane, pending_count(l->pending), pending_bytes(l->pending) >> 10);
}

/* What has to go, or else what the index was not asked about. */
static struct pending_entry *next_to_ask(struct late *l, const struct index *index)
{
    struct pending_entry *oldest = pending_oldest(l->pending);

    if (!oldest)
        return NULL;
    if (pending_is_tight(l->pending)) {
        tell_tight(l);
        return oldest;
    }
    if (oldest->since_ms <= l->now_ms - (int64_t)l->config->pending.grace_ms)
        return oldest;
    return pending_unasked(l->pending, index_identity(index));
}

int late_look(struct late *late, struct source *source, const struct index *index, struct outbox *outbox,
              struct late_counts *counts, int64_t now_ms, struct error *e)
{
    struct pending_entry *entry;
    size_t bytes = 0;
    bool is_there;

    reset_if_told(late);
    late->has_more = false;
    if (read_back(late, source, &is_there, e) != 0)
        return -1;
    if (!is_there)
        return 0;
    late->outbox = outbox;
    late->counts = counts;
    late->now_ms = now_ms;
    entry = next_to_ask(late, index);
    for (unsigned i = 0; entry && i < PORTION_MESSAGES && bytes < PORTION_BYTES; i++) {
        bytes += entry->bytes.len;
        if (ask(late, source, index, entry, e) != 0)
            return -1;
        entry = next_to_ask(late, index);
    }
    late->has_more = entry != NULL;
    outbox_begin(outbox); /* it forgets what of these it remembers */
    return 0;
}

bool late_has_more(const struct late *late)
{
    return late && late->has_more;
}

bool late_headers(const struct late *late, struct carry *carry, bool *carried, int *status, struct error *e)
{
    struct carry_header one;
    struct slice block;

    if (!late || !late->record)
        return false;
    block = late->record->headers;
    *carried = true;
    *status = 0;
    while (carry_next(&block, &one))
        if (carry_take(carry, &one, e) == CARRY_NO_MEMORY)
            *status = -1;
    return true;
}

size_t late_count(const struct late *late)
{
    return late ? pending_count(late->pending) : 0;
}

/* ---- making and freeing ---- */

static int make(struct late *l, struct error *e)
{
    const struct config *config = l->config;

    l->filter = (struct checker_output){l, on_discrepancy, on_dead_letter};
    l->first_pass = (struct checker_output){l, note_unknown, pass_over};
    l->second_pass = (struct checker_output){l, publish_settled, on_dead_letter};
    l->pending = pending_new(config->pending.max, budget_divide(config).pending);
    l->checker = checker_new(&config->rules, config_input_tolerated(config));
    if (!l->pending || !l->checker)
        return error_set(e, ERROR_INTERNAL, "no memory for what waits");
    return pending_topic_check(config, l->lane, l->stop, l->log, &l->partitions, e);
}

int late_new(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log, struct late **out,
             struct error *e)
{
    struct late *l;

    *out = NULL;
    if (config->pending.grace_ms == 0)
        return 0;
    l = calloc(1, sizeof *l);
    if (!l)
        return error_set(e, ERROR_INTERNAL, "no memory for what waits");
    l->config = config;
    l->lane = lane;
    l->stop = stop;
    l->log = log;
    if (make(l, e) != 0) {
        late_free(l);
        return -1;
    }
    *out = l;
    return 0;
}

void late_free(struct late *late)
{
    if (!late)
        return;
    pending_load_free(late->load);
    pending_free(late->pending);
    checker_free(late->checker);
    for (size_t i = 0; i < late->place_count; i++)
        free(late->places[i].topic);
    free(late->places);
    free(late->items);
    free(late->asked);
    avro_buffer_free(&late->bytes);
    avro_buffer_free(&late->current.headers);
    free(late);
}
