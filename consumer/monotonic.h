/* monotonic: time that never goes back, for intervals and deadlines. Any thread. */
#ifndef FIXWARDEN_CONSUMER_MONOTONIC_H
#define FIXWARDEN_CONSUMER_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some point in the past. */
static inline int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps so long, or until a signal arrives. */
static inline void monotonic_nap(int ms)
{
    struct timespec nap = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&nap, NULL);
}

#endif
