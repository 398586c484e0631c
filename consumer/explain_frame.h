/* explain_frame: how a message is framed: what ends its fields, whether BodyLength and CheckSum are right, and what is
 * wrong with it. Private to explain. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_FRAME_H
#define FIXWARDEN_CONSUMER_EXPLAIN_FRAME_H

#include <jansson.h>

#include "core/fix.h"

/* Takes the bytes as the profile has them, or, where it refuses them, as far as a log allows. False where they cannot
 * be read at all. `step` is filled in and borrows from `bytes`. */
bool explain_frame_read(unsigned profile, struct slice bytes, struct fix_step *step);

/* `message` is what explain_frame_read made of the bytes; NULL: nothing. A new reference, NULL without memory. */
json_t *explain_frame(unsigned profile, struct slice bytes, const struct fix_message *message);

#endif
