#include "fix.h"

#include "ascii.h"
#include "fix_data.h"
#include "fix_plain.h"
#include "fix_scan.h"

#define SOH '\x01'
#define BEGIN_STRING_MAX 16 /* bytes within which a delimiter must end tag 8 */
#define CHECKSUM_DIGITS 3
#define BODY_LENGTH_DIGITS_MAX 9
#define TAG_DIGITS_MAX 9

const char *fix_reason_name(enum fix_reason reason)
{
    static const char *const names[FIX_REASON_COUNT] = {"OK",
#define X(name, sentence) #name,
                                                        FIX_REASONS(X)
#undef X
    };
    return names[reason];
}

const char *fix_reason_text(enum fix_reason reason)
{
    static const char *const texts[FIX_REASON_COUNT] = {"it is well formed",
#define X(name, sentence) sentence,
                                                        FIX_REASONS(X)
#undef X
    };
    return texts[reason];
}

static bool starts_with(const char *at, const char *end, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(end - at) >= len && memcmp(at, text, len) == 0;
}

/* Reads 1 to max_digits digits and returns their number, 0 where there are none or too many. */
static size_t read_digits(const char *at, const char *end, size_t max_digits, uint32_t *value)
{
    size_t n = 0;
    uint32_t v = 0;

    while (at + n < end && ascii_is_digit(at[n])) {
        if (n == max_digits)
            return 0;
        v = v * 10 + (uint32_t)(at[n] - '0');
        n++;
    }
    *value = v;
    return n;
}

static bool at_delimiter(const struct fix_message *m, const char *at, const char *end)
{
    if ((size_t)(end - at) < m->delimiter_len || at[0] != m->delimiter)
        return false;
    return m->delimiter_len == 1 || at[1] == 'A';
}

/* The next delimiter from `at` on, or NULL. */
static const char *find_delimiter(const struct fix_message *m, const char *at, const char *end)
{
    while (at < end && (at = memchr(at, m->delimiter, (size_t)(end - at))) != NULL) {
        if (at_delimiter(m, at, end))
            return at;
        at++;
    }
    return NULL;
}

/* ---- the fields of one message ---- */

/* The value of a data field, whose length stood before it; NULL where the length does not lead to a delimiter. */
static const char *data_end(const struct fix_cursor *c, const char *value)
{
    if (c->data_len > (size_t)(c->end - value))
        return NULL;
    return at_delimiter(c->message, value + c->data_len, c->end) ? value + c->data_len : NULL;
}

/* Notes the data field that a length field announces. */
static enum fix_reason expect_data(struct fix_cursor *c, const struct fix_field *field)
{
    const char *end = field->value.ptr + field->value.len;
    uint32_t len = 0;

    c->data_tag = fix_data_tag(field->tag);
    if (c->data_tag == 0)
        return FIX_OK;
    if (field->value.len == 0 || read_digits(field->value.ptr, end, BODY_LENGTH_DIGITS_MAX, &len) != field->value.len) {
        c->data_tag = 0;
        return c->message->lenient ? FIX_OK : FIX_DATA_LENGTH;
    }
    c->data_len = len;
    return FIX_OK;
}

/* Where the value ends: at its announced length for data, else at the next delimiter; NULL where there is no such
 * place. */
static const char *value_end(const struct fix_cursor *c, uint32_t tag, const char *value, enum fix_reason *reason)
{
    bool lenient = c->message->lenient;
    const char *end = NULL;

    *reason = FIX_DATA_LENGTH;
    if (c->data_tag != 0 && tag != c->data_tag && !lenient)
        return NULL;
    if (c->data_tag != 0 && tag == c->data_tag)
        end = data_end(c, value);
    else if (fix_data_is(tag) && !lenient)
        return NULL;
    else
        *reason = FIX_FIELD;
    if (end == NULL && (lenient || *reason == FIX_FIELD))
        end = find_delimiter(c->message, value, c->end);
    if (end == NULL && lenient)
        end = c->end; /* the last field of a line that was cut */
    return end;
}

/* Reads the field at the cursor and moves on. The one reader of fields: validation and walking both use it. */
static enum fix_reason read_field(struct fix_cursor *c, struct fix_field *field)
{
    const char *value;
    const char *end;
    enum fix_reason reason;
    size_t digits = read_digits(c->at, c->end, TAG_DIGITS_MAX, &field->tag);

