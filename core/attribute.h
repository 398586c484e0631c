/* attribute: when what a message says of an instrument and what the master says of a security mean the same.
 *
 * What the master lacks, or writes in a way that cannot be compared, is never a mismatch: that is UNSAID. Pure
 * functions over trimmed values; any thread. The tables are in core/README.md, "Comparing". */
#ifndef FIXWARDEN_CORE_ATTRIBUTE_H
#define FIXWARDEN_CORE_ATTRIBUTE_H

#include "fix_time.h"
#include "security.h"
#include "slice.h"

/* From best to worst: of several rows those with the best outcome remain. */
enum agreement { AGREES, AGREES_AS_VARIANT, UNSAID, DIFFERS };

enum agreement attribute_exchange(struct slice message, struct slice master); /* 207, ISO 10383 */
enum agreement attribute_currency(struct slice message, struct slice master); /* 15, ISO 4217 and minor units */
enum agreement attribute_type(struct slice message, struct slice master);     /* 167 */
enum agreement attribute_cfi(struct slice message, struct slice master);      /* 461, ISO 10962 */
enum agreement attribute_put_call(struct slice message, struct slice master); /* 201 */
enum agreement attribute_decimal(struct slice message, struct slice master);  /* 202, 231 */
enum agreement attribute_maturity(struct date message, struct slice master);  /* 541; 200 and 205 */

/* Whether the security is delisted, suspended or matured on that date (year 0: unknown, then dates are not judged).
 * `*why` is the value of the master that says so. */
bool attribute_is_inactive(const struct security *security, struct date now, struct slice *why);

#endif
