#include "identifier.h"

#include "ascii.h"

#include <stdint.h>
#include <stdlib.h>

#define CUSIP_LEN IDENTIFIER_CUSIP_LEN
#define SEDOL_LEN 7
#define ISIN_LEN IDENTIFIER_ISIN_LEN
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

/* What characters stand for: 0 to 9, then A = 10 to Z = 35. */
#define DIGITS(X) X('0', 0) X('1', 1) X('2', 2) X('3', 3) X('4', 4) X('5', 5) X('6', 6) X('7', 7) X('8', 8) X('9', 9)
#define VOWELS(X) X('A', 10) X('E', 14) X('I', 18) X('O', 24) X('U', 30)
#define CONSONANTS_TO_M(X)                                                                                             \
    X('B', 11) X('C', 12) X('D', 13) X('F', 15) X('G', 16) X('H', 17) X('J', 19) X('K', 20) X('L', 21) X('M', 22)
#define CONSONANTS_FROM_N(X)                                                                                           \
    X('N', 23)                                                                                                         \
    X('P', 25) X('Q', 26) X('R', 27) X('S', 28) X('T', 29) X('V', 31) X('W', 32) X('X', 33) X('Y', 34) X('Z', 35)
#define CONSONANTS(X) CONSONANTS_TO_M(X) CONSONANTS_FROM_N(X)
/* Of a CUSIP alone: the three signs of private placements (ANSI X9.6). */
#define SIGNS(X) X('*', 36) X('@', 37) X('#', 38)

/* Sums of check digits are taken from tables, since no branch on a character can be predicted: what the character adds
 * at its place, and in the bits above that its being allowed there, so that one sum tells both. */
#define ALLOWED 0x100
#define CROSS_SUM(v) ((v) / 10 + (v) % 10)

typedef uint16_t check_table[256];

static unsigned sum_of(const char *s, size_t len, const check_table *const *tables)
{
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (*tables[i])[(unsigned char)s[i]];
    return sum;
}

static bool all_allowed(unsigned sum, size_t len)
{
    return sum / ALLOWED == len;
}

/* The digit that makes the sum a multiple of ten. */
static unsigned missing_to_ten(unsigned sum)
{
    return (10 - sum % ALLOWED % 10) % 10;
}

const char *identifier_kind_name(enum identifier_kind kind)
{
    return kind < IDENTIFIER_KIND_COUNT ? kinds[kind].name : "UNKNOWN";
}

