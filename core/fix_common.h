/* fix_common: the message as nearly every one is, with the least work: FIX.4.0 to FIX.4.4 or FIXT.1.1, SOH, BodyLength
 * and CheckSum right, every field plain. Says nothing about any other, which may be right, too. Private to fix.c.
 *
 * Pure, no allocation; reads no byte outside what it is given. Any thread. */
#ifndef FIXWARDEN_CORE_FIX_COMMON_H
#define FIXWARDEN_CORE_FIX_COMMON_H

#include <stdbool.h>

#include "fix.h"

/* Reads the message that starts with `8=` at `start`; what lies behind it, up to `end`, is not looked at. Where it
 * returns false, the message and the index are left in any state. */
bool fix_common_read(const char *start, const char *end, struct fix_message *message, struct fix_index *index);

#endif
