/* outcome_memo: what came of comparing a value of a message with the master's, so that it is not worked out again.
 *
 * Masters have few markets, currencies, types, statuses and dates, and each is a code of the index's dictionary; so
 * nearly every comparison was made before. What comes of one is a pure function of the message's value, the codes, the
 * index that gives the codes their meaning, and the rules; all of these are part of the key or empty the memo when they
 * change. A small table in which the newest two of each place stay: it can forget, but never answers for another key.
 *
 * A plain value, all zeros when new. One thread. */
#ifndef FIXWARDEN_CORE_OUTCOME_MEMO_H
#define FIXWARDEN_CORE_OUTCOME_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

#define OUTCOME_MEMO_BITS 12
#define OUTCOME_MEMO_ENTRIES (1u << OUTCOME_MEMO_BITS) /* those that are in use fit the first-level cache */
#define OUTCOME_MEMO_SAID_MAX 8                        /* bytes of the message's value, as slice_word takes them */
#define OUTCOME_MEMO_CODE_MAX ((1u << 26) - 1)         /* of the master; far more than a dictionary's column has */
#define OUTCOME_MEMO_STEP_MAX ((1u << 6) - 1)
#define OUTCOME_MEMO_OUTCOME_MAX 3u

/* Compared as a whole. */
struct outcome_key {
    uint64_t said; /* of the message */
    uint64_t rest; /* from the top: two codes of the master, 26 bits each; the step, 6; the length of what was said, 4;
                      and 2 that are 0. Or OUTCOME_MEMO_NO_CODES, which no entry has: not to be remembered */
};

#define OUTCOME_MEMO_NO_CODES UINT64_MAX

/* A key, and what came of it in the lowest 2 bits of the rest. */
struct outcome_entry {
    uint64_t said;
    uint64_t rest;
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

/* Of one or two columns; a blank has the code 0. Those above OUTCOME_MEMO_CODE_MAX are none. */
static inline uint64_t outcome_memo_codes(uint32_t a, uint32_t b)
{
    return (a | b) <= OUTCOME_MEMO_CODE_MAX ? (uint64_t)b << 38 | (uint64_t)a << 12 : OUTCOME_MEMO_NO_CODES;
}

/* `step` is 1 to OUTCOME_MEMO_STEP_MAX. A value that is too long is not to be remembered. */
static inline struct outcome_key outcome_memo_key(uint32_t step, struct slice said, uint64_t codes)
{
    if (said.len > OUTCOME_MEMO_SAID_MAX || codes == OUTCOME_MEMO_NO_CODES)
        return (struct outcome_key){0, OUTCOME_MEMO_NO_CODES};
    return (struct outcome_key){slice_word(said), codes | step << 6 | said.len << 2};
}

static inline bool outcome_entry_is(const struct outcome_entry *entry, struct outcome_key key)
{
    return ((entry->said ^ key.said) | (entry->rest ^ key.rest) >> 2) == 0;
}

static inline unsigned outcome_entry_outcome(const struct outcome_entry *entry)
{
    return entry->rest & OUTCOME_MEMO_OUTCOME_MAX;
}

/* `outcome` is at most OUTCOME_MEMO_OUTCOME_MAX. */
static inline struct outcome_entry outcome_entry_make(struct outcome_key key, unsigned outcome)
{
    return (struct outcome_entry){key.said, key.rest | outcome};
}

/* The two entries between which a key may stand. With one alone, two keys of every other message could drive each other
 * out. */
static inline struct outcome_entry *outcome_memo_pair(struct outcome_memo *memo, struct outcome_key key)
{
    uint64_t mixed = (key.said + key.rest) * UINT64_C(0xD6E8FEB86659FD93);

    return &memo->entries[mixed >> (64 - OUTCOME_MEMO_BITS) & ~UINT64_C(1)];
}

/* The key's entry, if any is; without a branch. */
static inline const struct outcome_entry *outcome_memo_entry(struct outcome_memo *memo, struct outcome_key key)
{
    const struct outcome_entry *pair = outcome_memo_pair(memo, key);

    return pair + outcome_entry_is(&pair[1], key);
}

/* Remembers it, and forgets the older one of two others. */
static inline void outcome_memo_put(struct outcome_memo *memo, struct outcome_key key, unsigned outcome)
{
    struct outcome_entry *pair = outcome_memo_pair(memo, key);

    pair[1] = pair[0];
    pair[0] = outcome_entry_make(key, outcome);
}

#endif
