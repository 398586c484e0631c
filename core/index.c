#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index_internal.h"
#include "index_meta.h"
#include "master.h"

/* ---- opening ---- */

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14; Debian 12's headers may be older than the kernel */
#endif

/* For the calls that want a mapping without const. */
static void *unconst(const void *map)
{
    void *p;

    memcpy(&p, &map, sizeof p);
    return p;
}

static int64_t mtime_ns(const struct stat *st)
{
    return st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec;
}

static int map_file(struct index *index, const char *path, struct error *e)
{
    struct stat st;
    void *map;

    index->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (index->fd < 0)
        return error_set_errno(e, errno, "cannot be opened");
    if (fstat(index->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return error_set(e, ERROR_IO, "is no regular file");
    if (st.st_size == 0)
        return error_set(e, ERROR_DATA, "is empty");
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, index->fd, 0);
    if (map == MAP_FAILED)
        return error_set_errno(e, errno, "cannot be mapped");
    index->map = map;
    index->size = (uint64_t)st.st_size;
    index->mtime_ns = mtime_ns(&st);
    memcpy(&index->header, map, index->size < sizeof index->header ? (size_t)index->size : sizeof index->header);
    return 0;
}

bool index_is_intact(const struct index *index)
{
    struct stat st;

    return fstat(index->fd, &st) == 0 && (uint64_t)st.st_size == index->size && mtime_ns(&st) == index->mtime_ns;
}

/* Advice only: where it is not taken, pages come as they are used. */
static void advise(const struct index *index, int advice)
{
    (void)madvise(unconst(index->map), (size_t)index->size, advice);
}

/* Before anything is read: what is read ahead in large pieces is mapped in large pages, which look-ups at random places
 * gain from twice. */
static void populate(const struct index *index)
{
    advise(index, MADV_HUGEPAGE);
    advise(index, MADV_POPULATE_READ);
}

static int lock(const struct index *index, struct error *e)
{
    if (mlock(index->map, (size_t)index->size) != 0)
        return error_set_errno(e, errno, "its %" PRIu64 " bytes cannot be locked in memory (ulimit -l)", index->size);
    return 0;
}

/* The section's first byte, and its length; none where it is not there. */
static const void *section_bytes(const struct index *index, enum index_section_type type, uint32_t kind, uint64_t *len)
{
    const struct index_section *section = index_find_section(&index->header, type, kind);

    *len = section != NULL ? section->length : 0;
    return section != NULL ? index->map + section->offset : NULL;
}

/* A copy of a section, NULL where there is none or no memory. */
static unsigned char *copy_section(const struct index *index, enum index_section_type type, uint64_t *len)
{
    const void *bytes = section_bytes(index, type, 0, len);
    unsigned char *copy = bytes != NULL ? malloc((size_t)*len + 1) : NULL; /* it may be empty */

    return copy != NULL ? memcpy(copy, bytes, (size_t)*len) : NULL;
}

static int check_content(const struct index *index, bool all, struct error *e)
{
    const struct index_header *header = &index->header;

    if (all)
        advise(index, MADV_SEQUENTIAL);
    for (uint32_t i = 0; i < header->section_count; i++) {
        const struct index_section *section = &header->sections[i];

        if ((all || section->type == INDEX_DICTIONARY || section->type == INDEX_META) &&
            index_check_section(header, index->map, section, e) != 0)
            return -1;
    }
    advise(index, MADV_RANDOM); /* a look-up needs one page here and there: read-ahead would make it 20 times slower */
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
    const struct index_header *header = &index->header;
    const struct index_footer *footer = (const void *)(index->map + header->file_bytes - INDEX_PAGE);
    uint64_t dictionary_len;
    uint64_t meta_len;

    index->seed = header->seed;
    index->identity = footer->sum;
    index->record_unit = header->record_unit;
    index->records = section_bytes(index, INDEX_RECORDS, 0, &index->record_bytes);
    index->dictionary = copy_section(index, INDEX_DICTIONARY, &dictionary_len);
    index->meta = copy_section(index, INDEX_META, &meta_len);
    if (index->records == NULL || index->dictionary == NULL || index->meta == NULL)
        return error_set(e, ERROR_DATA, "is damaged: a section is missing (or there is no memory for a copy)");
    if (dictionary_view_open(index->dictionary, dictionary_len, &index->view.dictionary, e) != 0)
        return -1;
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        open_table(index, kind);
    index->info.sources = index->sources;
    return index_meta_read(index->meta, meta_len, &index->info, index->sources, e);
}

static int fill_info(struct index *index, struct error *e)
{
    const struct index_header *header = &index->header;
    struct index_info *info = &index->info;

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
    record_layout_make(info->has_role, info->carried_count, info->source_count, &index->view.layout);
    if (record_dictionary_columns(&index->view.layout) != index->view.dictionary.columns)
        return error_set(e, ERROR_DATA, "is damaged: its dictionary is of other columns");
    return 0;
}

int index_open(const char *path, const struct index_open_options *options, struct index **out, struct error *e)
{
    static const struct index_open_options none;
    struct index *index = calloc(1, sizeof *index);

    *out = NULL;
    if (index == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to open it", path);
    index->holders = 1;
    if (options == NULL)
        options = &none;
    index->fd = -1;
    if (map_file(index, path, e) != 0)
        goto fail;
    if (options->populate)
        populate(index);
    if (index_check_frame(&index->header, index->map, index->size, e) != 0 ||
        check_content(index, options->verify_all, e) != 0 || open_sections(index, e) != 0 || fill_info(index, e) != 0 ||
        (options->lock && lock(index, e) != 0))
        goto fail;
    if (!index_is_intact(index)) {
        error_set(e, ERROR_DATA, "was written to while it was read");
        goto fail;
    }
    *out = index;
    return 0;
fail:
    index_close(index);
    return error_prefix(e, "%s", path);
}

/* What an index has of its own in memory or in a file; one with deltas borrows its base's. */
static void release(struct index *index)
{
    if (index->map != NULL)
        munmap(unconst(index->map), (size_t)index->size);
    if (index->fd >= 0)
        close(index->fd);
    free(index->dictionary);
    free(index->meta);
}

void index_close(struct index *index)
{
    if (index == NULL || --index->holders > 0)
        return;
    if (index->base != NULL) {
        index_top_free(index->top);
        index_mask_free(&index->mask);
        index_close(index->base);
    } else {
        release(index);
    }
    free(index);
}

struct index *index_hold(struct index *index)
{
    index->holders++;
    return index;
}

const struct index *index_base(const struct index *index)
{
    return index->base != NULL ? index->base : index;
}

uint64_t index_identity(const struct index *index)
{
    return index->identity;
}

const struct index_info *index_info(const struct index *index)
{
    return &index->info;
}

/* The record at *position of the index's own, which moves on behind it. */
static bool walk_records(const struct index *index, uint64_t *position, struct security *out)
{
    uint64_t origin = index->is_top ? INDEX_ORIGIN : 0;
    uint64_t unit = index->record_unit;
    uint64_t at = *position + origin;
    size_t len;

    if (*position >= index->record_bytes)
        return false;
    len = record_decode(&index->view, index->records + at, index->record_bytes - at, out);
    *position = at + (len + unit - 1) / unit * unit;
    index_set_origin(index, index->records + at, out);
    return len > 0;
}

void index_settle_position(const struct index *index, uint64_t *position)
{
    struct security passed;

    while (*position < index->record_bytes &&
           index_mask_holds(&index->mask, (uint32_t)(*position / index->record_unit)) &&
           walk_records(index, position, &passed))
        continue;
}

bool index_walk(const struct index *index, uint64_t *position, struct security *out)
{
    uint64_t above;
    bool found;

    index_settle_position(index, position);
    if (index->top == NULL || *position < index->record_bytes)
        return walk_records(index, position, out);
    above = *position - index->record_bytes;
    found = walk_records(index->top, &above, out);
    *position = index->record_bytes + above;
    return found;
}

/* ---- the whole row ---- */

/* Whether the open file is the one that was indexed. */
static int check_source(int fd, const struct index_source *source, struct error *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", source->path);
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != source->size || mtime_ns(&st) != source->mtime_ns)
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
    if (security->source >= index->info.source_count ||
        security->row_offset >= index->info.sources[security->source].text_bytes)
        return error_set(e, ERROR_DATA, "the index is damaged: a record's row is in no source");
    source = &index->info.sources[security->source];
    if (source->packing != MASTER_PLAIN)
        return error_set(e, ERROR_DATA,
                         "%s: is packed (%s), so that a whole row cannot be read from it; unpack and index it for that",
                         source->path, master_packing_name(source->packing));
    fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(e, errno, "%s: cannot be opened", source->path);
    if (check_source(fd, source, e) == 0)
        status = read_row(fd, source, security->row_offset, row, len, e);
    close(fd);
    return status;
}
