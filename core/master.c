#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master_columns.h"
#include "master_digest.h"
#include "master_scan.h"

#define READ_BYTES (512u << 10) /* of one read, unless the options say otherwise */
#define DROP_BYTES (4u << 20)   /* the kernel forgets smaller ranges only in part where it has large folios */
#define BINARY_PROBE 4096u      /* leading bytes in which a NUL says that this is no text */
#define DELIMITERS ",\t|;"      /* in order of preference */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* What comes next in the file. */
enum next_result { NEXT_ROW, NEXT_TOO_LONG, NEXT_OPEN_QUOTE, NEXT_END, NEXT_FAILED };

struct master {
    int fd;
    char *path;
    uint64_t size;    /* bytes, when it was opened */
    int64_t mtime_ns; /* likewise */
    char *buffer;     /* MASTER_ROW_MAX + read_bytes, and a line end that stops every scan */
    size_t read_bytes;
    size_t start; /* of the next row */
    size_t end;   /* of what was read */
    bool at_end;  /* of the file: there is nothing more to read */
    bool finished;
    uint64_t base;    /* offset in the file of buffer[0] */
    uint64_t line;    /* of buffer[start] */
    uint64_t dropped; /* bytes from the file's start that the page cache may forget */
    struct master_scanner scanner;
    struct master_columns columns;
    char *names;
    struct slice *column_names;
    struct master_digest digest;
};

