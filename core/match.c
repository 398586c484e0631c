#include "match.h"

#include <stdlib.h>

#include "match_internal.h"

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

void matcher_set_trace(struct matcher *matcher, const struct match_trace *trace)
{
    matcher->trace = trace;
}

/* An unknown or invalid identifier: what it looks like, or else the symbol, leads to is shown, and nothing is made of
 * it. */
static int hint(struct matching *m, struct error *e)
{
    bool is_stale;

    m->result->is_certain = false;
    if (match_hint_by_looks(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count == 0 && match_find_by_symbol(m, &is_stale, e) != 0)
        return -1;
    if (m->matcher->candidates.count > 0)
        match_narrow_hint(m);
    return 0;
}

/* The symbol was looked up in vain, or nothing could be looked up: silence would pass for agreement. */
static int add_unknown(struct matching *m, struct error *e)
{
    bool symbol_was_tried = m->instrument->symbol.len > 0 && index_has_kind(m->index, IDENTIFIER_SYMBOL);
    struct clue *first = m->matcher->clues;

    if (symbol_was_tried || m->matcher->clue_count == 0) {
        match_add_on_symbol(m, DISCREPANCY_UNKNOWN_SECURITY, MATCH_NO_STEP);
        return 0;
    }
    if (first->identifier->kind == IDENTIFIER_UNKNOWN)
        match_look_at_unknown(first);
    match_add_on_clue(m, DISCREPANCY_UNKNOWN_SECURITY, first, 0);
    return hint(m, e);
}

static int match_by_symbol(struct matching *m, struct error *e)
{
    bool is_stale;

    if (match_find_by_symbol(m, &is_stale, e) != 0)
        return -1;
    if (m->matcher->candidates.count == 0)
        return add_unknown(m, e);
    m->led_by_symbol = true;
    if (is_stale)
        match_add_on_symbol(m, DISCREPANCY_SYMBOL_MISMATCH, MATCH_SYMBOL);
    if (m->result->found_by == FOUND_BY_SYMBOL_VARIANT)
        match_add_on_symbol(m, DISCREPANCY_SYMBOL_FORMAT_VARIANT, MATCH_SYMBOL);
    match_compare_all(m);
    return 0;
}

static int match_clues(struct matching *m, struct error *e)
{
    if (match_find_by_identifiers(m, e) != 0)
        return -1;
    if (m->matcher->candidates.count == 0)
        return match_judge_missing_identifiers(m) ? hint(m, e) : match_by_symbol(m, e);
    m->result->is_certain = !match_judge_identifiers(m);
    if (m->result->is_certain)
        match_compare_all(m);
    return 0;
}

static struct date date_of(const struct message_fields *message, struct date_memo *memo)
{
    struct date date;

    if (!fix_time_recall_date(slice_trim(message->transact_time), memo, &date) &&
        !fix_time_recall_date(slice_trim(message->sending_time), memo, &date) &&
        !fix_time_recall_date(slice_trim(message->trade_date), memo, &date))
        date = (struct date){0};
    return date;
}

/* The market of the instrument may have a convention where session and topic have none. */
static enum symbology_convention convention_of(const struct rules *rules, const struct match_input *input)
{
    char mic[EXCHANGE_MIC_LEN];

    if (rules->conventions == NULL || input->convention != SYMBOLOGY_NONE || input->instrument->exchange.len == 0 ||
        !exchange_resolve(rules->exchanges, input->instrument->exchange, mic))
        return input->convention;
    return conventions_of_mic(rules->conventions, slice_make(mic, EXCHANGE_MIC_LEN));
}

/* When-issued is FIX's own word (FIX 4.4, tag 65), which the conventions read as a mark. Without one it is no class of
 * shares. */
static struct slice suffix_of(struct slice suffix, enum symbology_convention convention)
{
    bool is_no_class =
        suffix.len > 0 && convention == SYMBOLOGY_NONE && slice_equal_text(suffix, SYMBOLOGY_WHEN_ISSUED);

    return is_no_class ? slice_make(NULL, 0) : suffix;
}

/* The nearest row is what remains first; now it is known what was expected. */
static void finish(struct matching *m)
{
    struct match_result *r = m->result;
    const struct candidates *c = &m->matcher->candidates;
    const struct match_trace *trace = m->matcher->trace;

    r->candidates = c->count > UINT32_MAX ? UINT32_MAX : (uint32_t)c->count;
    r->nearest = c->count > 0 ? &c->rows[0] : NULL;
    if (r->nearest == NULL || (r->count == 0 && trace == NULL))
        return;
    index_row_read(r->nearest, &m->matcher->nearest);
    r->security = &m->matcher->nearest;
    if (trace != NULL)
        trace->on_rows(trace->opaque, c->rows, c->count);
    for (size_t i = 0; i < r->count; i++) {
        struct verdict *v = &r->verdicts[i];
        v->expected = match_expected(m, v, m->matcher->expected_roles[i], r->security);
        v->has_expected = v->expected.len > 0;
        if (v->kind == DISCREPANCY_SYMBOL_MISMATCH && match_is_renamed(m, r->security))
            v->reason = "RENAMED";
    }
}

static void clear_result(struct match_result *result)
{
    result->count = 0;
    result->found_by = FOUND_BY_NOTHING;
    result->candidates = 0;
    result->nearest = NULL;
    result->security = NULL;
    result->is_certain = true;
    result->date[0] = '\0';
}

/* What is remembered of another row, index or rule set says nothing here. */
static void forget_others(struct matcher *matcher, const struct index *index, const struct rules *rules)
{
    matcher->maturity.record = NULL;
    outcome_memo_about(&matcher->memo, index_identity(index), rules);
}

/* Both ways begin so. */
static struct matching begin(struct matcher *matcher, const struct index *index, const struct rules *rules,
                             const struct match_input *input, struct match_result *result)
{
    enum symbology_convention convention = convention_of(rules, input);

    forget_others(matcher, index, rules);
    return (struct matching){
        .matcher = matcher,
        .index = index,
        .rules = rules,
        .instrument = input->instrument,
        .convention = convention,
        .suffix = suffix_of(input->instrument->suffix, convention),
        .date = date_of(input->message, &matcher->dates),
        .result = result,
        .led_by_symbol = false,
    };
}

int match_instrument(struct matcher *matcher, const struct index *index, const struct rules *rules,
                     const struct match_input *input, struct match_result *result, struct error *e)
{
    struct matching m = begin(matcher, index, rules, input, result);

    clear_result(result);
    matcher->candidates.count = 0;
    matcher->candidates.ahead = input->ahead;
    matcher->symbol.is_ready = false;
    match_collect_clues(&m);
    if (match_clues(&m, e) != 0)
        return -1;
    finish(&m);
    return 0;
}

/* Whether the symbol means one spelling only, which the master has or has not. */
static bool is_literal(const struct matching *m)
{
    return m->instrument->suffix.len == 0 && m->convention == SYMBOLOGY_NONE;
}

/* Whether other rows may be meant than those of the symbol as it is. */
static bool may_be_renamed(const struct matching *m)
{
    return m->led_by_symbol && m->rules->renames != NULL;
}

bool match_agrees(struct matcher *matcher, const struct index *index, const struct rules *rules,
                  const struct match_input *input)
{
    struct matching m = begin(matcher, index, rules, input, NULL);
    struct index_row row;

    return matcher->trace == NULL && input->ahead != NULL && is_literal(&m) &&
           index_take_fetched(index, input->ahead, &row) && match_is_led_to(&m, input->ahead, &row) &&
           !may_be_renamed(&m) && match_row_agrees(&m, &row);
}

void match_missing(const struct rules *rules, struct match_result *result)
{
    clear_result(result);
    if (rules->reported[DISCREPANCY_MISSING_IDENTIFIER])
        result->verdicts[result->count++] =
            (struct verdict){.kind = DISCREPANCY_MISSING_IDENTIFIER, .step = MATCH_NO_STEP};
}
