#include "support.h"

#include <time.h>

#include "core/match.h"

/* The master that most rows are judged by. */
#define HEADER                                                                                                         \
    "symbol,cusip,isin,sedol,figi,composite_figi,mic,currency,security_type,cfi,maturity,strike,put_call,multiplier,"  \
    "status\n"
#define MASTER                                                                                                         \
    HEADER "AAPL,037833100,US0378331005,,BBG000B9XRY4,BBG000B9XRY4,XNAS,USD,CS,ESVUFR,,,,,\n"                          \
           "IBM,459200101,US4592001014,,BBG000BLNQ16,BBG000BLNNH6,XNYS,USD,Common Stock,,,,,,ACTIVE\n"                 \
           "VOD,,GB00BH4HKS39,BH4HKS3,,,XLON,GBX,,,,,,,\n"                                                             \
           "VODI,,GB00BH4HKS39,,,,XMIL,EUR,,,,,,,\n"                                                                   \
           "BRK.B,084670702,US0846707026,,,,XNYS,USD,,,,,,,\n"                                                         \
           "ESZ6,,,,,,XCME,USD,FUT,FXXXXX,2026-12-18,,,50,\n"                                                          \
           "AAPL261218C00200000,,,,,,OPRA,USD,OPT,,20261218,200,C,100,\n"                                              \
           "GONE,,,2000019,,,XLON,GBP,,,,,,,DELISTED\n"                                                                \
           "DUP,,,,,,XLON,GBP,,,,,,,\n"                                                                                \
           "DUP,,,,,,XPAR,EUR,,,,,,,\n"                                                                                \
           "ODD,123456789,,,,,,,,,,,,,\n"

struct match_row {
    const char *name;
    const char *body;     /* behind 35=D */
    const char *expected; /* verdicts as KIND(tag,observed,expected) ..., then found_by/candidates/symbol */
};

