/* rebuild: how a master that has changed becomes the index that serves.
 *
 * A master that is whole, by its side files or since it stays as it is, is built beside, by a process of its own, with
 * the lock that makes it the only one on the host. What was built is vetted, put in the place of what serves, and
 * adopted. What changed while it was read is dropped and built again; what is refused is kept as INDEX.refused; what
 * failed for a reason that may pass is tried again, later each time. One thread; nothing here waits. */
#ifndef FIXWARDEN_CONSUMER_REBUILD_H
#define FIXWARDEN_CONSUMER_REBUILD_H

#include "config.h"
#include "incumbent.h"
#include "notices.h"
#include "recent.h"
#include "snapshot.h"

enum rebuild_state {
    REBUILD_IS_IDLE,
    REBUILD_QUEUES, /* for its turn to build: what stands in the index's place may make that needless */
    REBUILD_WORKS,
};

/* Since the start. */
struct rebuild_counts {
    uint64_t failures; /* each try counts */
    uint64_t refused;
};

struct rebuild;

/* All are borrowed, and outlive it; `recent` as gate_judge has it. */
int rebuild_new(const struct config *config, struct incumbent *incumbent, struct notices *notices,
                struct recent *recent, struct rebuild **out, struct error *e);
void rebuild_free(struct rebuild *rebuild); /* and ends what it does. NULL is fine */

enum rebuild_state rebuild_state(const struct rebuild *rebuild);

/* Looks at the master, while it is idle, and begins what has to be done. `now_ms` is monotonic, `wall_ms` since the
 * epoch, as below. Returns by when it is to be looked at again, though nothing tells of a change; INT64_MAX: then need
 * not be. */
int64_t rebuild_look(struct rebuild *rebuild, int64_t now_ms, int64_t wall_ms);

/* Goes on with what is under way. Returns the same. */
int64_t rebuild_go_on(struct rebuild *rebuild, int64_t now_ms, int64_t wall_ms);

/* Leaves the queue. */
void rebuild_stop(struct rebuild *rebuild);

/* What the master is now is to be built, also where it has been, or was refused. */
void rebuild_forget(struct rebuild *rebuild);

/* The master as it was seen last; borrowed until the next look. And whether it was changing then. */
const struct snapshot *rebuild_master(const struct rebuild *rebuild);
bool rebuild_master_is_changing(const struct rebuild *rebuild);

/* Why nothing could be built where nothing serves, if no master would help: ERROR_CONFIG or ERROR_USAGE. NULL: nothing
 * of the kind. */
const struct error *rebuild_fatal(const struct rebuild *rebuild);

struct rebuild_counts rebuild_counts(const struct rebuild *rebuild);

#endif
