/* reading: a master read in every way there is: row by row, and in blocks as several threads do. */
#ifndef FIXWARDEN_TESTS_UNIT_READING_H
#define FIXWARDEN_TESTS_UNIT_READING_H

#include "core/master.h"

/* "OK", "TOO_FEW_FIELDS", ... */
const char *reading_status_name(enum master_row_status status);

/* What a master yields, as text: "[a][b]" for a good row, "!STATUS@line" for a bad one, blanks between them; an error
 * is its code and its sentence without the path. With `places`, each row starts with its line and offset. */
struct reading {
    char text[5u << 20];
    size_t len;
};

void reading_by_rows(const char *path, const struct master_options *options, bool places, struct reading *out);
void reading_in_blocks(const char *path, const struct master_options *options, size_t block_bytes, bool places,
                       struct reading *out);

/* Fails the test unless the file reads so in every way, with reads and blocks of 1 to `sizes` bytes, and of the usual
 * size; `expected` may be NULL: then all have to be the same. */
void reading_expect(const char *name, const char *path, struct master_options options, size_t sizes,
                    const char *expected);

#endif
