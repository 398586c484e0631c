#include "support.h"

#include "core/exposure.h"

struct exposure_row {
    const char *name;
    const char *body;       /* from 35= on */
    const char *multiplier; /* the row's, "": none; NULL: no row */
    const char *type;       /* the row's */
    const char *notional;   /* "-": absent */
    bool counts;
};

static const struct exposure_row rows[] = {
    {"an order", "35=D|55=X|38=100|44=2.5|", NULL, "", "250", true},
    {"a multiplier of the message", "35=D|55=X|38=2|44=10|231=50|", "100", "", "1000", true},
    {"a multiplier of the master", "35=D|55=X|38=2|44=10|", "100", "", "2000", true},
    {"a multiplier that is none", "35=D|55=X|38=2|44=10|231=0|", "-5", "", "20", true},
    {"a multiplier that is not a number gives way to the master's", "35=D|55=X|38=2|44=10|231=abc|", "3", "", "60",
     true},
    {"an option without a multiplier", "35=D|55=X|167=OPT|38=2|44=10|", NULL, "", "-", true},
    {"an option by its CFI", "35=D|55=X|461=OCASPS|38=2|44=10|", "", "", "-", true},
    {"an option with one", "35=D|55=X|167=OPT|38=2|44=10|", "100", "", "2000", true},
    {"a future by the master's type", "35=D|55=X|38=2|44=10|", "", "Future", "-", true},
    {"the message's type comes before the master's", "35=D|55=X|167=CS|38=2|44=10|", "", "Future", "20", true},
    {"a bond whose price is not said to be of par", "35=D|55=X|167=CORP|38=1000|44=99.5|", NULL, "", "-", true},
    {"a bond in percent of par", "35=D|55=X|167=CORP|423=1|38=1000|44=99.5|", NULL, "", "995", true},
    {"a bond per unit", "35=D|55=X|167=CORP|423=2|38=1000|44=0.995|", NULL, "", "995", true},
    {"a bond in yield", "35=D|55=X|167=CORP|423=9|38=1000|44=4.5|", NULL, "", "-", true},
    {"a share in percent", "35=D|55=X|167=CS|423=1|38=1000|44=99.5|", NULL, "", "-", true},
    {"a share per unit", "35=D|55=X|167=CS|423=2|38=10|44=99.5|", NULL, "", "995", true},
    {"a price type that is a placeholder", "35=D|55=X|423=N/A|38=10|44=99.5|", NULL, "", "995", true},
    {"foreign exchange", "35=D|55=EUR/USD|167=FOR|38=1000000|44=1.08|", NULL, "", "-", true},
    {"the price type of an entry is its own", "35=E|66=1|423=1|73=1|11=1|55=X|38=10|44=2|423=2|", NULL, "", "20", true},
    {"what is too long on the way and fits in the end", "35=D|55=X|38=0.0000000001|44=0.0000000001|231=1000000000000|",
     NULL, "", "0.00000001", true},
    {"what does not fit", "35=D|55=X|38=0.0000000001|44=0.0000000001|", NULL, "", "-", true},
    {"the largest that fits", "35=D|55=X|38=99999999999999999999|44=1|", NULL, "", "99999999999999999999", true},
    {"one that is too large", "35=D|55=X|38=99999999999999999999|44=2|", NULL, "", "-", true},
    {"a negative price", "35=D|55=X|38=10|44=-37.63|231=1000|", NULL, "", "-376300", true},
    {"quantity and price of two rows", "35=8|55=X|32=10|44=2|", NULL, "", "-", true},

    {"a message sent again", "35=D|43=Y|55=X|38=1|44=1|", NULL, "", "1", false},
    {"a message that may have been sent before", "35=D|97=Y|55=X|38=1|44=1|", NULL, "", "1", false},
    {"neither", "35=D|43=N|97=N|55=X|38=1|44=1|", NULL, "", "1", true},
    {"a cancel request", "35=F|55=X|38=1|44=1|", NULL, "", "1", false},
    {"a replace request", "35=G|55=X|38=1|44=1|", NULL, "", "1", false},
    {"a new order's report", "35=8|150=0|55=X|38=1|44=1|", NULL, "", "1", true},
    {"a fill", "35=8|150=F|55=X|32=1|31=1|", NULL, "", "1", true},
    {"a fill of FIX 4.2", "35=8|20=0|150=2|55=X|32=1|31=1|", NULL, "", "1", true},
    {"a cancelled order", "35=8|150=4|55=X|38=1|44=1|", NULL, "", "1", false},
    {"a trade that is corrected", "35=8|150=G|55=X|32=1|31=1|", NULL, "", "1", false},
    {"a trade that is cancelled", "35=8|150=H|55=X|32=1|31=1|", NULL, "", "1", false},
    {"a status", "35=8|150=I|55=X|38=1|44=1|", NULL, "", "1", false},
    {"a cancel of FIX 4.0", "35=8|20=1|55=X|32=1|31=1|", NULL, "", "1", false},
    {"an execution type of two letters", "35=8|150=FF|55=X|32=1|31=1|", NULL, "", "1", false},
    {"an execution type of a blank alone is not there", "35=8|150= |55=X|32=1|31=1|", NULL, "", "1", true},
    {"a trade report that is new", "35=AE|487=0|55=X|32=1|31=1|", NULL, "", "1", true},
    {"a trade report that replaces", "35=AE|487=2|55=X|32=1|31=1|", NULL, "", "1", false},
    {"an allocation that is cancelled", "35=J|71=2|55=X|53=1|6=1|", NULL, "", "1", false},
    {"what 487 says counts in trade reports alone", "35=D|487=2|55=X|38=1|44=1|", NULL, "", "1", true},
};

static void a_message_states_what_it_is_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct exposure_row *row = &rows[i];
        struct security security = {0};
        struct instrument_list list = {0};
        const struct instrument *instrument;
        struct message_amounts amounts;
        struct exposure exposure;
        enum fix_reason reason;
        struct fix_step step;
        struct error e;
        char seen[DECIMAL_TEXT_MAX] = "-";
        size_t len;
        char *text = support_fix("FIX.4.4", row->body, &len);

        fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
        assert_int_equal(step.event, FIX_MESSAGE);
        assert_int_equal(instrument_extract(&list, &step.message, support_sources(), false, &reason, &e), 0);
        instrument = instrument_next(&list);
        assert_non_null(instrument);
        instrument_amounts(&list, &amounts);
        if (row->multiplier != NULL) {
            security.value[ROLE_MULTIPLIER] = slice_of(row->multiplier);
            security.value[ROLE_TYPE] = slice_of(row->type);
        }
        exposure_of(instrument_message(&list), instrument, &amounts, row->multiplier ? &security : NULL, &exposure);
        if (exposure.has_notional)
            decimal_format(exposure.notional, seen);
        if (strcmp(seen, row->notional) != 0 || exposure.counts != row->counts)
            fail_msg("%s: %s, counts: %d", row->name, seen, exposure.counts);
        instrument_list_free(&list);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_states_what_it_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
