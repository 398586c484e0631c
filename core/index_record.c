#include "index_record.h"

#include <assert.h>

#include "avx512.h"

#define VARINT_MAX 10  /* bytes */
#define OWN_TEXT 0x80u /* in the byte before a key: it is not packed */
#define NO_COLUMN 0xff /* of a role that the masters have not */

/* ---- layout ---- */

/* The key columns in the order of a record: those of one length first, so that where a key stands is known from the
 * forms alone, and the ISIN before all that may be parts of it. Part of the index file. */
static const struct {
    enum master_role role;
    uint8_t usual_len; /* ISO 6166, CUSIP, SEDOL, FIGI, WKN, ISO 17442, OCC; of the others the one that is met most */
} key_columns[] = {
    {ROLE_ISIN, 12},           {ROLE_CUSIP, 9},
    {ROLE_SEDOL, 7},           {ROLE_FIGI, 12},
    {ROLE_COMPOSITE_FIGI, 12}, {ROLE_SHARE_CLASS_FIGI, 12},
    {ROLE_WERTPAPIER, 6},      {ROLE_LEI, 20},
    {ROLE_OPRA, 21},           {ROLE_COMMON, 9},
    {ROLE_SICOVAM, 6},         {ROLE_VALOREN, 0},
    {ROLE_SYMBOL, 4},          {ROLE_RIC, 6},
    {ROLE_BLOOMBERG, 0},       {ROLE_HOUSE, 0},
};

#define KEY_COLUMNS (sizeof key_columns / sizeof *key_columns)

static_assert(MASTER_ROLE_COUNT <= 32, "which roles are filled fits 32 bits");
static_assert(KEY_COLUMNS <= RECORD_KEYS_MAX, "the forms of all keys fit 32 bits");
static_assert(MASTER_ROLE_COUNT - KEY_COLUMNS + SECURITY_CARRIED_MAX < 64, "those of the others fit 64 bits");

static bool is_key(enum master_role role)
{
    return master_role_kind(role) != IDENTIFIER_UNKNOWN;
}

/* Which part of an ISIN a national identifier is (ISO 6166, annex C): offset and length. len 0: none. */
struct isin_part {
    uint8_t offset;
    uint8_t len;
};

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

static void add_key_column(struct record_layout *layout, enum master_role role, uint8_t usual_len)
{
    layout->places[master_role_kind(role)] |= 1u << layout->key_count;
    layout->column[role] = (uint8_t)layout->key_count;
    layout->keys[layout->key_count++] = (struct record_key_column){
        .role = role, .usual_len = usual_len, .size = {[RECORD_USUAL] = (uint8_t)key_packed_size(usual_len)}};
}

static void set_spans(struct record_layout *layout)
{
    for (uint32_t i = 0; i < layout->key_count; i++)
        for (unsigned all = 0; all < 256; all++)
            layout->span[i / 4][all] += layout->keys[i].size[all >> 2 * (i % 4) & 3];
    for (uint32_t i = 1; i < layout->key_count && layout->keys[0].role == ROLE_ISIN; i++)
        if (isin_part(layout->keys[i].role).len > 0)
            layout->parts |= 1u << 2 * i;
}

void record_layout_make(const bool has_role[MASTER_ROLE_COUNT], size_t carried_count, size_t source_count,
                        struct record_layout *out)
{
    *out = (struct record_layout){.carried_count = (uint32_t)carried_count, .has_source = source_count > 1};
    memset(out->column, NO_COLUMN, sizeof out->column);
    for (size_t i = 0; i < KEY_COLUMNS; i++)
        if (has_role[key_columns[i].role])
            add_key_column(out, key_columns[i].role, key_columns[i].usual_len);
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (has_role[role] && !is_key(role)) {
            out->column[role] = (uint8_t)out->other_count;
            out->others[out->other_count++] = role;
        }
    out->head = (2 * out->key_count + out->other_count + out->carried_count + 7) / 8;
    out->key_bits = (uint32_t)((UINT64_C(1) << 2 * out->key_count) - 1);
    set_spans(out);
}

