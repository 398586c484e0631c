/* snapshot: what the files of a master looked like at one moment, so that two moments can be compared.
 *
 * Compared is whatever the file system says of a file when it is another one or has been written: by a rename, in
 * place, by a symbolic link that leads elsewhere. Plain data; one thread. */
#ifndef FIXWARDEN_CONSUMER_SNAPSHOT_H
#define FIXWARDEN_CONSUMER_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* A file, where it leads to if it is a link. All zero: it is not there. */
struct snapshot_stat {
    bool is_there;
    uint64_t device, inode, size;
    int64_t mtime_ns; /* since the epoch: of its bytes */
    int64_t ctime_ns; /* of anything about it; nobody can set it */
};

/* What may stand beside a file and say that it is whole. */
enum snapshot_side { SIDE_DONE, SIDE_MD5, SIDE_SHA256, SNAPSHOT_SIDE_COUNT };

struct snapshot_file {
    char *path;
    struct snapshot_stat self, side[SNAPSHOT_SIDE_COUNT];
};

struct snapshot {
    struct snapshot_file *files;
    size_t count;
};

/* ".done" and so on. */
const char *snapshot_suffix(enum snapshot_side side);

struct snapshot_stat snapshot_stat(const char *path);
bool snapshot_is_same(const struct snapshot_stat *a, const struct snapshot_stat *b);

/* Looks at each file. A pattern stands for what matches it now, but for side files; where nothing does, for a file of
 * that name that is not there. `out` is the caller's to free. -1 without memory. */
int snapshot_take(const struct string_list *patterns, struct snapshot *out, struct error *e);
void snapshot_free(struct snapshot *snapshot); /* and empties it */

/* A copy, for the caller to free. -1 without memory. */
int snapshot_copy(const struct snapshot *snapshot, struct snapshot *out, struct error *e);

/* Whether they show the same files in the same state; with what stands beside them, or without. */
bool snapshot_shows_same(const struct snapshot *a, const struct snapshot *b, bool sides);

/* The paths, borrowed from the snapshot; only the list itself is the caller's to free. -1 without memory. */
int snapshot_paths(const struct snapshot *snapshot, struct string_list *out, struct error *e);

/* The latest time of all files, in nanoseconds since the epoch; 0 where none is there. */
int64_t snapshot_newest_ns(const struct snapshot *snapshot);

#endif
