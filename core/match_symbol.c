#include "match_internal.h"

/* Conventions that a symbol is read in where none is known to apply. */
#define FIRST_CONVENTION SYMBOLOGY_CQS
#define LAST_CONVENTION SYMBOLOGY_RIC

/* Whether the symbol itself ends in a separator and the suffix. */
static bool ends_in_suffix(struct slice symbol, struct slice suffix)
{
    size_t root = symbol.len - suffix.len - 1;

    return symbol.len > suffix.len + 1 && symbology_same_with_suffix(slice_make(symbol.ptr, root), suffix, symbol);
}

/* What the symbol is called in the master, made when it is first needed. */
static const struct symbol_terms *terms_of(struct matching *m)
{
    struct symbol_terms *t = &m->matcher->symbol;
    const struct match_trace *trace = m->matcher->trace;
    const struct instrument *i = m->instrument;

    if (t->is_ready)
        return t;
    t->is_ready = true;
    t->reading = m->convention == SYMBOLOGY_NONE
                     ? SYMBOLOGY_NOT_UNDERSTOOD
                     : symbology_translate(m->convention, i->symbol, m->suffix, m->rules->master_convention, t->spelled,
                                           &t->spelled_len);
    t->own = t->reading == SYMBOLOGY_SPELLED ? slice_make(t->spelled, t->spelled_len) : i->symbol;
    t->lacks_suffix =
        t->reading == SYMBOLOGY_NOT_UNDERSTOOD && m->suffix.len > 0 && !ends_in_suffix(i->symbol, m->suffix);
    if (trace != NULL)
        trace->on_symbol(trace->opaque, m->convention, t->reading, t->own);
    return t;
}

/* ---- looking up ---- */

static bool has_candidates(const struct matching *m)
{
    return m->matcher->candidates.count > 0;
}

static int add_key(struct matching *m, const char *why, struct slice key, struct error *e)
{
    return key.len == 0 || key.len > IDENTIFIER_MAX ? 0 : match_look_up(m, why, IDENTIFIER_SYMBOL, key, e);
}

/* With each separator in the place of all. */
static int add_separators(struct matching *m, struct error *e)
{
    char key[IDENTIFIER_MAX];

    for (const char *separator = SYMBOLOGY_SEPARATORS; *separator != '\0' && !has_candidates(m); separator++) {
        size_t len = symbology_respell(m->instrument->symbol, m->suffix, *separator, key);
        bool was_tried = slice_equal(slice_make(key, len), m->instrument->symbol);
        if (!was_tried && add_key(m, "spelling", slice_make(key, len), e) != 0)
            return -1;
    }
    return 0;
}

/* As the venues may have meant it. */
static int add_conventions(struct matching *m, struct error *e)
{
    char key[IDENTIFIER_MAX];
    size_t len;

    if (m->rules->master_convention == SYMBOLOGY_NONE)
        return 0;
    for (int c = FIRST_CONVENTION; c <= LAST_CONVENTION && !has_candidates(m); c++)
        if (symbology_translate((enum symbology_convention)c, m->instrument->symbol, m->suffix,
                                m->rules->master_convention, key, &len) == SYMBOLOGY_SPELLED &&
            add_key(m, "spelling", slice_make(key, len), e) != 0)
            return -1;
    return 0;
}

static int add_variants(struct matching *m, struct error *e)
{
    if (add_separators(m, e) != 0 || (!has_candidates(m) && add_conventions(m, e) != 0))
        return -1;
    if (has_candidates(m))
        m->result->found_by = FOUND_BY_SYMBOL_VARIANT;
    return 0;
}

static int add_renamed(struct matching *m, enum rename_relation relation, struct slice symbol, struct error *e)
{
    struct slice other;
    size_t next = 0;

    while (!has_candidates(m) && renames_next(m->rules->renames, relation, symbol, m->date, &next, &other))
        if (add_key(m, "renamed", other, e) != 0)
            return -1;
    return 0;
}

