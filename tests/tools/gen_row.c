#include "gen_row.h"

#include <string.h>

#include "gen_text.h"
#include "random.h"

enum {
    MULTI = 1,    /* one of several listings */
    TWIN = 2,     /* shares its symbol with another security */
    SHARES = 4,   /* shares the symbol of the leader's slot */
    CLASS_A = 8,  /* ABCD.A */
    CLASS_B = 16, /* ABCD.B of the same ABCD */
    MORTAL = 32,  /* inactive in half of the blocks */
    NO_ISIN = 64, /* known by FIGI alone */
};

struct slot {
    const char *country;
    const char *mics[4]; /* one of them, the first ones that are there */
    const char *currency;
    enum row_class class;
    uint8_t leader; /* the slot whose identifiers, or symbol, this one has */
    uint8_t flags;
};

static const struct slot slots[ROW_BLOCK] = {
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 0, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 1, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 2, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 3, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 4, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 5, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 6, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 7, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 8, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 9, MORTAL},
    {"US", {"XNYS"}, "USD", CLASS_EQUITY, 10, MULTI},
    {"US", {"XETR"}, "EUR", CLASS_EQUITY, 10, MULTI | SHARES},
    {"US", {"XNAS"}, "USD", CLASS_EQUITY, 12, MULTI},
    {"US", {"XETR"}, "EUR", CLASS_EQUITY, 12, MULTI},
    {"US", {"XLON"}, "GBP", CLASS_EQUITY, 12, MULTI | SHARES},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 15, CLASS_A},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_EQUITY, 15, CLASS_B},
    {"CA", {"XTSE"}, "CAD", CLASS_EQUITY, 17, 0},
    {"CA", {"XTSE"}, "CAD", CLASS_EQUITY, 18, MULTI},
    {"CA", {"XNYS"}, "USD", CLASS_EQUITY, 18, MULTI | SHARES},
    {"GB", {"XLON"}, "GBX", CLASS_EQUITY, 20, 0},
    {"GB", {"XLON"}, "GBX", CLASS_EQUITY, 21, 0},
    {"GB", {"XLON"}, "GBP", CLASS_EQUITY, 22, 0},
    {"GB", {"XLON"}, "USD", CLASS_EQUITY, 23, 0},
    {"GB", {"XLON"}, "GBX", CLASS_EQUITY, 24, MORTAL},
    {"DE", {"XETR"}, "EUR", CLASS_EQUITY, 25, 0},
    {"FR", {"XPAR"}, "EUR", CLASS_EQUITY, 26, 0},
    {"JP", {"XTKS"}, "JPY", CLASS_EQUITY, 27, 0},
    {"CH", {"XSWX"}, "CHF", CLASS_EQUITY, 28, 0},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_PREFERRED, 29, 0},
    {"US", {"XNYS"}, "USD", CLASS_EQUITY, 30, TWIN},
    {"US", {"XNYS"}, "USD", CLASS_EQUITY, 30, TWIN},
    {"US", {"XNYS", "XNAS", "ARCX", "BATS"}, "USD", CLASS_FUND, 32, 0},
    {"US", {"FINR"}, "USD", CLASS_BOND, 33, 0},
    {"US", {"XCME", "XCBT", "XNYM", "XCEC"}, "USD", CLASS_FUTURE, 34, NO_ISIN},
    {"DE", {"XEUR"}, "EUR", CLASS_FUTURE, 35, NO_ISIN | MORTAL},
    {"US", {"XCBO", "XPHL", "ARCO", "XISX"}, "USD", CLASS_OPTION, 36, NO_ISIN},
    {"US", {"XCBO", "XPHL", "ARCO", "XISX"}, "USD", CLASS_OPTION, 37, NO_ISIN | MORTAL},
    {"US", {"XCBO", "XPHL", "ARCO", "XISX"}, "USD", CLASS_OPTION, 38, NO_ISIN},
    {"DE", {"XEUR"}, "EUR", CLASS_OPTION, 39, NO_ISIN},
};

static void terminate(struct text *t)
{
    t->bytes[t->len] = '\0';
}

/* A text into an array of the row, one byte kept for the NUL. */
static struct text text_into(char *bytes, size_t size)
{
    return (struct text){.bytes = bytes, .capacity = size - 1};
}

