#include "match_internal.h"

/* ---- clues ---- */

/* What it is looked up by: its own kind and key, or those of what it stands for. */
static enum identifier_kind kind_of(const struct clue *clue)
{
    return clue->stands_for_kind != IDENTIFIER_UNKNOWN ? clue->stands_for_kind : clue->identifier->kind;
}

static struct slice key_of(const struct clue *clue)
{
    return clue->stands_for_kind != IDENTIFIER_UNKNOWN ? slice_make(clue->stands_for, clue->stands_for_len) : clue->key;
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

static bool is_repetition(const struct matcher *matcher, const struct clue *clue)
{
    for (size_t i = 0; i < matcher->clue_count; i++) {
        const struct clue *other = &matcher->clues[i];
        if (other->identifier->kind == clue->identifier->kind && clue->key.len > 0 &&
            slice_equal(other->key, clue->key))
            return true;
    }
    return false;
}

static bool may_be_clue(enum identifier_kind kind)
{
    return kind == IDENTIFIER_UNKNOWN || identifier_kind_is_key(kind);
}

void match_collect_clues(struct matching *m)
{
    struct matcher *matcher = m->matcher;

    matcher->clue_count = 0;
    for (size_t i = 0; i < m->instrument->identifier_count; i++) {
        const struct instrument_identifier *id = &m->instrument->identifiers[i];
        struct clue *clue = &matcher->clues[matcher->clue_count];
        if (!may_be_clue(id->kind))
            continue;
        clue->identifier = id;
        clue->key = identifier_key_of_plain(id->kind, id->value, clue->folded);
        if (is_repetition(matcher, clue))
            continue;
        clue->judged = id->kind != IDENTIFIER_UNKNOWN && index_has_kind(m->index, id->kind);
        clue->found = clue->invalid = clue->passed = clue->conflict = false;
        clue->stands_for_kind = clue->hint_kind = IDENTIFIER_UNKNOWN;
        clue->roles = 0;
        matcher->clue_count++;
    }
}

static void tell(const struct matching *m, const struct clue *clue, const char *outcome)
{
    const struct match_trace *trace = m->matcher->trace;

    if (trace != NULL)
        trace->on_identifier(trace->opaque, clue->identifier, outcome);
}

/* ---- contradictions ---- */

/* The columns in which any row holds the key. Only conflicts ask for them, so they are looked for when they are
 * needed. */
static uint32_t roles_of(const struct index *index, struct clue *clue)
{
    uint32_t of_kind = roles_of_kind(kind_of(clue));
    struct index_cursor cursor;
    struct security row;

    if (clue->roles != 0)
        return clue->roles;
    index_find(index, kind_of(clue), key_of(clue), &cursor);
    while (clue->roles != of_kind && index_next(&cursor, &row))
        for (int r = 0; r < MASTER_ROLE_COUNT; r++)
            if ((of_kind & ROLE_BIT(r)) && slice_equal(row.value[r], key_of(clue)))
                clue->roles |= ROLE_BIT(r);
    return clue->roles;
}

static bool fills_any(const struct index_row *row, uint32_t roles)
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++)
        if ((roles & ROLE_BIT(r)) && index_row_fills(row, (enum master_role)r))
            return true;
    return false;
}

/* A row contradicts a found identifier if it holds another value where the identifier was found. */
static bool contradicts(const struct index *index, const struct index_row *row, struct clue *clue)
{
    return !index_row_has_key(row, kind_of(clue), key_of(clue)) && fills_any(row, roles_of(index, clue));
}

static bool all_contradict(const struct matching *m, struct clue *clue)
{
    const struct candidates *c = &m->matcher->candidates;

    for (size_t i = 0; i < c->count; i++)
        if (!contradicts(m->index, &c->rows[i], clue))
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
            one = c->found && contradicts(m->index, &others->rows[i], c);
        if (!one)
            return false;
    }
    return true;
}

