/* pump: the loop that moves records: polled, checked, published, committed.
 *
 * One thread makes it, runs it and frees it; it is a lane, with a consumer, a producer and a checker of its own.
 * Further lanes will be further pumps over one index. */
#ifndef FIXWARDEN_CONSUMER_PUMP_H
#define FIXWARDEN_CONSUMER_PUMP_H

#include <stdatomic.h>

#include "config.h"
#include "core/checker.h"
#include "core/found.h"
#include "log.h"
#include "reload.h"

/* What has been done since the start. Committed records and messages count once, however often they had
 * to be checked. */
struct pump_counts {
    uint64_t published[FOUND_TYPE_COUNT]; /* committed, or for at-least-once delivered */
    uint64_t records;                     /* whose offsets are committed */
    uint64_t repeated;                    /* records checked once more after an abort */
    uint64_t commits;                     /* with output; the others cost no transaction */
    uint64_t aborts;
};

struct pump_options {
    const struct config *config;
    struct reload *reload;   /* borrowed */
    const atomic_bool *stop; /* set by anybody, a signal handler included */
    struct log *log;
    void *opaque;
    /* After each commit; on the pump's thread. May be NULL. */
    void (*on_commit)(void *opaque, const struct pump_counts *counts);
};

struct pump;

/* Connects, resolves the schemas, ends what a predecessor left open and joins the group. Errors are those of source,
 * sink, txn and registry. */
int pump_new(const struct pump_options *options, struct pump **out, struct error *e);

/* Runs until `stop` is set, finishes the batch, commits. 0, or -1 with the reason to end, by which nothing uncommitted
 * is lost. */
int pump_run(struct pump *pump, struct error *e);

/* Leaves the group and closes everything. NULL is fine. */
void pump_free(struct pump *pump);

const struct checker_counts *pump_checked(const struct pump *pump); /* repeated records included */
const struct pump_counts *pump_counts(const struct pump *pump);

#endif
