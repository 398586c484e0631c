/* totals: how many discrepancies there are under each name, and what they are worth, by currency; exact.
 *
 * One thread. Names and currencies come from messages, so there may be any number of them: beyond the limits they are
 * counted together. */
#ifndef FIXWARDEN_CONSUMER_TOTALS_H
#define FIXWARDEN_CONSUMER_TOTALS_H

#include <stdint.h>

#include "core/decimal.h"
#include "core/error.h"
#include "core/exposure.h"

#define TOTALS_NAMES_MAX 1000     /* further names go under TOTALS_OTHERS */
#define TOTALS_CURRENCIES_MAX 200 /* under one name; the notional of further ones is left out, and counted as such */
#define TOTALS_NAME_MAX 64        /* bytes with the NUL; a longer name is cut */
#define TOTALS_CURRENCY_MAX 16    /* bytes with the NUL; a longer one is cut */
#define TOTALS_OTHERS "(others)"
#define TOTALS_NONE "(none)" /* for an empty name or currency */

struct currency_total {
    char currency[TOTALS_CURRENCY_MAX];
    struct decimal notional; /* of absolute values */
};

struct total {
    char name[TOTALS_NAME_MAX];
    uint64_t count;
    uint64_t without;                  /* of them, those without a notional, or with one that the sum has no room for */
    uint64_t repeated;                 /* of them, those whose notional was stated before, and is left out */
    struct currency_total *currencies; /* sorted by name */
    size_t currency_count;
};

/* Starts as zeros. */
struct totals {
    struct total *items; /* sorted by name */
    size_t count;
};

/* Counts one more under `name`. ERROR_INTERNAL without memory. */
int totals_add(struct totals *totals, struct slice name, const struct exposure *exposure, struct slice currency,
               struct error *e);
void totals_free(struct totals *totals);

#endif
