/* replay: ranges of topics, checked once more, to their ends; beside the live run, of which it touches nothing.
 *
 * Output and progress commit in the same transactions, progress as offsets of a group that is the run's own and that
 * nobody joins. So a run that was stopped or killed goes on exactly where it was, and a second process with the same
 * run fences the first. Records give the same bytes as in the live run, by the same index and rules. */
#ifndef FIXWARDEN_CONSUMER_REPLAY_H
#define FIXWARDEN_CONSUMER_REPLAY_H

#include <stdatomic.h>
#include <stdio.h>

#include "config.h"
#include "log.h"
#include "pump.h"
#include "range.h"
#include "reload.h"

struct replay_options {
    const struct config *config;     /* its group and transactional id are the run's; DELIVERY_NONE: it only counts */
    struct reload *reload;           /* of one version, or NULL */
    struct past *past;               /* of several, or NULL */
    const char *as_of;               /* how the version was chosen, for the report */
    const struct range_list *ranges; /* settled, with `next` where the group holds it */
    uint64_t rate;                   /* as pace_new has them */
    unsigned speed;
    const atomic_bool *stop;
    struct log *log;
};

struct replay_result {
    struct pump_counts counts; /* of this process */
    uint64_t offsets;          /* of all ranges */
    uint64_t before;           /* of them, those that a process before has read ... */
    uint64_t gone;             /* ... and those that are passed over since they are gone */
    bool hang;                 /* lanes hang: the process has to end at once */
};

/* How many lanes are good for a run: a lane fences that of the same number, so that a run keeps its lanes when it goes
 * on. As many as are configured, else as there are processors and ranges for. `by_time`: records are held back by their
 * timestamps, and hold back those of the same lane: then as many as there are ranges. */
unsigned replay_lanes(const struct config *config, const struct range_list *ranges, bool by_time);

/* Until all is read, or `stop` is set: 0. A bar on a terminal, else a line in the log now and then. Errors are those of
 * lanes. */
int replay_run(const struct replay_options *options, struct replay_result *result, struct error *e);

/* Whether all offsets of the ranges were read: as the group holds it now, in `next`, which a run that only counts has
 * not. */
bool replay_is_complete(const struct replay_options *options, const struct replay_result *result);

/* What was read and found, for people. `ranges` with `next` as the group holds it now. */
int replay_write_report(const struct replay_options *options, const struct replay_result *result, FILE *out,
                        struct error *e);

#endif
