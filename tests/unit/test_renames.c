#include "support.h"

#include "core/identifier.h"
#include "core/renames.h"

#define TEXT_MAX 256

static const struct date no_day = {0};

static struct date day_of(const char *text)
{
    struct date day = {0};

    if (text != NULL)
        assert_true(fix_time_parse_master_date(slice_of(text), &day));
    return day;
}

static void add(struct renames *r, const char *old_symbol, const char *new_symbol, const char *from)
{
    struct error e;

    if (renames_add(r, slice_of(old_symbol), slice_of(new_symbol), day_of(from), &e) != 0)
        fail_msg("%s, %s: %s", old_symbol, new_symbol, e.text);
}

static struct renames *new_renames(void)
{
    struct renames *r = renames_new();

    assert_non_null(r);
    add(r, "FB", "META", "2022-06-09");
    add(r, "META", "METV", "2022-01-31"); /* an ETF that had the name before */
    add(r, "TWX", "AOL", "20010111");
    add(r, "AOL", "TWX", "20031016");
    add(r, " SPLIT ", "TWO", "2020-01-01");
    add(r, "SPLIT", "ONE", "2021-01-01");
    add(r, "OTHER", "TWO", "2019-01-01");
    return r;
}

struct row {
    const char *name;
    enum rename_relation relation;
    const char *symbol;
    const char *day;    /* NULL: none */
    const char *others; /* each with a blank behind it */
};

static const struct row rows[] = {
    {"the day before, OLD is meant to become NEW", RENAME_BEFORE, "FB", "2022-06-08", "META "},
    {"on the day itself it no longer is", RENAME_BEFORE, "FB", "2022-06-09", ""},
    {"on the day itself NEW was OLD", RENAME_AFTER, "META", "2022-06-09", "FB "},
    {"the day before it was not", RENAME_AFTER, "META", "2022-06-08", ""},
    {"on the day itself OLD is stale", RENAME_STALE, "FB", "2022-06-09", "META "},
    {"years later it still is", RENAME_STALE, "FB", "2030-01-01", "META "},
    {"the day before it is not", RENAME_STALE, "FB", "2022-06-08", ""},
    {"without a day it may be before", RENAME_BEFORE, "FB", NULL, "META "},
    {"or after", RENAME_AFTER, "META", NULL, "FB "},
    {"but nothing is stale", RENAME_STALE, "FB", NULL, ""},
    {"NEW is not OLD", RENAME_BEFORE, "TWO", "2000-01-01", ""},
    {"OLD is not NEW", RENAME_AFTER, "FB", "2030-01-01", ""},
    {"a name that came back, before both", RENAME_BEFORE, "TWX", "2000-01-01", "AOL "},
    {"a name that came back, after both", RENAME_AFTER, "TWX", "2004-01-01", "AOL "},
    {"a name that came back is stale by its first row", RENAME_STALE, "TWX", "2004-01-01", "AOL "},
    {"two rows of one OLD, in their order", RENAME_BEFORE, "SPLIT", "2019-01-01", "TWO ONE "},
    {"two rows of one OLD, one of which is over", RENAME_BEFORE, "SPLIT", "2020-06-01", "ONE "},
    {"two rows of one OLD, one of which has come", RENAME_STALE, "SPLIT", "2020-06-01", "TWO "},
    {"two rows of one NEW, in their order", RENAME_AFTER, "TWO", "2022-01-01", "SPLIT OTHER "},
    {"two rows of one NEW, one of which has come", RENAME_AFTER, "TWO", "2019-06-01", "OTHER "},
    {"an unknown symbol", RENAME_BEFORE, "IBM", "2020-01-01", ""},
    {"case matters", RENAME_BEFORE, "fb", "2020-01-01", ""},
    {"the start of a symbol is another one", RENAME_BEFORE, "F", "2020-01-01", ""},
    {"no symbol", RENAME_BEFORE, "", "2020-01-01", ""},
};

static void others_of(const struct renames *r, enum rename_relation relation, struct slice symbol, struct date day,
                      char text[TEXT_MAX])
{
    struct slice other;
    size_t next = 0, len = 0;

    text[0] = '\0';
    while (renames_next(r, relation, symbol, day, &next, &other) && len < TEXT_MAX)
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%.*s ", SLICE_FORMAT(other));
    assert_false(renames_next(r, relation, symbol, day, &next, &other)); /* the end is the end */
}

