/* index_tally: to how many rows the keys lead that deltas have touched, so that what an index says of its keys need not
 * be counted anew for each version. Keys go by their hashes, as they do where an index is built. One thread. */
#ifndef FIXWARDEN_CORE_INDEX_TALLY_H
#define FIXWARDEN_CORE_INDEX_TALLY_H

#include "index.h"

/* How much more there is than in the base, of each kind. */
struct index_tally_kind {
    int64_t keys;
    int64_t duplicate_keys;
    int64_t invalid_keys;
    int64_t rows; /* under all keys together */
};

struct tally_slot;

/* Starts all zero. */
struct index_tally {
    struct tally_slot *slots;
    size_t slot_count; /* a power of two */
    size_t count;
    struct index_tally_kind kinds[IDENTIFIER_KIND_COUNT];
};

void index_tally_free(struct index_tally *tally);

/* Makes room for one more row. -1 without memory. */
int index_tally_reserve(struct index_tally *tally, struct error *e);

/* A row comes (1) or goes (-1). For one that comes room has been made; for one of the base that goes as well. What was
 * counted can be taken back, in any order, without room. */
void index_tally_row(struct index_tally *tally, const struct index *base, const struct security *row, int change);

#endif
