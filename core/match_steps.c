#include <stdio.h>

#include "match_internal.h"

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

/* ---- one attribute, one row ---- */

static struct date maturity_of(const struct matching *m, const struct index_row *row)
{
    struct row_maturity *known = &m->matcher->maturity;

    if (known->record != row->record)
        *known = (struct row_maturity){row->record, attribute_maturity_of(index_row_attribute(row, ROLE_MATURITY))};
    return known->date;
}

static enum agreement compare_exchange(const struct matching *m, const struct index_row *row)
{
    return attribute_exchange(m->rules->exchanges, m->instrument->exchange, index_row_attribute(row, ROLE_MIC));
}

static enum agreement compare_currency(const struct matching *m, const struct index_row *row)
{
    return attribute_currency(m->instrument->currency, index_row_attribute(row, ROLE_CURRENCY));
}

static enum agreement compare_type(const struct matching *m, const struct index_row *row)
{
    return attribute_type(m->instrument->type, index_row_attribute(row, ROLE_TYPE), index_row_attribute(row, ROLE_CFI));
}

static enum agreement compare_cfi(const struct matching *m, const struct index_row *row)
{
    return attribute_cfi(m->instrument->cfi, index_row_attribute(row, ROLE_TYPE), index_row_attribute(row, ROLE_CFI));
}

static enum agreement compare_put_call(const struct matching *m, const struct index_row *row)
{
    return attribute_put_call(m->instrument->put_call, index_row_attribute(row, ROLE_PUT_CALL));
}

static enum agreement compare_multiplier(const struct matching *m, const struct index_row *row)
{
    return attribute_decimal(m->instrument->multiplier, index_row_attribute(row, ROLE_MULTIPLIER));
}

/* All but its maturity. */
static enum agreement compare_status(const struct matching *m, const struct index_row *row)
{
    struct slice why;

    return attribute_is_inactive(index_row_attribute(row, ROLE_DELISTED), index_row_attribute(row, ROLE_STATUS),
                                 slice_make(NULL, 0), m->date, &why)
               ? DIFFERS
               : AGREES;
}

/* ---- the same, remembered ---- */

typedef enum agreement (*comparison)(const struct matching *m, const struct index_row *row);

/* Compares, and remembers what came of it. Apart, since nearly all was compared before. */
static __attribute__((noinline)) int learn(const struct matching *m, const struct index_row *row,
                                           struct outcome_key key, comparison compare)
{
    enum agreement outcome = compare(m, row);

    if (key.rest != OUTCOME_MEMO_NO_CODES)
        outcome_memo_put(&m->matcher->memo, key, outcome);
    return (int)outcome;
}

/* What the comparison says, which is a function of the key, the index and the rules. */
static inline int recall(const struct matching *m, const struct index_row *row, struct outcome_key key,
                         comparison compare)
{
    const struct outcome_entry *entry = outcome_memo_entry(&m->matcher->memo, key);

    return outcome_entry_is(entry, key) ? (int)outcome_entry_outcome(entry) : learn(m, row, key, compare);
}

static uint64_t codes_of_type(const struct index_row *row)
{
    return outcome_memo_codes(index_row_code(row, ROLE_TYPE), index_row_code(row, ROLE_CFI));
}

static uint64_t code_of(const struct index_row *row, enum master_role role)
{
    return outcome_memo_codes(index_row_code(row, role), 0);
}

/* Steps start at 0. */
static struct outcome_key key_of_text(enum match_step step, struct slice said, uint64_t codes)
{
    return outcome_memo_key((uint32_t)step + 1, said, codes);
}

static struct outcome_key key_of_date(enum match_step step, struct date said, uint64_t codes)
{
    struct outcome_key key = key_of_text(step, slice_make(NULL, 0), codes);

    key.said = (uint64_t)(uint16_t)said.year << 16 | (uint64_t)(uint8_t)said.month << 8 | (uint8_t)said.day;
    return key;
}

static int judge_exchange(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_EXCHANGE, m->instrument->exchange, code_of(row, ROLE_MIC)),
                  compare_exchange);
}

static int judge_currency(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_CURRENCY, m->instrument->currency, code_of(row, ROLE_CURRENCY)),
                  compare_currency);
}

