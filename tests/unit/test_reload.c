/* reload: an index that is built, adopted, refused; files in a directory of the test's own, by a builder of its own. */
#include "consumer/reload.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "consumer/cli.h"
#include "consumer/monotonic.h"
#include "consumer/versions.h"
#include "consumer/wall.h"

#define HEADER "symbol,isin,currency\n"
#define ONE HEADER "AAA,US0378331005,USD\n"
#define TWO ONE "BBB,US5949181045,USD\n"
#define WAIT_MS 30000

/* Each test starts with an empty directory and a configuration that points there. */
struct fixture {
    char directory[64];
    char master[128];
    char index[128];
    char other[128];
    char lock[136];
    char versions[144];
    struct alerts *alerts;
    struct config config;
};

static void write_file(const char *path, const char *text, size_t len)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e;

    snprintf(f->directory, sizeof f->directory, "/tmp/test_reload_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->master, sizeof f->master, "%s/master.csv", f->directory);
    snprintf(f->index, sizeof f->index, "%s/index.fwx", f->directory);
    snprintf(f->other, sizeof f->other, "%s/other.fwx", f->directory);
    snprintf(f->lock, sizeof f->lock, "%s.lock", f->index);
    snprintf(f->versions, sizeof f->versions, "%s.versions", f->index);
    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "master.files", f->master, &e), 0);
    assert_int_equal(config_set(&f->config, "master.index", f->index, &e), 0);
    assert_int_equal(config_set(&f->config, "reload.check_interval", "100ms", &e), 0);
    assert_int_equal(config_set(&f->config, "reload.settle", "0", &e), 0);
    assert_int_equal(config_set(&f->config, "output.alert_topic", "alerts", &e), 0);
    f->alerts = alerts_new(&f->config);
    *state = f;
    return 0;
}

static void remove_versions(struct fixture *f)
{
    struct versions *versions;
    struct error e;

    assert_int_equal(versions_open(f->versions, &versions, &e), 0);
    for (size_t i = 0; i < versions_count(versions); i++)
        assert_int_equal(unlink(versions_entry(versions, i)->path), 0);
    versions_free(versions);
    rmdir(f->versions);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    remove_versions(f);
    unlink(f->master);
    unlink(f->index);
    unlink(f->other);
    unlink(f->lock);
    assert_int_equal(rmdir(f->directory), 0); /* nothing else was left behind */
    alerts_free(f->alerts);
    config_free(&f->config);
    free(f);
    return 0;
}

static struct reload *open_reload(struct fixture *f)
{
    struct reload *reload = NULL;
    struct error e = {0};

    if (reload_new(&(struct reload_options){.config = &f->config, .alerts = f->alerts}, &reload, &e) != 0)
        fail_msg("%s", e.text);
    return reload;
}

static uint64_t rows(const struct reload *reload)
{
    return index_info(reload_index(reload))->rows;
}

