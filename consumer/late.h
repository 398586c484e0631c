/* late: what a lane does about securities that its master may be about to learn (pending.grace).
 *
 * An UNKNOWN_SECURITY of a record whose grace is not over is not published: its message is held, in memory and by a
 * record of pending.topic in the transaction that commits its offset. All else that is found in the message is
 * published at once. Each newer index is asked about what waits, a portion between two batches. An instrument no
 * identifier of which is unknown any more is settled: what the newer index says of it beyond what was published before
 * is published now, and where that is nothing, only counted. What is over its grace is published as it is then, with
 * both times. What is held goes with the last instrument of its message, by a tombstone in the same transaction. Where
 * there are marks (marks.h), they say in the same transactions which messages wait, and by which version each is
 * settled.
 *
 * What waits belongs to the partition of its record. It is read back when the lane gets the partition, and after an
 * abort (pending_load); until then nothing that waits is asked. Belongs to the lane's thread. The moments are those of
 * the system's clock, since the epoch. */
#ifndef FIXWARDEN_CONSUMER_LATE_H
#define FIXWARDEN_CONSUMER_LATE_H

#include <stdatomic.h>

#include "config.h"
#include "late_ask.h"
#include "log.h"
#include "outbox.h"
#include "source.h"

struct late;

/* Looks for pending.topic (pending_topic). *out is NULL where the feature is off. All is borrowed. */
int late_new(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log, struct late **out,
             struct error *e);
void late_free(struct late *late); /* NULL is fine */

/* Takes the outbox's place as the output of one poll's check: holds what waits, and passes the rest on. `counts` grow,
 * and outlive late_end, which has to follow where the check did not fail. */
const struct checker_output *late_begin(struct late *late, const struct index *index, struct outbox *outbox,
                                        struct late_counts *counts, int64_t now_ms);
int late_end(struct late *late, struct error *e);

/* Between two polls: reads back what waits for new partitions, or asks `index` about a portion of what waits; what
 * follows goes to the outbox, and what the source commits next names the partitions. -1 as a check has it, also where
 * outbox_events say that it has to end. */
int late_look(struct late *late, struct source *source, const struct index *index, struct outbox *outbox,
              struct late_counts *counts, int64_t now_ms, struct error *e);

/* Whether the last portion was not all: the next look should not wait. */
bool late_has_more(const struct late *late);

/* Within late_look, the headers of the message about which something is published. False: no message of late's is. */
bool late_headers(const struct late *late, struct carry *carry, bool *carried, int *status, struct error *e);

/* A partition is ours from now on, or no more. */
void late_partition(struct late *late, const char *topic, int32_t partition, bool ours);

/* What was done since the last commit is undone: everything is read back. */
void late_reset(struct late *late);

/* Messages that wait. */
size_t late_count(const struct late *late);

#endif
