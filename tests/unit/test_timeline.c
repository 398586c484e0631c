/* timeline: which version judges which record, held against rows and, at random, against a plain list. */
#include "consumer/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define A "aaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbb"
#define C "cccccccccccccccc"
#define RULES "default-1"

static struct mark mark_of(const char *topic, int32_t partition, int64_t offset, const char *version)
{
    struct mark mark = {.partition = partition, .offset = offset, .rules = RULES};

    snprintf(mark.topic, sizeof mark.topic, "%s", topic);
    snprintf(mark.version, sizeof mark.version, "%s", version);
    return mark;
}

static void add_range(struct range_list *list, const char *topic, int32_t partition, int64_t from, int64_t to)
{
    struct range range = {.partition = partition, .from = from, .to = to};
    struct error e;

    snprintf(range.topic, sizeof range.topic, "%s", topic);
    assert_int_equal(range_list_add(list, &range, &e), 0);
}

static void add(struct timeline *t, const char *topic, int32_t partition, int64_t offset, const char *version)
{
    const struct mark mark = mark_of(topic, partition, offset, version);
    struct error e;

    assert_int_equal(timeline_add_mark(t, &mark, &e), 0);
}

static const char *find(const struct timeline *t, const char *topic, int32_t partition, int64_t offset)
{
    const struct origin origin = {.topic = slice_of(topic), .partition = partition, .offset = offset};
    struct timeline_place place = {0, 0};
    bool early;

    return timeline_find(t, &origin, &place, &early);
}

static size_t count_stretches(const struct timeline *t)
{
    struct timeline_place place = {0, 0};
    struct timeline_stretch stretch;
    size_t count = 0;

    while (timeline_next(t, &place, &stretch))
        count++;
    return count;
}

