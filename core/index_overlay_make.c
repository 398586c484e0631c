#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "index_overlay_internal.h"
#include "index_pages.h"
#include "index_table.h"

/* The rows on top of a base, with all that they own. */
struct top {
    struct index index; /* first, so that it stands for all of it */
    unsigned char *records;
    struct index_page *pages[IDENTIFIER_KIND_COUNT];
    uint32_t *words[IDENTIFIER_KIND_COUNT];
    struct index_overflow *overflow[IDENTIFIER_KIND_COUNT];
    struct index_source *sources; /* of the base and the deltas */
    char *paths;                  /* of the deltas */
    uint64_t rows;
};

void index_top_free(struct index *index)
{
    struct top *top = (struct top *)(void *)index;

    if (top == NULL)
        return;
    for (size_t kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        free(top->pages[kind]);
        free(top->words[kind]);
        free(top->overflow[kind]);
    }
    free(top->records);
    free(top->sources);
    free(top->paths);
    free(top);
}

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "no memory for an index with deltas");
}

/* ---- records ---- */

/* The living rows, close together, in their order. */
static int make_records(const struct index_overlay *o, struct top *top, struct error *e)
{
    size_t used = 0;

    top->records = malloc(o->arena_used + 1); /* never of 0 bytes */
    if (top->records == NULL)
        return no_memory(e);
    for (size_t i = 0; i < o->row_count; i++) {
        const struct overlay_row *row = &o->rows[i];

        if (row->dead)
            continue;
        memcpy(top->records + used, o->arena + row->at - INDEX_ORIGIN, INDEX_ORIGIN + row->len);
        used += INDEX_ORIGIN + row->len;
        top->rows++;
    }
    top->index.records = top->records;
    top->index.record_bytes = used;
    return 0;
}

/* ---- tables ---- */

/* Pairs of one kind, with positions among the living rows; returns how many. */
static size_t collect_pairs(const struct index_overlay *o, enum identifier_kind kind, struct spill_pair *out)
{
    const struct index_pair *pair = o->pairs;
    uint64_t position = INDEX_ORIGIN / OVERLAY_UNIT;
    size_t count = 0;

    for (size_t i = 0; i < o->row_count; pair += o->rows[i++].pairs) {
        if (o->rows[i].dead)
            continue;
        for (uint32_t k = 0; k < o->rows[i].pairs; k++)
            if (pair[k].kind == (uint32_t)kind)
                out[count++] = (struct spill_pair){pair[k].hash, (uint32_t)position};
        position += (INDEX_ORIGIN + o->rows[i].len) / OVERLAY_UNIT;
    }
    return count;
}

static int compare_pairs(const void *one, const void *other)
{
    const struct spill_pair *a = one;
    const struct spill_pair *b = other;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static uint32_t put_list(struct table *t, uint32_t *words, const struct spill_pair *pairs, size_t count)
{
    uint32_t list = (uint32_t)t->word_count;

    words[t->word_count++] = (uint32_t)count;
    words[t->word_count++] = index_hash_check(pairs->hash);
    for (size_t i = 0; i < count; i++)
        words[t->word_count++] = pairs[i].position;
    return list;
}

/* The pairs of one hash; what its page has no room for goes behind all pages, always as a list. */
static void put_hash(struct top *top, enum identifier_kind kind, const struct spill_pair *pairs, size_t count)
{
    struct table *t = &top->index.tables[kind];
    uint32_t value = count > 1 ? put_list(t, top->words[kind], pairs, count) : pairs->position;
    struct index_page *page = &top->pages[kind][index_hash_page(pairs->hash, t->page_count)];

    if (index_page_place(page, pairs->hash, value, count > 1))
        return;
    if (count == 1)
        value = put_list(t, top->words[kind], pairs, count);
    top->overflow[kind][t->overflow_count++] = (struct index_overflow){pairs->hash, value, 0};
}

static int reserve_table(struct top *top, enum identifier_kind kind, size_t pairs, struct error *e)
{
    struct table *t = &top->index.tables[kind];

    t->page_count = pairs / TABLE_PAGE_KEYS + 1;
    top->pages[kind] = calloc(t->page_count, sizeof *t->pages);
    top->words[kind] = calloc(pairs + 1, (1 + INDEX_LIST_HEADER) * sizeof *t->words); /* as if each were a list */
    top->overflow[kind] = calloc(pairs + 1, sizeof *t->overflow);
    t->pages = top->pages[kind];
    t->words = top->words[kind];
    t->overflow = top->overflow[kind];
    return t->pages == NULL || t->words == NULL || t->overflow == NULL ? no_memory(e) : 0;
}

static int make_table(const struct index_overlay *o, struct top *top, enum identifier_kind kind,
                      struct spill_pair *pairs, struct error *e)
{
    size_t count = collect_pairs(o, kind, pairs);
    size_t end;

    if (reserve_table(top, kind, count, e) != 0)
        return -1;
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t begin = 0; begin < count; begin = end) {
        for (end = begin + 1; end < count && pairs[end].hash == pairs[begin].hash;)
            end++;
        put_hash(top, kind, pairs + begin, end - begin);
    }
    return 0;
}

