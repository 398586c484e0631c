#include "candidates.h"

#include <stdlib.h>

#define FIRST_CAPACITY 8

void candidates_free(struct candidates *candidates)
{
    free(candidates->rows);
    *candidates = (struct candidates){0};
}

static int append(struct candidates *c, const struct security *row, struct error *e)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : FIRST_CAPACITY;
        struct security *rows = reallocarray(c->rows, capacity, sizeof *rows);
        if (rows == NULL)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu candidate rows", capacity);
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->count++] = *row;
    return 0;
}

static bool contains(const struct candidates *c, size_t count, const struct security *row)
{
    for (size_t i = 0; i < count; i++)
        if (c->rows[i].source == row->source && c->rows[i].row_offset == row->row_offset)
            return true;
    return false;
}

int candidates_add(struct candidates *candidates, const struct index *index, enum identifier_kind kind,
                   struct slice key, struct error *e)
{
    size_t before = candidates->count; /* one key never yields a row twice, so only these can repeat */
    struct index_cursor cursor;
    struct security row;

    index_find(index, kind, key, &cursor);
    while (index_next(&cursor, &row))
        if (!contains(candidates, before, &row) && append(candidates, &row, e) != 0)
            return -1;
    return 0;
}

int candidates_keep_best(struct candidates *candidates, candidates_judge judge, const void *context)
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
            candidates->rows[kept] = candidates->rows[i];
        kept++;
    }
    candidates->count = kept;
    return best;
}