static void build_index(struct fixture *f, const char *master, const char *path)
{
    struct index_build_options options;
    struct index_build_result result;
    struct error e = {0};
    const char *files[] = {f->master};

    write_file(f->master, master, strlen(master));
    config_master_options(&f->config, &options);
    if (index_build(files, 1, path, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
}

static void an_index_is_built_where_there_is_only_a_master(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    write_file(f->master, ONE, strlen(ONE));
    reload = open_reload(f);
    assert_int_equal(rows(reload), 1);
    assert_int_equal(access(f->index, F_OK), 0);
    reload_free(reload);
}

static void an_index_older_than_its_master_is_built_again(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    build_index(f, ONE, f->index);
    write_file(f->master, TWO, strlen(TWO));
    reload = open_reload(f);
    assert_int_equal(rows(reload), 2);
    reload_free(reload);
}

static void an_index_of_other_columns_is_built_again(void **state)
{
    struct fixture *f = *state;
    struct error e;
    struct reload *reload;

    build_index(f, ONE, f->index);
    assert_int_equal(config_set(&f->config, "master.carry", "currency", &e), 0);
    reload = open_reload(f);
    assert_int_equal(index_info(reload_index(reload))->carried_count, 1);
    reload_free(reload);
    assert_int_equal(config_set(&f->config, "master.column.mic", "currency", &e), 0);
    reload = open_reload(f);
    assert_string_equal(index_info(reload_index(reload))->role_column[ROLE_MIC], "currency");
    reload_free(reload);
}

static void an_index_whose_master_was_read_otherwise_is_built_again(void **state)
{
    static const char *const settings[][2] = {{"master.comment", "# "},     {"master.skip_lines", "0"},
                                              {"master.encoding", "utf-8"}, {"master.data_end", "END"},
                                              {"master.trailer", "T"},      {"master.columns", "symbol,currency,x"}};
    static const char master[] = "symbol,currency,x\nA,USD,\n# x\nT,x\nEND\n";
    struct fixture *f = *state;
    struct error e;

    assert_int_equal(config_set(&f->config, "master.max_bad_rows", "unlimited", &e), 0);
    write_file(f->master, master, strlen(master));
    reload_free(open_reload(f));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char version[INDEX_VERSION_LEN + 1];
        struct reload *reload = open_reload(f);

        strcpy(version, index_info(reload_index(reload))->version);
        reload_free(reload);
        assert_int_equal(config_set(&f->config, settings[i][0], settings[i][1], &e), 0);
        reload = open_reload(f);
        if ((strcmp(version, index_info(reload_index(reload))->version) == 0) != (i == 1)) /* 0 is the default */
            fail_msg("%s", settings[i][0]);
        reload_free(reload);
    }
}

static void an_index_serves_without_its_master(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    build_index(f, ONE, f->index);
    unlink(f->master);
    reload = open_reload(f);
    assert_int_equal(rows(reload), 1);
    reload_free(reload);
}

static void a_broken_index_is_built_again(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    write_file(f->master, ONE, strlen(ONE));
    write_file(f->index, "nonsense", 8);
    reload = open_reload(f);
    assert_int_equal(rows(reload), 1);
    reload_free(reload);
}

/* Sets a flag when it is time. */
static void *stop_soon(void *opaque)
{
    monotonic_nap(300);
    atomic_store((atomic_bool *)opaque, true);
    return NULL;
}

static void neither_index_nor_master_is_waited_for_until_it_is_stopped(void **state)
{
    struct fixture *f = *state;
    struct reload *reload = NULL;
    atomic_bool stop = false;
    struct error e = {0};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
    assert_int_equal(reload_new(&(struct reload_options){.config = &f->config, .stop = &stop}, &reload, &e), -1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_non_null(strstr(e.text, f->index));
    assert_true(access(f->index, F_OK) != 0);
}

static void *write_one_soon(void *opaque)
{
    const struct fixture *f = opaque;

    monotonic_nap(200);
    write_file(f->master, ONE, strlen(ONE));
    return NULL;
}

static void a_master_that_comes_later_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, write_one_soon, f), 0);
    reload = open_reload(f);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(rows(reload), 1);
    reload_free(reload);
}

static void what_no_master_would_change_ends_the_start(void **state)
{
    struct fixture *f = *state;
    struct reload *reload = NULL;
    struct error e = {0};

    write_file(f->master, ONE, strlen(ONE));
    assert_int_equal(config_set(&f->config, "master.carry", "no such column", &e), 0);
    assert_int_equal(reload_new(&(struct reload_options){.config = &f->config}, &reload, &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_non_null(strstr(e.text, "no such column"));
}

static void a_builder_that_is_told_to_stop_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct reload *reload = NULL;
    struct error e = {0};
    atomic_bool stop = true;
    FILE *out = fopen(f->master, "w");

    fputs(HEADER, out);
    for (int i = 0; i < 300000; i++)
        fprintf(out, "S%d,,USD\n", i);
    fclose(out);
    assert_int_equal(reload_new(&(struct reload_options){.config = &f->config, .stop = &stop}, &reload, &e), -1);
    assert_true(access(f->index, F_OK) != 0);
}

static void look(struct reload *reload)
{
    reload_look(reload, monotonic_ms(), wall_ms());
    monotonic_nap(1);
}

/* Whether one of so many rows serves before long. */
static bool comes_to(struct reload *reload, uint64_t wanted)
{
    int64_t until = monotonic_ms() + WAIT_MS;

    while (rows(reload) != wanted && monotonic_ms() < until)
        look(reload);
    return rows(reload) == wanted;
}

/* Whether so many were refused before long. */
static bool refuses(struct reload *reload, uint64_t wanted)
{
    int64_t until = monotonic_ms() + WAIT_MS;

    while (reload_counts(reload).refused < wanted && monotonic_ms() < until)
        look(reload);
    return reload_counts(reload).refused == wanted;
}

static void look_for_a_while(struct reload *reload, int ms)
{
    for (int64_t until = monotonic_ms() + ms; monotonic_ms() < until;)
        look(reload);
}

static void a_newer_index_is_adopted(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    build_index(f, ONE, f->index);
    reload = open_reload(f);
    build_index(f, TWO, f->other);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(comes_to(reload, 2));
    assert_int_equal(reload_counts(reload).refused, 0);
    reload_free(reload);
}

/* Pages of the file that this process has mapped, by its inode, since its name is another's by then. */
static bool is_mapped(ino_t inode)
{
    FILE *in = fopen("/proc/self/maps", "r");
    unsigned long long mapped;
    bool found = false;
    char line[512];

    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL)
        found = found || (sscanf(line, "%*s %*s %*s %*s %llu", &mapped) == 1 && mapped == inode);
    fclose(in);
    return found;
}

