#include "index_plan.h"

#include <stdlib.h>

#include "index_crew.h"
#include "index_spill.h"
#include "index_table.h"
#include "master_text.h"
#include "master_unpack.h"

#define ROW_BYTES_GUESS 64u       /* shorter than usual; where rows are shorter yet, runs are split */
#define SMALL_EXTENTS_KEPT 1ul    /* the overflow's buffer */
#define OTHER_MEMORY (1u << 20)   /* the build itself: names, hash states, stacks */
#define CACHED_PAIRS (128u << 10) /* of a run, guessed as high as rows are */
#define SPILL_EXTENT_GOOD (32u << 10)
#define BLOCK_USUAL (1u << 20)
#define BLOCK_SMALL (128u << 10)
#define BLOCK_SMALL_MEMORY (64u << 20) /* bytes of memory below which blocks are small */
#define ARENA_MIN (1u << 20)
#define PACKED_GUESS 4u /* how many times its size a packed master unpacks to, about */
#define WINDOW_SHARE 8u /* of the memory may be what zstd looks back */
#define SAMPLE_ROWS 256u
#define SAMPLE_BYTES (64u << 10)

/* ---- columns and sources ---- */

static char *copy_name(struct slice name)
{
    return name.len > 0 ? strndup(name.ptr, name.len) : strdup("");
}

/* The first master that has a column of a role gives it its name. */
static int take_roles(struct index_plan *plan, const struct master *master, struct error *e)
{
    const struct master_columns *columns = master_columns(master);

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        if (columns->role[role] == MASTER_NO_COLUMN || plan->info.has_role[role])
            continue;
        plan->info.role_column[role] = copy_name(master_column_name(master, columns->role[role]));
        if (plan->info.role_column[role] == NULL)
            return error_set(e, ERROR_INTERNAL, "no memory for the names of columns");
        plan->info.has_role[role] = true;
    }
    return 0;
}

/* About how many rows there are: the first ones, which lie in the buffer already, stand for all. Whatever is wrong with
 * them is told when they are read in earnest. */
static uint64_t guess_rows(struct master *master, uint64_t text_bytes)
{
    uint64_t first = master_body(master).offset;
    uint64_t rows = 0;
    struct master_row row;
    struct error ignored;

    while (rows < SAMPLE_ROWS && master_next(master, &row, &ignored) == 1) {
        rows++;
        if (row.offset - first > SAMPLE_BYTES)
            break;
    }
    return rows < 2 || text_bytes < first ? rows : (text_bytes - first) / ((row.offset - first) / (rows - 1) + 1);
}

/* Takes a source's size and packing into account; returns how long its text may be. */
static uint64_t guess_text(struct index_plan *plan, const struct index_source *source)
{
    uint64_t unpack = MASTER_UNPACK_MEMORY + (source->packing == MASTER_ZSTD ? plan->master.window : 0);
    uint64_t guess = source->size;

    plan->total_bytes += source->size;
    if (source->packing != MASTER_PLAIN) {
        guess *= PACKED_GUESS;
        if (plan->unpack_memory < unpack)
            plan->unpack_memory = unpack;
    }
    plan->text_guess += guess;
    return guess;
}

static int plan_source(struct index_plan *plan, const char *path, const struct index_build_options *options,
                       struct error *e)
{
    struct index_source *source = &plan->sources[plan->info.source_count];
    struct master *master;
    uint64_t text_bytes;
    int status;

    if (master_open(path, &plan->master, &master, e) != 0)
        return -1;
    master_fingerprint(master, &source->size, &source->mtime_ns, source->digest);
    source->delimiter = master_delimiter(master);
    source->packing = master_packing(master);
    source->path = strdup(path);
    plan->info.source_count++;
    text_bytes = guess_text(plan, source);
    status = source->path != NULL ? take_roles(plan, master, e)
                                  : error_set(e, ERROR_INTERNAL, "%s: no memory for its name", path);
    if (status == 0 && options->events.on_columns != NULL)
        options->events.on_columns(options->events.opaque, path, master);
    if (status == 0)
        plan->rows_guess += guess_rows(master, text_bytes);
    master_close(master);
    return status;
}

