#include "support.h"

#include "core/instrument.h"
#include "core/rules.h"
#include "core/severity.h"

/* The subject of most rows: a finding about the currency of an order's body, of 12,345.67 USD. */
static struct severity_subject subject(void)
{
    struct severity_subject s = {
        .kind = DISCREPANCY_CURRENCY_MISMATCH,
        .step = MATCH_CURRENCY,
        .role = INSTRUMENT_BODY,
        .msg_type = SLICE_LITERAL("D"),
        .sender = SLICE_LITERAL("BUY SIDE"),
        .target = SLICE_LITERAL("BROKER"),
        .has_notional = true,
        .currency = SLICE_LITERAL("USD"),
    };

    assert_true(decimal_parse(slice_of("12345.67"), &s.notional));
    return s;
}

/* The level of the subject by one rule, or by several that line ends separate, each named by its number. */
static int find(const char *texts, const struct severity_subject *s)
{
    struct severity_rules *rules = severity_rules_new();
    struct error e;
    int level;

    assert_non_null(rules);
    for (char name = '1'; *texts != '\0'; name++) {
        size_t len = strcspn(texts, "\n");

        if (severity_rules_set(rules, slice_make(&name, 1), slice_make(texts, len), &e) != 0)
            fail_msg("%.*s: %s", (int)len, texts, e.text);
        texts += len + (texts[len] == '\n');
    }
    level = severity_rules_find(rules, s);
    severity_rules_free(rules);
    return level;
}

static void the_first_rule_whose_conditions_all_hold_says_the_level(void **state)
{
    static const struct {
        const char *name;
        const char *rules;
        int level; /* -1: none applies */
    } rows[] = {
        {"a kind", "kind=CURRENCY_MISMATCH -> CRITICAL", SEVERITY_CRITICAL},
        {"a kind, and the level, case aside", "kind=currency_mismatch -> critical", SEVERITY_CRITICAL},
        {"one of several kinds", "kind=SYMBOL_MISMATCH,CURRENCY_MISMATCH -> LOW", SEVERITY_LOW},
        {"another kind", "kind=SYMBOL_MISMATCH -> LOW", -1},
        {"what is off", "kind=CURRENCY_MISMATCH -> off", SEVERITY_OFF},
        {"a step", "step=exchange,CURRENCY -> MEDIUM", SEVERITY_MEDIUM},
        {"another step", "step=strike -> MEDIUM", -1},
        {"a type of message", "type=8,D -> HIGH", SEVERITY_HIGH},
        {"types are told apart by case", "type=d -> HIGH", -1},
        {"a type is not the start of one", "type=DE -> HIGH", -1},
        {"a sender with a blank in it", "sender=BUY\\x20SIDE -> HIGH", SEVERITY_HIGH},
        {"senders are told apart by case", "sender=buy\\x20side -> HIGH", -1},
        {"a target", "target=X,BROKER -> HIGH", SEVERITY_HIGH},
        {"another target", "target=BROKERS -> HIGH", -1},
        {"a role", "role=LEG,body -> HIGH", SEVERITY_HIGH},
        {"another role", "role=LEG,UNDERLYING,LIST_ENTRY,DERIVATIVE,UNDERLYING_LEG,REFERENCE -> HIGH", -1},
        {"all conditions hold", "kind=CURRENCY_MISMATCH type=D role=BODY notional>=USD:12345.67 -> LOW", SEVERITY_LOW},
        {"one does not", "kind=CURRENCY_MISMATCH type=8 role=BODY notional>=USD:12345.67 -> LOW", -1},
        {"a condition that comes twice has to hold twice", "kind=CURRENCY_MISMATCH kind=SYMBOL_MISMATCH -> LOW", -1},
        {"white space of any length", "  kind=CURRENCY_MISMATCH\t step=currency   ->\tLOW ", SEVERITY_LOW},
        {"the first that applies", "type=8 -> LOW\ntype=D -> MEDIUM\nkind=CURRENCY_MISMATCH -> HIGH", SEVERITY_MEDIUM},
        {"no rule", "", -1},
    };
    struct severity_subject s = subject();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int level = find(rows[i].rules, &s);

        if (level != rows[i].level)
            fail_row(rows[i].name, "%d", level);
    }
    assert_int_equal(severity_rules_find(NULL, &s), -1);
}

