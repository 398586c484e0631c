#include "index_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "index_pages.h"
#include "index_turn.h"

#define HASH_BITS 64u
#define DIGIT_BITS 11u /* of one pass of the sort */
#define DIGITS (1u << DIGIT_BITS)
#define RUNS_AHEAD 8u  /* whose first pairs are on their way from the disk */
#define SMALL_SORT 32u /* pairs that are sorted by insertion */

struct table {
    const struct table_input *in;
    struct index_kind_counts *counts;
    struct index_writer *page_writer;
    struct index_writer *posting_writer;
    struct spill_run overflow;
    uint64_t pages;
    uint64_t page_number; /* of the page being filled */
    struct index_page page;
    struct index_turn turn; /* to add to the sections, by the number of the run */
    _Atomic uint32_t next_run;
    struct error *error; /* of the first that failed in turn */
    bool failed;
};

/* A thread, and its part of the memory. */
struct sorter {
    struct table *table;
    unsigned char *extent; /* to read runs through */
    unsigned char *memory;
    size_t memory_len;
    struct error error;
    pthread_t thread;
    bool started;
};

/* ---- pages ---- */

static int write_page(struct table *t, struct error *e)
{
    if (index_writer_put(t->page_writer, &t->page, sizeof t->page, e) != 0)
        return -1;
    memset(&t->page, 0, sizeof t->page);
    t->page_number++;
    return 0;
}

/* ---- lists ---- */

static int put_word(struct table *t, uint32_t word, struct error *e)
{
    return index_writer_put(t->posting_writer, &word, sizeof word, e);
}

static int refuse_lists(const struct table *t, struct error *e)
{
    return error_set(e, ERROR_DATA, "keys of kind %s lead to more rows than the limit of %u",
                     identifier_kind_name(t->in->kind), UINT32_MAX);
}

/* Starts a list of `count` positions; they have to follow. */
static int start_list(struct table *t, uint64_t hash, uint64_t count, uint32_t *list, struct error *e)
{
    uint64_t at = index_writer_length(t->posting_writer) / sizeof(uint32_t);

    if (at + INDEX_LIST_HEADER + count > UINT32_MAX)
        return refuse_lists(t, e);
    *list = (uint32_t)at;
    return put_word(t, (uint32_t)count, e) != 0 || put_word(t, index_hash_check(hash), e) != 0 ? -1 : 0;
}

/* Brings a slot to its page. Hashes have to come in ascending order. */
static int add_slot(struct table *t, uint64_t hash, uint32_t value, bool is_list, struct error *e)
{
    uint64_t page = index_hash_page(hash, t->pages);

    while (t->page_number < page)
        if (write_page(t, e) != 0)
            return -1;
    if (index_page_place(&t->page, hash, value, is_list))
        return 0;
    if (!is_list) {
        uint32_t position = value;

        if (start_list(t, hash, 1, &value, e) != 0 || put_word(t, position, e) != 0)
            return -1;
    }
    return spill_add(t->in->spill, &t->overflow, hash, value, e);
}

/* ---- sorting ---- */

static void sort_small(struct spill_pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct spill_pair pair = pairs[i];
        size_t to = i;

        for (; to > 0 && pairs[to - 1].hash > pair.hash; to--)
            pairs[to] = pairs[to - 1];
        pairs[to] = pair;
    }
}

static bool is_sorted(const struct spill_pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (pairs[i - 1].hash > pairs[i].hash)
            return false;
    return true;
}

