/* fix: framing and validation of FIX messages (4.0 to 5.0 SP2 over FIXT.1.1, tag=value encoding), and a cursor over the
 * fields of one.
 *
 * No state, no allocation, no I/O, no logging: everything handed out is borrowed from the caller's bytes. Any thread.
 * What is accepted is in core/README.md, "From bytes to messages". */
#ifndef FIXWARDEN_CORE_FIX_H
#define FIXWARDEN_CORE_FIX_H

#include <stdbool.h>
#include <stdint.h>

#include "fix_tolerance.h"
#include "slice.h"

#define FIX_TAG_MAX 999999999u      /* nine digits */
#define FIX_MESSAGE_MAX (64u << 20) /* bytes; a longer message is not waited for */
#define FIX_INDEX_MAX 256           /* fields; a message that has more is walked */

/* X(name, sentence): each way to be malformed. One list: enum, Avro symbols, dead-letter details, metric labels. */
#define FIX_REASONS(X)                                                                                                 \
    X(EMPTY, "there are no bytes")                                                                                     \
    X(NOT_FIX, "it does not start with 8=FIX")                                                                         \
    X(BEGIN_STRING, "BeginString (8) names no known version of FIX, or nothing ends it")                               \
    X(BODY_LENGTH, "BodyLength (9) is not the second field or not a number of 1 to 9 digits above 0")                  \
    X(TRUNCATED, "there are fewer bytes than BodyLength (9) announces, or there is no CheckSum (10)")                  \
    X(BODY_LENGTH_MISMATCH, "BodyLength (9) does not lead to CheckSum (10)")                                           \
    X(CHECKSUM_FORMAT, "CheckSum (10) is not three digits and a delimiter")                                            \
    X(CHECKSUM, "CheckSum (10) is not the sum of the bytes before it")                                                 \
    X(MSG_TYPE, "MsgType (35) is not the third field or empty")                                                        \
    X(FIELD, "a field is not tag=value")                                                                               \
    X(DATA_LENGTH, "a data field does not stand behind its length, or the length is wrong")                            \
    X(TOO_MANY_IDENTIFIERS, "an instrument has more than 32 alternate identifiers")                                    \
    X(TOO_MANY_INSTRUMENTS, "it names more than 100000 instruments")

enum fix_reason {
    FIX_OK,
#define X(name, sentence) FIX_##name,
    FIX_REASONS(X)
#undef X
        FIX_REASON_COUNT,
};

/* Where the fields of a message stand. */
struct fix_index {
    uint32_t count;
    uint32_t tag_bits; /* of all tags, or more */
    uint32_t tags[FIX_INDEX_MAX];
    struct fix_place { /* of the value: bytes from the message's first field */
        uint32_t at;
        uint32_t len;
    } values[FIX_INDEX_MAX];
};

/* One framed message, borrowed from the buffer given to fix_next. */
struct fix_message {
    struct slice bytes;        /* from `8=` to the delimiter behind CheckSum, or as far as it goes */
    struct slice fields;       /* from `8=` up to and without `10=` */
    struct slice begin_string; /* value of tag 8 */
    struct slice msg_type;     /* value of tag 35 */
    uint8_t delimiter_len;     /* 1: SOH or `|`; 2: `^A` */
    char delimiter;            /* its first byte */
    unsigned tolerated;        /* private: what is tolerated in its fields; nothing where they are as they should be */
    /* The fields, where none is empty and they are not too many; NULL where they have to be walked. Lives as long as
     * the step. */
    const struct fix_index *index;
};

struct fix_field {
    uint32_t tag;
    struct slice value;
};

struct fix_cursor {
    const struct fix_message *message; /* private from here on */
    const char *at;
    const char *end;
    uint32_t data_tag; /* the length tag before announced this one ... */
    size_t data_len;   /* ... of so many bytes */
};

enum fix_event {
    FIX_MESSAGE,   /* `message` is filled in */
    FIX_MALFORMED, /* `reason` says why; `malformed` are the bytes given up */
    FIX_SKIPPED,   /* a line without FIX, where a prefix is tolerated */
    FIX_NEED_MORE, /* not `last`: the buffer ends inside a message or line */
    FIX_END,       /* nothing but white space is left */
};

struct fix_step {
    enum fix_event event;
    size_t start;    /* bytes of the buffer passed over before this event's own bytes */
    size_t consumed; /* bytes of the buffer to pass over before the next call; 0 with FIX_NEED_MORE */
    enum fix_reason reason;
    struct slice malformed;
    struct fix_message message;
    struct fix_index index; /* what message.index points to */
};

/* Takes the next thing off the buffer. `tolerated`: of enum fix_tolerance. `first`: the buffer starts a record, so that
 * no bytes at all are EMPTY. `last`: nothing follows the buffer (always so for a Kafka record). Without
 * FIX_TOLERATE_RESYNC a malformed message takes the rest of the buffer, so what comes in parts needs it. */
void fix_next(unsigned tolerated, struct slice buffer, bool first, bool last, struct fix_step *step);

/* Walks the fields of a framed message from tag 8 on; tag 10 is not among them. fix_next has validated them, so the
 * walk cannot fail. Values are empty only where that is tolerated. */
void fix_cursor_start(const struct fix_message *message, struct fix_cursor *cursor);
bool fix_cursor_next(struct fix_cursor *cursor, struct fix_field *field);

/* The data tag that the length tag announces (FIX 5.0 SP2 EP: all fields of type Length with a data field), or 0. */
uint32_t fix_data_tag(uint32_t length_tag);

/* "CHECKSUM", and its sentence. Constants. */
const char *fix_reason_name(enum fix_reason reason);
const char *fix_reason_text(enum fix_reason reason);

#endif
