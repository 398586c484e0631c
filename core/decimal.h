/* decimal: exact decimal numbers as FIX writes them (float fields: Price, Qty; FIX 4.4 vol. 1, "Data types").
 *
 * A plain value: units of 10^-18 in 128 bits, which is Avro's decimal(38, 18). Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_DECIMAL_H
#define FIXWARDEN_CORE_DECIMAL_H

#include <stdbool.h>

#include "slice.h"

#define DECIMAL_SCALE 18
#define DECIMAL_PRECISION 38
#define DECIMAL_BYTES 16    /* of the two's complement */
#define DECIMAL_TEXT_MAX 48 /* bytes that decimal_format writes at most, with the NUL */

struct decimal {
    __int128 units; /* value * 10^18; |units| < 10^38 */
};

/* Reads `-`, digits, point, digits (one digit at least; no exponent, no plus). False where the text is anything else or
 * has more than 20 digits before the point (leading zeros aside) or 18 behind it (trailing zeros aside). */
bool decimal_parse(struct slice text, struct decimal *out);

/* The exact product of up to DECIMAL_FACTORS_MAX numbers, or false where it does not fit precision and scale; what is
 * on the way to it may have as many digits as it takes. */
#define DECIMAL_FACTORS_MAX 4
bool decimal_product(const struct decimal *factors, size_t count, struct decimal *out);

bool decimal_equal(struct decimal a, struct decimal b);
bool decimal_is_zero(struct decimal d);

/* <0, 0, >0 by absolute value, so that exposures can be ranked. */
int decimal_compare_magnitude(struct decimal a, struct decimal b);

/* The sum, or false where it does not fit. */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);

/* The shortest big-endian two's complement, as Avro wants it. Returns its length, 1 to DECIMAL_BYTES. */
size_t decimal_to_bytes(struct decimal d, unsigned char out[DECIMAL_BYTES]);

/* "1234.5": no trailing zeros, no exponent. Returns the length without the NUL. */
size_t decimal_format(struct decimal d, char out[DECIMAL_TEXT_MAX]);

#endif
