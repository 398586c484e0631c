/* index_record: one security as the bytes of the RECORDS section.
 *
 *     forms        two bits for each key column that the masters have, then one for each other column (not blank), from
 *                  the lowest bit of the first byte on, to a whole byte
 *     keys         in the order of record_layout: those of one length first, the ISIN foremost
 *     source       one byte, where there are several
 *     row offset   varint
 *     others       of those that are not blank, in the order of the roles, then the carried ones: varint: 0 a varint
 *                  length and bytes follow; k >= 1 is the dictionary's code k - 1
 *
 * A key of its kind's usual length is packed (key_pack) and nothing else; any other has a byte before it: its length
 * less one, with the highest bit set where what follows is the text itself and not packed.
 *
 * Pure functions over the caller's bytes; any thread. */
#ifndef FIXWARDEN_CORE_INDEX_RECORD_H
#define FIXWARDEN_CORE_INDEX_RECORD_H

#include "index_dictionary.h"
#include "key_pack.h"
#include "security.h"

/* How a key stands in a record. */
enum record_form {
    RECORD_BLANK,
    RECORD_USUAL,   /* of the usual length, packed */
    RECORD_OWN,     /* with a byte that says what it is */
    RECORD_IN_ISIN, /* a part of the record's ISIN, which is RECORD_USUAL */
    RECORD_FORM_COUNT,
};

#define RECORD_KEYS_MAX 16 /* columns; their forms fit 32 bits */

struct record_key_column {
    enum master_role role;
    uint8_t usual_len;               /* characters; 0: no length is usual */
    uint8_t size[RECORD_FORM_COUNT]; /* bytes; 0 of RECORD_OWN, which says itself */
};

/* The columns of a record, made once for an index. */
struct record_layout {
    struct record_key_column keys[RECORD_KEYS_MAX];
    uint32_t key_count;
    enum master_role others[MASTER_ROLE_COUNT];
    uint32_t other_count;
    uint32_t carried_count;
    uint32_t head;                          /* bytes of the forms */
    uint32_t places[IDENTIFIER_KIND_COUNT]; /* a bit for each of `keys` that is of the kind */
    uint32_t key_bits;                      /* those of the forms that are of keys */
    uint32_t parts;                         /* the lower bit of the form of each key that may be a part of the ISIN */
    /* Bytes of four keys by their forms, but for RECORD_OWN: so that where a key stands takes no loop over those before
     * it. */
    uint8_t span[RECORD_KEYS_MAX / 4][256];
    uint8_t column[MASTER_ROLE_COUNT]; /* where the role stands in `keys` or `others`, if it does */
    bool has_source;
};

void record_layout_make(const bool has_role[MASTER_ROLE_COUNT], size_t carried_count, size_t source_count,
                        struct record_layout *out);

/* How many of the columns the dictionary serves. */
uint32_t record_dictionary_columns(const struct record_layout *layout);

/* Bytes that a record takes at most while it is written: the forms, the source and the offset, a byte and a key for
 * each role, a code for each other column; and a unit's padding. What stands in it as it is never goes above
 * INDEX_RECORD_MAX. */
#define RECORD_ROOM (INDEX_RECORD_MAX + 32u + MASTER_ROLE_COUNT * (1u + IDENTIFIER_MAX) + DICTIONARY_COLUMNS_MAX * 10u)

#define RECORD_NEW_VALUE SIZE_MAX

#define RECORD_NO_CODE 0x80000000u /* in the place of an attribute: what follows is where its text stands */

/* Where the codes come from. */
struct record_values {
    struct dictionary *dictionary; /* NULL: no value has a code */
    struct dictionary_memo *memo;  /* the thread's own */
    bool may_add;                  /* the caller is the one who may add values */
};

/* Writes a security to RECORD_ROOM bytes at `to`; returns the record's length, 0 where that is above INDEX_RECORD_MAX,
 * or RECORD_NEW_VALUE where a value would have to be added that may not be. */
size_t record_encode(const struct record_layout *layout, const struct record_values *values,
                     const struct security *security, unsigned char *to);

/* How a reader takes the records of one index apart; made once, then used by any thread. */
struct record_view {
    struct record_layout layout;
    struct dictionary_view dictionary;
};

/* Reads a record of at most `len` bytes into a security that borrows them; returns the record's length, or 0 where the
 * bytes are no record. Any bytes are safe. */
size_t record_decode(const struct record_view *view, const unsigned char *bytes, uint64_t len, struct security *out);

/* Finds out where the values are, for record_key and record_attribute. False where record_decode would return 0. */
bool record_find(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                 struct security_places *places);

/* Whether the role, whose places were found, is not blank. */
bool record_fills(const struct record_view *view, const struct security_places *places, enum master_role role);

/* Single values of the record there, whose places were found; empty where the role is blank. A key is unpacked to
 * `text`, or borrowed from the record; an attribute, which is a role without a kind, is borrowed from the index. */
struct slice record_key(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                        const struct security_places *places, enum master_role role, char text[KEY_PACK_MAX]);
struct slice record_attribute(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                              const struct security_places *places, enum master_role role);

/* Whether the record there holds `key` in one of its columns of that kind. Nothing behind those columns is looked at.
 * Any bytes are safe. */
bool record_has_key(const struct record_view *view, const unsigned char *bytes, uint64_t len, enum identifier_kind kind,
                    const struct packed_key *key);

#endif
