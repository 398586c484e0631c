#include "support.h"

#include "core/exchange.h"
#include "core/exchange_mics.h"
#include "core/exchange_names.h"

/* Operators without segments, which the table of segments does not know; as in the list of February 2025. */
static const char *const lone_operators[] = {
    "DSMD", "ROCO", "XBAH", "XDFM", "XEUR", "XIDX", "XKAR", "XKUW", "XLIM", "XLME",
    "XMEX", "XNAI", "XNGO", "XNSA", "XPHS", "XSAU", "XSGO", "XTAE", "XTAI",
};

static bool is_in_standard(const char *mic)
{
    for (size_t i = 0; i < COUNT_OF(exchange_segments); i++)
        if (strcmp(exchange_segments[i].mic, mic) == 0 || strcmp(exchange_segments[i].operating_mic, mic) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(lone_operators); i++)
        if (strcmp(lone_operators[i], mic) == 0)
            return true;
    return false;
}

static void assert_is_mic(const char *text)
{
    char mic[EXCHANGE_MIC_LEN];

    if (!exchange_mic_from_text(slice_of(text), mic) || memcmp(mic, text, EXCHANGE_MIC_LEN) != 0)
        fail_msg("'%s' is no MIC in upper case", text);
}

static void built_in_names_are_sorted_and_lead_to_mics_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(exchange_names); i++) {
        const struct exchange_name *row = &exchange_names[i];
        char mic[EXCHANGE_MIC_LEN];
        if (i > 0 && strcmp(exchange_names[i - 1].name, row->name) >= 0)
            fail_row(row->name, "is not behind '%s'", exchange_names[i - 1].name);
        assert_in_range(strlen(row->name), 1, EXCHANGE_NAME_MAX);
        assert_is_mic(row->mic);
        if (!is_in_standard(row->mic))
            fail_row(row->name, "leads to %s, which is in no list", row->mic);
        if (!exchange_resolve(NULL, slice_of(row->name), mic) || memcmp(mic, row->mic, EXCHANGE_MIC_LEN) != 0)
            fail_row(row->name, "leads elsewhere, so it is not in upper case");
    }
}

static void no_built_in_name_is_somebody_s_mic(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(exchange_names); i++)
        if (is_in_standard(exchange_names[i].name))
            fail_row(exchange_names[i].name, "is a MIC");
}

static void segments_are_sorted_and_have_an_operator(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(exchange_segments); i++) {
        const struct exchange_segment *row = &exchange_segments[i];
        assert_is_mic(row->mic);
        assert_is_mic(row->operating_mic);
        if (i > 0 && strcmp(exchange_segments[i - 1].mic, row->mic) >= 0)
            fail_row(row->mic, "is not behind %s", exchange_segments[i - 1].mic);
        if (!exchange_operates(NULL, row->operating_mic, row->mic))
            fail_row(row->mic, "is not operated by %s", row->operating_mic);
    }
}

struct row {
    const char *name;
    const char *text;
    const char *mic; /* NULL: it cannot be said */
};

static const struct row built_in_rows[] = {
    {"a mnemonic of FIX 4.2", "N", "XNYS"},
    {"a mnemonic of three letters", "TWO", "ROCO"},
    {"T is Tokyo, as in FIX 4.2, not Nasdaq", "T", "XTKS"},
    {"P is the successor of the Pacific Stock Exchange", "P", "ARCX"},
    {"a code that came later", "OQ", "XNAS"},
    {"a name of a vendor", "NASDAQ", "XNAS"},
    {"a name of four letters that is no MIC", "NYSE", "XNYS"},
    {"a name with blanks", "EURONEXT PARIS", "XPAR"},
    {"case aside", "Euronext Paris", "XPAR"},
    {"case aside in one letter", "n", "XNYS"},
    {"a MIC", "XNGS", "XNGS"},
    {"a MIC in small letters", "xngs", "XNGS"},
    {"a MIC with digits", "3dxe", "3DXE"},
    {"a MIC that is a name, too, is itself", "BATS", "BATS"},
    {"what could be a MIC", "ABCD", "ABCD"},
    {"what could be none", "ABCDE", NULL},
    {"a name of several markets", "BSE", NULL},
    {"a mnemonic that means two by its case", "D", NULL},
    {"four characters that are no letters or digits", "XN.S", NULL},
    {"four bytes that are no ASCII", "XN\xc3\x84", NULL},
    {"the start of a name", "NASDA", NULL},
    {"more than a name", "NASDAQX", NULL},
    {"a blank is part of a name", "N ", NULL},
    {"nothing", "", NULL},
    {"the last of the names", "XETRA", "XETR"},
};

