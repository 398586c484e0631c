/* marks: that it is said, of every record, by which version it is judged, and not more often than need be. */
#include "consumer/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "consumer/mark.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define V1 "1111111111111111"
#define V2 "2222222222222222"

static int set_up(void **state)
{
    *state = marks_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    marks_free(*state);
    return 0;
}

static bool lack(struct marks *marks, const char *topic, int32_t partition, int64_t offset, const char *version)
{
    const struct origin origin = {.topic = slice_of(topic), .partition = partition, .offset = offset};

    return marks_lack(marks, &origin, version);
}

/* Each row follows upon the one before. */
static void what_has_to_be_said(void **state)
{
    static const struct {
        const char *name;
        const char *topic;
        int32_t partition;
        int64_t offset;
        const char *version;
        bool wanted;
    } rows[] = {
        {"the first record of a partition", "fix", 0, 5, V1, true},
        {"the next one", "fix", 0, 6, V1, false},
        {"one behind a gap", "fix", 0, 60, V1, false},
        {"another partition", "fix", 1, 6, V1, true},
        {"another topic", "fix2", 0, 6, V1, true},
        {"another version", "fix", 0, 61, V2, true},
        {"the same version in another partition", "fix", 1, 7, V1, false},
        {"the record of the mark once more", "fix", 0, 61, V2, false},
        {"a record before the mark", "fix", 0, 60, V2, true},
        {"the records behind it", "fix", 0, 61, V2, false},
        {"the version before comes back", "fix", 0, 62, V1, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (lack(*state, rows[i].topic, rows[i].partition, rows[i].offset, rows[i].version) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
}

static void what_may_have_been_taken_back_is_said_again(void **state)
{
    assert_true(lack(*state, "fix", 0, 5, V1));
    assert_true(lack(*state, "fix", 1, 5, V1));
    marks_forget(*state);
    assert_true(lack(*state, "fix", 0, 6, V1));
    assert_true(lack(*state, "fix", 1, 6, V1));
    assert_false(lack(*state, "fix", 0, 7, V1));
}

static void beyond_so_many_partitions_all_is_said_again(void **state)
{
    for (int32_t p = 0; p < MARKS_PARTITIONS_MAX; p++)
        assert_true(lack(*state, "fix", p, 0, V1));
    for (int32_t p = 0; p < MARKS_PARTITIONS_MAX; p++)
        assert_false(lack(*state, "fix", p, 1, V1));
    assert_true(lack(*state, "fix", MARKS_PARTITIONS_MAX, 0, V1));
    assert_true(lack(*state, "fix", 0, 2, V1));
    assert_false(lack(*state, "fix", 0, 3, V1));
}

/* --- as bytes --- */

static void a_mark_is_read_as_it_was_written(void **state)
{
    struct mark written = {.partition = INT32_MAX, .offset = INT64_MAX, .version = V1}, read;
    char key[MARK_KEY_MAX];
    struct error e = {0};
    char *text;

    (void)state;
    memset(written.topic, 't', RANGE_TOPIC_MAX); /* the longest of everything */
    memset(written.rules, '"', RULES_ID_MAX - 1);
    assert_int_equal(mark_key(&written, key), RANGE_TOPIC_MAX + 11);
    assert_string_equal(key + RANGE_TOPIC_MAX, ":2147483647");
    text = mark_write(&written, &e);
    assert_non_null(text);
    assert_true(mark_read(slice_of(text), &read));
    assert_memory_equal(&read, &written, sizeof read);
    free(text);
}

static void each_kind_of_mark_is_written_so(void **state)
{
    static const char place[] = "{\"topic\":\"fix.orders\",\"partition\":3,\"offset\":42,";
    static const struct {
        struct mark mark; /* but for its place */
        const char *text; /* behind that */
    } rows[] = {
        {{.kind = MARK_JUDGED, .version = V1, .rules = "default-1"}, "\"version\":\"" V1 "\",\"rules\":\"default-1\"}"},
        {{.kind = MARK_HELD, .message = 7, .since_ms = 5}, "\"message\":7,\"waits_since\":5}"},
        {{.kind = MARK_SETTLED, .since_ms = 5, .version = V1, .rules = "default-1"},
         "\"message\":0,\"waits_since\":5,\"settled_by\":\"" V1 "\",\"rules\":\"default-1\"}"},
        {{.kind = MARK_SETTLED, .since_ms = 5, .version = V1, .rules = "default-1", .is_over = true, .until_ms = 9},
         "\"message\":0,\"waits_since\":5,\"settled_by\":\"" V1 "\",\"rules\":\"default-1\",\"until\":9}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct origin origin = {
            .topic = slice_of("fix.orders"), .partition = 3, .offset = 42, .message = rows[i].mark.message};
        struct mark mark = rows[i].mark, at = mark_at(&origin, mark.kind), read;
        struct error e = {0};
        char *text;

        memcpy(mark.topic, at.topic, sizeof mark.topic);
        mark.partition = at.partition;
        mark.offset = at.offset;
        assert_int_equal(at.message, mark.message);
        text = mark_write(&mark, &e);
        assert_non_null(text);
        assert_memory_equal(text, place, sizeof place - 1);
        assert_string_equal(text + sizeof place - 1, rows[i].text);
        assert_true(mark_read(slice_of(text), &read));
        assert_memory_equal(&read, &mark, sizeof read);
        free(text);
    }
}

#define MARK(topic, partition, offset, version, rules)                                                                 \
    "{\"topic\":" topic ",\"partition\":" partition ",\"offset\":" offset ",\"version\":" version ",\"rules\":" rules  \
    "}"

#define WAIT(members) "{\"topic\":\"a\",\"partition\":0,\"offset\":0," members "}"

static void what_is_no_mark_is_known(void **state)
{
    static const struct {
        const char *name, *text;
        bool good;
    } rows[] = {
        {"a mark", MARK("\"a\"", "0", "0", "\"" V1 "\"", "\"r\""), true},
        {"with a member that is not known", MARK("\"a\",\"new\":[1]", "0", "0", "\"" V1 "\"", "\"r\""), true},
        {"nothing", "", false},
        {"no JSON", "mark", false},
        {"no object", "[]", false},
        {"an empty object", "{}", false},
        {"a mark and more", MARK("\"a\"", "0", "0", "\"" V1 "\"", "\"r\"") "x", false},
        {"no name of a topic", MARK("\"a b\"", "0", "0", "\"" V1 "\"", "\"r\""), false},
        {"a topic that is a number", MARK("1", "0", "0", "\"" V1 "\"", "\"r\""), false},
        {"a partition below 0", MARK("\"a\"", "-1", "0", "\"" V1 "\"", "\"r\""), false},
        {"a partition that is too large", MARK("\"a\"", "2147483648", "0", "\"" V1 "\"", "\"r\""), false},
        {"an offset below 0", MARK("\"a\"", "0", "-1", "\"" V1 "\"", "\"r\""), false},
        {"an offset that is no whole number", MARK("\"a\"", "0", "1.5", "\"" V1 "\"", "\"r\""), false},
        {"a version that is too short", MARK("\"a\"", "0", "0", "\"123456789abcdef\"", "\"r\""), false},
        {"a version that is too long", MARK("\"a\"", "0", "0", "\"" V1 "0\"", "\"r\""), false},
        {"a version of other characters", MARK("\"a\"", "0", "0", "\"../../../etc/pas\"", "\"r\""), false},
        {"that something waits", WAIT("\"message\":0,\"waits_since\":5"), true},
        {"what waits of no message", WAIT("\"waits_since\":5"), false},
        {"a message that is too far", WAIT("\"message\":2147483648,\"waits_since\":5"), false},
        {"waiting since no time", WAIT("\"message\":0,\"waits_since\":\"x\""), false},
        {"settled", WAIT("\"message\":0,\"waits_since\":5,\"settled_by\":\"" V1 "\",\"rules\":\"r\""), true},
        {"settled by no rules", WAIT("\"message\":0,\"waits_since\":5,\"settled_by\":\"" V1 "\""), false},
        {"settled by no version", WAIT("\"message\":0,\"waits_since\":5,\"settled_by\":\"1\",\"rules\":\"r\""), false},
        {"settled, unknown until no time",
         WAIT("\"message\":0,\"waits_since\":5,\"settled_by\":\"" V1 "\",\"rules\":\"r\",\"until\":-1"), false},
        {"no rules", MARK("\"a\"", "0", "0", "\"" V1 "\"", "\"\""), false},
    };
    struct mark mark;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (mark_read(slice_of(rows[i].text), &mark) != rows[i].good)
            fail_msg("%s", rows[i].name);
}

static void a_text_that_is_too_long_is_not_looked_at(void **state)
{
    static const char mark_text[] = MARK("\"a\"", "0", "0", "\"" V1 "\"", "\"r\"");
    char text[MARK_VALUE_MAX + 1];
    struct mark mark;

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, mark_text, sizeof mark_text - 1);
    assert_true(mark_read(slice_make(text, MARK_VALUE_MAX), &mark));
    assert_false(mark_read(slice_make(text, MARK_VALUE_MAX + 1), &mark));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_to_be_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_may_have_been_taken_back_is_said_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(beyond_so_many_partitions_all_is_said_again, set_up, tear_down),
        cmocka_unit_test(a_mark_is_read_as_it_was_written),
        cmocka_unit_test(each_kind_of_mark_is_written_so),
        cmocka_unit_test(what_is_no_mark_is_known),
        cmocka_unit_test(a_text_that_is_too_long_is_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
