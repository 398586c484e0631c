/* notices: what an operator is told of the index that serves and of what is to take its place: lines in the log, and
 * alerts. What goes on as it is is not said again and again. One thread. */
#ifndef FIXWARDEN_CONSUMER_NOTICES_H
#define FIXWARDEN_CONSUMER_NOTICES_H

#include <stdint.h>

#include "alerts.h"
#include "log.h"
#include "serving.h"

#define NOTICES_SUBSYSTEM "reload" /* under which all of it is logged, and what else there is to say */

/* What was said last of one thing. All zero: nothing. */
struct notices_said {
    char text[ERROR_TEXT_MAX];
    int64_t at_ms;
};

/* The first three are borrowed, and set by whoever makes it; the rest is zero. */
struct notices {
    struct log *log;
    struct alerts *alerts; /* NULL: what is told is told in the log alone */
    const struct serving *serving;
    struct notices_said waits_for, failure;
};

/* What is waited for: said when it is something else, and again every ten minutes. `now_ms` is monotonic. */
void notices_wait(struct notices *notices, int64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The index at `path` serves; `before` is the version in whose place it does, empty where there was none. What was
 * waited for and what failed before is forgotten. */
void notices_serves(struct notices *notices, const char *path, const struct index_info *info, const char *before);

/* No index could be built: said, with an alert BUILD_FAILED, when the reason is another one than the last time, or that
 * was forgotten. */
void notices_build_failed(struct notices *notices, const struct error *why, int64_t now_ms);
void notices_forget_failure(struct notices *notices);

/* What is at `path` may not serve: an alert MASTER_REFUSED. */
void notices_refused(const struct notices *notices, const char *path, const struct error *why);

/* What serves, and stands at `path`, is nothing to go by any more: an alert INDEX_DAMAGED. */
void notices_damaged(const struct notices *notices, const char *path);

/* A master that was expected by that time is not there: an alert MASTER_MISSED. What serves was adopted at the other.
 * Both since the epoch. */
void notices_missed(const struct notices *notices, int64_t due_ms, int64_t adopted_ms);

#endif
