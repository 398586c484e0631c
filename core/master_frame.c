#include "master_frame.h"

#include <string.h>

#include "ascii.h"

#define BLANK '\r' /* what a frame line is made of, so that it is passed over as a blank line */

/* Whether bytes are what is looked for: they may end before that is clear. */
enum answer { NO, YES, UNCLEAR };

/* The bytes of one call. */
struct view {
    char *end;
    bool at_end;
};

/* ---- what the format says ---- */

static int set_text(struct frame_text *to, const char *text, const char *what, struct error *e)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (len > MASTER_FORMAT_TEXT_MAX)
        return error_set(e, ERROR_CONFIG, "the master's %s has %zu bytes, the limit is %d", what, len,
                         MASTER_FORMAT_TEXT_MAX);
    if (len > 0 && strpbrk(text, "\"\r\n") != NULL)
        return error_set(e, ERROR_CONFIG, "the master's %s cannot hold a quote or a line end", what);
    to->len = len;
    if (len > 0)
        memcpy(to->bytes, text, len);
    return 0;
}

int master_frame_start(struct master_frame *f, const struct master_format *format, char delimiter, struct error *e)
{
    struct frame_text data_start; /* only looked at */

    memset(f, 0, sizeof *f);
    f->delimiter = delimiter;
    master_frame_restart(f);
    if (set_text(&f->comment, format->comment, "comment", e) != 0 ||
        set_text(&data_start, format->data_start, "data_start", e) != 0 ||
        set_text(&f->data_end, format->data_end, "data_end", e) != 0)
        return -1;
    return set_text(&f->trailer, format->trailer, "trailer", e);
}

void master_frame_restart(struct master_frame *f)
{
    f->place = FRAME_LINE_START;
    f->quotes = AT_FIELD_START;
    f->rows = 0;
    f->has_trailer = f->has_count = false;
    f->held = 0;
}

bool master_frame_is_on(const struct master_frame *f)
{
    return f->comment.len > 0 || f->data_end.len > 0 || f->trailer.len > 0;
}

bool master_frame_is_line(struct slice line, const char *text)
{
    return text != NULL && text[0] != '\0' && slice_equal_text(line, text);
}

bool master_frame_starts(struct slice line, const char *prefix)
{
    size_t len = prefix != NULL ? strlen(prefix) : 0;

    return len > 0 && line.len >= len && memcmp(line.ptr, prefix, len) == 0;
}

/* ---- looking ---- */

static enum answer starts_with(const struct view *v, const char *p, const struct frame_text *text)
{
    size_t left = (size_t)(v->end - p);

    if (text->len == 0)
        return NO;
    if (left >= text->len)
        return memcmp(p, text->bytes, text->len) == 0 ? YES : NO;
    return !v->at_end && memcmp(p, text->bytes, left) == 0 ? UNCLEAR : NO;
}

/* Whether a line is that text: nothing but LF, CRLF or the end of the file may follow. */
static enum answer is_line(const struct view *v, const char *p, const struct frame_text *text)
{
    enum answer answer = starts_with(v, p, text);

    if (answer != YES)
        return answer;
    p += text->len;
    if (p < v->end && *p == '\r')
        p++;
    if (p == v->end)
        return v->at_end ? YES : UNCLEAR;
    return *p == '\n' ? YES : NO;
}

/* Behind the line end of the row that goes on at p; NULL where the bytes end first. */
static char *find_row_end(char *p, char *end, char delimiter, enum quote_state *state)
{
    while (p < end) {
        char c = *p;

        if (*state == IN_QUOTES && c != '"') {
            p = memchr(p, '"', (size_t)(end - p));
            if (p == NULL)
                return NULL;
            continue;
        }
        p++;
        if (c == '\n' && *state != IN_QUOTES)
            return p;
        *state = quote_step(*state, c, delimiter);
    }
    return NULL;
}

