#include "index_format.h"

#define XXH_INLINE_ALL /* short keys are hashed faster in place */
#include <xxhash.h>

uint64_t index_hash(uint64_t seed, enum identifier_kind kind, struct slice key)
{
    return XXH3_64bits_withSeed(key.ptr, key.len, seed + (uint64_t)kind * 0x9e3779b97f4a7c15ull);
}

uint64_t index_checksum(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}

const struct index_section *index_find_section(const struct index_header *header, enum index_section_type type,
                                               uint32_t kind)
{
    for (uint32_t i = 0; i < header->section_count; i++)
        if (header->sections[i].type == type && header->sections[i].kind == kind)
            return &header->sections[i];
    return NULL;
}

/* Whether this is a file of ours that this program can read at all. */
static int check_nature(const struct index_header *header, uint64_t size, struct error *e)
{
    if (memcmp(header->magic, INDEX_MAGIC, sizeof header->magic) != 0)
        return error_set(e, ERROR_DATA, "is not a fixwarden index");
    if (header->endian_mark == __builtin_bswap32(INDEX_ENDIAN_MARK))
        return error_set(e, ERROR_DATA, "was written for a machine of the other byte order; build it again here");
    if (header->format_version != INDEX_FORMAT_VERSION)
        return error_set(e, ERROR_DATA, "has format version %u, this program reads %u; build it again",
                         header->format_version, INDEX_FORMAT_VERSION);
    if (header->file_bytes != size || size % INDEX_PAGE != 0)
        return error_set(e, ERROR_DATA, "has %llu bytes where its header says %llu; it was cut or damaged",
                         (unsigned long long)size, (unsigned long long)header->file_bytes);
    return 0;
}

static int check_footer(const struct index_header *header, const unsigned char *bytes, uint64_t size, struct error *e)
{
    const struct index_footer *footer = (const void *)(bytes + size - INDEX_PAGE);

    if (memcmp(footer->magic, INDEX_FOOTER_MAGIC, sizeof footer->magic) != 0 ||
        footer->commit_word != INDEX_COMMIT_WORD)
        return error_set(e, ERROR_DATA, "was never completed, or its end is damaged");
    if (footer->sum != index_checksum(footer, offsetof(struct index_footer, sum)) || footer->file_bytes != size)
        return error_set(e, ERROR_DATA, "is damaged: the footer's checksum is wrong");
    if (footer->header_sum != index_checksum(bytes, INDEX_PAGE) || memcmp(header, bytes, sizeof *header) != 0)
        return error_set(e, ERROR_DATA, "is damaged: the header's checksum is wrong");
    return 0;
}

/* The right multiple of bytes for a section's type, so that a reader may treat it as an array. */
static uint64_t section_grain(const struct index_header *header, uint32_t type)
{
    switch (type) {
    case INDEX_RECORDS:
        return header->record_unit;
    case INDEX_TABLE:
        return INDEX_PAGE;
    case INDEX_POSTINGS:
        return sizeof(uint32_t);
    case INDEX_OVERFLOW:
        return sizeof(struct index_overflow);
    case INDEX_CHECKSUMS:
        return sizeof(uint64_t);
    default:
        return 1;
    }
}

static int check_section_entry(const struct index_header *header, uint32_t i, uint64_t offset, struct error *e)
{
    const struct index_section *s = &header->sections[i];
    uint64_t limit = header->file_bytes - INDEX_PAGE;

    if (s->type < INDEX_RECORDS || s->type > INDEX_CHECKSUMS || s->kind >= IDENTIFIER_KIND_COUNT)
        return error_set(e, ERROR_DATA, "is damaged: section %u is of an unknown type", i);
    if (s->offset != offset || s->length > limit - offset || index_padded(s->length) > limit - offset ||
        s->length % section_grain(header, s->type) != 0)
        return error_set(e, ERROR_DATA, "is damaged: section %u lies where it cannot", i);
    if (index_find_section(header, s->type, s->kind) != s)
        return error_set(e, ERROR_DATA, "is damaged: section %u stands twice", i);
    return 0;
}

/* Every section starts where the one before it ends, and the last one ends at the footer: so none overlap. */
static int check_sections(const struct index_header *header, struct error *e)
{
    uint64_t offset = INDEX_PAGE;
    uint64_t sums = 0;

    if (header->section_count == 0 || header->section_count > INDEX_SECTIONS_MAX)
        return error_set(e, ERROR_DATA, "is damaged: it says that it has %u sections", header->section_count);
    if (header->record_unit != 8 && header->record_unit != 16)
        return error_set(e, ERROR_DATA, "is damaged: it says that records take units of %u bytes", header->record_unit);
    for (uint32_t i = 0; i < header->section_count; i++) {
        if (check_section_entry(header, i, offset, e) != 0)
            return -1;
        offset += index_padded(header->sections[i].length);
        if (i + 1 < header->section_count)
            sums += index_checksum_count(index_padded(header->sections[i].length));
    }
    if (offset != header->file_bytes - INDEX_PAGE ||
        header->sections[header->section_count - 1].type != INDEX_CHECKSUMS ||
        header->sections[header->section_count - 1].length != sums * (uint64_t)sizeof(uint64_t))
        return error_set(e, ERROR_DATA, "is damaged: its sections do not add up to the file");
    return 0;
}

static int check_root(const struct index_header *header, const unsigned char *bytes, struct error *e)
{
    const struct index_footer *footer = (const void *)(bytes + header->file_bytes - INDEX_PAGE);
    const struct index_section *sums = &header->sections[header->section_count - 1];

    if (footer->root != index_checksum(bytes + sums->offset, index_padded(sums->length)))
        return error_set(e, ERROR_DATA, "is damaged: the checksums themselves are");
    return 0;
}

int index_check_frame(const struct index_header *header, const unsigned char *bytes, uint64_t size, struct error *e)
{
    if (size < sizeof header->magic || memcmp(bytes, INDEX_MAGIC, sizeof header->magic) != 0)
        return error_set(e, ERROR_DATA, "is not a fixwarden index");
    if (size / INDEX_PAGE < 2)
        return error_set(e, ERROR_DATA, "was cut: it has only %llu bytes", (unsigned long long)size);
    if (check_nature(header, size, e) != 0 || check_footer(header, bytes, size, e) != 0 ||
        check_sections(header, e) != 0)
        return -1;
    return check_root(header, bytes, e);
}

int index_check_section(const struct index_header *header, const unsigned char *bytes,
                        const struct index_section *section, struct error *e)
{
    static const char *const names[] = {"", "records", "dictionary", "meta", "table", "postings", "overflow"};
    const struct index_section *last = &header->sections[header->section_count - 1];
    const uint64_t *sums = (const void *)(bytes + last->offset);
    uint64_t left = index_padded(section->length);
    const unsigned char *at = bytes + section->offset;

    if (section == last)
        return 0; /* the root has vouched for it */
    for (const struct index_section *s = header->sections; s < section; s++)
        sums += index_checksum_count(index_padded(s->length));
    for (; left > 0; sums++) {
        size_t part = left < INDEX_CHECKSUM_BLOCK ? (size_t)left : INDEX_CHECKSUM_BLOCK;

        if (*sums != index_checksum(at, part))
            return error_set(e, ERROR_DATA, "is damaged: a checksum of the section '%s' is wrong at byte %llu",
                             names[section->type], (unsigned long long)(at - bytes));
        at += part;
        left -= part;
    }
    return 0;
}
