#include "master_marks.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* A bit for each byte of a word that is the one in question. */
struct found {
    uint64_t quotes;
    uint64_t delimiters;
    uint64_t newlines;
    bool nul;
};

/* What the variants differ in. They are handed down as constants, so that the compiler puts them in place. */
typedef void find_function(const char *bytes, char delimiter, struct found *found);
typedef uint64_t prefix_function(uint64_t bits);

/* The carriage returns of a word that a line end follows; one in the last byte counts as having none. */
static uint64_t find_returns(const char *bytes, size_t len, uint64_t newlines)
{
    uint64_t returns = 0;

    for (size_t i = 0; i < len; i++)
        returns |= (uint64_t)(bytes[i] == '\r') << i;
    return returns & newlines >> 1;
}

/* Takes the quotes that are plain text out of the parity, first one first: each changes what the later ones are. */
static uint64_t drop_plain_quotes(const struct marks_state *state, uint64_t quotes, uint64_t breaks,
                                  prefix_function *prefix)
{
    for (;;) {
        uint64_t inside = prefix(quotes) ^ state->inside;
        uint64_t may_open = (breaks | quotes) << 1 | state->opens;
        uint64_t plain = quotes & inside & ~may_open;

        if (plain == 0)
            return quotes;
        quotes &= ~(plain & (~plain + 1));
    }
}

/* Marks one word of which `len` bytes count. */
INLINE void mark_word(const char *bytes, size_t len, const struct found *found, struct marks_state *state,
                      uint64_t word, struct master_marks *out, prefix_function *prefix)
{
    uint64_t valid = ~0ull >> (MARKS_WORD_BYTES - len);
    uint64_t newlines = found->newlines & valid;
    uint64_t breaks = (found->delimiters & valid) | newlines;
    uint64_t quotes = found->quotes & valid;
    uint64_t inside = prefix(quotes) ^ state->inside;
    uint64_t plain = quotes & inside & ~((breaks | quotes) << 1 | state->opens);
    bool irregular = found->nul;
    uint64_t closing;
    uint64_t stray;

    if (__builtin_expect(plain != 0, 0)) {
        irregular = true;
        quotes = drop_plain_quotes(state, quotes, breaks, prefix);
        inside = prefix(quotes) ^ state->inside;
    }
    closing = quotes & ~inside;
    stray = (closing << 1 | state->closed) & ~(breaks | quotes) & valid;
    if (__builtin_expect(stray != 0, 0))
        irregular |= (stray & ~find_returns(bytes, len, newlines)) != 0;
    out->ends[word] = breaks & ~inside;
    out->rows[word] = newlines & ~inside;
    out->irregular |= (uint64_t)irregular << word;
    out->newlines += (uint64_t)__builtin_popcountll(newlines);
    state->inside = 0 - (inside >> (len - 1) & 1);
    state->opens = (breaks | quotes) >> (len - 1) & 1;
    state->closed = closing >> (len - 1) & 1;
}

INLINE void mark(const char *bytes, size_t len, char delimiter, struct marks_state *state, struct master_marks *out,
                 find_function *find, prefix_function *prefix)
{
    struct marks_state s = *state;
    char last[MARKS_WORD_BYTES];
    struct found found;
    uint64_t word = 0;

    out->irregular = 0;
    out->newlines = 0;
    for (; len >= MARKS_WORD_BYTES; len -= MARKS_WORD_BYTES, bytes += MARKS_WORD_BYTES) {
        find(bytes, delimiter, &found);
        mark_word(bytes, MARKS_WORD_BYTES, &found, &s, word++, out, prefix);
    }
    if (len > 0) {
        memset(last, ' ', sizeof last); /* so that nothing behind the bytes is read, nor taken for a NUL */
        memcpy(last, bytes, len);
        find(last, delimiter, &found);
        mark_word(last, len, &found, &s, word, out, prefix);
    }
    *state = s;
}

/* ---- without vectors ---- */

