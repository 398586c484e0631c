#include "gen_instrument.h"

#include <ctype.h>
#include <string.h>

#include "gen_text.h"

void instrument_copy(char *field, size_t size, const char *value)
{
    size_t length = strlen(value);

    if (length > size - 1)
        length = size - 1;
    memcpy(field, value, length);
    field[length] = '\0';
}

const char *column_value(const struct row *row, enum column column)
{
    switch (column) {
    case COLUMN_CUSIP:
        return row->cusip;
    case COLUMN_SEDOL:
        return row->sedol;
    case COLUMN_ISIN:
        return row->isin;
    default:
        return row->figi;
    }
}

const char *column_source(enum column column)
{
    static const char *const sources[COLUMN_COUNT] = {"1", "2", "4", "S"};

    return sources[column];
}

void column_unknown(uint64_t seed, enum column column, const struct row *row, struct random *r, char *value)
{
    uint64_t n = IDENTIFIER_ROWS + random_below(r, IDENTIFIER_NUMBERS - IDENTIFIER_ROWS);

    switch (column) {
    case COLUMN_CUSIP:
        make_cusip(seed, n, value);
        break;
    case COLUMN_SEDOL:
        make_sedol(seed, n, value);
        break;
    case COLUMN_ISIN:
        make_isin(seed, n, row->country, value);
        break;
    default:
        make_figi(seed, n, value);
    }
}

enum column column_pick(const struct row *row, enum column except, struct random *r)
{
    uint64_t start = random_below(r, COLUMN_COUNT);

    for (uint64_t i = 0; i < COLUMN_COUNT; i++) {
        enum column column = (enum column)((start + i) % COLUMN_COUNT);
        if (column != except && column_value(row, column)[0] != '\0')
            return column;
    }
    return COLUMN_COUNT;
}

void instrument_set_primary(struct instrument *said, const char *value, const char *source)
{
    instrument_set(said->primary.value, value);
    said->primary.source = source;
}

void instrument_add_alternate(struct instrument *said, const char *value, const char *source)
{
    struct said_identifier *alternate = &said->alternates[said->alternate_count++];

    instrument_set(alternate->value, value);
    alternate->source = source;
}

void instrument_drop_identifiers(struct instrument *said)
{
    said->primary.value[0] = '\0';
    said->alternate_count = 0;
}

static void clear(struct instrument *said)
{
    memset(said, 0, sizeof *said);
}

static void say_type(struct instrument *said, const struct row *row, struct random *r)
{
    static const char *const codes[] = {
        [CLASS_EQUITY] = "CS", [CLASS_PREFERRED] = "PS", [CLASS_FUND] = "ETF",
        [CLASS_BOND] = "CORP", [CLASS_FUTURE] = "FUT",   [CLASS_OPTION] = "OPT",
    };

    if (random_percent(r, 50))
        instrument_set(said->type, codes[row->class]);
    if (row->cfi[0] && random_percent(r, 20)) {
        instrument_set(said->cfi, row->cfi);
        if (random_percent(r, 30))
            memcpy(said->cfi + 3, "XXX", 3); /* X stands for anything */
    }
}

/* 541, 200 with 205, 200 alone, or 200 with its day. */
static void say_maturity(struct instrument *said, const struct row *row, struct random *r)
{
    char day[9];
    struct text t = {.bytes = day, .capacity = sizeof day - 1};

    text_add_padded(&t, row->maturity_date, 8);
    day[8] = '\0';
    switch (random_below(r, 4)) {
    case 0:
        instrument_set(said->maturity_date, day);
        break;
    case 1:
        instrument_set(said->maturity_month, day);
        break;
    case 2:
        instrument_copy(said->maturity_month, 7, day);
        instrument_set(said->maturity_day, day + 6);
        break;
    default:
        instrument_copy(said->maturity_month, 7, day);
    }
}

