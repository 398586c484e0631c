/* instrument_walk: the pass over a message's fields that finds out which field belongs to which instrument. Private to
 * instrument.c. */
#ifndef FIXWARDEN_CORE_INSTRUMENT_WALK_H
#define FIXWARDEN_CORE_INSTRUMENT_WALK_H

#include "instrument.h"

/* Where a list that is plain has its values, in `found`. */
enum {
    PLAIN_NOTHING, /* of all tags that say nothing */
    PLAIN_MESSAGE,
    PLAIN_VALUES = PLAIN_MESSAGE + MESSAGE_TAG_COUNT,
    PLAIN_AMOUNTS = PLAIN_VALUES + FIELD_KEPT,
    PLAIN_COUNT = PLAIN_AMOUNTS + AMOUNT_COUNT,
};

/* Fills the slots of the list (the first is the body's) and its message fields. As instrument_extract. */
int instrument_walk(struct instrument_list *list, const struct fix_message *message, bool references,
                    enum fix_reason *reason, struct error *e);

#endif
