/* Any bytes as an index, once as they are and once under right checksums, so that the fuzzer gets past those: opening
 * has to refuse or succeed, and a reader has to come back. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/index.h"
#include "core/index_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_row(const struct index_row *row)
{
    char text[KEY_PACK_MAX];
    volatile size_t bytes = 0;

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        struct slice value = master_role_kind(role) == IDENTIFIER_UNKNOWN ? index_row_attribute(row, role)
                                                                          : index_row_key(row, role, text);
        for (size_t i = 0; i < value.len; i++)
            bytes += (unsigned char)value.ptr[i];
    }
    (void)bytes; /* only read, so that a sanitizer sees what is out of bounds */
}

static void look_around(const struct index *index)
{
    struct index_lookup batched;
    struct index_cursor cursor;
    struct index_row row;
    struct security s;
    uint64_t position = 0;

    for (int rows = 0; rows < 100 && index_walk(index, &position, &s); rows++)
        for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
            struct slice value = s.value[role];
            struct security found;

            if (value.len == 0 || value.len > IDENTIFIER_MAX)
                continue;
            index_find(index, master_role_kind(role), value, &cursor);
            for (int n = 0; n < 100 && index_next(&cursor, &found); n++)
                ;
            index_find(index, master_role_kind(role), value, &cursor);
            for (int n = 0; n < 100 && index_next_row(&cursor, &row); n++)
                look_at_row(&row);
            batched = (struct index_lookup){.kind = master_role_kind(role), .key = value};
            index_find_batch(index, &batched, 1);
            if (index_next(&batched.cursor, &found) && cursor.count == 0)
                abort(); /* a batch found what a single look-up did not */
        }
}

static void try_bytes(const uint8_t *data, size_t size)
{
    struct index_open_options options = {.verify_all = false};
    struct index *index;
    struct error e;
    char path[64];
    int fd = memfd_create("index", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (index_open(path, &options, &index, &e) == 0) {
        look_around(index);
        index_close(index);
    }
    close(fd);
}

static void seal_section(uint8_t *bytes, const struct index_section *s, const struct index_section *sums,
                         uint64_t *used)
{
    for (uint64_t at = 0; at < index_padded(s->length); at += INDEX_CHECKSUM_BLOCK) {
        uint64_t left = index_padded(s->length) - at;
        uint64_t sum =
            index_checksum(bytes + s->offset + at, left < INDEX_CHECKSUM_BLOCK ? left : INDEX_CHECKSUM_BLOCK);

        if (*used + sizeof sum > sums->length)
            return;
        memcpy(bytes + sums->offset + *used, &sum, sizeof sum);
        *used += sizeof sum;
    }
}

/* Puts the frame in order: magic, sizes, and all checksums whose section lies within the file. */
static void seal(uint8_t *bytes, size_t size)
{
    struct index_header *header = (void *)bytes;
    struct index_footer *footer = (void *)(bytes + size - INDEX_PAGE);
    const struct index_section *last;
    uint64_t used = 0;

    memcpy(header->magic, INDEX_MAGIC, sizeof header->magic);
    header->format_version = INDEX_FORMAT_VERSION;
    header->endian_mark = INDEX_ENDIAN_MARK;
    header->file_bytes = footer->file_bytes = size;
    header->section_count = header->section_count % INDEX_SECTIONS_MAX + 1;
    last = &header->sections[header->section_count - 1];
    for (const struct index_section *s = header->sections; s <= last; s++)
        if (s->offset > size || index_padded(s->length) > size - s->offset || s->length > size)
            return;
    for (const struct index_section *s = header->sections; s < last; s++)
        seal_section(bytes, s, last, &used);
    memcpy(footer->magic, INDEX_FOOTER_MAGIC, sizeof footer->magic);
    footer->root = index_checksum(bytes + last->offset, index_padded(last->length));
    footer->header_sum = index_checksum(bytes, INDEX_PAGE);
    footer->sum = index_checksum(footer, offsetof(struct index_footer, sum));
    footer->commit_word = INDEX_COMMIT_WORD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    try_bytes(data, size);
    size = size / INDEX_PAGE * INDEX_PAGE;
    if (size < 2 * INDEX_PAGE)
        return 0;
    copy = aligned_alloc(INDEX_PAGE, size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    seal(copy, size);
    try_bytes(copy, size);
    free(copy);
    return 0;
}
