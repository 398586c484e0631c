#include "index_build.h"

#include <stdlib.h>
#include <time.h>

#include "index_estimate.h"
#include "index_file.h"
#include "index_meta.h"
#include "index_plan.h"
#include "index_record.h"
#include "index_spill.h"
#include "index_table.h"

#define MEMORY_DEFAULT (256ull << 20)    /* bytes */
#define PROGRESS_ROWS 16384u             /* rows between two calls of on_progress */
#define UNIT_SMALL_MASTERS (16ull << 30) /* bytes of masters whose records surely fit 32 bits of small units */
#define HASH_BITS 64u

/* One key kind while rows are read. */
struct key_table {
    struct spill_run *runs; /* 1 << run_bits */
    struct index_estimate estimate;
};

struct build {
    const struct index_build_options *options;
    struct index_build_result *result;
    struct index_plan plan;
    struct index_budget budget;
    struct index_header header;
    struct dictionary *dictionary;
    struct index_file *file;
    struct index_writer *records;
    struct spill *spill;
    unsigned char *arena;
    unsigned char *overflow_buffer;
    unsigned char *record; /* INDEX_RECORD_MAX bytes */
    struct key_table *tables[IDENTIFIER_KIND_COUNT];
    uint64_t bytes_before; /* of the sources that were read */
    uint64_t bad_row_count;
    uint64_t source_bad_rows; /* of the source being read */
    char keys[MASTER_ROLE_COUNT][IDENTIFIER_MAX];
};

static int report_progress(const struct build *b, uint64_t bytes, struct error *e)
{
    const struct index_build_events *events = &b->options->events;

    if (events->on_progress != NULL &&
        events->on_progress(events->opaque, bytes, b->plan.total_bytes, b->result->rows) != 0)
        return error_set(e, ERROR_TEMPORARY, "the build was cancelled");
    return 0;
}

/* ---- setting up ---- */

