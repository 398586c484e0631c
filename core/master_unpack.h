/* master_unpack: gzip (RFC 1952) and zstd (RFC 8878) as streams: packed bytes in, text out, in bounded memory.
 *
 * Members and frames that follow one another are one text. One thread. */
#ifndef FIXWARDEN_CORE_MASTER_UNPACK_H
#define FIXWARDEN_CORE_MASTER_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "master_format.h"

#define MASTER_MAGIC_LEN 4 /* bytes of a file that say how it is packed */

enum master_packing master_unpack_recognise(const unsigned char *bytes, size_t len);

struct master_unpack;

/* `window`: bytes that zstd may look back; what demands more is refused. Beside it the memory stays below
 * MASTER_UNPACK_MEMORY. */
#define MASTER_UNPACK_MEMORY (1u << 20)
int master_unpack_create(enum master_packing packing, uint64_t window, struct master_unpack **out, struct error *e);
void master_unpack_free(struct master_unpack *unpack); /* NULL is fine */

/* Packed bytes, and room for text; what was used is taken off the front of both. */
struct unpack_buffers {
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

/* Unpacks as far as input and room go. ERROR_DATA with a sentence, without the file's name, where the bytes are not
 * what they should be. */
int master_unpack_step(struct master_unpack *unpack, struct unpack_buffers *buffers, struct error *e);

/* Whether all text of the bytes so far has been given, and they may end here. */
bool master_unpack_is_complete(const struct master_unpack *unpack);

#endif
