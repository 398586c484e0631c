/* builder: a process that makes an index, ends well, badly, too late or by force; of this program, called as fixwarden.
 */
#include "consumer/builder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "consumer/build_lock.h"
#include "consumer/cli.h"
#include "consumer/monotonic.h"
#include "core/index.h"
#include "support.h"

#define HEADER "symbol,isin,currency\n"
#define ONE HEADER "AAA,US0378331005,USD\n"
#define MANY 400000 /* rows that take long enough to be caught at it */
#define WAIT_MS 60000

struct fixture {
    char directory[64];
    char master[128];
    char index[128];
    struct config config;
    struct string_list files;
    char *names[1];
    struct builder *builder;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/test_builder_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->master, sizeof f->master, "%s/a, b = *.csv", f->directory); /* a name that needs care */
    snprintf(f->index, sizeof f->index, "%s/index.fwx", f->directory);
    f->names[0] = f->master;
    f->files = (struct string_list){.items = f->names, .count = 1};
    assert_true(config_init(&f->config));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    builder_free(f->builder);
    config_free(&f->config);
    unlink(f->master);
    unlink(f->index);
    assert_int_equal(rmdir(f->directory), 0); /* nothing else was left behind */
    free(f);
    return 0;
}

static void set(struct fixture *f, const char *name, const char *value)
{
    struct error e = {0};

    if (config_set(&f->config, name, value, &e) != 0)
        fail_msg("%s", e.text);
}

static void write_many(struct fixture *f)
{
    FILE *out = fopen(f->master, "w");

    assert_non_null(out);
    fputs(HEADER, out);
    for (int i = 0; i < MANY; i++)
        fprintf(out, "S%d,,USD\n", i);
    assert_int_equal(fclose(out), 0);
}

static void start(struct fixture *f)
{
    struct error e = {0};

    if (builder_start(&f->config, &f->files, f->index, true, 0, NULL, &f->builder, &e) != 0)
        fail_msg("%s", e.text);
}

static enum builder_state wait_for_end(struct fixture *f, struct error *e)
{
    int64_t until = monotonic_ms() + WAIT_MS;
    enum builder_state state;

    while ((state = builder_poll(f->builder, 0, e)) == BUILDER_WORKS && monotonic_ms() < until)
        monotonic_nap(5);
    return state;
}

/* The process that this one has started; 0: none. */
static long child(void)
{
    FILE *in = fopen("/proc/thread-self/children", "r");
    long pid = 0;

    assert_non_null(in);
    if (fscanf(in, "%ld", &pid) != 1)
        pid = 0;
    fclose(in);
    return pid;
}

/* The text of a file of the child in /proc, its NUL bytes turned into line ends. */
static void read_of_child(const char *name, char *text, size_t size)
{
    char path[64];
    size_t len;
    FILE *in;

    snprintf(path, sizeof path, "/proc/%ld/%s", child(), name);
    in = fopen(path, "r");
    assert_non_null(in);
    len = fread(text, 1, size - 1, in);
    fclose(in);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = '\n';
    text[len] = '\0';
}

static void it_builds_by_the_configuration(void **state)
{
    struct fixture *f = *state;
    struct index *index;
    struct error e = {0};

    support_write_text(f->master, "# x\nticker;currency;carried\nA;USD;1\n# y\nB;USD\nEND\n");
    set(f, "master.comment", "# ");
    set(f, "master.delimiter", "semicolon");
    set(f, "master.max_bad_rows", "50%");
    set(f, "master.data_end", "END");
    set(f, "master.carry", "carried");
    set(f, "master.column.symbol", "ticker");
    start(f);
    assert_int_equal(wait_for_end(f, &e), BUILDER_IS_DONE);
    assert_int_equal(index_open(f->index, &(struct index_open_options){0}, &index, &e), 0);
    assert_int_equal(index_info(index)->rows, 1);
    assert_int_equal(index_info(index)->bad_rows, 1);
    assert_int_equal(index_info(index)->carried_count, 1);
    assert_string_equal(index_info(index)->role_column[ROLE_SYMBOL], "ticker");
    assert_string_equal(index_info(index)->format.comment, "# ");
    assert_string_equal(index_info(index)->sources[0].path, f->master);
    index_close(index);
}