static void make_identifiers(uint64_t seed, const struct slot *slot, struct row *row, struct random *r)
{
    uint64_t block = row->index - row->index % ROW_BLOCK;
    uint64_t security = slot->flags & MULTI ? block + slot->leader : row->index;
    bool north_american = strcmp(slot->country, "US") == 0 || strcmp(slot->country, "CA") == 0;

    row->is_alone = !(slot->flags & (MULTI | TWIN));
    row->has_twin = slot->flags & TWIN;
    if (!(slot->flags & NO_ISIN)) {
        if (north_american)
            make_cusip(seed, security, row->cusip);
        /* Where a CUSIP is there, the ISIN may be blank. */
        if (!row->is_alone || row->cusip[0] == '\0' || !random_percent(r, 4))
            make_isin(seed, security, slot->country, row->isin);
        /* Each listing has a SEDOL of its own. */
        if (strcmp(slot->country, "GB") == 0 || random_percent(r, 25))
            make_sedol(seed, row->index, row->sedol);
    }
    if (slot->flags & (NO_ISIN | MULTI) || !random_percent(r, 10))
        make_figi(seed, row->index, row->figi);
}

static void make_type(struct row *row, struct random *r)
{
    static const char *const types[][6] = {
        [CLASS_EQUITY] = {"Common Stock", "Common Stock", "CS", "Equity", "Ordinary Shares", "ADR"},
        [CLASS_PREFERRED] = {"Preferred Stock", "PS", "Preference Share", "Preferred", "PS", "PS"},
        [CLASS_FUND] = {"ETF", "Exchange Traded Fund", "ETF", "Fund", "ETF", "ETF"},
        [CLASS_BOND] = {"Corporate Bond", "CORP", "Bond", "CORP", "Corporate Bond", "CORP"},
        [CLASS_FUTURE] = {"Future", "FUT", "Futures", "FUT", "Future", "FUT"},
        [CLASS_OPTION] = {"Option", "OPT", "Options", "OPT", "Option", "OPT"},
    };
    static const char *const cfis[] = {
        [CLASS_EQUITY] = "ESVUFR", [CLASS_PREFERRED] = "EPRUFR", [CLASS_FUND] = "CEOIES",
        [CLASS_BOND] = "DBFTFR",   [CLASS_FUTURE] = "FFICSX",    [CLASS_OPTION] = "OCASPS",
    };

    row->type = types[row->class][random_below(r, 6)];
    row->type_is_known = strcmp(row->type, "ADR") != 0;
    row->cfi = random_percent(r, 30) ? "" : cfis[row->class];
}

/* The styles in which masters write a date; a month only for futures. */
static void write_maturity(struct row *row, struct random *r)
{
    struct text t = text_into(row->maturity, sizeof row->maturity);
    uint64_t style = random_below(r, row->class == CLASS_FUTURE ? 5 : 3);
    const char *separator = style == 1 || style == 4 ? "" : style == 2 ? "/" : "-";

    row->maturity_is_month = style >= 3;
    text_add_number(&t, row->maturity_date / 10000);
    text_add(&t, separator);
    text_add_padded(&t, row->maturity_date / 100 % 100, 2);
    if (!row->maturity_is_month) {
        text_add(&t, separator);
        text_add_padded(&t, row->maturity_date % 100, 2);
    }
    terminate(&t);
}

static void make_maturity(struct row *row, bool is_past, struct random *r)
{
    uint32_t year = (uint32_t)(is_past ? 2022 + random_below(r, 4) : 2027 + random_below(r, 3));
    uint32_t month = (uint32_t)(1 + random_below(r, 12));
    uint32_t day = (uint32_t)(1 + random_below(r, 28));

    row->maturity_date = year * 10000 + month * 100 + day;
    write_maturity(row, r);
    if (is_past) {
        row->is_active = false;
        row->inactive_value = row->maturity;
    }
}

static void make_contract(struct row *row, uint8_t slot_number, struct random *r)
{
    static const char *const puts[] = {"P", "PUT", "Put", "0"};
    static const char *const calls[] = {"C", "CALL", "Call", "1"};
    static const char *const multipliers[] = {"10", "50", "1000", "12.5"};
    struct text t = text_into(row->strike, sizeof row->strike);

    row->multiplier = row->class == CLASS_FUTURE ? multipliers[random_below(r, 4)] : "100";
    if (row->class != CLASS_OPTION)
        return;
    row->is_put = slot_number % 2;
    row->put_call = row->is_put ? puts[random_below(r, 4)] : calls[random_below(r, 4)];
    if (row->is_put && row->cfi[0])
        row->cfi = "OPASPS";
    row->strike_cents = (uint32_t)(50 * (20 + random_below(r, 1000)));
    text_add_decimal(&t, row->strike_cents % 100 ? row->strike_cents / 10 : row->strike_cents / 100,
                     row->strike_cents % 100 ? 1 : 0);
    terminate(&t);
}

