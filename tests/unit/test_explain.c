#include "support.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "consumer/config.h"
#include "consumer/explain.h"
#include "consumer/explain_find.h"
#include "consumer/explain_text.h"
#include "consumer/explain_write.h"
#include "consumer/fix_words.h"

#define HEADER "symbol,cusip,isin,mic,currency,security_type,maturity,multiplier,status\n"
#define MASTER                                                                                                         \
    HEADER "AAPL,037833100,US0378331005,XNAS,USD,CS,,,\n"                                                              \
           "IBM,459200101,US4592001014,XNYS,USD,Common Stock,,,\n"                                                     \
           "VOD,,GB00BH4HKS39,XLON,GBX,,,,\n"                                                                          \
           "VODI,,GB00BH4HKS39,XMIL,EUR,,,,\n"                                                                         \
           "BRK.B,084670702,US0846707026,XNYS,USD,,,,\n"                                                               \
           "ESZ6,,,XCME,USD,FUT,2026-12-18,50,\n"                                                                      \
           "GONE,,GB0002634946,XLON,GBP,,,,DELISTED\n"

struct explain_row {
    const char *name;
    const char *settings; /* section.key=value, separated by `;` */
    const char *message;  /* from 8= on; or what stands behind 9= in a right one of FIX 4.4 */
    const char *lines;    /* that are printed, in this order, each with single blanks */
};