/* The CUSIP that the message means: a short one means its completion, if the rules accept that. */
static struct slice cusip_of(const struct clue *clue)
{
    return clue->stands_for_kind == IDENTIFIER_CUSIP ? key_of(clue) : clue->key;
}

static bool isin_denies_cusip(const struct clue *isin, const struct clue *cusip)
{
    struct slice held;

    return isin->identifier->kind == IDENTIFIER_ISIN && cusip->identifier->kind == IDENTIFIER_CUSIP &&
           identifier_cusip_of_isin(isin->key, &held) && !slice_equal(held, cusip_of(cusip));
}

/* Whether the one is an ISIN of US or CA that holds another CUSIP than the other one is, whatever the master says. */
static bool deny(const struct clue *a, const struct clue *b)
{
    return isin_denies_cusip(a, b) || isin_denies_cusip(b, a);
}

/* Whether it was found, and is not to blame for a conflict itself. */
static bool is_agreed(const struct clue *clue)
{
    return clue->found && !clue->conflict;
}

/* Whether a well-formed identifier that was not found denies one that was. */
static bool denies_found(const struct matching *m, const struct clue *clue)
{
    for (size_t i = 0; i < m->matcher->clue_count; i++)
        if (is_agreed(&m->matcher->clues[i]) && deny(clue, &m->matcher->clues[i]))
            return true;
    return false;
}

/* Whether the master has rows under the key of `clue`, and none of them bears out `other`, too. */
static bool shares_no_row(const struct index *index, const struct clue *clue, const struct clue *other)
{
    struct index_cursor cursor;
    struct security row;
    bool any = false;

    index_find(index, kind_of(clue), key_of(clue), &cursor);
    while (index_next(&cursor, &row)) {
        any = true;
        if (security_has_key(&row, kind_of(other), key_of(other)))
            return false;
    }
    return any;
}

/* Whether a further identifier that the master holds denies one found before, and the master bears that out. */
static bool denies_earlier(const struct matching *m, const struct clue *clue)
{
    for (const struct clue *c = m->matcher->clues; c < clue; c++)
        if (is_agreed(c) && deny(c, clue) && shares_no_row(m->index, clue, c))
            return true;
    return false;
}

/* ---- looking up ---- */

static int lacks_key(const void *context, const struct index_row *row)
{
    const struct clue *clue = context;

    return !index_row_has_key(row, kind_of(clue), key_of(clue));
}

/* Brings a further identifier to bear: the candidates that hold it, or else a conflict, or rows that join. */
static int combine(struct matching *m, struct clue *clue, const char *why, struct error *e)
{
    struct matcher *matcher = m->matcher;
    bool denies = denies_earlier(m, clue);

    if (!denies && candidates_keep_best(&matcher->candidates, lacks_key, clue) == 0) {
        clue->found = true;
        match_tell_lookup(m, why, kind_of(clue), key_of(clue), matcher->candidates.count);
        return 0;
    }
    matcher->others.count = 0;
    if (candidates_add(&matcher->others, m->index, kind_of(clue), key_of(clue), e) != 0)
        return -1;
    clue->found = matcher->others.count > 0;
    clue->conflict = clue->found && (denies || all_contradict(m, clue) || all_contradict_earlier(m, clue));
    if (clue->found && !clue->conflict)
        return match_look_up(m, why, kind_of(clue), key_of(clue), e);
    match_tell_lookup(m, why, kind_of(clue), key_of(clue), matcher->others.count);
    return 0;
}

/* The first identifier that the master holds makes the candidates. */
static int start_with(struct matching *m, struct clue *clue, const char *why, struct error *e)
{
    if (match_look_up(m, why, kind_of(clue), key_of(clue), e) != 0)
        return -1;
    clue->found = m->matcher->candidates.count > 0;
    if (clue->found)
        m->result->found_by = clue->identifier->position == 0 ? FOUND_BY_IDENTIFIER : FOUND_BY_ALTERNATE_IDENTIFIER;
    return 0;
}

static int bring_in(struct matching *m, struct clue *clue, const char *why, struct error *e)
{
    return m->matcher->candidates.count > 0 ? combine(m, clue, why, e) : start_with(m, clue, why, e);
}