static int start_table(struct build *b, enum identifier_kind kind, unsigned char **buffer, struct error *e)
{
    size_t count = (size_t)1 << b->budget.run_bits;
    struct key_table *t = calloc(1, sizeof *t);

    b->tables[kind] = t;
    if (t != NULL)
        t->runs = calloc(count, sizeof *t->runs);
    if (t == NULL || t->runs == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the keys of kind %s", identifier_kind_name(kind));
    for (size_t i = 0; i < count; i++) {
        spill_start(&t->runs[i], *buffer);
        *buffer += b->budget.extent_bytes;
    }
    return 0;
}

static int start_tables(struct build *b, struct error *e)
{
    unsigned char *buffer = b->arena;

    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        if (b->plan.has_table[kind] && start_table(b, kind, &buffer, e) != 0)
            return -1;
    return 0;
}

static int open_spill(struct build *b, const char *index_path, struct error *e)
{
    const char *slash = strrchr(index_path, '/');
    char *beside;
    int status;

    if (b->options->spill_dir != NULL)
        return spill_create(b->options->spill_dir, b->budget.extent_bytes, &b->spill, e);
    beside = slash == NULL ? strdup(".") : strndup(index_path, slash == index_path ? 1 : (size_t)(slash - index_path));
    if (beside == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", index_path);
    status = spill_create(beside, b->budget.extent_bytes, &b->spill, e);
    free(beside);
    return status;
}

static int set_up(struct build *b, const char *const *paths, size_t count, const char *index_path, struct error *e)
{
    uint64_t memory = b->options->memory > 0 ? b->options->memory : MEMORY_DEFAULT;

    if (index_plan_make(&b->plan, paths, count, b->options, e) != 0 ||
        index_plan_budget(&b->plan, memory, &b->budget, e) != 0)
        return -1;
    memcpy(b->header.magic, INDEX_MAGIC, sizeof b->header.magic);
    b->header.format_version = INDEX_FORMAT_VERSION;
    b->header.endian_mark = INDEX_ENDIAN_MARK;
    b->header.seed = INDEX_SEED;
    b->header.record_unit = b->plan.total_bytes <= UNIT_SMALL_MASTERS ? 8 : 16;
    b->arena = malloc(b->budget.arena);
    b->overflow_buffer = malloc(b->budget.extent_bytes);
    b->record = malloc(INDEX_RECORD_MAX);
    if (b->arena == NULL || b->overflow_buffer == NULL || b->record == NULL)
        return error_set(e, ERROR_INTERNAL, "the %llu bytes that --memory allows are not to be had",
                         (unsigned long long)memory);
    if (start_tables(b, e) != 0 ||
        dictionary_create(record_dictionary_columns(&b->plan.layout), &b->dictionary, e) != 0)
        return -1;
    return index_file_create(index_path, &b->file, e) != 0 ? -1 : open_spill(b, index_path, e);
}

static void tear_down(struct build *b)
{
    for (size_t kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        if (b->tables[kind] != NULL)
            free(b->tables[kind]->runs);
        free(b->tables[kind]);
    }
    spill_close(b->spill);
    index_file_close(b->file);
    dictionary_free(b->dictionary);
    free(b->record);
    free(b->overflow_buffer);
    free(b->arena);
    index_plan_free(&b->plan);
}

/* ---- rows ---- */

static int count_bad_row(struct build *b, const char *path, const struct master_columns *columns,
                         const struct master_row *row, struct error *e)
{
    const struct index_build_events *events = &b->options->events;
    const char *hint = "(allow bad rows with --max-bad-rows)";

    b->result->bad_rows[row->status]++;
    b->bad_row_count++;
    if (b->source_bad_rows++ < INDEX_BAD_ROWS_SHOWN && events->on_bad_row != NULL)
        events->on_bad_row(events->opaque, path, row);
    if (b->bad_row_count <= b->options->max_bad_rows)
        return 0;
    if (row->status == MASTER_ROW_TOO_FEW_FIELDS || row->status == MASTER_ROW_TOO_MANY_FIELDS)
        return error_set(e, ERROR_DATA, "%s: line %llu: %zu fields, the header has %u %s", path,
                         (unsigned long long)row->line, row->field_count, columns->count, hint);
    return error_set(e, ERROR_DATA, "%s: line %llu: the row %s %s", path, (unsigned long long)row->line,
                     master_row_status_text(row->status), hint);
}

static struct slice read_key(struct build *b, enum master_role role, struct slice field)
{
    enum identifier_kind kind = master_role_kind(role);
    struct slice key = {b->keys[role], identifier_key(kind, field, b->keys[role])};
    enum identifier_validity validity;

    if (key.len == 0)
        return key;
    validity = identifier_check(kind, key);
    b->header.kinds[kind].invalid_keys += validity == IDENTIFIER_BAD_SHAPE || validity == IDENTIFIER_BAD_CHECK_DIGIT;
    return key;
}

static void read_security(struct build *b, const struct master_columns *columns, const struct master_row *row,
                          struct security *security)
{
    memset(security->value, 0, sizeof security->value);
    security->row_offset = row->offset;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        if (columns->role[role] == MASTER_NO_COLUMN)
            continue;
        if (master_role_kind(role) != IDENTIFIER_UNKNOWN)
            security->value[role] = read_key(b, role, row->fields[columns->role[role]]);
        else
            security->value[role] = slice_trim(row->fields[columns->role[role]]);
    }
    security->carried_count = columns->carried_count;
    for (size_t i = 0; i < columns->carried_count; i++)
        security->carried[i] = slice_trim(row->fields[columns->carried[i]]);
}

/* Appends the record, padded to its unit; *position is where it lies. */
static int write_record(struct build *b, const struct security *security, uint32_t *position, struct error *e)
{
    static const unsigned char zeros[16];
    uint64_t unit = b->header.record_unit;
    uint64_t at = index_writer_length(b->records) / unit;
    size_t len = record_encode(&b->plan.layout, b->dictionary, security, b->record);

    if (len == 0)
        return error_set(e, ERROR_DATA,
                         "the record of a row has more than %u bytes, the limit; carry fewer columns along",
                         INDEX_RECORD_MAX);
    if (at > INDEX_POSITIONS_MAX || b->result->rows == INDEX_POSITIONS_MAX)
        return error_set(e, ERROR_DATA, "the limit of %llu rows, or of %llu bytes of records, is passed",
                         (unsigned long long)INDEX_POSITIONS_MAX, (unsigned long long)(INDEX_POSITIONS_MAX * unit));
    *position = (uint32_t)at;
    if (index_writer_put(b->records, b->record, len, e) != 0)
        return -1;
    return index_writer_put(b->records, zeros, (size_t)((unit - len % unit) % unit), e);
}

/* Whether an earlier role of the same kind has the same key, which then enters its table once. */
static bool is_repeated(const struct security *security, enum master_role role)
{
    for (enum master_role other = 0; other < role; other++)
        if (master_role_kind(other) == master_role_kind(role) &&
            slice_equal(security->value[other], security->value[role]))
            return true;
    return false;
}

static int spill_keys(struct build *b, const struct security *security, uint32_t position, struct error *e)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);
        uint64_t hash;
        uint64_t run;

        if (kind == IDENTIFIER_UNKNOWN || !b->plan.has_table[kind] || security->value[role].len == 0 ||
            is_repeated(security, role))
            continue;
        hash = index_hash(b->header.seed, kind, security->value[role]);
        run = b->budget.run_bits > 0 ? hash >> (HASH_BITS - b->budget.run_bits) : 0;
        index_estimate_add(&b->tables[kind]->estimate, hash);
        if (spill_add(b->spill, &b->tables[kind]->runs[run], hash, position, e) != 0)
            return -1;
    }
    return 0;
}

