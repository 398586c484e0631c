#include "support.h"

#include <time.h>

#include "core/instrument.h"

/* Frames `body` and extracts. The message's bytes must outlive the list: the caller frees both. */
static char *extract_version(const char *version, const char *body, struct instrument_list *list,
                             enum fix_reason expected)
{
    size_t len;
    char *text = support_fix(version, body, &len);
    struct fix_step step;
    enum fix_reason reason;
    struct error e;

    fix_next(FIX_STRICT, slice_make(text, len), true, true, &step);
    if (step.event != FIX_MESSAGE)
        fail_msg("%s: %s", body, fix_reason_name(step.reason));
    *list = (struct instrument_list){0};
    assert_int_equal(instrument_extract(list, &step.message, support_sources(), true, &reason, &e), 0);
    assert_int_equal(reason, expected);
    return text;
}

static char *extract(const char *body, struct instrument_list *list, enum fix_reason expected)
{
    return extract_version("FIX.4.4", body, list, expected);
}

static void release(char *text, struct instrument_list *list)
{
    free(text);
    instrument_list_free(list);
}

struct presence_row {
    const char *name;
    const char *body;
    size_t count;
    bool is_missing;
};

static const struct presence_row presence_rows[] = {
    {"an order with a symbol", "35=D|55=IBM|", 1, false},
    {"an order with an identifier alone", "35=D|48=US4592001014|22=4|", 1, false},
    {"an identifier of an unlisted source", "35=D|48=X1|22=99|", 1, false},
    {"an order that names nothing", "35=D|11=1|", 0, true},
    {"an order whose symbol is FIX's word for none", "35=D|55=[N/A]|", 0, true},
    {"an order that names a currency", "35=D|48=USD|22=6|", 0, true},
    {"a cancel reject names an order", "35=9|11=1|41=2|", 0, false},
    {"a business reject names an order", "35=j|45=1|372=D|380=3|", 0, false},
    {"a reject names a message", "35=3|45=1|371=55|", 0, false},
    {"a cancel request has to repeat the instrument", "35=F|11=1|41=2|", 0, true},
    {"a replace request has to repeat the instrument", "35=G|11=1|41=2|", 0, true},
    {"a deletion from market data need not name one", "35=X|268=1|279=2|278=7|", 0, false},
    {"a source of private use", "35=D|48=X1|22=91|", 1, false},
    {"a session message is not looked into", "35=0|55=IBM|", 0, false},
    {"a logon is a session message", "35=A|55=IBM|", 0, false},
    {"a venue's own message type is looked into", "35=U1|55=IBM|", 1, false},
    {"list entries are instruments", "35=V|262=1|146=2|55=IBM|55=MSFT|", 2, false},
    {"a list of none ends nothing", "35=d|146=0|55=IBM|", 1, false},
    {"market data entries end the body", "35=W|55=IBM|268=1|269=0|15=USD|", 1, false},
    {"a message that must name an instrument and names a leg", "35=8|37=1|555=1|600=IBM|", 1, false},
    {"orders of an allocation are numbers only", "35=J|70=1|73=1|11=1|55=IBM|", 1, false},
};

static void messages_name_an_instrument_or_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(presence_rows); i++) {
        const struct presence_row *row = &presence_rows[i];
        struct instrument_list list;
        char *text = extract(row->body, &list, FIX_OK);
        while (instrument_next(&list) != NULL) {
        }
        bool is_missing = instrument_is_missing(&list);
        if (list.named != row->count || is_missing != row->is_missing)
            fail_row(row->name, "%u instruments, one is missing: %d", list.named, is_missing);
        release(text, &list);
    }
}

static void an_instrument_has_its_fields_wherever_they_stand(void **state)
{
    struct instrument_list list;
    char *text = extract("35=D|201=0|55= BRK |20999=x|65=B|231=100|48=084670702|207=XNYS|22=1|15=USD|461=ESXXXX|"
                         "167=CS|541=20261218|200=202612|202=50|55=SECOND|48=SECOND|",
                         &list, FIX_OK);
    const struct instrument *i = instrument_next(&list);

    (void)state;
    assert_non_null(i);
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
    assert_null(instrument_next(&list));
    release(text, &list);
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
        const struct instrument *body = instrument_body(&list);
        char seen[256] = "";
        for (size_t k = 0; k < body->identifier_count; k++) {
            const struct instrument_identifier *id = &body->identifiers[k];
            size_t used = strlen(seen);
            snprintf(seen + used, sizeof seen - used, "%u:%.*s/%s ", id->position, SLICE_FORMAT(id->value),
                     identifier_kind_name(id->kind));
        }
        if (strcmp(seen, row->identifiers) != 0)
            fail_row(row->name, "%s instead of %s", seen, row->identifiers);
        release(text, &list);
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
        release(text, &list);
    }
}

