/* reload: the index that serves, and its successor when there is one.
 *
 * It looks at the master and at the index: a master that has changed and is whole is built beside, in a process of its
 * own, one on a host at a time; what was built, and an index that somebody else has put in place, is opened, verified
 * and judged, and serves from then on. What is not good never replaces what serves: it is refused, with one line in the
 * log and an alert, until it changes. No change is lost: one that comes during a build leads to another build. Where
 * nothing good serves, or what serves is damaged on the disk, the newest good one of the kept versions does.
 *
 * One thread makes it, looks and frees it; nothing that takes long is done on that thread. Any thread may hold an
 * index: it gets the newest one between its batches and gives its last one back in the same call. Time arrives as a
 * value. */
#ifndef FIXWARDEN_CONSUMER_RELOAD_H
#define FIXWARDEN_CONSUMER_RELOAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "alerts.h"
#include "config.h"
#include "core/index.h"
#include "log.h"

struct reload;

/* Borrowed, and outlive it. */
struct reload_options {
    const struct config *config; /* patterns among the master's files are expanded anew at each look */
    const atomic_bool *stop;     /* ends waiting for an index; NULL: nothing does */
    struct alerts *alerts;       /* where refused masters and failed builds are told; NULL: in the log alone */
    struct log *log;
};

/* Since the start. */
struct reload_counts {
    uint64_t adopted;        /* versions, the first one included */
    uint64_t refused;        /* masters and indexes that were not good enough to serve */
    uint64_t build_failures; /* each try counts */
    uint64_t missed;         /* times by which a master was expected, and was not there */
};

/* Waits until an index serves: the one that stands there, or one that is built of the master. If it is older than its
 * master, a new one is built first, if it can be. Says what it waits for. *out is NULL where `stop` ended it
 * before; -1 with ERROR_CONFIG or ERROR_USAGE where the builder says that, since no master would change it. */
int reload_new(const struct reload_options *options, struct reload **out, struct error *e);

/* Only the index as it is, whatever has become of its master: nothing is built or looked for. */
int reload_open(const struct config *config, struct log *log, struct reload **out, struct error *e);
void reload_free(struct reload *reload); /* NULL is fine */

/* Goes on with what is under way, and looks for news: when something has happened to the files, and every
 * reload.check_interval in any case. Never waits. `now_ms` is monotonic, `wall_ms` since the epoch. */
void reload_look(struct reload *reload, int64_t now_ms, int64_t wall_ms);

/* The one that serves, in exchange for the one that the caller holds (NULL: none yet). Any thread; costs nothing while
 * they are the same. It lives until the next exchange or reload_give_back. */
const struct index *reload_take(struct reload *reload, const struct index *held);
void reload_give_back(struct reload *reload, const struct index *held); /* NULL is fine */

/* Whether what was found in the index that the caller holds is right (serving_trusts). Any thread; a system call. */
bool reload_trusts(struct reload *reload, const struct index *held);

/* A record that was checked: one now and then is kept, by which new masters are judged (recent.h). Any thread. */
void reload_note(struct reload *reload, int64_t now_ms, struct slice record);

/* The one that serves now; for the looking thread. */
const struct index *reload_index(const struct reload *reload);

/* For the looking thread, too. */
struct reload_counts reload_counts(const struct reload *reload);

/* Where the index stands; borrowed. */
const char *reload_path(const struct reload *reload);

#endif
