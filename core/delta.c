#include "delta.h"

#include <stdlib.h>

struct delta {
    struct master *master;
    const char *path;
    uint32_t action; /* the column */
};

/* Whether it is one of the words between bars, case aside. */
static bool is_word(struct slice text, const char *words)
{
    for (;;) {
        const char *bar = strchrnul(words, '|');

        if (slice_equal_nocase(text, slice_make(words, (size_t)(bar - words))))
            return true;
        if (*bar == '\0')
            return false;
        words = bar + 1;
    }
}

/* ---- opening ---- */

static uint32_t find_column(const struct master *master, struct slice name, bool exactly)
{
    for (uint32_t i = 0; i < master_columns(master)->count; i++) {
        struct slice column = master_column_name(master, i);

        if (exactly ? slice_equal(column, name) : slice_equal_nocase(column, name))
            return i;
    }
    return MASTER_NO_COLUMN;
}

static uint32_t find_action(const struct master *master, const char *action_column)
{
    const char *at = DELTA_COLUMN_NAMES;

    if (action_column != NULL && action_column[0] != '\0')
        return find_column(master, slice_of(action_column), true);
    for (;;) {
        const char *bar = strchrnul(at, '|');
        uint32_t column = find_column(master, slice_make(at, (size_t)(bar - at)), false);

        if (column != MASTER_NO_COLUMN || *bar == '\0')
            return column;
        at = bar + 1;
    }
}

/* As the index knows its columns; those that it lacks are not looked for. */
static void set_options(const struct index_info *info, struct master_options *options)
{
    *options = (struct master_options){.carried_count = info->carried_count, .format = info->format};
    options->format.columns = NULL;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        options->role_column[role] = info->has_role[role] ? info->role_column[role] : "";
    for (size_t i = 0; i < info->carried_count; i++)
        options->carried[i] = info->carried_names[i];
}

int delta_open(const char *path, const struct index_info *info, const char *action_column, struct delta **out,
               struct error *e)
{
    struct delta *delta = calloc(1, sizeof *delta);
    struct master_options options;

    *out = NULL;
    if (delta == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    set_options(info, &options);
    if (master_open(path, &options, &delta->master, e) != 0)
        goto fail;
    delta->path = master_source_path(master_body(delta->master).source);
    delta->action = find_action(delta->master, action_column);
    if (delta->action == MASTER_NO_COLUMN) {
        error_set(e, ERROR_CONFIG, "%s: no column says what is to be done with a row (%s)", path,
                  action_column != NULL && action_column[0] != '\0' ? action_column : "action, op or change");
        goto fail;
    }
    *out = delta;
    return 0;
fail:
    delta_close(delta);
    return -1;
}

void delta_close(struct delta *delta)
{
    if (delta == NULL)
        return;
    master_close(delta->master);
    free(delta);
}

/* ---- rows ---- */

static enum delta_action read_action(struct slice text)
{
    static const char *const words[DELTA_ACTION_COUNT] = {
#define X(name, list) list,
        DELTA_ACTIONS(X)
#undef X
    };
    enum delta_action action = 0;

    while (action < DELTA_ACTION_COUNT && !is_word(text, words[action]))
        action++;
    return action;
}

int delta_next(struct delta *delta, struct delta_row *row, struct error *e)
{
    struct master_row *fields = &row->row;
    struct slice action;
    int got = master_next(delta->master, fields, e);

    if (got != 1)
        return got;
    if (fields->status != MASTER_ROW_OK)
        return error_set(e, ERROR_DATA, "%s: line %llu: the row %s", delta->path, (unsigned long long)fields->line,
                         master_row_status_text(fields->status));
    action = slice_trim(fields->fields[delta->action]);
    row->action = read_action(action);
    if (row->action == DELTA_ACTION_COUNT)
        return error_set(e, ERROR_DATA, "%s: line %llu: '%.*s' is nothing that can be done with a row (A, C or D)",
                         delta->path, (unsigned long long)fields->line, action.len < 64 ? (int)action.len : 64,
                         action.ptr);
    return 1;
}

const struct master_columns *delta_columns(const struct delta *delta)
{
    return master_columns(delta->master);
}

void delta_source(const struct delta *delta, struct index_source *source)
{
    master_fingerprint(delta->master, &source->size, &source->mtime_ns, source->digest);
    source->delimiter = master_delimiter(delta->master);
    source->packing = master_packing(delta->master);
    source->text_bytes = master_body(delta->master).offset; /* behind all rows */
}