static void an_old_index_is_closed_when_its_last_holder_has_let_go(void **state)
{
    struct fixture *f = *state;
    const struct index *one, *two;
    struct reload *reload;
    struct stat st;

    build_index(f, ONE, f->index);
    assert_int_equal(stat(f->index, &st), 0);
    reload = open_reload(f);
    one = reload_take(reload, NULL);
    two = reload_take(reload, NULL);
    assert_ptr_equal(one, two);
    assert_ptr_equal(reload_take(reload, one), one);
    build_index(f, TWO, f->other);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(comes_to(reload, 2));
    one = reload_take(reload, one);
    assert_int_equal(index_info(one)->rows, 2);
    look(reload);
    assert_true(is_mapped(st.st_ino));
    assert_int_equal(index_info(two)->rows, 1); /* held on */
    reload_give_back(reload, two);
    look(reload);
    assert_false(is_mapped(st.st_ino));
    reload_give_back(reload, one);
    reload_give_back(reload, NULL);
    reload_free(reload);
}

/* A lane: takes the newest index over and over, and looks into it. */
static void *hold_on_and_on(void *opaque)
{
    struct reload *reload = opaque;
    const struct index *held = NULL;
    uint64_t last = 0;

    for (int i = 0; i < 20000 || last < 2; i++) {
        held = reload_take(reload, held);
        assert_true(index_info(held)->rows >= last); /* never an older one again */
        last = index_info(held)->rows;
    }
    reload_give_back(reload, held);
    return NULL;
}

static void holders_of_several_threads_go_over_to_the_newer_one(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;
    pthread_t threads[4];

    build_index(f, ONE, f->index);
    reload = open_reload(f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_on_and_on, reload), 0);
    build_index(f, TWO, f->other);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(comes_to(reload, 2));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    look(reload);
    reload_free(reload);
}

/* What comes in the place of a good index, and must not serve. */
static void a_broken_file_is_refused_and_the_old_serves_on(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;
    static char bytes[1 << 20];
    size_t len;
    FILE *in;

    build_index(f, TWO, f->other);
    in = fopen(f->other, "r");
    len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(len > 4096 && len < sizeof bytes);
    build_index(f, ONE, f->index);
    reload = open_reload(f);

    unlink(f->master);                    /* so that nothing is built */
    write_file(f->other, bytes, len / 2); /* half of it */
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(refuses(reload, 1));

    bytes[len / 2] ^= 1; /* one bit */
    write_file(f->other, bytes, len);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(refuses(reload, 2));
    bytes[len / 2] ^= 1;

    unlink(f->index); /* none at all */
    look_for_a_while(reload, 250);
    assert_int_equal(rows(reload), 1);

    write_file(f->other, bytes, len); /* and whole at last */
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(comes_to(reload, 2));
    assert_int_equal(reload_counts(reload).refused, 2);
    reload_free(reload);
}

static struct reload *open_cut_or_overwritten(struct fixture *f, void (*spoil)(struct fixture *),
                                              const struct index **held)
{
    struct reload *reload;

    build_index(f, ONE, f->index);
    reload = open_reload(f);
    *held = reload_take(reload, NULL);
    assert_true(reload_trusts(reload, *held));
    spoil(f);
    return reload;
}

static void cut(struct fixture *f)
{
    assert_int_equal(truncate(f->index, 5000), 0);
}

static void overwrite(struct fixture *f)
{
    FILE *out = fopen(f->index, "r+");

    assert_non_null(out);
    fputs("torn", out);
    assert_int_equal(fclose(out), 0);
}

/* The same bytes, but written over by a good index: what is mapped is another one by then. */
static void copy_another_over_it(struct fixture *f)
{
    static char bytes[1 << 20];
    size_t len;
    FILE *in;

    build_index(f, TWO, f->other);
    in = fopen(f->other, "r");
    len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    write_file(f->index, bytes, len);
}

/* Until what serves can be trusted. */
static bool recovers(struct reload *reload)
{
    int64_t end_ms = monotonic_ms() + WAIT_MS;

    while (!reload_trusts(reload, reload_index(reload)) && monotonic_ms() < end_ms)
        look_for_a_while(reload, 10);
    return reload_trusts(reload, reload_index(reload));
}

static void an_index_that_was_cut_or_overwritten_in_place_is_built_anew(void **state)
{
    void (*const spoilers[])(struct fixture *) = {cut, overwrite};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof spoilers / sizeof *spoilers; i++) {
        const struct index *held;
        struct reload *reload = open_cut_or_overwritten(f, spoilers[i], &held);

        assert_false(reload_trusts(reload, held));
        assert_true(recovers(reload));
        assert_false(reload_trusts(reload, held)); /* for good */
        held = reload_take(reload, held);
        assert_true(reload_trusts(reload, held));
        assert_true(alerts_wait(f->alerts));
        reload_give_back(reload, held);
        reload_free(reload);
    }
}

