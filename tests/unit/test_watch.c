/* watch and snapshot: what happens to files wakes the one, and shows in the other. */
#include "consumer/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "consumer/snapshot.h"

struct fixture {
    char directory[64];
    struct watch *watch;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/test_watch_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    assert_int_equal(chdir(f->directory), 0);
    f->watch = watch_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    watch_free(f->watch);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void shell(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void it_is_woken_by_whatever_may_make_a_file_another_one(void **state)
{
    static const struct {
        const char *before, *path, *then;
        bool wakes;
    } rows[] = {
        {"true", "master", "echo x > master", true},
        {"echo x > master", "master", "echo y >> master", true},
        {"echo x > master", "master", "truncate -s 0 master", true},
        {"echo x > master", "master", "rm master", true},
        {"echo x > other", "master", "mv other master", true},
        {"echo x > master", "master", "touch -d yesterday master", true},
        {"true", "master-*", "echo x > master-1", true},
        {"mkdir d && echo x > d/master", "d/master", "echo y > d/master", true},
        {"mkdir d && echo x > d/master", "d/master", "rm -r d", true},
        {"mkdir d && echo x > d/master", "d/master", "mv d e", true},
        {"mkdir d && echo x > d/m && ln -s d/m master", "master", "echo y > d/m", true},
        {"mkdir d && echo x > d/m && ln -s d/m master", "master", "ln -sfn e/m master", true},
        {"mkdir d e && echo x > d/m && ln -s d data && ln -s data/m master", "master", "ln -sfn e data", true},
        {"mkdir d && echo x > d/m && ln -s $PWD/d data && ln -s ./data/m master", "master", "echo y > d/m", true},
        {"mkdir a && ln -s ../b/m a/master && mkdir b && echo x > b/m", "a/master", "echo y > b/m", true},
        {"ln -s loop loop", "loop", "echo x > other", true},
        {"mkdir d && echo x > master", "master", "echo x > d/other", false},
        {"mkdir d", "d/master", "echo x > other", false},
        {"echo x > master", "master", "cat master > /dev/null", false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shell(rows[i].before);
        watch_set(f->watch, &rows[i].path, 1);
        (void)watch_is_woken(f->watch); /* what was before */
        assert_false(watch_is_woken(f->watch));
        shell(rows[i].then);
        if (watch_is_woken(f->watch) != rows[i].wakes)
            fail_msg("%s; %s", rows[i].before, rows[i].then);
        watch_set(f->watch, NULL, 0);
        shell("rm -rf ./*");
    }
}

static void no_more_is_watched_than_has_to_be(void **state)
{
    struct fixture *f = *state;
    const char *paths[] = {"d/1", "d/2", "master"};

    shell("mkdir d");
    watch_set(f->watch, paths, 3);
    assert_int_equal(watch_count(f->watch), 2);
    for (int i = 0; i < 100; i++) { /* the directory is another one each time */
        shell("mv d e && mkdir d && mv e d/e");
        watch_set(f->watch, paths, 3);
        assert_int_equal(watch_count(f->watch), 2);
    }
    watch_set(f->watch, paths + 2, 1);
    assert_int_equal(watch_count(f->watch), 1);
    (void)watch_is_woken(f->watch);
    shell("echo x > d/1");
    assert_false(watch_is_woken(f->watch));
}

static void so_many_directories_and_no_more(void **state)
{
    struct fixture *f = *state;
    static char names[WATCH_DIRECTORIES_MAX + 1][32];
    const char *paths[WATCH_DIRECTORIES_MAX + 1];

    for (int i = 0; i <= WATCH_DIRECTORIES_MAX; i++) {
        char directory[16];

        snprintf(directory, sizeof directory, "%d", i);
        assert_int_equal(mkdir(directory, 0755), 0);
        snprintf(names[i], sizeof names[i], "%d/master", i);
        paths[i] = names[i];
    }
    watch_set(f->watch, paths, WATCH_DIRECTORIES_MAX);
    assert_int_equal(watch_count(f->watch), WATCH_DIRECTORIES_MAX);
    watch_set(f->watch, paths, WATCH_DIRECTORIES_MAX + 1);
    assert_int_equal(watch_count(f->watch), WATCH_DIRECTORIES_MAX);
}

/* --- snapshots --- */

static struct snapshot take(const char *pattern)
{
    char *items[] = {strdup(pattern)};
    const struct string_list patterns = {.items = items, .count = 1};
    struct snapshot snapshot;
    struct error e;

    assert_int_equal(snapshot_take(&patterns, &snapshot, &e), 0);
    free(items[0]);
    return snapshot;
}

static void each_change_of_a_file_shows(void **state)
{
    static const struct {
        const char *before, *then;
        bool same;        /* the files */
        bool same_at_all; /* with what stands beside them */
    } rows[] = {
        {"echo x > m", "true", true, true},
        {"echo x > m", "cat m > /dev/null", true, true},
        {"echo x > m", "echo x > n", true, true},
        {"echo x > m", "sleep 0.02; echo y > m", false, false},
        {"echo x > m", "echo y >> m", false, false},
        {"echo x > m", "rm m", false, false},
        {"true", "echo x > m", false, false},
        {"echo x > m; echo y > n; touch -r m n", "mv n m", false, false},
        {"echo x > m; ln -s m l; cp -p m n", "ln -sfn n m2; mv m2 m", false, false},
        {"echo x > m", "sleep 0.02; touch -r m t; echo y > m; touch -r t m", false, false}, /* its time is put back */
        {"echo x > m", "echo x > m.done", true, false},
        {"echo x > m; echo x > m.md5", "rm m.md5", true, false},
        {"echo x > m", "echo x > m.sha256", true, false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot before, after, copy;
        struct error e;

        shell(rows[i].before);
        before = take("m");
        shell(rows[i].then);
        after = take("m");
        assert_int_equal(snapshot_copy(&after, &copy, &e), 0);
        if (snapshot_shows_same(&before, &after, false) != rows[i].same ||
            snapshot_shows_same(&before, &after, true) != rows[i].same_at_all ||
            !snapshot_shows_same(&copy, &after, true))
            fail_msg("%s; %s", rows[i].before, rows[i].then);
        snapshot_free(&before);
        snapshot_free(&after);
        snapshot_free(&copy);
        shell("rm -rf ./*");
    }
}

static void a_pattern_stands_for_what_is_there_now(void **state)
{
    struct snapshot none = take("m-*"), some;
    (void)state;

    assert_int_equal(none.count, 1);
    assert_string_equal(none.files[0].path, "m-*");
    assert_false(none.files[0].self.is_there);
    shell("touch m-2 m-1 m-1.done m-1.md5 m-1.sha256");
    some = take("m-*");
    assert_int_equal(some.count, 2);
    assert_string_equal(some.files[0].path, "m-1");
    assert_true(some.files[0].side[SIDE_DONE].is_there);
    assert_string_equal(some.files[1].path, "m-2");
    assert_false(some.files[1].side[SIDE_DONE].is_there);
    snapshot_free(&none);
    snapshot_free(&some);
    some = take("m-1.done"); /* by its name it is a file like any other */
    assert_int_equal(some.count, 1);
    assert_true(some.files[0].self.is_there);
    snapshot_free(&some);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_woken_by_whatever_may_make_a_file_another_one),
        TEST(no_more_is_watched_than_has_to_be),
        TEST(so_many_directories_and_no_more),
        TEST(each_change_of_a_file_shows),
        TEST(a_pattern_stands_for_what_is_there_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
