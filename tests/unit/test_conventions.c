#include "support.h"

#include "core/conventions.h"

static struct conventions *new_conventions(void)
{
    struct conventions *c = conventions_new();

    assert_non_null(c);
    return c;
}

static void set_session(struct conventions *c, const char *session, enum symbology_convention convention)
{
    struct error e;

    if (conventions_set_session(c, slice_of(session), convention, &e) != 0)
        fail_msg("%s: %s", session, e.text);
}

static void set_topic(struct conventions *c, const char *topic, enum symbology_convention convention)
{
    struct error e;

    if (conventions_set_topic(c, slice_of(topic), convention, &e) != 0)
        fail_msg("%s: %s", topic, e.text);
}

static void set_mic(struct conventions *c, const char *mic, enum symbology_convention convention)
{
    struct error e;

    if (conventions_set_mic(c, slice_of(mic), convention, &e) != 0)
        fail_msg("%s: %s", mic, e.text);
}

struct message_row {
    const char *name;
    const char *sender;
    const char *target;
    const char *topic;
    enum symbology_convention convention;
};

static const struct message_row message_rows[] = {
    {"both are set", "BUY", "SELL", "orders", SYMBOLOGY_CQS},
    {"both go before the sender alone", "BUY", "SELL", "other", SYMBOLOGY_CQS},
    {"the sender goes before the target", "BUY", "DESK", "other", SYMBOLOGY_CMS},
    {"the target alone", "ANYONE", "DESK", "other", SYMBOLOGY_ACT},
    {"a session goes before its topic", "ANYONE", "DESK", "orders", SYMBOLOGY_ACT},
    {"the topic of a session that is not set", "ANYONE", "ELSE", "orders", SYMBOLOGY_RIC},
    {"nothing is set", "ANYONE", "ELSE", "other", SYMBOLOGY_NONE},
    {"the other direction is another session", "SELL", "BUY", "other", SYMBOLOGY_NONE},
    {"names are case-sensitive", "buy", "SELL", "Orders", SYMBOLOGY_NONE},
    {"any sender is none, too", "", "DESK", "other", SYMBOLOGY_ACT},
    {"any target is none, too", "BUY", "", "other", SYMBOLOGY_CMS},
    {"a session without names", "", "", "other", SYMBOLOGY_NONE},
    {"a slash in a CompID", "A/B", "C", "other", SYMBOLOGY_YAHOO},
    {"the end of a CompID is not the whole of it", "XBUY", "SELL", "other", SYMBOLOGY_NONE},
};

static void a_message_has_the_convention_of_its_session_or_topic(void **state)
{
    struct conventions *c = new_conventions();

    (void)state;
    set_session(c, "BUY/SELL", SYMBOLOGY_CQS);
    set_session(c, "BUY/*", SYMBOLOGY_CMS);
    set_session(c, "*/DESK", SYMBOLOGY_ACT);
    set_session(c, "A/B/C", SYMBOLOGY_YAHOO);
    set_topic(c, "orders", SYMBOLOGY_RIC);
    for (size_t i = 0; i < COUNT_OF(message_rows); i++) {
        const struct message_row *row = &message_rows[i];
        enum symbology_convention convention =
            conventions_of_message(c, slice_of(row->sender), slice_of(row->target), slice_of(row->topic));
        if (convention != row->convention)
            fail_row(row->name, "%s", symbology_convention_name(convention));
    }
    conventions_free(c);
}

static void a_market_has_one_by_its_mic(void **state)
{
    struct conventions *c = new_conventions();

    (void)state;
    set_mic(c, "xnas", SYMBOLOGY_NASDAQ);
    set_topic(c, "XNYS", SYMBOLOGY_CQS);
    assert_int_equal(conventions_of_mic(c, slice_of("XNAS")), SYMBOLOGY_NASDAQ);
    assert_int_equal(conventions_of_mic(c, slice_of("Xnas")), SYMBOLOGY_NASDAQ);
    assert_int_equal(conventions_of_mic(c, slice_of("XNYS")), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_mic(c, slice_of("XNASX")), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_mic(c, slice_make(NULL, 0)), SYMBOLOGY_NONE);
    conventions_free(c);
}

static void the_last_setting_counts(void **state)
{
    struct conventions *c = new_conventions();

    (void)state;
    set_session(c, "A/B", SYMBOLOGY_CQS);
    set_session(c, "A/B", SYMBOLOGY_FIX);
    set_mic(c, "XNYS", SYMBOLOGY_CQS);
    set_mic(c, "xnys", SYMBOLOGY_CMS);
    assert_int_equal(conventions_of_message(c, slice_of("A"), slice_of("B"), slice_of("t")), SYMBOLOGY_FIX);
    assert_int_equal(conventions_of_mic(c, slice_of("XNYS")), SYMBOLOGY_CMS);
    conventions_free(c);
}

static void without_settings_there_is_none(void **state)
{
    struct conventions *c = new_conventions();
    struct slice none = slice_make(NULL, 0);

    (void)state;
    assert_int_equal(conventions_of_message(NULL, slice_of("A"), slice_of("B"), slice_of("t")), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_mic(NULL, slice_of("XNYS")), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_message(c, none, none, none), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_mic(c, slice_of("XNYS")), SYMBOLOGY_NONE);
    conventions_free(c);
    conventions_free(NULL);
}

