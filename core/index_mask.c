#include "index_mask.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 16u

static void fill_slots(struct index_mask *mask)
{
    memset(mask->slots, 0, mask->slot_count * sizeof *mask->slots);
    for (size_t i = 0; i < mask->count; i++)
        mask->slots[index_mask_slot(mask, mask->positions[i])] = mask->positions[i] + 1;
}

/* Room for one more, with at most half of the slots in use. */
static int reserve_one(struct index_mask *mask, struct error *e)
{
    size_t slots = mask->slot_count > 0 ? 2 * mask->slot_count : SLOTS_FIRST;
    uint32_t *grown;

    if (mask->count < mask->slot_count / 2)
        return 0;
    grown = reallocarray(mask->positions, slots / 2, sizeof *grown);
    if (grown != NULL) {
        mask->positions = grown;
        grown = reallocarray(mask->slots, slots, sizeof *grown);
    }
    if (grown == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu rows that deltas take away", slots / 2);
    mask->slots = grown;
    mask->slot_count = slots;
    fill_slots(mask);
    return 0;
}

int index_mask_add(struct index_mask *mask, uint32_t position, struct error *e)
{
    if (reserve_one(mask, e) != 0)
        return -1;
    mask->slots[index_mask_slot(mask, position)] = position + 1;
    mask->positions[mask->count++] = position;
    return 0;
}

void index_mask_cut(struct index_mask *mask, size_t count)
{
    if (count >= mask->count)
        return;
    mask->count = count;
    fill_slots(mask);
}

int index_mask_copy(struct index_mask *to, const struct index_mask *from, struct error *e)
{
    for (size_t i = 0; i < from->count; i++)
        if (index_mask_add(to, from->positions[i], e) != 0)
            return -1;
    return 0;
}

void index_mask_free(struct index_mask *mask)
{
    free(mask->slots);
    free(mask->positions);
    *mask = (struct index_mask){0};
}