/* By hash, keeping the order of those with the same: by the digits from the highest that differs. */
static void sort_pairs(struct spill_pair *pairs, struct spill_pair *scratch, size_t count, unsigned bits)
{
    unsigned shift = bits < HASH_BITS - DIGIT_BITS ? HASH_BITS - bits - DIGIT_BITS : 0;
    size_t ends[DIGITS] = {0};
    size_t begin = 0;

    for (size_t i = 0; i < count; i++)
        ends[pairs[i].hash >> shift & (DIGITS - 1)]++;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        size_t n = ends[digit];

        ends[digit] = begin;
        begin += n;
    }
    for (size_t i = 0; i < count; i++)
        scratch[ends[pairs[i].hash >> shift & (DIGITS - 1)]++] = pairs[i];
    memcpy(pairs, scratch, count * sizeof *pairs);
    begin = 0;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        size_t part = ends[digit] - begin;

        if (part > SMALL_SORT && !is_sorted(pairs + begin, part))
            sort_pairs(pairs + begin, scratch, part, bits + DIGIT_BITS);
        else
            sort_small(pairs + begin, part);
        begin = ends[digit];
    }
}

/* ---- runs ---- */

static void count_key(struct table *t, uint64_t rows)
{
    t->counts->keys++;
    t->counts->duplicate_keys += rows > 1;
}

static int add_sorted(struct table *t, const struct spill_pair *pairs, uint64_t count, struct error *e)
{
    uint32_t list = 0;

    count_key(t, count);
    if (count == 1)
        return add_slot(t, pairs->hash, pairs->position, false, e);
    if (start_list(t, pairs->hash, count, &list, e) != 0)
        return -1;
    for (uint64_t i = 0; i < count; i++)
        if (put_word(t, pairs[i].position, e) != 0)
            return -1;
    return add_slot(t, pairs->hash, list, true, e);
}

static struct spill_pair *loaded_pairs(const struct sorter *s)
{
    return (struct spill_pair *)(void *)s->memory;
}

static bool fits(const struct sorter *s, const struct spill_run *run)
{
    return run->count <= s->memory_len / TABLE_PAIR_MEMORY;
}

/* Reads a run that fits the memory, and sorts it. */
static int load(struct sorter *s, const struct spill_run *run, unsigned bits, struct error *e)
{
    struct spill_pair *pairs = loaded_pairs(s);
    size_t count = (size_t)run->count;
    struct spill_cursor cursor;

    spill_rewind(run, s->extent, false, &cursor);
    for (size_t i = 0; i < count; i++)
        if (spill_next(s->table->in->spill, &cursor, &pairs[i], e) != 1)
            return -1;
    if (run->mixed)
        sort_pairs(pairs, pairs + count, count, bits);
    return 0;
}

static int add_pairs(struct table *t, const struct spill_pair *pairs, size_t count, struct error *e)
{
    size_t end;

    for (size_t begin = 0; begin < count; begin = end) {
        for (end = begin + 1; end < count && pairs[end].hash == pairs[begin].hash;)
            end++;
        if (add_sorted(t, pairs + begin, end - begin, e) != 0)
            return -1;
    }
    return 0;
}

/* Adds what was loaded. */
static int add_loaded(const struct sorter *s, const struct spill_run *run, struct error *e)
{
    return add_pairs(s->table, loaded_pairs(s), (size_t)run->count, e);
}

/* Pages that were filled ahead go behind the ones that are there. */
static int add_pages(struct table *t, struct index_pages *pages, struct error *e)
{
    uint64_t base = index_writer_length(t->posting_writer) / sizeof(uint32_t);

    while (t->page_number < pages->first)
        if (write_page(t, e) != 0)
            return -1;
    if (base + pages->word_count > UINT32_MAX)
        return refuse_lists(t, e);
    index_pages_move_lists(pages, (uint32_t)base);
    if (index_writer_put(t->posting_writer, pages->words, pages->word_count * sizeof *pages->words, e) != 0 ||
        index_writer_put(t->page_writer, pages->pages, pages->count * sizeof *pages->pages, e) != 0)
        return -1;
    t->page_number += pages->count;
    t->counts->keys += pages->keys;
    t->counts->duplicate_keys += pages->duplicate_keys;
    return 0;
}

/* Adds what was loaded, most of which stands in whole pages already; only the first and the last page may be shared
 * with other runs. */
