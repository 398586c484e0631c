/* index_spill: (hash, position) pairs on their way from the rows to a table, in a temporary file without a name.
 *
 * A run is a sequence of pairs in the order they were added, kept as a chain of extents of the file. Each extent names
 * the next one's place ahead of time, so that a run of any length takes one extent's buffer of memory and no more.
 * One thread adds; several may read runs that are sealed. Functions return 0, or -1 with the error set. */
#ifndef FIXWARDEN_CORE_INDEX_SPILL_H
#define FIXWARDEN_CORE_INDEX_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define SPILL_EXTENT_MIN 4096u               /* bytes */
#define SPILL_EXTENT_MAX ((size_t)256 << 10) /* bytes */

struct spill_pair {
    uint64_t hash;
    uint32_t position;
};

/* Plain values; the buffer is the caller's. */
struct spill_run {
    uint64_t count;
    uint64_t first_hash;
    bool mixed;    /* holds different hashes */
    uint32_t head; /* number of its first extent */
    uint32_t here; /* of the one that the buffer will become */
    uint32_t used; /* pairs in the buffer */
    unsigned char *buffer;
};

struct spill_cursor {
    const struct spill_run *run;
    uint64_t left; /* pairs of the run */
    uint32_t next; /* extent to read */
    uint32_t at;   /* pair in the extent read last */
    uint32_t count;
    unsigned char *buffer; /* an extent's bytes, the caller's */
    bool gives_back;
};

struct spill;

#define SPILL_PAIR_BYTES 12u    /* of a pair on the disk */
#define SPILL_EXTENT_HEADER 16u /* bytes: a checksum, the next extent's number, pairs in this one */

int spill_create(const char *dir, uint32_t extent_bytes, struct spill **out, struct error *e);
void spill_close(struct spill *spill); /* NULL is fine */
uint32_t spill_extent_bytes(const struct spill *spill);

/* Starts an empty run, which needs `buffer` of an extent's bytes until it is sealed. */
void spill_start(struct spill_run *run, unsigned char *buffer);
/* Brings into the processor's cache what spill_add will write to. */
static inline void spill_fetch(const struct spill_run *run)
{
    __builtin_prefetch(run->buffer + SPILL_EXTENT_HEADER + (size_t)run->used * SPILL_PAIR_BYTES, 1);
}

int spill_add(struct spill *spill, struct spill_run *run, uint64_t hash, uint32_t position, struct error *e);
int spill_seal(struct spill *spill, struct spill_run *run, struct error *e);

/* Has a sealed run's beginning read ahead. Advice only. Any thread. */
void spill_expect(const struct spill *spill, const struct spill_run *run);

/* Walks a sealed run, once, with an extent's bytes at `buffer`. Where it `gives_back`, what was read is gone from the
 * disk at once, which takes time; else with the file. spill_next returns 1 with a pair, 0 at the end, -1 with the error
 * set. Any thread, also while another one adds to other runs. */
void spill_rewind(const struct spill_run *run, unsigned char *buffer, bool gives_back, struct spill_cursor *cursor);
int spill_next(const struct spill *spill, struct spill_cursor *cursor, struct spill_pair *pair, struct error *e);

#endif
