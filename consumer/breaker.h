/* breaker: one storm for all lanes, and what follows from it: one alert, and a pause if it is wished.
 *
 * Of the version of the index that was adopted last; what lanes still check by the one before does not count. Any
 * thread. */
#ifndef FIXWARDEN_CONSUMER_BREAKER_H
#define FIXWARDEN_CONSUMER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts.h"
#include "config.h"
#include "log.h"
#include "storm.h"

struct breaker;

/* What it is given outlives it; NULL alerts go to the log alone. NULL without memory. */
struct breaker *breaker_new(const struct config *config, struct alerts *alerts, struct log *log);
void breaker_free(struct breaker *breaker); /* NULL is fine */

/* A lane checks by that version from now on. Where it is another than the last one, counting starts anew and the lanes
 * that pause go on. */
void breaker_adopt(struct breaker *breaker, const char *version);

/* A lane has checked so many messages by that version. Where a storm begins, an alert is raised. -1 without memory. */
int breaker_count(struct breaker *breaker, const char *version, int64_t now_ms, const struct storm_counts *counts,
                  struct error *e);

/* Whether a lane that checks by that version has to pause. Costs next to nothing. */
bool breaker_holds(struct breaker *breaker, const char *version);

#endif
