#include "fix_wide.h"

#include "ascii.h"
#include "fix_data.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,popcnt")))
#define INLINE static inline __attribute__((always_inline))
#define WORD 64  /* bytes that are looked at together */
#define LANES 32 /* fields that are read together */
#define HEAD 4   /* bytes of each field that are looked at together: tags of up to three digits, and their '=' */
#define TAG_DIGITS_MAX 9
#define ROOM (FIX_INDEX_MAX + 2 * WORD) /* what one word may hold, and what is written with it, stands behind */

/* Where the fields start, and with what. */
struct fields {
    uint32_t count;
    uint16_t starts[ROOM];           /* one more than there are fields: behind the last */
    unsigned char heads[HEAD][ROOM]; /* all the first bytes, all the second ones, and so on */
};

/* What is carried from one word to the next. */
struct scan {
    __m512i sums;
    uint64_t start; /* 1: the next byte starts a field */
    uint32_t count; /* fields that have started */
    bool has_room;
};

/* ---- where the fields are ---- */

/* 64 bytes, or as many as there are: a masked load touches no byte that is masked. */
AVX512 INLINE __m512i load(const char *bytes, size_t at, size_t len)
{
    uint64_t valid = at + WORD <= len ? ~UINT64_C(0) : at < len ? ~UINT64_C(0) >> (WORD - (len - at)) : 0;

    return _mm512_maskz_loadu_epi8(valid, bytes + at);
}

/* Where the bits of a mask stand, from the lowest on. */
AVX512 INLINE __m512i places_of(uint64_t mask)
{
    static const char numbers[WORD] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                       32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                       48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

    return _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers));
}

/* The fields that start in a word. More than 32 have no room for a tag and a value each. */
AVX512 INLINE void put_fields(const __m512i *words, size_t at, uint64_t starts, uint32_t count, struct fields *f)
{
    __m512i places = places_of(starts);
    __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places));

    _mm512_storeu_si512(f->starts + count, _mm512_add_epi16(wide, _mm512_set1_epi16((short)at)));
    for (size_t i = 0; i < HEAD; i++)
        _mm256_storeu_si256((void *)(f->heads[i] + count),
                            _mm512_castsi512_si256(_mm512_permutexvar_epi8(places, words[i])));
}

/* Takes a word, with those one, two and three bytes further on. */
AVX512 INLINE void take(const __m512i *words, size_t at, char delimiter, struct scan *s, struct fields *f)
{
    uint64_t mask = _mm512_cmpeq_epi8_mask(words[0], _mm512_set1_epi8(delimiter)); /* a masked byte is none */
    uint64_t starts = mask << 1 | s->start;
    uint32_t found = (uint32_t)__builtin_popcountll(starts);

    s->sums = _mm512_add_epi64(s->sums, _mm512_sad_epu8(words[0], _mm512_setzero_si512()));
    if (s->has_room)
        put_fields(words, at, starts, s->count, f);
    s->start = mask >> (WORD - 1);
    s->count += found;
    s->has_room = s->has_room && found <= LANES && s->count <= FIX_INDEX_MAX + 1; /* one start stands behind the last */
}

/* Returns whether there was room for all fields. */
AVX512 INLINE bool find_fields(const char *bytes, size_t len, char delimiter, struct fix_wide *out, struct fields *f)
{
    struct scan s = {.sums = _mm512_setzero_si512(), .start = 1, .has_room = len <= FIX_WIDE_BYTES_MAX};
    __m512i words[HEAD];
    size_t at = 0;

    for (; at + WORD + HEAD <= len; at += WORD) {
        for (size_t i = 0; i < HEAD; i++)
            words[i] = _mm512_loadu_si512(bytes + at + i);
        take(words, at, delimiter, &s, f);
    }
    for (; at < len; at += WORD) {
        for (size_t i = 0; i < HEAD; i++)
            words[i] = load(bytes, at + i, len);
        take(words, at, delimiter, &s, f);
    }
    if (s.start != 0 && s.has_room)
        f->starts[s.count] = (uint16_t)len;
    out->sum = (uint32_t)_mm512_reduce_add_epi64(s.sums);
    out->count = f->count = s.count - 1 + (uint32_t)s.start;
    return s.has_room && f->count <= FIX_INDEX_MAX;
}

/* ---- what they are ---- */

/* Of 32 fields. */
struct tags {
    __m512i tags;    /* of one to four digits */
    __m512i lens;    /* with their '=' */
    __mmask32 open;  /* those whose tag does not end in the head */
    __mmask32 wrong; /* those without a tag */
};

AVX512 INLINE __m256i load_heads(const struct fields *f, uint32_t field, int byte)
{
    return _mm256_loadu_si256((const void *)(f->heads[byte] + field));
}

AVX512 INLINE __m512i append_digit(__m512i tags, __m256i digits)
{
    return _mm512_add_epi16(_mm512_mullo_epi16(tags, _mm512_set1_epi16(10)), _mm512_cvtepu8_epi16(digits));
}

