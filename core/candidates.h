/* candidates: the rows of the master that an instrument may mean, as they are found and narrowed down.
 *
 * Grows as needed and keeps its memory from one instrument to the next. One thread. Rows are in the order in which they
 * were added. */
#ifndef FIXWARDEN_CORE_CANDIDATES_H
#define FIXWARDEN_CORE_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "index.h"

struct candidates {
    struct index_row *rows; /* malloc'ed, `capacity` of them; candidates_free */
    size_t count;
    size_t capacity;
    struct index_lookup *ahead; /* one that was fetched already, borrowed and taken once; or NULL */
};

/* Judges one row; the smaller the better. */
typedef int (*candidates_judge)(const void *context, const struct index_row *row);

void candidates_free(struct candidates *candidates);

/* Appends all rows under a key that are not there yet. -1 without memory. */
int candidates_add(struct candidates *candidates, const struct index *index, enum identifier_kind kind,
                   struct slice key, struct error *e);

/* Keeps, of several rows, those that are judged best, in their order, and returns how good that is. */
__attribute__((noinline)) int candidates_keep_best_of_many(struct candidates *candidates, candidates_judge judge,
                                                           const void *context);

/* As that, of any rows; there must be one. Most instruments have only one. */
static inline int candidates_keep_best(struct candidates *candidates, candidates_judge judge, const void *context)
{
    return candidates->count == 1 ? judge(context, &candidates->rows[0])
                                  : candidates_keep_best_of_many(candidates, judge, context);
}

#endif