/* ---- what an identifier stands for ---- */

static bool master_holds(const struct index *index, enum identifier_kind kind, struct slice key)
{
    struct index_cursor cursor;
    struct security row;

    if (!index_has_kind(index, kind))
        return false;
    index_find(index, kind, key, &cursor);
    return index_next(&cursor, &row);
}

/* Whether there are rows under the key, and none of them has anything in the column `role`. */
static bool leads_to_blanks(const struct index *index, enum identifier_kind kind, struct slice key,
                            enum master_role role)
{
    struct index_cursor cursor;
    struct security row;
    bool any = false;

    if (!index_has_kind(index, kind))
        return false;
    index_find(index, kind, key, &cursor);
    while (index_next(&cursor, &row)) {
        any = true;
        if (row.value[role].len > 0)
            return false;
    }
    return any;
}

static void stand_for(struct clue *clue, enum identifier_kind kind, struct slice key)
{
    clue->stands_for_kind = kind;
    clue->stands_for_len = key.len;
    memcpy(clue->stands_for, key.ptr, key.len);
    clue->judged = true;
}

static void find_stand_in_of_isin(const struct matching *m, struct clue *clue)
{
    struct slice cusip;

    if (identifier_cusip_of_isin(clue->key, &cusip) && leads_to_blanks(m->index, IDENTIFIER_CUSIP, cusip, ROLE_ISIN))
        stand_for(clue, IDENTIFIER_CUSIP, cusip);
}

static void find_stand_in_of_cusip(const struct matching *m, struct clue *clue)
{
    static const char *const countries[] = {"US", "CA"};
    char isin[IDENTIFIER_ISIN_LEN];

    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++) {
        if (identifier_isin_of_cusip(clue->key, countries[i], isin) &&
            leads_to_blanks(m->index, IDENTIFIER_ISIN, slice_make(isin, sizeof isin), ROLE_CUSIP)) {
            stand_for(clue, IDENTIFIER_ISIN, slice_make(isin, sizeof isin));
            return;
        }
    }
}

/* The completion of a short CUSIP that the master holds, or the first one. Returns whether the master holds it. */
static bool choose_completion(const struct matching *m, const struct clue *clue, struct identifier_completion *chosen,
                              bool *is_short)
{
    struct identifier_completion all[IDENTIFIER_COMPLETIONS_MAX];
    size_t count = identifier_completions(clue->key, all);

    *is_short = count > 0;
    for (size_t i = 0; i < count; i++) {
        *chosen = all[i];
        if (master_holds(m->index, IDENTIFIER_CUSIP, slice_make(all[i].cusip, IDENTIFIER_CUSIP_LEN)))
            return true;
    }
    if (count > 0)
        *chosen = all[0];
    return false;
}

static void find_stand_in_of_short_cusip(const struct matching *m, struct clue *clue)
{
    struct identifier_completion completion;
    bool is_short;

    if (choose_completion(m, clue, &completion, &is_short))
        stand_for(clue, IDENTIFIER_CUSIP, slice_make(completion.cusip, IDENTIFIER_CUSIP_LEN));
}

/* For an identifier that the master lacks: the one that it stands for, if the master holds that. */
static void find_stand_in(const struct matching *m, struct clue *clue, bool well_formed)
{
    if (well_formed && clue->identifier->kind == IDENTIFIER_ISIN)
        find_stand_in_of_isin(m, clue);
    else if (well_formed && clue->identifier->kind == IDENTIFIER_CUSIP)
        find_stand_in_of_cusip(m, clue);
    else if (clue->identifier->kind == IDENTIFIER_CUSIP && m->rules->accept_short_cusips)
        find_stand_in_of_short_cusip(m, clue);
}

/* ---- what is wrong with an identifier ---- */

