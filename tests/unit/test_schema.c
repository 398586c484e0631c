/* schema: fingerprints as other implementations compute them, and the headers that carry them. */
#include "consumer/schema.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/avro_encode.h"

struct fingerprint_row {
    const char *name;
    const char *schema;
    const char *canonical; /* NULL: not compared */
    uint64_t fingerprint;
};

/* The first two stand in the Avro specification's own test cases; the others were computed with fastavro 1.9. */
static const struct fingerprint_row fingerprints[] = {
    {"null", "\"null\"", "\"null\"", UINT64_C(0x63dd24e7cc258f8a)},
    {"int", "\"int\"", "\"int\"", UINT64_C(0x7275d51a3f395c8f)},
    {"a primitive in an object is the primitive", "{\"type\":\"string\"}", "\"string\"", UINT64_C(0x8f014872634503c7)},
    {"a fixed keeps name, type and size, in this order", "{\"type\":\"fixed\",\"name\":\"Foo\",\"size\":15}",
     "{\"name\":\"Foo\",\"type\":\"fixed\",\"size\":15}", UINT64_C(0x30e9206b487eaa8d)},
    {"a record", "{\"type\":\"record\",\"name\":\"foo\",\"fields\":[{\"name\":\"f1\",\"type\":\"boolean\"}]}",
     "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":\"boolean\"}]}",
     UINT64_C(0x6cd8eaf1c968a33b)},
    {"doc, default and aliases go, and names become full",
     "{\"fields\":[{\"type\":\"int\",\"name\":\"f1\",\"doc\":\"x\",\"default\":3},"
     "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"symbols\":[\"A\",\"B\"],\"name\":\"E\",\"namespace\":\"other\","
     "\"default\":\"A\"}},"
     "{\"name\":\"u\",\"type\":[\"null\",{\"type\":\"map\",\"values\":\"other.E\"}]}],"
     "\"doc\":\"d\",\"aliases\":[\"z\"],\"type\":\"record\",\"name\":\"a.b.foo\"}",
     "{\"name\":\"a.b.foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":\"int\"},"
     "{\"name\":\"e\",\"type\":{\"name\":\"other.E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}},"
     "{\"name\":\"u\",\"type\":[\"null\",{\"type\":\"map\",\"values\":\"other.E\"}]}]}",
     UINT64_C(0x364ccd19ca40d481)},
    {"a type may name itself, and a logical type goes",
     "{\"type\":\"record\",\"name\":\"Node\",\"namespace\":\"x\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\","
     "\"Node\"]},"
     "{\"name\":\"amount\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":38,\"scale\":18}}]}",
     "{\"name\":\"x.Node\",\"type\":\"record\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"x.Node\"]},"
     "{\"name\":\"amount\",\"type\":\"bytes\"}]}",
     UINT64_C(0x87cdd27c2ea956eb)},
};

static void fingerprints_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fingerprints / sizeof *fingerprints; i++) {
        const struct fingerprint_row *row = &fingerprints[i];
        struct error e = {0};
        uint64_t fingerprint = 0;
        char *canonical = NULL;

        print_message("%s\n", row->name);
        assert_int_equal(schema_canonical(row->schema, &canonical, &e), 0);
        assert_string_equal(canonical, row->canonical);
        assert_int_equal(schema_fingerprint(row->schema, &fingerprint, &e), 0);
        assert_int_equal(fingerprint, row->fingerprint);
        free(canonical);
    }
}

/* A change of these is a change of what readers have to know: it is to be made knowingly, and what was before goes to
 * schemas/former. Computed with fastavro 1.9. */
static void own_fingerprints_stand(void **state)
{
    struct error e = {0};
    uint64_t fingerprint = 0;

    (void)state;
    assert_int_equal(schema_fingerprint(avro_schema_discrepancy, &fingerprint, &e), 0);
    assert_int_equal(fingerprint, UINT64_C(0x75107a8fb0c587d7));
    assert_int_equal(schema_fingerprint(avro_schema_dead_letter, &fingerprint, &e), 0);
    assert_int_equal(fingerprint, UINT64_C(0xde99439cea0ca4b5));
}

static const char *const refused[] = {
    "",
    "{",
    "7",
    "{\"type\":\"record\",\"fields\":[]}",
    "{\"type\":\"record\",\"name\":\"a\"}",
    "{\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"type\":\"int\"}]}",
    "{\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"b\"}]}",
    "{\"type\":\"array\"}",
    "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[1]}",
    "{\"type\":null}",
};

static void what_is_no_schema_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error e = {0};
        uint64_t fingerprint;

        assert_int_equal(schema_fingerprint(refused[i], &fingerprint, &e), -1);
        assert_int_equal(e.code, ERROR_DATA);
        assert_true(e.text[0] != '\0');
    }
}

static void nested(char *out, int depth)
{
    for (int i = 0; i < depth; i++)
        out += sprintf(out, "{\"type\":\"array\",\"items\":");
    out += sprintf(out, "\"int\"");
    for (int i = 0; i < depth; i++)
        out += sprintf(out, "}");
}

static void nesting_has_a_limit(void **state)
{
    static char text[SCHEMA_DEPTH_MAX * 64];
    struct error e = {0};
    uint64_t fingerprint;

    (void)state;
    nested(text, SCHEMA_DEPTH_MAX - 1);
    assert_int_equal(schema_fingerprint(text, &fingerprint, &e), 0);
    nested(text, SCHEMA_DEPTH_MAX);
    assert_int_equal(schema_fingerprint(text, &fingerprint, &e), -1);
}

static void headers_read_back(void **state)
{
    char confluent[SCHEMA_CONFLUENT_LEN + 2] = {0}, single[SCHEMA_SINGLE_OBJECT_LEN + 2] = {0};
    uint64_t number = 0;
    struct slice body;

    (void)state;
    schema_confluent_header(0x01020304, confluent);
    assert_memory_equal(confluent, "\0\1\2\3\4", 5);
    assert_int_equal(schema_header_read(slice_make(confluent, sizeof confluent), &number, &body), SCHEMA_CONFLUENT);
    assert_int_equal(number, 0x01020304);
    assert_int_equal(body.len, 2);

    schema_single_object_header(UINT64_C(0x0102030405060708), single);
    assert_memory_equal(single, "\xc3\x01\x08\x07\x06\x05\x04\x03\x02\x01", 10);
    assert_int_equal(schema_header_read(slice_make(single, sizeof single), &number, &body), SCHEMA_SINGLE_OBJECT);
    assert_int_equal(number, UINT64_C(0x0102030405060708));
    assert_int_equal(body.len, 2);

    assert_int_equal(schema_header_read(slice_make(confluent, 4), &number, &body), SCHEMA_NO_HEADER);
    assert_int_equal(schema_header_read(slice_make(single, 9), &number, &body), SCHEMA_NO_HEADER);
    assert_int_equal(schema_header_read(slice_make(NULL, 0), &number, &body), SCHEMA_NO_HEADER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_agree),
        cmocka_unit_test(own_fingerprints_stand),
        cmocka_unit_test(what_is_no_schema_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(headers_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
