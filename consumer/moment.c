#include "moment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config_value.h"
#include "core/fix_time.h"

#define MINUTES_LEN 16 /* YYYY-MM-DDTHH:MM */
#define SECONDS_LEN 19 /* YYYY-MM-DDTHH:MM:SS */
#define ZONE_LEN 6     /* +HH:MM */
#define ZONE_HOURS_MAX 23
#define TEXT_MAX 40 /* of a time without its zone */
#define MS_PER_MINUTE INT64_C(60000)

static bool read_two(const char *s, int64_t *out)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
        return false;
    *out = (s[0] - '0') * 10 + (s[1] - '0');
    return true;
}

/* Takes the zone off the end of the text: milliseconds that it is ahead of UTC. */
static bool cut_zone(struct slice *text, int64_t *ahead_ms)
{
    const char *zone;
    int64_t hours, minutes;

    *ahead_ms = 0;
    if (text->len > 0 && text->ptr[text->len - 1] == 'Z') {
        text->len--;
        return true;
    }
    if (text->len <= ZONE_LEN)
        return false;
    zone = text->ptr + text->len - ZONE_LEN;
    if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !read_two(zone + 1, &hours) ||
        !read_two(zone + 4, &minutes) || hours > ZONE_HOURS_MAX || minutes > 59)
        return false;
    *ahead_ms = (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes) * MS_PER_MINUTE;
    text->len -= ZONE_LEN;
    return true;
}

/* By the parser of FIX's timestamps, which write the same digits in the same order. */
static bool parse_iso(struct slice text, int64_t *ms)
{
    char fix[TEXT_MAX + 8];
    int64_t ahead_ms, micros;

    if (!cut_zone(&text, &ahead_ms) || text.len < MINUTES_LEN || text.len > TEXT_MAX)
        return false;
    if (text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != 'T')
        return false;
    int len = snprintf(fix, sizeof fix, "%.4s%.2s%.2s-%.*s%s", text.ptr, text.ptr + 5, text.ptr + 8,
                       (int)(text.len - 11), text.ptr + 11, text.len == MINUTES_LEN ? ":00" : "");
    if (!fix_time_parse_timestamp(slice_make(fix, (size_t)len), &micros))
        return false;
    *ms = micros / 1000 - ahead_ms;
    return *ms >= 0;
}

static bool parse_time(struct slice text, int64_t now_ms, int64_t *ms)
{
    struct slice rest = text.len > 0 ? slice_make(text.ptr + 1, text.len - 1) : text;
    uint64_t number;

    if (text.len > 1 && text.ptr[0] == '@') {
        *ms = config_parse_count(rest, &number) && number <= INT64_MAX ? (int64_t)number : -1;
        return *ms >= 0;
    }
    if (text.len > 1 && text.ptr[0] == '-') {
        *ms = config_parse_duration(rest, &number) && number <= (uint64_t)now_ms ? now_ms - (int64_t)number : -1;
        return *ms >= 0;
    }
    return parse_iso(text, ms);
}

int moment_parse(struct slice text, int64_t now_ms, struct moment *out, struct error *e)
{
    *out = (struct moment){.kind = MOMENT_TIME};
    if (slice_equal_text(text, "earliest"))
        out->kind = MOMENT_EARLIEST;
    else if (slice_equal_text(text, "now"))
        out->kind = MOMENT_NOW;
    else if (!parse_time(text, now_ms, &out->ms))
        return error_set(e, ERROR_USAGE,
                         "'%.*s' is no time: 2026-11-25T09:30:00Z or with +01:00, @MILLISECONDS since 1970, -2h, "
                         "earliest or now",
                         SLICE_FORMAT(text));
    return 0;
}
