/* source_internal: what the files of source share: source (opening, polling, closing), source_ranges, source_join,
 * source_rebalance, source_positions, source_pause, source_headers and source_wake. For these only. */
#ifndef FIXWARDEN_CONSUMER_SOURCE_INTERNAL_H
#define FIXWARDEN_CONSUMER_SOURCE_INTERNAL_H

#include "kafka_internal.h"
#include "ledger.h"
#include "start_offsets.h"

#define SOURCE_COMMITTED_TIMEOUT_MS 10000 /* for asking the group's coordinator */

struct source {
    struct kafka_context context;
    struct source_events events;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct ledger ledger;
    rd_kafka_message_t **messages; /* `taken` of them; the first `lent` are lent out, the others are not due yet */
    int64_t *offsets;              /* of those that are lent, side by side: to look for one touches no message */
    size_t capacity;
    size_t taken;
    size_t lent;
    size_t looked;      /* those before it were asked for their headers, or have no use for them */
    size_t message_max; /* bytes; by the budget */
    struct pace *pace;  /* NULL: all are due */
    bool in_ranges;
    bool starts_at_latest;
    struct start_offsets start; /* for that */
    struct positions positions; /* handed over */
    char *member;               /* whom the group took us for when it last assigned or revoked; the library's */
    struct error failure;       /* of a callback; source_poll hands it on */
    bool woken;                 /* the library, since the last record */
    size_t crest;               /* the most records that waited in it since it was woken when they were few */
    size_t queue_records;       /* which fill its queue, */
    size_t queue_bytes;         /* or which do */
    bool joined;
    pthread_mutex_t joining; /* held while on_member_id is called */
    bool announced;          /* that has been called, or is not to be any more; under `joining` */
    bool assigned;           /* at least once, were it nothing */
    bool bereft;             /* of a partition that it read and that is no more */
    bool leaving;            /* the group */
    bool gave_all_back;      /* meanwhile */
};

/* Makes the consumer; it has no partitions yet. `events` is copied; NULL for who wants to hear of none. */
int source_open(const struct config *config, enum kafka_role role, unsigned lane, const struct source_events *events,
                struct log *log, struct source **out, struct error *e);

/* Before the consumer is made: whether on_member_id will be called, for which `conf` has an interceptor then. And
 * before a consumer is left that can't be closed: it is not, any more. */
bool source_listen_for_id(struct source *source, const struct config *config, rd_kafka_conf_t *conf);
void source_announce_no_more(struct source *source);

/* The library's callback, from within source_poll and source_close. */
void source_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque);

/* Whether the group rebalances step by step, by our configuration. */
bool source_is_cooperative(const struct source *source);

/* Gives all records back, those that are not due yet, too. */
void source_drop_all(struct source *source);

void source_free_positions(struct positions *positions); /* and empties them */

/* Goes to the offsets of the list. */
int source_seek(struct source *source, rd_kafka_topic_partition_list_t *list, struct error *e);

/* Behind a poll: messages that were dropped because they may be older than the partition's new assignment are fetched
 * again. */
int source_fetch_dropped(struct source *source, struct error *e);

/* The library remembers a pause beyond the assignment: it forgets that of partitions that go. */
void source_resume_revoked(struct source *source, const rd_kafka_topic_partition_list_t *revoked);

/* Once the consumer is made; behind a wait without a record, though the topics hold some; and behind each take. */
void source_learn_queue(struct source *source);
void source_wake_if_starved(struct source *source);
void source_wake_if_low(struct source *source);

/* What an error means for ranges: what will not come ends the source. The second one is the library's callback. */
void source_ranges_check_error(struct source *source, rd_kafka_resp_err_t err, const char *reason);
void source_ranges_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque);

/* Behind a poll: partitions whose range is taken are not fetched any further. Behind a rewind: those of them that have
 * to be taken again are. */
int source_ranges_let_go(struct source *source, struct error *e);
int source_ranges_fetch_again(struct source *source, struct error *e);

#endif
