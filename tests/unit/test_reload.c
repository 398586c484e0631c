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

#include "consumer/build_lock.h"
#include "consumer/bus_fault.h"
#include "consumer/cli.h"
#include "consumer/gate.h"
#include "consumer/monotonic.h"
#include "consumer/versions.h"
#include "consumer/wall.h"
#include "support.h"

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

    bus_fault_catch(); /* cmocka catches the signal before each test */
    if (reload_new(&(struct reload_options){.config = &f->config, .alerts = f->alerts}, &reload, &e) != 0)
        fail_msg("%s", e.text);
    return reload;
}

static uint64_t rows(const struct reload *reload)
{
    return index_info(reload_index(reload))->rows;
}

/* Of the master as it stands. */
static void build_of(struct fixture *f, const char *path)
{
    struct index_build_options options;
    struct index_build_result result;
    struct error e = {0};
    const char *files[] = {f->master};

    config_master_options(&f->config, &options);
    if (index_build(files, 1, path, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
}

static void build_index(struct fixture *f, const char *master, const char *path)
{
    support_write_text(f->master, master);
    build_of(f, path);
}

static void an_index_is_built_where_there_is_only_a_master(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->master, ONE);
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
    support_write_text(f->master, TWO);
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
    support_write_text(f->master, master);
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

    support_write_text(f->master, ONE);
    support_write(f->index, "nonsense", 8);
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
    assert_int_equal(reload_new(&(struct reload_options){.config = &f->config, .stop = &stop}, &reload, &e), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(reload);
    assert_true(access(f->index, F_OK) != 0);
}

static void *write_one_soon(void *opaque)
{
    const struct fixture *f = opaque;

    monotonic_nap(200);
    support_write_text(f->master, ONE);
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

    support_write_text(f->master, ONE);
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
    assert_int_equal(reload_new(&(struct reload_options){.config = &f->config, .stop = &stop}, &reload, &e), 0);
    assert_null(reload);
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

/* --- a master that changes --- */

#define ROW "R,,USD\n"

/* HEADER and so many rows. */
static const char *master_of(uint64_t rows_wanted)
{
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, HEADER);

    for (uint64_t i = 0; i < rows_wanted; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "R%d,,USD\n", (int)i);
    return text;
}

static void write_in_place(struct fixture *f, uint64_t wanted)
{
    const char *text = master_of(wanted);
    FILE *out = fopen(f->master, "r+");

    assert_non_null(out);
    fputs(text, out);
    fflush(out);
    assert_int_equal(ftruncate(fileno(out), (off_t)strlen(text)), 0);
    fclose(out);
}

static void append(struct fixture *f, uint64_t wanted)
{
    FILE *out = fopen(f->master, "a");

    for (uint64_t has = wanted - 1; has < wanted; has++)
        fputs(ROW, out);
    fclose(out);
}

static void truncate_and_write(struct fixture *f, uint64_t wanted)
{
    support_write_text(f->master, master_of(wanted));
}

static void move_in(struct fixture *f, uint64_t wanted)
{
    support_write_text(f->other, master_of(wanted));
    assert_int_equal(rename(f->other, f->master), 0);
}

static void delete_and_make_again(struct fixture *f, uint64_t wanted)
{
    unlink(f->master);
    monotonic_nap(30);
    truncate_and_write(f, wanted);
}

/* By a link whose target is another one from then on. */
static void lead_elsewhere(struct fixture *f, uint64_t wanted)
{
    char target[160], link[160];

    snprintf(target, sizeof target, "%s/target-%d.csv", f->directory, (int)wanted);
    snprintf(link, sizeof link, "%s/link", f->directory);
    support_write_text(target, master_of(wanted));
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(rename(link, f->master), 0);
}

/* As Kubernetes does it: master.csv -> ..data/master.csv, and ..data leads to another directory. */
static void swap_directory(struct fixture *f, uint64_t wanted)
{
    char folder[160], file[180], data[160], new_data[160];

    snprintf(folder, sizeof folder, "%s/..%d", f->directory, (int)wanted);
    snprintf(file, sizeof file, "%s/master.csv", folder);
    snprintf(data, sizeof data, "%s/..data", f->directory);
    snprintf(new_data, sizeof new_data, "%s/..data_tmp", f->directory);
    assert_int_equal(mkdir(folder, 0755), 0);
    support_write_text(file, master_of(wanted));
    assert_int_equal(symlink(strrchr(folder, '/') + 1, new_data), 0);
    assert_int_equal(rename(new_data, data), 0);
    if (wanted % 2 == 0) { /* the first time */
        unlink(f->master);
        assert_int_equal(symlink("..data/master.csv", f->master), 0);
    }
}

static void remove_all_but_the_index(struct fixture *f)
{
    char command[256];

    snprintf(command, sizeof command, "cd '%s' && rm -rf ..data ..[0-9]* target-*", f->directory);
    assert_int_equal(system(command), 0);
}

static void a_master_that_changes_in_any_way_is_adopted(void **state)
{
    static const struct {
        const char *name;
        void (*change)(struct fixture *f, uint64_t wanted);
    } ways[] = {
        {"written in place", write_in_place},
        {"written in place, shorter", write_in_place},
        {"appended", append},
        {"truncated and written", truncate_and_write},
        {"moved in", move_in},
        {"deleted and made again", delete_and_make_again},
        {"a link", lead_elsewhere},
        {"a link that leads elsewhere", lead_elsewhere},
        {"a directory that is swapped in", swap_directory},
        {"and swapped again", swap_directory},
    };
    static const uint64_t wanted[] = {7, 2, 3, 4, 5, 6, 10, 11, 12, 13};
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i].change(f, wanted[i]);
        if (!comes_to(reload, wanted[i]))
            fail_msg("%s: %d rows", ways[i].name, (int)rows(reload));
    }
    assert_int_equal(reload_counts(reload).refused, 0);
    assert_false(alerts_wait(f->alerts));
    reload_free(reload);
    remove_all_but_the_index(f);
}