/* ---- which field belongs to which instrument ---- */

static size_t put(char *out, size_t size, const char *prefix, struct slice value)
{
    return value.len == 0 ? 0 : (size_t)snprintf(out, size, "%s%.*s", prefix, SLICE_FORMAT(value));
}

/* ROLE/position symbol+suffix id:kind... @exchange $currency type cfi maturity-date month day strike put_call
 * multiplier; */
static size_t describe(const struct instrument *i, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s/%u", instrument_role_name(i->role), i->position);

    n += put(out + n, size - n, " ", i->symbol);
    n += put(out + n, size - n, "+", i->suffix);
    for (size_t k = 0; k < i->identifier_count; k++)
        n += (size_t)snprintf(out + n, size - n, " %.*s:%s", SLICE_FORMAT(i->identifiers[k].value),
                              identifier_kind_name(i->identifiers[k].kind));
    n += put(out + n, size - n, " @", i->exchange);
    n += put(out + n, size - n, " $", i->currency);
    n += put(out + n, size - n, " type=", i->type);
    n += put(out + n, size - n, " cfi=", i->cfi);
    n += put(out + n, size - n, " date=", i->maturity_date);
    n += put(out + n, size - n, " month=", i->maturity_month_year);
    n += put(out + n, size - n, " day=", i->maturity_day);
    n += put(out + n, size - n, " strike=", i->strike);
    n += put(out + n, size - n, " put_call=", i->put_call);
    n += put(out + n, size - n, " multiplier=", i->multiplier);
    return n + (size_t)snprintf(out + n, size - n, "; ");
}

struct ownership_row {
    const char *name;
    const char *version;
    const char *body;
    const char *instruments;
};

