/* index_sample: an even sample of the keys of one kind, and whether another index has them too.
 *
 * The place of a key is its hash, so that the keys of every n-th page of the table are as good as drawn at random;
 * where the table has no more pages than are wanted it is all keys, and the answer is exact. Of a share of p among n
 * keys the standard error is sqrt(p (1 - p) / n): at most 0.2 % of 65,536. Keys of several rows count once. One thread.
 */
#ifndef FIXWARDEN_CORE_INDEX_SAMPLE_H
#define FIXWARDEN_CORE_INDEX_SAMPLE_H

#include "index.h"

#define INDEX_SAMPLE_EXAMPLE 64 /* bytes of a key that is shown; a longer one is cut */

struct index_sample {
    uint64_t keys;                      /* looked up */
    uint64_t missing;                   /* of them, those that the other index lacks */
    bool is_all;                        /* they are all keys of the kind */
    char example[INDEX_SAMPLE_EXAMPLE]; /* one that is missing, "" where none is */
};

/* Looks about `wanted` keys of `before` up in `after`. Both have the kind. */
void index_sample_keys(const struct index *before, const struct index *after, enum identifier_kind kind,
                       uint64_t wanted, struct index_sample *out);

#endif
