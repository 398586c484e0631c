#include "candidates.h"

#include <stdlib.h>

#define FIRST_CAPACITY 8

void candidates_free(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->capacity; i++)
        free(candidates->rows[i]);
    free(candidates->rows);
    *candidates = (struct candidates){0};
}

/* Rows never move, since their values may lie in themselves; only the pointers to them do. */
static int reserve_one(struct candidates *c, struct error *e)
{
    size_t capacity = c->capacity ? 2 * c->capacity : FIRST_CAPACITY;
    struct security **rows;

    if (c->count < c->capacity)
        return 0;
    rows = reallocarray(c->rows, capacity, sizeof(void *));
    if (rows == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu candidate rows", capacity);
    c->rows = rows;
    for (; c->capacity < capacity; c->capacity++) {
        rows[c->capacity] = calloc(1, sizeof **rows);
        if (rows[c->capacity] == NULL)
            return c->count < c->capacity ? 0
                                          : error_set(e, ERROR_INTERNAL, "no memory for %zu candidate rows", capacity);
    }
    return 0;
}

static bool contains(const struct candidates *c, size_t count, const struct security *row)
{
    for (size_t i = 0; i < count; i++)
        if (c->rows[i]->source == row->source && c->rows[i]->row_offset == row->row_offset)
            return true;
    return false;
}

static void find(const struct candidates *c, const struct index *index, enum identifier_kind kind, struct slice key,
                 struct index_cursor *cursor)
{
    if (c->ahead != NULL && c->ahead->kind == kind && slice_equal(c->ahead->key, key))
        *cursor = c->ahead->cursor;
    else
        index_find(index, kind, key, cursor);
}

int candidates_add(struct candidates *candidates, const struct index *index, enum identifier_kind kind,
                   struct slice key, struct error *e)
{
    size_t before = candidates->count; /* one key never yields a row twice, so only these can repeat */
    struct index_cursor cursor;

    find(candidates, index, kind, key, &cursor);
    for (;;) {
        if (reserve_one(candidates, e) != 0)
            return -1;
        if (!index_next(&cursor, candidates->rows[candidates->count]))
            return 0;
        if (!contains(candidates, before, candidates->rows[candidates->count]))
            candidates->count++;
    }
}

static void swap(struct security **rows, size_t a, size_t b)
{
    struct security *row = rows[a];

    rows[a] = rows[b];
    rows[b] = row;
}

int candidates_keep_best(struct candidates *candidates, candidates_judge judge, const void *context)
{
    int best = judge(context, candidates->rows[0]);
    size_t kept = 1;

    for (size_t i = 1; i < candidates->count; i++) {
        int grade = judge(context, candidates->rows[i]);
        if (grade > best)
            continue;
        if (grade < best) {
            best = grade;
            kept = 0;
        }
        swap(candidates->rows, kept++, i);
    }
    candidates->count = kept;
    return best;
}
