/* fix_tolerance: what may be wrong with a FIX message that is read all the same, each a bit of a set. What each is,
 * exactly, is in core/README.md, "From bytes to messages".
 *
 * Constants and pure functions; any thread. */
#ifndef FIXWARDEN_CORE_FIX_TOLERANCE_H
#define FIXWARDEN_CORE_FIX_TOLERANCE_H

#include <stdbool.h>

#include "slice.h"

/* X(name, name in the configuration, sentence): one list of bits, names and documentation. */
#define FIX_TOLERANCES(X)                                                                                              \
    X(DELIMITER, "delimiter", "| or ^A stands for the delimiter SOH")                                                  \
    X(PREFIX, "prefix", "other bytes stand before 8=FIX on a line, or lines without it between messages")              \
    X(RESYNC, "resync", "behind a message that cannot be read, reading goes on at the next one")                       \
    X(BODY_LENGTH, "body_length", "BodyLength (9) is missing or wrong")                                                \
    X(CHECKSUM, "checksum", "CheckSum (10) is wrong, or not three digits")                                             \
    X(TRUNCATION, "truncation", "CheckSum (10) is missing: the message ends with its line")                            \
    X(MSG_TYPE, "msg_type", "MsgType (35) is not the third field")                                                     \
    X(EMPTY_VALUE, "empty_value", "a value is empty, and says nothing")                                                \
    X(DATA_LENGTH, "data_length", "the length of a data field is wrong, or one stands without the other")

enum fix_tolerance_number {
#define X(name, text, sentence) FIX_TOLERANCE_##name,
    FIX_TOLERANCES(X)
#undef X
        FIX_TOLERANCE_COUNT,
};

enum fix_tolerance {
#define X(name, text, sentence) FIX_TOLERATE_##name = 1u << FIX_TOLERANCE_##name,
    FIX_TOLERANCES(X)
#undef X
};

/* The profiles, which are sets to start from. */
#define FIX_STRICT ((unsigned)FIX_TOLERATE_DELIMITER) /* as the standard has it; the default on Kafka */
#define FIX_LOG ((1u << FIX_TOLERANCE_COUNT) - 1)     /* as people and programs wrote it down; that of `check` */
#define FIX_STRICT_LOG (FIX_STRICT | FIX_TOLERATE_PREFIX | FIX_TOLERATE_RESYNC) /* strict messages in a log */

/* "checksum", and its sentence. Constants. */
const char *fix_tolerance_name(enum fix_tolerance_number tolerance);
const char *fix_tolerance_text(enum fix_tolerance_number tolerance);

/* Changes a set as a name says: "checksum" puts it in, "-checksum" takes it out. False where there is no such name. */
bool fix_tolerance_change(struct slice name, unsigned *tolerated);

#endif
