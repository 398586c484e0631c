#include "index_rows.h"

#include <stdlib.h>

#include "index_park.h"

#define ROW_PAIRS_MAX MASTER_ROLE_COUNT
#define BLOCK_BYTES_A_PAIR                                                                                             \
    32u /* about one key in so many bytes of a master; where there are more, buffers fill early */

static size_t pair_room(size_t block_bytes)
{
    return block_bytes / BLOCK_BYTES_A_PAIR + ROW_PAIRS_MAX;
}

/* Records are a fraction of their rows. */
static size_t record_room(size_t block_bytes)
{
    return RECORD_ROOM + block_bytes / 4;
}

size_t index_rows_memory(const struct index_rows_setup *setup, size_t block_bytes)
{
    size_t tables = 0;

    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        tables += setup->has_table[kind];
    return pair_room(block_bytes) * sizeof(struct index_pair) + record_room(block_bytes) +
           tables * sizeof(struct index_estimate) + dictionary_memo_memory(record_dictionary_columns(setup->layout));
}

int index_rows_init(struct index_rows *rows, const struct index_rows_setup *setup, size_t block_bytes, struct error *e)
{
    bool good = true;

    memset(rows, 0, sizeof *rows);
    rows->setup = *setup;
    rows->record_room = record_room(block_bytes);
    rows->records = malloc(rows->record_room);
    rows->pair_room = pair_room(block_bytes);
    rows->pairs = malloc(rows->pair_room * sizeof *rows->pairs);
    rows->memo = dictionary_memo_create(record_dictionary_columns(setup->layout));
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        if (!setup->has_table[kind])
            continue;
        rows->estimate[kind] = calloc(1, sizeof *rows->estimate[kind]);
        good &= rows->estimate[kind] != NULL;
    }
    if (!good || rows->records == NULL || rows->pairs == NULL || rows->memo == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the rows of a master");
    return 0;
}

void index_rows_free(struct index_rows *rows)
{
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        free(rows->estimate[kind]);
    dictionary_memo_free(rows->memo);
    free(rows->pairs);
    free(rows->records);
    memset(rows, 0, sizeof *rows);
}

/* ---- columns ---- */

void index_rows_set_source(struct index_rows *rows, uint32_t source, const struct master_columns *columns)
{
    bool seen[IDENTIFIER_KIND_COUNT] = {false};

    memset(&rows->security, 0, sizeof rows->security);
    rows->security.source = source;
    rows->security.carried_count = columns->carried_count;
    memcpy(rows->carried, columns->carried, sizeof rows->carried);
    rows->step_count = 0;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);

        if (columns->role[role] == MASTER_NO_COLUMN)
            continue;
        rows->steps[rows->step_count++] =
            (struct index_rows_step){.role = role, .kind = kind, .column = columns->role[role]};
        if (kind == IDENTIFIER_UNKNOWN)
            continue;
        rows->steps[rows->step_count - 1].to_table = rows->setup.has_table[kind];
        rows->steps[rows->step_count - 1].shares_kind = seen[kind];
        seen[kind] = true;
    }
}

size_t index_rows_wanted(const struct index_rows *rows, uint32_t *wanted)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->step_count; i++)
        wanted[count++] = rows->steps[i].column;
    for (size_t i = 0; i < rows->security.carried_count; i++)
        wanted[count++] = rows->carried[i];
    return count;
}

/* ---- rows ---- */

bool index_rows_have_room(const struct index_rows *rows)
{
    return rows->record_room - rows->record_used >= RECORD_ROOM && rows->pair_room - rows->pair_count >= ROW_PAIRS_MAX;
}

static void add_pair(struct index_rows *rows, enum identifier_kind kind, struct slice key)
{
    uint64_t hash = index_hash(rows->setup.seed, kind, key);

    index_estimate_add(rows->estimate[kind], hash);
    rows->pairs[rows->pair_count++] =
        (struct index_pair){hash, (uint32_t)(rows->record_used / rows->setup.unit), (uint32_t)kind};
}

static void read_key(struct index_rows *rows, const struct index_rows_step *step, struct slice field)
{
    char *text = rows->keys[step->role];
    struct slice key = {text, identifier_key(step->kind, field, text)};
    enum identifier_validity validity;

    rows->security.value[step->role] = key;
    if (key.len == 0)
        return;
    validity = identifier_check(step->kind, key);
    rows->invalid_keys[step->kind] += validity == IDENTIFIER_BAD_SHAPE || validity == IDENTIFIER_BAD_CHECK_DIGIT;
    if (step->to_table && !(step->shares_kind && security_repeats_key(&rows->security, step->role)))
        add_pair(rows, step->kind, key);
}

void index_rows_read(struct index_rows *rows, const struct master_row *row)
{
    rows->security.row_offset = row->offset;
    for (size_t i = 0; i < rows->step_count; i++) {
        const struct index_rows_step *step = &rows->steps[i];

        if (step->kind != IDENTIFIER_UNKNOWN)
            read_key(rows, step, row->fields[step->column]);
        else
            rows->security.value[step->role] = slice_trim(row->fields[step->column]);
    }
    for (size_t i = 0; i < rows->security.carried_count; i++)
        rows->security.carried[i] = slice_trim(row->fields[rows->carried[i]]);
}

enum index_rows_result index_rows_write(struct index_rows *rows, bool may_add)
{
    unsigned char *to = rows->records + rows->record_used;
    struct record_values values = {rows->setup.dictionary, rows->memo, may_add};
    size_t unit = rows->setup.unit;
    size_t len = record_encode(rows->setup.layout, &values, &rows->security, to);
    size_t padding;

    if (len == RECORD_NEW_VALUE)
        return INDEX_ROWS_NEW_VALUE;
    if (len == 0)
        return INDEX_ROWS_TOO_LARGE;
    padding = (unit - len % unit) % unit;
    memset(to + len, 0, padding);
    rows->record_used += len + padding;
    rows->pairs_kept = rows->pair_count;
    rows->rows++;
    return INDEX_ROWS_OK;
}

void index_rows_forget(struct index_rows *rows)
{
    rows->pair_count = rows->pairs_kept;
}

void index_rows_clear(struct index_rows *rows)
{
    size_t staged = rows->pair_count - rows->pairs_kept;

    /* The keys of a row that was read and not yet written stay; its record comes to lie at the start. */
    memmove(rows->pairs, rows->pairs + rows->pairs_kept, staged * sizeof *rows->pairs);
    for (size_t i = 0; i < staged; i++)
        rows->pairs[i].position = 0;
    rows->pair_count = staged;
    rows->pairs_kept = 0;
    rows->record_used = 0;
    rows->rows = 0;
}

void index_rows_release(struct index_rows *rows)
{
    index_park_release(rows->records, rows->record_room);
    index_park_release(rows->pairs, rows->pair_room * sizeof *rows->pairs);
}
