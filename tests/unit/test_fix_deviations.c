/* Each way in which messages in the wild deviate from the standard, and each bug known of other parsers, by name: what
 * becomes of the bytes in profile strict, in profile log, and what has to be tolerated for that. */
#include "support.h"

#include "core/fix.h"
#include "core/fix_data.h"
#include "core/instrument.h"

#define SYMBOLS_MAX 256

/* How `|` of a row is written, and how length and sum are counted. */
enum spelling {
    SOH,
    PIPE,         /* as it stands */
    PIPE_OF_SOH,  /* written down with pipes, counted with SOH */
    CARET,        /* `^A`, as it stands */
    CARET_OF_SOH, /* likewise */
};

struct deviation_row {
    const char *name;
    /* $L is the right BodyLength, up to the next 10=$S or 10=$X; $S the right CheckSum, $X a wrong one. */
    const char *text;
    const char *strict; /* "MsgType symbols; " of a message, "REASON; " of what is malformed, "skipped; " of a line */
    const char *log;    /* NULL: the same */
    const char *needed; /* what has to be tolerated, and nothing else, for it to be read as in log */
    enum spelling spelling;
};

#define ORDER "8=FIX.4.4|9=$L|35=D|55=IBM|10=$S|"
#define OTHER "8=FIX.4.4|9=$L|35=8|55=MSFT|10=$S|"

