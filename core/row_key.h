/* row_key: what a row of a master goes by, so that it is known again in another master, or in a delta.
 *
 * Its first identifier in the order of the roles (an issuer's aside), else its symbol. Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_ROW_KEY_H
#define FIXWARDEN_CORE_ROW_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "security.h"

struct row_key {
    enum identifier_kind kind; /* IDENTIFIER_UNKNOWN: there is nothing to know the row by */
    struct slice key;          /* the row's */
};

/* `kinds`: those that count, a bit each. */
struct row_key row_key_of(const struct security *row, uint64_t kinds);

bool row_key_equal(const struct row_key *a, const struct row_key *b);

/* Whether both rows are of one market and currency, as they stand. */
bool row_key_is_same_listing(const struct security *a, const struct security *b);

#endif
