/* index_meta: the META section, which says what the masters were: columns, and sources.
 *
 * Strings are a 32-bit length with the NUL, and the bytes with it, so that a reader can borrow them. A role that no
 * master has is a string of length 0. */
#ifndef FIXWARDEN_CORE_INDEX_META_H
#define FIXWARDEN_CORE_INDEX_META_H

#include "index_file.h"

/* Writes role columns, carried names, sources and format of `info`. */
int index_meta_write(const struct index_info *info, struct index_writer *writer, struct error *e);

/* Fills them in from a section, borrowing its strings; `sources` has room for INDEX_SOURCES_MAX. Any bytes are safe. */
int index_meta_read(const unsigned char *bytes, uint64_t len, struct index_info *info, struct index_source *sources,
                    struct error *e);

/* The version of an index of that content: XXH3-64 of the format, the columns, the kinds of its tables (bits), size
 * and digest of the sources, and how they were read, in hexadecimal. */
void index_meta_version(const struct index_info *info, uint64_t table_kinds, char version[INDEX_VERSION_LEN + 1]);

#endif