    value = c->at + digits + 1;
    if (digits == 0 || c->at[0] == '0' || value > c->end || value[-1] != '=')
        return FIX_FIELD;
    end = value_end(c, field->tag, value, &reason);
    if (end == NULL)
        return reason;
    field->value = slice_make(value, (size_t)(end - value));
    c->at = end < c->end ? end + c->message->delimiter_len : c->end;
    if (field->value.len == 0 && !c->message->lenient)
        return FIX_FIELD;
    return expect_data(c, field);
}

void fix_cursor_start(const struct fix_message *message, struct fix_cursor *cursor)
{
    *cursor = (struct fix_cursor){
        .message = message,
        .at = message->fields.ptr,
        .end = message->fields.ptr + message->fields.len,
    };
}

bool fix_cursor_next(struct fix_cursor *cursor, struct fix_field *field)
{
    return cursor->at < cursor->end && read_field(cursor, field) == FIX_OK;
}

/* Walks all fields once, and finds MsgType. Where they are as they should be, and fit, the index gets them. */
static enum fix_reason validate_fields(struct fix_message *m, struct fix_index *index)
{
    struct fix_cursor cursor;
    struct fix_field field;

    uint32_t count = 0;

    fix_cursor_start(m, &cursor);
    while (cursor.at < cursor.end) {
        enum fix_reason reason = read_field(&cursor, &field);
        if (reason != FIX_OK)
            return reason;
        if (count < FIX_INDEX_MAX) {
            index->tags[count] = field.tag;
            index->values[count] =
                (struct fix_place){(uint32_t)(field.value.ptr - m->fields.ptr), (uint32_t)field.value.len};
        }
        count++;
        if (field.tag == 35 && m->msg_type.len == 0)
            m->msg_type = field.value;
    }
    if (cursor.data_tag != 0 && !m->lenient)
        return FIX_DATA_LENGTH; /* a length, and then nothing */
    index->count = count;
    m->index = !m->lenient && count <= FIX_INDEX_MAX ? index : NULL;
    return m->msg_type.len == 0 ? FIX_MSG_TYPE : FIX_OK;
}

/* ---- the frame around them ---- */

/* FIX.4.0 to FIX.4.4, FIX.5.0 with or without its service packs, FIXT.1.1. */
static bool is_known_version(struct slice v)
{
    switch (v.len) {
    case 7:
        return memcmp(v.ptr, "FIX.", 4) == 0 && v.ptr[5] == '.' &&
               ((v.ptr[4] == '4' && v.ptr[6] >= '0' && v.ptr[6] <= '4') || (v.ptr[4] == '5' && v.ptr[6] == '0'));
    case 8:
        return memcmp(v.ptr, "FIXT.1.1", 8) == 0;
    case 10:
        return memcmp(v.ptr, "FIX.5.0SP", 9) == 0 && (v.ptr[9] == '1' || v.ptr[9] == '2');
    default:
        return false;
    }
}

/* The same for what nearly every message has, FIX.4.x or FIXT.1.1 and SOH, without a branch on which it is. Returns its
 * length, 0 for anything else. */
static size_t common_version(const char *value, const char *end)
{
    static const char fixt[] = "FIXT.1.1\x01";
    static const char fix4[] = "FIX.4.";
    const char *digit = value + sizeof fix4 - 1;
    bool is_fixt;
    bool is_fix4;

    if ((size_t)(end - value) < sizeof fixt)
        return 0;
    is_fixt = memcmp(value, fixt, 8) == 0;
    is_fixt &= value[8] == SOH;
    is_fix4 = memcmp(value, fix4, 4) == 0;
    is_fix4 &= memcmp(value + 4, fix4 + 4, 2) == 0;
    is_fix4 &= (digit[0] >= '0') & (digit[0] <= '4') & (digit[1] == SOH);
    return 8 * (size_t)is_fixt + 7 * (size_t)is_fix4;
}

