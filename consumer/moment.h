/* moment: a point in the time of a topic, as somebody types it. Pure functions; any thread. */
#ifndef FIXWARDEN_CONSUMER_MOMENT_H
#define FIXWARDEN_CONSUMER_MOMENT_H

#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

enum moment_kind { MOMENT_TIME, MOMENT_EARLIEST, MOMENT_NOW };

struct moment {
    enum moment_kind kind;
    int64_t ms; /* since the epoch, of MOMENT_TIME */
};

/* "earliest"; "now"; "-2h", "-90s": so long before `now_ms` (since the epoch), in the units of config_parse_duration;
 * "@1760000000000": milliseconds since the epoch; ISO 8601's extended format with a zone, since one without would mean
 * another time on another machine: "2026-11-25T09:30Z", "2026-11-25T09:30:00.250+01:00". Finer than a millisecond is
 * cut. ERROR_USAGE for all else. */
int moment_parse(struct slice text, int64_t now_ms, struct moment *out, struct error *e);

#endif
