/* index_internal: an open index, as its own files see it: index.c opens it, index_find.c looks keys up.
 *
 * One with deltas (index_overlay.h) is a copy of its base, whose mapping it borrows, with a mask over the rows that are
 * there no more and a `top` of the rows that came: an index of its own in memory, whose records are each preceded by
 * the number of their source, and whose values have no codes, so that they are never taken for those of the base. */
#ifndef FIXWARDEN_CORE_INDEX_INTERNAL_H
#define FIXWARDEN_CORE_INDEX_INTERNAL_H

#include "index.h"
#include "index_format.h"
#include "index_mask.h"
#include "index_record.h"

/* The table of one key kind; no pages where there is none. */
struct table {
    const struct index_page *pages;
    uint64_t page_count;
    const uint32_t *words; /* of POSTINGS */
    uint64_t word_count;
    const struct index_overflow *overflow;
    uint64_t overflow_count;
};

/* What look-ups rest on without asking again (header, dictionary, strings) is a copy: the file may be overwritten under
 * its mapping, and records, tables and lists are read with care. */
struct index {
    int fd; /* of the file that is mapped */
    const unsigned char *map;
    uint64_t size;
    int64_t mtime_ns; /* when it was opened */
    struct index_header header;
    unsigned char *dictionary; /* malloc'ed, as the next */
    unsigned char *meta;
    uint64_t seed;
    uint64_t identity;
    const unsigned char *records;
    uint64_t record_bytes;
    uint32_t record_unit;
    struct record_view view;
    struct table tables[IDENTIFIER_KIND_COUNT];
    struct index_source sources[INDEX_SOURCES_MAX]; /* of the file; index_info has those of the deltas, too */
    struct index_info info;
    unsigned holders;       /* how often it is to be closed */
    struct index *base;     /* of one with deltas; held. NULL without, as what follows */
    struct index *top;      /* owned */
    struct index_mask mask; /* of the base's positions */
    bool is_top;
    int64_t rows_under[IDENTIFIER_KIND_COUNT]; /* how many more the keys of a kind lead to than in the base */
};

#define INDEX_ORIGIN 8u /* bytes before a top's record, the first 4 of which are its source's number */

/* Where the walk of an index with deltas goes on: the next position that has a row. */
void index_settle_position(const struct index *index, uint64_t *position);

/* Releases what an index with deltas has of its own. */
void index_top_free(struct index *index); /* NULL is fine */

/* A row of a top says where it comes from. */
static inline void index_set_origin(const struct index *index, const unsigned char *record, struct security *out)
{
    if (index->is_top)
        memcpy(&out->source, record - INDEX_ORIGIN, sizeof out->source);
}

#endif
