/* fix_words: what tags, message types and values of FIX are called, for people. Pure; constants; any thread. */
#ifndef FIXWARDEN_CONSUMER_FIX_WORDS_H
#define FIXWARDEN_CONSUMER_FIX_WORDS_H

#include <stdint.h>

#include "core/slice.h"

/* The field's name in the latest version of FIX that has it; NULL for a tag that FIX does not list. */
const char *fix_words_field(uint32_t tag);

/* The name of a message type (tag 35), or NULL. */
const char *fix_words_message(struct slice type);

/* What a value means, of those fields that decide how a message is understood (side, order status, put or call, ...);
 * NULL for other fields, and values that FIX does not list. */
const char *fix_words_value(uint32_t tag, struct slice value);

#endif
