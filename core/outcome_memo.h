/* outcome_memo: what came of comparing a value of a message with the master's, so that it is not worked out again.
 *
 * Masters have few markets, currencies, types, statuses and dates, and each is a code of the index's dictionary; so
 * nearly every comparison was made before. What comes of one is a pure function of the message's value, the codes, the
 * index that gives the codes their meaning, and the rules; all of these are part of the key or empty the memo when they
 * change. A small table in which the newest entry stays: it can forget, but never answers for another key.
 *
 * A plain value, all zeros when new. One thread. */
#ifndef FIXWARDEN_CORE_OUTCOME_MEMO_H
#define FIXWARDEN_CORE_OUTCOME_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

#define OUTCOME_MEMO_ENTRIES 512 /* a power of two; they fit the first-level cache */
#define OUTCOME_MEMO_SAID_MAX 8  /* bytes of the message's value, as slice_word takes them */

/* Compared as a whole. */
struct outcome_key {
    uint64_t said;  /* of the message */
    uint64_t codes; /* of the master; OUTCOME_MEMO_NO_CODES: not to be remembered */
    uint32_t step;  /* what is compared, and the length of what was said; never 0 */
};

#define OUTCOME_MEMO_NO_CODES UINT64_MAX

struct outcome_entry {
    struct outcome_key key;
    int32_t outcome;
};

struct outcome_memo {
    uint64_t index;    /* index_identity */
    const void *rules; /* borrowed; only compared */
    struct outcome_entry entries[OUTCOME_MEMO_ENTRIES];
};

/* Empties it unless it is about this index and these rules already. */
static inline void outcome_memo_about(struct outcome_memo *memo, uint64_t index, const void *rules)
{
    if (memo->index != index || memo->rules != rules) {
        memset(memo->entries, 0, sizeof memo->entries);
        memo->index = index;
        memo->rules = rules;
    }
}

/* Of one or two columns; a blank has the code 0. Those from 2^31 on are none. */
static inline uint64_t outcome_memo_codes(uint32_t a, uint32_t b)
{
    return (a | b) >> 31 == 0 ? (uint64_t)b << 32 | a : OUTCOME_MEMO_NO_CODES;
}

/* `step` is below 2^16 and not 0. A value that is too long is not to be remembered. */
static inline struct outcome_key outcome_memo_key(uint32_t step, struct slice said, uint64_t codes)
{
    bool fits = said.len <= OUTCOME_MEMO_SAID_MAX;

    return (struct outcome_key){fits ? slice_word(said) : 0, fits ? codes : OUTCOME_MEMO_NO_CODES,
                                step << 16 | (uint32_t)(said.len & 0xffff)};
}

/* The entry where the key stands or will stand. */
static inline struct outcome_entry *outcome_memo_entry(struct outcome_memo *memo, const struct outcome_key *key)
{
    uint64_t mixed = (key->said ^ key->step) * UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 32 ^ key->codes) * UINT64_C(0xD6E8FEB86659FD93);
    return &memo->entries[mixed >> 32 & (OUTCOME_MEMO_ENTRIES - 1)];
}

static inline bool outcome_entry_is(const struct outcome_entry *entry, const struct outcome_key *key)
{
    return entry->key.said == key->said && entry->key.codes == key->codes && entry->key.step == key->step;
}

#endif