static void its_last_words_are_the_error(void **state)
{
    static const struct {
        const char *master, *name, *value;
        enum error_code code;
        const char *words;
        bool again;
    } rows[] = {
        {ONE "BBB\n", "master.max_bad_rows", "0", ERROR_DATA, "bad row", false},
        {ONE, "master.carry", "nothing", ERROR_CONFIG, "nothing", false},
        {ONE, "master.spill_dir", "/nowhere", ERROR_IO, "/nowhere", true},
        {NULL, "master.max_bad_rows", "0", ERROR_IO, "a, b = *.csv", true},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error e = {0};

        unlink(f->master);
        if (rows[i].master)
            support_write_text(f->master, rows[i].master);
        set(f, rows[i].name, rows[i].value);
        start(f);
        assert_int_equal(wait_for_end(f, &e), BUILDER_FAILED);
        if (e.code != rows[i].code || !strstr(e.text, rows[i].words))
            fail_msg("row %zu: %d, %s", i, e.code, e.text);
        assert_int_equal(builder_may_try_again(&e), rows[i].again);
        assert_true(access(f->index, F_OK) != 0);
        builder_free(f->builder);
        f->builder = NULL;
        config_free(&f->config);
        assert_true(config_init(&f->config));
    }
}

static void one_that_is_killed_says_by_which_signal(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    write_many(f);
    start(f);
    assert_int_equal(kill((pid_t)child(), SIGKILL), 0);
    assert_int_equal(wait_for_end(f, &e), BUILDER_FAILED);
    assert_int_equal(e.code, ERROR_INTERNAL);
    assert_non_null(strstr(e.text, "killed by signal 9"));
    assert_true(builder_may_try_again(&e));
    assert_true(access(f->index, F_OK) != 0);
}

static void one_that_takes_too_long_is_ended(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    write_many(f);
    set(f, "reload.build_timeout", "5s");
    start(f);
    assert_int_equal(builder_poll(f->builder, 4999, &e), BUILDER_WORKS);
    assert_int_equal(builder_poll(f->builder, 5000, &e), BUILDER_WORKS);
    assert_int_equal(wait_for_end(f, &e), BUILDER_FAILED);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_non_null(strstr(e.text, "reload.build_timeout"));
    assert_true(builder_may_try_again(&e));
}

/* Whether the child would hear of a SIGTERM, and not just end. */
static bool child_catches_sigterm(void)
{
    static char text[1 << 14];
    const char *caught;

    read_of_child("status", text, sizeof text);
    caught = strstr(text, "SigCgt:");
    return caught && (strtoull(caught + strlen("SigCgt:"), NULL, 16) >> (SIGTERM - 1) & 1) == 1;
}

static void one_that_does_not_end_when_it_is_told_is_killed(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    write_many(f);
    set(f, "reload.build_timeout", "5s");
    start(f);
    while (!child_catches_sigterm())
        monotonic_nap(1);
    assert_int_equal(kill((pid_t)child(), SIGSTOP), 0);
    assert_int_equal(builder_poll(f->builder, 5000, &e), BUILDER_WORKS);
    assert_int_equal(builder_poll(f->builder, 5000 + BUILDER_GRACE_MS - 1, &e), BUILDER_WORKS);
    monotonic_nap(50);
    assert_int_equal(builder_poll(f->builder, 5000 + BUILDER_GRACE_MS, &e), BUILDER_WORKS);
    assert_int_equal(wait_for_end(f, &e), BUILDER_FAILED);
}