uint32_t record_dictionary_columns(const struct record_layout *layout)
{
    return layout->other_count + layout->carried_count;
}

/* ---- writing ---- */

/* Everything but `put_text` fits RECORD_ROOM by its nature, so only that looks at the room. */

/* Those of all columns, the first in the lowest bits. */
typedef unsigned __int128 forms;

static unsigned char *put_varint(unsigned char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (unsigned char)(value | 0x80);
    *at++ = (unsigned char)value;
    return at;
}

static bool is_in_isin(const struct security *security, enum master_role role)
{
    struct isin_part part = isin_part(role);

    return part.len > 0 &&
           slice_equal(security->value[role], slice_make(security->value[ROLE_ISIN].ptr + part.offset, part.len));
}

static unsigned char *put_own_key(unsigned char *at, struct slice value)
{
    unsigned char own = (unsigned char)(value.len - 1);

    if (key_pack(value.ptr, value.len, at + 1)) {
        *at = own;
        return at + 1 + key_packed_size(value.len);
    }
    *at = own | OWN_TEXT;
    memcpy(at + 1, value.ptr, value.len);
    return at + 1 + value.len;
}

/* `has_isin`: the ISIN is there in its usual form, so that parts of it need not be written. */
static unsigned char *put_key(unsigned char *at, const struct record_key_column *column,
                              const struct security *security, bool has_isin, enum record_form *form)
{
    struct slice value = security->value[column->role];

    *form = RECORD_BLANK;
    if (value.len == 0)
        return at;
    *form = RECORD_IN_ISIN;
    if (has_isin && is_in_isin(security, column->role))
        return at;
    *form = RECORD_USUAL;
    if (value.len == column->usual_len && key_pack(value.ptr, value.len, at))
        return at + column->size[RECORD_USUAL];
    *form = RECORD_OWN;
    return put_own_key(at, value);
}

static unsigned char *put_keys(unsigned char *at, const struct record_layout *layout, const struct security *security,
                               uint32_t *out)
{
    bool has_isin = false;

    *out = 0;
    for (uint32_t i = 0; i < layout->key_count; i++) {
        enum record_form form;

        at = put_key(at, &layout->keys[i], security, has_isin, &form);
        has_isin |= i == 0 && layout->keys[0].role == ROLE_ISIN && form == RECORD_USUAL;
        *out |= (uint32_t)form << 2 * i;
    }
    return at;
}

/* A value as it is; NULL where it does not fit before `end`. */
static unsigned char *put_text(unsigned char *at, const unsigned char *end, struct slice value)
{
    if (at > end || value.len > (size_t)(end - at))
        return NULL;
    *at++ = 0;
    at = put_varint(at, value.len);
    memcpy(at, value.ptr, value.len);
    return at + value.len;
}

/* The record so far; `at` is NULL once it is too large. */
struct record_writer {
    const struct record_values *values;
    unsigned char *at;
    const unsigned char *end; /* of INDEX_RECORD_MAX bytes */
    uint64_t filled;          /* columns that are no keys and not blank */
    bool new_value;
};

static void put_other(struct record_writer *w, uint32_t column, struct slice value)
{
    uint32_t code;

    if (w->at == NULL || w->new_value)
        return;
    code = w->values->dictionary != NULL ? dictionary_find(w->values->dictionary, w->values->memo, column, value)
                                         : DICTIONARY_NONE;
    if (code == DICTIONARY_NEW && w->values->may_add)
        code = dictionary_code(w->values->dictionary, column, value);
    if (code == DICTIONARY_NEW)
        w->new_value = true;
    else if (code == DICTIONARY_NONE)
        w->at = put_text(w->at, w->end, value);
    else
        w->at = put_varint(w->at, (uint64_t)code + 1);
}

/* Writes a column that is no key, and the bit that says so, unless it is blank. */
static void put_column(struct record_writer *w, uint32_t column, struct slice value)
{
    if (value.len == 0)
        return;
    w->filled |= UINT64_C(1) << column;
    put_other(w, column, value);
}

