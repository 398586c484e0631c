/* index_record: one security as the bytes of the RECORDS section.
 *
 *     source       one byte
 *     row offset   varint
 *     then for each column that the masters have, in the order of the roles, then the carried ones:
 *     a key        one byte of length (0 blank), bytes; or RECORD_IN_ISIN: the value is part of the record's ISIN
 *     other        varint: 0 blank; 1 a varint length and bytes follow; k >= 2 is the dictionary's code k - 2
 *
 * Pure functions over the caller's bytes; any thread. */
#ifndef FIXWARDEN_CORE_INDEX_RECORD_H
#define FIXWARDEN_CORE_INDEX_RECORD_H

#include "index_dictionary.h"
#include "security.h"

#define RECORD_IN_ISIN 0xff /* a length that no key has */

/* The columns of a record. */
struct record_layout {
    bool has_role[MASTER_ROLE_COUNT];
    size_t carried_count;
};

/* How many of them the dictionary serves. */
uint32_t record_dictionary_columns(const struct record_layout *layout);

/* Bytes that a record takes at most while it is written: the source and the offset, a byte and a key for each role, a
 * code for each other column; and a unit's padding. What stands in it as it is never goes above INDEX_RECORD_MAX. */
#define RECORD_ROOM (INDEX_RECORD_MAX + 16u + MASTER_ROLE_COUNT * (1u + IDENTIFIER_MAX) + DICTIONARY_COLUMNS_MAX * 10u)

#define RECORD_NEW_VALUE SIZE_MAX

/* Where the codes come from. */
struct record_values {
    struct dictionary *dictionary;
    struct dictionary_memo *memo; /* the thread's own */
    bool may_add;                 /* the caller is the one who may add values */
};

/* Writes a security to RECORD_ROOM bytes at `to`; returns the record's length, 0 where that is above INDEX_RECORD_MAX,
 * or RECORD_NEW_VALUE where a value would have to be added that may not be. */
size_t record_encode(const struct record_layout *layout, const struct record_values *values,
                     const struct security *security, unsigned char *to);

/* How a reader takes the records of one index apart; made once, then used by any thread. */
struct record_view {
    uint32_t roles;                          /* the columns of a record, a bit per role */
    uint32_t keys[IDENTIFIER_KIND_COUNT];    /* those of them that hold keys of the kind */
    uint32_t through[IDENTIFIER_KIND_COUNT]; /* those up to the last that says something about such a key */
    size_t carried_count;
    struct dictionary_view dictionary;
};

/* Fills in all but the dictionary. */
void record_view_set_layout(struct record_view *view, const struct record_layout *layout);

/* Reads a record of at most `len` bytes into a security that borrows them; returns the record's length, or 0 where the
 * bytes are no record. Any bytes are safe. */
size_t record_decode(const struct record_view *view, const unsigned char *bytes, uint64_t len, struct security *out);

/* Whether the record there holds `key` in one of its columns of that kind. Nothing behind those columns is looked at.
 * Any bytes are safe. */
bool record_has_key(const struct record_view *view, const unsigned char *bytes, uint64_t len, enum identifier_kind kind,
                    struct slice key);

#endif
