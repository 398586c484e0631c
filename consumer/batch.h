/* batch: what a lane commits together: the output of the records that were checked since the last one.
 *
 * One thread at a time: while it is committed, its outbox is the committer's. */
#ifndef FIXWARDEN_CONSUMER_BATCH_H
#define FIXWARDEN_CONSUMER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "late.h"
#include "outbox.h"

struct batch {
    struct outbox *outbox;            /* not sent yet */
    uint64_t records;                 /* checked */
    uint64_t sent[OUTBOX_TYPE_COUNT]; /* handed to the producer */
    uint64_t stripped;
    struct late_counts late;
    uint64_t early;   /* of the records, as pump_counts has them */
    bool partly_sent; /* in a transaction that is open, or ahead of the offsets */
    int64_t since_ms; /* when its first record came; monotonic, 0: none has */
};

/* Makes it a new one; the outbox stays. */
void batch_clear(struct batch *batch);

bool batch_has_unsent(const struct batch *batch);
bool batch_has_output(const struct batch *batch); /* sent or not */

/* Nothing was checked, nor is anything to be published: what late publishes comes of no record. */
bool batch_is_empty(const struct batch *batch);

/* Of what is in the outbox, which is about to be sent. */
void batch_count_sent(struct batch *batch);

#endif
