#include "match.h"

#include <stdio.h>
#include <stdlib.h>

#include "attribute.h"
#include "candidates.h"
#include "symbology.h"

/* What is known of one identifier of the instrument. */
struct clue {
    const struct instrument_identifier *identifier;
    size_t key_len; /* 0: too long to be a key */
    char key[IDENTIFIER_MAX];
    bool judged;    /* the master has a column of its kind */
    bool found;     /* the master holds it */
    bool invalid;   /* the master lacks it, and its shape or check digit is wrong */
    bool conflict;  /* found, and leads elsewhere than those before it */
    uint32_t roles; /* the columns (bit per role) in which it was found; 0 until roles_of was asked */
};

struct matcher {
    struct candidates candidates;
    struct candidates others; /* the rows of a further identifier, while it is compared with the candidates */
    struct clue clues[INSTRUMENT_IDENTIFIERS_MAX];
    size_t clue_count;
    uint32_t expected_roles[VERDICTS_MAX]; /* where each verdict's `expected` is read once the nearest row is known */
};

/* One instrument under way. */
struct matching {
    struct matcher *matcher;
    const struct index *index;
    const struct rules *rules;
    const struct instrument *instrument;
    struct date date; /* of the message */
    struct match_result *result;
    bool led_by_symbol; /* tag 55 or its like led to the candidates */
};

#define ROLE_BIT(role) (UINT32_C(1) << (role))

_Static_assert(MASTER_ROLE_COUNT <= 32, "roles are kept as bits of 32");

struct matcher *matcher_new(void)
{
    return calloc(1, sizeof(struct matcher));
}

void matcher_free(struct matcher *matcher)
{
    if (matcher == NULL)
        return;
    candidates_free(&matcher->candidates);
    candidates_free(&matcher->others);
    free(matcher);
}

static struct slice clue_key(const struct clue *clue)
{
    return slice_make(clue->key, clue->key_len);
}

/* The columns that hold keys of that kind, as bits. */
static uint32_t roles_of_kind(enum identifier_kind kind)
{
    uint32_t roles = 0;

    /* Attributes have no kind either: an identifier of an unlisted source is not looked for among them. */
    for (int r = 0; r < MASTER_ROLE_COUNT && kind != IDENTIFIER_UNKNOWN; r++)
        if (master_role_kind((enum master_role)r) == kind)
            roles |= ROLE_BIT(r);
    return roles;
}

/* The first filled column among those; empty where there is none. */
static struct slice first_filled(const struct security *row, uint32_t roles)
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++)
        if ((roles & ROLE_BIT(r)) && row->value[r].len > 0)
            return row->value[r];
    return slice_make(NULL, 0);
}

/* ---- verdicts ---- */

/* Adds a verdict if the rules report its kind. `roles`: the columns that say what was expected. */
static void add_verdict(struct matching *m, struct verdict verdict, uint32_t roles)
{
    struct match_result *r = m->result;

    if (!m->rules->reported[verdict.kind])
        return;
    m->matcher->expected_roles[r->count] = roles;
    r->verdicts[r->count++] = verdict;
}

static void add_on_tag(struct matching *m, enum discrepancy_kind kind, uint32_t tag, struct slice observed,
                       uint32_t roles)
{
    add_verdict(m, (struct verdict){.kind = kind, .tag = tag, .has_observed = true, .observed = observed}, roles);
}

static void add_on_identifier(struct matching *m, enum discrepancy_kind kind, const struct clue *clue, uint32_t roles)
{
    add_verdict(m,
                (struct verdict){.kind = kind,
                                 .tag = clue->identifier->tag,
                                 .identifier_position = clue->identifier->position,
                                 .has_observed = true,
                                 .observed = clue->identifier->value},
                roles);
}

/* ---- what the identifiers lead to ---- */

static bool is_repetition(const struct matcher *matcher, const struct clue *clue)
{
    for (size_t i = 0; i < matcher->clue_count; i++) {
        const struct clue *other = &matcher->clues[i];
        if (other->identifier->kind == clue->identifier->kind && clue->key_len > 0 &&
            slice_equal(clue_key(other), clue_key(clue)))
            return true;
    }
    return false;
}

