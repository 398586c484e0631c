#include "index_crew.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "index_park.h"
#include "index_turn.h"
#include "master_rows.h"

/* What the threads share while they read one master. */
struct job {
    const char *path;
    struct master_cut *cut;
    const struct index_crew_events *events;
    _Atomic uint64_t blocks; /* UINT64_MAX until the last is known */
    _Atomic uint64_t next_block;
    struct index_turn cutting;
    struct index_turn appending;
    struct index_park park;
    struct error *error; /* of whoever failed in turn */
    bool failed;         /* likewise; read when all have ended */
};

struct worker {
    struct job *job;
    struct index_rows rows;
    struct master_block block;
    struct master_rows *parser;
    bool has_turn; /* to append its block */
    struct error error;
    pthread_t thread;
    bool started;
};

struct index_crew {
    struct worker *workers;
    unsigned count;
    size_t block_bytes;
};

size_t index_crew_memory(const struct index_rows_setup *setup, unsigned threads, size_t block_bytes)
{
    size_t each = index_rows_memory(setup, block_bytes) + MASTER_BLOCK_MEMORY(block_bytes) + MASTER_ROWS_MEMORY +
                  sizeof(struct worker);

    return MASTER_CUT_MEMORY + threads * each;
}

int index_crew_create(const struct index_rows_setup *setup, unsigned threads, size_t block_bytes,
                      struct index_crew **out, struct error *e)
{
    struct index_crew *crew = calloc(1, sizeof *crew);

