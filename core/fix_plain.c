#include "fix_plain.h"

#include <string.h>

#include "ascii.h"
#include "fix_data.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define TAG_DIGITS_MAX 8 /* that are read at once; longer tags are walked */

/* Not left at the first field that is not plain, so that there is nothing to predict. */
static bool read_scalar(const char *start, const struct fix_scan *scan, struct fix_index *index)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t at = 0;
    uint32_t not_plain = 0;

    for (uint32_t i = 0; i < scan->count; i++) {
        uint64_t head;
        uint32_t value = scan->equals[i] + 1;
        uint32_t digits = scan->equals[i] - at;
        uint32_t end = scan->ends[i];
        uint32_t tag;

        memcpy(&head, start + at, sizeof head); /* the trailer stands behind even the last field */
        tag = ascii_join_digits((head & UINT64_C(0x0F0F0F0F0F0F0F0F)) << ((64 - 8 * digits) % 64));
        not_plain |= (uint32_t)(digits > TAG_DIGITS_MAX) | fix_data_kinds[tag <= FIX_DATA_TAG_MAX ? tag : 0];
        index->tags[i] = tag;
        index->values[i] = (struct fix_place){value, end - value};
        at = end + 1;
    }
    index->count = scan->count;
    return not_plain == 0;
#else
    (void)start, (void)scan, (void)index;
    return false;
#endif
}

#if defined(__x86_64__)

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx2")))
#define LANES 16

/* Whether tags of up to four digits may be of lengths or data: they lie in these ranges. The table would tell exactly,
 * but sixteen loads take longer than these few comparisons. */
AVX512 static inline __mmask16 may_be_data(__m512i tags)
{
    static const struct {
        int first;
        int count;
    } ranges[] = {{89, 8}, {212, 2}, {348, 18}, {445, 2}, {618, 5}, {1184, 10000 - 1184}};
    __mmask16 found = 0;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        found |= _mm512_cmplt_epu32_mask(_mm512_sub_epi32(tags, _mm512_set1_epi32(ranges[i].first)),
                                         _mm512_set1_epi32(ranges[i].count));
    return found;
}

/* Sixteen fields at a time. False where a tag may be of a length or data, or has more than four digits, so that the
 * fields have to be looked at one by one. */
AVX512 static bool read_avx512(const char *start, const struct fix_scan *scan, struct fix_index *index)
{
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i lower = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i upper = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const __m512i before = _mm512_setr_epi32(15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    __m512i last = _mm512_set1_epi32(-1); /* where the field before ended, in the last lane */
    __mmask16 others = 0;

    for (uint32_t i = 0; i < scan->count; i += LANES) {
        uint32_t left = scan->count - i;
        __mmask16 valid = (__mmask16)(left < LANES ? (1u << left) - 1 : 0xFFFF);
        __m512i ends = _mm512_loadu_si512(scan->ends + i);
        __m512i equals = _mm512_loadu_si512(scan->equals + i);
        __m512i at = _mm512_add_epi32(_mm512_permutex2var_epi32(last, before, ends), one);
        __m512i digits = _mm512_sub_epi32(equals, at);
        __m512i values = _mm512_add_epi32(equals, one);
        __m512i lens = _mm512_sub_epi32(ends, values);
        __m512i head = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), valid, at, start, 1);
        __m512i shift = _mm512_sub_epi32(_mm512_set1_epi32(32), _mm512_slli_epi32(digits, 3));
        __m512i tags = _mm512_sllv_epi32(_mm512_and_si512(head, _mm512_set1_epi32(0x0F0F0F0F)), shift);

        tags = _mm512_maddubs_epi16(tags, _mm512_set1_epi16(10 | 1 << 8));
        tags = _mm512_madd_epi16(tags, _mm512_set1_epi32(100 | 1 << 16));
        others |= valid & (_mm512_cmpgt_epu32_mask(digits, _mm512_set1_epi32(4)) | may_be_data(tags));
        _mm512_storeu_si512(index->tags + i, tags);
        _mm512_storeu_si512(index->values + i, _mm512_permutex2var_epi32(values, lower, lens));
        _mm512_storeu_si512(index->values + i + LANES / 2, _mm512_permutex2var_epi32(values, upper, lens));
        last = ends;
    }
    index->count = scan->count;
    return others == 0;
}

#endif

bool fix_plain_read(enum fix_scan_variant variant, const char *start, const struct fix_scan *scan,
                    struct fix_index *index)
{
#if defined(__x86_64__)
    if (variant == FIX_SCAN_AVX512 && read_avx512(start, scan, index))
        return true;
#else
    (void)variant;
#endif
    return read_scalar(start, scan, index);
}
