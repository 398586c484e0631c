/* stop: SIGTERM and SIGINT as a flag. */
#ifndef FIXWARDEN_CONSUMER_STOP_H
#define FIXWARDEN_CONSUMER_STOP_H

#include <stdatomic.h>

/* From here on the first SIGTERM or SIGINT sets the flag that is returned, and a second one ends the process at once.
 * For commands, once, before threads are started. */
atomic_bool *stop_on_signals(void);

#endif