static const struct explain_row rows[] = {
    /* framing */
    {"a right message", "", "35=D|55=AAPL|",
     "NewOrderSingle (35=D) of FIX.4.4, 35 bytes, as of topic orders\ndelimiter SOH\nBodyLength right: 13\nCheckSum "
     "right: 172\n"
     "profile log takes it\nprofile strict takes it\n"},
    {"a wrong message that is read all the same", "", "8=FIX.4.2|9=7|35=D|55=AAPL|10=7|",
     "delimiter |\nBodyLength wrong: 7 is stated, the bytes give 13\nCheckSum wrong: 7 is stated, the bytes give 125\n"
     "profile log takes it\n"
     "profile strict refuses it: BODY_LENGTH_MISMATCH, BodyLength (9) does not lead to CheckSum (10)\n"},
    {"delimiters of two characters are counted as one", "", "8=FIX.4.2^A9=13^A35=D^A55=AAPL^A10=170^A",
     "delimiter ^A\nBodyLength right: 13\nCheckSum right: 170\nprofile strict takes it\n"},
    {"with bars the sum of the bytes as they stand is right, too", "", "8=FIX.4.2|9=13|35=D|55=AAPL|10=150|",
     "BodyLength right: 13\nCheckSum right: 150\nprofile strict takes it\n"},
    {"a CheckSum has three digits", "", "8=FIX.4.2|9=13|35=D|55=AAPL|10=0170|",
     "CheckSum wrong: 0170 is stated, the bytes give 170\n"},
    {"a message that is cut", "", "8=FIX.4.2|9=13|35=D|55=AAPL",
     "BodyLength wrong: 13 is stated, the bytes give 12\nprofile log takes it\n"
     "profile strict refuses it: TRUNCATED, there are fewer bytes than BodyLength (9) announces, or there is no "
     "CheckSum (10)\n"},
    {"bytes that are no message", "", "8=FIX.9.9|9=5|35=D|",
     "Bytes that are no message, 19 bytes, as of topic orders\n8=FIX.9.9|9=5|35=D|\n"
     "OUTCOME malformed: BEGIN_STRING, BeginString (8) names no known version of FIX, or nothing ends it; it is a dead "
     "letter\n"},
    {"a type that FIX does not list", "", "35=UX|55=AAPL|",
     "A message of an unknown type (35=UX) of FIX.4.4, 36 bytes, as of topic orders\n"},

    /* fields */
    {"each field has its name, its instrument and its meaning", "",
     "35=D|54=1|201=0|9999=x|55=AAPL|48=037833100|22=1|454=1|455=US0378331005|456=4|",
     "54 Side 1 (buy)\n201 PutOrCall BODY 0 (put)\n9999 - x\n55 Symbol BODY AAPL\n48 SecurityID BODY 037833100\n"
     "22 SecurityIDSource BODY 1 (CUSIP)\n454 NoSecurityAltID 1\n455 SecurityAltID BODY US0378331005\n"
     "456 SecurityAltIDSource BODY 4 (ISIN)\n"},
    {"legs and underlyings have their numbers", "", "35=AB|555=2|600=IBM|624=2|600=AAPL|711=1|311=VOD|",
     "600 LegSymbol LEG 0 IBM\n624 LegSide 2 (sell)\n600 LegSymbol LEG 1 AAPL\n711 NoUnderlyings 1\n"
     "311 UnderlyingSymbol UNDERLYING 0 VOD\nINSTRUMENT LEG 0\n600 symbol IBM\nINSTRUMENT LEG 1\n600 symbol AAPL\n"
     "INSTRUMENT UNDERLYING 0\n311 symbol VOD\n"},
    {"fields that say nothing are marked", "", "35=D|55=[N/A]|48=NONE|22=1|699=912828|15=USD|55=IBM|1=N/A|",
     "55 Symbol BODY [N/A] [no value]\n48 SecurityID NONE [no value]\n22 SecurityIDSource 1 (CUSIP) [not used]\n"
     "699 BenchmarkSecurityID 912828 [not looked at: [rules] references is no]\n15 Currency BODY USD\n"
     "55 Symbol IBM [not used]\n1 Account N/A\n15 currency USD\nnothing that names a security\n"},
    {"references are looked at where the rules say so", "rules.references=yes", "35=D|55=IBM|699=US0378331005|761=4|",
     "699 BenchmarkSecurityID REFERENCE 0 US0378331005\n761 BenchmarkSecurityIDSource REFERENCE 0 4 (ISIN)\n"},
    {"a source that the user has named", "identifiers.source.99=ISIN", "35=D|48=US0378331005|22=99|",
     "22 SecurityIDSource BODY 99 (ISIN)\n48 ISIN US0378331005 well-formed; found\n"},
    {"control characters do not reach the terminal", "", "8=FIX.4.4|9=1|35=D|55=A\x1b[31m\x9b|58=\xe2\x80\xae|10=000|",
     "55 Symbol BODY A\\x1B[31m\\x9B\n58 Text \\xE2\\x80\\xAE\n55 symbol A\\x1B[31m\\x9B\n"},
    {"an entry that takes the instrument before it over", "",
     "35=X|268=2|279=0|269=0|55=IBM|48=459200101|22=1|"
     "279=0|269=1|207=XNYS|",
     "279 MDUpdateAction 0 (new)\n55 Symbol LIST_ENTRY 0 IBM\n207 SecurityExchange LIST_ENTRY 1 XNYS\n"
     "INSTRUMENT LIST_ENTRY 0\n55 symbol IBM\nINSTRUMENT LIST_ENTRY 1\n55 symbol IBM of the entry before\n"
     "207 exchange XNYS\n"},

    /* looking up and comparing */
    {"an instrument that agrees", "", "35=D|55=VOD|48=GB00BH4HKS39|22=4|207=XLON|15=GBP|60=20260102-03:04:05|",
     "48 ISIN GB00BH4HKS39 well-formed; found\n55 symbol VOD\nlooked up\nrows left the first row\n"
     "ISIN GB00BH4HKS39 as it stands 2 2 VOD, byte 167\ncompared\nmessage master rows left\n"
     "exchange XLON XLON agrees 1\ncurrency GBP GBX agrees 1\nsymbol VOD VOD agrees 1\nstatus 20260102 - active 1\n"
     "type, cfi, maturity, strike, put_call, multiplier: not stated\n"
     "rows of the master that remain 1, found by IDENTIFIER\nmessage master\nsymbol VOD VOD\nisin GB00BH4HKS39 "
     "GB00BH4HKS39\nmic XLON XLON\ncurrency GBP GBX\ndiscrepancies none\n"
     "OUTCOME matched: nothing disagrees with the master\n"},
    {"all rows that remain stand side by side", "", "35=D|48=GB00BH4HKS39|22=4|",
     "rows of the master that remain 2, found by IDENTIFIER\nmessage row 1 row 2\nsymbol VOD VODI\n"
     "isin GB00BH4HKS39 GB00BH4HKS39 GB00BH4HKS39\nmic XLON XMIL\ncurrency GBX EUR\n"},
    {"a further identifier that bears the first one out", "", "35=D|48=037833100|22=1|454=1|455=US0378331005|456=4|",
     "CUSIP 037833100 as it stands 1 1 AAPL, byte 72\nISIN US0378331005 as it stands 1 1 AAPL, byte 72\n"},
    {"a conflict shows where each identifier leads", "", "35=D|48=037833100|22=1|454=1|455=US4592001014|456=4|",
     "48 CUSIP 037833100 well-formed; found\n455 ISIN US4592001014 well-formed; leads to another security\n"
     "CUSIP 037833100 as it stands 1 1 AAPL, byte 72\nISIN US4592001014 as it stands 1 1 IBM, byte 115\n"
     "compared the identifiers conflict: nothing else is compared\n"
     "CRITICAL IDENTIFIER_CONFLICT 455 US4592001014 US0378331005 severity by [rules] IDENTIFIER_CONFLICT\n"},
    {"a wrong check digit, and the symbol as a hint", "", "35=D|55=IBM|48=US4592001015|22=4|15=USD|",
     "48 ISIN US4592001015 wrong check digit; invalid\nISIN US4592001015 as it stands 0 0 -\n"
     "SYMBOL IBM as it stands 1 1 IBM, byte 115\n"
     "compared the rows are a hint: only what chooses among them is compared\ncurrency USD USD agrees 1\n"
     "MEDIUM INVALID_IDENTIFIER 48 US4592001015 - BAD_CHECK_DIGIT; severity by [rules] INVALID_IDENTIFIER\n"},
    {"an identifier under the source of another", "", "35=D|48=US0378331005|22=1|",
     "48 CUSIP US0378331005 wrong shape; invalid\nISIN US0378331005 that it looks like 1 1 AAPL, byte 72\n"
     "found by HINT\nMEDIUM INVALID_IDENTIFIER 48 US0378331005 - BAD_SHAPE; looks like ISIN US0378331005; severity by "
     "[rules] INVALID_IDENTIFIER\n"},
    {"kinds that name no security, and what is said twice", "",
     "35=D|48=459200101|22=1|454=3|455=USD|456=6|455=459200101|456=1|455=IBM.N|456=5|",
     "455 ISO_CURRENCY USD no check digit; passed over: its kind names no security\n"
     "455 CUSIP 459200101 well-formed; repeats another one\n"
     "455 RIC IBM.N no check digit; the master has no such column\n"},
    {"a symbol without separators is shown once", "", "35=D|55=NONESUCH|",
     "SYMBOL NONESUCH as it stands 0 0 -\ncompared nothing was found to compare with\n"},
    {"another spelling", "", "35=D|55=BRK/B|",
     "SYMBOL BRK/B as it stands 0 0 -\nSYMBOL BRK.B in another spelling 1 1 BRK.B, byte 230\n"
     "symbol: the symbol led to the rows\nfound by SYMBOL_VARIANT\n"},
    {"a symbol of a convention", "symbology.master=CQS;symbology.topic.orders=NASDAQ", "35=D|55=BRK.B|",
     "the symbol is read in convention NASDAQ, and looked up as the master spells it: BRK/B\n"
     "SYMBOL BRK/B as it stands 0 0 -\n"},
    {"a symbol that the master's convention cannot spell", "symbology.master=YAHOO;symbology.topic.orders=NASDAQ",
     "35=D|55=ABC#|",
     "looked up\nthe symbol is read in convention NASDAQ, and not looked up: the master's convention has no spelling "
     "for "
     "it\n"},
    {"every outcome of a comparison", "", "35=D|55=BRK/B|48=084670702|22=1|207=QQ|15=EUR|167=CS|",
     "exchange QQ XNYS cannot be said 1\ncurrency EUR USD differs 1\nsymbol BRK/B BRK.B nearly 1\n"
     "type CS - cannot be said 1\n"},
    {"a security that is no longer active", "", "35=D|48=GB0002634946|22=4|60=20260102-03:04:05|",
     "status 20260102 DELISTED inactive 1\nHIGH INACTIVE_SECURITY 0 20260102 DELISTED severity by [rules] "
     "INACTIVE_SECURITY\n"},
    {"a CFI is not compared where the type differs", "", "35=D|55=ESZ6|167=CS|461=FXXXXX|",
     "type CS FUT differs 1\ncfi: the type differs already\n"},

    /* what set the severity */
    {"a severity by a step", "rules.attribute.currency=low", "35=D|48=037833100|22=1|15=EUR|",
     "LOW CURRENCY_MISMATCH 15 EUR USD severity by [rules] attribute.currency\n"},
    {"a severity by a rule", "severity.small=type=D kind=CURRENCY_MISMATCH -> MEDIUM", "35=D|48=037833100|22=1|15=EUR|",
     "MEDIUM CURRENCY_MISMATCH 15 EUR USD severity by [severity] small\n"
     "OUTCOME discrepant: 1 discrepancy, up to MEDIUM\n"},
    {"a discrepancy that a rule takes back", "severity.none=type=D -> off", "35=D|48=037833100|22=1|15=EUR|",
     "off CURRENCY_MISMATCH 15 EUR USD not published by [severity] none\n"
     "OUTCOME matched: nothing disagrees with the master\n"},
    {"a kind and a step that are off", "rules.currency_mismatch=off;rules.attribute.exchange=off",
     "35=D|48=037833100|22=1|15=EUR|207=XNYS|",
     "currency EUR USD differs 1\nexchange: off by [rules]\ndiscrepancies none\nnot reported: CURRENCY_MISMATCH\n"},

    /* money */
    {"a notional", "", "35=D|55=ESZ6|38=2|44=5000.5|15=USD|",
     "quantity 2\nprice 5000.5\nnotional 500050 USD, which counts as exposure\n"},
    {"a notional that was stated before", "", "35=8|43=Y|55=AAPL|32=2|31=10|",
     "notional 20, not counted as exposure: the message says that it was sent before (43=Y)\n"},
    {"a notional that cannot be known", "", "35=D|55=OTHER|167=OPT|38=2|44=10|",
     "notional none: the multiplier of the contract is not known\n"},

    /* outcomes */
    {"a message that names none", "", "35=B|148=NEWS|", "OUTCOME ignored: it names no instrument, and need not\n"},
    {"a message that must name one", "", "35=D|38=5|",
     "INSTRUMENT BODY\nnothing that names a security\nMEDIUM MISSING_IDENTIFIER 0 - - severity by [rules] "
     "MISSING_IDENTIFIER\n"},
};

