/* What the settings of the check change: each row has its own. */
#include "support.h"

#include "core/match.h"

#define HEADER "symbol,cusip,isin,ric,house,mic,currency,security_type,cfi,multiplier,strike,put_call,status,figi\n"
#define MASTER                                                                                                         \
    HEADER "AAPL,037833100,,AAPL.O,,XNAS,USD,CS,,,,,,\n"                                                               \
           "IBM,,US4592001014,IBM.N,H-7,XNYS,USD,Common Stock,ESVUFR,,,,,BBG000BLNQ16\n"                               \
           "MSFT,594918104,US5949181045,MSFT.O,,XNGS,USD,,ESVUFR,,,,,\n"                                               \
           "BRK.B,084670702,US0846707026,,,XNYS,USD,,,,,,,\n"                                                          \
           "BRK#,,,,,XNYS,USD,CS,,,,,,\n"                                                                              \
           "BRK-A,,,,,XNYS,USD,PS,,,,,,\n"                                                                             \
           "BAC,060505104,US0605051046,,,XNYS,USD,CS,,,,,,\n"                                                          \
           "BAC-B,,,,,XNYS,USD,PS,,,,,,\n"                                                                             \
           "META,30303M102,US30303M1027,,,XNAS,USD,CS,,,,,,\n"                                                         \
           "VOD.L,,GB00BH4HKS39,,,XLON,GBX,,,,,,,\n"                                                                   \
           "ABX,,,,,ARCX,USD,,,,,,,\n"                                                                                 \
           "ZERO,00206R102,US00206R1023,,,XNYS,USD,,,,,,,\n"                                                           \
           "OPT1,12345678A,,,,OPRA,USD,,OCASPS,100,200,C,,\n"                                                          \
           "NUM,004239109,US0042391096,,,XNYS,USD,,,,,,,\n"

#define SETTINGS_MAX 8

struct settings_row {
    const char *name;
    const char *settings; /* separated by `;` */
    const char *body;     /* behind 35=D|49=S|56=T| */
    const char
        *expected; /* verdicts as KIND(tag,observed,expected,reason,hint kind:hint value) ..., then found_by/symbol */
};

