/* pace: how fast records may be taken: so many a second, or as far apart as their timestamps are.
 *
 * Shared by all that take; any thread. Time arrives as a value, in milliseconds of one monotonic clock. */
#ifndef FIXWARDEN_CONSUMER_PACE_H
#define FIXWARDEN_CONSUMER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

#define PACE_RATE_MAX UINT64_C(10000000) /* records a second */
#define PACE_BURST_MS 20                 /* what was not used up of the rate for longer than this is lost */
#define PACE_SPEED_UNIT 1000u            /* of a speed: as long as it took */
#define PACE_SPEED_MAX 1000000u          /* a thousand times as fast */
#define PACE_WAIT_MAX_MS 1000            /* what a record is told to wait at most, before it is asked for again */

struct pace;

/* `rate`: records a second, up to PACE_RATE_MAX; `speed`: thousandths of the pace of the timestamps, up to
 * PACE_SPEED_MAX; 0 each: no limit. NULL without memory. */
struct pace *pace_new(uint64_t rate, unsigned speed);
void pace_free(struct pace *pace); /* NULL is fine */

/* How long the record has to wait, in milliseconds; 0: it is let through, and counts. `timestamp_ms` is since the
 * epoch, negative where it has none: such records wait for no time. The first record that is asked for sets the time
 * that all others are measured by: older ones, and those whose time goes back, are let through at once. */
int64_t pace_wait_ms(struct pace *pace, int64_t timestamp_ms, int64_t now_ms);

/* "1x", "0.25x", with 3 digits behind the point at most, from 0.001x to 1000x; "max" is 0. False for all else. */
bool pace_parse_speed(struct slice text, unsigned *speed);

#endif
