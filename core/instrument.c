#include "instrument.h"

#include <stdlib.h>

#include "instrument_walk.h"

#define NO_SLOT UINT32_MAX
#define RELATED_SYMBOL_TAG 46

const char *instrument_role_name(enum instrument_role role)
{
    static const char *const names[INSTRUMENT_ROLE_COUNT] = {
#define X(name) #name,
        INSTRUMENT_ROLES(X)
#undef X
    };
    return names[role];
}

static bool is_session_type(struct slice type)
{
    return type.len == 1 && ((type.ptr[0] >= '0' && type.ptr[0] <= '5') || type.ptr[0] == 'A');
}

/* Symbol is required in every version of FIX (4.0 to 5.0 SP2) that has the message. Which these are is said in
 * core/README.md, "From a message to its instruments". */
static bool must_name_instrument(struct slice type)
{
    static const char of_one[] = "678DFGHJQSWefstu";
    static const char of_two[][2] = {"AE", "AJ", "AK", "AL", "AM", "AR", "AS", "BM", "BN", "BO", "DS", "DT", "DW"};

    if (type.len == 1)
        return memchr(of_one, type.ptr[0], sizeof of_one - 1) != NULL;
    for (size_t i = 0; type.len == 2 && i < sizeof of_two / sizeof of_two[0]; i++)
        if (memcmp(of_two[i], type.ptr, sizeof of_two[i]) == 0)
            return true;
    return false;
}

/* A code that FIX does not list may still be an identifier; a currency or a country names no security. */
static bool names_security(const struct instrument *i)
{
    if (i->symbol.len > 0)
        return true;
    for (size_t k = 0; k < i->identifier_count; k++)
        if (i->identifiers[k].kind == IDENTIFIER_UNKNOWN || identifier_kind_is_key(i->identifiers[k].kind))
            return true;
    return false;
}

/* Appends an identifier unless its value is a placeholder. */
static void add_identifier(const struct instrument_list *list, struct instrument *i, struct slice value,
                           struct slice source, uint32_t tag, uint32_t position)
{
    struct instrument_identifier *id = &i->identifiers[i->identifier_count];

    if (value.len == 0)
        return;
    value = slice_trim(value);
    source = slice_trim(source);
    id->kind = identifier_sources_kind(list->sources, source);
    if (identifier_is_placeholder(id->kind, value))
        return;
    id->value = value;
    id->source = source;
    id->tag = tag;
    id->position = position;
    i->identifier_count++;
}

static struct slice text_of(const struct instrument_list *list, struct fix_place span)
{
    return slice_make(list->base + span.at, span.len);
}

/* What stands at a place of a plain message; its places are not cleared for each message. */
static struct slice plain_text(const struct instrument_list *list, unsigned place)
{
    return list->found_places >> place & 1 ? text_of(list, list->found[place]) : slice_make(list->base, 0);
}

static struct slice message_text(const struct instrument_list *list, enum message_tag tag)
{
    return plain_text(list, PLAIN_MESSAGE + tag);
}

void instrument_repeats(const struct instrument_list *list, bool *poss_dup, bool *poss_resend)
{
    *poss_dup = slice_equal_text(message_text(list, MESSAGE_POSS_DUP), "Y");
    *poss_resend = slice_equal_text(message_text(list, MESSAGE_POSS_RESEND), "Y");
}

const struct message_fields *instrument_message(struct instrument_list *list)
{
    struct message_fields *m = &list->message;

    m->msg_seq_num = message_text(list, MESSAGE_SEQ_NUM);
    m->sender = message_text(list, MESSAGE_SENDER);
    m->target = message_text(list, MESSAGE_TARGET);
    m->cl_ord_id = message_text(list, MESSAGE_CL_ORD_ID);
    m->orig_cl_ord_id = message_text(list, MESSAGE_ORIG_CL_ORD_ID);
    m->order_id = message_text(list, MESSAGE_ORDER_ID);
    m->exec_id = message_text(list, MESSAGE_EXEC_ID);
    m->exec_trans_type = message_text(list, MESSAGE_EXEC_TRANS_TYPE);
    m->exec_type = message_text(list, MESSAGE_EXEC_TYPE);
    m->alloc_trans_type = message_text(list, MESSAGE_ALLOC_TRANS_TYPE);
    m->trade_report_trans_type = message_text(list, MESSAGE_TRADE_REPORT_TRANS_TYPE);
    instrument_repeats(list, &m->poss_dup, &m->poss_resend);
    return m;
}

