/* deltas: the changes of the day, from a directory, on top of the index that serves.
 *
 * Files are applied in the order of their names, each once it is settled: none is passed over, so that one which is not
 * settled yet, or which is refused, holds up those behind it. What was applied is what stands in the directory: where a
 * file vanishes, changes, or comes in before others, everything is made anew of what is there. A file that is older
 * than the index's masters (the oldest of them, by time of modification) is contained in them and is not applied.
 *
 * The thread that looks for newer indexes looks at the directory; applying takes as long as its rows, some three
 * seconds for a million, and is done by an errand, while what serves does. The base is neither opened nor read again.
 */
#ifndef FIXWARDEN_CONSUMER_DELTAS_H
#define FIXWARDEN_CONSUMER_DELTAS_H

#include "alerts.h"
#include "config.h"
#include "core/index.h"
#include "log.h"

#define DELTAS_LOOK_MS 100   /* between looks at the directory; a little more where it holds thousands of files */
#define DELTAS_SETTLE_MS 200 /* for so long a file has to be the same */

struct deltas;

/* All are borrowed; `alerts` may be NULL. *out is NULL where no directory is set: there is nothing to be asked then. */
int deltas_new(const struct config *config, struct alerts *alerts, struct log *log, struct deltas **out,
               struct error *e);
void deltas_free(struct deltas *deltas); /* waits for what is under way. NULL is fine */

/* Whether an errand is at work. Until it is over, nobody may close an index that has, or is, the base. NULL is fine. */
bool deltas_is_busy(struct deltas *deltas);

/* Unless busy: starts to make the index that is to serve in the place of a new base, which it takes over: the base with
 * what is in the directory. The first time that waits until the files are settled, at most a second; later they are
 * taken as deltas_look does. What goes wrong is told in the log: then it is the base, or the base with the files
 * before.
 */
void deltas_cover(struct deltas *deltas, struct index *base, int64_t now_ms);

/* Unless busy: looks at the directory, now and then, and starts to make the index that is to serve in the place of the
 * last one, where there is something new. `now_ms` is monotonic. */
void deltas_look(struct deltas *deltas, int64_t now_ms);

/* Unless busy: what has come of it, once; NULL: nothing. Of what it was made of the contents are kept (kept_deltas.h).
 */
struct index *deltas_take(struct deltas *deltas);

/* The same once, for a command: everything in the directory has to be there and good. Takes the base over, and gives
 * the index back in *out, or closes it. */
int deltas_apply_all(const struct config *config, struct log *log, struct index *base, struct index **out,
                     struct error *e);

#endif
