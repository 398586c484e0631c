#include "support.h"

#include "core/rules.h"

#define DIGEST_LEN 17 /* "-" and 16 hexadecimal digits */

static void what_is_set_of_kinds_and_steps(void **state)
{
    struct rules rules;
    struct error e;

    (void)state;
    rules_default(&rules);
    for (int k = 0; k < DISCREPANCY_KIND_COUNT; k++)
        assert_true(rules.reported[k]);
    for (int s = 0; s < MATCH_STEP_COUNT; s++) {
        assert_true(rules.compared[s]);
        assert_int_equal(rules.step_severity[s], -1);
    }
    assert_int_equal(rules.severity[DISCREPANCY_IDENTIFIER_CONFLICT], SEVERITY_CRITICAL);
    assert_int_equal(rules_set(&rules, slice_of("unknown_security"), slice_of("low"), &e), 0);
    assert_int_equal(rules.severity[DISCREPANCY_UNKNOWN_SECURITY], SEVERITY_LOW);
    assert_int_equal(rules_set(&rules, slice_of("UNKNOWN_SECURITY"), slice_of("OFF"), &e), 0);
    assert_false(rules.reported[DISCREPANCY_UNKNOWN_SECURITY]);
    assert_int_equal(rules_set(&rules, slice_of("UNKNOWN_SECURITY"), slice_of("MEDIUM"), &e), 0);
    assert_true(rules.reported[DISCREPANCY_UNKNOWN_SECURITY]);
    assert_int_equal(rules_set_step(&rules, slice_of("put_call"), slice_of("Critical"), &e), 0);
    assert_int_equal(rules.step_severity[MATCH_PUT_CALL], SEVERITY_CRITICAL);
    assert_true(rules.compared[MATCH_PUT_CALL]);
    assert_int_equal(rules_set_step(&rules, slice_of("CFI"), slice_of("off"), &e), 0);
    assert_false(rules.compared[MATCH_CFI]);
    assert_int_equal(rules_set_step(&rules, slice_of("CFI"), slice_of("low"), &e), 0);
    assert_true(rules.compared[MATCH_CFI]);
    assert_int_equal(rules.step_severity[MATCH_CFI], SEVERITY_LOW);
    rules_free(&rules);
}

static void what_is_not_known_is_named(void **state)
{
    static const struct {
        int (*set)(struct rules *, struct slice, struct slice, struct error *);
        const char *name, *level;
        const char *error;
    } rows[] = {
        {rules_set, "NOVEL", "low", "'NOVEL' is no kind of discrepancy"},
        {rules_set, "UNKNOWN_SECURITY", "loud", "'loud' is no severity: low, medium, high, critical or off"},
        {rules_set, "UNKNOWN_SECURITY", "", "'' is no severity"},
        {rules_set_step, "price", "low", "'price' is no step of the comparison"},
        {rules_set_step, "strike", "loud", "'loud' is no severity"},
    };
    struct rules rules;

    (void)state;
    rules_default(&rules);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error e;

        assert_int_equal(rows[i].set(&rules, slice_of(rows[i].name), slice_of(rows[i].level), &e), -1);
        assert_int_equal(e.code, ERROR_CONFIG);
        if (strstr(e.text, rows[i].error) == NULL)
            fail_row(rows[i].error, "%s", e.text);
    }
    rules_free(&rules);
}

static void names_of_rule_sets(void **state)
{
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"desk-7", true},
        {"A.b_c", true},
        {"", false},
        {"a name", false},
        {"n\xc3\xa4me", false},
        {"12345678901234567890123456789012", true},
        {"123456789012345678901234567890123", false},
    };
    struct rules rules;
    struct error e;

    (void)state;
    rules_default(&rules);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if ((rules_set_name(&rules, slice_of(rows[i].name), &e) == 0) != rows[i].good)
            fail_row(rows[i].name, "%s", rows[i].good ? "refused" : "taken");
        if (!rows[i].good)
            continue;
        rules_finish(&rules, slice_of(""));
        assert_int_equal(strlen(rules.id), strlen(rows[i].name) + DIGEST_LEN);
        assert_memory_equal(rules.id, rows[i].name, strlen(rows[i].name));
    }
    rules_free(&rules);
}

/* The id of the default rules after one change, and with these settings beside them. */
static void id_after(void (*change)(struct rules *), const char *settings, char id[RULES_ID_MAX])
{
    struct rules rules;

    rules_default(&rules);
    if (change)
        change(&rules);
    rules_finish(&rules, slice_of(settings));
    strcpy(id, rules.id);
    rules_free(&rules);
}

static void make_kind_low(struct rules *rules)
{
    rules->severity[DISCREPANCY_UNKNOWN_SECURITY] = SEVERITY_LOW;
}

static void turn_kind_off(struct rules *rules)
{
    rules->reported[DISCREPANCY_UNKNOWN_SECURITY] = false;
}

static void turn_first_step_off(struct rules *rules)
{
    rules->compared[0] = false;
}

static void turn_last_step_off(struct rules *rules)
{
    rules->compared[MATCH_STEP_COUNT - 1] = false;
}

static void make_step_low(struct rules *rules)
{
    rules->step_severity[MATCH_TYPE] = SEVERITY_LOW;
}

static void check_references(struct rules *rules)
{
    rules->references = true;
}

static void pass_pseudo_cusips_of_options(struct rules *rules)
{
    rules->pseudo_cusips = PSEUDO_CUSIPS_OPTIONS;
}

static void pass_pseudo_cusips(struct rules *rules)
{
    rules->pseudo_cusips = PSEUDO_CUSIPS_YES;
}

static void accept_short_cusips(struct rules *rules)
{
    rules->accept_short_cusips = true;
}

static void spell_as_cqs(struct rules *rules)
{
    rules->master_convention = SYMBOLOGY_CQS;
}

static void each_setting_makes_an_id_of_its_own(void **state)
{
    static const struct {
        void (*change)(struct rules *);
        const char *settings;
    } rows[] = {
        {NULL, ""},
        {make_kind_low, ""},
        {turn_kind_off, ""},
        {turn_first_step_off, ""},
        {turn_last_step_off, ""},
        {make_step_low, ""},
        {check_references, ""},
        {pass_pseudo_cusips_of_options, ""},
        {pass_pseudo_cusips, ""},
        {accept_short_cusips, ""},
        {spell_as_cqs, ""},
        {NULL, "source.103 = CUSIP\n"},
        {NULL, "source.103 = ISIN\n"},
        {spell_as_cqs, "source.103 = ISIN\n"},
    };
    char ids[COUNT_OF(rows)][RULES_ID_MAX], again[RULES_ID_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        id_after(rows[i].change, rows[i].settings, ids[i]);
        id_after(rows[i].change, rows[i].settings, again);
        assert_string_equal(ids[i], again);
        assert_memory_equal(ids[i], "default-", 8);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void the_default_rules_are_finished(void **state)
{
    struct rules rules;
    char id[RULES_ID_MAX];

    (void)state;
    rules_default(&rules);
    id_after(NULL, "", id);
    assert_string_equal(rules.id, id);
    rules_free(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_of_kinds_and_steps),
        cmocka_unit_test(what_is_not_known_is_named),
        cmocka_unit_test(names_of_rule_sets),
        cmocka_unit_test(each_setting_makes_an_id_of_its_own),
        cmocka_unit_test(the_default_rules_are_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