static void what_the_file_system_does_not_tell_is_found_when_it_is_time(void **state)
{
    struct fixture *f = *state;
    int64_t now_ms = monotonic_ms();
    struct reload *reload;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    look(reload);
    /* Each look at a time that is long gone for the events. */
    support_write_text(f->master, TWO);
    for (int64_t until = monotonic_ms() + WAIT_MS; rows(reload) != 2 && monotonic_ms() < until; now_ms += 100) {
        reload_look(reload, now_ms, wall_ms());
        monotonic_nap(1);
    }
    assert_int_equal(rows(reload), 2);
    reload_free(reload);
}

static bool has_child(void)
{
    FILE *in = fopen("/proc/thread-self/children", "r");
    bool has = fgetc(in) != EOF;

    fclose(in);
    return has;
}

static void write_many(struct fixture *f, int count)
{
    FILE *out = fopen(f->master, "w");

    fputs(HEADER, out);
    for (int i = 0; i < count; i++)
        fprintf(out, "S%d,,USD\n", i);
    fclose(out);
}

/* Until a builder works. */
static void wait_for_child(struct reload *reload)
{
    for (int64_t until = monotonic_ms() + WAIT_MS; !has_child() && monotonic_ms() < until;)
        look(reload);
    assert_true(has_child());
}

static void a_change_during_a_build_leads_to_another_build_and_what_is_torn_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    write_many(f, 300000);
    wait_for_child(reload);
    append(f, 1);
    for (int64_t until = monotonic_ms() + WAIT_MS; rows(reload) == 1 && monotonic_ms() < until;)
        look(reload);
    assert_int_equal(rows(reload), 300001); /* and never one less */
    assert_int_equal(reload_counts(reload).adopted, 2);
    assert_int_equal(reload_counts(reload).build_failures, 0);
    reload_free(reload);
}

