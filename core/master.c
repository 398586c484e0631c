#include "master.h"

#include <stdlib.h>

#include "master_internal.h"

const char *master_row_status_text(enum master_row_status status)
{
    static const char *const texts[MASTER_ROW_STATUS_COUNT] = {"is fine",
#define X(name, sentence) sentence,
                                                               MASTER_BAD_ROWS(X)
#undef X
    };
    return texts[status];
}

const char *master_packing_name(enum master_packing packing)
{
    static const char *const names[MASTER_PACKING_COUNT] = {
#define X(name, text) text,
        MASTER_PACKINGS(X)
#undef X
    };
    return names[packing];
}

const char *master_encoding_name(enum master_encoding encoding)
{
    static const char *const names[MASTER_ENCODING_COUNT] = {
#define X(name, text) text,
        MASTER_ENCODINGS(X)
#undef X
    };
    return names[encoding];
}

size_t master_row_length(const char *bytes, size_t len, char delimiter)
{
    enum quote_state state = AT_FIELD_START;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n' && state != IN_QUOTES)
            return i > 0 && bytes[i - 1] == '\r' ? i - 1 : i;
        state = quote_step(state, bytes[i], delimiter);
    }
    return SIZE_MAX;
}

/* ---- reading ---- */

void master_settle(struct master *m, size_t settled)
{
    m->end = settled + master_frame_pass(&m->frame, m->buffer + settled, m->end - settled, m->at_end);
}

int master_fill(struct master *m, struct error *e)
{
    size_t settled;
    size_t got;

    memmove(m->buffer, m->buffer + m->start, m->end - m->start);
    m->base += m->start;
    m->end -= m->start;
    m->start = 0;
    settled = m->end;
    m->end += master_frame_release(&m->frame, m->buffer + m->end);
    if (master_source_read(m->source, m->buffer + m->end, m->read_bytes, &got, e) != 0)
        return -1;
    m->at_end = got == 0;
    m->end += got;
    if (m->framed)
        master_settle(m, settled);
    m->buffer[m->end] = '\n';
    return 0;
}

/* Called once everything was read: the file has to be the one that was opened, and whole. */
static int finish(struct master *m, struct error *e)
{
    if (m->finished)
        return 0;
    if (master_source_finish(m->source, e) != 0 || master_frame_check(&m->frame, m->path, e) != 0)
        return -1;
    m->finished = true;
    return 0;
}

static bool is_blank(const struct master *m, const struct master_scan *s)
{
    const char *p = m->buffer + m->start;
    const char *end = p + s->len;

    while (p < end && (*p == '\r' || *p == '\n'))
        p++;
    return p == end;
}

static void advance(struct master *m, const struct master_scan *s)
{
    m->start += s->len;
    m->line += s->newlines;
}

enum next_result master_scan_next(struct master *m, struct master_scan *s, struct error *e)
{
    for (;;) {
        enum scan_result result;

        if (m->start == m->end && m->at_end)
            return NEXT_END;
        result = scanner_scan(&m->scanner, m->buffer + m->start, m->buffer + m->end, m->at_end, s);
        if (result == SCAN_ROW && s->len > MASTER_ROW_MAX)
            return NEXT_TOO_LONG;
        if (result == SCAN_ROW && is_blank(m, s))
            advance(m, s);
        else if (result == SCAN_ROW)
            return NEXT_ROW;
        else if (result == SCAN_OPEN_QUOTE)
            return NEXT_OPEN_QUOTE;
        else if (m->end - m->start > MASTER_ROW_MAX)
            return NEXT_TOO_LONG;
        else if (master_fill(m, e) != 0)
            return NEXT_FAILED;
    }
}

static int refuse_open_quote(const struct master *m, uint64_t line, struct error *e)
{
    return error_set(e, ERROR_DATA, "%s: line %llu: the quote that opens here is never closed", m->path,
                     (unsigned long long)line);
}