static const struct ownership_row ownership_rows[] = {
    {"legs have tags of their own", "FIX.5.0SP2",
     "35=AB|55=[N/A]|555=2|600=A|601=B|602=1|603=4|604=1|605=2|606=2|616=X|556=USD|609=OPT|608=OPXXXX|611=20260101|"
     "610=202601|612=5|1358=1|614=100|600=Z|",
     "LEG/0 A+B 1:ISIN 2:SEDOL @X $USD type=OPT cfi=OPXXXX date=20260101 month=202601 strike=5 put_call=1 "
     "multiplier=100; LEG/1 Z; "},
    {"underlyings have tags of their own", "FIX.4.2",
     "35=D|55=O|711=1|311=A|312=B|309=1|305=4|457=1|458=2|459=2|308=X|318=USD|310=OPT|463=OPXXXX|542=20260101|313="
     "202601|"
     "314=3|316=5|315=0|436=100|",
     "BODY/0 O; UNDERLYING/0 A+B 1:ISIN 2:SEDOL @X $USD type=OPT cfi=OPXXXX date=20260101 month=202601 day=3 strike=5 "
     "put_call=0 multiplier=100; "},
    {"a derivative has tags of its own", "FIX.5.0SP1",
     "35=z|1214=A|1215=B|1216=1|1217=4|1218=1|1219=2|1220=2|1272=X|1249=OPT|1248=OPXXXX|1252=20260101|1251=202601|1261="
     "5|"
     "1323=1|1266=100|",
     "DERIVATIVE/0 A+B 1:ISIN 2:SEDOL @X type=OPT cfi=OPXXXX date=20260101 month=202601 strike=5 put_call=1 "
     "multiplier=100; "},
    {"a leg's underlyings have tags of their own", "FIX.5.0SP1",
     "35=AE|55=M|555=2|600=A|1342=2|1330=C|1331=D|1332=1|1333=4|1334=1|1335=2|1336=2|1341=X|1337=OPT|1344=OPXXXX|"
     "1345=20260101|1339=202601|1340=5|1343=1|1330=E|600=B|1342=1|1330=F|",
     "BODY/0 M; LEG/0 A; UNDERLYING_LEG/0 C+D 1:ISIN 2:SEDOL @X type=OPT cfi=OPXXXX date=20260101 month=202601 "
     "strike=5 "
     "put_call=1; UNDERLYING_LEG/1 E; LEG/1 B; UNDERLYING_LEG/2 F; "},
    {"references are what is not traded", "FIX.5.0", "35=D|55=M|699=B|761=4|1098=P|1097=1|1096=1|1103=T|1104=2|1105=2|",
     "BODY/0 M; REFERENCE/0 B:ISIN; REFERENCE/1 P 1:CUSIP; REFERENCE/2 T 2:SEDOL; "},
    {"the first tag behind the counter delimits", "FIX.4.4", "35=AB|55=M|555=2|602=1|600=A|602=2|600=B|",
     "BODY/0 M; LEG/0 A 1:UNKNOWN; LEG/1 B 2:UNKNOWN; "},
    {"underlyings start with their identifiers", "FIX.4.4", "35=AB|55=M|711=2|309=1|305=4|311=U|309=2|305=2|311=V|",
     "BODY/0 M; UNDERLYING/0 U 1:ISIN; UNDERLYING/1 V 2:SEDOL; "},
    {"a message within 213 is data", "FIX.4.4", "35=AB|55=M|212=35|213=8=FIX.4.4|9=13|35=D|55=MSFT|10=099||48=1|22=4|",
     "BODY/0 M 1:ISIN; "},
    {"a venue's tag may be the first behind the counter", "FIX.4.4", "35=V|146=2|20001=x|55=A|20001=y|48=1|22=4|55=B|",
     "LIST_ENTRY/0 A; LIST_ENTRY/1 B 1:ISIN; "},
    {"a venue's tag ends nothing", "FIX.4.4", "35=V|146=2|55=A|20001=x|207=X|55=B|20001=y|207=Y|",
     "LIST_ENTRY/0 A @X; LIST_ENTRY/1 B @Y; "},
    {"fields of an entry stand apart", "FIX.4.4",
     "35=y|320=1|146=2|55=A|555=1|600=L|48=1|711=1|311=U|454=1|455=2|456=4|22=2|55=B|22=2|48=3|",
     "LIST_ENTRY/0 A 1:SEDOL 2:ISIN; LEG/0 L; UNDERLYING/0 U; LIST_ENTRY/1 B 3:SEDOL; "},
    {"the body's fields stand behind a group of others", "FIX.4.4", "35=8|37=1|555=1|600=L|711=1|311=U|55=A|48=1|22=4|",
     "BODY/0 A 1:ISIN; LEG/0 L; UNDERLYING/0 U; "},
    {"alternates of several instruments in turns", "FIX.4.4",
     "35=y|146=1|55=A|454=2|455=1|456=4|555=1|600=L|604=1|605=5|606=4|455=2|456=2|",
     "LIST_ENTRY/0 A 1:ISIN 2:SEDOL; LEG/0 L 5:ISIN; "},
    {"a new entry starts alternates anew", "FIX.4.4", "35=y|146=2|55=A|454=1|455=1|456=4|55=B|455=2|456=4|",
     "LIST_ENTRY/0 A 1:ISIN; LIST_ENTRY/1 B; "},
    {"orders of a list", "FIX.4.4", "35=E|66=1|73=2|11=1|55=A|38=5|711=1|311=U|11=2|55=B|",
     "LIST_ENTRY/0 A; UNDERLYING/0 U; LIST_ENTRY/1 B; "},
    {"quotes in sets, each of which has an underlying", "FIX.4.4",
     "35=i|117=1|296=2|302=1|311=U|295=2|299=1|55=A|299=2|55=B|555=1|600=L|302=2|295=1|299=3|55=C|311=V|309=1|305=4|",
     "UNDERLYING/0 U; LIST_ENTRY/0 A; LIST_ENTRY/1 B; LEG/0 L; LIST_ENTRY/2 C; UNDERLYING/1 V 1:ISIN; "},
    {"a set's underlying goes on behind its quotes", "FIX.4.4", "35=i|296=1|302=1|311=U|295=1|299=1|55=A|309=1|305=4|",
     "UNDERLYING/0 U 1:ISIN; LIST_ENTRY/0 A; "},
    {"prices are in their own currency", "FIX.4.4", "35=W|268=2|269=0|15=EUR|269=1|15=GBP|55=A|15=USD|", "BODY/0 A; "},
    {"a body's currency before its prices", "FIX.4.4", "35=W|55=A|15=USD|268=1|269=0|15=EUR|", "BODY/0 A $USD; "},
    {"underlyings asked for in FIX 4.2", "FIX.4.2", "35=c|320=1|146=2|311=U|312=X|311=V|55=A|",
     "BODY/0 A; UNDERLYING/0 U+X; UNDERLYING/1 V; "},
    {"news of FIX 4.0 repeat their symbols without a group", "FIX.4.0", "35=B|42=x|46=A|46=B|58=text|",
     "LIST_ENTRY/0 A; LIST_ENTRY/1 B; "},
    {"related symbols of FIX 4.1", "FIX.4.1", "35=B|148=x|146=2|46=A|48=1|22=1|46=B|",
     "LIST_ENTRY/0 A 1:CUSIP; LIST_ENTRY/1 B; "},
    {"46 is a venue's tag from FIX 4.3 on", "FIX.4.3", "35=B|148=x|46=A|146=1|55=C|", "LIST_ENTRY/0 C; "},
    {"46 in FIX 4.2 over FIXT", "FIXT.1.1", "35=B|1128=4|148=x|46=A|", "LIST_ENTRY/0 A; "},
    {"strikes, and prices of underlyings in another currency", "FIX.4.4", "35=m|66=1|428=1|55=A|711=1|311=U|15=EUR|",
     "LIST_ENTRY/0 A; UNDERLYING/0 U; "},
    {"strikes with a price", "FIX.4.2", "35=m|66=1|428=1|55=A|44=1|15=EUR|", "LIST_ENTRY/0 A $EUR; "},
    {"strikes with a price behind their underlyings", "FIXT.1.1", "35=m|66=1|428=1|55=A|711=1|311=U|15=EUR|",
     "LIST_ENTRY/0 A $EUR; UNDERLYING/0 U; "},
    {"the body's underlying beside a list", "FIX.4.4", "35=AA|320=1|311=U|146=2|55=A|55=B|309=1|305=4|",
     "UNDERLYING/0 U 1:ISIN; LIST_ENTRY/0 A; LIST_ENTRY/1 B; "},
    {"an underlying in each entry", "FIX.5.0", "35=BK|320=1|146=2|55=A|311=U|55=B|311=V|",
     "LIST_ENTRY/0 A; UNDERLYING/0 U; LIST_ENTRY/1 B; UNDERLYING/1 V; "},
    {"leg fields without a counter name nothing", "FIX.4.4", "35=D|55=A|600=L|", "BODY/0 A; "},
    {"a counter of none opens nothing", "FIX.4.4", "35=D|55=A|555=0|600=L|", "BODY/0 A; "},
    {"an underlying needs no counter", "FIX.4.3", "35=q|530=1|311=U|", "UNDERLYING/0 U; "},
    {"entries that name nothing are counted", "FIX.4.4", "35=AB|55=A|555=3|600=N/A|600=B|654=x|600=C|",
     "BODY/0 A; LEG/1 B; LEG/2 C; "},
    {"lists one behind the other", "FIX.4.4", "35=B|148=x|146=1|55=A|555=1|600=L|711=1|311=U|",
     "LIST_ENTRY/0 A; LEG/0 L; UNDERLYING/0 U; "},
    {"a group in assignments is a new list each time", "FIX.5.0SP2", "35=CC|1499=2|146=1|55=A|1502=x|146=1|55=B|",
     "LIST_ENTRY/0 A; LIST_ENTRY/1 B; "},
    {"the first occurrence counts, in each entry", "FIX.4.4", "35=V|146=2|55=A|207=X|207=Y|55=B|207=Z|",
     "LIST_ENTRY/0 A @X; LIST_ENTRY/1 B @Z; "},
    {"a put is no placeholder, N/A is one", "FIX.4.4", "35=AB|55=A|201=N/A|555=1|600=L|1358=0|",
     "BODY/0 A; LEG/0 L put_call=0; "},
};