static struct slice value_of(const struct instrument_list *list, const struct instrument_slot *slot,
                             enum instrument_field field)
{
    return list->is_plain ? plain_text(list, PLAIN_VALUES + field) : text_of(list, slot->values[field]);
}

static struct slice amount_of(const struct instrument_list *list, const struct instrument_slot *slot,
                              enum amount amount)
{
    return list->is_plain ? plain_text(list, PLAIN_AMOUNTS + amount) : text_of(list, slot->amounts[amount]);
}

/* An attribute: trimmed, and nothing where it is a placeholder, which 0 is not where it means a put. */
static struct slice attribute_from(struct slice value, enum instrument_field field)
{
    value = slice_trim(value);
    if (!(field == FIELD_PUT_CALL && slice_equal_text(value, "0")) &&
        identifier_is_placeholder(IDENTIFIER_SYMBOL, value))
        value.len = 0;
    return value;
}

/* Whether the value is the attribute as it stands. True of nearly all that are. */
static inline bool is_attribute(struct slice value)
{
    return slice_is_clearly_trimmed(value) && !identifier_may_be_placeholder(value.ptr[0]);
}

/* Which attributes the slot may have, as bits; of the others nothing need be looked at, and those are most. */
static uint64_t attributes_of(const struct instrument_list *list)
{
    const uint64_t all = (UINT64_C(1) << FIELD_ATTRIBUTES) - 1;

    return list->is_plain ? list->found_places >> PLAIN_VALUES & all : all;
}

_Static_assert(offsetof(struct instrument, multiplier) == offsetof(struct instrument, attributes[FIELD_MULTIPLIER]),
               "each attribute has its name");

static void fill_attributes(struct instrument_list *list, const struct instrument_slot *slot)
{
    const struct fix_place *places = list->is_plain ? list->found + PLAIN_VALUES : slot->values;
    struct slice *attributes = list->current.attributes;

    for (int f = 0; f < FIELD_ATTRIBUTES; f++)
        attributes[f] = slice_make(list->base, 0);
    for (uint64_t left = attributes_of(list); left != 0; left &= left - 1) {
        int f = __builtin_ctzll(left);
        struct slice value = text_of(list, places[f]);
        attributes[f] = is_attribute(value) ? value : attribute_from(value, (enum instrument_field)f);
    }
}

static void collect_identifiers(const struct instrument_list *list, const struct instrument_slot *slot,
                                struct instrument *i)
{
    uint32_t k = slot->alternate;

    i->identifier_count = 0;
    add_identifier(list, i, value_of(list, slot, FIELD_SECURITY_ID), value_of(list, slot, FIELD_SOURCE),
                   i->tags[FIELD_SECURITY_ID], 0);
    for (uint32_t position = 1; position <= slot->alternates; position++, k = list->alternates[k].next)
        add_identifier(list, i, text_of(list, list->alternates[k].value), text_of(list, list->alternates[k].source),
                       i->tags[FIELD_ALTERNATE_ID], position);
}

/* A lump sum of interest is said of a deal, not of the security (FIX 4.4, tag 65). */
static void drop_lump_sum(struct instrument *i)
{
    if (slice_equal_text(i->suffix, "CD"))
        i->suffix.len = 0;
}

/* Makes one slot what is handed out. */
static void fill(struct instrument_list *list, const struct instrument_slot *slot)
{
    struct instrument *i = &list->current;

    list->current_slot = slot;
    i->role = (enum instrument_role)slot->role;
    i->position = slot->position;
    i->tags = instrument_block_tags[slot->block];
    i->symbol_tag = slot->is_related ? RELATED_SYMBOL_TAG : i->tags[FIELD_SYMBOL];
    fill_attributes(list, slot);
    collect_identifiers(list, slot, i);
    drop_lump_sum(i);
}

