/* fix_scan: where the fields of a message stand, whether each is tag=value, and the sum of the bytes, 64 bytes at once
 * by vector instructions. Private to fix.c and fix_common.c; the variants are there for the tests.
 *
 * Pure, no allocation; reads no byte outside what it is given. Any thread. */
#ifndef FIXWARDEN_CORE_FIX_SCAN_H
#define FIXWARDEN_CORE_FIX_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix.h"

#define FIX_SCAN_MAX FIX_INDEX_MAX /* delimiters */
#define FIX_SCAN_WORD 64           /* bytes that are looked at together */

struct fix_scan {
    uint32_t sum;   /* of all bytes, modulo 2^32 */
    uint32_t count; /* delimiters */
    bool complete;  /* these are all, and their places are below */
    bool plain;     /* every field has a tag of digits, without a leading zero, and a value that is not empty */
    /* The places of the delimiters, and of each field's first '=' if all are plain. The room behind FIX_SCAN_MAX is for
     * what one word may hold, and for what is written with it. */
    uint32_t ends[FIX_SCAN_MAX + 2 * FIX_SCAN_WORD];
    uint32_t equals[FIX_SCAN_MAX + 2 * FIX_SCAN_WORD];
};

/* What the processor can do; the best one is taken, unless fix_wide can do it all. */
enum fix_scan_variant { FIX_SCAN_SCALAR, FIX_SCAN_SSE2, FIX_SCAN_AVX2, FIX_SCAN_VARIANTS };

bool fix_scan_has(enum fix_scan_variant variant);
enum fix_scan_variant fix_scan_best(void);

void fix_scan(enum fix_scan_variant variant, const char *bytes, size_t len, char delimiter, struct fix_scan *out);

#endif