const char *master_row_status_text(enum master_row_status status)
{
    static const char *const texts[MASTER_ROW_STATUS_COUNT] = {"is fine",
#define X(name, sentence) sentence,
                                                               MASTER_BAD_ROWS(X)
#undef X
    };
    return texts[status];
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

static void drop_cache(struct master *m)
{
    uint64_t upto = m->base / DROP_BYTES * DROP_BYTES;

    if (upto == m->dropped)
        return;
    /* Advice only: where it is refused, the page cache is larger and nothing else. */
    (void)posix_fadvise(m->fd, (off_t)m->dropped, (off_t)(upto - m->dropped), POSIX_FADV_DONTNEED);
    m->dropped = upto;
}

/* Moves what is unread to the buffer's front and reads on behind it. */
static int fill(struct master *m, struct error *e)
{
    ssize_t got;

    memmove(m->buffer, m->buffer + m->start, m->end - m->start);
    m->base += m->start;
    m->end -= m->start;
    m->start = 0;
    do
        got = read(m->fd, m->buffer + m->end, m->read_bytes);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(e, errno, "%s: cannot be read", m->path);
    m->at_end = got == 0;
    master_digest_add(&m->digest, m->buffer + m->end, (size_t)got);
    m->end += (size_t)got;
    m->buffer[m->end] = '\n';
    drop_cache(m);
    return 0;
}

/* Called once everything was read: the file has to be the one that was opened. */
static int finish(struct master *m, struct error *e)
{
    struct stat st;

    if (m->finished)
        return 0;
    if (fstat(m->fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", m->path);
    if ((uint64_t)st.st_size != m->size || m->base + m->end != m->size ||
        st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec != m->mtime_ns)
        return error_set(e, ERROR_TEMPORARY, "%s: changed while it was read; try again once it is complete", m->path);
    master_digest_finish(&m->digest);
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

/* Scans the next row that is not blank, reading on as it needs. */
static enum next_result scan_next(struct master *m, struct master_scan *s, struct error *e)
{
    for (;;) {
        enum scan_result result;

        if (m->start == m->end && m->at_end)
            return NEXT_END;
        result = scanner_scan(&m->scanner, m->buffer + m->start, m->buffer + m->end, m->at_end, s);
        if (result == SCAN_ROW && is_blank(m, s))
            advance(m, s);
        else if (result == SCAN_ROW)
            return s->len > MASTER_ROW_MAX ? NEXT_TOO_LONG : NEXT_ROW;
        else if (result == SCAN_OPEN_QUOTE)
            return NEXT_OPEN_QUOTE;
        else if (m->end - m->start > MASTER_ROW_MAX)
            return NEXT_TOO_LONG;
        else if (fill(m, e) != 0)
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
        if (fill(m, e) != 0)
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

static enum master_row_status judge(const struct master *m, const struct master_scan *s)
{
    if (s->nul)
        return MASTER_ROW_NUL_BYTE;
    if (s->stray)
        return MASTER_ROW_STRAY_QUOTE;
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
    advance(m, s);
}

int master_next(struct master *m, struct master_row *row, struct error *e)
{
    struct master_scan s;
    enum next_result result = scan_next(m, &s, e);

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

/* ---- opening ---- */

static int allocate(struct master *m, const char *path, size_t read_bytes, struct error *e)
{
    m->read_bytes = read_bytes > 0 ? read_bytes : READ_BYTES;
    m->scanner.field_max = MASTER_COLUMNS_MAX;
    m->line = 1;
    m->path = strdup(path);
    m->buffer = malloc(MASTER_ROW_MAX + m->read_bytes + 1);
    m->scanner.fields = calloc(m->scanner.field_max, sizeof *m->scanner.fields);
    m->scanner.doubled = calloc(m->scanner.field_max, sizeof *m->scanner.doubled);
    if (master_digest_start(&m->digest) != 0 || m->path == NULL || m->buffer == NULL || m->scanner.fields == NULL ||
        m->scanner.doubled == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    m->buffer[0] = '\n';
    return 0;
}

static int open_file(struct master *m, struct error *e)
{
    struct stat st;

    m->fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* so that a pipe does not make us wait */
    if (m->fd < 0)
        return error_set_errno(e, errno, "%s: cannot be opened", m->path);
    if (fstat(m->fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", m->path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERROR_IO, "%s: %s; a master is a regular file", m->path,
                         S_ISDIR(st.st_mode) ? "is a directory" : "is not a file that can be read again");
    m->size = (uint64_t)st.st_size;
    m->mtime_ns = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
    (void)posix_fadvise(m->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

/* Refuses what is no text, and passes over a byte order mark. */
static int probe(struct master *m, struct error *e)
{
    const char *nul;
    size_t seen;

    while (m->end < BINARY_PROBE && !m->at_end)
        if (fill(m, e) != 0)
            return -1;
    seen = m->end < BINARY_PROBE ? m->end : BINARY_PROBE;
    if (seen == 0)
        return error_set(e, ERROR_DATA, "%s: is empty", m->path);
    nul = memchr(m->buffer, '\0', seen);
    if (nul != NULL)
        return error_set(e, ERROR_DATA, "%s: is a binary file (NUL at byte %zu), not delimited text", m->path,
                         (size_t)(nul - m->buffer));
    if (seen >= 3 && memcmp(m->buffer, BYTE_ORDER_MARK, 3) == 0)
        m->start = 3;
    return 0;
}

/* Settles on the delimiter that splits the header into most columns. */
static int find_delimiter(struct master *m, struct error *e)
{
    size_t most = 0;
    char best = DELIMITERS[0];

    for (const char *d = DELIMITERS; *d != '\0'; d++) {
        struct master_scan s;
        enum next_result result;

        scanner_set_delimiter(&m->scanner, *d);
        result = scan_next(m, &s, e);
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
    m->column_names = calloc(row->field_count, sizeof *m->column_names);
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

static int read_header(struct master *m, const struct master_options *options, struct error *e)
{
    struct master_row row;
    int got = master_next(m, &row, e);

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

static int check_options(const struct master_options *options, struct error *e)
{
    char d = options->delimiter;

    if (d == '\n' || d == '\r' || d == '"')
        return error_set(e, ERROR_CONFIG, "a line end or a quote cannot be the master's delimiter");
    if (options->carried_count > SECURITY_CARRIED_MAX)
        return error_set(e, ERROR_CONFIG, "%zu columns are to be carried along, the limit is %d",
                         options->carried_count, SECURITY_CARRIED_MAX);
    return 0;
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
    m->fd = -1;
    if (allocate(m, path, options->read_bytes, e) != 0 || open_file(m, e) != 0 || probe(m, e) != 0)
        goto fail;
    if (options->delimiter != 0)
        scanner_set_delimiter(&m->scanner, options->delimiter);
    else if (find_delimiter(m, e) != 0)
        goto fail;
    if (read_header(m, options, e) != 0)
        goto fail;
    *out = m;
    return 0;
fail:
    master_close(m);
    return -1;
}

void master_close(struct master *m)
{
    if (m == NULL)
        return;
    if (m->fd >= 0)
        close(m->fd);
    master_digest_free(&m->digest);
    free(m->column_names);
    free(m->names);
    free(m->scanner.doubled);
    free(m->scanner.fields);
    free(m->buffer);
    free(m->path);
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

struct master_body master_body(const struct master *m)
{
    return (struct master_body){m->fd, m->path, m->size, m->mtime_ns, m->base + m->start, m->line};
}

void master_fingerprint(const struct master *m, uint64_t *size, int64_t *mtime_ns, uint64_t digest[2])
{
    *size = m->size;
    *mtime_ns = m->mtime_ns;
    digest[0] = m->digest.value[0];
    digest[1] = m->digest.value[1];
}
