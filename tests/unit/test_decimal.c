#include "support.h"

#include "core/decimal.h"

struct parse_row {
    const char *text;
    const char *formatted; /* NULL: refused */
};

static const struct parse_row parse_rows[] = {
    {"0", "0"},
    {"1", "1"},
    {"-1", "-1"},
    {"00023.2300", "23.23"},
    {"23.", "23"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"-0", "0"},
    {"100000000000000000000", NULL},
    {"99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"},
    {"000000000000000000000000000001", "1"},
    {"0.000000000000000001", "0.000000000000000001"},
    {"0.0000000000000000001", NULL},
    {"0.1000000000000000000000000000", "0.1"},
    {"", NULL},
    {"-", NULL},
    {".", NULL},
    {"+1", NULL},
    {"1e5", NULL},
    {"1,000", NULL},
    {" 1", NULL},
    {"1.2.3", NULL},
    {"--1", NULL},
    {"M", NULL},
};

static void nothing_is_no_number(void **state)
{
    struct decimal d;

    (void)state;
    assert_false(decimal_parse(slice_make(NULL, 0), &d));
}

static void text_is_read_exactly_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(parse_rows); i++) {
        const struct parse_row *row = &parse_rows[i];
        struct decimal d;
        char text[DECIMAL_TEXT_MAX];
        bool read = decimal_parse(slice_of(row->text), &d);
        if (read != (row->formatted != NULL))
            fail_msg("'%s' was %s", row->text, read ? "read" : "refused");
        if (!read)
            continue;
        size_t len = decimal_format(d, text);
        assert_int_equal(len, strlen(text));
        assert_string_equal(text, row->formatted);
    }
}

struct product_row {
    const char *a;
    const char *b;
    const char *product; /* NULL: does not fit */
};

static const struct product_row product_rows[] = {
    {"75700", "48.141", "3644273.7"},
    {"-2.5", "0.4", "-1"},
    {"0.000000001", "0.000000001", "0.000000000000000001"},
    {"0.0000000001", "0.000000001", NULL},
    {"99999999999999999999", "1", "99999999999999999999"},
    {"99999999999999999999", "2", NULL},
    {"10000000000", "9999999999.999999999", "99999999999999999990"},
    {"0.1", "0.1", "0.01"},
    {"123456789.123456789", "987654321.987654321", "121932631356500531.347203169112635269"},
};

static struct decimal read(const char *text)
{
    struct decimal d;

    assert_true(decimal_parse(slice_of(text), &d));
    return d;
}

static void products_are_exact_or_absent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(product_rows); i++) {
        const struct product_row *row = &product_rows[i];
        struct decimal d;
        char text[DECIMAL_TEXT_MAX];
        struct decimal factors[] = {read(row->a), read(row->b)};
        bool fits = decimal_product(factors, 2, &d);
        if (fits != (row->product != NULL))
            fail_msg("%s * %s %s", row->a, row->b, fits ? "fits" : "does not fit");
        if (fits) {
            decimal_format(d, text);
            assert_string_equal(text, row->product);
        }
    }
}

static void bytes_are_the_shortest_two_s_complement(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        unsigned char first;
    } rows[] = {{"0", 1, 0x00},
                {"0.000000000000000001", 1, 0x01},
                {"-0.000000000000000001", 1, 0xff},
                {"0.000000000000000127", 1, 0x7f},
                {"0.000000000000000128", 2, 0x00},
                {"-0.000000000000000128", 1, 0x80},
                {"-0.000000000000000129", 2, 0xff},
                {"1", 8, 0x0d}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned char bytes[DECIMAL_BYTES];
        assert_int_equal(decimal_to_bytes(read(rows[i].text), bytes), rows[i].len);
        assert_int_equal(bytes[0], rows[i].first);
    }
}

static void sums_and_magnitudes(void **state)
{
    struct decimal sum;

    (void)state;
    assert_true(decimal_add(read("1.5"), read("-2"), &sum));
    assert_true(decimal_equal(sum, read("-0.5")));
    assert_false(decimal_add(read("99999999999999999999"), read("1"), &sum));
    assert_true(decimal_compare_magnitude(read("-3"), read("2")) > 0);
    assert_int_equal(decimal_compare_magnitude(read("-3"), read("3")), 0);
    assert_true(decimal_is_zero(read("-0.0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_no_number),         cmocka_unit_test(text_is_read_exactly_or_not_at_all),
        cmocka_unit_test(products_are_exact_or_absent), cmocka_unit_test(bytes_are_the_shortest_two_s_complement),
        cmocka_unit_test(sums_and_magnitudes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
