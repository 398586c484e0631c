#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "index_format.h"
#include "index_meta.h"
#include "index_record.h"
#include "master.h"

/* The table of one key kind; no pages where there is none. */
struct table {
    const struct index_page *pages;
    uint64_t page_count;
    const uint32_t *words; /* of POSTINGS */
    uint64_t word_count;
    const struct index_overflow *overflow;
    uint64_t overflow_count;
};

struct index {
    const unsigned char *map;
    uint64_t size;
    uint64_t seed;
    const unsigned char *records;
    uint64_t record_bytes;
    uint32_t record_unit;
    struct record_view view;
    struct table tables[IDENTIFIER_KIND_COUNT];
    struct index_source sources[INDEX_SOURCES_MAX];
    struct index_info info;
};

/* ---- opening ---- */

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14; Debian 12's headers may be older than the kernel */
#endif

static int map_file(struct index *index, const char *path, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    void *map;

    if (fd < 0)
        return error_set_errno(e, errno, "cannot be opened");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return error_set(e, ERROR_IO, "is no regular file");
    }
    if (st.st_size == 0) {
        close(fd);
        return error_set(e, ERROR_DATA, "is empty");
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return error_set_errno(e, errno, "cannot be mapped");
    (void)madvise(map, (size_t)st.st_size, MADV_RANDOM); /* advice only */
    index->map = map;
    index->size = (uint64_t)st.st_size;
    return 0;
}

/* What the options say of the mapping. To populate is advice: an older kernel brings the pages as they are used. */
static int settle_map(const struct index *index, const struct index_open_options *options, struct error *e)
{
    unsigned char *map;

    memcpy(&map, &index->map, sizeof map); /* madvise wants it without const */
    if (options->populate)
        (void)madvise(map, (size_t)index->size, MADV_POPULATE_READ);
    if (options->lock && mlock(map, (size_t)index->size) != 0)
        return error_set_errno(e, errno, "its %" PRIu64 " bytes cannot be locked in memory (ulimit -l)", index->size);
    return 0;
}

/* The section's first byte, and its length; none where it is not there. */
static const void *section_bytes(const struct index *index, enum index_section_type type, uint32_t kind, uint64_t *len)
{
    const struct index_header *header = (const void *)index->map;
    const struct index_section *section = index_find_section(header, type, kind);

    *len = section != NULL ? section->length : 0;
    return section != NULL ? index->map + section->offset : NULL;
}

static int check_content(const struct index *index, bool all, struct error *e)
{
    const struct index_header *header = (const void *)index->map;

    for (uint32_t i = 0; i < header->section_count; i++) {
        const struct index_section *section = &header->sections[i];

        if ((all || section->type == INDEX_DICTIONARY || section->type == INDEX_META) &&
            index_check_section(index->map, section, e) != 0)
            return -1;
    }
    return 0;
}

static void open_table(struct index *index, enum identifier_kind kind)
{
    struct table *t = &index->tables[kind];
    uint64_t pages;
    uint64_t words;
    uint64_t overflow;

    t->pages = section_bytes(index, INDEX_TABLE, kind, &pages);
    t->words = section_bytes(index, INDEX_POSTINGS, kind, &words);
    t->overflow = section_bytes(index, INDEX_OVERFLOW, kind, &overflow);
    t->page_count = pages / sizeof *t->pages;
    t->word_count = words / sizeof *t->words;
    t->overflow_count = overflow / sizeof *t->overflow;
    index->info.table_bytes += pages + words + overflow;
}

static int open_sections(struct index *index, struct error *e)
{
    const struct index_header *header = (const void *)index->map;
    const unsigned char *dictionary;
    const unsigned char *meta;
    uint64_t dictionary_len;
    uint64_t meta_len;

    index->seed = header->seed;
    index->record_unit = header->record_unit;
    index->records = section_bytes(index, INDEX_RECORDS, 0, &index->record_bytes);
    dictionary = section_bytes(index, INDEX_DICTIONARY, 0, &dictionary_len);
    meta = section_bytes(index, INDEX_META, 0, &meta_len);
    if (index->records == NULL || dictionary == NULL || meta == NULL)
        return error_set(e, ERROR_DATA, "is damaged: a section is missing");
    if (dictionary_view_open(dictionary, dictionary_len, &index->view.dictionary, e) != 0)
        return -1;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        open_table(index, kind);
    index->info.sources = index->sources;
    return index_meta_read(meta, meta_len, &index->info, index->sources, e);
}

