/* gen_planted: the discrepancies that are planted, as a table of ways to spoil a clean description of a row.
 *
 * Each way says which rows it needs, changes what the message says, and writes into the plan what the check must find.
 * Every kind of core/README.md has at least one. One thread. */
#ifndef FIXWARDEN_TESTS_GEN_PLANTED_H
#define FIXWARDEN_TESTS_GEN_PLANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen_instrument.h"
#include "gen_plan.h"

struct planting {
    uint64_t seed;
    uint64_t rows; /* that messages may be about: whole blocks of the master */
    struct random *r;
    struct plan *plan;
};

size_t planted_count(void);

/* Describes a row that suits way number `way` (below planted_count) in `said`, spoils it, and writes the plan's lines.
 * Returns false if no row of the master suits, which a master of a few hundred rows does not know. */
bool planted_make(const struct planting *p, size_t way, struct instrument *said);

/* Draws rows until one suits; false after a great many. */
bool planted_find_row(const struct planting *p, bool (*suits)(const struct row *), struct row *row);

#endif
