/* progress: a bar on the terminal that standard error is. One thread. */
#ifndef FIXWARDEN_CONSUMER_PROGRESS_H
#define FIXWARDEN_CONSUMER_PROGRESS_H

#include <stdint.h>

/* Draws it in the place of the last one: 0 to 100 per cent, and how many of what. */
void progress_draw(int percent, uint64_t count, const char *unit);

/* Wipes it away. */
void progress_wipe(void);

#endif
