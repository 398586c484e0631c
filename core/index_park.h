/* index_park: threads that stand aside while memory is short, and go on when it is not.
 *
 * A thread asks before each piece of work whether it may go on; the last one always may, so work never stops. While it
 * is parked a thread holds nothing that others wait for, and its buffers' memory is given back. */
#ifndef FIXWARDEN_CORE_INDEX_PARK_H
#define FIXWARDEN_CORE_INDEX_PARK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct index_park {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned working; /* threads that are not parked */
    bool crowded;     /* all but one are to park */
    bool ended;       /* nobody parks any more */
};

void index_park_init(struct index_park *park);
void index_park_destroy(struct index_park *park);

void index_park_join(struct index_park *park);              /* by each thread, once */
void index_park_set(struct index_park *park, bool crowded); /* by anyone */
void index_park_end(struct index_park *park);               /* by anyone: all go on, for good */

/* Waits while the thread is one too many; `release` is called with `opaque` before. */
void index_park_pass(struct index_park *park, void (*release)(void *opaque), void *opaque);

/* Gives the memory of a buffer back to the system. The buffer stays, and what it held is lost. */
void index_park_release(void *from, size_t len);

#endif
