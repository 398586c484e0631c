/* deltas: the changes of the day, from a directory, on top of the index that serves.
 *
 * Files are applied in the order of their names, each once it is settled: none is passed over, so that one which is not
 * settled yet, or which is refused, holds up those behind it. What was applied is what stands in the directory: where a
 * file vanishes, changes, or comes in before others, everything is made anew of what is there. A file that is older
 * than the index's masters (the oldest of them, by time of modification) is contained in them and is not applied.
 *
 * The thread that looks for newer indexes does all of it; applying takes as long as its rows, and the base is neither
 * opened nor read again. */
#ifndef FIXWARDEN_CONSUMER_DELTAS_H
#define FIXWARDEN_CONSUMER_DELTAS_H

#include "alerts.h"
#include "config.h"
#include "core/index.h"
#include "log.h"

#define DELTAS_LOOK_MS 100   /* between looks at the directory; a little more where it holds thousands of files */
#define DELTAS_SETTLE_MS 200 /* for so long a file has to be the same */

struct deltas;

/* All are borrowed; `alerts` may be NULL. *out is NULL where no directory is set: the functions below then do nothing.
 */
int deltas_new(const struct config *config, struct alerts *alerts, struct log *log, struct deltas **out,
               struct error *e);
void deltas_free(struct deltas *deltas); /* NULL is fine */

/* The index that is to serve in the place of a new base: the base with what is in the directory. Takes the base over.
 * The first time it waits until the files are settled, at most a second; later it takes them as deltas_look does. What
 * goes wrong is told in the log: then it is the base, or the base with the files before. */
struct index *deltas_cover(struct deltas *deltas, struct index *base);

/* An index that is to serve in the place of the last one, where the directory has something new; else NULL. `now_ms` is
 * monotonic. */
struct index *deltas_look(struct deltas *deltas, int64_t now_ms);

/* The same once, for a command: everything in the directory has to be there and good. Takes the base over, and gives
 * the index back in *out, or closes it. */
int deltas_apply_all(const struct config *config, struct log *log, struct index *base, struct index **out,
                     struct error *e);

#endif