static void each_field_belongs_to_its_instrument(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ownership_rows); i++) {
        const struct ownership_row *row = &ownership_rows[i];
        struct instrument_list list;
        char *text = extract_version(row->version, row->body, &list, FIX_OK);
        const struct instrument *instrument;
        char seen[2048] = "";
        size_t used = 0;
        while ((instrument = instrument_next(&list)) != NULL)
            used += describe(instrument, seen + used, sizeof seen - used);
        if (strcmp(seen, row->instruments) != 0)
            fail_row(row->name, "\n  seen     %s\n  expected %s", seen, row->instruments);
        release(text, &list);
    }
}

/* Bodies of MarketDataIncrementalRefresh from its second entry on; the first is IBM, ISIN 1, at 200 of 202612. */
static const struct ownership_row inheritance_rows[] = {
    {"an entry that states nothing is the same instrument", "FIX.4.4", "279=0|269=1|270=5|", ""},
    {"another currency of the same instrument", "FIX.4.4", "279=0|15=EUR|",
     "LIST_ENTRY/1 IBM 1:ISIN @XNYS $EUR cfi=OCXXXX month=202612 strike=200; "},
    {"another strike is another contract", "FIX.4.4", "279=0|202=210|",
     "LIST_ENTRY/1 IBM @XNYS month=202612 strike=210; "},
    {"another month", "FIX.4.4", "279=0|200=202701|", "LIST_ENTRY/1 IBM @XNYS month=202701 strike=200; "},
    {"another exchange", "FIX.4.4", "279=0|207=XCBO|", "LIST_ENTRY/1 IBM @XCBO month=202612 strike=200; "},
    {"one change upon the other", "FIX.4.4", "279=0|202=210|279=0|205=18|",
     "LIST_ENTRY/1 IBM @XNYS month=202612 strike=210; LIST_ENTRY/2 IBM @XNYS month=202612 day=18 strike=210; "},
    {"an entry that changes another message's inherits nothing", "FIX.4.4", "279=1|278=7|202=210|", ""},
    {"an entry that deletes another message's inherits nothing", "FIX.4.4", "279=2|278=7|15=EUR|", ""},
    {"an entry that refers to another message's inherits nothing", "FIX.4.4", "279=0|202=210|280=7|", ""},
    {"behind such an entry it is not known what to inherit", "FIX.4.4", "279=2|278=7|279=0|202=210|", ""},
    {"an entry that names another one inherits nothing", "FIX.4.4", "279=0|55=A|279=0|15=EUR|",
     "LIST_ENTRY/1 A; LIST_ENTRY/2 A $EUR; "},
    {"an entry whose symbol is a placeholder inherits nothing", "FIX.4.4", "279=0|55=[N/A]|202=3|279=0|202=4|", ""},
    {"a venue's tag is no statement", "FIX.4.4", "279=0|20001=x|279=0|15=EUR|",
     "LIST_ENTRY/2 IBM 1:ISIN @XNYS $EUR cfi=OCXXXX month=202612 strike=200; "},
};