/* The symbol as it is, by the names that it has, had and will have. */
static int add_exact(struct matching *m, bool *is_stale, struct error *e)
{
    const struct symbol_terms *t = terms_of(m);

    if (add_renamed(m, RENAME_BEFORE, t->own, e) != 0 || (!has_candidates(m) && add_key(m, "symbol", t->own, e) != 0) ||
        add_renamed(m, RENAME_AFTER, t->own, e) != 0)
        return -1;
    if (has_candidates(m)) {
        m->result->found_by = t->lacks_suffix ? FOUND_BY_SYMBOL_VARIANT : FOUND_BY_SYMBOL;
        return 0;
    }
    if (add_renamed(m, RENAME_STALE, t->own, e) != 0)
        return -1;
    *is_stale = has_candidates(m);
    if (*is_stale)
        m->result->found_by = FOUND_BY_SYMBOL;
    return 0;
}

int match_find_by_symbol(struct matching *m, bool *is_stale, struct error *e)
{
    const struct instrument *i = m->instrument;
    enum symbology_reading reading;

    *is_stale = false;
    if (i->symbol.len == 0 || !index_has_kind(m->index, IDENTIFIER_SYMBOL))
        return 0;
    reading = terms_of(m)->reading;
    if (reading == SYMBOLOGY_UNSPELLABLE)
        return 0;
    /* With a suffix the class is meant, so the joined spellings come first. */
    if (reading == SYMBOLOGY_NOT_UNDERSTOOD && m->suffix.len > 0 && add_variants(m, e) != 0)
        return -1;
    if (!has_candidates(m) && add_exact(m, is_stale, e) != 0)
        return -1;
    if (has_candidates(m) || reading != SYMBOLOGY_NOT_UNDERSTOOD || m->suffix.len > 0)
        return 0;
    return add_variants(m, e);
}

/* ---- comparing ---- */

static bool is_other_name(const struct matching *m, enum rename_relation relation, struct slice own,
                          struct slice symbol)
{
    struct slice other;
    size_t next = 0;

    while (renames_next(m->rules->renames, relation, own, m->date, &next, &other))
        if (slice_equal(other, symbol))
            return true;
    return false;
}

static bool is_spelled_so(const struct matching *m, struct slice symbol)
{
    char key[IDENTIFIER_MAX];
    size_t len;

    if (m->rules->master_convention == SYMBOLOGY_NONE)
        return false;
    for (int c = FIRST_CONVENTION; c <= LAST_CONVENTION; c++)
        if (symbology_translate((enum symbology_convention)c, m->instrument->symbol, m->suffix,
                                m->rules->master_convention, key, &len) == SYMBOLOGY_SPELLED &&
            slice_equal(symbol, slice_make(key, len)))
            return true;
    return false;
}

static bool is_variant(const struct matching *m, struct slice symbol)
{
    const struct instrument *i = m->instrument;

    return (m->suffix.len > 0 ? symbology_same_with_suffix(i->symbol, m->suffix, symbol)
                              : symbology_same_but_separators(i->symbol, symbol)) ||
           is_spelled_so(m, symbol);
}

int match_judge_symbol(const void *matching, const struct index_row *row)
{
    struct matching *m = (struct matching *)(uintptr_t)matching; /* its terms are made when first needed */
    const struct symbol_terms *t = terms_of(m);
    char text[KEY_PACK_MAX];
    struct slice symbol;

    if (!index_row_fills(row, ROLE_SYMBOL) || t->reading == SYMBOLOGY_UNSPELLABLE)
        return UNSAID;
    if (index_row_has_key(row, IDENTIFIER_SYMBOL, t->own))
        return t->lacks_suffix ? AGREES_NEARLY : AGREES;
    symbol = index_row_key(row, ROLE_SYMBOL, text);
    if (is_other_name(m, RENAME_BEFORE, t->own, symbol) || is_other_name(m, RENAME_AFTER, t->own, symbol))
        return t->lacks_suffix ? AGREES_NEARLY : AGREES;
    return t->reading == SYMBOLOGY_NOT_UNDERSTOOD && is_variant(m, symbol) ? AGREES_NEARLY : DIFFERS;
}

bool match_is_renamed(struct matching *m, const struct security *row)
{
    return is_other_name(m, RENAME_STALE, terms_of(m)->own, row->value[ROLE_SYMBOL]);
}
