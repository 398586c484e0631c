/* explain_text: text of messages and masters made safe to show. Pure but for the memory that it returns; any thread. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_TEXT_H
#define FIXWARDEN_CONSUMER_EXPLAIN_TEXT_H

#include "core/slice.h"

/* UTF-8 with each byte of a control character, and of one that turns the direction of writing or is not seen, as \xNN;
 * cut behind `max` characters, with a word of how many bytes there are. malloc'ed and terminated; NULL without memory.
 */
char *explain_text(struct slice utf8, size_t max);

#endif
