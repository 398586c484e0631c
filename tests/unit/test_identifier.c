#include "support.h"

#include <unistd.h>

#include "core/identifier.h"

struct check_row {
    const char *name;
    enum identifier_kind kind;
    const char *value;
    enum identifier_validity validity;
};

static const struct check_row check_rows[] = {
    {"Apple's CUSIP", IDENTIFIER_CUSIP, "037833100", IDENTIFIER_VALID},
    {"Cisco's CUSIP", IDENTIFIER_CUSIP, "17275R102", IDENTIFIER_VALID},
    {"Oracle's CUSIP", IDENTIFIER_CUSIP, "68389X105", IDENTIFIER_VALID},
    {"a CUSIP of a private placement", IDENTIFIER_CUSIP, "0123*@#70", IDENTIFIER_BAD_CHECK_DIGIT},
    {"a CUSIP with a wrong digit", IDENTIFIER_CUSIP, "68389X106", IDENTIFIER_BAD_CHECK_DIGIT},
    {"a CUSIP of eight", IDENTIFIER_CUSIP, "03783310", IDENTIFIER_BAD_SHAPE},
    {"a CUSIP in lower case", IDENTIFIER_CUSIP, "68389x105", IDENTIFIER_BAD_SHAPE},
    {"a CUSIP whose check digit is a letter", IDENTIFIER_CUSIP, "68389X10A", IDENTIFIER_BAD_SHAPE},
    {"Apple's ISIN", IDENTIFIER_ISIN, "US0378331005", IDENTIFIER_VALID},
    {"an ISIN full of letters", IDENTIFIER_ISIN, "US91324PAE25", IDENTIFIER_VALID},
    {"an ISIN with two digits swapped", IDENTIFIER_ISIN, "US0378313005", IDENTIFIER_BAD_CHECK_DIGIT},
    {"an ISIN without a country", IDENTIFIER_ISIN, "120378331005", IDENTIFIER_BAD_SHAPE},
    {"an ISIN of eleven", IDENTIFIER_ISIN, "US037833100", IDENTIFIER_BAD_SHAPE},
    {"Vodafone's SEDOL", IDENTIFIER_SEDOL, "BH4HKS3", IDENTIFIER_VALID},
    {"a SEDOL of digits", IDENTIFIER_SEDOL, "0263494", IDENTIFIER_VALID},
    {"a SEDOL with a wrong digit", IDENTIFIER_SEDOL, "0263495", IDENTIFIER_BAD_CHECK_DIGIT},
    {"a SEDOL with a vowel", IDENTIFIER_SEDOL, "BA4HKS3", IDENTIFIER_BAD_SHAPE},
    {"IBM's FIGI", IDENTIFIER_FIGI, "BBG000BLNQ16", IDENTIFIER_VALID},
    {"a FIGI with a wrong digit", IDENTIFIER_FIGI, "BBG000BLNQ14", IDENTIFIER_BAD_CHECK_DIGIT},
    {"a FIGI whose third letter is no G", IDENTIFIER_FIGI, "BBB000BLNQ16", IDENTIFIER_BAD_SHAPE},
    {"a FIGI with a vowel", IDENTIFIER_FIGI, "BBG000BLAQ16", IDENTIFIER_BAD_SHAPE},
    {"a FIGI with a prefix left to ISINs", IDENTIFIER_FIGI, "GBG000BLNQ16", IDENTIFIER_BAD_SHAPE},
    {"a bank's LEI", IDENTIFIER_LEI, "213800KUD8LAJWSQ9D15", IDENTIFIER_VALID},
    {"an LEI with a wrong digit", IDENTIFIER_LEI, "213800KUD8LAJWSQ9D16", IDENTIFIER_BAD_CHECK_DIGIT},
    {"an LEI of nineteen", IDENTIFIER_LEI, "213800KUD8LAJWSQ9D1", IDENTIFIER_BAD_SHAPE},
    {"a RIC has no published shape", IDENTIFIER_RIC, "BRKb.N", IDENTIFIER_UNCHECKED},
    {"an empty value", IDENTIFIER_CUSIP, "", IDENTIFIER_BAD_SHAPE},
};

static void shapes_and_check_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(check_rows); i++) {
        const struct check_row *row = &check_rows[i];
        enum identifier_validity got = identifier_check(row->kind, slice_of(row->value));
        if (got != row->validity)
            fail_row(row->name, "%s: %d instead of %d", row->value, got, row->validity);
    }
}

/* ---- the same, digit by digit as the standards tell it ---- */

static int plain_value(char c, const char *refused)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'Z' && strchr(refused, c) == NULL ? c - 'A' + 10 : -1;
}

/* Writes each character's value in decimal digits. */
static void expand(const char *s, size_t len, char *digits)
{
    for (size_t i = 0; i < len; i++)
        digits += sprintf(digits, "%d", plain_value(s[i], ""));
}

