/* pace: rates and speeds, by a clock of the test's own. */
#include "consumer/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define START_MS INT64_C(1000000)
#define STAMP_MS INT64_C(1760000000000)

/* How many records pass until then, where somebody asks each millisecond for as many as he gets. */
static uint64_t let_through(struct pace *pace, int64_t from_ms, int64_t to_ms)
{
    uint64_t count = 0;

    for (int64_t now = from_ms; now < to_ms; now++)
        while (pace_wait_ms(pace, -1, now) == 0)
            count++;
    return count;
}

static void a_rate_is_kept_and_never_exceeded_by_more_than_a_burst(void **state)
{
    static const uint64_t rates[] = {1, 3, 10, 999, 1000, 1001, 30000, 1000000, PACE_RATE_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(rates); i++) {
        struct pace *pace = pace_new(rates[i], 0);
        uint64_t burst = rates[i] * PACE_BURST_MS / 1000 + 1;
        uint64_t count = let_through(pace, START_MS, START_MS + 2000);

        if (count < 2 * rates[i] * 99 / 100 || count > 2 * rates[i] + burst)
            fail_msg("%llu a second: %llu in two", (unsigned long long)rates[i], (unsigned long long)count);
        pace_free(pace);
    }
}

static void what_was_not_used_up_is_lost(void **state)
{
    struct pace *pace = pace_new(1000, 0);

    (void)state;
    let_through(pace, START_MS, START_MS + 10);
    assert_in_range(let_through(pace, START_MS + 60000, START_MS + 60001), 1, PACE_BURST_MS + 1);
    pace_free(pace);
}

static void a_record_is_told_how_long_to_wait(void **state)
{
    struct pace *pace = pace_new(2, 0);

    (void)state;
    assert_int_equal(pace_wait_ms(pace, -1, START_MS), 0);
    assert_in_range(pace_wait_ms(pace, -1, START_MS), 500 - PACE_BURST_MS, 500);
    assert_int_equal(pace_wait_ms(pace, -1, START_MS + 500), 0);
    pace_free(pace);
}

static void without_limits_nothing_waits(void **state)
{
    struct pace *pace = pace_new(0, 0);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pace_wait_ms(pace, STAMP_MS + (int64_t)i * 3600000, START_MS), 0);
    pace_free(pace);
}

static void records_wait_for_their_time(void **state)
{
    static const struct {
        const char *what;
        unsigned speed;
        int64_t stamp_ms; /* behind the first one's */
        int64_t now_ms;   /* behind the start */
        int64_t wait_ms;
    } rows[] = {
        {"the next one, a while later", 1000, 500, 0, 500},
        {"the same, when half of it is over", 1000, 500, 250, 250},
        {"at its time", 1000, 500, 500, 0},
        {"too late", 1000, 500, 9000, 0},
        {"twice as fast", 2000, 500, 0, 250},
        {"half as fast", 500, 250, 0, 500},
        {"a thousand times as fast", PACE_SPEED_MAX, 3600000, 0, PACE_WAIT_MAX_MS},
        {"and when its time has come", PACE_SPEED_MAX, 3600000, 3600, 0},
        {"an older one", 1000, -500, 0, 0},
        {"as long as a wait can be", 1000, PACE_WAIT_MAX_MS, 0, PACE_WAIT_MAX_MS},
        {"longer", 1000, PACE_WAIT_MAX_MS + 1, 0, PACE_WAIT_MAX_MS},
        {"at the end of time", 1, INT64_MAX - STAMP_MS, 0, PACE_WAIT_MAX_MS},
        {"without a timestamp", 1000, -STAMP_MS - 1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pace *pace = pace_new(0, rows[i].speed);

        assert_int_equal(pace_wait_ms(pace, STAMP_MS, START_MS), 0);
        int64_t wait = pace_wait_ms(pace, STAMP_MS + rows[i].stamp_ms, START_MS + rows[i].now_ms);
        if (wait != rows[i].wait_ms)
            fail_msg("%s: %lld", rows[i].what, (long long)wait);
        pace_free(pace);
    }
}

static void both_limits_hold(void **state)
{
    struct pace *pace = pace_new(1, 1000);

    (void)state;
    assert_int_equal(pace_wait_ms(pace, STAMP_MS, START_MS), 0);
    assert_true(pace_wait_ms(pace, STAMP_MS, START_MS) > 0);               /* the rate */
    assert_true(pace_wait_ms(pace, STAMP_MS + 9000, START_MS + 2000) > 0); /* the time */
    assert_int_equal(pace_wait_ms(pace, STAMP_MS + 9000, START_MS + 9000), 0);
    pace_free(pace);
}

static void speeds_are_read(void **state)
{
    static const struct {
        const char *text;
        bool good;
        unsigned speed;
    } rows[] = {
        {"max", true, 0},         {"1x", true, 1000},
        {"2x", true, 2000},       {"0.5x", true, 500},
        {"0.001x", true, 1},      {"1000x", true, 1000000},
        {"12.345x", true, 12345}, {"1.0x", true, 1000},
        {"", false, 0},           {"x", false, 0},
        {"1", false, 0},          {"0x", false, 0},
        {"0.000x", false, 0},     {"0.0001x", false, 0},
        {"1000.001x", false, 0},  {"1001x", false, 0},
        {"-1x", false, 0},        {".5x", false, 0},
        {"1.x", false, 0},        {"1X", false, 0},
        {"1.5.5x", false, 0},     {"18446744073709551617x", false, 0},
        {"Max", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned speed;
        bool good = pace_parse_speed(slice_of(rows[i].text), &speed);

        if (good != rows[i].good || (good && speed != rows[i].speed))
            fail_msg("'%s': %d, %u", rows[i].text, good, speed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_kept_and_never_exceeded_by_more_than_a_burst),
        cmocka_unit_test(what_was_not_used_up_is_lost),
        cmocka_unit_test(a_record_is_told_how_long_to_wait),
        cmocka_unit_test(without_limits_nothing_waits),
        cmocka_unit_test(records_wait_for_their_time),
        cmocka_unit_test(both_limits_hold),
        cmocka_unit_test(speeds_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
