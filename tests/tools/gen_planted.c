#include "gen_planted.h"

#include <string.h>

#include "gen_text.h"

enum { TRIES_MAX = 20000 };

/* `said` is what instrument_by_identifier said of the row. */
typedef void spoil_function(const struct planting *p, struct instrument *said, const struct row *row);

static size_t columns_filled(const struct row *row)
{
    size_t filled = 0;

    for (int i = 0; i < COLUMN_COUNT; i++)
        filled += column_value(row, (enum column)i)[0] != '\0';
    return filled;
}

static bool any(const struct row *row)
{
    return row->is_active && row->is_alone;
}

static bool with_two_columns(const struct row *row)
{
    return any(row) && columns_filled(row) >= 2;
}

static bool with_isin_without_figi(const struct row *row)
{
    return any(row) && row->isin[0] && !row->figi[0];
}

static bool listing(const struct row *row)
{
    return row->is_active && !row->is_alone && !row->has_twin;
}

static bool share_class(const struct row *row)
{
    return any(row) && row->class_separator;
}

static bool twin(const struct row *row)
{
    return row->has_twin;
}

static bool with_currency(const struct row *row)
{
    return any(row) && row->currency[0];
}

static bool with_mic(const struct row *row)
{
    return any(row) && row->mic[0];
}

static bool with_type(const struct row *row)
{
    return any(row) && row->type_is_known;
}

static bool with_type_and_currency(const struct row *row)
{
    return with_type(row) && row->currency[0];
}

static bool with_cfi(const struct row *row)
{
    return any(row) && row->cfi[0];
}

static bool maturing(const struct row *row)
{
    return any(row) && row->maturity_date;
}

static bool maturing_on_a_day(const struct row *row)
{
    return maturing(row) && !row->maturity_is_month;
}

static bool option(const struct row *row)
{
    return any(row) && row->class == CLASS_OPTION;
}

static bool with_multiplier(const struct row *row)
{
    return any(row) && row->multiplier[0];
}

static bool dead_by_status(const struct row *row)
{
    return row->inactive_value && !row->maturity_date;
}

static bool matured(const struct row *row)
{
    return row->inactive_value && row->maturity_date;
}

/* A number of the identifiers that no row has. */
static uint64_t unknown_number(const struct planting *p)
{
    return IDENTIFIER_ROWS + random_below(p->r, IDENTIFIER_NUMBERS - IDENTIFIER_ROWS);
}

static void set_unknown_symbol(const struct planting *p, struct instrument *said)
{
    char symbol[SYMBOL_SIZE];

    make_symbol(p->seed, unknown_number(p), symbol);
    instrument_set(said->symbol, symbol);
}

static void set_unknown_primary(const struct planting *p, struct instrument *said, const struct row *row)
{
    char value[INSTRUMENT_VALUE];
    enum column column = (enum column)random_below(p->r, COLUMN_COUNT);

    column_unknown(p->seed, column, row, p->r, value);
    instrument_set_primary(said, value, column_source(column));
}

/* Leaves one identifier as the primary, and returns another filled column of the row. */
static enum column split_columns(const struct planting *p, struct instrument *said, const struct row *row)
{
    enum column first = column_pick(row, COLUMN_COUNT, p->r);

    instrument_set_primary(said, column_value(row, first), column_source(first));
    return column_pick(row, first, p->r);
}

static void unknown_primary(const struct planting *p, struct instrument *said, const struct row *row)
{
    set_unknown_primary(p, said, row);
    if (random_percent(p->r, 30))
        said->symbol[0] = '\0';
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 48, 0, said->primary.value, NULL);
}

static void unknown_primary_and_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    char isin[ISIN_SIZE];
    char figi[FIGI_SIZE];

    make_isin(p->seed, unknown_number(p), row->country, isin);
    make_figi(p->seed, unknown_number(p), figi);
    instrument_set_primary(said, isin, column_source(COLUMN_ISIN));
    instrument_add_alternate(said, figi, column_source(COLUMN_FIGI));
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 48, 0, isin, NULL);
}

