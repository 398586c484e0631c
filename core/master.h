/* master: the security master as it is delivered, a delimited text file.
 *
 * Dialect: RFC 4180 (quoted fields, doubled quotes, delimiters and line ends inside quotes), with comma, tab, pipe,
 * semicolon or any other byte that is told, with or without a UTF-8 byte order mark, with LF or CRLF, with or without a
 * last line end. The first row is the header, unless the columns are told; they are recognised by name (security.h) or
 * mapped by the configuration. The file may be packed (master_source.h), and may have lines that are no rows
 * (master_format.h): before the header `skip_lines`, then all up to `data_start`, then comments; among and behind the
 * rows those of master_frame.h. Offsets are those in the text: of a packed file, in what it unpacks to.
 *
 * A reader streams the file through one buffer; a row is borrowed until the next one is read. One thread. */
#ifndef FIXWARDEN_CORE_MASTER_H
#define FIXWARDEN_CORE_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "master_format.h"
#include "master_frame.h"
#include "master_source.h"
#include "security.h"
#include "slice.h"

#define MASTER_COLUMNS_MAX 4096
#define MASTER_ROW_MAX (1u << 20)  /* bytes of one row with its line end; a longer one is a bad row */
#define MASTER_COLUMN_NAME_MAX 256 /* bytes of a header's name */

#define MASTER_HEAD_MAX (1u << 20) /* bytes before the header, or before the first row where there is none */

#define MASTER_MEMORY                                                                                                  \
    (2u << 20) /* bytes that an open master holds at most, with reads of the usual size, beside unpacking and Latin-1  \
                */

#define MASTER_NO_COLUMN UINT32_MAX

/* What the user says about the file; zero means "find out". */
struct master_options {
    char delimiter; /* 0: the one of , \t | ; that the header uses most outside quotes */
    const char
        *role_column[MASTER_ROLE_COUNT]; /* header name to use for the role; "" means: no column; NULL: by synonym */
    const char *carried[SECURITY_CARRIED_MAX]; /* header names to carry into the output */
    size_t carried_count;
    bool any_columns;   /* a table that is no master: no column has a role, nor needs one */
    uint64_t key_kinds; /* bit per identifier_kind to build tables of; 0: all that have a column */
    struct master_format format;
    uint64_t window;   /* bytes that unpacking may look back; 0: MASTER_WINDOW_DEFAULT */
    size_t read_bytes; /* bytes of one read; 0: 512 KiB. Small ones put the buffer's end anywhere in a row */
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
    X(NUL_BYTE, "holds a NUL byte")                                                                                    \
    X(NOT_UTF8, "is not valid UTF-8")

enum master_row_status {
    MASTER_ROW_OK,
#define X(name, sentence) MASTER_ROW_##name,
    MASTER_BAD_ROWS(X)
#undef X
        MASTER_ROW_STATUS_COUNT,
};

/* Valid until the next master_next or master_close. */
struct master_row {
    uint64_t offset; /* bytes from the text's start to the row's first byte */
    uint64_t line;   /* of its first byte, from 1 */
    enum master_row_status status;
    const struct slice *fields; /* unquoted: doubled quotes are single; of a Latin-1 master they are UTF-8 */
    size_t field_count;
};

struct master;

/* Opens the file and reads its header. ERROR_IO where it can't be read; ERROR_DATA where it is empty, binary, UTF-16,
 * wrongly packed, has an unusable header, or no column that could identify a security; ERROR_CONFIG where a mapped
 * column is missing, or what the options say of the file cannot be. */
int master_open(const char *path, const struct master_options *options, struct master **out, struct error *e);
void master_close(struct master *master); /* NULL is fine */

const struct master_columns *master_columns(const struct master *master);
struct slice master_column_name(const struct master *master, uint32_t column);
char master_delimiter(const struct master *master);

enum master_encoding master_encoding(const struct master *master);
enum master_packing master_packing(const struct master *master);

/* What follows the header, for those who read it on their own (master_cut). Source and frame are borrowed. To be asked
 * for before the first master_next; after it, offset and line are those of what was not read yet. */
struct master_body {
    const struct master_source *source;
    const struct master_frame *frame;
    uint64_t offset; /* of the first row behind the header */
    uint64_t line;   /* likewise, from 1 */
};

struct master_body master_body(const struct master *master);

/* Returns 1 with a row (good or bad), 0 at the end, -1 with an error: ERROR_IO; ERROR_DATA for a quote that never
 * closes, and what master_source_read and master_frame_check refuse; ERROR_TEMPORARY where the file changed while it
 * was read. Blank lines are passed over. `fields` holds no more
 * than the header has columns; of a row that is TOO_LONG it holds none. A quote opens a field only as its first byte
 * (RFC 4180, rule 5), elsewhere in an unquoted field it is plain text. */
int master_next(struct master *master, struct master_row *row, struct error *e);

/* Size and time of the file as it was delivered; after master_next returned 0, its digest, too (master_source.h). */
void master_fingerprint(const struct master *master, uint64_t *size, int64_t *mtime_ns, uint64_t digest[2]);

/* The bytes before the line end of the row that `bytes` starts with, by the same rule of quotes; SIZE_MAX where `len`
 * bytes do not hold its line end. */
size_t master_row_length(const char *bytes, size_t len, char delimiter);

const char *master_row_status_text(enum master_row_status status);
const char *master_packing_name(enum master_packing packing);
const char *master_encoding_name(enum master_encoding encoding);

#endif