static void entries_of_market_data_take_over_the_one_before(void **state)
{
    static const char first[] = "35=X|268=9|279=0|55=IBM|48=1|22=4|207=XNYS|15=USD|461=OCXXXX|200=202612|202=200|";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(inheritance_rows); i++) {
        const struct ownership_row *row = &inheritance_rows[i];
        struct instrument_list list;
        const struct instrument *instrument;
        char seen[2048] = "";
        size_t used = 0;
        char body[512];
        char *text;
        snprintf(body, sizeof body, "%s%s", first, row->body);
        text = extract_version(row->version, body, &list, FIX_OK);
        assert_non_null(instrument_next(&list));
        while ((instrument = instrument_next(&list)) != NULL)
            used += describe(instrument, seen + used, sizeof seen - used);
        if (strcmp(seen, row->instruments) != 0)
            fail_row(row->name, "\n  seen     %s\n  expected %s", seen, row->instruments);
        release(text, &list);
    }
}

/* All that is handed out for one message, and the message's own fields. */
static void describe_all(const struct fix_message *message, char *out, size_t size)
{
    struct instrument_list list = {0};
    const struct instrument *instrument;
    struct message_amounts amounts;
    enum fix_reason reason;
    struct error e;
    size_t n = 0;

    assert_int_equal(instrument_extract(&list, message, support_sources(), true, &reason, &e), 0);
    instrument_message(&list);
    n += (size_t)snprintf(out, size, "%s ", fix_reason_name(reason));
    n += put(out + n, size - n, " 11=", list.message.cl_ord_id);
    n += put(out + n, size - n, " 60=", list.message.transact_time);
    while (reason == FIX_OK && (instrument = instrument_next(&list)) != NULL) {
        n += describe(instrument, out + n, size - n);
        instrument_amounts(&list, &amounts);
        n += (size_t)snprintf(out + n, size - n, "%d%d%d %.*s ", amounts.has_price, amounts.has_quantity,
                              amounts.are_pair, SLICE_FORMAT(amounts.currency));
        assert_true(n < size - 512);
    }
    instrument_list_free(&list);
}

