#include "attribute.h"

#include "ascii.h"
#include "decimal.h"

#define CURRENCY_LEN 3
#define CFI_LEN 6

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "N/A" and the like are the master's way of leaving a column blank. */
static bool is_blank(struct slice master)
{
    return master.len == 0 ||
           (identifier_may_be_placeholder(master.ptr[0]) && identifier_is_placeholder(IDENTIFIER_SYMBOL, master));
}

static bool consists_of(struct slice s, size_t len, bool (*allowed)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!allowed(s.ptr[i]))
            return false;
    return s.len == len;
}

enum agreement attribute_exchange(const struct exchanges *exchanges, struct slice message, struct slice master)
{
    char said[EXCHANGE_MIC_LEN];
    char has[EXCHANGE_MIC_LEN];

    if (is_blank(master))
        return UNSAID;
    if (slice_equal_nocase(message, master))
        return AGREES;
    if (!exchange_resolve(exchanges, message, said) || !exchange_resolve(exchanges, master, has))
        return UNSAID;
    if (memcmp(said, has, EXCHANGE_MIC_LEN) == 0)
        return AGREES;
    return exchange_operates(exchanges, said, has) || exchange_operates(exchanges, has, said) ? AGREES_NEARLY : DIFFERS;
}

/* Prices in pence are prices in pounds. Where only the currency counts GBp needs no row: case aside it is GBP. */
struct slice attribute_major_unit(struct slice currency, bool *is_minor)
{
    static const struct slice minor_and_major[][2] = {
        {SLICE_LITERAL("GBX"), SLICE_LITERAL("GBP")},
        {SLICE_LITERAL("ZAC"), SLICE_LITERAL("ZAR")},
        {SLICE_LITERAL("ILA"), SLICE_LITERAL("ILS")},
    };

    *is_minor = true;
    for (size_t i = 0; i < COUNT(minor_and_major); i++)
        if (slice_equal_nocase(currency, minor_and_major[i][0]))
            return minor_and_major[i][1];
    if (slice_equal_text(currency, "GBp"))
        return minor_and_major[0][1];
    *is_minor = false;
    return currency;
}

enum agreement attribute_currency(struct slice message, struct slice master)
{
    bool is_minor;

    if (is_blank(master))
        return UNSAID;
    if (slice_equal_nocase(message, master) ||
        slice_equal_nocase(attribute_major_unit(message, &is_minor), attribute_major_unit(master, &is_minor)))
        return AGREES;
    return consists_of(message, CURRENCY_LEN, ascii_is_letter) && consists_of(master, CURRENCY_LEN, ascii_is_letter)
               ? DIFFERS
               : UNSAID;
}

/* One spelling of a type. Spellings with the same code are the same type; those without one name only the class. */
struct type_name {
    struct slice spelling;
    const char *code;
    enum type_class class;
};

