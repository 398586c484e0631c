/* versions: the folder in which the last versions of the index are kept, each under a name that says since when it was
 * in force and which one it is: 20261125T093000.123Z-0123456789abcdef.fwx. A version is in force from its time (UTC) to
 * that of the next; of several with the same time the last one is.
 *
 * They are hard links to what has served, so that the one that serves takes no room of its own, and in the same file
 * system. A version with deltas is a record of what it was made of (kept_deltas.h), whose name goes on with the version
 * of the index below: 20261125T094500.000Z-fedcba9876543210-0123456789abcdef.fwd. That index is the last one before it.
 * Files of other names are left alone. Several processes may use a folder. Whoever opens a version has to see whether
 * it is the one that its name says (index_info): a file that was overwritten in place still has its old name. One
 * thread.
 */
#ifndef FIXWARDEN_CONSUMER_VERSIONS_H
#define FIXWARDEN_CONSUMER_VERSIONS_H

#include <stdint.h>

#include "config.h"
#include "core/index.h"

struct version_entry {
    char *path;
    char version[INDEX_VERSION_LEN + 1];
    char base[INDEX_VERSION_LEN + 1]; /* of the index below; empty: it is one itself */
    int64_t valid_from_ms;            /* since the epoch */
};

struct versions;

/* Where the versions of the configured index are kept: master.versions, or beside the index. malloc'ed, the caller's to
 * free; NULL without memory. */
char *versions_directory(const struct config *config);

/* Reads what is there; a folder that is not there is an empty one. ERROR_IO with the path where it can't be read. */
int versions_open(const char *directory, struct versions **out, struct error *e);
void versions_free(struct versions *versions); /* NULL is fine */

/* Keeps the index at `path`, which is that version, in force since then; makes the folder if need be. Where the newest
 * one is that very version already, that stays its time. ERROR_IO where it cannot be linked. */
int versions_add(struct versions *versions, const char *path, const char version[INDEX_VERSION_LEN + 1],
                 int64_t valid_from_ms, struct error *e);

/* The same of the index below a version with deltas, which has been added: it is kept, and not in force itself. */
int versions_add_below(struct versions *versions, const char *path, const char version[INDEX_VERSION_LEN + 1],
                       struct error *e);

/* Keeps what a version with deltas was made of, in force since then, as versions_add does. ERROR_IO as kept_deltas_keep
 * has it: that it was in force is known even so. */
int versions_add_deltas(struct versions *versions, const struct index *index, int64_t valid_from_ms, struct error *e);

/* Removes the oldest indexes but for so many, 1 or more, with what was in force before them; and lets go of what the
 * oldest versions with deltas were made of, but for so many. ERROR_IO where one cannot be removed. */
int versions_prune(struct versions *versions, size_t keep, size_t keep_deltas, struct error *e);

/* Removes what no version is made of any more (kept_deltas_sweep). */
int versions_sweep(const struct versions *versions, struct error *e);

/* In the order of their times; borrowed until the next call that changes them. */
size_t versions_count(const struct versions *versions);
const struct version_entry *versions_entry(const struct versions *versions, size_t i);

/* Whether both paths lead to one file, as a version and what serves in its place do. */
bool versions_is_same_file(const char *a, const char *b);

/* The newest entry of that version, or NULL. */
const struct version_entry *versions_find(const struct versions *versions, const char *version);

/* The one whose file has that name, or NULL. */
const struct version_entry *versions_find_name(const struct versions *versions, const char *name);

/* Whether it is what a version with deltas was made of; else it is an index. */
bool versions_has_deltas(const struct version_entry *entry);

/* The same of a path, by its end. */
bool versions_is_deltas(const char *path);

/* The newest one that is an index itself, or NULL. */
const struct version_entry *versions_newest_index(const struct versions *versions);

/* Borrowed. */
const char *versions_folder(const struct versions *versions);

#endif