static const struct deviation_row rows[] = {
    /* ---- framing ---- */
    {"BodyLength counts from behind its own delimiter to the one before 10=", "8=FIX.4.4|9=12|35=D|55=IBM|10=$S|",
     "D IBM; ", NULL, NULL, SOH},
    {"CheckSum is the sum up to that delimiter, in three digits", "8=FIX.4.4|9=11|35=D|55=GE|10=024|", "D GE; ", NULL,
     NULL, SOH},
    {"BodyLength is not the second field", "8=FIX.4.4|35=D|9=$L|55=IBM|10=$S|", "BODY_LENGTH; ", "D IBM; ",
     "body_length", SOH},
    {"MsgType is not the third field", "8=FIX.4.4|9=$L|55=IBM|35=D|10=$S|", "MSG_TYPE; ", "D IBM; ", "msg_type", SOH},
    {"MsgType is empty", "8=FIX.4.4|9=$L|35=|55=IBM|10=$S|", "MSG_TYPE; ", NULL, NULL, SOH},
    {"MsgType is missing", "8=FIX.4.4|9=$L|49=A|55=IBM|10=$S|", "MSG_TYPE; ", NULL, NULL, SOH},
    {"CheckSum is not the last field", ORDER "58=x|\n", "D IBM; NOT_FIX; ", "D IBM; skipped; ", "prefix", SOH},
    {"a data field holds the delimiter", "8=FIX.4.4|9=$L|35=D|95=7|96=|55=A|x|55=IBM|10=$S|", "D IBM; ", NULL, NULL,
     SOH},
    {"a data field holds a whole trailer", "8=FIX.4.4|9=$L|35=D|95=8|96=x|10=123|55=IBM|10=$S|", "D IBM; ", NULL, NULL,
     SOH},
    {"9 and 383 are no lengths of data", "8=FIX.4.4|9=$L|35=D|383=5|55=IBM|10=$S|", "D IBM; ", NULL, NULL, SOH},

    /* ---- seen in the wild ---- */
    {"pipes, with a sum over pipes", ORDER, "D IBM; ", NULL, "delimiter", PIPE},
    {"pipes, with the sum over SOH", ORDER, "D IBM; ", NULL, "delimiter", PIPE_OF_SOH},
    {"carets, counted as they stand", ORDER, "D IBM; ", NULL, "delimiter", CARET},
    {"carets, counted as SOH", ORDER, "D IBM; ", NULL, "delimiter", CARET_OF_SOH},
    {"a pipe in a value beside SOH", "8=FIX.4.4|9=$L|35=D|58=a^Ab|55=IBM|10=$S|", "D IBM; ", NULL, NULL, SOH},
    {"a time stamp and a direction before a message", "2026-01-02 03:04:05.678 <- " ORDER "\n", "NOT_FIX; ", "D IBM; ",
     "prefix", SOH},
    {"lines that are not FIX between messages", ORDER "\nheartbeat\n" OTHER, "D IBM; NOT_FIX; ",
     "D IBM; skipped; 8 MSFT; ", "prefix", SOH},
    {"lengths and sums of zero throughout", "8=FIX.4.4|9=0|35=D|55=IBM|10=0|\n8=FIX.4.4|9=0|35=8|55=MSFT|10=0|\n",
     "BODY_LENGTH; ", "D IBM; 8 MSFT; ", "body_length,checksum", SOH},
    {"a length of zero and a right sum", "8=FIX.4.4|9=0|35=D|55=IBM|10=$S|", "BODY_LENGTH; ", "D IBM; ", "body_length",
     SOH},
    {"a length that is too small and a right sum", "8=FIX.4.4|9=8|35=D|55=IBM|10=$S|", "BODY_LENGTH_MISMATCH; ",
     "D IBM; ", "body_length", SOH},
    {"a length that is too large and a right sum", "8=FIX.4.4|9=999|35=D|55=IBM|10=$S|", "TRUNCATED; ", "D IBM; ",
     "body_length", SOH},
    {"a wrong sum", "8=FIX.4.4|9=$L|35=D|55=IBM|10=$X|", "CHECKSUM; ", "D IBM; ", "checksum", SOH},
    {"a sum of one digit", "8=FIX.4.4|9=12|35=D|55=IBM|10=0|\n" OTHER, "CHECKSUM_FORMAT; ", "D IBM; 8 MSFT; ",
     "checksum", SOH},
    {"a sum without a delimiter behind it", "8=FIX.4.4|9=$L|35=D|55=IBM|10=$S \n", "CHECKSUM_FORMAT; ", "D IBM; ",
     "checksum", SOH},
    {"a wrong sum over data that hold a trailer", "8=FIX.4.4|9=$L|35=D|95=8|96=x|10=123|55=IBM|10=$X|", "CHECKSUM; ",
     "D IBM; ", "checksum", SOH},
    {"no BeginString, BodyLength and CheckSum at all", "35=D|55=IBM|", "NOT_FIX; ", "skipped; ", NULL, SOH},
    {"no BodyLength", "8=FIX.4.4|35=D|55=IBM|10=$S|", "BODY_LENGTH; ", "D IBM; ", "body_length", SOH},
    {"no CheckSum", "8=FIX.4.4|9=12|35=D|55=IBM|", "TRUNCATED; ", "D IBM; ", "truncation", SOH},
    {"no CheckSum, and another message behind it", "8=FIX.4.4|9=12|35=D|55=IBM|" OTHER, "BODY_LENGTH_MISMATCH; ",
     "D IBM; 8 MSFT; ", "truncation", SOH},
    {"no BodyLength and no CheckSum", "8=FIX.4.4|35=D|55=IBM|\n", "BODY_LENGTH; ", "D IBM; ", "truncation", SOH},
    {"a length with leading zeros", "8=FIX.4.4|9=000$L|35=D|55=IBM|10=$S|", "D IBM; ", NULL, NULL, SOH},
    {"an empty value", "8=FIX.4.4|9=$L|35=D|58=|55=IBM|10=$S|", "FIELD; ", "D IBM; ", "empty_value", SOH},
    {"an empty value before one of the same tag", "8=FIX.4.4|9=$L|35=D|55=|55=IBM|10=$S|", "FIELD; ", "D IBM; ",
     "empty_value", SOH},
    {"an empty value and a wrong sum", "8=FIX.4.4|9=$L|35=D|58=|55=IBM|10=$X|", "CHECKSUM; ", "D IBM; ",
     "checksum,empty_value", SOH},
    {"an empty value behind data that hold a trailer and a line end",
     "8=FIX.4.4|9=$L|35=D|95=9|96=x|10=123\n|58=|55=IBM|10=$S|", "FIELD; ", "D IBM; ", "empty_value", SOH},
    {"an empty value, a wrong length and data that hold a trailer",
     "8=FIX.4.4|9=7|35=D|95=8|96=x|10=123|58=|55=IBM|10=000|", "BODY_LENGTH_MISMATCH; ", "D IBM; ",
     "body_length,checksum,empty_value", SOH},
    {"cut within a value", "8=FIX.4.4|9=500|35=D|55=IB", "TRUNCATED; ", "D IB; ", "truncation", SOH},
    {"cut within a tag", "8=FIX.4.4|9=500|35=D|55=IBM|4", "TRUNCATED; ", "FIELD; ", NULL, SOH},
    {"cut within the trailer", "8=FIX.4.4|9=12|35=D|55=IBM|10=0", "TRUNCATED; ", "D IBM; ", "body_length,checksum",
     SOH},
    {"cut within BeginString", "8=FIX.4", "BEGIN_STRING; ", NULL, NULL, SOH},
    {"cut before BeginString", "8=FI", "NOT_FIX; ", "skipped; ", NULL, SOH},
    {"several messages in one buffer", ORDER OTHER "\r\n" ORDER, "D IBM; 8 MSFT; D IBM; ", NULL, NULL, SOH},
    {"FIXT.1.1", "8=FIXT.1.1|9=$L|35=D|1128=9|55=IBM|10=$S|", "D IBM; ", NULL, NULL, SOH},
    {"a version that never was", "8=FIX.4.9|9=$L|35=D|55=IBM|10=$S|", "BEGIN_STRING; ", NULL, NULL, SOH},

    /* ---- bugs of other parsers ---- */
    {"108=FIX starts no message", "8=FIX.4.4|9=0|35=D|108=FIX.4.4|55=IBM|10=000|", "BODY_LENGTH; ", "D IBM; ",
     "body_length,checksum", SOH},
    {"58=8=FIX starts no message", "8=FIX.4.4|9=0|35=D|58=8=FIX.4.4|55=IBM|10=000|", "BODY_LENGTH; ", "D IBM; ",
     "body_length,checksum", SOH},
    {"a value that looks like a trailer at the length", "8=FIX.4.4|9=9|35=D|112=10=000|55=IBM|10=$S|",
     "BODY_LENGTH_MISMATCH; ", "D IBM; ", "body_length", SOH},
    {"a negative length", "8=FIX.4.4|9=-12|35=D|55=IBM|10=$S|", "BODY_LENGTH; ", "D IBM; ", "body_length", SOH},
    {"a length that overflows 32 bits to the right one", "8=FIX.4.4|9=4294967308|35=D|55=IBM|10=$S|", "BODY_LENGTH; ",
     "D IBM; ", "body_length", SOH},
    {"the largest length", "8=FIX.4.4|9=999999999|35=D|55=IBM|10=$S|", "TRUNCATED; ", "D IBM; ", "body_length", SOH},
    {"a negative length of data", "8=FIX.4.4|9=$L|35=D|95=-1|96=a|55=IBM|10=$S|", "DATA_LENGTH; ", "D IBM; ",
     "data_length", SOH},
    {"a length of data that overflows to the right one", "8=FIX.4.4|9=$L|35=D|95=4294967297|96=a|55=IBM|10=$S|",
     "DATA_LENGTH; ", "D IBM; ", "data_length", SOH},
    {"a length of data beyond the message", "8=FIX.4.4|9=$L|35=D|95=999|96=a|55=IBM|10=$S|" OTHER, "DATA_LENGTH; ",
     "D IBM; 8 MSFT; ", "data_length", SOH},
    {"a length without its data", "8=FIX.4.4|9=$L|35=D|95=3|55=IBM|10=$S|", "DATA_LENGTH; ", "D IBM; ", "data_length",
     SOH},
    {"data without a length", "8=FIX.4.4|9=$L|35=D|96=abc|55=IBM|10=$S|", "DATA_LENGTH; ", "D IBM; ", "data_length",
     SOH},
    {"the first of two occurrences counts, not the last", "8=FIX.4.4|9=$L|35=D|55=IBM|55=MSFT|10=$S|", "D IBM; ", NULL,
     NULL, SOH},
    {"nested groups that are empty", "8=FIX.4.4|9=$L|35=AB|55=IBM|555=1|600=A|604=0|711=0|539=0|10=$S|", "AB IBM A; ",
     NULL, NULL, SOH},
    {"a counter that is larger than its group", "8=FIX.4.4|9=$L|35=AB|55=IBM|555=9|600=A|600=B|10=$S|", "AB IBM A B; ",
     NULL, NULL, SOH},
    {"a counter that is smaller than its group", "8=FIX.4.4|9=$L|35=AB|55=IBM|555=1|600=A|600=B|10=$S|", "AB IBM A B; ",
     NULL, NULL, SOH},
    {"a venue's tag within a group does not end it",
     "8=FIX.4.4|9=$L|35=AB|55=IBM|555=2|600=A|20001=x|600=B|99999=y|10=$S|", "AB IBM A B; ", NULL, NULL, SOH},
    {"a good message behind a bad one, in one buffer", "8=FIX.4.4|9=$L|35=D|x|10=$S|" ORDER, "FIELD; ",
     "FIELD; D IBM; ", "resync", SOH},
    {"a good message behind a bad one, on the next line", "8=FIX.4.4|9=12|35=D|x\n" ORDER, "BODY_LENGTH_MISMATCH; ",
     "FIELD; D IBM; ", NULL, SOH},

    /* ---- FIX within something else, and something else within FIX ---- */
    {"JSON about FIX", "{\"8\":\"FIX.4.4\",\"35\":\"D\"}", "NOT_FIX; ", "skipped; ", NULL, SOH},
    {"JSON with a message as a string", "{\"fix\":\"" ORDER "\"}", "NOT_FIX; ", "D IBM; skipped; ", "prefix", PIPE},
    {"JSON with a message whose delimiters are escaped",
     "{\"fix\":\"8=FIX.4.4\\u00019=12\\u000135=D\\u000155=IBM\\u000110=046\\u0001\"}", "NOT_FIX; ", "BEGIN_STRING; ",
     NULL, SOH},
    {"FIXML", "<FIXML v=\"4.4\"><Order/></FIXML>", "NOT_FIX; ", "skipped; ", NULL, SOH},
    {"XML around a message", "<msg>" ORDER "</msg>", "NOT_FIX; ", "D IBM; skipped; ", "prefix", SOH},
    {"a syslog line around a message", "<34>1 2026-01-02T03:04:05Z gw fix - - - " ORDER "\n", "NOT_FIX; ", "D IBM; ",
     "prefix", SOH},
    {"XML within 213", "8=FIX.4.4|9=$L|35=n|212=20|213=<FIXML>10=1|</FIXML>|55=IBM|10=$S|", "n IBM; ", NULL, NULL, SOH},
    {"a message within 213", "8=FIX.4.4|9=$L|35=D|212=35|213=8=FIX.4.4|9=13|35=D|55=MSFT|10=099||55=IBM|10=$S|",
     "D IBM; ", NULL, NULL, SOH},
    {"a message within 213 of one with a wrong sum",
     "8=FIX.4.4|9=$L|35=D|212=35|213=8=FIX.4.4|9=13|35=D|55=MSFT|10=099||55=IBM|10=$X|", "CHECKSUM; ", "D IBM; ",
     "checksum", SOH},
    {"a message within 213 of one without a length",
     "8=FIX.4.4|9=0|35=D|212=35|213=8=FIX.4.4|9=13|35=D|55=MSFT|10=099||55=IBM|10=000|", "BODY_LENGTH; ", "D IBM; ",
     "body_length,checksum", SOH},
    {"two messages within 213",
     "8=FIX.4.4|9=$L|35=D|212=52|213=8=FIX.4.4|9=5|35=0|10=163|8=FIX.4.4|9=5|35=0|10=163||55=IBM|10=$X|", "CHECKSUM; ",
     "D IBM; ", "checksum", SOH},
    {"no bytes", "", "EMPTY; ", "", "prefix", SOH},
    {"only white space", " \t\r\n", "EMPTY; ", "", "prefix", SOH},
};