/* Reads `8=...` with its delimiter, which becomes the message's. Returns where the next field starts, or NULL. */
static const char *read_begin_string(const char *at, const char *end, struct fix_message *m)
{
    const char *value = at + 2;
    size_t common = common_version(value, end);

    if (common > 0) {
        m->begin_string = slice_make(value, common);
        m->delimiter = SOH;
        m->delimiter_len = 1;
        return value + common + 1;
    }
    for (const char *p = value; p < end && p < value + BEGIN_STRING_MAX; p++) {
        if (*p != SOH && *p != '|' && *p != '^')
            continue;
        m->begin_string = slice_make(value, (size_t)(p - value));
        m->delimiter = *p;
        m->delimiter_len = *p == '^' ? 2 : 1;
        return is_known_version(m->begin_string) && at_delimiter(m, p, end) ? p + m->delimiter_len : NULL;
    }
    return NULL;
}

/* Reads `9=...`. Returns where the body starts, or NULL. */
static const char *read_body_length(const char *at, const char *end, const struct fix_message *m, uint32_t *length)
{
    size_t digits;

    if (!starts_with(at, end, "9="))
        return NULL;
    at += 2;
    digits = read_digits(at, end, BODY_LENGTH_DIGITS_MAX, length);
    if (digits == 0 || *length == 0 || !at_delimiter(m, at + digits, end))
        return NULL;
    return at + digits + m->delimiter_len;
}

/* Where a body of `length` bytes ends if each two-byte delimiter counts as one; `end` where it is longer than the
 * buffer. */
static const char *skip_counting_once(const struct fix_message *m, const char *at, const char *end, uint32_t length)
{
    while (length > 0 && at < end) {
        at += at_delimiter(m, at, end) ? m->delimiter_len : 1;
        length--;
    }
    return length > 0 ? end : at;
}

static bool is_trailer(const char *at, const char *end)
{
    return starts_with(at, end, "10=");
}

/* Whether a trailer with room for its digits stands here, behind a delimiter. */
static bool ends_body(const struct fix_message *m, const char *at, const char *end)
{
    return (size_t)(end - at) >= 3 + CHECKSUM_DIGITS + (size_t)m->delimiter_len && is_trailer(at, end) &&
           at_delimiter(m, at - m->delimiter_len, end);
}

/* Finds `10=` by BodyLength. */
static enum fix_reason find_trailer(const struct fix_message *m, const char *body, const char *end, uint32_t length,
                                    const char **trailer)
{
    const char *at = (size_t)(end - body) >= length ? body + length : end;

    if (m->delimiter_len == 2 && !ends_body(m, at, end)) {
        const char *once = skip_counting_once(m, body, end, length);
        if (ends_body(m, once, end))
            at = once;
    }
    if ((size_t)(end - at) < 3 + CHECKSUM_DIGITS + (size_t)m->delimiter_len)
        return FIX_TRUNCATED;
    if (!ends_body(m, at, end))
        return FIX_BODY_LENGTH_MISMATCH;
    *trailer = at;
    return FIX_OK;
}

static uint32_t count_delimiters(const struct fix_message *m, const char *at, const char *end)
{
    uint32_t count = 0;

    if (m->delimiter_len == 1)
        for (; at < end; at++)
            count += *at == m->delimiter; /* many at once, which finding one after the other is not */
    else
        for (; (at = find_delimiter(m, at, end)) != NULL; at++)
            count++;
    return count;
}

/* The sum of the bytes, and where the fields stand if that can be told at once. */
static void scan_bytes(const struct fix_message *m, enum fix_scan_variant variant, const char *at, const char *end,
                       struct fix_scan *scan)
{
    scan->plain = scan->complete = false;
    if (m->delimiter_len == 1)
        fix_scan(variant, at, (size_t)(end - at), m->delimiter, scan);
    if (scan->complete)
        return;
    scan->sum = 0;
    for (const char *p = at; p < end; p++)
        scan->sum += (unsigned char)*p;
    scan->count = count_delimiters(m, at, end);
}

/* CheckSum as the bytes stand, or as they were before a logger made the delimiter readable. */
static bool checksum_is(const struct fix_message *m, const struct fix_scan *scan, uint32_t expected)
{
    uint32_t excess = m->delimiter_len == 2 ? '^' + 'A' - SOH : (uint32_t)(m->delimiter - SOH);

    return scan->sum % 256 == expected || (scan->sum - scan->count * excess) % 256 == expected;
}