static bool is_invalid(const struct clue *clue)
{
    enum identifier_validity validity;

    if (clue->key_len == 0)
        return true;
    validity = identifier_check(clue->identifier->kind, clue_key(clue));
    return validity == IDENTIFIER_BAD_SHAPE || validity == IDENTIFIER_BAD_CHECK_DIGIT;
}

static void collect_clues(struct matching *m)
{
    struct matcher *matcher = m->matcher;

    matcher->clue_count = 0;
    for (size_t i = 0; i < m->instrument->identifier_count; i++) {
        const struct instrument_identifier *id = &m->instrument->identifiers[i];
        struct clue *clue = &matcher->clues[matcher->clue_count];
        if (id->kind != IDENTIFIER_UNKNOWN && !identifier_kind_is_key(id->kind))
            continue;
        clue->identifier = id;
        clue->key_len = identifier_key(id->kind, id->value, clue->key);
        if (is_repetition(matcher, clue))
            continue;
        clue->judged = id->kind != IDENTIFIER_UNKNOWN && index_has_kind(m->index, id->kind);
        clue->found = clue->invalid = clue->conflict = false;
        clue->roles = 0;
        matcher->clue_count++;
    }
}

/* The columns in which any row holds the key. Only conflicts ask for them, so they are looked for when
 * they are needed. */
static uint32_t roles_of(const struct index *index, struct clue *clue)
{
    uint32_t of_kind = roles_of_kind(clue->identifier->kind);
    struct index_cursor cursor;
    struct security row;

    if (clue->roles != 0)
        return clue->roles;
    index_find(index, clue->identifier->kind, clue_key(clue), &cursor);
    while (clue->roles != of_kind && index_next(&cursor, &row))
        for (int r = 0; r < MASTER_ROLE_COUNT; r++)
            if ((of_kind & ROLE_BIT(r)) && slice_equal(row.value[r], clue_key(clue)))
                clue->roles |= ROLE_BIT(r);
    return clue->roles;
}

/* A row contradicts a found identifier if it holds another value where the identifier was found. */
static bool contradicts(const struct index *index, const struct security *row, struct clue *clue)
{
    return !security_has_key(row, clue->identifier->kind, clue_key(clue)) &&
           first_filled(row, roles_of(index, clue)).len > 0;
}

static bool all_contradict(const struct matching *m, struct clue *clue)
{
    const struct candidates *c = &m->matcher->candidates;

    for (size_t i = 0; i < c->count; i++)
        if (!contradicts(m->index, c->rows[i], clue))
            return false;
    return true;
}

/* Whether each of the other rows contradicts one of the found identifiers before `clue`. */
static bool all_contradict_earlier(const struct matching *m, const struct clue *clue)
{
    const struct candidates *others = &m->matcher->others;

    for (size_t i = 0; i < others->count; i++) {
        bool one = false;
        for (struct clue *c = m->matcher->clues; c < clue && !one; c++)
            one = c->found && contradicts(m->index, others->rows[i], c);
        if (!one)
            return false;
    }
    return true;
}

static int lacks_key(const void *context, const struct security *row)
{
    const struct clue *clue = context;

    return !security_has_key(row, clue->identifier->kind, clue_key(clue));
}

/* Brings a further identifier to bear: the candidates that hold it, or else a conflict, or rows that join. */
static int combine(struct matching *m, struct clue *clue, struct error *e)
{
    struct matcher *matcher = m->matcher;

    if (candidates_keep_best(&matcher->candidates, lacks_key, clue) == 0) {
        clue->found = true;
        return 0;
    }
    matcher->others.count = 0;
    if (candidates_add(&matcher->others, m->index, clue->identifier->kind, clue_key(clue), e) != 0)
        return -1;
    clue->found = matcher->others.count > 0;
    if (!clue->found)
        return 0;
    clue->conflict = all_contradict(m, clue) || all_contradict_earlier(m, clue);
    if (clue->conflict)
        return 0;
    return candidates_add(&matcher->candidates, m->index, clue->identifier->kind, clue_key(clue), e);
}

