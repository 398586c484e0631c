/* moment: times as they are typed for a replay. */
#include "consumer/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define NOW INT64_C(1764063000000) /* 2025-11-25T09:30:00Z */

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        enum moment_kind kind;
        int64_t ms;
    } rows[] = {
        {"earliest", MOMENT_EARLIEST, 0},
        {"now", MOMENT_NOW, 0},
        {"@0", MOMENT_TIME, 0},
        {"@1764063000000", MOMENT_TIME, NOW},
        {"@9223372036854775807", MOMENT_TIME, INT64_MAX},
        {"-0s", MOMENT_TIME, NOW},
        {"-2h", MOMENT_TIME, NOW - 7200000},
        {"-90m", MOMENT_TIME, NOW - 5400000},
        {"-5s", MOMENT_TIME, NOW - 5000},
        {"-250ms", MOMENT_TIME, NOW - 250},
        {"-250", MOMENT_TIME, NOW - 250}, /* as durations are everywhere */
        {"2025-11-25T09:30Z", MOMENT_TIME, NOW},
        {"2025-11-25T09:30:00Z", MOMENT_TIME, NOW},
        {"2025-11-25T10:30:00+01:00", MOMENT_TIME, NOW},
        {"2025-11-25T04:00:00-05:30", MOMENT_TIME, NOW},
        {"2025-11-25T09:30+00:00", MOMENT_TIME, NOW},
        {"2025-11-26T09:29+23:59", MOMENT_TIME, NOW},
        {"2025-11-25T09:30:00.5Z", MOMENT_TIME, NOW + 500},
        {"2025-11-25T09:30:00.123999Z", MOMENT_TIME, NOW + 123},
        {"1970-01-01T00:00Z", MOMENT_TIME, 0},
        {"1970-01-01T01:00+01:00", MOMENT_TIME, 0},
        {"2024-02-29T00:00:00Z", MOMENT_TIME, INT64_C(1709164800000)},
        {"9999-12-31T23:59:59Z", MOMENT_TIME, INT64_C(253402300799000)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct moment moment;
        struct error e = {0};

        if (moment_parse(slice_of(rows[i].text), NOW, &moment, &e) != 0)
            fail_msg("%s", e.text);
        assert_int_equal(moment.kind, rows[i].kind);
        if (moment.ms != rows[i].ms)
            fail_msg("%s is %lld", rows[i].text, (long long)moment.ms);
    }
}

static void what_is_no_time_or_has_no_zone_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "-",
        "@",
        "Z",
        "+01:00",
        "tomorrow",
        "Now",
        "@-1",
        "@1.5",
        "@9223372036854775808",
        "-2d",
        "-h",
        "- 2h",
        "2h",
        "-9223372036854775807h",
        "-600000h", /* before 1970 */
        "2025-11-25",
        "2025-11-25T09:30",
        "2025-11-25T09:30:00",
        "2025-11-25 09:30:00Z",
        "2025-11-25T09:30:00z",
        "2025-11-25T09:30:00+1:00",
        "2025-11-25T09:30:00+0100",
        "2025-11-25T09:30:00+24:00",
        "2025-11-25T09:30:00+01:60",
        "2025-11-25T09:30:00 01:00",
        "2025-11-25T09:30:Z",
        "2025-11-25T09:30:00.Z",
        "2025-11-25T09:30.5Z",
        "2025-11-25T24:00:00Z",
        "2025-11-25T09:60:00Z",
        "2025-13-25T09:30:00Z",
        "2025-02-29T09:30:00Z",
        "2025/11/25T09:30:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:30+01:00",
        "25-11-2025T09:30:00Z",
        "2025-11-25T09:30:00.123456789012345678901234567890Z",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct moment moment;
        struct error e = {0};

        if (moment_parse(slice_of(rows[i]), NOW, &moment, &e) == 0)
            fail_msg("'%s' was taken for %lld", rows[i], (long long)moment.ms);
        assert_int_equal(e.code, ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(what_is_no_time_or_has_no_zone_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
