/* index_internal: an open index, as its own files see it: index.c opens it, index_find.c looks keys up. */
#ifndef FIXWARDEN_CORE_INDEX_INTERNAL_H
#define FIXWARDEN_CORE_INDEX_INTERNAL_H

#include "index.h"
#include "index_format.h"
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
    struct index_source sources[INDEX_SOURCES_MAX];
    struct index_info info;
};

#endif
