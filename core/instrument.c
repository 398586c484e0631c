#include "instrument.h"

const char *instrument_role_name(enum instrument_role role)
{
    static const char *const names[INSTRUMENT_ROLE_COUNT] = {
#define X(name) #name,
        INSTRUMENT_ROLES(X)
#undef X
    };
    return names[role];
}

/* Where one pass over the message stands. */
struct extraction {
    struct instrument_list *list;
    struct instrument *body;
    struct slice security_id;
    struct slice security_id_source;
    bool has_alternates;          /* the counter 454 was met, and counts more than 0 */
    uint32_t alternates;          /* met so far */
    uint32_t alternate_delimiter; /* the tag that starts an entry of group 454; 0 until it is known */
    struct instrument_identifier alternate[INSTRUMENT_ALTERNATES_MAX];
};

/* Which message types these are is said in core/README.md, "From a message to its instrument". */
static bool is_one_of(struct slice type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_text(type, types[i]))
            return true;
    return false;
}

static bool is_session_type(struct slice type)
{
    return type.len == 1 && memchr("012345A", type.ptr[0], strlen("012345A")) != NULL;
}

/* Symbol is required in every version of FIX (4.0 to 5.0 SP2) that has the message. */
static bool must_name_instrument(struct slice type)
{
    static const char *const types[] = {"6",  "7",  "8",  "D",  "F",  "G",  "H",  "J",  "Q",  "S",
                                        "W",  "e",  "f",  "s",  "t",  "u",  "AE", "AJ", "AK", "AL",
                                        "AM", "AR", "AS", "BM", "BN", "BO", "DS", "DT", "DW"};

    return is_one_of(type, types, sizeof types / sizeof types[0]);
}

/* Whether a group's counter is a number above 0. */
static bool counts_some(struct slice counter)
{
    bool some = false;

    counter = slice_trim(counter);
    for (size_t i = 0; i < counter.len; i++) {
        if (counter.ptr[i] < '0' || counter.ptr[i] > '9')
            return false;
        some = some || counter.ptr[i] != '0';
    }
    return some;
}

/* Groups that hold instruments, or prices in another currency, of their own: what follows is no longer the body's. */
static bool starts_list(const struct fix_field *field, struct slice type)
{
    switch (field->tag) {
    case 146:  /* NoRelatedSym */
    case 268:  /* NoMDEntries */
    case 295:  /* NoQuoteEntries */
    case 296:  /* NoQuoteSets */
    case 428:  /* NoStrikes */
    case 1165: /* NoSettlOblig */
    case 1889: /* NoInstrmtMatchSides */
    case 2428: /* NoOrderEntries */
        break;
    case 73: /* NoOrders: other messages list bare order numbers */
        if (!slice_equal_text(type, "E"))
            return false;
        break;
    default:
        return false;
    }
    return counts_some(field->value);
}

static void keep_first(struct slice *slot, struct slice value)
{
    if (slot->len == 0)
        *slot = value;
}

/* Of an instrument's attribute: trimmed, and nothing where it is a placeholder. */
static void keep_attribute(struct slice *slot, struct slice value)
{
    if (slot->ptr != NULL)
        return;
    *slot = slice_trim(value);
    if (identifier_is_placeholder(IDENTIFIER_SYMBOL, *slot))
        slot->len = 0;
}

static bool take_header(struct message_fields *m, const struct fix_field *f)
{
    switch (f->tag) {
    case 11:
        keep_first(&m->cl_ord_id, f->value);
        return true;
    case 17:
        keep_first(&m->exec_id, f->value);
        return true;
    case 34:
        keep_first(&m->msg_seq_num, f->value);
        return true;
    case 37:
        keep_first(&m->order_id, f->value);
        return true;
    case 41:
        keep_first(&m->orig_cl_ord_id, f->value);
        return true;
    case 43:
        m->poss_dup = m->poss_dup || slice_equal_text(f->value, "Y");
        return true;
    case 49:
        keep_first(&m->sender, f->value);
        return true;
    case 52:
        keep_first(&m->sending_time, f->value);
        return true;
    case 56:
        keep_first(&m->target, f->value);
        return true;
    case 60:
        keep_first(&m->transact_time, f->value);
        return true;
    case 75:
        keep_first(&m->trade_date, f->value);
        return true;
    case 97:
        m->poss_resend = m->poss_resend || slice_equal_text(f->value, "Y");
        return true;
    default:
        return false;
    }
}

