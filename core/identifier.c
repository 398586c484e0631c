#include "identifier.h"

#include "ascii.h"

#include <stdint.h>

#define CUSIP_LEN 9
#define SEDOL_LEN 7
#define ISIN_LEN 12
#define FIGI_LEN 12
#define LEI_LEN 20
#define LONGEST_PLACEHOLDER 7 /* UNKNOWN; but zeros may be as many as they like */

struct kind {
    const char *name;
    enum identifier_level level;
    bool fold;
};

static const struct kind kinds[IDENTIFIER_KIND_COUNT] = {
#define X(name, code, level, fold) {#name, level, fold},
    IDENTIFIER_KINDS(X)
#undef X
};

static bool is_vowel(char c)
{
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

/* 0 to 9, then A = 10 to Z = 35; -1 for anything else. By table, since no branch can be predicted here. */
static int letter_value(char c)
{
    static const signed char above_by_one[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24, ['O'] = 25, ['P'] = 26, ['Q'] = 27,
        ['R'] = 28, ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36,
    };

    return above_by_one[(unsigned char)c] - 1;
}

const char *identifier_kind_name(enum identifier_kind kind)
{
    return kind < IDENTIFIER_KIND_COUNT ? kinds[kind].name : "UNKNOWN";
}

enum identifier_kind identifier_kind_from_source(struct slice source)
{
    /* By code, from one up; 0: FIX lists no such code. */
    static const unsigned char by_code[256] = {
#define X(name, code, level, fold) [(unsigned char)(code)] = 1 + IDENTIFIER_##name,
        IDENTIFIER_KINDS(X)
#undef X
    };
    unsigned kind = source.len == 1 ? by_code[(unsigned char)source.ptr[0]] : 0;

    /* All codes that FIX lists have one character; private ones (91 to 99) have two. */
    return kind == 0 ? IDENTIFIER_UNKNOWN : (enum identifier_kind)(kind - 1);
}

enum identifier_kind identifier_kind_from_name(struct slice name)
{
    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++)
        if (slice_equal_nocase(name, slice_of(kinds[i].name)))
            return (enum identifier_kind)i;
    return IDENTIFIER_UNKNOWN;
}

enum identifier_level identifier_kind_level(enum identifier_kind kind)
{
    return kind < IDENTIFIER_KIND_COUNT ? kinds[kind].level : LEVEL_NONE;
}

bool identifier_kind_is_key(enum identifier_kind kind)
{
    return identifier_kind_level(kind) != LEVEL_NONE;
}

/* Of a CUSIP's characters: the letters are followed by the three signs of private placements (ANSI X9.6). */
static int cusip_value(char c)
{
    switch (c) {
    case '*':
        return 36;
    case '@':
        return 37;
    case '#':
        return 38;
    default:
        return letter_value(c);
    }
}

/* Every second value doubled, tens and units added: the modulus-10 sum of CUSIP and FIGI, which do
 * not expand letters. */
static inline __attribute__((always_inline)) int double_add_double(const char *s, size_t len, int (*value)(char))
{
    int sum = 0;

    for (size_t i = 0; i < len; i++) {
        int v = value(s[i]);
        if (i % 2 == 1)
            v *= 2;
        sum += v / 10 + v % 10;
    }
    return (10 - sum % 10) % 10;
}

static inline __attribute__((always_inline)) bool all_have_value(const char *s, size_t len, int (*value)(char))
{
    int least = 0; /* not left early, so that there is nothing to predict */

    for (size_t i = 0; i < len; i++) {
        int v = value(s[i]);
        least = v < least ? v : least;
    }
    return least >= 0;
}

static enum identifier_validity validity(bool check_digit_is_right)
{
    return check_digit_is_right ? IDENTIFIER_VALID : IDENTIFIER_BAD_CHECK_DIGIT;
}

static enum identifier_validity check_cusip(struct slice s)
{
    if (s.len != CUSIP_LEN || !all_have_value(s.ptr, CUSIP_LEN - 1, cusip_value) || !ascii_is_digit(s.ptr[8]))
        return IDENTIFIER_BAD_SHAPE;
    return validity(double_add_double(s.ptr, CUSIP_LEN - 1, cusip_value) == s.ptr[8] - '0');
}

static int sedol_value(char c)
{
    return is_vowel(c) ? -1 : letter_value(c);
}

static enum identifier_validity check_sedol(struct slice s)
{
    static const int weights[SEDOL_LEN] = {1, 3, 1, 7, 3, 9, 1};
    int sum = 0;

    if (s.len != SEDOL_LEN || !all_have_value(s.ptr, SEDOL_LEN - 1, sedol_value) || !ascii_is_digit(s.ptr[6]))
        return IDENTIFIER_BAD_SHAPE;
    for (size_t i = 0; i < SEDOL_LEN; i++)
        sum += weights[i] * letter_value(s.ptr[i]);
    return validity(sum % 10 == 0);
}

