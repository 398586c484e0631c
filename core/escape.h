/* escape: bytes that a place cannot hold, written as \xNN: two hexadecimal digits, case aside. A backslash that starts
 * no such thing is itself. Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_ESCAPE_H
#define FIXWARDEN_CORE_ESCAPE_H

#include <stdbool.h>

#include "slice.h"

#define ESCAPE_LEN 4 /* bytes of \xNN */

/* Whether `text` starts with one; then *byte is what it stands for. */
bool escape_read(struct slice text, char *byte);

/* Puts the bytes themselves in the place of all that stands for them. Returns the new length, which is not longer. */
size_t escape_decode(char *text, size_t len);

#endif