/* ---- the bytes of a row ---- */

struct text {
    char bytes[1024];
    size_t len;
};

static void append(struct text *text, const char *bytes, size_t len)
{
    assert_true(text->len + len < sizeof text->bytes);
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
}

/* What stands for `|` where it is written, and where it is counted. */
static const char *delimiter_of(enum spelling spelling, bool counted)
{
    switch (spelling) {
    case PIPE:
        return "|";
    case PIPE_OF_SOH:
        return counted ? "\x01" : "|";
    case CARET:
        return "^A";
    case CARET_OF_SOH:
        return counted ? "\x01" : "^A";
    default:
        return "\x01";
    }
}

static void spell(const char *text, size_t len, const char *delimiter, struct text *out)
{
    for (size_t i = 0; i < len; i++)
        append(out, text[i] == '|' ? delimiter : text + i, text[i] == '|' ? strlen(delimiter) : 1);
}

/* Bytes from behind the field of `$L` to the trailer with `$S` or `$X`. */
static size_t body_length(const char *mark, const char *delimiter)
{
    const char *body = strchr(mark, '|') + 1;
    const char *right = strstr(body, "10=$S");
    const char *wrong = strstr(body, "10=$X");
    const char *end = right == NULL || (wrong != NULL && wrong < right) ? wrong : right;
    struct text counted = {.len = 0};

    assert_non_null(end);
    spell(body, (size_t)(end - body), delimiter, &counted);
    return counted.len;
}