static const char *resolved(const struct exchanges *exchanges, struct slice name, char text[EXCHANGE_MIC_LEN + 1])
{
    if (!exchange_resolve(exchanges, name, text))
        return NULL;
    text[EXCHANGE_MIC_LEN] = '\0';
    return text;
}

static void hold_rows(const struct exchanges *exchanges, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[EXCHANGE_MIC_LEN + 1];
        const char *mic = resolved(exchanges, slice_of(rows[i].text), text);
        if (mic == NULL || rows[i].mic == NULL ? mic != rows[i].mic : strcmp(mic, rows[i].mic) != 0)
            fail_row(rows[i].name, "'%s' is %s", rows[i].text, mic != NULL ? mic : "nothing");
    }
}

static struct exchanges *new_exchanges(void)
{
    struct exchanges *x = exchanges_new();

    assert_non_null(x);
    return x;
}

static void set_alias(struct exchanges *x, const char *name, const char *mic)
{
    struct error e;

    if (exchanges_set_alias(x, slice_of(name), slice_of(mic), &e) != 0)
        fail_msg("%s: %s", name, e.text);
}

static void names_resolve_to_mics(void **state)
{
    struct exchanges *x = new_exchanges();

    (void)state;
    hold_rows(NULL, built_in_rows, COUNT_OF(built_in_rows));
    hold_rows(x, built_in_rows, COUNT_OF(built_in_rows));
    exchanges_free(x);
}

static void aliases_go_before_all_else(void **state)
{
    static const struct row rows[] = {
        {"a name of the house", "dark pool 1", "XDRK"},   {"case aside", "Dark Pool 1", "XDRK"},
        {"instead of a mnemonic", "t", "XNAS"},           {"instead of a MIC", "CBOE", "XCBO"},
        {"the last setting counts", "BSE", "XBUL"},       {"the others stay", "N", "XNYS"},
        {"an alias of an alias is none", "XDRK", "XDRK"},
    };
    struct exchanges *x = new_exchanges();

    (void)state;
    set_alias(x, "Dark Pool 1", "xdrk");
    set_alias(x, "T", "XNAS");
    set_alias(x, "cboe", "XCBO");
    set_alias(x, "BSE", "XBOM");
    set_alias(x, "bse", "XBUL");
    hold_rows(x, rows, COUNT_OF(rows));
    exchanges_free(x);
    exchanges_free(NULL);
}

static void aliases_of_what_is_no_mic_are_refused(void **state)
{
    static const char *const mics[] = {"", "XNA", "XNASD", "XN-S", "XN\xc3\x84"};
    struct exchanges *x = new_exchanges();
    char text[EXCHANGE_MIC_LEN + 1];
    struct error e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(mics); i++) {
        assert_int_equal(exchanges_set_alias(x, slice_of("HOUSE"), slice_of(mics[i]), &e), -1);
        assert_int_equal(e.code, ERROR_CONFIG);
    }
    assert_int_equal(exchanges_set_alias(x, slice_make(NULL, 0), slice_of("XNAS"), &e), -1);
    assert_null(resolved(x, slice_of("HOUSE"), text));
    exchanges_free(x);
}

