#include <assert.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "index_internal.h"

bool index_has_kind(const struct index *index, enum identifier_kind kind)
{
    return kind < IDENTIFIER_KIND_COUNT && index->tables[kind].page_count > 0;
}

/* The bytes of the record at a position, and how many can be its; NULL where the position lies outside. */
static const unsigned char *record_at(const struct index *index, uint32_t position, uint64_t *len)
{
    uint64_t offset = (uint64_t)position * index->record_unit;

    if (offset >= index->record_bytes)
        return NULL;
    *len = index->record_bytes - offset;
    return index->records + offset;
}

bool security_has_key(const struct security *security, enum identifier_kind kind, struct slice key)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (master_role_kind(role) == kind && slice_equal(security->value[role], key))
            return true;
    return false;
}

static bool has_key_at(uint32_t position, const struct index_cursor *c)
{
    uint64_t len;
    const unsigned char *record = record_at(c->index, position, &len);

    return record != NULL && record_has_key(&c->index->view, record, len, c->kind, &c->key);
}

/* Points the cursor at a list if it is of this hash and lies within the section, and one of its rows has the key. Two
 * keys of one hash share a list, so the first row may be the other's. */
static bool take_list(const struct table *t, uint32_t at, uint64_t hash, struct index_cursor *c)
{
    uint32_t count;

    if ((uint64_t)at + INDEX_LIST_HEADER > t->word_count)
        return false;
    count = t->words[at];
    if (t->words[at + 1] != index_hash_check(hash) || count > t->word_count - at - INDEX_LIST_HEADER)
        return false;
    c->positions = t->words + at + INDEX_LIST_HEADER;
    c->count = count;
    for (c->next = 0; c->next < c->count; c->next++)
        if (has_key_at(c->positions[c->next], c))
            return c->compared = true;
    c->count = 0;
    return false;
}

static bool take_single(uint32_t position, struct index_cursor *c)
{
    if (!has_key_at(position, c))
        return false;
    c->single = position;
    c->positions = NULL; /* so that a cursor can be copied: it never points into itself */
    c->next = 0;
    c->count = 1;
    return c->compared = true;
}

/* The slots with that fingerprint, a bit each. Which of the ten it is cannot be predicted, so there is no branch. */
static unsigned slots_with(const struct index_line *line, uint16_t fingerprint)
{
    unsigned used = (1u << (line->bits & INDEX_LINE_COUNT)) - 1;
    unsigned slots = 0;

#ifdef __SSE2__
    __m128i wanted = _mm_set1_epi16((short)fingerprint);
    __m128i low = _mm_loadu_si128((const void *)&line->fingerprint[0]);
    __m128i high = _mm_loadu_si128((const void *)&line->fingerprint[2]); /* slots 2 to 9 */
    unsigned equal =
        (unsigned)_mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(low, wanted), _mm_cmpeq_epi16(high, wanted)));

    slots = (equal & 0xff) | equal >> 8 << 2;
#else
    for (unsigned i = 0; i < INDEX_LINE_SLOTS; i++)
        slots |= (unsigned)(line->fingerprint[i] == fingerprint) << i;
#endif
    return slots & used;
}

static bool search_line(const struct table *t, const struct index_line *line, uint64_t hash, struct index_cursor *c)
{
    for (unsigned slots = slots_with(line, index_hash_fingerprint(hash)); slots != 0; slots &= slots - 1) {
        unsigned i = (unsigned)__builtin_ctz(slots);

        if (line->bits & INDEX_LINE_POSTING(i) ? take_list(t, line->value[i], hash, c) : take_single(line->value[i], c))
            return true;
    }
    return false;
}