/* The row's text with $L filled in, `|` as they are. */
static void fill_lengths(const struct deviation_row *row, struct text *out)
{
    for (const char *p = row->text; *p != '\0';) {
        if (strncmp(p, "$L", 2) == 0) {
            char digits[16];
            int n = snprintf(digits, sizeof digits, "%zu", body_length(p, delimiter_of(row->spelling, true)));
            append(out, digits, (size_t)n);
            p += 2;
        } else {
            append(out, p++, 1);
        }
    }
}

/* The sum from the last message's start to `end`, as it is counted. */
static unsigned sum_before(const char *text, const char *end, const char *delimiter)
{
    const char *start = text;
    struct text counted = {.len = 0};
    unsigned sum = 0;

    for (const char *p = text; p < end; p++)
        if (strncmp(p, "8=FIX", 5) == 0 && (p == text || strchr("|\n \">", p[-1])))
            start = p;
    spell(start, (size_t)(end - start), delimiter, &counted);
    for (size_t i = 0; i < counted.len; i++)
        sum += (unsigned char)counted.bytes[i];
    return sum % 256;
}

static void make_bytes(const struct deviation_row *row, struct text *out)
{
    struct text filled = {.len = 0};
    const char *last;

    fill_lengths(row, &filled);
    last = filled.bytes;
    for (const char *p = filled.bytes; p < filled.bytes + filled.len; p++) {
        if (strncmp(p, "$S", 2) != 0 && strncmp(p, "$X", 2) != 0)
            continue;
        unsigned sum = sum_before(filled.bytes, p - 3, delimiter_of(row->spelling, true));
        char digits[4];
        snprintf(digits, sizeof digits, "%03u", (sum + (p[1] == 'X')) % 256);
        spell(last, (size_t)(p - last), delimiter_of(row->spelling, false), out);
        append(out, digits, 3);
        last = p + 2;
    }
    spell(last, strlen(last), delimiter_of(row->spelling, false), out);
}