static void by_time_a_version_is_in_force_until_the_next(void **state)
{
    static const struct {
        const char *name;
        bool has_timestamp;
        int64_t timestamp;
        const char *version;
        bool early;
    } rows[] = {
        {"before the first", true, 999, A, true},
        {"before 1970", true, -1, A, true},
        {"without a timestamp", false, 5000, A, true},
        {"when the first begins", true, 1000, A, false},
        {"just before the second", true, 1999, A, false},
        {"when the second begins", true, 2000, B, false},
        {"when the first comes back", true, 3000, A, false},
        {"long afterwards", true, INT64_MAX, A, false},
    };
    struct timeline_place place = {0, 0};
    struct timeline *t;
    struct error e;
    bool early;

    (void)state;
    assert_int_equal(timeline_by_time(&t, &e), 0);
    assert_int_equal(timeline_check(t, RULES, &e), -1);
    assert_int_equal(timeline_add_time(t, 1000, A, &e), 0);
    assert_int_equal(timeline_add_time(t, 2000, C, &e), 0);
    assert_int_equal(timeline_add_time(t, 2000, B, &e), 0); /* the last one at a time counts */
    assert_int_equal(timeline_add_time(t, 3000, A, &e), 0);
    assert_int_equal(timeline_add_time(t, 2999, B, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_int_equal(timeline_check(t, RULES, &e), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct origin origin = {
            .topic = slice_of("any"), .has_timestamp = rows[i].has_timestamp, .timestamp_ms = rows[i].timestamp};
        const char *version = timeline_find(t, &origin, &place, &early);

        if (strcmp(version, rows[i].version) != 0 || early != rows[i].early)
            fail_msg("%s: %s", rows[i].name, version);
    }
    timeline_free(t);
}

/* Each row adds marks to none, in the range [100, 200) of fix/1, and says what judges then. */
static void what_marks_say_of_a_range(void **state)
{
    static const struct {
        const char *name;
        struct {
            int64_t offset;
            const char *version;
        } marks[4];
        const char *wanted; /* the first letters of the versions at 100, 149, 150 and 199; -: no range is judged */
        size_t stretches;
    } rows[] = {
        {"one before the range", {{50, A}}, "aaaa", 1},
        {"one at its beginning", {{100, A}}, "aaaa", 1},
        {"one behind its beginning", {{101, A}}, "-", 1},
        {"none", {{0, NULL}}, "-", 0},
        {"one behind the range", {{200, A}}, "-", 0},
        {"two before it: the later one", {{10, A}, {60, B}}, "bbbb", 1},
        {"one in the middle", {{0, A}, {150, B}}, "aabb", 2},
        {"the same version again", {{0, A}, {150, A}}, "aaaa", 1},
        {"one that stands before the last supersedes it", {{0, A}, {170, B}, {150, C}}, "aacc", 2},
        {"one at the same place, too", {{0, A}, {150, B}, {150, C}}, "aacc", 2},
        {"one that was said again, and then superseded", {{0, A}, {120, A}, {150, B}}, "aabb", 2},
        {"the beginning, judged once more", {{0, A}, {150, B}, {100, C}}, "cccc", 1},
        {"all, from before it, once more", {{0, A}, {150, B}, {20, C}}, "cccc", 1},
        {"one behind the range supersedes nothing", {{0, A}, {150, B}, {200, C}}, "aabb", 2},
        {"back to the version before", {{0, A}, {120, B}, {150, A}}, "abaa", 3},
    };
    static const int64_t at[] = {100, 149, 150, 199};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct range_list ranges = {0};
        struct timeline *t;
        struct error e = {0};

        add_range(&ranges, "fix", 1, 100, 200);
        assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
        for (size_t j = 0; j < 4 && rows[i].marks[j].version; j++)
            add(t, "fix", 1, rows[i].marks[j].offset, rows[i].marks[j].version);
        if ((timeline_check(t, RULES, &e) == 0) != (rows[i].wanted[0] != '-'))
            fail_msg("%s: %s", rows[i].name, e.text);
        for (size_t j = 0; j < COUNT(at) && rows[i].wanted[0] != '-'; j++)
            if (find(t, "fix", 1, at[j])[0] != rows[i].wanted[j])
                fail_msg("%s: at %lld", rows[i].name, (long long)at[j]);
        if (count_stretches(t) != rows[i].stretches)
            fail_msg("%s: %zu stretches", rows[i].name, count_stretches(t));
        timeline_free(t);
        range_list_free(&ranges);
    }
}

static void each_partition_has_its_own(void **state)
{
    struct range_list ranges = {0};
    struct timeline *t;
    struct error e;

    (void)state;
    add_range(&ranges, "fix.b", 0, 0, 10);
    add_range(&ranges, "fix", 11, 0, 10);
    add_range(&ranges, "fix", 2, 0, 10);
    add_range(&ranges, "fix", 3, 7, 7); /* empty: nothing has to be known of it */
    assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
    add(t, "fix", 2, 0, A);
    add(t, "fix", 11, 0, B);
    add(t, "fix", 4, 0, B); /* of no range */
    add(t, "fi", 2, 0, B);
    assert_int_equal(timeline_check(t, RULES, &e), -1);
    assert_non_null(strstr(e.text, "fix.b/0: no mark says by which version offsets 0 to 9 were judged"));
    add(t, "fix.b", 0, 0, C);
    assert_int_equal(timeline_check(t, RULES, &e), 0);
    assert_string_equal(find(t, "fix", 2, 5), A);
    assert_string_equal(find(t, "fix", 11, 5), B);
    assert_string_equal(find(t, "fix.b", 0, 5), C);
    assert_null(find(t, "fix", 4, 5));
    assert_null(find(t, "fix.", 2, 5));
    assert_null(find(t, "fix", 1, 5));
    timeline_free(t);
    range_list_free(&ranges);
}

static void what_other_rules_judged_is_refused(void **state)
{
    struct range_list ranges = {0};
    struct timeline *t;
    struct error e;

    (void)state;
    add_range(&ranges, "fix", 0, 0, 10);
    assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
    add(t, "fix", 0, 0, A);
    assert_int_equal(timeline_check(t, "default-2", &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "fix/0: from offset 0 on it was judged by the rules default-1, and these are "
                                   "default-2"));
    timeline_free(t);
    range_list_free(&ranges);
}

static void so_many_changes_and_no_more(void **state)
{
    struct timeline *t;
    struct error e;

    (void)state;
    assert_int_equal(timeline_by_time(&t, &e), 0);
    for (int64_t i = 0; i < TIMELINE_STRETCHES_MAX; i++)
        assert_int_equal(timeline_add_time(t, i, i % 2 ? A : B, &e), 0);
    assert_int_equal(timeline_add_time(t, TIMELINE_STRETCHES_MAX, B, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    timeline_free(t);
}

/* --- what waited --- */

static void add_wait(struct timeline *t, enum mark_kind kind, int64_t offset, int32_t message, const char *version)
{
    struct mark mark = mark_of("fix", 1, offset, version);
    struct error e;

    mark.kind = kind;
    mark.message = message;
    mark.since_ms = 1000 + offset;
    assert_int_equal(timeline_add_mark(t, &mark, &e), 0);
}

/* The first letters of the versions that settled a message, - before none, or "" where it did not wait. */
static const char *waited(const struct timeline *t, int64_t offset, int32_t message)
{
    const struct origin origin = {.topic = slice_of("fix"), .partition = 1, .offset = offset, .message = message};
    const struct wait *wait = timeline_wait(t, &origin);
    static char said[8];

    memset(said, 0, sizeof said);
    if (!wait)
        return said;
    assert_int_equal(wait->since_ms, 1000 + offset);
    said[0] = '-';
    for (size_t i = 0; i < wait->end_count; i++)
        said[i + 1] = wait->ends[i].version[0];
    return said;
}

/* In the range [100, 200) of fix/1, after a mark at 100. */
static void what_marks_say_of_what_waited(void **state)
{
    static const struct {
        const char *name;
        struct {
            enum mark_kind kind;
            int64_t offset;
            int32_t message;
            const char *version;
        } marks[5];
        const char *wanted[4]; /* of 120 (its messages 0 and 1), 150 and 199 */
        size_t count;
    } rows[] = {
        {"nothing", {{MARK_JUDGED, 0, 0, NULL}}, {"", "", "", ""}, 0},
        {"it waits still", {{MARK_HELD, 120, 0, A}}, {"-", "", "", ""}, 1},
        {"it waits no more", {{MARK_HELD, 120, 0, A}, {MARK_SETTLED, 120, 0, B}}, {"-b", "", "", ""}, 1},
        {"in two parts",
         {{MARK_HELD, 120, 0, A}, {MARK_SETTLED, 120, 0, B}, {MARK_SETTLED, 120, 0, C}},
         {"-bc", "", "", ""},
         1},
        {"another message of the record",
         {{MARK_HELD, 120, 1, A}, {MARK_HELD, 120, 0, A}, {MARK_SETTLED, 120, 1, B}},
         {"-", "-b", "", ""},
         2},
        {"settled in another order",
         {{MARK_HELD, 120, 0, A}, {MARK_HELD, 150, 0, A}, {MARK_SETTLED, 150, 0, B}, {MARK_SETTLED, 120, 0, C}},
         {"-c", "", "-b", ""},
         2},
        {"that it waits need not be said", {{MARK_SETTLED, 150, 0, B}}, {"", "", "-b", ""}, 1},
        {"outside the range", {{MARK_HELD, 99, 0, A}, {MARK_HELD, 200, 0, A}}, {"", "", "", ""}, 0},
        {"judged once more, and known",
         {{MARK_HELD, 120, 0, A}, {MARK_SETTLED, 120, 0, B}, {MARK_HELD, 150, 0, A}, {MARK_JUDGED, 120, 0, C}},
         {"", "", "", ""},
         0},
        {"judged once more from behind it",
         {{MARK_HELD, 120, 0, A}, {MARK_HELD, 150, 0, A}, {MARK_JUDGED, 121, 0, C}, {MARK_HELD, 199, 0, A}},
         {"-", "", "", "-"},
         2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        static const struct {
            int64_t offset;
            int32_t message;
        } at[] = {{120, 0}, {120, 1}, {150, 0}, {199, 0}};
        struct range_list ranges = {0};
        struct timeline *t;
        struct error e;

        add_range(&ranges, "fix", 1, 100, 200);
        assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
        add(t, "fix", 1, 100, A);
        for (size_t j = 0; j < COUNT(rows[i].marks) && rows[i].marks[j].version; j++)
            add_wait(t, rows[i].marks[j].kind, rows[i].marks[j].offset, rows[i].marks[j].message,
                     rows[i].marks[j].version);
        for (size_t j = 0; j < COUNT(at); j++)
            if (strcmp(waited(t, at[j].offset, at[j].message), rows[i].wanted[j]) != 0)
                fail_msg("%s: at %lld", rows[i].name, (long long)at[j].offset);
        assert_int_equal(timeline_waits(t), rows[i].count);
        assert_int_equal(timeline_check(t, RULES, &e), 0);
        timeline_free(t);
        range_list_free(&ranges);
    }
}

static void what_other_rules_settled_is_refused(void **state)
{
    struct range_list ranges = {0};
    struct mark mark = mark_of("fix", 1, 5, B);
    struct timeline *t;
    struct error e;

    (void)state;
    add_range(&ranges, "fix", 1, 0, 10);
    assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
    add(t, "fix", 1, 0, A);
    mark.kind = MARK_SETTLED;
    snprintf(mark.rules, sizeof mark.rules, "default-2");
    assert_int_equal(timeline_add_mark(t, &mark, &e), 0);
    assert_int_equal(timeline_check(t, RULES, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "fix/1: what waited of offset 5 was settled by the rules default-2, and these are "
                                   "default-1"));
    timeline_free(t);
    range_list_free(&ranges);
}

/* Those that are superseded do not count. */
static void so_many_waits_and_no_more(void **state)
{
    struct range_list ranges = {0};
    struct mark mark = mark_of("fix", 1, 0, A);
    struct timeline *t;
    struct error e;

    (void)state;
    add_range(&ranges, "fix", 1, 0, INT64_MAX);
    assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
    for (int round = 0; round < 2; round++) {
        add(t, "fix", 1, 0, A);
        for (mark.offset = 0; mark.offset < TIMELINE_WAITS_MAX / 2; mark.offset++) {
            mark.kind = MARK_HELD;
            assert_int_equal(timeline_add_mark(t, &mark, &e), 0);
            mark.kind = MARK_SETTLED;
            assert_int_equal(timeline_add_mark(t, &mark, &e), 0);
        }
    }
    assert_int_equal(timeline_waits(t), TIMELINE_WAITS_MAX / 2);
    assert_int_equal(timeline_add_mark(t, &mark, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    timeline_free(t);
    range_list_free(&ranges);
}

/* --- at random, against what is said one offset at a time --- */

#define PARTITIONS 3
#define OFFSETS 40
#define FROM 10
#define TO 35
#define ROUNDS 2000

static void compare_all(const struct timeline *t, char said[PARTITIONS][OFFSETS], unsigned seed)
{
    struct timeline_place place = {0, 0};
    bool early;

    for (int i = 0; i < PARTITIONS * OFFSETS; i++) {
        int32_t partition = rand() % PARTITIONS;
        int64_t offset = FROM + rand() % (TO - FROM);
        const struct origin origin = {.topic = slice_of("fix"), .partition = partition, .offset = offset};
        const char *version = timeline_find(t, &origin, &place, &early);

        if ((version ? version[0] : '\0') != said[partition][offset])
            fail_msg("seed %u: %d@%lld", seed, (int)partition, (long long)offset);
    }
}

static void any_marks_in_any_order(void **state)
{
    static const char *const versions[] = {A, B, C};
    unsigned seed = (unsigned)time(NULL);
    struct error e;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < ROUNDS; round++) {
        char said[PARTITIONS][OFFSETS] = {{0}};
        struct range_list ranges = {0};
        struct timeline *t;

        for (int32_t p = 0; p < PARTITIONS; p++)
            add_range(&ranges, "fix", p, FROM, TO);
        assert_int_equal(timeline_by_marks(&ranges, &t, &e), 0);
        for (int i = rand() % 30; i > 0; i--) {
            int32_t partition = rand() % PARTITIONS;
            int64_t offset = rand() % OFFSETS;
            const char *version = versions[rand() % 3];

            add(t, "fix", partition, offset, version);
            memset(&said[partition][offset], version[0], (size_t)(OFFSETS - offset));
        }
        compare_all(t, said, seed);
        timeline_free(t);
        range_list_free(&ranges);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_time_a_version_is_in_force_until_the_next),
        cmocka_unit_test(what_marks_say_of_a_range),
        cmocka_unit_test(each_partition_has_its_own),
        cmocka_unit_test(what_other_rules_judged_is_refused),
        cmocka_unit_test(so_many_changes_and_no_more),
        cmocka_unit_test(what_marks_say_of_what_waited),
        cmocka_unit_test(what_other_rules_settled_is_refused),
        cmocka_unit_test(so_many_waits_and_no_more),
        cmocka_unit_test(any_marks_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
