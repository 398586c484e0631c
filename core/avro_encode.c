#include "avro_encode.h"

#include <avro.h>
#include <stdlib.h>

#include "utf8.h"

#define FIRST_ROOM 2048 /* bytes tried first for one record; more as it takes */
#define SEQ_NUM_DIGITS_MAX 18

/* The fields of each record, in the order of the .avsc files; a test holds the names against the schema. */
enum {
    D_ID,
    D_KIND,
    D_SEVERITY,
    D_ORIGIN,
    D_MESSAGE,
    D_INSTRUMENT,
    D_TAG,
    D_IDENTIFIER_POSITION,
    D_OBSERVED,
    D_EXPECTED,
    D_FOUND_BY,
    D_CANDIDATES,
    D_MASTER,
    D_PRICE,
    D_QUANTITY,
    D_NOTIONAL,
    D_CURRENCY,
    D_MASTER_VERSION,
    D_RULE_SET,
    D_REASON,
    D_HINT_KIND,
    D_HINT_VALUE,
    D_COUNTS_EXPOSURE,
};
enum { L_ID, L_REASON, L_DETAIL, L_POSITION, L_ORIGIN, L_RAW };
enum { O_TOPIC, O_PARTITION, O_OFFSET, O_TIMESTAMP, O_KEY, O_MESSAGE };
enum {
    M_BEGIN_STRING,
    M_MSG_TYPE,
    M_MSG_SEQ_NUM,
    M_SENDER,
    M_TARGET,
    M_CL_ORD_ID,
    M_ORIG_CL_ORD_ID,
    M_ORDER_ID,
    M_EXEC_ID,
    M_TRANSACT_TIME,
    M_SENDING_TIME,
    M_POSS_DUP,
    M_POSS_RESEND,
};
enum {
    I_ROLE,
    I_POSITION,
    I_SYMBOL,
    I_SYMBOL_SUFFIX,
    I_IDENTIFIERS,
    I_EXCHANGE,
    I_SECURITY_TYPE,
    I_CFI,
    I_MATURITY,
    I_PUT_OR_CALL,
    I_STRIKE,
    I_MULTIPLIER,
};
enum { S_SOURCE, S_ROW_OFFSET, S_VALUES, S_CARRIED };

/* The branches of ["null", something]. */
enum { BRANCH_NULL, BRANCH_VALUE };

/* One schema with the value and the buffer that are used again and again. */
struct record {
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t value;
    bool has_value;
};

struct avro_encoder {
    struct record discrepancy;
    struct record dead_letter;
    avro_writer_t writer;
    char placeholder[1];        /* avro-c wants a destination when the writer is made */
    struct avro_buffer scratch; /* text on its way, with the NUL that avro-c counts */
    struct error error;         /* of the scratch space */
};

static int record_open(struct record *r, const char *schema_text, struct error *e)
{
    if (avro_schema_from_json_length(schema_text, strlen(schema_text), &r->schema) != 0)
        return error_set(e, ERROR_INTERNAL, "avro-c does not accept the schema: %s", avro_strerror());
    r->iface = avro_generic_class_from_schema(r->schema);
    if (r->iface == NULL || avro_generic_value_new(r->iface, &r->value) != 0)
        return error_set(e, ERROR_INTERNAL, "avro-c makes no value of the schema: %s", avro_strerror());
    r->has_value = true;
    return 0;
}

static void record_close(struct record *r)
{
    if (r->has_value)
        avro_value_decref(&r->value);
    if (r->iface)
        avro_value_iface_decref(r->iface);
    if (r->schema)
        avro_schema_decref(r->schema);
}