static const struct match_row rows[] = {
    {"an identifier and a symbol that agree", "55=AAPL|48=037833100|22=1|207=XNAS|15=USD|167=CS|", "IDENTIFIER/1/AAPL"},
    {"an identifier alone", "48=US0378331005|22=4|", "IDENTIFIER/1/AAPL"},
    {"a symbol alone", "55=IBM|", "SYMBOL/1/IBM"},
    {"an unknown identifier", "48=US5949181045|22=4|", "UNKNOWN_SECURITY(48,US5949181045,) NOTHING/0/"},
    {"an unknown identifier is not also a symbol mismatch, and the symbol is a hint", "55=IBM|48=US5949181045|22=4|",
     "UNKNOWN_SECURITY(48,US5949181045,) SYMBOL/1/IBM"},
    {"an unknown symbol", "55=MSFT|", "UNKNOWN_SECURITY(55,MSFT,) NOTHING/0/"},
    {"two unknown identifiers are one unknown security", "48=US5949181045|22=4|454=1|455=594918104|456=1|",
     "UNKNOWN_SECURITY(48,US5949181045,) NOTHING/0/"},
    {"a broken check digit is not also unknown", "55=IBM|48=US5949181046|22=4|",
     "INVALID_IDENTIFIER(48,US5949181046,) SYMBOL/1/IBM"},
    {"an invalid and an unknown identifier are two causes", "48=US5949181046|22=4|454=1|455=594918104|456=1|",
     "INVALID_IDENTIFIER(48,US5949181046,) UNKNOWN_SECURITY(455,594918104,) NOTHING/0/"},
    {"what the master holds is right whatever its check digit", "48=123456789|22=1|", "IDENTIFIER/1/ODD"},
    {"an identifier in lower case", "48=us0378331005|22=4|", "IDENTIFIER/1/AAPL"},
    {"a symbol of another security", "55=IBM|48=037833100|22=1|", "SYMBOL_MISMATCH(55,IBM,AAPL) IDENTIFIER/1/AAPL"},
    {"a symbol in another spelling", "55=BRK/B|48=084670702|22=1|",
     "SYMBOL_FORMAT_VARIANT(55,BRK/B,BRK.B) IDENTIFIER/1/BRK.B"},
    {"a symbol with its suffix apart", "55=BRK|65=B|48=084670702|22=1|",
     "SYMBOL_FORMAT_VARIANT(55,BRK,BRK.B) IDENTIFIER/1/BRK.B"},
    {"another suffix is another symbol", "55=BRK|65=A|48=084670702|22=1|",
     "SYMBOL_MISMATCH(55,BRK,BRK.B) IDENTIFIER/1/BRK.B"},
    {"a spelling found without an identifier", "55=BRK B|",
     "SYMBOL_FORMAT_VARIANT(55,BRK B,BRK.B) SYMBOL_VARIANT/1/BRK.B"},
    {"a suffix found without an identifier", "55=BRK|65=B|",
     "SYMBOL_FORMAT_VARIANT(55,BRK,BRK.B) SYMBOL_VARIANT/1/BRK.B"},
    {"when-issued is no class", "55=IBM|65=WI|", "SYMBOL/1/IBM"},
    {"identifiers of two securities", "55=AAPL|48=037833100|22=1|454=1|455=US4592001014|456=4|",
     "IDENTIFIER_CONFLICT(455,US4592001014,US0378331005) IDENTIFIER/1/AAPL"},
    {"identifiers of one security", "55=AAPL|48=037833100|22=1|454=1|455=US0378331005|456=4|", "IDENTIFIER/1/AAPL"},
    {"an alternate leads where the primary is of a kind that the master has not",
     "48=AAPL.O|22=5|454=1|455=037833100|456=1|", "ALTERNATE_IDENTIFIER/1/AAPL"},
    {"an unknown ISIN that holds another CUSIP than the found one", "48=037833100|22=1|454=1|455=US5949181045|456=4|",
     "IDENTIFIER_CONFLICT(455,US5949181045,US0378331005) IDENTIFIER/1/AAPL"},
    {"an unknown alternate that says nothing of the found one", "48=037833100|22=1|454=1|455=GB0002634946|456=4|",
     "UNKNOWN_SECURITY(455,GB0002634946,US0378331005) IDENTIFIER/1/AAPL"},
    {"an unknown alternate beside a found one, where the master has a blank",
     "48=BH4HKS3|22=2|454=1|455=594918104|456=1|", "IDENTIFIER/1/VOD"},
    {"an invalid alternate beside a found one", "48=037833100|22=1|454=1|455=US0378331006|456=4|",
     "INVALID_IDENTIFIER(455,US0378331006,US0378331005) IDENTIFIER/1/AAPL"},
    {"a composite FIGI leads to its security", "48=BBG000BLNNH6|22=S|", "IDENTIFIER/1/IBM"},
    {"a FIGI of another security is a conflict in its own column", "48=459200101|22=1|454=1|455=BBG000B9XRY4|456=S|",
     "IDENTIFIER_CONFLICT(455,BBG000B9XRY4,BBG000BLNQ16) IDENTIFIER/1/IBM"},
    {"an invalid identifier of an unlisted source expects nothing",
     "48=037833100|22=1|454=1|455="
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890123456789012345678"
     "|456=99|",
     "INVALID_IDENTIFIER(455,"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890123456789012345678,) IDENTIFIER/1/AAPL"},
    {"a kind without a column lets the symbol decide", "55=IBM|48=IBM.N|22=5|", "SYMBOL/1/IBM"},
    {"an unlisted source lets the symbol decide", "55=IBM|48=X|22=99|", "SYMBOL/1/IBM"},
    {"nothing that could be looked up", "48=IBM.N|22=5|", "UNKNOWN_SECURITY(48,IBM.N,) NOTHING/0/"},
    {"an exchange symbol in tag 48", "48=IBM|22=8|", "IDENTIFIER/1/IBM"},
    {"the listing is chosen by exchange", "55=VOD|48=GB00BH4HKS39|22=4|207=XLON|", "IDENTIFIER/1/VOD"},
    {"the listing is chosen by currency", "55=VODI|48=GB00BH4HKS39|22=4|15=EUR|", "IDENTIFIER/1/VODI"},
    {"several listings of one security are not ambiguous", "48=GB00BH4HKS39|22=4|", "IDENTIFIER/2/VOD"},
    {"the symbol of another listing", "55=VODI|48=GB00BH4HKS39|22=4|207=XLON|",
     "SYMBOL_MISMATCH(55,VODI,VOD) IDENTIFIER/1/VOD"},
    {"pounds for a security in pence", "48=BH4HKS3|22=2|15=GBP|", "IDENTIFIER/1/VOD"},
    {"pence in lower case", "48=BH4HKS3|22=2|15=gbx|", "IDENTIFIER/1/VOD"},
    {"pence written as GBp", "48=BH4HKS3|22=2|15=GBp|", "IDENTIFIER/1/VOD"},
    {"cents for a security in pence", "48=BH4HKS3|22=2|15=ZAc|", "CURRENCY_MISMATCH(15,ZAc,GBX) IDENTIFIER/1/VOD"},
    {"another currency", "48=037833100|22=1|15=EUR|", "CURRENCY_MISMATCH(15,EUR,USD) IDENTIFIER/1/AAPL"},
    {"a currency that no listing has", "48=GB00BH4HKS39|22=4|15=USD|",
     "CURRENCY_MISMATCH(15,USD,GBX) IDENTIFIER/2/VOD"},
    {"another exchange", "48=037833100|22=1|207=XNYS|", "EXCHANGE_MISMATCH(207,XNYS,XNAS) IDENTIFIER/1/AAPL"},
    {"an exchange that is no MIC cannot be compared", "48=037833100|22=1|207=O|", "IDENTIFIER/1/AAPL"},
    {"another type", "48=037833100|22=1|167=FUT|", "SECURITY_TYPE_MISMATCH(167,FUT,CS) IDENTIFIER/1/AAPL"},
    {"a type by its name", "48=459200101|22=1|167=CS|", "IDENTIFIER/1/IBM"},
    {"a type that nobody knows", "48=037833100|22=1|167=XYZ|", "IDENTIFIER/1/AAPL"},
    {"a CFI with places left open", "48=037833100|22=1|461=ESXXXX|", "IDENTIFIER/1/AAPL"},
    {"another CFI", "48=037833100|22=1|461=FFSCSX|", "SECURITY_TYPE_MISMATCH(461,FFSCSX,ESVUFR) IDENTIFIER/1/AAPL"},
    {"another type is not also another CFI", "48=037833100|22=1|167=FUT|461=FFSCSX|",
     "SECURITY_TYPE_MISMATCH(167,FUT,CS) IDENTIFIER/1/AAPL"},
    {"a month agrees with a day in it", "55=ESZ6|200=202612|", "SYMBOL/1/ESZ6"},
    {"another month", "55=ESZ6|200=202609|", "MATURITY_MISMATCH(200,202609,2026-12-18) SYMBOL/1/ESZ6"},
    {"another day", "55=ESZ6|541=20261219|", "MATURITY_MISMATCH(541,20261219,2026-12-18) SYMBOL/1/ESZ6"},
    {"a month with another day", "55=ESZ6|200=202612|205=19|",
     "MATURITY_MISMATCH(200,202612,2026-12-18) SYMBOL/1/ESZ6"},
    {"strikes are compared as numbers", "55=AAPL261218C00200000|202=200.00|201=1|231=100.0|",
     "SYMBOL/1/AAPL261218C00200000"},
    {"another strike, side and multiplier", "55=AAPL261218C00200000|202=210|201=0|231=10|",
     "CONTRACT_MISMATCH(202,210,200) CONTRACT_MISMATCH(201,0,C) CONTRACT_MISMATCH(231,10,100) "
     "SYMBOL/1/AAPL261218C00200000"},
    {"a delisted security", "48=2000019|22=2|60=20260102-03:04:05|",
     "INACTIVE_SECURITY(0,20260102,DELISTED) IDENTIFIER/1/GONE"},
    {"a future on its last day", "55=ESZ6|60=20261218-10:00:00|", "SYMBOL/1/ESZ6"},
    {"a future that has matured", "55=ESZ6|60=20261219-00:00:00|",
     "INACTIVE_SECURITY(0,20261219,2026-12-18) SYMBOL/1/ESZ6"},
    {"one symbol, two securities", "55=DUP|", "AMBIGUOUS_SECURITY(55,DUP,) SYMBOL/2/DUP"},
    {"one symbol, told apart by its exchange", "55=DUP|207=XPAR|", "SYMBOL/1/DUP"},
    {"one symbol, told apart by its currency", "55=DUP|15=GBP|", "SYMBOL/1/DUP"},
    {"one exchange symbol, two securities", "48=DUP|22=8|", "AMBIGUOUS_SECURITY(48,DUP,) IDENTIFIER/2/DUP"},
    {"blanks of the master are no mismatch", "48=123456789|22=1|207=XNYS|15=USD|167=CS|200=202612|",
     "IDENTIFIER/1/ODD"},
};

