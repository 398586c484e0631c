#include "consumer/storm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS_MAX 8
#define HALF 500000u /* millionths */

/* What was checked at a moment, and what is news. */
struct step {
    int64_t now_ms;
    struct storm_counts counts;
    enum storm_news news;
};

struct row {
    const char *name;
    struct storm_options options;
    struct step steps[STEPS_MAX]; /* ended by one without a time */
};

/* A window of ten seconds and a minimum of 100 messages, unless the row says otherwise. */
static const struct row rows[] = {
    {"nothing is said below the minimum", {HALF, 10000, 100}, {{1000, {99, 99}, STORM_NOTHING}}},
    {"at the minimum it is", {HALF, 10000, 100}, {{1000, {99, 99}, STORM_NOTHING}, {1001, {1, 1}, STORM_BEGINS}}},
    {"the share itself is enough", {HALF, 10000, 100}, {{1000, {100, 50}, STORM_BEGINS}}},
    {"one message less is not", {HALF, 10000, 100}, {{1000, {100, 49}, STORM_NOTHING}}},
    {"a share of all needs all",
     {1000000, 10000, 100},
     {{1000, {1000, 999}, STORM_NOTHING}, {20000, {1000, 1000}, STORM_BEGINS}}},
    {"it is said once, however long it goes on",
     {HALF, 10000, 100},
     {{1000, {100, 100}, STORM_BEGINS},
      {2000, {100, 100}, STORM_NOTHING},
      {30000, {100, 100}, STORM_NOTHING},
      {60000, {100, 60}, STORM_NOTHING}}},
    {"between the share and half of it, it neither ends nor begins again",
     {HALF, 10000, 100},
     {{1000, {100, 100}, STORM_BEGINS},
      {20000, {100, 25}, STORM_NOTHING},
      {40000, {100, 49}, STORM_NOTHING},
      {60000, {100, 51}, STORM_NOTHING}}},
    {"below half of the share it ends, and may begin again",
     {HALF, 10000, 100},
     {{1000, {100, 100}, STORM_BEGINS},
      {20000, {100, 24}, STORM_ENDS},
      {21000, {100, 0}, STORM_NOTHING},
      {40000, {100, 100}, STORM_BEGINS}}},
    {"it does not end for want of messages",
     {HALF, 10000, 100},
     {{1000, {100, 100}, STORM_BEGINS}, {900000, {99, 0}, STORM_NOTHING}, {900001, {1, 0}, STORM_ENDS}}},
    {"the last step of the window still counts",
     {HALF, 10000, 100},
     {{1000, {50, 50}, STORM_NOTHING}, {10999, {50, 50}, STORM_BEGINS}}},
    {"the one before it does not",
     {HALF, 10000, 100},
     {{1000, {50, 50}, STORM_NOTHING}, {11000, {50, 50}, STORM_NOTHING}}},
    {"many good ones hide a few bad ones only within the window",
     {HALF, 10000, 100},
     {{1000, {10000, 0}, STORM_NOTHING}, {5000, {200, 200}, STORM_NOTHING}, {11000, {1, 1}, STORM_BEGINS}}},
    {"a minimum of 0: never", {HALF, 10000, 0}, {{1000, {100000, 100000}, STORM_NOTHING}}},
    {"the shortest window", {HALF, STORM_STEPS, 1}, {{1, {1, 1}, STORM_BEGINS}, {11, {1, 0}, STORM_ENDS}}},
    {"a clock that starts at 0", {HALF, 10000, 1}, {{0, {1, 1}, STORM_BEGINS}}},
};

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct storm storm;

        storm_reset(&storm, &rows[i].options);
        for (size_t s = 0; s < STEPS_MAX && (s == 0 || rows[i].steps[s].now_ms > 0); s++) {
            const struct step *step = &rows[i].steps[s];
            enum storm_news news = storm_count(&storm, step->now_ms, &step->counts);

            if (news != step->news)
                fail_msg("%s: step %zu: news %d, not %d", rows[i].name, s, news, step->news);
        }
    }
}

static void a_new_version_starts_anew(void **state)
{
    const struct storm_options options = {HALF, 10000, 100};
    struct storm storm;

    (void)state;
    storm_reset(&storm, &options);
    assert_int_equal(storm_count(&storm, 1000, &(struct storm_counts){100, 100}), STORM_BEGINS);
    storm_reset(&storm, &options);
    assert_false(storm.rages);
    assert_int_equal(storm_count(&storm, 1001, &(struct storm_counts){99, 99}), STORM_NOTHING);
    assert_int_equal(storm_count(&storm, 1002, &(struct storm_counts){1, 1}), STORM_BEGINS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(a_new_version_starts_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
