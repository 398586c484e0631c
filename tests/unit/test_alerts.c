/* alerts: queued, taken, put back; each of them JSON with the group in it. */
#include "consumer/alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct config config;
    struct alerts *alerts;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e = {0};

    assert_true(config_init(&f->config));
    assert_int_equal(config_set(&f->config, "output.alert_topic", "alerts", &e), 0);
    assert_int_equal(config_set(&f->config, "input.group", "a \"group\"", &e), 0);
    f->alerts = alerts_new(&f->config);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    alerts_free(f->alerts);
    config_free(&f->config);
    free(f);
    return 0;
}

static void raise_number(struct fixture *f, int number)
{
    struct error e = {0};

    assert_int_equal(alerts_raise(f->alerts, "TEST", json_pack("{s:i}", "number", number), &e), 0);
}

/* Takes the next one; -1: there is none. */
static int take_number(struct fixture *f)
{
    char *text = alerts_take(f->alerts);
    int number = -1;

    if (text)
        assert_int_equal(sscanf(text, "{\"alert\":\"TEST\",\"group\":\"a \\\"group\\\"\",\"number\":%d}", &number), 1);
    free(text);
    return number;
}

static void they_come_in_their_order(void **state)
{
    struct fixture *f = *state;

    assert_false(alerts_wait(f->alerts));
    assert_int_equal(take_number(f), -1);
    for (int i = 0; i < 3; i++)
        raise_number(f, i);
    for (int i = 0; i < 3; i++) {
        assert_true(alerts_wait(f->alerts));
        assert_int_equal(take_number(f), i);
    }
    assert_false(alerts_wait(f->alerts));
}

static void one_that_is_put_back_is_the_next(void **state)
{
    struct fixture *f = *state;
    char *text;

    raise_number(f, 1);
    raise_number(f, 2);
    text = alerts_take(f->alerts);
    alerts_put_back(f->alerts, text);
    alerts_put_back(f->alerts, NULL);
    assert_int_equal(take_number(f), 1);
    assert_int_equal(take_number(f), 2);
}

static void the_last_ones_stay_where_there_are_too_many(void **state)
{
    struct fixture *f = *state;
    char *text;

    for (int i = 0; i < ALERTS_MAX; i++)
        raise_number(f, i);
    text = alerts_take(f->alerts);
    alerts_put_back(f->alerts, text); /* there is room */
    raise_number(f, ALERTS_MAX);      /* and now there is not */
    text = alerts_take(f->alerts);
    raise_number(f, ALERTS_MAX + 1);
    alerts_put_back(f->alerts, text); /* its place is taken */
    for (int i = 2; i <= ALERTS_MAX + 1; i++)
        assert_int_equal(take_number(f), i);
    assert_int_equal(take_number(f), -1);
}

static void without_a_topic_nothing_waits(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(config_set(&f->config, "output.alert_topic", "", &e), 0);
    raise_number(f, 1);
    assert_false(alerts_wait(f->alerts));
    assert_int_equal(alerts_raise(NULL, "TEST", json_object(), &e), 0);
    assert_false(alerts_wait(NULL));
}

static void fields_without_memory_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(alerts_raise(f->alerts, "TEST", NULL, &e), -1);
    assert_int_equal(e.code, ERROR_INTERNAL);
    assert_false(alerts_wait(f->alerts));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(they_come_in_their_order),
        TEST(one_that_is_put_back_is_the_next),
        TEST(the_last_ones_stay_where_there_are_too_many),
        TEST(without_a_topic_nothing_waits),
        TEST(fields_without_memory_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
