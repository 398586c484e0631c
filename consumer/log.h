/* log: one line a fact on standard error: time, level, subsystem, sentence. Any thread. */
#ifndef FIXWARDEN_CONSUMER_LOG_H
#define FIXWARDEN_CONSUMER_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log;

/* Whether what is written there may be coloured: it is a terminal, and NO_COLOR (https://no-color.org) is not set. */
bool log_may_colour(int fd);

/* `level`: what is more detailed than this is left out. Colour only on a terminal and without NO_COLOR. NULL without
 * memory. */
struct log *log_new(enum log_level level);
void log_free(struct log *log);

/* Writes one line in one write(2), so that lines of several threads do not mix. A NULL log is silent. */
void log_write(struct log *log, enum log_level level, const char *subsystem, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
