#include "consumer/expected.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "consumer/moment.h"

static int64_t at(const char *text)
{
    struct moment moment;
    struct error e = {0};

    if (moment_parse(slice_of(text), 0, &moment, &e) != 0)
        fail_msg("%s", e.text);
    return moment.ms;
}

static void the_last_time_is_never_after_now(void **state)
{
    /* 2026-11-25 is a Wednesday. */
    static const struct {
        const char *name, *expected, *now, *last;
    } rows[] = {
        {"later on that day", "06:30Z", "2026-11-25T09:00Z", "2026-11-25T06:30Z"},
        {"at the time itself", "06:30Z", "2026-11-25T06:30Z", "2026-11-25T06:30Z"},
        {"a moment before", "06:30Z", "2026-11-25T06:29:59.999Z", "2026-11-24T06:30Z"},
        {"a zone east of UTC", "06:30+01:00", "2026-11-25T05:30Z", "2026-11-25T05:30Z"},
        {"a zone west of UTC", "18:00-05:00", "2026-11-25T22:59Z", "2026-11-24T23:00Z"},
        {"a time that is another day in UTC", "00:30+14:00", "2026-11-25T10:29Z", "2026-11-24T10:30Z"},
        {"midnight", "00:00Z", "2026-11-25T00:00Z", "2026-11-25T00:00Z"},
        {"no Sunday", "06:30Z Mon-Sat", "2026-11-22T23:00Z", "2026-11-21T06:30Z"},
        {"over the weekend", "06:30Z Mon-Fri", "2026-11-23T06:29Z", "2026-11-20T06:30Z"},
        {"one day of the week", "06:30Z Thu", "2026-11-25T06:30Z", "2026-11-19T06:30Z"},
        {"round the end of the week", "06:30Z Sat-Mon", "2026-11-25T00:00Z", "2026-11-23T06:30Z"},
        {"a list", "06:30Z sun,MON-wed", "2026-11-23T00:00Z", "2026-11-22T06:30Z"},
        {"the day of the zone, not of UTC", "00:30+02:00 Wed", "2026-11-24T22:30Z", "2026-11-24T22:30Z"},
        {"the first day of all", "06:30Z Thu", "1970-01-07T23:00Z", "1970-01-01T06:30Z"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expected expected;

        if (!expected_parse(slice_of(rows[i].expected), &expected) ||
            expected_last_ms(&expected, at(rows[i].now)) != at(rows[i].last))
            fail_msg("%s", rows[i].name);
    }
}

static void all_else_is_no_time(void **state)
{
    static const char *const rows[] = {"",         "06:30",       "6:30Z",        "24:00Z",      "06:60Z",
                                       "06:30+1",  "06:30 Mon",   "06:30ZMon",    "06:30Z Mon-", "06:30Z Montag",
                                       "06:30Z ,", "06:30+15:00", "06:30Z Mon,,", "daily",       "06:30Z Mon Tue",
                                       "06:30z"};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expected expected;

        if (expected_parse(slice_of(rows[i]), &expected))
            fail_msg("%s", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_time_is_never_after_now),
        cmocka_unit_test(all_else_is_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