static void what_the_subject_lacks_meets_no_condition(void **state)
{
    static const char *const rules[] = {
        "step=exchange,currency,symbol,type,cfi,maturity,strike,put_call,multiplier,status -> LOW",
        "sender=X -> LOW",
        "target=X -> LOW",
        "type=D -> LOW",
        "notional>=USD:0 -> LOW",
    };
    struct severity_subject s = {.kind = DISCREPANCY_MISSING_IDENTIFIER, .step = MATCH_NO_STEP};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (find(rules[i], &s) != -1)
            fail_row(rules[i], "it applies");
    s.currency = slice_of("USD");
    assert_int_equal(find("notional>=USD:0 -> LOW", &s), -1);
    s.has_notional = true;
    assert_int_equal(find("notional>=USD:0 -> LOW", &s), SEVERITY_LOW);
}

static void notionals_are_compared_exactly_and_pence_are_hundredths_of_pounds(void **state)
{
    static const struct {
        const char *name;
        const char *notional, *currency;
        const char *least;
        bool reached;
    } rows[] = {
        {"just enough", "1000000", "USD", "USD:1000000", true},
        {"a unit too little", "999999.999999999999999999", "USD", "USD:1000000", false},
        {"sold", "-1000000", "USD", "USD:1000000", true},
        {"another currency", "1000000", "EUR", "USD:1", false},
        {"one of several", "2", "EUR", "USD:1,EUR:2,CHF:3", true},
        {"not enough in its own", "2", "CHF", "USD:1,EUR:2,CHF:3", false},
        {"the same currency twice", "2", "CHF", "CHF:3,CHF:2", true},
        {"currencies are told apart by case", "2", "usd", "USD:1", false},
        {"pounds", "10", "GBP", "GBP:10", true},
        {"pence for pounds, just enough", "1000", "GBX", "GBP:10", true},
        {"pence for pounds, a unit too little", "999.999999999999999999", "GBX", "GBP:10", false},
        {"pence by their other name", "1000", "GBp", "GBP:10", true},
        {"pence by no name", "1000", "GBx", "GBP:10", false},
        {"capitals are pounds", "10", "GBP", "GBX:1000", true},
        {"pounds for pence, a unit too little", "9.999999999999999999", "GBP", "GBX:1000", false},
        {"pence for pence", "0.000000000000000001", "GBp", "GBX:0.000000000000000001", true},
        {"pence for pence, too little", "0", "GBX", "GBp:0.000000000000000001", false},
        {"cents of South Africa", "100", "ZAC", "ZAR:1", true},
        {"cents of South Africa, in small", "100", "ZAc", "ZAR:1", true},
        {"agorot", "100", "ILA", "ILS:1", true},
        {"agorot, in small", "99", "ILa", "ILS:1", false},
        {"more pence than there is room for, as a bound", "99999999999999999999", "GBX", "GBP:99999999999999999999",
         false},
        {"more pence than there is room for, as a notional", "99999999999999999999", "GBP", "GBX:99999999999999999999",
         true},
        {"none needs no more than a currency", "0", "USD", "USD:0", true},
        {"a code of more letters", "5", "USDT", "USDT:5", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct severity_subject s = subject();
        char rule[128];

        assert_true(decimal_parse(slice_of(rows[i].notional), &s.notional));
        s.currency = slice_of(rows[i].currency);
        snprintf(rule, sizeof rule, "notional>=%s -> HIGH", rows[i].least);
        if (find(rule, &s) != (rows[i].reached ? SEVERITY_HIGH : -1))
            fail_row(rows[i].name, "%d", find(rule, &s));
    }
}

static void what_cannot_be_read_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *error; /* a part of the sentence */
    } rows[] = {
        {"", "does not end in ' -> LEVEL'"},
        {"kind=SYMBOL_MISMATCH", "does not end in ' -> LEVEL'"},
        {"kind=SYMBOL_MISMATCH->HIGH", "'SYMBOL_MISMATCH->HIGH' is none of UNKNOWN_SECURITY"},
        {"kind=SYMBOL_MISMATCH ->HIGH", "'->HIGH' is no condition"},
        {"-> HIGH", "it has no condition"},
        {"kind=SYMBOL_MISMATCH ->", "'' is none of LOW, MEDIUM, HIGH, CRITICAL, off"},
        {"kind=SYMBOL_MISMATCH -> HUGE", "'HUGE' is none of LOW, MEDIUM, HIGH, CRITICAL, off"},
        {"kind=SYMBOL_MISMATCH -> HIGH now", "'HIGH now' is none of"},
        {"kind=SYMBOL -> HIGH", "kind=: 'SYMBOL' is none of UNKNOWN_SECURITY, SYMBOL_MISMATCH, "},
        {"kind=SYMBOL -> HIGH", "INACTIVE_SECURITY, MISSING_IDENTIFIER"},
        {"kind= -> HIGH", "kind=: a value is missing"},
        {"kind=SYMBOL_MISMATCH, -> HIGH", "kind=: a value is missing"},
        {"type=,D -> HIGH", "type=: a value is missing"},
        {"type=D,,E -> HIGH", "type=: a value is missing"},
        {"type = D -> HIGH", "'type' is no condition; these are kind=, step=, type=, sender=, target=, role=, "
                             "notional>="},
        {"knid=D -> HIGH", "'knid=D' is no condition"},
        {"step=price -> HIGH", "step=: 'price' is none of exchange, currency, symbol, type, cfi, maturity, strike, "
                               "put_call, multiplier, status"},
        {"role=OTHER -> HIGH", "role=: 'OTHER' is none of BODY, LEG, UNDERLYING, LIST_ENTRY, DERIVATIVE, "
                               "UNDERLYING_LEG, REFERENCE"},
        {"notional=USD:1 -> HIGH", "'notional=USD:1' is no condition"},
        {"notional>=1000000 -> HIGH", "notional>=: '1000000' is not CURRENCY:AMOUNT"},
        {"notional>=USD: -> HIGH", "'USD:' is not CURRENCY:AMOUNT"},
        {"notional>=:5 -> HIGH", "':5' is not CURRENCY:AMOUNT"},
        {"notional>=usd:5 -> HIGH", "'usd:5' is not CURRENCY:AMOUNT"},
        {"notional>=USD:1M -> HIGH", "'USD:1M' is not CURRENCY:AMOUNT"},
        {"notional>=USD:-1 -> HIGH", "'USD:-1' is not CURRENCY:AMOUNT"},
        {"notional>=USD:1,000 -> HIGH", "'000' is not CURRENCY:AMOUNT"},
        {"notional>=US:1 -> HIGH", "'US:1' is not CURRENCY:AMOUNT"},
        {"notional>=ABCDEFGH:1 -> HIGH", NULL},
        {"notional>=ABCDEFGHI:1 -> HIGH", "'ABCDEFGHI:1' is not CURRENCY:AMOUNT"},
        {"notional>=USD:99999999999999999999.999999999999999999 -> HIGH", NULL},
        {"notional>=USD:100000000000000000000 -> HIGH", "is not CURRENCY:AMOUNT"},
        {"notional>=USD:0.0000000000000000001 -> HIGH", "is not CURRENCY:AMOUNT"},
    };
    struct severity_rules *rules = severity_rules_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error e = {0};
        int status = severity_rules_set(rules, slice_of("x"), slice_of(rows[i].text), &e);

        if (status != (rows[i].error ? -1 : 0) || (rows[i].error && strstr(e.text, rows[i].error) == NULL))
            fail_row(rows[i].text, "%s", e.text);
        if (rows[i].error)
            assert_int_equal(e.code, ERROR_CONFIG);
    }
    severity_rules_free(rules);
}

