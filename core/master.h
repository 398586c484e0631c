/* master: the security master as it is delivered, a delimited text file.
 *
 * Dialect: RFC 4180 (quoted fields, doubled quotes, delimiters and line ends inside quotes), with comma, tab, pipe or
 * semicolon, with or without a UTF-8 byte order mark, with LF or CRLF, with or without a last line end. The first row
 * is the header; columns are recognised by name (security.h) or mapped by the configuration.
 *
 * A reader streams the file through one buffer; a row is borrowed until the next one is read. One thread. */
#ifndef FIXWARDEN_CORE_MASTER_H
#define FIXWARDEN_CORE_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "security.h"
#include "slice.h"

#define MASTER_COLUMNS_MAX 4096
#define MASTER_ROW_MAX (1u << 20)  /* bytes of one row with its line end; a longer one is a bad row */
#define MASTER_COLUMN_NAME_MAX 256 /* bytes of a header's name */

#define MASTER_MEMORY (2u << 20) /* bytes that an open master holds at most, with reads of the usual size */

#define MASTER_NO_COLUMN UINT32_MAX

/* What the user says about the file; zero means "find out". */
struct master_options {
    char delimiter; /* 0: the one of , \t | ; that the header uses most outside quotes */
    const char
        *role_column[MASTER_ROLE_COUNT]; /* header name to use for the role; "" means: no column; NULL: by synonym */
    const char *carried[SECURITY_CARRIED_MAX]; /* header names to carry into the output */
    size_t carried_count;
    uint64_t key_kinds; /* bit per identifier_kind to build tables of; 0: all that have a column */
    size_t read_bytes;  /* bytes of one read; 0: 512 KiB. Small ones put the buffer's end anywhere in a row */
};

struct master_columns {
    uint32_t count;                   /* of the header */
    uint32_t role[MASTER_ROLE_COUNT]; /* column number from 0, or MASTER_NO_COLUMN */
    uint32_t carried[SECURITY_CARRIED_MAX];
    size_t carried_count;
};

/* Why a row is left out. One list: enum, counters and sentences. */
#define MASTER_BAD_ROWS(X)                                                                                             \
    X(TOO_FEW_FIELDS, "has fewer fields than the header")                                                              \
    X(TOO_MANY_FIELDS, "has more fields than the header")                                                              \
    X(STRAY_QUOTE, "has text after a closing quote")                                                                   \
    X(TOO_LONG, "is longer than the limit of 1 MiB")                                                                   \
    X(NUL_BYTE, "holds a NUL byte")

enum master_row_status {
    MASTER_ROW_OK,
#define X(name, sentence) MASTER_ROW_##name,
    MASTER_BAD_ROWS(X)
#undef X
        MASTER_ROW_STATUS_COUNT,
};

/* Valid until the next master_next or master_close. */
struct master_row {
    uint64_t offset; /* bytes from the file's start to the row's first byte */
    uint64_t line;   /* of its first byte, from 1 */
    enum master_row_status status;
    const struct slice *fields; /* unquoted: doubled quotes are single */
    size_t field_count;
};

struct master;

/* Opens the file and reads its header. ERROR_IO where it can't be read; ERROR_DATA where it is empty, binary, has an
 * unusable header, or no column that could identify a security; ERROR_CONFIG where a mapped column is missing. */
int master_open(const char *path, const struct master_options *options, struct master **out, struct error *e);
void master_close(struct master *master); /* NULL is fine */

const struct master_columns *master_columns(const struct master *master);
struct slice master_column_name(const struct master *master, uint32_t column);
char master_delimiter(const struct master *master);

/* What follows the header, for those who read it on their own (master_cut). Descriptor and path are borrowed. To be
 * asked for before the first master_next. */
struct master_body {
    int fd;
    const char *path;
    uint64_t size; /* bytes of the file, when it was opened */
    int64_t mtime_ns;
    uint64_t offset; /* of the first row behind the header */
    uint64_t line;   /* likewise, from 1 */
};

struct master_body master_body(const struct master *master);

/* Returns 1 with a row (good or bad), 0 at the end, -1 with an error: ERROR_IO; ERROR_DATA for a quote that never
 * closes; ERROR_TEMPORARY where the file changed while it was read. Blank lines are passed over. `fields` holds no more
 * than the header has columns; of a row that is TOO_LONG it holds none. A quote opens a field only as its first byte
 * (RFC 4180, rule 5), elsewhere in an unquoted field it is plain text. */
int master_next(struct master *master, struct master_row *row, struct error *e);

/* After master_next returned 0: what was read. `digest` is XXH3-128 over the XXH3-64 of each MiB, so that blocks can be
 * hashed in any order. */
void master_fingerprint(const struct master *master, uint64_t *size, int64_t *mtime_ns, uint64_t digest[2]);

/* The bytes before the line end of the row that `bytes` starts with, by the same rule of quotes; SIZE_MAX where `len`
 * bytes do not hold its line end. */
size_t master_row_length(const char *bytes, size_t len, char delimiter);

const char *master_row_status_text(enum master_row_status status);

#endif
