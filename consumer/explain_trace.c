#include "explain_trace.h"

#include <stdlib.h>

#include "json_text.h"
#include "security_view.h"

#define FIRST_ROOM 64

/* An attribute of an instrument and what it is called. */
struct attribute_place {
    const char *name;
    enum instrument_field field;
    size_t offset;
};

static const struct attribute_place attributes[] = {
    {"symbol", FIELD_SYMBOL, offsetof(struct instrument, symbol)},
    {"suffix", FIELD_SUFFIX, offsetof(struct instrument, suffix)},
    {"exchange", FIELD_EXCHANGE, offsetof(struct instrument, exchange)},
    {"currency", FIELD_CURRENCY, offsetof(struct instrument, currency)},
    {"type", FIELD_TYPE, offsetof(struct instrument, type)},
    {"cfi", FIELD_CFI, offsetof(struct instrument, cfi)},
    {"maturity date", FIELD_MATURITY_DATE, offsetof(struct instrument, maturity_date)},
    {"maturity month", FIELD_MATURITY_MONTH, offsetof(struct instrument, maturity_month_year)},
    {"maturity day", FIELD_MATURITY_DAY, offsetof(struct instrument, maturity_day)},
    {"strike", FIELD_STRIKE, offsetof(struct instrument, strike)},
    {"put or call", FIELD_PUT_CALL, offsetof(struct instrument, put_call)},
    {"multiplier", FIELD_MULTIPLIER, offsetof(struct instrument, multiplier)},
};

#define ATTRIBUTES (sizeof attributes / sizeof *attributes)

static void fail(struct explain_trace *t)
{
    if (t->status == 0)
        t->status = error_set(t->e, ERROR_INTERNAL, "no memory");
}

/* Takes `value` over; NULL stands for no memory. */
static void put(struct explain_trace *t, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        fail(t);
}

static void append(struct explain_trace *t, const char *array, json_t *value)
{
    if (json_array_append_new(json_object_get(t->current, array), value) != 0)
        fail(t);
}

static json_t *text_or_null(bool is_there, struct slice text)
{
    return is_there ? json_text(text) : json_null();
}

static json_t *word_or_null(const char *word)
{
    return word != NULL ? json_string(word) : json_null();
}

/* ---- what an instrument states ---- */

/* Values of no length have a place, too, where they are placeholders; absent ones stand at the message's first byte. */
static void claim(struct explain_trace *t, struct slice value, const char *says, json_t *statement)
{
    struct slice message = t->request->bytes;

    if (value.ptr == NULL || value.ptr <= message.ptr || value.ptr > message.ptr + message.len)
        return;
    if (t->claim_count == t->claim_room) {
        size_t room = t->claim_room ? 2 * t->claim_room : FIRST_ROOM;
        struct explain_claim *grown = reallocarray(t->claims, room, sizeof *grown);
        if (grown == NULL) {
            fail(t);
            return;
        }
        t->claims = grown;
        t->claim_room = room;
    }
    t->claims[t->claim_count] = (struct explain_claim){value.ptr, t->claim_count, t->current, statement, says};
    t->claim_count++;
}

static void state_attribute(struct explain_trace *t, const struct instrument *i, const struct attribute_place *place)
{
    struct slice value = *(const struct slice *)((const char *)i + place->offset);
    uint32_t tag = place->field == FIELD_SYMBOL ? i->symbol_tag : i->tags[place->field];
    json_t *statement = NULL;

    if (value.len > 0) {
        statement =
            json_pack("{s:s, s:I, s:o}", "what", place->name, "tag", (json_int_t)tag, "value", json_text(value));
        append(t, "states", statement);
    }
    claim(t, value, place->name, statement);
}

static const char *validity_name(const struct instrument_identifier *id)
{
    char key[IDENTIFIER_MAX];
    size_t len = identifier_key(id->kind, id->value, key);

    if (len == 0)
        return "too long";
    switch (identifier_check(id->kind, slice_make(key, len))) {
    case IDENTIFIER_VALID:
        return "well-formed";
    case IDENTIFIER_BAD_SHAPE:
        return "wrong shape";
    case IDENTIFIER_BAD_CHECK_DIGIT:
        return "wrong check digit";
    default:
        return "no check digit";
    }
}

