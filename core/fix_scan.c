#include "fix_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define WORD FIX_SCAN_WORD

/* A bit for each byte of a word that is the one in question. */
struct masks {
    uint64_t delimiters;
    uint64_t equals;
    uint64_t digits;
    uint64_t zeros;
};

/* What is carried from one word to the next. */
struct carry {
    uint64_t start; /* 1: the next byte starts a field ... */
    uint64_t tag;   /* ... or goes on with a tag ... */
    uint64_t value; /* ... or starts a value */
    uint64_t wrong;
};

/* What the variants differ in. They are handed down as constants, so that the compiler puts them in place. */
typedef void masks_function(const char *bytes, char delimiter, struct masks *out);
typedef void places_function(uint64_t mask, uint32_t base, uint32_t *places);
typedef uint32_t sum_function(const char *bytes, size_t len);

/* Finds the first '=' of each field, and whether all of the word's fields are plain. */
INLINE uint64_t find_equals(const struct masks *m, uint64_t valid, struct carry *c)
{
    uint64_t starts = (m->delimiters << 1 | c->start) & valid;
    uint64_t others = ~m->equals;
    uint64_t from = (starts | c->tag) & others;
    uint64_t sum;
    /* A one that is added to a run of ones turns them to zeros as far as the run goes, and comes to lie behind it: on
     * the '=' that ends the tag. */
    bool beyond = __builtin_add_overflow(others, from, &sum);
    uint64_t ends_tag = (sum & m->equals) | (c->tag & m->equals);
    uint64_t tag = others & ~sum;

    c->wrong |=
        (tag & ~m->digits & valid) | (starts & (m->zeros | m->equals)) | ((ends_tag << 1 | c->value) & m->delimiters);
    c->start = m->delimiters >> (WORD - 1);
    c->value = ends_tag >> (WORD - 1);
    c->tag = beyond;
    return ends_tag & valid;
}

INLINE void take_word(const struct masks *m, uint64_t valid, size_t at, struct carry *carry, struct fix_scan *out,
                      uint32_t *equals, places_function *put)
{
    uint64_t ends_tag = find_equals(m, valid, carry);

    put(m->delimiters, (uint32_t)at, out->ends + out->count);
    put(ends_tag, (uint32_t)at, out->equals + *equals);
    out->count += (uint32_t)__builtin_popcountll(m->delimiters);
    *equals += (uint32_t)__builtin_popcountll(ends_tag);
}

/* The last bytes are read with those before them, which then count no more. */
INLINE void find_last(const char *bytes, size_t len, char delimiter, struct masks *m, masks_function *find)
{
    size_t rem = len % WORD;
    char copy[WORD];
    const char *last = bytes + len - WORD;

    if (len < WORD) { /* nothing stands before */
        memset(copy, 0, sizeof copy);
        memcpy(copy + WORD - len, bytes, len);
        last = copy;
    }
    find(last, delimiter, m);
    m->delimiters >>= WORD - rem;
    m->equals >>= WORD - rem;
    m->digits >>= WORD - rem;
    m->zeros >>= WORD - rem;
}

INLINE void scan(const char *bytes, size_t len, char delimiter, struct fix_scan *out, masks_function *find,
                 places_function *put, sum_function *sum)
{
    struct carry carry = {.start = 1};
    struct masks m;
    uint32_t equals = 0;
    size_t at = 0;

    out->count = 0;
    for (; at + WORD <= len && out->count <= FIX_SCAN_MAX && equals <= FIX_SCAN_MAX; at += WORD) {
        find(bytes + at, delimiter, &m);
        take_word(&m, ~UINT64_C(0), at, &carry, out, &equals, put);
    }
    if (at < len && at + WORD > len && out->count <= FIX_SCAN_MAX && equals <= FIX_SCAN_MAX) {
        find_last(bytes, len, delimiter, &m, find);
        take_word(&m, ~UINT64_C(0) >> (WORD - len % WORD), at, &carry, out, &equals, put);
        at = len;
    }
    out->sum = sum(bytes, len);
    out->complete = at == len && out->count <= FIX_SCAN_MAX;
    out->plain = out->complete && carry.wrong == 0 && equals == out->count;
}

/* ---- without vectors ---- */

INLINE void masks_scalar(const char *bytes, char delimiter, struct masks *out)
{
    *out = (struct masks){0};
    for (unsigned i = 0; i < WORD; i++) {
        out->delimiters |= (uint64_t)(bytes[i] == delimiter) << i;
        out->equals |= (uint64_t)(bytes[i] == '=') << i;
        out->digits |= (uint64_t)(bytes[i] >= '0' && bytes[i] <= '9') << i;
        out->zeros |= (uint64_t)(bytes[i] == '0') << i;
    }
}

/* Eight at a time, whether or not there are so many: how many there are is hard to predict, that there are no more than
 * eight is not. */
INLINE void places_scalar(uint64_t mask, uint32_t base, uint32_t *places)
{
    while (mask != 0)
        for (int i = 0; i < 8; i++) {
            *places++ = base + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
            mask &= mask - 1;
        }
}

