/* pump: the loop that moves records: polled, checked, published, committed.
 *
 * A pump is one lane, with a consumer, a producer and a checker of its own; one thread makes it, runs it and frees it.
 * Several pumps share an index, headers, a breaker, a log and nothing else (see lanes). */
#ifndef FIXWARDEN_CONSUMER_PUMP_H
#define FIXWARDEN_CONSUMER_PUMP_H

#include <stdatomic.h>

#include "alerts.h"
#include "breaker.h"
#include "config.h"
#include "core/checker.h"
#include "headers.h"
#include "late.h"
#include "log.h"
#include "outbox.h"
#include "past.h"
#include "pulse.h"
#include "reload.h"
#include "source.h"

/* What has been done since the start. Committed records and messages count once, however often they had
 * to be checked. */
struct pump_counts {
    struct checker_counts checked;         /* repeated records included */
    uint64_t published[OUTBOX_TYPE_COUNT]; /* committed, or for at-least-once delivered */
    uint64_t stripped;                     /* records with output that was published without their headers (carry.h) */
    uint64_t records;                      /* whose offsets are committed */
    uint64_t repeated;                     /* records checked once more after an abort */
    uint64_t commits;                      /* with output; the others cost no transaction */
    uint64_t aborts;
    int64_t first_ms;        /* when the first record came, by the monotonic clock; 0: none yet */
    int64_t last_ms;         /* when records were last committed */
    struct late_counts late; /* committed */
    uint64_t waiting;        /* messages that wait for the master now */
    uint64_t offsets;        /* of ranges: committed since their beginning, whether they held a record or not */
    uint64_t early;          /* of the records, those from before the first version of a past by time */
};

/* Of the lane's thread, and of its committer's. */
struct pump_pulses {
    struct pulse lane, committer;
};

struct pump_options {
    const struct config *config;
    unsigned lane;                 /* its number, from 0 on; the same after a restart */
    const struct headers *headers; /* borrowed, as is all that follows */
    struct reload *reload;
    struct past *past; /* judges instead, record by record; only with ranges. NULL: none */
    struct breaker *breaker;
    struct alerts *alerts;   /* to be published; NULL: none */
    const atomic_bool *stop; /* set by anybody, a signal handler included */
    struct log *log;
    struct pump_pulses *pulses;
    const struct source_ranges *ranges; /* to read instead of joining the group; NULL: join it */
    void *opaque;
    /* As in source_events, with the opaque of these options. May be NULL. */
    void (*on_member_id)(void *opaque);
    /* After each commit and at the end, on the pump's thread. May be NULL. */
    void (*on_progress)(void *opaque, const struct pump_counts *counts);
};

struct pump;

/* Connects, ends what a predecessor left open and joins the group or takes its ranges. Errors are those of source, sink
 * and txn. */
int pump_new(const struct pump_options *options, struct pump **out, struct error *e);

/* Runs until `stop` is set or its ranges are read, finishes the batch, commits. 0, or -1 with the reason to end, by
 * which nothing uncommitted is lost. */
int pump_run(struct pump *pump, struct error *e);

/* Leaves the group and closes everything. NULL is fine. */
void pump_free(struct pump *pump);

#endif