/* The same numbers in another spelling: 150.5 is 150.50 and 150.5000. */
static void say_contract(struct instrument *said, const struct row *row, struct random *r)
{
    struct text t = {.bytes = said->strike, .capacity = sizeof said->strike - 1};
    bool long_form = random_percent(r, 50);

    if (row->class == CLASS_OPTION) {
        text_add_decimal(&t, (uint64_t)row->strike_cents * (long_form ? 100 : 1), long_form ? 4 : 2);
        instrument_set(said->put_or_call, row->is_put ? "0" : "1");
    }
    if (row->multiplier[0] && random_percent(r, 60))
        instrument_set(said->multiplier, row->multiplier);
}

static void say_attributes(struct instrument *said, const struct row *row, struct random *r)
{
    say_type(said, row, r);
    if (row->maturity_date && random_percent(r, 80))
        say_maturity(said, row, r);
    if (row->class == CLASS_FUTURE || row->class == CLASS_OPTION)
        say_contract(said, row, r);
}

/* Pounds for a row in pence, as half of the street writes it. */
static void say_currency(struct instrument *said, const struct row *row, struct random *r)
{
    static const char *const pence[] = {"GBX", "GBp", "GBP"};

    if (strcmp(row->currency, "GBX") == 0)
        instrument_set(said->currency, pence[random_below(r, 3)]);
    else
        instrument_set(said->currency, row->currency);
}

/* Where the master has a blank there is nothing to disagree with, so any exchange may be named. */
static void say_exchange(struct instrument *said, const struct row *row)
{
    instrument_set(said->exchange, row->mic[0] ? row->mic : "XNYS");
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

static void by_identifiers(struct instrument *said, uint64_t seed, const struct row *row, struct random *r)
{
    char unknown[INSTRUMENT_VALUE];
    enum column first = column_pick(row, COLUMN_COUNT, r);
    enum column second = column_pick(row, first, r);

    instrument_set_primary(said, column_value(row, first), column_source(first));
    if (random_percent(r, 2))
        lower(said->primary.value);
    if (second != COLUMN_COUNT && random_percent(r, 25))
        instrument_add_alternate(said, column_value(row, second), column_source(second));
    if (row->is_alone && row->figi[0] == '\0' && random_percent(r, 10)) {
        column_unknown(seed, COLUMN_FIGI, row, r, unknown);
        instrument_add_alternate(said, unknown, column_source(COLUMN_FIGI));
    }
    /* FIX requires a symbol; without one it is to be [N/A]. */
    instrument_set(said->symbol, random_percent(r, 90) ? row->symbol : "[N/A]");
}

/* Only identifiers that the master has no column of: the symbol decides, or the alternate. */
static void by_ric(struct instrument *said, const struct row *row, struct random *r)
{
    char ric[INSTRUMENT_VALUE];
    struct text t = {.bytes = ric, .capacity = sizeof ric - 1};
    enum column second = column_pick(row, COLUMN_COUNT, r);

    text_add(&t, row->symbol);
    text_add(&t, ".N");
    ric[t.len] = '\0';
    instrument_set_primary(said, ric, "5");
    instrument_set(said->symbol, row->symbol);
    if (random_percent(r, 30))
        instrument_add_alternate(said, column_value(row, second), column_source(second));
}

void instrument_describe(struct instrument *said, uint64_t seed, const struct row *row, struct random *r)
{
    uint64_t way = row->has_twin ? 0 : random_below(r, 100);

    clear(said);
    if (way < 76) {
        by_identifiers(said, seed, row, r);
    } else if (way < 92) {
        instrument_set(said->symbol, row->symbol);
        if (random_percent(r, 20))
            instrument_set_primary(said, "N/A", "1");
    } else if (way < 96) {
        instrument_set_primary(said, row->symbol, "8");
        instrument_set(said->symbol, row->symbol);
    } else {
        by_ric(said, row, r);
    }
    if (random_percent(r, 60))
        say_exchange(said, row);
    if (random_percent(r, 75))
        say_currency(said, row, r);
    say_attributes(said, row, r);
}

void instrument_by_identifier(struct instrument *said, const struct row *row, struct random *r)
{
    enum column column = column_pick(row, COLUMN_COUNT, r);

    clear(said);
    instrument_set_primary(said, column_value(row, column), column_source(column));
    instrument_set(said->symbol, row->symbol);
    say_exchange(said, row);
    say_currency(said, row, r);
    say_attributes(said, row, r);
}
