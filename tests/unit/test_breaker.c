#include "consumer/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static const struct storm_counts wrong = {100, 100}, right = {10000, 0};

struct fixture {
    struct config config;
    struct alerts *alerts;
    struct breaker *breaker;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e = {0};

    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "storm.minimum", "100", &e), 0);
    assert_int_equal(config_set(&f->config, "storm.action", "pause", &e), 0);
    assert_int_equal(config_set(&f->config, "input.group", "a \"group\"", &e), 0);
    assert_int_equal(config_set(&f->config, "output.alert_topic", "alerts", &e), 0);
    f->alerts = alerts_new(&f->config);
    f->breaker = breaker_new(&f->config, f->alerts, NULL);
    breaker_adopt(f->breaker, "a");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    breaker_free(f->breaker);
    alerts_free(f->alerts);
    config_free(&f->config);
    free(f);
    return 0;
}

/* Whether an alert came. */
static bool alerts(struct fixture *f, const char *version, int64_t now_ms, const struct storm_counts *counts)
{
    struct error e = {0};
    bool came;

    assert_int_equal(breaker_count(f->breaker, version, now_ms, counts, &e), 0);
    came = alerts_wait(f->alerts);
    if (came)
        free(alerts_take(f->alerts));
    return came;
}

static void one_alert_for_all_lanes_which_then_pause(void **state)
{
    struct fixture *f = *state;

    assert_false(breaker_holds(f->breaker, "a"));
    assert_true(alerts(f, "a", 1000, &wrong));
    for (int i = 0; i < 100; i++)
        assert_false(alerts(f, "a", 1001 + i, &wrong));
    assert_true(breaker_holds(f->breaker, "a"));
}

static void another_version_lets_go_on_and_has_a_storm_of_its_own(void **state)
{
    struct fixture *f = *state;

    assert_true(alerts(f, "a", 1000, &wrong));
    breaker_adopt(f->breaker, "a"); /* by another lane */
    assert_true(breaker_holds(f->breaker, "a"));
    breaker_adopt(f->breaker, "b");
    assert_false(breaker_holds(f->breaker, "a"));
    assert_false(breaker_holds(f->breaker, "b"));
    assert_true(alerts(f, "b", 1001, &wrong));
    assert_true(breaker_holds(f->breaker, "b"));
}

static void what_a_lane_still_checks_by_the_version_before_does_not_count(void **state)
{
    struct fixture *f = *state;

    breaker_adopt(f->breaker, "b");
    assert_false(alerts(f, "a", 1000, &wrong));
    assert_false(breaker_holds(f->breaker, "a"));
    assert_false(breaker_holds(f->breaker, "b"));
}

static void a_version_that_comes_back_counts_again(void **state)
{
    struct fixture *f = *state;

    assert_true(alerts(f, "a", 1000, &wrong));
    breaker_adopt(f->breaker, "b");
    breaker_adopt(f->breaker, "a");
    assert_false(breaker_holds(f->breaker, "a"));
    assert_true(alerts(f, "a", 1001, &wrong));
}

static void a_storm_that_is_over_holds_nobody(void **state)
{
    struct fixture *f = *state;

    assert_true(alerts(f, "a", 1000, &wrong));
    assert_false(alerts(f, "a", 1001, &right));
    assert_false(breaker_holds(f->breaker, "a"));
}

static void an_alert_alone_holds_nobody(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(config_set(&f->config, "storm.action", "alert", &e), 0);
    assert_true(alerts(f, "a", 1000, &wrong));
    assert_false(breaker_holds(f->breaker, "a"));
}

static void an_alert_is_json(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};
    char *alert;
    json_t *json;

    assert_int_equal(breaker_count(f->breaker, "a", 1000, &wrong, &e), 0);
    alert = alerts_take(f->alerts);
    json = json_loads(alert, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "alert")), "STORM");
    assert_string_equal(json_string_value(json_object_get(json, "group")), "a \"group\"");
    assert_string_equal(json_string_value(json_object_get(json, "version")), "a");
    assert_string_equal(json_string_value(json_object_get(json, "action")), "PAUSE");
    assert_int_equal(json_integer_value(json_object_get(json, "messages")), 100);
    assert_int_equal(json_integer_value(json_object_get(json, "discrepant")), 100);
    assert_int_equal(json_integer_value(json_object_get(json, "window_ms")), 10000);
    json_decref(json);
    free(alert);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_alert_for_all_lanes_which_then_pause),
        TEST(another_version_lets_go_on_and_has_a_storm_of_its_own),
        TEST(what_a_lane_still_checks_by_the_version_before_does_not_count),
        TEST(a_version_that_comes_back_counts_again),
        TEST(a_storm_that_is_over_holds_nobody),
        TEST(an_alert_alone_holds_nobody),
        TEST(an_alert_is_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
