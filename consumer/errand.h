/* errand: one thing that takes long, done on a thread of its own while its owner looks after others.
 *
 * One thread starts it, asks for it and waits for it; what the errand works on is nobody else's until it is over. */
#ifndef FIXWARDEN_CONSUMER_ERRAND_H
#define FIXWARDEN_CONSUMER_ERRAND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/error.h"

/* All zero is one that was not started. It stays where it is until it is over. */
struct errand {
    void (*work)(void *opaque);
    void *opaque;
    pthread_t thread;
    atomic_bool is_done;
    bool is_started;
};

int errand_start(struct errand *errand, void (*work)(void *opaque), void *opaque, struct error *e);

/* Whether it is over, or was never started; does not wait. */
bool errand_is_over(struct errand *errand);

/* Waits until it is over. */
void errand_wait(struct errand *errand);

#endif