static bool take_amount(struct message_fields *m, const struct fix_field *f)
{
    /* By tag, one more than the amount; 0: none. */
    static const unsigned char amounts[100] = {
        [6] = 1 + AMOUNT_AVG_PX,   [14] = 1 + AMOUNT_CUM_QTY,  [27] = 1 + AMOUNT_IOI_QTY,
        [31] = 1 + AMOUNT_LAST_PX, [32] = 1 + AMOUNT_LAST_QTY, [38] = 1 + AMOUNT_ORDER_QTY,
        [44] = 1 + AMOUNT_PRICE,   [53] = 1 + AMOUNT_SHARES,   [99] = 1 + AMOUNT_STOP_PX,
    };

    if (f->tag >= sizeof amounts || amounts[f->tag] == 0)
        return false;
    keep_first(&m->amounts[amounts[f->tag] - 1], f->value);
    return true;
}

static bool take_attribute(struct extraction *x, const struct fix_field *f)
{
    struct instrument *i = x->body;

    switch (f->tag) {
    case 15:
        keep_first(&x->list->message.currency, f->value);
        keep_attribute(&i->currency, f->value);
        return true;
    case 22:
        keep_first(&x->security_id_source, f->value);
        return true;
    case 48:
        keep_first(&x->security_id, f->value);
        return true;
    case 55:
        keep_attribute(&i->symbol, f->value);
        return true;
    case 65:
        keep_attribute(&i->suffix, f->value);
        return true;
    case 167:
        keep_attribute(&i->type, f->value);
        return true;
    case 200:
        keep_attribute(&i->maturity_month_year, f->value);
        return true;
    case 201:
        keep_first(&i->put_call, slice_trim(f->value)); /* 0 is a put here, not a placeholder */
        return true;
    case 202:
        keep_attribute(&i->strike, f->value);
        return true;
    case 205:
        keep_attribute(&i->maturity_day, f->value);
        return true;
    case 207:
        keep_attribute(&i->exchange, f->value);
        return true;
    case 231:
        keep_attribute(&i->multiplier, f->value);
        return true;
    case 461:
        keep_attribute(&i->cfi, f->value);
        return true;
    case 541:
        keep_attribute(&i->maturity_date, f->value);
        return true;
    default:
        return false;
    }
}

/* Group 454: its first tag delimits its entries, whichever of the two it is. */
static enum fix_reason take_alternate(struct extraction *x, const struct fix_field *f)
{
    struct instrument_identifier *entry;

    if (f->tag == 454)
        x->has_alternates = x->has_alternates || counts_some(f->value);
    if (!x->has_alternates || (f->tag != 455 && f->tag != 456))
        return FIX_OK;
    if (x->alternate_delimiter == 0)
        x->alternate_delimiter = f->tag;
    if (f->tag == x->alternate_delimiter) {
        if (x->alternates == INSTRUMENT_ALTERNATES_MAX)
            return FIX_TOO_MANY_IDENTIFIERS;
        x->alternate[x->alternates++] = (struct instrument_identifier){.tag = 455, .position = x->alternates};
    }
    entry = &x->alternate[x->alternates - 1];
    keep_first(f->tag == 455 ? &entry->value : &entry->source, f->value);
    return FIX_OK;
}

