#include "master_scan.h"

/* The bytes that are scanned. */
struct text {
    const struct master_scanner *scanner;
    const char *limit;
    bool at_end;
};

enum quote_state quote_step(enum quote_state state, char c, char delimiter)
{
    if (state == IN_QUOTES)
        return c == '"' ? AFTER_QUOTE : IN_QUOTES;
    if (c == '"' && state != IN_PLAIN)
        return IN_QUOTES; /* an opening quote, or the second of a doubled one */
    return c == delimiter ? AT_FIELD_START : IN_PLAIN;
}

void scanner_set_delimiter(struct master_scanner *scanner, char delimiter)
{
    memset(scanner->special, 0, sizeof scanner->special);
    scanner->special['\0'] = scanner->special['\n'] = scanner->special[(unsigned char)delimiter] = true;
    scanner->delimiter = delimiter;
}

static void add_field(const struct text *t, struct master_scan *s, const char *begin, const char *end, bool doubled)
{
    const struct master_scanner *scanner = t->scanner;

    if (s->fields < scanner->field_max) {
        scanner->fields[s->fields] = slice_make(begin, (size_t)(end - begin));
        scanner->doubled[s->fields] = doubled;
    }
    s->doubled |= doubled;
    s->fields++;
}

/* The delimiter, line end or end of the bytes that ends the plain text at p. */
static const char *skip_plain(const struct text *t, struct master_scan *s, const char *p)
{
    const bool *special = t->scanner->special;

    for (;;) {
        while (!special[(unsigned char)*p])
            p++;
        if (*p != '\0' || p == t->limit)
            return p;
        s->nul = true;
        p++;
    }
}

static enum scan_result scan_plain(const struct text *t, struct master_scan *s, const char **at)
{
    const char *begin = *at;
    const char *end = skip_plain(t, s, begin);

    if (end == t->limit && !t->at_end)
        return SCAN_MORE;
    *at = end;
    if (*end == '\n' && end > begin && end[-1] == '\r')
        end--;
    add_field(t, s, begin, end, false);
    return SCAN_FIELD;
}

static uint64_t count_newlines(const char *begin, const char *end)
{
    uint64_t count = 0;

    while ((begin = memchr(begin, '\n', (size_t)(end - begin))) != NULL) {
        count++;
        begin++;
    }
    return count;
}

/* The quote that closes the field whose text starts at p; NULL where the bytes end first. */
static const char *find_closing_quote(const struct text *t, const char *p, bool *doubled)
{
    for (;;) {
        const char *quote = memchr(p, '"', (size_t)(t->limit - p));

        if (quote == NULL || (quote + 1 == t->limit && !t->at_end))
            return NULL;
        if (quote + 1 == t->limit || quote[1] != '"')
            return quote;
        *doubled = true;
        p = quote + 2;
    }
}

/* What ends a field after its closing quote: the delimiter, line end or end of the bytes. Other text is stray. */
static const char *skip_after_quote(const struct text *t, struct master_scan *s, const char *after)
{
    if (after < t->limit && *after == '\r' && (after + 1 == t->limit || after[1] == '\n'))
        after++;
    if (after == t->limit || *after == t->scanner->delimiter || *after == '\n')
        return after;
    s->stray = true;
    return skip_plain(t, s, after);
}

static enum scan_result scan_quoted(const struct text *t, struct master_scan *s, const char **at)
{
    const char *begin = *at + 1;
    bool doubled = false;
    const char *quote = find_closing_quote(t, begin, &doubled);

    s->quote_newlines = s->newlines;
    if (quote == NULL)
        return t->at_end ? SCAN_OPEN_QUOTE : SCAN_MORE;
    s->newlines += count_newlines(begin, quote);
    s->nul |= memchr(begin, '\0', (size_t)(quote - begin)) != NULL;
    *at = skip_after_quote(t, s, quote + 1);
    if (*at == t->limit && !t->at_end)
        return SCAN_MORE;
    add_field(t, s, begin, quote, doubled);
    return SCAN_FIELD;
}

enum scan_result scanner_scan(const struct master_scanner *scanner, const char *begin, const char *limit, bool at_end,
                              struct master_scan *s)
{
    const struct text t = {scanner, limit, at_end};
    const char *p = begin;

    memset(s, 0, sizeof *s);
    for (;;) {
        enum scan_result result = p < limit && *p == '"' ? scan_quoted(&t, s, &p) : scan_plain(&t, s, &p);

        if (result != SCAN_FIELD)
            return result;
        if (p == limit || *p == '\n')
            break;
        p++;
    }
    s->newlines += p < limit;
    s->len = (size_t)((p < limit ? p + 1 : p) - begin);
    return SCAN_ROW;
}
