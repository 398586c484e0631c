/* pulse: the sign of life of a thread, for a watchdog.
 *
 * The thread beats whenever a call that could hang has returned, and rests while it has nothing to do or waits for
 * somebody with a pulse of its own. Whoever watches, in any thread, asks how long ago the last beat was. */
#ifndef FIXWARDEN_CONSUMER_PULSE_H
#define FIXWARDEN_CONSUMER_PULSE_H

#include <stdatomic.h>
#include <stdint.h>

#include "monotonic.h"

/* All zero is a pulse at rest. */
struct pulse {
    atomic_llong beat_ms; /* 0: resting */
};

/* NULL: nobody watches. */
static inline void pulse_beat(struct pulse *pulse)
{
    if (pulse)
        atomic_store_explicit(&pulse->beat_ms, monotonic_ms(), memory_order_relaxed);
}

static inline void pulse_rest(struct pulse *pulse)
{
    if (pulse)
        atomic_store_explicit(&pulse->beat_ms, 0, memory_order_relaxed);
}

/* Milliseconds since the last beat; 0 at rest. */
static inline int64_t pulse_age_ms(const struct pulse *pulse, int64_t now_ms)
{
    long long beat = atomic_load_explicit(&pulse->beat_ms, memory_order_relaxed);

    return beat == 0 || now_ms < beat ? 0 : now_ms - beat;
}

#endif
