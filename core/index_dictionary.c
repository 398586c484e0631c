#include "index_dictionary.h"

#include <stdatomic.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SLOTS (2u * DICTIONARY_VALUES_MAX) /* a power of two */

struct value {
    uint32_t offset; /* into the bytes */
    uint16_t code;
    uint8_t column;
    uint8_t len;
};

/* Released behind the value that they count, so that who sees a column full finds all of it. */
struct column {
    _Atomic uint32_t count;
    _Atomic uint32_t bytes;
};

struct dictionary {
    uint32_t columns;
    uint32_t values_each; /* a column's share */
    uint32_t bytes_each;
    uint32_t count;
    uint32_t used; /* bytes */
    struct column column[DICTIONARY_COLUMNS_MAX];
    struct value *values;    /* in the order they came */
    _Atomic uint32_t *slots; /* value + 1, 0 where empty; released behind the value */
    char *bytes;
};

static_assert(DICTIONARY_COLUMNS_MAX <= UINT8_MAX && DICTIONARY_VALUE_MAX <= UINT8_MAX, "a value's members hold them");
static_assert(DICTIONARY_COLUMN_VALUES_MAX - 1 <= UINT16_MAX, "a value's code holds it");
static_assert((size_t)DICTIONARY_VALUES_MAX * sizeof(struct value) + (size_t)SLOTS * sizeof(uint32_t) +
                      DICTIONARY_BYTES_MAX <=
                  DICTIONARY_MEMORY,
              "the memory that is promised is enough");