/* ---- entries of market data that take over the instrument before them ---- */

static bool states(const struct instrument_slot *slot, enum instrument_field field)
{
    return slot->values[field].len > 0;
}

static bool states_identity(const struct instrument_slot *slot)
{
    return states(slot, FIELD_SYMBOL) || states(slot, FIELD_SECURITY_ID) || slot->alternates > 0;
}

/* Whether it says of the instrument before that it is another listing or contract of it. */
static bool states_change(const struct instrument_slot *slot)
{
    bool change = false;

    for (int f = FIELD_EXCHANGE; f < FIELD_ATTRIBUTES; f++)
        change = change || (f != FIELD_CURRENCY && states(slot, (enum instrument_field)f));
    return change;
}

/* The instrument before, with the changes that the entry states: what identified that one, or follows from what
 * is changed, is not this one's. */
static void take_over(struct instrument_slot *slot, const struct instrument_slot *before)
{
    bool change = states_change(slot);
    bool maturity = states(slot, FIELD_MATURITY_DATE) || states(slot, FIELD_MATURITY_MONTH);

    for (int f = 0; f < FIELD_KEPT; f++) {
        bool identity = f == FIELD_SECURITY_ID || f == FIELD_SOURCE || f == FIELD_CFI;
        bool date = f == FIELD_MATURITY_DATE || f == FIELD_MATURITY_MONTH || f == FIELD_MATURITY_DAY;
        if (f == FIELD_CURRENCY || (change && identity) || (maturity && date) || states(slot, (enum instrument_field)f))
            continue;
        slot->values[f] = before->values[f];
    }
    slot->is_related = before->is_related;
    if (!change) {
        slot->alternates = before->alternates;
        slot->alternate = before->alternate;
    }
}

/* Whether the entry's slot names an instrument, perhaps with the help of the entry before. An entry that states
 * nothing is about the same instrument, which has been handed out. */
static bool name_entry(struct instrument_list *list, uint32_t number)
{
    struct instrument_slot *slot = &list->slots[number];
    bool identity = states_identity(slot);

    if (!identity && slot->may_inherit) {
        if (list->before == NO_SLOT || (!states_change(slot) && !states(slot, FIELD_CURRENCY)))
            return false;
        take_over(slot, &list->slots[list->before]);
    }
    fill(list, slot);
    list->before = number;
    if (names_security(&list->current))
        return true;
    list->before = NO_SLOT;
    return false;
}

const struct instrument *instrument_next(struct instrument_list *list)
{
    while (list->next < list->count) {
        uint32_t number = list->next++;
        bool is_entry = list->slots[number].role == INSTRUMENT_LIST_ENTRY;
        bool named;
        if (is_entry) {
            named = name_entry(list, number);
        } else {
            fill(list, &list->slots[number]);
            named = names_security(&list->current);
        }
        if (!named)
            continue;
        list->named++;
        list->references += list->current.role == INSTRUMENT_REFERENCE;
        return &list->current;
    }
    return NULL;
}

bool instrument_is_missing(const struct instrument_list *list)
{
    return list->named == list->references && must_name_instrument(list->message.msg_type);
}

const struct instrument *instrument_body(struct instrument_list *list)
{
    fill(list, &list->slots[0]);
    return &list->current;
}

/* ---- price and quantity ---- */

struct amount_row {
    struct slice types[2]; /* none: every other type */
    enum amount quantity;
    enum amount price;
};

