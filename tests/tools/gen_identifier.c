#include "gen_identifier.h"

#include <ctype.h>
#include <string.h>

#include "random.h"

/* A letter of a pattern names the characters of its place; the characters of all places count in mixed radix. */
static const char *alphabet_of(char place)
{
    switch (place) {
    case 'n':
        return "123456789";
    case 'd':
        return "0123456789";
    case 'c':
        return "BCDFGHJKLMNPQRSTVWXYZ";
    case 'x':
        return "0123456789BCDFGHJKLMNPQRSTVWXYZ";
    default: /* 'l' */
        return "ABCDEFGHIJKLMOPQRSTUVWXYZ";
    }
}

/* Neighbours should not look alike: number n becomes n * factor + start modulo the capacity, which is a bijection as
 * the factor is a prime that divides no alphabet. */
static void encode(uint64_t seed, uint64_t n, const char *pattern, char *out)
{
    enum { FACTOR = 15485863 };
    uint64_t capacity = 1;
    size_t length = strlen(pattern);

    for (size_t i = 0; i < length; i++)
        capacity *= strlen(alphabet_of(pattern[i]));
    /* No overflow: n is below 2^30 and the factor below 2^24, the start below 2^40. */
    n = (n * FACTOR + random_hash(seed, RANDOM_IDENTIFIER, capacity) % (1ull << 40)) % capacity;
    for (size_t i = length; i-- > 0;) {
        const char *alphabet = alphabet_of(pattern[i]);
        size_t size = strlen(alphabet);

        out[i] = alphabet[n % size];
        n /= size;
    }
}

static unsigned character_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
}

static char check_digit(unsigned sum)
{
    return (char)('0' + (10 - sum % 10) % 10);
}

/* CUSIP (ANSI X9.6) and FIGI (OMG): every second value doubled, tens and units added. */
static char double_add_double(const char *body, size_t length)
{
    unsigned sum = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned value = character_value(body[i]) * (i % 2 ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return check_digit(sum);
}

/* ISIN (ISO 6166): letters become two digits, then Luhn from the right. */
static char luhn_expanded(const char *body, size_t length)
{
    unsigned sum = 0;
    unsigned weight = 2;

    for (size_t i = length; i-- > 0;) {
        unsigned value = character_value(body[i]);
        for (unsigned digits = value >= 10 ? 2 : 1; digits > 0; digits--) {
            unsigned product = value % 10 * weight;
            sum += product / 10 + product % 10;
            weight = 3 - weight;
            value /= 10;
        }
    }
    return check_digit(sum);
}

void make_cusip(uint64_t seed, uint64_t n, char cusip[CUSIP_SIZE])
{
    encode(seed, n, "nddxxxdd", cusip);
    cusip[8] = double_add_double(cusip, 8);
    cusip[9] = '\0';
}

void make_sedol(uint64_t seed, uint64_t n, char sedol[SEDOL_SIZE])
{
    static const unsigned weights[6] = {1, 3, 1, 7, 3, 9};
    unsigned sum = 0;

    encode(seed, n, "cxxxxx", sedol);
    for (size_t i = 0; i < 6; i++)
        sum += weights[i] * character_value(sedol[i]);
    sedol[6] = check_digit(sum);
    sedol[7] = '\0';
}

void make_figi(uint64_t seed, uint64_t n, char figi[FIGI_SIZE])
{
    memcpy(figi, "BBG0", 4);
    encode(seed, n, "xxxxxxx", figi + 4);
    figi[11] = double_add_double(figi, 11);
    figi[12] = '\0';
}

void make_isin(uint64_t seed, uint64_t n, const char country[2], char isin[ISIN_SIZE])
{
    char number[CUSIP_SIZE];

    memcpy(isin, country, 2);
    if (memcmp(country, "US", 2) == 0 || memcmp(country, "CA", 2) == 0) {
        make_cusip(seed, n, number);
        memcpy(isin + 2, number, 9);
    } else if (memcmp(country, "GB", 2) == 0) {
        make_sedol(seed, n, number);
        memcpy(isin + 2, "00", 2);
        memcpy(isin + 4, number, 7);
    } else {
        encode(seed, n, "nddddddxd", isin + 2);
    }
    isin[11] = luhn_expanded(isin, 11);
    isin[12] = '\0';
}

void make_symbol(uint64_t seed, uint64_t n, char symbol[SYMBOL_SIZE])
{
    static const char pattern[] = "lllllll";
    uint64_t room = 25ull * 25 * 25 * 25;
    size_t length = 4;

    while (n >= room && length < strlen(pattern)) {
        n -= room;
        room *= 25;
        length++;
    }
    encode(seed, n, pattern + strlen(pattern) - length, symbol);
    symbol[length] = '\0';
}

void break_check_digit(char *identifier)
{
    char *last = identifier + strlen(identifier) - 1;

    *last = (char)(isdigit((unsigned char)*last) ? '0' + (*last - '0' + 3) % 10 : '0');
}