static enum fix_reason take_field(struct extraction *x, const struct fix_field *f)
{
    /* An empty value (profile log) still delimits an entry of group 454; otherwise it says nothing. */
    if (f->value.len == 0)
        return take_alternate(x, f);
    if (take_header(&x->list->message, f) || take_amount(&x->list->message, f) || take_attribute(x, f))
        return FIX_OK;
    return take_alternate(x, f);
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
static void add_identifier(struct instrument *i, struct instrument_identifier id)
{
    id.value = slice_trim(id.value);
    id.source = slice_trim(id.source);
    id.kind = identifier_kind_from_source(id.source);
    if (!identifier_is_placeholder(id.kind, id.value))
        i->identifiers[i->identifier_count++] = id;
}

static void collect_identifiers(struct extraction *x)
{
    add_identifier(x->body, (struct instrument_identifier){
                                .value = x->security_id, .source = x->security_id_source, .tag = 48, .position = 0});
    for (uint32_t k = 0; k < x->alternates; k++)
        add_identifier(x->body, x->alternate[k]);
}

/* When-issued and a lump sum of interest are FIX's own suffixes, not a class of shares (FIX 4.4, tag 65). */
static void drop_fix_suffix(struct instrument *i)
{
    if (slice_equal_text(i->suffix, "WI") || slice_equal_text(i->suffix, "CD"))
        i->suffix.len = 0;
}

/* ---- price and quantity ---- */

struct amount_row {
    const char *types; /* separated by blanks; NULL: every other type */
    enum amount quantity;
    enum amount price;
};

/* In order of preference for each type. */
static const struct amount_row amount_rows[] = {
    {"8 BN", AMOUNT_LAST_QTY, AMOUNT_LAST_PX},  {"8 BN", AMOUNT_ORDER_QTY, AMOUNT_PRICE},
    {"8 BN", AMOUNT_CUM_QTY, AMOUNT_AVG_PX},    {"8 BN", AMOUNT_ORDER_QTY, AMOUNT_STOP_PX},
    {"AE AR", AMOUNT_LAST_QTY, AMOUNT_LAST_PX}, {"J AS", AMOUNT_SHARES, AMOUNT_AVG_PX},
    {"6", AMOUNT_IOI_QTY, AMOUNT_PRICE},        {"7", AMOUNT_SHARES, AMOUNT_PRICE},
    {NULL, AMOUNT_ORDER_QTY, AMOUNT_PRICE},     {NULL, AMOUNT_ORDER_QTY, AMOUNT_STOP_PX},
};

#define AMOUNT_ROWS (sizeof amount_rows / sizeof amount_rows[0])

static bool is_listed(struct slice type, const char *types)
{
    for (const char *p = types; *p != '\0';) {
        size_t len = strcspn(p, " ");
        if (slice_equal(type, slice_make(p, len)))
            return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

static bool has_own_rows(struct slice type)
{
    for (size_t i = 0; i < AMOUNT_ROWS; i++)
        if (amount_rows[i].types != NULL && is_listed(type, amount_rows[i].types))
            return true;
    return false;
}

static bool row_applies(const struct amount_row *row, struct slice type, bool type_has_own)
{
    return row->types != NULL ? is_listed(type, row->types) : !type_has_own;
}

static bool read_amount(const struct message_fields *m, enum amount which, struct decimal *out)
{
    return decimal_parse(slice_trim(m->amounts[which]), out) && !decimal_is_zero(*out);
}

void instrument_amounts(const struct message_fields *message, struct message_amounts *out)
{
    bool own = has_own_rows(message->msg_type);

    *out = (struct message_amounts){0};
    for (size_t i = 0; i < AMOUNT_ROWS; i++) {
        const struct amount_row *row = &amount_rows[i];
        struct decimal quantity;
        struct decimal price;
        if (!row_applies(row, message->msg_type, own))
            continue;
        bool has_quantity = read_amount(message, row->quantity, &quantity);
        bool has_price = read_amount(message, row->price, &price);
        bool both = has_quantity && has_price;
        if (has_quantity && (both || !out->has_quantity))
            out->quantity = quantity;
        if (has_price && (both || !out->has_price))
            out->price = price;
        out->has_quantity = out->has_quantity || has_quantity;
        out->has_price = out->has_price || has_price;
        if (both) {
            out->has_notional = decimal_multiply(quantity, price, &out->notional);
            return;
        }
    }
}

enum fix_reason instrument_extract(const struct fix_message *message, struct instrument_list *out)
{
    struct extraction x = {.list = out, .body = &out->items[0]};
    struct fix_cursor cursor;
    struct fix_field field;
    enum fix_reason reason;

    *out = (struct instrument_list){.message = {.begin_string = message->begin_string, .msg_type = message->msg_type}};
    out->items[0].role = INSTRUMENT_BODY;
    if (is_session_type(message->msg_type))
        return FIX_OK;
    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field) && !starts_list(&field, message->msg_type)) {
        reason = take_field(&x, &field);
        if (reason != FIX_OK)
            return reason;
    }
    collect_identifiers(&x);
    drop_fix_suffix(x.body);
    if (names_security(x.body))
        out->count = 1;
    else
        out->must_name_one = must_name_instrument(message->msg_type);
    return FIX_OK;
}