static const struct settings_row rows[] = {
    /* standing for */
    {"an ISIN stands for the CUSIP in it where the master has no ISIN", "", "48=US0378331005|22=4|", "IDENTIFIER/AAPL"},
    {"a CUSIP stands for the ISIN that holds it where the master has no CUSIP", "", "48=459200101|22=1|",
     "IDENTIFIER/IBM"},
    {"an ISIN does not stand for the CUSIP of a row that has another ISIN", "", "48=CA5949181047|22=4|",
     "UNKNOWN_SECURITY(48,CA5949181047,,,) NOTHING/"},
    {"both spellings of one security are no conflict", "", "48=US0378331005|22=4|454=1|455=037833100|456=1|",
     "IDENTIFIER/AAPL"},
    {"an ISIN and a CUSIP that it does not hold, unknown to the master", "",
     "48=US0378331005|22=4|454=1|455=17275R102|456=1|",
     "IDENTIFIER_CONFLICT(455,17275R102,037833100,,) IDENTIFIER/AAPL"},
    {"a CUSIP and an ISIN that does not hold it, each found in rows with blanks", "",
     "48=037833100|22=1|454=1|455=US4592001014|456=4|", "IDENTIFIER_CONFLICT(455,US4592001014,,,) IDENTIFIER/AAPL"},
    {"a CUSIP with a sign is in no ISIN", "", "48=0378331*3|22=1|55=IBM|",
     "INVALID_IDENTIFIER(48,0378331*3,,BAD_CHECK_DIGIT,) SYMBOL/IBM"},
    /* invalid ones, and what they look like */
    {"a CUSIP without its check digit", "", "48=59491810|22=1|",
     "INVALID_IDENTIFIER(48,59491810,,NO_CHECK_DIGIT,CUSIP:594918104) HINT/MSFT"},
    {"a CUSIP that has lost its zeros", "", "48=4239109|22=1|",
     "INVALID_IDENTIFIER(48,4239109,,LOST_ZEROS,CUSIP:004239109) HINT/NUM"},
    {"an issuer's number is not completed", "", "48=594918|22=1|",
     "INVALID_IDENTIFIER(48,594918,,BAD_SHAPE,) NOTHING/"},
    {"a short CUSIP that the rules accept", "short=accept", "48=59491810|22=1|15=EUR|",
     "CURRENCY_MISMATCH(15,EUR,USD,,) IDENTIFIER/MSFT"},
    {"an ISIN under the source of CUSIPs", "", "48=US5949181045|22=1|55=IBM|",
     "INVALID_IDENTIFIER(48,US5949181045,,BAD_SHAPE,ISIN:US5949181045) HINT/MSFT"},
    {"a FIGI under the source of ISINs", "", "48=bbg000blnq16|22=4|",
     "INVALID_IDENTIFIER(48,bbg000blnq16,,BAD_CHECK_DIGIT,FIGI:BBG000BLNQ16) HINT/IBM"},
    {"an ISIN whose CUSIP is none", "", "48=US0378331013|22=4|",
     "INVALID_IDENTIFIER(48,US0378331013,,BAD_CHECK_DIGIT,) NOTHING/"},
    {"an identifier without a source, which nothing else can explain", "", "48=US5949181045|",
     "UNKNOWN_SECURITY(48,US5949181045,,,ISIN:US5949181045) HINT/MSFT"},
    /* pseudo CUSIPs */
    {"a made-up CUSIP of an option", "", "48=12345678B|22=1|167=OPT|55=IBM|",
     "INVALID_IDENTIFIER(48,12345678B,,BAD_SHAPE,) SYMBOL/IBM"},
    {"a wrong check digit of an option, reported", "", "48=594918105|22=1|201=1|55=IBM|",
     "INVALID_IDENTIFIER(48,594918105,,BAD_CHECK_DIGIT,) SYMBOL/IBM"},
    {"a wrong check digit of an option, let pass", "pseudo=options", "48=594918105|22=1|201=1|55=IBM|", "SYMBOL/IBM"},
    {"a wrong check digit of an option by its CFI", "pseudo=options", "48=594918105|22=1|461=OCASPS|55=NONE1|",
     "UNKNOWN_SECURITY(55,NONE1,,,) NOTHING/"},
    {"a wrong check digit of a share is not let pass", "pseudo=options", "48=594918105|22=1|55=IBM|",
     "INVALID_IDENTIFIER(48,594918105,,BAD_CHECK_DIGIT,) SYMBOL/IBM"},
    {"a wrong check digit of anything, let pass", "pseudo=yes", "48=594918105|22=1|55=IBM|", "SYMBOL/IBM"},
    /* sources */
    {"a private source", "source 91=HOUSE", "48=H-7|22=91|", "IDENTIFIER/IBM"},
    {"a source that means something else here", "source A=RIC", "48=IBM.N|22=A|", "IDENTIFIER/IBM"},
    {"a source that names no security", "source 97=NONE", "55=IBM|48=anything|22=97|", "SYMBOL/IBM"},
    /* conventions */
    {"without a convention a hyphen is a hyphen", "", "55=BRK-A|", "SYMBOL/BRK-A"},
    {"class A of Yahoo is not preferred A of Nasdaq", "master=NASDAQ;session S/T=YAHOO", "55=BRK-A|",
     "UNKNOWN_SECURITY(55,BRK-A,,,) NOTHING/"},
    {"class B in the session's convention is no variant", "master=NASDAQ;session S/*=YAHOO", "55=BRK-B|",
     "SYMBOL/BRK.B"},
    {"the suffix of FIX in the session's convention", "master=NASDAQ;session */T=FIX", "55=BRK|65=B|", "SYMBOL/BRK.B"},
    {"preferred in the market's convention", "master=NASDAQ;mic XNYS=CQS", "55=BRKpA|207=XNYS|", "SYMBOL/BRK-A"},
    {"another venue's spelling without a convention is a variant", "master=NASDAQ", "55=BRKpA|",
     "SYMBOL_FORMAT_VARIANT(55,BRKpA,BRK-A,,) SYMBOL_VARIANT/BRK-A"},
    {"and so it is beside an identifier", "master=NASDAQ", "55=BRKb|48=084670702|22=1|",
     "SYMBOL_FORMAT_VARIANT(55,BRKb,BRK.B,,) IDENTIFIER/BRK.B"},
    {"in its own convention it is the symbol itself", "master=NASDAQ;session S/T=RIC", "55=BRKb.N|48=084670702|22=1|",
     "IDENTIFIER/BRK.B"},
    {"a mark that the master's convention cannot spell leaves the symbol open", "master=RIC;session S/T=NASDAQ",
     "55=BRK+|48=084670702|22=1|", "IDENTIFIER/BRK.B"},
    {"a convention leaves a plain symbol as it is", "master=NASDAQ;session S/T=CQS", "55=VOD.L|", "SYMBOL/VOD.L"},
    {"a preferred share does not pass for the common one", "", "55=BAC|65=PRB|",
     "SYMBOL_FORMAT_VARIANT(55,BAC,BAC,,) SYMBOL_VARIANT/BAC"},
    {"a suffix is a mark of CMS where the master's convention is known", "master=NASDAQ", "55=BAC|65=PRB|",
     "SYMBOL_FORMAT_VARIANT(55,BAC,BAC-B,,) SYMBOL_VARIANT/BAC-B"},
    {"when-issued is a mark where a convention applies", "master=NASDAQ;session S/T=CMS", "55=BAC|65=WI|",
     "UNKNOWN_SECURITY(55,BAC,,,) NOTHING/"},
    {"and is looked up so", "master=NASDAQ;session S/T=CMS", "55=BRK|65=WI|", "SYMBOL/BRK#"},
    {"without a convention it is no class", "master=NASDAQ", "55=BAC|65=WI|", "SYMBOL/BAC"},
    {"lump-sum interest is no class in any", "master=NASDAQ;session S/T=CMS", "55=BAC|65=CD|", "SYMBOL/BAC"},
    {"a suffix that the symbol says, too", "", "55=BRK.B|65=B|", "SYMBOL/BRK.B"},
    /* renames */
    {"the old name before the day", "rename FB>META 20220609", "55=FB|60=20220608-10:00:00|", "SYMBOL/META"},
    {"the old name beside an identifier, before the day", "rename FB>META 20220609",
     "55=FB|48=30303M102|22=1|60=20220608-10:00:00|", "IDENTIFIER/META"},
    {"the old name from the day on", "rename FB>META 20220609", "55=FB|60=20220609-10:00:00|",
     "SYMBOL_MISMATCH(55,FB,META,RENAMED,) SYMBOL/META"},
    {"the old name beside an identifier, from the day on", "rename FB>META 20220609",
     "55=FB|48=30303M102|22=1|60=20220609-10:00:00|", "SYMBOL_MISMATCH(55,FB,META,RENAMED,) IDENTIFIER/META"},
    {"the new name, and a master of the day before", "rename IBM>IBMX 20220609", "55=IBMX|60=20220609-10:00:00|",
     "SYMBOL/IBM"},
    {"the new name before its day", "rename IBM>IBMX 20220609", "55=IBMX|60=20220608-10:00:00|",
     "UNKNOWN_SECURITY(55,IBMX,,,) NOTHING/"},
    {"without a date neither is wrong", "rename FB>META 20220609", "55=FB|", "SYMBOL/META"},
    /* markets */
    {"a name for a market", "", "55=AAPL|207=NASDAQ|", "SYMBOL/AAPL"},
    {"a name for another market", "", "55=AAPL|207=NYSE|", "EXCHANGE_MISMATCH(207,NYSE,XNAS,,) SYMBOL/AAPL"},
    {"an operator and its segment", "", "55=MSFT|207=XNAS|", "SYMBOL/MSFT"},
    {"two segments of one operator", "", "55=MSFT|207=XNCM|", "EXCHANGE_MISMATCH(207,XNCM,XNGS,,) SYMBOL/MSFT"},
    {"a name of one's own", "alias MYDESK=XNAS", "55=AAPL|207=mydesk|", "SYMBOL/AAPL"},
    {"a name that nobody knows says nothing", "", "55=AAPL|207=MYDESK|", "SYMBOL/AAPL"},
    /* types */
    {"a type against the CFI of the master", "", "55=MSFT|167=FUT|",
     "SECURITY_TYPE_MISMATCH(167,FUT,ESVUFR,,) SYMBOL/MSFT"},
    {"a type that the CFI of the master bears out", "", "55=MSFT|167=CS|", "SYMBOL/MSFT"},
    {"a CFI against the type of the master", "", "55=AAPL|461=FFSCSX|",
     "SECURITY_TYPE_MISMATCH(461,FFSCSX,CS,,) SYMBOL/AAPL"},
    /* steps */
    {"a step that is left out", "step strike=off", "55=OPT1|202=210|201=0|",
     "CONTRACT_MISMATCH(201,0,C,,) SYMBOL/OPT1"},
    {"without the type step the CFI is compared all the same", "step type=off", "55=MSFT|167=FUT|461=FFSCSX|",
     "SECURITY_TYPE_MISMATCH(461,FFSCSX,ESVUFR,,) SYMBOL/MSFT"},
    {"without the symbol step no variant is told either", "step symbol=off", "55=BRK/B|", "SYMBOL_VARIANT/BRK.B"},
};

