#include "index_build.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "index_crew.h"
#include "index_file.h"
#include "index_meta.h"
#include "index_park.h"
#include "index_plan.h"
#include "index_spill.h"
#include "index_table.h"

#define PROGRESS_ROWS 16384u             /* rows between two calls of on_progress */
#define UNIT_SMALL_MASTERS (16ull << 30) /* bytes of masters whose records surely fit 32 bits of small units */
#define HASH_BITS 64u
#define SPILL_AHEAD 8u /* pairs */

/* One key kind while rows are read. */
struct key_table {
    struct spill *spill;    /* a file of its own, so that its room on the disk is free once the table is made */
    struct spill_run *runs; /* 1 << run_bits */
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
    unsigned char *arena;
    unsigned char *overflow_buffer;
    struct index_crew *crew;
    struct key_table *tables[IDENTIFIER_KIND_COUNT];
    uint64_t bytes_before; /* of the sources that were read */
    uint64_t bad_row_count;
    uint32_t source;             /* being read */
    uint32_t source_columns;     /* of its header */
    uint64_t source_bad_rows;    /* of its rows */
    uint64_t progress_told_rows; /* at the last call of on_progress for rows */
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

/* Refuses a directory that cannot hold the temporary file, before work is lost. Blank keys take no room, so only half
 * of what all keys would take is asked for. */
static int check_space(const struct build *b, const char *dir, struct error *e)
{
    uint64_t need = b->plan.rows_guess * b->plan.table_count * SPILL_PAIR_BYTES / 2;
    struct statvfs fs;

    if (statvfs(dir, &fs) != 0)
        return error_set_errno(e, errno, "%s: cannot hold the build's temporary file", dir);
    if (fs.f_blocks == 0 || (uint64_t)fs.f_bavail * fs.f_frsize >= need) /* no blocks: it does not say */
        return 0;
    return error_set(e, ERROR_IO,
                     "%s: has %llu MiB free, and the build's temporary file needs about %llu MiB; name another place "
                     "with --spill-dir",
                     dir, (unsigned long long)((uint64_t)fs.f_bavail * fs.f_frsize >> 20),
                     (unsigned long long)(need >> 20) + 1);
}

static int open_spills(struct build *b, const char *dir, struct error *e)
{
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        if (b->plan.has_table[kind] && spill_create(dir, b->budget.extent_bytes, &b->tables[kind]->spill, e) != 0)
            return -1;
    return 0;
}

static int start_spills(struct build *b, const char *index_path, struct error *e)
{
    const char *slash = strrchr(index_path, '/');
    size_t len = slash == NULL ? 0 : slash == index_path ? 1 : (size_t)(slash - index_path);
    char *dir;
    int status;

    if (b->options->spill_dir != NULL)
        dir = strdup(b->options->spill_dir);
    else
        dir = slash == NULL ? strdup(".") : strndup(index_path, len);
    if (dir == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", index_path);
    status = check_space(b, dir, e) != 0 ? -1 : open_spills(b, dir, e);
    free(dir);
    return status;
}

static int start_crew(struct build *b, struct error *e)
{
    struct index_rows_setup setup = {
        .layout = &b->plan.layout,
        .has_table = b->plan.has_table,
        .dictionary = b->dictionary,
        .seed = b->header.seed,
        .unit = b->header.record_unit,
    };

    return index_crew_create(&setup, b->budget.threads, b->budget.block_bytes, &b->crew, e);
}

static int set_up(struct build *b, const char *const *paths, size_t count, const char *index_path, struct error *e)
{
    uint64_t memory = index_build_memory(b->options);

    if (index_plan_make(&b->plan, paths, count, b->options, e) != 0 ||
        index_plan_budget(&b->plan, memory, b->options, &b->budget, e) != 0)
        return -1;
    memcpy(b->header.magic, INDEX_MAGIC, sizeof b->header.magic);
    b->header.format_version = INDEX_FORMAT_VERSION;
    b->header.endian_mark = INDEX_ENDIAN_MARK;
    b->header.seed = INDEX_SEED;
    b->header.record_unit = b->plan.text_guess <= UNIT_SMALL_MASTERS ? 8 : 16;
    b->arena = malloc(b->budget.arena);
    b->overflow_buffer = malloc(b->budget.extent_bytes);
    if (b->arena == NULL || b->overflow_buffer == NULL)
        return error_set(e, ERROR_INTERNAL, "the %llu bytes that --memory allows are not to be had",
                         (unsigned long long)memory);
    if (start_tables(b, e) != 0 ||
        dictionary_create(record_dictionary_columns(&b->plan.layout), &b->dictionary, e) != 0 || start_crew(b, e) != 0)
        return -1;
    return index_file_create(index_path, &b->file, e) != 0 ? -1 : start_spills(b, index_path, e);
}

static void tear_down(struct build *b)
{
    for (size_t kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        if (b->tables[kind] != NULL) {
            spill_close(b->tables[kind]->spill);
            free(b->tables[kind]->runs);
        }
        free(b->tables[kind]);
    }
    index_file_close(b->file);
    index_crew_free(b->crew);
    dictionary_free(b->dictionary);
    free(b->overflow_buffer);
    free(b->arena);
    index_plan_free(&b->plan);
}

/* ---- rows ---- */

static int on_bad_row(void *opaque, const struct master_row *row, struct error *e)
{
    struct build *b = opaque;
    const struct index_build_events *events = &b->options->events;
    const char *path = b->plan.sources[b->source].path;
    const char *hint = "(allow bad rows with --max-bad-rows)";

    b->result->bad_rows[row->status]++;
    b->bad_row_count++;
    if (b->source_bad_rows++ < INDEX_BAD_ROWS_SHOWN && events->on_bad_row != NULL)
        events->on_bad_row(events->opaque, path, row);
    if (b->options->max_bad_share > 0 || b->bad_row_count <= b->options->max_bad_rows)
        return 0;
    if (row->status == MASTER_ROW_TOO_FEW_FIELDS || row->status == MASTER_ROW_TOO_MANY_FIELDS)
        return error_set(e, ERROR_DATA, "%s: line %llu (byte %llu): %zu fields, the header has %u %s", path,
                         (unsigned long long)row->line, (unsigned long long)row->offset, row->field_count,
                         b->source_columns, hint);
    return error_set(e, ERROR_DATA, "%s: line %llu (byte %llu): the row %s %s", path, (unsigned long long)row->line,
                     (unsigned long long)row->offset, master_row_status_text(row->status), hint);
}

static struct spill_run *run_of(const struct build *b, const struct index_pair *pair)
{
    uint64_t run = b->budget.run_bits > 0 ? pair->hash >> (HASH_BITS - b->budget.run_bits) : 0;

    return &b->tables[pair->kind]->runs[run];
}

/* Runs are many, and pairs come for them at random: so each is brought into the cache ahead of its turn. */
static int spill_pairs(struct build *b, const struct index_rows *rows, uint32_t base, struct error *e)
{
    for (size_t i = 0; i < rows->pairs_kept; i++) {
        const struct index_pair *pair = &rows->pairs[i];

        if (rows->pairs_kept - i > SPILL_AHEAD)
            spill_fetch(run_of(b, pair + SPILL_AHEAD));
        if (spill_add(b->tables[pair->kind]->spill, run_of(b, pair), pair->hash, base + pair->position, e) != 0)
            return -1;
    }
    return 0;
}

static bool is_short_of_memory(void *opaque)
{
    const struct build *b = opaque;
    const struct index_build_pressure *pressure = &b->options->pressure;

    return pressure->is_short != NULL && pressure->is_short(pressure->opaque);
}

/* Called as often as rows come in PROGRESS_ROWS, however many came at once. */
static int progress_rows(struct build *b, uint64_t offset, struct error *e)
{
    while (b->result->rows - b->progress_told_rows >= PROGRESS_ROWS) {
        b->progress_told_rows += PROGRESS_ROWS;
        if (report_progress(b, b->bytes_before + offset, e) != 0)
            return -1;
    }
    return 0;
}

/* Appends records and spills their keys. */
static int on_rows(void *opaque, const struct index_rows *rows, uint64_t offset, struct error *e)
{
    struct build *b = opaque;
    uint64_t unit = b->header.record_unit;
    uint64_t base = index_writer_length(b->records) / unit;

    if (base + rows->record_used / unit > INDEX_POSITIONS_MAX || rows->rows > INDEX_POSITIONS_MAX - b->result->rows)
        return error_set(e, ERROR_DATA, "%s: the limit of %llu rows, or of %llu bytes of records, is passed",
                         b->plan.sources[b->source].path, (unsigned long long)INDEX_POSITIONS_MAX,
                         (unsigned long long)(INDEX_POSITIONS_MAX * unit));
    if (index_writer_put(b->records, rows->records, rows->record_used, e) != 0 ||
        spill_pairs(b, rows, (uint32_t)base, e) != 0)
        return -1;
    b->plan.sources[b->source].rows += rows->rows;
    b->result->rows += rows->rows;
    return progress_rows(b, offset, e);
}

/* ---- sources ---- */

static int read_source(struct build *b, uint32_t number, struct error *e)
{
    struct index_crew_events events = {b, on_rows, on_bad_row, is_short_of_memory};
    struct index_source *source = &b->plan.sources[number];
    struct master *master;
    uint64_t size, digest[2];
    int64_t mtime_ns;

    if (master_open(source->path, &b->plan.master, &master, e) != 0)
        return -1;
    master_fingerprint(master, &size, &mtime_ns, digest);
    if (size != source->size || mtime_ns != source->mtime_ns) {
        master_close(master);
        return error_set(e, ERROR_TEMPORARY, "%s: changed while it was read; try again once it is complete",
                         source->path);
    }
    b->source = number;
    b->source_bad_rows = 0;
    b->source_columns = master_columns(master)->count;
    if (index_crew_read(b->crew, source, number, master, &events, e) != 0)
        return -1;
    b->bytes_before += source->size;
    return report_progress(b, b->bytes_before, e);
}

/* A share can only be judged when all rows are known. */
static int check_share(const struct build *b, struct error *e)
{
    uint64_t rows = b->result->rows + b->bad_row_count;
    uint64_t share = b->options->max_bad_share;

    if (share == 0 || (unsigned __int128)b->bad_row_count * INDEX_SHARE_WHOLE <= (unsigned __int128)rows * share)
        return 0;
    return error_set(e, ERROR_DATA,
                     "%llu of %llu rows are bad, more than the %u of a million that --max-bad-rows allows",
                     (unsigned long long)b->bad_row_count, (unsigned long long)rows, b->options->max_bad_share);
}

static int read_sources(struct build *b, struct error *e)
{
    if (index_file_begin(b->file, INDEX_RECORDS, 0, 0, &b->records, e) != 0)
        return -1;
    for (uint32_t i = 0; i < b->plan.info.source_count; i++)
        if (read_source(b, i, e) != 0)
            return -1;
    return check_share(b, e) != 0 ? -1 : index_writer_finish(b->records, e);
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
            if (spill_seal(b->tables[kind]->spill, &b->tables[kind]->runs[i], e) != 0)
                return -1;
    return 0;
}

/* One thread, with its part of the arena; the rest of it is given back. */
static void use_less_memory(struct table_input *input)
{
    size_t part = input->memory_len / input->threads;

    index_park_release(input->memory + part, input->memory_len - part);
    input->memory_len = part;
    input->threads = 1;
}

static int write_table(struct build *b, enum identifier_kind kind, struct error *e)
{
    struct index_estimate estimate;
    struct table_input input = {
        .file = b->file,
        .spill = b->tables[kind]->spill,
        .kind = kind,
        .runs = b->tables[kind]->runs,
        .run_count = 1u << b->budget.run_bits,
        .run_bits = b->budget.run_bits,
        .threads = b->budget.threads,
        .memory = b->arena,
        .memory_len = b->budget.arena,
        .overflow_buffer = b->overflow_buffer,
    };

    index_crew_estimate(b->crew, kind, &estimate);
    input.expected = index_estimate_count(&estimate);
    if (is_short_of_memory(b))
        use_less_memory(&input);
    if (index_table_build(&input, &b->header.kinds[kind], e) != 0)
        return -1;
    spill_close(b->tables[kind]->spill);
    b->tables[kind]->spill = NULL;
    b->header.kinds[kind].invalid_keys = index_crew_invalid_keys(b->crew, kind);
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