static bool plain_luhn(const char *digits)
{
    int sum = 0;

    for (size_t i = strlen(digits), place = 0; i-- > 0; place++) {
        int digit = (digits[i] - '0') * (place % 2 == 1 ? 2 : 1);

        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static bool plain_double_add_double(const char *s, size_t len)
{
    int sum = 0;

    for (size_t i = 0; i + 1 < len; i++) {
        int value = plain_value(s[i], "") * (i % 2 == 1 ? 2 : 1);

        sum += value / 10 + value % 10;
    }
    return (sum + s[len - 1] - '0') % 10 == 0;
}

static bool plain_sedol(const char *s)
{
    static const int weights[] = {1, 3, 1, 7, 3, 9, 1};
    int sum = 0;

    for (size_t i = 0; i < COUNT_OF(weights); i++)
        sum += weights[i] * plain_value(s[i], "");
    return sum % 10 == 0;
}

/* What an ISIN of the United States holds is a CUSIP. */
static bool plain_cusip_of_isin(const char *s)
{
    return s[10] >= '0' && s[10] <= '9' && plain_double_add_double(s + 2, 9);
}

static bool plain_check(enum identifier_kind kind, const char *s)
{
    char digits[64];
    int remainder = 0;

    switch (kind) {
    case IDENTIFIER_CUSIP:
    case IDENTIFIER_FIGI:
        return plain_double_add_double(s, strlen(s));
    case IDENTIFIER_SEDOL:
        return plain_sedol(s);
    case IDENTIFIER_ISIN:
        expand(s, strlen(s), digits);
        return plain_luhn(digits) && (strncmp(s, "US", 2) != 0 || plain_cusip_of_isin(s));
    default:
        expand(s, strlen(s), digits);
        for (const char *digit = digits; *digit != '\0'; digit++)
            remainder = (remainder * 10 + *digit - '0') % 97;
        return remainder == 1;
    }
}

struct shape {
    enum identifier_kind kind;
    const char *prefix;
    size_t len;
    size_t check_digits;
    const char *refused;
};

static const struct shape shapes[] = {
    {IDENTIFIER_CUSIP, "", 9, 1, ""},         {IDENTIFIER_SEDOL, "", 7, 1, "AEIOU"}, {IDENTIFIER_ISIN, "US", 12, 1, ""},
    {IDENTIFIER_FIGI, "KKG", 12, 1, "AEIOU"}, {IDENTIFIER_LEI, "", 20, 2, ""},
};

/* One in ten or so has the right check digit. */
static void check_digits_are_those_of_the_standards(void **state)
{
    static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    unsigned seed = (unsigned)getpid();
    unsigned valid[COUNT_OF(shapes)] = {0};

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 100000; round++) {
        const struct shape *shape = &shapes[round % COUNT_OF(shapes)];
        enum identifier_validity expected = IDENTIFIER_VALID, got;
        char text[24] = "";

        memcpy(text, shape->prefix, strlen(shape->prefix));
        for (size_t i = strlen(text); i < shape->len; i++) {
            bool is_check = i + shape->check_digits >= shape->len;

            text[i] = characters[(size_t)rand() % (is_check ? 10 : sizeof characters - 1)];
            if (!is_check && plain_value(text[i], shape->refused) < 0)
                expected = IDENTIFIER_BAD_SHAPE;
        }
        if (expected == IDENTIFIER_VALID && !plain_check(shape->kind, text))
            expected = IDENTIFIER_BAD_CHECK_DIGIT;
        got = identifier_check(shape->kind, slice_of(text));
        if (got != expected)
            fail_row(identifier_kind_name(shape->kind), "%s: %d instead of %d", text, got, expected);
        valid[round % COUNT_OF(shapes)] += got == IDENTIFIER_VALID;
    }
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        assert_true(valid[i] > 10);
}

static void keys_are_folded_byte_by_byte(void **state)
{
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 100000; round++) {
        char text[40], key[IDENTIFIER_MAX];
        size_t len = 2 + (size_t)rand() % (sizeof text - 2);

        for (size_t i = 0; i < len; i++)
            text[i] = (char)(rand() % 256);
        text[0] = text[len - 1] = 'q'; /* neither blank nor a placeholder */
        assert_int_equal(identifier_key(IDENTIFIER_ISIN, slice_make(text, len), key), len);
        for (size_t i = 0; i < len; i++)
            if (key[i] != (text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]))
                fail_msg("byte %d of %zu: %d became %d", (int)i, len, text[i], key[i]);
    }
}

