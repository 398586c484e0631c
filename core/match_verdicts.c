#include "match_internal.h"

void match_add(struct matching *m, struct verdict verdict, uint32_t roles)
{
    struct match_result *r = m->result;

    if (!m->rules->reported[verdict.kind] || (verdict.step >= 0 && !m->rules->compared[verdict.step]))
        return;
    m->matcher->expected_roles[r->count] = roles;
    r->verdicts[r->count++] = verdict;
}

void match_add_on_tag(struct matching *m, enum discrepancy_kind kind, enum match_step step, uint32_t tag,
                      struct slice observed, uint32_t roles)
{
    match_add(m, (struct verdict){.kind = kind, .step = step, .tag = tag, .has_observed = true, .observed = observed},
              roles);
}

void match_add_on_symbol(struct matching *m, enum discrepancy_kind kind, enum match_step step)
{
    match_add_on_tag(m, kind, step, m->instrument->symbol_tag, m->instrument->symbol,
                     step == MATCH_SYMBOL ? ROLE_BIT(ROLE_SYMBOL) : 0);
}

void match_add_on_clue(struct matching *m, enum discrepancy_kind kind, const struct clue *clue, uint32_t roles)
{
    struct verdict verdict = {
        .kind = kind,
        .step = MATCH_NO_STEP,
        .tag = clue->identifier->tag,
        .identifier_position = clue->identifier->position,
        .has_observed = true,
        .observed = clue->identifier->value,
    };

    if (kind == DISCREPANCY_INVALID_IDENTIFIER)
        verdict.reason = identifier_fault_name(clue->fault);
    if (clue->hint_kind != IDENTIFIER_UNKNOWN) {
        verdict.hint_kind = identifier_kind_name(clue->hint_kind);
        verdict.hint_value = slice_make(clue->hint, clue->hint_len);
    }
    match_add(m, verdict, roles);
}

/* The first filled column among those; empty where there is none. */
static struct slice first_filled(const struct security *row, uint32_t roles)
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++)
        if ((roles & ROLE_BIT(r)) && row->value[r].len > 0)
            return row->value[r];
    return slice_make(NULL, 0);
}

struct slice match_expected(const struct matching *m, const struct verdict *verdict, uint32_t roles,
                            const struct security *row)
{
    const struct slice *v = row->value;
    struct slice why = {NULL, 0};

    if (verdict->step == MATCH_STATUS)
        return attribute_is_inactive(v[ROLE_DELISTED], v[ROLE_STATUS], v[ROLE_MATURITY], m->date, &why)
                   ? why
                   : slice_make(NULL, 0);
    if (verdict->step == MATCH_TYPE)
        return attribute_type_of(v[ROLE_TYPE], v[ROLE_CFI]);
    if (verdict->step == MATCH_CFI)
        return attribute_cfi_of(v[ROLE_TYPE], v[ROLE_CFI]);
    return first_filled(row, roles);
}

void match_tell_lookup(const struct matching *m, const char *why, enum identifier_kind kind, struct slice key,
                       size_t rows)
{
    const struct match_trace *trace = m->matcher->trace;

    if (trace != NULL)
        trace->on_lookup(trace->opaque, why, kind, key, rows, m->matcher->candidates.count);
}

int match_look_up(struct matching *m, const char *why, enum identifier_kind kind, struct slice key, struct error *e)
{
    struct candidates *c = &m->matcher->candidates;
    size_t before = c->count;

    if (candidates_add(c, m->index, kind, key, e) != 0)
        return -1;
    match_tell_lookup(m, why, kind, key, c->count - before);
    return 0;
}
