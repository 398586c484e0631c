#include "explain_frame.h"

#include "core/ascii.h"
#include "json_text.h"

#define SOH '\x01'
#define BODY_LENGTH 9
#define CHECKSUM_DIGITS 3

/* A figure that the message states, and what it is by counting: as the bytes stand, and with each delimiter taken for
 * the SOH that it stands for. */
struct figure {
    struct slice stated;
    uint64_t as_is;
    uint64_t as_soh;
};

bool explain_frame_read(unsigned profile, struct slice bytes, struct fix_step *step)
{
    fix_next(profile, bytes, true, true, step);
    if (step->event != FIX_MESSAGE)
        fix_next(FIX_LOG, bytes, true, true, step);
    return step->event == FIX_MESSAGE;
}

/* How many delimiters there are. */
static uint64_t count_delimiters(const struct fix_message *message, struct slice text)
{
    uint64_t count = 0;

    for (size_t i = 0; i + message->delimiter_len <= text.len; i++)
        count += text.ptr[i] == message->delimiter && (message->delimiter_len == 1 || text.ptr[i + 1] == 'A');
    return count;
}

static uint64_t sum_of(struct slice text)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < text.len; i++)
        sum += (unsigned char)text.ptr[i];
    return sum;
}

/* BodyLength counts from the field behind it up to CheckSum. False where the second field is another one. */
static bool find_body_length(const struct fix_message *message, struct figure *out)
{
    const char *end = message->fields.ptr + message->fields.len;
    struct fix_cursor cursor;
    struct fix_field field;
    struct slice body;

    fix_cursor_start(message, &cursor);
    for (int i = 0; i < 2; i++)
        if (!fix_cursor_next(&cursor, &field))
            return false;
    if (field.tag != BODY_LENGTH)
        return false;
    body.ptr = field.value.ptr + field.value.len + message->delimiter_len;
    if (body.ptr > end)
        return false;
    body.len = (size_t)(end - body.ptr);
    out->stated = field.value;
    out->as_is = body.len;
    out->as_soh = body.len - (message->delimiter_len - 1u) * count_delimiters(message, body);
    return true;
}

/* CheckSum is the sum of all before it. False where there is none. */
static bool find_checksum(const struct fix_message *message, struct figure *out)
{
    struct slice rest = slice_make(message->fields.ptr + message->fields.len, message->bytes.len - message->fields.len);
    uint64_t delimiters = count_delimiters(message, message->fields);
    uint64_t delimiter = message->delimiter_len == 2 ? (uint64_t)'^' + 'A' : (unsigned char)message->delimiter;

    if (rest.len < 3 || memcmp(rest.ptr, "10=", 3) != 0)
        return false;
    out->stated = slice_make(rest.ptr + 3, 0);
    while (3 + out->stated.len < rest.len && rest.ptr[3 + out->stated.len] != message->delimiter)
        out->stated.len++;
    out->stated = slice_trim(out->stated);
    out->as_is = sum_of(message->fields);
    out->as_soh = (out->as_is - delimiters * delimiter + delimiters * SOH) % 256;
    out->as_is %= 256;
    return true;
}

/* Whether the text is that number. */
static bool is_number(struct slice text, uint64_t number)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 9)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.ptr[i]))
            return false;
        value = 10 * value + (uint64_t)(text.ptr[i] - '0');
    }
    return value == number;
}

static json_t *figure_json(const struct figure *figure, bool is_well_formed)
{
    bool right =
        is_well_formed && (is_number(figure->stated, figure->as_is) || is_number(figure->stated, figure->as_soh));

    return json_pack("{s:o, s:I, s:b}", "stated", json_text(figure->stated), "counted", (json_int_t)figure->as_soh,
                     "right", (int)right);
}

static json_t *body_length(const struct fix_message *message)
{
    struct figure figure;

    return message != NULL && find_body_length(message, &figure) ? figure_json(&figure, true) : json_null();
}

static json_t *checksum(const struct fix_message *message)
{
    struct figure figure;

    return message != NULL && find_checksum(message, &figure)
               ? figure_json(&figure, figure.stated.len == CHECKSUM_DIGITS)
               : json_null();
}

static json_t *delimiter(const struct fix_message *message)
{
    if (message == NULL)
        return json_null();
    if (message->delimiter_len == 2)
        return json_string("^A");
    return json_string(message->delimiter == SOH ? "SOH" : "|");
}

static const char *profile_name(unsigned profile)
{
    if (profile == FIX_LOG)
        return "log";
    return profile == FIX_STRICT || profile == FIX_STRICT_LOG ? "strict" : "as set";
}

/* What a profile has against the bytes; null where it takes them. */
static json_t *refusal(unsigned profile, struct slice bytes)
{
    struct fix_step step;

    fix_next(profile, bytes, true, true, &step);
    if (step.event == FIX_MESSAGE)
        return json_null();
    if (step.event != FIX_MALFORMED)
        step.reason = FIX_NOT_FIX;
    return json_pack("{s:s, s:s}", "reason", fix_reason_name(step.reason), "text", fix_reason_text(step.reason));
}

json_t *explain_frame(unsigned profile, struct slice bytes, const struct fix_message *message)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "profile", profile_name(profile), "refused",
                     refusal(profile, bytes), "refused_by_strict", refusal(FIX_STRICT, bytes), "delimiter",
                     delimiter(message), "body_length", body_length(message), "checksum", checksum(message));
}