/* A message of tags in no order. */
static void make_soup(char *body, size_t size, bool with_groups)
{
    static const unsigned plain[] = {55,  65,  48,  22,    207, 15,  167,  461, 541,      200, 205,
                                     202, 201, 231, 454,   455, 456, 454,  455, 456,      11,  60,
                                     38,  44,  58,  20001, 150, 279, 1128, 37,  999999999};
    static const unsigned groups[] = {146, 268, 555, 711, 600, 602, 311, 309, 699, 46, 1214, 73, 296, 295, 604, 605};
    static const char *const values[] = {"1", "0", "4", "IBM", "N/A", " x", "100", "USD"};
    static const char *const types[] = {"D", "8", "X", "W", "E", "V", "0"};
    size_t n = (size_t)snprintf(body, size, "%s35=%s|", rand() % 8 == 0 ? "55=FIRST|" : "", /* a log's deviation */
                                types[(size_t)rand() % COUNT_OF(types)]);

    for (int fields = rand() % 40; fields > 0; fields--) {
        bool group = with_groups && rand() % 4 == 0;
        unsigned tag = group ? groups[(size_t)rand() % COUNT_OF(groups)] : plain[(size_t)rand() % COUNT_OF(plain)];
        n += (size_t)snprintf(body + n, size - n, "%u=%s|", tag, values[(size_t)rand() % COUNT_OF(values)]);
    }
}

/* The same message with and without its index, so by each of the ways in which it can be read. */
static void every_way_of_reading_says_the_same(void **state)
{
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    srand(seed);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        static char one[1 << 16];
        static char other[1 << 16];
        char body[1024];
        struct fix_step step;
        size_t len;
        char *text;
        make_soup(body, sizeof body, round % 2 == 0);
        text = support_fix("FIX.4.2", body, &len);
        fix_next(FIX_LOG, slice_make(text, len), true, true, &step);
        assert_int_equal(step.event, FIX_MESSAGE);
        assert_non_null(step.message.index);
        describe_all(&step.message, one, sizeof one);
        step.message.index = NULL;
        describe_all(&step.message, other, sizeof other);
        if (strcmp(one, other) != 0)
            fail_msg("seed %u: %s\n  indexed %s\n  walked  %s", seed, body, one, other);
        free(text);
    }
}

/* A log that lost BodyLength, and put a field before MsgType. */
static void a_symbol_may_stand_where_body_length_should(void **state)
{
    char *text = support_soh("8=FIX.4.2|55=IBM|35=D|10=000|");
    char all[4096];
    struct fix_step step;

    (void)state;
    fix_next(FIX_LOG, slice_of(text), true, true, &step);
    assert_int_equal(step.event, FIX_MESSAGE);
    describe_all(&step.message, all, sizeof all);
    assert_non_null(strstr(all, "IBM"));
    free(text);
}

struct header_row {
    const char *name;
    const char *body;
    const char *header; /* cl_ord_id order_id transact_time */
};

static const struct header_row header_rows[] = {
    {"an order's", "35=D|11=a|55=X|60=t|", "a - t"},
    {"orders of a list have their own", "35=E|66=1|73=1|11=a|55=X|60=t|", "- - -"},
    {"an e-mail's, behind its symbols", "35=C|146=1|55=X|11=a|37=b|", "a b -"},
    {"prices have their own", "35=W|55=X|268=1|269=0|37=b|60=t|", "- - -"},
    {"of a side", "35=AE|55=X|552=1|54=1|37=b|11=a|", "a b -"},
};

static const char *or_dash(struct slice value, char out[64])
{
    snprintf(out, 64, "%.*s", SLICE_FORMAT(value));
    return value.len > 0 ? out : "-";
}

static void entries_keep_their_own_order_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(header_rows); i++) {
        const struct header_row *row = &header_rows[i];
        struct instrument_list list;
        char *text = extract(row->body, &list, FIX_OK);
        char parts[3][64];
        instrument_message(&list);
        char seen[256];
        snprintf(seen, sizeof seen, "%s %s %s", or_dash(list.message.cl_ord_id, parts[0]),
                 or_dash(list.message.order_id, parts[1]), or_dash(list.message.transact_time, parts[2]));
        if (strcmp(seen, row->header) != 0)
            fail_row(row->name, "%s instead of %s", seen, row->header);
        release(text, &list);
    }
}