static int judge_type(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_TYPE, m->instrument->type, codes_of_type(row)), compare_type);
}

static int judge_cfi(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_CFI, m->instrument->cfi, codes_of_type(row)), compare_cfi);
}

static int judge_maturity(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return (int)attribute_maturity(message_maturity(m->instrument), maturity_of(m, row));
}

/* Not remembered: masters have as many strikes as options. */
static int judge_strike(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return (int)attribute_decimal(m->instrument->strike, index_row_attribute(row, ROLE_STRIKE));
}

static int judge_put_call(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_PUT_CALL, m->instrument->put_call, code_of(row, ROLE_PUT_CALL)),
                  compare_put_call);
}

static int judge_multiplier(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;

    return recall(m, row, key_of_text(MATCH_MULTIPLIER, m->instrument->multiplier, code_of(row, ROLE_MULTIPLIER)),
                  compare_multiplier);
}

/* Apart, since few rows have a maturity. */
static __attribute__((noinline)) bool is_matured(const struct matching *m, const struct index_row *row)
{
    return attribute_is_matured(maturity_of(m, row), m->date);
}

static int judge_active(const void *matching, const struct index_row *row)
{
    const struct matching *m = matching;
    uint64_t codes = outcome_memo_codes(index_row_code(row, ROLE_DELISTED), index_row_code(row, ROLE_STATUS));

    if (index_row_code(row, ROLE_MATURITY) != 0 && is_matured(m, row))
        return DIFFERS;
    return recall(m, row, key_of_date(MATCH_STATUS, m->date, codes), compare_status);
}

/* ---- all rows ---- */

static void tell(const struct matching *m, enum match_step step, struct slice observed, uint32_t roles,
                 enum agreement outcome)
{
    const struct match_trace *trace = m->matcher->trace;
    const struct candidates *c = &m->matcher->candidates;
    struct security *nearest = &m->matcher->nearest;

    index_row_read(&c->rows[0], nearest);
    trace->on_step(trace->opaque, step, observed, match_expected(m, &(struct verdict){.step = step}, roles, nearest),
                   outcome, c->count);
}

/* Narrows the candidates by what one step says of each. */
static enum agreement narrow(struct matching *m, enum match_step step, struct slice observed, candidates_judge judge,
                             enum master_role role)
{
    enum agreement outcome = (enum agreement)candidates_keep_best(&m->matcher->candidates, judge, m);

    if (m->matcher->trace != NULL)
        tell(m, step, observed, ROLE_BIT(role), outcome);
    return outcome;
}

/* Whether an attribute of the message differs from every candidate. */
static __attribute__((noinline)) bool differs(struct matching *m, enum match_step step, struct slice observed,
                                              candidates_judge judge, enum discrepancy_kind kind,
                                              enum instrument_field field, enum master_role role)
{
    if (narrow(m, step, observed, judge, role) != DIFFERS)
        return false;
    match_add_on_tag(m, kind, step, m->instrument->tags[field], observed, ROLE_BIT(role));
    return true;
}

/* The same, if it has it and the rules compare it. */
static inline bool compare(struct matching *m, enum match_step step, struct slice observed, candidates_judge judge,
                           enum discrepancy_kind kind, enum instrument_field field, enum master_role role)
{
    return observed.len > 0 && m->rules->compared[step] && differs(m, step, observed, judge, kind, field, role);
}

static void compare_symbol(struct matching *m)
{
    struct slice symbol = m->instrument->symbol;
    enum agreement outcome;

    if (symbol.len == 0 || m->led_by_symbol || !m->rules->compared[MATCH_SYMBOL])
        return;
    outcome = narrow(m, MATCH_SYMBOL, symbol, match_judge_symbol, ROLE_SYMBOL);
    if (outcome == AGREES_NEARLY)
        match_add_on_symbol(m, DISCREPANCY_SYMBOL_FORMAT_VARIANT, MATCH_SYMBOL);
    else if (outcome == DIFFERS)
        match_add_on_symbol(m, DISCREPANCY_SYMBOL_MISMATCH, MATCH_SYMBOL);
}