/* An ISIN of the United States or Canada holds the CUSIP, so that the one denies any other of the other kind. */
static bool denies(enum column column, const char *value, enum column other, const char *other_value)
{
    const char *isin = column == COLUMN_ISIN ? value : other_value;

    return ((column == COLUMN_ISIN && other == COLUMN_CUSIP) || (column == COLUMN_CUSIP && other == COLUMN_ISIN)) &&
           (strncmp(isin, "US", 2) == 0 || strncmp(isin, "CA", 2) == 0);
}

static void unknown_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    char value[INSTRUMENT_VALUE];
    enum column first = column_pick(row, COLUMN_COUNT, p->r);
    enum column column = column_pick(row, first, p->r);
    bool denied;

    instrument_set_primary(said, column_value(row, first), column_source(first));
    column_unknown(p->seed, column, row, p->r, value);
    instrument_add_alternate(said, value, column_source(column));
    denied = denies(first, said->primary.value, column, value);
    plan_discrepancy(p->plan, denied ? PLAN_IDENTIFIER_CONFLICT : PLAN_UNKNOWN_SECURITY, 455, 1, value,
                     column_value(row, column));
}

static void unknown_symbol(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    instrument_drop_identifiers(said);
    set_unknown_symbol(p, said);
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 55, 0, said->symbol, NULL);
}

static void unknown_symbol_with_ric(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    instrument_set_primary(said, "ZZQX.OQ", "5");
    set_unknown_symbol(p, said);
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 55, 0, said->symbol, NULL);
}

static void unknown_exchange_symbol(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    set_unknown_symbol(p, said);
    instrument_set_primary(said, said->symbol, "8");
    said->symbol[0] = '\0';
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 48, 0, said->primary.value, NULL);
}

static void other_symbol(const struct planting *p, struct instrument *said, const struct row *row)
{
    struct row other;

    set_unknown_symbol(p, said);
    /* Half of them name a security that is there: the worse mistake. */
    if (random_percent(p->r, 50) && planted_find_row(p, any, &other) && strcmp(other.symbol, row->symbol) != 0)
        instrument_set(said->symbol, other.symbol);
    plan_discrepancy(p->plan, PLAN_SYMBOL_MISMATCH, 55, 0, said->symbol, row->symbol);
}

/* Only for an unknown symbol: another listing may have the one of a row. */
static void other_symbol_of_listing(const struct planting *p, struct instrument *said, const struct row *row)
{
    set_unknown_symbol(p, said);
    plan_discrepancy(p->plan, PLAN_SYMBOL_MISMATCH, 55, 0, said->symbol, row->symbol);
}

static void other_separator(const struct planting *p, struct instrument *said, const struct row *row)
{
    static const char separators[] = "./- ";
    const char *own = strchr(separators, row->symbol[row->class_separator]);
    size_t step = 1 + random_below(p->r, 3);

    said->symbol[row->class_separator] = separators[((size_t)(own - separators) + step) % 4];
    plan_discrepancy(p->plan, PLAN_SYMBOL_FORMAT_VARIANT, 55, 0, said->symbol, row->symbol);
}

static void other_separator_alone(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_drop_identifiers(said);
    other_separator(p, said, row);
}

static void class_as_suffix(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->suffix, row->symbol + row->class_separator + 1);
    said->symbol[row->class_separator] = '\0';
    plan_discrepancy(p->plan, PLAN_SYMBOL_FORMAT_VARIANT, 55, 0, said->symbol, row->symbol);
}

static void class_as_suffix_alone(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_drop_identifiers(said);
    class_as_suffix(p, said, row);
}

static void conflicting_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    struct row other = *row;
    enum column column = split_columns(p, said, row);

    while (other.index == row->index || column_value(&other, column)[0] == '\0')
        planted_find_row(p, any, &other);
    instrument_add_alternate(said, column_value(&other, column), column_source(column));
    plan_discrepancy(p->plan, PLAN_IDENTIFIER_CONFLICT, 455, 1, said->alternates[0].value, column_value(row, column));
}

