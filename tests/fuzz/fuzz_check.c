/* The way from bytes to Avro over any bytes: framing, instruments, match, encoding, in profiles strict and log, and
 * once more with the bytes as the body of a message whose frame is right. The counts add up to the messages, each
 * record that is published decodes, no two have the same id, and a second check gives the same bytes: one with a trace,
 * so that no instrument is taken the short way. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumer/avro_decode.h"
#include "core/avro_encode.h"
#include "core/checker.h"
#include "core/found.h"
#include "core/index_build.h"

#define BODY_MAX 4096    /* bytes; a longer input is not framed */
#define COMPARED_MAX 256 /* records whose ids are held against each other */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every role; keys of one row and of many, blanks, placeholders, symbols in several spellings, options and futures,
 * what is delisted, suspended or matured, and bytes that are no UTF-8. */
static const char header[] =
    "symbol,cusip,sedol,isin,figi,compositeFigi,shareClassFigi,ric,bloomberg,wkn,valoren,sicovam,"
    "commonCode,opra,lei,mic,currency,type,cfi,maturity,strike,putCall,multiplier,status,"
    "delisted,region\n";
static const char rows[] =
    "AAPL,037833100,2046251,US0378331005,BBG000B9XRY4,BBG000B9XRY4,BBG001S5N8V8,AAPL.O,AAPL US Equity,865985,908440,,,,"
    "HWUPKR0MPOU8FGXBT394,XNAS,USD,CS,ESVUFR,,,,,active,false,US\n"
    "BRK.B,084670702,,US0846707026,,,,BRKb.N,BRK/B US Equity,,,,,,,XNYS,USD,CS,ESVUFR,,,,,SUSPENDED,,US\n"
    "BRK/A,084670108,,US0846701086,,,,BRKa.N,,,,,,,,XNYS,USD,CS,,,,,,,,US\n"
    "IBM,459200101,2005973,US4592001014,BBG000BLNQ16,,,IBM.N,,851399,941800,,,,VGRQXHF3J8VDLUA7XE92,XNYS,USD,,ESXXXX,,,"
    ",,,,"
    "\n"
    "OLD,17275R102,,US17275R1023,,,,,,,,,,,,XNAS,USD,CS,,,,,,,2020-01-31,US\n"
    "DUP,,,,,,,,,,,,,,,XLON,GBX,,,,,,,,,GB\n"
    "DUP,,,,,,,,,,,,,,,XPAR,EUR,,,2026-12,200,C,100,,,FR\n"
    "O1,,,,,,,,,,,,,AAPL261218C00200000,,XCBO,USD,OPT,OCASPS,2026-12-18,200,C,100,,,US\n"
    "O1,,,,,,,,,,,,,AAPL261218P00200000,,XCBO,USD,OPT,OPASPS,2026-12-18,200,P,100,,,US\n"
    "O1,,,,,,,,,,,,,AAPL270115C00210000,,XCBO,USD,OPT,OCASPS,2027-01-15,210.50,call,100,,,US\n"
    "FUT,,,,,,,,,,,,,,,XCME,USD,FUT,FXXXXX,202603,,,50,,,\n"
    "GONE,,,,,,,,,,,,,,,XCME,USD,FUT,FXXXXX,202003,,,50,,,\n"
    "N/A,68389X105,,US68389X1054,#N/A,,,,,,,,,,,,,,,,,,,,,\n"
    "M\xfcnchen,,,DE0008430026,,,,MUVGn.DE,,843002,,,,,,XETR,EUR,,,,,,,,,DE\n"
    "SICO,,,FR0000131104,,,,,,,,13110,012345678,,,XPAR,EUR,,,,,,,halted,,FR\n";

static void write_master(FILE *file)
{
    fputs(header, file);
    fputs(rows, file);
    for (int i = 0; i < 60; i++) /* one ISIN with more listings than one line of a page holds */
        fprintf(file,
                "VOD%c,92857W308,BH4HKS3,GB00BH4HKS39,BBG000C%05d,,,VOD.%d,,,,,,,213800TB53ELEUKM7Q61,X%03d,%s,CS,,,,,,"
                ",,GB\n",
                'A' + i % 5, i, i, i % 20, i % 3 == 0 ? "GBX" : "EUR");
}

static struct index *make_index(void)
{
    char path[] = "/tmp/fixwarden-fuzz-XXXXXX";
    char index_path[64];
    const char *const paths[] = {path};
    struct index_build_options build = {.max_bad_rows = 0};
    struct index_open_options open = {.verify_all = true};
    struct index_build_result result;
    struct index *index = NULL;
    struct error e = {0};
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