static void search_overflow(const struct table *t, uint64_t hash, struct index_cursor *c)
{
    uint64_t low = 0;
    uint64_t high = t->overflow_count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (t->overflow[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->overflow_count && t->overflow[low].hash == hash)
        (void)take_list(t, t->overflow[low].list, hash, c);
}

static void search_table(const struct table *t, uint64_t hash, struct index_cursor *c)
{
    const struct index_page *page = &t->pages[index_hash_page(hash, t->page_count)];

    for (unsigned i = 0; i < INDEX_PAGE_LINES; i++) {
        const struct index_line *line = &page->line[(index_hash_line(hash) + i) % INDEX_PAGE_LINES];

        if (search_line(t, line, hash, c) || !(line->bits & INDEX_LINE_OVERFLOWED))
            return;
    }
    search_overflow(t, hash, c);
}

static bool is_key(const struct index *index, enum identifier_kind kind, struct slice key)
{
    return index_has_kind(index, kind) && key.len > 0 && key.len <= IDENTIFIER_MAX;
}

/* Sets up a cursor that is at its end; false where there is nothing to look for. */
static bool start_cursor(const struct index *index, enum identifier_kind kind, struct slice key,
                         struct index_cursor *cursor)
{
    cursor->index = index;
    cursor->kind = kind;
    cursor->compared = false;
    cursor->positions = NULL;
    cursor->next = 0;
    cursor->count = 0;
    cursor->key.len = 0; /* nothing to look for above, either */
    if (!is_key(index, kind, key))
        return false;
    packed_key_make(key, &cursor->key);
    return true;
}

/* In the index's own table, deltas aside. */
static void find_own(const struct index *index, enum identifier_kind kind, struct slice key,
                     struct index_cursor *cursor)
{
    if (start_cursor(index, kind, key, cursor))
        search_table(&index->tables[kind], index_hash(index->seed, kind, key), cursor);
}

static uint32_t next_position(const struct index_cursor *c)
{
    return c->positions != NULL ? c->positions[c->next] : c->single;
}

/* From the base's rows to those that deltas have brought; false where the key leads to none of them. Few indexes have
 * deltas, and the others' look-ups must not carry this along. */
__attribute__((noinline)) static bool climb(struct index_cursor *c)
{
    struct packed_key key = c->key; /* the cursor's own is made anew */
    char text[KEY_PACK_MAX];

    if (key.len == 0)
        return false;
    find_own(c->index->top, c->kind, packed_key_text(&key, text), c);
    return c->count > 0;
}

/* Points a cursor into an index with deltas at its first row, so that a count of 0 says that there is none. */
__attribute__((noinline)) static void settle(struct index_cursor *c)
{
    for (; c->next < c->count; c->next++, c->compared = false) {
        uint32_t position = next_position(c);

        c->compared |= has_key_at(position, c);
        if (c->compared && !index_mask_holds(&c->index->mask, position))
            return;
    }
    c->count = 0;
    (void)climb(c);
}

void index_find(const struct index *index, enum identifier_kind kind, struct slice key, struct index_cursor *cursor)
{
    find_own(index, kind, key, cursor);
    if (index->top != NULL)
        settle(cursor);
}

/* The next record of the cursor's table that has the key, and how many bytes can be its; NULL at the end. */
static inline const unsigned char *next_in_table(struct index_cursor *c, uint64_t *len)
{
    while (c->next < c->count) {
        uint32_t position = next_position(c);
        bool compared = c->compared;
        const unsigned char *record = record_at(c->index, position, len);

        c->next++;
        c->compared = false;
        if (record != NULL && (compared || has_key_at(position, c)) && !index_mask_holds(&c->index->mask, position))
            return record;
    }
    return NULL;
}

/* As that, in the base and then in what stands on top of it. */
static inline const unsigned char *next_record(struct index_cursor *c, uint64_t *len)
{
    const unsigned char *record = next_in_table(c, len);

    return record == NULL && c->index->top != NULL && climb(c) ? next_in_table(c, len) : record;
}

bool index_next(struct index_cursor *cursor, struct security *out)
{
    const unsigned char *record;
    uint64_t len;

    while ((record = next_record(cursor, &len)) != NULL)
        if (record_decode(&cursor->index->view, record, len, out) > 0) {
            index_set_origin(cursor->index, record, out);
            return true;
        }
    return false;
}

bool index_next_row(struct index_cursor *cursor, struct index_row *out)
{
    while ((out->record = next_record(cursor, &out->len)) != NULL)
        if (record_find(&cursor->index->view, out->record, out->len, &out->places)) {
            out->index = cursor->index;
            return true;
        }
    return false;
}

/* ---- rows in place ---- */

struct slice index_row_key(const struct index_row *row, enum master_role role, char text[KEY_PACK_MAX])
{
    return record_key(&row->index->view, row->record, row->len, &row->places, role, text);
}

struct slice index_row_attribute(const struct index_row *row, enum master_role role)
{
    return record_attribute(&row->index->view, row->record, row->len, &row->places, role);
}

bool index_row_fills(const struct index_row *row, enum master_role role)
{
    return record_fills(&row->index->view, &row->places, role);
}

bool index_row_has_key(const struct index_row *row, enum identifier_kind kind, struct slice key)
{
    struct packed_key packed;

    if (key.len == 0 || key.len > IDENTIFIER_MAX)
        return false;
    packed_key_make(key, &packed);
    return record_has_key(&row->index->view, row->record, row->len, kind, &packed);
}

void index_row_read(const struct index_row *row, struct security *out)
{
    (void)record_decode(&row->index->view, row->record, row->len, out);
    index_set_origin(row->index, row->record, out);
}

/* ---- looking up many ---- */

/* A block of look-ups goes through its stages together, and what all of them need next is fetched in one loop that does
 * nothing else: where a fetch has to wait for the translation of its address, so do the instructions behind it, and
 * only fetches that follow each other closely wait together. */
#define BLOCK ((size_t)64)
#define RECORD_FETCH 40u /* bytes of a record fetched ahead: the forms, and keys of one length */
#define LIST_FETCH 4u    /* records of a list fetched ahead */

/* Where a probe has come to. What it finds is the first slot that may be the one; where that does not lead to the key,
 * the search starts anew. */
enum probe_place {
    IN_LINE,
    IN_LIST, /* which is not fetched yet */
    OF_LIST, /* its first records are */
    OF_RECORD,
    LOST,
};

static void need_line(const struct table *t, struct index_probe *probe)
{
    const struct index_page *page = &t->pages[index_hash_page(probe->hash, t->page_count)];

    probe->next = &page->line[(index_hash_line(probe->hash) + probe->lines++) % INDEX_PAGE_LINES];
}

static void start_probe(const struct index *index, const struct index_lookup *lookup, struct index_probe *probe)
{
    *probe = (struct index_probe){.place = LOST, .next = index->map};
    if (!is_key(index, lookup->kind, lookup->key))
        return;
    probe->hash = index_hash(index->seed, lookup->kind, lookup->key);
    probe->place = IN_LINE;
    need_line(&index->tables[lookup->kind], probe);
}

/* The first slot with the fingerprint is nearly always the one; where there is none, it may have gone on to the next
 * line. */
static void look_at_line(const struct index *index, const struct table *t, struct index_probe *probe)
{
    const struct index_line *line = probe->next;
    unsigned slots = slots_with(line, index_hash_fingerprint(probe->hash));
    uint64_t len;
    unsigned slot;

    if (slots == 0 && line->bits & INDEX_LINE_OVERFLOWED) {
        need_line(t, probe);
        return;
    }
    probe->place = LOST;
    probe->next = index->map;
    if (slots == 0)
        return;
    slot = (unsigned)__builtin_ctz(slots);
    probe->value = line->value[slot];
    if (line->bits & INDEX_LINE_POSTING(slot)) {
        if ((uint64_t)probe->value + INDEX_LIST_HEADER >= t->word_count)
            return;
        probe->place = IN_LIST;
        probe->next = t->words + probe->value;
    } else if (record_at(index, probe->value, &len) != NULL) {
        probe->place = OF_RECORD;
        probe->next = record_at(index, probe->value, &len);
    }
}

static void fetch_record(const unsigned char *record)
{
    __builtin_prefetch(record);
    __builtin_prefetch(record + RECORD_FETCH);
}

/* Fetches the first records of the list. */
static void look_at_list(const struct index *index, const struct table *t, struct index_probe *probe)
{
    uint64_t first = (uint64_t)probe->value + INDEX_LIST_HEADER;
    uint32_t count = t->words[probe->value];
    uint64_t len;

    for (uint64_t i = first; i < t->word_count && i - first < count && i - first < LIST_FETCH; i++)
        if (record_at(index, t->words[i], &len) != NULL)
            fetch_record(record_at(index, t->words[i], &len));
    if (record_at(index, t->words[first], &len) != NULL)
        probe->next = record_at(index, t->words[first], &len);
    probe->place = OF_LIST;
}

static void look(const struct index *index, const struct index_lookup *lookup, struct index_probe *probe)
{
    if (probe->place == IN_LINE)
        look_at_line(index, &index->tables[lookup->kind], probe);
    else if (probe->place == IN_LIST)
        look_at_list(index, &index->tables[lookup->kind], probe);
}

static void fetch_next(struct index_probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fetch_record(probes[i].next);
}

static void look_all(const struct index *index, const struct index_lookup *lookups, struct index_probe *probes,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        look(index, &lookups[i], &probes[i]);
}

static void fetch_block(const struct index *index, struct index_lookup *lookups, size_t count)
{
    struct index_probe probes[BLOCK];

    for (size_t i = 0; i < count; i++)
        start_probe(index, &lookups[i], &probes[i]);
    fetch_next(probes, count);
    look_all(index, lookups, probes, count);
    fetch_next(probes, count);
    look_all(index, lookups, probes, count);
    for (size_t i = 0; i < count; i++)
        lookups[i].probe = probes[i];
}

void index_fetch_batch(const struct index *index, struct index_lookup *lookups, size_t count)
{
    for (size_t at = 0; at < count; at += BLOCK)
        fetch_block(index, lookups + at, count - at < BLOCK ? count - at : BLOCK);
}

void index_fetch_again(const struct index_lookup *lookup)
{
    fetch_record(lookup->probe.next);
}

/* Whether what the probe found has the key. */
static bool take_found(const struct table *t, const struct index_probe *probe, struct index_cursor *cursor)
{
    return (probe->place == OF_RECORD && take_single(probe->value, cursor)) ||
           (probe->place == OF_LIST && take_list(t, probe->value, probe->hash, cursor));
}

void index_find_fetched(const struct index *index, struct index_lookup *lookup)
{
    struct index_cursor *cursor = &lookup->cursor;

    if (start_cursor(index, lookup->kind, lookup->key, cursor)) {
        const struct table *t = &index->tables[lookup->kind];

        if (!take_found(t, &lookup->probe, cursor))
            search_table(t, lookup->probe.hash, cursor);
    }
    if (index->top != NULL)
        settle(cursor);
}

bool index_take_fetched(const struct index *index, const struct index_lookup *lookup, struct index_row *out)
{
    uint32_t position = lookup->probe.value;
    struct packed_key key;

    if (lookup->probe.place != OF_RECORD || index->top != NULL || index_mask_holds(&index->mask, position))
        return false;
    packed_key_make(lookup->key, &key);
    out->index = index;
    out->record = record_at(index, position, &out->len);
    return out->record != NULL && record_has_key(&index->view, out->record, out->len, lookup->kind, &key) &&
           record_find(&index->view, out->record, out->len, &out->places);
}

void index_find_batch(const struct index *index, struct index_lookup *lookups, size_t count)
{
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t end = count - at < BLOCK ? count : at + BLOCK;

        fetch_block(index, lookups + at, end - at);
        for (size_t i = at; i < end; i++)
            index_find_fetched(index, &lookups[i]);
    }
}

