/* index_verify: whether an index is what it says, and holds what the masters say.
 *
 * In this order: every checksum; every record, which has to be found under each of its keys; the tables, which have to
 * hold that and no more, and as many keys as the header says; and where the masters are at hand, every row of theirs
 * has to be the index's next record, value by value. The first thing that is wrong ends it, with a sentence that says
 * what and where. One thread; memory does not grow with the index. */
#ifndef FIXWARDEN_CORE_INDEX_VERIFY_H
#define FIXWARDEN_CORE_INDEX_VERIFY_H

#include <stdint.h>

#include "error.h"
#include "index.h"

struct index_verify_options {
    const char *const *masters; /* where the sources are now, in their order; NULL: where they were when indexed */
    size_t master_count;        /* as many as the index has sources, or 0 */
    void *opaque;
    /* Now and then: bytes of `what` that were read. Return non-zero to cancel. May be NULL. */
    int (*on_progress)(void *opaque, const char *what, uint64_t done, uint64_t total);
};

enum index_verify_source {
    VERIFY_SOURCE_ABSENT, /* not there any more, and not asked for by `masters`: not compared */
    VERIFY_SOURCE_EQUAL,
};

struct index_verify_result {
    char version[INDEX_VERSION_LEN + 1];
    uint64_t rows;
    uint64_t keys; /* of all kinds; each row counts with each of its keys */
    uint64_t file_bytes;
    size_t source_count;
    enum index_verify_source sources[INDEX_SOURCES_MAX];
};

/* ERROR_DATA where something is wrong, ERROR_USAGE where `masters` do not fit, ERROR_TEMPORARY where it was cancelled,
 * and what index_open and master_open say. */
int index_verify(const char *path, const struct index_verify_options *options, struct index_verify_result *result,
                 struct error *e);

#endif
