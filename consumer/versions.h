/* versions: the folder in which the last versions of the index are kept, each under a name that says since when it was
 * in force and which one it is: 20261125T093000.123Z-0123456789abcdef.fwx. A version is in force from its time (UTC) to
 * that of the next.
 *
 * They are hard links to what has served, so that the one that serves takes no room of its own, and in the same file
 * system. Files of other names are left alone. Several processes may use a folder. Whoever opens a version has to see
 * whether it is the one that its name says (index_info): a file that was overwritten in place still has its old name.
 * One thread. */
#ifndef FIXWARDEN_CONSUMER_VERSIONS_H
#define FIXWARDEN_CONSUMER_VERSIONS_H

#include <stdint.h>

#include "config.h"
#include "core/index.h"

struct version_entry {
    char *path;
    char version[INDEX_VERSION_LEN + 1];
    int64_t valid_from_ms; /* since the epoch */
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

/* Removes the oldest ones but for so many, 1 or more. ERROR_IO where one cannot be removed. */
int versions_prune(struct versions *versions, size_t keep, struct error *e);

/* In the order of their times; borrowed until the next call that changes them. */
size_t versions_count(const struct versions *versions);
const struct version_entry *versions_entry(const struct versions *versions, size_t i);

/* Whether both paths lead to one file, as a version and what serves in its place do. */
bool versions_is_same_file(const char *a, const char *b);

/* The newest entry of that version, or NULL. */
const struct version_entry *versions_find(const struct versions *versions, const char *version);

#endif
