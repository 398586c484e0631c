#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096 /* of one line; a longer one is cut and ends in "..." */

struct log {
    enum log_level level;
    bool colour;
};

bool log_may_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR"); /* set to anything but nothing */

    return isatty(fd) && !(no_colour && no_colour[0]);
}

struct log *log_new(enum log_level level)
{
    struct log *log = malloc(sizeof *log);

    if (log)
        *log = (struct log){level, log_may_colour(STDERR_FILENO)};
    return log;
}

void log_free(struct log *log)
{
    free(log);
}

/* The time in UTC and the level, with colour or without. Returns the length. */
static size_t write_head(const struct log *log, enum log_level level, const char *subsystem, char *line, size_t size)
{
    static const char *const names[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};
    static const char *const colours[] = {"\033[31m", "\033[33m", "", "\033[2m"};
    struct timespec now;
    struct tm utc;
    char date[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    int len = snprintf(line, size, "%s.%03ldZ %s%s%s %s: ", date, now.tv_nsec / 1000000,
                       log->colour ? colours[level] : "", names[level], log->colour ? "\033[0m" : "", subsystem);
    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

/* One fact, one line: what comes from a message or a broker must neither break it nor steer a terminal. */
static void blank_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = ' ';
}

void log_write(struct log *log, enum log_level level, const char *subsystem, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    size_t room = sizeof line - 4; /* for "..." and the line end */
    int before = errno;
    va_list arguments;

    if (!log || level > log->level)
        return;
    size_t head = write_head(log, level, subsystem, line, room);
    va_start(arguments, format);
    int len = vsnprintf(line + head, room - head, format, arguments);
    va_end(arguments);
    size_t used = len < 0 ? 0 : (size_t)len;
    bool cut = used >= room - head;

    if (cut)
        used = room - head - 1;
    blank_controls(line + head, used);
    used += head;
    if (cut) {
        memcpy(line + used, "...", 3);
        used += 3;
    }
    line[used++] = '\n';
    while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR)
        continue; /* another error has nobody left to be told */
    errno = before;
}
