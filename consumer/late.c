#include "late.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "late_filter.h"
#include "marks.h"
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

/* A partition of the input. */
struct place {
    char *topic;
    int32_t partition;
    bool ours;
    bool loaded;
};

struct late {
    const struct config *config;
    unsigned lane;
    const atomic_bool *stop;
    struct log *log;
    int partitions; /* of pending.topic */
    struct pending *pending;
    struct late_filter *filter;
    struct late_ask *ask;
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
    struct late_counts *counts;
    uint64_t index; /* index_identity */
    int64_t now_ms;
    const struct pending_record *record; /* that is asked about; NULL: none */
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

/* ---- holding ---- */

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

/* Where others are told by which version records are judged (marks.h), they are told of what waits, too. */
static int say(struct late *l, const struct mark *mark, struct error *e)
{
    return l->config->output.versions_topic[0] == '\0' ? 0 : marks_put(l->outbox, mark, e);
}

/* Holds the record with these items in the place of its own. */
static int hold(struct late *l, const struct pending_record *record, const struct pending_items *items,
                struct pending_entry *entry, struct error *e)
{
    l->bytes.len = 0;
    if (pending_record_write(record, items->items, items->count, &l->bytes, e) != 0)
        return -1;
    entry->since_ms = record->since_ms;
    entry->bytes = slice_make(l->bytes.ptr, l->bytes.len);
    if (pending_put(l->pending, entry, e) != 0)
        return -1;
    return publish_record(l, entry, record->origin.partition, slice_make(l->bytes.ptr, l->bytes.len), e);
}

/* The key is the id of the first that waits. */
static void take_first_id(const struct pending_items *items, unsigned char id[PENDING_ID_LEN])
{
    size_t i = 0;

    while (!items->items[i].waits)
        i++;
    memcpy(id, items->items[i].id, PENDING_ID_LEN);
}

static int on_hold(void *opaque, const struct pending_record *record, const struct pending_items *items,
                   struct error *e)
{
    struct late *l = opaque;
    const struct place *place = find_place(l, record->origin.topic, record->origin.partition);
    struct pending_entry entry = {.place = (unsigned)(place - l->places), .asked = l->index};
    struct mark mark = mark_at(&record->origin, MARK_HELD);

    take_first_id(items, entry.id);
    mark.since_ms = record->since_ms;
    return hold(l, record, items, &entry, e) != 0 ? -1 : say(l, &mark, e);
}

static bool may_wait(void *opaque, const struct discrepancy *d, int64_t *since_ms)
{
    const struct late *l = opaque;
    const struct origin *origin = d->origin;

    *since_ms = origin->has_timestamp && origin->timestamp_ms < l->now_ms ? origin->timestamp_ms : l->now_ms;
    return *since_ms > l->now_ms - (int64_t)l->config->pending.grace_ms &&
           pending_has_room(l->pending, d->raw.len + RECORD_AROUND) &&
           find_place(l, origin->topic, origin->partition) != NULL;
}

const struct checker_output *late_begin(struct late *late, const struct index *index, struct outbox *outbox,
                                        struct late_counts *counts, int64_t now_ms)
{
    reset_if_told(late);
    late->index = index_identity(index);
    late->outbox = outbox;
    late->now_ms = now_ms;
    return late_filter_begin(late->filter, outbox, &counts->held);
}

int late_end(struct late *late, struct error *e)
{
    return late_filter_end(late->filter, e);
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

/* What is left of it waits on, by a record that says so. */
static int hold_rest(struct late *l, const struct pending_entry *entry, struct error *e)
{
    struct pending_entry rest = *entry;

    rest.asked = l->index;
    return hold(l, l->record, late_ask_rest(l->ask), &rest, e);
}

static int let_go(struct late *l, struct pending_entry *entry, struct error *e)
{
    int status = publish_record(l, entry, l->record->origin.partition, slice_make(NULL, 0), e);

    pending_remove(l->pending, entry);
    return status;
}

static int say_settled(struct late *l, const struct late_question *question, struct error *e)
{
    struct mark mark = mark_at(&l->record->origin, MARK_SETTLED);

    mark.since_ms = l->record->since_ms;
    mark.is_over = question->is_over;
    mark.until_ms = question->until_ms;
    memcpy(mark.version, index_info(question->index)->version, sizeof mark.version);
    memcpy(mark.rules, l->config->rules.id, sizeof mark.rules);
    return say(l, &mark, e);
}

static int settle(struct late *l, struct source *source, const struct late_question *question,
                  struct pending_entry *entry, struct error *e)
{
    const struct place *place = &l->places[entry->place];

    source_touch(source, place->topic, place->partition);
    /* The headers of the entry before are not this one's. */
    if (late_ask_publish(l->ask, outbox_begin(l->outbox), l->counts, e) != 0 || say_settled(l, question, e) != 0)
        return -1;
    return late_ask_rest(l->ask)->count > 0 ? hold_rest(l, entry, e) : let_go(l, entry, e);
}

static struct late_question question_of(const struct late *l, const struct pending_record *record,
                                        const struct index *index)
{
    int64_t end_ms = record->since_ms + (int64_t)l->config->pending.grace_ms;

    return (struct late_question){.record = record,
                                  .index = index,
                                  .is_over = end_ms <= l->now_ms || pending_is_tight(l->pending),
                                  .until_ms = end_ms < l->now_ms ? end_ms : l->now_ms};
}

static int ask_record(struct late *l, struct source *source, const struct index *index, struct pending_entry *entry,
                      struct error *e)
{
    const struct late_question question = question_of(l, l->record, index);
    bool any;

    if (late_ask_look(l->ask, &question, &any, e) != 0)
        return -1;
    if (any)
        return settle(l, source, &question, entry, e);
    pending_asked(l->pending, entry, l->index);
    return 0;
}

static int ask(struct late *l, struct source *source, const struct index *index, struct pending_entry *entry,
               struct error *e)
{
    struct pending_record record;
    int status;

    if (pending_record_read(entry->bytes, &record, e) != 0)
        return -1; /* it was good when it was put there */
    l->record = &record;
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
    late->index = index_identity(index);
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
    const struct late_filter_events events = {.opaque = l, .may_wait = may_wait, .hold = on_hold};
    const struct config *config = l->config;

    l->pending = pending_new(config->pending.max, budget_divide(config).pending);
    l->filter = late_filter_new(&events);
    if (!l->pending || !l->filter)
        return error_set(e, ERROR_INTERNAL, "no memory for what waits");
    if (late_ask_new(config, &l->ask, e) != 0)
        return -1;
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
    late_filter_free(late->filter);
    late_ask_free(late->ask);
    for (size_t i = 0; i < late->place_count; i++)
        free(late->places[i].topic);
    free(late->places);
    avro_buffer_free(&late->bytes);
    free(late);
}