static enum fix_reason read_trailer(struct fix_message *m, const char *start, const char *trailer, const char *end,
                                    enum fix_scan_variant variant, struct fix_scan *scan)
{
    const char *digits = trailer + 3;
    uint32_t expected;

    if (read_digits(digits, digits + CHECKSUM_DIGITS, CHECKSUM_DIGITS, &expected) != CHECKSUM_DIGITS ||
        !at_delimiter(m, digits + CHECKSUM_DIGITS, end))
        return FIX_CHECKSUM_FORMAT;
    scan_bytes(m, variant, start, trailer, scan);
    if (!checksum_is(m, scan, expected))
        return FIX_CHECKSUM;
    m->fields = slice_make(start, (size_t)(trailer - start));
    m->bytes = slice_make(start, (size_t)(digits + CHECKSUM_DIGITS + m->delimiter_len - start));
    return FIX_OK;
}

/* Takes one message by its BodyLength, as the standard has it. */
static enum fix_reason read_framed(const char *start, const char *end, struct fix_message *m, struct fix_index *index)
{
    enum fix_scan_variant variant = fix_scan_best();
    struct fix_scan scan;
    const char *at;
    const char *body;
    const char *trailer;
    uint32_t length;
    enum fix_reason reason;

    *m = (struct fix_message){0};
    if (!starts_with(start, end, "8=FIX"))
        return FIX_NOT_FIX;
    at = read_begin_string(start, end, m);
    if (at == NULL)
        return FIX_BEGIN_STRING;
    body = read_body_length(at, end, m, &length);
    if (body == NULL)
        return FIX_BODY_LENGTH;
    reason = find_trailer(m, body, end, length, &trailer);
    if (reason == FIX_OK)
        reason = read_trailer(m, start, trailer, end, variant, &scan);
    if (reason != FIX_OK)
        return reason;
    if (!starts_with(body, trailer, "35=") || at_delimiter(m, body + 3, trailer))
        return FIX_MSG_TYPE;
    if (!scan.plain || !fix_plain_read(variant, start, &scan, index))
        return validate_fields(m, index);
    /* Every field is as it should be, and MsgType is known to be the third. */
    m->index = index;
    m->msg_type = slice_make(start + index->values[2].at, index->values[2].len);
    return FIX_OK;
}

static const char *skip_white(const char *at, const char *end)
{
    while (at < end && slice_is_space(*at))
        at++;
    return at;
}

static void set_step(struct fix_step *step, enum fix_event event, const char *base, const char *start, const char *end)
{
    step->event = event;
    step->start = (size_t)(start - base);
    step->consumed = (size_t)(end - base);
}

static void set_malformed(struct fix_step *step, enum fix_reason reason, const char *base, const char *start,
                          const char *end)
{
    set_step(step, FIX_MALFORMED, base, start, end);
    step->reason = reason;
    step->malformed = slice_make(start, (size_t)(end - start));
}

static void next_in_record(struct slice buffer, bool first, struct fix_step *step)
{
    const char *end = buffer.ptr + buffer.len;
    const char *start = skip_white(buffer.ptr, end);
    enum fix_reason reason;

    if (start == end && first) {
        set_malformed(step, FIX_EMPTY, buffer.ptr, buffer.ptr, end);
        return;
    }
    if (start == end) {
        set_step(step, FIX_END, buffer.ptr, end, end);
        return;
    }
    reason = read_framed(start, end, &step->message, &step->index);
    if (reason != FIX_OK)
        set_malformed(step, reason, buffer.ptr, start, end);
    else
        set_step(step, FIX_MESSAGE, buffer.ptr, start, step->message.bytes.ptr + step->message.bytes.len);
}

/* ---- logs ---- */

static const char *find_line_end(const char *at, const char *end)
{
    const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

    return newline ? newline : end;
}

/* An `8=FIX` with no digit before it: 108=FIX starts nothing. */
static const char *find_begin(const char *at, const char *end)
{
    for (const char *p = at; (p = memmem(p, (size_t)(end - p), "8=FIX", 5)) != NULL; p++)
        if (p == at || !ascii_is_digit(p[-1]))
            return p;
    return NULL;
}

