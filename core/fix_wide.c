#include "fix_wide.h"

#include "ascii.h"
#include "avx512.h"
#include "fix_data.h"

#ifdef AVX512

#define INLINE static inline __attribute__((always_inline))
#define WORD FIX_WIDE_WORD
#define HEAD FIX_WIDE_HEAD
#define LANES 32 /* fields that are read together */
#define TAG_DIGITS_MAX 9
#define SHORT_TAG_BITS 1023 /* of all tags up to 999, which the head of a field holds */

/* What is carried from one word to the next. */
struct scan {
    __m512i sums;
    __m512i base;   /* where the word starts, as 16 bits */
    uint64_t start; /* 1: the next byte starts a field */
    uint32_t count; /* fields that have started */
};

/* ---- where the fields are ---- */

/* Where the bits of a mask stand, from the lowest on. */
AVX512 INLINE __m512i places_of(uint64_t mask)
{
    static const char numbers[WORD] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                       32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                       48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

    return _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers));
}

/* The fields that start in a word. Of more than 32, those that are put cannot all have a tag and a value. */
AVX512 INLINE void put_fields(const __m512i *words, uint64_t starts, const struct scan *s, struct fix_wide *f)
{
    __m512i places = places_of(starts);
    __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places));

    _mm512_storeu_si512(f->starts + s->count, _mm512_add_epi16(wide, s->base));
    for (size_t i = 0; i < HEAD; i++)
        _mm256_storeu_si256((void *)(f->heads[i] + s->count),
                            _mm512_castsi512_si256(_mm512_permutexvar_epi8(places, words[i])));
}

/* Takes the valid bytes of a word, and what stands one, two and three bytes further on. */
AVX512 INLINE void take(const char *bytes, uint64_t valid, char delimiter, struct scan *s, struct fix_wide *f)
{
    __m512i words[HEAD];

    for (int i = 0; i < HEAD; i++)
        words[i] = _mm512_maskz_loadu_epi8(valid, bytes + i);
    uint64_t mask = _mm512_cmpeq_epi8_mask(words[0], _mm512_set1_epi8(delimiter)); /* a masked byte is none */
    uint64_t starts = mask << 1 | s->start;

    put_fields(words, starts, s, f);
    s->sums = _mm512_add_epi64(s->sums, _mm512_sad_epu8(words[0], _mm512_setzero_si512()));
    s->base = _mm512_add_epi16(s->base, _mm512_set1_epi16(WORD));
    s->start = mask >> (WORD - 1);
    s->count += (uint32_t)__builtin_popcountll(starts);
}

/* Adds what was not looked at of a message with too many fields. */
static void count_rest(const char *bytes, size_t len, char delimiter, struct fix_wide *out)
{
    for (size_t i = 0; i < len; i++) {
        out->sum += (unsigned char)bytes[i];
        out->count += bytes[i] == delimiter;
    }
}

AVX512 void fix_wide_scan(const char *bytes, size_t len, char delimiter, struct fix_wide *out)
{
    struct scan s = {.sums = _mm512_setzero_si512(), .base = _mm512_setzero_si512(), .start = 1};
    size_t at = 0;

    for (; at + WORD <= len && s.count <= FIX_INDEX_MAX; at += WORD)
        take(bytes + at, ~UINT64_C(0), delimiter, &s, out);
    if (at < len && s.count <= FIX_INDEX_MAX) {
        take(bytes + at, ~UINT64_C(0) >> (WORD - (len - at)), delimiter, &s, out);
        at = len;
    }
    out->starts[s.count] = (uint16_t)len; /* behind the last, where that ends a word; else it stands there already */
    out->sum = (uint32_t)_mm512_reduce_add_epi64(s.sums);
    out->count = s.count - 1 + (uint32_t)s.start;
    if (at < len)
        count_rest(bytes + at, len - at, delimiter, out);
    out->plain = len <= FIX_WIDE_BYTES_MAX && out->count <= FIX_INDEX_MAX;
}

/* ---- what they are ---- */

/* Of 32 fields. */
struct tags {
    __m512i tags;    /* of one to four digits */
    __m512i lens;    /* with their '=' */
    __mmask32 open;  /* those whose tag does not end in the head */
    __mmask32 wrong; /* those without a tag */
};

