/* serving: exchanged a thousand times under the hands of readers; also for ThreadSanitizer (preset tsan). */
#include "consumer/serving.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/index_build.h"

#define READERS 4
#define SWAPS 1000
#define ISIN "US0378331005"

/* Two versions that say other things of one security. */
static const char *const masters[] = {"symbol,isin\nONE," ISIN "\n", "symbol,isin\nTWO," ISIN "\nX,\n"};

struct fixture {
    char directory[64];
    char paths[2][96];
    struct serving *serving;
    atomic_bool stop;
    atomic_uint seen; /* looks of all readers at another index than the one before */
};

static void build(struct fixture *f, int which)
{
    struct index_build_result result;
    struct error e = {0};
    char master[96];
    const char *files[] = {master};
    FILE *out;

    snprintf(master, sizeof master, "%s/master.csv", f->directory);
    out = fopen(master, "w");
    fputs(masters[which], out);
    fclose(out);
    if (index_build(files, 1, f->paths[which], &(struct index_build_options){0}, &result, &e) != 0)
        fail_msg("%s", e.text);
    unlink(master);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/test_serving_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->paths[0], sizeof f->paths[0], "%s/0.fwx", f->directory);
    snprintf(f->paths[1], sizeof f->paths[1], "%s/1.fwx", f->directory);
    build(f, 0);
    build(f, 1);
    f->serving = serving_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    serving_free(f->serving);
    unlink(f->paths[0]);
    unlink(f->paths[1]);
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

static struct index *open_version(struct fixture *f, int which)
{
    struct index *index = NULL;
    struct error e = {0};

    if (index_open(f->paths[which], &(struct index_open_options){.verify_all = true}, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

/* What the index says has to be what its own number of rows promises, whichever it is. */
static void check(const struct index *index)
{
    struct index_cursor cursor;
    struct security security;

    index_find(index, IDENTIFIER_ISIN, slice_of(ISIN), &cursor);
    assert_true(index_next(&cursor, &security));
    assert_true(slice_equal(security.value[ROLE_SYMBOL], slice_of(index_info(index)->rows == 1 ? "ONE" : "TWO")));
}

static void *read_on_and_on(void *opaque)
{
    struct fixture *f = opaque;
    const struct index *held = NULL, *before = NULL;

    while (!atomic_load(&f->stop)) {
        held = serving_take(f->serving, held);
        check(held);
        if (held != before)
            atomic_fetch_add(&f->seen, 1);
        before = held;
    }
    serving_give_back(f->serving, held);
    return NULL;
}

static size_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Of files in the directory; a sanitizer has mappings of its own. */
static size_t count_mappings(const struct fixture *f)
{
    FILE *in = fopen("/proc/self/maps", "r");
    size_t count = 0;
    char line[512];

    while (fgets(line, sizeof line, in))
        count += strstr(line, f->directory) != NULL;
    fclose(in);
    return count;
}

static void a_thousand_swaps_leave_nothing_behind(void **state)
{
    struct fixture *f = *state;
    pthread_t readers[READERS];
    size_t descriptors, mappings;
    struct error e;

    assert_int_equal(serving_add(f->serving, open_version(f, 0), &e), 0);
    descriptors = count_descriptors();
    mappings = count_mappings(f);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on_and_on, f), 0);
    for (int i = 1; i <= SWAPS; i++) {
        assert_int_equal(serving_add(f->serving, open_version(f, i % 2), &e), 0);
        serving_close_unused(f->serving);
        while (atomic_load(&f->seen) < (unsigned)i)
            sched_yield();
    }
    atomic_store(&f->stop, true);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    serving_close_unused(f->serving);
    assert_int_equal(count_descriptors(), descriptors);
    assert_int_equal(count_mappings(f), mappings);
    print_message("%u exchanges by %d readers\n", atomic_load(&f->seen), READERS);
}

static void one_that_is_held_stays_open(void **state)
{
    struct fixture *f = *state;
    const struct index *held;
    struct error e;

    assert_null(serving_newest(f->serving));
    serving_close_unused(f->serving);
    assert_int_equal(serving_add(f->serving, open_version(f, 0), &e), 0);
    held = serving_take(f->serving, NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(serving_add(f->serving, open_version(f, 1), &e), 0);
    serving_close_unused(f->serving);
    check(held);
    assert_int_equal(index_info(held)->rows, 1);
    held = serving_take(f->serving, held);
    assert_ptr_equal(held, serving_newest(f->serving));
    serving_give_back(f->serving, held);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_swaps_leave_nothing_behind),
        TEST(one_that_is_held_stays_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