static const struct type_name type_names[] = {
    {SLICE_LITERAL("CS"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("common stock"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("common"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("ordinary share"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("ordinary shares"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("ord"), "CS", TYPE_EQUITY},
    {SLICE_LITERAL("PS"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("preferred stock"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("preferred"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("preference share"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("preference shares"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("equity"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("equities"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("stock"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("share"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("shares"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("FUT"), "FUT", TYPE_FUTURE},
    {SLICE_LITERAL("future"), "FUT", TYPE_FUTURE},
    {SLICE_LITERAL("futures"), "FUT", TYPE_FUTURE},
    {SLICE_LITERAL("OPT"), "OPT", TYPE_OPTION},
    {SLICE_LITERAL("option"), "OPT", TYPE_OPTION},
    {SLICE_LITERAL("options"), "OPT", TYPE_OPTION},
    {SLICE_LITERAL("WAR"), "WAR", TYPE_WARRANT},
    {SLICE_LITERAL("warrant"), "WAR", TYPE_WARRANT},
    {SLICE_LITERAL("warrants"), "WAR", TYPE_WARRANT},
    {SLICE_LITERAL("MF"), "MF", TYPE_FUND},
    {SLICE_LITERAL("mutual fund"), "MF", TYPE_FUND},
    {SLICE_LITERAL("ETF"), "ETF", TYPE_FUND},
    {SLICE_LITERAL("exchange traded fund"), "ETF", TYPE_FUND},
    {SLICE_LITERAL("fund"), NULL, TYPE_FUND},
    {SLICE_LITERAL("CORP"), "CORP", TYPE_DEBT},
    {SLICE_LITERAL("corporate bond"), "CORP", TYPE_DEBT},
    {SLICE_LITERAL("CB"), "CB", TYPE_DEBT},
    {SLICE_LITERAL("convertible bond"), "CB", TYPE_DEBT},
    {SLICE_LITERAL("TBOND"), "TBOND", TYPE_DEBT},
    {SLICE_LITERAL("treasury bond"), "TBOND", TYPE_DEBT},
    {SLICE_LITERAL("TBILL"), "TBILL", TYPE_DEBT},
    {SLICE_LITERAL("treasury bill"), "TBILL", TYPE_DEBT},
    {SLICE_LITERAL("TNOTE"), "TNOTE", TYPE_DEBT},
    {SLICE_LITERAL("treasury note"), "TNOTE", TYPE_DEBT},
    {SLICE_LITERAL("MUNI"), "MUNI", TYPE_DEBT},
    {SLICE_LITERAL("municipal bond"), "MUNI", TYPE_DEBT},
    {SLICE_LITERAL("CD"), "CD", TYPE_DEBT},
    {SLICE_LITERAL("certificate of deposit"), "CD", TYPE_DEBT},
    {SLICE_LITERAL("CP"), "CP", TYPE_DEBT},
    {SLICE_LITERAL("commercial paper"), "CP", TYPE_DEBT},
    {SLICE_LITERAL("MTN"), "MTN", TYPE_DEBT},
    {SLICE_LITERAL("EUSOV"), "EUSOV", TYPE_DEBT},
    {SLICE_LITERAL("EUSUPRA"), "EUSUPRA", TYPE_DEBT},
    {SLICE_LITERAL("BRADY"), "BRADY", TYPE_DEBT},
    {SLICE_LITERAL("bond"), NULL, TYPE_DEBT},
    {SLICE_LITERAL("bonds"), NULL, TYPE_DEBT},
    {SLICE_LITERAL("debt"), NULL, TYPE_DEBT},
    {SLICE_LITERAL("fixed income"), NULL, TYPE_DEBT},
    {SLICE_LITERAL("FXSPOT"), "FXSPOT", TYPE_FX},
    {SLICE_LITERAL("FXFWD"), "FXFWD", TYPE_FX},
    {SLICE_LITERAL("FXSWAP"), "FXSWAP", TYPE_FX},
    {SLICE_LITERAL("FXNDF"), "FXNDF", TYPE_FX},
    {SLICE_LITERAL("FOR"), "FOR", TYPE_FX},
    {SLICE_LITERAL("forex"), "FOR", TYPE_FX},
    {SLICE_LITERAL("foreign exchange"), "FOR", TYPE_FX},
    {SLICE_LITERAL("fx"), NULL, TYPE_FX},
    {SLICE_LITERAL("currency"), NULL, TYPE_FX},
};

static const struct type_name *find_type(struct slice spelling)
{
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (slice_equal_nocase(spelling, type_names[i].spelling))
            return &type_names[i];
    return NULL;
}

/* Categories and groups of CFI (ISO 10962) that say what kind of security it is; the first that fits counts. */
static const struct type_name cfi_names[] = {
    {SLICE_LITERAL("ES"), "CS", TYPE_EQUITY},   {SLICE_LITERAL("EP"), "PS", TYPE_EQUITY},
    {SLICE_LITERAL("EF"), "PS", TYPE_EQUITY},   {SLICE_LITERAL("E"), NULL, TYPE_EQUITY},
    {SLICE_LITERAL("D"), NULL, TYPE_DEBT},      {SLICE_LITERAL("CE"), "ETF", TYPE_FUND},
    {SLICE_LITERAL("C"), NULL, TYPE_FUND},      {SLICE_LITERAL("F"), "FUT", TYPE_FUTURE},
    {SLICE_LITERAL("O"), "OPT", TYPE_OPTION},   {SLICE_LITERAL("H"), "OPT", TYPE_OPTION},
    {SLICE_LITERAL("RW"), "WAR", TYPE_WARRANT}, {SLICE_LITERAL("I"), NULL, TYPE_FX},
    {SLICE_LITERAL("J"), NULL, TYPE_FX},
};

static bool is_cfi(struct slice value)
{
    return consists_of(value, CFI_LEN, ascii_is_letter);
}

static const struct type_name *find_cfi(struct slice cfi)
{
    for (size_t i = 0; is_cfi(cfi) && i < COUNT(cfi_names); i++)
        if (slice_equal_nocase(slice_make(cfi.ptr, cfi_names[i].spelling.len), cfi_names[i].spelling))
            return &cfi_names[i];
    return NULL;
}

enum type_class attribute_class(struct slice type, struct slice cfi)
{
    const struct type_name *name = find_type(type);

    if (name == NULL)
        name = find_cfi(cfi);
    return name ? name->class : TYPE_UNKNOWN;
}

struct slice attribute_type_of(struct slice type, struct slice cfi)
{
    return find_type(type) != NULL || find_cfi(cfi) == NULL ? type : cfi;
}

struct slice attribute_cfi_of(struct slice type, struct slice cfi)
{
    return is_cfi(cfi) ? cfi : type;
}

static enum agreement compare_types(const struct type_name *message, const struct type_name *master)
{
    if (message == NULL || master == NULL)
        return UNSAID;
    if (message->code && master->code)
        return strcmp(message->code, master->code) == 0 ? AGREES : DIFFERS;
    return message->class == master->class ? AGREES : DIFFERS;
}

enum agreement attribute_type(struct slice message, struct slice type, struct slice cfi)
{
    const struct type_name *master;

    if (!is_blank(type) && slice_equal_nocase(message, type))
        return AGREES;
    master = find_type(type);
    return compare_types(find_type(message), master ? master : find_cfi(cfi));
}

static enum agreement compare_cfis(struct slice message, struct slice master)
{
    for (size_t i = 0; i < CFI_LEN; i++) {
        char a = ascii_to_upper(message.ptr[i]);
        char b = ascii_to_upper(master.ptr[i]);
        if (a != b && a != 'X' && b != 'X') /* X: not defined (ISO 10962) */
            return DIFFERS;
    }
    return AGREES;
}

enum agreement attribute_cfi(struct slice message, struct slice type, struct slice cfi)
{
    if (!is_cfi(message))
        return UNSAID;
    if (is_cfi(cfi))
        return compare_cfis(message, cfi);
    return compare_types(find_cfi(message), find_type(type));
}

enum agreement attribute_put_call(struct slice message, struct slice master)
{
    static const struct slice puts[] = {SLICE_LITERAL("P"), SLICE_LITERAL("PUT"), SLICE_LITERAL("0")};
    static const struct slice calls[] = {SLICE_LITERAL("C"), SLICE_LITERAL("CALL"), SLICE_LITERAL("1")};
    bool put = slice_equal_text(message, "0");
    bool call = slice_equal_text(message, "1");
    bool master_put = slice_is_one_of(master, puts, COUNT(puts));
    bool master_call = slice_is_one_of(master, calls, COUNT(calls));

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

struct date attribute_maturity_of(struct slice master)
{
    struct date date;

    return fix_time_parse_master_date(master, &date) ? date : (struct date){0};
}

enum agreement attribute_maturity(struct date message, struct date master)
{
    if (message.year == 0 || master.year == 0)
        return UNSAID;
    return date_agrees(message, master) ? AGREES : DIFFERS;
}

static bool is_delisted(struct slice value, struct date now)
{
    static const struct slice yes[] = {SLICE_LITERAL("TRUE"), SLICE_LITERAL("T"), SLICE_LITERAL("YES"),
                                       SLICE_LITERAL("Y"), SLICE_LITERAL("1")};
    struct date date;

    if (value.len == 0)
        return false; /* nearly always */
    if (slice_is_one_of(value, yes, COUNT(yes)))
        return true;
    /* "Not after": the day of the delisting itself is no longer a day of trading. */
    return now.year != 0 && fix_time_parse_master_date(value, &date) && !date_is_before(now, date);
}

static bool is_inactive_status(struct slice value)
{
    static const struct slice words[] = {
        SLICE_LITERAL("INACTIVE"), SLICE_LITERAL("DELISTED"), SLICE_LITERAL("SUSPENDED"),  SLICE_LITERAL("HALTED"),
        SLICE_LITERAL("EXPIRED"),  SLICE_LITERAL("MATURED"),  SLICE_LITERAL("TERMINATED"), SLICE_LITERAL("DEAD"),
        SLICE_LITERAL("CLOSED"),   SLICE_LITERAL("CANCELLED")};

    return value.len > 0 && slice_is_one_of(value, words, COUNT(words));
}

bool attribute_is_matured(struct date maturity, struct date now)
{
    return maturity.year != 0 && now.year != 0 && date_is_before(maturity, now);
}

bool attribute_is_inactive(struct slice delisted, struct slice status, struct slice maturity, struct date now,
                           struct slice *why)
{
    if (is_delisted(delisted, now))
        *why = delisted;
    else if (is_inactive_status(status))
        *why = status;
    else if (attribute_is_matured(attribute_maturity_of(maturity), now))
        *why = maturity;
    else
        return false;
    return true;
}