/* ---- what becomes of them ---- */

static void say(struct text *out, const char *text, size_t len)
{
    append(out, text, len);
}

static void say_message(const struct fix_message *message, struct text *out)
{
    struct instrument_list list = {0};
    const struct instrument *instrument;
    enum fix_reason reason;
    struct error e;

    assert_int_equal(instrument_extract(&list, message, support_sources(), false, &reason, &e), 0);
    assert_int_equal(reason, FIX_OK);
    say(out, message->msg_type.ptr, message->msg_type.len);
    while ((instrument = instrument_next(&list)) != NULL) {
        say(out, " ", 1);
        say(out, instrument->symbol.ptr, instrument->symbol.len);
    }
    say(out, "; ", 2);
    instrument_list_free(&list);
}

static void say_step(const struct fix_step *step, struct text *out)
{
    const char *reason = fix_reason_name(step->reason);

    if (step->event == FIX_MESSAGE)
        say_message(&step->message, out);
    if (step->event == FIX_SKIPPED)
        say(out, "skipped; ", strlen("skipped; "));
    if (step->event == FIX_MALFORMED) {
        say(out, reason, strlen(reason));
        say(out, "; ", 2);
    }
}

/* As a record; the bytes are in memory of just their size, so that a sanitizer sees what is read beyond. */
static void read_record(unsigned tolerated, const struct text *record, struct text *out)
{
    char *bytes = malloc(record->len + (record->len == 0));
    struct fix_step step;
    size_t at = 0;

    assert_non_null(bytes);
    memcpy(bytes, record->bytes, record->len);
    out->len = 0;
    out->bytes[0] = '\0';
    do {
        fix_next(tolerated, slice_make(bytes + at, record->len - at), at == 0, true, &step);
        say_step(&step, out);
        at += step.consumed;
    } while (step.event != FIX_END && at < record->len);
    free(bytes);
}

