#include "key_pack.h"

#include <assert.h>

#include "avx512.h"

#define RADIX 40u

/* X(character, its number) */
#define DIGITS(X) X('0', 0) X('1', 1) X('2', 2) X('3', 3) X('4', 4) X('5', 5) X('6', 6) X('7', 7) X('8', 8) X('9', 9)
#define A_TO_H(X) X('A', 10) X('B', 11) X('C', 12) X('D', 13) X('E', 14) X('F', 15) X('G', 16) X('H', 17)
#define I_TO_Q(X) X('I', 18) X('J', 19) X('K', 20) X('L', 21) X('M', 22) X('N', 23) X('O', 24) X('P', 25) X('Q', 26)
#define R_TO_Z(X) X('R', 27) X('S', 28) X('T', 29) X('U', 30) X('V', 31) X('W', 32) X('X', 33) X('Y', 34) X('Z', 35)
#define SEPARATORS(X) X('.', 36) X('/', 37) X('-', 38) X(' ', 39)
#define ALPHABET(X) DIGITS(X) A_TO_H(X) I_TO_Q(X) R_TO_Z(X) SEPARATORS(X)

/* What a character adds to the number of its three by its place there, and in the bits above that it is of the
 * alphabet, so that one sum tells both. By table, since no branch on a character can be predicted. */
#define LISTED 0x10000u

/* By the place in a three. */
static const uint32_t added[3][256] = {
#define X(c, v) [c] = LISTED + (v)*RADIX * RADIX,
    {ALPHABET(X)},
#undef X
#define X(c, v) [c] = LISTED + (v)*RADIX,
    {ALPHABET(X)},
#undef X
#define X(c, v) [c] = LISTED + (v),
    {ALPHABET(X)},
#undef X
};

static_assert(RADIX * RADIX * RADIX <= LISTED, "two bytes hold three characters");

/* Characters that fill a word of eight bytes; none of their threes goes across two words. */
#define WORD_CHARS 12u

/* Packs up to WORD_CHARS characters; false where one is not of the alphabet. */
static inline __attribute__((always_inline)) bool pack_word(const char *text, size_t len, uint64_t *word)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + len;
    uint32_t listed = 0;
    unsigned shift = 0;

    for (*word = 0; end - at >= 3; at += 3, shift += 16) {
        uint32_t sum = added[0][at[0]] + added[1][at[1]] + added[2][at[2]];

        listed += sum / LISTED;
        *word |= (uint64_t)(sum % LISTED) << shift;
    }
    for (; at < end; at++, shift += 8) {
        listed += added[2][*at] / LISTED;
        *word |= (uint64_t)(added[2][*at] % LISTED) << shift;
    }
    return listed == len;
}

bool key_pack(const char *text, size_t len, unsigned char *to)
{
    if (len > KEY_PACK_MAX)
        return false;
    for (size_t at = 0; at < len; at += WORD_CHARS, to += sizeof(uint64_t)) {
        size_t count = len - at < WORD_CHARS ? len - at : WORD_CHARS;
        uint64_t word;

        if (!pack_word(text + at, count, &word))
            return false;
        memcpy(to, &word, key_packed_size(count)); /* little-endian, as the file is */
    }
    return true;
}

/* Numbers that no text has are taken for the highest. */
static unsigned bounded(unsigned number, unsigned end)
{
    return number < end ? number : end - 1;
}

void key_unpack(const unsigned char *from, size_t len, char *text)
{
#define X(c, v) [v] = (c),
    static const char alphabet[RADIX] = {ALPHABET(X)};
#undef X

    for (; len >= 3; len -= 3, from += 2, text += 3) {
        unsigned number = bounded(from[0] | (unsigned)from[1] << 8, RADIX * RADIX * RADIX);
        unsigned high = number / RADIX;

        text[0] = alphabet[high / RADIX];
        text[1] = alphabet[high % RADIX];
        text[2] = alphabet[number - high * RADIX];
    }
    for (; len > 0; len--, from++, text++)
        *text = alphabet[bounded(*from, RADIX)];
}

/* Any key but one that a word holds packed. */
__attribute__((noinline)) static void make_long(struct slice text, struct packed_key *out)
{
    memset(out->bytes, 0, sizeof out->head);
    out->packed = key_pack(text.ptr, text.len, out->bytes);
    out->stored = (uint8_t)(out->packed ? key_packed_size(text.len) : text.len);
    if (!out->packed)
        memcpy(out->bytes, text.ptr, text.len);
    memcpy(&out->head, out->bytes, sizeof out->head);
}

#ifdef AVX512

/* The number of a character, with a bit that says that it is of the alphabet. */
#define KNOWN 0x80u

static const unsigned char numbers[2 * sizeof(__m512i)] = {
#define X(c, v) [c] = KNOWN | (v),
    ALPHABET(X)
#undef X
};

