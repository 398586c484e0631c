/* build_lock: one build at a time on a host, whichever processes want one.
 *
 * A lock on a file (flock) that stays where it is; it goes with the process that holds it. On a file system that knows
 * no locks everybody gets it. One thread. */
#ifndef FIXWARDEN_CONSUMER_BUILD_LOCK_H
#define FIXWARDEN_CONSUMER_BUILD_LOCK_H

#include <stdbool.h>

#include "core/error.h"

struct build_lock {
    int fd; /* -1: not held */
};

#define BUILD_LOCK_FREE ((struct build_lock){-1})

/* Takes it if nobody has it: *taken. -1 where the file cannot be made or opened. */
int build_lock_try(struct build_lock *lock, const char *path, bool *taken, struct error *e);
void build_lock_release(struct build_lock *lock); /* one that is not held is fine */

#endif