int dictionary_create(uint32_t columns, struct dictionary **out, struct error *e)
{
    struct dictionary *d = calloc(1, sizeof *d);
    uint32_t sharers = columns > 0 ? columns : 1;

    *out = NULL;
    if (d == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the dictionary");
    d->columns = columns;
    d->values_each = DICTIONARY_VALUES_MAX / sharers;
    if (d->values_each > DICTIONARY_COLUMN_VALUES_MAX)
        d->values_each = DICTIONARY_COLUMN_VALUES_MAX;
    d->bytes_each = DICTIONARY_BYTES_MAX / sharers;
    d->values = calloc(DICTIONARY_VALUES_MAX, sizeof *d->values);
    d->slots = calloc((size_t)SLOTS, sizeof *d->slots);
    d->bytes = malloc(DICTIONARY_BYTES_MAX);
    if (d->values == NULL || d->slots == NULL || d->bytes == NULL) {
        dictionary_free(d);
        return error_set(e, ERROR_INTERNAL, "no memory for the dictionary");
    }
    *out = d;
    return 0;
}

void dictionary_free(struct dictionary *d)
{
    if (d == NULL)
        return;
    free(d->values);
    free(d->slots);
    free(d->bytes);
    free(d);
}

/* The slot that holds the value, or the empty one where it belongs. *found is what it holds. */
static _Atomic uint32_t *find_slot(const struct dictionary *d, uint32_t column, struct slice value, uint32_t *found)
{
    uint32_t at = (uint32_t)XXH3_64bits_withSeed(value.ptr, value.len, column) & (SLOTS - 1);

    for (;; at = (at + 1) & (SLOTS - 1)) {
        const struct value *v;

        *found = atomic_load_explicit(&d->slots[at], memory_order_acquire);
        if (*found == 0)
            return &d->slots[at];
        v = &d->values[*found - 1];
        if (v->column == column && slice_equal(slice_make(d->bytes + v->offset, v->len), value))
            return &d->slots[at];
    }
}

/* Whether the column can take no value of that length any more. */
static bool is_full(const struct dictionary *d, uint32_t column, size_t len)
{
    const struct column *c = &d->column[column];

    return len > DICTIONARY_VALUE_MAX || atomic_load_explicit(&c->count, memory_order_acquire) == d->values_each ||
           len > d->bytes_each - atomic_load_explicit(&c->bytes, memory_order_acquire);
}

uint32_t dictionary_code(struct dictionary *d, uint32_t column, struct slice value)
{
    struct column *c = &d->column[column];
    uint32_t code = atomic_load_explicit(&c->count, memory_order_relaxed);
    uint32_t bytes = atomic_load_explicit(&c->bytes, memory_order_relaxed);
    _Atomic uint32_t *slot;
    uint32_t found;

    if (value.len > DICTIONARY_VALUE_MAX)
        return DICTIONARY_NONE;
    slot = find_slot(d, column, value, &found);
    if (found != 0)
        return d->values[found - 1].code;
    if (is_full(d, column, value.len))
        return DICTIONARY_NONE;
    d->values[d->count] = (struct value){d->used, (uint16_t)code, (uint8_t)column, (uint8_t)value.len};
    memcpy(d->bytes + d->used, value.ptr, value.len);
    d->used += (uint32_t)value.len;
    atomic_store_explicit(slot, ++d->count, memory_order_release);
    atomic_store_explicit(&c->bytes, bytes + (uint32_t)value.len, memory_order_release);
    atomic_store_explicit(&c->count, code + 1, memory_order_release);
    return code;
}

/* ---- looking up ---- */

#define MEMO_BITS 8u /* of the number of short values of each column that a memo holds */
#define MEMO_LEN 16u /* bytes of such a value at most: a date, a number, a code */

/* A short value's bytes, which together with its length are unique. */
struct memo_key {
    uint64_t word[2];
};

struct memo_entry {
    struct memo_key key;
    uint32_t code;
    uint32_t len; /* 0: empty */
};

struct dictionary_memo {
    uint32_t columns;
    struct memo_entry entries[][1u << MEMO_BITS]; /* by column */
};

size_t dictionary_memo_memory(uint32_t columns)
{
    return sizeof(struct dictionary_memo) + columns * sizeof(struct memo_entry[1u << MEMO_BITS]);
}

struct dictionary_memo *dictionary_memo_create(uint32_t columns)
{
    struct dictionary_memo *memo = calloc(1, dictionary_memo_memory(columns));

    if (memo != NULL)
        memo->columns = columns;
    return memo;
}

void dictionary_memo_free(struct dictionary_memo *memo)
{
    free(memo);
}

/* Of 1 to MEMO_LEN bytes: loads from both ends, which may overlap. */
static struct memo_key memo_key(struct slice value)
{
    const unsigned char *bytes = (const unsigned char *)value.ptr;
    const unsigned char *end = bytes + value.len;
    struct memo_key key = {{0, 0}};
    uint32_t low;
    uint32_t high;

    if (value.len >= sizeof(uint64_t)) {
        memcpy(&key.word[0], bytes, sizeof key.word[0]);
        memcpy(&key.word[1], end - sizeof key.word[1], sizeof key.word[1]);
    } else if (value.len >= sizeof low) {
        memcpy(&low, bytes, sizeof low);
        memcpy(&high, end - sizeof high, sizeof high);
        key.word[0] = low | (uint64_t)high << 32;
    } else {
        key.word[0] = bytes[0] | (uint64_t)bytes[value.len / 2] << 8 | (uint64_t)end[-1] << 16;
    }
    return key;
}

static size_t memo_slot(struct memo_key key, size_t len)
{
    return ((key.word[0] ^ len) * 0x9e3779b97f4a7c15ull ^ key.word[1] * 0xc2b2ae3d27d4eb4full) >> (64 - MEMO_BITS);
}

static uint32_t find_value(const struct dictionary *d, uint32_t column, struct slice value)
{
    bool full = is_full(d, column, value.len); /* asked first: what is added meanwhile must not be taken for missing */
    uint32_t found = 0;

    if (value.len <= DICTIONARY_VALUE_MAX)
        (void)find_slot(d, column, value, &found);
    if (found != 0)
        return d->values[found - 1].code;
    return full ? DICTIONARY_NONE : DICTIONARY_NEW;
}

uint32_t dictionary_find(const struct dictionary *d, struct dictionary_memo *memo, uint32_t column, struct slice value)
{
    struct memo_entry *entry;
    struct memo_key key;
    uint32_t code;

    if (value.len == 0 || value.len > MEMO_LEN || column >= memo->columns)
        return find_value(d, column, value);
    key = memo_key(value);
    entry = &memo->entries[column][memo_slot(key, value.len)];
    if (entry->key.word[0] == key.word[0] && entry->key.word[1] == key.word[1] && entry->len == value.len)
        return entry->code;
    code = find_value(d, column, value);
    if (code < DICTIONARY_NEW)
        *entry = (struct memo_entry){key, code, (uint32_t)value.len};
    return code;
}

/* ---- writing ---- */

static int write_column(const struct dictionary *d, uint32_t column, struct index_writer *writer, struct error *e)
{
    for (uint32_t i = 0; i < d->count; i++) {
        struct index_dictionary_entry entry = {d->values[i].offset, d->values[i].len};

        if (d->values[i].column == column && index_writer_put(writer, &entry, sizeof entry, e) != 0)
            return -1;
    }
    return 0;
}

static int write_count(const struct dictionary *d, uint32_t column, struct index_writer *writer, struct error *e)
{
    uint32_t count = atomic_load_explicit(&d->column[column].count, memory_order_relaxed);

    return index_writer_put(writer, &count, sizeof count, e);
}

int dictionary_write(const struct dictionary *d, struct index_writer *writer, struct error *e)
{
    struct index_dictionary_header header = {d->columns, d->count, d->used};

    if (index_writer_put(writer, &header, sizeof header, e) != 0)
        return -1;
    for (uint32_t i = 0; i < d->columns; i++)
        if (write_count(d, i, writer, e) != 0)
            return -1;
    for (uint32_t i = 0; i < d->columns; i++)
        if (write_column(d, i, writer, e) != 0)
            return -1;
    return index_writer_put(writer, d->bytes, d->used, e);
}

static int check_view(const struct dictionary_view *view, const struct index_dictionary_header *header, struct error *e)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < view->columns; i++)
        total += view->count[i];
    if (total != header->entries)
        return error_set(e, ERROR_DATA, "is damaged: its dictionary does not add up");
    for (uint32_t i = 0; i < header->entries; i++)
        if (view->entries[i].offset > header->bytes || view->entries[i].len > header->bytes - view->entries[i].offset)
            return error_set(e, ERROR_DATA, "is damaged: an entry of its dictionary lies outside");
    return 0;
}

int dictionary_view_open(const unsigned char *bytes, uint64_t len, struct dictionary_view *view, struct error *e)
{
    struct index_dictionary_header header;
    uint64_t need = sizeof header;
    uint32_t first = 0;

    memset(view, 0, sizeof *view);
    if (len < sizeof header)
        return error_set(e, ERROR_DATA, "is damaged: its dictionary is too short");
    memcpy(&header, bytes, sizeof header);
    need += header.columns * sizeof(uint32_t) + (uint64_t)header.entries * sizeof *view->entries + header.bytes;
    if (header.columns > DICTIONARY_COLUMNS_MAX || need != len)
        return error_set(e, ERROR_DATA, "is damaged: its dictionary has a wrong size");
    view->columns = header.columns;
    memcpy(view->count, bytes + sizeof header, header.columns * sizeof(uint32_t));
    for (uint32_t i = 0; i < header.columns; i++) {
        view->first[i] = first;
        first += view->count[i];
    }
    bytes += sizeof header + header.columns * sizeof(uint32_t);
    view->entries = (const void *)bytes;
    view->bytes = (const char *)(bytes + (size_t)header.entries * sizeof *view->entries);
    return check_view(view, &header, e);
}
