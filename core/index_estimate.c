#include "index_estimate.h"

#define REGISTER_BITS 14
#define RANK_MAX 50 /* of the 50 bits that do not choose the register */

void index_estimate_add(struct index_estimate *estimate, uint64_t hash)
{
    uint64_t rest = hash << REGISTER_BITS | 1ull << (REGISTER_BITS - 1); /* the set bit bounds the rank */
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    uint8_t *longest = &estimate->longest[hash >> (64 - REGISTER_BITS)];

    if (rank > RANK_MAX)
        rank = RANK_MAX;
    if (rank > *longest)
        *longest = rank;
}

void index_estimate_merge(struct index_estimate *estimate, const struct index_estimate *other)
{
    for (unsigned i = 0; i < ESTIMATE_REGISTERS; i++)
        if (other->longest[i] > estimate->longest[i])
            estimate->longest[i] = other->longest[i];
}

/* How many hashes leave that many registers empty: counted forward, each one takes its share of those left. */
static uint64_t count_by_empty(uint64_t empty)
{
    uint64_t expected = (uint64_t)ESTIMATE_REGISTERS << 32;
    uint64_t count = 0;

    while (expected > empty << 32) {
        expected -= expected / ESTIMATE_REGISTERS;
        count++;
    }
    return count;
}

uint64_t index_estimate_count(const struct index_estimate *estimate)
{
    unsigned __int128 square = (unsigned __int128)ESTIMATE_REGISTERS * ESTIMATE_REGISTERS;
    unsigned __int128 sum = 0; /* of 2 to the -longest, in units of 2 to the -RANK_MAX */
    uint64_t empty = 0;
    uint64_t count;

    for (unsigned i = 0; i < ESTIMATE_REGISTERS; i++) {
        sum += 1ull << (RANK_MAX - estimate->longest[i]);
        empty += estimate->longest[i] == 0;
    }
    count = (uint64_t)(((square * 72125u) << RANK_MAX) / 100000u / sum);
    return empty > 0 && count < 5 * ESTIMATE_REGISTERS / 2 ? count_by_empty(empty) : count;
}