static void describe(const struct match_result *r, char *out, size_t size)
{
    char text[KEY_PACK_MAX];
    struct slice symbol = r->nearest ? index_row_key(r->nearest, ROLE_SYMBOL, text) : slice_make("", 0);
    size_t used = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct verdict *v = &r->verdicts[i];
        used += (size_t)snprintf(out + used, size - used, "%s(%u,%.*s,%.*s) ", discrepancy_kind_name(v->kind), v->tag,
                                 SLICE_FORMAT(v->observed), SLICE_FORMAT(v->expected));
    }
    snprintf(out + used, size - used, "%s/%u/%.*s", found_by_name(r->found_by), r->candidates, SLICE_FORMAT(symbol));
}

/* What the master says of one order, in the words of a matcher. */
static void judge_by(struct matcher *matcher, const struct index *index, const struct rules *rules, const char *body,
                     char *out, size_t size)
{
    struct instrument_list list = {0};
    struct match_input input = {.message = &list.message};
    enum fix_reason reason;
    struct match_result result;
    struct fix_step step;
    struct error e;
    char *whole;
    char *text;
    size_t len;

    assert_true(asprintf(&whole, "35=D|%s", body) > 0);
    text = support_fix("FIX.4.4", whole, &len);
    fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
    assert_int_equal(step.event, FIX_MESSAGE);
    assert_int_equal(instrument_extract(&list, &step.message, &rules->sources, false, &reason, &e), 0);
    assert_int_equal(reason, FIX_OK);
    input.instrument = instrument_next(&list);
    assert_non_null(input.instrument);
    assert_int_equal(match_instrument(matcher, index, rules, &input, &result, &e), 0);
    describe(&result, out, size);
    instrument_list_free(&list);
    free(text);
    free(whole);
}

