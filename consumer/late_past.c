#include "late_past.h"

#include <stdlib.h>

#include "late_filter.h"

struct late_past {
    struct past *past;
    struct late_filter *filter;
    struct late_ask *ask;
    struct past_place place;  /* of what settles; its own, since the lane goes on where it was */
    struct avro_buffer bytes; /* of a record */
    /* Of one check. */
    const struct checker_output *output; /* the outbox's */
    struct late_counts *counts;
};

static bool may_wait(void *opaque, const struct discrepancy *d, int64_t *since_ms)
{
    const struct late_past *l = opaque;
    const struct wait *wait = past_wait(l->past, d->origin);

    if (wait)
        *since_ms = wait->since_ms;
    return wait != NULL;
}

/* Asks as the live run did when that settled something. */
static int ask(struct late_past *l, const struct pending_record *record, const struct wait_end *end, struct error *e)
{
    struct late_question question = {.record = record, .is_over = end->is_over, .until_ms = end->until_ms};
    bool any;

    if (past_turn_to(l->past, end->version, &l->place, e) != 0)
        return -1;
    question.index = l->place.index;
    return late_ask_look(l->ask, &question, &any, e) != 0 ? -1 : late_ask_publish(l->ask, l->output, l->counts, e);
}

/* A wait with no end waits still. */
static int on_hold(void *opaque, const struct pending_record *record, const struct pending_items *items,
                   struct error *e)
{
    struct late_past *l = opaque;
    const struct wait *wait = past_wait(l->past, &record->origin);
    const struct pending_items *left = items;
    struct pending_record held;

    for (size_t i = 0; i < wait->end_count && left->count > 0; i++) {
        l->bytes.len = 0;
        if (pending_record_write(record, left->items, left->count, &l->bytes, e) != 0 ||
            pending_record_read(slice_make(l->bytes.ptr, l->bytes.len), &held, e) != 0 ||
            ask(l, &held, &wait->ends[i], e) != 0)
            return -1;
        left = late_ask_rest(l->ask);
    }
    return 0;
}

const struct checker_output *late_past_begin(struct late_past *late, struct outbox *outbox, struct late_counts *counts)
{
    late->output = outbox_begin(outbox);
    late->counts = counts;
    return late_filter_begin(late->filter, outbox, &counts->held);
}

int late_past_end(struct late_past *late, struct error *e)
{
    return late_filter_end(late->filter, e);
}

int late_past_new(const struct config *config, struct past *past, struct late_past **out, struct error *e)
{
    struct late_past *l = calloc(1, sizeof *l);
    const struct late_filter_events events = {.opaque = l, .may_wait = may_wait, .hold = on_hold};

    *out = NULL;
    if (l)
        l->filter = late_filter_new(&events);
    if (!l || !l->filter) {
        late_past_free(l);
        return error_set(e, ERROR_INTERNAL, "no memory for what waited");
    }
    l->past = past;
    if (late_ask_new(config, &l->ask, e) != 0) {
        late_past_free(l);
        return -1;
    }
    *out = l;
    return 0;
}

void late_past_free(struct late_past *late)
{
    if (!late)
        return;
    past_leave(late->past, &late->place);
    late_filter_free(late->filter);
    late_ask_free(late->ask);
    avro_buffer_free(&late->bytes);
    free(late);
}
