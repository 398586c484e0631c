/* source: the records of the input topics, in batches, and how far they have been taken.
 *
 * Belongs to one thread, but for source_commit. A group consumer rebalances inside source_poll and source_close, and
 * then calls on_revoke, from which positions may be handed over and committed, but nothing polled or rewound. What is
 * lent to the caller lives until source_release, which the next source_poll calls by itself. */
#ifndef FIXWARDEN_CONSUMER_SOURCE_H
#define FIXWARDEN_CONSUMER_SOURCE_H

#include <stdatomic.h>

#include "carry.h"
#include "config.h"
#include "core/checker.h"
#include "log.h"
#include "pace.h"
#include "range.h"

struct source_events {
    void *opaque;
    /* The group has given this member, were it for the first time, the id with which it joins once this returns: for
     * those who want to join together. On a thread of the library, which may be held up for a second or so. Not where
     * membership is static, nor by a broker before 2.2. May be NULL. */
    void (*on_member_id)(void *opaque);
    /* Partitions are about to go: the last chance to commit what has been done with their records. `lost`: they are
     * another's already, and nothing may be committed. May be NULL. */
    void (*on_revoke)(void *opaque, bool lost);
    /* A partition is ours from now on, or no more, behind on_revoke. May be NULL. */
    void (*on_partition)(void *opaque, const char *topic, int32_t partition, bool ours);
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

/* What is read of parts of partitions, by several sources. All borrowed. */
struct source_ranges {
    const struct range *items;
    size_t count;
    unsigned first, step; /* this source takes each `step`th of them, from `first` on */
    bool from_group;      /* go on where the group has committed, which it has for each; else from the beginning */
    struct pace *pace;    /* which they share; NULL: as fast as it goes */
};

/* Takes ranges, as nobody's member: the group of the configuration only holds their offsets. What is passed over since
 * it is gone (range.low) counts as taken. A range that cannot be read to its end ends the source: ERROR_DATA where
 * records are gone or the topic was made again, ERROR_UNAVAILABLE where the partition is. */
int source_assign_ranges(const struct config *config, unsigned lane, const struct source_ranges *ranges,
                         const atomic_bool *stop, struct log *log, struct source **out, struct error *e);

/* Leaves the group, which may call on_revoke once more. NULL is fine. With librdkafka before 2.3.0 a source that was
 * never assigned anything is not closed but left as it is, since closing it would end the process; so is one whose
 * range is of a partition that is no more; and one whose topic was deleted is not freed, since that would not return.
 */
void source_close(struct source *source);

/* Waits for a record for `timeout_ms` at most, then takes what has arrived, `max` records at most. Sets *count.
 * Troubles that pass are logged and waited out; -1 is for good. */
int source_poll(struct source *source, struct checker_record *records, size_t max, int timeout_ms, size_t *count,
                struct error *e);
void source_release(struct source *source);

/* Takes the headers of a lent record into `carry`; the library reads them only now, and gives them back at once. To be
 * asked in the order of the records, once for each. *carried is false where they can't be read or are more than may be
 * carried. -1 without memory. */
int source_headers(struct source *source, const struct origin *origin, struct carry *carry, bool *carried,
                   struct error *e);

/* Whether every assigned partition's end was seen (source_assign), or that of its range (source_assign_ranges). */
bool source_at_end(const struct source *source);

/* Whether all that was taken is committed; and how many offsets of its ranges are, whether they held a record or not.
 */
bool source_is_committed(const struct source *source);
uint64_t source_offsets_committed(const struct source *source);

/* How many records the partitions hold behind what was taken, as far as the last fetches said; those that have shown no
 * record yet aside. Markers of transactions count, too. */
uint64_t source_backlog(const struct source *source);

/* What a commit moves: each partition's next offset, with the membership under which its records were taken. */
struct positions;

/* Whether the group has given this member its part, if only an empty one, and has not dropped it since. */
bool source_is_member(const struct source *source);

/* Hands over the positions of all that was taken, for one commit. Any thread may read them until the source hears what
 * became of it: source_committed, source_postponed (not now, but with the next one) or source_rewind. NULL where the
 * group has another member in our place, so that what was taken must not be committed. */
const struct positions *source_hand_over(struct source *source);
void source_committed(struct source *source);
void source_postponed(struct source *source);

/* Has the next commit name that partition, also where none of its records was taken: so the group refuses it to whoever
 * does not have the partition any more. Where no record has been taken since it was assigned, it is committed again
 * what the group was found to hold, source_note_stored. */
void source_touch(struct source *source, const char *topic, int32_t partition);
void source_note_stored(struct source *source, const char *topic, int32_t partition, int64_t offset);

/* Commits positions without a transaction and waits for the answer, so that it cannot overtake a transaction that
 * follows. Any thread, also while another polls. A commit that the group refuses because it is rebalancing is not an
 * error: *done is false, and the records will come again, here or elsewhere. */
int source_commit(struct source *source, const struct positions *positions, bool *done, struct error *e);

/* Whether the group holds exactly what was handed over, which nobody knows after a commit that is in doubt. What has
 * not moved says nothing: false where nothing has. Of ranges, which no membership guards, ERROR_TEMPORARY where it
 * holds more than this source has taken it to: another process goes on with them. */
int source_ask_committed(struct source *source, bool *committed, struct error *e);

/* Holds the partitions that have shown a record, and goes on again from what is committed, which has to be all that was
 * taken as long as it holds. Polling goes on meanwhile, and rebalances; records that still come are to be dropped, and
 * source_pause to be called again: a partition that was assigned later cannot be paused before its first record. */
int source_pause(struct source *source, struct error *e);
int source_resume(struct source *source, struct error *e);

/* Goes back to what is committed. After it the records that were taken since come again. */
int source_rewind(struct source *source, struct error *e);

#endif
