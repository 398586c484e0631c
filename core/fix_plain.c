#include "fix_plain.h"

#include <string.h>

#include "ascii.h"
#include "fix_data.h"

#define TAG_DIGITS_MAX 8 /* that are read at once; longer tags are walked */

/* Not left at the first field that is not plain, so that there is nothing to predict. */
bool fix_plain_read(const char *start, const struct fix_scan *scan, struct fix_index *index)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t at = 0;
    uint32_t not_plain = 0;
    uint32_t tag_bits = 0;

    for (uint32_t i = 0; i < scan->count; i++) {
        uint64_t head;
        uint32_t value = scan->equals[i] + 1;
        uint32_t digits = scan->equals[i] - at;
        uint32_t end = scan->ends[i];
        uint32_t tag;

        memcpy(&head, start + at, sizeof head); /* the trailer stands behind even the last field */
        tag = ascii_join_digits((head & UINT64_C(0x0F0F0F0F0F0F0F0F)) << ((64 - 8 * digits) % 64));
        not_plain |= (uint32_t)(digits > TAG_DIGITS_MAX) | fix_data_kinds[tag <= FIX_DATA_TAG_MAX ? tag : 0];
        tag_bits |= tag;
        index->tags[i] = tag;
        index->values[i] = (struct fix_place){value, end - value};
        at = end + 1;
    }
    index->count = scan->count;
    index->tag_bits = tag_bits;
    return not_plain == 0;
#else
    (void)start, (void)scan, (void)index;
    return false;
#endif
}
