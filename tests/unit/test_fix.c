#include "guard.h"
#include "support.h"

#include <time.h>

#include "core/fix.h"
#include "core/fix_data.h"

#define LOGON "35=D|49=A|56=B|34=1|52=20260102-03:04:05|55=IBM|"

/* `text` is given to fix_next as it stands, with SOH for `|` unless `raw`. */
struct malformed_row {
    const char *name;
    const char *text;
    bool raw;
    enum fix_reason reason;
};

static const struct malformed_row malformed_rows[] = {
    {"no bytes", "", false, FIX_EMPTY},
    {"only white space", " \r\n\t", false, FIX_EMPTY},
    {"JSON", "{\"35\":\"D\"}", false, FIX_NOT_FIX},
    {"XML", "<FIXML/>", false, FIX_NOT_FIX},
    {"a body without a header", "35=D|55=IBM|", false, FIX_NOT_FIX},
    {"a truncated begin string", "8=FI", false, FIX_NOT_FIX},
    {"a version that never was", "8=FIX.4.9|9=5|35=0|10=000|", false, FIX_BEGIN_STRING},
    {"a begin string that nothing ends", "8=FIX.4.4", false, FIX_BEGIN_STRING},
    {"a caret that is no delimiter", "8=FIX.4.4^B9=5^B35=0^B10=000^B", true, FIX_BEGIN_STRING},
    {"no body length", "8=FIX.4.4|35=0|10=000|", false, FIX_BODY_LENGTH},
    {"an empty body length", "8=FIX.4.4|9=|35=0|10=000|", false, FIX_BODY_LENGTH},
    {"a negative body length", "8=FIX.4.4|9=-5|35=0|10=000|", false, FIX_BODY_LENGTH},
    {"a body length of zero", "8=FIX.4.4|9=0|10=000|", false, FIX_BODY_LENGTH},
    {"a body length of ten digits", "8=FIX.4.4|9=4294967301|35=0|10=000|", false, FIX_BODY_LENGTH},
    {"a body length with a letter", "8=FIX.4.4|9=5x|35=0|10=000|", false, FIX_BODY_LENGTH},
    {"a body length beyond the end", "8=FIX.4.4|9=500|35=0|10=000|", false, FIX_TRUNCATED},
    {"the largest body length", "8=FIX.4.4|9=999999999|35=0|10=000|", false, FIX_TRUNCATED},
    {"a cut in the trailer", "8=FIX.4.4|9=5|35=0|10=1", false, FIX_TRUNCATED},
    {"a body length that is one too small", "8=FIX.4.4|9=10|35=0|112=abc|10=000|", false, FIX_BODY_LENGTH_MISMATCH},
    {"a body length inside a value that looks like a trailer", "8=FIX.4.4|9=9|35=0|112=10=000|58=x|10=000|", false,
     FIX_BODY_LENGTH_MISMATCH},
    {"a checksum of two digits", "8=FIX.4.4|9=5|35=0|10=16|  ", false, FIX_CHECKSUM_FORMAT},
    {"a checksum of four digits", "8=FIX.4.4|9=5|35=0|10=0161|", false, FIX_CHECKSUM_FORMAT},
    {"a wrong checksum", "8=FIX.4.4|9=5|35=0|10=001|", false, FIX_CHECKSUM},
};

static void malformed_messages_give_their_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(malformed_rows); i++) {
        const struct malformed_row *row = &malformed_rows[i];
        char *text = row->raw ? strdup(row->text) : support_soh(row->text);
        struct fix_step step;
        fix_next(FIX_STRICT, slice_of(text), true, true, &step);
        if (step.event != FIX_MALFORMED || step.reason != row->reason)
            fail_row(row->name, "event %d, reason %s", step.event, fix_reason_name(step.reason));
        assert_int_equal(step.consumed, strlen(text));
        free(text);
    }
}

/* The frame is right; what the body says is not, or is. */
struct body_row {
    const char *name;
    const char *body;
    enum fix_reason reason;
};

