#include "random.h"

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_hash(uint64_t seed, enum random_purpose purpose, uint64_t n)
{
    return scramble(scramble(seed + 0x9e3779b97f4a7c15u * ((uint64_t)purpose + 1)) ^ scramble(n + 1));
}

struct random random_at(uint64_t seed, enum random_purpose purpose, uint64_t n)
{
    return (struct random){random_hash(seed, purpose, n)};
}

uint64_t random_next(struct random *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return scramble(r->state);
}

/* Lemire's multiplication instead of a division: the upper 32 bits of a 32-bit draw times n where n is small. */
uint64_t random_below(struct random *r, uint64_t n)
{
    uint64_t drawn = random_next(r);

    return n <= UINT32_MAX ? ((drawn >> 32) * n) >> 32 : drawn % n;
}

bool random_percent(struct random *r, unsigned percent)
{
    return random_below(r, 100) < percent;
}
