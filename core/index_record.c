#include "index_record.h"

/* Which part of an ISIN a national identifier is (ISO 6166, annex C): offset and length. len 0: none. */
struct isin_part {
    uint8_t offset;
    uint8_t len;
};

#define ISIN_LEN 12

static struct isin_part isin_part(enum master_role role)
{
    switch (role) {
    case ROLE_CUSIP:
        return (struct isin_part){2, 9}; /* US, CA and others: US 037833100 5 */
    case ROLE_SEDOL:
        return (struct isin_part){4, 7}; /* GB, IE: GB 00 0540528 8 */
    case ROLE_WERTPAPIER:
        return (struct isin_part){5, 6}; /* DE: DE 000 716460 0 */
    default:
        return (struct isin_part){0, 0};
    }
}

static bool is_key(enum master_role role)
{
    return master_role_kind(role) != IDENTIFIER_UNKNOWN;
}

uint32_t record_dictionary_columns(const struct record_layout *layout)
{
    uint32_t count = (uint32_t)layout->carried_count;

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        count += layout->has_role[role] && !is_key(role);
    return count;
}

/* ---- writing ---- */

/* Everything but `put_text` fits RECORD_ROOM by its nature, so only that looks at the room. */

static unsigned char *put_varint(unsigned char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (unsigned char)(value | 0x80);
    *at++ = (unsigned char)value;
    return at;
}

static bool is_in_isin(const struct security *security, enum master_role role)
{
    struct slice isin = security->value[ROLE_ISIN];
    struct isin_part part = isin_part(role);

    return part.len > 0 && isin.len == ISIN_LEN &&
           slice_equal(security->value[role], slice_make(isin.ptr + part.offset, part.len));
}

static unsigned char *put_key(unsigned char *at, const struct security *security, enum master_role role)
{
    struct slice value = security->value[role];

    if (value.len > 0 && is_in_isin(security, role)) {
        *at++ = RECORD_IN_ISIN;
        return at;
    }
    *at++ = (unsigned char)value.len;
    if (value.len > 0)
        memcpy(at, value.ptr, value.len);
    return at + value.len;
}

/* A value as it is; NULL where it does not fit before `end`. */
static unsigned char *put_text(unsigned char *at, const unsigned char *end, struct slice value)
{
    if (at > end || value.len > (size_t)(end - at))
        return NULL;
    *at++ = 1;
    at = put_varint(at, value.len);
    memcpy(at, value.ptr, value.len);
    return at + value.len;
}

/* The record so far; `at` is NULL once it is too large. */
struct record_writer {
    const struct record_values *values;
    unsigned char *at;
    const unsigned char *end; /* of INDEX_RECORD_MAX bytes */
    bool new_value;
};

static void put_other(struct record_writer *w, uint32_t column, struct slice value)
{
    uint32_t code;

    if (w->at == NULL || w->new_value)
        return;
    if (value.len == 0) {
        *w->at++ = 0;
        return;
    }
    code = dictionary_find(w->values->dictionary, w->values->memo, column, value);
    if (code == DICTIONARY_NEW && w->values->may_add)
        code = dictionary_code(w->values->dictionary, column, value);
    if (code == DICTIONARY_NEW)
        w->new_value = true;
    else if (code == DICTIONARY_NONE)
        w->at = put_text(w->at, w->end, value);
    else
        w->at = put_varint(w->at, (uint64_t)code + 2);
}

size_t record_encode(const struct record_layout *layout, const struct record_values *values,
                     const struct security *security, unsigned char *to)
{
    struct record_writer w = {values, to, to + INDEX_RECORD_MAX, false};
    uint32_t column = 0;

    *w.at++ = (unsigned char)security->source;
    w.at = put_varint(w.at, security->row_offset);
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        if (!layout->has_role[role] || w.at == NULL)
            continue;
        if (is_key(role))
            w.at = put_key(w.at, security, role);
        else
            put_other(&w, column++, security->value[role]);
    }
    for (size_t i = 0; i < layout->carried_count; i++)
        put_other(&w, column++, security->carried[i]);
    if (w.new_value)
        return RECORD_NEW_VALUE;
    return w.at == NULL || w.at > w.end ? 0 : (size_t)(w.at - to);
}

/* ---- reading ---- */

/* What is left of the bytes. `bad` once they were no record; everything read after that is blank. */
struct record_reader {
    const unsigned char *at;
    uint64_t left;
    bool bad;
};

static unsigned char get_byte(struct record_reader *r)
{
    if (r->left == 0) {
        r->bad = true;
        return 0;
    }
    r->left--;
    return *r->at++;
}

static uint64_t get_varint(struct record_reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char byte = get_byte(r);

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    r->bad = true;
    return 0;
}

static struct slice get_bytes(struct record_reader *r, uint64_t len)
{
    struct slice bytes = {(const char *)r->at, (size_t)len};

    if (r->bad || len > r->left) {
        r->bad = true;
        return slice_make(NULL, 0);
    }
    r->at += len;
    r->left -= len;
    return bytes;
}

/* A key; one that lies in the ISIN is marked by a length that no key has, until the ISIN is known. */
static struct slice get_key(struct record_reader *r, enum master_role role)
{
    unsigned char len = get_byte(r);

    if (len == RECORD_IN_ISIN && isin_part(role).len > 0)
        return slice_make(NULL, RECORD_IN_ISIN);
    if (len > IDENTIFIER_MAX)
        r->bad = true;
    return get_bytes(r, len);
}

static struct slice get_other(struct record_reader *r, const struct dictionary_view *dictionary, uint32_t column)
{
    uint64_t code = get_varint(r);

    if (code == 0)
        return slice_make(NULL, 0);
    if (code == 1)
        return get_bytes(r, get_varint(r));
    if (column < dictionary->columns && code - 2 < dictionary->count[column])
        return dictionary_value(dictionary, column, (uint32_t)(code - 2));
    r->bad = true;
    return slice_make(NULL, 0);
}

/* Points the keys that were marked at their part of the ISIN. */
static void resolve_isin_parts(struct record_reader *r, struct security *out)
{
    static const enum master_role roles[] = {ROLE_CUSIP, ROLE_SEDOL, ROLE_WERTPAPIER};

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        struct slice *value = &out->value[roles[i]];
        struct isin_part part = isin_part(roles[i]);

        if (value->len != RECORD_IN_ISIN)
            continue;
        if (out->value[ROLE_ISIN].len == ISIN_LEN) {
            *value = slice_make(out->value[ROLE_ISIN].ptr + part.offset, part.len);
        } else {
            *value = slice_make(NULL, 0);
            r->bad = true;
        }
    }
}

size_t record_decode(const struct record_layout *layout, const struct dictionary_view *dictionary,
                     const unsigned char *bytes, uint64_t len, struct security *out)
{
    struct record_reader r = {bytes, len < INDEX_RECORD_MAX ? len : INDEX_RECORD_MAX, false};
    uint32_t column = 0;

    out->source = get_byte(&r);
    out->row_offset = get_varint(&r);
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        if (!layout->has_role[role])
            out->value[role] = slice_make(NULL, 0);
        else if (is_key(role))
            out->value[role] = get_key(&r, role);
        else
            out->value[role] = get_other(&r, dictionary, column++);
    }
    out->carried_count = layout->carried_count;
    for (size_t i = 0; i < layout->carried_count; i++)
        out->carried[i] = get_other(&r, dictionary, column++);
    resolve_isin_parts(&r, out);
    return r.bad ? 0 : (size_t)(r.at - bytes);
}
