/* index_overlay: an index with the rows on top of it that deltas have added and changed, and without those that they
 * have changed and deleted.
 *
 * An overlay is the working state of one thread: a base, which it holds, and what the files applied so far have made of
 * it. index_overlay_index makes an index of that state which never changes, has a life of its own and is an index to
 * everybody (index.h): it holds the base as well, which is neither copied nor opened again. Its rows stand in the order
 * of the base, without those that are gone, then in the order in which deltas brought them: a changed row goes to the
 * end. Its version is a function of the base's and of the files' contents in their order.
 *
 * Which row of the index a row of a delta means is in core/README.md. Memory: about 300 bytes for a row that deltas
 * brought, and 12 for one that they took; as much again for each index that is open. */
#ifndef FIXWARDEN_CORE_INDEX_OVERLAY_H
#define FIXWARDEN_CORE_INDEX_OVERLAY_H

#include "error.h"
#include "index.h"

#define OVERLAY_ROWS_DEFAULT 1000000u /* of all files */
#define OVERLAY_ROWS_MAX 100000000u   /* that the limit may be set to */
#define OVERLAY_WARNINGS_SHOWN 10     /* of one file, that are told one by one */
#define OVERLAY_FILES_MAX 10000u

struct index_overlay_options {
    const char *action_column; /* NULL or "": delta.h's names. Borrowed as long as the overlay lives */
    uint64_t max_rows;         /* of all files together, whatever they do; 0: OVERLAY_ROWS_DEFAULT */
    void *opaque;
    /* A row that was applied, but not as it says. Told for the first OVERLAY_WARNINGS_SHOWN of a file, whether or not
     * the file is refused in the end. May be NULL. */
    void (*on_warning)(void *opaque, const char *path, uint64_t line, const char *what);
};

/* What was done, row by row. */
struct index_overlay_counts {
    uint64_t files;
    uint64_t added;
    uint64_t changed;
    uint64_t deleted;
    uint64_t replaced; /* of `changed`: to be added, but were there */
    uint64_t unknown;  /* of `added`: to be changed, but were not there */
    uint64_t absent;   /* to be deleted, but were not there: nothing was done */
};

struct index_overlay;

/* Nothing is applied yet. Holds the base, which has no deltas itself. */
int index_overlay_create(struct index *base, const struct index_overlay_options *options, struct index_overlay **out,
                         struct error *e);
void index_overlay_free(struct index_overlay *overlay); /* NULL is fine */

/* Applies a file, all of it or, with an error, nothing. ERROR_DATA and ERROR_CONFIG name file, line and reason. */
int index_overlay_apply(struct index_overlay *overlay, const char *path, struct error *e);

const struct index_overlay_counts *index_overlay_counts(const struct index_overlay *overlay);

/* The version that the index has as it is now. Borrowed, until something is applied. */
const char *index_overlay_version(const struct index_overlay *overlay);

/* The version that comes of one, in place, once a file of that size and digest (struct index_source) is applied. */
void index_overlay_advance(char version[INDEX_VERSION_LEN + 1], uint64_t size, const uint64_t digest[2]);

/* The index as it is now, the caller's to close. Where nothing was applied, the base, held once more. */
int index_overlay_index(const struct index_overlay *overlay, struct index **out, struct error *e);

#endif