int avro_encoder_new(struct avro_encoder **out, struct error *e)
{
    struct avro_encoder *encoder = calloc(1, sizeof *encoder);

    *out = NULL;
    if (encoder == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for an Avro encoder");
    if (record_open(&encoder->discrepancy, avro_schema_discrepancy, e) != 0 ||
        record_open(&encoder->dead_letter, avro_schema_dead_letter, e) != 0)
        goto fail;
    encoder->writer = avro_writer_memory(encoder->placeholder, sizeof encoder->placeholder);
    if (encoder->writer == NULL) {
        error_set(e, ERROR_INTERNAL, "no memory for an Avro writer");
        goto fail;
    }
    *out = encoder;
    return 0;
fail:
    avro_encoder_free(encoder);
    return -1;
}

void avro_encoder_free(struct avro_encoder *encoder)
{
    if (encoder == NULL)
        return;
    record_close(&encoder->discrepancy);
    record_close(&encoder->dead_letter);
    if (encoder->writer)
        avro_writer_free(encoder->writer);
    avro_buffer_free(&encoder->scratch);
    free(encoder);
}

/* ---- setting fields: each returns 0, or avro-c's error ---- */

/* The text as valid UTF-8 with a NUL, in the scratch space. *size counts the NUL, as avro-c wants it. NULL without
 * memory. */
static char *as_text(struct avro_encoder *enc, struct slice text, size_t *size)
{
    enc->scratch.len = 0;
    if (avro_buffer_reserve(&enc->scratch, UTF8_FROM_LATIN1_MAX(text.len) + 1, &enc->error) != 0)
        return NULL;
    if (utf8_is_valid(text)) {
        *size = text.len;
        if (text.len > 0)
            memcpy(enc->scratch.ptr, text.ptr, text.len);
    } else {
        *size = utf8_from_latin1(text, enc->scratch.ptr);
    }
    enc->scratch.ptr[(*size)++] = '\0';
    return enc->scratch.ptr;
}

static int put_text(struct avro_encoder *enc, avro_value_t *value, struct slice text)
{
    size_t size;
    char *bytes = as_text(enc, text, &size);

    return bytes == NULL ? ENOMEM : avro_value_set_string_len(value, bytes, size);
}

static int set_text(struct avro_encoder *enc, avro_value_t *record, size_t field, struct slice text)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    return rc ? rc : put_text(enc, &value, text);
}

static int set_int(avro_value_t *record, size_t field, int64_t number)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    return rc ? rc : avro_value_set_int(&value, (int32_t)number);
}

static int set_long(avro_value_t *record, size_t field, int64_t number)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    return rc ? rc : avro_value_set_long(&value, number);
}

static int set_boolean(avro_value_t *record, size_t field, bool on)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    return rc ? rc : avro_value_set_boolean(&value, on);
}

static int set_enum(avro_value_t *record, size_t field, int symbol)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    return rc ? rc : avro_value_set_enum(&value, symbol);
}

/* Chooses the branch of a field of type ["null", something]. */
static int set_branch(avro_value_t *record, size_t field, bool present, avro_value_t *branch)
{
    avro_value_t value;
    int rc = avro_value_get_by_index(record, field, &value, NULL);

    if (rc == 0)
        rc = avro_value_set_branch(&value, present ? BRANCH_VALUE : BRANCH_NULL, branch);
    if (rc == 0 && !present)
        rc = avro_value_set_null(branch);
    return rc;
}

static int set_optional_text(struct avro_encoder *enc, avro_value_t *record, size_t field, bool present,
                             struct slice text)
{
    avro_value_t branch;
    int rc = set_branch(record, field, present, &branch);

    return rc || !present ? rc : put_text(enc, &branch, text);
}

/* Null where there is nothing. */
static int set_field_text(struct avro_encoder *enc, avro_value_t *record, size_t field, struct slice text)
{
    return set_optional_text(enc, record, field, text.len > 0, text);
}

static int set_optional_long(avro_value_t *record, size_t field, bool present, int64_t number)
{
    avro_value_t branch;
    int rc = set_branch(record, field, present, &branch);

    return rc || !present ? rc : avro_value_set_long(&branch, number);
}

/* avro-c takes a pointer to bytes that it only reads. */
static int put_bytes(avro_value_t *value, const void *bytes, size_t len)
{
    union {
        const void *in;
        void *out;
    } unconst = {.in = len > 0 ? bytes : ""};

    return avro_value_set_bytes(value, unconst.out, len);
}