/* Each bit becomes the XOR of itself and all below it. */
static uint64_t prefix_shifts(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static void find_scalar(const char *bytes, char delimiter, struct found *found)
{
    *found = (struct found){0};
    for (unsigned i = 0; i < MARKS_WORD_BYTES; i++) {
        found->quotes |= (uint64_t)(bytes[i] == '"') << i;
        found->delimiters |= (uint64_t)(bytes[i] == delimiter) << i;
        found->newlines |= (uint64_t)(bytes[i] == '\n') << i;
        found->nul |= bytes[i] == '\0';
    }
}

static void mark_scalar(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                        struct master_marks *out)
{
    mark(bytes, len, delimiter, state, out, find_scalar, prefix_shifts);
}

/* ---- x86 ---- */

#if defined(__x86_64__)

INLINE uint64_t equal_sse2(const __m128i *v, char c)
{
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t bits = 0;

    for (size_t i = 0; i < 4; i++)
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << (16 * i);
    return bits;
}

INLINE void find_sse2(const char *bytes, char delimiter, struct found *found)
{
    __m128i v[4];
    __m128i least;

    for (size_t i = 0; i < 4; i++)
        v[i] = _mm_loadu_si128((const void *)(bytes + 16 * i));
    found->quotes = equal_sse2(v, '"');
    found->delimiters = equal_sse2(v, delimiter);
    found->newlines = equal_sse2(v, '\n');
    least = _mm_min_epu8(_mm_min_epu8(v[0], v[1]), _mm_min_epu8(v[2], v[3]));
    found->nul = _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
}

static void mark_sse2(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                      struct master_marks *out)
{
    mark(bytes, len, delimiter, state, out, find_sse2, prefix_shifts);
}

#define AVX2 __attribute__((target("avx2,pclmul,bmi,popcnt")))

AVX2 INLINE uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    uint32_t below = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t above = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));

    return below | (uint64_t)above << 32;
}

AVX2 INLINE void find_avx2(const char *bytes, char delimiter, struct found *found)
{
    __m256i low = _mm256_loadu_si256((const void *)bytes);
    __m256i high = _mm256_loadu_si256((const void *)(bytes + 32));
    __m256i zero = _mm256_cmpeq_epi8(_mm256_min_epu8(low, high), _mm256_setzero_si256());

    found->quotes = equal_avx2(low, high, '"');
    found->delimiters = equal_avx2(low, high, delimiter);
    found->newlines = equal_avx2(low, high, '\n');
    found->nul = _mm256_movemask_epi8(zero) != 0;
}

/* A carry-less product with all ones is the prefix XOR. */
AVX2 INLINE uint64_t prefix_clmul(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0);

    return (uint64_t)_mm_cvtsi128_si64(product);
}

AVX2 static void mark_avx2(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                           struct master_marks *out)
{
    mark(bytes, len, delimiter, state, out, find_avx2, prefix_clmul);
}

/* A word at once, and the comparisons are the bits. */
#define AVX512 __attribute__((target("avx512f,avx512bw,avx2,pclmul,bmi,popcnt")))

AVX512 INLINE void find_avx512(const char *bytes, char delimiter, struct found *found)
{
    __m512i v = _mm512_loadu_si512((const void *)bytes);

    found->quotes = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
    found->delimiters = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(delimiter));
    found->newlines = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n'));
    found->nul = _mm512_testn_epi8_mask(v, v) != 0;
}

AVX512 static void mark_avx512(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                               struct master_marks *out)
{
    mark(bytes, len, delimiter, state, out, find_avx512, prefix_clmul);
}

/* Each feature that the compiler was allowed, by name: a virtual machine may hide any of them. What the system does not
 * save of a thread's registers counts as lacking. */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

#endif

/* ---- ARM ---- */

#if defined(__aarch64__)

INLINE uint64_t equal_neon(const uint8x16_t *v, char c)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t wanted = vdupq_n_u8((uint8_t)c);
    uint8x16_t weight = vld1q_u8(weights);
    uint8x16_t sums[4];

    for (size_t i = 0; i < 4; i++)
        sums[i] = vandq_u8(vceqq_u8(v[i], wanted), weight);
    sums[0] = vpaddq_u8(vpaddq_u8(sums[0], sums[1]), vpaddq_u8(sums[2], sums[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums[0], sums[0])), 0);
}

INLINE void find_neon(const char *bytes, char delimiter, struct found *found)
{
    uint8x16_t v[4];

    for (size_t i = 0; i < 4; i++)
        v[i] = vld1q_u8((const uint8_t *)bytes + 16 * i);
    found->quotes = equal_neon(v, '"');
    found->delimiters = equal_neon(v, delimiter);
    found->newlines = equal_neon(v, '\n');
    found->nul = vminvq_u8(vminq_u8(vminq_u8(v[0], v[1]), vminq_u8(v[2], v[3]))) == 0;
}

static void mark_neon(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                      struct master_marks *out)
{
    mark(bytes, len, delimiter, state, out, find_neon, prefix_shifts);
}

#endif

marks_function *marks_variant(enum marks_variant variant)
{
    switch (variant) {
    case MARKS_SCALAR:
        return mark_scalar;
#if defined(__x86_64__)
    case MARKS_SSE2:
        return mark_sse2;
    case MARKS_AVX2:
        return has_avx2() ? mark_avx2 : NULL;
    case MARKS_AVX512:
        return has_avx512() ? mark_avx512 : NULL;
#elif defined(__aarch64__)
    case MARKS_NEON:
        return mark_neon;
#endif
    default:
        return NULL;
    }
}

marks_function *marks_best(void)
{
    for (unsigned variant = MARKS_VARIANT_COUNT; variant-- > 0;)
        if (marks_variant(variant) != NULL)
            return marks_variant(variant);
    return mark_scalar;
}