AVX512 INLINE struct tags read_tags(const struct fields *f, uint32_t field)
{
    const __m256i zero = _mm256_set1_epi8('0');
    __m256i digits = _mm256_sub_epi8(load_heads(f, field, 0), zero);
    struct tags t = {.tags = _mm512_cvtepu8_epi16(digits), .lens = _mm512_set1_epi16(2), .open = ~0U};

    /* 1 to 9 */
    t.wrong = _mm256_cmpgt_epu8_mask(_mm256_sub_epi8(digits, _mm256_set1_epi8(1)), _mm256_set1_epi8(8));
    for (int i = 1; i < HEAD; i++) {
        __m256i bytes = load_heads(f, field, i);

        digits = _mm256_sub_epi8(bytes, zero);
        t.open &= _mm256_cmpneq_epi8_mask(bytes, _mm256_set1_epi8('='));
        t.wrong |= _mm256_mask_cmpgt_epu8_mask(t.open, digits, _mm256_set1_epi8(9));
        t.tags = _mm512_mask_mov_epi16(t.tags, t.open, append_digit(t.tags, digits));
        t.lens = _mm512_mask_add_epi16(t.lens, t.open, t.lens, _mm512_set1_epi16(1));
    }
    return t;
}

/* Whether tags of up to three digits may be of lengths or data: they lie in these ranges. The table would tell exactly,
 * but so many loads take longer than these few comparisons. */
AVX512 INLINE __mmask32 may_be_data(__m512i tags)
{
    static const struct {
        short first;
        short count;
    } ranges[] = {{89, 8}, {212, 2}, {348, 18}, {445, 2}, {618, 5}};
    __mmask32 found = 0;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        found |= _mm512_cmplt_epu16_mask(_mm512_sub_epi16(tags, _mm512_set1_epi16(ranges[i].first)),
                                         _mm512_set1_epi16(ranges[i].count));
    return found;
}

/* Puts the places of sixteen values. */
AVX512 INLINE void put_values(__m256i at, __m256i lens, struct fix_place *values)
{
    const __m512i lower = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i upper = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    __m512i wide_at = _mm512_cvtepu16_epi32(at);
    __m512i wide_lens = _mm512_cvtepu16_epi32(lens);

    _mm512_storeu_si512(values, _mm512_permutex2var_epi32(wide_at, lower, wide_lens));
    _mm512_storeu_si512(values + 8, _mm512_permutex2var_epi32(wide_at, upper, wide_lens));
}

/* Reads a field by itself. False where it is not plain. */
static bool read_field(const char *bytes, const struct fields *f, uint32_t field, struct fix_index *index)
{
    uint32_t end = f->starts[field + 1] - 1U;
    uint32_t at = f->starts[field];
    uint32_t tag;
    size_t digits = ascii_read_digits(bytes + at, bytes + end, TAG_DIGITS_MAX, &tag);

    at += (uint32_t)digits;
    if (digits == 0 || bytes[at] != '=' || bytes[f->starts[field]] == '0' || at + 1 >= end ||
        (tag <= FIX_DATA_TAG_MAX && fix_data_kinds[tag] != 0))
        return false;
    index->tags[field] = tag;
    index->values[field] = (struct fix_place){at + 1, end - at - 1};
    return true;
}

/* Reads up to 32 fields. */
AVX512 INLINE bool read_fields(const char *bytes, const struct fields *f, uint32_t first, struct fix_index *index)
{
    uint32_t left = f->count - first;
    __mmask32 valid = left < LANES ? (1U << left) - 1 : ~0U;
    struct tags t = read_tags(f, first);
    __m512i at = _mm512_add_epi16(_mm512_loadu_si512(f->starts + first), t.lens);
    __m512i ends = _mm512_sub_epi16(_mm512_loadu_si512(f->starts + first + 1), _mm512_set1_epi16(1));
    __m512i lens = _mm512_sub_epi16(ends, at);
    __mmask32 others = valid & (t.open | may_be_data(t.tags)); /* few */

    if ((valid & ~t.open & (t.wrong | _mm512_cmpge_epu16_mask(at, ends))) != 0)
        return false;
    _mm512_storeu_si512(index->tags + first, _mm512_cvtepu16_epi32(_mm512_castsi512_si256(t.tags)));
    _mm512_storeu_si512(index->tags + first + 16, _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(t.tags, 1)));
    put_values(_mm512_castsi512_si256(at), _mm512_castsi512_si256(lens), index->values + first);
    put_values(_mm512_extracti64x4_epi64(at, 1), _mm512_extracti64x4_epi64(lens, 1), index->values + first + 16);
    for (; others != 0; others &= others - 1)
        if (!read_field(bytes, f, first + (uint32_t)__builtin_ctz(others), index))
            return false;
    return true;
}

AVX512 bool fix_wide_read(const char *bytes, size_t len, char delimiter, struct fix_wide *out, struct fix_index *index)
{
    struct fields f;
    bool plain = find_fields(bytes, len, delimiter, out, &f);

    for (uint32_t i = 0; i < f.count && plain; i += LANES)
        plain = read_fields(bytes, &f, i, index);
    index->count = f.count;
    return plain;
}

bool fix_wide_has(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

#else

bool fix_wide_has(void)
{
    return false;
}

bool fix_wide_read(const char *bytes, size_t len, char delimiter, struct fix_wide *out, struct fix_index *index)
{
    (void)bytes, (void)len, (void)delimiter, (void)index;
    *out = (struct fix_wide){0};
    return false;
}

#endif
