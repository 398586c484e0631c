/* limits: what this process may take of the machine: memory and processors, each with the reason.
 *
 * Memory: half of the least of the control groups' limits (v2: memory.max and memory.high of the own group and all
 * above it; v1: memory.limit_in_bytes) and of what the kernel says is available, since the page cache and everything
 * else need the other half; at most LIMITS_MEMORY_MAX. Processors: those that the process may run on, and no more than
 * the groups' quota (cpu.max; v1: cpu.cfs_quota_us), rounded up.
 *
 * Whether memory is short later on: where the kernel says that tasks were held up for want of memory in a tenth of the
 * last ten seconds or more ("some" of memory.pressure of the own group, else of /proc/pressure/memory); with v1 also
 * where the group uses nine tenths of its limit, page cache that nobody uses aside. */
#ifndef FIXWARDEN_CONSUMER_LIMITS_H
#define FIXWARDEN_CONSUMER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/index_build.h"

#define LIMITS_MEMORY_MAX (1ull << 30) /* bytes; more hardly makes a build faster */

/* How to find out whether memory is short. Plain; paths are empty where there is nothing to read. */
struct limits_pressure {
    char stalls[256]; /* file of the kernel's pressure information */
    char group[256];  /* folder of a v1 group */
    int64_t asked_ms; /* by the monotonic clock; the files are not read all the time */
    bool is_short;    /* what was found then */
};

struct limits {
    uint64_t memory; /* bytes; 0: nothing is known */
    unsigned threads;
    char memory_reason[160];
    char threads_reason[160];
    struct limits_pressure pressure;
};

/* Reads /proc and /sys below `root` ("" but in tests). `processors` are those that the process may run on. */
void limits_find(const char *root, unsigned processors, struct limits *out);

/* Those of this process. */
void limits_find_own(struct limits *out);

/* Reads whether memory is short now. */
bool limits_is_short(const struct limits_pressure *pressure);

/* Settles what the options leave open (zero) by the limits; says in `out` what was settled and why. `beside`: half of
 * the processors are left to what runs beside it, where there are two. Where the memory was left open, the build also
 * asks `out`, which has to stay as long, whether memory is short. */
void limits_settle(struct index_build_options *options, bool beside, struct limits *out);

#endif