static int set_optional_decimal(avro_value_t *record, size_t field, bool present, struct decimal number)
{
    unsigned char bytes[DECIMAL_BYTES];
    avro_value_t branch;
    int rc = set_branch(record, field, present, &branch);

    return rc || !present ? rc : put_bytes(&branch, bytes, decimal_to_bytes(number, bytes));
}

static int set_timestamp(avro_value_t *record, size_t field, struct slice text)
{
    int64_t micros = 0;
    bool present = fix_time_parse_timestamp(slice_trim(text), &micros);

    return set_optional_long(record, field, present, micros);
}

static int set_origin(struct avro_encoder *enc, avro_value_t *parent, size_t field, const struct origin *o)
{
    avro_value_t r;
    avro_value_t key;
    int rc = avro_value_get_by_index(parent, field, &r, NULL);

    if (rc == 0)
        rc = set_text(enc, &r, O_TOPIC, o->topic);
    if (rc == 0)
        rc = set_int(&r, O_PARTITION, o->partition);
    if (rc == 0)
        rc = set_long(&r, O_OFFSET, o->offset);
    if (rc == 0)
        rc = set_optional_long(&r, O_TIMESTAMP, o->has_timestamp, o->timestamp_ms);
    if (rc == 0)
        rc = set_branch(&r, O_KEY, o->has_key, &key);
    if (rc == 0 && o->has_key)
        rc = put_bytes(&key, o->key.ptr, o->key.len);
    return rc ? rc : set_int(&r, O_MESSAGE, o->message);
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

static int set_message(struct avro_encoder *enc, avro_value_t *parent, const struct message_fields *m)
{
    const struct {
        size_t field;
        struct slice text;
    } texts[] = {
        {M_BEGIN_STRING, m->begin_string},
        {M_MSG_TYPE, m->msg_type},
        {M_SENDER, m->sender},
        {M_TARGET, m->target},
        {M_CL_ORD_ID, m->cl_ord_id},
        {M_ORIG_CL_ORD_ID, m->orig_cl_ord_id},
        {M_ORDER_ID, m->order_id},
        {M_EXEC_ID, m->exec_id},
    };
    avro_value_t r;
    int64_t number;
    bool has_number = read_seq_num(slice_trim(m->msg_seq_num), &number);
    int rc = avro_value_get_by_index(parent, D_MESSAGE, &r, NULL);

    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++)
        rc = set_field_text(enc, &r, texts[i].field, texts[i].text);
    if (rc == 0)
        rc = set_optional_long(&r, M_MSG_SEQ_NUM, has_number, number);
    if (rc == 0)
        rc = set_timestamp(&r, M_TRANSACT_TIME, m->transact_time);
    if (rc == 0)
        rc = set_timestamp(&r, M_SENDING_TIME, m->sending_time);
    if (rc == 0)
        rc = set_boolean(&r, M_POSS_DUP, m->poss_dup);
    return rc ? rc : set_boolean(&r, M_POSS_RESEND, m->poss_resend);
}

static int append_identifier(struct avro_encoder *enc, avro_value_t *array, const struct instrument_identifier *id)
{
    avro_value_t r;
    int rc = avro_value_append(array, &r, NULL);

    if (rc == 0)
        rc = set_text(enc, &r, 0, id->value);
    if (rc == 0)
        rc = set_field_text(enc, &r, 1, id->source);
    return rc ? rc : set_text(enc, &r, 2, slice_of(identifier_kind_name(id->kind)));
}

static int set_instrument(struct avro_encoder *enc, avro_value_t *parent, const struct instrument *in)
{
    const struct {
        size_t field;
        struct slice text;
    } texts[] = {
        {I_SYMBOL, in->symbol},
        {I_SYMBOL_SUFFIX, in->suffix},
        {I_EXCHANGE, in->exchange},
        {I_SECURITY_TYPE, in->type},
        {I_CFI, in->cfi},
        {I_MATURITY, in->maturity_date.len > 0 ? in->maturity_date : in->maturity_month_year},
        {I_PUT_OR_CALL, in->put_call},
        {I_STRIKE, in->strike},
        {I_MULTIPLIER, in->multiplier},
    };
    avro_value_t r;
    avro_value_t array;
    int rc = avro_value_get_by_index(parent, D_INSTRUMENT, &r, NULL);

    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++)
        rc = set_field_text(enc, &r, texts[i].field, texts[i].text);
    if (rc == 0)
        rc = set_enum(&r, I_ROLE, (int)in->role);
    if (rc == 0)
        rc = set_int(&r, I_POSITION, in->position);
    if (rc == 0)
        rc = avro_value_get_by_index(&r, I_IDENTIFIERS, &array, NULL);
    for (size_t i = 0; rc == 0 && i < in->identifier_count; i++)
        rc = append_identifier(enc, &array, &in->identifiers[i]);
    return rc;
}

