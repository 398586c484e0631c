#include "index_tally.h"

#include <stdlib.h>

#include "index_internal.h"

#define SLOTS_FIRST 256u

struct tally_slot {
    uint64_t hash;
    uint32_t kind; /* + 1; 0: free */
    uint32_t rows; /* of the base */
    int64_t change;
};

void index_tally_free(struct index_tally *tally)
{
    free(tally->slots);
    *tally = (struct index_tally){0};
}

/* Where the key stands or would stand. */
static struct tally_slot *find_slot(const struct index_tally *tally, uint64_t hash, uint32_t kind)
{
    size_t at = (size_t)(hash >> 16) & (tally->slot_count - 1);

    while (tally->slots[at].kind != 0 && (tally->slots[at].hash != hash || tally->slots[at].kind != kind))
        at = (at + 1) & (tally->slot_count - 1);
    return &tally->slots[at];
}

int index_tally_reserve(struct index_tally *tally, struct error *e)
{
    struct index_tally grown = *tally;

    if (tally->count + MASTER_ROLE_COUNT <= tally->slot_count / 2)
        return 0;
    grown.slot_count = tally->slot_count > 0 ? 2 * tally->slot_count : SLOTS_FIRST;
    grown.slots = calloc(grown.slot_count, sizeof *grown.slots);
    if (grown.slots == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the keys of deltas");
    for (size_t i = 0; i < tally->slot_count; i++)
        if (tally->slots[i].kind != 0)
            *find_slot(&grown, tally->slots[i].hash, tally->slots[i].kind) = tally->slots[i];
    free(tally->slots);
    *tally = grown;
    return 0;
}

/* The list of a key's hash is as long as the builder counted it. */
static uint32_t rows_of_base(const struct index *base, enum identifier_kind kind, struct slice key)
{
    struct index_cursor cursor;

    index_find(base, kind, key, &cursor);
    return cursor.count;
}

static void count_key(struct index_tally *tally, const struct index *base, enum identifier_kind kind, struct slice key,
                      int change)
{
    struct index_tally_kind *k = &tally->kinds[kind];
    uint64_t hash = index_hash(base->seed, kind, key);
    struct tally_slot *slot = find_slot(tally, hash, (uint32_t)kind + 1);
    int64_t before, after;

    if (slot->kind == 0) {
        *slot = (struct tally_slot){hash, (uint32_t)kind + 1, rows_of_base(base, kind, key), 0};
        tally->count++;
    }
    before = slot->rows + slot->change;
    slot->change += change;
    after = before + change;
    k->rows += change;
    k->keys += (after > 0) - (before > 0);
    k->duplicate_keys += (after > 1) - (before > 1);
}

void index_tally_row(struct index_tally *tally, const struct index *base, const struct security *row, int change)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);
        enum identifier_validity validity;

        if (kind == IDENTIFIER_UNKNOWN || row->value[role].len == 0)
            continue;
        validity = identifier_check(kind, row->value[role]);
        if (validity == IDENTIFIER_BAD_SHAPE || validity == IDENTIFIER_BAD_CHECK_DIGIT)
            tally->kinds[kind].invalid_keys += change;
        if (index_has_kind(base, kind) && !security_repeats_key(row, role))
            count_key(tally, base, kind, row->value[role], change);
    }
}
