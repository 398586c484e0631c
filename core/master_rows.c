#include "master_rows.h"

#include <stdlib.h>

#include "master_marks.h"
#include "master_scan.h"
#include "master_text.h"

struct master_rows {
    uint32_t columns;
    uint32_t *wanted;
    size_t wanted_count;
    marks_function *mark;
    struct master_scanner scanner; /* for rows that are out of the ordinary */
    uint32_t *bounds;              /* where the row's fields end; before them one less than where the row begins */
    struct slice *fields;
    struct master_text text;

    const struct master_block *block;
    const char *base; /* of the block's rows */
    size_t len;
    bool too_long_told; /* the row that is too long was delivered */
    struct marks_state state;
    struct master_marks marks;
    size_t marked;  /* bytes behind the last call's marks */
    size_t word_at; /* where the word that is looked at starts */
    uint32_t word;  /* its number among the marks */
    uint32_t words; /* that the marks hold */
    uint64_t bits;  /* of its ends, not looked at */
    size_t begin;   /* of the row */
    size_t end;     /* behind its line end */
    size_t count;   /* of its fields */
    bool irregular; /* it touches a word that is */
    size_t line_at; /* up to where lines were counted, */
    uint64_t line;  /* and that byte's line */
};

/* Once each, since a field is unquoted in place. */
static void want(struct master_rows *r, uint32_t column)
{
    for (size_t i = 0; i < r->wanted_count; i++)
        if (r->wanted[i] == column)
            return;
    r->wanted[r->wanted_count++] = column;
}

int master_rows_create(const struct master_rows_setup *setup, const uint32_t *wanted, size_t wanted_count,
                       struct master_rows **out, struct error *e)
{
    uint32_t columns = setup->columns;
    struct master_rows *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory to read a master");
    r->columns = columns;
    r->mark = marks_best();
    r->wanted = calloc(wanted_count + 1, sizeof *r->wanted);
    r->bounds = calloc((size_t)columns + 2 + MARKS_WORD_BYTES, sizeof *r->bounds);
    r->fields = calloc(columns, sizeof *r->fields);
    r->scanner.doubled = calloc(columns, sizeof *r->scanner.doubled);
    if (master_text_init(&r->text, setup->encoding, MASTER_ROW_MAX) != 0 || r->wanted == NULL || r->bounds == NULL ||
        r->fields == NULL || r->scanner.doubled == NULL) {
        master_rows_free(r);
        return error_set(e, ERROR_INTERNAL, "no memory to read a master");
    }
    for (size_t i = 0; i < wanted_count; i++)
        want(r, wanted[i]);
    scanner_set_delimiter(&r->scanner, setup->delimiter);
    r->scanner.fields = r->fields;
    r->scanner.field_max = columns;
    *out = r;
    return 0;
}

void master_rows_free(struct master_rows *r)
{
    if (r == NULL)
        return;
    master_text_free(&r->text);
    free(r->scanner.doubled);
    free(r->fields);
    free(r->bounds);
    free(r->wanted);
    free(r);
}

void master_rows_start(struct master_rows *r, const struct master_block *block)
{
    r->block = block;
    r->base = block->rows;
    r->len = block->rows_len;
    r->too_long_told = false;
    r->state = MARKS_ROW_START;
    r->marked = r->word_at = 0;
    r->word = r->words = 0;
    r->bits = 0;
    r->end = 0;
    r->irregular = false;
    r->line_at = 0;
    r->line = block->line;
}

/* ---- the bounds of rows ---- */

/* Goes to the next word, marking more bytes as it needs; false at the end. */
static bool next_word(struct master_rows *r)
{
    if (++r->word >= r->words) {
        size_t left = r->len - r->marked;
        size_t part = left < MARKS_BYTES ? left : MARKS_BYTES;

        if (part == 0)
            return false;
        r->mark(r->base + r->marked, part, r->scanner.delimiter, &r->state, &r->marks);
        r->words = (uint32_t)((part + MARKS_WORD_BYTES - 1) / MARKS_WORD_BYTES);
        r->word = 0;
        r->word_at = r->marked;
        r->marked += part;
    } else {
        r->word_at += MARKS_WORD_BYTES;
    }
    r->bits = r->marks.ends[r->word];
    r->irregular |= r->marks.irregular >> r->word & 1;
    return true;
}

/* Notes the ends of the word up to the row's, if that is in it; true then. Ends of fields that the header has not are
 * counted, and each word's noted where the last one's were. */
static bool take_word(struct master_rows *r)
{
    uint64_t row = r->marks.rows[r->word] & r->bits;
    uint64_t mine = row == 0 ? r->bits : r->bits & (row ^ (row - 1));
    uint32_t *first = r->bounds + 1 + (r->count < r->columns ? r->count : r->columns);
    uint32_t *bound = first;

    r->bits ^= mine;
    for (; mine != 0; mine &= mine - 1)
        *bound++ = (uint32_t)(r->word_at + (size_t)__builtin_ctzll(mine));
    r->count += (size_t)(bound - first);
    if (row != 0)
        r->end = (size_t)bound[-1] + 1;
    return row != 0;
}

