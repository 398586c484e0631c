#include "attribute.h"

#include "decimal.h"

#define MIC_LEN 4
#define CURRENCY_LEN 3
#define CFI_LEN 6

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char to_upper(char c)
{
    return is_letter(c) ? (char)(c & ~0x20) : c;
}

static bool is_letter_or_digit(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* "N/A" and the like are the master's way of leaving a column blank. */
static bool is_blank(struct slice master)
{
    return identifier_is_placeholder(IDENTIFIER_SYMBOL, master);
}

static bool consists_of(struct slice s, size_t len, bool (*allowed)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!allowed(s.ptr[i]))
            return false;
    return s.len == len;
}

static bool is_word_of(struct slice s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(s, slice_of(words[i])))
            return true;
    return false;
}

enum agreement attribute_exchange(struct slice message, struct slice master)
{
    if (is_blank(master))
        return UNSAID;
    if (slice_equal_nocase(message, master))
        return AGREES;
    /* "P" or "NASDAQ" beside XNAS may well be the same place. */
    return consists_of(message, MIC_LEN, is_letter_or_digit) && consists_of(master, MIC_LEN, is_letter_or_digit)
               ? DIFFERS
               : UNSAID;
}

/* Prices in pence are prices in pounds. GBp needs no row: case aside it is GBP. */
static struct slice major_unit(struct slice currency)
{
    static const char *const minor_and_major[][2] = {{"GBX", "GBP"}, {"ZAC", "ZAR"}, {"ILA", "ILS"}};

    for (size_t i = 0; i < COUNT(minor_and_major); i++)
        if (slice_equal_nocase(currency, slice_of(minor_and_major[i][0])))
            return slice_of(minor_and_major[i][1]);
    return currency;
}

enum agreement attribute_currency(struct slice message, struct slice master)
{
    if (is_blank(master))
        return UNSAID;
    if (slice_equal_nocase(major_unit(message), major_unit(master)))
        return AGREES;
    return consists_of(message, CURRENCY_LEN, is_letter) && consists_of(master, CURRENCY_LEN, is_letter) ? DIFFERS
                                                                                                         : UNSAID;
}

enum type_class {
    TYPE_UNKNOWN,
    TYPE_EQUITY,
    TYPE_FUTURE,
    TYPE_OPTION,
    TYPE_WARRANT,
    TYPE_FUND,
    TYPE_DEBT,
    TYPE_FX,
};

/* One spelling of a type. Spellings with the same code are the same type; those without one name only the class. */
struct type_name {
    const char *spelling;
    const char *code;
    enum type_class class;
};

static const struct type_name type_names[] = {
    {"CS", "CS", TYPE_EQUITY},
    {"common stock", "CS", TYPE_EQUITY},
    {"common", "CS", TYPE_EQUITY},
    {"ordinary share", "CS", TYPE_EQUITY},
    {"ordinary shares", "CS", TYPE_EQUITY},
    {"ord", "CS", TYPE_EQUITY},
    {"PS", "PS", TYPE_EQUITY},
    {"preferred stock", "PS", TYPE_EQUITY},
    {"preferred", "PS", TYPE_EQUITY},
    {"preference share", "PS", TYPE_EQUITY},
    {"preference shares", "PS", TYPE_EQUITY},
    {"equity", NULL, TYPE_EQUITY},
    {"equities", NULL, TYPE_EQUITY},
    {"stock", NULL, TYPE_EQUITY},
    {"share", NULL, TYPE_EQUITY},
    {"shares", NULL, TYPE_EQUITY},
    {"FUT", "FUT", TYPE_FUTURE},
    {"future", "FUT", TYPE_FUTURE},
    {"futures", "FUT", TYPE_FUTURE},
    {"OPT", "OPT", TYPE_OPTION},
    {"option", "OPT", TYPE_OPTION},
    {"options", "OPT", TYPE_OPTION},
    {"WAR", "WAR", TYPE_WARRANT},
    {"warrant", "WAR", TYPE_WARRANT},
    {"warrants", "WAR", TYPE_WARRANT},
    {"MF", "MF", TYPE_FUND},
    {"mutual fund", "MF", TYPE_FUND},
    {"ETF", "ETF", TYPE_FUND},
    {"exchange traded fund", "ETF", TYPE_FUND},
    {"fund", NULL, TYPE_FUND},
    {"CORP", "CORP", TYPE_DEBT},
    {"corporate bond", "CORP", TYPE_DEBT},
    {"CB", "CB", TYPE_DEBT},
    {"convertible bond", "CB", TYPE_DEBT},
    {"TBOND", "TBOND", TYPE_DEBT},
    {"treasury bond", "TBOND", TYPE_DEBT},
    {"TBILL", "TBILL", TYPE_DEBT},
    {"treasury bill", "TBILL", TYPE_DEBT},
    {"TNOTE", "TNOTE", TYPE_DEBT},
    {"treasury note", "TNOTE", TYPE_DEBT},
    {"MUNI", "MUNI", TYPE_DEBT},
    {"municipal bond", "MUNI", TYPE_DEBT},
    {"CD", "CD", TYPE_DEBT},
    {"certificate of deposit", "CD", TYPE_DEBT},
    {"CP", "CP", TYPE_DEBT},
    {"commercial paper", "CP", TYPE_DEBT},
    {"MTN", "MTN", TYPE_DEBT},
    {"EUSOV", "EUSOV", TYPE_DEBT},
    {"EUSUPRA", "EUSUPRA", TYPE_DEBT},
    {"BRADY", "BRADY", TYPE_DEBT},
    {"bond", NULL, TYPE_DEBT},
    {"bonds", NULL, TYPE_DEBT},
    {"debt", NULL, TYPE_DEBT},
    {"fixed income", NULL, TYPE_DEBT},
    {"FXSPOT", "FXSPOT", TYPE_FX},
    {"FXFWD", "FXFWD", TYPE_FX},
    {"FXSWAP", "FXSWAP", TYPE_FX},
    {"FXNDF", "FXNDF", TYPE_FX},
    {"FOR", "FOR", TYPE_FX},
    {"forex", "FOR", TYPE_FX},
    {"foreign exchange", "FOR", TYPE_FX},
    {"fx", NULL, TYPE_FX},
    {"currency", NULL, TYPE_FX},
};

