/* index_mask: the positions of rows that deltas have taken away from an index: a set of 32-bit numbers.
 *
 * Starts all zero, which is the empty set. One thread changes it; any may ask while nobody does. */
#ifndef FIXWARDEN_CORE_INDEX_MASK_H
#define FIXWARDEN_CORE_INDEX_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct index_mask {
    uint32_t *slots; /* position + 1, or 0; a power of two of them, at most half full */
    size_t slot_count;
    uint32_t *positions; /* in the order in which they came */
    size_t count;
};

/* -1 without memory; the set is as before then. The position is below INDEX_POSITIONS_MAX and not in the set. */
int index_mask_add(struct index_mask *mask, uint32_t position, struct error *e);

/* Takes out all that came after the first `count`. */
void index_mask_cut(struct index_mask *mask, size_t count);

int index_mask_copy(struct index_mask *to, const struct index_mask *from, struct error *e); /* `to` is all zero */
void index_mask_free(struct index_mask *mask);

/* Where the position stands or would stand: a slot of a set that is not empty. */
static inline size_t index_mask_slot(const struct index_mask *mask, uint32_t position)
{
    size_t at = (size_t)(((uint64_t)position * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (mask->slot_count - 1);

    while (mask->slots[at] != 0 && mask->slots[at] != position + 1)
        at = (at + 1) & (mask->slot_count - 1);
    return at;
}

static inline bool index_mask_holds(const struct index_mask *mask, uint32_t position)
{
    return mask->count > 0 && mask->slots[index_mask_slot(mask, position)] != 0;
}

#endif