/* ---- one row ---- */

static void load(struct config *config, const char *settings)
{
    char *copy = strdup(settings), *rest = copy;
    struct error e;

    assert_true(config_init(config));
    for (char *one; (one = strsep(&rest, ";")) != NULL;) {
        char *equals = strchr(one, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        if (config_set(config, one, equals + 1, &e) != 0)
            fail_msg("%s: %s", one, e.text);
    }
    if (config_finish_rules(config, &e) != 0)
        fail_msg("%s", e.text);
    free(copy);
}

static char *message_of(const char *text, size_t *len)
{
    if (strncmp(text, "8=", 2) != 0)
        return support_fix("FIX.4.4", text, len);
    *len = strlen(text);
    return strdup(text);
}

static json_t *explained(const struct index *index, const struct rules *rules, unsigned profile, const char *text)
{
    struct explain_request request = {.profile = profile, .index = index, .rules = rules, .topic = slice_of("orders")};
    struct error e;
    char *message = message_of(text, &request.bytes.len);
    json_t *explanation;

    request.bytes.ptr = message;
    explanation = explain(&request, &e);
    if (explanation == NULL)
        fail_msg("%s", e.text);
    free(message);
    return explanation;
}

static char *written(const json_t *explanation, bool colour)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct error e;

    assert_int_equal(explain_write(explanation, colour, out, &e), 0);
    fclose(out);
    return text;
}

