/* source_internal: what source and source_ranges share. For these two only. */
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
    bool joined;
    bool assigned; /* at least once, were it nothing */
    bool bereft;   /* of a partition that it read and that is no more */
};

/* Makes the consumer; it has no partitions yet. */
int source_open(const struct config *config, enum kafka_role role, unsigned lane, struct log *log, struct source **out,
                struct error *e);

/* What an error means for ranges: what will not come ends the source. The second one is the library's callback. */
void source_ranges_check_error(struct source *source, rd_kafka_resp_err_t err, const char *reason);
void source_ranges_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque);

/* Behind a poll: partitions whose range is taken are not fetched any further. Behind a rewind: those of them that have
 * to be taken again are. */
int source_ranges_let_go(struct source *source, struct error *e);
int source_ranges_fetch_again(struct source *source, struct error *e);

#endif
