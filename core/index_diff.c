#include "index_diff.h"

#include <inttypes.h>

#include "row_key.h"

/* Two indexes, from the one that is walked to the one in which its rows are sought. */
struct side {
    const struct index *own;
    const struct index *other;
    uint64_t kinds; /* that both have a table of, a bit each */
};

struct diff {
    const struct index *before;
    const struct index *after;
    const struct index_diff_events *events;
    struct index_diff_result *result;
};

/* ---- pairing ---- */

/* The next row under the key that also goes by it; others merely hold it in some column. */
static bool next_row(const struct side *side, const struct row_key *identity, struct index_cursor *cursor,
                     struct security *out)
{
    while (index_next(cursor, out)) {
        struct row_key own = row_key_of(out, side->kinds);

        if (row_key_equal(&own, identity))
            return true;
    }
    return false;
}

static uint64_t count_rows(const struct side *side, const struct row_key *identity)
{
    struct index_cursor cursor;
    struct security s;
    uint64_t rows = 0;

    index_find(side->own, identity->kind, identity->key, &cursor);
    while (next_row(side, identity, &cursor, &s))
        rows++;
    return rows;
}

/* How many rows of its key and listing stand before the row. */
static uint64_t find_rank(const struct side *side, const struct row_key *identity, const struct security *row)
{
    struct index_cursor cursor;
    struct security s;
    uint64_t rank = 0;

    index_find(side->own, identity->kind, identity->key, &cursor);
    while (next_row(side, identity, &cursor, &s) && (s.source != row->source || s.row_offset != row->row_offset))
        rank += row_key_is_same_listing(&s, row);
    return rank;
}

/* The row of the other index that is the same as this one; false where it has none. */
static bool find_twin(const struct side *side, const struct row_key *identity, const struct security *row,
                      struct security *twin)
{
    struct side back = {side->other, side->own, side->kinds};
    bool is_only = count_rows(side, identity) == 1 && count_rows(&back, identity) == 1;
    uint64_t rank = is_only ? 0 : find_rank(side, identity, row);
    struct index_cursor cursor;

    index_find(side->other, identity->kind, identity->key, &cursor);
    while (next_row(&back, identity, &cursor, twin))
        if (is_only || (row_key_is_same_listing(twin, row) && rank-- == 0))
            return true;
    return false;
}

/* ---- comparing ---- */

bool index_diff_has_role(const struct index *before, const struct index *after, enum master_role role)
{
    return index_info(before)->has_role[role] && index_info(after)->has_role[role];
}

bool index_diff_find_carried(const struct index *before, const struct index *after, size_t i, size_t *in_before)
{
    const struct index_info *old = index_info(before);

    for (*in_before = 0; *in_before < old->carried_count; ++*in_before)
        if (strcmp(old->carried_names[*in_before], index_info(after)->carried_names[i]) == 0)
            return true;
    return false;
}

static bool is_same_row(const struct diff *d, const struct security *before, const struct security *after)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (!slice_equal(before->value[role], after->value[role]) && index_diff_has_role(d->before, d->after, role))
            return false;
    for (size_t i = 0; i < after->carried_count; i++) {
        size_t old;

        if (index_diff_find_carried(d->before, d->after, i, &old) &&
            !slice_equal(before->carried[old], after->carried[i]))
            return false;
    }
    return true;
}

static int tell(struct diff *d, enum index_change change, const struct row_key *identity, const struct security *before,
                const struct security *after, struct error *e)
{
    struct index_difference difference = {change, identity->kind, identity->key, before, after};

    d->result->changes[change]++;
    d->result->without_key += identity->kind == IDENTIFIER_UNKNOWN;
    if (d->events->on_difference(d->events->opaque, &difference) != 0)
        return error_set(e, ERROR_TEMPORARY, "interrupted");
    return 0;
}

static int compare_new_row(struct diff *d, const struct side *side, const struct security *row, struct error *e)
{
    struct row_key identity = row_key_of(row, side->kinds);
    struct security twin;

    if (identity.kind == IDENTIFIER_UNKNOWN || !find_twin(side, &identity, row, &twin))
        return tell(d, INDEX_APPEARED, &identity, NULL, row, e);
    if (!is_same_row(d, &twin, row))
        return tell(d, INDEX_CHANGED, &identity, &twin, row, e);
    d->result->same++;
    return 0;
}

static int compare_old_row(struct diff *d, const struct side *side, const struct security *row, struct error *e)
{
    struct row_key identity = row_key_of(row, side->kinds);
    struct security twin;

    if (identity.kind != IDENTIFIER_UNKNOWN && find_twin(side, &identity, row, &twin))
        return 0; /* compared already */
    return tell(d, INDEX_VANISHED, &identity, row, NULL, e);
}

typedef int (*compare_row)(struct diff *d, const struct side *side, const struct security *row, struct error *e);

static int walk(struct diff *d, const struct side *side, compare_row compare, struct error *e)
{
    struct security row;
    uint64_t position = 0;
    uint64_t rows = 0;

    for (; index_walk(side->own, &position, &row); rows++)
        if (compare(d, side, &row, e) != 0)
            return -1;
    if (rows != index_info(side->own)->rows)
        return error_set(e, ERROR_DATA, "an index is damaged: a record after %" PRIu64 " rows cannot be read", rows);
    return 0;
}

static uint64_t common_kinds(const struct index *a, const struct index *b)
{
    uint64_t kinds = 0;

    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        kinds |= (uint64_t)(index_has_kind(a, kind) && index_has_kind(b, kind)) << kind;
    return kinds;
}

int index_diff(const struct index *before, const struct index *after, const struct index_diff_events *events,
               struct index_diff_result *result, struct error *e)
{
    struct diff d = {before, after, events, result};
    struct side forward = {after, before, common_kinds(before, after)};
    struct side back = {before, after, forward.kinds};

    *result = (struct index_diff_result){0};
    return walk(&d, &forward, compare_new_row, e) != 0 || walk(&d, &back, compare_old_row, e) != 0 ? -1 : 0;
}
