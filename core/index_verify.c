#include "index_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "master.h"

#define PROGRESS_ROWS 65536u       /* rows from one report of progress to the next */
#define WINDOW_MAX (2048ull << 20) /* a master that a builder had memory to unpack is unpacked here, too */

struct verify {
    const struct index_verify_options *options;
    struct index_verify_result *result;
    struct index *index;
    const struct index_info *info;
    uint64_t found[IDENTIFIER_KIND_COUNT];   /* rows that were found under a key of the kind, once for each key */
    uint64_t invalid[IDENTIFIER_KIND_COUNT]; /* values of a wrong shape or check digit */
    uint64_t position;                       /* of the next record, while masters are compared */
    uint64_t bad_rows;                       /* of the masters */
};

static int report(const struct verify *v, const char *what, uint64_t done, uint64_t total, struct error *e)
{
    const struct index_verify_options *o = v->options;

    if (o->on_progress != NULL && o->on_progress(o->opaque, what, done, total) != 0)
        return error_set(e, ERROR_TEMPORARY, "interrupted");
    return 0;
}

/* ---- records and tables ---- */

static int verify_key(struct verify *v, uint64_t position, const struct security *s, enum master_role role,
                      struct error *e)
{
    enum identifier_kind kind = master_role_kind(role);
    struct slice key = s->value[role];
    enum identifier_validity validity = identifier_check(kind, key);

    v->invalid[kind] += validity == IDENTIFIER_BAD_SHAPE || validity == IDENTIFIER_BAD_CHECK_DIGIT;
    if (!index_has_kind(v->index, kind) || security_repeats_key(s, role))
        return 0;
    if (!index_leads_to(v->index, kind, key, position))
        return error_set(e, ERROR_DATA, "row %" PRIu64 " (byte %" PRIu64 " of %s) is not found under its %s %.*s",
                         v->result->rows + 1, s->row_offset, v->info->sources[s->source].path,
                         identifier_kind_name(kind), SLICE_FORMAT(key));
    v->found[kind]++;
    v->result->keys++;
    return 0;
}

static int verify_record(struct verify *v, uint64_t position, const struct security *s, struct error *e)
{
    if (s->source >= v->info->source_count || s->row_offset >= v->info->sources[s->source].text_bytes)
        return error_set(e, ERROR_DATA, "row %" PRIu64 " is said to stand in no source of the index",
                         v->result->rows + 1);
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (master_role_kind(role) != IDENTIFIER_UNKNOWN && s->value[role].len > 0 &&
            verify_key(v, position, s, role, e) != 0)
            return -1;
    if (++v->result->rows % PROGRESS_ROWS == 0)
        return report(v, "records", position, v->info->record_bytes, e);
    return 0;
}

static int verify_records(struct verify *v, struct error *e)
{
    uint64_t position = 0;
    uint64_t at = 0;
    struct security s;

    for (; index_walk(v->index, &position, &s); at = position)
        if (verify_record(v, at, &s, e) != 0)
            return -1;
    if (at < v->info->record_bytes)
        return error_set(e, ERROR_DATA,
                         "the record after row %" PRIu64 ", at byte %" PRIu64 " of %" PRIu64 ", cannot be read",
                         v->result->rows, at, v->info->record_bytes);
    if (v->result->rows != v->info->rows)
        return error_set(e, ERROR_DATA, "it holds %" PRIu64 " rows, its header says %" PRIu64, v->result->rows,
                         v->info->rows);
    return 0;
}

static int expect_count(enum identifier_kind kind, const char *what, uint64_t counted, uint64_t said, struct error *e)
{
    if (counted == said)
        return 0;
    return error_set(e, ERROR_DATA, "%s: it has %" PRIu64 " %s, and %" PRIu64 " were expected",
                     identifier_kind_name(kind), counted, what, said);
}

