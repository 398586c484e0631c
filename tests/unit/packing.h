/* packing: gzip and zstd of bytes, for tests. What is returned is malloc'ed. */
#ifndef FIXWARDEN_TESTS_UNIT_PACKING_H
#define FIXWARDEN_TESTS_UNIT_PACKING_H

#include <stddef.h>

char *packing_gzip(const char *bytes, size_t len, size_t *packed);

/* `window_log`: 0, or the window that the frame is to demand. */
char *packing_zstd(const char *bytes, size_t len, int window_log, size_t *packed);

#endif