/* Of those that match says nothing of: they are not looked at. */
static const char *first_outcome(const struct instrument_identifier *id)
{
    return id->kind != IDENTIFIER_UNKNOWN && !identifier_kind_is_key(id->kind)
               ? "passed over: its kind names no security"
               : "repeats another one";
}

static void state_identifier(struct explain_trace *t, const struct instrument_identifier *id)
{
    json_t *statement =
        json_pack("{s:I, s:I, s:s, s:o, s:o, s:s, s:s}", "tag", (json_int_t)id->tag, "position",
                  (json_int_t)id->position, "kind", identifier_kind_name(id->kind), "source", json_text(id->source),
                  "value", json_text(id->value), "form", validity_name(id), "outcome", first_outcome(id));

    append(t, "identifiers", statement);
    claim(t, id->value, id->position == 0 ? "identifier" : "alternate", statement);
    claim(t, id->source, "its source", NULL);
}

static void on_instrument(void *opaque, const struct instrument *instrument)
{
    struct explain_trace *t = opaque;

    t->instrument = instrument;
    t->compared = 0;
    t->type_differs = false;
    t->current =
        json_pack("{s:s, s:I, s:[], s:[], s:n, s:[], s:[], s:[], s:[], s:[]}", "role",
                  instrument_role_name(instrument->role), "position", (json_int_t)instrument->position, "states",
                  "identifiers", "symbol_is_read", "lookups", "steps", "not_compared", "rows", "discrepancies");
    if (json_array_append_new(t->instruments, t->current) != 0) {
        t->current = NULL;
        fail(t);
    }
    for (size_t i = 0; i < ATTRIBUTES; i++)
        state_attribute(t, instrument, &attributes[i]);
    for (size_t i = 0; i < instrument->identifier_count; i++)
        state_identifier(t, &instrument->identifiers[i]);
}

/* ---- what match tells ---- */

static void on_symbol(void *opaque, enum symbology_convention convention, enum symbology_reading reading,
                      struct slice own)
{
    static const char *const readings[] = {
        [SYMBOLOGY_NOT_UNDERSTOOD] = "looked up as it stands",
        [SYMBOLOGY_UNSPELLABLE] = "not looked up: the master's convention has no spelling for it",
        [SYMBOLOGY_SPELLED] = "looked up as the master spells it",
    };
    struct explain_trace *t = opaque;

    put(t, t->current, "symbol_is_read",
        json_pack("{s:s, s:s, s:o}", "convention", symbology_convention_name(convention), "how", readings[reading],
                  "as", text_or_null(reading != SYMBOLOGY_UNSPELLABLE, own)));
}

/* The first row that a key leads to: enough to tell one security from another. Null where it leads nowhere. */
static json_t *first_row(const struct explain_trace *t, enum identifier_kind kind, struct slice key)
{
    struct index_cursor cursor;
    struct security row;

    index_find(t->request->index, kind, key, &cursor);
    return index_next(&cursor, &row) ? security_view(t->request->index, &row, false, t->e) : json_null();
}

static void on_lookup(void *opaque, const char *why, enum identifier_kind kind, struct slice key, size_t rows,
                      size_t left)
{
    struct explain_trace *t = opaque;

    append(t, "lookups",
           json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "why", why, "kind", identifier_kind_name(kind), "key",
                     json_text(key), "rows", (json_int_t)rows, "left", (json_int_t)left, "first_row",
                     first_row(t, kind, key)));
}

static void on_identifier(void *opaque, const struct instrument_identifier *identifier, const char *outcome)
{
    struct explain_trace *t = opaque;

    put(t,
        json_array_get(json_object_get(t->current, "identifiers"), (size_t)(identifier - t->instrument->identifiers)),
        "outcome", json_string(outcome));
}

