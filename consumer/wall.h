/* wall: the time of day, for what people read or say. Any thread. */
#ifndef FIXWARDEN_CONSUMER_WALL_H
#define FIXWARDEN_CONSUMER_WALL_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since the epoch. */
static inline int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define WALL_TEXT 32 /* bytes of wall_write */

/* As 2026-11-25T06:30:00Z. */
static inline const char *wall_write(int64_t ms, char text[WALL_TEXT])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(text, WALL_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

#endif