static struct slice part(char **rest, char end)
{
    char *at = strchr(*rest, end);
    struct slice s = at ? slice_make(*rest, (size_t)(at - *rest)) : slice_of(*rest);

    *rest = at ? at + 1 : *rest + strlen(*rest);
    return s;
}

static enum symbology_convention convention_named(const char *name)
{
    enum symbology_convention convention = symbology_convention_from_name(slice_of(name));

    assert_int_not_equal(convention, SYMBOLOGY_NONE);
    return convention;
}

static void apply(struct rules *rules, char *setting)
{
    struct error e = {0};
    char *rest = setting;
    struct slice key = part(&rest, ' ');
    struct slice name;
    struct slice other;
    struct date date;

    if (strncmp(setting, "pseudo=", 7) == 0) {
        rules->pseudo_cusips = strcmp(setting + 7, "yes") == 0 ? PSEUDO_CUSIPS_YES : PSEUDO_CUSIPS_OPTIONS;
        return;
    }
    if (strcmp(setting, "short=accept") == 0) {
        rules->accept_short_cusips = true;
        return;
    }
    if (strncmp(setting, "master=", 7) == 0) {
        rules->master_convention = convention_named(setting + 7);
        return;
    }
    name = part(&rest, slice_equal_text(key, "rename") ? '>' : '=');
    if (slice_equal_text(key, "source")) {
        assert_int_equal(identifier_sources_set(&rules->sources, name, slice_of(rest), &e), 0);
    } else if (slice_equal_text(key, "step")) {
        assert_int_equal(rules_set_step(rules, name, slice_of(rest), &e), 0);
    } else if (slice_equal_text(key, "session")) {
        assert_int_equal(conventions_set_session(rules->conventions, name, convention_named(rest), &e), 0);
    } else if (slice_equal_text(key, "mic")) {
        assert_int_equal(conventions_set_mic(rules->conventions, name, convention_named(rest), &e), 0);
    } else if (slice_equal_text(key, "alias")) {
        assert_int_equal(exchanges_set_alias(rules->exchanges, name, slice_of(rest), &e), 0);
    } else {
        other = part(&rest, ' ');
        assert_true(fix_time_parse_date(slice_of(rest), &date));
        assert_int_equal(renames_add(rules->renames, name, other, date, &e), 0);
    }
}