/* How often the alert of that kind came; frees all. */
static int count_alerts(struct fixture *f, const char *kind)
{
    char *text;
    int count = 0;

    while ((text = alerts_take(f->alerts)) != NULL) {
        count += strstr(text, kind) != NULL;
        free(text);
    }
    return count;
}

static bool fails(struct reload *reload, uint64_t wanted)
{
    for (int64_t until = monotonic_ms() + WAIT_MS;
         reload_counts(reload).build_failures < wanted && monotonic_ms() < until;)
        look(reload);
    return reload_counts(reload).build_failures >= wanted;
}

static void a_bad_master_is_told_once_and_not_built_again(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    append(f, 2);
    assert_true(comes_to(reload, 2));
    support_write_text(f->master, ONE "torn");
    assert_true(fails(reload, 1));
    look_for_a_while(reload, 500);
    assert_int_equal(reload_counts(reload).build_failures, 1);
    assert_int_equal(rows(reload), 2);
    assert_int_equal(count_alerts(f, "\"BUILD_FAILED\""), 1);
    support_write_text(f->master, ONE);
    assert_true(comes_to(reload, 1));
    reload_free(reload);
}

static void a_build_that_fails_for_other_reasons_is_tried_again_and_told_once(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;
    struct error e;

    assert_int_equal(config_set(&f->config, "reload.retry", "100ms", &e), 0);
    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(config_set(&f->config, "master.spill_dir", "/nowhere", &e), 0);
    support_write_text(f->master, TWO);
    assert_true(fails(reload, 3));
    assert_int_equal(count_alerts(f, "\"BUILD_FAILED\""), 1);
    assert_int_equal(rows(reload), 1);
    assert_int_equal(config_set(&f->config, "master.spill_dir", "", &e), 0);
    assert_true(comes_to(reload, 2));
    assert_int_equal(count_alerts(f, "\"BUILD_FAILED\""), 0);
    reload_free(reload);
}

static void a_master_that_is_away_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    unlink(f->master);
    look_for_a_while(reload, 300);
    assert_int_equal(rows(reload), 1);
    assert_int_equal(reload_counts(reload).build_failures, 0);
    support_write_text(f->master, TWO);
    assert_true(comes_to(reload, 2));
    reload_free(reload);
}

static void while_another_process_builds_its_turn_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct build_lock lock = BUILD_LOCK_FREE;
    struct reload *reload;
    struct error e;
    bool taken;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(build_lock_try(&lock, f->lock, &taken, &e), 0);
    support_write_text(f->master, TWO);
    look_for_a_while(reload, 500);
    assert_int_equal(rows(reload), 1);
    build_lock_release(&lock);
    assert_true(comes_to(reload, 2));
    reload_free(reload);
}

