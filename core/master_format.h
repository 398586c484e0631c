/* master_format: how a delivered master is laid out, beside its delimiter: what a user may say of it, and what an index
 * remembers, so that it can be read in the same way again. Plain values. */
#ifndef FIXWARDEN_CORE_MASTER_FORMAT_H
#define FIXWARDEN_CORE_MASTER_FORMAT_H

#include <stdint.h>

/* How a file is packed; known by its first bytes. */
#define MASTER_PACKINGS(X)                                                                                             \
    X(PLAIN, "plain")                                                                                                  \
    X(GZIP, "gzip")                                                                                                    \
    X(ZSTD, "zstd")

enum master_packing {
#define X(name, text) MASTER_##name,
    MASTER_PACKINGS(X)
#undef X
        MASTER_PACKING_COUNT,
};

/* AUTO: bytes are kept; values that are no UTF-8 are taken as Latin-1 where they are published. UTF8: a row that is no
 * UTF-8 is malformed. LATIN1: values become UTF-8 as they are read. */
#define MASTER_ENCODINGS(X)                                                                                            \
    X(AUTO, "auto")                                                                                                    \
    X(UTF8, "utf-8")                                                                                                   \
    X(LATIN1, "latin-1")

enum master_encoding {
#define X(name, text) MASTER_ENCODING_##name,
    MASTER_ENCODINGS(X)
#undef X
        MASTER_ENCODING_COUNT,
};

#define MASTER_FORMAT_TEXT_MAX                                                                                         \
    128 /* bytes of a comment's, a trailer's prefix, and of a line that starts or ends rows */
#define MASTER_SKIP_LINES_MAX 1000000u

/* Texts are borrowed; NULL or "" where there is none. */
struct master_format {
    const char *comment;    /* a line that starts so, where a row could start, is no row */
    const char *data_start; /* all up to a line that is this is no row */
    const char *data_end;   /* nor is a line that is this, nor anything behind it; it has to be there */
    const char *trailer;    /* the last line has to start so, and is no row */
    const char *columns;    /* names of the columns, separated by commas, of files without a header */
    uint64_t skip_lines;    /* so many lines at the file's start are no rows */
    enum master_encoding encoding;
};

#endif