static const struct body_row body_rows[] = {
    {"an ordinary message", LOGON, FIX_OK},
    {"a value may hold an equals sign", LOGON "58=a=b|", FIX_OK},
    {"a data field may hold the delimiter", LOGON "95=5|96=a|b|c|", FIX_OK},
    {"a data field may hold a whole trailer", LOGON "95=10|96=x|10=123|y|", FIX_OK},
    {"a data field may hold a whole message", LOGON "212=25|213=8=FIX.4.4|9=5|35=0|10=163|", FIX_OK},
    {"the signature's length is tag 93 and its data tag 89", LOGON "93=3|89=a|b|", FIX_OK},
    {"an unknown venue tag is a field", LOGON "20999=x|", FIX_OK},
    {"the highest tag", LOGON "999999999=x|", FIX_OK},
    {"no message type", "49=A|55=IBM|", FIX_MSG_TYPE},
    {"an empty message type", "35=|49=A|", FIX_MSG_TYPE},
    {"the message type is not third", "49=A|35=D|", FIX_MSG_TYPE},
    {"an empty value", LOGON "58=|", FIX_FIELD},
    {"a tag of letters", LOGON "abc=1|", FIX_FIELD},
    {"a tag of zero", LOGON "0=1|", FIX_FIELD},
    {"a leading zero", LOGON "058=x|", FIX_FIELD},
    {"a tag of ten digits", LOGON "1234567890=x|", FIX_FIELD},
    {"no equals sign", LOGON "58|", FIX_FIELD},
    {"two delimiters in a row", LOGON "|", FIX_FIELD},
    {"a data length that is too small", LOGON "95=2|96=a|b|c|", FIX_DATA_LENGTH},
    {"a data length that ends at a delimiter of the data", LOGON "95=3|96=a|b|c|", FIX_FIELD},
    {"a data length that is too large", LOGON "95=6|96=a|b|c|", FIX_DATA_LENGTH},
    {"a data length beyond the message", LOGON "95=999999999|96=abc|", FIX_DATA_LENGTH},
    {"a data length that overflows", LOGON "95=4294967299|96=abc|", FIX_DATA_LENGTH},
    {"a negative data length", LOGON "95=-1|96=abc|", FIX_DATA_LENGTH},
    {"a data length of zero, and empty data", LOGON "95=0|96=|", FIX_FIELD},
    {"a length without its data", LOGON "95=3|58=abc|", FIX_DATA_LENGTH},
    {"a length at the end", LOGON "95=3|", FIX_DATA_LENGTH},
    {"data without a length", LOGON "96=abc|", FIX_DATA_LENGTH},
};

static void the_body_is_validated(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(body_rows); i++) {
        const struct body_row *row = &body_rows[i];
        size_t len;
        char *text = support_fix("FIX.4.4", row->body, &len);
        struct fix_step step;
        fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
        if (step.reason != row->reason)
            fail_row(row->name, "%s instead of %s", fix_reason_name(step.reason), fix_reason_name(row->reason));
        assert_int_equal(step.event, row->reason == FIX_OK ? FIX_MESSAGE : FIX_MALFORMED);
        free(text);
    }
}

static void every_known_version_is_read(void **state)
{
    static const char *const versions[] = {"FIX.4.0", "FIX.4.1",  "FIX.4.2",    "FIX.4.3",   "FIX.4.4",
                                           "FIX.5.0", "FIXT.1.1", "FIX.5.0SP1", "FIX.5.0SP2"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        size_t len;
        char *text = support_fix(versions[i], LOGON, &len);
        struct fix_step step;
        fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
        assert_int_equal(step.event, FIX_MESSAGE);
        assert_true(slice_equal_text(step.message.begin_string, versions[i]));
        assert_true(slice_equal_text(step.message.msg_type, "D"));
        assert_int_equal(step.consumed, len);
        free(text);
    }
}

static void the_cursor_yields_every_field_with_its_whole_value(void **state)
{
    static const struct {
        uint32_t tag;
        const char *value;
    } expected[] = {{8, "FIX.4.4"}, {9, "43"}, {35, "D"}, {95, "7"}, {96, "a\00110=\001c"}, {58, "x=y"}, {20999, "z"}};
    size_t len;
    char *text = support_fix("FIX.4.4", "35=D|95=7|96=a|10=|c|58=x=y|20999=z|", &len);
    struct fix_step step;
    struct fix_cursor cursor;
    struct fix_field field;

    (void)state;
    fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
    assert_int_equal(step.event, FIX_MESSAGE);
    fix_cursor_start(&step.message, &cursor);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(fix_cursor_next(&cursor, &field));
        assert_int_equal(field.tag, expected[i].tag);
        if (field.tag != 9)
            assert_true(slice_equal_text(field.value, expected[i].value));
    }
    assert_false(fix_cursor_next(&cursor, &field));
    free(text);
}