/* Of every length, with the neighbours of letters in ASCII, and bytes that are none. */
static void a_plain_value_becomes_the_same_key(void **state)
{
    static const char signs[] = "ABYZ09ABYZ09ABYZ09@[`az{\x7f\xc1\xe1\xfa";
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 100000; round++) {
        char text[IDENTIFIER_MAX], key[IDENTIFIER_MAX], folded[IDENTIFIER_MAX];
        size_t len = 1 + (size_t)rand() % (round % 2 ? 20 : sizeof text);
        struct slice plain;

        for (size_t i = 0; i < len; i++)
            text[i] = signs[(size_t)rand() % (round % 3 ? 18 : sizeof signs - 1)];
        if (round % 3 == 1)
            text[(size_t)rand() % len] = round % 2 ? 'a' : 'z';
        text[0] = text[0] == '0' ? 'A' : text[0]; /* no placeholder */
        plain = identifier_key_of_plain(IDENTIFIER_ISIN, slice_make(text, len), folded);
        assert_int_equal(identifier_key(IDENTIFIER_ISIN, slice_make(text, len), key), len);
        if (!slice_equal(plain, slice_make(key, len)))
            fail_msg("%.*s became %.*s", (int)len, text, SLICE_FORMAT(plain));
    }
}

struct key_row {
    const char *name;
    enum identifier_kind kind;
    const char *value;
    const char *key; /* "" for none */
};

static const struct key_row key_rows[] = {
    {"white space goes", IDENTIFIER_ISIN, "  US0378331005\t", "US0378331005"},
    {"kinds with an upper-case standard fold", IDENTIFIER_ISIN, "us0378331005", "US0378331005"},
    {"a RIC's case matters", IDENTIFIER_RIC, "BRKb.N", "BRKb.N"},
    {"a symbol's case matters", IDENTIFIER_SYMBOL, "BRKb", "BRKb"},
    {"blank", IDENTIFIER_CUSIP, "   ", ""},
    {"zeros", IDENTIFIER_CUSIP, "000000000", ""},
    {"a zero among digits is a digit", IDENTIFIER_CUSIP, "000000001", "000000001"},
    {"not available", IDENTIFIER_ISIN, "n/a", ""},
    {"FIX's word for no symbol", IDENTIFIER_SYMBOL, "[N/A]", ""},
    {"a spreadsheet's word", IDENTIFIER_SEDOL, "#N/A", ""},
    {"a dash", IDENTIFIER_SYMBOL, "-", ""},
    {"NA is a listed company's symbol", IDENTIFIER_SYMBOL, "NA", "NA"},
    {"NA is no identifier", IDENTIFIER_CUSIP, "NA", ""},
    {"unknown is no identifier", IDENTIFIER_FIGI, "Unknown", ""},
};

static void keys_are_normalised_and_placeholders_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(key_rows); i++) {
        const struct key_row *row = &key_rows[i];
        char key[IDENTIFIER_MAX];
        size_t len = identifier_key(row->kind, slice_of(row->value), key);
        if (!slice_equal_text(slice_make(key, len), row->key))
            fail_row(row->name, "'%.*s' instead of '%s'", (int)len, key, row->key);
    }
}

static void a_key_has_at_most_128_bytes(void **state)
{
    char value[IDENTIFIER_MAX + 1];
    char key[IDENTIFIER_MAX];

    (void)state;
    memset(value, 'A', sizeof value);
    assert_int_equal(identifier_key(IDENTIFIER_RIC, slice_make(value, IDENTIFIER_MAX), key), IDENTIFIER_MAX);
    assert_int_equal(identifier_key(IDENTIFIER_RIC, slice_make(value, IDENTIFIER_MAX + 1), key), 0);
}

static void every_source_code_leads_to_its_kind_and_back(void **state)
{
    static const struct {
        const char *code;
        const char *name;
    } rows[] = {{"1", "CUSIP"}, {"2", "SEDOL"}, {"4", "ISIN"}, {"5", "RIC"},      {"8", "SYMBOL"}, {"A", "BLOOMBERG"},
                {"S", "FIGI"},  {"T", "LEI"},   {"Y", "DTI"},  {"91", "UNKNOWN"}, {"", "UNKNOWN"}, {"a", "UNKNOWN"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(identifier_kind_name(identifier_sources_kind(support_sources(), slice_of(rows[i].code))),
                            rows[i].name);
    for (int k = 0; k < IDENTIFIER_KIND_COUNT; k++) {
        const char *name = identifier_kind_name((enum identifier_kind)k);
        assert_int_equal(identifier_kind_from_name(slice_of(name)), k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_and_check_digits),
        cmocka_unit_test(check_digits_are_those_of_the_standards),
        cmocka_unit_test(keys_are_folded_byte_by_byte),
        cmocka_unit_test(a_plain_value_becomes_the_same_key),
        cmocka_unit_test(keys_are_normalised_and_placeholders_are_none),
        cmocka_unit_test(a_key_has_at_most_128_bytes),
        cmocka_unit_test(every_source_code_leads_to_its_kind_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
