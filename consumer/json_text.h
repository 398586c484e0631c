/* json_text: bytes of a master or of a message as a JSON string. Bytes that are not UTF-8 are taken as Latin-1, as
 * everywhere (core/README.md). Any thread. */
#ifndef FIXWARDEN_CONSUMER_JSON_TEXT_H
#define FIXWARDEN_CONSUMER_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/slice.h"

/* A new reference; NULL where there is no memory. */
json_t *json_text(struct slice text);

/* Members of an object that somebody else may have written; false where they are not there or not of that kind. A
 * string of 1 byte to less than `size`, without NUL, of those characters if any are given; and a number from 0 to
 * `max`. */
bool json_take_text(const json_t *object, const char *name, const char *characters, char *out, size_t size);
bool json_take_number(const json_t *object, const char *name, int64_t max, int64_t *out);

#endif