/* One buffer, and what becomes of it, as letters: M message, X malformed, S skipped line. */
struct stream_row {
    const char *name;
    unsigned profile;
    const char *text; /* | is SOH, unless raw */
    bool raw;
    const char *events;
};

#define GOOD "8=FIX.4.2|9=5|35=0|10=161|"

static const struct stream_row stream_rows[] = {
    {"several messages in one record", FIX_STRICT, GOOD GOOD GOOD, false, "MMM"},
    {"white space between and behind messages", FIX_STRICT, " " GOOD "\r\n" GOOD "\n", false, "MM"},
    {"a bad message behind a good one takes the rest", FIX_STRICT, GOOD "8=FIX.4.2|9=5|35=0|10=999|" GOOD, false, "MX"},
    {"pipes, with a checksum over pipes", FIX_STRICT, "8=FIX.4.2|9=5|35=0|10=018|", true, "M"},
    {"pipes, with the checksum over SOH", FIX_STRICT, "8=FIX.4.2|9=5|35=0|10=161|", true, "M"},
    {"carets, counted as one byte each", FIX_STRICT, "8=FIX.4.2^A9=5^A35=0^A10=161^A", true, "M"},
    {"carets, counted as they stand", FIX_STRICT, "8=FIX.4.2^A9=6^A35=0^A10=124^A", true, "M"},
    {"carets, where a value looks like a trailer at the length as it stands", FIX_STRICT,
     "8=FIX.4.2^A9=27^A35=0^A112=x^A58=y^A1=z^A58=10=^A10=199^A", true, "M"},
    {"a log with a time stamp and a direction", FIX_LOG, "2026-01-02 03:04:05 < " GOOD "\n> " GOOD "\n", false, "MM"},
    {"lines without FIX are skipped", FIX_LOG, "started\n" GOOD "\nstopped\n", false, "SMS"},
    {"lengths and sums of zero", FIX_LOG, "8=FIX.4.2|9=0|35=D|55=IBM|10=0|\n8=FIX.4.2|9=0|35=D|55=IBM|10=0|\n", false,
     "MM"},
    {"wrong sums, no line ends", FIX_LOG, "8=FIX.4.2|9=9|35=D|55=IBM|10=000|8=FIX.4.2|9=9|35=D|55=IBM|10=000|", false,
     "MM"},
    {"a message without a trailer ends at the line", FIX_LOG, "8=FIX.4.2|9=0|35=D|55=IBM\r\n" GOOD, false, "MM"},
    {"a message without a trailer ends at the next", FIX_LOG, "8=FIX.4.2|9=0|35=D|55=IBM|" GOOD, false, "MM"},
    {"108=FIX starts nothing", FIX_LOG, "8=FIX.4.2|9=0|35=D|108=FIX.4.2|55=IBM|10=000|", false, "M"},
    {"a good message behind one that can't be read", FIX_LOG, "8=FIX.4.2|9=0|35=D|x|10=000|\n" GOOD, false, "XM"},
    {"an empty value is passed over", FIX_LOG, "8=FIX.4.2|9=0|35=D|58=|55=IBM|10=000|", false, "M"},
    {"a length without data is a field", FIX_LOG, "8=FIX.4.2|9=0|35=D|95=3|55=IBM|10=000|", false, "M"},
    {"no message type", FIX_LOG, "8=FIX.4.2|9=0|55=IBM|10=000|", false, "X"},
    {"an unknown version", FIX_LOG, "8=FIX.9|9=0|35=D|10=000|\n" GOOD, false, "XM"},
    {"strict in a log refuses and goes on", FIX_STRICT_LOG, "8=FIX.4.2|9=0|35=D|10=000|\n" GOOD "x\n", false, "XMS"},
    {"nothing", FIX_LOG, "", false, ""},
};

static char event_letter(enum fix_event event)
{
    return event == FIX_MESSAGE ? 'M' : event == FIX_MALFORMED ? 'X' : 'S';
}

