#include "fix_time.h"

#include "ascii.h"

#define DATE_LEN 8          /* YYYYMMDD */
#define SECONDS_TIME_LEN 17 /* YYYYMMDD-HH:MM:SS */
#define FRACTION_MAX 12     /* picoseconds */

static bool read_number(const char *s, size_t digits, int *out)
{
    int v = 0;

    for (size_t i = 0; i < digits; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        v = v * 10 + (s[i] - '0');
    }
    *out = v;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Day 0 is the whole month. */
static bool set_date(int year, int month, int day, struct date *out)
{
    if (year < 1 || month < 1 || month > 12 || day < 0 || day > days_in_month(year, month))
        return false;
    *out = (struct date){(int16_t)year, (int8_t)month, (int8_t)day};
    return true;
}

static bool read_year_month(const char *s, struct date *out)
{
    int year;
    int month;

    return read_number(s, 4, &year) && read_number(s + 4, 2, &month) && set_date(year, month, 0, out);
}

/* All eight digits at once: every message has such a date. */
static bool read_date(const char *s, struct date *out)
{
    uint32_t number;

    if (!ascii_read_8_digits(s, &number))
        return false;
    return number % 100 > 0 && set_date((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100), out);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, by counting years from March so that the leap day comes
 * last. */
static int64_t days_since_epoch(struct date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t month = (d.month + 9) % 12;

    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + d.day - 1 - 719468;
}

static bool read_fraction(struct slice text, int64_t *micros)
{
    int64_t scale = 100000;

    *micros = 0;
    if (text.len < 2 || text.len > 1 + FRACTION_MAX || text.ptr[0] != '.')
        return text.len == 0;
    for (size_t i = 1; i < text.len; i++, scale /= 10) {
        int digit;
        if (!read_number(text.ptr + i, 1, &digit))
            return false;
        *micros += digit * scale;
    }
    return true;
}

bool fix_time_parse_timestamp(struct slice text, int64_t *micros)
{
    const char *s = text.ptr;
    struct date date;
    int hour;
    int minute;
    int second;
    int64_t fraction;

    if (text.len < SECONDS_TIME_LEN || s[8] != '-' || s[11] != ':' || s[14] != ':' || !read_date(s, &date) ||
        !read_number(s + 9, 2, &hour) || !read_number(s + 12, 2, &minute) || !read_number(s + 15, 2, &second) ||
        hour > 23 || minute > 59 || second > 60 ||
        !read_fraction(slice_make(s + SECONDS_TIME_LEN, text.len - SECONDS_TIME_LEN), &fraction))
        return false;
    *micros = (((days_since_epoch(date) * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + fraction;
    return true;
}

bool fix_time_parse_date(struct slice text, struct date *out)
{
    return text.len >= DATE_LEN && (text.len == DATE_LEN || text.ptr[DATE_LEN] == '-') && read_date(text.ptr, out);
}

static void add_maturity_day(struct slice day, struct date *out)
{
    int n;

    /* A day that makes no date leaves the month standing. */
    if (day.len >= 1 && day.len <= 2 && read_number(day.ptr, day.len, &n))
        set_date(out->year, out->month, n, out);
}

bool fix_time_parse_maturity(struct slice month_year, struct slice day, struct date *out)
{
    const char *s = month_year.ptr;

    if (month_year.len == 6) {
        if (!read_year_month(s, out))
            return false;
        add_maturity_day(day, out);
        return true;
    }
    if (month_year.len != DATE_LEN)
        return false;
    if (s[6] == 'w')
        return s[7] >= '1' && s[7] <= '5' && read_year_month(s, out);
    return read_date(s, out);
}

/* "2026-11-22" or "2026/11" as "20261122" or "202611"; returns the number of digits. */
static size_t drop_separators(struct slice text, char digits[DATE_LEN])
{
    char separator = text.len > 4 ? text.ptr[4] : '\0';
    size_t n = 0;

    if (separator != '-' && separator != '/')
        separator = '\0';
    for (size_t i = 0; i < text.len; i++) {
        if (separator && (i == 4 || i == 7) && text.ptr[i] == separator)
            continue;
        if (n == DATE_LEN || text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        digits[n++] = text.ptr[i];
    }
    /* With a separator months and days have to stand where it puts them: 2026-1122 is no date. */
    if (separator && text.len != (n == DATE_LEN ? 10u : 7u))
        return 0;
    return n;
}

/* 2026/11 is left out on purpose: only the dash makes a month. */
static bool is_slashed_month(struct slice text)
{
    return text.len == 7 && text.ptr[4] == '/';
}

/* YYYY-MM-DD and no more. */
static bool is_dashed_date(struct slice text)
{
    return text.len == DATE_LEN + 2 && text.ptr[4] == '-' && text.ptr[7] == '-';
}

static bool read_dashed_date(const char *s, struct date *out)
{
    char digits[DATE_LEN] = {s[0], s[1], s[2], s[3], s[5], s[6], s[8], s[9]};

    return read_date(digits, out);
}

bool fix_time_parse_master_date(struct slice text, struct date *out)
{
    char digits[DATE_LEN];
    size_t len = 0;
    size_t count;

    if ((text.len == DATE_LEN && read_date(text.ptr, out)) || (is_dashed_date(text) && read_dashed_date(text.ptr, out)))
        return true; /* nearly always */
    while (len < text.len && text.ptr[len] != ' ' && text.ptr[len] != 'T')
        len++;
    text.len = len;
    if (is_slashed_month(text))
        return false;
    count = drop_separators(text, digits);
    if (count == DATE_LEN)
        return read_date(digits, out);
    return count == 6 && read_year_month(digits, out);
}

bool date_agrees(struct date a, struct date b)
{
    return a.year == b.year && a.month == b.month && (a.day == 0 || b.day == 0 || a.day == b.day);
}

bool date_is_before(struct date date, struct date now)
{
    if (date.year != now.year)
        return date.year < now.year;
    if (date.month != now.month)
        return date.month < now.month;
    return date.day != 0 && now.day != 0 && date.day < now.day;
}