/* In those of a new one. */
static void judge(const struct index *index, const struct rules *rules, const char *body, char *out, size_t size)
{
    struct matcher *matcher = matcher_new();

    judge_by(matcher, index, rules, body, out, size);
    matcher_free(matcher);
}

static void each_case_has_its_verdicts(void **state)
{
    struct index *index = support_index(MASTER);
    struct rules rules;

    (void)state;
    rules_default(&rules);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char seen[1024];
        judge(index, &rules, rows[i].body, seen, sizeof seen);
        if (strcmp(seen, rows[i].expected) != 0)
            fail_row(rows[i].name, "\n  seen     %s\n  expected %s", seen, rows[i].expected);
    }
    index_close(index);
}

static void kinds_that_are_off_are_not_reported(void **state)
{
    struct index *index = support_index(MASTER);
    struct rules rules;
    struct error e;
    char seen[1024];

    (void)state;
    rules_default(&rules);
    assert_int_equal(rules_set(&rules, slice_of("currency_mismatch"), slice_of("OFF"), &e), 0);
    judge(index, &rules, "48=037833100|22=1|15=EUR|207=XNYS|", seen, sizeof seen);
    assert_string_equal(seen, "EXCHANGE_MISMATCH(207,XNYS,XNAS) IDENTIFIER/1/AAPL");
    index_close(index);
}