static bool is_option(const struct instrument *i)
{
    return attribute_class(i->type, slice_make(NULL, 0)) == TYPE_OPTION ||
           (i->cfi.len > 0 && strchr("OoHh", i->cfi.ptr[0]) != NULL) || slice_equal_text(i->put_call, "0") ||
           slice_equal_text(i->put_call, "1");
}

/* Traders of options make up CUSIPs, whose check digits are wrong. */
static bool may_pass(const struct matching *m, const struct clue *clue, enum identifier_validity validity)
{
    if (clue->identifier->kind != IDENTIFIER_CUSIP || validity != IDENTIFIER_BAD_CHECK_DIGIT)
        return false;
    return m->rules->pseudo_cusips == PSEUDO_CUSIPS_YES ||
           (m->rules->pseudo_cusips == PSEUDO_CUSIPS_OPTIONS && is_option(m->instrument));
}

static void set_hint(struct clue *clue, enum identifier_kind kind, struct slice value)
{
    clue->hint_kind = kind;
    clue->hint_len = value.len;
    if (value.ptr != clue->hint)
        memcpy(clue->hint, value.ptr, value.len);
}

static void look_at(struct clue *clue, enum identifier_kind own)
{
    size_t len;
    enum identifier_kind kind = identifier_looks_like(own, clue->identifier->value, clue->hint, &len);

    if (kind != IDENTIFIER_UNKNOWN)
        set_hint(clue, kind, slice_make(clue->hint, len));
}

void match_look_at_unknown(struct clue *clue)
{
    look_at(clue, IDENTIFIER_UNKNOWN);
}

/* Why it is invalid, and what it looks like. */
static void find_fault(const struct matching *m, struct clue *clue, enum identifier_validity validity)
{
    struct identifier_completion completion;
    bool is_short = false;

    clue->invalid = true;
    clue->fault =
        validity == IDENTIFIER_BAD_CHECK_DIGIT ? IDENTIFIER_FAULT_BAD_CHECK_DIGIT : IDENTIFIER_FAULT_BAD_SHAPE;
    if (clue->identifier->kind == IDENTIFIER_CUSIP)
        choose_completion(m, clue, &completion, &is_short);
    if (clue->key.len == 0) {
        clue->fault = IDENTIFIER_FAULT_TOO_LONG;
    } else if (is_short) {
        clue->fault = completion.fault;
        set_hint(clue, IDENTIFIER_CUSIP, slice_make(completion.cusip, IDENTIFIER_CUSIP_LEN));
    } else {
        look_at(clue, clue->identifier->kind);
    }
}

/* The master lacks it: perhaps it holds what it stands for; or the identifier itself is to blame. */
static int take_unfound(struct matching *m, struct clue *clue, struct error *e)
{
    enum identifier_validity validity =
        clue->key.len > 0 ? identifier_check(clue->identifier->kind, clue->key) : IDENTIFIER_BAD_SHAPE;
    bool well_formed = validity == IDENTIFIER_VALID || validity == IDENTIFIER_UNCHECKED;

    if (clue->key.len > 0)
        find_stand_in(m, clue, well_formed);
    if (clue->stands_for_kind != IDENTIFIER_UNKNOWN)
        return bring_in(m, clue, "stands for", e);
    clue->passed = may_pass(m, clue, validity);
    if (clue->passed)
        clue->judged = false;
    else if (!well_formed)
        find_fault(m, clue, validity);
    return 0;
}

int match_find_by_identifiers(struct matching *m, struct error *e)
{
    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        struct clue *clue = &m->matcher->clues[i];
        if (clue->judged && clue->key.len > 0 && bring_in(m, clue, "identifier", e) != 0)
            return -1;
        if (!clue->found && take_unfound(m, clue, e) != 0)
            return -1;
    }
    return 0;
}

