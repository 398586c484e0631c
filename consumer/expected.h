/* expected: by when a new master is there, each day or on some days of the week. Pure functions; any thread. */
#ifndef FIXWARDEN_CONSUMER_EXPECTED_H
#define FIXWARDEN_CONSUMER_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct expected {
    int minute;        /* of the day, in the zone */
    int offset_min;    /* of the zone, east of UTC */
    unsigned weekdays; /* a bit for each, Monday the lowest; of the zone */
};

/* "06:30Z", "06:30+01:00", "06:30Z Mon-Fri", "18:00-05:00 Sun,Mon-Thu". A zone has no summer time: it is how far from
 * UTC. False for all else. */
bool expected_parse(struct slice text, struct expected *out);

/* The last such time that is not after `wall_ms`, in milliseconds since the epoch. */
int64_t expected_last_ms(const struct expected *expected, int64_t wall_ms);

#endif