/* Where a message ends whose BodyLength is of no use: behind `10=`, at the end of the line, or before the next message.
 * NULL where more bytes are needed to tell. Puts the end of its fields into *fields_end. */
static const char *find_log_end(const struct fix_message *m, const char *start, const char *end, bool last,
                                const char **fields_end)
{
    const char *line_end = find_line_end(start, end);
    bool complete = last || line_end < end;
    const char *at = start;

    while (slice_is_space(line_end[-1])) /* it stops at the message's own first byte */
        line_end--;
    while (m->delimiter_len > 0 && (at = find_delimiter(m, at, line_end)) != NULL) {
        at += m->delimiter_len;
        if (starts_with(at, line_end, "8=FIX"))
            return *fields_end = at;
        if (is_trailer(at, line_end)) {
            const char *trailer_end = find_delimiter(m, at, line_end);
            *fields_end = at;
            if (trailer_end)
                return trailer_end + m->delimiter_len;
            return complete ? line_end : NULL;
        }
    }
    *fields_end = line_end;
    return complete ? line_end : NULL;
}

/* Reads what lies between `start` and the end found for it, without believing BodyLength and CheckSum. */
static enum fix_reason read_lenient(const char *start, const char *fields_end, const char *end, struct fix_message *m,
                                    struct fix_index *index)
{
    *m = (struct fix_message){.lenient = true};
    if (read_begin_string(start, end, m) == NULL)
        return FIX_BEGIN_STRING;
    m->bytes = slice_make(start, (size_t)(end - start));
    m->fields = slice_make(start, (size_t)(fields_end - start));
    return validate_fields(m, index);
}

/* The message at `start` was refused as strict for `reason`: finds its end, and reads it leniently where the profile
 * allows. */
static void next_unframed(enum fix_profile profile, struct slice buffer, const char *start, bool last,
                          enum fix_reason reason, struct fix_step *step)
{
    const char *buffer_end = buffer.ptr + buffer.len;
    const char *fields_end;
    const char *end = find_log_end(&step->message, start, buffer_end, last, &fields_end);

    if (end == NULL) {
        set_step(step, FIX_NEED_MORE, buffer.ptr, start, buffer.ptr);
        return;
    }
    if (profile == FIX_LOG)
        reason = read_lenient(start, fields_end, end, &step->message, &step->index);
    if (reason != FIX_OK)
        set_malformed(step, reason, buffer.ptr, start, end);
    else
        set_step(step, FIX_MESSAGE, buffer.ptr, start, end);
}

static void next_in_log(enum fix_profile profile, struct slice buffer, bool last, struct fix_step *step)
{
    const char *end = buffer.ptr + buffer.len;
    const char *line = skip_white(buffer.ptr, end);
    const char *line_end = find_line_end(line, end);
    const char *start = find_begin(line, line_end);
    enum fix_reason reason;

    if (line == end) {
        set_step(step, FIX_END, buffer.ptr, end, end);
        return;
    }
    if (start == NULL) {
        if (line_end == end && !last)
            set_step(step, FIX_NEED_MORE, buffer.ptr, line, buffer.ptr);
        else
            set_step(step, FIX_SKIPPED, buffer.ptr, line, line_end);
        return;
    }
    reason = read_framed(start, end, &step->message, &step->index);
    if (reason == FIX_OK)
        set_step(step, FIX_MESSAGE, buffer.ptr, start, step->message.bytes.ptr + step->message.bytes.len);
    else if (!last && (reason == FIX_TRUNCATED || (reason == FIX_BEGIN_STRING && end - start < BEGIN_STRING_MAX + 4)))
        set_step(step, FIX_NEED_MORE, buffer.ptr, start, buffer.ptr);
    else
        next_unframed(profile, buffer, start, last, reason, step);
}

void fix_next(enum fix_profile profile, struct slice buffer, bool first, bool last, struct fix_step *step)
{
    step->reason = FIX_OK;
    step->malformed = slice_make(NULL, 0);
    if (profile == FIX_STRICT)
        next_in_record(buffer, first, step);
    else
        next_in_log(profile, buffer, last || buffer.len >= FIX_MESSAGE_MAX, step);
}
