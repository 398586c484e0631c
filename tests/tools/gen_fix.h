/* gen_fix: writes FIX messages with the right BodyLength and CheckSum.
 *
 * A message is made in two steps, so that a generator can spoil it in between or afterwards: the body (from tag 35 to
 * before tag 10), then the whole. Texts are the caller's. Nothing fails but a text that is
 * too small (text.overflow). */
#ifndef FIXWARDEN_TESTS_GEN_FIX_H
#define FIXWARDEN_TESTS_GEN_FIX_H

#include <stdint.h>

#include "gen_instrument.h"
#include "gen_text.h"
#include "random.h"

enum { FIX_MESSAGE_MAX = 4096 /* bytes */ };

/* MsgType and how often; those without an instrument come last. */
enum fix_type { FIX_ORDER, FIX_EXECUTION, FIX_REPLACE, FIX_CANCEL, FIX_TRADE, FIX_QUOTE, FIX_HEARTBEAT, FIX_REJECT };

void fix_field(struct text *t, int tag, const char *value);
void fix_number(struct text *t, int tag, uint64_t n);

/* Draws a type that names an instrument, in a live mixture. */
enum fix_type fix_type_pick(struct random *r);

/* The body of message number `n` about `said`, which is not looked at where the type names no instrument. Returns the
 * BeginString, a constant. */
const char *fix_body(struct text *body, enum fix_type type, const struct instrument *said, uint64_t n,
                     struct random *r);

/* BeginString, BodyLength, body, CheckSum. */
void fix_message(struct text *out, const char *begin_string, const struct text *body);

/* The trailer 10=nnn over everything in `out` so far. */
void fix_trailer(struct text *out);

#endif