/* Luhn over the digits that remain when letters are written as two digits, from the right (ISO 6166). */
static bool isin_luhn(struct slice s)
{
    static const unsigned char twice[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    int sum = 0;
    bool doubled = false;

    for (size_t i = s.len; i-- > 0;) {
        int v = letter_value(s.ptr[i]);
        int low = v % 10;
        int high = v / 10;

        sum += doubled ? twice[low] + high : low + twice[high];
        doubled ^= v < 10; /* a letter's two digits leave it as it was */
    }
    return sum % 10 == 0;
}

static enum identifier_validity check_isin(struct slice s)
{
    if (s.len != ISIN_LEN || !ascii_is_upper(s.ptr[0]) || !ascii_is_upper(s.ptr[1]) || !ascii_is_digit(s.ptr[11]) ||
        !all_have_value(s.ptr, ISIN_LEN, letter_value))
        return IDENTIFIER_BAD_SHAPE;
    return validity(isin_luhn(s));
}

/* Prefixes that FIGI leaves to ISINs of these countries (OMG FIGI 1.0, 6.1.2). */
static bool figi_prefix_is_excluded(const char *s)
{
    static const char excluded[][3] = {"BS", "BM", "GG", "GB", "GH", "KY", "VG"};

    for (size_t i = 0; i < sizeof excluded / sizeof excluded[0]; i++)
        if (s[0] == excluded[i][0] && s[1] == excluded[i][1])
            return true;
    return false;
}

static enum identifier_validity check_figi(struct slice s)
{
    if (s.len != FIGI_LEN || !ascii_is_upper(s.ptr[0]) || !ascii_is_upper(s.ptr[1]) || s.ptr[2] != 'G' ||
        !ascii_is_digit(s.ptr[11]) || figi_prefix_is_excluded(s.ptr) ||
        !all_have_value(s.ptr, FIGI_LEN - 1, sedol_value))
        return IDENTIFIER_BAD_SHAPE;
    return validity(double_add_double(s.ptr, FIGI_LEN - 1, letter_value) == s.ptr[11] - '0');
}

static enum identifier_validity check_lei(struct slice s)
{
    unsigned remainder = 0;

    if (s.len != LEI_LEN || !all_have_value(s.ptr, LEI_LEN, letter_value) || !ascii_is_digit(s.ptr[18]) ||
        !ascii_is_digit(s.ptr[19]))
        return IDENTIFIER_BAD_SHAPE;
    for (size_t i = 0; i < LEI_LEN; i++) {
        unsigned v = (unsigned)letter_value(s.ptr[i]);
        remainder = (remainder * (v > 9 ? 100 : 10) + v) % 97;
    }
    return validity(remainder == 1);
}

enum identifier_validity identifier_check(enum identifier_kind kind, struct slice value)
{
    switch (kind) {
    case IDENTIFIER_CUSIP:
        return check_cusip(value);
    case IDENTIFIER_SEDOL:
        return check_sedol(value);
    case IDENTIFIER_ISIN:
        return check_isin(value);
    case IDENTIFIER_FIGI:
        return check_figi(value);
    case IDENTIFIER_LEI:
        return check_lei(value);
    default:
        return IDENTIFIER_UNCHECKED;
    }
}

static bool is_zeros(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '0')
            return false;
    return true;
}

bool identifier_is_placeholder(enum identifier_kind kind, struct slice value)
{
    /* NA is the ticker of a listed company, so it stands for nothing only where an identifier is expected. */
    static const struct slice everywhere[] = {SLICE_LITERAL("N/A"), SLICE_LITERAL("#N/A"), SLICE_LITERAL("[N/A]"),
                                              SLICE_LITERAL("-"),   SLICE_LITERAL("--"),   SLICE_LITERAL("NULL"),
                                              SLICE_LITERAL("NONE")};
    static const struct slice identifiers[] = {SLICE_LITERAL("NA"), SLICE_LITERAL("NAN"), SLICE_LITERAL("UNKNOWN"),
                                               SLICE_LITERAL("TBD")};
    if (value.len > LONGEST_PLACEHOLDER && value.ptr[0] != '0')
        return false;
    if (value.len > 0 && !identifier_may_be_placeholder(value.ptr[0]) && strchr("UuTt", value.ptr[0]) == NULL)
        return false;
    return value.len == 0 || is_zeros(value) ||
           slice_is_one_of(value, everywhere, sizeof everywhere / sizeof *everywhere) ||
           (kind != IDENTIFIER_SYMBOL && slice_is_one_of(value, identifiers, sizeof identifiers / sizeof *identifiers));
}

size_t identifier_key(enum identifier_kind kind, struct slice value, char key[IDENTIFIER_MAX])
{
    struct slice s = slice_trim(value);

    if (s.len > IDENTIFIER_MAX || identifier_is_placeholder(kind, s))
        return 0;
    if (kind < IDENTIFIER_KIND_COUNT && kinds[kind].fold) {
        for (size_t i = 0; i < s.len; i++)
            key[i] = ascii_to_upper(s.ptr[i]);
    } else {
        memcpy(key, s.ptr, s.len);
    }
    return s.len;
}
