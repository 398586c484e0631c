/* The short way to agreement never says more than the long one: random masters with blanks and repeated keys, random
 * messages about their rows with this and that changed, under random rules. */
#include "support.h"

#include <time.h>

#include "core/lookahead.h"
#include "core/match.h"

enum { MASTERS = 300, ROWS_MAX = 6, MESSAGES = 80, TEXT_MAX = 1024 };
enum { SYMBOL, CUSIP, ISIN, MIC, CURRENCY, TYPE, CFI, MATURITY, STRIKE, PUT_CALL, MULTIPLIER, STATUS, COLUMNS };

#define HEADER "symbol,cusip,isin,mic,currency,type,cfi,maturity,strike,putCall,multiplier,status\n"

/* What columns may hold, and what messages say of them; few values, so that much agrees by chance, and keys repeat. */
static const char *const values[COLUMNS][8] = {
    [SYMBOL] = {"AAPL", "IBM", "BRK.B", "BRK/B", "GE", "T", "MSFT", ""},
    [CUSIP] = {"037833100", "459200101", "084670702", "594918104", "369604301", "00206R102", "", ""},
    [ISIN] = {"US0378331005", "US4592001014", "US0846707026", "US5949181045", "CH0012214059", "", "", "US3696043013"},
    [MIC] = {"XNAS", "XNYS", "XLON", "XSWX", "", "XNYS", "XNAS", "XNAS"},
    [CURRENCY] = {"USD", "USD", "GBP", "GBX", "CHF", "", "USD", "USD"},
    [TYPE] = {"CS", "OPT", "FUT", "CORP", "", "CS", "CS", "PS"},
    [CFI] = {"ESVUFR", "OCASPS", "FXXXXX", "DBFTFR", "", "", "", "ESXXXX"},
    [MATURITY] = {"", "", "20261218", "202612", "20200117", "", "2027-01-15", ""},
    [STRIKE] = {"", "", "200", "200.0", "210.5", "", "", ""},
    [PUT_CALL] = {"", "", "C", "P", "call", "", "", ""},
    [MULTIPLIER] = {"", "", "100", "50", "100.00", "", "", ""},
    [STATUS] = {"active", "", "SUSPENDED", "active", "active", "", "active", "halted"},
};

static const int tags[COLUMNS] = {55, 48, 48, 207, 15, 167, 461, 541, 202, 201, 231, 0};

static const char *any_value(int column)
{
    return values[column][rand() % 8];
}

struct row {
    const char *value[COLUMNS];
};

/* Few rows, so that many keys lead to one only. */
static struct index *make_index(struct row *rows, int count)
{
    char text[(ROWS_MAX + 1) * TEXT_MAX];
    size_t len = (size_t)sprintf(text, HEADER);

    for (int r = 0; r < count; r++)
        for (int c = 0; c < COLUMNS; c++) {
            rows[r].value[c] = any_value(c);
            len += (size_t)sprintf(text + len, "%s%c", rows[r].value[c], c + 1 < COLUMNS ? ',' : '\n');
        }
    return support_index(text);
}

/* Appends a field, mostly as the row has it. */
static void say(char *body, int tag, int column, const struct row *row, int changed)
{
    const char *value = rand() % 100 < changed ? any_value(column) : row->value[column];

    if (value[0] != '\0')
        sprintf(body + strlen(body), "%d=%s|", tag, value);
}

static void say_put_call(char *body, const struct row *row)
{
    const char *value = row->value[PUT_CALL];

    if (value[0] != '\0')
        sprintf(body + strlen(body), "201=%d|", rand() % 10 ? value[0] != 'P' : rand() % 2);
}

/* One or two identifiers, or none. */
static void say_identifiers(char *body, const struct row *row, int changed)
{
    int first = rand() % 2 ? CUSIP : ISIN, second = first == CUSIP ? ISIN : CUSIP;
    size_t before = strlen(body);

    if (rand() % 5 > 0)
        say(body, 48, first, row, changed);
    if (strlen(body) > before)
        sprintf(body + strlen(body), "22=%d|", first == CUSIP ? 1 : 4);
    before = strlen(body);
    if (rand() % 2) {
        say(body, 455, second, row, changed);
        if (strlen(body) > before) {
            char id[64];

            snprintf(id, sizeof id, "%s", body + before);
            sprintf(body + before, "454=1|%s456=%d|", id, second == CUSIP ? 1 : 4);
        }
    }
}

static void random_body(char *body, const struct row *row)
{
    int changed = rand() % 3 ? 0 : 20;

    sprintf(body, "35=D|60=2026%02d%02d-12:00:00|", 1 + rand() % 12, 1 + rand() % 28);
    if (rand() % 3 > 0)
        say(body, 55, SYMBOL, row, changed);
    if (rand() % 20 == 0)
        strcat(body, rand() % 2 ? "65=WI|" : "65=B|");
    say_identifiers(body, row, changed);
    for (int c = MIC; c < STATUS; c++)
        if (c != PUT_CALL && rand() % 2)
            say(body, tags[c], c, row, changed);
    if (rand() % 2)
        say_put_call(body, row);
}

/* Also with renames, and with a convention for a market. */
static void random_rules(struct rules *rules)
{
    struct error e;

    rules_default(rules);
    for (int s = 0; s < MATCH_STEP_COUNT; s++)
        rules->compared[s] = rand() % 8 > 0;
    rules->accept_short_cusips = rand() % 2;
    if (rand() % 4 == 0) {
        rules->renames = renames_new();
        assert_int_equal(renames_add(rules->renames, slice_of("T"), slice_of("GE"), (struct date){2026, 6, 9}, &e), 0);
    }
    if (rand() % 4 == 0) {
        rules->master_convention = SYMBOLOGY_NASDAQ;
        rules->conventions = conventions_new();
        assert_int_equal(conventions_set_mic(rules->conventions, slice_of("XNYS"), SYMBOLOGY_CQS, &e), 0);
    }
}

