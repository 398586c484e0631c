/* fix_time: dates and timestamps as FIX and masters write them. Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_FIX_TIME_H
#define FIXWARDEN_CORE_FIX_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

/* A calendar date, or a month where day is 0. */
struct date {
    int16_t year; /* 0: no date */
    int8_t month; /* 1 to 12 */
    int8_t day;   /* 1 to 31; 0: the whole month */
};

/* UTCTimestamp (FIX 5.0 SP2): YYYYMMDD-HH:MM:SS with an optional fraction of 1 to 12 digits, cut to microseconds;
 * second 60 is allowed. Microseconds since the epoch in UTC. */
bool fix_time_parse_timestamp(struct slice text, int64_t *micros);

/* The date of a UTCTimestamp, UTCDateOnly or LocalMktDate: its first eight characters, alone or before '-'. */
bool fix_time_parse_date(struct slice text, struct date *out);

/* The date that was read last, since most messages of a topic are of one day. Starts as {0}. One thread. */
struct date_memo {
    char text[8];
    struct date date;
};

/* As fix_time_parse_date. */
bool fix_time_recall_date(struct slice text, struct date_memo *memo, struct date *out);

/* MaturityDate (541, YYYYMMDD), or MaturityMonthYear (200: YYYYMM, YYYYMMDD, YYYYMMwN) with MaturityDay (205; may be
 * empty). */
bool fix_time_parse_maturity(struct slice month_year, struct slice day, struct date *out);

/* A date of the master: YYYYMMDD, YYYY-MM-DD, YYYY/MM/DD (a time behind a blank or T is passed
 * over), YYYYMM, YYYY-MM. */
bool fix_time_parse_master_date(struct slice text, struct date *out);

/* Same year and month, and same day if both have one. */
bool date_agrees(struct date a, struct date b);

/* Whether `date` is over at `now`: by the month where `date` is one. */
bool date_is_before(struct date date, struct date now);

#endif
