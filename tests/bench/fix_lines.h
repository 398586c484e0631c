/* fix_lines: a file of generated messages in memory, one to a line, and the clock that times what is done with them. */
#ifndef FIXWARDEN_TESTS_FIX_LINES_H
#define FIXWARDEN_TESTS_FIX_LINES_H

#include "core/slice.h"

struct fix_lines {
    struct slice *items; /* without their line ends; borrowed from `all` */
    size_t count;
    size_t bytes; /* of all items */
    char *all;
};

/* Reads the lines that `is_wanted` wants, all of them where it is NULL. False where the file cannot be read, is empty
 * or there is no memory; fix_lines_free in any case. */
bool fix_lines_read(const char *path, bool (*is_wanted)(const void *context, struct slice line), const void *context,
                    struct fix_lines *out);
void fix_lines_free(struct fix_lines *lines);

double seconds_now(void); /* of a clock that never goes back */

#endif
