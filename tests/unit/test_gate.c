/* gate: masters that differ from the one before in one thing each. */
#include "consumer/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/index_build.h"

#define ROWS 2000

/* A master to be written. */
struct master {
    int from, to;         /* rows: numbers, of which symbols and FIGIs are made */
    int bad;              /* further rows that are malformed */
    int doubled;          /* of the rows, those that have the FIGI of the first one */
    const char *currency; /* header; NULL: no such column */
};

struct fixture {
    char directory[64];
    char csv[96], before[96], after[96];
    struct config config;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e;

    snprintf(f->directory, sizeof f->directory, "/tmp/test_gate_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->csv, sizeof f->csv, "%s/m.csv", f->directory);
    snprintf(f->before, sizeof f->before, "%s/before.fwx", f->directory);
    snprintf(f->after, sizeof f->after, "%s/after.fwx", f->directory);
    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "master.max_bad_rows", "unlimited", &e), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gate_forget_forced(f->before);
    unlink(f->csv);
    unlink(f->before);
    unlink(f->after);
    assert_int_equal(rmdir(f->directory), 0);
    config_free(&f->config);
    free(f);
    return 0;
}

static void write_master(const char *path, const struct master *m)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fprintf(out, "symbol,figi%s%s\n", m->currency ? "," : "", m->currency ? m->currency : "");
    for (int i = m->from; i < m->to; i++)
        fprintf(out, "S%d,BBG%09d%s\n", i, i - m->from < m->doubled ? m->from : i, m->currency ? ",USD" : "");
    for (int i = 0; i < m->bad; i++)
        fprintf(out, "X%d,a,b,c,d,e\n", i);
    assert_int_equal(fclose(out), 0);
}

static struct index *make(struct fixture *f, const struct master *m, const char *path)
{
    const char *files[] = {f->csv};
    struct index_build_options options;
    struct index_build_result result;
    struct index *index = NULL;
    struct error e;