static void symbols_stand_to_rows_as_their_days_say(void **state)
{
    struct renames *r = new_renames();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char others[TEXT_MAX];
        others_of(r, rows[i].relation, slice_of(rows[i].symbol), day_of(rows[i].day), others);
        if (strcmp(others, rows[i].others) != 0)
            fail_row(rows[i].name, "'%s'", others);
    }
    renames_free(r);
}

static void without_rows_nothing_is_renamed(void **state)
{
    struct renames *r = renames_new();
    struct slice other;
    size_t next = 0;

    (void)state;
    assert_non_null(r);
    assert_false(renames_next(r, RENAME_BEFORE, slice_of("FB"), no_day, &next, &other));
    assert_false(renames_next(NULL, RENAME_BEFORE, slice_of("FB"), no_day, &next, &other));
    renames_free(r);
    renames_free(NULL);
}

static void rows_that_rename_nothing_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *old_symbol;
        const char *new_symbol;
        struct date from;
    } refused[] = {
        {"no OLD", "", "META", {2022, 6, 9}},    {"no NEW", "FB", " ", {2022, 6, 9}},
        {"the same", "FB", " FB", {2022, 6, 9}}, {"no day", "FB", "META", {0, 0, 0}},
        {"a month", "FB", "META", {2022, 6, 0}},
    };
    struct renames *r = renames_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct error e = {0};
        if (renames_add(r, slice_of(refused[i].old_symbol), slice_of(refused[i].new_symbol), refused[i].from, &e) == 0)
            fail_row(refused[i].name, "was taken");
        assert_int_equal(e.code, ERROR_CONFIG);
    }
    renames_free(r);
}

static void a_symbol_has_at_most_128_bytes(void **state)
{
    struct renames *r = renames_new();
    struct date from = {2022, 6, 9};
    char symbol[IDENTIFIER_MAX + 1], others[TEXT_MAX];
    struct error e;

    (void)state;
    memset(symbol, 'A', sizeof symbol);
    assert_int_equal(renames_add(r, slice_make(symbol, 128), slice_of("B"), from, &e), 0);
    assert_int_equal(renames_add(r, slice_make(symbol, 129), slice_of("B"), from, &e), -1);
    assert_int_equal(renames_add(r, slice_of("B"), slice_make(symbol, 128), from, &e), 0);
    assert_int_equal(renames_add(r, slice_of("B"), slice_make(symbol, 129), from, &e), -1);
    others_of(r, RENAME_BEFORE, slice_make(symbol, 128), no_day, others);
    assert_string_equal(others, "B ");
    others_of(r, RENAME_BEFORE, slice_make(symbol, 129), no_day, others);
    assert_string_equal(others, "");
    renames_free(r);
}

static void there_are_at_most_a_million_rows(void **state)
{
    struct renames *r = renames_new();
    char old_symbol[16], new_symbol[16], others[TEXT_MAX], expected[16];
    struct date from = {2022, 6, 9};
    struct error e;

    (void)state;
    for (unsigned i = 0; i < RENAMES_MAX; i++) {
        snprintf(old_symbol, sizeof old_symbol, "O%u", i);
        snprintf(new_symbol, sizeof new_symbol, "N%u", i);
        assert_int_equal(renames_add(r, slice_of(old_symbol), slice_of(new_symbol), from, &e), 0);
    }
    assert_int_equal(renames_add(r, slice_of("A"), slice_of("B"), from, &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    for (unsigned i = 0; i < RENAMES_MAX; i += 9973) {
        snprintf(old_symbol, sizeof old_symbol, "O%u", i);
        snprintf(expected, sizeof expected, "N%u ", i);
        others_of(r, RENAME_BEFORE, slice_of(old_symbol), no_day, others);
        assert_string_equal(others, expected);
    }
    renames_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_stand_to_rows_as_their_days_say), cmocka_unit_test(without_rows_nothing_is_renamed),
        cmocka_unit_test(rows_that_rename_nothing_are_refused),    cmocka_unit_test(a_symbol_has_at_most_128_bytes),
        cmocka_unit_test(there_are_at_most_a_million_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
