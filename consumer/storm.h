/* storm: whether so many messages are discrepant that the master is more likely to be wrong than they are.
 *
 * Counts and time in, news out; pure. The window slides in steps of a tenth. A storm begins where at least `minimum`
 * messages are in the window and at least `share` of them are discrepant; it ends where as many are and less than half
 * of that share is, so that it neither flickers nor ends for want of messages. One thread at a time. */
#ifndef FIXWARDEN_CONSUMER_STORM_H
#define FIXWARDEN_CONSUMER_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORM_STEPS 10u

struct storm_options {
    uint64_t share;     /* millionths, 1 to 1,000,000 */
    uint64_t window_ms; /* STORM_STEPS at least */
    uint64_t minimum;   /* messages; 0: there is never a storm */
};

struct storm_counts {
    uint64_t messages; /* that name an instrument: matched or discrepant */
    uint64_t discrepant;
};

enum storm_news { STORM_NOTHING, STORM_BEGINS, STORM_ENDS };

/* Plain; filled in by storm_reset. */
struct storm {
    struct storm_options options;
    struct storm_counts steps[STORM_STEPS];
    struct storm_counts window; /* all steps together */
    uint64_t step;              /* the newest one, counted from time 0 */
    bool rages;
};

/* Nothing counted, no storm: at the start, and with each new version of the index. */
void storm_reset(struct storm *storm, const struct storm_options *options);

/* Adds what was checked at `now_ms`, by a clock that never goes back. */
enum storm_news storm_count(struct storm *storm, int64_t now_ms, const struct storm_counts *counts);

#endif