/* The first alternate repeats the primary, which counts once but keeps its position. */
static void conflicting_second_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    struct row other = *row;
    enum column column = split_columns(p, said, row);

    while (other.index == row->index || column_value(&other, column)[0] == '\0')
        planted_find_row(p, any, &other);
    instrument_add_alternate(said, said->primary.value, said->primary.source);
    instrument_add_alternate(said, column_value(&other, column), column_source(column));
    plan_discrepancy(p->plan, PLAN_IDENTIFIER_CONFLICT, 455, 2, said->alternates[1].value, column_value(row, column));
}

/* The row has no FIGI to contradict with, but the FIGI's row has another ISIN. */
static void conflict_over_a_blank(const struct planting *p, struct instrument *said, const struct row *row)
{
    struct row other = *row;

    while (other.index == row->index || other.isin[0] == '\0' || other.figi[0] == '\0')
        planted_find_row(p, any, &other);
    instrument_set_primary(said, row->isin, column_source(COLUMN_ISIN));
    instrument_add_alternate(said, other.figi, column_source(COLUMN_FIGI));
    plan_discrepancy(p->plan, PLAN_IDENTIFIER_CONFLICT, 455, 1, other.figi, NULL);
}

static void wrong_check_digit(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    break_check_digit(said->primary.value);
    plan_discrepancy(p->plan, PLAN_INVALID_IDENTIFIER, 48, 0, said->primary.value, NULL);
}

static void lost_last_character(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    said->primary.value[strlen(said->primary.value) - 1] = '\0';
    plan_discrepancy(p->plan, PLAN_INVALID_IDENTIFIER, 48, 0, said->primary.value, NULL);
}

static void wrong_check_digit_of_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    enum column column = split_columns(p, said, row);

    instrument_add_alternate(said, column_value(row, column), column_source(column));
    break_check_digit(said->alternates[0].value);
    plan_discrepancy(p->plan, PLAN_INVALID_IDENTIFIER, 455, 1, said->alternates[0].value, column_value(row, column));
}

static void invalid_primary_unknown_alternate(const struct planting *p, struct instrument *said, const struct row *row)
{
    char figi[FIGI_SIZE];

    (void)row;
    break_check_digit(said->primary.value);
    make_figi(p->seed, unknown_number(p), figi);
    instrument_add_alternate(said, figi, column_source(COLUMN_FIGI));
    plan_discrepancy(p->plan, PLAN_INVALID_IDENTIFIER, 48, 0, said->primary.value, NULL);
    plan_discrepancy(p->plan, PLAN_UNKNOWN_SECURITY, 455, 1, figi, NULL);
}

/* The types of the two differ at times, so that one would tell them apart. */
static void drop_type(struct instrument *said)
{
    said->type[0] = '\0';
    said->cfi[0] = '\0';
}

static void symbol_of_two(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    instrument_drop_identifiers(said);
    drop_type(said);
    if (random_percent(p->r, 50))
        said->exchange[0] = said->currency[0] = '\0';
    plan_discrepancy(p->plan, PLAN_AMBIGUOUS_SECURITY, 55, 0, said->symbol, NULL);
}

static void exchange_symbol_of_two(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set_primary(said, row->symbol, "8");
    said->symbol[0] = '\0';
    drop_type(said);
    plan_discrepancy(p->plan, PLAN_AMBIGUOUS_SECURITY, 48, 0, row->symbol, NULL);
}

static void other_currency(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->currency, random_percent(p->r, 50) ? "NOK" : "SEK");
    plan_discrepancy(p->plan, PLAN_CURRENCY_MISMATCH, 15, 0, said->currency, row->currency);
}

static void currency_of_other_listing(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->currency, strcmp(row->currency, "USD") == 0 ? "EUR" : "USD");
    plan_discrepancy(p->plan, PLAN_CURRENCY_MISMATCH, 15, 0, said->currency, row->currency);
}

/* Of several listings the currency then finds this one. */
static void other_exchange(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->exchange, random_percent(p->r, 50) ? "XSTO" : "XOSL");
    plan_discrepancy(p->plan, PLAN_EXCHANGE_MISMATCH, 207, 0, said->exchange, row->mic);
}

static void other_type(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->type, row->class == CLASS_FUTURE ? "CS" : "FUT");
    plan_discrepancy(p->plan, PLAN_SECURITY_TYPE_MISMATCH, 167, 0, said->type, row->type);
}