/* Feeds the text `chunk` bytes at a time, as from a file. Returns the events as letters. */
static void read_in_chunks(unsigned profile, const char *text, size_t chunk, char events[32])
{
    size_t len = strlen(text);
    size_t at = 0;
    size_t end = chunk < len ? chunk : len;
    size_t n = 0;

    for (;;) {
        struct fix_step step;
        fix_next(profile, slice_make(text + at, end - at), at == 0 && profile == FIX_STRICT, end == len, &step);
        at += step.consumed;
        if ((step.event == FIX_END || step.event == FIX_NEED_MORE) && end == len)
            break;
        if (step.event == FIX_END || step.event == FIX_NEED_MORE) {
            end = end + chunk < len ? end + chunk : len;
            continue;
        }
        assert_true(n < 31);
        events[n++] = event_letter(step.event);
        if (profile == FIX_STRICT && at == len)
            break;
    }
    events[n] = '\0';
}

static void streams_are_cut_into_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stream_rows); i++) {
        const struct stream_row *row = &stream_rows[i];
        char *text = row->raw ? strdup(row->text) : support_soh(row->text);
        size_t from = row->profile == FIX_STRICT ? strlen(text) : 1; /* a record always comes whole */
        for (size_t chunk = from; chunk <= strlen(text); chunk++) {
            char events[32];
            read_in_chunks(row->profile, text, chunk, events);
            if (strcmp(events, row->events) != 0)
                fail_row(row->name, "chunks of %zu: %s instead of %s", chunk, events, row->events);
        }
        free(text);
    }
}

/* Reads everything in the buffer in each profile, and every field, and so touches every byte that the
 * code would touch. */
static void read_all(struct slice bytes)
{
    static const unsigned profiles[] = {FIX_STRICT, FIX_LOG, FIX_STRICT_LOG};

    for (size_t p = 0; p < COUNT_OF(profiles); p++) {
        struct fix_step step;
        size_t at = 0;
        size_t steps = 0;
        do {
            fix_next(profiles[p], slice_make(bytes.ptr + at, bytes.len - at), at == 0, true, &step);
            struct fix_cursor cursor;
            struct fix_field field;
            if (step.event == FIX_MESSAGE) {
                fix_cursor_start(&step.message, &cursor);
                while (fix_cursor_next(&cursor, &field))
                    assert_true(field.value.ptr >= bytes.ptr &&
                                field.value.ptr + field.value.len <= bytes.ptr + bytes.len);
            }
            assert_true(step.event == FIX_END || step.consumed > 0 || bytes.len == 0);
            at += step.consumed;
            assert_true(++steps <= bytes.len + 2);
        } while (step.event != FIX_END && at < bytes.len);
    }
}

/* Every truncation and every changed byte, set against a page that must not be touched. */
static void no_byte_behind_the_buffer_is_read(void **state)
{
    static const char *const bodies[] = {LOGON "95=5|96=a|b|c|58=x|", "35=8|93=3|89=a|b|55=A|22=4|48=US0378331005|"};
    static const char bytes[] = {'\0', '\x01', '|', '^', '=', '0', '9', '\n', '\xff'};
    struct guard guard;

    (void)state;
    guard_make(&guard, 1024);
    for (size_t b = 0; b < COUNT_OF(bodies); b++) {
        size_t len;
        char *text = support_fix("FIX.4.4", bodies[b], &len);
        for (size_t cut = 0; cut <= len; cut++)
            read_all(guard_at_end(&guard, slice_make(text, cut)));
        for (size_t i = 0; i < len; i++) {
            char right = text[i];
            for (size_t k = 0; k < sizeof bytes; k++) {
                text[i] = bytes[k];
                read_all(guard_at_end(&guard, slice_make(text, len)));
            }
            text[i] = right;
        }
        free(text);
    }
    guard_release(&guard);
}

/* Field by field and byte by byte: what is wrong with the fields of a message, or FIX_OK. */
static enum fix_reason validate_slowly(const char *at, const char *end, char delimiter)
{
    uint32_t data_tag = 0;
    size_t data_len = 0;

    while (at < end) {
        char *value;
        unsigned long tag = *at >= '1' && *at <= '9' ? strtoul(at, &value, 10) : 0;
        const char *stop;
        if (tag == 0 || value - at > 9 || *value++ != '=')
            return FIX_FIELD;
        if (data_tag != 0) {
            if (tag != data_tag || data_len >= (size_t)(end - value) || value[data_len] != delimiter)
                return FIX_DATA_LENGTH;
            stop = value + data_len;
        } else if (fix_data_is((uint32_t)tag)) {
            return FIX_DATA_LENGTH;
        } else {
            stop = memchr(value, delimiter, (size_t)(end - value));
        }
        if (stop == NULL || stop == value)
            return FIX_FIELD;
        data_tag = fix_data_tag((uint32_t)tag);
        if (data_tag != 0 && (strspn(value, "0123456789") != (size_t)(stop - value) || stop - value > 9))
            return FIX_DATA_LENGTH;
        data_len = data_tag != 0 ? strtoul(value, NULL, 10) : 0;
        at = stop + 1;
    }
    return data_tag != 0 ? FIX_DATA_LENGTH : FIX_OK;
}

