#include "support.h"

#include "core/instrument.h"

/* Frames `body` and extracts. The message's bytes must outlive the list: the caller frees. */
static char *extract(const char *body, struct instrument_list *list, enum fix_reason expected)
{
    size_t len;
    char *text = support_fix("FIX.4.4", body, &len);
    struct fix_step step;

    fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
    if (step.event != FIX_MESSAGE)
        fail_msg("%s: %s", body, fix_reason_name(step.reason));
    assert_int_equal(instrument_extract(&step.message, list), expected);
    return text;
}

struct presence_row {
    const char *name;
    const char *body;
    size_t count;
    bool must_name_one;
};

static const struct presence_row presence_rows[] = {
    {"an order with a symbol", "35=D|55=IBM|", 1, false},
    {"an order with an identifier alone", "35=D|48=US4592001014|22=4|", 1, false},
    {"an identifier of an unlisted source", "35=D|48=X1|22=99|", 1, false},
    {"an order that names nothing", "35=D|11=1|", 0, true},
    {"an order whose symbol is FIX's word for none", "35=D|55=[N/A]|", 0, true},
    {"an order that names a currency", "35=D|48=USD|22=6|", 0, true},
    {"a cancel reject names an order", "35=9|11=1|41=2|", 0, false},
    {"a session message is not looked into", "35=0|55=IBM|", 0, false},
    {"a logon is a session message", "35=A|55=IBM|", 0, false},
    {"a venue's own message type is looked into", "35=U1|55=IBM|", 1, false},
    {"list entries are not the body's", "35=V|262=1|146=2|55=IBM|55=MSFT|", 0, false},
    {"a list of none ends nothing", "35=d|146=0|55=IBM|", 1, false},
    {"market data entries end the body", "35=W|55=IBM|268=1|269=0|15=USD|", 1, false},
    {"orders of a list are not the body's", "35=E|66=1|73=1|11=1|55=IBM|", 0, false},
    {"orders of an allocation are numbers only", "35=J|70=1|73=1|11=1|55=IBM|", 1, false},
};

static void messages_name_an_instrument_or_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(presence_rows); i++) {
        const struct presence_row *row = &presence_rows[i];
        struct instrument_list list;
        char *text = extract(row->body, &list, FIX_OK);
        if (list.count != row->count || list.must_name_one != row->must_name_one)
            fail_row(row->name, "%zu instruments, must name one: %d", list.count, list.must_name_one);
        free(text);
    }
}

static void an_instrument_has_its_fields_wherever_they_stand(void **state)
{
    struct instrument_list list;
    char *text = extract("35=D|201=0|55= BRK |20999=x|65=B|231=100|48=084670702|207=XNYS|22=1|15=USD|461=ESXXXX|"
                         "167=CS|541=20261218|200=202612|202=50|55=SECOND|48=SECOND|",
                         &list, FIX_OK);
    const struct instrument *i = &list.items[0];

    (void)state;
    assert_int_equal(list.count, 1);
    assert_int_equal(i->role, INSTRUMENT_BODY);
    assert_true(slice_equal_text(i->symbol, "BRK"));
    assert_true(slice_equal_text(i->suffix, "B"));
    assert_int_equal(i->identifier_count, 1);
    assert_true(slice_equal_text(i->identifiers[0].value, "084670702"));
    assert_int_equal(i->identifiers[0].kind, IDENTIFIER_CUSIP);
    assert_true(slice_equal_text(i->exchange, "XNYS"));
    assert_true(slice_equal_text(i->currency, "USD"));
    assert_true(slice_equal_text(i->type, "CS"));
    assert_true(slice_equal_text(i->cfi, "ESXXXX"));
    assert_true(slice_equal_text(i->maturity_date, "20261218"));
    assert_true(slice_equal_text(i->put_call, "0"));
    assert_true(slice_equal_text(i->strike, "50"));
    assert_true(slice_equal_text(i->multiplier, "100"));
    free(text);
}

struct alternates_row {
    const char *name;
    const char *body;
    const char *identifiers; /* position:value/KIND ... */
};

static const struct alternates_row alternates_rows[] = {
    {"the value delimits", "35=D|48=P|22=5|454=2|455=A|456=4|455=B|456=2|", "0:P/RIC 1:A/ISIN 2:B/SEDOL "},
    {"the source delimits", "35=D|454=2|456=4|455=A|456=2|455=B|", "1:A/ISIN 2:B/SEDOL "},
    {"a source may be missing", "35=D|454=2|455=A|455=B|456=2|", "1:A/UNKNOWN 2:B/SEDOL "},
    {"a counter larger than the group", "35=D|454=9|455=A|456=4|", "1:A/ISIN "},
    {"placeholders keep their place", "35=D|454=2|455=N/A|456=4|455=B|456=2|", "2:B/SEDOL "},
    {"a counter of none is no group", "35=D|55=X|454=0|455=A|456=4|", ""},
    {"a counter that is no number is no group", "35=D|55=X|454=3x|455=A|456=4|", ""},
    {"without a counter there is no group", "35=D|55=X|455=A|456=4|", ""},
    {"an exchange symbol called NA", "35=D|48=NA|22=8|", "0:NA/SYMBOL "},
};