static int add_row(struct build *b, uint32_t source, const char *path, const struct master_columns *columns,
                   const struct master_row *row, struct error *e)
{
    struct security security;
    uint32_t position = 0;

    if (row->status != MASTER_ROW_OK)
        return count_bad_row(b, path, columns, row, e);
    security.source = source;
    read_security(b, columns, row, &security);
    if (write_record(b, &security, &position, e) != 0)
        return error_prefix(e, "%s: line %llu", path, (unsigned long long)row->line);
    if (spill_keys(b, &security, position, e) != 0)
        return -1;
    b->plan.sources[source].rows++;
    if (++b->result->rows % PROGRESS_ROWS == 0)
        return report_progress(b, b->bytes_before + row->offset, e);
    return 0;
}

/* ---- sources ---- */

static int read_rows(struct build *b, uint32_t source, struct master *master, struct error *e)
{
    const char *path = b->plan.sources[source].path;
    struct master_row row;
    int got;

    while ((got = master_next(master, &row, e)) == 1)
        if (add_row(b, source, path, master_columns(master), &row, e) != 0)
            return -1;
    return got;
}

static int read_source(struct build *b, uint32_t number, struct error *e)
{
    struct index_source *source = &b->plan.sources[number];
    struct master *master;
    uint64_t size;
    int64_t mtime_ns;
    int status = -1;

    if (master_open(source->path, &b->options->master, &master, e) != 0)
        return -1;
    b->source_bad_rows = 0;
    master_fingerprint(master, &size, &mtime_ns, source->digest);
    if (size != source->size || mtime_ns != source->mtime_ns)
        error_set(e, ERROR_TEMPORARY, "%s: changed while it was read; try again once it is complete", source->path);
    else
        status = read_rows(b, number, master, e);
    if (status == 0) {
        master_fingerprint(master, &size, &mtime_ns, source->digest);
        b->bytes_before += size;
        status = report_progress(b, b->bytes_before, e);
    }
    master_close(master);
    return status;
}