/* Adds to a map of strings; blanks are left out. */
static int add_to_map(struct avro_encoder *enc, avro_value_t *map, const char *name, struct slice text)
{
    avro_value_t value;
    int rc;

    if (text.len == 0)
        return 0;
    rc = avro_value_add(map, name, &value, NULL, NULL);
    return rc ? rc : put_text(enc, &value, text);
}

static int set_security(struct avro_encoder *enc, avro_value_t *parent, const struct discrepancy *d)
{
    const struct security *s = d->security;
    avro_value_t r;
    avro_value_t map;
    int rc = set_branch(parent, D_MASTER, s != NULL, &r);

    if (rc != 0 || s == NULL)
        return rc;
    rc = set_int(&r, S_SOURCE, s->source);
    if (rc == 0)
        rc = set_long(&r, S_ROW_OFFSET, (int64_t)s->row_offset);
    if (rc == 0)
        rc = avro_value_get_by_index(&r, S_VALUES, &map, NULL);
    for (int i = 0; rc == 0 && i < MASTER_ROLE_COUNT; i++)
        rc = add_to_map(enc, &map, master_role_name((enum master_role)i), s->value[i]);
    if (rc == 0)
        rc = avro_value_get_by_index(&r, S_CARRIED, &map, NULL);
    for (size_t i = 0; rc == 0 && i < s->carried_count; i++)
        rc = add_to_map(enc, &map, d->carried_names[i], s->carried[i]);
    return rc;
}

/* NULL where there is none. */
static int set_constant(struct avro_encoder *enc, avro_value_t *r, size_t field, const char *text)
{
    return set_optional_text(enc, r, field, text != NULL, text ? slice_of(text) : slice_make(NULL, 0));
}

static int set_verdict(struct avro_encoder *enc, avro_value_t *r, const struct verdict *v)
{
    /* The enum opens with OTHER, which readers of a later schema's symbols fall back to. */
    int rc = set_enum(r, D_KIND, (int)v->kind + 1);

    if (rc == 0)
        rc = set_int(r, D_TAG, v->tag);
    if (rc == 0)
        rc = set_int(r, D_IDENTIFIER_POSITION, v->identifier_position);
    if (rc == 0)
        rc = set_optional_text(enc, r, D_OBSERVED, v->has_observed, v->observed);
    if (rc == 0)
        rc = set_optional_text(enc, r, D_EXPECTED, v->has_expected, v->expected);
    if (rc == 0)
        rc = set_constant(enc, r, D_REASON, v->reason);
    if (rc == 0)
        rc = set_constant(enc, r, D_HINT_KIND, v->hint_kind);
    return rc ? rc : set_optional_text(enc, r, D_HINT_VALUE, v->hint_kind != NULL, v->hint_value);
}

static int set_amounts(struct avro_encoder *enc, avro_value_t *r, const struct discrepancy *d)
{
    const struct message_amounts *a = d->amounts;
    int rc = set_optional_decimal(r, D_PRICE, a->has_price, a->price);

    if (rc == 0)
        rc = set_optional_decimal(r, D_QUANTITY, a->has_quantity, a->quantity);
    if (rc == 0)
        rc = set_optional_decimal(r, D_NOTIONAL, d->exposure->has_notional, d->exposure->notional);
    if (rc == 0)
        rc = set_boolean(r, D_COUNTS_EXPOSURE, d->exposure->counts);
    return rc ? rc : set_field_text(enc, r, D_CURRENCY, a->currency);
}