/* The first identifier that the master holds makes the candidates. */
static int start_with(struct matching *m, struct clue *clue, struct error *e)
{
    if (candidates_add(&m->matcher->candidates, m->index, clue->identifier->kind, clue_key(clue), e) != 0)
        return -1;
    clue->found = m->matcher->candidates.count > 0;
    if (clue->found)
        m->result->found_by = clue->identifier->position == 0 ? FOUND_BY_IDENTIFIER : FOUND_BY_ALTERNATE_IDENTIFIER;
    return 0;
}

/* Looks all identifiers up and fills the candidates. */
static int find_by_identifiers(struct matching *m, struct error *e)
{
    struct matcher *matcher = m->matcher;

    for (size_t i = 0; i < matcher->clue_count; i++) {
        struct clue *clue = &matcher->clues[i];
        if (clue->judged && clue->key_len > 0 &&
            (matcher->candidates.count > 0 ? combine : start_with)(m, clue, e) != 0)
            return -1;
        clue->invalid = !clue->found && is_invalid(clue);
    }
    return 0;
}

/* Whether every candidate has something in all of the master's columns of that kind, so that the identifier's absence
 * is a statement. */
static bool all_filled(const struct matching *m, enum identifier_kind kind)
{
    const struct candidates *c = &m->matcher->candidates;
    const struct index_info *info = index_info(m->index);

    for (size_t i = 0; i < c->count; i++)
        for (int r = 0; r < MASTER_ROLE_COUNT; r++)
            if (master_role_kind((enum master_role)r) == kind && info->has_role[r] && c->rows[i]->value[r].len == 0)
                return false;
    return true;
}

/* The verdicts on identifiers where some were found. Returns whether there is a conflict. */
static bool judge_identifiers(struct matching *m)
{
    bool conflict = false;

    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        struct clue *clue = &m->matcher->clues[i];
        enum identifier_kind kind = clue->identifier->kind;
        if (clue->invalid)
            add_on_identifier(m, DISCREPANCY_INVALID_IDENTIFIER, clue, roles_of_kind(kind));
        else if (clue->conflict)
            add_on_identifier(m, DISCREPANCY_IDENTIFIER_CONFLICT, clue, roles_of(m->index, clue));
        else if (!clue->found && clue->judged && all_filled(m, kind))
            add_on_identifier(m, DISCREPANCY_UNKNOWN_SECURITY, clue, roles_of_kind(kind));
        conflict = conflict || clue->conflict;
    }
    return conflict;
}

/* The verdicts on identifiers where none was found. Returns whether there are any reasons to give, so that the symbol
 * is only a hint. */
static bool judge_missing_identifiers(struct matching *m)
{
    bool unknown = false;
    bool invalid = false;

    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        const struct clue *clue = &m->matcher->clues[i];
        if (clue->invalid) {
            invalid = true;
            add_on_identifier(m, DISCREPANCY_INVALID_IDENTIFIER, clue, 0);
        } else if (clue->judged && !unknown) {
            unknown = true;
            add_on_identifier(m, DISCREPANCY_UNKNOWN_SECURITY, clue, 0);
        }
    }
    return unknown || invalid;
}

/* ---- what the symbol leads to ---- */

static int add_spelling(struct matching *m, char separator, struct error *e)
{
    char key[IDENTIFIER_MAX];
    size_t len = symbology_respell(m->instrument->symbol, m->instrument->suffix, separator, key);

    if (len == 0)
        return 0;
    return candidates_add(&m->matcher->candidates, m->index, IDENTIFIER_SYMBOL, slice_make(key, len), e);
}

static int add_variants(struct matching *m, struct error *e)
{
    const struct candidates *c = &m->matcher->candidates;

    for (const char *separator = SYMBOLOGY_SEPARATORS; *separator != '\0' && c->count == 0; separator++)
        if (add_spelling(m, *separator, e) != 0)
            return -1;
    if (c->count > 0)
        m->result->found_by = FOUND_BY_SYMBOL_VARIANT;
    return 0;
}

static int add_exact(struct matching *m, struct error *e)
{
    const struct candidates *c = &m->matcher->candidates;
    char key[IDENTIFIER_MAX];
    size_t len = identifier_key(IDENTIFIER_SYMBOL, m->instrument->symbol, key);

    if (len > 0 && candidates_add(&m->matcher->candidates, m->index, IDENTIFIER_SYMBOL, slice_make(key, len), e) != 0)
        return -1;
    if (c->count > 0)
        m->result->found_by = FOUND_BY_SYMBOL;
    return 0;
}

