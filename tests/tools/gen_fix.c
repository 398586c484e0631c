#include "gen_fix.h"

#include <string.h>

#define SOH '\x01'

enum { BUSINESS_OPEN_MS = 8 * 3600 * 1000, BUSINESS_MS = 9 * 3600 * 1000 };

/* What the fields of one message have in common. */
struct order {
    struct text *body;
    struct random *r;
    uint64_t n;
    uint64_t price; /* in hundredths */
    uint64_t quantity;
    const struct instrument *said;
};

void fix_field(struct text *t, int tag, const char *value)
{
    text_add_number(t, (uint64_t)tag);
    text_add_char(t, '=');
    text_add(t, value);
    text_add_char(t, SOH);
}

void fix_number(struct text *t, int tag, uint64_t n)
{
    text_add_number(t, (uint64_t)tag);
    text_add_char(t, '=');
    text_add_number(t, n);
    text_add_char(t, SOH);
}

static void field_unless_empty(struct text *t, int tag, const char *value)
{
    if (value[0])
        fix_field(t, tag, value);
}

static void field_named(struct text *t, int tag, const char *prefix, uint64_t n)
{
    text_add_number(t, (uint64_t)tag);
    text_add_char(t, '=');
    text_add(t, prefix);
    text_add_padded(t, n, 9);
    text_add_char(t, SOH);
}

static void field_decimal(struct text *t, int tag, uint64_t hundredths)
{
    text_add_number(t, (uint64_t)tag);
    text_add_char(t, '=');
    text_add_decimal(t, hundredths, 2);
    text_add_char(t, SOH);
}

/* Messages follow each other through the hours of one day, which MESSAGE_DATE names. */
static void field_time(struct text *t, int tag, uint64_t n)
{
    uint64_t ms = BUSINESS_OPEN_MS + n % BUSINESS_MS;

    text_add_number(t, (uint64_t)tag);
    text_add_char(t, '=');
    text_add_number(t, MESSAGE_DATE);
    text_add_char(t, '-');
    text_add_padded(t, ms / 3600000, 2);
    text_add_char(t, ':');
    text_add_padded(t, ms / 60000 % 60, 2);
    text_add_char(t, ':');
    text_add_padded(t, ms / 1000 % 60, 2);
    text_add_char(t, '.');
    text_add_padded(t, ms % 1000, 3);
    text_add_char(t, SOH);
}

/* The first tag of a group delimits its entries, whichever of the two it is. */
static void add_alternates(struct text *t, const struct instrument *said, bool source_first)
{
    if (said->alternate_count == 0)
        return;
    fix_number(t, 454, said->alternate_count);
    for (size_t i = 0; i < said->alternate_count; i++) {
        const struct said_identifier *alternate = &said->alternates[i];
        if (source_first)
            fix_field(t, 456, alternate->source);
        fix_field(t, 455, alternate->value);
        if (!source_first)
            fix_field(t, 456, alternate->source);
    }
}

static void add_instrument(struct order *o)
{
    const struct instrument *said = o->said;
    struct text *t = o->body;

    field_unless_empty(t, 55, said->symbol);
    field_unless_empty(t, 65, said->suffix);
    if (said->primary.value[0]) {
        fix_field(t, 48, said->primary.value);
        fix_field(t, 22, said->primary.source);
    }
    add_alternates(t, said, random_percent(o->r, 5));
    field_unless_empty(t, 461, said->cfi);
    field_unless_empty(t, 167, said->type);
    field_unless_empty(t, 200, said->maturity_month);
    field_unless_empty(t, 205, said->maturity_day);
    field_unless_empty(t, 541, said->maturity_date);
    field_unless_empty(t, 201, said->put_or_call);
    field_unless_empty(t, 202, said->strike);
    field_unless_empty(t, 231, said->multiplier);
    field_unless_empty(t, 207, said->exchange);
}

static void add_terms(struct order *o)
{
    fix_field(o->body, 54, random_percent(o->r, 50) ? "1" : "2");
    field_time(o->body, 60, o->n);
    fix_number(o->body, 38, o->quantity);
    fix_field(o->body, 40, "2");
    field_decimal(o->body, 44, o->price);
    field_unless_empty(o->body, 15, o->said->currency);
    fix_field(o->body, 59, "0");
}

static void add_order(struct order *o)
{
    field_named(o->body, 11, "ORD", o->n);
    field_named(o->body, 1, "ACC", random_below(o->r, 5000));
    fix_field(o->body, 21, "1");
    add_instrument(o);
    add_terms(o);
}

static void add_amendment(struct order *o)
{
    field_named(o->body, 41, "ORD", o->n ? o->n - 1 : 0);
    field_named(o->body, 11, "AMD", o->n);
    add_instrument(o);
    add_terms(o);
}

static void add_execution(struct order *o)
{
    field_named(o->body, 37, "X", o->n);
    field_named(o->body, 11, "ORD", o->n);
    field_named(o->body, 17, "E", o->n);
    fix_field(o->body, 150, "F");
    fix_field(o->body, 39, "1");
    add_instrument(o);
    fix_field(o->body, 54, random_percent(o->r, 50) ? "1" : "2");
    fix_number(o->body, 32, o->quantity);
    field_decimal(o->body, 31, o->price);
    fix_number(o->body, 151, o->quantity);
    fix_number(o->body, 14, o->quantity);
    field_decimal(o->body, 6, o->price);
    field_unless_empty(o->body, 15, o->said->currency);
    field_time(o->body, 60, o->n);
}