static void other_cfi(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->cfi, row->class == CLASS_EQUITY ? "DBXXXX" : "ESVUFR");
    plan_discrepancy(p->plan, PLAN_SECURITY_TYPE_MISMATCH, 461, 0, said->cfi, row->cfi);
}

static void other_currency_and_type(const struct planting *p, struct instrument *said, const struct row *row)
{
    other_currency(p, said, row);
    other_type(p, said, row);
}

static void set_maturity(char *field, size_t size, uint32_t date)
{
    struct text t = {.bytes = field, .capacity = size - 1};

    text_add_padded(&t, date, 8);
    field[t.len] = '\0';
}

static void drop_maturity(struct instrument *said)
{
    said->maturity_date[0] = said->maturity_month[0] = said->maturity_day[0] = '\0';
}

static void other_maturity_year(const struct planting *p, struct instrument *said, const struct row *row)
{
    drop_maturity(said);
    set_maturity(said->maturity_date, sizeof said->maturity_date, row->maturity_date + 10000);
    plan_discrepancy(p->plan, PLAN_MATURITY_MISMATCH, 541, 0, said->maturity_date, row->maturity);
}

static uint32_t other_day_of(uint32_t date)
{
    return date % 100 < 28 ? date + 1 : date - 1;
}

static void other_maturity_day(const struct planting *p, struct instrument *said, const struct row *row)
{
    drop_maturity(said);
    set_maturity(said->maturity_date, sizeof said->maturity_date, other_day_of(row->maturity_date));
    plan_discrepancy(p->plan, PLAN_MATURITY_MISMATCH, 541, 0, said->maturity_date, row->maturity);
}

static void other_maturity_month(const struct planting *p, struct instrument *said, const struct row *row)
{
    uint32_t date = row->maturity_date / 100 % 100 < 12 ? row->maturity_date + 100 : row->maturity_date - 100;

    drop_maturity(said);
    set_maturity(said->maturity_month, sizeof said->maturity_month, date);
    said->maturity_month[6] = '\0';
    plan_discrepancy(p->plan, PLAN_MATURITY_MISMATCH, 200, 0, said->maturity_month, row->maturity);
}

static void other_maturity_day_in_205(const struct planting *p, struct instrument *said, const struct row *row)
{
    drop_maturity(said);
    set_maturity(said->maturity_month, sizeof said->maturity_month, other_day_of(row->maturity_date));
    instrument_set(said->maturity_day, said->maturity_month + 6);
    said->maturity_month[6] = '\0';
    plan_discrepancy(p->plan, PLAN_MATURITY_MISMATCH, 200, 0, said->maturity_month, row->maturity);
}

static void other_strike(const struct planting *p, struct instrument *said, const struct row *row)
{
    struct text t = {.bytes = said->strike, .capacity = sizeof said->strike - 1};

    text_add_decimal(&t, row->strike_cents + 250, 2);
    said->strike[t.len] = '\0';
    plan_discrepancy(p->plan, PLAN_CONTRACT_MISMATCH, 202, 0, said->strike, row->strike);
}

static void put_for_call(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->put_or_call, row->is_put ? "1" : "0");
    plan_discrepancy(p->plan, PLAN_CONTRACT_MISMATCH, 201, 0, said->put_or_call, row->put_call);
}

static void other_multiplier(const struct planting *p, struct instrument *said, const struct row *row)
{
    instrument_set(said->multiplier, "17.5");
    plan_discrepancy(p->plan, PLAN_CONTRACT_MISMATCH, 231, 0, said->multiplier, row->multiplier);
}

static void inactive(const struct planting *p, struct instrument *said, const struct row *row)
{
    char date[ROW_VALUE_SIZE];

    if (random_percent(p->r, 30))
        instrument_drop_identifiers(said);
    set_maturity(date, sizeof date, MESSAGE_DATE);
    plan_discrepancy(p->plan, PLAN_INACTIVE_SECURITY, 0, 0, date, row->inactive_value);
}

static void nothing_named(const struct planting *p, struct instrument *said, const struct row *row)
{
    (void)row;
    instrument_drop_identifiers(said);
    said->symbol[0] = '\0';
    plan_discrepancy(p->plan, PLAN_MISSING_IDENTIFIER, 0, 0, NULL, NULL);
}