static int verify_tables(const struct verify *v, struct error *e)
{
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        struct index_census census;

        index_count(v->index, kind, &census);
        if (expect_count(kind, "rows under its keys", census.rows, v->found[kind], e) != 0 ||
            expect_count(kind, "keys", census.keys, v->info->keys[kind], e) != 0 ||
            expect_count(kind, "keys that lead to several rows", census.duplicate_keys, v->info->duplicate_keys[kind],
                         e) != 0 ||
            expect_count(kind, "values of a wrong shape or check digit", v->invalid[kind], v->info->invalid_keys[kind],
                         e) != 0)
            return -1;
    }
    return 0;
}

/* ---- masters ---- */

/* Which columns of a master the builder read, as far as the index tells: where the header is recognised as it was then,
 * as it is recognised now; else the column whose name was recorded, which somebody must have mapped. What is mapped in
 * one master is mapped in all, so `options` go from one to the next. */
static void choose_columns(const struct verify *v, const struct master *master, struct master_options *options)
{
    const struct master_columns *columns = master_columns(master);

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        const char *recorded = v->info->role_column[role];
        uint32_t column = columns->role[role];

        if (recorded == NULL || options->role_column[role] != NULL ||
            (column != MASTER_NO_COLUMN && slice_equal_text(master_column_name(master, column), recorded)))
            continue;
        for (column = 0; column < columns->count; column++)
            if (slice_equal_text(master_column_name(master, column), recorded))
                options->role_column[role] = recorded;
    }
}

static int open_master(const struct verify *v, const char *path, struct master_options *options, struct master **out,
                       struct error *e)
{
    if (master_open(path, options, out, e) == 0) {
        choose_columns(v, *out, options);
    } else { /* perhaps because only mapped columns identify its securities */
        for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
            options->role_column[role] = v->info->has_role[role] ? v->info->role_column[role] : "";
    }
    master_close(*out);
    return master_open(path, options, out, e);
}

/* Whether the record has just what the row has in that role; a key is compared as identifier_key makes it. */
static bool is_same_value(enum master_role role, struct slice field, struct slice value)
{
    char key[IDENTIFIER_MAX];

    if (master_role_kind(role) != IDENTIFIER_UNKNOWN)
        return slice_equal(slice_make(key, identifier_key(master_role_kind(role), field, key)), value);
    return slice_equal(slice_trim(field), value);
}

static int differ(const char *column, struct slice field, struct slice value, struct error *e)
{
    return error_set(e, ERROR_DATA, "%s: the index has '%.*s', the master '%.*s'", column, SLICE_FORMAT(value),
                     SLICE_FORMAT(field));
}

static int compare_values(const struct verify *v, const struct master_columns *columns, const struct master_row *row,
                          const struct security *s, struct error *e)
{
    const struct slice blank = {NULL, 0};

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        struct slice field = columns->role[role] == MASTER_NO_COLUMN ? blank : row->fields[columns->role[role]];

        if (!is_same_value(role, field, s->value[role]))
            return differ(master_role_name(role), field, s->value[role], e);
    }
    for (size_t i = 0; i < s->carried_count && i < columns->carried_count; i++)
        if (!slice_equal(slice_trim(row->fields[columns->carried[i]]), s->carried[i]))
            return differ(v->info->carried_names[i], row->fields[columns->carried[i]], s->carried[i], e);
    return 0;
}

/* The records stand in the order of the masters, so a row's is the next, or it is missing. */
static int compare_row(struct verify *v, size_t source, const struct master_columns *columns,
                       const struct master_row *row, struct error *e)
{
    struct security s;

    if (row->status != MASTER_ROW_OK) {
        v->bad_rows++;
        return 0;
    }
    if (!index_walk(v->index, &v->position, &s) || s.source != source || s.row_offset != row->offset)
        return error_set(e, ERROR_DATA, "the index has no record of the row at byte %" PRIu64, row->offset);
    return compare_values(v, columns, row, &s, e);
}

static int compare_rows(struct verify *v, size_t source, struct master *master, struct error *e)
{
    const struct index_source *s = &v->info->sources[source];
    struct master_row row;
    uint64_t rows = 0;
    int got;

    while ((got = master_next(master, &row, e)) == 1) {
        if (compare_row(v, source, master_columns(master), &row, e) != 0)
            return error_prefix(e, "line %" PRIu64, row.line);
        if (++rows % PROGRESS_ROWS == 0 && report(v, s->path, row.offset, s->text_bytes, e) != 0)
            return -1;
    }
    return got;
}

