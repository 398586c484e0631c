#include "fix.h"

#include "ascii.h"
#include "avx512.h"
#include "fix_common.h"
#include "fix_data.h"
#include "fix_plain.h"
#include "fix_scan.h"
#include "fix_wide.h"

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

static bool tolerates(const struct fix_message *m, enum fix_tolerance tolerance)
{
    return (m->tolerated & tolerance) != 0;
}

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
    if (field->value.len == 0 ||
        ascii_read_digits(field->value.ptr, end, BODY_LENGTH_DIGITS_MAX, &len) != field->value.len) {
        c->data_tag = 0;
        return tolerates(c->message, FIX_TOLERATE_DATA_LENGTH) ? FIX_OK : FIX_DATA_LENGTH;
    }
    c->data_len = len;
    return FIX_OK;
}

/* Where the value ends: at its announced length for data, else at the next delimiter; NULL where there is no such
 * place. */
static const char *value_end(const struct fix_cursor *c, uint32_t tag, const char *value, enum fix_reason *reason)
{
    bool announced = c->data_tag != 0 && tag == c->data_tag;
    bool is_advice = tolerates(c->message, FIX_TOLERATE_DATA_LENGTH);
    const char *end = announced ? data_end(c, value) : NULL;

    *reason = FIX_DATA_LENGTH;
    if (end != NULL || (!is_advice && (c->data_tag != 0 || fix_data_is(tag))))
        return end;
    *reason = FIX_FIELD;
    end = find_delimiter(c->message, value, c->end);
    if (end == NULL && tolerates(c->message, FIX_TOLERATE_TRUNCATION))
        end = c->end; /* the last field of a message that was cut */
    return end;
}

/* Reads the field at the cursor and moves on. The one reader of fields: validation and walking both use it. */
static enum fix_reason read_field(struct fix_cursor *c, struct fix_field *field)
{
    const char *value;
    const char *end;
    enum fix_reason reason;
    size_t digits = ascii_read_digits(c->at, c->end, TAG_DIGITS_MAX, &field->tag);

    value = c->at + digits + 1;
    if (digits == 0 || c->at[0] == '0' || value > c->end || value[-1] != '=')
        return FIX_FIELD;
    end = value_end(c, field->tag, value, &reason);
    if (end == NULL)
        return reason;
    field->value = slice_make(value, (size_t)(end - value));
    c->at = end < c->end ? end + c->message->delimiter_len : c->end;
    if (field->value.len == 0 && !tolerates(c->message, FIX_TOLERATE_EMPTY_VALUE))
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

static void put_field(const struct fix_message *m, const struct fix_field *field, struct fix_index *index)
{
    uint32_t at = (uint32_t)(field->value.ptr - m->fields.ptr);

    if (index->count < FIX_INDEX_MAX) {
        index->tag_bits |= field->tag;
        index->tags[index->count] = field->tag;
        index->values[index->count] = (struct fix_place){at, (uint32_t)field->value.len};
    }
    index->count++;
}

/* MsgType stands behind BeginString and BodyLength, which may be missing where this is asked. */
static bool is_msg_type_place(const struct fix_index *index)
{
    return index->count == 1 || (index->count == 2 && index->tags[1] == 9);
}

/* Walks all fields once, and finds MsgType. The index gets them if none is empty, and they fit. */
static enum fix_reason validate_fields(struct fix_message *m, struct fix_index *index)
{
    struct fix_cursor cursor;
    struct fix_field field;
    bool has_empty = false;