/* A message of so many legs that name nothing. malloc'ed. */
static char *many_legs(uint32_t count)
{
    static const char head[] = "35=AB|55=X|555=1|";
    char *body = malloc(sizeof head + 4 * (size_t)count);
    char *at = body + sizeof head - 1;

    assert_non_null(body);
    memcpy(body, head, sizeof head - 1);
    for (uint32_t k = 0; k < count; k++, at += 4)
        memcpy(at, "9=x|", 4);
    *at = '\0';
    return body;
}

static void there_are_at_most_100000_instruments(void **state)
{
    (void)state;
    for (uint32_t legs = INSTRUMENTS_MAX - 1; legs <= INSTRUMENTS_MAX; legs++) {
        char *body = many_legs(legs);
        struct instrument_list list;
        char *text = extract(body, &list, legs < INSTRUMENTS_MAX ? FIX_OK : FIX_TOO_MANY_INSTRUMENTS);
        assert_int_equal(list.count, INSTRUMENTS_MAX);
        free(body);
        release(text, &list);
    }
}

struct amount_row {
    const char *name;
    const char *body;
    const char *amounts; /* quantity, price, and whether they are a pair */
};

static const struct amount_row amount_rows[] = {
    {"an order", "35=D|55=X|38=100|44=2.5|", "100 2.5 pair"},
    {"a stop order", "35=D|55=X|38=100|99=3|", "100 3 pair"},
    {"a market order", "35=D|55=X|38=100|", "100 - -"},
    {"a fill counts what was last", "35=8|55=X|38=100|44=2|32=10|31=2.1|14=40|6=2.05|", "10 2.1 pair"},
    {"a report without a fill counts the order", "35=8|55=X|38=100|44=2|32=0|31=0|", "100 2 pair"},
    {"a cumulated report", "35=8|55=X|14=40|6=2.05|", "40 2.05 pair"},
    {"quantity and price from different rows make no notional", "35=8|55=X|32=10|44=2|", "10 2 -"},
    {"what is left of an order, where nothing else is said", "35=8|55=X|151=60|44=2|", "60 2 pair"},
    {"a trade report", "35=AE|55=X|32=10|31=-0.5|", "10 -0.5 pair"},
    {"an indication of size M", "35=6|55=X|27=M|44=2|", "- 2 -"},
    {"an allocation", "35=J|55=X|53=7|6=3|", "7 3 pair"},
    {"small ones", "35=D|55=X|38=0.0000000001|44=0.0000000001|", "0.0000000001 0.0000000001 pair"},
    {"an order of a list counts for itself", "35=E|66=1|38=9|73=2|11=1|55=X|38=100|44=2.5|11=2|55=Y|38=7|",
     "100 2.5 pair"},
    {"prices of market data are not the instrument's", "35=W|55=X|268=1|269=0|38=9|44=2|", "- - -"},
    {"a leg has none", "35=8|37=1|38=100|44=2|555=1|600=X|", "- - -"},
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
        char seen[3 * DECIMAL_TEXT_MAX];
        instrument_next(&list);
        instrument_amounts(&list, &amounts);
        format_amount(m->has_quantity, m->quantity, quantity);
        format_amount(m->has_price, m->price, price);
        snprintf(seen, sizeof seen, "%s %s %s", quantity, price, m->are_pair ? "pair" : "-");
        if (strcmp(seen, row->amounts) != 0)
            fail_row(row->name, "%s instead of %s", seen, row->amounts);
        release(text, &list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_name_an_instrument_or_none),
        cmocka_unit_test(an_instrument_has_its_fields_wherever_they_stand),
        cmocka_unit_test(alternates_are_paired_by_whichever_tag_comes_first),
        cmocka_unit_test(there_are_at_most_32_alternates),
        cmocka_unit_test(each_field_belongs_to_its_instrument),
        cmocka_unit_test(entries_of_market_data_take_over_the_one_before),
        cmocka_unit_test(every_way_of_reading_says_the_same),
        cmocka_unit_test(a_symbol_may_stand_where_body_length_should),
        cmocka_unit_test(entries_keep_their_own_order_numbers),
        cmocka_unit_test(there_are_at_most_100000_instruments),
        cmocka_unit_test(price_and_quantity_follow_the_message_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
