#include "avro_encode.h"

#include "avro_shape.h"
#include "avro_write.h"

#define SEQ_NUM_DIGITS_MAX 18

/* What the functions below write; avro_encode_check holds it against the schemas. Each stands with its fields in their
 * order. */
#define ORIGIN_SHAPE "{topic:string partition:int offset:long timestamp:?long key:?bytes message:int}"
#define MESSAGE_SHAPE                                                                                                  \
    "{begin_string:?string msg_type:?string msg_seq_num:?long sender:?string target:?string cl_ord_id:?string "        \
    "orig_cl_ord_id:?string order_id:?string exec_id:?string transact_time:?long sending_time:?long poss_dup:boolean " \
    "poss_resend:boolean}"
#define IDENTIFIER_SHAPE "{value:string source:?string kind:string}"
#define INSTRUMENT_SHAPE                                                                                               \
    "{role:enum position:int symbol:?string symbol_suffix:?string identifiers:[" IDENTIFIER_SHAPE "] "                 \
    "exchange:?string security_type:?string cfi:?string maturity:?string put_or_call:?string strike:?string "          \
    "multiplier:?string}"
#define SECURITY_SHAPE "{source:int row_offset:long values:<string> carried:<string>}"
#define DISCREPANCY_SHAPE                                                                                              \
    "{id:string kind:enum severity:enum origin:" ORIGIN_SHAPE " message:" MESSAGE_SHAPE " "                            \
    "instrument:" INSTRUMENT_SHAPE " tag:int identifier_position:int observed:?string expected:?string "               \
    "found_by:enum candidates:int master:?" SECURITY_SHAPE " price:?bytes quantity:?bytes notional:?bytes "            \
    "currency:?string master_version:string rule_set:string reason:?string hint_kind:?string hint_value:?string "      \
    "counts_exposure:boolean unknown_since:?long unknown_until:?long}"
#define DEAD_LETTER_SHAPE "{id:string reason:enum detail:string position:long origin:" ORIGIN_SHAPE " raw:bytes}"

static int check_shape(const char *schema, const char *written, struct error *e)
{
    struct avro_buffer shape = {0};
    int rc = avro_shape_of(schema, &shape, e);

    if (rc == 0 && (shape.ptr == NULL || !slice_equal_text(slice_make(shape.ptr, shape.len), written)))
        rc = error_set(e, ERROR_INTERNAL, "a schema is not what is written: %.*s", (int)shape.len, shape.ptr);
    avro_buffer_free(&shape);
    return rc;
}

int avro_encode_check(struct error *e)
{
    return check_shape(avro_schema_discrepancy, DISCREPANCY_SHAPE, e) == 0
               ? check_shape(avro_schema_dead_letter, DEAD_LETTER_SHAPE, e)
               : -1;
}

/* ---- values ---- */

static void write_optional_text(struct avro_write *w, bool present, struct slice text)
{
    if (avro_write_optional(w, present))
        avro_write_text(w, text);
}

/* Null where there is nothing. */
static void write_field(struct avro_write *w, struct slice text)
{
    write_optional_text(w, text.len > 0, text);
}

/* NULL where there is none. */
static void write_constant(struct avro_write *w, const char *text)
{
    (void)avro_write_optional(w, text != NULL);
    if (text != NULL)
        avro_write_text(w, slice_of(text));
}

static void write_optional_long(struct avro_write *w, bool present, int64_t number)
{
    if (avro_write_optional(w, present))
        avro_write_long(w, number);
}

static void write_optional_decimal(struct avro_write *w, bool present, struct decimal number)
{
    unsigned char bytes[DECIMAL_BYTES];

    if (avro_write_optional(w, present))
        avro_write_bytes(w, slice_make((const char *)bytes, decimal_to_bytes(number, bytes)));
}

static void write_timestamp(struct avro_write *w, struct slice text)
{
    int64_t micros = 0;
    bool present = fix_time_parse_timestamp(slice_trim(text), &micros);

    write_optional_long(w, present, micros);
}

/* An Avro int; what is above its range has no place in it. */
static void write_int(struct avro_write *w, uint64_t number)
{
    avro_write_long(w, number < INT32_MAX ? (int32_t)number : INT32_MAX);
}

/* ---- records ---- */

static void write_origin(struct avro_write *w, const struct origin *o)
{
    avro_write_text(w, o->topic);
    avro_write_long(w, o->partition);
    avro_write_long(w, o->offset);
    write_optional_long(w, o->has_timestamp, o->timestamp_ms);
    if (avro_write_optional(w, o->has_key))
        avro_write_bytes(w, o->key);
    avro_write_long(w, o->message);
}

static bool read_seq_num(struct slice text, int64_t *number)
{
    *number = 0;
    if (text.len > SEQ_NUM_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *number = *number * 10 + (text.ptr[i] - '0');
    }
    return text.len > 0;
}

