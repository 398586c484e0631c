#include "support.h"

#include "core/fix_time.h"

struct timestamp_row {
    const char *text;
    int64_t micros; /* -1: refused */
};

static const struct timestamp_row timestamp_rows[] = {
    {"19700101-00:00:00", 0},
    {"20150406-12:17:27", 1428322647000000},
    {"20130724-03:42:30.876", 1374637350876000},
    {"20260102-03:04:05.123456789012", 1767323045123456},
    {"20240229-23:59:60", 1709251200000000},
    {"20230229-00:00:00", -1},
    {"20261301-00:00:00", -1},
    {"20260100-00:00:00", -1},
    {"20260102-24:00:00", -1},
    {"20260102-03:60:00", -1},
    {"20260102-03:04:61", -1},
    {"20260102 03:04:05", -1},
    {"20260102-03:04", -1},
    {"20260102-03:04:05.", -1},
    {"20260102-03:04:05.1234567890123", -1},
    {"20260102-03:04:05Z", -1},
    {"20260102", -1},
    {"", -1},
};

static void timestamps_are_microseconds_since_the_epoch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(timestamp_rows); i++) {
        int64_t micros = -1;
        bool read = fix_time_parse_timestamp(slice_of(timestamp_rows[i].text), &micros);
        if (read != (timestamp_rows[i].micros >= 0) || (read && micros != timestamp_rows[i].micros))
            fail_msg("'%s': %d, %lld", timestamp_rows[i].text, read, (long long)micros);
    }
}

struct date_row {
    const char *text;
    int year, month, day; /* year 0: refused */
};

static void expect_date(const struct date_row *row, bool read, struct date d)
{
    if (read != (row->year != 0) || (read && (d.year != row->year || d.month != row->month || d.day != row->day)))
        fail_msg("'%s': %d, %d-%d-%d", row->text, read, d.year, d.month, d.day);
}

static void the_master_s_dates_come_in_several_forms(void **state)
{
    static const struct date_row rows[] = {
        {"20261218", 2026, 12, 18},
        {"2026-12-18", 2026, 12, 18},
        {"2026/12/18", 2026, 12, 18},
        {"2026-12-18T00:00:00", 2026, 12, 18},
        {"2026-12-18 17:30", 2026, 12, 18},
        {"202612", 2026, 12, 0},
        {"2026-12", 2026, 12, 0},
        {"2026/12", 0, 0, 0},
        {"18/12/2026", 0, 0, 0},
        {"2026-1218", 0, 0, 0},
        {"202612-18", 0, 0, 0},
        {"2026-02-30", 0, 0, 0},
        {"2026", 0, 0, 0},
        {"", 0, 0, 0},
        {"False", 0, 0, 0},
        {"202613", 0, 0, 0},
        {"2026-12-180", 0, 0, 0},
        {"202611 0", 2026, 11, 0},
        {"202611T0", 2026, 11, 0},
        {"2026112x", 0, 0, 0},
        {"2026112:", 0, 0, 0},
        {"2026-1/-2", 0, 0, 0},
        {"2026-13-01", 0, 0, 0},
        {"2026-11-31", 0, 0, 0},
        {"2026-11 -1", 2026, 11, 0},
        {"2026/12/18 17:30", 2026, 12, 18},
        {"2026-12/18", 0, 0, 0},
        {"2026/12/18T", 2026, 12, 18},
        {"2026-12-1", 0, 0, 0},
        {"2026-12-", 0, 0, 0},
        {"20261200", 0, 0, 0},
        {"2026-12-00", 0, 0, 0},
        {"2026-00", 0, 0, 0},
        {"0000-12-18", 0, 0, 0},
        {"0001-01-01", 1, 1, 1},
        {"9999-12-31", 9999, 12, 31},
        {"2026112", 0, 0, 0},
        {"2026 1218", 0, 0, 0},
        {"2026-12T18", 2026, 12, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct date d = {0};
        bool read = fix_time_parse_master_date(slice_of(rows[i].text), &d);
        expect_date(&rows[i], read, d);
    }
}

static void each_month_has_its_days(void **state)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    (void)state;
    for (int year = 1; year <= 9999; year++) {
        bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++)
            for (int day = 28; day <= 32; day++) {
                int last = days[month - 1] + (is_leap && month == 2);
                struct date_row row = {.year = day <= last ? year : 0, .month = month, .day = day};
                char text[sizeof "-2147483648" * 3];
                struct date d = {0};
                snprintf(text, sizeof text, "%04d%02d%02d", year, month, day);
                row.text = text;
                expect_date(&row, fix_time_parse_date(slice_of(text), &d), d);
            }
    }
}

static void a_date_that_was_read_before_is_read_alike(void **state)
{
    static const struct date_row rows[] = {
        {"\0\0\0\0\0\0\0\0", 0, 0, 0}, /* as a new memo has it */
        {"2026121", 0, 0, 0},           {"20261218", 2026, 12, 18}, {"20261218-10:00:00", 2026, 12, 18},
        {"20261218 10:00:00", 0, 0, 0}, {"20261218", 2026, 12, 18}, {"20261219", 2026, 12, 19},
        {"20261319", 0, 0, 0},          {"20261319", 0, 0, 0},      {"20261219-", 2026, 12, 19},
        {"\0\0\0\0\0\0\0\0", 0, 0, 0},
    };
    struct date_memo memo = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice text = rows[i].text[0] != '\0' ? slice_of(rows[i].text) : slice_make(rows[i].text, 8);
        struct date d = {0};
        bool read = fix_time_recall_date(text, &memo, &d);
        expect_date(&rows[i], read, d);
    }
}

static void a_maturity_is_a_month_or_a_day(void **state)
{
    static const struct {
        struct date_row date;
        const char *day;
    } rows[] = {
        {{"202612", 2026, 12, 0}, ""},  {{"202612", 2026, 12, 18}, "18"}, {{"202612", 2026, 12, 5}, "5"},
        {{"202602", 2026, 2, 0}, "30"}, {{"20261218", 2026, 12, 18}, ""}, {{"202612w3", 2026, 12, 0}, ""},
        {{"202612w6", 0, 0, 0}, ""},    {{"2026-12", 0, 0, 0}, ""},       {{"202600", 0, 0, 0}, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct date d = {0};
        bool read = fix_time_parse_maturity(slice_of(rows[i].date.text), slice_of(rows[i].day), &d);
        expect_date(&rows[i].date, read, d);
    }
}

static void dates_are_compared_as_finely_as_both_are_known(void **state)
{
    const struct date day = {2026, 12, 18};
    const struct date later = {2026, 12, 19};
    const struct date month = {2026, 12, 0};
    const struct date next_month = {2027, 1, 0};

    (void)state;
    assert_true(date_agrees(day, month));
    assert_true(date_agrees(day, day));
    assert_false(date_agrees(day, later));
    assert_false(date_agrees(month, next_month));
    assert_true(date_is_before(day, later));
    assert_false(date_is_before(day, day));
    assert_false(date_is_before(month, later));
    assert_true(date_is_before(month, next_month));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_are_microseconds_since_the_epoch),
        cmocka_unit_test(the_master_s_dates_come_in_several_forms),
        cmocka_unit_test(each_month_has_its_days),
        cmocka_unit_test(a_date_that_was_read_before_is_read_alike),
        cmocka_unit_test(a_maturity_is_a_month_or_a_day),
        cmocka_unit_test(dates_are_compared_as_finely_as_both_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
