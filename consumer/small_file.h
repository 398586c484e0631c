/* small_file: a file that is small, read as a whole. */
#ifndef FIXWARDEN_CONSUMER_SMALL_FILE_H
#define FIXWARDEN_CONSUMER_SMALL_FILE_H

#include <stddef.h>

#include "core/error.h"

/* The file, malloc'ed, with a NUL behind it; the caller's to free. Of one that is longer than `max` bytes the first
 * max + 1: *len says so, and the caller what follows. NULL with the error of the call that failed, or ERROR_INTERNAL
 * without memory. Any thread. */
char *small_file_read(const char *path, size_t max, size_t *len, struct error *e);

/* The same, and one that is longer is refused with `code`. */
char *small_file_read_within(const char *path, size_t max, enum error_code code, size_t *len, struct error *e);

#endif