/* The same in parts of `chunk` bytes, as from a file. */
static void read_file(unsigned tolerated, const struct text *file, size_t chunk, struct text *out)
{
    struct fix_step step;
    size_t at = 0;
    size_t end = 0;

    out->len = 0;
    out->bytes[0] = '\0';
    do {
        fix_next(tolerated, slice_make(file->bytes + at, end - at), false, end == file->len, &step);
        say_step(&step, out);
        at += step.consumed;
        if (step.event != FIX_END && step.event != FIX_NEED_MORE)
            continue;
        if (end == file->len)
            return;
        end = end + chunk < file->len ? end + chunk : file->len;
    } while (true);
}

static const char *in_log(const struct deviation_row *row)
{
    return row->log ? row->log : row->strict;
}

static void each_deviation_is_refused_or_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text bytes = {.len = 0};
        struct text seen;
        make_bytes(&rows[i], &bytes);
        read_record(FIX_STRICT, &bytes, &seen);
        if (strcmp(seen.bytes, rows[i].strict) != 0)
            fail_row(rows[i].name, "strict: %s instead of %s", seen.bytes, rows[i].strict);
        read_record(FIX_LOG, &bytes, &seen);
        if (strcmp(seen.bytes, in_log(&rows[i])) != 0)
            fail_row(rows[i].name, "log: %s instead of %s", seen.bytes, in_log(&rows[i]));
    }
}

static void a_file_is_read_alike_in_parts_of_any_size(void **state)
{
    static const unsigned sets[] = {FIX_LOG, FIX_STRICT_LOG, FIX_STRICT | FIX_TOLERATE_RESYNC,
                                    FIX_LOG & ~(unsigned)FIX_TOLERATE_BODY_LENGTH};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text bytes = {.len = 0};
        make_bytes(&rows[i], &bytes);
        for (size_t s = 0; s < COUNT_OF(sets); s++) {
            struct text whole;
            read_file(sets[s], &bytes, bytes.len + 1, &whole);
            for (size_t chunk = 1; chunk < bytes.len; chunk++) {
                struct text parts;
                read_file(sets[s], &bytes, chunk, &parts);
                if (strcmp(parts.bytes, whole.bytes) != 0)
                    fail_row(rows[i].name, "set %x, parts of %zu: %s instead of %s", sets[s], chunk, parts.bytes,
                             whole.bytes);
            }
        }
    }
}

/* The bits of "checksum,empty_value". */
static unsigned bits_of(const char *names)
{
    unsigned bits = 0;

    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        assert_true(fix_tolerance_change(slice_make(names, len), &bits));
        names += len + (names[len] == ',');
    }
    return bits;
}