static void write_message(struct avro_write *w, const struct message_fields *m)
{
    int64_t number;
    bool has_number = read_seq_num(slice_trim(m->msg_seq_num), &number);

    write_field(w, m->begin_string);
    write_field(w, m->msg_type);
    write_optional_long(w, has_number, number);
    write_field(w, m->sender);
    write_field(w, m->target);
    write_field(w, m->cl_ord_id);
    write_field(w, m->orig_cl_ord_id);
    write_field(w, m->order_id);
    write_field(w, m->exec_id);
    write_timestamp(w, m->transact_time);
    write_timestamp(w, m->sending_time);
    avro_write_boolean(w, m->poss_dup);
    avro_write_boolean(w, m->poss_resend);
}

static void write_identifiers(struct avro_write *w, const struct instrument *in)
{
    if (in->identifier_count > 0)
        avro_write_long(w, (int64_t)in->identifier_count);
    for (size_t i = 0; i < in->identifier_count; i++) {
        const struct instrument_identifier *id = &in->identifiers[i];
        avro_write_text(w, id->value);
        write_field(w, id->source);
        avro_write_text(w, slice_of(identifier_kind_name(id->kind)));
    }
    avro_write_long(w, 0);
}

static void write_instrument(struct avro_write *w, const struct instrument *in)
{
    avro_write_long(w, (int64_t)in->role);
    write_int(w, in->position);
    write_field(w, in->symbol);
    write_field(w, in->suffix);
    write_identifiers(w, in);
    write_field(w, in->exchange);
    write_field(w, in->type);
    write_field(w, in->cfi);
    write_field(w, in->maturity_date.len > 0 ? in->maturity_date : in->maturity_month_year);
    write_field(w, in->put_call);
    write_field(w, in->strike);
    write_field(w, in->multiplier);
}

static size_t count_filled(const struct slice *values, size_t count)
{
    size_t filled = 0;

    for (size_t i = 0; i < count; i++)
        filled += values[i].len > 0;
    return filled;
}

/* A map from names to the values that are there. */
static void write_map(struct avro_write *w, const char *const *names, const struct slice *values, size_t count)
{
    size_t filled = count_filled(values, count);

    if (filled > 0)
        avro_write_long(w, (int64_t)filled);
    for (size_t i = 0; i < count; i++) {
        if (values[i].len == 0)
            continue;
        avro_write_text(w, slice_of(names[i]));
        avro_write_text(w, values[i]);
    }
    avro_write_long(w, 0);
}

static void write_security(struct avro_write *w, const struct discrepancy *d)
{
    const struct security *s = d->security;
    const char *roles[MASTER_ROLE_COUNT];

    if (!avro_write_optional(w, s != NULL))
        return;
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        roles[i] = master_role_name((enum master_role)i);
    write_int(w, s->source);
    avro_write_long(w, (int64_t)s->row_offset);
    write_map(w, roles, s->value, MASTER_ROLE_COUNT);
    write_map(w, d->carried_names, s->carried, s->carried_count);
}

int avro_encode_discrepancy(const struct discrepancy *d, struct avro_buffer *buffer, struct error *e)
{
    struct avro_write w = avro_write_begin(buffer, e);
    const struct verdict *v = d->verdict;

    avro_write_text(&w, slice_of(d->id));
    avro_write_long(&w, (int64_t)v->kind + 1); /* the enum opens with OTHER, for readers of an older schema */
    avro_write_long(&w, (int64_t)d->severity);
    write_origin(&w, d->origin);
    write_message(&w, d->message);
    write_instrument(&w, d->instrument);
    write_int(&w, v->tag);
    write_int(&w, v->identifier_position);
    write_optional_text(&w, v->has_observed, v->observed);
    write_optional_text(&w, v->has_expected, v->expected);
    avro_write_long(&w, (int64_t)d->found_by);
    write_int(&w, d->candidates);
    write_security(&w, d);
    write_optional_decimal(&w, d->amounts->has_price, d->amounts->price);
    write_optional_decimal(&w, d->amounts->has_quantity, d->amounts->quantity);
    write_optional_decimal(&w, d->exposure->has_notional, d->exposure->notional);
    write_field(&w, d->amounts->currency);
    avro_write_text(&w, slice_of(d->master_version));
    avro_write_text(&w, slice_of(d->rule_set));
    write_constant(&w, v->reason);
    write_constant(&w, v->hint_kind);
    write_optional_text(&w, v->hint_kind != NULL, v->hint_value);
    avro_write_boolean(&w, d->exposure->counts);
    write_optional_long(&w, d->was_pending, d->unknown_since_ms);
    write_optional_long(&w, d->was_pending, d->unknown_until_ms);
    return avro_write_end(&w);
}

int avro_encode_dead_letter(const struct dead_letter *l, struct avro_buffer *buffer, struct error *e)
{
    struct avro_write w = avro_write_begin(buffer, e);

    avro_write_text(&w, slice_of(l->id));
    avro_write_long(&w, (int64_t)l->reason); /* FIX_OK has the place of OTHER, so reasons and symbols run in step */
    avro_write_text(&w, slice_of(fix_reason_text(l->reason)));
    avro_write_long(&w, (int64_t)l->position);
    write_origin(&w, l->origin);
    avro_write_bytes(&w, l->raw);
    return avro_write_end(&w);
}