static void make_status(struct row *row, bool is_dead, struct random *r)
{
    static const char *const dead[] = {"DELISTED", "SUSPENDED", "Inactive", "HALTED"};
    static const char *const alive[] = {"ACTIVE", "ACTIVE", "ACTIVE", "Active", "Listed", ""};

    row->status = alive[random_below(r, 6)];
    if (!is_dead) {
        /* Announced for a day to come: active until then. */
        if (random_percent(r, 1))
            row->delisting_date = "2027-06-30";
        return;
    }
    row->is_active = false;
    row->status = dead[random_below(r, 4)];
    row->inactive_value = row->status;
    if (random_percent(r, 40)) {
        row->delisting_date = random_percent(r, 50) ? "2024-11-15" : "20230331";
        row->inactive_value = row->delisting_date; /* it is judged before the status */
    }
}

/* The class symbol's separator is the one of this master's source, mostly a point. */
static void add_share_class(struct row *row, bool is_b, struct random *r)
{
    static const char separators[] = ".../- ";
    size_t length = strlen(row->symbol);

    row->class_separator = (uint8_t)length;
    row->symbol[length] = separators[random_below(r, sizeof separators - 1)];
    row->symbol[length + 1] = is_b ? 'B' : 'A';
    row->symbol[length + 2] = '\0';
}

/* Root, month letter, year digit: ABCDZ7. */
static void add_future_month(struct row *row)
{
    static const char months[] = "FGHJKMNQUVXZ";
    size_t length = strlen(row->symbol);

    row->symbol[length] = months[row->maturity_date / 100 % 100 - 1];
    row->symbol[length + 1] = (char)('0' + row->maturity_date / 10000 % 10);
    row->symbol[length + 2] = '\0';
}

/* As the OCC writes them: the root in six places, yymmdd, C or P, the strike in thousandths in eight digits. */
static void add_option_series(struct row *row)
{
    struct text t = {.bytes = row->symbol, .len = strlen(row->symbol), .capacity = sizeof row->symbol - 1};

    while (t.len < 6)
        text_add_char(&t, ' ');
    text_add_padded(&t, row->maturity_date % 1000000, 6);
    text_add_char(&t, row->is_put ? 'P' : 'C');
    text_add_padded(&t, (uint64_t)row->strike_cents * 10, 8);
    terminate(&t);
}

static void make_row_symbol(uint64_t seed, const struct slot *slot, struct row *row, struct random *r)
{
    uint64_t block = row->index - row->index % ROW_BLOCK;
    bool of_leader = slot->flags & (SHARES | TWIN | CLASS_A | CLASS_B);

    make_symbol(seed, of_leader ? block + slot->leader : row->index, row->symbol);
    if (slot->flags & (CLASS_A | CLASS_B))
        add_share_class(row, slot->flags & CLASS_B, r);
    else if (row->class == CLASS_FUTURE)
        add_future_month(row);
    else if (row->class == CLASS_OPTION)
        add_option_series(row);
}

static const char *pick_mic(const struct slot *slot, struct random *r)
{
    uint64_t count = 1;

    while (count < 4 && slot->mics[count])
        count++;
    return slot->mics[random_below(r, count)];
}

void row_make(uint64_t seed, uint64_t index, struct row *row)
{
    const struct slot *slot = &slots[index % ROW_BLOCK];
    struct random r = random_at(seed, RANDOM_ROW, index);
    bool is_dead = slot->flags & MORTAL && random_percent(&r, 50);
    bool matures = slot->class == CLASS_BOND || slot->class == CLASS_FUTURE || slot->class == CLASS_OPTION;

    memset(row, 0, sizeof *row);
    row->index = index;
    row->class = slot->class;
    row->country = slot->country;
    row->is_active = true;
    row->delisting_date = row->put_call = row->multiplier = "";
    make_identifiers(seed, slot, row, &r);
    row->mic = row->is_alone && random_percent(&r, 2) ? "" : pick_mic(slot, &r);
    row->currency = row->is_alone && random_percent(&r, 1) ? "" : slot->currency;
    make_type(row, &r);
    make_status(row, is_dead && !matures, &r);
    if (matures)
        make_maturity(row, is_dead, &r);
    if (row->class == CLASS_FUTURE || row->class == CLASS_OPTION)
        make_contract(row, (uint8_t)(index % ROW_BLOCK), &r);
    make_row_symbol(seed, slot, row, &r);
}
