#include "index_spill.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index_file.h"
#include "index_format.h"

#define FLUSH_BYTES (8u << 20) /* written between two times that the disk is told to write */

struct spill {
    int fd;
    char *name; /* for sentences */
    uint32_t extent_bytes;
    uint32_t extent_pairs;
    uint32_t extents;  /* numbers given out so far */
    uint32_t unsynced; /* bytes written since the disk was last told to */
};

int spill_create(const char *dir, uint32_t extent_bytes, struct spill **out, struct error *e)
{
    struct spill *spill = calloc(1, sizeof *spill);

    *out = NULL;
    if (spill == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for a temporary file", dir);
    spill->extent_bytes = extent_bytes;
    spill->extent_pairs = (extent_bytes - SPILL_EXTENT_HEADER) / SPILL_PAIR_BYTES;
    spill->fd = index_open_unnamed(dir, "the build's temporary file", e);
    if (asprintf(&spill->name, "the build's temporary file in %s", dir) < 0)
        spill->name = NULL;
    if (spill->fd < 0)
        goto fail;
    if (spill->name == NULL) {
        error_set(e, ERROR_INTERNAL, "%s: no memory for a temporary file", dir);
        goto fail;
    }
    (void)posix_fadvise(spill->fd, 0, 0, POSIX_FADV_RANDOM); /* an extent's neighbours are of other runs */
    *out = spill;
    return 0;
fail:
    spill_close(spill);
    return -1;
}

void spill_close(struct spill *spill)
{
    if (spill == NULL)
        return;
    if (spill->fd >= 0)
        close(spill->fd);
    free(spill->name);
    free(spill);
}

uint32_t spill_extent_bytes(const struct spill *spill)
{
    return spill->extent_bytes;
}

void spill_start(struct spill_run *run, unsigned char *buffer)
{
    *run = (struct spill_run){.buffer = buffer};
}

/* Keeps what is written out of the page cache, which counts against the budget: what is dirty is sent to the disk, and
 * what has got there is forgotten. Nothing waits for the disk, so that is advice only. Extents are written out of
 * order, so it is always the whole file. */
static void drop_written(struct spill *spill, size_t len)
{
    spill->unsynced += (uint32_t)len;
    if (spill->unsynced < FLUSH_BYTES)
        return;
    spill->unsynced = 0;
    (void)sync_file_range(spill->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    (void)posix_fadvise(spill->fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* An extent starts with this. */
struct extent_header {
    uint64_t sum;  /* of all behind it: a write that failed later, unheard, is seen when it is read */
    uint32_t next; /* extent of the run */
    uint32_t count;
};

static_assert(sizeof(struct extent_header) == SPILL_EXTENT_HEADER, "pairs follow right behind it");

static uint64_t extent_sum(const unsigned char *extent, uint32_t count)
{
    size_t len = SPILL_EXTENT_HEADER + (size_t)count * SPILL_PAIR_BYTES;

    return index_checksum(extent + sizeof(uint64_t), len - sizeof(uint64_t));
}

/* Writes the buffer to its extent. `next` is where the run goes on. */
static int write_extent(struct spill *spill, struct spill_run *run, uint32_t next, struct error *e)
{
    size_t len = SPILL_EXTENT_HEADER + (size_t)run->used * SPILL_PAIR_BYTES;
    uint64_t offset = (uint64_t)run->here * spill->extent_bytes;
    struct extent_header header = {0, next, run->used};

    memcpy(run->buffer, &header, sizeof header);
    header.sum = extent_sum(run->buffer, run->used);
    memcpy(run->buffer, &header, sizeof header);
    if (index_write_at(spill->fd, run->buffer, len, offset, spill->name, e) != 0)
        return -1;
    run->here = next;
    run->used = 0;
    drop_written(spill, len);
    return 0;
}

int spill_add(struct spill *spill, struct spill_run *run, uint64_t hash, uint32_t position, struct error *e)
{
    unsigned char *to;

    if (run->count == 0) {
        run->head = run->here = spill->extents++;
        run->first_hash = hash;
    } else if (run->used == spill->extent_pairs) {
        if (spill->extents == UINT32_MAX)
            return error_set(e, ERROR_DATA, "too many keys for the build's temporary file; give it a larger --memory");
        if (write_extent(spill, run, spill->extents++, e) != 0)
            return -1;
    }
    to = run->buffer + SPILL_EXTENT_HEADER + (size_t)run->used * SPILL_PAIR_BYTES;
    memcpy(to, &hash, sizeof hash);
    memcpy(to + sizeof hash, &position, sizeof position);
    run->used++;
    run->count++;
    run->mixed |= hash != run->first_hash;
    return 0;
}

int spill_seal(struct spill *spill, struct spill_run *run, struct error *e)
{
    if (run->used > 0 && write_extent(spill, run, 0, e) != 0)
        return -1;
    run->buffer = NULL;
    return 0;
}

void spill_rewind(const struct spill_run *run, unsigned char *buffer, bool gives_back, struct spill_cursor *cursor)
{
    *cursor = (struct spill_cursor){
        .run = run, .left = run->count, .next = run->head, .buffer = buffer, .gives_back = gives_back};
}

/* What was written has left the page cache, so that each extent would be waited for. */
static void expect_extent(const struct spill *spill, uint32_t number)
{
    (void)posix_fadvise(spill->fd, (off_t)number * spill->extent_bytes, spill->extent_bytes, POSIX_FADV_WILLNEED);
}

void spill_expect(const struct spill *spill, const struct spill_run *run)
{
    if (run->count > 0)
        expect_extent(spill, run->head);
}

static int read_extent(const struct spill *spill, struct spill_cursor *c, struct error *e)
{
    uint64_t pairs = c->left < spill->extent_pairs ? c->left : spill->extent_pairs;
    uint64_t offset = (uint64_t)c->next * spill->extent_bytes;
    struct extent_header header;

    if (index_read_at(spill->fd, c->buffer, SPILL_EXTENT_HEADER + (size_t)pairs * SPILL_PAIR_BYTES, offset, spill->name,
                      e) != 0)
        return -1;
    if (c->gives_back) /* where that cannot be done, the file's end does it */
        (void)fallocate(spill->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, spill->extent_bytes);
    memcpy(&header, c->buffer, sizeof header);
    c->next = header.next;
    c->count = header.count;
    c->at = 0;
    if (c->count != pairs || header.sum != extent_sum(c->buffer, c->count))
        return error_set(e, ERROR_IO, "%s does not hold what was written to it", spill->name);
    if (c->left > pairs)
        expect_extent(spill, c->next);
    return 0;
}

int spill_next(const struct spill *spill, struct spill_cursor *c, struct spill_pair *pair, struct error *e)
{
    const unsigned char *from;

    if (c->left == 0)
        return 0;
    if (c->at == c->count && read_extent(spill, c, e) != 0)
        return -1;
    from = c->buffer + SPILL_EXTENT_HEADER + (size_t)c->at * SPILL_PAIR_BYTES;
    memcpy(&pair->hash, from, sizeof pair->hash);
    memcpy(&pair->position, from + sizeof pair->hash, sizeof pair->position);
    c->at++;
    c->left--;
    return 1;
}
