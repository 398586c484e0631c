#include "candidates.h"

#include <stdlib.h>

#define FIRST_CAPACITY 8

void candidates_free(struct candidates *candidates)
{
    free(candidates->rows);
    *candidates = (struct candidates){0};
}

static int reserve_one(struct candidates *c, struct error *e)
{
    size_t capacity = c->capacity ? 2 * c->capacity : FIRST_CAPACITY;
    struct index_row *rows;

    if (c->count < c->capacity)
        return 0;
    rows = reallocarray(c->rows, capacity, sizeof *rows);
    if (rows == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu candidate rows", capacity);
    c->rows = rows;
    c->capacity = capacity;
    return 0;
}

static bool contains(const struct candidates *c, size_t count, const struct index_row *row)
{
    for (size_t i = 0; i < count; i++)
        if (c->rows[i].record == row->record)
            return true;
    return false;
}

/* Where the rows under the key are walked: of what was fetched, once, in that, or else in `own`. */
static struct index_cursor *find(struct candidates *c, const struct index *index, enum identifier_kind kind,
                                 struct slice key, struct index_cursor *own)
{
    struct index_lookup *ahead = c->ahead;

    if (ahead == NULL || !index_lookup_asks_for(ahead, kind, key)) {
        index_find(index, kind, key, own);
        return own;
    }
    c->ahead = NULL;
    index_find_fetched(index, ahead);
    return &ahead->cursor;
}

int candidates_add(struct candidates *candidates, const struct index *index, enum identifier_kind kind,
                   struct slice key, struct error *e)
{
    size_t before = candidates->count; /* one key never yields a row twice, so only these can repeat */
    struct index_cursor own;
    struct index_cursor *cursor = find(candidates, index, kind, key, &own);

    for (;;) {
        if (reserve_one(candidates, e) != 0)
            return -1;
        if (!index_next_row(cursor, &candidates->rows[candidates->count]))
            return 0;
        if (!contains(candidates, before, &candidates->rows[candidates->count]))
            candidates->count++;
    }
}

static void swap(struct index_row *rows, size_t a, size_t b)
{
    struct index_row row = rows[a];

    rows[a] = rows[b];
    rows[b] = row;
}

int candidates_keep_best_of_many(struct candidates *candidates, candidates_judge judge, const void *context)
{
    int best = judge(context, &candidates->rows[0]);
    size_t kept = 1;

    for (size_t i = 1; i < candidates->count; i++) {
        int grade = judge(context, &candidates->rows[i]);
        if (grade > best)
            continue;
        if (grade < best) {
            best = grade;
            kept = 0;
        }
        if (kept != i)
            swap(candidates->rows, kept, i);
        kept++;
    }
    candidates->count = kept;
    return best;
}
