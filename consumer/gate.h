/* gate: whether an index that is whole may also be true: what a master looks like that was cut, exported by another
 * query, or is another day's or another market's.
 *
 * It is held against the version before: how many rows, which columns, how many bad rows, how many keys of several
 * rows, how many keys of before are gone, and how many of the instruments that messages have named lately are. The
 * limits are options of [gate]; all figures are whole numbers, and shares are of 1,000,000. One thread at a time; takes
 * about a second, whatever the size. */
#ifndef FIXWARDEN_CONSUMER_GATE_H
#define FIXWARDEN_CONSUMER_GATE_H

#include "config.h"
#include "core/index.h"
#include "recent.h"

#define GATE_REASONS_MAX 64
#define GATE_REASON_LEN 200     /* bytes with the NUL; a longer one is cut */
#define GATE_SAMPLE 65536u      /* keys of each kind that are looked up; all where a table has no more */
#define GATE_INSTRUMENTS_MIN 20 /* fewer instruments of late say nothing */

/* Sentences with figures, one for each limit that is exceeded; none: it may serve. */
struct gate_report {
    size_t count;
    char reasons[GATE_REASONS_MAX][GATE_REASON_LEN];
};

/* `before` NULL: the first version, of which nothing is asked. `recent` NULL: nothing is known of messages. -1
 * only without memory. */
int gate_judge(const struct config *config, const struct index *before, const struct index *after,
               struct recent *recent, int64_t now_ms, struct gate_report *out, struct error *e);

/* All reasons in one text, "; " between them. */
void gate_write(const struct gate_report *report, struct error *out);

/* Says that this version may serve at that path whatever the gate finds. ERROR_IO. */
int gate_force(const char *index_path, const char *version, struct error *e);

/* Whether that was said of this version; and that it was, once it serves. */
bool gate_is_forced(const char *index_path, const char *version);
void gate_forget_forced(const char *index_path);

#endif