static void a_master_without_symbols_leaves_them_unjudged(void **state)
{
    struct index *index = support_index("isin,mic\nUS0378331005,XNAS\n");
    struct rules rules;
    char seen[1024];

    (void)state;
    rules_default(&rules);
    judge(index, &rules, "48=US0378331005|22=4|55=ANYTHING|", seen, sizeof seen);
    assert_string_equal(seen, "IDENTIFIER/1/");
    judge(index, &rules, "55=AAPL|", seen, sizeof seen);
    assert_string_equal(seen, "UNKNOWN_SECURITY(55,AAPL,) NOTHING/0/");
    index_close(index);
}

/* A US row with a CUSIP alone and a London row with the ISIN alone may be one company: no conflict can be read out of
 * blanks. */
static void blanks_make_no_conflict(void **state)
{
    struct index *index = support_index("symbol,cusip,isin\nA,037833100,\nB,,US0378331005\n");
    struct rules rules;
    char seen[1024];

    (void)state;
    rules_default(&rules);
    judge(index, &rules, "55=B|48=037833100|22=1|454=1|455=US0378331005|456=4|", seen, sizeof seen);
    assert_string_equal(seen, "IDENTIFIER/1/B");
    index_close(index);
}

/* Its rows in another order, so that the same codes stand for other values. */
#define TURNED                                                                                                         \
    HEADER "DUP,,,,,,XPAR,EUR,FUT,FXXXXX,2027-01-15,,P,10,DELISTED\n"                                                  \
           "VOD,,GB00BH4HKS39,BH4HKS3,,,XLON,GBX,OPT,,20270115,,C,100,ACTIVE\n"                                        \
           "IBM,459200101,US4592001014,,BBG000BLNQ16,BBG000BLNNH6,XNYS,USD,CS,ESVUFR,,,,,\n"                           \
           "AAPL,037833100,US0378331005,,BBG000B9XRY4,BBG000B9XRY4,ARCX,CAD,Warrant,RWXXXX,,,,1,HALTED\n"              \
           "ESZ6,,,,,,XEUR,EUR,OPT,OXXXXX,2026-09-18,,,5,\n"

/* What the memo must not mix up: values of several lengths, beyond the eight bytes that it keeps, and dates. */
static const char *const much[] = {
    "48=037833100|22=1|207=XNAS|15=USD|167=CS|461=ESVUFR|",
    "48=037833100|22=1|207=NASDAQ|15=USD|167=Common Stock|",
    "48=037833100|22=1|207=NASDAQ INTERMARKET|15=US|167=COMMONX|",
    "48=037833100|22=1|207=N|15=U|167=C|461=ESXXXX|",
    "48=037833100|22=1|207=NN|15=UU|167=common stocks|461=ESVUFRX|",
    "48=US4592001014|22=4|207=XNYS|15=USD|167=CS|60=20260102-03:04:05|",
    "55=ESZ6|200=202612|231=50|60=20261218-10:00:00|",
    "55=ESZ6|200=202609|231=50.0|60=20261219-10:00:00|",
    "55=ESZ6|541=20261218|231=5|60=20260917-10:00:00|",
    "55=DUP|207=XPAR|15=EUR|201=0|",
    "55=DUP|15=GBP|201=1|60=20270116-10:00:00|",
    "55=VOD|207=XLON|15=GBP|",
    "55=VOD|207=L|15=GBX|201=1|231=100|",
};

/* Whether the one that has seen much says of all of them what a new one says. */
static void agree_on_much(struct matcher *seasoned, const struct index *index, const struct rules *rules)
{
    for (size_t i = 0; i < COUNT_OF(much); i++) {
        char says[1024], new_one[1024];
        judge_by(seasoned, index, rules, much[i], says, sizeof says);
        judge(index, rules, much[i], new_one, sizeof new_one);
        if (strcmp(says, new_one) != 0)
            fail_row(much[i], "\n  says     %s\n  expected %s", says, new_one);
    }
}

