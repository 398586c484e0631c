#include "pace.h"

#include <pthread.h>
#include <stdlib.h>

#include "config_value.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define SPEED_DIGITS 3                      /* behind the point */
#define APART_MAX_MS INT64_C(3155760000000) /* a hundred years: timestamps are anybody's */

struct pace {
    int64_t interval_ns; /* between two records; 0: no limit */
    int64_t speed;       /* 0: no limit */
    pthread_mutex_t lock;
    int64_t due_ns;   /* when the rate lets the next record through */
    bool begun;       /* by the first record */
    int64_t first_ms; /* its timestamp ... */
    int64_t began_ms; /* ... and when it came */
};

struct pace *pace_new(uint64_t rate, unsigned speed)
{
    struct pace *pace = calloc(1, sizeof *pace);

    if (!pace)
        return NULL;
    pthread_mutex_init(&pace->lock, NULL);
    pace->interval_ns = rate > 0 ? (NS_PER_S + (int64_t)rate - 1) / (int64_t)rate : 0; /* rather too slow */
    pace->speed = speed;
    return pace;
}

void pace_free(struct pace *pace)
{
    if (!pace)
        return;
    pthread_mutex_destroy(&pace->lock);
    free(pace);
}

/* By the timestamps. With the lock. */
static int64_t wait_for_time(struct pace *pace, int64_t timestamp_ms, int64_t now_ms)
{
    int64_t apart_ms, wait_ms;

    if (pace->speed == 0 || timestamp_ms < 0)
        return 0;
    if (!pace->begun) {
        pace->begun = true;
        pace->first_ms = timestamp_ms;
        pace->began_ms = now_ms;
    }
    apart_ms = timestamp_ms - pace->first_ms; /* neither is negative */
    if (apart_ms > APART_MAX_MS)
        apart_ms = APART_MAX_MS;
    wait_ms = pace->began_ms + apart_ms * (int64_t)PACE_SPEED_UNIT / pace->speed - now_ms;
    return wait_ms < 0 ? 0 : wait_ms;
}

/* By the rate. With the lock. */
static int64_t wait_for_turn(struct pace *pace, int64_t now_ms)
{
    int64_t now_ns = now_ms * NS_PER_MS, earliest = now_ns - PACE_BURST_MS * NS_PER_MS;

    if (pace->interval_ns == 0)
        return 0;
    if (pace->due_ns < earliest)
        pace->due_ns = earliest;
    if (pace->due_ns > now_ns)
        return (pace->due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    pace->due_ns += pace->interval_ns;
    return 0;
}

int64_t pace_wait_ms(struct pace *pace, int64_t timestamp_ms, int64_t now_ms)
{
    int64_t wait_ms;

    pthread_mutex_lock(&pace->lock);
    wait_ms = wait_for_time(pace, timestamp_ms, now_ms);
    if (wait_ms == 0)
        wait_ms = wait_for_turn(pace, now_ms);
    pthread_mutex_unlock(&pace->lock);
    return wait_ms < PACE_WAIT_MAX_MS ? wait_ms : PACE_WAIT_MAX_MS;
}

bool pace_parse_speed(struct slice text, unsigned *speed)
{
    uint64_t whole = 0, part = 0;
    const char *point;
    size_t digits = 0;

    *speed = 0;
    if (slice_equal_text(text, "max"))
        return true;
    if (text.len < 2 || text.ptr[text.len - 1] != 'x')
        return false;
    text.len--;
    point = memchr(text.ptr, '.', text.len);
    if (point)
        digits = (size_t)(text.ptr + text.len - point) - 1;
    if (!config_parse_count(slice_make(text.ptr, text.len - (point ? digits + 1 : 0)), &whole) ||
        whole > PACE_SPEED_MAX / PACE_SPEED_UNIT)
        return false;
    if (point && (digits > SPEED_DIGITS || !config_parse_count(slice_make(point + 1, digits), &part)))
        return false;
    for (; digits < SPEED_DIGITS; digits++)
        part *= 10;
    *speed = (unsigned)(whole * PACE_SPEED_UNIT + part);
    return *speed > 0 && *speed <= PACE_SPEED_MAX;
}
