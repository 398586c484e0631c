#include "master_cut.h"

#include <stdlib.h>

#include "master_marks.h"
#include "master_scan.h"
#include "master_source.h"

#define READ_AGAIN_BYTES 4096u
#define FRAMED_BLOCK_MAX (MASTER_ROW_MAX / 2) /* so that with what the frame held it is no longer than a row may be */

struct master_cut {
    struct master_source *source;
    uint64_t body; /* offset of the first row behind the header */
    char delimiter;
    size_t block_bytes;
    marks_function *mark;
    struct master_frame frame;
    struct marks_state state; /* behind the last byte that was cut */
    uint64_t line;            /* of the row that is not complete yet */
    uint64_t offset;          /* likewise, in the text */
    uint64_t newlines;        /* in that row so far */
    char *carry;              /* its bytes so far, unless it is too long */
    size_t carry_len;
    bool too_long;
    bool ended;
    uint64_t text_bytes; /* when it has ended */
};

int master_cut_open(const struct master *master, size_t block_bytes, struct master_cut **out, struct error *e)
{
    struct master_body body = master_body(master);
    struct master_cut *cut = calloc(1, sizeof *cut);
    size_t limit;
    int status;

    *out = NULL;
    if (cut == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", master_source_path(body.source));
    cut->body = cut->offset = body.offset;
    cut->line = body.line;
    cut->delimiter = master_delimiter(master);
    cut->mark = marks_best();
    cut->frame = *body.frame;
    master_frame_restart(&cut->frame);
    limit = master_frame_is_on(&cut->frame) ? FRAMED_BLOCK_MAX : MASTER_ROW_MAX;
    cut->block_bytes = block_bytes < limit ? block_bytes : limit;
    cut->state = MARKS_ROW_START;
    cut->carry = malloc(MASTER_ROW_MAX);
    status = master_source_again(body.source, &cut->source, e);
    if (status == 0 && cut->carry == NULL)
        status = error_set(e, ERROR_INTERNAL, "%s: no memory to read it", master_source_path(body.source));
    if (status == 0)
        *out = cut;
    else
        master_cut_close(cut);
    return status;
}

void master_cut_close(struct master_cut *cut)
{
    if (cut == NULL)
        return;
    master_source_close(cut->source);
    free(cut->carry);
    free(cut);
}

static bool is_plain(const struct master_cut *cut)
{
    return master_source_packing(cut->source) == MASTER_PLAIN;
}

uint64_t master_cut_blocks(const struct master_cut *cut)
{
    if (!is_plain(cut))
        return UINT64_MAX;
    return (master_source_size(cut->source) + cut->block_bytes - 1) / cut->block_bytes;
}

size_t master_cut_block_bytes(const struct master_cut *cut)
{
    return cut->block_bytes;
}

int master_block_init(const struct master_cut *cut, struct master_block *block, struct error *e)
{
    *block = (struct master_block){.memory = malloc(MASTER_BLOCK_MEMORY(cut->block_bytes))};
    return block->memory != NULL
               ? 0
               : error_set(e, ERROR_INTERNAL, "%s: no memory to read it", master_source_path(cut->source));
}

void master_block_free(struct master_block *block)
{
    free(block->memory);
    block->memory = NULL;
}

/* ---- reading ---- */

/* Where a block's own bytes stand: behind a row that was carried on, and what the frame held. */
static char *block_bytes(const struct master_block *block)
{
    return block->memory + MASTER_ROW_MAX + MASTER_FRAME_HOLD;
}

int master_cut_read(const struct master_cut *cut, uint64_t number, struct master_block *block, struct error *e)
{
    uint64_t offset = number * cut->block_bytes;
    uint64_t left = master_source_size(cut->source) - offset;

    block->number = number;
    if (!is_plain(cut))
        return 0;
    block->len = left < cut->block_bytes ? (size_t)left : cut->block_bytes;
    return master_source_read_at(cut->source, offset, block_bytes(block), block->len, e);
}

/* Reads the next block of a packed file. */
static int unpack_block(struct master_cut *cut, struct master_block *block, struct error *e)
{
    size_t got = 1;

    block->len = 0;
    while (!cut->ended && got > 0 && block->len < cut->block_bytes) {
        if (master_source_read(cut->source, block_bytes(block) + block->len, cut->block_bytes - block->len, &got, e) !=
            0)
            return -1;
        block->len += got;
    }
    block->last = got == 0;
    return 0;
}

/* ---- cutting ---- */

/* What the bytes of a block hold. */
struct seams {
    size_t first_end;        /* behind the first row end; 0 where there is none */
    size_t last_end;         /* behind the last one */
    uint64_t newlines_first; /* line ends up to first_end */
    uint64_t newlines_last;  /* up to last_end */
    uint64_t newlines;       /* of all */
};

static uint64_t count_newlines(const char *from, const char *end)
{
    uint64_t count = 0;

    while ((from = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        count++;
        from++;
    }
    return count;
}

/* Notes the row ends of one call's marks; `bytes` is what was marked, `at` where in the block it stands. */
static void note_row_ends(const struct master_marks *marks, const char *bytes, size_t len, size_t at, struct seams *s)
{
    size_t words = (len + MARKS_WORD_BYTES - 1) / MARKS_WORD_BYTES;
    size_t first = 0;
    size_t last = words;
    size_t end;

    while (last > 0 && marks->rows[last - 1] == 0)
        last--;
    if (last == 0)
        return;
    end = last * MARKS_WORD_BYTES - (size_t)__builtin_clzll(marks->rows[last - 1]);
    s->last_end = at + end;
    s->newlines_last = s->newlines + marks->newlines - count_newlines(bytes + end, bytes + len);
    if (s->first_end > 0)
        return;
    while (marks->rows[first] == 0)
        first++;
    end = first * MARKS_WORD_BYTES + (size_t)__builtin_ctzll(marks->rows[first]) + 1;
    s->first_end = at + end;
    s->newlines_first = s->newlines + count_newlines(bytes, bytes + end);
}

static void find_seams(struct master_cut *cut, const char *bytes, size_t len, struct seams *s)
{
    struct master_marks marks;

    *s = (struct seams){0};
    for (size_t at = 0; at < len; at += MARKS_BYTES) {
        size_t part = len - at < MARKS_BYTES ? len - at : MARKS_BYTES;

        cut->mark(bytes + at, part, cut->delimiter, &cut->state, &marks);
        note_row_ends(&marks, bytes + at, part, at, s);
        s->newlines += marks.newlines;
    }
}

/* Keeps the beginning of a row for the next block. */
static void carry_on(struct master_cut *cut, const char *bytes, size_t len)
{
    if (cut->too_long || len > MASTER_ROW_MAX - cut->carry_len) {
        cut->too_long = true;
        cut->carry_len = 0;
        return;
    }
    memcpy(cut->carry + cut->carry_len, bytes, len);
    cut->carry_len += len;
}

/* Ends the row that is too long: its end is the first of the block. */
static void end_long_row(struct master_cut *cut, struct master_block *block, const struct seams *s, uint64_t offset)
{
    block->too_long = true;
    block->too_long_offset = cut->offset;
    block->too_long_line = cut->line;
    cut->too_long = false;
    cut->offset = offset + s->first_end;
    cut->line += cut->newlines + s->newlines_first;
    cut->newlines = 0;
}

/* The block's rows are those that end in it. `bytes` are its `len` bytes at `offset` of the text. */
static void take_rows(struct master_cut *cut, struct master_block *block, char *bytes, size_t len, uint64_t offset)
{
    uint64_t passed = 0; /* line ends before block->rows */
    struct seams s;

    find_seams(cut, bytes, len, &s);
    if (s.last_end == 0) {
        carry_on(cut, bytes, len);
        cut->newlines += s.newlines;
        return;
    }
    block->rows = bytes - cut->carry_len;
    if (cut->too_long) {
        end_long_row(cut, block, &s, offset);
        block->rows = bytes + s.first_end;
        passed = s.newlines_first;
    }
    if (cut->carry_len > 0)
        memcpy(block->rows, cut->carry, cut->carry_len);
    block->rows_len = (size_t)(bytes + s.last_end - block->rows);
    block->offset = cut->offset;
    block->line = cut->line;
    cut->carry_len = 0;
    cut->offset = offset + s.last_end;
    cut->line += cut->newlines + s.newlines_last - passed;
    cut->newlines = s.newlines - s.newlines_last;
    carry_on(cut, bytes + s.last_end, len - s.last_end);
}

/* Reads again from the start of the row that never ends, for the line of the quote that was left open. */
static int refuse_open_quote(const struct master_cut *cut, struct error *e)
{
    enum quote_state state = AT_FIELD_START;
    uint64_t line = cut->line;
    uint64_t quote_line = line;
    struct master_source *again;
    char bytes[READ_AGAIN_BYTES];
    size_t got = 0;

    if (master_source_again(cut->source, &again, e) != 0)
        return -1;
    if (master_source_skip(again, cut->offset, e) != 0) {
        master_source_close(again);
        return -1;
    }
    while (master_source_read(again, bytes, sizeof bytes, &got, e) == 0 && got > 0)
        for (size_t i = 0; i < got; i++) {
            enum quote_state before = state;

            line += bytes[i] == '\n';
            state = quote_step(state, bytes[i], cut->delimiter);
            if (state == IN_QUOTES && before == AT_FIELD_START)
                quote_line = line;
        }
    master_source_close(again);
    return error_set(e, ERROR_DATA, "%s: line %llu: the quote that opens here is never closed",
                     master_source_path(cut->source), (unsigned long long)quote_line);
}

/* The text's last row needs no line end; it gets one here, at the end of the block's bytes. */
static void take_rest(struct master_cut *cut, struct master_block *block, char *end)
{
    if (cut->state.inside)
        return;          /* master_cut_finish refuses it, behind all rows */
    if (cut->too_long) { /* then nothing ended in this block, which is not longer than a row may be */
        block->too_long = true;
        block->too_long_offset = cut->offset;
        block->too_long_line = cut->line;
    } else if (cut->carry_len > 0) {
        if (block->rows_len == 0) {
            block->rows = end - cut->carry_len;
            memcpy(block->rows, cut->carry, cut->carry_len);
            block->offset = cut->offset;
            block->line = cut->line;
        }
        *end = '\n';
        block->unterminated = true;
        block->rows_len = (size_t)(end + 1 - block->rows);
    }
}

/* Cuts bytes of the text, from `offset` on. */
static void cut_bytes(struct master_cut *cut, struct master_block *block, char *bytes, size_t len, uint64_t offset)
{
    if (master_frame_is_on(&cut->frame)) {
        size_t held = cut->frame.held;

        bytes -= master_frame_release(&cut->frame, bytes - held);
        offset -= held;
        len = master_frame_pass(&cut->frame, bytes, len + held, block->last);
    }
    take_rows(cut, block, bytes, len, offset);
    if (block->last)
        take_rest(cut, block, bytes + len);
}

int master_cut_block(struct master_cut *cut, struct master_block *block, struct error *e)
{
    uint64_t offset = block->number * cut->block_bytes;
    char *bytes = block_bytes(block);
    size_t skip = 0;

    block->rows = bytes;
    block->rows_len = 0;
    block->unterminated = false;
    block->too_long = false;
    if (is_plain(cut)) {
        master_source_note(cut->source, bytes, block->len);
        block->last = offset + block->len == master_source_size(cut->source);
    } else if (unpack_block(cut, block, e) != 0) {
        return -1;
    }
    block->read_to = master_source_position(cut->source);
    if (offset < cut->body)
        skip = cut->body - offset < block->len ? (size_t)(cut->body - offset) : block->len;
    if (!cut->ended)
        cut_bytes(cut, block, bytes + skip, block->len - skip, offset + skip);
    if (block->last && !cut->ended)
        cut->text_bytes = offset + block->len;
    cut->ended |= block->last;
    return 0;
}

int master_cut_finish(struct master_cut *cut, uint64_t digest[2], uint64_t *text_bytes, struct error *e)
{
    if (master_source_finish(cut->source, e) != 0)
        return -1;
    if (cut->state.inside)
        return refuse_open_quote(cut, e);
    if (master_frame_check(&cut->frame, master_source_path(cut->source), e) != 0)
        return -1;
    master_source_digest(cut->source, digest);
    *text_bytes = cut->text_bytes;
    return 0;
}