/* The same, quicker where there are no quotes, as in most rows of most files. */
static char *pass_row(struct master_frame *f, char *p, char *end)
{
    char *newline = f->quotes == IN_QUOTES ? NULL : memchr(p, '\n', (size_t)(end - p));

    if (newline == NULL || memchr(p, '"', (size_t)(newline - p)) != NULL)
        newline = find_row_end(p, end, f->delimiter, &f->quotes);
    else
        newline++;
    if (newline == NULL)
        return end;
    f->place = FRAME_LINE_START;
    f->quotes = AT_FIELD_START;
    return newline;
}

/* ---- blanking ---- */

static void blank(char *p, const char *end)
{
    for (; p < end; p++)
        if (*p != '\n')
            *p = BLANK;
}

static char *pass_comment(struct master_frame *f, char *p, char *end)
{
    char *newline = memchr(p, '\n', (size_t)(end - p));

    blank(p, newline != NULL ? newline : end);
    if (newline == NULL)
        return end;
    f->place = FRAME_LINE_START;
    f->quotes = AT_FIELD_START;
    return newline + 1;
}

/* Behind the end of the rows lines need not be counted, and may be of any length. */
static char *pass_rest(char *p, char *end)
{
    memset(p, '\n', (size_t)(end - p));
    return end;
}

/* ---- the trailer ---- */

/* A line that could be the trailer: whether nothing follows it up to the end of the rows. */
static enum answer is_last(const struct master_frame *f, const struct view *v, const char *line, char *at)
{
    while (at < v->end) {
        enum answer is_end;
        enum answer is_comment;

        if (*at == '\r' || *at == '\n') {
            at++;
            continue;
        }
        if ((size_t)(at - line) > MASTER_FRAME_TRAILER_MAX)
            return NO;
        is_end = is_line(v, at, &f->data_end);
        if (is_end != NO)
            return is_end;
        is_comment = starts_with(v, at, &f->comment);
        if (is_comment != YES)
            return is_comment;
        at = memchr(at, '\n', (size_t)(v->end - at));
        if (at == NULL)
            break;
    }
    if ((size_t)(v->end - line) > MASTER_FRAME_TRAILER_MAX)
        return NO;
    return v->at_end ? YES : UNCLEAR;
}