static void a_rule_of_the_same_name_takes_the_place_of_the_one_before(void **state)
{
    struct severity_rules *rules = severity_rules_new();
    struct severity_subject s = subject();
    struct error e;

    (void)state;
    assert_int_equal(severity_rules_set(rules, slice_of("a"), slice_of("type=8 -> LOW"), &e), 0);
    assert_int_equal(severity_rules_set(rules, slice_of("b"), slice_of("type=D -> MEDIUM"), &e), 0);
    assert_int_equal(severity_rules_find(rules, &s), SEVERITY_MEDIUM);
    assert_int_equal(severity_rules_set(rules, slice_of("a"), slice_of("type=D -> HIGH"), &e), 0);
    assert_int_equal(severity_rules_find(rules, &s), SEVERITY_HIGH);
    assert_int_equal(severity_rules_set(rules, slice_of("a"), slice_of("type=D -> HUGE"), &e), -1);
    assert_int_equal(severity_rules_find(rules, &s), SEVERITY_HIGH);
    assert_int_equal(severity_rules_set(rules, slice_of("A"), slice_of("type=D -> LOW"), &e), 0);
    assert_int_equal(severity_rules_find(rules, &s), SEVERITY_HIGH);
    severity_rules_free(rules);
}

/* "WORDWORD...", `count` times, with `last` behind it. malloc'ed. */
static char *repeated(const char *word, size_t count, const char *last)
{
    char *text = malloc(count * strlen(word) + strlen(last) + 1);
    char *at = text;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, word);
    strcpy(at, last);
    return text;
}