static const struct type_name *find_type(struct slice spelling)
{
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (slice_equal_nocase(spelling, slice_of(type_names[i].spelling)))
            return &type_names[i];
    return NULL;
}

enum agreement attribute_type(struct slice message, struct slice master)
{
    const struct type_name *a;
    const struct type_name *b;

    if (is_blank(master))
        return UNSAID;
    if (slice_equal_nocase(message, master))
        return AGREES;
    a = find_type(message);
    b = find_type(master);
    if (a == NULL || b == NULL)
        return UNSAID;
    if (a->code && b->code)
        return strcmp(a->code, b->code) == 0 ? AGREES : DIFFERS;
    return a->class == b->class ? AGREES : DIFFERS;
}

enum agreement attribute_cfi(struct slice message, struct slice master)
{
    if (!consists_of(message, CFI_LEN, is_letter) || !consists_of(master, CFI_LEN, is_letter))
        return UNSAID;
    for (size_t i = 0; i < CFI_LEN; i++) {
        char a = to_upper(message.ptr[i]);
        char b = to_upper(master.ptr[i]);
        if (a != b && a != 'X' && b != 'X') /* X: not defined (ISO 10962) */
            return DIFFERS;
    }
    return AGREES;
}

enum agreement attribute_put_call(struct slice message, struct slice master)
{
    static const char *const puts[] = {"P", "PUT", "0"};
    static const char *const calls[] = {"C", "CALL", "1"};
    bool put = slice_equal_text(message, "0");
    bool call = slice_equal_text(message, "1");
    bool master_put = is_word_of(master, puts, COUNT(puts));
    bool master_call = is_word_of(master, calls, COUNT(calls));

    if ((!put && !call) || (!master_put && !master_call))
        return UNSAID;
    return put == master_put ? AGREES : DIFFERS;
}

enum agreement attribute_decimal(struct slice message, struct slice master)
{
    struct decimal a;
    struct decimal b;

    if (is_blank(master) || !decimal_parse(message, &a) || !decimal_parse(master, &b))
        return UNSAID;
    return decimal_equal(a, b) ? AGREES : DIFFERS;
}

enum agreement attribute_maturity(struct date message, struct slice master)
{
    struct date date;

    if (message.year == 0 || !fix_time_parse_master_date(master, &date))
        return UNSAID;
    return date_agrees(message, date) ? AGREES : DIFFERS;
}

static bool is_delisted(struct slice value, struct date now)
{
    static const char *const yes[] = {"TRUE", "T", "YES", "Y", "1"};
    struct date date;

    if (is_word_of(value, yes, COUNT(yes)))
        return true;
    /* "Not after": the day of the delisting itself is no longer a day of trading. */
    return now.year != 0 && fix_time_parse_master_date(value, &date) && !date_is_before(now, date);
}

static bool is_inactive_status(struct slice value)
{
    static const char *const words[] = {"INACTIVE", "DELISTED",   "SUSPENDED", "HALTED", "EXPIRED",
                                        "MATURED",  "TERMINATED", "DEAD",      "CLOSED", "CANCELLED"};

    return is_word_of(value, words, COUNT(words));
}

static bool is_matured(struct slice value, struct date now)
{
    struct date date;

    return now.year != 0 && fix_time_parse_master_date(value, &date) && date_is_before(date, now);
}

bool attribute_is_inactive(const struct security *security, struct date now, struct slice *why)
{
    const struct slice *v = security->value;
    enum master_role role;

    if (is_delisted(v[ROLE_DELISTED], now))
        role = ROLE_DELISTED;
    else if (is_inactive_status(v[ROLE_STATUS]))
        role = ROLE_STATUS;
    else if (is_matured(v[ROLE_MATURITY], now))
        role = ROLE_MATURITY;
    else
        return false;
    *why = v[role];
    return true;
}