/* Single blanks, and none at either end of a line. */
static void squeeze(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool is_edge = to == text || to[-1] == '\n' || to[-1] == ' ';
        if (*from == ' ' && (is_edge || from[1] == '\n'))
            continue;
        *to++ = *from;
    }
    *to = '\0';
}

/* The first of the lines that does not come in its turn, or NULL. A line may stand at the end of a longer one. */
static const char *missing_line(const char *text, const char *lines)
{
    static char line[512];

    for (size_t len; *lines != '\0'; lines += len) {
        len = strcspn(lines, "\n") + 1;
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        text = strstr(text, line);
        if (text == NULL)
            return line;
        text += len;
    }
    return NULL;
}

static void each_message_is_explained(void **state)
{
    struct index *index = support_index(MASTER);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct config config;
        json_t *explanation;
        const char *missing;
        char *text;

        load(&config, rows[i].settings);
        explanation = explained(index, &config.rules, FIX_LOG, rows[i].message);
        text = written(explanation, false);
        squeeze(text);
        missing = missing_line(text, rows[i].lines);
        if (missing != NULL)
            fail_row(rows[i].name, "not there, or not in its turn: %s\n%s", missing, text);
        free(text);
        json_decref(explanation);
        config_free(&config);
    }
    index_close(index);
}