/* In order of preference for each type. */
static const struct amount_row amount_rows[] = {
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_LAST_QTY, AMOUNT_LAST_PX},
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_ORDER_QTY, AMOUNT_PRICE},
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_CUM_QTY, AMOUNT_AVG_PX},
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_ORDER_QTY, AMOUNT_STOP_PX},
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_LEAVES_QTY, AMOUNT_PRICE},
    {{SLICE_LITERAL("8"), SLICE_LITERAL("BN")}, AMOUNT_LEAVES_QTY, AMOUNT_STOP_PX},
    {{SLICE_LITERAL("AE"), SLICE_LITERAL("AR")}, AMOUNT_LAST_QTY, AMOUNT_LAST_PX},
    {{SLICE_LITERAL("J"), SLICE_LITERAL("AS")}, AMOUNT_SHARES, AMOUNT_AVG_PX},
    {{SLICE_LITERAL("6")}, AMOUNT_IOI_QTY, AMOUNT_PRICE},
    {{SLICE_LITERAL("7")}, AMOUNT_SHARES, AMOUNT_PRICE},
    {{{0}}, AMOUNT_ORDER_QTY, AMOUNT_PRICE},
    {{{0}}, AMOUNT_ORDER_QTY, AMOUNT_STOP_PX},
};

#define AMOUNT_ROWS (sizeof amount_rows / sizeof amount_rows[0])

/* A message's type is not empty. */
static bool is_listed(const struct amount_row *row, struct slice type)
{
    return slice_equal(type, row->types[0]) || slice_equal(type, row->types[1]);
}

static bool has_own_rows(struct slice type)
{
    for (size_t i = 0; i < AMOUNT_ROWS; i++)
        if (is_listed(&amount_rows[i], type))
            return true;
    return false;
}

static bool row_applies(const struct amount_row *row, struct slice type, bool type_has_own)
{
    return row->types[0].len > 0 ? is_listed(row, type) : !type_has_own;
}

static bool read_amount(const struct instrument_list *list, enum amount which, struct decimal *out)
{
    return decimal_parse(slice_trim(amount_of(list, list->current_slot, which)), out) && !decimal_is_zero(*out);
}

void instrument_amounts(const struct instrument_list *list, struct message_amounts *out)
{
    struct slice type = list->message.msg_type;
    bool own = has_own_rows(type);

    *out = (struct message_amounts){0};
    if (list->current.role != INSTRUMENT_BODY && list->current.role != INSTRUMENT_LIST_ENTRY)
        return;
    out->currency = value_of(list, list->current_slot, FIELD_CURRENCY);
    out->price_type = slice_trim(amount_of(list, list->current_slot, AMOUNT_PRICE_TYPE));
    for (size_t i = 0; i < AMOUNT_ROWS; i++) {
        const struct amount_row *row = &amount_rows[i];
        struct decimal quantity;
        struct decimal price;
        if (!row_applies(row, type, own))
            continue;
        bool has_quantity = read_amount(list, row->quantity, &quantity);
        bool has_price = read_amount(list, row->price, &price);
        out->are_pair = has_quantity && has_price;
        if (has_quantity && (out->are_pair || !out->has_quantity))
            out->quantity = quantity;
        if (has_price && (out->are_pair || !out->has_price))
            out->price = price;
        out->has_quantity = out->has_quantity || has_quantity;
        out->has_price = out->has_price || has_price;
        if (out->are_pair)
            return;
    }
}

void instrument_list_free(struct instrument_list *list)
{
    free(list->slots);
    free(list->alternates);
    *list = (struct instrument_list){0};
}

size_t instrument_list_memory(const struct instrument_list *list)
{
    return list->room * sizeof *list->slots + list->alternate_room * sizeof *list->alternates;
}

int instrument_extract(struct instrument_list *list, const struct fix_message *message,
                       const struct identifier_sources *sources, bool references, enum fix_reason *reason,
                       struct error *e)
{
    list->sources = sources;
    list->next = list->count = list->named = list->references = 0;
    list->before = NO_SLOT;
    list->is_plain = false;
    list->found_places = 0;
    *reason = FIX_OK;
    if (!is_session_type(message->msg_type) && instrument_walk(list, message, references, reason, e) != 0)
        return -1;
    list->message.begin_string = message->begin_string;
    list->message.msg_type = message->msg_type;
    list->message.transact_time = message_text(list, MESSAGE_TRANSACT_TIME);
    list->message.sending_time = message_text(list, MESSAGE_SENDING_TIME);
    list->message.trade_date = message_text(list, MESSAGE_TRADE_DATE);
    return 0;
}
