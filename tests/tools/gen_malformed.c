#include "gen_malformed.h"

#include <string.h>

#include "gen_fix.h"

#define SOH "\x01"

struct record {
    struct text *out;
    const char *begin_string;
    struct text *body;
    struct random *r;
};

/* BeginString and a BodyLength of one's own, the body, and the right CheckSum over all that. */
static void write_with_length(struct record *m, const char *body_length)
{
    fix_field(m->out, 8, m->begin_string);
    fix_field(m->out, 9, body_length);
    text_add_bytes(m->out, m->body->bytes, m->body->len);
    fix_trailer(m->out);
}

static void write_good(struct record *m)
{
    fix_message(m->out, m->begin_string, m->body);
}

/* A field that is wrong behind good ones, with the right sums. */
static void write_with_field(struct record *m, const char *field)
{
    text_add(m->body, field);
    text_add(m->body, SOH);
    write_good(m);
}

static void nothing(struct record *m)
{
    (void)m;
}

static void white_space(struct record *m)
{
    text_add(m->out, " \r\n\t");
}

static void json(struct record *m)
{
    text_add(m->out, "{\"symbol\": \"ABCD\", \"side\": \"buy\", \"quantity\": 100}");
}

static void xml(struct record *m)
{
    text_add(m->out, "<?xml version=\"1.0\"?>\n<FIXML><Order Side=\"1\"/></FIXML>\n");
}

static void timestamp_before(struct record *m)
{
    text_add(m->out, "20260302-09:30:00 ");
    write_good(m);
}

static void unknown_version(struct record *m)
{
    m->begin_string = "FIX.6.0";
    write_good(m);
}

static void version_without_end(struct record *m)
{
    text_add(m->out, "8=FIX.4.4");
}

static void foreign_delimiter(struct record *m)
{
    write_good(m);
    for (size_t i = 0; i < m->out->len; i++) {
        if (m->out->bytes[i] == SOH[0])
            m->out->bytes[i] = ';';
    }
}

static void length_not_a_number(struct record *m)
{
    write_with_length(m, "2O1");
}

static void length_of_zero(struct record *m)
{
    write_with_length(m, "0");
}

static void length_of_ten_digits(struct record *m)
{
    write_with_length(m, "0000000200");
}

static void no_length(struct record *m)
{
    fix_field(m->out, 8, m->begin_string);
    text_add_bytes(m->out, m->body->bytes, m->body->len);
    fix_trailer(m->out);
}

/* Anywhere behind the BodyLength. */
static void cut(struct record *m)
{
    size_t head;

    fix_field(m->out, 8, m->begin_string);
    fix_number(m->out, 9, m->body->len);
    head = m->out->len;
    text_add_bytes(m->out, m->body->bytes, m->body->len);
    fix_trailer(m->out);
    m->out->len = head + random_below(m->r, m->out->len - head);
}

static void length_too_great(struct record *m)
{
    write_with_length(m, "99999");
}

/* Short by some bytes, none of which happen to start a "10=". */
static void length_too_small(struct record *m)
{
    char digits[20];
    struct text t = {.bytes = digits, .capacity = sizeof digits - 1};
    size_t shorter = 1 + random_below(m->r, 40);

    while (memcmp(m->body->bytes + m->body->len - shorter, "10=", 3) == 0)
        shorter++;
    text_add_number(&t, m->body->len - shorter);
    digits[t.len] = '\0';
    write_with_length(m, digits);
}

/* Puts three characters and perhaps a delimiter in the place of the checksum's. */
static void replace_checksum(struct record *m, const char *checksum)
{
    write_good(m);
    m->out->len -= 4;
    text_add(m->out, checksum);
}

static void checksum_of_letters(struct record *m)
{
    replace_checksum(m, "x7F" SOH);
}

static void checksum_of_four_digits(struct record *m)
{
    replace_checksum(m, "0123" SOH);
}

static void wrong_checksum(struct record *m)
{
    char *digit;

    write_good(m);
    digit = m->out->bytes + m->out->len - 2;
    *digit = (char)('0' + (*digit - '0' + 1 + (int)random_below(m->r, 9)) % 10);
}

/* A byte on the way got another value, the sum stayed. */
static void flipped_byte(struct record *m)
{
    char *symbol;

    write_good(m);
    symbol = memmem(m->out->bytes, m->out->len, SOH "56=", 4);
    symbol[4] ^= 1;
}

static void sender_before_type(struct record *m)
{
    char bytes[FIX_MESSAGE_MAX];
    struct text moved = {.bytes = bytes, .capacity = sizeof bytes};

    fix_field(&moved, 115, "DESK7");
    text_add_bytes(&moved, m->body->bytes, m->body->len);
    fix_message(m->out, m->begin_string, &moved);
}

