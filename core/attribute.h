/* attribute: when what a message says of an instrument and what the master says of a security mean the same.
 *
 * What the master lacks, or writes in a way that cannot be compared, is never a mismatch: that is UNSAID. Pure
 * functions over trimmed values; any thread. The tables are in core/README.md, "Comparing". */
#ifndef FIXWARDEN_CORE_ATTRIBUTE_H
#define FIXWARDEN_CORE_ATTRIBUTE_H

#include "exchange.h"
#include "fix_time.h"
#include "security.h"
#include "slice.h"

/* From best to worst: of several rows those with the best outcome remain. */
enum agreement {
    AGREES,
    AGREES_NEARLY, /* another spelling of the symbol; the operator of the market and one of its segments */
    UNSAID,
    DIFFERS,
};

/* What a security is, as far as FIX's types and CFIs tell it. */
enum type_class {
    TYPE_UNKNOWN,
    TYPE_EQUITY,
    TYPE_FUTURE,
    TYPE_OPTION,
    TYPE_WARRANT,
    TYPE_FUND,
    TYPE_DEBT,
    TYPE_FX,
};

enum agreement attribute_exchange(const struct exchanges *exchanges, struct slice message,
                                  struct slice master);                       /* 207, ISO 10383 */
enum agreement attribute_currency(struct slice message, struct slice master); /* 15, ISO 4217 and minor units */
enum agreement attribute_put_call(struct slice message, struct slice master); /* 201 */
enum agreement attribute_decimal(struct slice message, struct slice master);  /* 202, 231 */
enum agreement attribute_maturity(struct date message, struct date master);   /* 541; 200 and 205 */

/* The master's maturity; year 0 where it has none that can be read. */
struct date attribute_maturity_of(struct slice master);

/* A type (167) and a CFI (461, ISO 10962) are each compared with the column of their like, or with the other one where
 * that says nothing. */
enum agreement attribute_type(struct slice message, struct slice type, struct slice cfi);
enum agreement attribute_cfi(struct slice message, struct slice type, struct slice cfi);

/* Which of the two columns those look at. */
struct slice attribute_type_of(struct slice type, struct slice cfi);
struct slice attribute_cfi_of(struct slice type, struct slice cfi);

/* The class by the type, else by the CFI; TYPE_UNKNOWN where neither is known. */
enum type_class attribute_class(struct slice type, struct slice cfi);

/* The currency whose hundredth this is (GBX, GBp, ZAC, ZAc, ILA, ILa; case aside but for GBp), or itself. *is_minor
 * says which. */
struct slice attribute_major_unit(struct slice currency, bool *is_minor);

/* Whether the security is delisted, suspended or matured on that date (year 0: unknown, then dates are not judged).
 * `*why` is the value of the master that says so. */
bool attribute_is_matured(struct date maturity, struct date now);
bool attribute_is_inactive(struct slice delisted, struct slice status, struct slice maturity, struct date now,
                           struct slice *why);

#endif