/* Each limit at N and at N + 1. */
static void limits_of_rules_conditions_values_and_names(void **state)
{
    struct severity_rules *rules = severity_rules_new();
    struct severity_subject s = subject();
    struct slice text = slice_of("type=D -> LOW");
    struct error e;
    char *long_text;
    char name[SEVERITY_NAME_MAX + 2];

    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        long_text = repeated("type=D ", SEVERITY_CONDITIONS_MAX + more, "-> LOW");
        assert_int_equal(severity_rules_set(rules, slice_of("x"), slice_of(long_text), &e), more ? -1 : 0);
        free(long_text);
    }
    assert_non_null(strstr(e.text, "more than 16 conditions"));
    for (unsigned more = 0; more < 2; more++) {
        char *values = repeated("8,", SEVERITY_VALUES_MAX - 1 + more, "D -> LOW");

        assert_true(asprintf(&long_text, "type=%s", values) > 0);
        assert_int_equal(severity_rules_set(rules, slice_of("x"), slice_of(long_text), &e), more ? -1 : 0);
        free(values);
        free(long_text);
    }
    assert_non_null(strstr(e.text, "more than 1000 values"));
    assert_int_equal(severity_rules_find(rules, &s), SEVERITY_LOW);
    memset(name, 'n', sizeof name);
    assert_int_equal(severity_rules_set(rules, slice_make(name, SEVERITY_NAME_MAX), text, &e), 0);
    assert_int_equal(severity_rules_set(rules, slice_make(name, SEVERITY_NAME_MAX + 1), text, &e), -1);
    assert_int_equal(severity_rules_set(rules, slice_of(""), text, &e), -1);
    assert_non_null(strstr(e.text, "the name of a rule has 1 to 64 bytes, and this has 0"));
    for (unsigned i = 2; i < SEVERITY_RULES_MAX; i++) {
        snprintf(name, sizeof name, "rule-%u", i);
        assert_int_equal(severity_rules_set(rules, slice_of(name), text, &e), 0);
    }
    assert_int_equal(severity_rules_set(rules, slice_of("one more"), text, &e), -1);
    assert_non_null(strstr(e.text, "more than 1000 rules"));
    assert_int_equal(severity_rules_set(rules, slice_of("rule-2"), text, &e), 0);
    severity_rules_free(rules);
}

static void levels_have_names(void **state)
{
    (void)state;
    for (int i = 0; i <= SEVERITY_OFF; i++)
        assert_int_equal(severity_from_name(slice_of(severity_name((enum severity)i))), i);
    assert_string_equal(severity_name(SEVERITY_OFF), "off");
    assert_int_equal(severity_from_name(slice_of("OFF")), SEVERITY_OFF);
    assert_int_equal(severity_from_name(slice_of("")), -1);
    assert_int_equal(severity_from_name(slice_of("LOWER")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_whose_conditions_all_hold_says_the_level),
        cmocka_unit_test(what_the_subject_lacks_meets_no_condition),
        cmocka_unit_test(notionals_are_compared_exactly_and_pence_are_hundredths_of_pounds),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(a_rule_of_the_same_name_takes_the_place_of_the_one_before),
        cmocka_unit_test(limits_of_rules_conditions_values_and_names),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
