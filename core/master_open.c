#include <stdlib.h>

#include "master.h"
#include "master_columns.h"
#include "master_internal.h"

#define READ_BYTES (512u << 10) /* of one read, unless the options say otherwise */
#define BINARY_PROBE 4096u      /* leading bytes in which a NUL says that this is no text */
#define DELIMITERS ",\t|;"      /* in order of preference */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define UTF16_LE_MARK "\xFF\xFE"
#define UTF16_BE_MARK "\xFE\xFF"

/* ---- what it starts with ---- */

static int allocate(struct master *m, const struct master_options *options, struct error *e)
{
    m->read_bytes = options->read_bytes > 0 ? options->read_bytes : READ_BYTES;
    m->scanner.field_max = MASTER_COLUMNS_MAX;
    m->line = 1;
    m->buffer = malloc(MASTER_ROW_MAX + m->read_bytes + MASTER_FRAME_HOLD + 1);
    m->scanner.fields = calloc(m->scanner.field_max, sizeof *m->scanner.fields);
    m->scanner.doubled = calloc(m->scanner.field_max, sizeof *m->scanner.doubled);
    if (master_text_init(&m->text, options->format.encoding, MASTER_ROW_MAX) != 0 || m->buffer == NULL ||
        m->scanner.fields == NULL || m->scanner.doubled == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", m->path);
    m->buffer[0] = '\n';
    return 0;
}

static bool has_mark(const struct master *m, const char *mark)
{
    size_t len = strlen(mark);

    return m->end >= len && memcmp(m->buffer, mark, len) == 0;
}

/* Refuses what is no text, and passes over a byte order mark. */
static int probe(struct master *m, struct error *e)
{
    const char *nul;
    size_t seen;

    while (m->end < BINARY_PROBE && !m->at_end)
        if (master_fill(m, e) != 0)
            return -1;
    seen = m->end < BINARY_PROBE ? m->end : BINARY_PROBE;
    if (seen == 0)
        return error_set(e, ERROR_DATA, "%s: is empty", m->path);
    if (has_mark(m, UTF16_LE_MARK) || has_mark(m, UTF16_BE_MARK))
        return error_set(e, ERROR_DATA,
                         "%s: is UTF-16, as its first two bytes say; convert it: iconv -f UTF-16 -t UTF-8", m->path);
    nul = memchr(m->buffer, '\0', seen);
    if (nul != NULL)
        return error_set(e, ERROR_DATA, "%s: is a binary file (NUL at byte %zu), not delimited text", m->path,
                         (size_t)(nul - m->buffer));
    if (has_mark(m, BYTE_ORDER_MARK))
        m->start = strlen(BYTE_ORDER_MARK);
    return 0;
}

/* ---- what stands before the header ---- */

static int refuse_head(const struct master *m, struct error *e)
{
    return error_set(e, ERROR_DATA, "%s: more than the limit of %u bytes stand before the first row", m->path,
                     MASTER_HEAD_MAX);
}

/* The next line, without its line end, by line ends alone; returns 1, 0 at the end, or -1. */
static int peek_line(struct master *m, struct slice *line, struct error *e)
{
    for (;;) {
        size_t left = m->end - m->start;
        const char *text = m->buffer + m->start;
        const char *newline = memchr(text, '\n', left);

        *line = slice_make(text, newline != NULL ? (size_t)(newline - text) : left);
        if (line->len > 0 && text[line->len - 1] == '\r')
            line->len--;
        if (m->base + m->start > MASTER_HEAD_MAX || line->len > MASTER_HEAD_MAX)
            return refuse_head(m, e);
        if (newline != NULL || (m->at_end && left > 0))
            return 1;
        if (m->at_end)
            return 0;
        if (master_fill(m, e) != 0)
            return -1;
    }
}

static void pass_line(struct master *m)
{
    const char *newline = memchr(m->buffer + m->start, '\n', m->end - m->start);

    m->start = newline != NULL ? (size_t)(newline + 1 - m->buffer) : m->end;
    m->line += newline != NULL;
}

static int skip_lines(struct master *m, uint64_t count, struct error *e)
{
    struct slice line;

    for (uint64_t i = 0; i < count; i++) {
        int got = peek_line(m, &line, e);

        if (got < 0)
            return -1;
        if (got == 0)
            return error_set(e, ERROR_DATA, "%s: has %llu lines, and %llu are to be skipped", m->path,
                             (unsigned long long)i, (unsigned long long)count);
        pass_line(m);
    }
    return 0;
}

static int skip_to_start(struct master *m, const char *data_start, struct error *e)
{
    struct slice line;
    bool found = data_start == NULL || data_start[0] == '\0';

    while (!found) {
        int got = peek_line(m, &line, e);

        if (got < 0)
            return -1;
        if (got == 0)
            return error_set(e, ERROR_DATA, "%s: the line '%s' that starts its rows is missing", m->path, data_start);
        found = master_frame_is_line(line, data_start);
        pass_line(m);
    }
    return 0;
}

/* All that `format` says of lines before the header. */
static int skip_head(struct master *m, const struct master_format *format, struct error *e)
{
    struct slice line;
    int got;

    if (skip_lines(m, format->skip_lines, e) != 0 || skip_to_start(m, format->data_start, e) != 0)
        return -1;
    if (format->comment == NULL || format->comment[0] == '\0')
        return 0;
    while ((got = peek_line(m, &line, e)) == 1 && (line.len == 0 || master_frame_starts(line, format->comment)))
        pass_line(m);
    return got < 0 ? -1 : 0;
}

/* ---- the header ---- */

/* Settles on the delimiter that splits the header into most columns. */
static int find_delimiter(struct master *m, struct error *e)
{
    size_t most = 0;
    char best = DELIMITERS[0];

    for (const char *d = DELIMITERS; *d != '\0'; d++) {
        struct master_scan s;
        enum next_result result;

        scanner_set_delimiter(&m->scanner, *d);
        result = master_scan_next(m, &s, e);
        if (result == NEXT_FAILED)
            return -1;
        if (result == NEXT_ROW && s.fields > most) {
            most = s.fields;
            best = *d;
        }
    }
    scanner_set_delimiter(&m->scanner, best);
    return 0;
}

static int check_header(const struct master *m, const struct master_row *row, struct error *e)
{
    if (row->status != MASTER_ROW_OK)
        return error_set(e, ERROR_DATA, "%s: line %llu: the header %s", m->path, (unsigned long long)row->line,
                         master_row_status_text(row->status));
    if (row->field_count > MASTER_COLUMNS_MAX)
        return error_set(e, ERROR_DATA, "%s: line %llu: the header has %zu columns, the limit is %d", m->path,
                         (unsigned long long)row->line, row->field_count, MASTER_COLUMNS_MAX);
    return 0;
}

/* Keeps the header's names, trimmed, in one block of their own. */
static int keep_names(struct master *m, const struct master_row *row, struct error *e)
{
    size_t total = 1;
    char *to;

    for (size_t i = 0; i < row->field_count; i++) {
        if (slice_trim(row->fields[i]).len > MASTER_COLUMN_NAME_MAX)
            return error_set(e, ERROR_DATA, "%s: line %llu: the name of column %zu has %zu bytes, the limit is %d",
                             m->path, (unsigned long long)row->line, i + 1, slice_trim(row->fields[i]).len,
                             MASTER_COLUMN_NAME_MAX);
        total += row->fields[i].len;
    }
    m->names = malloc(total);
    m->column_names = calloc(row->field_count + 1, sizeof *m->column_names); /* never of 0 bytes */
    if (m->names == NULL || m->column_names == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its header", m->path);
    to = m->names;
    for (size_t i = 0; i < row->field_count; i++) {
        struct slice name = slice_trim(row->fields[i]);

        memcpy(to, name.ptr, name.len);
        m->column_names[i] = slice_make(to, name.len);
        to += name.len;
    }
    return 0;
}

/* The names that the user gives, as a row. */
static void split_columns(struct master *m, const char *columns, struct master_row *row)
{
    const char *comma;

    *row = (struct master_row){.line = m->line, .fields = m->scanner.fields};
    do {
        comma = strchrnul(columns, ',');
        if (row->field_count < m->scanner.field_max)
            m->scanner.fields[row->field_count] = slice_make(columns, (size_t)(comma - columns));
        row->field_count++;
        columns = comma + 1;
    } while (*comma != '\0');
}

static int read_header(struct master *m, const struct master_options *options, struct error *e)
{
    const char *columns = options->format.columns;
    struct master_row row;
    int got = 1;

    if (columns != NULL && columns[0] != '\0')
        split_columns(m, columns, &row);
    else
        got = master_next(m, &row, e);
    if (got < 0)
        return -1;
    if (got == 0)
        return error_set(e, ERROR_DATA, "%s: has no header, only blank lines", m->path);
    if (check_header(m, &row, e) != 0 || keep_names(m, &row, e) != 0)
        return -1;
    m->scanner.field_max = row.field_count;
    if (master_columns_recognise(m->column_names, (uint32_t)row.field_count, options, &m->columns, e) != 0)
        return error_prefix(e, "%s", m->path);
    return 0;
}

/* ---- opening ---- */

static int check_options(const struct master_options *options, struct error *e)
{
    char d = options->delimiter;

    if (d == '\n' || d == '\r' || d == '"')
        return error_set(e, ERROR_CONFIG, "a line end or a quote cannot be the master's delimiter");
    if (options->format.skip_lines > MASTER_SKIP_LINES_MAX)
        return error_set(e, ERROR_CONFIG, "%llu lines are to be skipped, the limit is %u",
                         (unsigned long long)options->format.skip_lines, MASTER_SKIP_LINES_MAX);
    if (options->carried_count > SECURITY_CARRIED_MAX)
        return error_set(e, ERROR_CONFIG, "%zu columns are to be carried along, the limit is %d",
                         options->carried_count, SECURITY_CARRIED_MAX);
    return 0;
}

/* From here on everything that is read goes through the frame. */
static int start_frame(struct master *m, const struct master_options *options, struct error *e)
{
    if (master_frame_start(&m->frame, &options->format, m->scanner.delimiter, e) != 0)
        return -1;
    m->framed = master_frame_is_on(&m->frame);
    if (m->framed)
        master_settle(m, m->start);
    m->buffer[m->end] = '\n';
    return 0;
}

static int open_master(struct master *m, const struct master_options *options, struct error *e)
{
    if (allocate(m, options, e) != 0 || probe(m, e) != 0 || skip_head(m, &options->format, e) != 0)
        return -1;
    if (options->delimiter != 0)
        scanner_set_delimiter(&m->scanner, options->delimiter);
    else if (find_delimiter(m, e) != 0)
        return -1;
    return read_header(m, options, e) != 0 ? -1 : start_frame(m, options, e);
}

int master_open(const char *path, const struct master_options *options, struct master **out, struct error *e)
{
    struct master *m;

    *out = NULL;
    if (check_options(options, e) != 0)
        return -1;
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    if (master_source_open(path, options->window, &m->source, e) == 0) {
        m->path = master_source_path(m->source);
        if (open_master(m, options, e) == 0) {
            *out = m;
            return 0;
        }
    }
    master_close(m);
    return -1;
}