void identifier_sources_default(struct identifier_sources *sources)
{
    static const char codes[IDENTIFIER_KIND_COUNT] = {
#define X(name, code, level, fold) code,
        IDENTIFIER_KINDS(X)
#undef X
    };

    memset(sources->by_byte, IDENTIFIER_UNKNOWN, sizeof sources->by_byte);
    for (int kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        if (codes[kind] != '\0')
            sources->by_byte[(unsigned char)codes[kind]] = (unsigned char)kind;
    sources->longer = NULL;
    sources->count = 0;
}

void identifier_sources_free(struct identifier_sources *sources)
{
    free(sources->longer);
    sources->longer = NULL;
    sources->count = 0;
}

/* All codes that FIX lists have one character; private ones (91 to 99) have two. */
static struct identifier_code *find_code(const struct identifier_sources *sources, struct slice code)
{
    for (size_t i = 0; i < sources->count; i++)
        if (slice_equal(code, slice_make(sources->longer[i].code, sources->longer[i].len)))
            return &sources->longer[i];
    return NULL;
}

static struct identifier_code *add_code(struct identifier_sources *sources, struct slice code, struct error *e)
{
    struct identifier_code *codes;

    if (sources->count == IDENTIFIER_CODES_MAX) {
        error_set(e, ERROR_CONFIG, "more than %d codes", IDENTIFIER_CODES_MAX);
        return NULL;
    }
    codes = reallocarray(sources->longer, sources->count + 1, sizeof *codes);
    if (codes == NULL) {
        error_set(e, ERROR_INTERNAL, "no memory for a code of tag 22");
        return NULL;
    }
    sources->longer = codes;
    codes += sources->count++;
    memcpy(codes->code, code.ptr, code.len);
    codes->len = (unsigned char)code.len;
    return codes;
}

/* UNKNOWN and NONE are words for what is no kind; COUNT + 2 is no word at all. */
static int kind_from_word(struct slice word)
{
    enum identifier_kind kind = identifier_kind_from_name(word);

    if (kind != IDENTIFIER_UNKNOWN || slice_equal_nocase(word, slice_of("UNKNOWN")))
        return (int)kind;
    return slice_equal_nocase(word, slice_of("NONE")) ? (int)IDENTIFIER_IGNORED : -1;
}

int identifier_sources_set(struct identifier_sources *sources, struct slice code, struct slice kind, struct error *e)
{
    int number = kind_from_word(kind);
    struct identifier_code *longer;

    if (code.len == 0 || code.len > IDENTIFIER_CODE_MAX)
        return error_set(e, ERROR_CONFIG, "a code of tag 22 has 1 to %d characters", IDENTIFIER_CODE_MAX);
    if (number < 0)
        return error_set(e, ERROR_CONFIG, "%.*s is no kind of identifier", SLICE_FORMAT(kind));
    if (code.len == 1) {
        sources->by_byte[(unsigned char)code.ptr[0]] = (unsigned char)number;
        return 0;
    }
    longer = find_code(sources, code);
    if (longer == NULL)
        longer = add_code(sources, code, e);
    if (longer == NULL)
        return -1;
    longer->kind = (unsigned char)number;
    return 0;
}

enum identifier_kind identifier_sources_kind(const struct identifier_sources *sources, struct slice source)
{
    const struct identifier_code *longer;

    if (source.len == 1)
        return (enum identifier_kind)sources->by_byte[(unsigned char)source.ptr[0]];
    longer = sources->count > 0 ? find_code(sources, source) : NULL;
    return longer ? (enum identifier_kind)longer->kind : IDENTIFIER_UNKNOWN;
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

static enum identifier_validity validity(bool check_digit_is_right)
{
    return check_digit_is_right ? IDENTIFIER_VALID : IDENTIFIER_BAD_CHECK_DIGIT;
}

/* Every second value doubled, tens and units added: the modulus-10 sum of CUSIP and FIGI, which do not expand
 * letters. A CUSIP's eight, a FIGI's eleven characters before the check digit. */
#define X(c, v) [c] = ALLOWED + CROSS_SUM(v),
static const check_table cusip_once = {DIGITS(X) VOWELS(X) CONSONANTS(X) SIGNS(X)};
static const check_table figi_once = {DIGITS(X) CONSONANTS(X)};
#undef X
#define X(c, v) [c] = ALLOWED + CROSS_SUM(2 * (v)),
static const check_table cusip_twice = {DIGITS(X) VOWELS(X) CONSONANTS(X) SIGNS(X)};
static const check_table figi_twice = {DIGITS(X) CONSONANTS(X)};
#undef X

static enum identifier_validity check_cusip(struct slice s)
{
    static const check_table *const tables[CUSIP_LEN - 1] = {&cusip_once, &cusip_twice, &cusip_once, &cusip_twice,
                                                             &cusip_once, &cusip_twice, &cusip_once, &cusip_twice};
    unsigned sum;

    if (s.len != CUSIP_LEN)
        return IDENTIFIER_BAD_SHAPE;
    sum = sum_of(s.ptr, CUSIP_LEN - 1, tables);
    if (!all_allowed(sum, CUSIP_LEN - 1) || !ascii_is_digit(s.ptr[8]))
        return IDENTIFIER_BAD_SHAPE;
    return validity(missing_to_ten(sum) == (unsigned)(s.ptr[8] - '0'));
}

/* Weights 1, 3, 1, 7, 3, 9, 1. */
#define X(c, v) [c] = ALLOWED + (v) % 10,
static const check_table sedol_1 = {DIGITS(X) CONSONANTS(X)};
#undef X
#define X(c, v) [c] = ALLOWED + 3 * (v) % 10,
static const check_table sedol_3 = {DIGITS(X) CONSONANTS(X)};
#undef X
#define X(c, v) [c] = ALLOWED + 7 * (v) % 10,
static const check_table sedol_7 = {DIGITS(X) CONSONANTS(X)};
#undef X
#define X(c, v) [c] = ALLOWED + 9 * (v) % 10,
static const check_table sedol_9 = {DIGITS(X) CONSONANTS(X)};
#undef X

static enum identifier_validity check_sedol(struct slice s)
{
    static const check_table *const tables[SEDOL_LEN - 1] = {&sedol_1, &sedol_3, &sedol_1,
                                                             &sedol_7, &sedol_3, &sedol_9};
    unsigned sum;

    if (s.len != SEDOL_LEN)
        return IDENTIFIER_BAD_SHAPE;
    sum = sum_of(s.ptr, SEDOL_LEN - 1, tables);
    if (!all_allowed(sum, SEDOL_LEN - 1) || !ascii_is_digit(s.ptr[6]))
        return IDENTIFIER_BAD_SHAPE;
    return validity(missing_to_ten(sum) == (unsigned)(s.ptr[6] - '0'));
}

/* Luhn over the digits that remain when letters are written as two digits, from the right (ISO 6166). A letter's two
 * digits leave the turn to be doubled as it was. */
#define X(c, v) [c] = ALLOWED + (v) % 10 + CROSS_SUM(2 * ((v) / 10)),
static const check_table isin_once = {DIGITS(X) VOWELS(X) CONSONANTS(X)};
#undef X
#define X(c, v) [c] = ALLOWED + CROSS_SUM(2 * ((v) % 10)) + (v) / 10,
static const check_table isin_twice = {DIGITS(X) VOWELS(X) CONSONANTS(X)};
#undef X

/* The national numbering agency of both countries is the one that gives CUSIPs. */
static bool holds_cusip(struct slice isin)
{
    return (isin.ptr[0] == 'U' && isin.ptr[1] == 'S') || (isin.ptr[0] == 'C' && isin.ptr[1] == 'A');
}

static struct slice cusip_in(struct slice isin)
{
    return slice_make(isin.ptr + 2, CUSIP_LEN);
}

static enum identifier_validity check_isin(struct slice s)
{
    static const check_table *const tables[2] = {&isin_once, &isin_twice};
    unsigned sum = 0;
    unsigned doubled = 0;

    if (s.len != ISIN_LEN)
        return IDENTIFIER_BAD_SHAPE;
    for (size_t i = ISIN_LEN; i-- > 0;) {
        sum += (*tables[doubled])[(unsigned char)s.ptr[i]];
        doubled ^= ascii_is_digit(s.ptr[i]);
    }
    if (!all_allowed(sum, ISIN_LEN) || !ascii_is_upper(s.ptr[0]) || !ascii_is_upper(s.ptr[1]) ||
        !ascii_is_digit(s.ptr[11]))
        return IDENTIFIER_BAD_SHAPE;
    return validity(missing_to_ten(sum) == 0 && (!holds_cusip(s) || check_cusip(cusip_in(s)) == IDENTIFIER_VALID));
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
    static const check_table *const tables[FIGI_LEN - 1] = {&figi_once, &figi_twice, &figi_once, &figi_twice,
                                                            &figi_once, &figi_twice, &figi_once, &figi_twice,
                                                            &figi_once, &figi_twice, &figi_once};
    unsigned sum;

    if (s.len != FIGI_LEN)
        return IDENTIFIER_BAD_SHAPE;
    sum = sum_of(s.ptr, FIGI_LEN - 1, tables);
    if (!all_allowed(sum, FIGI_LEN - 1) || !ascii_is_upper(s.ptr[0]) || !ascii_is_upper(s.ptr[1]) || s.ptr[2] != 'G' ||
        !ascii_is_digit(s.ptr[11]) || figi_prefix_is_excluded(s.ptr))
        return IDENTIFIER_BAD_SHAPE;
    return validity(missing_to_ten(sum) == (unsigned)(s.ptr[11] - '0'));
}

#define X(c, v) [c] = ALLOWED + (v),
static const check_table lei_values = {DIGITS(X) VOWELS(X) CONSONANTS(X)};
#undef X

/* ISO 17442: modulus 97 over the digits that remain when letters are written as two digits (ISO/IEC 7064). */
static enum identifier_validity check_lei(struct slice s)
{
    unsigned remainder = 0;

    if (s.len != LEI_LEN || !ascii_is_digit(s.ptr[18]) || !ascii_is_digit(s.ptr[19]))
        return IDENTIFIER_BAD_SHAPE;
    for (size_t i = 0; i < LEI_LEN; i++) {
        unsigned v = lei_values[(unsigned char)s.ptr[i]];

        if (v < ALLOWED)
            return IDENTIFIER_BAD_SHAPE;
        v -= ALLOWED;
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

bool identifier_cusip_of_isin(struct slice isin, struct slice *cusip)
{
    if (isin.len != ISIN_LEN || !holds_cusip(isin))
        return false;
    *cusip = cusip_in(isin);
    return true;
}

bool identifier_isin_of_cusip(struct slice cusip, const char *country, char isin[IDENTIFIER_ISIN_LEN])
{
    memcpy(isin, country, 2);
    memcpy(isin + 2, cusip.ptr, CUSIP_LEN);
    for (isin[11] = '0'; isin[11] <= '9'; isin[11]++)
        if (check_isin(slice_make(isin, ISIN_LEN)) == IDENTIFIER_VALID)
            return true;
    return false;
}

/* ---- short CUSIPs ---- */

static bool is_cusip_text(struct slice s, bool *digits)
{
    *digits = true;
    for (size_t i = 0; i < s.len; i++) {
        if (cusip_once[(unsigned char)s.ptr[i]] < ALLOWED)
            return false;
        *digits = *digits && ascii_is_digit(s.ptr[i]);
    }
    return true;
}

/* Zeros in front until there are nine characters. */
static bool restore_zeros(struct slice s, struct identifier_completion *out)
{
    memset(out->cusip, '0', CUSIP_LEN - s.len);
    memcpy(out->cusip + CUSIP_LEN - s.len, s.ptr, s.len);
    out->fault = IDENTIFIER_FAULT_LOST_ZEROS;
    return check_cusip(slice_make(out->cusip, CUSIP_LEN)) == IDENTIFIER_VALID;
}

static void add_check_digit(struct slice s, struct identifier_completion *out)
{
    memcpy(out->cusip, s.ptr, s.len);
    out->fault = IDENTIFIER_FAULT_NO_CHECK_DIGIT;
    for (out->cusip[8] = '0';
         check_cusip(slice_make(out->cusip, CUSIP_LEN)) != IDENTIFIER_VALID && out->cusip[8] < '9';)
        out->cusip[8]++;
}

size_t identifier_completions(struct slice cusip, struct identifier_completion out[IDENTIFIER_COMPLETIONS_MAX])
{
    size_t count = 0;
    bool digits;

    if (cusip.len < CUSIP_LEN - 2 || cusip.len > CUSIP_LEN - 1 || !is_cusip_text(cusip, &digits))
        return 0;
    if (digits && restore_zeros(cusip, &out[count]))
        count++;
    if (cusip.len == CUSIP_LEN - 1)
        add_check_digit(cusip, &out[count++]);
    return count;
}

enum identifier_kind identifier_looks_like(enum identifier_kind own, struct slice value, char key[IDENTIFIER_MAX],
                                           size_t *len)
{
    static const enum identifier_kind order[] = {IDENTIFIER_FIGI, IDENTIFIER_ISIN, IDENTIFIER_CUSIP, IDENTIFIER_SEDOL,
                                                 IDENTIFIER_LEI};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        *len = order[i] == own ? 0 : identifier_key(order[i], value, key);
        if (*len > 0 && identifier_check(order[i], slice_make(key, *len)) == IDENTIFIER_VALID)
            return order[i];
    }
    return IDENTIFIER_UNKNOWN;
}

const char *identifier_fault_name(enum identifier_fault fault)
{
    static const char *const names[IDENTIFIER_FAULT_COUNT] = {
#define X(name) #name,
        IDENTIFIER_FAULTS(X)
#undef X
    };
    return names[fault];
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

    static const bool may_start[256] = {['N'] = true, ['n'] = true, ['#'] = true, ['['] = true, ['-'] = true,
                                        ['0'] = true, ['U'] = true, ['u'] = true, ['T'] = true, ['t'] = true};

    if (value.len > LONGEST_PLACEHOLDER && value.ptr[0] != '0')
        return false;
    if (value.len > 0 && !may_start[(unsigned char)value.ptr[0]])
        return false; /* most are told by their first byte */
    return value.len == 0 || is_zeros(value) ||
           slice_is_one_of(value, everywhere, sizeof everywhere / sizeof *everywhere) ||
           (kind != IDENTIFIER_SYMBOL && slice_is_one_of(value, identifiers, sizeof identifiers / sizeof *identifiers));
}

/* The highest bit of each of eight bytes that is a small letter: in a byte without one of its own, that bit tells
 * whether it lies between the two bounds. */
static uint64_t small_letters(uint64_t word)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t low = word & 0x7f * each;

    return (low + (0x80 - 'a') * each) & ~(low + (0x7f - 'z') * each) & ~word & 0x80 * each;
}

static uint64_t upper_word(uint64_t word)
{
    return word - (small_letters(word) >> 2); /* 0x20, from a small letter to its capital */
}

/* The last word overlaps the one before it. */
static void copy_upper(char *to, const char *from, size_t len)
{
    uint64_t word;

    if (len < sizeof word) {
        for (size_t i = 0; i < len; i++)
            to[i] = ascii_to_upper(from[i]);
        return;
    }
    for (size_t at = 0; at < len; at += sizeof word) {
        size_t place = at + sizeof word <= len ? at : len - sizeof word;

        memcpy(&word, from + place, sizeof word);
        word = upper_word(word);
        memcpy(to + place, &word, sizeof word);
    }
}

size_t identifier_key(enum identifier_kind kind, struct slice value, char key[IDENTIFIER_MAX])
{
    struct slice s = slice_trim(value);

    if (s.len > IDENTIFIER_MAX || identifier_is_placeholder(kind, s))
        return 0;
    if (kind < IDENTIFIER_KIND_COUNT && kinds[kind].fold) {
        copy_upper(key, s.ptr, s.len);
    } else {
        memcpy(key, s.ptr, s.len);
    }
    return s.len;
}

/* Whether one of eight bytes has both bits of a small letter. So have a few signs and bytes that are not ASCII, for
 * which it is no mistake to look closer. */
static inline bool may_be_small(uint64_t word)
{
    return (word & word << 1 & UINT64_C(0x4040404040404040)) != 0;
}

/* The last word overlaps the one before it. */
static inline bool may_have_small_letters(struct slice s)
{
    uint64_t word;

    if (s.len < sizeof word)
        return may_be_small(slice_word(s));
    for (size_t at = 0; at < s.len - sizeof word; at += sizeof word) {
        memcpy(&word, s.ptr + at, sizeof word);
        if (may_be_small(word))
            return true;
    }
    memcpy(&word, s.ptr + s.len - sizeof word, sizeof word);
    return may_be_small(word);
}

__attribute__((noinline)) static struct slice fold(struct slice value, char key[IDENTIFIER_MAX])
{
    copy_upper(key, value.ptr, value.len);
    return slice_make(key, value.len);
}

struct slice identifier_key_of_plain(enum identifier_kind kind, struct slice value, char key[IDENTIFIER_MAX])
{
    if (value.len > IDENTIFIER_MAX)
        return slice_make(key, 0);
    if (kind >= IDENTIFIER_KIND_COUNT || !kinds[kind].fold || !may_have_small_letters(value))
        return value;
    return fold(value, key);
}