AVX512 INLINE __m256i load_heads(const struct fix_wide *f, uint32_t field, int byte)
{
    return _mm256_loadu_si256((const void *)(f->heads[byte] + field));
}

AVX512 INLINE __m512i append_digit(__m512i tags, __m256i digits)
{
    return _mm512_add_epi16(_mm512_mullo_epi16(tags, _mm512_set1_epi16(10)), _mm512_cvtepu8_epi16(digits));
}

AVX512 INLINE struct tags read_tags(const struct fix_wide *f, uint32_t field)
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

#define BIT(tag) (1 << (tag) % 8)

/* Which tags of up to three digits are of lengths or data, eight to a byte: the part of fix_data_kinds that registers
 * hold. */
static const uint8_t data_bits[2 * WORD] = {
    [89 / 8] = BIT(89) | BIT(90) | BIT(91) | BIT(93) | BIT(95),
    [96 / 8] = BIT(96),
    [212 / 8] = BIT(212) | BIT(213),
    [348 / 8] = BIT(348) | BIT(349) | BIT(350) | BIT(351),
    [352 / 8] = 0xFF,
    [360 / 8] = BIT(360) | BIT(361) | BIT(362) | BIT(363) | BIT(364) | BIT(365),
    [445 / 8] = BIT(445) | BIT(446),
    [618 / 8] = BIT(618) | BIT(619) | BIT(621) | BIT(622),
};

AVX512 INLINE __mmask32 are_data(__m512i tags)
{
    __m512i bits = _mm512_permutex2var_epi8(_mm512_loadu_si512(data_bits), _mm512_srli_epi16(tags, 3),
                                            _mm512_loadu_si512(data_bits + WORD));
    __m512i bit = _mm512_sllv_epi16(_mm512_set1_epi16(1), _mm512_and_si512(tags, _mm512_set1_epi16(7)));

    return _mm512_test_epi16_mask(bits, bit);
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
static bool read_field(const char *bytes, const struct fix_wide *f, uint32_t field, struct fix_index *index)
{
    uint32_t end = f->starts[field + 1] - 1U;
    uint32_t at = f->starts[field];
    uint32_t tag;
    size_t digits = ascii_read_digits(bytes + at, bytes + end, TAG_DIGITS_MAX, &tag);

    at += (uint32_t)digits;
    if (digits == 0 || bytes[at] != '=' || bytes[f->starts[field]] == '0' || at + 1 >= end ||
        (tag <= FIX_DATA_TAG_MAX && fix_data_kinds[tag] != 0))
        return false;
    index->tag_bits |= tag;
    index->tags[field] = tag;
    index->values[field] = (struct fix_place){at + 1, end - at - 1};
    return true;
}

/* Reads up to 32 fields. */
AVX512 INLINE bool read_fields(const char *bytes, const struct fix_wide *f, uint32_t first, struct fix_index *index)
{
    uint32_t left = f->count - first;
    __mmask32 valid = left < LANES ? (1U << left) - 1 : ~0U;
    struct tags t = read_tags(f, first);
    __m512i at = _mm512_add_epi16(_mm512_loadu_si512(f->starts + first), t.lens);
    __m512i ends = _mm512_sub_epi16(_mm512_loadu_si512(f->starts + first + 1), _mm512_set1_epi16(1));
    __m512i lens = _mm512_sub_epi16(ends, at);
    __mmask32 others = valid & (t.open | are_data(t.tags)); /* few */

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

AVX512 bool fix_wide_read(const char *bytes, const struct fix_wide *wide, struct fix_index *index)
{
    bool plain = true;

    index->count = wide->count;
    index->tag_bits = SHORT_TAG_BITS;
    for (uint32_t i = 0; i < wide->count && plain; i += LANES)
        plain = read_fields(bytes, wide, i, index);
    return plain;
}

#else

void fix_wide_scan(const char *bytes, size_t len, char delimiter, struct fix_wide *out)
{
    (void)bytes, (void)len, (void)delimiter;
    *out = (struct fix_wide){0};
}

bool fix_wide_read(const char *bytes, const struct fix_wide *wide, struct fix_index *index)
{
    (void)bytes, (void)wide, (void)index;
    return false;
}

#endif
