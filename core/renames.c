#include "renames.h"

#include <assert.h>
#include <stdlib.h>

#include "identifier.h"
#include "name_table.h"

#define FIRST_ROWS 16u

enum side { OLD, NEW, SIDES };

/* A row. Those that have a symbol on the same side are a ring, each pointing at the next and the last at the first.
 * Rows are numbered from 1. */
struct row {
    uint32_t symbol[SIDES]; /* entries of the tables */
    uint32_t next[SIDES];
    struct date from;
};

struct renames {
    struct row *rows;
    uint32_t count;
    uint32_t room;
    struct name_table *symbols[SIDES]; /* the value of a symbol is its last row */
};

static_assert(IDENTIFIER_MAX <= NAME_TABLE_NAME_MAX && RENAMES_MAX <= NAME_TABLE_MAX, "a table holds the symbols");

struct renames *renames_new(void)
{
    struct renames *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->symbols[OLD] = name_table_new();
    r->symbols[NEW] = name_table_new();
    if (r->symbols[OLD] == NULL || r->symbols[NEW] == NULL) {
        renames_free(r);
        return NULL;
    }
    return r;
}

void renames_free(struct renames *renames)
{
    if (renames == NULL)
        return;
    free(renames->rows);
    name_table_free(renames->symbols[OLD]);
    name_table_free(renames->symbols[NEW]);
    free(renames);
}

static int check_symbol(struct slice symbol, struct error *e)
{
    if (symbol.len == 0)
        return error_set(e, ERROR_CONFIG, "a symbol is missing");
    if (symbol.len > IDENTIFIER_MAX)
        return error_set(e, ERROR_CONFIG, "a symbol of %zu bytes; it has at most %d", symbol.len, IDENTIFIER_MAX);
    return 0;
}

static int check_row(struct slice old_symbol, struct slice new_symbol, struct date from, struct error *e)
{
    if (check_symbol(old_symbol, e) != 0 || check_symbol(new_symbol, e) != 0)
        return -1;
    if (slice_equal(old_symbol, new_symbol))
        return error_set(e, ERROR_CONFIG, "'%.*s' is renamed to itself", SLICE_FORMAT(old_symbol));
    if (from.year == 0 || from.day == 0)
        return error_set(e, ERROR_CONFIG, "'%.*s' is renamed on no day: write YYYY-MM-DD or YYYYMMDD",
                         SLICE_FORMAT(old_symbol));
    return 0;
}

static bool grow(struct renames *r)
{
    uint32_t room = r->room > 0 ? 2 * r->room : FIRST_ROWS;
    struct row *rows;

    if (r->count < r->room)
        return true;
    rows = realloc(r->rows, room * sizeof *rows);
    if (rows == NULL)
        return false;
    r->rows = rows;
    r->room = room;
    return true;
}

/* Puts the last row at the end of the ring of its symbol. */
static void append_to_ring(struct renames *r, enum side side)
{
    uint32_t symbol = r->rows[r->count - 1].symbol[side];
    uint32_t last = name_table_value(r->symbols[side], symbol);
    uint32_t *next = &r->rows[r->count - 1].next[side];

    *next = r->count;
    if (last != 0) {
        *next = r->rows[last - 1].next[side];
        r->rows[last - 1].next[side] = r->count;
    }
    name_table_set_value(r->symbols[side], symbol, r->count);
}

int renames_add(struct renames *renames, struct slice old_symbol, struct slice new_symbol, struct date from,
                struct error *e)
{
    struct row row = {.from = from};

    old_symbol = slice_trim(old_symbol);
    new_symbol = slice_trim(new_symbol);
    if (check_row(old_symbol, new_symbol, from, e) != 0)
        return -1;
    if (renames->count == RENAMES_MAX)
        return error_set(e, ERROR_CONFIG, "more than %u renamed symbols", RENAMES_MAX);
    row.symbol[OLD] = name_table_add(renames->symbols[OLD], old_symbol);
    row.symbol[NEW] = name_table_add(renames->symbols[NEW], new_symbol);
    if (row.symbol[OLD] == NAME_TABLE_NONE || row.symbol[NEW] == NAME_TABLE_NONE || !grow(renames))
        return error_set(e, ERROR_INTERNAL, "no memory for renamed symbols");
    renames->rows[renames->count++] = row;
    append_to_ring(renames, OLD);
    append_to_ring(renames, NEW);
    return 0;
}

static bool holds(enum rename_relation relation, struct date from, struct date day)
{
    if (day.year == 0)
        return relation != RENAME_STALE;
    return date_is_before(day, from) == (relation == RENAME_BEFORE);
}

/* The number of the first row with that symbol; 0: none. */
static uint32_t first_row(const struct renames *r, enum side side, struct slice symbol)
{
    uint32_t entry = name_table_find(r->symbols[side], symbol);
    uint32_t last = entry != NAME_TABLE_NONE ? name_table_value(r->symbols[side], entry) : 0;

    return last != 0 ? r->rows[last - 1].next[side] : 0;
}

/* That of the row behind it with the same symbol; 0: none. */
static uint32_t row_behind(const struct renames *r, enum side side, uint32_t number)
{
    const struct row *row = &r->rows[number - 1];

    return number != name_table_value(r->symbols[side], row->symbol[side]) ? row->next[side] : 0;
}

bool renames_next(const struct renames *renames, enum rename_relation relation, struct slice symbol, struct date day,
                  size_t *next, struct slice *other)
{
    enum side side = relation == RENAME_AFTER ? NEW : OLD;
    uint32_t number;

    if (renames == NULL)
        return false;
    number = *next == 0 ? first_row(renames, side, symbol) : row_behind(renames, side, (uint32_t)*next);
    while (number != 0 && !holds(relation, renames->rows[number - 1].from, day))
        number = row_behind(renames, side, number);
    if (number == 0)
        return false;
    *next = number;
    side = side == OLD ? NEW : OLD;
    *other = name_table_name(renames->symbols[side], renames->rows[number - 1].symbol[side]);
    return true;
}