static void add_trade(struct order *o)
{
    field_named(o->body, 571, "TR", o->n);
    fix_field(o->body, 487, "0");
    fix_field(o->body, 570, "N");
    add_instrument(o);
    fix_number(o->body, 32, o->quantity);
    field_decimal(o->body, 31, o->price);
    field_unless_empty(o->body, 15, o->said->currency);
    fix_number(o->body, 75, MESSAGE_DATE);
    field_time(o->body, 60, o->n);
    fix_field(o->body, 552, "1");
    fix_field(o->body, 54, "1");
    field_named(o->body, 37, "X", o->n);
}

static void add_quote(struct order *o)
{
    field_named(o->body, 117, "Q", o->n);
    add_instrument(o);
    field_decimal(o->body, 132, o->price);
    field_decimal(o->body, 133, o->price + 2);
    fix_number(o->body, 134, o->quantity);
    fix_number(o->body, 135, o->quantity);
    field_unless_empty(o->body, 15, o->said->currency);
    field_time(o->body, 60, o->n);
}

static void add_reject(struct order *o)
{
    field_named(o->body, 37, "X", o->n);
    field_named(o->body, 11, "AMD", o->n);
    field_named(o->body, 41, "ORD", o->n);
    fix_field(o->body, 39, "8");
    fix_field(o->body, 434, "1");
    fix_field(o->body, 102, "1");
}

/* A text, and at times raw data that holds the delimiter and what looks like an instrument and a trailer. */
static void add_remarks(struct order *o)
{
    static const char raw[] = "a\x01"
                              "55=INSIDE\x01"
                              "10=000\x01"
                              "b";
    static const char *const remarks[] = {"care order, work through the day", "VWAP 10:00 to 15:30",
                                          "part of basket 17", "please confirm fills"};

    if (random_percent(o->r, 3)) {
        fix_number(o->body, 95, sizeof raw - 1);
        fix_field(o->body, 96, raw);
    } else if (random_percent(o->r, 35)) {
        fix_field(o->body, 58, remarks[random_below(o->r, 4)]);
    }
}

static void add_header(struct order *o, const char *code, bool fixt)
{
    static const char *const senders[] = {"ALPHA-OMS", "BRAVO-EMS", "CHARLIE-ALGO", "DELTA-DESK"};

    fix_field(o->body, 35, code);
    if (fixt)
        fix_field(o->body, 1128, "9");
    fix_field(o->body, 49, senders[random_below(o->r, 4)]);
    fix_field(o->body, 56, "STREET-HUB");
    fix_number(o->body, 34, o->n + 1);
    field_time(o->body, 52, o->n);
}

enum fix_type fix_type_pick(struct random *r)
{
    uint64_t drawn = random_below(r, 100);

    if (drawn < 42)
        return FIX_ORDER;
    if (drawn < 78)
        return FIX_EXECUTION;
    if (drawn < 85)
        return FIX_REPLACE;
    if (drawn < 91)
        return FIX_CANCEL;
    return drawn < 95 ? FIX_TRADE : FIX_QUOTE;
}

/* Alternates, CFI, MaturityDate and the trade report are younger than FIX 4.2. */
static const char *begin_string_for(enum fix_type type, const struct instrument *said, struct random *r)
{
    uint64_t drawn = random_below(r, 100);
    bool young = type == FIX_TRADE;

    if (type < FIX_HEARTBEAT)
        young = young || said->alternate_count > 0 || said->cfi[0] || said->maturity_date[0];
    if (drawn < 40 && !young)
        return "FIX.4.2";
    return drawn < 80 ? "FIX.4.4" : "FIXT.1.1";
}

const char *fix_body(struct text *body, enum fix_type type, const struct instrument *said, uint64_t n, struct random *r)
{
    static const struct {
        const char *code;
        void (*add)(struct order *);
    } types[] = {
        [FIX_ORDER] = {"D", add_order},       [FIX_EXECUTION] = {"8", add_execution},
        [FIX_REPLACE] = {"G", add_amendment}, [FIX_CANCEL] = {"F", add_amendment},
        [FIX_TRADE] = {"AE", add_trade},      [FIX_QUOTE] = {"S", add_quote},
        [FIX_HEARTBEAT] = {"0", NULL},        [FIX_REJECT] = {"9", add_reject},
    };
    const char *begin_string = begin_string_for(type, said, r);
    struct order o = {.body = body, .r = r, .n = n, .said = said};

    o.price = 100 + random_below(r, 50000);
    o.quantity = 100 * (1 + random_below(r, 500));
    add_header(&o, types[type].code, begin_string[3] == 'T');
    if (types[type].add) {
        types[type].add(&o);
        add_remarks(&o);
    }
    return begin_string;
}

void fix_trailer(struct text *out)
{
    unsigned sum = 0;

    for (size_t i = 0; i < out->len; i++)
        sum += (unsigned char)out->bytes[i];
    text_add(out, "10=");
    text_add_padded(out, sum % 256, 3);
    text_add_char(out, SOH);
}

void fix_message(struct text *out, const char *begin_string, const struct text *body)
{
    fix_field(out, 8, begin_string);
    fix_number(out, 9, body->len);
    text_add_bytes(out, body->bytes, body->len);
    fix_trailer(out);
}
