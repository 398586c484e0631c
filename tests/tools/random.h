/* random: seeded, repeatable numbers for the generators (splitmix64; Steele, Lea, Flood 2014).
 *
 * A stream is named by (seed, purpose, n), so that whatever belongs to row or message n can be made without having
 * made those before it. Plain values; any thread; nothing fails. Not for secrets. */
#ifndef FIXWARDEN_TESTS_RANDOM_H
#define FIXWARDEN_TESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* Keeps streams of the same seed and number apart. */
enum random_purpose { RANDOM_ROW, RANDOM_ROW_TEXT, RANDOM_MESSAGE, RANDOM_PLANT_POSITION, RANDOM_IDENTIFIER };

/* 64 bits that are a pure function of the three. */
uint64_t random_hash(uint64_t seed, enum random_purpose purpose, uint64_t n);

struct random random_at(uint64_t seed, enum random_purpose purpose, uint64_t n);

uint64_t random_next(struct random *r);

/* 0 to n - 1; n > 0. The bias of n against 2^64 is of no matter here. */
uint64_t random_below(struct random *r, uint64_t n);

/* True in `percent` of 100 cases. */
bool random_percent(struct random *r, unsigned percent);

#endif
