/* reload: the index that serves, and its successor when there is one.
 *
 * Belongs to the pump's thread. What it hands out lives until the next reload_adopt or reload_free. A file that is not
 * a good index never replaces one that serves: it is refused with one line in the log, and looked at again when it
 * changes. Time arrives as a value. */
#ifndef FIXWARDEN_CONSUMER_RELOAD_H
#define FIXWARDEN_CONSUMER_RELOAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "config.h"
#include "core/index.h"
#include "log.h"

struct reload;

/* Opens the index of the configuration; builds it first, in a process of its own, where it is not there or its master
 * files have changed since. Call it before threads are started: the builder is forked. `stop` cancels building, and
 * outlives the call; may be NULL. */
int reload_new(const struct config *config, const atomic_bool *stop, struct log *log, struct reload **out,
               struct error *e);
void reload_free(struct reload *reload); /* NULL is fine */

/* The index to check the next batch against: a newer file if there is one, looked for at most every
 * reload.check_interval. `now_ms` is monotonic. Call it between batches, when nothing borrowed from the index is in
 * use. */
const struct index *reload_adopt(struct reload *reload, int64_t now_ms);

/* The one that serves now, without looking. */
const struct index *reload_index(const struct reload *reload);

/* Where the index stands; borrowed. */
const char *reload_path(const struct reload *reload);

#endif
