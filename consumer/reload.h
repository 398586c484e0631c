/* reload: the index that serves, and its successor when there is one.
 *
 * One thread makes it, looks for newer files and frees it; any thread may hold an index. A holder gets the newest one
 * between its batches and gives its last one back in the same call; an index is closed by the looking thread once
 * nobody holds it. A file that is not a good index never replaces one that serves: it is refused with one line in the
 * log, and looked at again when it changes. Time arrives as a value. */
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
    const struct config *config;
    const atomic_bool *stop; /* cancels what takes long; NULL: nothing does */
    struct alerts *alerts;   /* where refused masters and failed builds are told; NULL: in the log alone */
    struct log *log;
};

/* Opens the index of the configuration; builds it first, in a process of its own, where it is not there or its master
 * files have changed since. Call it before threads are started: the builder is forked. */
int reload_new(const struct reload_options *options, struct reload **out, struct error *e);

/* The same of the index as it is, whatever has become of its master: it is never built. */
int reload_open(const struct config *config, struct log *log, struct reload **out, struct error *e);
void reload_free(struct reload *reload); /* NULL is fine */

/* Puts a newer file in the place of the index that serves, if there is one; looked for at most every
 * reload.check_interval. `now_ms` is monotonic. Closes what nobody holds any more. */
void reload_look(struct reload *reload, int64_t now_ms);

/* The one that serves, in exchange for the one that the caller holds (NULL: none yet). Any thread; costs nothing while
 * they are the same. It lives until the next exchange or reload_give_back. */
const struct index *reload_take(struct reload *reload, const struct index *held);
void reload_give_back(struct reload *reload, const struct index *held); /* NULL is fine */

/* The one that serves now; for the looking thread. */
const struct index *reload_index(const struct reload *reload);

/* Where the index stands; borrowed. */
const char *reload_path(const struct reload *reload);

#endif