/* ---- what is not in the rows ---- */

static void what_strict_refuses_is_shown_as_far_as_a_log_allows(void **state)
{
    struct index *index = support_index(MASTER);
    struct rules rules;
    json_t *explanation;
    char *text;

    (void)state;
    rules_default(&rules);
    explanation = explained(index, &rules, FIX_STRICT, "8=FIX.4.4|9=13|35=D|55=AAPL|10=000|");
    text = written(explanation, false);
    squeeze(text);
    assert_null(missing_line(text, "55 Symbol AAPL\nOUTCOME malformed: CHECKSUM, CheckSum (10) is not the sum of the "
                                   "bytes before it; it is a dead letter\n"));
    assert_null(strstr(text, "profile log"));
    assert_null(strstr(text, "INSTRUMENT"));
    free(text);
    json_decref(explanation);
    index_close(index);
}

static void too_many_identifiers_are_malformed(void **state)
{
    struct index *index = support_index(MASTER);
    struct rules rules;
    json_t *explanation;
    char body[1024] = "35=D|55=IBM|454=33|", *text;

    (void)state;
    rules_default(&rules);
    for (int i = 0; i <= INSTRUMENT_ALTERNATES_MAX; i++)
        strcat(body, "455=A|456=5|");
    explanation = explained(index, &rules, FIX_STRICT, body);
    text = written(explanation, false);
    assert_non_null(strstr(text, "OUTCOME  malformed: TOO_MANY_IDENTIFIERS"));
    free(text);
    json_decref(explanation);
    index_close(index);
}

/* A master with so many rows of one symbol. */
static struct index *index_of_many(size_t count)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct index *index;

    fputs("symbol,mic\n", out);
    for (size_t i = 0; i < count; i++)
        fputs("MANY,XLON\n", out);
    fclose(out);
    index = support_index(text);
    free(text);
    return index;
}