static bool is_read_as_in_log(unsigned tolerated, const struct deviation_row *row)
{
    struct text bytes = {.len = 0};
    struct text seen;

    make_bytes(row, &bytes);
    read_record(tolerated, &bytes, &seen);
    return strcmp(seen.bytes, in_log(row)) == 0;
}

/* Several good messages on their own lines need no resync, and so on: what a row needs is enough, and no part of it. */
static void each_tolerance_is_enough_and_needed(void **state)
{
    unsigned alone = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned needed = rows[i].needed ? bits_of(rows[i].needed) : 0;
        if (needed != 0 && !is_read_as_in_log(FIX_STRICT | needed, &rows[i]))
            fail_row(rows[i].name, "%s is not enough", rows[i].needed);
        for (unsigned bit = 1; bit <= needed; bit <<= 1) {
            if (!(needed & bit))
                continue;
            if (is_read_as_in_log((FIX_STRICT | needed) & ~bit, &rows[i]) ||
                is_read_as_in_log(FIX_LOG & ~bit, &rows[i]))
                fail_row(rows[i].name, "bit %x is not needed", bit);
        }
        alone |= (needed & (needed - 1)) == 0 ? needed : 0;
    }
    assert_int_equal(alone, FIX_LOG); /* each has a row of its own */
}

/* What is wrong first among what is not tolerated. */
struct reason_row {
    const char *name;
    const char *text;
    const char *tolerated; /* beside strict */
    const char *seen;
};

static const struct reason_row reason_rows[] = {
    {"behind the length the sum", "8=FIX.4.4|9=0|35=D|55=IBM|10=$X|", "body_length", "CHECKSUM; "},
    {"behind the length the sum's shape", "8=FIX.4.4|9=0|35=D|55=IBM|10=1|", "body_length", "CHECKSUM_FORMAT; "},
    {"behind the length the sum's delimiter", "8=FIX.4.4|9=0|35=D|55=IBM|10=$S", "body_length", "CHECKSUM_FORMAT; "},
    {"behind the length the missing sum", "8=FIX.4.4|9=0|35=D|55=IBM|", "body_length,checksum", "TRUNCATED; "},
    {"without a sum first the length", "8=FIX.4.4|9=0|35=D|55=IBM|", "checksum", "BODY_LENGTH; "},
    {"behind the sum the value", "8=FIX.4.4|9=$L|35=D|55=|10=$X|", "checksum", "FIELD; "},
    {"behind the sum the place of MsgType", "8=FIX.4.4|9=$L|55=|35=D|10=$X|", "checksum,empty_value", "MSG_TYPE; "},
    {"behind the sum the length of data", "8=FIX.4.4|9=$L|35=D|95=2|96=a|10=$X|", "checksum", "DATA_LENGTH; "},
    {"behind the length of data the value", "8=FIX.4.4|9=$L|35=D|95=2|96=a|58=|10=$S|", "data_length", "FIELD; "},
    {"behind the value the length of data", "8=FIX.4.4|9=$L|35=D|58=|95=2|96=a|10=$S|", "empty_value", "DATA_LENGTH; "},
    {"behind the place of MsgType what is no field", "8=FIX.4.4|9=$L|55=X|35=D|x|10=$S|", "msg_type", "FIELD; "},
    {"MsgType is nowhere", "8=FIX.4.4|9=$L|55=X|10=$S|", "msg_type", "MSG_TYPE; "},
    {"an unknown version is never read", "8=FIX.9|9=0|35=D|10=0|",
     "body_length,checksum,truncation,msg_type,empty_value,data_length", "BEGIN_STRING; "},
    {"a delimiter that is not tolerated", "8=FIX.4.4^A9=5^A35=0^A10=161^A", "-delimiter", "BEGIN_STRING; "},
    {"a sum of one digit ends with its delimiter", "8=FIX.4.4|9=12|35=D|55=IBM|10=0|" ORDER, "checksum",
     "D IBM; D IBM; "},
    {"a message that is refused takes itself alone", "8=FIX.4.4|9=$L|35=D|x|10=$S|" ORDER, "resync", "FIELD; D IBM; "},
    {"what stands before a message is a dead letter of its own", "x " ORDER "y\n" ORDER, "resync",
     "NOT_FIX; D IBM; NOT_FIX; D IBM; "},
    {"a line that is not FIX is skipped and a bad message takes the rest", "x\n8=FIX.4.4|9=1|\n" ORDER, "prefix",
     "skipped; BODY_LENGTH_MISMATCH; "},
};