/* Passes over a row of any length in the buffer's space, by the same rule of quotes. */
static int skip_long_row(struct master *m, struct error *e)
{
    enum quote_state state = AT_FIELD_START;
    uint64_t quote_line = m->line;

    for (;;) {
        while (m->start < m->end) {
            char c = m->buffer[m->start++];
            enum quote_state before = state;

            m->line += c == '\n';
            if (c == '\n' && state != IN_QUOTES)
                return 0;
            state = quote_step(state, c, m->scanner.delimiter);
            if (state == IN_QUOTES && before == AT_FIELD_START)
                quote_line = m->line;
        }
        if (m->at_end)
            return state == IN_QUOTES ? refuse_open_quote(m, quote_line, e) : 0;
        if (master_fill(m, e) != 0)
            return -1;
    }
}

/* ---- rows ---- */

/* Makes doubled quotes single, in place. */
static void unquote(const struct master *m, struct slice *field)
{
    char *text = m->buffer + (field->ptr - m->buffer);
    size_t to = 0;

    for (size_t from = 0; from < field->len; from++) {
        text[to++] = text[from];
        if (text[from] == '"')
            from++;
    }
    field->len = to;
}

static enum master_row_status judge(struct master *m, const struct master_scan *s)
{
    if (s->nul)
        return MASTER_ROW_NUL_BYTE;
    if (s->stray)
        return MASTER_ROW_STRAY_QUOTE;
    if (!master_text_start_row(&m->text, slice_make(m->buffer + m->start, s->len)))
        return MASTER_ROW_NOT_UTF8;
    if (m->columns.count == 0 || s->fields == m->columns.count) /* 0: this is the header */
        return MASTER_ROW_OK;
    return s->fields < m->columns.count ? MASTER_ROW_TOO_FEW_FIELDS : MASTER_ROW_TOO_MANY_FIELDS;
}

static void deliver(struct master *m, const struct master_scan *s, struct master_row *row)
{
    size_t stored = s->fields < m->scanner.field_max ? s->fields : m->scanner.field_max;

    row->status = judge(m, s);
    row->field_count = s->fields;
    for (size_t i = 0; s->doubled && i < stored; i++)
        if (m->scanner.doubled[i])
            unquote(m, &m->scanner.fields[i]);
    for (size_t i = 0; master_text_converts(&m->text) && row->status == MASTER_ROW_OK && i < stored; i++)
        m->scanner.fields[i] = master_text_field(&m->text, m->scanner.fields[i]);
    advance(m, s);
}

int master_next(struct master *m, struct master_row *row, struct error *e)
{
    struct master_scan s;
    enum next_result result = master_scan_next(m, &s, e);

    *row = (struct master_row){.offset = m->base + m->start, .line = m->line, .fields = m->scanner.fields};
    switch (result) {
    case NEXT_ROW:
        deliver(m, &s, row);
        return 1;
    case NEXT_TOO_LONG:
        row->status = MASTER_ROW_TOO_LONG;
        return skip_long_row(m, e) == 0 ? 1 : -1;
    case NEXT_OPEN_QUOTE:
        return refuse_open_quote(m, m->line + s.quote_newlines, e);
    case NEXT_END:
        return finish(m, e);
    default:
        return -1;
    }
}

/* ---- what it is ---- */

void master_close(struct master *m)
{
    if (m == NULL)
        return;
    master_source_close(m->source);
    master_text_free(&m->text);
    free(m->column_names);
    free(m->names);
    free(m->scanner.doubled);
    free(m->scanner.fields);
    free(m->buffer);
    free(m);
}

const struct master_columns *master_columns(const struct master *m)
{
    return &m->columns;
}

struct slice master_column_name(const struct master *m, uint32_t column)
{
    return column < m->columns.count ? m->column_names[column] : slice_make(NULL, 0);
}

char master_delimiter(const struct master *m)
{
    return m->scanner.delimiter;
}

enum master_encoding master_encoding(const struct master *m)
{
    return m->text.encoding;
}

enum master_packing master_packing(const struct master *m)
{
    return master_source_packing(m->source);
}

struct master_body master_body(const struct master *m)
{
    return (struct master_body){m->source, &m->frame, m->base + m->start, m->line};
}

void master_fingerprint(const struct master *m, uint64_t *size, int64_t *mtime_ns, uint64_t digest[2])
{
    *size = master_source_size(m->source);
    *mtime_ns = master_source_mtime_ns(m->source);
    master_source_digest(m->source, digest);
}