static void a_matcher_that_has_seen_much_says_what_a_new_one_says(void **state)
{
    struct matcher *matcher = matcher_new();
    struct index *index = support_index(MASTER);
    struct index *turned = support_index(TURNED);
    struct rules rules, named;
    struct error e;

    (void)state;
    rules_default(&rules);
    rules_default(&named);
    named.exchanges = exchanges_new();
    assert_int_equal(exchanges_set_alias(named.exchanges, slice_of("NN"), slice_of("XNAS"), &e), 0);
    for (int round = 0; round < 3; round++) {
        agree_on_much(matcher, index, &rules);
        agree_on_much(matcher, index, &rules);
        agree_on_much(matcher, turned, &rules);
        agree_on_much(matcher, turned, &named);
        agree_on_much(matcher, index, &named);
    }
    exchanges_free(named.exchanges);
    index_close(turned);
    index_close(index);
    matcher_free(matcher);
}

/* What the attributes of an order at random may be; "" is none. */
static const char *const said[][8] = {
    {"48=037833100|22=1|", "48=US4592001014|22=4|", "48=GB00BH4HKS39|22=4|", "55=DUP|", "55=ESZ6|",
     "48=123456789|22=1|", "55=AAPL261218C00200000|", "48=2000019|22=2|"},
    {"", "207=XNAS|", "207=XNYS|", "207=XLON|", "207=NASDAQ|", "207=XPAR|", "207=N|", "207=NASDAQ INTERMARKET|"},
    {"", "15=USD|", "15=GBX|", "15=GBp|", "15=EUR|", "15=US|", "15=GBP|", "15=U|"},
    {"", "167=CS|", "167=COMMON|", "167=OPT|", "167=FUT|", "167=common stock|", "167=XYZ|", "167=C|"},
    {"", "461=ESVUFR|", "461=ESXXXX|", "461=FXXXXX|", "461=OPASPS|", "461=E|", "461=ESVUFRX|", "461=RWXXXX|"},
    {"", "", "541=20261218|", "200=202612|", "200=202609|205=18|", "202=200.0|201=1|", "201=0|", "231=50|"},
    {"", "60=20260102-03:04:05|", "60=20261218-10:00:00|", "60=20261219-10:00:00|", "60=20270116|", "60=2026|",
     "52=20270116-10:00:00|", "75=20270116|"},
};

static void make_order(char *body, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < COUNT_OF(said); i++)
        used += (size_t)snprintf(body + used, size - used, "%s", said[i][(size_t)rand() % COUNT_OF(said[i])]);
}

static void orders_at_random_are_judged_alike_by_what_is_remembered_and_anew(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    struct matcher *matcher = matcher_new();
    struct index *index = support_index(MASTER);
    struct rules rules;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    rules_default(&rules);
    for (int i = 0; i < 30000; i++) {
        char body[256], says[1024], new_one[1024];
        make_order(body, sizeof body);
        rules.compared[rand() % MATCH_STEP_COUNT] ^= rand() % 8 == 0; /* which is not remembered */
        judge_by(matcher, index, &rules, body, says, sizeof says);
        judge(index, &rules, body, new_one, sizeof new_one);
        if (strcmp(says, new_one) != 0)
            fail_row(body, "\n  says     %s\n  expected %s", says, new_one);
    }
    index_close(index);
    matcher_free(matcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matcher_that_has_seen_much_says_what_a_new_one_says),
        cmocka_unit_test(orders_at_random_are_judged_alike_by_what_is_remembered_and_anew),
        cmocka_unit_test(each_case_has_its_verdicts),
        cmocka_unit_test(kinds_that_are_off_are_not_reported),
        cmocka_unit_test(a_master_without_symbols_leaves_them_unjudged),
        cmocka_unit_test(blanks_make_no_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
