/* exposure: what a message is about in money, and whether it says so for the first time. Pure functions over what a
 * message says of an instrument and the row of the master that it was found to be; any thread. Exact. Rules:
 * core/README.md, "Price, quantity, notional". */
#ifndef FIXWARDEN_CORE_EXPOSURE_H
#define FIXWARDEN_CORE_EXPOSURE_H

#include <stdbool.h>

#include "decimal.h"
#include "instrument.h"
#include "security.h"

struct exposure {
    bool has_notional;
    struct decimal notional; /* in the currency of message_amounts */
    bool counts;             /* no message before has stated it */
    const char *absent_why;  /* why there is no notional, a constant in words; NULL: there is one */
    const char *repeats_why; /* why it does not count, likewise */
};

/* `security`: the row that the instrument is for certain, or NULL. */
void exposure_of(const struct message_fields *message, const struct instrument *instrument,
                 const struct message_amounts *amounts, const struct security *security, struct exposure *out);

#endif