    index->count = index->tag_bits = 0;
    fix_cursor_start(m, &cursor);
    while (cursor.at < cursor.end) {
        enum fix_reason reason = read_field(&cursor, &field);
        if (reason != FIX_OK)
            return reason;
        if (field.tag == 35 && m->msg_type.len == 0) {
            if (!tolerates(m, FIX_TOLERATE_MSG_TYPE) && !is_msg_type_place(index))
                return FIX_MSG_TYPE;
            m->msg_type = field.value;
        }
        has_empty |= field.value.len == 0;
        put_field(m, &field, index);
    }
    if (cursor.data_tag != 0 && !tolerates(m, FIX_TOLERATE_DATA_LENGTH))
        return FIX_DATA_LENGTH; /* a length, and then nothing */
    m->index = !has_empty && index->count <= FIX_INDEX_MAX ? index : NULL;
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

/* Reads `8=...` with its delimiter, which becomes the message's. Returns where the next field starts, or NULL. */
static const char *read_begin_string(unsigned tolerated, const char *at, const char *end, struct fix_message *m)
{
    const char *value = at + 2;

    for (const char *p = value; p < end && p < value + BEGIN_STRING_MAX; p++) {
        if (*p != SOH && *p != '|' && (*p != '^' || p + 1 == end || p[1] != 'A'))
            continue;
        m->begin_string = slice_make(value, (size_t)(p - value));
        m->delimiter = *p;
        m->delimiter_len = *p == '^' ? 2 : 1;
        if (*p != SOH && !(tolerated & FIX_TOLERATE_DELIMITER))
            return NULL;
        return is_known_version(m->begin_string) ? p + m->delimiter_len : NULL;
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
    digits = ascii_read_digits(at, end, BODY_LENGTH_DIGITS_MAX, length);
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

/* What the bytes before the trailer come to. */
struct tally {
    uint32_t sum;   /* modulo 2^32 */
    uint32_t count; /* delimiters */
    bool is_plain;  /* the index has all fields, each of which is as it should be */
};

static void tally_wide(const struct fix_message *m, const char *at, const char *end, struct tally *t,
                       struct fix_index *index)
{
    struct fix_wide wide;

    fix_wide_scan(at, (size_t)(end - at), m->delimiter, &wide);
    t->is_plain = wide.plain && fix_wide_read(at, &wide, index);
    t->sum = wide.sum;
    t->count = wide.count;
}

/* False where there are too many fields. */
static bool tally_scanned(const struct fix_message *m, const char *at, const char *end, struct tally *t,
                          struct fix_index *index)
{
    struct fix_scan scan;

    fix_scan(fix_scan_best(), at, (size_t)(end - at), m->delimiter, &scan);
    t->is_plain = scan.plain && fix_plain_read(at, &scan, index);
    t->sum = scan.sum;
    t->count = scan.count;
    return scan.complete;
}

static void tally_slowly(const struct fix_message *m, const char *at, const char *end, struct tally *t)
{
    *t = (struct tally){.count = count_delimiters(m, at, end)};
    for (const char *p = at; p < end; p++)
        t->sum += (unsigned char)*p;
}

static void tally_bytes(const struct fix_message *m, const char *at, const char *end, struct tally *t,
                        struct fix_index *index)
{
    if (m->delimiter_len == 1 && avx512_has())
        tally_wide(m, at, end, t, index);
    else if (m->delimiter_len != 1 || !tally_scanned(m, at, end, t, index))
        tally_slowly(m, at, end, t);
}

/* CheckSum as the bytes stand, or as they were before a logger made the delimiter readable. */
static bool checksum_is(const struct fix_message *m, const struct tally *t, uint32_t expected)
{
    uint32_t excess = m->delimiter_len == 2 ? '^' + 'A' - SOH : (uint32_t)(m->delimiter - SOH);

    return t->sum % 256 == expected || (t->sum - t->count * excess) % 256 == expected;
}

static enum fix_reason read_trailer(struct fix_message *m, const char *start, const char *trailer, const char *end,
                                    struct fix_index *index, bool *is_plain)
{
    const char *digits = trailer + 3;
    struct tally tally;
    uint32_t expected;

    m->fields = slice_make(start, (size_t)(trailer - start));
    if (ascii_read_digits(digits, digits + CHECKSUM_DIGITS, CHECKSUM_DIGITS, &expected) != CHECKSUM_DIGITS ||
        !at_delimiter(m, digits + CHECKSUM_DIGITS, end))
        return FIX_CHECKSUM_FORMAT;
    tally_bytes(m, start, trailer, &tally, index);
    if (!checksum_is(m, &tally, expected))
        return FIX_CHECKSUM;
    *is_plain = tally.is_plain;
    m->bytes = slice_make(start, (size_t)(digits + CHECKSUM_DIGITS + m->delimiter_len - start));
    return FIX_OK;
}

/* Takes one message, which starts with `8=FIX`, by its BodyLength, as the standard has it but for the delimiter. Where
 * it is refused for its CheckSum, its fields are known, and where it is refused for one of them, its bytes are, too. */
static enum fix_reason read_framed(unsigned tolerated, const char *start, const char *end, struct fix_message *m,
                                   struct fix_index *index)
{
    bool is_plain;
    const char *at;
    const char *body;
    const char *trailer;
    uint32_t length;
    enum fix_reason reason;

    if (fix_common_read(start, end, m, index))
        return FIX_OK;
    *m = (struct fix_message){0};
    at = read_begin_string(tolerated, start, end, m);
    if (at == NULL)
        return FIX_BEGIN_STRING;
    body = read_body_length(at, end, m, &length);
    if (body == NULL)
        return FIX_BODY_LENGTH;
    reason = find_trailer(m, body, end, length, &trailer);
    if (reason == FIX_OK)
        reason = read_trailer(m, start, trailer, end, index, &is_plain);
    if (reason != FIX_OK)
        return reason;
    if (!starts_with(body, trailer, "35=") || at_delimiter(m, body + 3, trailer))
        return FIX_MSG_TYPE;
    if (!is_plain)
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

/* ---- messages that are not as the standard has them ---- */

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

/* Where a message ends, and its fields before that. */
struct extent {
    const char *fields_end;
    const char *end;  /* NULL: more bytes are needed to tell */
    bool has_trailer; /* `10=` stands at the end of the fields */
};

/* The line up to its end, or the buffer's; white space at the end aside. */
struct line {
    const char *end;
    bool is_complete; /* nothing more can come */
};

static struct line find_line(const char *at, const char *end, bool last)
{
    struct line line = {.end = find_line_end(at, end)};

    line.is_complete = last || line.end < end;
    while (line.end > at && slice_is_space(line.end[-1]))
        line.end--;
    return line;
}

/* What `10=` at the trailer ends: behind the next delimiter, or with the line. */
static struct extent end_at_trailer(const struct fix_message *m, const char *trailer, const struct line *line)
{
    const char *delimiter = find_delimiter(m, trailer, line->end);
    const char *end = line->is_complete ? line->end : NULL;

    return (struct extent){trailer, delimiter ? delimiter + m->delimiter_len : end, true};
}

/* Whether data that was announced, with its tag and delimiter, may reach beyond what there is of the line yet. */
static bool may_reach_beyond(const struct fix_cursor *c, const struct line *line)
{
    size_t most = TAG_DIGITS_MAX + 1 + c->data_len + c->message->delimiter_len;

    return !line->is_complete && c->data_tag != 0 && most > (size_t)(line->end - c->at);
}

/* The end of a message whose BodyLength is of no use: behind its `10=`, at the end of the line, or before the next
 * message, whichever comes first outside of data. */
static struct extent end_in_line(const struct fix_message *m, const char *start, const char *end, bool last)
{
    struct line line = find_line(start, end, last);
    struct fix_message loose = {
        .tolerated = FIX_LOG, .delimiter = m->delimiter, .delimiter_len = m->delimiter_len, .fields.ptr = start};
    struct fix_cursor c = {.message = &loose, .at = start, .end = m->delimiter_len > 0 ? line.end : start};
    struct fix_field field;

    while (c.at < c.end && !may_reach_beyond(&c, &line)) {
        if (c.at > start && starts_with(c.at, c.end, "8=FIX"))
            return (struct extent){c.at, c.at, false};
        if (is_trailer(c.at, c.end))
            return end_at_trailer(m, c.at, &line);
        if (read_field(&c, &field) != FIX_OK) { /* no field: it is passed over, and refused later */
            const char *delimiter = find_delimiter(m, c.at, c.end);
            c.at = delimiter ? delimiter + m->delimiter_len : c.end;
            c.data_tag = 0;
        }
    }
    return (struct extent){line.end, line.is_complete ? line.end : NULL, false};
}

/* What would have to be tolerated for a message to be read that read_framed refused; 0 where nothing helps. */
static unsigned tolerance_of(enum fix_reason reason)
{
    switch (reason) {
    case FIX_BODY_LENGTH:
    case FIX_TRUNCATED:
    case FIX_BODY_LENGTH_MISMATCH:
        return FIX_TOLERATE_BODY_LENGTH;
    case FIX_CHECKSUM_FORMAT:
    case FIX_CHECKSUM:
        return FIX_TOLERATE_CHECKSUM;
    case FIX_MSG_TYPE:
        return FIX_TOLERATE_MSG_TYPE;
    case FIX_FIELD:
        return FIX_TOLERATE_EMPTY_VALUE;
    case FIX_DATA_LENGTH:
        return FIX_TOLERATE_DATA_LENGTH;
    default:
        return 0;
    }
}

/* The end of a message that was refused. BodyLength is believed if CheckSum is right, or if it has to be right. */
static struct extent find_extent(unsigned tolerated, const struct fix_message *m, const char *start, const char *end,
                                 bool last, enum fix_reason reason)
{
    const char *fields_end = start + m->fields.len;

    if (m->bytes.len > 0)
        return (struct extent){fields_end, m->bytes.ptr + m->bytes.len, true};
    if (tolerance_of(reason) == FIX_TOLERATE_CHECKSUM && (tolerated & FIX_TOLERATE_CHECKSUM) &&
        !(tolerated & FIX_TOLERATE_BODY_LENGTH)) {
        struct line line = find_line(fields_end, end, last);
        return end_at_trailer(m, fields_end, &line);
    }
    return end_in_line(m, start, end, last);
}

/* Whether what was refused in the frame is tolerated; else the first reason that is not. */
static enum fix_reason check_frame(unsigned tolerated, struct fix_message *m, const char *start,
                                   const struct extent *extent, enum fix_reason reason, struct fix_index *index)
{
    unsigned needed = tolerance_of(reason);
    bool is_plain;

    if (!extent->has_trailer && needed != 0 && (tolerated & FIX_TOLERATE_TRUNCATION))
        return FIX_OK; /* then BodyLength says nothing, either */
    if (!(tolerated & needed))
        return reason;
    if (!extent->has_trailer)
        return FIX_TRUNCATED;
    if (needed != FIX_TOLERATE_BODY_LENGTH || (tolerated & FIX_TOLERATE_CHECKSUM))
        return FIX_OK;
    if ((size_t)(extent->end - extent->fields_end) < 3 + CHECKSUM_DIGITS + (size_t)m->delimiter_len)
        return FIX_CHECKSUM_FORMAT;
    return read_trailer(m, start, extent->fields_end, extent->end, index, &is_plain);
}

/* Reads what lies between `start` and the end found for it. */
static enum fix_reason read_deviant(unsigned tolerated, const char *start, const struct extent *extent,
                                    enum fix_reason reason, struct fix_message *m, struct fix_index *index)
{
    reason = check_frame(tolerated, m, start, extent, reason, index);
    if (reason != FIX_OK)
        return reason;
    *m = (struct fix_message){.tolerated = tolerated};
    if (read_begin_string(tolerated, start, extent->end, m) == NULL)
        return FIX_BEGIN_STRING;
    m->bytes = slice_make(start, (size_t)(extent->end - start));
    m->fields = slice_make(start, (size_t)(extent->fields_end - start));
    return validate_fields(m, index);
}

/* The message at `start` was refused for `reason`: finds its end, and reads it if that, and all else that is wrong with
 * it, is tolerated. */
static void next_deviant(unsigned tolerated, struct slice buffer, const char *start, bool last, enum fix_reason reason,
                         struct fix_step *step)
{
    const char *buffer_end = buffer.ptr + buffer.len;
    struct extent extent = find_extent(tolerated, &step->message, start, buffer_end, last, reason);

    if (extent.end == NULL) {
        set_step(step, FIX_NEED_MORE, buffer.ptr, start, buffer.ptr);
        return;
    }
    reason = read_deviant(tolerated, start, &extent, reason, &step->message, &step->index);
    if (reason == FIX_OK)
        set_step(step, FIX_MESSAGE, buffer.ptr, start, extent.end);
    else
        set_malformed(step, reason, buffer.ptr, start, tolerated & FIX_TOLERATE_RESYNC ? extent.end : buffer_end);
}

/* The line at `line` does not start with a message: `begin` is the one further on, or NULL. */
static void next_other(unsigned tolerated, struct slice buffer, const char *line, const char *begin, bool last,
                       struct fix_step *step)
{
    const char *end = buffer.ptr + buffer.len;
    const char *line_end = find_line_end(line, end);

    if (line_end == end && !last && begin == NULL)
        set_step(step, FIX_NEED_MORE, buffer.ptr, line, buffer.ptr);
    else if (tolerated & FIX_TOLERATE_PREFIX)
        set_step(step, FIX_SKIPPED, buffer.ptr, line, line_end);
    else if (tolerated & FIX_TOLERATE_RESYNC)
        set_malformed(step, FIX_NOT_FIX, buffer.ptr, line, begin ? begin : line_end);
    else
        set_malformed(step, FIX_NOT_FIX, buffer.ptr, line, end);
}

/* Takes the message at `start`. */
static void next_message(unsigned tolerated, struct slice buffer, const char *start, bool last, struct fix_step *step)
{
    const char *end = buffer.ptr + buffer.len;
    enum fix_reason reason = read_framed(tolerated, start, end, &step->message, &step->index);

    if (reason == FIX_OK)
        set_step(step, FIX_MESSAGE, buffer.ptr, start, step->message.bytes.ptr + step->message.bytes.len);
    else if (!last && (reason == FIX_TRUNCATED || (reason == FIX_BEGIN_STRING && end - start < BEGIN_STRING_MAX + 4)))
        set_step(step, FIX_NEED_MORE, buffer.ptr, start, buffer.ptr);
    else
        next_deviant(tolerated, buffer, start, last, reason, step);
}

void fix_next(unsigned tolerated, struct slice buffer, bool first, bool last, struct fix_step *step)
{
    const char *end = buffer.ptr + buffer.len;
    const char *start = skip_white(buffer.ptr, end);
    const char *begin = start;

    step->reason = FIX_OK;
    step->malformed = slice_make(NULL, 0);
    last = last || buffer.len >= FIX_MESSAGE_MAX;
    if (start == end) {
        if (first && !(tolerated & FIX_TOLERATE_PREFIX))
            set_malformed(step, FIX_EMPTY, buffer.ptr, buffer.ptr, end);
        else
            set_step(step, FIX_END, buffer.ptr, end, end);
        return;
    }
    if (!starts_with(start, end, "8=FIX"))
        begin = find_begin(start, find_line_end(start, end));
    if (begin == start || (begin != NULL && (tolerated & FIX_TOLERATE_PREFIX)))
        next_message(tolerated, buffer, begin, last, step);
    else
        next_other(tolerated, buffer, start, begin, last, step);
}
