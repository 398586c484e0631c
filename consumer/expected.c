#include "expected.h"

#include <string.h>
#include <strings.h>

#define DAYS 7
#define EVERY_DAY ((1u << DAYS) - 1)
#define MINUTE_MS INT64_C(60000)
#define DAY_MS (INT64_C(24) * 60 * MINUTE_MS)
#define EPOCH_WEEKDAY 3 /* 1970-01-01 was a Thursday */
#define CLOCK_LEN 5     /* of 06:30 */

static bool read_two(const char *text, int max, int *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + text[1] - '0';
    return *out <= max;
}

/* 06:30 as minutes. */
static bool read_clock(struct slice *text, int hours_max, int *out)
{
    int hours, minutes;

    if (text->len < CLOCK_LEN || text->ptr[2] != ':' || !read_two(text->ptr, hours_max, &hours) ||
        !read_two(text->ptr + 3, 59, &minutes))
        return false;
    *out = hours * 60 + minutes;
    *text = slice_make(text->ptr + CLOCK_LEN, text->len - CLOCK_LEN);
    return true;
}

static bool read_zone(struct slice *text, int *out)
{
    char sign = text->len > 0 ? text->ptr[0] : '\0';

    if (sign != 'Z' && sign != '+' && sign != '-')
        return false;
    *text = slice_make(text->ptr + 1, text->len - 1);
    *out = 0;
    if (sign != 'Z' && !read_clock(text, 14, out))
        return false;
    if (sign == '-')
        *out = -*out;
    return true;
}

static bool read_day(struct slice *text, int *out)
{
    static const char names[DAYS][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

    for (int day = 0; text->len >= 3 && day < DAYS; day++)
        if (strncasecmp(text->ptr, names[day], 3) == 0) {
            *text = slice_make(text->ptr + 3, text->len - 3);
            *out = day;
            return true;
        }
    return false;
}

static bool take(struct slice *text, char wanted)
{
    if (text->len == 0 || text->ptr[0] != wanted)
        return false;
    *text = slice_make(text->ptr + 1, text->len - 1);
    return true;
}

/* Mon-Fri,Sun; Sat-Mon goes round the end of the week. */
static bool read_days(struct slice text, unsigned *out)
{
    int first, last;

    *out = 0;
    do {
        if (!read_day(&text, &first))
            return false;
        last = first;
        if (take(&text, '-') && !read_day(&text, &last))
            return false;
        for (int day = first;; day = (day + 1) % DAYS) {
            *out |= 1u << day;
            if (day == last)
                break;
        }
    } while (take(&text, ','));
    return text.len == 0;
}

bool expected_parse(struct slice text, struct expected *out)
{
    *out = (struct expected){.weekdays = EVERY_DAY};
    if (!read_clock(&text, 23, &out->minute) || !read_zone(&text, &out->offset_min))
        return false;
    if (text.len == 0)
        return true;
    return text.ptr[0] == ' ' && read_days(slice_trim(text), &out->weekdays);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t expected_last_ms(const struct expected *expected, int64_t wall_ms)
{
    int64_t local_ms = wall_ms + expected->offset_min * MINUTE_MS;
    int64_t day = floor_divide(local_ms - expected->minute * MINUTE_MS, DAY_MS);

    while (((expected->weekdays >> (((day + EPOCH_WEEKDAY) % DAYS + DAYS) % DAYS)) & 1) == 0)
        day--;
    return day * DAY_MS + (expected->minute - expected->offset_min) * MINUTE_MS;
}