static int take_carried(struct index_plan *plan, const struct master_options *options, struct error *e)
{
    for (size_t i = 0; i < options->carried_count; i++) {
        plan->info.carried_names[i] = strdup(options->carried[i]);
        if (plan->info.carried_names[i] == NULL)
            return error_set(e, ERROR_INTERNAL, "no memory for the names of columns");
        plan->info.carried_count++;
    }
    return 0;
}

static int take_tables(struct index_plan *plan, uint64_t key_kinds, struct error *e)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);

        if (kind == IDENTIFIER_UNKNOWN || !plan->info.has_role[role] || !identifier_kind_is_key(kind) ||
            (key_kinds != 0 && !(key_kinds >> kind & 1)) || plan->has_table[kind])
            continue;
        plan->has_table[kind] = true;
        plan->table_count++;
    }
    if (plan->table_count == 0)
        return error_set(e, ERROR_CONFIG, "no master has a column of any of the key kinds that the index is to be of");
    return 0;
}

/* A power of two, which is what zstd takes, so that a little more memory does not ask for a little more window. */
static uint64_t choose_window(uint64_t memory)
{
    uint64_t window = 1;

    while (window * 2 * WINDOW_SHARE <= memory)
        window *= 2;
    return window;
}

int index_plan_make(struct index_plan *plan, const char *const *paths, size_t count,
                    const struct index_build_options *options, struct error *e)
{
    memset(plan, 0, sizeof *plan);
    if (count == 0 || count > INDEX_SOURCES_MAX)
        return error_set(e, ERROR_CONFIG, "an index is made of 1 to %d masters, not of %zu", INDEX_SOURCES_MAX, count);
    plan->sources = calloc(count, sizeof *plan->sources);
    if (plan->sources == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu masters", count);
    plan->info.sources = plan->sources;
    plan->info.format = options->master.format;
    plan->master = options->master;
    if (plan->master.window == 0)
        plan->master.window = choose_window(index_build_memory(options));
    for (size_t i = 0; i < count; i++)
        if (plan_source(plan, paths[i], options, e) != 0)
            return -1;
    if (take_carried(plan, &options->master, e) != 0 || take_tables(plan, options->master.key_kinds, e) != 0)
        return -1;
    record_layout_make(plan->info.has_role, plan->info.carried_count, plan->info.source_count, &plan->layout);
    return 0;
}

/* Strings of the plan are its own; index_info shows them to readers as const. */
static void free_text(const char *text)
{
    void *own;

    memcpy(&own, &text, sizeof own);
    free(own);
}

void index_plan_free(struct index_plan *plan)
{
    for (size_t role = 0; role < MASTER_ROLE_COUNT; role++)
        free_text(plan->info.role_column[role]);
    for (size_t i = 0; i < plan->info.carried_count; i++)
        free_text(plan->info.carried_names[i]);
    for (size_t i = 0; i < plan->info.source_count; i++)
        free_text(plan->sources[i].path);
    free(plan->sources);
    memset(plan, 0, sizeof *plan);
}

/* ---- memory ---- */

static size_t crew_memory(const struct index_plan *plan, unsigned threads, size_t block_bytes)
{
    struct index_rows_setup setup = {.layout = &plan->layout, .has_table = plan->has_table};
    size_t text = plan->master.format.encoding == MASTER_ENCODING_LATIN1 ? MASTER_TEXT_MEMORY(MASTER_ROW_MAX) : 0;

    return index_crew_memory(&setup, threads, block_bytes) + threads * text;
}

/* Block size and threads: as many as fit a quarter of the memory, and one at least. */
static void choose_crew(const struct index_plan *plan, uint64_t memory, const struct index_build_options *options,
                        struct index_budget *budget)
{
    unsigned threads = options->threads < INDEX_THREADS_MAX ? options->threads : INDEX_THREADS_MAX;

    budget->block_bytes = memory < BLOCK_SMALL_MEMORY ? BLOCK_SMALL : BLOCK_USUAL;
    if (options->master.read_bytes > 0 && options->master.read_bytes < budget->block_bytes)
        budget->block_bytes = options->master.read_bytes;
    if (threads == 0)
        threads = 1;
    while (threads > 1 && crew_memory(plan, threads, budget->block_bytes) > memory / 4)
        threads--;
    budget->threads = threads;
}

/* What a build holds whatever the number of runs. A master that is open for its header is closed again before the crew
 * starts on its rows, but the crew's other buffers are there. */
static uint64_t fixed_memory(const struct index_plan *plan, const struct index_budget *budget)
{
    uint64_t checksums = plan->text_guess / INDEX_CHECKSUM_BLOCK * sizeof(uint64_t) * 2;

    return crew_memory(plan, budget->threads, budget->block_bytes) + MASTER_MEMORY + DICTIONARY_MEMORY +
           INDEX_FILE_MEMORY + OTHER_MEMORY + plan->unpack_memory + checksums;
}

/* As many runs as make each fit a thread's part of the arena when it is sorted, and leave each a decent extent; more of
 * them, so that sorting stays in the processor's cache, as long as extents stay large. */
static unsigned choose_run_bits(const struct index_plan *plan, unsigned threads, uint64_t arena)
{
    uint64_t pairs = plan->text_guess / ROW_BYTES_GUESS;
    uint64_t fit = arena / threads / TABLE_PAIR_MEMORY;
    unsigned bits = 0;

    while (fit << bits < pairs && (uint64_t)plan->table_count * SPILL_EXTENT_MIN << (bits + 1) <= arena / 2)
        bits++;
    while ((uint64_t)CACHED_PAIRS << bits < pairs &&
           (uint64_t)plan->table_count * SPILL_EXTENT_GOOD << (bits + 1) <= arena)
        bits++;
    return bits;
}

int index_plan_budget(const struct index_plan *plan, uint64_t memory, const struct index_build_options *options,
                      struct index_budget *budget, struct error *e)
{
    uint64_t fixed;
    uint64_t buffers;
    uint64_t needed;
    uint64_t extents;
    uint64_t arena;
    uint64_t extent;

    choose_crew(plan, memory, options, budget);
    fixed = fixed_memory(plan, budget);
    if (memory < INDEX_MEMORY_MIN || memory < fixed + ARENA_MIN + SMALL_EXTENTS_KEPT * SPILL_EXTENT_MAX)
        return error_set(e, ERROR_CONFIG, "%llu bytes of memory are too few for these masters; --memory has to be %llu",
                         (unsigned long long)memory,
                         (unsigned long long)(fixed + ARENA_MIN + SMALL_EXTENTS_KEPT * SPILL_EXTENT_MAX));
    arena = memory - fixed - SMALL_EXTENTS_KEPT * SPILL_EXTENT_MAX;
    budget->run_bits = choose_run_bits(plan, budget->threads, arena);
    buffers = (uint64_t)plan->table_count << budget->run_bits;
    arena -= buffers * sizeof(struct spill_run);
    needed = (uint64_t)budget->threads * (TABLE_EXTENTS + 1); /* one more, since parts of the arena are rounded */
    extents = buffers > needed ? buffers : needed;
    extent = arena / extents / SPILL_EXTENT_MIN * SPILL_EXTENT_MIN;
    budget->extent_bytes = (uint32_t)(extent < SPILL_EXTENT_MAX ? extent : SPILL_EXTENT_MAX);
    budget->arena = (size_t)arena;
    if (extent < SPILL_EXTENT_MIN)
        return error_set(e, ERROR_CONFIG, "%llu bytes of memory are too few for these masters; give a larger --memory",
                         (unsigned long long)memory);
    return 0;
}