/* ---- what a verifier asks ---- */

/* Whether a key leads to a position of the index's own table. */
static bool leads_to(const struct index *index, enum identifier_kind kind, struct slice key, uint64_t wanted)
{
    struct index_cursor c;
    uint32_t low, high;

    find_own(index, kind, key, &c);
    if (c.positions == NULL)
        return c.count == 1 && c.single == wanted;
    for (low = c.next, high = c.count; low < high;) {
        uint32_t middle = low + (high - low) / 2;

        if (c.positions[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c.count && c.positions[low] == wanted;
}

bool index_leads_to(const struct index *index, enum identifier_kind kind, struct slice key, uint64_t position)
{
    index_settle_position(index, &position);
    if (index->top == NULL || position < index->record_bytes)
        return leads_to(index, kind, key, position / index->record_unit);
    return leads_to(index->top, kind, key, (position - index->record_bytes + INDEX_ORIGIN) / index->top->record_unit);
}

/* How long the list at a place of POSTINGS is; 0 where none can be. */
static uint32_t list_length(const struct table *t, uint32_t at)
{
    uint32_t count = (uint64_t)at + INDEX_LIST_HEADER <= t->word_count ? t->words[at] : 0;

    return count <= t->word_count - at - INDEX_LIST_HEADER ? count : 0;
}

static void count_list(const struct table *t, uint32_t at, struct index_census *census)
{
    uint32_t rows = list_length(t, at);

    census->keys++;
    census->duplicate_keys += rows > 1;
    census->rows += rows;
}

static void count_line(const struct table *t, const struct index_line *line, struct index_census *census)
{
    unsigned count = line->bits & INDEX_LINE_COUNT;

    for (unsigned i = 0; i < count && i < INDEX_LINE_SLOTS; i++) {
        if (line->bits & INDEX_LINE_POSTING(i)) {
            count_list(t, line->value[i], census);
            continue;
        }
        census->keys++;
        census->rows++;
    }
}

void index_count(const struct index *index, enum identifier_kind kind, struct index_census *census)
{
    const struct table *t = &index->tables[kind];

    *census = (struct index_census){0};
    for (uint64_t page = 0; page < t->page_count; page++)
        for (unsigned line = 0; line < INDEX_PAGE_LINES; line++)
            count_line(t, &t->pages[page].line[line], census);
    for (uint64_t i = 0; i < t->overflow_count; i++)
        count_list(t, t->overflow[i].list, census);
    if (index->top == NULL)
        return;
    census->keys = index->info.keys[kind];
    census->duplicate_keys = index->info.duplicate_keys[kind];
    census->rows += (uint64_t)index->rows_under[kind];
}
