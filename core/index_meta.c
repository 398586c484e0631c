#include "index_meta.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* A source's numbers as they lie in the section, after its path. */
struct source_numbers {
    uint64_t size;
    int64_t mtime_ns;
    uint64_t digest[2];
    uint64_t rows;
    uint64_t delimiter;
    uint64_t text_bytes;
    uint64_t packing;
};

/* ---- writing ---- */

static int put_number(struct index_writer *w, uint32_t number, struct error *e)
{
    return index_writer_put(w, &number, sizeof number, e);
}

static int put_string(struct index_writer *w, const char *text, struct error *e)
{
    size_t len = text != NULL ? strlen(text) + 1 : 0;

    if (put_number(w, (uint32_t)len, e) != 0)
        return -1;
    return len > 0 ? index_writer_put(w, text, len, e) : 0;
}

static int put_source(struct index_writer *w, const struct index_source *source, struct error *e)
{
    struct source_numbers numbers = {source->size,   source->mtime_ns,           {source->digest[0], source->digest[1]},
                                     source->rows,   (uint8_t)source->delimiter, source->text_bytes,
                                     source->packing};

    return put_string(w, source->path, e) != 0 ? -1 : index_writer_put(w, &numbers, sizeof numbers, e);
}

/* An option that is empty is one that is not there. */
static const char *set_or_null(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static int put_format(struct index_writer *w, const struct master_format *format, struct error *e)
{
    const char *texts[] = {format->comment, format->data_start, format->data_end, format->trailer, format->columns};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (put_string(w, set_or_null(texts[i]), e) != 0)
            return -1;
    return put_number(w, (uint32_t)format->skip_lines, e) != 0 ? -1 : put_number(w, format->encoding, e);
}

int index_meta_write(const struct index_info *info, struct index_writer *w, struct error *e)
{
    if (put_number(w, MASTER_ROLE_COUNT, e) != 0)
        return -1;
    for (size_t role = 0; role < MASTER_ROLE_COUNT; role++)
        if (put_string(w, info->role_column[role], e) != 0)
            return -1;
    if (put_number(w, (uint32_t)info->carried_count, e) != 0)
        return -1;
    for (size_t i = 0; i < info->carried_count; i++)
        if (put_string(w, info->carried_names[i], e) != 0)
            return -1;
    if (put_number(w, (uint32_t)info->source_count, e) != 0)
        return -1;
    for (size_t i = 0; i < info->source_count; i++)
        if (put_source(w, &info->sources[i], e) != 0)
            return -1;
    return put_format(w, &info->format, e);
}

/* ---- reading ---- */

/* `bad` once something did not fit; everything read after that is zero. */
struct meta_reader {
    const unsigned char *at;
    uint64_t left;
    bool bad;
};

static const unsigned char *get(struct meta_reader *r, uint64_t len)
{
    const unsigned char *bytes = r->at;

    if (r->bad || len > r->left) {
        r->bad = true;
        return NULL;
    }
    r->at += len;
    r->left -= len;
    return bytes;
}

/* A number, which has to be `limit` at most. */
static uint32_t get_number(struct meta_reader *r, uint32_t limit)
{
    const unsigned char *bytes = get(r, sizeof(uint32_t));
    uint32_t number = 0;

    if (bytes != NULL)
        memcpy(&number, bytes, sizeof number);
    if (number <= limit)
        return number;
    r->bad = true;
    return 0;
}

static const char *get_string(struct meta_reader *r)
{
    uint32_t len = get_number(r, UINT32_MAX);
    const unsigned char *bytes = get(r, len);

    if (len == 0 || bytes == NULL)
        return NULL;
    if (bytes[len - 1] == '\0')
        return (const char *)bytes;
    r->bad = true;
    return NULL;
}

/* A string that has to be there. */
static const char *get_text(struct meta_reader *r)
{
    const char *text = get_string(r);

    r->bad |= text == NULL;
    return text != NULL ? text : "";
}

static void get_source(struct meta_reader *r, struct index_source *source)
{
    struct source_numbers numbers = {0};
    const unsigned char *bytes;

    source->path = get_text(r);
    bytes = get(r, sizeof numbers);
    if (bytes != NULL)
        memcpy(&numbers, bytes, sizeof numbers);
    source->size = numbers.size;
    source->mtime_ns = numbers.mtime_ns;
    source->digest[0] = numbers.digest[0];
    source->digest[1] = numbers.digest[1];
    source->rows = numbers.rows;
    source->delimiter = (char)numbers.delimiter;
    source->text_bytes = numbers.text_bytes;
    source->packing = numbers.packing < MASTER_PACKING_COUNT ? (enum master_packing)numbers.packing : MASTER_PLAIN;
    r->bad |= numbers.packing >= MASTER_PACKING_COUNT;
}

static void get_format(struct meta_reader *r, struct master_format *format)
{
    format->comment = get_string(r);
    format->data_start = get_string(r);
    format->data_end = get_string(r);
    format->trailer = get_string(r);
    format->columns = get_string(r);
    format->skip_lines = get_number(r, MASTER_SKIP_LINES_MAX);
    format->encoding = (enum master_encoding)get_number(r, MASTER_ENCODING_COUNT - 1);
}

int index_meta_read(const unsigned char *bytes, uint64_t len, struct index_info *info, struct index_source *sources,
                    struct error *e)
{
    struct meta_reader r = {bytes, len, false};
    uint32_t roles = get_number(&r, MASTER_ROLE_COUNT);

    for (uint32_t role = 0; role < roles; role++) {
        info->role_column[role] = get_string(&r);
        info->has_role[role] = info->role_column[role] != NULL;
    }
    info->carried_count = get_number(&r, SECURITY_CARRIED_MAX);
    for (size_t i = 0; i < info->carried_count; i++)
        info->carried_names[i] = get_text(&r);
    info->source_count = get_number(&r, INDEX_SOURCES_MAX);
    for (size_t i = 0; i < info->source_count; i++)
        get_source(&r, &sources[i]);
    get_format(&r, &info->format);
    if (r.bad || r.left != 0)
        return error_set(e, ERROR_DATA, "is damaged: what it says of its columns and sources is cut or too long");
    return 0;
}

/* ---- the version ---- */

static void hash_text(XXH64_hash_t *hash, const char *text)
{
    *hash = XXH3_64bits_withSeed(text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 0, *hash);
}

/* What decides which rows there are, and what they say. */
static void hash_format(XXH64_hash_t *hash, const struct master_format *format)
{
    uint64_t facts[] = {format->skip_lines, format->encoding};

    hash_text(hash, set_or_null(format->comment));
    hash_text(hash, set_or_null(format->data_start));
    hash_text(hash, set_or_null(format->data_end));
    hash_text(hash, set_or_null(format->trailer));
    hash_text(hash, set_or_null(format->columns));
    *hash = XXH3_64bits_withSeed(facts, sizeof facts, *hash);
}

void index_meta_version(const struct index_info *info, uint64_t table_kinds, char version[INDEX_VERSION_LEN + 1])
{
    uint64_t facts[] = {INDEX_FORMAT_VERSION, table_kinds, info->carried_count, info->source_count};
    XXH64_hash_t hash = XXH3_64bits(facts, sizeof facts);

    for (size_t role = 0; role < MASTER_ROLE_COUNT; role++)
        hash_text(&hash, info->role_column[role]);
    for (size_t i = 0; i < info->carried_count; i++)
        hash_text(&hash, info->carried_names[i]);
    for (size_t i = 0; i < info->source_count; i++) {
        uint64_t source[] = {info->sources[i].size, info->sources[i].digest[0], info->sources[i].digest[1]};

        hash = XXH3_64bits_withSeed(source, sizeof source, hash);
    }
    hash_format(&hash, &info->format);
    snprintf(version, INDEX_VERSION_LEN + 1, "%016llx", (unsigned long long)hash);
}
