/* remake: makes versions with deltas again, of the index below and what is kept of the files (kept_deltas.h).
 *
 * It is at one version at a time; one that comes of the same index by the same files and more costs only these. One
 * thread at a time. */
#ifndef FIXWARDEN_CONSUMER_REMAKE_H
#define FIXWARDEN_CONSUMER_REMAKE_H

#include "config.h"
#include "core/index.h"
#include "kept_deltas.h"

struct remake;

/* Of versions that are kept in the folder. Both are borrowed. NULL without memory. */
struct remake *remake_new(const struct config *config, const char *folder);
void remake_free(struct remake *remake); /* NULL is fine */

/* Goes to the version that comes of the base by those files; base and files are borrowed until it goes to another one.
 * ERROR_DATA where a content is damaged, else as index_overlay_apply has it. */
int remake_turn_to(struct remake *remake, struct index *base, const struct kept_deltas *deltas, struct error *e);

/* The index of the version at which it is, the caller's to close. */
int remake_index(const struct remake *remake, struct index **out, struct error *e);

/* Opens what the folder of versions keeps at `path`, verified as a whole (vetting_open): an index, or what a version
 * with deltas was made of, of which it is made again. */
int remake_open(const struct config *config, const char *path, struct index **out, struct error *e);

#endif