static void rows_are_listed_up_to_their_limits(void **state)
{
    static const struct {
        size_t rows, listed;
        const char *more; /* what the table says of those it does not show; NULL: it shows all */
    } limits[] = {
        {EXPLAIN_ROWS_SHOWN, EXPLAIN_ROWS_SHOWN, NULL},
        {EXPLAIN_ROWS_SHOWN + 1, EXPLAIN_ROWS_SHOWN + 1, "and 1 more"},
        {EXPLAIN_ROWS_MAX, EXPLAIN_ROWS_MAX, "and 96 more"},
        {EXPLAIN_ROWS_MAX + 1, EXPLAIN_ROWS_MAX, "and 97 more"},
    };
    struct rules rules;

    (void)state;
    rules_default(&rules);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct index *index = index_of_many(limits[i].rows);
        json_t *explanation = explained(index, &rules, FIX_LOG, "35=D|55=MANY|"), *instrument;
        char *text = written(explanation, false);

        instrument = json_array_get(json_object_get(explanation, "instruments"), 0);
        assert_int_equal(json_array_size(json_object_get(instrument, "rows")), limits[i].listed);
        assert_int_equal(json_integer_value(json_object_get(instrument, "candidates")), limits[i].rows);
        assert_int_equal(limits[i].more != NULL, strstr(text, " more (--format json lists them)") != NULL);
        assert_true(limits[i].more == NULL || strstr(text, limits[i].more) != NULL);
        free(text);
        json_decref(explanation);
        index_close(index);
    }
}

static void colour_is_all_that_colour_changes(void **state)
{
    struct index *index = support_index(MASTER);
    struct rules rules;
    json_t *explanation;
    char *plain, *coloured, *to;

    (void)state;
    rules_default(&rules);
    explanation = explained(index, &rules, FIX_LOG, "35=D|55=BRK/B|48=084670702|22=1|207=QQ|15=EUR|38=1|44=2|");
    plain = written(explanation, false);
    coloured = to = written(explanation, true);
    assert_null(strchr(plain, '\x1b'));
    assert_non_null(strstr(coloured, "\x1b[31mdiffers\x1b[0m"));
    for (const char *from = coloured; *from != '\0'; from++) {
        if (*from == '\x1b')
            from += strcspn(from, "m");
        else
            *to++ = *from;
    }
    *to = '\0';
    assert_string_equal(coloured, plain);
    free(plain);
    free(coloured);
    json_decref(explanation);
    index_close(index);
}

static void texts_are_made_safe(void **state)
{
    static const struct {
        const char *name, *text;
        size_t max;
        const char *expected;
    } texts[] = {
        {"plain", "abc", 10, "abc"},
        {"empty", "", 10, ""},
        {"as long as it may be", "abcd", 4, "abcd"},
        {"longer than that by one", "abcde", 4, "abcd ... (5 bytes)"},
        {"characters are counted, not bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", 4,
         "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"},
        {"C0 and DEL", "\x01\n\x7f", 10, "\\x01\\x0A\\x7F"},
        {"C1", "\xc2\x9b", 10, "\\x9B"},
        {"the first that is no C1", "\xc2\xa0", 10, "\xc2\xa0"},
        {"another direction", "\xe2\x80\xae", 10, "\\xE2\\x80\\xAE"},
        {"an isolate", "\xe2\x81\xa6", 10, "\\xE2\\x81\\xA6"},
        {"a zero width", "\xe2\x80\x8b\xef\xbb\xbf", 10, "\\xE2\\x80\\x8B\\xEF\\xBB\\xBF"},
        {"a dash of the same page", "\xe2\x80\x93", 10, "\xe2\x80\x93"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char *seen = explain_text(slice_of(texts[i].text), texts[i].max);
        if (strcmp(seen, texts[i].expected) != 0)
            fail_row(texts[i].name, "seen '%s', expected '%s'", seen, texts[i].expected);
        free(seen);
    }
}

/* ---- finding ---- */

#define FIRST "8=FIX.4.4|9=13|35=D|55=AAPL|10=000|"
#define SECOND "8=FIX.4.4|9=5|35=0|10=000|"
#define LOG "10:00 in " FIRST "\nno message\n10:01 out " SECOND "\n"

static const struct find_row {
    const char *name;
    const char *text;
    unsigned profile;
    bool is_file;
    int64_t offset;
    uint64_t number;
    const char *found; /* NULL: nothing */
    int64_t at;
} finds[] = {
    {"the only one", FIRST, FIX_LOG, false, 0, 0, FIRST, 0},
    {"the second one", FIRST SECOND, FIX_LOG, false, 0, 1, SECOND, 35},
    {"one behind what somebody has written", "in " FIRST, FIX_LOG, false, 0, 0, FIRST, 3},
    {"none", "hello", FIX_LOG, false, 0, 0, NULL, 0},
    {"strictly, a record that is no FIX is malformed", "hello", FIX_STRICT, false, 0, 0, "hello", 0},
    {"more than there are", FIRST, FIX_LOG, false, 0, 1, NULL, 0},
    {"the first one of a file", LOG, FIX_LOG, true, 0, 0, FIRST, 9},
    {"the second one of a file", LOG, FIX_STRICT_LOG, true, 0, 1, SECOND, 66},
    {"at a byte", LOG, FIX_LOG, true, 66, 0, SECOND, 66},
    {"the first one from a byte on", LOG, FIX_LOG, true, 10, 0, SECOND, 66},
    {"reading a file goes on behind what is malformed", "8=FIX.9|\n" SECOND, FIX_STRICT, true, 0, 1, SECOND, 9},
    {"behind the end", LOG, FIX_LOG, true, 1000, 0, NULL, 0},
};

static void find(const struct find_row *row, struct explain_find *found)
{
    atomic_bool stop = false;
    struct error e;
    char *path;

    *found = (struct explain_find){.profile = row->profile, .number = row->number};
    if (!row->is_file) {
        assert_int_equal(explain_find_in_text(found, slice_of(row->text), &e), 0);
        return;
    }
    path = support_file("log.fix", row->text, strlen(row->text));
    if (explain_find_in_file(found, path, row->offset, &stop, &e) != 0)
        fail_row(row->name, "%s", e.text);
    support_remove(path);
}

static void messages_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        struct explain_find found;
        struct slice expected = slice_of(finds[i].found ? finds[i].found : "");

        find(&finds[i], &found);
        if ((found.bytes != NULL) != (finds[i].found != NULL) ||
            !slice_equal(slice_make(found.bytes, found.len), expected) || found.offset != finds[i].at)
            fail_row(finds[i].name, "found '%.*s' at %lld", (int)found.len, found.bytes ? found.bytes : "",
                     (long long)found.offset);
        explain_find_free(&found);
    }
}

