#include "symbology.h"

#include "ascii.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define COLUMNS (SYMBOLOGY_RIC - SYMBOLOGY_NONE)
#define EXCHANGE_CODE_MAX 4 /* letters or digits behind the dot, of YAHOO and RIC */

/* One mark in each convention, in the order of the enum; NULL where it is not known to be spelled so that it can be
 * told from another. X stands for one letter A-Z, x for one of a-z that means the same capital. Of the venues' own
 * lists of symbology (CTA and CQS, Nasdaq, FINRA's ACT) and those of the vendors. */
struct mark_row {
    const char *marks[COLUMNS];
};

static const struct mark_row rows[] = {
    /* CQS, CMS, NASDAQ, ACT, BLOOMBERG, YAHOO, RIC */
    {{"/X", " X", ".X", ".X", "/X", "-X", "x"}},          /* class X */
    {{"p", " PR", "-", "$", NULL, NULL, "_p"}},           /* preferred */
    {{"pX", " PRX", "-X", "$X", NULL, "-PX", "_px"}},     /* preferred X */
    {{"p/WD", " PRWD", "-$", ".D", NULL, NULL, NULL}},    /* preferred when distributed */
    {{"pX/WD", " PRXWD", "-X$", NULL, NULL, NULL, NULL}}, /* preferred X when distributed */
    {{"pw", " PRWI", "-#", NULL, NULL, NULL, NULL}},      /* preferred when issued */
    {{"pXw", " PRXWI", "-X#", NULL, NULL, NULL, NULL}},   /* preferred X when issued */
    {{"p/CL", " PRCL", "-*", NULL, NULL, NULL, NULL}},    /* preferred called */
    {{"pX/CL", " PRXCL", "-X*", NULL, NULL, NULL, NULL}}, /* preferred X called */
    {{"pX/CV", " PRXCV", "-X%", NULL, NULL, NULL, NULL}}, /* preferred X convertible */
    {{"/X/CL", " XCL", ".X*", NULL, NULL, NULL, NULL}},   /* class X called */
    {{"/X/CV", " XCV", ".X%", NULL, NULL, NULL, NULL}},   /* class X convertible */
    {{"/Xw", " XWI", ".X#", NULL, NULL, NULL, NULL}},     /* class X when issued */
    {{"/WS", " WS", "+", ".W", NULL, "-WT", NULL}},       /* warrants */
    {{"/WS/X", " WSX", "+X", NULL, NULL, "-WTX", NULL}},  /* warrants X */
    {{"/WSw", " WSWI", "+#", NULL, NULL, NULL, NULL}},    /* warrants when issued */
    {{"r", " RT", "^", ".R", NULL, "-RI", NULL}},         /* rights */
    {{"rw", " RTWI", "^#", NULL, NULL, NULL, NULL}},      /* rights when issued */
    {{"/U", " U", "=", ".U", NULL, "-UN", NULL}},         /* units */
    {{"w", " WI", "#", NULL, NULL, NULL, NULL}},          /* when issued */
    {{"/WD", " WD", "$", ".Z", NULL, NULL, NULL}},        /* when distributed */
    {{"/CL", " CL", "*", NULL, NULL, NULL, NULL}},        /* called */
    {{"/CV", " CV", "%", NULL, NULL, NULL, NULL}},        /* convertible */
    {{"/CV/CL", " CVCL", "%*", NULL, NULL, NULL, NULL}},  /* convertible called */
    {{"/EC", " EC", "!", ".E", NULL, NULL, NULL}},        /* emerging company */
    {{"/PP", " PP", "@", NULL, NULL, NULL, NULL}},        /* partly paid */
    {{"/TEST", " TEST", "~", NULL, NULL, NULL, NULL}},    /* test */
};

static_assert(SYMBOLOGY_CQS == SYMBOLOGY_NONE + 1 && SYMBOLOGY_FIX == SYMBOLOGY_RIC + 1, "each but FIX has a column");

/* What a symbol consists of. */
struct reading {
    struct slice root;
    const struct mark_row *row; /* NULL: no mark */
    char letter;                /* for the X of the mark */
    struct slice code;          /* that of an exchange, with the dot or blank in front; may be empty */
};

