/* avro_decode: hand-made bytes of every type, and what happens when they are cut or spoilt. */
#include "consumer/avro_decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define BYTES(text) text, sizeof text - 1

struct decode_row {
    const char *name;
    const char *schema;
    const char *bytes;
    size_t len;
    const char *json; /* compact; NULL: refused */
};

#define DECIMAL "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":38,\"scale\":18}"
#define DECIMAL_2 "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}"

static const struct decode_row rows[] = {
    {"null takes no bytes", "\"null\"", BYTES(""), "null"},
    {"a boolean", "\"boolean\"", BYTES("\1"), "true"},
    {"a boolean is 0 or 1", "\"boolean\"", BYTES("\2"), NULL},
    {"numbers are zigzag", "\"int\"", BYTES("\x7f"), "-64"},
    {"the least long", "\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "-9223372036854775808"},
    {"a long of 65 bits is refused", "\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"), NULL},
    {"a number that never ends is refused", "\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     NULL},
    {"a float", "\"float\"", BYTES("\0\0\xc0\x3f"), "1.5"},
    {"a double", "\"double\"", BYTES("\0\0\0\0\0\0\xf8\xbf"), "-1.5"},
    {"an infinity has a name", "\"float\"", BYTES("\0\0\x80\x7f"), "\"Infinity\""},
    {"a string", "\"string\"",
     BYTES("\x06"
           "foo"),
     "\"foo\""},
    {"an empty string", "\"string\"", BYTES("\0"), "\"\""},
    {"a string longer than what is left is refused", "\"string\"",
     BYTES("\x08"
           "foo"),
     NULL},
    {"a negative length is refused", "\"string\"",
     BYTES("\x01"
           "foo"),
     NULL},
    {"a length beyond any memory is refused", "\"bytes\"", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL},
    {"bytes that are text are text, SOH included", "\"bytes\"",
     BYTES("\x06"
           "8=\1"),
     "\"8=\\u0001\""},
    {"other bytes are hexadecimal", "\"bytes\"", BYTES("\x04\xff\x00"), "\"hex:ff00\""},
    {"a fixed", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", BYTES("ab"), "\"ab\""},
    {"an enum", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", BYTES("\x02"), "\"B\""},
    {"an enum beyond its symbols is refused", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
     BYTES("\x04"), NULL},
    {"an enum below its symbols is refused", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
     BYTES("\x01"), NULL},
    {"a union's null", "[\"null\",\"string\"]", BYTES("\0"), "null"},
    {"a union's other branch", "[\"null\",\"string\"]", BYTES("\x02\x02x"), "\"x\""},
    {"a union beyond its branches is refused", "[\"null\",\"string\"]", BYTES("\x04"), NULL},
    {"an array of two blocks", "{\"type\":\"array\",\"items\":\"int\"}", BYTES("\x02\x02\x04\x04\x06\0"), "[1,2,3]"},
    {"a block may tell its size", "{\"type\":\"array\",\"items\":\"int\"}", BYTES("\x03\x04\x02\x04\0"), "[1,2]"},
    {"a map", "{\"type\":\"map\",\"values\":\"int\"}", BYTES("\x02\x02k\x02\0"), "{\"k\":1}"},
    {"a block of more nulls than anybody wants is refused", "{\"type\":\"array\",\"items\":\"null\"}",
     BYTES("\xfe\xff\xff\xff\x0f\0"), NULL},
    {"a block of -2^63 items is refused", "{\"type\":\"array\",\"items\":\"null\"}",
     BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0"), NULL},
    {"a decimal", DECIMAL_2, BYTES("\x04\x04\xd2"), "\"12.34\""},
    {"a negative decimal", DECIMAL_2, BYTES("\x04\xfb\x2e"), "\"-12.34\""},
    {"a decimal below one", DECIMAL_2, BYTES("\x02\x05"), "\"0.05\""},
    {"a decimal without a fraction has no point", DECIMAL_2, BYTES("\x04\x04\xb0"), "\"12\""},
    {"a decimal's trailing zeros go", DECIMAL_2, BYTES("\x04\x04\xce"), "\"12.3\""},
    {"zero", DECIMAL_2, BYTES("\x02\0"), "\"0\""},
    {"the least decimal of one byte", DECIMAL_2, BYTES("\x02\x80"), "\"-1.28\""},
    {"a decimal of 18 places", DECIMAL, BYTES("\x10\x0d\xe0\xb6\xb3\xa7\x64\0\x01"), "\"1.000000000000000001\""},
    {"a decimal of no bytes is shown as bytes", DECIMAL_2, BYTES("\0"), "\"\""},
    {"milliseconds", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", BYTES("\xf6\xd8\xa6\xc7\xa1\x63"),
     "\"2024-01-15T09:30:00.123Z\""},
    {"microseconds before 1970", "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", BYTES("\x01"),
     "\"1969-12-31T23:59:59.999999Z\""},
    {"a time beyond the calendar stays a number", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
     BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "9223372036854775807"},
    {"a date", "{\"type\":\"int\",\"logicalType\":\"date\"}", BYTES("\x02"), "\"1970-01-02\""},
    {"bytes left over are refused", "\"null\"", BYTES("x"), NULL},
    {"a type by its name, within the namespace",
     "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"fixed\","
     "\"name\":\"F\",\"size\":1}},{\"name\":\"b\",\"type\":\"F\"},{\"name\":\"c\",\"type\":\"n.F\"}]}",
     BYTES("xyz"), "{\"a\":\"x\",\"b\":\"y\",\"c\":\"z\"}"},
    {"a list of records of its own type",
     "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},{\"name\":\"next\",\"type\":["
     "\"null\",\"N\"]}]}",
     BYTES("\x02\x02\x04\0"), "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}"},
    {"a record that holds itself twice and takes no bytes is refused",
     "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"a\",\"type\":\"N\"},{\"name\":\"b\",\"type\":\"N\"}]"
     "}",
     BYTES(""), NULL},
    {"an unknown type is refused", "{\"type\":\"array\",\"items\":\"nowhere.X\"}", BYTES("\x02\x02\0"), NULL},
};

static void check_row(const struct decode_row *row)
{
    struct avro_decoder *decoder = NULL;
    struct error e = {0};
    json_t *json = NULL;
    char *text;

    print_message("%s\n", row->name);
    assert_int_equal(avro_decoder_new(row->schema, &decoder, &e), 0);
    if (!row->json) {
        assert_int_equal(avro_decode(decoder, slice_make(row->bytes, row->len), &json, &e), -1);
        assert_int_equal(e.code, ERROR_DATA);
    } else {
        if (avro_decode(decoder, slice_make(row->bytes, row->len), &json, &e) != 0)
            fail_msg("%s", e.text);
        text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_string_equal(text, row->json);
        free(text);
        json_decref(json);
    }
    avro_decoder_free(decoder);
}

static void bytes_become_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

/* In a buffer of its own size, so that a sanitizer sees a step beyond its end. */
static void survive(const struct avro_decoder *decoder, const char *bytes, size_t len)
{
    struct error e = {0};
    json_t *json = NULL;
    char *copy = malloc(len > 0 ? len : 1);

    memcpy(copy, bytes, len);
    if (avro_decode(decoder, slice_make(copy, len), &json, &e) == 0) {
        json_decref(json);
    } else {
        assert_true(e.code == ERROR_DATA);
        assert_true(e.text[0] != '\0');
    }
    free(copy);
}

static void survive_row(const struct decode_row *row)
{
    struct avro_decoder *decoder = NULL;
    struct error e = {0};
    char spoilt[64];

    assert_int_equal(avro_decoder_new(row->schema, &decoder, &e), 0);
    assert_true(row->len < sizeof spoilt);
    for (size_t len = 0; len < row->len; len++)
        survive(decoder, row->bytes, len);
    for (size_t at = 0; at < row->len; at++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(spoilt, row->bytes, row->len);
            spoilt[at] = (char)byte;
            survive(decoder, spoilt, row->len);
        }
    avro_decoder_free(decoder);
}

static void every_cut_and_every_spoilt_byte_survives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        survive_row(&rows[i]);
}

static void a_value_that_is_cut_is_refused(void **state)
{
    static const char record[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"},"
                                 "{\"name\":\"b\",\"type\":\"long\"},{\"name\":\"c\",\"type\":\"double\"}]}";
    static const char bytes[] = "\x04hi\x80\x01\0\0\0\0\0\0\xf8\xbf";
    struct avro_decoder *decoder = NULL;
    struct error e = {0};
    json_t *json = NULL;

    (void)state;
    assert_int_equal(avro_decoder_new(record, &decoder, &e), 0);
    for (size_t len = 0; len < sizeof bytes - 1; len++)
        assert_int_equal(avro_decode(decoder, slice_make(bytes, len), &json, &e), -1);
    assert_int_equal(avro_decode(decoder, slice_make(bytes, sizeof bytes - 1), &json, &e), 0);
    json_decref(json);
    avro_decoder_free(decoder);
}

/* Lists of a type that holds itself: as deep as the limit, and deeper. */
static void nesting_has_a_limit(void **state)
{
    static const char list[] =
        "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"N\"]}]}";
    struct avro_decoder *decoder = NULL;
    struct error e = {0};
    json_t *json = NULL;
    char deep[AVRO_DECODE_DEPTH_MAX + 1];

    (void)state;
    memset(deep, 2, sizeof deep);
    deep[5] = 0;
    assert_int_equal(avro_decoder_new(list, &decoder, &e), 0);
    assert_int_equal(avro_decode(decoder, slice_make(deep, 6), &json, &e), 0);
    json_decref(json);
    deep[5] = 2;
    deep[AVRO_DECODE_DEPTH_MAX] = 0;
    assert_int_equal(avro_decode(decoder, slice_make(deep, sizeof deep), &json, &e), -1);
    assert_non_null(strstr(e.text, "nested too deeply"));
    avro_decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_json),
        cmocka_unit_test(every_cut_and_every_spoilt_byte_survives),
        cmocka_unit_test(a_value_that_is_cut_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