struct tally {
    int agreed;   /* by both ways */
    int unseen;   /* by the long way alone */
    int disagree; /* with findings */
};

/* Both ways, of the message's first instrument. */
static void compare_ways(struct matcher *matcher, const struct index *index, const struct rules *rules,
                         const char *body, struct tally *tally)
{
    static struct instrument_list list;
    static struct match_result result;
    struct fix_step step;
    struct index_lookup ahead;
    char key[IDENTIFIER_MAX];
    enum fix_reason reason;
    struct error e = {0};
    size_t len;
    char *message = support_fix("FIX.4.4", body, &len);
    struct match_input input = {.ahead = &ahead};
    bool agrees;

    fix_next(FIX_STRICT, slice_make(message, len), true, true, &step);
    assert_int_equal(step.event, FIX_MESSAGE);
    assert_int_equal(instrument_extract(&list, &step.message, &rules->sources, false, &reason, &e), 0);
    input.instrument = instrument_next(&list);
    input.message = &list.message;
    if (input.instrument != NULL) {
        lookahead_guess(index, input.instrument, key, &ahead);
        index_fetch_batch(index, &ahead, 1);
        agrees = match_agrees(matcher, index, rules, &input);
        assert_int_equal(match_instrument(matcher, index, rules, &input, &result, &e), 0);
        if (agrees && result.count > 0)
            fail_msg("%s: %s", discrepancy_kind_name(result.verdicts[0].kind), body);
        *(agrees ? &tally->agreed : result.count > 0 ? &tally->disagree : &tally->unseen) += 1;
    }
    instrument_list_free(&list);
    free(message);
}

static void what_the_short_way_says_the_long_one_says_too(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    struct tally tally = {0};

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < MASTERS; i++) {
        struct row rows[ROWS_MAX];
        int count = 1 + rand() % ROWS_MAX;
        struct matcher *matcher = matcher_new();
        struct index *index = make_index(rows, count);
        struct rules rules;

        random_rules(&rules);
        for (int k = 0; k < MESSAGES; k++) {
            char body[TEXT_MAX];

            random_body(body, &rows[rand() % count]);
            compare_ways(matcher, index, &rules, body, &tally);
        }
        rules_free(&rules);
        index_close(index);
        matcher_free(matcher);
    }
    print_message("agreed %d, not seen to agree %d, disagree %d\n", tally.agreed, tally.unseen, tally.disagree);
    assert_true(tally.agreed > MESSAGES && tally.disagree > MESSAGES);
}

/* The ways of one message. */
static struct tally tally_of(const char *master, const char *body, void (*change)(struct rules *rules))
{
    struct index *index = support_index(master);
    struct matcher *matcher = matcher_new();
    struct tally tally = {0};
    struct rules rules;

    rules_default(&rules);
    if (change != NULL)
        change(&rules);
    for (int i = 0; i < 2; i++) { /* the first time nobody knows the attributes */
        tally = (struct tally){0};
        compare_ways(matcher, index, &rules, body, &tally);
    }
    rules_free(&rules);
    index_close(index);
    matcher_free(matcher);
    return tally;
}

#define AAPL HEADER "AAPL,037833100,US0378331005,XNAS,USD,CS,ESVUFR,,,,,active\n"
#define LISTED_TWICE AAPL "AAPL,037833100,US0378331005,XSWX,CHF,CS,ESVUFR,,,,,active\n"

static void what_agrees_is_seen_to(void **state)
{
    static const char *const bodies[] = {
        "35=D|55=AAPL|48=US0378331005|22=4|207=XNAS|15=USD|167=CS|461=ESVUFR|",
        "35=D|48=037833100|22=1|454=1|455=US0378331005|456=4|", "35=D|55=AAPL|",
        "35=D|55=AAPL|48=USD|22=6|", /* a currency is no identifier of a security */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        if (tally_of(AAPL, bodies[i], NULL).agreed != 1)
            fail_msg("%s", bodies[i]);
}

static void set_rename(struct rules *rules)
{
    struct error e;

    rules->renames = renames_new();
    assert_int_equal(renames_add(rules->renames, slice_of("X"), slice_of("Y"), (struct date){2026, 6, 9}, &e), 0);
}

static void set_convention(struct rules *rules)
{
    struct error e;

    rules->master_convention = SYMBOLOGY_NASDAQ;
    rules->conventions = conventions_new();
    assert_int_equal(conventions_set_mic(rules->conventions, slice_of("XNAS"), SYMBOLOGY_CQS, &e), 0);
}

static void where_more_can_be_meant_the_long_way_is_gone(void **state)
{
    const char *body = "35=D|55=AAPL|48=US0378331005|22=4|207=XNAS|15=USD|";

    (void)state;
    assert_int_equal(tally_of(LISTED_TWICE, body, NULL).unseen, 1);
    assert_int_equal(tally_of(AAPL, body, set_rename).agreed, 1); /* it is no symbol that led there */
    assert_int_equal(tally_of(AAPL, "35=D|55=AAPL|", set_rename).unseen, 1);
    assert_int_equal(tally_of(AAPL, body, set_convention).unseen, 1);
    assert_int_equal(tally_of(AAPL, "35=D|55=AAPL|48=US0378331005|22=4|", set_convention).agreed, 1);
    assert_int_equal(tally_of(AAPL, "35=D|48=US0378331005|22=4|454=1|455=AAPL US|456=A|", NULL).unseen, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_short_way_says_the_long_one_says_too),
        cmocka_unit_test(what_agrees_is_seen_to),
        cmocka_unit_test(where_more_can_be_meant_the_long_way_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
