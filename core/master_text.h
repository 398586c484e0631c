/* master_text: a master's bytes by its encoding. One thread. */
#ifndef FIXWARDEN_CORE_MASTER_TEXT_H
#define FIXWARDEN_CORE_MASTER_TEXT_H

#include <stdbool.h>

#include "master_format.h"
#include "slice.h"

/* Where the fields of one row that had to be converted lie. */
struct master_text {
    enum master_encoding encoding;
    char *bytes; /* NULL unless values are converted */
    size_t used;
};

/* What it holds for rows of that many bytes at most. */
#define MASTER_TEXT_MEMORY(row_max) (2 * (size_t)(row_max))

int master_text_init(struct master_text *text, enum master_encoding encoding, size_t row_max); /* -1 without memory */
void master_text_free(struct master_text *text);

/* Starts a row, of `row_max` bytes at most; what was converted before is gone. False where its bytes, as they stand in
 * the file, cannot be in the encoding. */
bool master_text_start_row(struct master_text *text, struct slice row);

/* Whether fields have to go through master_text_field: most masters need no call for each. */
static inline bool master_text_converts(const struct master_text *text)
{
    return text->encoding == MASTER_ENCODING_LATIN1;
}

/* A field of the row as UTF-8: as it is, unless it has to be converted. Lives until the next row. */
struct slice master_text_field(struct master_text *text, struct slice field);

#endif