size_t record_encode(const struct record_layout *layout, const struct record_values *values,
                     const struct security *security, unsigned char *to)
{
    struct record_writer w = {values, to + layout->head, to + INDEX_RECORD_MAX, 0, false};
    uint32_t keys;
    forms all;

    w.at = put_keys(w.at, layout, security, &keys);
    if (layout->has_source)
        *w.at++ = (unsigned char)security->source;
    w.at = put_varint(w.at, security->row_offset);
    for (uint32_t i = 0; i < layout->other_count; i++)
        put_column(&w, i, security->value[layout->others[i]]);
    for (uint32_t i = 0; i < layout->carried_count; i++)
        put_column(&w, layout->other_count + i, security->carried[i]);
    if (w.new_value)
        return RECORD_NEW_VALUE;
    all = (forms)w.filled << 2 * layout->key_count | keys;
    memcpy(to, &all, layout->head);
    return w.at == NULL || w.at > w.end ? 0 : (size_t)(w.at - to);
}

/* ---- reading ---- */

/* What is left of the bytes. `bad` once they were no record; everything read after that is blank. */
struct record_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool bad;
};

static uint64_t record_room(uint64_t len)
{
    return len < INDEX_RECORD_MAX ? len : INDEX_RECORD_MAX;
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

/* Most are of one byte or two. */
static inline uint64_t get_varint(struct record_reader *r)
{
    uint64_t value;

    if (r->end - r->at < 2 || (r->at[0] & r->at[1] & 0x80) != 0) {
        struct record_reader copy = *r; /* so that the reader itself stays in registers */

        value = get_long_varint(&copy);
        *r = copy;
        return value;
    }
    value = r->at[0] & 0x7f;
    if (r->at[0] < 0x80) {
        r->at++;
        return value;
    }
    value |= (uint64_t)r->at[1] << 7;
    r->at += 2;
    return value;
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

/* A packed key, brought to `text`, which moves on behind it. */
static inline struct slice get_packed(struct record_reader *r, size_t len, char **text)
{
    struct slice packed = get_bytes(r, key_packed_size(len));
    struct slice key = {*text, len};

    if (packed.ptr == NULL)
        return packed;
    key_unpack((const unsigned char *)packed.ptr, len, *text);
    *text += len;
    return key;
}

/* A key as it stands behind the byte that says what it is. */
static inline struct slice get_own_bytes(struct record_reader *r, unsigned char *own)
{
    size_t len;

    *own = get_byte(r);
    len = (*own & ~OWN_TEXT) + 1;
    if (*own & OWN_TEXT)
        return get_bytes(r, len);
    r->bad |= len > KEY_PACK_MAX;
    return get_bytes(r, key_packed_size(len));
}

static struct slice get_own_key(struct record_reader *r, char **text)
{
    unsigned char own;
    struct slice bytes = get_own_bytes(r, &own);
    struct slice key = {*text, (size_t)own + 1};

    if (own & OWN_TEXT || bytes.ptr == NULL)
        return bytes;
    key_unpack((const unsigned char *)bytes.ptr, key.len, *text);
    *text += key.len;
    return key;
}

/* The part of the ISIN that the role's value is; the record is bad where there is no such ISIN. */
static struct slice part_of_isin(struct record_reader *r, struct slice isin, enum master_role role)
{
    struct isin_part part = isin_part(role);

    if (isin.len > 0 && part.len > 0)
        return slice_make(isin.ptr + part.offset, part.len);
    r->bad = true;
    return slice_make(NULL, 0);
}

static void get_keys(struct record_reader *r, const struct record_layout *layout, forms all, struct security *out)
{
    struct slice isin = {NULL, 0}; /* of the usual form */
    char *text = out->unpacked;

    for (uint32_t i = 0; i < layout->key_count; i++, all >>= 2) {
        const struct record_key_column *column = &layout->keys[i];
        struct slice *value = &out->value[column->role];

        switch ((enum record_form)(all & 3)) {
        case RECORD_USUAL:
            *value = get_packed(r, column->usual_len, &text);
            if (column->role == ROLE_ISIN)
                isin = *value;
            break;
        case RECORD_OWN:
            *value = get_own_key(r, &text);
            break;
        case RECORD_IN_ISIN:
            *value = part_of_isin(r, isin, column->role);
            break;
        default:
            break;
        }
    }
}

/* A column without codes has a count of 0. */
static inline struct slice get_other(struct record_reader *r, const struct dictionary_view *dictionary, uint32_t column)
{
    uint64_t code = get_varint(r);

    if (code - 1 < dictionary->count[column])
        return dictionary_value(dictionary, column, (uint32_t)(code - 1));
    if (code == 0)
        return get_bytes(r, get_varint(r));
    r->bad = true;
    return slice_make(NULL, 0);
}

static uint64_t lowest_bits(uint32_t count)
{
    return (UINT64_C(1) << count) - 1;
}

/* Of those that are blank nothing is written. */
static void get_others(struct record_reader *r, const struct record_view *view, uint64_t filled, struct security *out)
{
    const struct record_layout *layout = &view->layout;

    for (uint64_t left = filled & lowest_bits(layout->other_count); left != 0; left &= left - 1) {
        uint32_t column = (uint32_t)__builtin_ctzll(left);
        out->value[layout->others[column]] = get_other(r, &view->dictionary, column);
    }
    filled >>= layout->other_count;
    for (uint64_t left = filled & lowest_bits(layout->carried_count); left != 0; left &= left - 1) {
        uint32_t column = (uint32_t)__builtin_ctzll(left);
        out->carried[column] = get_other(r, &view->dictionary, layout->other_count + column);
    }
}

/* The address is not NULL because the compiler clears an array by an instruction that takes long to start, and this is
 * done for every row that is looked up. */
static inline void set_blank(struct slice *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = slice_make("", 0);
}

size_t record_decode(const struct record_view *view, const unsigned char *bytes, uint64_t len, struct security *out)
{
    const struct record_layout *layout = &view->layout;
    struct record_reader r = {bytes, bytes + record_room(len), false};
    struct slice head = get_bytes(&r, layout->head);
    forms all = 0;

    set_blank(out->value, MASTER_ROLE_COUNT);
    out->carried_count = layout->carried_count; /* what stands behind them is nobody's */
    set_blank(out->carried, out->carried_count);
    if (head.ptr == NULL)
        return 0;
    memcpy(&all, head.ptr, head.len);
    get_keys(&r, layout, all, out);
    out->source = layout->has_source ? get_byte(&r) : 0;
    out->row_offset = get_varint(&r);
    get_others(&r, view, (uint64_t)(all >> 2 * layout->key_count), out);
    return r.bad ? 0 : (size_t)(r.at - bytes);
}

/* ---- reading single values ---- */

static_assert(DICTIONARY_COLUMN_VALUES_MAX < RECORD_NO_CODE && INDEX_RECORD_MAX < RECORD_NO_CODE, "the bit is free");

/* ---- finding values without reading them ---- */

/* A record's bytes, of which `room` may be read. Places are counted from its start, and may lie behind the room before
 * that is noticed. */
struct record_bytes {
    const unsigned char *bytes;
    size_t room;
};

/* Bytes of a key that says itself how long it is, with the one that does. */
static inline size_t own_size(struct record_bytes record, size_t at)
{
    unsigned char own = at < record.room ? record.bytes[at] : 0;
    size_t len = (own & ~OWN_TEXT) + 1;

    return 1 + (own & OWN_TEXT ? len : key_packed_size(len));
}

/* Whether a key that says itself how long it is may be that long. */
static inline bool is_own_key(struct record_bytes record, size_t at)
{
    return at < record.room && (record.bytes[at] & OWN_TEXT || record.bytes[at] < KEY_PACK_MAX);
}

/* The lower bit of the form of each key that is of one of these two. */
#define LOWER_BITS 0x55555555u

static inline uint32_t keys_of_own(uint32_t all)
{
    return all >> 1 & ~all & LOWER_BITS;
}

static inline uint32_t keys_in_isin(uint32_t all)
{
    return all >> 1 & all & LOWER_BITS;
}

static_assert(RECORD_OWN == 2 && RECORD_IN_ISIN == 3, "their bits tell them apart");

static inline size_t span_of(const struct record_layout *layout, uint32_t all)
{
    size_t span = layout->span[0][all & 0xff];

    for (unsigned i = 1; (all >>= 8) != 0; i++)
        span += layout->span[i][all & 0xff];
    return span;
}

/* Where the keys of these forms end. *bad where one of them cannot be what it says. */
static inline size_t end_of_keys(struct record_bytes record, const struct record_layout *layout, uint32_t all,
                                 bool *bad)
{
    size_t own_bytes = 0;

    for (uint32_t own = keys_of_own(all); own != 0; own &= own - 1) {
        uint32_t before = (own & -own) - 1;
        size_t at = layout->head + span_of(layout, all & before) + own_bytes;

        *bad |= !is_own_key(record, at);
        own_bytes += own_size(record, at);
    }
    return layout->head + span_of(layout, all) + own_bytes;
}

static inline size_t start_of_key(struct record_bytes record, const struct record_layout *layout, uint32_t all,
                                  uint32_t column)
{
    bool bad = false; /* what is asked has been looked at before, or is compared byte for byte */

    return end_of_keys(record, layout, all & ((1u << 2 * column) - 1), &bad);
}

/* Passes over a number of which nothing is asked. */
static size_t skip_varint(struct record_bytes record, size_t at, bool *bad)
{
    uint64_t word;

    if (at < record.room && record.room - at >= sizeof word) {
        memcpy(&word, record.bytes + at, sizeof word);
        word = ~word & UINT64_C(0x8080808080808080); /* the last byte's bit is the first one here */
        if (word != 0)
            return at + (size_t)__builtin_ctzll(word) / 8 + 1; /* little-endian, as the file is */
    }
    for (size_t end = at + VARINT_MAX; at < end && at < record.room; at++)
        if (record.bytes[at] < 0x80)
            return at + 1;
    *bad = true;
    return at;
}

/* A column's code, or where its text stands; *at moves on behind it. */
static uint32_t find_long(struct record_bytes record, size_t *at, uint32_t count, bool *bad)
{
    struct record_reader r = {record.bytes + *at, record.bytes + record.room, false};
    uint32_t found = RECORD_NO_CODE | (uint32_t)*at;
    uint64_t code = get_varint(&r);

    if (code - 1 < count) {
        found = (uint32_t)code;
    } else {
        r.bad |= code != 0;
        (void)get_bytes(&r, get_varint(&r));
    }
    *at = (size_t)(r.at - record.bytes);
    *bad |= r.bad;
    return found;
}

/* Finds those of the first attributes whose codes are of one byte, which most are; *left is what has to be found yet.
 * Returns where it stands. */
static inline size_t find_short(struct record_bytes record, size_t at, const struct record_view *view, uint64_t *left,
                                struct security_places *places)
{
    uint64_t carried = *left & ~lowest_bits(view->layout.other_count);
    uint64_t rest = *left & ~carried;

    for (; rest != 0 && at < record.room; rest &= rest - 1, at++) {
        uint32_t column = (uint32_t)__builtin_ctzll(rest);
        uint32_t code = record.bytes[at];

        if (code - 1 >= view->dictionary.count[column] || code > 0x7f)
            break;
        places->at[view->layout.others[column] - SECURITY_FIRST_ATTRIBUTE] = code;
    }
    *left = rest | carried;
    return at;
}

#ifdef AVX512

static_assert(SECURITY_ATTRIBUTES < SECURITY_ATTRIBUTES_ROOM, "the last of the columns side by side is always blank");
static_assert(SECURITY_ATTRIBUTES_ROOM * sizeof(uint32_t) == sizeof(__m512i), "they are written at once");

/* Finds all attributes at once, if each of them has a code of one byte. `filled` are those that stand from `at` on.
 * Returns where they end, or 0. */
AVX512 static size_t find_all_short(struct record_bytes record, size_t at, const struct record_view *view,
                                    uint32_t filled, struct security_places *places)
{
    uint32_t count = (uint32_t)__builtin_popcount(filled);
    __m128i bytes, codes;
    __m512i wide, columns;
    uint32_t wrong;

    if (at > record.room || count > record.room - at)
        return 0;
    bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), record.bytes + at);
    codes = _mm_maskz_expand_epi8((__mmask16)filled, bytes);
    wide = _mm512_cvtepu8_epi32(codes);
    wrong = _mm512_mask_cmpge_epu32_mask((__mmask16)filled, _mm512_sub_epi32(wide, _mm512_set1_epi32(1)),
                                         _mm512_loadu_si512(view->dictionary.count));
    if ((wrong | (uint32_t)_mm_movemask_epi8(codes)) != 0)
        return 0;
    columns = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)((1u << SECURITY_ATTRIBUTES) - 1),
                                                        view->layout.column + SECURITY_FIRST_ATTRIBUTE));
    _mm512_storeu_si512(places->at, _mm512_permutexvar_epi32(columns, wide)); /* NO_COLUMN is the last of them here */
    return at + count;
}

