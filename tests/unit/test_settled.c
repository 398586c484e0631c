/* settled: tables of what is seen, when, and what follows. */
#include "consumer/settled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define WALL INT64_C(1000000000) /* ms since the epoch at the first look */

struct fixture {
    struct config config;
    struct settled settled;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e = {0};

    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "reload.settle", "2s", &e), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    settled_free(&f->settled);
    config_free(&f->config);
    free(f);
    return 0;
}

/* A file as it is seen: by its size, and when it was written, in milliseconds before the first look. */
struct seen {
    uint64_t size; /* 0: it is not there */
    int64_t age_ms;
};

static struct snapshot_stat stat_of(struct seen seen)
{
    int64_t time = (WALL - seen.age_ms) * MS;

    return seen.size == 0 ? (struct snapshot_stat){0}
                          : (struct snapshot_stat){true, 1, 1, seen.size, .mtime_ns = time, .ctime_ns = time};
}

static struct snapshot snapshot_of(const struct snapshot_file *files, size_t count)
{
    struct snapshot snapshot = {calloc(count, sizeof *files), count};

    for (size_t i = 0; i < count; i++) {
        snapshot.files[i] = files[i];
        snapshot.files[i].path = strdup("master.csv");
    }
    return snapshot;
}

static enum settled_verdict look(struct fixture *f, const struct snapshot_file *files, size_t count, int64_t now_ms)
{
    struct snapshot snapshot = snapshot_of(files, count);
    size_t file;

    return settled_look(&f->settled, &snapshot, now_ms, WALL + now_ms, &f->config, &file);
}

static void a_file_is_whole_when_it_has_stayed_as_it_is(void **state)
{
    static const struct {
        int64_t now_ms;
        struct seen seen;
        enum settled_verdict verdict;
    } steps[] = {
        {0, {100, 1000}, SETTLED_IS_CHANGING}, /* written a second ago */
        {999, {100, 1000}, SETTLED_IS_CHANGING},
        {1000, {100, 1000}, SETTLED_IS_WHOLE},
        {5000, {100, 1000}, SETTLED_IS_WHOLE},
        {6000, {101, 1000}, SETTLED_IS_CHANGING}, /* longer, whatever its time says */
        {7999, {101, 1000}, SETTLED_IS_CHANGING},
        {8000, {101, 1000}, SETTLED_IS_WHOLE},
        {8001, {101, 999}, SETTLED_IS_CHANGING}, /* as long, and written again */
        {9000, {0, 0}, SETTLED_IS_MISSING},
        {9100, {101, 999}, SETTLED_IS_CHANGING}, /* it was away */
        {11099, {101, 999}, SETTLED_IS_CHANGING},
        {11100, {101, 999}, SETTLED_IS_WHOLE},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct snapshot_file file = {.self = stat_of(steps[i].seen)};

        if (look(f, &file, 1, steps[i].now_ms) != steps[i].verdict)
            fail_msg("at %lld ms", (long long)steps[i].now_ms);
    }
}

static void one_that_was_written_long_ago_is_whole_at_the_first_look_and_at_no_other(void **state)
{
    struct fixture *f = *state;
    const struct snapshot_file old = {.self = stat_of((struct seen){100, 2000})};
    const struct snapshot_file older = {.self = stat_of((struct seen){99, 100000})};

    assert_int_equal(look(f, &old, 1, 0), SETTLED_IS_WHOLE);
    assert_int_equal(look(f, &older, 1, 1), SETTLED_IS_CHANGING); /* moved in with its old time */
    assert_int_equal(settled_due_ms(&f->settled, &f->config), 2001);
}

static void a_time_in_the_future_is_now(void **state)
{
    struct fixture *f = *state;
    const struct snapshot_file file = {.self = stat_of((struct seen){100, -100000})};

    assert_int_equal(look(f, &file, 1, 0), SETTLED_IS_CHANGING);
    assert_int_equal(look(f, &file, 1, 2000), SETTLED_IS_WHOLE);
}