static int read_sources(struct build *b, struct error *e)
{
    if (index_file_begin(b->file, INDEX_RECORDS, 0, 0, &b->records, e) != 0)
        return -1;
    for (uint32_t i = 0; i < b->plan.info.source_count; i++)
        if (read_source(b, i, e) != 0)
            return -1;
    return index_writer_finish(b->records, e);
}

/* ---- the rest of the file ---- */

static int write_dictionary(struct build *b, struct error *e)
{
    struct index_writer *writer;

    if (index_file_begin(b->file, INDEX_DICTIONARY, 0, 0, &writer, e) != 0 ||
        dictionary_write(b->dictionary, writer, e) != 0)
        return -1;
    return index_writer_finish(writer, e);
}

static int write_meta(struct build *b, struct error *e)
{
    struct index_writer *writer;

    if (index_file_begin(b->file, INDEX_META, 0, 0, &writer, e) != 0 || index_meta_write(&b->plan.info, writer, e) != 0)
        return -1;
    return index_writer_finish(writer, e);
}

static int seal_runs(struct build *b, struct error *e)
{
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        for (uint32_t i = 0; b->plan.has_table[kind] && i < 1u << b->budget.run_bits; i++)
            if (spill_seal(b->spill, &b->tables[kind]->runs[i], e) != 0)
                return -1;
    return 0;
}

static int write_table(struct build *b, enum identifier_kind kind, struct error *e)
{
    struct table_input input = {
        .file = b->file,
        .spill = b->spill,
        .kind = kind,
        .runs = b->tables[kind]->runs,
        .run_count = 1u << b->budget.run_bits,
        .run_bits = b->budget.run_bits,
        .expected = index_estimate_count(&b->tables[kind]->estimate),
        .memory = b->arena,
        .memory_len = b->budget.arena,
        .overflow_buffer = b->overflow_buffer,
    };

    if (index_table_build(&input, &b->header.kinds[kind], e) != 0)
        return -1;
    b->result->keys += b->header.kinds[kind].keys;
    return report_progress(b, b->bytes_before, e);
}

static int write_tables(struct build *b, struct error *e)
{
    if (seal_runs(b, e) != 0)
        return -1;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        if (b->plan.has_table[kind] && write_table(b, kind, e) != 0)
            return -1;
    return 0;
}

static uint64_t table_kinds(const struct build *b)
{
    uint64_t bits = 0;

    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        bits |= (uint64_t)b->plan.has_table[kind] << kind;
    return bits;
}

static int publish(struct build *b, struct error *e)
{
    struct index_build_result *result = b->result;

    index_meta_version(&b->plan.info, table_kinds(b), result->version);
    memcpy(b->header.version, result->version, INDEX_VERSION_LEN);
    b->header.rows = result->rows;
    b->header.bad_rows = b->bad_row_count;
    if (index_file_publish(b->file, &b->header, e) != 0)
        return -1;
    result->file_bytes = b->header.file_bytes;
    return 0;
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

int index_build(const char *const *master_paths, size_t master_count, const char *index_path,
                const struct index_build_options *options, struct index_build_result *result, struct error *e)
{
    struct build *b = calloc(1, sizeof *b);
    struct timespec start;
    int status = -1;

    clock_gettime(CLOCK_MONOTONIC, &start);
    memset(result, 0, sizeof *result);
    if (b == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory to build an index");
    b->options = options;
    b->result = result;
    if (set_up(b, master_paths, master_count, index_path, e) != 0)
        goto out;
    if (read_sources(b, e) != 0 || write_dictionary(b, e) != 0 || write_meta(b, e) != 0 || write_tables(b, e) != 0)
        goto out;
    if (publish(b, e) != 0)
        goto out;
    result->seconds = seconds_since(&start);
    status = 0;
out:
    tear_down(b);
    free(b);
    return status;
}
