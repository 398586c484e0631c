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
    if ((uint64_t)at + INDEX_LIST_HEADER > t->word_count)
        return false;
    if (t->words[at + 1] != index_hash_check(hash) || t->words[at] > t->word_count - at - INDEX_LIST_HEADER)
        return false;
    c->positions = t->words + at + INDEX_LIST_HEADER;
    c->count = t->words[at];
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
    if (!index_has_kind(index, kind) || key.len == 0 || key.len > IDENTIFIER_MAX)
        return false;
    packed_key_make(key, &cursor->key);
    return true;
}

void index_find(const struct index *index, enum identifier_kind kind, struct slice key, struct index_cursor *cursor)
{
    if (start_cursor(index, kind, key, cursor))
        search_table(&index->tables[kind], index_hash(index->seed, kind, key), cursor);
}

bool index_next(struct index_cursor *c, struct security *out)
{
    while (c->next < c->count) {
        uint32_t position = c->positions != NULL ? c->positions[c->next] : c->single;
        bool compared = c->compared;
        uint64_t len = 0;
        const unsigned char *record = record_at(c->index, position, &len);

        c->next++;
        c->compared = false;
        if (record != NULL && (compared || has_key_at(position, c)) &&
            record_decode(&c->index->view, record, len, out) > 0)
            return true;
    }
    return false;
}

/* ---- looking up many ---- */

/* Look-ups go through four stages, each as many look-ups behind the one before it as it takes for memory to arrive: so
 * there is always work while loads are under way, and never more loads than a processor keeps. */
#define SECOND_STAGE ((size_t)12)
#define THIRD_STAGE (2 * SECOND_STAGE)
#define LAST_STAGE (3 * SECOND_STAGE)
#define PROBES ((size_t)64) /* under way at once, a power of two */
#define RECORD_FETCH 40u    /* bytes of a record fetched ahead: the forms, and keys of one length */

static_assert(LAST_STAGE < PROBES, "the last stage still finds what the first one noted");

/* One look-up under way. Only what is fetched ahead rests on the slot; where it does not lead to the key, the search
 * starts anew. */
struct probe {
    const struct table *table; /* NULL: nothing to look for */
    const struct index_page *page;
    uint64_t hash;
    unsigned lines; /* of the page that were looked at */
    bool has_slot;  /* one of them has a slot with the fingerprint: */
    bool is_list;   /* what it holds is a list's place, and no record's */
    bool in_next;   /* none has, and the next line was fetched */
    uint32_t value;
};

static void fetch(const void *bytes)
{
    __builtin_prefetch(bytes);
}

static const struct index_line *probe_line(const struct probe *probe)
{
    return &probe->page->line[(index_hash_line(probe->hash) + probe->lines) % INDEX_PAGE_LINES];
}

static void start_probe(const struct index *index, const struct index_query *query, struct index_cursor *cursor,
                        struct probe *probe)
{
    const struct table *t;

    probe->table = NULL;
    if (!start_cursor(index, query->kind, query->key, cursor))
        return;
    t = &index->tables[query->kind];
    *probe = (struct probe){.table = t, .hash = index_hash(index->seed, query->kind, query->key), .in_next = true};
    probe->page = &t->pages[index_hash_page(probe->hash, t->page_count)];
    fetch(probe_line(probe));
}

static void fetch_record(const struct index *index, uint32_t position)
{
    uint64_t len;
    const unsigned char *record = record_at(index, position, &len);

    if (record == NULL)
        return;
    fetch(record);
    fetch(record + (len < RECORD_FETCH ? len : RECORD_FETCH) - 1);
}

/* Looks at the line that was fetched. The first slot with the fingerprint is nearly always the one; where there is
 * none, it may have gone on to the next line. */
static void look_at_line(const struct index *index, struct probe *probe)
{
    const struct index_line *line;
    unsigned slots;
    unsigned slot;

    if (probe->table == NULL || !probe->in_next)
        return;
    line = probe_line(probe);
    probe->lines++;
    slots = slots_with(line, index_hash_fingerprint(probe->hash));
    probe->in_next = slots == 0 && line->bits & INDEX_LINE_OVERFLOWED;
    if (probe->in_next)
        fetch(probe_line(probe));
    if (slots == 0)
        return;
    slot = (unsigned)__builtin_ctz(slots);
    probe->has_slot = true;
    probe->is_list = line->bits & INDEX_LINE_POSTING(slot);
    probe->value = line->value[slot];
    if (!probe->is_list)
        fetch_record(index, probe->value);
    else if ((uint64_t)probe->value + INDEX_LIST_HEADER < probe->table->word_count)
        fetch(probe->table->words + probe->value + INDEX_LIST_HEADER);
}

/* At the list's first record, or at the next line. */
static void look_further(const struct index *index, struct probe *probe)
{
    if (probe->table == NULL || !probe->has_slot)
        look_at_line(index, probe);
    else if (probe->is_list && (uint64_t)probe->value + INDEX_LIST_HEADER < probe->table->word_count)
        fetch_record(index, probe->table->words[probe->value + INDEX_LIST_HEADER]);
}

static void finish(const struct probe *probe, struct index_cursor *cursor)
{
    if (probe->table == NULL || (probe->has_slot && !probe->is_list && take_single(probe->value, cursor)))
        return;
    search_table(probe->table, probe->hash, cursor);
}

void index_find_batch(const struct index *index, const struct index_query *queries, size_t count,
                      struct index_cursor *cursors)
{
    struct probe probes[PROBES];

    for (size_t i = 0; i < count + LAST_STAGE; i++) {
        if (i < count)
            start_probe(index, &queries[i], &cursors[i], &probes[i % PROBES]);
        if (i >= SECOND_STAGE && i - SECOND_STAGE < count)
            look_at_line(index, &probes[(i - SECOND_STAGE) % PROBES]);
        if (i >= THIRD_STAGE && i - THIRD_STAGE < count)
            look_further(index, &probes[(i - THIRD_STAGE) % PROBES]);
        if (i >= LAST_STAGE)
            finish(&probes[(i - LAST_STAGE) % PROBES], &cursors[i - LAST_STAGE]);
    }
}

/* ---- what a verifier asks ---- */

bool index_leads_to(const struct index *index, enum identifier_kind kind, struct slice key, uint64_t position)
{
    uint64_t wanted = position / index->record_unit;
    struct index_cursor c;
    uint32_t low, high;

    index_find(index, kind, key, &c);
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

/* How long the list at a place of POSTINGS is; 0 where none can be. */
static uint32_t list_length(const struct table *t, uint32_t at)
{
    if ((uint64_t)at + INDEX_LIST_HEADER > t->word_count || t->words[at] > t->word_count - at - INDEX_LIST_HEADER)
        return 0;
    return t->words[at];
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
}
