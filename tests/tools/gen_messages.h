/* gen_messages: writes generated FIX messages about the rows of a generated master, and the plan of what is wrong.
 *
 * Exactly ceil(count * rate) messages are planted, one at a random place in each stretch of 1 / rate messages, in
 * rotation over all ways of gen_planted and gen_malformed; all others are clean or have no instrument. Each message is
 * a pure function of (seed, rows, n, rate), so memory does not grow with their number. One thread. */
#ifndef FIXWARDEN_TESTS_GEN_MESSAGES_H
#define FIXWARDEN_TESTS_GEN_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "gen_output.h"
#include "gen_plan.h"

#define MESSAGES_ROWS_MIN 400 /* ten blocks: fewer rows may lack one that a way needs */
#define MESSAGES_RATE_ONE 1000000u

enum framing {
    FRAMING_LENGTH, /* four bytes of length, little-endian, before each record */
    FRAMING_LINE,   /* a line end after each; not for malformed records, which may hold one */
};

struct messages_options {
    uint64_t seed;
    uint64_t rows;  /* of the master, MESSAGES_ROWS_MIN at least */
    uint64_t count; /* of messages */
    uint32_t rate;  /* of planted messages, in millionths: 0 to MESSAGES_RATE_ONE */
    enum framing framing;
    bool malformed; /* plant malformed records, too */
};

/* Returns 0; -1 where an output failed (its error says why); -2 where no row suited a way, or a message was too long,
 * which are defects of the generator. The outputs stay open. */
int messages_write(const struct messages_options *options, struct output *messages, struct plan *plan);

#endif
