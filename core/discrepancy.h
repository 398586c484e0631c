/* discrepancy: what is published: a message's instrument that the master does not bear out, or bytes that are not FIX.
 *
 * Plain values that borrow from the message, the index and the origin, and live as long as these. Kafka is seen only as
 * an origin. Pure: the id of a discrepancy depends on where it was found and what it is, never on when. */
#ifndef FIXWARDEN_CORE_DISCREPANCY_H
#define FIXWARDEN_CORE_DISCREPANCY_H

#include <stdbool.h>
#include <stdint.h>

#include "exposure.h"
#include "fix.h"
#include "instrument.h"
#include "rules.h"
#include "security.h"

#define DISCREPANCY_ID_LEN 32              /* hexadecimal digits */
#define OBSERVED_DATE_MAX 9                /* YYYYMMDD and a NUL */
#define DISCREPANCY_KEY_MAX IDENTIFIER_MAX /* bytes; a longer symbol is cut */

/* Where a record was read. */
struct origin {
    struct slice topic; /* or the file's name */
    int32_t partition;
    int64_t offset; /* of the record in its partition, or of the message's first byte in its file */
    bool has_timestamp;
    int64_t timestamp_ms; /* since the epoch */
    bool has_key;
    struct slice key;
    int32_t message; /* which FIX message of the record, from 0 */
};

/* How the security in a verdict was found. The order is that of the Avro enum. */
enum found_by {
    FOUND_BY_NOTHING,
    FOUND_BY_IDENTIFIER,
    FOUND_BY_ALTERNATE_IDENTIFIER,
    FOUND_BY_SYMBOL,
    FOUND_BY_SYMBOL_VARIANT,
    FOUND_BY_HINT, /* by what an identifier looks like */
};

/* One finding of match about one instrument. */
struct verdict {
    enum discrepancy_kind kind;
    enum match_step step;         /* that found it, or MATCH_NO_STEP */
    uint32_t tag;                 /* the field that disagrees, 0 for none */
    uint32_t identifier_position; /* 0 the primary, 1... the alternates */
    bool has_observed;
    struct slice observed;
    bool has_expected;
    struct slice expected;
    const char *reason;    /* a constant, or NULL: the kind says it all */
    const char *hint_kind; /* what the observed value looks like: an identifier kind's name, or NULL */
    struct slice hint_value;
};

struct discrepancy {
    char id[DISCREPANCY_ID_LEN + 1];
    const struct verdict *verdict;
    enum severity severity;
    const struct origin *origin;
    const struct message_fields *message;
    const struct message_amounts *amounts;
    const struct exposure *exposure;
    const struct instrument *instrument;
    enum found_by found_by;
    uint32_t candidates;
    const struct security *security;  /* the nearest row of the master, or NULL */
    const char *const *carried_names; /* of security->carried */
    const char *master_version;
    const char *rule_set;
    struct slice raw;         /* the message's bytes */
    bool was_pending;         /* published only when the grace of what the master lacks was over ... */
    int64_t unknown_since_ms; /* ... which lasted from here, since the epoch, ... */
    int64_t unknown_until_ms; /* ... up to here */
};

struct dead_letter {
    char id[DISCREPANCY_ID_LEN + 1];
    enum fix_reason reason;
    const struct origin *origin;
    uint64_t position; /* bytes from the record's start to the malformed message */
    struct slice raw;
};

/* The id of a discrepancy or dead letter, as core/README.md defines it. */
void discrepancy_id(const struct origin *origin, const struct instrument *instrument, const struct verdict *verdict,
                    char id[DISCREPANCY_ID_LEN + 1]);
void dead_letter_id(const struct origin *origin, char id[DISCREPANCY_ID_LEN + 1]);

/* The key of what is published about an instrument, so that all of it stays in one partition and in order: its first
 * ISIN, else its first identifier, as each is looked up (trimmed, in upper case where the kind folds); else its symbol.
 * Writes DISCREPANCY_KEY_MAX bytes at most, unterminated, and returns how many; 0: there is nothing to go by. */
size_t discrepancy_key(const struct instrument *instrument, char key[DISCREPANCY_KEY_MAX]);

const char *found_by_name(enum found_by found_by);

#endif