static const char *agreement_name(enum agreement outcome)
{
    static const char *const names[] = {
        [AGREES] = "agrees", [AGREES_NEARLY] = "nearly", [UNSAID] = "cannot be said", [DIFFERS] = "differs"};

    return names[outcome];
}

static void on_step(void *opaque, enum match_step step, struct slice observed, struct slice expected,
                    enum agreement outcome, size_t left)
{
    struct explain_trace *t = opaque;

    t->compared |= 1u << step;
    t->type_differs = t->type_differs || (step == MATCH_TYPE && outcome == DIFFERS);
    append(t, "steps",
           json_pack("{s:s, s:o, s:o, s:s, s:I}", "step", match_step_name(step), "observed",
                     text_or_null(observed.len > 0, observed), "expected", text_or_null(expected.len > 0, expected),
                     "outcome", agreement_name(outcome), "left", (json_int_t)left));
}

static void on_rows(void *opaque, const struct index_row *rows, size_t count)
{
    struct explain_trace *t = opaque;
    struct security security;

    for (size_t i = 0; i < count && i < EXPLAIN_ROWS_MAX && t->status == 0; i++) {
        index_row_read(&rows[i], &security);
        json_t *row = security_view(t->request->index, &security, t->request->whole_rows, t->e);
        if (row == NULL)
            t->status = -1;
        else
            append(t, "rows", row);
    }
}

/* ---- what the checker tells ---- */

/* Whether the instrument says anything that the step looks at. */
static bool states_step(const struct instrument *i, enum match_step step)
{
    switch (step) {
    case MATCH_EXCHANGE:
        return i->exchange.len > 0;
    case MATCH_CURRENCY:
        return i->currency.len > 0;
    case MATCH_SYMBOL:
        return i->symbol.len > 0;
    case MATCH_TYPE:
        return i->type.len > 0;
    case MATCH_CFI:
        return i->cfi.len > 0;
    case MATCH_MATURITY:
        return i->maturity_date.len > 0 || i->maturity_month_year.len > 0;
    case MATCH_STRIKE:
        return i->strike.len > 0;
    case MATCH_PUT_CALL:
        return i->put_call.len > 0;
    case MATCH_MULTIPLIER:
        return i->multiplier.len > 0;
    default:
        return true;
    }
}

/* Why a step was not made that could have been. */
static const char *why_not_compared(const struct explain_trace *t, const struct instrument *i, enum match_step step)
{
    if (!t->request->rules->compared[step])
        return "off by [rules]";
    if (!states_step(i, step))
        return "not stated";
    if (step == MATCH_SYMBOL)
        return "the symbol led to the rows";
    return "the type differs already";
}

/* How far the comparing went. */
static const char *extent_of(const struct match_result *result)
{
    if (result->candidates == 0)
        return "nothing was found to compare with";
    if (result->is_certain)
        return "all";
    return result->found_by == FOUND_BY_IDENTIFIER || result->found_by == FOUND_BY_ALTERNATE_IDENTIFIER
               ? "the identifiers conflict: nothing else is compared"
               : "the rows are a hint: only what chooses among them is compared";
}

static json_t *decimal_or_null(bool is_there, struct decimal value)
{
    char text[DECIMAL_TEXT_MAX];

    if (!is_there)
        return json_null();
    decimal_format(value, text);
    return json_string(text);
}

static json_t *amounts_json(const struct message_amounts *a, const struct exposure *exposure)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "price", decimal_or_null(a->has_price, a->price),
                     "quantity", decimal_or_null(a->has_quantity, a->quantity), "price_type",
                     text_or_null(a->price_type.len > 0, a->price_type), "currency",
                     text_or_null(a->currency.len > 0, a->currency), "notional",
                     decimal_or_null(exposure->has_notional, exposure->notional), "no_notional_because",
                     word_or_null(exposure->absent_why), "counts_exposure", (int)exposure->counts,
                     "not_counted_because", word_or_null(exposure->repeats_why));
}

