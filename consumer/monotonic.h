/* monotonic: time that never goes back, for intervals and deadlines. Any thread. */
#ifndef FIXWARDEN_CONSUMER_MONOTONIC_H
#define FIXWARDEN_CONSUMER_MONOTONIC_H

#include <pthread.h>
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

/* The moment so many milliseconds from now, for pthread_cond_timedwait on a condition made by monotonic_cond_init. */
static inline struct timespec monotonic_after(int ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += ms / 1000;
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static inline void monotonic_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

#endif