/* Fills the candidates by the symbol. With a suffix the class is meant, so the joined spellings come first. */
static int find_by_symbol(struct matching *m, struct error *e)
{
    bool suffixed = m->instrument->suffix.len > 0;

    if (m->instrument->symbol.len == 0 || !index_has_kind(m->index, IDENTIFIER_SYMBOL))
        return 0;
    if ((suffixed ? add_variants : add_exact)(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count > 0)
        return 0;
    return (suffixed ? add_exact : add_variants)(m, e);
}

/* ---- comparing ---- */

static int judge_exchange(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_exchange(m->instrument->exchange, row->value[ROLE_MIC]);
}

static int judge_currency(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_currency(m->instrument->currency, row->value[ROLE_CURRENCY]);
}

static int judge_symbol(const void *context, const struct security *row)
{
    const struct matching *m = context;
    const struct instrument *i = m->instrument;
    struct slice symbol = row->value[ROLE_SYMBOL];

    if (symbol.len == 0)
        return UNSAID;
    if (slice_equal(symbol, i->symbol))
        return AGREES;
    if (i->suffix.len > 0 ? symbology_same_with_suffix(i->symbol, i->suffix, symbol)
                          : symbology_same_but_separators(i->symbol, symbol))
        return AGREES_AS_VARIANT;
    return DIFFERS;
}

static int judge_type(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_type(m->instrument->type, row->value[ROLE_TYPE]);
}

static int judge_cfi(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_cfi(m->instrument->cfi, row->value[ROLE_CFI]);
}

/* What the message says of the maturity; year 0 where it says nothing that can be read. */
static struct date message_maturity(const struct instrument *i)
{
    struct date date = {0};
    struct date read;

    if (i->maturity_date.len > 0 ? fix_time_parse_date(i->maturity_date, &read)
                                 : fix_time_parse_maturity(i->maturity_month_year, i->maturity_day, &read))
        date = read;
    return date;
}

static int judge_maturity(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_maturity(message_maturity(m->instrument), row->value[ROLE_MATURITY]);
}

static int judge_strike(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_decimal(m->instrument->strike, row->value[ROLE_STRIKE]);
}

static int judge_put_call(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_put_call(m->instrument->put_call, row->value[ROLE_PUT_CALL]);
}

static int judge_multiplier(const void *context, const struct security *row)
{
    const struct matching *m = context;

    return (int)attribute_decimal(m->instrument->multiplier, row->value[ROLE_MULTIPLIER]);
}

static int judge_active(const void *context, const struct security *row)
{
    const struct matching *m = context;
    struct slice why;

    return attribute_is_inactive(row, m->date, &why) ? DIFFERS : AGREES;
}

/* Narrows the candidates by one attribute of the message, if it has it. Returns whether it differs from every one of
 * them. */
static bool compare(struct matching *m, struct slice observed, candidates_judge judge, enum discrepancy_kind kind,
                    enum instrument_field field, enum master_role role)
{
    if (observed.len == 0 || candidates_keep_best(&m->matcher->candidates, judge, m) != DIFFERS)
        return false;
    add_on_tag(m, kind, m->instrument->tags[field], observed, ROLE_BIT(role));
    return true;
}

static void compare_symbol(struct matching *m)
{
    struct slice symbol = m->instrument->symbol;
    int outcome;

    if (symbol.len == 0 || m->led_by_symbol)
        return;
    outcome = candidates_keep_best(&m->matcher->candidates, judge_symbol, m);
    if (outcome == AGREES_AS_VARIANT)
        add_on_tag(m, DISCREPANCY_SYMBOL_FORMAT_VARIANT, m->instrument->symbol_tag, symbol, ROLE_BIT(ROLE_SYMBOL));
    else if (outcome == DIFFERS)
        add_on_tag(m, DISCREPANCY_SYMBOL_MISMATCH, m->instrument->symbol_tag, symbol, ROLE_BIT(ROLE_SYMBOL));
}

static void compare_maturity(struct matching *m)
{
    const struct instrument *i = m->instrument;
    bool is_date = i->maturity_date.len > 0;

    compare(m, is_date ? i->maturity_date : i->maturity_month_year, judge_maturity, DISCREPANCY_MATURITY_MISMATCH,
            is_date ? FIELD_MATURITY_DATE : FIELD_MATURITY_MONTH, ROLE_MATURITY);
}

/* As YYYYMMDD; empty where there is none. Few messages need it, so it is not made before. */
static struct slice write_date(struct date date, char out[OBSERVED_DATE_MAX])
{
    out[0] = '\0';
    if (date.year != 0)
        snprintf(out, OBSERVED_DATE_MAX, "%04u%02u%02u", (unsigned)date.year % 10000u, (unsigned)date.month % 100u,
                 (unsigned)date.day % 100u);
    return slice_of(out);
}

static void compare_status(struct matching *m)
{
    struct verdict verdict = {.kind = DISCREPANCY_INACTIVE_SECURITY};

    if (candidates_keep_best(&m->matcher->candidates, judge_active, m) != DIFFERS)
        return;
    verdict.has_observed = m->date.year != 0;
    verdict.observed = write_date(m->date, m->result->date);
    add_verdict(m, verdict, 0);
}

/* Whether two rows are one security: they share an identifier that tells securities apart. */
static bool is_same_security(const struct security *a, const struct security *b)
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++) {
        enum identifier_kind kind = master_role_kind((enum master_role)r);
        if (kind != IDENTIFIER_SYMBOL && identifier_kind_level(kind) > LEVEL_ISSUER && a->value[r].len > 0 &&
            slice_equal(a->value[r], b->value[r]))
            return true;
    }
    return false;
}

