/* limits: what this process may take of the machine: memory and processors, each with the reason.
 *
 * Memory: half of the least of the control groups' limits (v2: memory.max and memory.high of the own group and all
 * above it; v1: memory.limit_in_bytes) and of what the kernel says is available, since the page cache and everything
 * else need the other half; at most LIMITS_MEMORY_MAX. Processors: those that the process may run on, and no more than
 * the groups' quota (cpu.max; v1: cpu.cfs_quota_us), rounded up. */
#ifndef FIXWARDEN_CONSUMER_LIMITS_H
#define FIXWARDEN_CONSUMER_LIMITS_H

#include <stdint.h>

#include "core/index_build.h"

#define LIMITS_MEMORY_MAX (1ull << 30) /* bytes; more hardly makes a build faster */

struct limits {
    uint64_t memory; /* bytes; 0: nothing is known */
    unsigned threads;
    char memory_reason[160];
    char threads_reason[160];
};

/* Reads /proc and /sys below `root` ("" but in tests). `processors` are those that the process may run on. */
void limits_find(const char *root, unsigned processors, struct limits *out);

/* Those of this process. */
void limits_find_own(struct limits *out);

/* Settles what the options leave open (zero) by the limits; says in `out` what was settled and why. */
void limits_settle(struct index_build_options *options, struct limits *out);

#endif
