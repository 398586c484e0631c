#include "index_overlay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "delta.h"
#include "index_overlay_internal.h"
#include "row_key.h"

#define ROOM_FIRST 64u
#define CHAINS_FIRST 1024u
#define ROWS_BLOCK (128u << 10) /* bytes of a master for which a reader has buffers */

int overlay_reserve(void *array, size_t *room, size_t count, size_t more, size_t size, struct error *e)
{
    size_t wanted = *room > 0 ? *room : ROOM_FIRST;
    void *grown;

    if (more <= *room - count)
        return 0;
    while (wanted - count < more)
        wanted *= 2;
    memcpy(&grown, array, sizeof grown); /* whatever it is an array of */
    grown = reallocarray(grown, wanted, size);
    if (grown == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the rows of deltas");
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return 0;
}

/* ---- chains ---- */

static uint64_t hash_key(const struct index_overlay *o, const struct row_key *key)
{
    return index_hash(o->base->seed, key->kind, key->key);
}

static uint32_t *chain_of(const struct index_overlay *o, uint64_t hash)
{
    return &o->chains[hash & (o->chain_count - 1)];
}

static void chain(struct index_overlay *o, size_t row)
{
    uint32_t *first = chain_of(o, o->rows[row].hash);

    o->rows[row].next = *first;
    *first = (uint32_t)row + 1;
}

static int reserve_chains(struct index_overlay *o, struct error *e)
{
    size_t count = o->chain_count > 0 ? 2 * o->chain_count : CHAINS_FIRST;
    uint32_t *chains;

    if (o->row_count < o->chain_count)
        return 0;
    chains = calloc(count, sizeof *chains);
    if (chains == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the rows of deltas");
    free(o->chains);
    o->chains = chains;
    o->chain_count = count;
    for (size_t i = 0; i < o->row_count; i++)
        chain(o, i);
    return 0;
}

/* ---- rows as they stand ---- */

static void read_top(const struct index_overlay *o, const struct overlay_row *row, struct security *out)
{
    (void)record_decode(&o->view, o->arena + row->at, row->len, out);
}

static void read_base(const struct index_overlay *o, uint32_t position, struct security *out)
{
    uint64_t at = (uint64_t)position * o->base->record_unit;

    (void)record_decode(&o->base->view, o->base->records + at, o->base->record_bytes - at, out);
}

/* A row of the base goes, or comes back. */
static void tally_base(struct index_overlay *o, uint32_t position, int change)
{
    struct security row;

    read_base(o, position, &row);
    index_tally_row(&o->tally, o->base, &row, change);
}

static void tally_top(struct index_overlay *o, const struct overlay_row *top, int change)
{
    struct security row;

    read_top(o, top, &row);
    index_tally_row(&o->tally, o->base, &row, change);
}

/* ---- which row is meant ---- */

/* A row of the index as it is: of the base, or of those on top. */
struct target {
    bool in_base;
    uint32_t number; /* its position, or its place among the rows on top */
};

/* Those that go by the same key. */
struct found {
    uint64_t all;
    uint64_t same;     /* of the same listing */
    struct target any; /* the last one */
    struct target one; /* of the same listing, likewise */
};

static void consider(struct found *found, struct target target, bool is_same)
{
    found->all++;
    found->any = target;
    if (is_same) {
        found->same++;
        found->one = target;
    }
}

/* Who deletes need not say the listing. */
static bool agrees(struct slice said, struct slice value)
{
    return said.len == 0 || slice_equal(said, value);
}

static bool is_same_listing(const struct security *said, const struct security *row, enum delta_action action)
{
    if (action != DELTA_DELETE)
        return row_key_is_same_listing(said, row);
    return agrees(said->value[ROLE_MIC], row->value[ROLE_MIC]) &&
           agrees(said->value[ROLE_CURRENCY], row->value[ROLE_CURRENCY]);
}

/* What is asked of a row: whether it is one that a row of a delta may mean. */
struct asked {
    const struct security *said;
    struct row_key key;
    enum delta_action action;
};

static void ask(const struct index_overlay *o, const struct asked *asked, const struct security *row,
                struct target target, struct found *found)
{
    struct row_key own = row_key_of(row, o->kinds);

    if (row_key_equal(&own, &asked->key))
        consider(found, target, is_same_listing(asked->said, row, asked->action));
}

static void find_in_base(const struct index_overlay *o, const struct asked *asked, struct found *found)
{
    struct index_cursor cursor;
    struct security security;
    struct index_row row;

    index_find(o->base, asked->key.kind, asked->key.key, &cursor);
    while (index_next_row(&cursor, &row)) {
        struct target target = {true, (uint32_t)((uint64_t)(row.record - o->base->records) / o->base->record_unit)};

        if (index_mask_holds(&o->mask, target.number))
            continue;
        index_row_read(&row, &security);
        ask(o, asked, &security, target, found);
    }
}

static void find_on_top(const struct index_overlay *o, const struct asked *asked, struct found *found)
{
    uint64_t hash = hash_key(o, &asked->key);
    struct security security;

    if (o->chain_count == 0)
        return;
    for (uint32_t next = *chain_of(o, hash); next != 0; next = o->rows[next - 1].next) {
        const struct overlay_row *row = &o->rows[next - 1];

        if (row->dead || row->hash != hash)
            continue;
        read_top(o, row, &security);
        ask(o, asked, &security, (struct target){false, next - 1}, found);
    }
}

/* ---- changing the state ---- */

static int take_away(struct index_overlay *o, struct target target, struct error *e)
{
    if (index_tally_reserve(&o->tally, e) != 0)
        return -1;
    if (target.in_base) {
        if (index_mask_add(&o->mask, target.number, e) != 0)
            return -1;
        tally_base(o, target.number, -1);
        return 0;
    }
    if (overlay_reserve(&o->killed, &o->killed_room, o->killed_count, 1, sizeof *o->killed, e) != 0)
        return -1;
    o->rows[target.number].dead = true;
    o->killed[o->killed_count++] = target.number;
    tally_top(o, &o->rows[target.number], -1);
    return 0;
}

static int reserve_row(struct index_overlay *o, size_t record, size_t pairs, struct error *e)
{
    return overlay_reserve(&o->arena, &o->arena_room, o->arena_used, INDEX_ORIGIN + record, 1, e) != 0 ||
                   overlay_reserve(&o->rows, &o->row_room, o->row_count, 1, sizeof *o->rows, e) != 0 ||
                   overlay_reserve(&o->pairs, &o->pair_room, o->pair_count, pairs, sizeof *o->pairs, e) != 0 ||
                   reserve_chains(o, e) != 0 || index_tally_reserve(&o->tally, e) != 0
               ? -1
               : 0;
}

/* Appends the row that `rows` has read. */
static int put_on_top(struct index_overlay *o, struct index_rows *rows, const struct row_key *key, struct error *e)
{
    uint64_t source = index_info(o->base)->source_count + o->file_count;
    size_t len;

    index_rows_clear(rows);
    if (index_rows_write(rows, false) != INDEX_ROWS_OK)
        return error_set(e, ERROR_DATA, "the row is longer than the limit of %u bytes", INDEX_RECORD_MAX);
    len = rows->record_used;
    if (reserve_row(o, len, rows->pairs_kept, e) != 0)
        return -1;
    memcpy(o->arena + o->arena_used, &source, INDEX_ORIGIN);
    memcpy(o->arena + o->arena_used + INDEX_ORIGIN, rows->records, len);
    memcpy(o->pairs + o->pair_count, rows->pairs, rows->pairs_kept * sizeof *rows->pairs);
    o->rows[o->row_count] = (struct overlay_row){.at = o->arena_used + INDEX_ORIGIN,
                                                 .hash = hash_key(o, key),
                                                 .len = (uint32_t)len,
                                                 .pairs = (uint32_t)rows->pairs_kept};
    index_tally_row(&o->tally, o->base, &rows->security, 1);
    chain(o, o->row_count++);
    o->arena_used += INDEX_ORIGIN + len;
    o->pair_count += rows->pairs_kept;
    return 0;
}

/* What a file started from, so that it can be undone. */
struct mark {
    struct index_overlay_counts counts;
    uint64_t applied;
    size_t rows;
    size_t arena_used;
    size_t pairs;
    size_t killed;
    size_t masked;
};

static struct mark mark(const struct index_overlay *o)
{
    return (struct mark){o->counts,     o->applied,      o->row_count, o->arena_used,
                         o->pair_count, o->killed_count, o->mask.count};
}

/* Rows leave their chains as they came, the last one first. */
static void undo(struct index_overlay *o, const struct mark *to)
{
    while (o->killed_count > to->killed) {
        struct overlay_row *row = &o->rows[o->killed[--o->killed_count]];

        row->dead = false;
        tally_top(o, row, 1);
    }
    while (o->row_count > to->rows) {
        const struct overlay_row *row = &o->rows[--o->row_count];

        *chain_of(o, row->hash) = row->next;
        tally_top(o, row, -1);
    }
    for (size_t i = to->masked; i < o->mask.count; i++)
        tally_base(o, o->mask.positions[i], 1);
    index_mask_cut(&o->mask, to->masked);
    o->counts = to->counts;
    o->applied = to->applied;
    o->arena_used = to->arena_used;
    o->pair_count = to->pairs;
}

/* ---- rows ---- */

/* A file that is being applied. */
struct applying {
    struct index_overlay *overlay;
    struct delta *delta;
    const char *path;
    struct index_rows rows;
    struct delta_row row;
    uint64_t warnings;
};

static void warn(struct applying *a, const char *what)
{
    const struct index_overlay_options *options = &a->overlay->options;

    if (a->warnings++ < OVERLAY_WARNINGS_SHOWN && options->on_warning != NULL)
        options->on_warning(options->opaque, a->path, a->row.row.line, what);
}

static int add_row(struct applying *a, const struct asked *asked, const struct found *found, struct error *e)
{
    struct index_overlay *o = a->overlay;

    if (found->same == 0) {
        o->counts.added++;
        return put_on_top(o, &a->rows, &asked->key, e);
    }
    o->counts.changed++;
    o->counts.replaced++;
    warn(a, "is to be added, and was there: it takes its place");
    return take_away(o, found->one, e) != 0 ? -1 : put_on_top(o, &a->rows, &asked->key, e);
}

static int change_row(struct applying *a, const struct asked *asked, const struct found *found, struct error *e)
{
    struct index_overlay *o = a->overlay;

    if (found->all == 1 || found->same == 1) {
        o->counts.changed++;
        return take_away(o, found->all == 1 ? found->any : found->one, e) != 0
                   ? -1
                   : put_on_top(o, &a->rows, &asked->key, e);
    }
    o->counts.added++;
    o->counts.unknown++;
    warn(a, "is to be changed, and was not there: it is added");
    return put_on_top(o, &a->rows, &asked->key, e);
}

static int delete_row(struct applying *a, const struct found *found, struct error *e)
{
    struct index_overlay *o = a->overlay;

    index_rows_forget(&a->rows);
    if (found->same == 0) {
        o->counts.absent++;
        warn(a, "is to be deleted, and was not there");
        return 0;
    }
    o->counts.deleted++;
    return take_away(o, found->one, e);
}

static int apply_row(struct applying *a, struct error *e)
{
    struct index_overlay *o = a->overlay;
    struct asked asked = {.said = &a->rows.security, .action = a->row.action};
    struct found found = {0};

    index_rows_read(&a->rows, &a->row.row);
    asked.key = row_key_of(asked.said, o->kinds);
    if (asked.key.kind == IDENTIFIER_UNKNOWN)
        return error_set(e, ERROR_DATA, "the row has neither an identifier nor a symbol to know it by");
    if (++o->applied > o->options.max_rows)
        return error_set(e, ERROR_DATA, "all deltas together have more rows than the limit of %" PRIu64,
                         o->options.max_rows);
    find_in_base(o, &asked, &found);
    find_on_top(o, &asked, &found);
    if (found.same > 1)
        return error_set(e, ERROR_DATA, "%" PRIu64 " rows have %s %.*s%s, and nothing tells which is meant", found.same,
                         identifier_kind_name(asked.key.kind), SLICE_FORMAT(asked.key.key),
                         asked.action == DELTA_DELETE ? "" : " and the same MIC and currency");
    switch (asked.action) {
    case DELTA_ADD:
        return add_row(a, &asked, &found, e);
    case DELTA_CHANGE:
        return change_row(a, &asked, &found, e);
    default:
        return delete_row(a, &found, e);
    }
}

static int apply_rows(struct applying *a, struct error *e)
{
    int got;

    while ((got = delta_next(a->delta, &a->row, e)) == 1)
        if (apply_row(a, e) != 0)
            return error_prefix(e, "%s: line %" PRIu64, a->path, a->row.row.line);
    return got;
}

/* ---- files ---- */

void index_overlay_advance(char version[INDEX_VERSION_LEN + 1], uint64_t size, const uint64_t digest[2])
{
    struct {
        char version[INDEX_VERSION_LEN];
        uint64_t facts[3];
    } said = {.facts = {size, digest[0], digest[1]}};

    memcpy(said.version, version, sizeof said.version);
    snprintf(version, INDEX_VERSION_LEN + 1, "%016" PRIx64, (uint64_t)XXH3_64bits(&said, sizeof said));
}

static int keep_file(struct applying *a, const struct mark *before, struct error *e)
{
    struct index_overlay *o = a->overlay;
    struct overlay_file *files = reallocarray(o->files, o->file_count + 1, sizeof *files);
    struct overlay_file *file;

    if (files == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", a->path);
    o->files = files;
    file = &files[o->file_count];
    *file = (struct overlay_file){.path = strdup(a->path)};
    if (file->path == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", a->path);
    delta_source(a->delta, &file->source);
    file->source.path = file->path;
    file->source.rows = o->row_count - before->rows;
    index_overlay_advance(o->version, file->source.size, file->source.digest);
    o->file_count++;
    o->counts.files++;
    return 0;
}

static int apply_file(struct applying *a, const struct mark *before, struct error *e)
{
    struct index_overlay *o = a->overlay;
    struct index_rows_setup setup = {
        .layout = &o->view.layout, .has_table = o->has_table, .seed = o->base->seed, .unit = OVERLAY_UNIT};

    if (o->file_count == OVERLAY_FILES_MAX)
        return error_set(e, ERROR_DATA, "%s: is one more than the limit of %u deltas", a->path, OVERLAY_FILES_MAX);
    if (index_rows_init(&a->rows, &setup, ROWS_BLOCK, e) != 0 ||
        delta_open(a->path, index_info(o->base), o->options.action_column, &a->delta, e) != 0)
        return -1;
    index_rows_set_source(&a->rows, 0, delta_columns(a->delta));
    return apply_rows(a, e) != 0 ? -1 : keep_file(a, before, e);
}

int index_overlay_apply(struct index_overlay *overlay, const char *path, struct error *e)
{
    struct applying *a = calloc(1, sizeof *a);
    struct mark before = mark(overlay);
    int status;

    if (a == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    a->overlay = overlay;
    a->path = path;
    status = apply_file(a, &before, e);
    if (status != 0)
        undo(overlay, &before);
    index_rows_free(&a->rows);
    delta_close(a->delta);
    free(a);
    return status;
}

/* ---- life ---- */

int index_overlay_create(struct index *base, const struct index_overlay_options *options, struct index_overlay **out,
                         struct error *e)
{
    struct index_overlay *o = calloc(1, sizeof *o);

    *out = NULL;
    if (o == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for deltas");
    o->base = index_hold(base);
    o->options = *options;
    if (o->options.max_rows == 0)
        o->options.max_rows = OVERLAY_ROWS_DEFAULT;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        o->has_table[kind] = index_has_kind(base, kind);
        o->kinds |= (uint64_t)o->has_table[kind] << kind;
    }
    o->view = base->view;
    memset(o->view.dictionary.count, 0, sizeof o->view.dictionary.count);
    memcpy(o->version, index_info(base)->version, sizeof o->version);
    *out = o;
    return 0;
}

void index_overlay_free(struct index_overlay *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->file_count; i++)
        free(o->files[i].path);
    index_mask_free(&o->mask);
    index_tally_free(&o->tally);
    free(o->files);
    free(o->rows);
    free(o->arena);
    free(o->pairs);
    free(o->chains);
    free(o->killed);
    index_close(o->base);
    free(o);
}

const char *index_overlay_version(const struct index_overlay *overlay)
{
    return overlay->version;
}

const struct index_overlay_counts *index_overlay_counts(const struct index_overlay *overlay)
{
    return &overlay->counts;
}
