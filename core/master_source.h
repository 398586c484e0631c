/* master_source: the bytes of a master file, however they are packed.
 *
 * A plain file can be read at any place, by any thread. A packed one is a stream: its text comes in order only, and has
 * to be unpacked from the start to get anywhere. What is called position, size and digest is always of the file as it
 * was delivered, packed or not. Functions return 0, or -1 with the error set: ERROR_IO; ERROR_DATA where the packing is
 * damaged, cut or followed by other bytes; ERROR_TEMPORARY where the file changed while it was read. */
#ifndef FIXWARDEN_CORE_MASTER_SOURCE_H
#define FIXWARDEN_CORE_MASTER_SOURCE_H

#include <stddef.h>

#include "error.h"
#include "master_format.h"

#define MASTER_WINDOW_DEFAULT (128ull << 20) /* bytes that zstd may look back, where nobody says otherwise */

struct master_source;

/* `window`: bytes that zstd may look back; 0: MASTER_WINDOW_DEFAULT. */
int master_source_open(const char *path, uint64_t window, struct master_source **out, struct error *e);

/* The same open file once more, to be read from its start; each is closed for itself. */
int master_source_again(const struct master_source *source, struct master_source **out, struct error *e);
void master_source_close(struct master_source *source); /* NULL is fine */

const char *master_source_path(const struct master_source *source);
enum master_packing master_source_packing(const struct master_source *source);
uint64_t master_source_size(const struct master_source *source);    /* bytes of the file, when it was opened */
int64_t master_source_mtime_ns(const struct master_source *source); /* likewise */

/* Of a plain file: exactly `len` bytes from `offset` on. Any thread. */
int master_source_read_at(const struct master_source *source, uint64_t offset, char *to, size_t len, struct error *e);

/* Takes note of bytes of a plain file that read_at has read. One thread at a time, in their order, all of them. */
void master_source_note(struct master_source *source, const char *bytes, size_t len);

/* The next `len` bytes of the text, or less: 0 at its end. One thread at a time. Not to be mixed with read_at. */
int master_source_read(struct master_source *source, char *to, size_t len, size_t *got, struct error *e);

/* Passes over so many bytes of the text, before anything else was read or noted; there is no digest then. */
int master_source_skip(struct master_source *source, uint64_t len, struct error *e);

/* How many bytes of the file were read in order, or noted. */
uint64_t master_source_position(const struct master_source *source);

/* Once everything was read: the file has to be the one that was opened. */
int master_source_finish(struct master_source *source, struct error *e);

/* After that: XXH3-128 over the XXH3-64 of each MiB of the file, so that blocks can be hashed in any order. */
void master_source_digest(const struct master_source *source, uint64_t digest[2]);

#endif