static void names_that_mean_nothing_are_refused(void **state)
{
    static const char *const sessions[] = {"", "/", "A", "A/", "/B", "*/*"};
    static const char *const mics[] = {"", "XNY", "XNYSE", "XN S", "XN\xc3\x84"};
    struct conventions *c = new_conventions();
    struct error e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sessions); i++) {
        if (conventions_set_session(c, slice_of(sessions[i]), SYMBOLOGY_CQS, &e) == 0)
            fail_msg("session '%s' was taken", sessions[i]);
        assert_int_equal(e.code, ERROR_CONFIG);
    }
    for (size_t i = 0; i < COUNT_OF(mics); i++) {
        if (conventions_set_mic(c, slice_of(mics[i]), SYMBOLOGY_CQS, &e) == 0)
            fail_msg("MIC '%s' was taken", mics[i]);
        assert_int_equal(e.code, ERROR_CONFIG);
    }
    assert_int_equal(conventions_set_topic(c, slice_make(NULL, 0), SYMBOLOGY_CQS, &e), -1);
    conventions_free(c);
}

static void a_name_has_at_most_255_bytes(void **state)
{
    struct conventions *c = new_conventions();
    char name[CONVENTIONS_NAME_MAX + 2];
    struct slice none = slice_make(NULL, 0);
    struct error e;

    (void)state;
    memset(name, 'A', sizeof name);
    name[1] = '/';
    assert_int_equal(conventions_set_session(c, slice_make(name, 255), SYMBOLOGY_CQS, &e), 0);
    assert_int_equal(conventions_set_session(c, slice_make(name, 256), SYMBOLOGY_CQS, &e), -1);
    assert_int_equal(conventions_set_topic(c, slice_make(name, 255), SYMBOLOGY_CMS, &e), 0);
    assert_int_equal(conventions_set_topic(c, slice_make(name, 256), SYMBOLOGY_CMS, &e), -1);
    assert_int_equal(conventions_of_message(c, slice_make(name, 1), slice_make(name + 2, 253), none), SYMBOLOGY_CQS);
    assert_int_equal(conventions_of_message(c, slice_make(name, 1), slice_make(name + 2, 254), none), SYMBOLOGY_NONE);
    assert_int_equal(conventions_of_message(c, none, none, slice_make(name, 255)), SYMBOLOGY_CMS);
    assert_int_equal(conventions_of_message(c, none, none, slice_make(name, 256)), SYMBOLOGY_NONE);
    conventions_free(c);
}

static void a_long_name_does_not_hide_the_other_one(void **state)
{
    struct conventions *c = new_conventions();
    char name[1000];

    (void)state;
    memset(name, 'A', sizeof name);
    set_session(c, "*/B", SYMBOLOGY_CQS);
    set_session(c, "B/*", SYMBOLOGY_CMS);
    assert_int_equal(
        conventions_of_message(c, slice_make(name, sizeof name), slice_of("B"), slice_make(name, sizeof name)),
        SYMBOLOGY_CQS);
    assert_int_equal(
        conventions_of_message(c, slice_of("B"), slice_make(name, sizeof name), slice_make(name, sizeof name)),
        SYMBOLOGY_CMS);
    conventions_free(c);
}

static void there_are_at_most_10000_of_all(void **state)
{
    struct conventions *c = new_conventions();
    struct error e;
    char name[32];

    (void)state;
    set_session(c, "A/B", SYMBOLOGY_CQS);
    set_mic(c, "XNYS", SYMBOLOGY_CQS);
    for (unsigned i = 2; i < CONVENTIONS_MAX; i++) {
        snprintf(name, sizeof name, "topic-%u", i);
        set_topic(c, name, i % 2 == 0 ? SYMBOLOGY_CQS : SYMBOLOGY_CMS);
    }
    assert_int_equal(conventions_set_topic(c, slice_of("another"), SYMBOLOGY_CQS, &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_int_equal(conventions_set_mic(c, slice_of("XNAS"), SYMBOLOGY_CQS, &e), -1);
    set_mic(c, "XNYS", SYMBOLOGY_ACT); /* that is no other one */
    for (unsigned i = 2; i < CONVENTIONS_MAX; i++) {
        snprintf(name, sizeof name, "topic-%u", i);
        assert_int_equal(conventions_of_message(c, slice_of("x"), slice_of("y"), slice_of(name)),
                         i % 2 == 0 ? SYMBOLOGY_CQS : SYMBOLOGY_CMS);
    }
    conventions_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_the_convention_of_its_session_or_topic),
        cmocka_unit_test(a_market_has_one_by_its_mic),
        cmocka_unit_test(the_last_setting_counts),
        cmocka_unit_test(without_settings_there_is_none),
        cmocka_unit_test(names_that_mean_nothing_are_refused),
        cmocka_unit_test(a_name_has_at_most_255_bytes),
        cmocka_unit_test(a_long_name_does_not_hide_the_other_one),
        cmocka_unit_test(there_are_at_most_10000_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