const char *symbology_convention_name(enum symbology_convention convention)
{
    static const char *const names[SYMBOLOGY_CONVENTION_COUNT] = {[SYMBOLOGY_NONE] = "none",
#define X(name) [SYMBOLOGY_##name] = #name,
                                                                  SYMBOLOGY_CONVENTIONS(X)
#undef X
    };
    return names[convention];
}

enum symbology_convention symbology_convention_from_name(struct slice name)
{
    for (int c = SYMBOLOGY_NONE + 1; c < SYMBOLOGY_CONVENTION_COUNT; c++)
        if (slice_equal_nocase(name, slice_of(symbology_convention_name((enum symbology_convention)c))))
            return (enum symbology_convention)c;
    return SYMBOLOGY_NONE;
}

static const char *mark_in(const struct mark_row *row, enum symbology_convention convention)
{
    return row->marks[convention - SYMBOLOGY_CQS];
}

/* Sets *letter to what stands for the X, or to NUL where there is none. */
static bool is_mark(struct slice text, const char *mark, char *letter)
{
    *letter = '\0';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (mark[i] == '\0')
            return false;
        if ((mark[i] == 'X' && ascii_is_upper(c)) || (mark[i] == 'x' && c >= 'a' && c <= 'z'))
            *letter = ascii_to_upper(c);
        else if (c != mark[i])
            return false;
    }
    return mark[text.len] == '\0';
}

/* The row whose mark it is. Of two rows it is of the one without X: `.W` in ACT is warrants, not class W. `skip` bytes
 * at the start of each mark do not count. */
static const struct mark_row *row_of(struct slice text, enum symbology_convention convention, size_t skip, char *letter)
{
    const struct mark_row *found = NULL;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *mark = mark_in(&rows[i], convention);
        char x;
        if (mark == NULL || !is_mark(text, mark + skip, &x))
            continue;
        if (found != NULL && x != '\0')
            continue;
        found = &rows[i];
        *letter = x;
    }
    return found;
}

/* Of a symbol and its suffix apart (FIX tags 55 and 65): the suffix is a mark of CMS without its blank. */
static bool read_apart(struct slice symbol, struct slice suffix, struct reading *r)
{
    r->root = symbol;
    if (symbol.len > 0 && suffix.len > 0)
        r->row = row_of(suffix, SYMBOLOGY_CMS, 1, &r->letter);
    return r->row != NULL;
}

/* Whether it is a dot with the code of an exchange behind it. */
static bool is_dotted_code(struct slice text)
{
    if (text.len < 2 || text.len > 1 + EXCHANGE_CODE_MAX || text.ptr[0] != '.')
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!ascii_is_letter(text.ptr[i]) && !ascii_is_digit(text.ptr[i]))
            return false;
    return true;
}

/* Cuts the code of an exchange off the symbol, where the convention has one and it is there. No mark of these
 * conventions holds a dot or a blank. */
static struct slice cut_code(enum symbology_convention convention, struct slice *symbol)
{
    char start = convention == SYMBOLOGY_BLOOMBERG ? ' ' : '.';
    struct slice code;
    size_t at = 0;

    while (at < symbol->len && symbol->ptr[at] != start)
        at++;
    code = slice_make(symbol->ptr + at, symbol->len - at);
    if (convention != SYMBOLOGY_BLOOMBERG && !is_dotted_code(code))
        return slice_make(NULL, 0);
    symbol->len = at;
    return code;
}

static bool has_codes(enum symbology_convention convention)
{
    return convention == SYMBOLOGY_BLOOMBERG || convention == SYMBOLOGY_YAHOO || convention == SYMBOLOGY_RIC;
}

/* Of a symbol in one piece. False where it is a plain root, or cannot be read. */
static bool read_joined(enum symbology_convention convention, struct slice symbol, struct reading *r)
{
    struct slice mark;

    if (has_codes(convention))
        r->code = cut_code(convention, &symbol);
    while (r->root.len < symbol.len &&
           (ascii_is_upper(symbol.ptr[r->root.len]) || ascii_is_digit(symbol.ptr[r->root.len])))
        r->root.len++;
    r->root.ptr = symbol.ptr;
    if (r->root.len == 0)
        return false;
    if (r->root.len == symbol.len)
        return r->code.len > 0;
    mark = slice_make(symbol.ptr + r->root.len, symbol.len - r->root.len);
    r->row = row_of(mark, convention, 0, &r->letter);
    return r->row != NULL;
}