/* The index says what the cursor says, to the last field. */
static void hold_index_against_cursor(const struct fix_message *message, const char *body, unsigned seed)
{
    struct fix_cursor cursor;
    struct fix_field field;
    uint32_t count = 0;

    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field)) {
        const struct fix_index *index = message->index;
        if (count >= index->count || index->tags[count] != field.tag || index->values[count].len != field.value.len ||
            message->fields.ptr + index->values[count].at != field.value.ptr)
            fail_msg("seed %u: %s: field %u", seed, body, count);
        count++;
    }
    assert_int_equal(count, message->index->count);
    assert_ptr_equal(cursor.at, cursor.end);
}

/* Bodies with a byte or two changed, framed as they should be, so that the fields are all that can be wrong. */
static void fields_are_validated_as_byte_by_byte(void **state)
{
    static const char *const bodies[] = {
        "35=D|49=A|56=B|34=1|52=20240102-03:04:05|11=x|55=IBM|48=US4592001014|22=4|54=1|38=100|40=2|44=1.5|15=USD|",
        "35=8|37=1|20001=venue|95=5|96=a=b10|150=0|39=0|55=IBM|58=text = more|123456789=z|12345678=y|", "35=D|55=X|",
        "35=B|148=h|354=2|355=zz|12=4|"};
    static const char bytes[] = "=|0159a.-";
    unsigned seed = (unsigned)time(NULL);
    unsigned refused = 0;

    (void)state;
    srand(seed);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 60000; round++) {
        char body[512];
        struct fix_step step;
        size_t len;
        char *text;
        snprintf(body, sizeof body, "%s", bodies[(size_t)rand() % COUNT_OF(bodies)]);
        for (int changes = rand() % 3; changes > 0; changes--)
            body[5 + (size_t)rand() % (strlen(body) - 5)] = bytes[(size_t)rand() % 9];
        text = support_fix("FIX.4.4", body, &len);
        fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
        enum fix_reason seen = step.event == FIX_MESSAGE ? FIX_OK : step.reason;
        enum fix_reason wanted = validate_slowly(text, text + len - strlen("10=000|"), '\x01');
        if (body[strlen(body) - 1] != '|') /* then nothing ends the body */
            wanted = FIX_BODY_LENGTH_MISMATCH;
        if (seen != wanted)
            fail_msg("seed %u: %s: %s instead of %s", seed, body, fix_reason_name(seen), fix_reason_name(wanted));
        refused += seen != FIX_OK;
        if (seen == FIX_OK)
            hold_index_against_cursor(&step.message, body, seed);
        free(text);
    }
    assert_true(refused > 1000);
}

static void a_message_has_an_index_of_up_to_256_fields(void **state)
{
    (void)state;
    for (uint32_t fields = FIX_INDEX_MAX; fields <= FIX_INDEX_MAX + 1; fields++) {
        char body[8 * FIX_INDEX_MAX] = "35=D|";
        struct fix_step step;
        size_t len;
        char *text;
        for (uint32_t i = 3; i < fields; i++) /* behind 8, 9 and 35 */
            strcat(body, "58=x|");
        text = support_fix("FIX.4.4", body, &len);
        fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
        assert_int_equal(step.event, FIX_MESSAGE);
        assert_int_equal(step.message.index != NULL, fields <= FIX_INDEX_MAX);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_messages_give_their_reason),
        cmocka_unit_test(the_body_is_validated),
        cmocka_unit_test(every_known_version_is_read),
        cmocka_unit_test(the_cursor_yields_every_field_with_its_whole_value),
        cmocka_unit_test(streams_are_cut_into_messages),
        cmocka_unit_test(no_byte_behind_the_buffer_is_read),
        cmocka_unit_test(fields_are_validated_as_byte_by_byte),
        cmocka_unit_test(a_message_has_an_index_of_up_to_256_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