static void alternates_are_paired_by_whichever_tag_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(alternates_rows); i++) {
        const struct alternates_row *row = &alternates_rows[i];
        struct instrument_list list;
        char *text = extract(row->body, &list, FIX_OK);
        char seen[256] = "";
        for (size_t k = 0; k < list.items[0].identifier_count; k++) {
            const struct instrument_identifier *id = &list.items[0].identifiers[k];
            size_t used = strlen(seen);
            snprintf(seen + used, sizeof seen - used, "%u:%.*s/%s ", id->position, SLICE_FORMAT(id->value),
                     identifier_kind_name(id->kind));
        }
        if (strcmp(seen, row->identifiers) != 0)
            fail_row(row->name, "%s instead of %s", seen, row->identifiers);
        free(text);
    }
}

static void there_are_at_most_32_alternates(void **state)
{
    (void)state;
    for (int count = INSTRUMENT_ALTERNATES_MAX; count <= INSTRUMENT_ALTERNATES_MAX + 1; count++) {
        char body[1024] = "35=D|55=X|454=40|";
        struct instrument_list list;
        char *text;
        for (int k = 0; k < count; k++)
            strcat(body, "455=A|");
        text = extract(body, &list, count > INSTRUMENT_ALTERNATES_MAX ? FIX_TOO_MANY_IDENTIFIERS : FIX_OK);
        free(text);
    }
}

struct amount_row {
    const char *name;
    const char *body;
    const char *amounts; /* quantity price notional, - for absent */
};

static const struct amount_row amount_rows[] = {
    {"an order", "35=D|55=X|38=100|44=2.5|", "100 2.5 250"},
    {"a stop order", "35=D|55=X|38=100|99=3|", "100 3 300"},
    {"a market order", "35=D|55=X|38=100|", "100 - -"},
    {"a fill counts what was last", "35=8|55=X|38=100|44=2|32=10|31=2.1|14=40|6=2.05|", "10 2.1 21"},
    {"a report without a fill counts the order", "35=8|55=X|38=100|44=2|32=0|31=0|", "100 2 200"},
    {"a cumulated report", "35=8|55=X|14=40|6=2.05|", "40 2.05 82"},
    {"quantity and price from different rows make no notional", "35=8|55=X|32=10|44=2|", "10 2 -"},
    {"a trade report", "35=AE|55=X|32=10|31=-0.5|", "10 -0.5 -5"},
    {"an indication of size M", "35=6|55=X|27=M|44=2|", "- 2 -"},
    {"an allocation", "35=J|55=X|53=7|6=3|", "7 3 21"},
    {"a product that does not fit", "35=D|55=X|38=0.0000000001|44=0.0000000001|", "0.0000000001 0.0000000001 -"},
    {"a number that is none", "35=D|55=X|38=1e3|44=2|", "- 2 -"},
};

static void format_amount(bool present, struct decimal d, char out[DECIMAL_TEXT_MAX])
{
    if (present)
        decimal_format(d, out);
    else
        strcpy(out, "-");
}

static void price_and_quantity_follow_the_message_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(amount_rows); i++) {
        const struct amount_row *row = &amount_rows[i];
        struct instrument_list list;
        char *text = extract(row->body, &list, FIX_OK);
        struct message_amounts amounts;
        const struct message_amounts *m = &amounts;
        char quantity[DECIMAL_TEXT_MAX];
        char price[DECIMAL_TEXT_MAX];
        char notional[DECIMAL_TEXT_MAX];
        char seen[3 * DECIMAL_TEXT_MAX];
        instrument_amounts(&list.message, &amounts);
        format_amount(m->has_quantity, m->quantity, quantity);
        format_amount(m->has_price, m->price, price);
        format_amount(m->has_notional, m->notional, notional);
        snprintf(seen, sizeof seen, "%s %s %s", quantity, price, notional);
        if (strcmp(seen, row->amounts) != 0)
            fail_row(row->name, "%s instead of %s", seen, row->amounts);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_name_an_instrument_or_none),
        cmocka_unit_test(an_instrument_has_its_fields_wherever_they_stand),
        cmocka_unit_test(alternates_are_paired_by_whichever_tag_comes_first),
        cmocka_unit_test(there_are_at_most_32_alternates),
        cmocka_unit_test(price_and_quantity_follow_the_message_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
