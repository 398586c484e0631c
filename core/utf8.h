/* utf8: bytes of FIX and of masters as valid UTF-8, for formats that demand it (Avro, JSON). Pure; any thread. */
#ifndef FIXWARDEN_CORE_UTF8_H
#define FIXWARDEN_CORE_UTF8_H

#include <stdbool.h>

#include "slice.h"

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_is_valid(struct slice text);

/* Whether no byte is above 127. */
bool utf8_is_ascii(struct slice text);

/* The longest that utf8_from_latin1 can make of len bytes. */
#define UTF8_FROM_LATIN1_MAX(len) (2 * (len))

/* What it makes of these. */
size_t utf8_latin1_size(struct slice bytes);

/* Each byte as the code point of the same number. Returns the bytes written. */
size_t utf8_from_latin1(struct slice bytes, char *out);

#endif