static bool append(struct slice part, char out[IDENTIFIER_MAX], size_t *len)
{
    if (part.len > IDENTIFIER_MAX - *len)
        return false;
    if (part.len > 0)
        memcpy(out + *len, part.ptr, part.len);
    *len += part.len;
    return true;
}

/* Appends the mark in that convention, unless it has none there or what it would be is the mark of another row. */
static bool append_mark(const struct reading *r, enum symbology_convention to, char out[IDENTIFIER_MAX], size_t *len)
{
    const char *mark = mark_in(r->row, to);
    size_t start = *len;
    char letter;

    if (mark == NULL || !append(slice_of(mark), out, len))
        return false;
    for (size_t i = start; i < *len; i++)
        if (out[i] == 'X')
            out[i] = r->letter;
        else if (out[i] == 'x')
            out[i] = (char)(r->letter - 'A' + 'a');
    return row_of(slice_make(out + start, *len - start), to, 0, &letter) == r->row;
}

/* RIC names the markets of the US, YAHOO does not. */
static bool is_none_in_yahoo(struct slice code)
{
    static const struct slice none[] = {
        SLICE_LITERAL(".N"), SLICE_LITERAL(".O"), SLICE_LITERAL(".OQ"), SLICE_LITERAL(".K"),
        SLICE_LITERAL(".A"), SLICE_LITERAL(".P"), SLICE_LITERAL(".PK"), SLICE_LITERAL(".OB"),
    };

    for (size_t i = 0; i < COUNT(none); i++)
        if (slice_equal(code, none[i]))
            return true;
    return false;
}

/* Appends the code of the exchange as it is in the other convention. False where that needs one, and it is not known.
 */
static bool append_code(enum symbology_convention from, struct slice code, enum symbology_convention to,
                        char out[IDENTIFIER_MAX], size_t *len)
{
    if (from == to)
        return append(code, out, len);
    if (to == SYMBOLOGY_RIC)
        return from == SYMBOLOGY_YAHOO && code.len > 0 && append(code, out, len);
    if (to == SYMBOLOGY_YAHOO && from == SYMBOLOGY_RIC && !is_none_in_yahoo(code))
        return append(code, out, len);
    return true;
}

enum symbology_reading symbology_translate(enum symbology_convention from, struct slice symbol, struct slice suffix,
                                           enum symbology_convention to, char out[IDENTIFIER_MAX], size_t *len)
{
    struct reading r = {0};
    bool apart = from == SYMBOLOGY_FIX || suffix.len > 0;
    size_t used = 0;

    if (from == SYMBOLOGY_NONE || !(apart ? read_apart(symbol, suffix, &r) : read_joined(from, symbol, &r)))
        return SYMBOLOGY_NOT_UNDERSTOOD;
    if (!append(r.root, out, &used) || (r.row != NULL && !append_mark(&r, to, out, &used)) ||
        !append_code(from, r.code, to, out, &used))
        return SYMBOLOGY_UNSPELLABLE;
    *len = used;
    return SYMBOLOGY_SPELLED;
}

static bool is_separator(char c)
{
    return c != '\0' && strchr(SYMBOLOGY_SEPARATORS, c) != NULL;
}

bool symbology_same_but_separators(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && !(is_separator(a.ptr[i]) && is_separator(b.ptr[i])))
            return false;
    return true;
}

bool symbology_same_with_suffix(struct slice symbol, struct slice suffix, struct slice joined)
{
    if (joined.len != symbol.len + 1 + suffix.len || !is_separator(joined.ptr[symbol.len]))
        return false;
    return symbology_same_but_separators(symbol, slice_make(joined.ptr, symbol.len)) &&
           symbology_same_but_separators(suffix, slice_make(joined.ptr + symbol.len + 1, suffix.len));
}

static size_t append_respelled(struct slice part, char separator, char *out)
{
    for (size_t i = 0; i < part.len; i++)
        out[i] = is_separator(part.ptr[i]) ? separator : part.ptr[i];
    return part.len;
}

size_t symbology_respell(struct slice symbol, struct slice suffix, char separator, char out[IDENTIFIER_MAX])
{
    size_t len;

    if (symbol.len + suffix.len + (suffix.len > 0) > IDENTIFIER_MAX)
        return 0;
    len = append_respelled(symbol, separator, out);
    if (suffix.len > 0) {
        out[len++] = separator;
        len += append_respelled(suffix, separator, out + len);
    }
    return len;
}
