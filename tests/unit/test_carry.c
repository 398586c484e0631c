#include "consumer/carry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS_MAX 4

static char *names[] = {"traceparent", "tracestate", "x"};
static const struct string_list list = {names, 3, CONFIG_DEFAULT};
static char big[CARRY_BYTES_MAX];

struct header {
    const char *name;
    const char *value; /* NULL: there is none */
};

struct row {
    const char *name;
    struct header given[HEADERS_MAX]; /* ended by one without a name, as is the other */
    struct header carried[HEADERS_MAX];
};

static const struct row rows[] = {
    {"what is named", {{"x", "1"}}, {{"x", "1"}}},
    {"what is not is passed over", {{"y", "1"}, {"x", "2"}, {"", "3"}}, {{"x", "2"}}},
    {"in the order of the record", {{"x", "1"}, {"traceparent", "2"}}, {{"x", "1"}, {"traceparent", "2"}}},
    {"doubles as they stand",
     {{"tracestate", "a"}, {"x", "1"}, {"tracestate", "a"}},
     {{"tracestate", "a"}, {"x", "1"}, {"tracestate", "a"}}},
    {"nothing is not the same as empty", {{"x", NULL}, {"x", ""}}, {{"x", NULL}, {"x", ""}}},
    {"case counts", {{"X", "1"}, {"Traceparent", "1"}}, {{NULL, NULL}}},
    {"a name that only starts like one", {{"xx", "1"}, {"tracepar", "1"}}, {{NULL, NULL}}},
};

static enum carry_taken take(struct carry *carry, const char *name, struct slice value, bool is_null)
{
    const struct carry_header header = {slice_of(name), value, is_null};
    struct error e = {0};

    return carry_take(carry, &header, &e);
}

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct avro_buffer buffer = {0};
        struct carry_header header;
        struct carry carry;
        struct slice block;
        size_t n = 0;

        carry_begin(&carry, &list, &buffer);
        for (size_t h = 0; h < HEADERS_MAX && rows[i].given[h].name; h++) {
            const char *value = rows[i].given[h].value;

            assert_int_equal(
                take(&carry, rows[i].given[h].name, value ? slice_of(value) : slice_make(NULL, 0), value == NULL),
                CARRY_TAKEN);
        }
        block = slice_make(buffer.ptr, buffer.len);
        for (; carry_next(&block, &header); n++) {
            const struct header *wanted = &rows[i].carried[n];

            if (!wanted->name || !slice_equal_text(header.name, wanted->name) ||
                header.is_null != (wanted->value == NULL) ||
                (wanted->value && !slice_equal_text(header.value, wanted->value)))
                fail_msg("%s: header %zu is %.*s = %.*s", rows[i].name, n, SLICE_FORMAT(header.name),
                         SLICE_FORMAT(header.value));
        }
        if (n < HEADERS_MAX && rows[i].carried[n].name)
            fail_msg("%s: %s is missing", rows[i].name, rows[i].carried[n].name);
        avro_buffer_free(&buffer);
    }
}

static void as_many_as_the_limit_and_not_one_more(void **state)
{
    struct avro_buffer buffer = {0};
    struct carry carry;

    (void)state;
    carry_begin(&carry, &list, &buffer);
    for (unsigned i = 0; i < CARRY_HEADERS_MAX; i++)
        assert_int_equal(take(&carry, "x", slice_of("1"), false), CARRY_TAKEN);
    assert_int_equal(take(&carry, "y", slice_of("1"), false), CARRY_TAKEN); /* is passed over */
    assert_true(buffer.len > 0);
    assert_int_equal(take(&carry, "x", slice_of("1"), false), CARRY_TOO_MUCH);
    assert_int_equal(buffer.len, 0);
    avro_buffer_free(&buffer);
}

static void as_many_bytes_as_the_limit_and_not_one_more(void **state)
{
    struct avro_buffer buffer = {0};
    struct carry carry;

    (void)state;
    carry_begin(&carry, &list, &buffer);
    assert_int_equal(take(&carry, "x", slice_make(big, CARRY_BYTES_MAX - 1), false), CARRY_TAKEN);
    assert_int_equal(take(&carry, "x", slice_make(NULL, 0), true), CARRY_TOO_MUCH);
    assert_int_equal(buffer.len, 0);
    carry_begin(&carry, &list, &buffer);
    assert_int_equal(take(&carry, "x", slice_make(big, CARRY_BYTES_MAX), false), CARRY_TOO_MUCH);
    avro_buffer_free(&buffer);
}

static void what_stood_in_the_buffer_before_stays(void **state)
{
    struct avro_buffer buffer = {0};
    struct error e = {0};
    struct carry carry;

    (void)state;
    assert_int_equal(avro_buffer_append(&buffer, slice_of("before"), &e), 0);
    carry_begin(&carry, &list, &buffer);
    assert_int_equal(take(&carry, "x", slice_make(big, CARRY_BYTES_MAX), false), CARRY_TOO_MUCH);
    assert_int_equal(buffer.len, 6);
    carry_drop(&carry);
    assert_int_equal(buffer.len, 6);
    avro_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(as_many_as_the_limit_and_not_one_more),
        cmocka_unit_test(as_many_bytes_as_the_limit_and_not_one_more),
        cmocka_unit_test(what_stood_in_the_buffer_before_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
