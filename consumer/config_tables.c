#include "config_tables.h"

#include "core/fix_time.h"
#include "core/master.h"

#define COLUMNS_MAX 3

/* A kind of table: its columns, and where a row of it goes. */
struct table {
    const char *columns[COLUMNS_MAX];
    size_t count;
    int (*add)(void *target, const struct slice *values, struct error *e); /* values are trimmed, by column */
};

static int find_column(const struct master *master, const char *path, const char *name, uint32_t *column,
                       struct error *e)
{
    *column = MASTER_NO_COLUMN;
    for (uint32_t i = 0; i < master_columns(master)->count; i++) {
        if (!slice_equal_nocase(master_column_name(master, i), slice_of(name)))
            continue;
        if (*column != MASTER_NO_COLUMN)
            return error_set(e, ERROR_CONFIG, "%s: columns %u and %u are both named %s", path, *column + 1, i + 1,
                             name);
        *column = i;
    }
    return *column != MASTER_NO_COLUMN ? 0 : error_set(e, ERROR_CONFIG, "%s: its header has no column %s", path, name);
}

static int find_columns(const struct master *master, const char *path, const struct table *table, uint32_t *columns,
                        struct error *e)
{
    for (size_t i = 0; i < table->count; i++)
        if (find_column(master, path, table->columns[i], &columns[i], e) != 0)
            return -1;
    return 0;
}

static int add_row(const struct master_row *row, const struct table *table, const uint32_t *columns, void *target,
                   struct error *e)
{
    struct slice values[COLUMNS_MAX];

    if (row->status != MASTER_ROW_OK)
        return error_set(e, ERROR_CONFIG, "the row %s", master_row_status_text(row->status));
    for (size_t i = 0; i < table->count; i++)
        values[i] = slice_trim(row->fields[columns[i]]);
    return table->add(target, values, e);
}

static int read_rows(struct master *master, const char *path, const struct table *table, void *target, uint64_t *count,
                     struct error *e)
{
    uint32_t columns[COLUMNS_MAX];
    struct master_row row;
    int got;

    if (find_columns(master, path, table, columns, e) != 0)
        return -1;
    for (*count = 0; (got = master_next(master, &row, e)) == 1; ++*count)
        if (add_row(&row, table, columns, target, e) != 0)
            return error_prefix(e, "%s: line %llu", path, (unsigned long long)row.line);
    return got;
}

/* What is wrong with such a file is wrong with the configuration. */
static int read_table(const char *path, const struct table *table, void *target, uint64_t *count, uint64_t digest[2],
                      struct error *e)
{
    const struct master_options options = {.any_columns = true};
    struct master *master = NULL;
    uint64_t size;
    int64_t mtime_ns;
    int status = master_open(path, &options, &master, e);

    if (status == 0)
        status = read_rows(master, path, table, target, count, e);
    if (status == 0)
        master_fingerprint(master, &size, &mtime_ns, digest);
    master_close(master);
    if (status != 0 && e->code == ERROR_DATA)
        e->code = ERROR_CONFIG;
    return status;
}

static bool read_date(struct slice text, struct date *date)
{
    bool is_plain = text.len == strlen("YYYYMMDD");
    bool has_dashes = text.len == strlen("YYYY-MM-DD") && text.ptr[4] == '-';

    return (is_plain || has_dashes) && fix_time_parse_master_date(text, date) && date->day != 0;
}

static int add_rename(void *target, const struct slice *values, struct error *e)
{
    struct date from;

    if (!read_date(values[2], &from))
        return error_set(e, ERROR_CONFIG, "'%.*s' is no date: YYYY-MM-DD or YYYYMMDD", SLICE_FORMAT(values[2]));
    return renames_add(target, values[0], values[1], from, e);
}

int config_read_renames(const char *path, struct renames *renames, uint64_t digest[2], struct error *e)
{
    static const struct table table = {.columns = {"old", "new", "date"}, .count = 3, .add = add_rename};
    uint64_t count;

    return read_table(path, &table, renames, &count, digest, e);
}

static int add_mic(void *target, const struct slice *values, struct error *e)
{
    return exchanges_add_mic(target, values[0], values[1], e);
}

/* An empty list would leave the built-in one in its place without a word. */
int config_read_mics(const char *path, struct exchanges *exchanges, uint64_t digest[2], struct error *e)
{
    static const struct table table = {.columns = {"MIC", "OPERATING MIC"}, .count = 2, .add = add_mic};
    uint64_t count;

    if (read_table(path, &table, exchanges, &count, digest, e) != 0)
        return -1;
    return count > 0 ? 0 : error_set(e, ERROR_CONFIG, "%s: it has no rows", path);
}