#else

static size_t find_all_short(struct record_bytes record, size_t at, const struct record_view *view, uint32_t filled,
                             struct security_places *places)
{
    (void)record, (void)at, (void)view, (void)filled, (void)places;
    return 0;
}

#endif

static void find_others(struct record_bytes record, size_t at, const struct record_view *view, uint64_t left,
                        struct security_places *places, bool *bad)
{
    const struct record_layout *layout = &view->layout;
    uint64_t attributes = lowest_bits(layout->other_count);
    size_t end = avx512_has() ? find_all_short(record, at, view, (uint32_t)(left & attributes), places) : 0;

    if (end != 0) {
        at = end;
        left &= ~attributes;
    } else {
        memset(places->at, 0, sizeof places->at);
        at = find_short(record, at, view, &left, places);
    }
    for (; left != 0 && !*bad; left &= left - 1) {
        uint32_t column = (uint32_t)__builtin_ctzll(left);
        uint32_t found = find_long(record, &at, view->dictionary.count[column], bad);

        if (column < layout->other_count)
            places->at[layout->others[column] - SECURITY_FIRST_ATTRIBUTE] = found;
    }
}

/* The forms; what stands behind them in their bits is anything. */
static inline forms get_forms(struct record_bytes record, const struct record_layout *layout)
{
    forms all = 0;

    if (record.room >= sizeof all)
        memcpy(&all, record.bytes, sizeof all);
    else
        memcpy(&all, record.bytes, layout->head);
    return all;
}