static struct slice said_of_maturity(const struct instrument *i)
{
    return i->maturity_date.len > 0 ? i->maturity_date : i->maturity_month_year;
}

static void compare_maturities(struct matching *m)
{
    const struct instrument *i = m->instrument;

    compare(m, MATCH_MATURITY, said_of_maturity(i), judge_maturity, DISCREPANCY_MATURITY_MISMATCH,
            i->maturity_date.len > 0 ? FIELD_MATURITY_DATE : FIELD_MATURITY_MONTH, ROLE_MATURITY);
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

/* Apart, so that nothing is made ready for it where the row is active, as nearly all are. */
static __attribute__((noinline)) void add_inactive(struct matching *m)
{
    match_add(m,
              (struct verdict){.kind = DISCREPANCY_INACTIVE_SECURITY,
                               .step = MATCH_STATUS,
                               .has_observed = m->date.year != 0,
                               .observed = write_date(m->date, m->result->date)},
              0);
}

static void compare_activity(struct matching *m)
{
    struct slice told = m->matcher->trace != NULL ? write_date(m->date, m->result->date) : slice_make(NULL, 0);

    if (m->rules->compared[MATCH_STATUS] && narrow(m, MATCH_STATUS, told, judge_active, ROLE_STATUS) == DIFFERS)
        add_inactive(m);
}

/* Whether two rows are one security: they share an identifier that tells securities apart. */
static bool is_same_security(const struct index_row *a, const struct index_row *b)
{
    char text[2][KEY_PACK_MAX];

    for (enum master_role r = 0; r < MASTER_ROLE_COUNT; r++) {
        enum identifier_kind kind = master_role_kind(r);
        if (kind != IDENTIFIER_SYMBOL && identifier_kind_level(kind) > LEVEL_ISSUER && index_row_fills(a, r) &&
            slice_equal(index_row_key(a, r, text[0]), index_row_key(b, r, text[1])))
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
    const struct clue *clue;
    bool several = false;

    for (size_t i = 1; i < c->count && !several; i++)
        several = !is_same_security(&c->rows[0], &c->rows[i]);
    if (!several)
        return;
    clue = leading_symbol_clue(m);
    if (m->led_by_symbol)
        match_add_on_symbol(m, DISCREPANCY_AMBIGUOUS_SECURITY, MATCH_NO_STEP);
    else if (clue != NULL)
        match_add_on_clue(m, DISCREPANCY_AMBIGUOUS_SECURITY, clue, 0);
}

static void compare_listing(struct matching *m)
{
    compare(m, MATCH_EXCHANGE, m->instrument->exchange, judge_exchange, DISCREPANCY_EXCHANGE_MISMATCH, FIELD_EXCHANGE,
            ROLE_MIC);
    compare(m, MATCH_CURRENCY, m->instrument->currency, judge_currency, DISCREPANCY_CURRENCY_MISMATCH, FIELD_CURRENCY,
            ROLE_CURRENCY);
}

static bool compare_types(struct matching *m)
{
    return compare(m, MATCH_TYPE, m->instrument->type, judge_type, DISCREPANCY_SECURITY_TYPE_MISMATCH, FIELD_TYPE,
                   ROLE_TYPE);
}

static void compare_cfis(struct matching *m)
{
    compare(m, MATCH_CFI, m->instrument->cfi, judge_cfi, DISCREPANCY_SECURITY_TYPE_MISMATCH, FIELD_CFI, ROLE_CFI);
}

/* Nearly always. */
static bool is_no_contract(const struct instrument *i)
{
    return (i->maturity_date.len | i->maturity_month_year.len | i->strike.len | i->put_call.len | i->multiplier.len) ==
           0;
}

static void compare_contract(struct matching *m)
{
    const struct instrument *i = m->instrument;

    if (is_no_contract(i))
        return;
    compare_maturities(m);
    compare(m, MATCH_STRIKE, i->strike, judge_strike, DISCREPANCY_CONTRACT_MISMATCH, FIELD_STRIKE, ROLE_STRIKE);
    compare(m, MATCH_PUT_CALL, i->put_call, judge_put_call, DISCREPANCY_CONTRACT_MISMATCH, FIELD_PUT_CALL,
            ROLE_PUT_CALL);
    compare(m, MATCH_MULTIPLIER, i->multiplier, judge_multiplier, DISCREPANCY_CONTRACT_MISMATCH, FIELD_MULTIPLIER,
            ROLE_MULTIPLIER);
}

void match_compare_all(struct matching *m)
{
    compare_listing(m);
    compare_symbol(m);
    if (!compare_types(m))
        compare_cfis(m);
    compare_contract(m);
    compare_activity(m);
    judge_ambiguity(m);
}

void match_narrow_hint(struct matching *m)
{
    const struct instrument *i = m->instrument;

    if (i->exchange.len > 0 && m->rules->compared[MATCH_EXCHANGE])
        narrow(m, MATCH_EXCHANGE, i->exchange, judge_exchange, ROLE_MIC);
    if (i->currency.len > 0 && m->rules->compared[MATCH_CURRENCY])
        narrow(m, MATCH_CURRENCY, i->currency, judge_currency, ROLE_CURRENCY);
}

/* ---- the way of most messages ---- */

/* Whether the memo knows that the row does not differ there, or there is nothing to compare. Which attributes a message
 * has cannot be predicted: so in the place of one that it has not stands a value of the usual length, by a table of
 * which compilers make no branch, and all rows ask for the same entry. */
static inline unsigned is_known(const struct matching *m, enum match_step step, const struct slice *said,
                                uint64_t codes)
{
    static const struct slice usual[] = {[MATCH_EXCHANGE] = SLICE_LITERAL("XXXX"),
                                         [MATCH_CURRENCY] = SLICE_LITERAL("XXX"),
                                         [MATCH_TYPE] = SLICE_LITERAL("CS")};
    const struct slice *const from[] = {&usual[step], said};
    bool is_compared = (said->len > 0) & m->rules->compared[step];
    struct outcome_key key = key_of_text(step, *from[is_compared], codes & (0 - (uint64_t)is_compared));
    const struct outcome_entry *entry = outcome_memo_entry(&m->matcher->memo, key);
    unsigned is_there = outcome_entry_is(entry, key);
    unsigned agrees = outcome_entry_outcome(entry) != DIFFERS;

    return (is_compared ? 0 : 1U) | (is_there & agrees);
}

/* The same, if nobody knows yet: whether a step would find nothing. */
static bool agrees(const struct matching *m, enum match_step step, struct slice said, candidates_judge judge,
                   const struct index_row *row)
{
    return said.len == 0 || !m->rules->compared[step] || judge(m, row) != DIFFERS;
}

static bool symbol_agrees(const struct matching *m, const struct index_row *row)
{
    struct slice symbol = m->instrument->symbol;

    return symbol.len == 0 || m->led_by_symbol || !m->rules->compared[MATCH_SYMBOL] ||
           !index_row_fills(row, ROLE_SYMBOL) || index_row_has_key(row, IDENTIFIER_SYMBOL, symbol);
}

static bool contract_agrees(const struct matching *m, const struct index_row *row)
{
    const struct instrument *i = m->instrument;

    if (is_no_contract(i))
        return true;
    return agrees(m, MATCH_MATURITY, said_of_maturity(i), judge_maturity, row) &&
           agrees(m, MATCH_STRIKE, i->strike, judge_strike, row) &&
           agrees(m, MATCH_PUT_CALL, i->put_call, judge_put_call, row) &&
           agrees(m, MATCH_MULTIPLIER, i->multiplier, judge_multiplier, row);
}

/* What most messages have, some or others, is asked of the memo alone. */
bool match_row_agrees(const struct matching *m, const struct index_row *row)
{
    const struct instrument *i = m->instrument;
    unsigned known = is_known(m, MATCH_EXCHANGE, &i->exchange, code_of(row, ROLE_MIC)) &
                     is_known(m, MATCH_CURRENCY, &i->currency, code_of(row, ROLE_CURRENCY)) &
                     is_known(m, MATCH_TYPE, &i->type, codes_of_type(row));

    return known && symbol_agrees(m, row) && agrees(m, MATCH_CFI, i->cfi, judge_cfi, row) && contract_agrees(m, row) &&
           (!m->rules->compared[MATCH_STATUS] || judge_active(m, row) != DIFFERS);
}
