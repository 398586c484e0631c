/* fix_wide: all fields of a message at once, by AVX-512: where they stand, what their tags are, and the sum of the
 * bytes. What fix_scan and fix_plain do together, in less than half of the time. Private to fix.c.
 *
 * Pure, no allocation. Any thread. */
#ifndef FIXWARDEN_CORE_FIX_WIDE_H
#define FIXWARDEN_CORE_FIX_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix.h"

#define FIX_WIDE_BYTES_MAX 65000 /* of a message whose fields are read: places in it are numbers of 16 bits */

struct fix_wide {
    uint32_t sum;   /* of all bytes, modulo 2^32 */
    uint32_t count; /* delimiters */
};

/* Whether the processor can do it. */
bool fix_wide_has(void);

/* Reads the bytes of a message up to its trailer, the last of which is a delimiter, and no byte outside. The index gets
 * the fields if each has a tag of one to nine digits, without a leading zero, and a value that is not empty, none is of
 * a length or of data, and neither they nor the bytes are too many. Else it returns false, and the fields have to be
 * walked. The sum and the count are right in any case. */
bool fix_wide_read(const char *bytes, size_t len, char delimiter, struct fix_wide *out, struct fix_index *index);

#endif