static int add_filled(const struct sorter *s, const struct spill_run *run, struct index_pages *pages, struct error *e)
{
    const struct spill_pair *pairs = loaded_pairs(s);

    if (add_pairs(s->table, pairs, pages->begin, e) != 0 || add_pages(s->table, pages, e) != 0)
        return -1;
    return add_pairs(s->table, pairs + pages->end, (size_t)run->count - pages->end, e);
}

/* A run of one hash alone: its positions go from the disk to the list. */
static int add_single(struct sorter *s, const struct spill_run *run, struct error *e)
{
    struct table *t = s->table;
    struct spill_cursor cursor;
    struct spill_pair pair;
    uint32_t list = 0;
    int got;

    count_key(t, run->count);
    if (start_list(t, run->first_hash, run->count, &list, e) != 0)
        return -1;
    spill_rewind(run, s->extent, false, &cursor);
    while ((got = spill_next(t->in->spill, &cursor, &pair, e)) == 1)
        if (put_word(t, pair.position, e) != 0)
            return -1;
    return got != 0 ? -1 : add_slot(t, run->first_hash, list, true, e);
}

static int split_run(struct sorter *s, const struct spill_run *run, unsigned bits, struct spill_run parts[TABLE_SPLIT],
                     struct error *e)
{
    struct table *t = s->table;
    uint32_t extent = spill_extent_bytes(t->in->spill);
    unsigned char *buffers = s->memory;
    struct spill_cursor cursor;
    struct spill_pair pair;
    int got;

