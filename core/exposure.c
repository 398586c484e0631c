#include "exposure.h"

#include "attribute.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool read_multiplier(struct slice text, struct decimal *out)
{
    return decimal_parse(text, out) && out->units > 0;
}

/* By the message; where it says nothing that is known, by the row. */
static enum type_class class_of(const struct instrument *i, const struct security *security)
{
    enum type_class class = attribute_class(i->type, i->cfi);

    if (class == TYPE_UNKNOWN && security != NULL)
        class = attribute_class(security->value[ROLE_TYPE], security->value[ROLE_CFI]);
    return class;
}

static bool is_price_type(struct slice price_type, const char *code)
{
    return slice_equal_text(price_type, code);
}

/* What quantity and price have to be multiplied by, as far as the kind of price says (PriceType, tag 423: 1 a
 * percentage of par, 2 per unit). NULL, or why it cannot be known what a price is counted in. */
static const char *find_unit(enum type_class class, struct slice price_type, struct decimal *unit)
{
    static const struct decimal one = {(__int128)1000000000000000000};
    static const struct decimal hundredth = {(__int128)10000000000000000};
    bool unsaid = identifier_is_placeholder(IDENTIFIER_SYMBOL, price_type);

    *unit = one;
    if (class == TYPE_FX)
        return "of foreign exchange the quantity alone is in that currency";
    if (is_price_type(price_type, "2"))
        return NULL;
    if (class != TYPE_DEBT)
        return unsaid ? NULL : "the price is not per unit (423)";
    *unit = hundredth;
    return is_price_type(price_type, "1") ? NULL : "of debt the price type (423) has to be 1 or 2";
}

/* Returns NULL, or why there is none. */
static const char *find_notional(const struct instrument *instrument, const struct message_amounts *amounts,
                                 const struct security *security, struct decimal *out)
{
    enum type_class class = class_of(instrument, security);
    struct decimal factors[DECIMAL_FACTORS_MAX] = {amounts->quantity, amounts->price};
    const char *why;
    bool has_multiplier = read_multiplier(instrument->multiplier, &factors[3]) ||
                          (security != NULL && read_multiplier(security->value[ROLE_MULTIPLIER], &factors[3]));

    if (!amounts->are_pair)
        return "there are no price and quantity that belong together";
    why = find_unit(class, amounts->price_type, &factors[2]);
    if (why != NULL)
        return why;
    if (!has_multiplier && (class == TYPE_OPTION || class == TYPE_FUTURE))
        return "the multiplier of the contract is not known";
    return decimal_product(factors, has_multiplier ? 4 : 3, out) ? NULL : "it has too many digits";
}

static bool is_said_and_none_of(struct slice value, const char *codes)
{
    value = slice_trim(value);
    return value.len > 0 && (value.len > 1 || strchr(codes, value.ptr[0]) == NULL);
}

/* Requests about orders that are known: to cancel (F), to replace (G), of their state (H), of lists with legs (AC), of
 * crosses (t, u). */
static bool names_known_order(struct slice type)
{
    static const struct slice types[] = {SLICE_LITERAL("F"),  SLICE_LITERAL("G"), SLICE_LITERAL("H"),
                                         SLICE_LITERAL("AC"), SLICE_LITERAL("t"), SLICE_LITERAL("u")};

    for (size_t i = 0; i < COUNT(types); i++)
        if (slice_equal(type, types[i]))
            return true;
    return false;
}

/* ExecTransType (FIX 4.0 to 4.2), ExecType, TradeReportTransType and AllocTransType say that something is cancelled,
 * corrected, replaced or merely reported again. Returns NULL where nothing says so. */
static const char *find_repetition(const struct message_fields *m)
{
    struct slice type = m->msg_type;

    if (m->poss_dup)
        return "the message says that it was sent before (43=Y)";
    if (m->poss_resend)
        return "the message says that it may have been sent before (97=Y)";
    if (names_known_order(type))
        return "the message is about an order that was stated before";
    if (slice_equal_text(type, "8") && is_said_and_none_of(m->exec_trans_type, "0"))
        return "ExecTransType (20) is not new";
    if (slice_equal_text(type, "8") && is_said_and_none_of(m->exec_type, "012ABF"))
        return "ExecType (150) is neither a new order nor a fill";
    if ((slice_equal_text(type, "AE") || slice_equal_text(type, "AR")) &&
        is_said_and_none_of(m->trade_report_trans_type, "0"))
        return "TradeReportTransType (487) is not new";
    if ((slice_equal_text(type, "J") || slice_equal_text(type, "AS")) && is_said_and_none_of(m->alloc_trans_type, "0"))
        return "AllocTransType (71) is not new";
    return NULL;
}

void exposure_of(const struct message_fields *message, const struct instrument *instrument,
                 const struct message_amounts *amounts, const struct security *security, struct exposure *out)
{
    *out = (struct exposure){.repeats_why = find_repetition(message)};
    out->counts = out->repeats_why == NULL;
    out->absent_why = find_notional(instrument, amounts, security, &out->notional);
    out->has_notional = out->absent_why == NULL;
}