/* The clue of kind SYMBOL that led to the candidates, or NULL. */
static const struct clue *leading_symbol_clue(const struct matching *m)
{
    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        const struct clue *clue = &m->matcher->clues[i];
        if (clue->found)
            return clue->identifier->kind == IDENTIFIER_SYMBOL ? clue : NULL;
    }
    return NULL;
}

static void judge_ambiguity(struct matching *m)
{
    const struct candidates *c = &m->matcher->candidates;
    const struct clue *clue = leading_symbol_clue(m);
    bool several = false;

    for (size_t i = 1; i < c->count && !several; i++)
        several = !is_same_security(c->rows[0], c->rows[i]);
    if (!several)
        return;
    if (m->led_by_symbol)
        add_on_tag(m, DISCREPANCY_AMBIGUOUS_SECURITY, m->instrument->symbol_tag, m->instrument->symbol, 0);
    else if (clue != NULL)
        add_on_identifier(m, DISCREPANCY_AMBIGUOUS_SECURITY, clue, 0);
}

static void compare_all(struct matching *m)
{
    const struct instrument *i = m->instrument;

    compare(m, i->exchange, judge_exchange, DISCREPANCY_EXCHANGE_MISMATCH, FIELD_EXCHANGE, ROLE_MIC);
    compare(m, i->currency, judge_currency, DISCREPANCY_CURRENCY_MISMATCH, FIELD_CURRENCY, ROLE_CURRENCY);
    compare_symbol(m);
    if (!compare(m, i->type, judge_type, DISCREPANCY_SECURITY_TYPE_MISMATCH, FIELD_TYPE, ROLE_TYPE))
        compare(m, i->cfi, judge_cfi, DISCREPANCY_SECURITY_TYPE_MISMATCH, FIELD_CFI, ROLE_CFI);
    compare_maturity(m);
    compare(m, i->strike, judge_strike, DISCREPANCY_CONTRACT_MISMATCH, FIELD_STRIKE, ROLE_STRIKE);
    compare(m, i->put_call, judge_put_call, DISCREPANCY_CONTRACT_MISMATCH, FIELD_PUT_CALL, ROLE_PUT_CALL);
    compare(m, i->multiplier, judge_multiplier, DISCREPANCY_CONTRACT_MISMATCH, FIELD_MULTIPLIER, ROLE_MULTIPLIER);
    compare_status(m);
    judge_ambiguity(m);
}

/* ---- the whole ---- */