    for (size_t i = 0; i < TABLE_SPLIT; i++)
        spill_start(&parts[i], buffers + i * extent);
    spill_rewind(run, s->extent, true, &cursor); /* else skewed keys would take the disk several times */
    while ((got = spill_next(t->in->spill, &cursor, &pair, e)) == 1) {
        size_t part = pair.hash >> (HASH_BITS - bits - TABLE_SPLIT_BITS) & (TABLE_SPLIT - 1);

        if (spill_add(t->in->spill, &parts[part], pair.hash, pair.position, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < TABLE_SPLIT; i++)
        if (got == 0 && spill_seal(t->in->spill, &parts[i], e) != 0)
            return -1;
    return got;
}

/* Adds a run that does not fit. `bits` of the hash are the same in all of it; every splitting adds some, so this
 * ends. */
static int add_large(struct sorter *s, const struct spill_run *run, unsigned bits, struct error *e)
{
    struct spill_run parts[TABLE_SPLIT];

    if (!run->mixed)
        return add_single(s, run, e);
    if (split_run(s, run, bits, parts, e) != 0)
        return -1;
    bits += TABLE_SPLIT_BITS;
    for (size_t i = 0; i < TABLE_SPLIT; i++) {
        if (!fits(s, &parts[i])) {
            if (add_large(s, &parts[i], bits, e) != 0)
                return -1;
        } else if (load(s, &parts[i], bits, e) != 0 || add_loaded(s, &parts[i], e) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- threads ---- */

/* What a thread makes of a run before its turn comes. */
struct prepared {
    bool loaded;
    bool filled;
    struct index_pages pages;
};

static int prepare_run(struct sorter *s, const struct spill_run *run, struct prepared *p)
{
    size_t used = (size_t)run->count * sizeof(struct spill_pair); /* the room to sort in is free again behind it */

    p->loaded = fits(s, run);
    p->filled = false;
    if (!p->loaded)
        return 0;
    if (load(s, run, s->table->in->run_bits, &s->error) != 0)
        return -1;
    p->filled = index_pages_fill(loaded_pairs(s), (size_t)run->count, s->table->pages, s->memory + used,
                                 s->memory_len - used, &p->pages);
    return 0;
}

static int add_prepared(struct sorter *s, const struct spill_run *run, struct prepared *p)
{
    if (p->filled)
        return add_filled(s, run, &p->pages, &s->error);
    return p->loaded ? add_loaded(s, run, &s->error) : add_large(s, run, s->table->in->run_bits, &s->error);
}

static int do_run(struct sorter *s, uint32_t number)
{
    struct table *t = s->table;
    const struct spill_run *run = &t->in->runs[number];
    struct prepared prepared;
    int status = prepare_run(s, run, &prepared);

    if (!index_turn_wait(&t->turn, number))
        return -1;
    if (status == 0)
        status = add_prepared(s, run, &prepared);
    if (status == 0) {
        index_turn_pass(&t->turn);
        return 0;
    }
    *t->error = s->error;
    t->failed = true;
    index_turn_stop(&t->turn);
    return -1;
}

static void *work(void *argument)
{
    struct sorter *s = argument;
    const struct table_input *in = s->table->in;

    for (;;) {
        uint32_t number = atomic_fetch_add(&s->table->next_run, 1);
        uint64_t later = (uint64_t)number + RUNS_AHEAD;

        if (later < in->run_count)
            spill_expect(in->spill, &in->runs[later]);
        if (number >= in->run_count || do_run(s, number) != 0)
            return NULL;
    }
}

/* The calling thread is one of the sorters. */
static int run_sorters(struct table *t, struct sorter *sorters, unsigned threads)
{
    size_t extent = spill_extent_bytes(t->in->spill);
    size_t each = t->in->memory_len / threads / sizeof(struct spill_pair) * sizeof(struct spill_pair);

    for (unsigned i = 0; i < threads; i++) {
        struct sorter *s = &sorters[i];

        *s = (struct sorter){.table = t, .memory = t->in->memory + i * each, .memory_len = each - extent};
        s->extent = s->memory + s->memory_len;
        if (i > 0)
            s->started = pthread_create(&s->thread, NULL, work, s) == 0;
    }
    work(&sorters[0]);
    for (unsigned i = 1; i < threads; i++)
        if (sorters[i].started)
            pthread_join(sorters[i].thread, NULL);
    return t->failed ? -1 : 0;
}

/* ---- sections ---- */

static int write_overflow(struct table *t, struct error *e)
{
    struct index_writer *writer;
    struct spill_cursor cursor;
    struct spill_pair pair;
    int got;

    if (spill_seal(t->in->spill, &t->overflow, e) != 0 ||
        index_file_begin(t->in->file, INDEX_OVERFLOW, t->in->kind, 0, &writer, e) != 0)
        return -1;
    spill_rewind(&t->overflow, t->in->memory, false, &cursor);
    while ((got = spill_next(t->in->spill, &cursor, &pair, e)) == 1) {
        struct index_overflow entry = {pair.hash, pair.position, 0};

        if (index_writer_put(writer, &entry, sizeof entry, e) != 0)
            return -1;
    }
    return got != 0 ? -1 : index_writer_finish(writer, e);
}

static int add_runs(struct table *t, struct error *e)
{
    unsigned threads = t->in->threads < t->in->run_count ? t->in->threads : t->in->run_count;
    struct sorter *sorters = calloc(threads, sizeof *sorters);
    int status;

    if (sorters == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for threads");
    t->error = e;
    index_turn_init(&t->turn);
    status = run_sorters(t, sorters, threads);
    index_turn_destroy(&t->turn);
    free(sorters);
    while (status == 0 && t->page_number < t->pages)
        status = write_page(t, e);
    return status;
}

int index_table_build(const struct table_input *in, struct index_kind_counts *counts, struct error *e)
{
    struct table t = {.in = in, .counts = counts, .pages = in->expected / TABLE_PAGE_KEYS + 1};

    spill_start(&t.overflow, in->overflow_buffer);
    if (index_file_begin(in->file, INDEX_TABLE, in->kind, t.pages * INDEX_PAGE, &t.page_writer, e) != 0 ||
        index_file_begin(in->file, INDEX_POSTINGS, in->kind, 0, &t.posting_writer, e) != 0)
        return -1;
    if (add_runs(&t, e) != 0 || index_writer_finish(t.page_writer, e) != 0 ||
        index_writer_finish(t.posting_writer, e) != 0)
        return -1;
    return write_overflow(&t, e);
}
