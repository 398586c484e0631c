/* deltas: a directory of them over an index, as files come, change and go. Time is the test's own. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumer/deltas.h"
#include "consumer/monotonic.h"
#include "core/index_build.h"

#define HEADER "symbol,isin,mic,currency\n"
#define DELTA "action," HEADER
#define ONE DELTA "A,ONE,,XNAS,USD\n"
#define TWO DELTA "A,TWO,,XNAS,USD\n"
#define THREE DELTA "A,THREE,,XNAS,USD\n"
#define NO_ONE DELTA "D,ONE,,,\n"

struct fixture {
    char directory[64];
    struct config config;
    struct alerts *alerts;
    struct deltas *deltas;
    struct index *index; /* that serves */
    int64_t now_ms;
    char symbols[256];
};

enum { PATH_ROOM = 384 };

static void path_of(const struct fixture *f, const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%s", f->directory, name);
}

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[PATH_ROOM];
    FILE *file;

    path_of(f, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void take_away(const struct fixture *f, const char *name)
{
    char path[PATH_ROOM];

    path_of(f, name, path);
    assert_int_equal(unlink(path), 0);
}

/* `seconds` from now, as the file system sees it. */
static void set_time(const struct fixture *f, const char *name, int seconds)
{
    struct timespec times[2];
    char path[PATH_ROOM];

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec += seconds;
    times[1] = times[0];
    path_of(f, name, path);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e;

    snprintf(f->directory, sizeof f->directory, "/tmp/test_deltas_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "deltas.directory", f->directory, &e), 0);
    assert_int_equal(config_set(&f->config, "output.alert_topic", "alerts", &e), 0);
    f->alerts = alerts_new(&f->config);
    assert_int_equal(deltas_new(&f->config, f->alerts, NULL, &f->deltas, &e), 0);
    f->now_ms = monotonic_ms();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct dirent *entry;
    DIR *dir;

    deltas_free(f->deltas);
    alerts_free(f->alerts);
    index_close(f->index);
    dir = opendir(f->directory);
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' || entry->d_name[1] == 'h')
            take_away(f, entry->d_name);
    if (dir != NULL)
        closedir(dir);
    rmdir(f->directory);
    config_free(&f->config);
    free(f);
    return 0;
}

/* The symbols of what serves, in order. */
static const char *serves(struct fixture *f)
{
    struct security s;
    uint64_t position = 0;
    size_t used = 0;

    f->symbols[0] = '\0';
    while (index_walk(f->index, &position, &s))
        used += (size_t)snprintf(f->symbols + used, sizeof f->symbols - used, "%s%.*s", used > 0 ? " " : "",
                                 SLICE_FORMAT(s.value[ROLE_SYMBOL]));
    return f->symbols;
}

/* NULL: nothing has come of it, or nothing was begun. */
static struct index *wait_for_index(struct fixture *f)
{
    while (deltas_is_busy(f->deltas))
        monotonic_nap(1);
    return deltas_take(f->deltas);
}

static void begin(struct fixture *f, const char *master)
{
    struct index *base = support_index(master);

    index_close(f->index);
    deltas_cover(f->deltas, base, f->now_ms);
    f->index = wait_for_index(f);
}

/* So much later, looked at as often as it is in earnest. */
static void pass(struct fixture *f, int ms)
{
    for (const int64_t until = f->now_ms + ms; f->now_ms < until;) {
        struct index *index;

        f->now_ms += DELTAS_LOOK_MS;
        deltas_look(f->deltas, f->now_ms);
        index = wait_for_index(f);
        if (index == NULL)
            continue;
        index_close(f->index);
        f->index = index;
    }
}

enum { SETTLED = DELTAS_SETTLE_MS + 2 * DELTAS_LOOK_MS };

static void a_file_is_applied_once_nothing_happens_to_it(void **state)
{
    struct fixture *f = *state;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    assert_string_equal(serves(f), "BASE");
    put(f, "1.csv", ONE);
    pass(f, DELTAS_LOOK_MS);
    assert_string_equal(serves(f), "BASE");
    put(f, "1.csv", ONE "A,MORE,,XNAS,USD\n");
    pass(f, DELTAS_SETTLE_MS - DELTAS_LOOK_MS);
    assert_string_equal(serves(f), "BASE");
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE MORE");
}

static void what_is_there_at_the_start_is_waited_for(void **state)
{
    struct fixture *f = *state;

    put(f, "1.csv", ONE);
    put(f, "2.csv", TWO);
    set_time(f, "1.csv", 60); /* newer than the master, which is made now */
    set_time(f, "2.csv", 60);
    begin(f, HEADER "BASE,,XNAS,USD\n");
    assert_string_equal(serves(f), "BASE ONE TWO");
}

static void files_go_by_their_names_and_not_by_when_they_came(void **state)
{
    struct fixture *f = *state;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, "3.csv", THREE);
    put(f, "2.csv", NO_ONE);
    put(f, "1.csv", ONE);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE THREE");
    put(f, "25.csv", TWO); /* before one that is applied */
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE TWO THREE");
}

static void one_after_the_other_and_all_at_once_are_the_same_version(void **state)
{
    struct fixture *f = *state;
    char first[INDEX_VERSION_LEN + 1], base[INDEX_VERSION_LEN + 1];

    begin(f, HEADER "BASE,,XNAS,USD\n");
    strcpy(base, index_info(f->index)->version);
    put(f, "1.csv", ONE);
    pass(f, SETTLED);
    put(f, "2.csv", TWO);
    pass(f, SETTLED);
    strcpy(first, index_info(f->index)->version);
    assert_string_not_equal(first, base);
    set_time(f, "1.csv", 60); /* newer than the master, which is made anew */
    set_time(f, "2.csv", 60);
    begin(f, HEADER "BASE,,XNAS,USD\n");
    pass(f, SETTLED);
    assert_string_equal(index_info(f->index)->version, first);
    take_away(f, "1.csv");
    take_away(f, "2.csv");
    pass(f, SETTLED);
    assert_string_equal(index_info(f->index)->version, base);
}

static void a_torn_file_is_waited_for_and_so_are_those_behind_it(void **state)
{
    struct fixture *f = *state;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, "1.csv", DELTA "A,ONE,,XN");
    put(f, "2.csv", TWO);
    put(f, "0.csv", "");
    pass(f, 10000);
    assert_string_equal(serves(f), "BASE");
    take_away(f, "0.csv");
    put(f, "1.csv", ONE);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE TWO");
}