/* Finds the next row and where its fields end. */
static bool find_row(struct master_rows *r)
{
    r->begin = r->end;
    r->bounds[0] = (uint32_t)r->begin - 1;
    r->count = 0;
    r->irregular = r->words > 0 && (r->marks.irregular >> r->word & 1);
    for (;;) {
        if (r->bits != 0 && take_word(r))
            return true;
        if (!next_word(r))
            return false;
    }
}

static bool is_blank(const struct master_rows *r)
{
    size_t at = r->begin;

    if (r->count > 1)
        return false;
    while (r->base[at] == '\r')
        at++;
    return at + 1 == r->end;
}

/* ---- fields ---- */

/* Makes doubled quotes single, in place. What is left over is blanked, so that no line end stands there twice. */
static void unquote(const struct master_rows *r, struct slice *field)
{
    char *text = r->block->rows + (field->ptr - r->base);
    size_t to = 0;

    for (size_t from = 0; from < field->len; from++) {
        text[to++] = text[from];
        if (text[from] == '"')
            from++;
    }
    memset(text + to, ' ', field->len - to);
    field->len = to;
}

/* A field of a regular row: what is quoted ends with its quote. */
static struct slice take_field(const struct master_rows *r, uint32_t column)
{
    const char *begin = r->base + (uint32_t)(r->bounds[column] + 1);
    const char *end = r->base + r->bounds[column + 1];
    struct slice field;

    if (column + 1 == r->columns && end > begin && end[-1] == '\r')
        end--;
    if (end == begin || *begin != '"')
        return slice_make(begin, (size_t)(end - begin));
    field = slice_make(begin + 1, (size_t)(end - begin) - 2);
    if (memchr(field.ptr, '"', field.len) != NULL)
        unquote(r, &field);
    return field;
}

static enum master_row_status judge_count(const struct master_rows *r, size_t count)
{
    if (count == r->columns)
        return MASTER_ROW_OK;
    return count < r->columns ? MASTER_ROW_TOO_FEW_FIELDS : MASTER_ROW_TOO_MANY_FIELDS;
}

/* The bytes of the row as they stand in the file; before anything is unquoted. */
static bool is_in_encoding(struct master_rows *r)
{
    return master_text_start_row(&r->text, slice_make(r->base + r->begin, r->end - r->begin));
}

static void take_regular(struct master_rows *r, struct master_row *row)
{
    row->field_count = r->count;
    row->status = is_in_encoding(r) ? judge_count(r, r->count) : MASTER_ROW_NOT_UTF8;
    for (size_t i = 0; row->status == MASTER_ROW_OK && i < r->wanted_count; i++)
        r->fields[r->wanted[i]] = take_field(r, r->wanted[i]);
}

/* A row that the plain scanner has to look at, byte for byte. */
static void take_irregular(struct master_rows *r, struct master_row *row)
{
    struct master_scan s;

    (void)scanner_scan(&r->scanner, r->base + r->begin, r->base + r->end - 1, true, &s);
    row->field_count = s.fields;
    if (s.nul)
        row->status = MASTER_ROW_NUL_BYTE;
    else if (s.stray)
        row->status = MASTER_ROW_STRAY_QUOTE;
    else if (!is_in_encoding(r))
        row->status = MASTER_ROW_NOT_UTF8;
    else
        row->status = judge_count(r, s.fields);
    for (size_t i = 0; row->status == MASTER_ROW_OK && s.doubled && i < r->wanted_count; i++)
        if (r->scanner.doubled[r->wanted[i]])
            unquote(r, &r->fields[r->wanted[i]]);
}

bool master_rows_next(struct master_rows *r, struct master_row *row)
{
    size_t len = 0;

    if (r->block->too_long && !r->too_long_told) {
        r->too_long_told = true;
        *row = (struct master_row){.offset = r->block->too_long_offset, .status = MASTER_ROW_TOO_LONG};
        return true;
    }
    do {
        if (!find_row(r))
            return false;
        len = r->end - r->begin - (r->block->unterminated && r->end == r->len);
    } while (is_blank(r) && len <= MASTER_ROW_MAX);
    *row = (struct master_row){.offset = r->block->offset + r->begin, .fields = r->fields};
    if (len > MASTER_ROW_MAX)
        row->status = MASTER_ROW_TOO_LONG;
    else if (r->irregular)
        take_irregular(r, row);
    else
        take_regular(r, row);
    for (size_t i = 0; master_text_converts(&r->text) && row->status == MASTER_ROW_OK && i < r->wanted_count; i++)
        r->fields[r->wanted[i]] = master_text_field(&r->text, r->fields[r->wanted[i]]);
    return true;
}

uint64_t master_rows_line(struct master_rows *r)
{
    if (r->end == 0)
        return r->block->too_long_line;
    for (; r->line_at < r->begin; r->line_at++)
        r->line += r->base[r->line_at] == '\n';
    return r->line;
}