static int set_discrepancy(struct avro_encoder *enc, avro_value_t *r, const struct discrepancy *d)
{
    int rc = set_text(enc, r, D_ID, slice_of(d->id));

    if (rc == 0)
        rc = set_verdict(enc, r, d->verdict);
    if (rc == 0)
        rc = set_enum(r, D_SEVERITY, (int)d->severity);
    if (rc == 0)
        rc = set_origin(enc, r, D_ORIGIN, d->origin);
    if (rc == 0)
        rc = set_message(enc, r, d->message);
    if (rc == 0)
        rc = set_instrument(enc, r, d->instrument);
    if (rc == 0)
        rc = set_enum(r, D_FOUND_BY, (int)d->found_by);
    if (rc == 0)
        rc = set_int(r, D_CANDIDATES, d->candidates > INT32_MAX ? INT32_MAX : (int64_t)d->candidates);
    if (rc == 0)
        rc = set_security(enc, r, d);
    if (rc == 0)
        rc = set_amounts(enc, r, d);
    if (rc == 0)
        rc = set_text(enc, r, D_MASTER_VERSION, slice_of(d->master_version));
    return rc ? rc : set_text(enc, r, D_RULE_SET, slice_of(d->rule_set));
}

static int set_dead_letter(struct avro_encoder *enc, avro_value_t *r, const struct dead_letter *l)
{
    avro_value_t raw;
    int rc = set_text(enc, r, L_ID, slice_of(l->id));

    /* FIX_OK has the place of OTHER, so reasons and symbols run in step. */
    if (rc == 0)
        rc = set_enum(r, L_REASON, (int)l->reason);
    if (rc == 0)
        rc = set_text(enc, r, L_DETAIL, slice_of(fix_reason_text(l->reason)));
    if (rc == 0)
        rc = set_long(r, L_POSITION, (int64_t)l->position);
    if (rc == 0)
        rc = set_origin(enc, r, L_ORIGIN, l->origin);
    if (rc == 0)
        rc = avro_value_get_by_index(r, L_RAW, &raw, NULL);
    return rc ? rc : put_bytes(&raw, l->raw.ptr, l->raw.len);
}

/* Writes the value behind what the buffer holds, with more room each time it did not fit. */
static int append_value(struct avro_encoder *enc, avro_value_t *value, struct avro_buffer *buffer, struct error *e)
{
    for (size_t room = FIRST_ROOM;; room *= 2) {
        int rc;
        if (avro_buffer_reserve(buffer, room, e) != 0)
            return -1;
        avro_writer_memory_set_dest(enc->writer, buffer->ptr + buffer->len, (int64_t)(buffer->capacity - buffer->len));
        rc = avro_value_write(enc->writer, value);
        if (rc == 0)
            break;
        if (rc != ENOSPC)
            return error_set(e, ERROR_INTERNAL, "avro-c does not write the record: %s", avro_strerror());
    }
    buffer->len += (size_t)avro_writer_tell(enc->writer);
    return 0;
}

static int not_set(const struct avro_encoder *enc, int rc, struct error *e)
{
    if (rc == ENOMEM && enc->error.code != ERROR_NONE) {
        *e = enc->error;
        return -1;
    }
    return error_set(e, ERROR_INTERNAL, "avro-c does not take a value: %s", avro_strerror());
}

int avro_encode_discrepancy(struct avro_encoder *encoder, const struct discrepancy *discrepancy,
                            struct avro_buffer *buffer, struct error *e)
{
    avro_value_t *value = &encoder->discrepancy.value;
    int rc = avro_value_reset(value);

    if (rc == 0)
        rc = set_discrepancy(encoder, value, discrepancy);
    return rc ? not_set(encoder, rc, e) : append_value(encoder, value, buffer, e);
}

int avro_encode_dead_letter(struct avro_encoder *encoder, const struct dead_letter *dead_letter,
                            struct avro_buffer *buffer, struct error *e)
{
    avro_value_t *value = &encoder->dead_letter.value;
    int rc = avro_value_reset(value);

    if (rc == 0)
        rc = set_dead_letter(encoder, value, dead_letter);
    return rc ? not_set(encoder, rc, e) : append_value(encoder, value, buffer, e);
}
