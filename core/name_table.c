#include "name_table.h"

#include <assert.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS 16u      /* a power of two */
#define FIRST_NAMES_BYTES 64 /* at least the mean of a few names */

struct entry {
    uint32_t offset; /* of the name among the bytes */
    uint32_t hash;
    uint32_t value;
    uint8_t len;
};

/* Slots are probed one after the other; at most every second one is taken. Half as many entries have room. */
struct name_table {
    uint32_t *slots; /* entry + 1; 0: empty */
    uint32_t mask;   /* slots - 1 */
    struct entry *entries;
    uint32_t count;
    char *bytes;
    size_t used;
    size_t room;
};

static_assert(NAME_TABLE_NAME_MAX <= UINT8_MAX, "an entry holds the length");
static_assert((uint64_t)NAME_TABLE_MAX * NAME_TABLE_NAME_MAX <= UINT32_MAX, "an entry holds the offset");

static uint32_t hash_of(struct slice name)
{
    return (uint32_t)XXH3_64bits(name.ptr, name.len);
}

/* The slot of the name, or the empty one where it belongs. */
static uint32_t slot_of(const struct name_table *t, struct slice name, uint32_t hash)
{
    uint32_t at = hash & t->mask;

    while (t->slots[at] != 0) {
        const struct entry *entry = &t->entries[t->slots[at] - 1];
        if (entry->hash == hash && slice_equal(slice_make(t->bytes + entry->offset, entry->len), name))
            return at;
        at = (at + 1) & t->mask;
    }
    return at;
}

/* Gives all entries their slots among twice as many. The entries' own room grows before, so that a failure leaves the
 * table as it was. */
static bool grow_slots(struct name_table *t)
{
    uint32_t count = 2 * (t->mask + 1);
    struct entry *entries = realloc(t->entries, count / 2 * sizeof *entries);
    uint32_t *slots;

    if (entries == NULL)
        return false;
    t->entries = entries;
    slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(t->slots);
    t->slots = slots;
    t->mask = count - 1;
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t at = entries[i].hash & t->mask;
        while (slots[at] != 0)
            at = (at + 1) & t->mask;
        slots[at] = i + 1;
    }
    return true;
}

static bool grow_bytes(struct name_table *t, size_t needed)
{
    size_t room = t->room;
    char *bytes;

    while (room < needed)
        room *= 2;
    if (room == t->room)
        return true;
    bytes = realloc(t->bytes, room);
    if (bytes == NULL)
        return false;
    t->bytes = bytes;
    t->room = room;
    return true;
}

struct name_table *name_table_new(void)
{
    struct name_table *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->mask = FIRST_SLOTS - 1;
    t->room = FIRST_NAMES_BYTES;
    t->slots = calloc(FIRST_SLOTS, sizeof *t->slots);
    t->entries = malloc(FIRST_SLOTS / 2 * sizeof *t->entries);
    t->bytes = malloc(t->room);
    if (t->slots == NULL || t->entries == NULL || t->bytes == NULL) {
        name_table_free(t);
        return NULL;
    }
    return t;
}

void name_table_free(struct name_table *table)
{
    if (table == NULL)
        return;
    free(table->slots);
    free(table->entries);
    free(table->bytes);
    free(table);
}

uint32_t name_table_add(struct name_table *table, struct slice name)
{
    uint32_t hash = hash_of(name);
    uint32_t at = slot_of(table, name, hash);

    if (table->slots[at] != 0)
        return table->slots[at] - 1;
    if (name.len > NAME_TABLE_NAME_MAX || table->count == NAME_TABLE_MAX || !grow_bytes(table, table->used + name.len))
        return NAME_TABLE_NONE;
    if (table->count == (table->mask + 1) / 2) {
        if (!grow_slots(table))
            return NAME_TABLE_NONE;
        at = slot_of(table, name, hash);
    }
    if (name.len > 0)
        memcpy(table->bytes + table->used, name.ptr, name.len);
    table->entries[table->count] = (struct entry){(uint32_t)table->used, hash, 0, (uint8_t)name.len};
    table->used += name.len;
    table->slots[at] = ++table->count;
    return table->count - 1;
}

uint32_t name_table_find(const struct name_table *table, struct slice name)
{
    uint32_t slot;

    if (table->count == 0 || name.len > NAME_TABLE_NAME_MAX)
        return NAME_TABLE_NONE;
    slot = table->slots[slot_of(table, name, hash_of(name))];
    return slot != 0 ? slot - 1 : NAME_TABLE_NONE;
}

uint32_t name_table_count(const struct name_table *table)
{
    return table->count;
}

struct slice name_table_name(const struct name_table *table, uint32_t entry)
{
    return slice_make(table->bytes + table->entries[entry].offset, table->entries[entry].len);
}

uint32_t name_table_value(const struct name_table *table, uint32_t entry)
{
    return table->entries[entry].value;
}

void name_table_set_value(struct name_table *table, uint32_t entry, uint32_t value)
{
    table->entries[entry].value = value;
}