static void only_placeholders(const struct planting *p, struct instrument *said, const struct row *row)
{
    static const char *const no_values[] = {"N/A", "[N/A]", "-", "0000"};

    nothing_named(p, said, row);
    instrument_set(said->symbol, no_values[random_below(p->r, 4)]);
    instrument_set_primary(said, random_percent(p->r, 50) ? "000000000" : "UNKNOWN", "1");
}

/* A currency names no security. */
static void only_a_currency(const struct planting *p, struct instrument *said, const struct row *row)
{
    nothing_named(p, said, row);
    instrument_set_primary(said, "USD", "6");
}

static const struct {
    const char *name; /* for people who read this table */
    bool (*suits)(const struct row *);
    spoil_function *spoil;
} ways[] = {
    {"an unknown identifier", any, unknown_primary},
    {"an unknown symbol", any, unknown_symbol},
    {"another symbol than the identifier's", any, other_symbol},
    {"another separator beside an identifier", share_class, other_separator},
    {"an alternate of another security", with_two_columns, conflicting_alternate},
    {"a wrong check digit", any, wrong_check_digit},
    {"a symbol of two securities", twin, symbol_of_two},
    {"another currency", with_currency, other_currency},
    {"another exchange", with_mic, other_exchange},
    {"another security type", with_type, other_type},
    {"another year of maturity", maturing, other_maturity_year},
    {"another strike", option, other_strike},
    {"a row that is delisted or suspended", dead_by_status, inactive},
    {"neither symbol nor identifier", any, nothing_named},
    {"an unknown primary and an unknown alternate", any, unknown_primary_and_alternate},
    {"another symbol than the listing's", listing, other_symbol_of_listing},
    {"another separator and no identifier", share_class, other_separator_alone},
    {"a second alternate of another security", with_two_columns, conflicting_second_alternate},
    {"an identifier that lost its last character", any, lost_last_character},
    {"an exchange symbol of two securities", twin, exchange_symbol_of_two},
    {"the currency of another listing", listing, currency_of_other_listing},
    {"another exchange than all listings'", listing, other_exchange},
    {"another CFI code", with_cfi, other_cfi},
    {"another day of maturity", maturing_on_a_day, other_maturity_day},
    {"a put for a call", option, put_for_call},
    {"a row that has matured", matured, inactive},
    {"placeholders for symbol and identifier", any, only_placeholders},
    {"an unknown alternate of a known security", with_two_columns, unknown_alternate},
    {"the class as a suffix beside an identifier", share_class, class_as_suffix},
    {"an alternate of another security where the row has a blank", with_isin_without_figi, conflict_over_a_blank},
    {"a wrong check digit of an alternate", with_two_columns, wrong_check_digit_of_alternate},
    {"another month of maturity", maturing, other_maturity_month},
    {"another multiplier", with_multiplier, other_multiplier},
    {"a currency as the only identifier", any, only_a_currency},
    {"an unknown symbol beside a RIC", any, unknown_symbol_with_ric},
    {"the class as a suffix and no identifier", share_class, class_as_suffix_alone},
    {"a wrong check digit and an unknown alternate", any, invalid_primary_unknown_alternate},
    {"another day of maturity in tag 205", maturing_on_a_day, other_maturity_day_in_205},
    {"an unknown exchange symbol", any, unknown_exchange_symbol},
    {"another currency and another type", with_type_and_currency, other_currency_and_type},
};

size_t planted_count(void)
{
    return sizeof ways / sizeof ways[0];
}

bool planted_find_row(const struct planting *p, bool (*suits)(const struct row *), struct row *row)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        row_make(p->seed, random_below(p->r, p->rows), row);
        if (suits(row))
            return true;
    }
    return false;
}

bool planted_make(const struct planting *p, size_t way, struct instrument *said)
{
    struct row row;

    if (!planted_find_row(p, ways[way].suits, &row))
        return false;
    instrument_by_identifier(said, &row, p->r);
    ways[way].spoil(p, said, &row);
    return true;
}