static void an_index_that_was_copied_over_is_opened_anew(void **state)
{
    struct fixture *f = *state;
    const struct index *held;
    struct reload *reload = open_cut_or_overwritten(f, copy_another_over_it, &held);

    assert_false(reload_trusts(reload, held));
    assert_true(comes_to(reload, 2));
    held = reload_take(reload, held);
    assert_true(reload_trusts(reload, held));
    reload_give_back(reload, held);
    reload_free(reload);
}

static struct reload *open_two_versions(struct fixture *f)
{
    struct reload *reload;

    build_index(f, ONE, f->index);
    reload = open_reload(f);
    write_file(f->master, TWO, strlen(TWO));
    assert_true(comes_to(reload, 2));
    assert_int_equal(unlink(f->master), 0);
    return reload;
}

static void without_a_master_the_version_before_serves_for_one_that_was_cut(void **state)
{
    struct fixture *f = *state;
    struct reload *reload = open_two_versions(f);

    cut(f);
    assert_true(comes_to(reload, 1));
    assert_true(recovers(reload));
    reload_free(reload);
}

static void a_start_without_a_good_index_takes_the_newest_one_that_was_kept(void **state)
{
    struct fixture *f = *state;

    reload_free(open_two_versions(f));
    assert_int_equal(unlink(f->index), 0);
    for (int i = 0; i < 2; i++) {
        struct reload *reload = open_reload(f);

        assert_int_equal(rows(reload), 2);
        reload_free(reload);
        write_file(f->index, "nonsense", 8);
    }
}

static void an_index_that_was_deleted_is_as_good_as_before(void **state)
{
    struct fixture *f = *state;
    const struct index *held;
    struct reload *reload;

    build_index(f, ONE, f->index);
    reload = open_reload(f);
    held = reload_take(reload, NULL);
    assert_int_equal(rename(f->index, f->other), 0);
    assert_int_equal(unlink(f->other), 0);
    assert_true(reload_trusts(reload, held));
    look_for_a_while(reload, 300);
    assert_int_equal(rows(reload), 1);
    assert_true(reload_trusts(reload, held));
    reload_give_back(reload, held);
    reload_free(reload);
}

/* KiB of this process that are locked in memory. */
static unsigned long locked_memory(void)
{
    FILE *in = fopen("/proc/self/status", "r");
    unsigned long locked = 0;
    char line[256];

    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL && sscanf(line, "VmLck: %lu", &locked) != 1)
        ;
    fclose(in);
    return locked;
}

static void an_index_is_locked_in_memory_if_that_is_asked_for(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;
    struct error e;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* sanitizers let nothing be locked */
#endif
    build_index(f, ONE, f->index);
    reload = open_reload(f);
    assert_int_equal(locked_memory(), 0);
    reload_free(reload);
    assert_int_equal(config_set(&f->config, "master.residence", "locked", &e), 0);
    reload = open_reload(f);
    assert_int_equal(locked_memory(), index_info(reload_index(reload))->file_bytes / 1024);
    reload_free(reload);
    assert_int_equal(locked_memory(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The builder is this program, called as fixwarden. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(an_index_is_built_where_there_is_only_a_master),
        TEST(an_index_older_than_its_master_is_built_again),
        TEST(an_index_of_other_columns_is_built_again),
        TEST(an_index_whose_master_was_read_otherwise_is_built_again),
        TEST(an_index_serves_without_its_master),
        TEST(a_broken_index_is_built_again),
        TEST(neither_index_nor_master_is_waited_for_until_it_is_stopped),
        TEST(a_master_that_comes_later_is_waited_for),
        TEST(what_no_master_would_change_ends_the_start),
        TEST(a_builder_that_is_told_to_stop_leaves_nothing),
        TEST(a_newer_index_is_adopted),
        TEST(an_old_index_is_closed_when_its_last_holder_has_let_go),
        TEST(holders_of_several_threads_go_over_to_the_newer_one),
        TEST(a_broken_file_is_refused_and_the_old_serves_on),
        TEST(an_index_that_was_cut_or_overwritten_in_place_is_built_anew),
        TEST(without_a_master_the_version_before_serves_for_one_that_was_cut),
        TEST(a_start_without_a_good_index_takes_the_newest_one_that_was_kept),
        TEST(an_index_that_was_copied_over_is_opened_anew),
        TEST(an_index_that_was_deleted_is_as_good_as_before),
        TEST(an_index_is_locked_in_memory_if_that_is_asked_for),
    };

    return argc > 1 ? cli_main(argc, argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
