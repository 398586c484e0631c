/* master_cut: a master cut into blocks of whole rows, so that several threads can take its rows apart.
 *
 * Any thread may read any block; the blocks are then cut one after the other in their order, which is a short step:
 * it carries the state of quotes from block to block and hands the piece of a row that a block ends with to the next.
 * So a row's bounds are exact whatever stands in it, and nothing is guessed. The text of a packed file comes in order
 * only, so there the blocks are read when they are cut. Functions return 0, or -1 with the error set. */
#ifndef FIXWARDEN_CORE_MASTER_CUT_H
#define FIXWARDEN_CORE_MASTER_CUT_H

#include "error.h"
#include "master.h"

struct master_cut;

/* A thread's buffer, and what was cut into it. */
struct master_block {
    char *memory; /* room for what the blocks before left, the block's bytes, a line end */
    uint64_t number;
    size_t len; /* bytes of the block that were read */
    /* From master_cut_block on: */
    bool last;         /* the text ends with it; blocks behind it are empty */
    uint64_t read_to;  /* bytes of the file, packed or not, that were read for it and those before */
    char *rows;        /* whole rows, each with a line end */
    size_t rows_len;   /* bytes */
    uint64_t offset;   /* in the text, of the first of them */
    uint64_t line;     /* likewise, from 1 */
    bool unterminated; /* the last line end is not in the file */
    bool too_long;     /* a row above MASTER_ROW_MAX ended before these rows; it stood here: */
    uint64_t too_long_offset;
    uint64_t too_long_line;
};

/* Cuts what follows the header of an open master, which need not stay open. `block_bytes`: of one block, 1 to
 * MASTER_ROW_MAX; more is taken for that. */
int master_cut_open(const struct master *master, size_t block_bytes, struct master_cut **out, struct error *e);
void master_cut_close(struct master_cut *cut); /* NULL is fine */

/* The memory of a cut, without blocks; and that of one block. Bytes. */
#define MASTER_CUT_MEMORY ((size_t)MASTER_ROW_MAX + 4096)
#define MASTER_BLOCK_MEMORY(block_bytes) ((size_t)MASTER_ROW_MAX + MASTER_FRAME_HOLD + (block_bytes) + 64)

/* How many there are; UINT64_MAX where only `last` will tell. */
uint64_t master_cut_blocks(const struct master_cut *cut);
size_t master_cut_block_bytes(const struct master_cut *cut); /* of each but the last */

int master_block_init(const struct master_cut *cut, struct master_block *block, struct error *e);
void master_block_free(struct master_block *block);

/* Reads a block by its number, from 0; of a packed file it does nothing. Any thread, each with a block of its own.
 * ERROR_TEMPORARY where the file has become shorter. */
int master_cut_read(const struct master_cut *cut, uint64_t number, struct master_block *block, struct error *e);

/* Finds the rows of a block, which has its number. Blocks have to come in order, one at a time. Fails only where it
 * reads. */
int master_cut_block(struct master_cut *cut, struct master_block *block, struct error *e);

/* Once every block was cut: the file has to be the one that was opened (else ERROR_TEMPORARY), and not to end within
 * quotes, nor before what its format says (else ERROR_DATA). `digest` is that of master_fingerprint; `text_bytes` is
 * the length of the text. */
int master_cut_finish(struct master_cut *cut, uint64_t digest[2], uint64_t *text_bytes, struct error *e);

#endif
