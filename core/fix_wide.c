#include "fix_wide.h"

#include "ascii.h"
#include "avx512.h"
#include "fix_data.h"

#ifdef AVX512

#define INLINE static inline __attribute__((always_inline))
#define WORD FIX_WIDE_WORD
#define HEAD 4              /* bytes of a field that hold a tag of up to three digits and its '=' */
#define LANES (WORD / HEAD) /* the fields that a word may hold, none of which is shorter; read together */
#define TAG_DIGITS_MAX 9
#define SHORT_TAG_BITS 1023 /* of all tags up to 999, which the head of a field holds */

/* What is carried from one word to the next. */
struct scan {
    __m512i sums;
    __m512i base;   /* where the word starts, as 32 bits */
    uint64_t start; /* 1: the next byte starts a field */
    uint32_t count; /* fields that have started */
    __m512i places; /* where any word's start: if one has more than LANES, there is something behind so many */
};

/* ---- where the fields are ---- */

/* The next bytes, of which so many are left; what is behind them is 0, and not looked at. */
AVX512 INLINE __m512i load_left(const char *bytes, size_t left)
{
    return _mm512_maskz_loadu_epi8(left < WORD ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0), bytes);
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

/* Four bytes from each of sixteen places on, which may reach into the next word. */
AVX512 INLINE __m512i heads_at(__m512i places, __m512i word, __m512i next)
{
    static const char each[WORD] = {0,  0,  0,  0,  1,  1,  1,  1,  2,  2,  2,  2,  3,  3,  3,  3,
                                    4,  4,  4,  4,  5,  5,  5,  5,  6,  6,  6,  6,  7,  7,  7,  7,
                                    8,  8,  8,  8,  9,  9,  9,  9,  10, 10, 10, 10, 11, 11, 11, 11,
                                    12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15};
    __m512i bytes = _mm512_permutexvar_epi8(_mm512_loadu_si512(each), places);

    return _mm512_permutex2var_epi8(word, _mm512_add_epi8(bytes, _mm512_set1_epi32(0x03020100)), next);
}

/* Takes a word, behind which the next one stands. */
AVX512 INLINE void take(__m512i word, __m512i next, char delimiter, struct scan *s, struct fix_wide *f)
{
    uint64_t mask = _mm512_cmpeq_epi8_mask(word, _mm512_set1_epi8(delimiter));
    uint64_t starts = mask << 1 | s->start;
    __m512i places = places_of(starts);

    _mm512_storeu_si512(f->heads + s->count, heads_at(places, word, next));
    _mm512_storeu_si512(f->starts + s->count,
                        _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(places)), s->base));
    s->sums = _mm512_add_epi64(s->sums, _mm512_sad_epu8(word, _mm512_setzero_si512()));
    s->base = _mm512_add_epi32(s->base, _mm512_set1_epi32(WORD));
    s->start = mask >> (WORD - 1);
    s->count += (uint32_t)__builtin_popcountll(starts);
    s->places = _mm512_or_si512(s->places, places);
}

/* Adds what was not looked at of a message with too many fields. */
static void count_rest(const char *bytes, size_t len, char delimiter, struct fix_wide *out)
{
    for (size_t i = 0; i < len; i++) {
        out->sum += (unsigned char)bytes[i];
        out->count += bytes[i] == delimiter;
    }
}

/* The last two words by themselves: only they need a mask, or have no word behind them. */
AVX512 void fix_wide_scan(const char *bytes, size_t len, char delimiter, struct fix_wide *out)
{
    const __m512i zero = _mm512_setzero_si512();
    struct scan s = {.sums = zero, .base = zero, .start = 1, .places = zero};
    __m512i word = load_left(bytes, len);
    size_t at = 0;

    for (; at + WORD + WORD <= len && s.count <= FIX_INDEX_MAX; at += WORD) {
        __m512i next = _mm512_loadu_si512(bytes + at + WORD);
        take(word, next, delimiter, &s, out);
        word = next;
    }
    if (at + WORD < len && s.count <= FIX_INDEX_MAX) {
        __m512i next = load_left(bytes + at + WORD, len - at - WORD);
        take(word, next, delimiter, &s, out);
        word = next;
        at += WORD;
    }
    if (at < len && s.count <= FIX_INDEX_MAX) {
        take(word, zero, delimiter, &s, out);
        at += WORD;
    }
    out->starts[s.count] = (uint32_t)len; /* behind the last, where that ends a word; else it stands there already */
    out->sum = (uint32_t)_mm512_reduce_add_epi64(s.sums);
    out->count = s.count - 1 + (uint32_t)s.start;
    if (at < len)
        count_rest(bytes + at, len - at, delimiter, out);
    out->plain = out->count <= FIX_INDEX_MAX && _mm512_test_epi8_mask(s.places, s.places) >> LANES == 0;
}