bool record_find(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                 struct security_places *places)
{
    const struct record_layout *layout = &view->layout;
    struct record_bytes record = {bytes, (size_t)record_room(len)};
    forms all;
    uint32_t in_isin;
    size_t at;
    bool bad;

    if (record.room < layout->head)
        return false;
    all = get_forms(record, layout);
    places->keys = (uint32_t)all & layout->key_bits;
    in_isin = keys_in_isin(places->keys);
    bad = ((in_isin & ~layout->parts) != 0) | ((in_isin != 0) & ((places->keys & 3) != RECORD_USUAL)); /* no branch */
    at = end_of_keys(record, layout, places->keys, &bad) + layout->has_source;
    at = skip_varint(record, at, &bad);
    if (bad || at > record.room)
        return false;
    find_others(record, at, view,
                (uint64_t)(all >> 2 * layout->key_count) & lowest_bits(record_dictionary_columns(layout)), places,
                &bad);
    return !bad;
}

static inline enum record_form form_of(const struct record_layout *layout, const struct security_places *places,
                                       enum master_role role)
{
    uint32_t column = layout->column[role];

    return column < layout->key_count ? (enum record_form)(places->keys >> 2 * column & 3) : RECORD_BLANK;
}

bool record_fills(const struct record_view *view, const struct security_places *places, enum master_role role)
{
    return is_key(role) ? form_of(&view->layout, places, role) != RECORD_BLANK : security_code(places, role) != 0;
}

