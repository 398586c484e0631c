/* index_build: makes an index file out of one or more master files, in one streaming pass within a memory budget.
 *
 * The index appears under its name only when it is whole and on the disk: it is written beside its place under a
 * temporary name, flushed, renamed, and the directory flushed. On any error nothing is left behind and an index that
 * was there before stays as it was. The same masters and options give the same bytes, whatever the memory and the
 * number of threads. */
#ifndef FIXWARDEN_CORE_INDEX_BUILD_H
#define FIXWARDEN_CORE_INDEX_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "index.h"
#include "master.h"

#define INDEX_MEMORY_MIN (16ull << 20) /* bytes; a smaller budget is refused */
#define INDEX_MEMORY_DEFAULT (256ull << 20)
#define INDEX_THREADS_MAX 256
#define INDEX_SHARE_WHOLE 1000000u /* 100 %, so that a millionth is the least share */
#define INDEX_BAD_ROWS_SHOWN 10    /* bad rows that are reported one by one */

/* What happens while building, told to the caller so that core itself prints nothing. Any member may be NULL. One
 * thread at a time calls, though not always the same. */
struct index_build_events {
    void *opaque;
    /* Once a file's header is read; `columns` and names are borrowed for the call. */
    void (*on_columns)(void *opaque, const char *path, const struct master *master);
    /* One of the first INDEX_BAD_ROWS_SHOWN bad rows of a file. */
    void (*on_bad_row)(void *opaque, const char *path, const struct master_row *row);
    /* Now and then: bytes read of all sources, rows so far. Return non-zero to cancel. */
    int (*on_progress)(void *opaque, uint64_t bytes_read, uint64_t bytes_total, uint64_t rows);
};

/* Whether memory is short. While it is, all threads but one stand aside and give their buffers' memory back. Asked
 * once a block and once a table, by one thread at a time; `is_short` may be NULL. Core itself looks at nothing of the
 * machine. */
struct index_build_pressure {
    void *opaque;
    bool (*is_short)(void *opaque);
};

struct index_build_options {
    uint64_t memory;              /* bytes, a hard limit on buffers; 0: INDEX_MEMORY_DEFAULT */
    unsigned threads;             /* 0: one; as many as the memory has room for, at most INDEX_THREADS_MAX */
    const char *spill_dir;        /* NULL: beside the index */
    struct master_options master; /* every source is read with these; carried columns must be in each */
    uint64_t max_bad_rows;        /* more than these refuse the master; UINT64_MAX: any number */
    uint32_t max_bad_share;       /* instead, where it is not 0: of INDEX_SHARE_WHOLE, of all rows */
    struct index_build_events events;
    struct index_build_pressure pressure;
};

struct index_build_result {
    uint64_t rows;
    uint64_t bad_rows[MASTER_ROW_STATUS_COUNT];
    uint64_t keys; /* distinct, of all kinds */
    uint64_t file_bytes;
    double seconds;
    char version[INDEX_VERSION_LEN + 1];
};

/* The memory that the options allow. */
static inline uint64_t index_build_memory(const struct index_build_options *options)
{
    return options->memory > 0 ? options->memory : INDEX_MEMORY_DEFAULT;
}

int index_build(const char *const *master_paths, size_t master_count, const char *index_path,
                const struct index_build_options *options, struct index_build_result *result, struct error *e);

#endif
