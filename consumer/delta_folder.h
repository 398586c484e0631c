/* delta_folder: the delta files of a directory, in the order of their names.
 *
 * Those are its regular files, but for names that begin with a dot or end in ~, .tmp or .part. One thread. */
#ifndef FIXWARDEN_CONSUMER_DELTA_FOLDER_H
#define FIXWARDEN_CONSUMER_DELTA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

/* One state of a file. */
struct delta_file {
    char *path; /* owned */
    dev_t device;
    ino_t inode;
    uint64_t size;    /* bytes */
    int64_t mtime_ns; /* since the epoch */
    int64_t since_ms; /* when it was first seen so */
};

struct delta_folder {
    struct delta_file *files;
    size_t count;
};

/* Reads what is there now; `before`: what was there when it was read last, of which it is known since when (all zero:
 * nothing is). ERROR_IO where the directory cannot be read: then nothing is known of its files. */
int delta_folder_read(const char *directory, const struct delta_folder *before, int64_t now_ms,
                      struct delta_folder *out, struct error *e);
void delta_folder_free(struct delta_folder *folder);

/* Whether both are the same state of the same file. */
bool delta_file_is_same(const struct delta_file *a, const struct delta_file *b);

/* Whether it is written to its end, as far as can be told: nothing has happened to it for `settle_ms`, and its last
 * byte ends a line, or it is packed, so that it has an end of its own. */
bool delta_file_is_settled(const struct delta_file *file, int64_t now_ms, int64_t settle_ms);

#endif
