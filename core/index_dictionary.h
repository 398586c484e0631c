/* index_dictionary: the values of columns that have few of them, so that a record holds a code instead.
 *
 * The builder collects values as they come, in one pass: when a column's share of the room is used up, its further
 * values stay outside. Nothing depends on the memory budget or on threads, so the same rows give the same codes: any
 * thread may look values up, and only one at a time may add, in the order of the rows. */
#ifndef FIXWARDEN_CORE_INDEX_DICTIONARY_H
#define FIXWARDEN_CORE_INDEX_DICTIONARY_H

#include "error.h"
#include "index_file.h"
#include "index_format.h"

#define DICTIONARY_COLUMNS_MAX (MASTER_ROLE_COUNT + SECURITY_CARRIED_MAX)
#define DICTIONARY_COLUMN_VALUES_MAX 65536u /* of one column */
#define DICTIONARY_VALUES_MAX 131072u       /* of all columns, who share alike */
#define DICTIONARY_BYTES_MAX (2u << 20)     /* likewise */
#define DICTIONARY_VALUE_MAX 255u           /* bytes; a longer value stays outside */
#define DICTIONARY_MEMORY (5u << 20)        /* bytes that a dictionary holds at most while it is built */

#define DICTIONARY_NONE UINT32_MAX       /* the value stays outside, for good */
#define DICTIONARY_NEW (UINT32_MAX - 1u) /* it is not known yet */

struct dictionary;

int dictionary_create(uint32_t columns, struct dictionary **out, struct error *e);
void dictionary_free(struct dictionary *dictionary); /* NULL is fine */

/* The code of a value in a column, from 0, new or known; DICTIONARY_NONE where it has to stay outside. */
uint32_t dictionary_code(struct dictionary *dictionary, uint32_t column, struct slice value);

/* A thread's own short memory of what it found. */
struct dictionary_memo;

struct dictionary_memo *dictionary_memo_create(uint32_t columns); /* NULL without memory */
size_t dictionary_memo_memory(uint32_t columns);                  /* bytes that it holds */
void dictionary_memo_free(struct dictionary_memo *memo);

/* The code of a value, DICTIONARY_NONE, or DICTIONARY_NEW. Any thread, also while another one adds: what is neither new
 * nor unknown now is what it will always be. */
uint32_t dictionary_find(const struct dictionary *dictionary, struct dictionary_memo *memo, uint32_t column,
                         struct slice value);

int dictionary_write(const struct dictionary *dictionary, struct index_writer *writer, struct error *e);

/* A dictionary in a mapped index. */
struct dictionary_view {
    uint32_t columns;
    uint32_t first[DICTIONARY_COLUMNS_MAX]; /* entry of the column's code 0 */
    uint32_t count[DICTIONARY_COLUMNS_MAX];
    const struct index_dictionary_entry *entries;
    const char *bytes;
};

/* Checks a section and points a view at it; every code below a column's count is safe from then on. */
int dictionary_view_open(const unsigned char *bytes, uint64_t len, struct dictionary_view *view, struct error *e);

static inline struct slice dictionary_value(const struct dictionary_view *view, uint32_t column, uint32_t code)
{
    const struct index_dictionary_entry *entry = &view->entries[view->first[column] + code];

    return slice_make(view->bytes + entry->offset, entry->len);
}

#endif
