/* master_rows: the rows of a block (master_cut), taken apart into fields.
 *
 * One thread; each thread has a parser of its own. Rows are the same, and judged the same, as master_next's. */
#ifndef FIXWARDEN_CORE_MASTER_ROWS_H
#define FIXWARDEN_CORE_MASTER_ROWS_H

#include "error.h"
#include "master_cut.h"

struct master_rows;

/* What of a master its parsers need to know. */
struct master_rows_setup {
    uint32_t columns; /* of the header */
    char delimiter;
    enum master_encoding encoding;
};

/* `wanted` are the numbers of the columns whose fields are delivered. Copied. */
int master_rows_create(const struct master_rows_setup *setup, const uint32_t *wanted, size_t wanted_count,
                       struct master_rows **out, struct error *e);
void master_rows_free(struct master_rows *rows); /* NULL is fine */

/* Bytes that a parser holds at most; of a Latin-1 master, MASTER_TEXT_MEMORY(MASTER_ROW_MAX) more. */
#define MASTER_ROWS_MEMORY ((size_t)MASTER_COLUMNS_MAX * 32 + (16u << 10))

/* Starts with a block that was cut and has to stay until its last row is read. */
void master_rows_start(struct master_rows *rows, const struct master_block *block);

/* True with a row, good or bad, until the next call: of a good one, `fields` holds the wanted columns, each under its
 * number; of a bad one nothing. `line` is not set (master_rows_line). Blank lines are passed over. False at the end. */
bool master_rows_next(struct master_rows *rows, struct master_row *row);

/* The line of the row that was read last, which takes counting. */
uint64_t master_rows_line(struct master_rows *rows);

#endif