static void what_another_process_has_built_is_taken(void **state)
{
    struct fixture *f = *state;
    struct build_lock lock = BUILD_LOCK_FREE;
    struct reload *reload;
    struct stat before, after;
    struct error e;
    bool taken;

    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(build_lock_try(&lock, f->lock, &taken, &e), 0);
    build_index(f, TWO, f->other);
    look_for_a_while(reload, 300);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_int_equal(stat(f->index, &before), 0);
    build_lock_release(&lock);
    assert_true(comes_to(reload, 2));
    look_for_a_while(reload, 500);
    assert_int_equal(stat(f->index, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* nothing was built */
    reload_free(reload);
}

static void an_index_that_is_put_in_place_serves_until_the_master_changes(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    support_write_text(f->other, TWO);
    build_index(f, TWO, f->other);
    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(comes_to(reload, 2));
    look_for_a_while(reload, 500);
    assert_int_equal(rows(reload), 2);
    truncate_and_write(f, 3);
    assert_true(comes_to(reload, 3));
    reload_free(reload);
}

static void parts_of_a_pattern_may_come_and_go(void **state)
{
    struct fixture *f = *state;
    char pattern[160], part[160];
    struct reload *reload;
    struct error e;

    snprintf(pattern, sizeof pattern, "%s/mas*.csv", f->directory);
    snprintf(part, sizeof part, "%s/mas-2.csv", f->directory);
    free(f->config.master.files.items[0]);
    f->config.master.files.count = 0;
    assert_int_equal(config_set(&f->config, "master.files", pattern, &e), 0);
    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(rows(reload), 1);
    support_write_text(part, TWO);
    assert_true(comes_to(reload, 3));
    unlink(part);
    assert_true(comes_to(reload, 1));
    reload_free(reload);
}

static void a_master_is_read_when_what_stands_beside_it_says_so(void **state)
{
    static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000 *master.csv\n";
    struct fixture *f = *state;
    struct reload *reload;
    char side[160], command[512];
    struct error e;

    snprintf(side, sizeof side, "%s.sha256", f->master);
    support_write_text(f->master, ONE);
    reload = open_reload(f);
    assert_int_equal(config_set(&f->config, "reload.ready_file", "sha256", &e), 0);
    support_write_text(f->master, TWO);
    look_for_a_while(reload, 300);
    assert_int_equal(rows(reload), 1);
    support_write_text(side, wrong);
    look_for_a_while(reload, 300);
    assert_int_equal(rows(reload), 1);
    snprintf(command, sizeof command, "sha256sum '%s' > '%s'", f->master, side);
    assert_int_equal(system(command), 0);
    assert_true(comes_to(reload, 2));
    assert_int_equal(reload_counts(reload).build_failures, 0);
    reload_free(reload);
    unlink(side);
}

static void a_master_that_is_missed_is_told_once_each_time(void **state)
{
    const int64_t day_ms = 86400000;
    struct fixture *f = *state;
    struct reload *reload;
    int64_t wall;
    struct error e;

    assert_int_equal(config_set(&f->config, "reload.expected_by", "06:30Z", &e), 0);
    support_write_text(f->master, ONE);
    reload = open_reload(f);
    wall = wall_ms();
    reload_look(reload, monotonic_ms(), wall);
    assert_int_equal(reload_counts(reload).missed, 0);
    for (int day = 2; day < 5; day++) /* yesterday's is as good as today's */
        for (int i = 0; i < 3; i++)
            reload_look(reload, monotonic_ms(), wall + day * day_ms);
    assert_int_equal(reload_counts(reload).missed, 3);
    assert_int_equal(count_alerts(f, "\"MASTER_MISSED\""), 3);
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

    unlink(f->master);                       /* so that nothing is built */
    support_write(f->other, bytes, len / 2); /* half of it */
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(refuses(reload, 1));

    bytes[len / 2] ^= 1; /* one bit */
    support_write(f->other, bytes, len);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(refuses(reload, 2));
    bytes[len / 2] ^= 1;

    unlink(f->index); /* none at all */
    look_for_a_while(reload, 250);
    assert_int_equal(rows(reload), 1);

    support_write(f->other, bytes, len); /* and whole at last */
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
    support_write(f->index, bytes, len);
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
    support_write_text(f->master, TWO);
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
        support_write(f->index, "nonsense", 8);
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

static void write_rows(const char *path, int rows)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(HEADER, out);
    for (int i = 0; i < rows; i++)
        fprintf(out, "S%d,,USD\n", i);
    assert_int_equal(fclose(out), 0);
}

/* 1,500 rows serve, of a master that has become one of 100. */
static struct reload *open_refused(struct fixture *f, char refused[160])
{
    struct reload *reload;

    snprintf(refused, 160, "%s.refused", f->index);
    write_rows(f->master, 1500);
    reload = open_reload(f);
    write_rows(f->other, 100);
    assert_int_equal(rename(f->other, f->master), 0);
    assert_true(refuses(reload, 1));
    assert_int_equal(rows(reload), 1500);
    return reload;
}

static void a_master_that_lost_its_rows_is_refused_and_stays_for_inspection(void **state)
{
    struct fixture *f = *state;
    char refused[160];
    struct reload *reload = open_refused(f, refused);

    look_for_a_while(reload, 300); /* not built again and again */
    assert_int_equal(reload_counts(reload).refused, 1);
    assert_int_equal(access(refused, F_OK), 0);
    reload_free(reload);
    reload = open_reload(f); /* nor is it good after a restart */
    assert_int_equal(rows(reload), 1500);
    write_rows(f->other, 1501);
    assert_int_equal(rename(f->other, f->master), 0);
    assert_true(comes_to(reload, 1501));
    reload_free(reload);
    assert_int_equal(unlink(refused), 0);
}

static void what_was_refused_serves_when_somebody_says_so(void **state)
{
    struct fixture *f = *state;
    char refused[160];
    struct reload *reload = open_refused(f, refused);
    struct index *index;
    struct error e;

    assert_int_equal(index_open(refused, NULL, &index, &e), 0);
    assert_int_equal(gate_force(f->index, index_info(index)->version, &e), 0);
    assert_int_equal(rename(refused, f->index), 0);
    assert_true(comes_to(reload, 100));
    assert_false(gate_is_forced(f->index, index_info(index)->version)); /* once */
    index_close(index);
    look_for_a_while(reload, 300);
    assert_int_equal(rows(reload), 100);
    reload_free(reload);
}

static void a_delivery_that_was_refused_does_not_serve_after_a_restart_either(void **state)
{
    struct fixture *f = *state;
    struct reload *reload;

    write_rows(f->master, 1500);
    build_of(f, f->index);
    reload = open_reload(f);
    write_rows(f->master, 100);
    build_of(f, f->other);
    assert_int_equal(unlink(f->master), 0);
    assert_int_equal(rename(f->other, f->index), 0);
    assert_true(refuses(reload, 1));
    assert_int_equal(rows(reload), 1500);
    reload_free(reload);
    reload = open_reload(f);
    assert_int_equal(rows(reload), 1500);
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
        TEST(a_master_that_changes_in_any_way_is_adopted),
        TEST(what_the_file_system_does_not_tell_is_found_when_it_is_time),
        TEST(a_change_during_a_build_leads_to_another_build_and_what_is_torn_is_dropped),
        TEST(a_bad_master_is_told_once_and_not_built_again),
        TEST(a_build_that_fails_for_other_reasons_is_tried_again_and_told_once),
        TEST(a_master_that_is_away_is_waited_for),
        TEST(while_another_process_builds_its_turn_is_waited_for),
        TEST(what_another_process_has_built_is_taken),
        TEST(an_index_that_is_put_in_place_serves_until_the_master_changes),
        TEST(parts_of_a_pattern_may_come_and_go),
        TEST(a_master_is_read_when_what_stands_beside_it_says_so),
        TEST(a_master_that_is_missed_is_told_once_each_time),
        TEST(an_old_index_is_closed_when_its_last_holder_has_let_go),
        TEST(holders_of_several_threads_go_over_to_the_newer_one),
        TEST(a_broken_file_is_refused_and_the_old_serves_on),
        TEST(an_index_that_was_cut_or_overwritten_in_place_is_built_anew),
        TEST(without_a_master_the_version_before_serves_for_one_that_was_cut),
        TEST(a_start_without_a_good_index_takes_the_newest_one_that_was_kept),
        TEST(an_index_that_was_copied_over_is_opened_anew),
        TEST(an_index_that_was_deleted_is_as_good_as_before),
        TEST(a_master_that_lost_its_rows_is_refused_and_stays_for_inspection),
        TEST(what_was_refused_serves_when_somebody_says_so),
        TEST(a_delivery_that_was_refused_does_not_serve_after_a_restart_either),
        TEST(an_index_is_locked_in_memory_if_that_is_asked_for),
    };

    return argc > 1 ? cli_main(argc, argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
