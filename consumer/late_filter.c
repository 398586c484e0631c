#include "late_filter.h"

#include <stdlib.h>
#include <string.h>

#define VERSION_BYTES 16u /* of the index, as digits */

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

struct late_filter {
    struct late_filter_events events;
    struct checker_output output;
    struct current current;
    struct pending_items items; /* of the message */
    /* Of one check. */
    struct outbox *outbox;
    const struct checker_output *passed_on; /* the outbox's */
    uint64_t *held;
};

static bool is_same_message(const struct origin *a, const struct origin *b)
{
    return a->offset == b->offset && a->message == b->message && a->partition == b->partition &&
           slice_equal(a->topic, b->topic);
}

/* Leaves those of instruments that wait; an instrument's stand together. */
static void drop_others(struct pending_items *list)
{
    size_t kept = 0, end;
    bool waits;

    for (size_t i = 0; i < list->count; i = end) {
        waits = false;
        for (end = i; end < list->count && pending_item_is_beside(&list->items[i], &list->items[end]); end++)
            waits = waits || list->items[end].waits;
        for (size_t j = i; waits && j < end; j++)
            list->items[kept++] = list->items[j];
    }
    list->count = kept;
}

/* The message has been checked. */
static int end_message(struct late_filter *f, struct error *e)
{
    struct current *c = &f->current;
    const struct pending_record record = {.since_ms = c->since_ms,
                                          .origin = c->origin,
                                          .version = slice_make(c->version, c->version_len),
                                          .headers = slice_make(c->headers.ptr, c->headers.len),
                                          .raw = c->raw};
    bool waits = c->waits;

    c->has_message = c->waits = false;
    if (!waits)
        return 0;
    drop_others(&f->items);
    return f->events.hold(f->events.opaque, &record, &f->items, e);
}

static int begin_message(struct late_filter *f, const struct discrepancy *d, struct error *e)
{
    struct current *c = &f->current;

    if (c->has_message && is_same_message(&c->origin, d->origin))
        return 0;
    if (end_message(f, e) != 0)
        return -1;
    f->items.count = 0;
    c->has_message = true;
    c->refused = false;
    c->origin = *d->origin;
    c->raw = d->raw;
    return 0;
}

/* What a message needs to wait is taken once. */
static int begin_waiting(struct late_filter *f, const struct discrepancy *d, struct error *e)
{
    struct current *c = &f->current;
    struct slice headers;

    if (outbox_headers(f->outbox, d->origin, &headers, e) != 0)
        return -1;
    c->headers.len = 0;
    if (avro_buffer_append(&c->headers, headers, e) != 0)
        return -1;
    c->version_len = strnlen(d->master_version, VERSION_BYTES);
    memcpy(c->version, d->master_version, c->version_len);
    c->waits = true;
    return 0;
}

static bool may_wait(struct late_filter *f, const struct discrepancy *d)
{
    struct current *c = &f->current;

    return !c->refused && c->raw.len <= PENDING_RAW_MAX && f->events.may_wait(f->events.opaque, d, &c->since_ms);
}

/* All or none of a message's that are unknown. */
static int on_discrepancy(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late_filter *f = opaque;
    struct current *c = &f->current;
    struct pending_item item;
    bool waits;

    if (begin_message(f, d, e) != 0)
        return -1;
    waits = d->verdict->kind == DISCREPANCY_UNKNOWN_SECURITY && f->items.count < PENDING_ITEMS_MAX &&
            (c->waits || may_wait(f, d));
    c->refused = c->refused || (d->verdict->kind == DISCREPANCY_UNKNOWN_SECURITY && !waits);
    if (waits && !c->waits && begin_waiting(f, d, e) != 0)
        return -1;
    item = pending_item_of(d, waits);
    if (f->items.count < PENDING_ITEMS_MAX && pending_items_add(&f->items, &item, e) != 0)
        return -1;
    *f->held += waits;
    return waits ? 0 : f->passed_on->on_discrepancy(f->passed_on->opaque, d, e);
}

/* What comes of the message before it comes before it, too. */
static int on_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    struct late_filter *f = opaque;

    if (end_message(f, e) != 0)
        return -1;
    return f->passed_on->on_dead_letter(f->passed_on->opaque, letter, e);
}

const struct checker_output *late_filter_begin(struct late_filter *filter, struct outbox *outbox, uint64_t *held)
{
    filter->outbox = outbox;
    filter->passed_on = outbox_begin(outbox);
    filter->held = held;
    filter->current.has_message = filter->current.waits = false;
    return &filter->output;
}

int late_filter_end(struct late_filter *filter, struct error *e)
{
    return end_message(filter, e);
}

struct late_filter *late_filter_new(const struct late_filter_events *events)
{
    struct late_filter *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->events = *events;
    f->output = (struct checker_output){f, on_discrepancy, on_dead_letter};
    return f;
}

void late_filter_free(struct late_filter *filter)
{
    if (!filter)
        return;
    pending_items_free(&filter->items);
    avro_buffer_free(&filter->current.headers);
    free(filter);
}
