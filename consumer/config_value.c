#include "config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit sizes[] = {
    {"K", 1ull << 10},
    {"KB", 1ull << 10},
    {"KiB", 1ull << 10},
    {"M", 1ull << 20},
    {"MB", 1ull << 20},
    {"MiB", 1ull << 20},
    {"G", 1ull << 30},
    {"GB", 1ull << 30},
    {"GiB", 1ull << 30},
    {"T", 1ull << 40},
    {"TB", 1ull << 40},
    {"TiB", 1ull << 40},
    {"B", 1},
    {"", 1},
};

static const struct unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1}};

bool config_parse_count(struct slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

#define SHARE_DIGITS 4       /* behind the point of a percentage */
#define SHARE_PERCENT 10000u /* millionths */
#define SHARE_WHOLE_PERCENT 100

bool config_parse_share(struct slice text, uint64_t *out)
{
    const char *point = text.len > 0 ? memchr(text.ptr, '.', text.len) : NULL;
    uint64_t whole, part = 0;
    size_t digits = 0;

    if (text.len < 2 || text.ptr[text.len - 1] != '%')
        return false;
    text.len--;
    if (!config_parse_count(slice_make(text.ptr, point ? (size_t)(point - text.ptr) : text.len), &whole))
        return false;
    if (point) {
        digits = (size_t)(text.ptr + text.len - point) - 1;
        if (digits > SHARE_DIGITS || !config_parse_count(slice_make(point + 1, digits), &part))
            return false;
    }
    for (; digits < SHARE_DIGITS; digits++)
        part *= 10;
    if (whole > SHARE_WHOLE_PERCENT)
        return false;
    *out = whole * SHARE_PERCENT + part;
    return *out > 0 && *out <= (uint64_t)SHARE_WHOLE_PERCENT * SHARE_PERCENT;
}

void config_format_share(uint64_t millionths, char text[CONFIG_NUMBER_TEXT])
{
    int len = snprintf(text, CONFIG_NUMBER_TEXT - 1, "%" PRIu64 ".%04" PRIu64, millionths / SHARE_PERCENT,
                       millionths % SHARE_PERCENT);

    while (text[len - 1] == '0')
        len--;
    len -= text[len - 1] == '.';
    text[len++] = '%';
    text[len] = '\0';
}

static bool parse_with_unit(struct slice text, const struct unit *units, size_t count, uint64_t *out)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (!config_parse_count(slice_make(text.ptr, digits), &number))
        return false;
    struct slice name = slice_trim(slice_make(text.ptr + digits, text.len - digits));
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(name, slice_of(units[i].name)))
            return !__builtin_mul_overflow(number, units[i].factor, out);
    return false;
}

bool config_parse_size(struct slice text, uint64_t *out)
{
    return parse_with_unit(text, sizes, sizeof sizes / sizeof *sizes, out);
}

bool config_parse_duration(struct slice text, uint64_t *out)
{
    return parse_with_unit(text, durations, sizeof durations / sizeof *durations, out);
}

void config_format_size(uint64_t bytes, char text[CONFIG_NUMBER_TEXT])
{
    static const char *const names[] = {"", "K", "M", "G", "T"};
    size_t unit = 0;

    while (unit < 4 && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, CONFIG_NUMBER_TEXT, "%" PRIu64 "%s", bytes, names[unit]);
}

void config_format_duration(uint64_t milliseconds, char text[CONFIG_NUMBER_TEXT])
{
    if (milliseconds > 0 && milliseconds % 3600000 == 0)
        snprintf(text, CONFIG_NUMBER_TEXT, "%" PRIu64 "h", milliseconds / 3600000);
    else if (milliseconds > 0 && milliseconds % 60000 == 0)
        snprintf(text, CONFIG_NUMBER_TEXT, "%" PRIu64 "m", milliseconds / 60000);
    else if (milliseconds > 0 && milliseconds % 1000 == 0)
        snprintf(text, CONFIG_NUMBER_TEXT, "%" PRIu64 "s", milliseconds / 1000);
    else
        snprintf(text, CONFIG_NUMBER_TEXT, "%" PRIu64 "ms", milliseconds);
}