bool match_is_led_to(struct matching *m, const struct index_lookup *ahead, const struct index_row *row)
{
    const struct instrument *i = m->instrument;
    bool is_first = true;

    for (size_t k = 0; k < i->identifier_count; k++) {
        const struct instrument_identifier *id = &i->identifiers[k];
        char folded[IDENTIFIER_MAX];
        struct slice key;

        if (!may_be_clue(id->kind))
            continue;
        if (id->kind == IDENTIFIER_UNKNOWN || !index_has_kind(m->index, id->kind))
            return false;
        key = identifier_key_of_plain(id->kind, id->value, folded);
        if (!(is_first ? index_lookup_asks_for(ahead, id->kind, key) : index_row_has_key(row, id->kind, key)))
            return false;
        is_first = false;
    }
    m->led_by_symbol = is_first;
    return !is_first || index_lookup_asks_for(ahead, IDENTIFIER_SYMBOL, i->symbol);
}

/* ---- judging ---- */

/* Whether every candidate has something in all of the master's columns of that kind, so that the identifier's absence
 * is a statement. */
static bool all_filled(const struct matching *m, enum identifier_kind kind)
{
    const struct candidates *c = &m->matcher->candidates;
    const struct index_info *info = index_info(m->index);

    for (size_t i = 0; i < c->count; i++)
        for (int r = 0; r < MASTER_ROLE_COUNT; r++)
            if (master_role_kind((enum master_role)r) == kind && info->has_role[r] &&
                !index_row_fills(&c->rows[i], (enum master_role)r))
                return false;
    return true;
}

static const char *judge_one(struct matching *m, struct clue *clue)
{
    enum identifier_kind kind = clue->identifier->kind;

    if (clue->invalid) {
        match_add_on_clue(m, DISCREPANCY_INVALID_IDENTIFIER, clue, roles_of_kind(kind));
        return "invalid";
    }
    if (!clue->found && !clue->passed && denies_found(m, clue)) {
        clue->conflict = true;
        match_add_on_clue(m, DISCREPANCY_IDENTIFIER_CONFLICT, clue, roles_of_kind(kind));
        return "contradicts another identifier of the message";
    }
    if (clue->conflict) {
        match_add_on_clue(m, DISCREPANCY_IDENTIFIER_CONFLICT, clue, roles_of(m->index, clue));
        return "leads to another security";
    }
    if (clue->found)
        return "found";
    if (!clue->judged)
        return clue->passed ? "passed over: the rules let its check digit pass" : "the master has no such column";
    if (!all_filled(m, kind))
        return "not found, and the master has a blank there";
    match_add_on_clue(m, DISCREPANCY_UNKNOWN_SECURITY, clue, roles_of_kind(kind));
    return "not found";
}

bool match_judge_identifiers(struct matching *m)
{
    bool conflict = false;

    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        struct clue *clue = &m->matcher->clues[i];
        tell(m, clue, judge_one(m, clue));
        conflict = conflict || clue->conflict;
    }
    return conflict;
}

bool match_judge_missing_identifiers(struct matching *m)
{
    bool unknown = false;
    bool invalid = false;

    for (size_t i = 0; i < m->matcher->clue_count; i++) {
        const struct clue *clue = &m->matcher->clues[i];
        if (clue->invalid) {
            invalid = true;
            match_add_on_clue(m, DISCREPANCY_INVALID_IDENTIFIER, clue, 0);
        } else if (clue->judged && !unknown) {
            unknown = true;
            match_add_on_clue(m, DISCREPANCY_UNKNOWN_SECURITY, clue, 0);
        }
        tell(m, clue, clue->invalid ? "invalid" : clue->judged ? "not found" : "not looked up");
    }
    return unknown || invalid;
}

int match_hint_by_looks(struct matching *m, struct error *e)
{
    for (size_t i = 0; i < m->matcher->clue_count && m->matcher->candidates.count == 0; i++) {
        const struct clue *clue = &m->matcher->clues[i];
        if (clue->hint_kind != IDENTIFIER_UNKNOWN && index_has_kind(m->index, clue->hint_kind) &&
            match_look_up(m, "looks like", clue->hint_kind, slice_make(clue->hint, clue->hint_len), e) != 0)
            return -1;
    }
    if (m->matcher->candidates.count > 0)
        m->result->found_by = FOUND_BY_HINT;
    return 0;
}