static void a_refused_file_holds_up_those_behind_it_until_it_is_corrected(void **state)
{
    struct fixture *f = *state;
    char *alert;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, "1.csv", ONE);
    put(f, "2.csv", DELTA "A,TWO,,XNAS,USD\nwhat,TWO,,XNAS,USD\n");
    put(f, "3.csv", THREE);
    assert_null(alerts_take(f->alerts));
    pass(f, 5000);
    assert_string_equal(serves(f), "BASE ONE");
    alert = alerts_take(f->alerts);
    assert_non_null(alert);
    assert_non_null(strstr(alert, "\"DELTA_REFUSED\""));
    assert_non_null(strstr(alert, "2.csv: line 3: 'what'"));
    assert_non_null(strstr(alert, "\"waiting\":1"));
    free(alert);
    assert_null(alerts_take(f->alerts)); /* once for each reason */
    put(f, "2.csv", TWO);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE TWO THREE");
    put(f, "2.csv", DELTA "X,,,,\n"); /* one that was applied: anew, up to it */
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE");
    take_away(f, "2.csv");
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE THREE");
}

static void a_file_that_is_written_again_serves_on_as_it_was_until_it_is_whole(void **state)
{
    struct fixture *f = *state;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, "1.csv", ONE);
    put(f, "2.csv", TWO);
    pass(f, SETTLED);
    put(f, "1.csv", DELTA "A,THR");
    pass(f, 3000);
    assert_string_equal(serves(f), "BASE ONE TWO");
    put(f, "1.csv", THREE);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE THREE TWO");
}

