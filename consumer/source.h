/* source: the records of the input topics, in batches, and how far they have been taken.
 *
 * Belongs to one thread. A group consumer rebalances inside source_poll and source_close, and then calls on_revoke,
 * from which source_commit and a transaction's commit may be called, but not source_poll. What is lent to the caller
 * lives until source_release, which the next source_poll calls by itself. */
#ifndef FIXWARDEN_CONSUMER_SOURCE_H
#define FIXWARDEN_CONSUMER_SOURCE_H

#include <stdatomic.h>

#include "config.h"
#include "core/discrepancy.h"
#include "log.h"

struct source_record {
    struct origin origin; /* message is 0 */
    struct slice value;
};

struct source_events {
    void *opaque;
    /* Partitions are about to go: the last chance to commit what has been done with their records. `lost`: they are
     * another's already, and nothing may be committed. May be NULL. */
    void (*on_revoke)(void *opaque, bool lost);
};

struct source;

#define SOURCE_PARTITIONS_UNKNOWN UINT32_MAX

/* How many partitions the input topics have together; unknown where one of them is a pattern. Waits for them as
 * source_subscribe does. */
int source_count_partitions(const struct config *config, const atomic_bool *stop, struct log *log, unsigned *out,
                            struct error *e);

/* Joins the group of the configuration as the member that `lane` is. Waits for brokers and topics: ERROR_UNAVAILABLE
 * with what is missing. `stop` ends the waiting and outlives the source. */
int source_subscribe(const struct config *config, unsigned lane, const struct source_events *events,
                     const atomic_bool *stop, struct log *log, struct source **out, struct error *e);

/* Takes all partitions of one topic, without a group, from their beginning or end. */
int source_assign(const struct config *config, const char *topic, enum start_at from, const atomic_bool *stop,
                  struct log *log, struct source **out, struct error *e);

/* Leaves the group, which may call on_revoke once more. NULL is fine. With librdkafka before 2.3.0 a source that was
 * never assigned anything is not closed but left as it is, since closing it would end the process. */
void source_close(struct source *source);

/* Waits for a record for `timeout_ms` at most, then takes what has arrived, `max` records at most. Sets *count.
 * Troubles that pass are logged and waited out; -1 is for good. */
int source_poll(struct source *source, struct source_record *records, size_t max, int timeout_ms, size_t *count,
                struct error *e);
void source_release(struct source *source);

/* Whether every assigned partition's end was seen (source_assign only). */
bool source_at_end(const struct source *source);

/* Records taken since the last commit stand behind source_commit or a transaction; it says that these are committed
 * now. */
void source_committed(struct source *source);

/* Commits the positions without a transaction and waits for the answer, so that it cannot overtake a transaction that
 * follows. A commit that the group refuses because it is rebalancing is not an error: *done is false, and the records
 * will come again, here or elsewhere. */
int source_commit(struct source *source, bool *done, struct error *e);

/* Goes back to what is committed. After it the records that were taken since come again. */
int source_rewind(struct source *source, struct error *e);

#endif