    if (file == NULL)
        abort();
    write_master(file);
    fclose(file);
    snprintf(index_path, sizeof index_path, "%s.fwx", path);
    if (index_build(paths, 1, index_path, &build, &result, &e) != 0 || index_open(index_path, &open, &index, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    unlink(path);
    unlink(index_path);
    return index;
}

enum { STRICT, LOG, PROFILE_COUNT };

/* Everything that is made once and serves all inputs. */
struct setting {
    struct index *index;
    struct rules rules[PROFILE_COUNT]; /* that the checkers borrow */
    struct checker *checkers[PROFILE_COUNT];
    struct avro_decoder *decoders[FOUND_TYPE_COUNT];
    struct found *found;
    struct found *again;
};

/* Rules with everything that can be set. */
static void set_all(struct rules *rules)
{
    const struct date day = {2022, 6, 9};
    struct error e;

    rules_default(rules);
    rules->references = true;
    rules->pseudo_cusips = PSEUDO_CUSIPS_OPTIONS;
    rules->accept_short_cusips = true;
    rules->master_convention = SYMBOLOGY_NASDAQ;
    rules->conventions = conventions_new();
    rules->renames = renames_new();
    rules->exchanges = exchanges_new();
    rules->severities = severity_rules_new();
    if (rules->conventions == NULL || rules->renames == NULL || rules->exchanges == NULL || rules->severities == NULL ||
        identifier_sources_set(&rules->sources, slice_of("99"), slice_of("RIC"), &e) != 0 ||
        conventions_set_session(rules->conventions, slice_of("S/*"), SYMBOLOGY_CQS, &e) != 0 ||
        conventions_set_mic(rules->conventions, slice_of("XNYS"), SYMBOLOGY_RIC, &e) != 0 ||
        renames_add(rules->renames, slice_of("FB"), slice_of("AAPL"), day, &e) != 0 ||
        exchanges_set_alias(rules->exchanges, slice_of("X"), slice_of("XNAS"), &e) != 0 ||
        severity_rules_set(rules->severities, slice_of("a"), slice_of("type=8 notional>=USD:10 -> off"), &e) != 0)
        abort();
}

static void make_setting(struct setting *s)
{
    static const struct slice none[FOUND_TYPE_COUNT];
    struct error e;

    s->index = make_index();
    rules_default(&s->rules[STRICT]);
    s->checkers[STRICT] = checker_new(&s->rules[STRICT], FIX_STRICT);
    set_all(&s->rules[LOG]);
    s->checkers[LOG] = checker_new(&s->rules[LOG], FIX_LOG);
    if (found_new(none, &s->found, &e) != 0 || found_new(none, &s->again, &e) != 0 ||
        avro_decoder_new(avro_schema_discrepancy, &s->decoders[FOUND_DISCREPANCY], &e) != 0 ||
        avro_decoder_new(avro_schema_dead_letter, &s->decoders[FOUND_DEAD_LETTER], &e) != 0 ||
        s->checkers[STRICT] == NULL || s->checkers[LOG] == NULL)
        abort();
}

/* ---- what has to hold ---- */

static void compare_counts(const struct checker_counts *before, const struct checker_counts *c,
                           const struct found *found)
{
    assert(c->messages == c->matched + c->discrepant + c->malformed + c->ignored);
    assert(c->discrepancies - before->discrepancies + c->malformed - before->malformed == found_count(found));
    assert(c->discrepant - before->discrepant <= c->discrepancies - before->discrepancies);
}

/* The id of a record, which has to decode. */
static void read_id(const struct setting *s, struct found_item item, char id[DISCREPANCY_ID_LEN + 1])
{
    struct error e = {0};
    json_t *json = NULL;
    const char *text;

    if (avro_decode(s->decoders[item.type], item.value, &json, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    text = json_string_value(json_object_get(json, "id"));
    assert(text != NULL && strlen(text) == DISCREPANCY_ID_LEN);
    strcpy(id, text);
    json_decref(json);
}

static void check_records(const struct setting *s)
{
    static char ids[COMPARED_MAX][DISCREPANCY_ID_LEN + 1];
    size_t count = found_count(s->found);

    for (size_t i = 0; i < count; i++) {
        char *id = ids[i % COMPARED_MAX];
        read_id(s, found_item(s->found, i), id);
        for (size_t k = 0; k < i && i < COMPARED_MAX; k++)
            assert(strcmp(ids[k], id) != 0);
    }
}

static void compare_found(const struct found *a, const struct found *b)
{
    assert(found_count(a) == found_count(b) && found_bytes(a) == found_bytes(b));
    for (size_t i = 0; i < found_count(a); i++) {
        struct found_item one = found_item(a, i);
        struct found_item other = found_item(b, i);
        assert(one.type == other.type && slice_equal(one.key, other.key) && slice_equal(one.value, other.value));
    }
}

/* ---- the ways in which bytes are checked ---- */

static void check_record(const struct setting *s, struct checker *checker, struct slice bytes, struct found *found)
{
    const struct origin origin = {.topic = {"t", 1}, .partition = 1, .offset = 7};
    struct error e;

    found_clear(found);
    if (checker_check(checker, s->index, bytes, &origin, found_output(found), &e) != 0)
        abort();
}

static void pass_over_symbol(void *opaque, enum symbology_convention convention, enum symbology_reading reading,
                             struct slice own)
{
    (void)opaque, (void)convention, (void)reading, (void)own;
}

static void pass_over_lookup(void *opaque, const char *why, enum identifier_kind kind, struct slice key, size_t count,
                             size_t left)
{
    (void)opaque, (void)why, (void)kind, (void)key, (void)count, (void)left;
}

static void pass_over_identifier(void *opaque, const struct instrument_identifier *identifier, const char *outcome)
{
    (void)opaque, (void)identifier, (void)outcome;
}

static void pass_over_step(void *opaque, enum match_step step, struct slice observed, struct slice expected,
                           enum agreement outcome, size_t left)
{
    (void)opaque, (void)step, (void)observed, (void)expected, (void)outcome, (void)left;
}

static void pass_over_rows(void *opaque, const struct index_row *found, size_t count)
{
    (void)opaque, (void)found, (void)count;
}

static void pass_over_instrument(void *opaque, const struct instrument *instrument)
{
    (void)opaque, (void)instrument;
}

static void pass_over_result(void *opaque, const struct instrument *instrument, const struct match_result *result,
                             const struct message_amounts *amounts, const struct exposure *exposure)
{
    (void)opaque, (void)instrument, (void)result, (void)amounts, (void)exposure;
}

static void pass_over_severity(void *opaque, const struct verdict *verdict, enum severity severity,
                               enum severity_source source, const char *rule)
{
    (void)opaque, (void)verdict, (void)severity, (void)source, (void)rule;
}

static const struct match_trace match_trace = {
    NULL, pass_over_symbol, pass_over_lookup, pass_over_identifier, pass_over_step, pass_over_rows,
};

static const struct checker_trace trace = {
    NULL, &match_trace, pass_over_instrument, pass_over_result, pass_over_severity,
};

static void check_twice(const struct setting *s, struct checker *checker, struct slice bytes)
{
    struct checker_counts before = *checker_counts(checker);

    check_record(s, checker, bytes, s->found);
    compare_counts(&before, checker_counts(checker), s->found);
    check_records(s);
    checker_set_trace(checker, &trace);
    check_record(s, checker, bytes, s->again);
    checker_set_trace(checker, NULL);
    compare_found(s->found, s->again);
}

static void check_log(const struct setting *s, struct checker *checker, struct slice bytes, bool last)
{
    const struct origin origin = {.topic = {"file", 4}};
    struct checker_counts before = *checker_counts(checker);
    size_t consumed;
    struct error e;

    found_clear(s->found);
    if (checker_check_log(checker, s->index, bytes, last, &origin, &consumed, found_output(s->found), &e) != 0)
        abort();
    assert(consumed <= bytes.len);
    compare_counts(&before, checker_counts(checker), s->found);
    check_records(s);
}

/* What stands from MsgType to CheckSum, or all. */
static struct slice body_of(struct slice bytes)
{
    const char *type = memmem(bytes.ptr, bytes.len, "\00135=", 4);
    const char *end = bytes.ptr + bytes.len;

    if (type != NULL)
        bytes = slice_make(type + 1, (size_t)(end - type - 1));
    for (size_t i = bytes.len; type != NULL && i >= 4; i--)
        if (memcmp(bytes.ptr + i - 4, "\00110=", 4) == 0)
            return slice_make(bytes.ptr, i - 3);
    return bytes;
}

/* The body in a frame that is right. Returns its length, 0 where it has no room. */
static size_t frame(struct slice body, const char *version, char message[BODY_MAX + 64])
{
    unsigned sum = 0;
    size_t len;

    if (body.len == 0 || body.len > BODY_MAX)
        return 0;
    len = (size_t)sprintf(message, "8=%s\0019=%zu\001", version, body.len);
    memcpy(message + len, body.ptr, body.len);
    len += body.len;
    for (size_t i = 0; i < len; i++)
        sum += (unsigned char)message[i];
    return len + (size_t)sprintf(message + len, "10=%03u\001", sum % 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const versions[] = {"FIX.4.2", "FIX.4.4", "FIXT.1.1", "FIX.4.0"};
    static struct setting s;
    struct slice bytes = {(const char *)data, size};
    char message[BODY_MAX + 64];
    size_t len;

    if (s.index == NULL)
        make_setting(&s);
    for (int p = STRICT; p < PROFILE_COUNT; p++) {
        check_twice(&s, s.checkers[p], bytes);
        check_log(&s, s.checkers[p], bytes, size % 2 == 0);
    }
    len = frame(body_of(bytes), versions[size % 4], message);
    if (len > 0)
        check_twice(&s, s.checkers[STRICT], slice_make(message, len));
    return 0;
}