/* YYYYMMDD from 1900 to 2099. */
static bool is_date(struct slice digits, uint64_t number)
{
    uint64_t year = number / 10000;
    uint64_t month = number / 100 % 100;
    uint64_t day = number % 100;

    return digits.len == 8 && year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The last field that is a number, and no date, counts the rows. */
static void take_count(struct master_frame *f, struct slice field)
{
    uint64_t number = 0;

    field = slice_trim(field);
    if (field.len >= 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"')
        field = slice_trim(slice_make(field.ptr + 1, field.len - 2));
    if (field.len == 0)
        return;
    for (size_t i = 0; i < field.len; i++)
        if (!ascii_is_digit(field.ptr[i]) || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(field.ptr[i] - '0'), &number))
            return;
    if (is_date(field, number))
        return;
    f->has_count = true;
    f->count = number;
}

static char *take_trailer(struct master_frame *f, char *line, char *end)
{
    struct slice text = slice_trim(slice_make(line, (size_t)(end - line)));
    size_t shown = text.len < MASTER_FRAME_SHOWN ? text.len : MASTER_FRAME_SHOWN;

    memcpy(f->shown, text.ptr, shown);
    f->shown[shown] = '\0';
    f->has_trailer = true;
    while (text.len > 0) {
        const char *delimiter = memchr(text.ptr, f->delimiter, text.len);
        size_t len = delimiter != NULL ? (size_t)(delimiter - text.ptr) : text.len;

        take_count(f, slice_make(text.ptr, len));
        len += delimiter != NULL;
        text = slice_make(text.ptr + len, text.len - len);
    }
    blank(line, end);
    return end;
}

/* ---- lines ---- */

static char *start_row(struct master_frame *f, const struct view *v, char *p)
{
    f->rows++;
    f->place = FRAME_IN_ROW;
    return pass_row(f, p, v->end);
}

/* A line that starts as the trailer does; NULL where it is unclear whether it is. */
static char *start_trailer(struct master_frame *f, const struct view *v, char *p)
{
    enum quote_state quotes = f->quotes;
    char *end = find_row_end(p, v->end, f->delimiter, &quotes);
    enum answer answer;

    if (end == NULL && quotes != IN_QUOTES && v->at_end)
        end = v->end;
    if (end != NULL)
        answer = is_last(f, v, p, end);
    else
        answer = v->at_end || (size_t)(v->end - p) > MASTER_FRAME_TRAILER_MAX ? NO : UNCLEAR;
    if (answer == UNCLEAR)
        return NULL;
    return answer == YES ? take_trailer(f, p, end) : start_row(f, v, p);
}

/* At a line's start; NULL where more bytes are needed to say what it is. */
static char *start_line(struct master_frame *f, const struct view *v, char *p)
{
    enum answer is_end;
    enum answer is_comment;
    enum answer is_trailer;

    if (*p == '\n' || *p == '\r') {
        f->quotes = *p == '\n' ? AT_FIELD_START : IN_PLAIN;
        return p + 1;
    }
    is_end = is_line(v, p, &f->data_end);
    is_comment = starts_with(v, p, &f->comment);
    is_trailer = starts_with(v, p, &f->trailer);
    if (is_end == YES) {
        f->place = FRAME_ENDED;
        return pass_rest(p, v->end);
    }
    if (is_end == UNCLEAR || is_comment == UNCLEAR || is_trailer == UNCLEAR)
        return NULL;
    if (is_comment == YES) {
        f->place = FRAME_IN_COMMENT;
        return pass_comment(f, p, v->end);
    }
    return is_trailer == YES ? start_trailer(f, v, p) : start_row(f, v, p);
}

/* One step on; NULL where more bytes are needed. */
static char *step(struct master_frame *f, const struct view *v, char *p)
{
    switch (f->place) {
    case FRAME_LINE_START:
        return start_line(f, v, p);
    case FRAME_IN_ROW:
        return pass_row(f, p, v->end);
    case FRAME_IN_COMMENT:
        return pass_comment(f, p, v->end);
    default:
        return pass_rest(p, v->end);
    }
}

size_t master_frame_pass(struct master_frame *f, char *bytes, size_t len, bool at_end)
{
    const struct view v = {bytes + len, at_end};
    char *p = bytes;

    f->held = 0;
    while (p < v.end) {
        char *next = step(f, &v, p);

        if (next == NULL) {
            f->held = (size_t)(v.end - p);
            memcpy(f->hold, p, f->held);
            break;
        }
        p = next;
    }
    return (size_t)(p - bytes);
}

size_t master_frame_release(struct master_frame *f, char *to)
{
    size_t len = f->held;

    memcpy(to, f->hold, len);
    f->held = 0;
    return len;
}

int master_frame_check(const struct master_frame *f, const char *path, struct error *e)
{
    if (f->data_end.len > 0 && f->place != FRAME_ENDED)
        return error_set(e, ERROR_DATA, "%s: the line '%.*s' that ends its rows is missing; it was delivered in part",
                         path, (int)f->data_end.len, f->data_end.bytes);
    if (f->trailer.len > 0 && !f->has_trailer)
        return error_set(
            e, ERROR_DATA,
            "%s: the trailer is missing: the last line does not start with '%.*s'; it was delivered in part", path,
            (int)f->trailer.len, f->trailer.bytes);
    if (f->has_count && f->count != f->rows)
        return error_set(e, ERROR_DATA, "%s: the trailer '%s' counts %llu rows, and there are %llu", path, f->shown,
                         (unsigned long long)f->count, (unsigned long long)f->rows);
    return 0;
}
