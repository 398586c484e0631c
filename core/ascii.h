/* ascii: what a byte of FIX or of a master is, whatever the locale. Pure; any thread. */
#ifndef FIXWARDEN_CORE_ASCII_H
#define FIXWARDEN_CORE_ASCII_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline char ascii_to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool ascii_is_letter(char c)
{
    return ascii_is_upper(ascii_to_upper(c));
}

/* Reads the digits that stand at `at`, 1 to max_digits (9 at most), and returns how many they are; 0 where there are
 * none or too many, and then *value is left alone. */
static inline size_t ascii_read_digits(const char *at, const char *end, size_t max_digits, uint32_t *value)
{
    size_t n = 0;
    uint32_t v = 0;

    while (at + n < end && ascii_is_digit(at[n])) {
        if (n == max_digits)
            return 0;
        v = v * 10 + (uint32_t)(at[n] - '0');
        n++;
    }
    *value = v;
    return n;
}

/* The number that eight digits write, of which the first stands in the lowest byte and those of the others that are no
 * part of it are 0: pairs, then fours, then all. */
static inline uint32_t ascii_join_digits(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    digits = (digits & UINT64_C(0x00FF00FF00FF00FF)) * (1 + (100 << 16)) >> 16;
    return (uint32_t)((digits & UINT64_C(0x0000FFFF0000FFFF)) * (1 + (UINT64_C(10000) << 32)) >> 32);
}

#define ASCII_ZEROS UINT64_C(0x3030303030303030) /* eight characters 0 */

/* Eight bytes, the first of which is the lowest. */
static inline uint64_t ascii_load_word(const char *s)
{
    uint64_t word = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&word, s, sizeof word);
#else
    for (unsigned i = 0; i < sizeof word; i++)
        word |= (uint64_t)(unsigned char)s[i] << 8 * i;
#endif
    return word;
}

/* Of eight bytes less ASCII_ZEROS (^): some of the upper bits of those that are no digits. Right up to the first such
 * byte; whether there is one behind it is not said. */
static inline uint64_t ascii_find_others(uint64_t digits)
{
    return (digits | (digits + UINT64_C(0x0606060606060606))) & UINT64_C(0xF0F0F0F0F0F0F0F0);
}

/* Reads exactly eight digits; false where one of them is none. */
static inline bool ascii_read_8_digits(const char *s, uint32_t *number)
{
    uint64_t digits = ascii_load_word(s) ^ ASCII_ZEROS;

    *number = ascii_join_digits(digits);
    return ascii_find_others(digits) == 0;
}

#endif