static void names_that_are_not_meant_are_passed_over(void **state)
{
    struct fixture *f = *state;

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, ".hidden", ONE);
    put(f, "1.csv~", ONE);
    put(f, "1.csv.tmp", ONE);
    put(f, "1.part", ONE);
    put(f, "2.csv", TWO);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE TWO");
}

static void a_delta_older_than_the_master_is_contained_in_it(void **state)
{
    struct fixture *f = *state;

    put(f, "1.csv", ONE);
    set_time(f, "1.csv", -60);
    put(f, "2.csv", TWO);
    set_time(f, "2.csv", 60);
    begin(f, HEADER "BASE,,XNAS,USD\n");
    assert_string_equal(serves(f), "BASE TWO");
    put(f, "3.csv", THREE); /* of today, until the next master comes */
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE TWO THREE");
    set_time(f, "3.csv", -1);
    begin(f, HEADER "NEXT,,XNAS,USD\n");
    assert_string_equal(serves(f), "NEXT TWO");
}

static void a_directory_that_is_gone_takes_nothing_away(void **state)
{
    struct fixture *f = *state;
    char elsewhere[80];

    begin(f, HEADER "BASE,,XNAS,USD\n");
    put(f, "1.csv", ONE);
    pass(f, SETTLED);
    snprintf(elsewhere, sizeof elsewhere, "%s-gone", f->directory);
    assert_int_equal(rename(f->directory, elsewhere), 0);
    pass(f, 1000);
    assert_string_equal(serves(f), "BASE ONE");
    assert_int_equal(rename(elsewhere, f->directory), 0);
    put(f, "2.csv", TWO);
    pass(f, SETTLED);
    assert_string_equal(serves(f), "BASE ONE TWO");
}

static unsigned count_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static void many_deltas_open_the_base_once(void **state)
{
    struct fixture *f = *state;
    unsigned before;

    begin(f, HEADER "BASE,,XNAS,USD\n"); /* its file is gone already */
    before = count_files();
    for (int i = 0; i < 100; i++) {
        char name[32], text[128];

        snprintf(name, sizeof name, "%03d.csv", i);
        snprintf(text, sizeof text, DELTA "A,S%d,,XNAS,USD\n", i);
        put(f, name, text);
        pass(f, SETTLED);
        assert_int_equal(index_info(f->index)->rows, 2 + i);
    }
    assert_int_equal(count_files(), before);
}

static void a_command_takes_all_that_is_there_or_says_why_not(void **state)
{
    struct fixture *f = *state;
    struct error e;

    put(f, "1.csv", ONE);
    put(f, "2.csv", TWO);
    set_time(f, "1.csv", 60);
    set_time(f, "2.csv", 60);
    assert_int_equal(deltas_apply_all(&f->config, NULL, support_index(HEADER "BASE,,XNAS,USD\n"), &f->index, &e), 0);
    assert_string_equal(serves(f), "BASE ONE TWO");
    index_close(f->index);
    put(f, "3.csv", DELTA "X,,,,\n");
    set_time(f, "3.csv", 60);
    assert_int_equal(deltas_apply_all(&f->config, NULL, support_index(HEADER "BASE,,XNAS,USD\n"), &f->index, &e), -1);
    assert_non_null(strstr(e.text, "3.csv: line 2: 'X'"));
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(a_file_is_applied_once_nothing_happens_to_it),
        test(what_is_there_at_the_start_is_waited_for),
        test(files_go_by_their_names_and_not_by_when_they_came),
        test(one_after_the_other_and_all_at_once_are_the_same_version),
        test(a_torn_file_is_waited_for_and_so_are_those_behind_it),
        test(a_refused_file_holds_up_those_behind_it_until_it_is_corrected),
        test(a_file_that_is_written_again_serves_on_as_it_was_until_it_is_whole),
        test(names_that_are_not_meant_are_passed_over),
        test(a_delta_older_than_the_master_is_contained_in_it),
        test(a_directory_that_is_gone_takes_nothing_away),
        test(many_deltas_open_the_base_once),
        test(a_command_takes_all_that_is_there_or_says_why_not),
    };
#undef test
    return cmocka_run_group_tests(tests, NULL, NULL);
}
