/* range: parts of partitions as they are typed, and lists of them. */
#include "consumer/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *topic;
        int32_t partition;
        int64_t from, to;
    } rows[] = {
        {"t:0=0-1", "t", 0, 0, 1},
        {"fix.orders-2_x:12=100-200", "fix.orders-2_x", 12, 100, 200},
        {"t:0=100-", "t", 0, 100, RANGE_OPEN},
        {"t:0=-100", "t", 0, RANGE_OPEN, 100},
        {"t:0=-", "t", 0, RANGE_OPEN, RANGE_OPEN},
        {"t:2147483647=0-9223372036854775807", "t", INT32_MAX, 0, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e = {0};
        struct range range;

        if (range_parse(slice_of(rows[i].text), &range, &e) != 0)
            fail_msg("%s", e.text);
        assert_string_equal(range.topic, rows[i].topic);
        assert_int_equal(range.partition, rows[i].partition);
        assert_int_equal(range.from, rows[i].from);
        assert_int_equal(range.to, rows[i].to);
        assert_int_equal(range.next, RANGE_OPEN);
    }
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "t",
        "t:0",
        "t:0=",
        "t=0-1",
        ":0=0-1",
        "t:=0-1",
        "t:0=1",
        "t:0=1-1",
        "t:0=2-1",
        "t:x=0-1",
        "t:-1=0-1",
        "t:0=x-1",
        "t:0=0-x",
        "t:0=0-1-2",
        "t:0=0 - 1",
        "t:2147483648=0-1",
        "t:0=0-9223372036854775808",
        "t:0=0-18446744073709551616",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e = {0};
        struct range range;

        if (range_parse(slice_of(rows[i]), &range, &e) == 0)
            fail_msg("'%s' was taken", rows[i]);
        assert_int_equal(e.code, ERROR_USAGE);
    }
}

static void a_topic_s_name_has_249_bytes_and_no_more(void **state)
{
    char text[RANGE_TOPIC_MAX + 16];
    struct error e = {0};
    struct range range;

    (void)state;
    memset(text, 'a', sizeof text);
    strcpy(text + RANGE_TOPIC_MAX, ":0=0-1");
    assert_int_equal(range_parse(slice_of(text), &range, &e), 0);
    assert_int_equal(strlen(range.topic), RANGE_TOPIC_MAX);
    memset(text, 'a', sizeof text);
    strcpy(text + RANGE_TOPIC_MAX + 1, ":0=0-1");
    assert_int_equal(range_parse(slice_of(text), &range, &e), -1);
}

static void a_partition_stands_in_a_list_once(void **state)
{
    struct range one = {.topic = "t", .partition = 1, .from = 3, .to = 10};
    struct range_list list = {0};
    struct error e = {0};

    (void)state;
    assert_int_equal(range_list_add(&list, &one, &e), 0);
    one.partition = 2;
    assert_int_equal(range_list_add(&list, &one, &e), 0);
    strcpy(one.topic, "u");
    assert_int_equal(range_list_add(&list, &one, &e), 0);
    assert_int_equal(range_list_offsets(&list), 21);
    assert_int_equal(range_list_add(&list, &one, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_string_equal(e.text, "u:2 is named twice");
    range_list_free(&list);
    assert_int_equal(list.count, 0);
}

static void a_list_has_20000_ranges_and_no_more(void **state)
{
    struct range range = {.topic = "t"};
    struct range_list list = {0};
    struct error e = {0};

    (void)state;
    for (range.partition = 0; range.partition < RANGES_MAX; range.partition++)
        assert_int_equal(range_list_add(&list, &range, &e), 0);
    assert_int_equal(range_list_add(&list, &range, &e), -1);
    assert_string_equal(e.text, "there are more than 20000 partitions");
    range_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(a_topic_s_name_has_249_bytes_and_no_more),
        cmocka_unit_test(a_partition_stands_in_a_list_once),
        cmocka_unit_test(a_list_has_20000_ranges_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