static void the_first_reason_that_is_not_tolerated_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reason_rows); i++) {
        const struct reason_row *row = &reason_rows[i];
        const struct deviation_row made = {.text = row->text, .spelling = SOH};
        unsigned tolerated = FIX_STRICT;
        struct text bytes = {.len = 0};
        struct text seen;
        if (row->tolerated[0] == '-')
            assert_true(fix_tolerance_change(slice_of(row->tolerated), &tolerated));
        else
            tolerated |= bits_of(row->tolerated);
        make_bytes(&made, &bytes);
        read_record(tolerated, &bytes, &seen);
        if (strcmp(seen.bytes, row->seen) != 0)
            fail_row(row->name, "%s instead of %s", seen.bytes, row->seen);
    }
}

static void every_data_field_holds_delimiters_and_trailers(void **state)
{
    static const uint32_t listed[][2] = {{90, 91},   {93, 89},   {95, 96},   {212, 213}, {348, 349}, {350, 351},
                                         {352, 353}, {354, 355}, {356, 357}, {358, 359}, {360, 361}, {362, 363},
                                         {364, 365}, {445, 446}, {618, 619}, {621, 622}};
    unsigned pairs = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(listed); i++)
        assert_int_equal(fix_data_tag(listed[i][0]), listed[i][1]);
    for (uint32_t tag = 1; tag <= FIX_DATA_TAG_MAX + 1; tag++) {
        uint32_t data = fix_data_tag(tag);
        char body[128];
        const struct deviation_row made = {.text = body, .spelling = SOH};
        struct text bytes = {.len = 0};
        struct text seen;
        if (data == 0)
            continue;
        snprintf(body, sizeof body, "8=FIX.4.4|9=$L|35=D|%u=15|%u=|10=000|55=MSFT|55=IBM|10=$S|", tag, data);
        make_bytes(&made, &bytes);
        read_record(FIX_STRICT, &bytes, &seen);
        assert_string_equal(seen.bytes, "D IBM; ");
        pairs++;
    }
    assert_true(pairs > COUNT_OF(listed));
}

static void names_put_in_and_take_out(void **state)
{
    unsigned tolerated = FIX_STRICT;

    (void)state;
    for (unsigned i = 0; i < FIX_TOLERANCE_COUNT; i++) {
        enum fix_tolerance_number number = (enum fix_tolerance_number)i;
        assert_true(fix_tolerance_change(slice_of(fix_tolerance_name(number)), &tolerated));
        assert_true(tolerated & 1u << i);
        assert_true(strlen(fix_tolerance_text(number)) > 0);
    }
    assert_int_equal(tolerated, FIX_LOG);
    assert_true(fix_tolerance_change(slice_of("-checksum"), &tolerated));
    assert_int_equal(tolerated, FIX_LOG & ~(unsigned)FIX_TOLERATE_CHECKSUM);
    assert_false(fix_tolerance_change(slice_of("Checksum"), &tolerated));
    assert_false(fix_tolerance_change(slice_of("--checksum"), &tolerated));
    assert_false(fix_tolerance_change(slice_of("-"), &tolerated));
    assert_false(fix_tolerance_change(slice_of(""), &tolerated));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_deviation_is_refused_or_read),
        cmocka_unit_test(a_file_is_read_alike_in_parts_of_any_size),
        cmocka_unit_test(each_tolerance_is_enough_and_needed),
        cmocka_unit_test(the_first_reason_that_is_not_tolerated_counts),
        cmocka_unit_test(every_data_field_holds_delimiters_and_trailers),
        cmocka_unit_test(names_put_in_and_take_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