static void an_alias_has_at_most_64_bytes(void **state)
{
    struct exchanges *x = new_exchanges();
    char name[EXCHANGE_NAME_MAX + 1], text[EXCHANGE_MIC_LEN + 1];
    struct error e;

    (void)state;
    memset(name, 'a', sizeof name);
    assert_int_equal(exchanges_set_alias(x, slice_make(name, 64), slice_of("XNAS"), &e), 0);
    assert_int_equal(exchanges_set_alias(x, slice_make(name, 65), slice_of("XNAS"), &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_string_equal(resolved(x, slice_make(name, 64), text), "XNAS");
    assert_null(resolved(x, slice_make(name, 65), text));
    exchanges_free(x);
}

static void there_are_at_most_10000_aliases(void **state)
{
    struct exchanges *x = new_exchanges();
    struct error e;
    char name[32];

    (void)state;
    for (unsigned i = 0; i < EXCHANGE_ALIASES_MAX; i++) {
        snprintf(name, sizeof name, "market-%u", i);
        set_alias(x, name, "XNAS");
    }
    assert_int_equal(exchanges_set_alias(x, slice_of("another"), slice_of("XNAS"), &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    set_alias(x, "market-0", "XNYS"); /* that is no other one */
    exchanges_free(x);
}

static void an_operator_operates_its_segments_and_nothing_else(void **state)
{
    (void)state;
    assert_true(exchange_operates(NULL, "XNAS", "XNGS"));
    assert_true(exchange_operates(NULL, "XNYS", "ARCX"));
    assert_true(exchange_operates(NULL, "XSWX", "XVTX")); /* which has expired */
    assert_false(exchange_operates(NULL, "XNGS", "XNAS"));
    assert_false(exchange_operates(NULL, "XNAS", "XNAS"));
    assert_false(exchange_operates(NULL, "XNGS", "XNMS")); /* two segments of one operator */
    assert_false(exchange_operates(NULL, "XNAS", "ARCX"));
    assert_false(exchange_operates(NULL, "XNAS", "ABCD"));
}

static void add_mic(struct exchanges *x, const char *mic, const char *operating_mic)
{
    struct error e;

    if (exchanges_add_mic(x, slice_of(mic), slice_of(operating_mic), &e) != 0)
        fail_msg("%s: %s", mic, e.text);
}

static void a_list_of_mics_takes_the_place_of_the_built_in_one(void **state)
{
    struct exchanges *x = new_exchanges();

    (void)state;
    assert_true(exchange_operates(x, "XNAS", "XNGS"));
    add_mic(x, "newx", "XNAS");
    add_mic(x, "XNAS", "XNAS");
    assert_true(exchange_operates(x, "XNAS", "NEWX"));
    assert_false(exchange_operates(x, "XNAS", "XNAS"));
    assert_false(exchange_operates(x, "XNAS", "XNGS"));
    assert_true(exchange_operates(NULL, "XNAS", "XNGS"));
    exchanges_free(x);
}

static void a_list_of_what_are_no_mics_is_refused(void **state)
{
    struct exchanges *x = new_exchanges();
    struct error e;

    (void)state;
    assert_int_equal(exchanges_add_mic(x, slice_of("XNGSX"), slice_of("XNAS"), &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_int_equal(exchanges_add_mic(x, slice_of("XNGS"), slice_make(NULL, 0), &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_true(exchange_operates(x, "XNAS", "XNGS")); /* nothing was added, so the built-in list stays */
    exchanges_free(x);
}

/* A MIC of its own for each number. */
static struct slice numbered_mic(unsigned number, char mic[EXCHANGE_MIC_LEN])
{
    static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < EXCHANGE_MIC_LEN; i++, number /= 36)
        mic[i] = characters[number % 36];
    return slice_make(mic, EXCHANGE_MIC_LEN);
}

static void there_are_at_most_100000_mics(void **state)
{
    struct exchanges *x = new_exchanges();
    char mic[EXCHANGE_MIC_LEN];
    struct error e;

    (void)state;
    for (unsigned i = 0; i < EXCHANGE_MICS_MAX; i++)
        assert_int_equal(exchanges_add_mic(x, numbered_mic(i, mic), slice_of("XNAS"), &e), 0);
    assert_int_equal(exchanges_add_mic(x, numbered_mic(EXCHANGE_MICS_MAX, mic), slice_of("XNAS"), &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_int_equal(exchanges_add_mic(x, numbered_mic(0, mic), slice_of("XNYS"), &e), 0); /* that is no other one */
    assert_true(exchange_operates(x, "XNYS", "0000"));
    for (unsigned i = 1; i < EXCHANGE_MICS_MAX; i += 997)
        assert_true(exchange_operates(x, "XNAS", numbered_mic(i, mic).ptr));
    exchanges_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_names_are_sorted_and_lead_to_mics_of_the_standard),
        cmocka_unit_test(no_built_in_name_is_somebody_s_mic),
        cmocka_unit_test(segments_are_sorted_and_have_an_operator),
        cmocka_unit_test(names_resolve_to_mics),
        cmocka_unit_test(aliases_go_before_all_else),
        cmocka_unit_test(aliases_of_what_is_no_mic_are_refused),
        cmocka_unit_test(an_alias_has_at_most_64_bytes),
        cmocka_unit_test(there_are_at_most_10000_aliases),
        cmocka_unit_test(an_operator_operates_its_segments_and_nothing_else),
        cmocka_unit_test(a_list_of_mics_takes_the_place_of_the_built_in_one),
        cmocka_unit_test(a_list_of_what_are_no_mics_is_refused),
        cmocka_unit_test(there_are_at_most_100000_mics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