/* An unknown or invalid identifier: what the symbol leads to is shown, and nothing is made of it. */
static int hint_by_symbol(struct matching *m, struct error *e)
{
    if (find_by_symbol(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count == 0)
        return 0;
    if (m->instrument->exchange.len > 0)
        candidates_keep_best(&m->matcher->candidates, judge_exchange, m);
    if (m->instrument->currency.len > 0)
        candidates_keep_best(&m->matcher->candidates, judge_currency, m);
    return 0;
}

/* The symbol was looked up in vain, or nothing could be looked up: silence would pass for agreement. */
static void add_unknown(struct matching *m)
{
    bool symbol_was_tried = m->instrument->symbol.len > 0 && index_has_kind(m->index, IDENTIFIER_SYMBOL);

    if (!symbol_was_tried && m->matcher->clue_count > 0)
        add_on_identifier(m, DISCREPANCY_UNKNOWN_SECURITY, &m->matcher->clues[0], 0);
    else
        add_on_tag(m, DISCREPANCY_UNKNOWN_SECURITY, m->instrument->symbol_tag, m->instrument->symbol, 0);
}

static int match_by_symbol(struct matching *m, struct error *e)
{
    if (find_by_symbol(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count == 0) {
        add_unknown(m);
        return 0;
    }
    m->led_by_symbol = true;
    if (m->result->found_by == FOUND_BY_SYMBOL_VARIANT)
        add_on_tag(m, DISCREPANCY_SYMBOL_FORMAT_VARIANT, m->instrument->symbol_tag, m->instrument->symbol,
                   ROLE_BIT(ROLE_SYMBOL));
    compare_all(m);
    return 0;
}

static int match_clues(struct matching *m, struct error *e)
{
    if (find_by_identifiers(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count > 0) {
        if (!judge_identifiers(m))
            compare_all(m);
        return 0;
    }
    return judge_missing_identifiers(m) ? hint_by_symbol(m, e) : match_by_symbol(m, e);
}

static void set_date(struct matching *m, const struct message_fields *message)
{
    struct date *d = &m->date;

    if (!fix_time_parse_date(slice_trim(message->transact_time), d) &&
        !fix_time_parse_date(slice_trim(message->sending_time), d) &&
        !fix_time_parse_date(slice_trim(message->trade_date), d))
        *d = (struct date){0};
}

/* The nearest row is what remains first; now it is known what was expected. */
static void finish(struct matching *m)
{
    struct match_result *r = m->result;
    const struct candidates *c = &m->matcher->candidates;

    r->candidates = c->count > UINT32_MAX ? UINT32_MAX : (uint32_t)c->count;
    r->security = c->count > 0 ? c->rows[0] : NULL;
    if (r->security == NULL)
        return;
    for (size_t i = 0; i < r->count; i++) {
        struct verdict *v = &r->verdicts[i];
        if (v->kind == DISCREPANCY_INACTIVE_SECURITY)
            attribute_is_inactive(r->security, m->date, &v->expected);
        else
            v->expected = first_filled(r->security, m->matcher->expected_roles[i]);
        v->has_expected = v->expected.len > 0;
    }
}

static void clear_result(struct match_result *result)
{
    result->count = 0;
    result->found_by = FOUND_BY_NOTHING;
    result->candidates = 0;
    result->security = NULL;
    result->date[0] = '\0';
}

int match_instrument(struct matcher *matcher, const struct index *index, const struct rules *rules,
                     const struct message_fields *message, const struct instrument *instrument,
                     const struct index_lookup *ahead, struct match_result *result, struct error *e)
{
    struct matching m = {
        .matcher = matcher, .index = index, .rules = rules, .instrument = instrument, .result = result};

    clear_result(result);
    matcher->candidates.count = 0;
    matcher->candidates.ahead = ahead;
    set_date(&m, message);
    collect_clues(&m);
    if (match_clues(&m, e) != 0)
        return -1;
    finish(&m);
    return 0;
}

void match_missing(const struct rules *rules, struct match_result *result)
{
    clear_result(result);
    if (rules->reported[DISCREPANCY_MISSING_IDENTIFIER])
        result->verdicts[result->count++] = (struct verdict){.kind = DISCREPANCY_MISSING_IDENTIFIER};
}