static void empty_type(struct record *m)
{
    char bytes[FIX_MESSAGE_MAX];
    struct text changed = {.bytes = bytes, .capacity = sizeof bytes};
    const char *end = memchr(m->body->bytes, SOH[0], m->body->len);

    text_add(&changed, "35=");
    text_add_bytes(&changed, end, m->body->len - (size_t)(end - m->body->bytes));
    fix_message(m->out, m->begin_string, &changed);
}

static void letters_for_a_tag(struct record *m)
{
    write_with_field(m, "Text=hello");
}

static void leading_zero(struct record *m)
{
    write_with_field(m, "058=hello");
}

static void ten_digit_tag(struct record *m)
{
    write_with_field(m, "1234567890=hello");
}

static void no_equals_sign(struct record *m)
{
    write_with_field(m, "58");
}

static void no_tag(struct record *m)
{
    write_with_field(m, "=hello");
}

static void no_value(struct record *m)
{
    write_with_field(m, "58=");
}

static void data_without_length(struct record *m)
{
    write_with_field(m, "96=abc");
}

static void data_length_of_letters(struct record *m)
{
    write_with_field(m, "95=three" SOH "96=abc");
}

static void data_length_overruns(struct record *m)
{
    write_with_field(m, "95=9000" SOH "96=abc");
}

static void field_before_the_data(struct record *m)
{
    write_with_field(m, "95=3" SOH "58=hello" SOH "96=abc");
}

static void one_identifier_too_many(struct record *m)
{
    enum { TOO_MANY = 33 };
    char bytes[ROW_VALUE_SIZE];

    fix_number(m->body, 454, TOO_MANY);
    for (unsigned i = 0; i < TOO_MANY; i++) {
        struct text t = {.bytes = bytes, .capacity = sizeof bytes - 1};
        text_add(&t, "VENUE");
        text_add_number(&t, 1000 + i);
        bytes[t.len] = '\0';
        fix_field(m->body, 455, bytes);
        fix_field(m->body, 456, "M");
    }
    write_good(m);
}

static const struct {
    enum plan_reason reason;
    void (*make)(struct record *);
} ways[] = {
    {PLAN_REASON_CHECKSUM, wrong_checksum},
    {PLAN_REASON_TRUNCATED, cut},
    {PLAN_REASON_BODY_LENGTH_MISMATCH, length_too_small},
    {PLAN_REASON_FIELD, letters_for_a_tag},
    {PLAN_REASON_DATA_LENGTH, data_without_length},
    {PLAN_REASON_NOT_FIX, json},
    {PLAN_REASON_EMPTY, nothing},
    {PLAN_REASON_BEGIN_STRING, unknown_version},
    {PLAN_REASON_BODY_LENGTH, length_not_a_number},
    {PLAN_REASON_CHECKSUM_FORMAT, checksum_of_letters},
    {PLAN_REASON_MSG_TYPE, sender_before_type},
    {PLAN_REASON_TOO_MANY_IDENTIFIERS, one_identifier_too_many},
    {PLAN_REASON_CHECKSUM, flipped_byte},
    {PLAN_REASON_TRUNCATED, length_too_great},
    {PLAN_REASON_FIELD, leading_zero},
    {PLAN_REASON_DATA_LENGTH, data_length_of_letters},
    {PLAN_REASON_NOT_FIX, xml},
    {PLAN_REASON_EMPTY, white_space},
    {PLAN_REASON_BEGIN_STRING, version_without_end},
    {PLAN_REASON_BODY_LENGTH, length_of_zero},
    {PLAN_REASON_CHECKSUM_FORMAT, checksum_of_four_digits},
    {PLAN_REASON_MSG_TYPE, empty_type},
    {PLAN_REASON_FIELD, ten_digit_tag},
    {PLAN_REASON_DATA_LENGTH, data_length_overruns},
    {PLAN_REASON_NOT_FIX, timestamp_before},
    {PLAN_REASON_BEGIN_STRING, foreign_delimiter},
    {PLAN_REASON_BODY_LENGTH, length_of_ten_digits},
    {PLAN_REASON_FIELD, no_equals_sign},
    {PLAN_REASON_DATA_LENGTH, field_before_the_data},
    {PLAN_REASON_BODY_LENGTH, no_length},
    {PLAN_REASON_FIELD, no_tag},
    {PLAN_REASON_FIELD, no_value},
};

size_t malformed_count(void)
{
    return sizeof ways / sizeof ways[0];
}

enum plan_reason malformed_make(size_t way, struct text *out, const char *begin_string, struct text *body,
                                struct random *r)
{
    struct record record = {.out = out, .begin_string = begin_string, .body = body, .r = r};

    ways[way].make(&record);
    return ways[way].reason;
}