INLINE uint32_t sum_scalar(const char *bytes, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (unsigned char)bytes[i];
    return sum;
}

static void scan_scalar(const char *bytes, size_t len, char delimiter, struct fix_scan *out)
{
    scan(bytes, len, delimiter, out, masks_scalar, places_scalar, sum_scalar);
}

#if defined(__x86_64__)

/* ---- SSE2, which every such processor has ---- */

INLINE uint64_t bits_sse2(__m128i is, size_t at)
{
    return (uint64_t)(uint16_t)_mm_movemask_epi8(is) << at;
}

INLINE void masks_sse2(const char *bytes, char delimiter, struct masks *out)
{
    *out = (struct masks){0};
    for (size_t i = 0; i < WORD; i += 16) {
        __m128i v = _mm_loadu_si128((const void *)(bytes + i));
        __m128i above = _mm_sub_epi8(v, _mm_set1_epi8('0'));
        out->delimiters |= bits_sse2(_mm_cmpeq_epi8(v, _mm_set1_epi8(delimiter)), i);
        out->equals |= bits_sse2(_mm_cmpeq_epi8(v, _mm_set1_epi8('=')), i);
        out->digits |= bits_sse2(_mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(9)), above), i);
        out->zeros |= bits_sse2(_mm_cmpeq_epi8(v, _mm_set1_epi8('0')), i);
    }
}

INLINE uint32_t sum_sse2(const char *bytes, size_t len)
{
    __m128i total = _mm_setzero_si128();
    size_t at = 0;

    for (; at + 16 <= len; at += 16)
        total = _mm_add_epi64(total, _mm_sad_epu8(_mm_loadu_si128((const void *)(bytes + at)), _mm_setzero_si128()));
    return (uint32_t)_mm_cvtsi128_si32(total) + (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(total, 8)) +
           sum_scalar(bytes + at, len - at);
}

static void scan_sse2(const char *bytes, size_t len, char delimiter, struct fix_scan *out)
{
    scan(bytes, len, delimiter, out, masks_sse2, places_scalar, sum_sse2);
}

/* ---- AVX2 ---- */

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

AVX2 INLINE uint64_t bits_avx2(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 INLINE uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);

    return bits_avx2(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

AVX2 INLINE void masks_avx2(const char *bytes, char delimiter, struct masks *out)
{
    __m256i low = _mm256_loadu_si256((const void *)bytes);
    __m256i high = _mm256_loadu_si256((const void *)(bytes + 32));
    __m256i zero = _mm256_set1_epi8('0');
    __m256i nine = _mm256_set1_epi8(9);
    __m256i low_above = _mm256_sub_epi8(low, zero);
    __m256i high_above = _mm256_sub_epi8(high, zero);

    out->delimiters = equal_avx2(low, high, delimiter);
    out->equals = equal_avx2(low, high, '=');
    out->zeros = equal_avx2(low, high, '0');
    out->digits = bits_avx2(_mm256_cmpeq_epi8(_mm256_min_epu8(low_above, nine), low_above),
                            _mm256_cmpeq_epi8(_mm256_min_epu8(high_above, nine), high_above));
}

AVX2 INLINE uint32_t sum_avx2(const char *bytes, size_t len)
{
    __m256i total = _mm256_setzero_si256();
    __m128i half;
    size_t at = 0;

    for (; at + 32 <= len; at += 32)
        total = _mm256_add_epi64(
            total, _mm256_sad_epu8(_mm256_loadu_si256((const void *)(bytes + at)), _mm256_setzero_si256()));
    half = _mm_add_epi64(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    return (uint32_t)_mm_cvtsi128_si32(half) + (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(half, 8)) +
           sum_sse2(bytes + at, len - at);
}

AVX2 static void scan_avx2(const char *bytes, size_t len, char delimiter, struct fix_scan *out)
{
    scan(bytes, len, delimiter, out, masks_avx2, places_scalar, sum_avx2);
}

#endif

bool fix_scan_has(enum fix_scan_variant variant)
{
#if defined(__x86_64__)
    if (variant == FIX_SCAN_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
    return variant < FIX_SCAN_VARIANTS;
#else
    return variant == FIX_SCAN_SCALAR;
#endif
}

enum fix_scan_variant fix_scan_best(void)
{
    enum fix_scan_variant variant = FIX_SCAN_VARIANTS - 1;

    while (!fix_scan_has(variant))
        variant--;
    return variant;
}

void fix_scan(enum fix_scan_variant variant, const char *bytes, size_t len, char delimiter, struct fix_scan *out)
{
    switch (variant) {
#if defined(__x86_64__)
    case FIX_SCAN_AVX2:
        scan_avx2(bytes, len, delimiter, out);
        break;
    case FIX_SCAN_SSE2:
        scan_sse2(bytes, len, delimiter, out);
        break;
#endif
    default:
        scan_scalar(bytes, len, delimiter, out);
        break;
    }
}