static void make_rules(const char *settings, struct rules *rules)
{
    char *copy = strdup(settings);
    char *rest = copy;

    rules_default(rules);
    rules->conventions = conventions_new();
    rules->renames = renames_new();
    rules->exchanges = exchanges_new();
    while (*rest != '\0') {
        struct slice setting = part(&rest, ';');
        char *text = strndup(setting.ptr, setting.len);
        apply(rules, text);
        free(text);
    }
    rules_finish(rules, slice_of(settings));
    free(copy);
}

static void describe(const struct match_result *r, char *out, size_t size)
{
    char text[KEY_PACK_MAX];
    struct slice symbol = r->nearest ? index_row_key(r->nearest, ROLE_SYMBOL, text) : slice_make("", 0);
    size_t used = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct verdict *v = &r->verdicts[i];
        used +=
            (size_t)snprintf(out + used, size - used, "%s(%u,%.*s,%.*s,%s,%s%s%.*s) ", discrepancy_kind_name(v->kind),
                             v->tag, SLICE_FORMAT(v->observed), SLICE_FORMAT(v->expected), v->reason ? v->reason : "",
                             v->hint_kind ? v->hint_kind : "", v->hint_kind ? ":" : "", SLICE_FORMAT(v->hint_value));
    }
    snprintf(out + used, size - used, "%s/%.*s", found_by_name(r->found_by), SLICE_FORMAT(symbol));
}

static void judge(const struct index *index, const struct rules *rules, const char *body, char *out, size_t size)
{
    struct matcher *matcher = matcher_new();
    struct instrument_list list = {0};
    struct match_input input = {.message = &list.message};
    const struct message_fields *message;
    enum fix_reason reason;
    struct match_result result;
    struct fix_step step;
    struct error e;
    char *whole;
    char *text;
    size_t len;

    assert_true(asprintf(&whole, "35=D|49=S|56=T|%s", body) > 0);
    text = support_fix("FIX.4.4", whole, &len);
    fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
    assert_int_equal(step.event, FIX_MESSAGE);
    assert_int_equal(instrument_extract(&list, &step.message, &rules->sources, false, &reason, &e), 0);
    message = instrument_message(&list);
    input.convention = conventions_of_message(rules->conventions, message->sender, message->target, slice_of("fix"));
    input.instrument = instrument_next(&list);
    assert_non_null(input.instrument);
    assert_int_equal(match_instrument(matcher, index, rules, &input, &result, &e), 0);
    describe(&result, out, size);
    instrument_list_free(&list);
    matcher_free(matcher);
    free(text);
    free(whole);
}

static void each_setting_has_its_verdicts(void **state)
{
    struct index *index = support_index(MASTER);
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rules rules;
        char seen[1024];
        make_rules(rows[i].settings, &rules);
        judge(index, &rules, rows[i].body, seen, sizeof seen);
        if (strcmp(seen, rows[i].expected) != 0) {
            print_error("%s\n  seen     %s\n  expected %s\n", rows[i].name, seen, rows[i].expected);
            failed++;
        }
        rules_free(&rules);
    }
    assert_int_equal(failed, 0);
    index_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_has_its_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
