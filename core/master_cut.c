#include "master_cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master_digest.h"
#include "master_marks.h"
#include "master_scan.h"

#define DROP_BYTES (4u << 20) /* the kernel forgets smaller ranges only in part where it has large folios */

struct master_cut {
    int fd;
    char *path;
    uint64_t size; /* bytes, when it was opened */
    int64_t mtime_ns;
    uint64_t body; /* offset of the first row behind the header */
    char delimiter;
    size_t block_bytes;
    marks_function *mark;
    struct marks_state state; /* behind the last byte that was cut */
    uint64_t line;            /* of the row that is not complete yet */
    uint64_t offset;          /* likewise, in the file */
    uint64_t newlines;        /* in that row so far */
    char *carry;              /* its bytes so far, unless it is too long */
    size_t carry_len;
    bool too_long;
    uint64_t dropped; /* bytes from the file's start that the page cache may forget */
    struct master_digest digest;
};

int master_cut_open(const struct master *master, size_t block_bytes, struct master_cut **out, struct error *e)
{
    struct master_body body = master_body(master);
    struct master_cut *cut = calloc(1, sizeof *cut);

    *out = NULL;
    if (cut == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", body.path);
    cut->fd = fcntl(body.fd, F_DUPFD_CLOEXEC, 0);
    cut->path = strdup(body.path);
    cut->size = body.size;
    cut->mtime_ns = body.mtime_ns;
    cut->body = cut->offset = body.offset;
    cut->line = body.line;
    cut->delimiter = master_delimiter(master);
    cut->block_bytes = block_bytes < MASTER_ROW_MAX ? block_bytes : MASTER_ROW_MAX;
    cut->mark = marks_best();
    cut->state = MARKS_ROW_START;
    cut->carry = malloc(MASTER_ROW_MAX);
    if (cut->fd < 0)
        error_set_errno(e, errno, "%s: cannot be read", body.path);
    else if (master_digest_start(&cut->digest) != 0 || cut->path == NULL || cut->carry == NULL)
        error_set(e, ERROR_INTERNAL, "%s: no memory to read it", body.path);
    else
        *out = cut;
    if (*out == NULL)
        master_cut_close(cut);
    return *out == NULL ? -1 : 0;
}

void master_cut_close(struct master_cut *cut)
{
    if (cut == NULL)
        return;
    if (cut->fd >= 0)
        close(cut->fd);
    master_digest_free(&cut->digest);
    free(cut->carry);
    free(cut->path);
    free(cut);
}

uint64_t master_cut_blocks(const struct master_cut *cut)
{
    return (cut->size + cut->block_bytes - 1) / cut->block_bytes;
}

size_t master_cut_block_bytes(const struct master_cut *cut)
{
    return cut->block_bytes;
}

int master_block_init(const struct master_cut *cut, struct master_block *block, struct error *e)
{
    *block = (struct master_block){.memory = malloc(MASTER_BLOCK_MEMORY(cut->block_bytes))};
    return block->memory != NULL ? 0 : error_set(e, ERROR_INTERNAL, "%s: no memory to read it", cut->path);
}

void master_block_free(struct master_block *block)
{
    free(block->memory);
    block->memory = NULL;
}

/* ---- reading ---- */

static int refuse_change(const struct master_cut *cut, struct error *e)
{
    return error_set(e, ERROR_TEMPORARY, "%s: changed while it was read; try again once it is complete", cut->path);
}

int master_cut_read(const struct master_cut *cut, uint64_t number, struct master_block *block, struct error *e)
{
    uint64_t offset = number * cut->block_bytes;
    uint64_t left = cut->size - offset;
    size_t want = left < cut->block_bytes ? (size_t)left : cut->block_bytes;

    block->number = number;
    block->len = 0;
    while (block->len < want) {
        ssize_t got = pread(cut->fd, block->memory + MASTER_ROW_MAX + block->len, want - block->len,
                            (off_t)(offset + block->len));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "%s: cannot be read", cut->path);
        if (got == 0)
            return refuse_change(cut, e);
        block->len += (size_t)got;
    }
    return 0;
}

static void drop_cache(struct master_cut *cut, uint64_t upto)
{
    upto = upto / DROP_BYTES * DROP_BYTES;
    if (upto <= cut->dropped)
        return;
    /* Advice only: where it is refused, the page cache is larger and nothing else. */
    (void)posix_fadvise(cut->fd, (off_t)cut->dropped, (off_t)(upto - cut->dropped), POSIX_FADV_DONTNEED);
    cut->dropped = upto;
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

/* The block's rows are those that end in it. `bytes` are its `len` bytes at `offset` of the file. */
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
    uint64_t offset = cut->offset;
    char bytes[4096];
    ssize_t got;

    while ((got = pread(cut->fd, bytes, sizeof bytes, (off_t)offset)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            enum quote_state before = state;

            line += bytes[i] == '\n';
            state = quote_step(state, bytes[i], cut->delimiter);
            if (state == IN_QUOTES && before == AT_FIELD_START)
                quote_line = line;
        }
        offset += (uint64_t)got;
    }
    return error_set(e, ERROR_DATA, "%s: line %llu: the quote that opens here is never closed", cut->path,
                     (unsigned long long)quote_line);
}

/* The file's last row needs no line end; it gets one here. */
static void take_rest(struct master_cut *cut, struct master_block *block)
{
    char *end = block->memory + MASTER_ROW_MAX + block->len;

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

void master_cut_block(struct master_cut *cut, struct master_block *block)
{
    uint64_t offset = block->number * cut->block_bytes;
    char *bytes = block->memory + MASTER_ROW_MAX;
    size_t skip = 0;

    block->rows = bytes;
    block->rows_len = 0;
    block->unterminated = false;
    block->too_long = false;
    master_digest_add(&cut->digest, bytes, block->len);
    drop_cache(cut, offset);
    if (offset < cut->body)
        skip = cut->body - offset < block->len ? (size_t)(cut->body - offset) : block->len;
    if (skip < block->len)
        take_rows(cut, block, bytes + skip, block->len - skip, offset + skip);
    if (offset + block->len == cut->size)
        take_rest(cut, block);
}

int master_cut_finish(struct master_cut *cut, uint64_t digest[2], struct error *e)
{
    struct stat st;

    if (fstat(cut->fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", cut->path);
    if ((uint64_t)st.st_size != cut->size || st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec != cut->mtime_ns)
        return refuse_change(cut, e);
    if (cut->state.inside)
        return refuse_open_quote(cut, e);
    master_digest_finish(&cut->digest);
    digest[0] = cut->digest.value[0];
    digest[1] = cut->digest.value[1];
    return 0;
}
