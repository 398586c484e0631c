/* late_filter: stands between a check and its output, and holds back what the master may be about to learn (late.h).
 *
 * An UNKNOWN_SECURITY of a message that may wait is not passed on; all else is, at once. Once the message has been
 * checked, its owner gets a record of what waits. One thread. */
#ifndef FIXWARDEN_CONSUMER_LATE_FILTER_H
#define FIXWARDEN_CONSUMER_LATE_FILTER_H

#include "outbox.h"
#include "pending_record.h"

struct late_filter_events {
    void *opaque;
    /* Whether the message may wait about which this is the first to say that the master lacks something, and since when
     * its grace counts. */
    bool (*may_wait)(void *opaque, const struct discrepancy *discrepancy, int64_t *since_ms);
    /* The message waits: its record, with the items about instruments that do, all borrowed. -1 where the check has to
     * end. */
    int (*hold)(void *opaque, const struct pending_record *record, const struct pending_items *items, struct error *e);
};

struct late_filter;

struct late_filter *late_filter_new(const struct late_filter_events *events); /* NULL without memory */
void late_filter_free(struct late_filter *filter);                            /* NULL is fine */

/* Takes the outbox's place as the output of one check; late_filter_end has to follow where that did not fail. `held`
 * grows by what is held back. */
const struct checker_output *late_filter_begin(struct late_filter *filter, struct outbox *outbox, uint64_t *held);
int late_filter_end(struct late_filter *filter, struct error *e);

#endif