/* Says that it is another file where it is, since that explains whatever else differs. */
static int compare_fingerprint(const struct verify *v, size_t source, const struct master *master, struct error *e)
{
    const struct index_source *s = &v->info->sources[source];
    uint64_t size, digest[2];
    int64_t mtime_ns;

    master_fingerprint(master, &size, &mtime_ns, digest);
    if (size != s->size)
        return error_set(e, ERROR_DATA, "it has %" PRIu64 " bytes, and had %" PRIu64 " when it was indexed", size,
                         s->size);
    if (digest[0] != s->digest[0] || digest[1] != s->digest[1])
        return error_set(e, ERROR_DATA, "its bytes are not those that were indexed");
    return 0;
}

static int compare_master(struct verify *v, size_t source, const char *path, struct master_options *options,
                          struct error *e)
{
    struct master *master;
    int status;

    options->delimiter = v->info->sources[source].delimiter;
    if (open_master(v, path, options, &master, e) != 0)
        return -1;
    status = compare_rows(v, source, master, e);
    if (status == 0)
        status = compare_fingerprint(v, source, master, e);
    master_close(master);
    return status == 0 ? 0 : error_prefix(e, "%s", path);
}

/* Passes over the records of a source that is not there. */
static void skip_records(struct verify *v, size_t source)
{
    struct security s;

    for (uint64_t row = 0; row < v->info->sources[source].rows; row++)
        (void)index_walk(v->index, &v->position, &s);
}

static void start_options(const struct verify *v, struct master_options *options)
{
    *options = (struct master_options){
        .carried_count = v->info->carried_count, .format = v->info->format, .window = WINDOW_MAX};
    for (size_t i = 0; i < v->info->carried_count; i++)
        options->carried[i] = v->info->carried_names[i];
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (!v->info->has_role[role])
            options->role_column[role] = ""; /* the builder was told to have none, or it was never recognised */
}

static int verify_masters(struct verify *v, struct error *e)
{
    const char *const *given = v->options->master_count > 0 ? v->options->masters : NULL;
    struct master_options options;
    bool all = true;

    start_options(v, &options);
    for (size_t i = 0; i < v->info->source_count; i++) {
        const char *path = given != NULL ? given[i] : v->info->sources[i].path;

        if (given == NULL && access(path, F_OK) != 0 && errno == ENOENT) {
            skip_records(v, i);
            all = false;
            continue;
        }
        if (compare_master(v, i, path, &options, e) != 0)
            return -1;
        v->result->sources[i] = VERIFY_SOURCE_EQUAL;
    }
    if (all && v->bad_rows != v->info->bad_rows)
        return error_set(e, ERROR_DATA, "the masters have %" PRIu64 " bad rows, the header says %" PRIu64, v->bad_rows,
                         v->info->bad_rows);
    return 0;
}

/* ---- the whole ---- */

static int verify_all(struct verify *v, struct error *e)
{
    v->info = index_info(v->index);
    v->result->source_count = v->info->source_count;
    v->result->file_bytes = v->info->file_bytes;
    memcpy(v->result->version, v->info->version, sizeof v->result->version);
    if (v->options->master_count > 0 && v->options->master_count != v->info->source_count)
        return error_set(e, ERROR_USAGE, "it was made of %zu masters, and %zu are given", v->info->source_count,
                         v->options->master_count);
    if (verify_records(v, e) != 0 || verify_tables(v, e) != 0)
        return -1;
    return verify_masters(v, e);
}

int index_verify(const char *path, const struct index_verify_options *options, struct index_verify_result *result,
                 struct error *e)
{
    struct verify v = {.options = options, .result = result};
    int status;

    *result = (struct index_verify_result){0};
    if (index_open(path, &(struct index_open_options){.verify_all = true}, &v.index, e) != 0)
        return -1;
    status = verify_all(&v, e);
    index_close(v.index);
    return status == 0 ? 0 : error_prefix(e, "%s", path);
}
