/* fix_wide: all fields of a message at once, by AVX-512: where they stand, what their tags are, and the sum of the
 * bytes. What fix_scan and fix_plain do together, in less than half of the time. Private to fix.c and
 * fix_common.c.
 *
 * In two steps, as there: the first stores in pieces what the second loads as a whole, which a processor waits for. It
 * waits less if something else is to be done in between. Both need what avx512_has tells.
 *
 * Pure, no allocation. Any thread. */
#ifndef FIXWARDEN_CORE_FIX_WIDE_H
#define FIXWARDEN_CORE_FIX_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix.h"

#define FIX_WIDE_WORD 64 /* bytes that are looked at together */
#define FIX_WIDE_ROOM                                                                                                  \
    (FIX_INDEX_MAX + 2 * FIX_WIDE_WORD) /* what one word may hold, and is written with it, is behind */

struct fix_wide {
    uint32_t sum;   /* of all bytes, modulo 2^32 */
    uint32_t count; /* delimiters */
    bool plain;     /* they are not too many, nor too short; what follows is known, and is fix_wide_read's */
    uint32_t starts[FIX_WIDE_ROOM]; /* one more than there are fields: behind the last */
    uint32_t heads[FIX_WIDE_ROOM];  /* the first four bytes of each: tags of up to three digits, and their '=' */
};

/* Finds the fields in the bytes of a message up to its trailer, the last of which is a delimiter. Looks at no byte
 * outside. The sum and the count are right in any case. */
void fix_wide_scan(const char *bytes, size_t len, char delimiter, struct fix_wide *out);

/* Reads the fields that were found, if they are plain. The index gets them if each has a tag of one to nine digits,
 * without a leading zero, and a value that is not empty, and none is of a length or of data. Else it returns false, and
 * they have to be walked. */
bool fix_wide_read(const char *bytes, const struct fix_wide *wide, struct fix_index *index);

#endif