struct slice record_key(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                        const struct security_places *places, enum master_role role, char text[KEY_PACK_MAX])
{
    const struct record_layout *layout = &view->layout;
    uint32_t column = layout->column[role]; /* none, where the form is blank */
    struct record_bytes record = {bytes, (size_t)record_room(len)};
    struct record_reader r = {bytes + layout->head, bytes + record.room, false};
    enum record_form form = form_of(layout, places, role);
    char *to = text;

    if (form == RECORD_BLANK)
        return slice_make(text, 0);
    if (form == RECORD_IN_ISIN)
        return part_of_isin(&r, get_packed(&r, layout->keys[0].usual_len, &to), role);
    r.at = bytes + start_of_key(record, layout, places->keys, column);
    return form == RECORD_USUAL ? get_packed(&r, layout->keys[column].usual_len, &to) : get_own_key(&r, &to);
}

/* The text at a place behind its code, which is none. */
static struct slice text_behind(const unsigned char *bytes, uint64_t len, uint32_t code_at)
{
    struct record_reader r = {bytes + code_at + 1, bytes + record_room(len), false};

    return get_bytes(&r, get_varint(&r));
}

struct slice record_attribute(const struct record_view *view, const unsigned char *bytes, uint64_t len,
                              const struct security_places *places, enum master_role role)
{
    uint32_t code = security_code(places, role);

    if (code == 0)
        return slice_make("", 0);
    if (code & RECORD_NO_CODE)
        return text_behind(bytes, len, code & ~RECORD_NO_CODE);
    return dictionary_value(&view->dictionary, view->layout.column[role], code - 1);
}