static void it_sees_no_secrets_and_no_files_of_its_parent(void **state)
{
    struct fixture *f = *state;
    static char text[1 << 16];
    char path[64];

    write_many(f);
    setenv("FIXWARDEN_KAFKA_SASL_PASSWORD", "a secret", 1);
    set(f, "kafka.sasl.username", "somebody");
    start(f);
    do { /* the kernel lets the parent go on a little before the child's environment stands */
        monotonic_nap(1);
        read_of_child("environ", text, sizeof text);
    } while (text[0] == '\0');
    assert_null(strstr(text, "FIXWARDEN_"));
    assert_non_null(strstr(text, "PATH="));
    read_of_child("cmdline", text, sizeof text);
    assert_non_null(strstr(text, "--background"));
    assert_non_null(strstr(text, "--beside"));
    assert_null(strstr(text, "somebody"));
    assert_null(strstr(text, "kafka"));
    snprintf(path, sizeof path, "/proc/%ld/fd/1", child());
    assert_true(readlink(path, text, sizeof text) == strlen("/dev/null"));
    unsetenv("FIXWARDEN_KAFKA_SASL_PASSWORD");
}

static void it_works_out_of_everybodys_way(void **state)
{
    struct fixture *f = *state;
    int64_t until = monotonic_ms() + WAIT_MS;
    int own = getpriority(PRIO_PROCESS, 0);

    write_many(f);
    start(f);
    while (getpriority(PRIO_PROCESS, (id_t)child()) != 19 && monotonic_ms() < until)
        monotonic_nap(1);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)child()), 19);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

static void it_is_ranked_as_a_session(void **state)
{
    struct fixture *f = *state;
    int64_t until = monotonic_ms() + WAIT_MS;
    char text[4096] = "";

    if (access("/proc/self/autogroup", R_OK) != 0)
        skip(); /* a kernel that does not group by session */
    write_many(f);
    start(f);
    while (!strstr(text, " nice 19") && monotonic_ms() < until) {
        monotonic_nap(1);
        read_of_child("autogroup", text, sizeof text);
    }
    assert_non_null(strstr(text, " nice 19"));
    assert_int_equal(getsid(child()), child());
}

static void it_goes_when_it_is_freed(void **state)
{
    struct fixture *f = *state;

    write_many(f);
    start(f);
    assert_true(child() > 0);
    builder_free(f->builder);
    f->builder = NULL;
    assert_int_equal(child(), 0);
}

static void a_process_that_works_for_another_one_than_its_parent_ends(void **state)
{
    struct fixture *f = *state;
    char command[512];

    support_write_text(f->master, ONE);
    snprintf(command, sizeof command, "/proc/%ld/exe index build --background 1 -m '%s' -i '%s' >/dev/null 2>&1",
             (long)getpid(), f->master, f->index);
    assert_int_equal(system(command) >> 8, ERROR_TEMPORARY);
}

static void one_at_a_time_has_the_lock(void **state)
{
    struct fixture *f = *state;
    struct build_lock one = BUILD_LOCK_FREE, two = BUILD_LOCK_FREE;
    struct error e = {0};
    bool taken;

    build_lock_release(&one);
    assert_int_equal(build_lock_try(&one, f->index, &taken, &e), 0);
    assert_true(taken);
    assert_int_equal(build_lock_try(&two, f->index, &taken, &e), 0);
    assert_false(taken);
    assert_int_equal(build_lock_try(&one, f->index, &taken, &e), 0);
    assert_true(taken); /* it has it */
    build_lock_release(&one);
    assert_int_equal(build_lock_try(&two, f->index, &taken, &e), 0);
    assert_true(taken);
    build_lock_release(&two);
    assert_int_equal(build_lock_try(&two, "/nowhere/lock", &taken, &e), -1);
    assert_non_null(strstr(e.text, "/nowhere/lock"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(it_builds_by_the_configuration),
        TEST(its_last_words_are_the_error),
        TEST(one_that_is_killed_says_by_which_signal),
        TEST(one_that_takes_too_long_is_ended),
        TEST(one_that_does_not_end_when_it_is_told_is_killed),
        TEST(it_sees_no_secrets_and_no_files_of_its_parent),
        TEST(it_works_out_of_everybodys_way),
        TEST(it_is_ranked_as_a_session),
        TEST(it_goes_when_it_is_freed),
        TEST(a_process_that_works_for_another_one_than_its_parent_ends),
        TEST(one_at_a_time_has_the_lock),
    };

    return argc > 1 ? cli_main(argc, argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
