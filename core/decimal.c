#include "decimal.h"

#include <stdint.h>

#define INTEGER_DIGITS (DECIMAL_PRECISION - DECIMAL_SCALE)

typedef unsigned __int128 u128;

/* 10^n, n up to 38. */
static u128 power_of_ten(unsigned n)
{
    static const uint64_t powers[] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        10000000000u,
        100000000000u,
        1000000000000u,
        10000000000000u,
        100000000000000u,
        1000000000000000u,
        10000000000000000u,
        100000000000000000u,
        1000000000000000000u,
        10000000000000000000u,
    };
    const unsigned highest = sizeof powers / sizeof powers[0] - 1;

    return n <= highest ? powers[n] : (u128)powers[highest] * powers[n - highest];
}

static bool fits(__int128 units)
{
    const __int128 limit = (__int128)power_of_ten(DECIMAL_PRECISION);

    return units < limit && units > -limit;
}

static u128 magnitude(struct decimal d)
{
    return d.units < 0 ? -(u128)d.units : (u128)d.units;
}

static size_t count_digits(const char *s, const char *end)
{
    size_t n = 0;

    while (s + n < end && s[n] >= '0' && s[n] <= '9')
        n++;
    return n;
}

/* Up to INTEGER_DIGITS of them; all but the last fit a machine word. */
static u128 read_digits(const char *s, size_t len)
{
    uint64_t v = 0;
    size_t i = 0;

    for (; i < len && i < INTEGER_DIGITS - 1; i++)
        v = v * 10 + (uint64_t)(s[i] - '0');
    return i < len ? (u128)v * 10 + (u128)(s[i] - '0') : v;
}

bool decimal_parse(struct slice text, struct decimal *out)
{
    const char *s = text.ptr;
    const char *end;
    const char *fraction;
    size_t integer_len;
    size_t fraction_len = 0;
    bool negative;
    u128 units;

    if (text.len == 0)
        return false;
    end = s + text.len;
    negative = *s == '-';
    if (negative)
        s++;
    integer_len = count_digits(s, end);
    fraction = s + integer_len;
    if (fraction < end && *fraction == '.') {
        fraction++;
        fraction_len = count_digits(fraction, end);
    }
    if (fraction + fraction_len != end || integer_len + fraction_len == 0)
        return false;
    while (integer_len > 0 && *s == '0') {
        s++;
        integer_len--;
    }
    while (fraction_len > 0 && fraction[fraction_len - 1] == '0')
        fraction_len--;
    if (integer_len > INTEGER_DIGITS || fraction_len > DECIMAL_SCALE)
        return false;
    units = read_digits(s, integer_len) * power_of_ten(DECIMAL_SCALE) +
            read_digits(fraction, fraction_len) * power_of_ten(DECIMAL_SCALE - (unsigned)fraction_len);
    out->units = negative ? -(__int128)units : (__int128)units;
    return true;
}

/* Takes trailing zeros off. Returns how many places are left. */
static unsigned strip_zeros(u128 *v)
{
    unsigned scale = DECIMAL_SCALE;

    while (scale > 0 && *v % 10 == 0) {
        *v /= 10;
        scale--;
    }
    return scale;
}

/* ---- products: as many digits as it takes, in limbs of 64 bits from the lowest on ---- */

#define LIMBS ((size_t)2 * DECIMAL_FACTORS_MAX)

static void multiply(uint64_t product[LIMBS], u128 factor)
{
    uint64_t result[LIMBS] = {0};

    for (size_t half = 0; half < 2; half++) {
        uint64_t f = (uint64_t)(factor >> 64 * half);
        u128 carry = 0;
        for (size_t i = 0; i + half < LIMBS; i++) {
            carry += (u128)product[i] * f + result[i + half];
            result[i + half] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    memcpy(product, result, sizeof result);
}

/* Divides and returns the remainder. */
static uint64_t divide(uint64_t product[LIMBS], uint64_t divisor)
{
    u128 rest = 0;

    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 64 | product[i];
        if (rest == 0)
            continue; /* most limbs are, and a division takes long */
        product[i] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint64_t)rest;
}

static bool is_above_two_limbs(const uint64_t product[LIMBS])
{
    for (size_t i = 2; i < LIMBS; i++)
        if (product[i] != 0)
            return true;
    return false;
}

bool decimal_product(const struct decimal *factors, size_t count, struct decimal *out)
{
    uint64_t product[LIMBS] = {1};
    bool negative = false;
    u128 units;

    for (size_t i = 0; i < count; i++) {
        multiply(product, magnitude(factors[i]));
        negative ^= factors[i].units < 0;
    }
    for (size_t i = 1; i < count; i++)
        if (divide(product, (uint64_t)power_of_ten(DECIMAL_SCALE)) != 0)
            return false;
    units = (u128)product[1] << 64 | product[0];
    if (is_above_two_limbs(product) || units >= power_of_ten(DECIMAL_PRECISION))
        return false;
    out->units = negative ? -(__int128)units : (__int128)units;
    return true;
}

bool decimal_equal(struct decimal a, struct decimal b)
{
    return a.units == b.units;
}

bool decimal_is_zero(struct decimal d)
{
    return d.units == 0;
}

int decimal_compare_magnitude(struct decimal a, struct decimal b)
{
    u128 x = magnitude(a);
    u128 y = magnitude(b);

    return x < y ? -1 : x > y;
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
    __int128 sum;

    if (__builtin_add_overflow(a.units, b.units, &sum) || !fits(sum))
        return false;
    out->units = sum;
    return true;
}

size_t decimal_to_bytes(struct decimal d, unsigned char out[DECIMAL_BYTES])
{
    unsigned char all[DECIMAL_BYTES];
    u128 bits = (u128)d.units;
    size_t skip = 0;

    for (size_t i = DECIMAL_BYTES; i-- > 0; bits >>= 8)
        all[i] = (unsigned char)bits;
    /* A leading byte is superfluous if it only repeats the sign of the next one. */
    while (skip + 1 < DECIMAL_BYTES &&
           ((all[skip] == 0x00 && all[skip + 1] < 0x80) || (all[skip] == 0xff && all[skip + 1] >= 0x80)))
        skip++;
    for (size_t i = skip; i < DECIMAL_BYTES; i++)
        out[i - skip] = all[i];
    return DECIMAL_BYTES - skip;
}

size_t decimal_format(struct decimal d, char out[DECIMAL_TEXT_MAX])
{
    char reversed[DECIMAL_TEXT_MAX];
    u128 v = magnitude(d);
    unsigned scale = strip_zeros(&v);
    size_t n = 0;
    size_t len = 0;

    for (unsigned place = 0; v > 0 || place <= scale; place++, v /= 10) {
        if (place == scale && scale > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + (int)(v % 10));
    }
    if (d.units < 0)
        out[len++] = '-';
    while (n > 0)
        out[len++] = reversed[--n];
    out[len] = '\0';
    return len;
}