/* ---- comparing ---- */

static uint32_t key_forms(struct record_bytes record)
{
    uint32_t all = 0;

    if (record.room >= sizeof all)
        memcpy(&all, record.bytes, sizeof all);
    else
        memcpy(&all, record.bytes, record.room);
    return all;
}

static inline bool stands_at(struct record_bytes record, size_t at, const struct packed_key *key)
{
    return at <= record.room && packed_key_is_at(key, record.bytes + at, record.room - at);
}

static bool own_key_is(struct record_bytes record, size_t at, const struct packed_key *key)
{
    unsigned char own = (unsigned char)((key->len - 1) | (key->packed ? 0 : OWN_TEXT));

    return at < record.room && record.bytes[at] == own && stands_at(record, at + 1, key);
}

/* The ISIN is the first of the keys. */
static bool part_of_isin_is(const struct record_layout *layout, struct record_bytes record, uint32_t all,
                            enum master_role role, const struct packed_key *key)
{
    const struct record_key_column *first = &layout->keys[0];
    struct isin_part part = isin_part(role);
    char isin[KEY_PACK_MAX];
    struct packed_key found;

    if (first->role != ROLE_ISIN || (all & 3) != RECORD_USUAL || part.len == 0 || key->len != part.len ||
        layout->head + first->size[RECORD_USUAL] > record.room)
        return false;
    key_unpack(record.bytes + layout->head, first->usual_len, isin);
    packed_key_make(slice_make(isin + part.offset, part.len), &found);
    return found.head == key->head && key->packed;
}

static inline bool column_is(const struct record_layout *layout, struct record_bytes record, uint32_t all, uint32_t i,
                             const struct packed_key *key)
{
    const struct record_key_column *column = &layout->keys[i];
    enum record_form form = (enum record_form)(all >> 2 * i & 3);
    size_t at = start_of_key(record, layout, all, i);

    switch (form) {
    case RECORD_USUAL:
        return key->len == column->usual_len && key->packed && stands_at(record, at, key);
    case RECORD_OWN:
        return own_key_is(record, at, key);
    case RECORD_IN_ISIN:
        return part_of_isin_is(layout, record, all, column->role, key);
    default:
        return false;
    }
}

bool record_has_key(const struct record_view *view, const unsigned char *bytes, uint64_t len, enum identifier_kind kind,
                    const struct packed_key *key)
{
    struct record_bytes record = {bytes, (size_t)record_room(len)};
    uint32_t all = key_forms(record);

    for (uint32_t left = view->layout.places[kind]; left != 0; left &= left - 1)
        if (column_is(&view->layout, record, all, (uint32_t)__builtin_ctz(left), key))
            return true;
    return false;
}
