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

#define ROLE_BIT(role) (UINT32_C(1) << (role))
#define ALL_ROLES (ROLE_BIT(MASTER_ROLE_COUNT) - 1)

static_assert(MASTER_ROLE_COUNT < 32, "roles are kept as bits of 32");

void record_view_set_layout(struct record_view *view, const struct record_layout *layout)
{
    view->roles = 0;
    view->carried_count = layout->carried_count;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (layout->has_role[role])
            view->roles |= ROLE_BIT(role);
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        view->keys[kind] = 0;
        view->through[kind] = 0;
        for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
            enum master_role last = isin_part(role).len > 0 && role < ROLE_ISIN ? ROLE_ISIN : role;

            if (master_role_kind(role) != kind || !layout->has_role[role])
                continue;
            view->keys[kind] |= ROLE_BIT(role);
            view->through[kind] |= view->roles & (ROLE_BIT(last + 1) - 1);
        }
    }
}

/* What is left of the bytes. `bad` once they were no record; everything read after that is blank. */
struct record_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool bad;
};

static struct record_reader read_from(const unsigned char *bytes, uint64_t len)
{
    return (struct record_reader){bytes, bytes + (len < INDEX_RECORD_MAX ? len : INDEX_RECORD_MAX), false};
}

/* The column that is next of those left, and the ones behind it. */
static enum master_role take_role(uint32_t *left)
{
    enum master_role role = (enum master_role)__builtin_ctz(*left);

    *left &= *left - 1;
    return role;
}

static unsigned char get_byte(struct record_reader *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

static uint64_t get_long_varint(struct record_reader *r)
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

/* Most are of one byte. */
static inline uint64_t get_varint(struct record_reader *r)
{
    if (r->at != r->end && *r->at < 0x80)
        return *r->at++;
    return get_long_varint(r);
}

static inline struct slice get_bytes(struct record_reader *r, uint64_t len)
{
    struct slice bytes = {(const char *)r->at, (size_t)len};

    if (r->bad || len > (uint64_t)(r->end - r->at)) {
        r->bad = true;
        return slice_make(NULL, 0);
    }
    r->at += len;
    return bytes;
}

/* A key that lies in the ISIN is marked by a length that no key has, until the ISIN is known. */
static inline bool is_marked(struct slice value)
{
    return value.len == RECORD_IN_ISIN;
}

static inline struct slice get_key(struct record_reader *r, enum master_role role)
{
    unsigned char len = get_byte(r);

    if (len <= IDENTIFIER_MAX)
        return get_bytes(r, len);
    if (len == RECORD_IN_ISIN && isin_part(role).len > 0)
        return slice_make(NULL, RECORD_IN_ISIN);
    r->bad = true;
    return slice_make(NULL, 0);
}

/* Past a key that nobody asks for; without a branch on what it is, which cannot be predicted. */
static inline void skip_key(struct record_reader *r)
{
    unsigned char len = get_byte(r);
    size_t skip = len == RECORD_IN_ISIN ? 0 : len;

    if (skip > (size_t)(r->end - r->at))
        r->bad = true;
    else
        r->at += skip;
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

static void skip_other(struct record_reader *r)
{
    if (get_varint(r) == 1)
        (void)get_bytes(r, get_varint(r));
}

/* The part of the ISIN that the role's value is; the record is bad where there is no such ISIN. */
static struct slice part_of_isin(struct record_reader *r, struct slice isin, enum master_role role)
{
    struct isin_part part = isin_part(role);

    if (isin.len == ISIN_LEN)
        return slice_make(isin.ptr + part.offset, part.len);
    r->bad = true;
    return slice_make(NULL, 0);
}

static void resolve_isin_parts(struct record_reader *r, struct security *out)
{
    static const enum master_role roles[] = {ROLE_CUSIP, ROLE_SEDOL, ROLE_WERTPAPIER};

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (is_marked(out->value[roles[i]]))
            out->value[roles[i]] = part_of_isin(r, out->value[ROLE_ISIN], roles[i]);
}

size_t record_decode(const struct record_view *view, const unsigned char *bytes, uint64_t len, struct security *out)
{
    struct record_reader r = read_from(bytes, len);
    uint32_t absent = ALL_ROLES & ~view->roles;
    uint32_t present = view->roles;
    uint32_t column = 0;

    out->source = get_byte(&r);
    out->row_offset = get_varint(&r);
    while (absent != 0)
        out->value[take_role(&absent)] = slice_make(NULL, 0);
    while (present != 0) {
        enum master_role role = take_role(&present);

        out->value[role] = is_key(role) ? get_key(&r, role) : get_other(&r, &view->dictionary, column++);
    }
    out->carried_count = view->carried_count; /* what stands behind them is nobody's */
    for (size_t i = 0; i < view->carried_count; i++)
        out->carried[i] = get_other(&r, &view->dictionary, column++);
    resolve_isin_parts(&r, out);
    return r.bad ? 0 : (size_t)(r.at - bytes);
}

bool record_has_key(const struct record_view *view, const unsigned char *bytes, uint64_t len, enum identifier_kind kind,
                    struct slice key)
{
    struct record_reader r = read_from(bytes, len);
    enum master_role marked = MASTER_ROLE_COUNT; /* the column of that kind whose value lies in the ISIN */
    struct slice isin = {NULL, 0};
    uint32_t left = view->through[kind];

    (void)get_byte(&r); /* source */
    (void)get_varint(&r);
    while (left != 0) {
        enum master_role role = take_role(&left);
        struct slice value;

        if (!is_key(role)) {
            skip_other(&r);
            continue;
        }
        if (!(view->keys[kind] & ROLE_BIT(role)) && role != ROLE_ISIN) {
            skip_key(&r);
            continue;
        }
        value = get_key(&r, role);
        if (role == ROLE_ISIN)
            isin = value;
        if (is_marked(value))
            marked = role;
        else if (view->keys[kind] & ROLE_BIT(role) && slice_equal(value, key))
            return true;
    }
    return marked != MASTER_ROLE_COUNT && slice_equal(part_of_isin(&r, isin, marked), key) && !r.bad;
}
