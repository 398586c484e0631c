#include "storm.h"

#define MILLION 1000000u

void storm_reset(struct storm *storm, const struct storm_options *options)
{
    *storm = (struct storm){.options = *options};
}

static void forget_step(struct storm *s, uint64_t step)
{
    struct storm_counts *old = &s->steps[step % STORM_STEPS];

    s->window.messages -= old->messages;
    s->window.discrepant -= old->discrepant;
    *old = (struct storm_counts){0, 0};
}

/* Steps that were skipped are forgotten as well; behind a whole window there is nothing left to forget. */
static void move_on(struct storm *s, uint64_t step)
{
    uint64_t steps = step > s->step ? step - s->step : 0;

    for (uint64_t i = 1; i <= steps && i <= STORM_STEPS; i++)
        forget_step(s, s->step + i);
    s->step += steps;
}

static void add(struct storm_counts *sum, const struct storm_counts *part)
{
    sum->messages += part->messages;
    sum->discrepant += part->discrepant;
}

/* In millionths of the messages. */
static uint64_t share_of(const struct storm_counts *counts)
{
    return counts->discrepant * MILLION / counts->messages;
}

enum storm_news storm_count(struct storm *storm, int64_t now_ms, const struct storm_counts *counts)
{
    const struct storm_options *o = &storm->options;

    move_on(storm, (uint64_t)now_ms / (o->window_ms / STORM_STEPS));
    add(&storm->steps[storm->step % STORM_STEPS], counts);
    add(&storm->window, counts);
    if (o->minimum == 0 || storm->window.messages < o->minimum)
        return STORM_NOTHING;
    if (!storm->rages && share_of(&storm->window) >= o->share) {
        storm->rages = true;
        return STORM_BEGINS;
    }
    if (storm->rages && share_of(&storm->window) < o->share / 2) {
        storm->rages = false;
        return STORM_ENDS;
    }
    return STORM_NOTHING;
}
