/* index_overlay_internal: an overlay as its own files see it: index_overlay.c applies files, index_overlay_make.c makes
 * an index of what came of them. */
#ifndef FIXWARDEN_CORE_INDEX_OVERLAY_INTERNAL_H
#define FIXWARDEN_CORE_INDEX_OVERLAY_INTERNAL_H

#include "index_internal.h"
#include "index_overlay.h"
#include "index_rows.h"
#include "index_tally.h"

#define OVERLAY_UNIT 8u /* bytes of a record unit */

/* A row that a delta brought. */
struct overlay_row {
    uint64_t at;    /* of its record in the arena, before which its source stands (INDEX_ORIGIN) */
    uint64_t hash;  /* of what it goes by */
    uint32_t len;   /* bytes of its record, in whole units */
    uint32_t pairs; /* that it has, behind those of the row before */
    uint32_t next;  /* row + 1 of its chain, 0 at the end */
    bool dead;      /* changed or deleted since */
};

struct overlay_file {
    char *path;
    struct index_source source;
};

struct index_overlay {
    struct index *base; /* held */
    struct index_overlay_options options;
    struct index_overlay_counts counts;
    uint64_t kinds; /* that the base has tables of, a bit each */
    bool has_table[IDENTIFIER_KIND_COUNT];
    struct record_view view; /* the base's, without codes */
    char version[INDEX_VERSION_LEN + 1];
    uint64_t applied; /* rows of all files */
    struct overlay_file *files;
    size_t file_count;
    struct overlay_row *rows;
    size_t row_count;
    size_t row_room;
    unsigned char *arena; /* records of all rows */
    size_t arena_used;
    size_t arena_room;
    struct index_pair *pairs; /* of all rows; each counts its position from its own record */
    size_t pair_count;
    size_t pair_room;
    uint32_t *chains; /* row + 1, by hash; a power of two */
    size_t chain_count;
    uint32_t *killed; /* rows that are dead, in the order in which they died */
    size_t killed_count;
    size_t killed_room;
    struct index_mask mask;
    struct index_tally tally;
};

/* Grows an array to room for `more` items behind `count`. */
int overlay_reserve(void *array, size_t *room, size_t count, size_t more, size_t size, struct error *e);

#endif