/* ---- what they are ---- */

/* Of sixteen fields. */
struct tags {
    __m512i equal; /* all bits of their '=', if that stands in the head: it ends a tag of three digits at most */
    __m512i tags;
    __m512i short_by; /* so many digits are missing to three */
    __m512i others;   /* the upper half of some byte is not 0: there is no tag */
};

/* The number that up to four digits write, of which the last is the highest byte. */
AVX512 INLINE __m512i join_digits(__m512i digits)
{
    return _mm512_madd_epi16(_mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x010A)), _mm512_set1_epi32(0x00010064));
}

AVX512 INLINE struct tags read_tags(__m512i heads)
{
    __m512i equal = _mm512_movm_epi8(_mm512_cmpeq_epi8_mask(heads, _mm512_set1_epi8('=')));
    __m512i lowest = _mm512_and_si512(equal, _mm512_sub_epi32(_mm512_setzero_si512(), equal)); /* its lowest bit */
    __m512i zeros = _mm512_lzcnt_epi32(lowest); /* 31, and 8 less for each digit */
    __m512i digits = _mm512_and_si512(_mm512_xor_si512(heads, _mm512_set1_epi8('0')),
                                      _mm512_add_epi32(lowest, _mm512_set1_epi32(-1)));
    __m512i above_9 = _mm512_add_epi8(digits, _mm512_set1_epi8(6));
    __m512i below_1 = _mm512_add_epi8(digits, _mm512_set1_epi32(0xFF)); /* the first */

    return (struct tags){
        .equal = equal,
        .tags = join_digits(_mm512_sllv_epi32(_mm512_add_epi32(digits, digits), zeros)),
        .short_by = _mm512_srli_epi32(zeros, 3),
        .others = _mm512_ternarylogic_epi32(digits, above_9, below_1, 0xFE), /* any of the three */
    };
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

/* Some bit is 1 where it is a tag of these. */
AVX512 INLINE __m512i data_bit(__m512i tags)
{
    static const char bits[WORD] = {1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,
                                    1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,
                                    1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,
                                    1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128};
    __m512i eight = _mm512_permutex2var_epi8(_mm512_loadu_si512(data_bits), _mm512_srli_epi32(tags, 3),
                                             _mm512_loadu_si512(data_bits + WORD));

    return _mm512_and_si512(eight, _mm512_permutexvar_epi8(tags, _mm512_loadu_si512(bits)));
}

/* Puts the places of sixteen values. */
AVX512 INLINE void put_values(__m512i at, __m512i lens, struct fix_place *values)
{
    const __m512i lower = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i upper = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);

    _mm512_storeu_si512(values, _mm512_permutex2var_epi32(at, lower, lens));
    _mm512_storeu_si512(values + 8, _mm512_permutex2var_epi32(at, upper, lens));
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

/* Reads some of sixteen fields one by one: few, so that it is not to take registers from the others. */
static __attribute__((noinline)) bool read_some(const char *bytes, const struct fix_wide *f, uint32_t first,
                                                unsigned some, struct fix_index *index)
{
    for (; some != 0; some &= some - 1)
        if (!read_field(bytes, f, first + (uint32_t)__builtin_ctz(some), index))
            return false;
    return true;
}

/* Reads up to sixteen fields. */
AVX512 INLINE bool read_fields(const char *bytes, const struct fix_wide *f, uint32_t first, struct fix_index *index)
{
    uint32_t left = f->count - first;
    __mmask16 valid = (__mmask16)((1U << (left < LANES ? left : LANES)) - 1);
    struct tags t = read_tags(_mm512_loadu_si512(f->heads + first));
    __m512i at = _mm512_add_epi32(_mm512_loadu_si512(f->starts + first), _mm512_set1_epi32(HEAD));
    __m512i ends = _mm512_add_epi32(_mm512_loadu_si512(f->starts + first + 1), _mm512_set1_epi32(-1));
    __mmask16 closed = _mm512_mask_test_epi32_mask(valid, t.equal, t.equal);
    __m512i data = data_bit(t.tags);

    at = _mm512_sub_epi32(at, t.short_by);
    if ((_mm512_mask_test_epi32_mask(closed, t.others, _mm512_set1_epi8((char)0xF0)) |
         _mm512_mask_cmpge_epu32_mask(closed, at, ends)) != 0)
        return false;
    _mm512_storeu_si512(index->tags + first, t.tags);
    put_values(at, _mm512_sub_epi32(ends, at), index->values + first);
    closed = _mm512_mask_testn_epi32_mask(closed, data, data);
    return closed == valid || read_some(bytes, f, first, valid ^ closed, index);
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