    *out = crew;
    if (crew == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for threads");
    crew->block_bytes = block_bytes;
    crew->workers = calloc(threads, sizeof *crew->workers);
    if (crew->workers == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for threads");
    for (; crew->count < threads; crew->count++)
        if (index_rows_init(&crew->workers[crew->count].rows, setup, block_bytes, e) != 0) {
            crew->count++;
            return -1;
        }
    return 0;
}

void index_crew_free(struct index_crew *crew)
{
    if (crew == NULL)
        return;
    for (unsigned i = 0; i < crew->count; i++)
        index_rows_free(&crew->workers[i].rows);
    free(crew->workers);
    free(crew);
}

/* ---- what a thread does ---- */

/* Waits until the worker's block is the next to be appended; -1 where everything was stopped. */
static int take_turn(struct worker *w)
{
    if (!w->has_turn && !index_turn_wait(&w->job->appending, w->block.number))
        return -1;
    w->has_turn = true;
    return 0;
}

/* Reports the worker's error when its turn has come, so that an earlier one goes first; and stops everybody. */
static int fail_in_turn(struct worker *w)
{
    if (take_turn(w) == 0) {
        *w->job->error = w->error;
        w->job->failed = true;
        index_turn_stop(&w->job->cutting);
        index_turn_stop(&w->job->appending);
    }
    return -1;
}

static int append(struct worker *w)
{
    const struct index_crew_events *events = w->job->events;

    if (take_turn(w) != 0)
        return -1;
    if (events->on_rows(events->opaque, &w->rows, w->block.read_to, &w->error) != 0)
        return fail_in_turn(w);
    index_rows_clear(&w->rows);
    return 0;
}

static int refuse_bad_row(struct worker *w, struct master_row *row)
{
    const struct index_crew_events *events = w->job->events;

    if (append(w) != 0)
        return -1;
    row->line = master_rows_line(w->parser);
    return events->on_bad_row(events->opaque, row, &w->error) == 0 ? 0 : fail_in_turn(w);
}

static int add_row(struct worker *w, const struct master_row *row)
{
    enum index_rows_result result;

    if (!index_rows_have_room(&w->rows) && append(w) != 0)
        return -1;
    index_rows_read(&w->rows, row);
    result = index_rows_write(&w->rows, w->has_turn);
    if (result == INDEX_ROWS_NEW_VALUE) {
        if (take_turn(w) != 0)
            return -1;
        result = index_rows_write(&w->rows, true);
    }
    if (result == INDEX_ROWS_OK)
        return 0;
    error_write(
        &w->error, ERROR_DATA,
        "%s: line %llu (byte %llu): the record of a row has more than %u bytes, the limit; carry fewer columns along",
        w->job->path, (unsigned long long)master_rows_line(w->parser), (unsigned long long)row->offset,
        INDEX_RECORD_MAX);
    return fail_in_turn(w);
}

/* Reads the block and finds its rows. */
static int fetch_block(struct worker *w, uint64_t number)
{
    struct job *job = w->job;

    if (master_cut_read(job->cut, number, &w->block, &w->error) != 0)
        return fail_in_turn(w);
    if (!index_turn_wait(&job->cutting, number))
        return -1;
    if (master_cut_block(job->cut, &w->block, &w->error) != 0)
        return fail_in_turn(w); /* with the turn to cut, so that nobody goes on behind it */
    if (w->block.last)
        atomic_store(&job->blocks, number + 1);
    index_turn_pass(&job->cutting);
    return 0;
}

static int do_block(struct worker *w, uint64_t number)
{
    struct master_row row;

    w->has_turn = false;
    if (fetch_block(w, number) != 0)
        return -1;
    master_rows_start(w->parser, &w->block);
    while (master_rows_next(w->parser, &row))
        if ((row.status == MASTER_ROW_OK ? add_row(w, &row) : refuse_bad_row(w, &row)) != 0)
            return -1;
    if (append(w) != 0)
        return -1;
    index_park_set(&w->job->park, w->job->events->is_short_of_memory(w->job->events->opaque));
    index_turn_pass(&w->job->appending);
    return 0;
}

/* Between blocks a thread's buffers hold nothing. */
static void release_buffers(void *opaque)
{
    struct worker *w = opaque;

    index_rows_release(&w->rows);
    index_park_release(w->block.memory, MASTER_BLOCK_MEMORY(master_cut_block_bytes(w->job->cut)));
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct job *job = w->job;
    uint64_t number;

    index_park_join(&job->park);
    do {
        index_park_pass(&job->park, release_buffers, w);
        number = atomic_fetch_add(&job->next_block, 1);
    } while (number < atomic_load(&job->blocks) && do_block(w, number) == 0);
    index_park_end(&job->park); /* nothing is left to take, for whatever reason */
    return NULL;
}

/* ---- a master ---- */

static int prepare_worker(struct worker *w, struct job *job, uint32_t source, const struct master_columns *columns,
                          const struct master_rows_setup *setup, struct error *e)
{
    uint32_t wanted[MASTER_ROLE_COUNT + SECURITY_CARRIED_MAX];
    size_t count;

    w->job = job;
    index_rows_set_source(&w->rows, source, columns);
    count = index_rows_wanted(&w->rows, wanted);
    if (master_block_init(job->cut, &w->block, e) != 0)
        return -1;
    return master_rows_create(setup, wanted, count, &w->parser, e);
}

static void release_worker(struct worker *w)
{
    master_rows_free(w->parser);
    master_block_free(&w->block);
    w->parser = NULL;
}

static void run_workers(struct index_crew *crew, uint64_t blocks)
{
    for (unsigned i = 1; i < crew->count && i < blocks; i++)
        crew->workers[i].started = pthread_create(&crew->workers[i].thread, NULL, work, &crew->workers[i]) == 0;
    work(&crew->workers[0]);
    for (unsigned i = 1; i < crew->count; i++) {
        if (crew->workers[i].started)
            pthread_join(crew->workers[i].thread, NULL);
        crew->workers[i].started = false;
    }
}

static int read_blocks(struct index_crew *crew, struct job *job, uint32_t source, const struct master_columns *columns,
                       const struct master_rows_setup *setup, struct error *e)
{
    int status = 0;

    index_turn_init(&job->cutting);
    index_turn_init(&job->appending);
    index_park_init(&job->park);
    job->blocks = master_cut_blocks(job->cut);
    for (unsigned i = 0; status == 0 && i < crew->count; i++)
        status = prepare_worker(&crew->workers[i], job, source, columns, setup, e);
    if (status == 0) {
        run_workers(crew, job->blocks);
        status = job->failed ? -1 : 0;
    }
    for (unsigned i = 0; i < crew->count; i++)
        release_worker(&crew->workers[i]);
    index_park_destroy(&job->park);
    index_turn_destroy(&job->appending);
    index_turn_destroy(&job->cutting);
    return status;
}

int index_crew_read(struct index_crew *crew, struct index_source *source, uint32_t number, struct master *master,
                    const struct index_crew_events *events, struct error *e)
{
    struct job job = {.path = source->path, .events = events, .error = e};
    struct master_columns columns = *master_columns(master);
    struct master_rows_setup setup = {columns.count, master_delimiter(master), master_encoding(master)};
    int status = master_cut_open(master, crew->block_bytes, &job.cut, e);

    master_close(master);
    if (status == 0)
        status = read_blocks(crew, &job, number, &columns, &setup, e);
    if (status == 0)
        status = master_cut_finish(job.cut, source->digest, &source->text_bytes, e);
    master_cut_close(job.cut);
    return status;
}

/* ---- what was seen ---- */

void index_crew_estimate(const struct index_crew *crew, enum identifier_kind kind, struct index_estimate *estimate)
{
    memset(estimate, 0, sizeof *estimate);
    for (unsigned i = 0; i < crew->count; i++)
        if (crew->workers[i].rows.estimate[kind] != NULL)
            index_estimate_merge(estimate, crew->workers[i].rows.estimate[kind]);
}

uint64_t index_crew_invalid_keys(const struct index_crew *crew, enum identifier_kind kind)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < crew->count; i++)
        count += crew->workers[i].rows.invalid_keys[kind];
    return count;
}