static int fill_info(struct index *index, struct error *e)
{
    const struct index_header *header = (const void *)index->map;
    struct index_info *info = &index->info;
    struct record_layout layout;

    memcpy(info->version, header->version, INDEX_VERSION_LEN);
    info->format_version = header->format_version;
    info->rows = header->rows;
    info->bad_rows = header->bad_rows;
    info->file_bytes = index->size;
    info->record_bytes = index->record_bytes;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        info->keys[kind] = header->kinds[kind].keys;
        info->duplicate_keys[kind] = header->kinds[kind].duplicate_keys;
        info->invalid_keys[kind] = header->kinds[kind].invalid_keys;
    }
    memcpy(layout.has_role, info->has_role, sizeof layout.has_role);
    layout.carried_count = info->carried_count;
    if (record_dictionary_columns(&layout) != index->view.dictionary.columns)
        return error_set(e, ERROR_DATA, "is damaged: its dictionary is of other columns");
    record_view_set_layout(&index->view, &layout);
    return 0;
}

int index_open(const char *path, const struct index_open_options *options, struct index **out, struct error *e)
{
    static const struct index_open_options none;
    struct index *index = calloc(1, sizeof *index);

    *out = NULL;
    if (index == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to open it", path);
    if (options == NULL)
        options = &none;
    if (map_file(index, path, e) != 0 || index_check_frame(index->map, index->size, e) != 0 ||
        check_content(index, options->verify_all, e) != 0 || open_sections(index, e) != 0 || fill_info(index, e) != 0 ||
        settle_map(index, options, e) != 0) {
        index_close(index);
        return error_prefix(e, "%s", path);
    }
    *out = index;
    return 0;
}

void index_close(struct index *index)
{
    if (index == NULL)
        return;
    if (index->map != NULL) {
        void *map;

        memcpy(&map, &index->map, sizeof map); /* munmap wants it without const */
        munmap(map, (size_t)index->size);
    }
    free(index);
}

const struct index_info *index_info(const struct index *index)
{
    return &index->info;
}

bool index_has_kind(const struct index *index, enum identifier_kind kind)
{
    return kind < IDENTIFIER_KIND_COUNT && index->tables[kind].page_count > 0;
}

/* ---- looking up ---- */

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

    return record != NULL && record_has_key(&c->index->view, record, len, c->kind, slice_make(c->key, c->key_len));
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
    cursor->key_len = 0;
    cursor->compared = false;
    cursor->positions = NULL;
    cursor->next = 0;
    cursor->count = 0;
    if (!index_has_kind(index, kind) || key.len == 0 || key.len > IDENTIFIER_MAX)
        return false;
    memcpy(cursor->key, key.ptr, key.len);
    cursor->key_len = (uint8_t)key.len;
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

bool index_walk(const struct index *index, uint64_t *position, struct security *out)
{
    uint64_t unit = index->record_unit;
    size_t len;

    if (*position >= index->record_bytes)
        return false;
    len = record_decode(&index->view, index->records + *position, index->record_bytes - *position, out);
    *position += (len + unit - 1) / unit * unit;
    return len > 0;
}

/* ---- looking up many ---- */

#define BATCH 32u        /* look-ups under way at once: more than any processor has loads in flight */
#define RECORD_FETCH 64u /* bytes of a record that are fetched ahead, from its first: source to identifiers */

/* One look-up of a batch. Only what is fetched ahead rests on it: the search itself starts anew, and is exact. */
struct probe {
    const struct table *table; /* NULL: nothing to look for */
    const struct index_line *line;
    const uint32_t *list;
    uint64_t hash;
};

static void fetch(const void *bytes)
{
    __builtin_prefetch(bytes);
}

static void fetch_line(const struct index *index, const struct index_query *query, struct index_cursor *cursor,
                       struct probe *probe)
{
    const struct table *t;

    probe->table = NULL;
    probe->list = NULL;
    if (!start_cursor(index, query->kind, query->key, cursor))
        return;
    t = &index->tables[query->kind];
    probe->table = t;
    probe->hash = index_hash(index->seed, query->kind, query->key);
    probe->line = &t->pages[index_hash_page(probe->hash, t->page_count)].line[index_hash_line(probe->hash)];
    fetch(probe->line);
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

/* The first slot of its line with the fingerprint is nearly always the one. */
static void fetch_slot(const struct index *index, struct probe *probe)
{
    const struct index_line *line = probe->line;
    unsigned slots = slots_with(line, index_hash_fingerprint(probe->hash));
    unsigned slot = slots != 0 ? (unsigned)__builtin_ctz(slots) : 0;

    if (slots == 0)
        return;
    if (!(line->bits & INDEX_LINE_POSTING(slot))) {
        fetch_record(index, line->value[slot]);
    } else if ((uint64_t)line->value[slot] + INDEX_LIST_HEADER < probe->table->word_count) {
        probe->list = probe->table->words + line->value[slot];
        fetch(probe->list);
        fetch(probe->list + INDEX_LIST_HEADER);
    }
}

static void find_some(const struct index *index, const struct index_query *queries, size_t count,
                      struct index_cursor *cursors)
{
    struct probe probes[BATCH];

    for (size_t i = 0; i < count; i++)
        fetch_line(index, &queries[i], &cursors[i], &probes[i]);
    for (size_t i = 0; i < count; i++)
        if (probes[i].table != NULL)
            fetch_slot(index, &probes[i]);
    for (size_t i = 0; i < count; i++)
        if (probes[i].list != NULL)
            fetch_record(index, probes[i].list[INDEX_LIST_HEADER]);
    for (size_t i = 0; i < count; i++)
        if (probes[i].table != NULL)
            search_table(probes[i].table, probes[i].hash, &cursors[i]);
}

void index_find_batch(const struct index *index, const struct index_query *queries, size_t count,
                      struct index_cursor *cursors)
{
    for (size_t i = 0; i < count; i += BATCH)
        find_some(index, queries + i, count - i < BATCH ? count - i : BATCH, cursors + i);
}

/* ---- the whole row ---- */

/* Whether the open file is the one that was indexed. */
static int check_source(int fd, const struct index_source *source, struct error *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", source->path);
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != source->size ||
        st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec != source->mtime_ns)
        return error_set(e, ERROR_DATA, "%s: is no longer the file that was indexed", source->path);
    return 0;
}

static int read_row(int fd, const struct index_source *source, uint64_t offset, char **row, size_t *len,
                    struct error *e)
{
    uint64_t left = source->size - offset;
    size_t room = left < MASTER_ROW_MAX ? (size_t)left : MASTER_ROW_MAX;
    char *bytes = malloc(room + 1);
    ssize_t got;

    if (bytes == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for a row", source->path);
    do
        got = pread(fd, bytes, room, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        free(bytes);
        return error_set_errno(e, errno, "%s: cannot be read", source->path);
    }
    *len = master_row_length(bytes, (size_t)got, source->delimiter);
    if (*len == SIZE_MAX)
        *len = (size_t)got; /* the last row, without a line end */
    bytes[*len] = '\0';
    *row = bytes;
    return 0;
}

int index_read_row(const struct index *index, const struct security *security, char **row, size_t *len, struct error *e)
{
    const struct index_source *source;
    int status = -1;
    int fd;

    *row = NULL;
    *len = 0;
    if (security->source >= index->info.source_count || security->row_offset >= index->sources[security->source].size)
        return error_set(e, ERROR_DATA, "the index is damaged: a record's row is in no source");
    source = &index->sources[security->source];
    fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(e, errno, "%s: cannot be opened", source->path);
    if (check_source(fd, source, e) == 0)
        status = read_row(fd, source, security->row_offset, row, len, e);
    close(fd);
    return status;
}
