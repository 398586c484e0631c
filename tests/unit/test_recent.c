/* recent: which records are kept, and for how long. */
#include "consumer/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The records that are there, each the time at which it was given. */
struct seen {
    size_t count;
    int64_t first, last, widest; /* ms */
};

static int take(void *opaque, struct slice record, struct error *e)
{
    struct seen *seen = opaque;
    int64_t at = strtoll(record.ptr, NULL, 10);

    (void)e;
    if (seen->count++ == 0)
        seen->first = at;
    else if (at - seen->last > seen->widest)
        seen->widest = at - seen->last;
    seen->last = at;
    return 0;
}

static struct seen look(struct recent *recent, int64_t now_ms)
{
    struct seen seen = {0};
    struct error e;

    assert_int_equal(recent_each(recent, now_ms, take, &seen, &e), 0);
    return seen;
}

/* A record each `step` ms, of so many bytes. */
static void feed(struct recent *recent, int64_t from, int64_t to, int64_t step, size_t len)
{
    static char bytes[RECENT_RECORD_MAX + 2];

    memset(bytes, ' ', sizeof bytes);
    for (int64_t at = from; at < to; at += step) {
        snprintf(bytes, sizeof bytes, "%lld", (long long)at);
        recent_note(recent, at, slice_make(bytes, len));
    }
}

static void records_are_taken_now_and_then(void **state)
{
    struct recent *recent = recent_new();
    struct seen seen;

    (void)state;
    feed(recent, 0, 1000, 1, 100);
    seen = look(recent, 1000);
    assert_int_equal(seen.count, 1000 / RECENT_EVERY_MS);
    recent_free(recent);
}

static void an_hour_is_covered_evenly_within_the_bounds(void **state)
{
    struct recent *recent = recent_new();
    struct seen seen;

    (void)state;
    feed(recent, 0, RECENT_KEPT_MS, 10, 200);
    seen = look(recent, RECENT_KEPT_MS);
    assert_in_range(seen.count, RECENT_RECORDS_MAX / 4, RECENT_RECORDS_MAX);
    assert_in_range(seen.first, 0, 10000);
    assert_in_range(seen.last, RECENT_KEPT_MS - 10000, RECENT_KEPT_MS);
    assert_in_range(seen.widest, 1, 2 * 4 * RECENT_KEPT_MS / RECENT_RECORDS_MAX);
    recent_free(recent);
}

static void large_records_are_bounded_by_their_bytes(void **state)
{
    struct recent *recent = recent_new();

    (void)state;
    feed(recent, 0, 3600, 1, RECENT_RECORD_MAX + 1); /* too large */
    assert_int_equal(look(recent, 3600).count, 0);
    feed(recent, 0, RECENT_KEPT_MS, 50, RECENT_RECORD_MAX);
    assert_in_range(look(recent, RECENT_KEPT_MS).count, RECENT_BYTES_MAX / RECENT_RECORD_MAX / 4,
                    RECENT_BYTES_MAX / RECENT_RECORD_MAX);
    recent_free(recent);
}

static void a_burst_of_large_records_is_made_up_for(void **state)
{
    const int64_t later = 3 * (int64_t)RECENT_KEPT_MS;
    struct recent *recent = recent_new();

    (void)state;
    feed(recent, 0, RECENT_KEPT_MS, 50, RECENT_RECORD_MAX);
    feed(recent, RECENT_KEPT_MS, later, 50, 200);
    assert_in_range(look(recent, later).count, RECENT_RECORDS_MAX / 4, RECENT_RECORDS_MAX);
    recent_free(recent);
}

static void what_is_older_than_an_hour_is_not_asked(void **state)
{
    struct recent *recent = recent_new();

    (void)state;
    feed(recent, 0, 1000, 100, 10);
    assert_int_equal(look(recent, RECENT_KEPT_MS).count, 10);
    assert_int_equal(look(recent, RECENT_KEPT_MS + 450).count, 5);
    assert_int_equal(look(recent, RECENT_KEPT_MS + 1000).count, 0);
    recent_free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_taken_now_and_then),
        cmocka_unit_test(an_hour_is_covered_evenly_within_the_bounds),
        cmocka_unit_test(large_records_are_bounded_by_their_bytes),
        cmocka_unit_test(a_burst_of_large_records_is_made_up_for),
        cmocka_unit_test(what_is_older_than_an_hour_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