    write_master(f->csv, m);
    config_master_options(&f->config, &options);
    if (index_build(files, 1, path, &options, &result, &e) != 0 || index_open(path, NULL, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

static void judge(struct fixture *f, const struct master *before, const struct master *after, struct recent *recent,
                  struct gate_report *report)
{
    struct index *old = before ? make(f, before, f->before) : NULL, *new = make(f, after, f->after);
    struct error e;

    if (gate_judge(&f->config, old, new, recent, 0, report, &e) != 0)
        fail_msg("%s", e.text);
    index_close(old);
    index_close(new);
}

static bool says(const struct gate_report *report, const char *words)
{
    for (size_t i = 0; i < report->count; i++)
        if (strstr(report->reasons[i], words))
            return true;
    return false;
}

static const struct master usual = {0, ROWS, 0, 0, "currency"};

/* Each limit where it is just kept, and where it is just not. */
static void each_limit_is_kept_or_exceeded(void **state)
{
    static const struct {
        const char *set, *value;
        struct master before, after;
        const char *says; /* NULL: it may serve */
    } rows[] = {
        {"gate.max_vanished", "100%", {0, ROWS, 0, 0, "currency"}, {0, 1600, 0, 0, "currency"}, NULL},
        {"gate.max_vanished",
         "100%",
         {0, ROWS, 0, 0, "currency"},
         {0, 1599, 0, 0, "currency"},
         "1599 rows where there were 2000 (-20.05 %"},
        {"gate.max_rows_change", "20%", {0, ROWS, 0, 0, "currency"}, {0, 2400, 0, 0, "currency"}, NULL},
        {"gate.max_rows_change",
         "20%",
         {0, ROWS, 0, 0, "currency"},
         {0, 2401, 0, 0, "currency"},
         "2401 rows where there were 2000 (+20.05 %"},
        {"gate.max_rows_change", "100%", {0, ROWS, 0, 0, "currency"}, {0, 9000, 0, 0, "currency"}, NULL},
        {"gate.max_lost_columns",
         "0",
         {0, ROWS, 0, 0, "currency"},
         {0, ROWS, 0, 0, NULL},
         "the column of currency is gone"},
        {"gate.max_lost_columns", "1", {0, ROWS, 0, 0, "currency"}, {0, ROWS, 0, 0, NULL}, NULL},
        {"gate.max_lost_columns", "0", {0, ROWS, 0, 0, NULL}, {0, ROWS, 0, 0, "currency"}, NULL},
        {"gate.max_bad_rows", "1%", {0, ROWS, 0, 0, "currency"}, {0, ROWS, 20, 0, "currency"}, NULL},
        {"gate.max_bad_rows",
         "1%",
         {0, ROWS, 0, 0, "currency"},
         {0, ROWS, 21, 0, "currency"},
         "21 of 2021 rows are malformed"},
        {"gate.max_bad_rows", "1%", {0, ROWS, 21, 0, "currency"}, {0, ROWS, 21, 0, "currency"}, NULL},
        {"gate.max_vanished", "10%", {0, ROWS, 0, 0, "currency"}, {200, 2200, 0, 0, "currency"}, NULL},
        {"gate.max_vanished",
         "10%",
         {0, ROWS, 0, 0, "currency"},
         {201, 2201, 0, 0, "currency"},
         "201 of the 2000 SYMBOL keys of before are gone"},
        {"gate.max_vanished", "100%", {0, ROWS, 0, 0, "currency"}, {5000, 7000, 0, 0, "currency"}, NULL},
        {"gate.max_duplicates", "0.1%", {0, ROWS, 0, 0, "currency"}, {0, ROWS, 0, 2, "currency"}, NULL},
        {"gate.max_duplicates",
         "0.01%",
         {0, ROWS, 0, 0, "currency"},
         {0, ROWS, 0, 2, "currency"},
         "% of the FIGI keys lead to several rows"},
        {"gate.min_rows",
         "2000",
         {0, ROWS, 0, 0, "currency"},
         {0, 10, 0, 0, "currency"},
         "10 rows where there were 2000"},
        {"gate.min_rows", "2001", {0, ROWS, 0, 0, "currency"}, {0, 10, 0, 0, "currency"}, NULL},
        {"gate.min_rows",
         "2001",
         {0, ROWS, 0, 0, "currency"},
         {0, 0, 0, 0, "currency"},
         "no rows where there were 2000"},
        {"gate.min_rows", "2001", {0, ROWS, 0, 0, "currency"}, {0, ROWS, 0, 0, NULL}, "the column of currency is gone"},
        /* A small master, by what is set unless one sets it. */
        {"gate.max_lost_columns",
         "0",
         {0, 300, 0, 0, "currency"},
         {0, 150, 0, 0, "currency"},
         "150 rows where there were 300 (-50.00 %"},
        {"gate.max_lost_columns", "0", {0, 300, 0, 0, "currency"}, {0, 270, 0, 0, "currency"}, NULL},
        {"gate.max_lost_columns",
         "0",
         {0, 300, 0, 0, "currency"},
         {31, 331, 0, 0, "currency"},
         "31 of the 300 SYMBOL keys of before are gone"},
        {"gate.max_lost_columns", "0", {0, 100, 0, 0, "currency"}, {0, 100, 1, 0, "currency"}, NULL},
        {"gate.max_lost_columns",
         "0",
         {0, 100, 0, 0, "currency"},
         {0, 79, 0, 0, "currency"},
         "79 rows where there were 100"},
        {"gate.max_lost_columns", "0", {0, 99, 0, 0, "currency"}, {0, 1, 0, 0, "currency"}, NULL},
        {"gate.max_lost_columns",
         "0",
         {0, 99, 0, 0, "currency"},
         {0, 99, 0, 0, NULL},
         "the column of currency is gone"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gate_report report;
        void *own = NULL;
        struct error e;

        assert_int_equal(set_up(&own), 0);
        assert_int_equal(config_set(&((struct fixture *)own)->config, rows[i].set, rows[i].value, &e), 0);
        judge(own, &rows[i].before, &rows[i].after, NULL, &report);
        if (rows[i].says ? !says(&report, rows[i].says) : report.count > 0)
            fail_msg("row %zu: %zu reasons, the first one: %s", i, report.count,
                     report.count > 0 ? report.reasons[0] : "none");
        assert_int_equal(tear_down(&own), 0);
    }
}

static void the_first_version_is_asked_nothing(void **state)
{
    struct gate_report report;

    judge(*state, NULL, &(struct master){0, 1, 5, 0, NULL}, NULL, &report);
    assert_int_equal(report.count, 0);
}

/* An order, framed; of a symbol. */
static void note_order(struct recent *recent, int64_t now_ms, int symbol)
{
    char body[128], message[192];
    unsigned sum = 0;
    int len = snprintf(body, sizeof body, "35=D\00149=A\00156=B\00134=1\00152=20260101-00:00:00\00155=S%d\001", symbol);

    len = snprintf(message, sizeof message, "8=FIX.4.4\0019=%d\001%s", len, body);
    for (int i = 0; i < len; i++)
        sum += (unsigned char)message[i];
    len += snprintf(message + len, sizeof message - (size_t)len, "10=%03u\001", sum % 256);
    recent_note(recent, now_ms, slice_make(message, (size_t)len));
}

static void instruments_of_late_have_to_be_found_still(void **state)
{
    static const struct {
        int messages, gone; /* the last so many of them name what is no more */
        bool refused;
    } rows[] = {{100, 2, false}, {100, 3, true}, {19, 19, false}, {20, 20, true}};
    const struct master after = {0, 1900, 0, 0, "currency"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recent *recent = recent_new();
        struct gate_report report;

        for (int m = 0; m < rows[i].messages; m++)
            note_order(recent, (int64_t)(m + 1 - rows[i].messages) * 1000,
                       m < rows[i].messages - rows[i].gone ? m : 1900 + m % 100);
        judge(*state, &usual, &after, recent, &report);
        if (says(&report, "instruments in messages of the last hour are not found any more") != rows[i].refused)
            fail_msg("row %zu: %zu reasons", i, report.count);
        recent_free(recent);
    }
}

static void a_version_can_be_forced_and_no_other(void **state)
{
    const struct fixture *f = *state;
    struct error e;

    assert_false(gate_is_forced(f->before, "0123456789abcdef"));
    assert_int_equal(gate_force(f->before, "0123456789abcdef", &e), 0);
    assert_true(gate_is_forced(f->before, "0123456789abcdef"));
    assert_false(gate_is_forced(f->before, "0123456789abcdee"));
    gate_forget_forced(f->before);
    assert_false(gate_is_forced(f->before, "0123456789abcdef"));
    assert_int_equal(gate_force("/nowhere/index.fwx", "0123456789abcdef", &e), -1);
    assert_int_equal(e.code, ERROR_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_is_kept_or_exceeded),
        TEST(the_first_version_is_asked_nothing),
        TEST(instruments_of_late_have_to_be_found_still),
        TEST(a_version_can_be_forced_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