/* How the characters of a key come to their threes, by its length: three to a number of 32 bits, which is multiplied
 * and added up from its four bytes. What is left over is one, too: one character as it is, or two in their bytes. */
struct arrangement {
    unsigned char order[16];
    int16_t weights[8];
};

#define NONE KNOWN
#define THREE(n) 3 * (n), 3 * (n) + 1, 3 * (n) + 2, NONE
#define TWO(n) NONE, 3 * (n), 3 * (n) + 1, NONE
#define ONE(n) NONE, NONE, 3 * (n), NONE
#define ZERO NONE, NONE, NONE, NONE
#define IN_TURN RADIX, 1
#define SIDE_BY_SIDE 1, 256

static const struct arrangement arrangements[WORD_CHARS + 1] = {
    {{ZERO, ZERO, ZERO, ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{ONE(0), ZERO, ZERO, ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{TWO(0), ZERO, ZERO, ZERO}, {SIDE_BY_SIDE, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), ZERO, ZERO, ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), ONE(1), ZERO, ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), TWO(1), ZERO, ZERO}, {IN_TURN, SIDE_BY_SIDE, IN_TURN, IN_TURN}},
    {{THREE(0), THREE(1), ZERO, ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), THREE(1), ONE(2), ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), THREE(1), TWO(2), ZERO}, {IN_TURN, IN_TURN, SIDE_BY_SIDE, IN_TURN}},
    {{THREE(0), THREE(1), THREE(2), ZERO}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), THREE(1), THREE(2), ONE(3)}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
    {{THREE(0), THREE(1), THREE(2), TWO(3)}, {IN_TURN, IN_TURN, IN_TURN, SIDE_BY_SIDE}},
    {{THREE(0), THREE(1), THREE(2), THREE(3)}, {IN_TURN, IN_TURN, IN_TURN, IN_TURN}},
};

/* pack_word, without a branch on the length. */
AVX512 static bool pack_wide(const char *text, size_t len, uint64_t *word)
{
    const struct arrangement *by_length = &arrangements[len];
    const __m128i radix = _mm_set1_epi32(1 << 16 | 1 << 8 | RADIX); /* of the first byte; the next two count as one */
    uint32_t all = (1u << len) - 1;
    __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)all, text);
    __m128i found = _mm512_castsi512_si128(
        _mm512_permutex2var_epi8(_mm512_loadu_si512(numbers), _mm512_castsi128_si512(bytes),
                                 _mm512_loadu_si512(numbers + sizeof(__m512i)))); /* by the lower seven bits */
    __m128i ordered, pairs, threes;

    if ((uint32_t)_mm_movemask_epi8(_mm_andnot_si128(bytes, found)) != all)
        return false;
    ordered = _mm_shuffle_epi8(_mm_and_si128(found, _mm_set1_epi8((char)(KNOWN - 1))),
                               _mm_loadu_si128((const void *)by_length->order));
    pairs = _mm_maddubs_epi16(ordered, radix);
    threes = _mm_madd_epi16(pairs, _mm_loadu_si128((const void *)by_length->weights));
    *word = (uint64_t)_mm_cvtsi128_si64(_mm_cvtepi32_epi16(threes));
    return true;
}

#else

static bool pack_wide(const char *text, size_t len, uint64_t *word)
{
    return pack_word(text, len, word);
}

#endif

/* The lengths that most keys have, without a loop. */
static bool pack_narrow(struct slice text, uint64_t *word)
{
    switch (text.len) {
    case IDENTIFIER_SEDOL_LEN:
        return pack_word(text.ptr, IDENTIFIER_SEDOL_LEN, word);
    case IDENTIFIER_CUSIP_LEN:
        return pack_word(text.ptr, IDENTIFIER_CUSIP_LEN, word);
    case IDENTIFIER_ISIN_LEN:
        return pack_word(text.ptr, IDENTIFIER_ISIN_LEN, word);
    default:
        return pack_word(text.ptr, text.len, word);
    }
}

/* False for a longer one, too. */
static inline bool pack_key(struct slice text, uint64_t *word)
{
    if (text.len > WORD_CHARS)
        return false;
    return avx512_has() ? pack_wide(text.ptr, text.len, word) : pack_narrow(text, word);
}

void packed_key_make(struct slice text, struct packed_key *out)
{
    out->len = (uint8_t)text.len;
    if (!pack_key(text, &out->head)) {
        make_long(text, out);
        return;
    }
    memcpy(out->bytes, &out->head, sizeof out->head);
    out->stored = (uint8_t)key_packed_size(text.len);
    out->packed = true;
}

struct slice packed_key_text(const struct packed_key *key, char text[KEY_PACK_MAX])
{
    if (!key->packed)
        return slice_make((const char *)key->bytes, key->len);
    key_unpack(key->bytes, key->len, text);
    return slice_make(text, key->len);
}