static int make_tables(const struct index_overlay *o, struct top *top, struct error *e)
{
    struct spill_pair *pairs = malloc((o->pair_count + 1) * sizeof *pairs);
    int status = pairs != NULL ? 0 : no_memory(e);

    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT && status == 0; kind++)
        if (o->has_table[kind])
            status = make_table(o, top, kind, pairs, e);
    free(pairs);
    return status;
}

/* ---- sources ---- */

/* Each keeps the number that it had while its rows were read. */
static int make_sources(const struct index_overlay *o, struct top *top, struct error *e)
{
    const struct index_info *info = index_info(o->base);
    size_t bytes = 1;
    char *to;

    for (size_t i = 0; i < o->file_count; i++)
        bytes += strlen(o->files[i].path) + 1;
    top->paths = to = malloc(bytes);
    top->sources = calloc(info->source_count + o->file_count, sizeof *top->sources);
    if (top->paths == NULL || top->sources == NULL)
        return no_memory(e);
    memcpy(top->sources, info->sources, info->source_count * sizeof *top->sources);
    for (size_t i = 0; i < o->file_count; i++) {
        top->sources[info->source_count + i] = o->files[i].source;
        top->sources[info->source_count + i].path = to;
        to = stpcpy(to, o->files[i].path) + 1;
    }
    return 0;
}

static int make_top(const struct index_overlay *o, struct index **out, struct error *e)
{
    struct top *top = calloc(1, sizeof *top);

    if (top == NULL)
        return no_memory(e);
    top->index.is_top = true;
    top->index.seed = o->base->seed;
    top->index.record_unit = OVERLAY_UNIT;
    top->index.view = o->view;
    *out = &top->index;
    if (o->arena_used / OVERLAY_UNIT > INDEX_POSITIONS_MAX)
        return error_set(e, ERROR_DATA, "the rows of deltas are longer than the limit of %llu bytes",
                         (unsigned long long)INDEX_POSITIONS_MAX * OVERLAY_UNIT);
    return make_records(o, top, e) != 0 || make_tables(o, top, e) != 0 || make_sources(o, top, e) != 0 ? -1 : 0;
}

/* ---- the whole ---- */

static void describe(const struct index_overlay *o, struct index *index)
{
    const struct top *top = (const struct top *)(const void *)index->top;
    struct index_info *info = &index->info;

    memcpy(info->version, o->version, sizeof info->version);
    index->identity = XXH3_64bits_withSeed(o->version, INDEX_VERSION_LEN, o->base->identity);
    info->sources = top->sources;
    info->source_count += o->file_count;
    info->rows = info->rows - o->mask.count + top->rows;
    info->record_bytes += top->index.record_bytes;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        const struct table *t = &top->index.tables[kind];

        info->keys[kind] += (uint64_t)o->tally.kinds[kind].keys;
        info->duplicate_keys[kind] += (uint64_t)o->tally.kinds[kind].duplicate_keys;
        info->invalid_keys[kind] += (uint64_t)o->tally.kinds[kind].invalid_keys;
        index->rows_under[kind] = o->tally.kinds[kind].rows;
        info->table_bytes += t->page_count * sizeof *t->pages + t->word_count * sizeof *t->words +
                             t->overflow_count * sizeof *t->overflow;
    }
}

int index_overlay_index(const struct index_overlay *overlay, struct index **out, struct error *e)
{
    struct index *index;

    *out = NULL;
    if (overlay->file_count == 0) {
        *out = index_hold(overlay->base);
        return 0;
    }
    index = malloc(sizeof *index);
    if (index == NULL)
        return no_memory(e);
    *index = *overlay->base;
    index->holders = 1;
    index->base = index_hold(overlay->base);
    if (make_top(overlay, &index->top, e) != 0 || index_mask_copy(&index->mask, &overlay->mask, e) != 0)
        goto fail;
    describe(overlay, index);
    *out = index;
    return 0;
fail:
    index_close(index);
    return -1;
}
