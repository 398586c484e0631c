/* versions: names, order and links, in a directory of the test's own. */
#include "consumer/versions.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

#define A "aaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbb"
#define C "cccccccccccccccc"
#define T INT64_C(1764063000123) /* 2025-11-25T09:30:00.123Z */

struct fixture {
    char directory[64]; /* the folder is in it */
    char folder[96];
    char index[96];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/test_versions_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->folder, sizeof f->folder, "%s/kept", f->directory);
    snprintf(f->index, sizeof f->index, "%s/index.fwx", f->directory);
    support_write_text(f->index, "one");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char path[512];
    struct dirent *entry;
    DIR *folder = opendir(f->folder);

    while (folder && (entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", f->folder, entry->d_name);
        unlink(path);
    }
    if (folder)
        closedir(folder);
    rmdir(f->folder);
    unlink(f->index);
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

static struct versions *open_versions(const struct fixture *f)
{
    struct versions *versions;
    struct error e;

    if (versions_open(f->folder, &versions, &e) != 0)
        fail_msg("%s", e.text);
    return versions;
}

static void add(struct versions *versions, const struct fixture *f, const char *version, int64_t time_ms)
{
    struct error e;

    if (versions_add(versions, f->index, version, time_ms, &e) != 0)
        fail_msg("%s", e.text);
}

/* A new file in the place of the index, as a build leaves it. */
static void make_index_anew(const struct fixture *f, const char *text)
{
    assert_int_equal(unlink(f->index), 0);
    support_write_text(f->index, text);
}

static void a_folder_that_is_not_there_is_empty_and_is_made_when_it_is_needed(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);

    assert_int_equal(versions_count(versions), 0);
    assert_int_equal(access(f->folder, F_OK), -1);
    add(versions, f, A, T);
    assert_int_equal(versions_count(versions), 1);
    versions_free(versions);
}

static void a_name_says_since_when_and_which_version(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);
    const struct version_entry *entry;
    char expected[160];

    add(versions, f, A, T);
    versions_free(versions);
    versions = open_versions(f); /* read back */
    entry = versions_entry(versions, 0);
    snprintf(expected, sizeof expected, "%s/20251125T093000.123Z-" A ".fwx", f->folder);
    assert_string_equal(entry->path, expected);
    assert_string_equal(entry->version, A);
    assert_int_equal(entry->valid_from_ms, T);
    versions_free(versions);
}

static void files_of_other_names_are_left_alone(void **state)
{
    static const char *const names[] = {"notes.txt",
                                        "20251125T093000.123Z-" A ".fwx.1234",
                                        "20251125T093000.123Z-" A ".fwy",
                                        "20251325T093000.123Z-" A ".fwx",
                                        "20251125T093060.123Z-" A ".fwx",
                                        "20251125T093000.123Z-AAAAAAAAAAAAAAAA.fwx",
                                        " 0251125T093000.123Z-" A ".fwx",
                                        "19601125T093000.123Z-" A ".fwx"};
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);
    struct error e;
    char path[256];

    add(versions, f, A, T);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        support_write_text(path, "");
    }
    add(versions, f, B, T + 1);
    assert_int_equal(versions_count(versions), 2);
    assert_int_equal(versions_prune(versions, 1, 1, &e), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
    versions_free(versions);
}

static void of_a_version_that_comes_again_the_newest_is_found(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);

    add(versions, f, A, T);
    add(versions, f, B, T + 10);
    add(versions, f, A, T + 20); /* the old master again */
    assert_int_equal(versions_find(versions, A)->valid_from_ms, T + 20);
    assert_null(versions_find(versions, C));
    versions_free(versions);
}

static void the_same_version_once_more_keeps_its_time_and_is_the_new_file(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);
    struct stat ours, kept;

    add(versions, f, A, T);
    make_index_anew(f, "two");
    add(versions, f, A, T + 5);
    assert_int_equal(versions_count(versions), 1);
    assert_int_equal(versions_entry(versions, 0)->valid_from_ms, T);
    assert_int_equal(stat(f->index, &ours), 0);
    assert_int_equal(stat(versions_entry(versions, 0)->path, &kept), 0);
    assert_int_equal(ours.st_ino, kept.st_ino);
    versions_free(versions);
}

static void a_clock_that_was_set_back_changes_no_order(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);

    add(versions, f, A, T);
    add(versions, f, B, T - 1000);
    assert_string_equal(versions_entry(versions, 1)->version, B);
    assert_int_equal(versions_entry(versions, 1)->valid_from_ms, T + 1);
    versions_free(versions);
}

static void only_the_oldest_go(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f), *other = open_versions(f);
    struct error e;

    add(versions, f, A, T);
    add(versions, f, B, T + 1);
    add(other, f, C, T + 2); /* by another process */
    assert_int_equal(versions_prune(versions, 2, 1, &e), 0);
    assert_int_equal(versions_count(versions), 2);
    assert_string_equal(versions_entry(versions, 0)->version, B);
    assert_string_equal(versions_entry(versions, 1)->version, C);
    assert_int_equal(versions_prune(versions, 3, 1, &e), 0);
    assert_int_equal(versions_count(versions), 2);
    versions_free(versions);
    versions_free(other);
}

static void what_cannot_be_kept_is_said(void **state)
{
    const struct fixture *f = *state;
    struct versions *versions = open_versions(f);
    struct error e;

    assert_int_equal(versions_add(versions, "/nowhere/index.fwx", A, T, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_non_null(strstr(e.text, "/nowhere/index.fwx"));
    versions_free(versions);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_that_is_not_there_is_empty_and_is_made_when_it_is_needed),
        TEST(a_name_says_since_when_and_which_version),
        TEST(files_of_other_names_are_left_alone),
        TEST(of_a_version_that_comes_again_the_newest_is_found),
        TEST(the_same_version_once_more_keeps_its_time_and_is_the_new_file),
        TEST(a_clock_that_was_set_back_changes_no_order),
        TEST(only_the_oldest_go),
        TEST(what_cannot_be_kept_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
