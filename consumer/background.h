/* background: a process that works for another one, and out of its way. */
#ifndef FIXWARDEN_CONSUMER_BACKGROUND_H
#define FIXWARDEN_CONSUMER_BACKGROUND_H

#include <sys/types.h>

#include "core/error.h"

/* From here on this process takes the processor and the disk only when nobody else wants them, is the first to go when
 * memory runs out, and is killed when the thread of `parent` that started it ends. ERROR_TEMPORARY where it has ended
 * already. Priorities that the system does not give are no error. */
int background_enter(pid_t parent, struct error *e);

#endif