static void on_result(void *opaque, const struct instrument *instrument, const struct match_result *result,
                      const struct message_amounts *amounts, const struct exposure *exposure)
{
    struct explain_trace *t = opaque;
    bool has_amounts = instrument->role == INSTRUMENT_BODY || instrument->role == INSTRUMENT_LIST_ENTRY;

    put(t, t->current, "found_by", json_string(found_by_name(result->found_by)));
    put(t, t->current, "candidates", json_integer((json_int_t)result->candidates));
    put(t, t->current, "compared", json_string(extent_of(result)));
    put(t, t->current, "amounts", has_amounts ? amounts_json(amounts, exposure) : json_null());
    for (int step = 0; step < MATCH_STEP_COUNT && result->candidates > 0 && result->is_certain; step++)
        if (!(t->compared >> step & 1))
            append(t, "not_compared",
                   json_pack("{s:s, s:s}", "step", match_step_name((enum match_step)step), "why",
                             why_not_compared(t, instrument, (enum match_step)step)));
}

/* The option, or the rule, that has set a severity. */
static json_t *setter(const struct verdict *verdict, enum severity_source source, const char *rule)
{
    if (source == SEVERITY_BY_RULE)
        return json_sprintf("[severity] %s", rule);
    if (source == SEVERITY_BY_STEP)
        return json_sprintf("[rules] attribute.%s", match_step_name(verdict->step));
    return json_sprintf("[rules] %s", discrepancy_kind_name(verdict->kind));
}

static void on_severity(void *opaque, const struct verdict *v, enum severity severity, enum severity_source source,
                        const char *rule)
{
    struct explain_trace *t = opaque;

    if (severity != SEVERITY_OFF && (int)severity > t->gravest)
        t->gravest = (int)severity;
    append(t, "discrepancies",
           json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "kind", discrepancy_kind_name(v->kind),
                     "severity", severity_name(severity), "severity_by", setter(v, source, rule), "step",
                     v->step < 0 ? json_null() : json_string(match_step_name(v->step)), "tag", (json_int_t)v->tag,
                     "identifier_position", (json_int_t)v->identifier_position, "observed",
                     text_or_null(v->has_observed, v->observed), "expected", text_or_null(v->has_expected, v->expected),
                     "reason", word_or_null(v->reason), "hint_kind", word_or_null(v->hint_kind), "hint_value",
                     text_or_null(v->hint_kind != NULL, v->hint_value)));
}

/* ---- whose a field is ---- */

static int compare_claims(const void *left, const void *right)
{
    const struct explain_claim *a = left, *b = right;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->sequence < b->sequence ? -1 : 1;
}

const struct explain_claim *explain_trace_find(const struct explain_trace *trace, struct slice value)
{
    size_t low = 0, high = trace->claim_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->claims[middle].at < value.ptr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < trace->claim_count && trace->claims[low].at <= value.ptr + value.len ? &trace->claims[low] : NULL;
}

int explain_trace_finish(struct explain_trace *t)
{
    if (t->claim_count > 0)
        qsort(t->claims, t->claim_count, sizeof *t->claims, compare_claims);
    for (size_t i = 1; i < t->claim_count; i++)
        if (t->claims[i].at == t->claims[i - 1].at && t->claims[i].statement != NULL)
            put(t, t->claims[i].statement, "taken_over", json_true());
    return t->status;
}

void explain_trace_start(struct explain_trace *t, struct error *e)
{
    t->e = e;
    t->gravest = -1;
    t->match = (struct match_trace){t, on_symbol, on_lookup, on_identifier, on_step, on_rows};
    t->checker = (struct checker_trace){t, &t->match, on_instrument, on_result, on_severity};
    t->instruments = json_array();
    if (t->instruments == NULL)
        fail(t);
}

void explain_trace_free(struct explain_trace *t)
{
    json_decref(t->instruments);
    free(t->claims);
    *t = (struct explain_trace){0};
}