/* What cannot be sought is read, as standard input may be. */
static void a_pipe_is_read_up_to_the_byte(void **state)
{
    atomic_bool stop = false;
    struct explain_find found = {.profile = FIX_LOG};
    struct error e;
    int ends[2], saved = dup(STDIN_FILENO);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], LOG, strlen(LOG)), strlen(LOG));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    assert_int_equal(explain_find_in_file(&found, "-", 66, &stop, &e), 0);
    assert_true(slice_equal_text(slice_make(found.bytes, found.len), SECOND));
    assert_int_equal(found.offset, 66);
    explain_find_free(&found);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void words_are_those_of_fix(void **state)
{
    (void)state;
    assert_string_equal(fix_words_field(1), "Account");
    assert_string_equal(fix_words_field(22), "SecurityIDSource");
    assert_string_equal(fix_words_field(2428), "NoOrderEntries");
    assert_null(fix_words_field(0));
    assert_null(fix_words_field(999999999));
    assert_string_equal(fix_words_message(slice_of("AE")), "TradeCaptureReport");
    assert_null(fix_words_message(slice_of("")));
    assert_string_equal(fix_words_value(54, slice_of("5")), "sell short");
    assert_string_equal(fix_words_value(315, slice_of("1")), "call");
    assert_null(fix_words_value(54, slice_of("55")));
    assert_null(fix_words_value(1, slice_of("1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_explained),
        cmocka_unit_test(what_strict_refuses_is_shown_as_far_as_a_log_allows),
        cmocka_unit_test(too_many_identifiers_are_malformed),
        cmocka_unit_test(rows_are_listed_up_to_their_limits),
        cmocka_unit_test(colour_is_all_that_colour_changes),
        cmocka_unit_test(texts_are_made_safe),
        cmocka_unit_test(messages_are_found),
        cmocka_unit_test(a_pipe_is_read_up_to_the_byte),
        cmocka_unit_test(words_are_those_of_fix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