static void what_stands_beside_it_says_whether_it_is_whole(void **state)
{
    static const struct {
        const char *name, *ready;
        struct seen self, done, md5, sha256;
        enum settled_verdict verdict;
        enum snapshot_side side;
    } rows[] = {
#define NO_SIDE SNAPSHOT_SIDE_COUNT
        {"none: side files say nothing", "none", {9, 0}, {1, 0}, {1, 0}, {1, 0}, SETTLED_IS_CHANGING, NO_SIDE},
        {"done, newer", "done", {9, 10}, {1, 9}, {0}, {0}, SETTLED_IS_WHOLE, NO_SIDE},
        {"done, of the same moment", "done", {9, 10}, {1, 10}, {0}, {0}, SETTLED_IS_WHOLE, NO_SIDE},
        {"done, older", "done", {9, 10}, {1, 11}, {0}, {0}, SETTLED_IS_UNMARKED, NO_SIDE},
        {"done, not there", "done", {9, 99999}, {0}, {1, 0}, {1, 0}, SETTLED_IS_UNMARKED, NO_SIDE},
        {"done, and no file", "done", {0}, {1, 0}, {0}, {0}, SETTLED_IS_MISSING, NO_SIDE},
        {"md5, whenever it was written", "md5", {9, 10}, {0}, {1, 99}, {0}, SETTLED_NEEDS_DIGESTS, SIDE_MD5},
        {"md5, not there", "md5", {9, 10}, {1, 0}, {0}, {1, 0}, SETTLED_IS_UNMARKED, SIDE_MD5},
        {"sha256", "sha256", {9, 10}, {0}, {1, 0}, {1, 0}, SETTLED_NEEDS_DIGESTS, SIDE_SHA256},
        {"auto: the best one", "auto", {9, 10}, {1, 0}, {1, 0}, {1, 0}, SETTLED_NEEDS_DIGESTS, SIDE_SHA256},
        {"auto: the next best", "auto", {9, 10}, {1, 0}, {1, 0}, {0}, SETTLED_NEEDS_DIGESTS, SIDE_MD5},
        {"auto: done, older", "auto", {9, 10}, {1, 11}, {0}, {0}, SETTLED_IS_UNMARKED, NO_SIDE},
        {"auto: none, and new", "auto", {9, 1999}, {0}, {0}, {0}, SETTLED_IS_CHANGING, NO_SIDE},
        {"auto: none, and old", "auto", {9, 2000}, {0}, {0}, {0}, SETTLED_IS_WHOLE, NO_SIDE},
#undef NO_SIDE
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct snapshot_file file = {
            .self = stat_of(rows[i].self),
            .side = {stat_of(rows[i].done), stat_of(rows[i].md5), stat_of(rows[i].sha256)}};
        struct error e;

        assert_int_equal(config_set(&f->config, "reload.ready_file", rows[i].ready, &e), 0);
        settled_free(&f->settled);
        if (look(f, &file, 1, 0) != rows[i].verdict ||
            settled_digest_side(&file, f->config.reload.ready_file) != rows[i].side)
            fail_msg("%s", rows[i].name);
    }
}

static void of_several_files_the_worst_counts(void **state)
{
    struct fixture *f = *state;
    const struct snapshot_file files[] = {{.self = stat_of((struct seen){9, 5000})},
                                          {.self = stat_of((struct seen){9, 10})},
                                          {.self = stat_of((struct seen){0, 0})}};
    struct snapshot snapshot = snapshot_of(files, 3);
    size_t file;

    assert_int_equal(settled_look(&f->settled, &snapshot, 0, WALL, &f->config, &file), SETTLED_IS_MISSING);
    assert_int_equal(file, 2);
    assert_int_equal(look(f, files, 2, 1), SETTLED_IS_CHANGING); /* they are other files */
    assert_int_equal(look(f, files, 2, 2001), SETTLED_IS_WHOLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_whole_when_it_has_stayed_as_it_is),
        TEST(one_that_was_written_long_ago_is_whole_at_the_first_look_and_at_no_other),
        TEST(a_time_in_the_future_is_now),
        TEST(what_stands_beside_it_says_whether_it_is_whole),
        TEST(of_several_files_the_worst_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
