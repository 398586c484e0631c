/* kept_deltas: what a version with deltas was made of, kept so that it can be made again when its files are gone.
 *
 * In the folder of versions it is a record, a few lines of text that name the files in their order, by size,
 * fingerprint and name; and each content once, as deltas/FINGERPRINT-SIZE. The version is a function of these
 * (index_overlay.h), so that a record that was damaged is known. One that is empty says that the version served and
 * cannot be made again. One thread; several processes may use a folder. */
#ifndef FIXWARDEN_CONSUMER_KEPT_DELTAS_H
#define FIXWARDEN_CONSUMER_KEPT_DELTAS_H

#include "core/error.h"
#include "core/index.h"

#define KEPT_DELTAS_BYTES_MAX (16u << 20) /* of a record; OVERLAY_FILES_MAX of the longest lines fit */

struct kept_delta {
    uint64_t size; /* bytes */
    uint64_t digest[2];
    char *name; /* of the file, for people; owned */
};

/* All zero: none. */
struct kept_deltas {
    struct kept_delta *items;
    size_t count;
};

/* Keeps the contents of which `index`, which has deltas, was made, and makes the folder if need be. ERROR_IO, also
 * where a file has become another one. */
int kept_deltas_store(const char *folder, const struct index *index, struct error *e);

/* Keeps what `index`, which has deltas, was made of, as the record at `path` in the folder. ERROR_IO, also where a file
 * has become another one: then the record is empty. */
int kept_deltas_keep(const char *folder, const char *path, const struct index *index, struct error *e);

/* Empties the record. ERROR_IO. */
int kept_deltas_let_go(const char *path, struct error *e);

/* Reads the record of `version` over `base`, and sees that every content is there. ERROR_IO where it cannot be read;
 * ERROR_DATA where it is empty, or no record of that version, or names a content that is not there. */
int kept_deltas_read(const char *folder, const char *path, const char *base, const char *version,
                     struct kept_deltas *out, struct error *e);
void kept_deltas_free(struct kept_deltas *deltas); /* and empties it */

/* Where a content is; malloc'ed, the caller's to free. NULL without memory. */
char *kept_deltas_content(const char *folder, const struct kept_delta *delta);

/* Removes the contents that none of these records names, but for young ones: somebody may be about to name them. What
 * is no record, or an empty one, names nothing. ERROR_IO where a record cannot be read, before anything is removed, and
 * where something cannot be removed. */
int kept_deltas_sweep(const char *folder, const char *const *paths, size_t count, struct error *e);

#endif
