/* json_text: bytes of a master or of a message as a JSON string. Bytes that are not UTF-8 are taken as Latin-1, as
 * everywhere (core/README.md). Any thread. */
#ifndef FIXWARDEN_CONSUMER_JSON_TEXT_H
#define FIXWARDEN_CONSUMER_JSON_TEXT_H

#include <jansson.h>

#include "core/slice.h"

/* A new reference; NULL where there is no memory. */
json_t *json_text(struct slice text);

#endif
