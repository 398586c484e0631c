#include "fix_time.h"

#include "ascii.h"

#define MONTH_LEN 6         /* YYYYMM */
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

/* Without a branch on the year, which cannot be predicted: of the years that 4 divides those are no leap years that 100
 * divides and 400, hence 16, does not. */
static int days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 16 == 0));

    return days[month - 1] + ((month == 2) & is_leap);
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

/* YYYYMMDD as a number, where DD is 0 for the whole month. */
static bool set_number(uint32_t number, struct date *out)
{
    return set_date((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100), out);
}

/* All eight digits at once: every message has such a date. */
static bool read_date(const char *s, struct date *out)
{
    uint32_t number;

    return ascii_read_8_digits(s, &number) && number % 100 > 0 && set_number(number, out);
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

static bool has_date_length(struct slice text)
{
    return text.len >= DATE_LEN && (text.len == DATE_LEN || text.ptr[DATE_LEN] == '-');
}

bool fix_time_parse_date(struct slice text, struct date *out)
{
    return has_date_length(text) && read_date(text.ptr, out);
}

bool fix_time_recall_date(struct slice text, struct date_memo *memo, struct date *out)
{
    _Static_assert(sizeof memo->text == DATE_LEN, "all that was read is remembered");

    if (!has_date_length(text))
        return false;
    if (memcmp(text.ptr, memo->text, DATE_LEN) != 0) {
        if (!read_date(text.ptr, &memo->date))
            return false;
        memcpy(memo->text, text.ptr, DATE_LEN);
    }
    if (memo->date.year == 0)
        return false; /* eight NULs, of a memo that is new */
    *out = memo->date;
    return true;
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

    if (month_year.len == MONTH_LEN) {
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

/* Whether the separators of a text of that length, if it has any, stand where they belong: 2026-11-22, 2026/11/22,
 * 2026-11. (2026/11 is left out on purpose: only the dash makes a month.) */
static bool has_good_separators(struct slice text)
{
    const char *s = text.ptr;

    switch (text.len) {
    case MONTH_LEN:
    case DATE_LEN:
        return true;
    case MONTH_LEN + 1:
        return s[4] == '-';
    case DATE_LEN + 2:
        return (s[4] == '-' || s[4] == '/') && s[7] == s[4];
    default:
        return false;
    }
}

/* A date without a time behind it, by its digits alone. Masters mix these forms. */
static bool read_master_date(struct slice text, struct date *out)
{
    bool has_day = text.len >= DATE_LEN;
    size_t gap = text.len == MONTH_LEN + 1 || text.len == DATE_LEN + 2;
    char digits[DATE_LEN];
    uint32_t number;

    if (!has_good_separators(text))
        return false;
    memcpy(digits, text.ptr, 4);
    memcpy(digits + 4, text.ptr + 4 + gap, 2);
    memcpy(digits + 6, has_day ? text.ptr + 6 + 2 * gap : "00", 2);
    return ascii_read_8_digits(digits, &number) && has_day == (number % 100 > 0) && set_number(number, out);
}

static struct slice before_time(struct slice text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] != ' ' && text.ptr[len] != 'T')
        len++;
    return slice_make(text.ptr, len);
}

bool fix_time_parse_master_date(struct slice text, struct date *out)
{
    return read_master_date(text, out) || read_master_date(before_time(text), out);
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
