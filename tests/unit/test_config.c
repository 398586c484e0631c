#include "consumer/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "consumer/config_kafka.h"
#include "consumer/config_options.h"
#include "consumer/config_value.h"
#include "consumer/ini.h"
#include "consumer/log.h"
#include "consumer/suggest.h"

#define NAME_43 "a prefix that is far too long for any file."
#define NAME_129 NAME_43 NAME_43 NAME_43
#define NAME_16 "0123456789abcdef"
#define NAME_64 NAME_16 NAME_16 NAME_16 NAME_16
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* Writes `len` bytes to a new file; `path` is at least 64 bytes. */
static void write_file(char *path, const char *bytes, size_t len)
{
    strcpy(path, "/tmp/fixwarden-test-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

/* Reads the text as a file. */
static int read_text(struct config *config, const char *text, size_t len, struct error *e)
{
    char path[64];

    write_file(path, text, len);
    int status = config_read_file(config, path, e);
    unlink(path);
    return status;
}

/* What config_show prints; the caller's to free. */
static char *shown(const struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    config_show(config, out);
    fclose(out);
    return text;
}

static void assert_contains(const char *text, const char *part, const char *name)
{
    if (!strstr(text, part))
        fail_msg("%s: no \"%s\" in \"%s\"", name, part, text);
}

/* --- values --- */

static void numbers_are_read_and_written_in_their_units(void **state)
{
    static const struct {
        const char *text;
        bool is_size;
        bool good;
        uint64_t value;
        const char *written;
    } rows[] = {
        {"600M", true, true, 600ull << 20, "600M"},
        {"1G", true, true, 1ull << 30, "1G"},
        {"1024", true, true, 1024, "1K"},
        {"64KiB", true, true, 65536, "64K"},
        {"3 mb", true, true, 3ull << 20, "3M"},
        {"1025", true, true, 1025, "1025"},
        {"0", true, true, 0, "0"},
        {"18446744073709551615", true, true, UINT64_MAX, "18446744073709551615"},
        {"18446744073709551616", true, false, 0, NULL},
        {"17592186044416M", true, false, 0, NULL},
        {"", true, false, 0, NULL},
        {"M", true, false, 0, NULL},
        {"-1", true, false, 0, NULL},
        {"1.5G", true, false, 0, NULL},
        {"1X", true, false, 0, NULL},
        {"100ms", false, true, 100, "100ms"},
        {"250", false, true, 250, "250ms"},
        {"5s", false, true, 5000, "5s"},
        {"90s", false, true, 90000, "90s"},
        {"2m", false, true, 120000, "2m"},
        {"1h", false, true, 3600000, "1h"},
        {"5x", false, false, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char written[CONFIG_NUMBER_TEXT];
        uint64_t value = 0;
        bool good = rows[i].is_size ? config_parse_size(slice_of(rows[i].text), &value)
                                    : config_parse_duration(slice_of(rows[i].text), &value);

        if (good != rows[i].good || (good && value != rows[i].value))
            fail_msg("'%s' gave %d, %llu", rows[i].text, good, (unsigned long long)value);
        if (!good)
            continue;
        if (rows[i].is_size)
            config_format_size(value, written);
        else
            config_format_duration(value, written);
        assert_string_equal(written, rows[i].written);
    }
}

static void names_are_near_by_letters_left_out_put_in_replaced_or_swapped(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"topics", "topics", 0},  {"topic", "topics", 1},  {"tpoics", "topics", 1},
        {"TOPICS", "topics", 0},  {"tobics", "topics", 1}, {"topicss", "topics", 1},
        {"", "abc", 3},           {"abc", "", 3},          {"", "", 0},
        {"kitten", "sitting", 3}, {"index", "ni", 4},
    };
    char text[64], long_name[SUGGEST_NAME_MAX + 2];
    struct suggest suggest = {.typed = "topic"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (suggest_distance(rows[i].a, rows[i].b) != rows[i].distance)
            fail_msg("%s, %s: %zu", rows[i].a, rows[i].b, suggest_distance(rows[i].a, rows[i].b));
    memset(long_name, 'x', sizeof long_name);
    long_name[SUGGEST_NAME_MAX] = '\0';
    assert_int_equal(suggest_distance(long_name, long_name), 0);
    long_name[SUGGEST_NAME_MAX] = 'x';
    long_name[SUGGEST_NAME_MAX + 1] = '\0';
    assert_int_equal(suggest_distance(long_name, long_name), SUGGEST_NAME_MAX);
    assert_string_equal(suggest_text(&suggest, "", text, sizeof text), "");
    suggest_consider(&suggest, "elephant");
    assert_null(suggest.nearest);
    suggest_consider(&suggest, "topical");
    suggest_consider(&suggest, "topics");
    assert_string_equal(suggest_text(&suggest, "--", text, sizeof text), "; did you mean '--topics'?");
}

/* --- files --- */

static void lines_of_an_ini_file(void **state)
{
    static const struct {
        const char *name, *text;
        size_t len;
        const char *expected; /* "section|key|value|" for each, then the event that ends it, and its line */
    } rows[] = {
#define TEXT(t) t, sizeof t - 1
        {"nothing at all", TEXT(""), "end 0"},
        {"a value", TEXT("[a]\nb = c\n"), "a|b|c|end 2"},
        {"no line end at the end", TEXT("[a]\nb=c"), "a|b|c|end 2"},
        {"CRLF and a byte order mark", TEXT("\xef\xbb\xbf[a]\r\nb = c\r\n"), "a|b|c|end 2"},
        {"white space around everything", TEXT("  [ a ]  \n\t b \t=\t c d \t\n"), "a|b|c d|end 2"},
        {"comments and blank lines", TEXT("# x = y\n; [z]\n\n[a]\n  # q\nb = c\n"), "a|b|c|end 6"},
        {"a value keeps marks and semicolons", TEXT("[a]\nb = p#1 ;2=3\n"), "a|b|p#1 ;2=3|end 2"},
        {"an empty value", TEXT("[a]\nb =\n"), "a|b||end 2"},
        {"a value before any section", TEXT("b = c\n"), "before 1"},
        {"a section that never closes", TEXT("\n[a\n"), "section 2"},
        {"a section with something behind it", TEXT("[a] b\n"), "section 1"},
        {"a section without a name", TEXT("[ ]\n"), "section 1"},
        {"one bracket", TEXT("["), "section 1"},
        {"a line without an equals sign", TEXT("[a]\nfoo\n"), "line 2"},
        {"a line without a key", TEXT("[a]\n= foo\n"), "line 2"},
        {"a NUL byte", TEXT("[a]\nb = c\0d\n"), "nul 2"},
#undef TEXT
    };
    static const char *const events[] = {[INI_END] = "end",
                                         [INI_BAD_SECTION] = "section",
                                         [INI_BAD_LINE] = "line",
                                         [INI_NO_SECTION] = "before",
                                         [INI_NUL] = "nul"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ini ini = {.rest = slice_make(rows[i].text, rows[i].len)};
        char got[256] = "";
        enum ini_event event;

        while ((event = ini_next(&ini)) == INI_VALUE || event == INI_SECTION)
            if (event == INI_VALUE)
                snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s|%.*s|%.*s|", SLICE_FORMAT(ini.section),
                         SLICE_FORMAT(ini.key), SLICE_FORMAT(ini.value));
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s %zu", events[event], ini.line);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: %s", rows[i].name, got);
    }
}

static void what_a_file_sets_is_used_or_refused(void **state)
{
    static const struct {
        const char *name, *text;
        const char *shown; /* a part of config_show; NULL: it is refused */
        const char *error; /* a part of the sentence */
    } rows[] = {
        {"a list by commas and by repetition", "[input]\ntopics = a, b\ntopics = ^c.*,\n",
         "topics = a\ntopics = b\ntopics = ^c.*\n", NULL},
        {"memory and threads that are found out", "[master]\nmemory = AUTO\nthreads = auto\n",
         "memory = auto\nthreads = auto\n", NULL},
        {"a share of bad rows", "[master]\nmax_bad_rows = 0.10%\n", "max_bad_rows = 0.1%\n", NULL},
        {"the least share", "[master]\nmax_bad_rows = 0.0001%\n", "max_bad_rows = 0.0001%\n", NULL},
        {"all rows", "[master]\nmax_bad_rows = 100%\n", "max_bad_rows = 100%\n", NULL},
        {"more than all", "[master]\nmax_bad_rows = 100.0001%\n", NULL, "'100.0001%' is no number from 0 to unlimited"},
        {"a share of nothing", "[master]\nmax_bad_rows = 0%\n", NULL, "'0%' is no number"},
        {"too fine a share", "[master]\nmax_bad_rows = 0.00001%\n", NULL, "'0.00001%' is no number"},
        {"no share", "[master]\nmax_bad_rows = .%\n", NULL, "'.%' is no number"},
        {"threads", "[master]\nthreads = 12\n", "threads = 12\n", NULL},
        {"too many threads", "[master]\nthreads = 257\n", NULL, "[master] threads: '257' is no number from 1 to 256"},
        {"no threads", "[master]\nthreads = 0\n", NULL, "[master] threads: '0' is no number from 1 to 256"},
        {"a size", "[master]\nmemory = 600M\n", "memory = 600M\n", NULL},
        {"the least memory", "[memory]\nmax = 64M\n", "max = 64M\n", NULL},
        {"a byte less", "[memory]\nmax = 67108863\n", NULL, "'67108863' is no size from 64M"},
        {"memory by itself", "[memory]\nmax = auto\n", "max = auto\n", NULL},
        {"a share of messages", "[storm]\nshare = 12.50%\n", "share = 12.5%\n", NULL},
        {"all messages", "[storm]\nshare = 100%\n", "share = 100%\n", NULL},
        {"no messages", "[storm]\nshare = 0%\n", NULL, "'0%' is no share such as 50%"},
        {"a number is no share", "[storm]\nshare = 50\n", NULL, "'50' is no share"},
        {"what a storm leads to", "[storm]\naction = pause\n", "action = pause\n", NULL},
        {"no headers", "[output]\ncarry_headers =\n", "carry_headers =\n", NULL},
        {"other headers in place of those by default", "[output]\ncarry_headers = a, b\n",
         "carry_headers = a\ncarry_headers = b\nalert_topic", NULL},
        {"as many headers as can be named",
         "[output]\ncarry_headers = "
         "h0,h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16,h17,h18,h19,h20,h21,h22,h23,h24,h25,h26,h27,h28,"
         "h29,h30,h31\n",
         "carry_headers = h31\n", NULL},
        {"one more",
         "[output]\ncarry_headers = "
         "h0,h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16,h17,h18,h19,h20,h21,h22,h23,h24,h25,h26,h27,h28,"
         "h29,h30,h31,h32\n",
         NULL, "there are more than 32"},
        {"a number without a limit", "[master]\nmax_bad_rows = unlimited\n", "max_bad_rows = unlimited\n", NULL},
        {"a choice, case aside", "[output]\ndelivery = At-Least-Once\n", "delivery = at-least-once\n", NULL},
        {"a delimiter by name", "[master]\ndelimiter = tab\n", "delimiter = tab\n", NULL},
        {"a delimiter by its number", "[master]\ndelimiter = \\x01\n", "delimiter = \\x01\n", NULL},
        {"a letter as delimiter", "[master]\ndelimiter = x\n", "delimiter = x\n", NULL},
        {"an encoding", "[master]\nencoding = Latin-1\n", "encoding = latin-1\n", NULL},
        {"a comment that looks like one of this file", "[master]\ncomment = #\n", "comment = #\n", NULL},
        {"lines around the rows", "[master]\ndata_start = START-OF-DATA\ndata_end = END-OF-DATA\n",
         "data_start = START-OF-DATA\ndata_end = END-OF-DATA\n", NULL},
        {"names of columns", "[master]\ncolumns = symbol, isin\n", "columns = symbol, isin\n", NULL},
        {"a column by its header", "[master]\ncolumn.symbol = Tick Er\n", "column.symbol = Tick Er\n", NULL},
        {"a column that is none", "[master]\ncolumn.isin =\n", "column.isin = \n", NULL},
        {"tolerances put in and taken out", "[input]\ntolerate = checksum, -delimiter\n",
         "tolerate = checksum\ntolerate = -delimiter\n", NULL},
        {"kinds of keys", "[master]\nkeys = cusip, ISIN\n", "keys = cusip\nkeys = ISIN\n", NULL},
        {"a rule's severity", "[rules]\nUNKNOWN_SECURITY = critical\n", "UNKNOWN_SECURITY = CRITICAL\n", NULL},
        {"a rule switched off", "[rules]\nSYMBOL_FORMAT_VARIANT = off\n", "SYMBOL_FORMAT_VARIANT = off\n", NULL},
        {"references to other instruments", "[rules]\nreferences = Yes\n", "references = yes\n", NULL},
        {"a rule set's name", "[rules]\nname = desk-7\n", "name = desk-7\n", NULL},
        {"a comparison that is left out", "[rules]\nattribute.cfi = OFF\n", "attribute.cfi = off\n", NULL},
        {"a comparison's severity", "[rules]\nattribute.Put_Call = low\n", "attribute.put_call = LOW\n", NULL},
        {"a code of tag 22", "[identifiers]\nsource.103 = cusip\n", "source.103 = CUSIP\n", NULL},
        {"a code of FIX that means something else", "[identifiers]\nsource.1 = ISIN\n", "source.1 = ISIN\n", NULL},
        {"a code that names no security", "[identifiers]\nsource.ZZ = none\n", "source.ZZ = NONE\n", NULL},
        {"codes are told apart by case", "[identifiers]\nsource.a = RIC\nsource.A = SEDOL\n",
         "source.a = RIC\nsource.A = SEDOL\n", NULL},
        {"the last meaning of a code", "[identifiers]\nsource.b = ISIN\nsource.a = RIC\nsource.b = LEI\n",
         "source.b = LEI\nsource.a = RIC\n", NULL},
        {"the longest code", "[identifiers]\nsource." NAME_16 " = ISIN\n", "source." NAME_16 " = ISIN\n", NULL},
        {"pseudo CUSIPs", "[identifiers]\npseudo_cusips = Options\n", "pseudo_cusips = options\n", NULL},
        {"short CUSIPs", "[identifiers]\nshort_cusips = accept\n", "short_cusips = accept\n", NULL},
        {"the master's convention", "[symbology]\nmaster = cqs\n", "[symbology]\nmaster = CQS\n", NULL},
        {"a session", "[symbology]\nsession.ACME/DESK.7 = cms\n", "session.ACME/DESK.7 = CMS\n", NULL},
        {"any target", "[symbology]\nsession.ACME/* = FIX\n", "session.ACME/* = FIX\n", NULL},
        {"sessions are told apart by case", "[symbology]\nsession.A/b = RIC\nsession.A/B = ACT\n",
         "session.A/b = RIC\nsession.A/B = ACT\n", NULL},
        {"a topic", "[symbology]\ntopic.fix.orders = YAHOO\n", "topic.fix.orders = YAHOO\n", NULL},
        {"a log with blanks, a colon and a hash in its name", "[symbology]\ntopic./a b/c:d#.fix = RIC\n",
         "topic./a b/c:d#.fix = RIC\n", NULL},
        {"an equals sign in a name", "[symbology]\nsession.A\\x3dB/C = RIC\n", "session.A\\x3dB/C = RIC\n", NULL},
        {"a blank at an end, and a backslash", "[symbology]\nsession.\\x20A/\\x5cx41\\ = RIC\n",
         "session.\\x20A/\\x5cx41\\ = RIC\n", NULL},
        {"an escape that was not needed", "[symbology]\nsession.\\x41/B = RIC\n", "session.A/B = RIC\n", NULL},
        {"a market", "[symbology]\nmic.xnys = NASDAQ\n", "mic.XNYS = NASDAQ\n", NULL},
        {"a file of renames", "[symbology]\nrenames = /etc/r.csv\n", "renames = /etc/r.csv\n", NULL},
        {"a file of markets", "[exchanges]\nmics = iso.csv\n", "mics = iso.csv\n", NULL},
        {"another name for a market", "[exchanges]\nalias.New York = xnys\n", "alias.NEW YORK = XNYS\n", NULL},
        {"names of markets, case aside", "[exchanges]\nalias.N = XNYS\nalias.n = XNAS\n",
         "[exchanges]\nmics =\nalias.N = XNAS\n\n", NULL},
        {"the longest name of a market", "[exchanges]\nalias." NAME_64 " = XNYS\n", " = XNYS\n", NULL},
        {"rules of severity, in their order",
         "[severity]\nz = type=D -> LOW\na = kind=SYMBOL_MISMATCH  notional>=USD:1 -> off\nz = type=8 -> HIGH\n",
         "[severity]\nz = type=8 -> HIGH\na = kind=SYMBOL_MISMATCH  notional>=USD:1 -> off\n", NULL},
        {"rules whose names look like comments and sections",
         "[severity]\n\\x23 a = type=D -> LOW\n\\x5ba] = type=D -> LOW\n\\x3b = type=D -> LOW\na # [b] = type=D -> "
         "LOW\n",
         "\\x23 a = type=D -> LOW\n\\x5ba] = type=D -> LOW\n\\x3b = type=D -> LOW\na # [b] = type=D -> LOW\n", NULL},
        {"a property of librdkafka", "[kafka]\nsecurity.protocol = ssl\n", "security.protocol = ssl\n", NULL},
        {"the last value of a property", "[kafka]\nclient.id = a\nclient.id = b\n", "client.id = b\n", NULL},

        {"a misspelled key", "[input]\n\ntopic = x\n", NULL,
         "line 3: [input] topic is not known; did you mean 'topics'?"},
        {"a misspelled section", "[inptu]\ntopics = x\n", NULL,
         "line 1: section [inptu] is not known; did you mean 'input'?"},
        {"a key of another section", "[input]\nmemory = 1G\n", NULL,
         "[input] memory is not known; it belongs to [master]"},
        {"a misspelled kind", "[rules]\nUNKNOWN_SECURTY = low\n", NULL, "did you mean 'UNKNOWN_SECURITY'?"},
        {"references as a number", "[rules]\nreferences = 1\n", NULL, "[rules] references: '1' is neither yes nor no"},
        {"a misspelled comparison", "[rules]\nattribute.curency = off\n", NULL,
         "[rules] attribute.curency: it is no step of the comparison; did you mean 'attribute.currency'?"},
        {"a misspelled start of a comparison", "[rules]\nattribut.cfi = off\n", NULL,
         "[rules] attribut.cfi: it is neither a kind of discrepancy nor attribute.STEP"},
        {"an unknown severity of a comparison", "[rules]\nattribute.cfi = loud\n", NULL,
         "[rules] attribute.cfi: 'loud' is no severity: low, medium, high, critical or off"},
        {"a misspelled kind of identifier", "[identifiers]\nsource.103 = CUSPI\n", NULL,
         "[identifiers] source.103: 'CUSPI' is no kind of identifier, nor UNKNOWN or NONE; did you mean 'CUSIP'?"},
        {"no code", "[identifiers]\nsource. = CUSIP\n", NULL, "[identifiers] source.: a code of tag 22 has 1 to 16"},
        {"a code that is too long", "[identifiers]\nsource." NAME_16 "g = ISIN\n", NULL,
         "a code of tag 22 has 1 to 16"},
        {"a misspelled start of a code", "[identifiers]\nsorce.103 = CUSIP\n", NULL,
         "[identifiers] sorce.103 is not known; did you mean 'source.'?"},
        {"a code without its start", "[identifiers]\n103 = CUSIP\n", NULL, "[identifiers] 103 is not known"},
        {"a misspelled option", "[identifiers]\nshort_cusip = accept\n", NULL, "did you mean 'short_cusips'?"},
        {"no pseudo CUSIPs", "[identifiers]\npseudo_cusips = all\n", NULL, "'all' is none of no, options, yes"},
        {"no short CUSIPs", "[identifiers]\nshort_cusips = yes\n", NULL, "'yes' is none of report, accept"},
        {"an unknown convention of the master", "[symbology]\nmaster = NYSE\n", NULL,
         "[symbology] master: 'NYSE' is none of none, CQS, CMS, NASDAQ, ACT, BLOOMBERG, YAHOO, RIC"},
        {"a convention that only messages have", "[symbology]\nmaster = FIX\n", NULL,
         "[symbology] master: 'FIX' is none of none, CQS"},
        {"an unknown convention of messages", "[symbology]\ntopic.a = NYSE\n", NULL,
         "[symbology] topic.a: 'NYSE' is none of CQS, CMS, NASDAQ, ACT, BLOOMBERG, YAHOO, RIC, FIX"},
        {"no convention of messages", "[symbology]\nsession.A/B = none\n", NULL, "'none' is none of CQS"},
        {"half a session", "[symbology]\nsession.ACME = CQS\n", NULL, "[symbology] session.ACME: 'ACME' is no session"},
        {"every session", "[symbology]\nsession.*/* = CQS\n", NULL, "'*/*' is every session"},
        {"a misspelled session", "[symbology]\nsesion.A/B = CQS\n", NULL,
         "[symbology] sesion.A/B is not known; did you mean 'session.'?"},
        {"no topic", "[symbology]\ntopic. = CQS\n", NULL, "[symbology] topic.: a name of 0 bytes"},
        {"a NUL in a name", "[symbology]\ntopic.a\\x00b = CQS\n", NULL,
         "[symbology] topic.a\\x00b: the name holds a NUL"},
        {"no market", "[symbology]\nmic.NYSE1 = CQS\n", NULL, "[symbology] mic.NYSE1: 'NYSE1' is no MIC"},
        {"an alias of no market", "[exchanges]\nalias.N = New York\n", NULL, "[exchanges] alias.N: "},
        {"an alias without a name", "[exchanges]\nalias. = XNYS\n", NULL, "[exchanges] alias.: "},
        {"an alias that is too long", "[exchanges]\nalias." NAME_64 "g = XNYS\n", NULL, "[exchanges] alias."},
        {"a misspelled alias", "[exchanges]\nalais.N = XNYS\n", NULL, "did you mean 'alias.'?"},
        {"a rule of severity without a level", "[severity]\nlarge = kind=SYMBOL_MISMATCH\n", NULL,
         "line 2: [severity] large: it does not end in ' -> LEVEL'"},
        {"a rule of severity with an unknown kind", "[severity]\nlarge = kind=SYMBOL -> LOW\n", NULL,
         "[severity] large: kind=: 'SYMBOL' is none of UNKNOWN_SECURITY, SYMBOL_MISMATCH"},
        {"a rule of severity with a name that is too long", "[severity]\n" NAME_64 "g = type=D -> LOW\n", NULL,
         "the name of a rule has 1 to 64 bytes, and this has 65"},
        {"an unknown severity", "[rules]\nUNKNOWN_SECURITY = huge\n", NULL, "[rules] UNKNOWN_SECURITY"},
        {"a misspelled role", "[master]\ncolumn.symbl = x\n", NULL, "did you mean 'column.symbol'?"},
        {"no size", "[master]\nmemory = lots\n", NULL, "[master] memory: 'lots' is no size from 16M to 1T"},
        {"a size below the least", "[master]\nmemory = 16777215\n", NULL, "is no size from 16M"},
        {"a number above the most", "[batch]\nmessages = 1000001\n", NULL, "'1000001' is no number from 1 to 1000000"},
        {"a number below the least", "[batch]\nmessages = 0\n", NULL, "'0' is no number from 1"},
        {"no choice", "[input]\nframing = loose\n", NULL, "[input] framing: 'loose' is none of strict, log"},
        {"what is no tolerance", "[input]\ntolerate = checksums\n", NULL, "[input] tolerate: 'checksums' is nothing"},
        {"an empty name", "[input]\ngroup =\n", NULL, "[input] group: it needs 1 to 249 bytes"},
        {"a quote as delimiter", "[master]\ndelimiter = \"\n", NULL, "[master] delimiter"},
        {"two letters as delimiter", "[master]\ndelimiter = xy\n", NULL, "[master] delimiter"},
        {"a character of two bytes as delimiter", "[master]\ndelimiter = \xc2\xa6\n", NULL, "[master] delimiter"},
        {"a line end as delimiter", "[master]\ndelimiter = \\x0a\n", NULL, "other than a quote, a line end and NUL"},
        {"a carriage return as delimiter", "[master]\ndelimiter = \\x0D\n", NULL, "[master] delimiter"},
        {"a NUL as delimiter", "[master]\ndelimiter = \\x00\n", NULL, "[master] delimiter"},
        {"a written quote as delimiter", "[master]\ndelimiter = \\x22\n", NULL, "[master] delimiter"},
        {"half an escape as delimiter", "[master]\ndelimiter = \\x1\n", NULL, "[master] delimiter"},
        {"an escape that is none as delimiter", "[master]\ndelimiter = \\x1g\n", NULL, "[master] delimiter"},
        {"an unknown encoding", "[master]\nencoding = utf-16\n", NULL, "'utf-16' is none of auto, utf-8, latin-1"},
        {"too long a comment", "[master]\ncomment = " NAME_129 "\n", NULL, "it needs 0 to 128 bytes"},
        {"too many lines to skip", "[master]\nskip_lines = 1000001\n", NULL, "is no number from 0 to 1000000"},
        {"a kind that is no key", "[master]\nkeys = ISO_CURRENCY\n", NULL, "'ISO_CURRENCY' is no kind"},
        {"a property that fixwarden owns", "[kafka]\ngroup.id = x\n", NULL, "use [input] group"},
        {"another one", "[kafka]\nenable.auto.commit = true\n", NULL, "[batch] commit_interval"},
        {"a secret in the open", "[kafka]\nsasl.password = x\n", NULL, "sasl.password.file = PATH"},
        {"another secret", "[kafka]\nssl.key.password = x\n", NULL, "ssl.key.password.file = PATH"},
        {"the secret of OIDC", "[kafka]\nsasl.oauthbearer.client.secret = x\n", NULL, "client.secret.file = PATH"},
        {"a keystore's password", "[kafka]\nssl.keystore.password = x\n", NULL, "ssl.keystore.password.file = PATH"},
        {"a key as text", "[kafka]\nssl.key.pem = x\n", NULL, "ssl.key.pem.file = PATH"},
        {"an assertion's key", "[kafka]\nsasl.oauthbearer.assertion.private.key.pem = x\n", NULL,
         "key.pem.file = PATH"},
        {"a token's file is read by those who need it", "[kafka]\nsasl.oauthbearer.token.file = /nonexistent/x\n",
         "sasl.oauthbearer.token.file = /nonexistent/x\n", NULL},
        {"a secret's file that is not there", "[kafka]\nsasl.password.file = /nonexistent/x\n", NULL,
         "[kafka] sasl.password.file: /nonexistent/x: No such file"},
        {"a property in capitals", "[kafka]\nClient.Id = x\n", NULL, "is no name of a librdkafka property"},
        {"a line that is nothing", "[input]\nfoo\n", NULL, "line 2: it is neither key = value"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config config;
        struct error e = {0};

        assert_true(config_init(&config));
        int status = read_text(&config, rows[i].text, strlen(rows[i].text), &e);
        if (rows[i].shown) {
            char *text = shown(&config);

            if (status != 0)
                fail_msg("%s: %s", rows[i].name, e.text);
            assert_contains(text, rows[i].shown, rows[i].name);
            free(text);
        } else {
            if (status == 0)
                fail_msg("%s: it was taken", rows[i].name);
            assert_contains(e.text, rows[i].error, rows[i].name);
            assert_int_equal(e.code, strstr(rows[i].name, "not there") ? ERROR_IO : ERROR_CONFIG);
        }
        config_free(&config);
    }
}

static void a_line_of_many_brokers_is_whole(void **state)
{
    char text[4096] = "[kafka]\nbootstrap.servers = ";
    struct config config;
    struct error e;

    (void)state;
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "broker-%d.example.com:9092,", i);
    assert_true(config_init(&config));
    assert_int_equal(read_text(&config, text, strlen(text), &e), 0);
    assert_string_equal(config_kafka(&config, "bootstrap.servers"), strstr(text, "broker-0"));
    config_free(&config);
}

/* Each limit at N and N + 1. */
static void limits_of_files_and_lists(void **state)
{
    size_t size = CONFIG_FILE_MAX + 1;
    char *text = malloc(size);
    struct config config;
    struct error e;

    (void)state;
    assert_non_null(text);
    memset(text, '#', size);
    assert_true(config_init(&config));
    assert_int_equal(read_text(&config, text, size - 1, &e), 0);
    assert_int_equal(read_text(&config, text, size, &e), -1);
    assert_contains(e.text, "longer than 1048576 bytes", "a long file");
    for (int i = 0; i < SECURITY_CARRIED_MAX; i++)
        assert_int_equal(config_set(&config, "master.carry", "x", &e), 0);
    assert_int_equal(config_set(&config, "master.carry", "x", &e), -1);
    assert_contains(e.text, "[master] carry: there are more than 32", "a long list");
    memset(text, 'x', size);
    text[CONFIG_VALUE_MAX] = '\0';
    assert_int_equal(config_set(&config, "kafka.client.id", text, &e), 0);
    text[CONFIG_VALUE_MAX] = 'x';
    text[CONFIG_VALUE_MAX + 1] = '\0';
    assert_int_equal(config_set(&config, "kafka.client.id", text, &e), -1);
    config_free(&config);
    free(text);
}

/* --- the layers --- */

static void a_flag_beats_the_environment_beats_the_file_beats_the_default(void **state)
{
    char group[] = "FIXWARDEN_INPUT_GROUP=environment", topics[] = "FIXWARDEN_INPUT_TOPICS=e1,e2";
    char *variables[] = {group, topics, NULL};
    const char *file = "[input]\ngroup = file\ntopics = f1\ntopics = f2\n[log]\nlevel = debug\n";
    struct config config;
    struct error e;

    (void)state;
    assert_true(config_init(&config));
    assert_string_equal(config.input.group, "fixwarden");
    assert_int_equal(config.log.level, LOG_LEVEL_INFO);
    assert_int_equal(read_text(&config, file, strlen(file), &e), 0);
    assert_string_equal(config.input.group, "file");
    assert_int_equal(config.log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.input.topics.count, 2);
    assert_int_equal(config_read_environment(&config, variables, &e), 0);
    assert_string_equal(config.input.group, "environment");
    assert_int_equal(config.input.topics.count, 2);
    assert_string_equal(config.input.topics.items[1], "e2");
    assert_int_equal(config_set(&config, "input.group", "flag", &e), 0);
    assert_int_equal(config_set(&config, "input.topics", "t1", &e), 0);
    assert_int_equal(config_set(&config, "input.topics", "t2,t3", &e), 0);
    assert_string_equal(config.input.group, "flag");
    assert_int_equal(config.input.topics.count, 3);
    assert_string_equal(config.input.topics.items[0], "t1");
    config_free(&config);
}

static void variables_of_the_environment(void **state)
{
    static const struct {
        const char *variable;
        const char *shown; /* NULL: refused, and this is part of the sentence: */
        const char *error;
    } rows[] = {
        {"FIXWARDEN_MASTER_SPILL_DIR=/x", "spill_dir = /x\n", NULL},
        {"FIXWARDEN_MASTER_COLUMN_PUT_CALL=Right", "column.put_call = Right\n", NULL},
        {"FIXWARDEN_RULES_UNKNOWN_SECURITY=low", "UNKNOWN_SECURITY = LOW\n", NULL},
        {"FIXWARDEN_KAFKA_BOOTSTRAP_SERVERS=b:1", "bootstrap.servers = b:1\n", NULL},
        {"FIXWARDEN_KAFKA_SSL_KEY_PASSWORD=hunter2", "# ssl.key.password = ********\n", NULL},
        {"FIXWARDEN_KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET=x", "# sasl.oauthbearer.client.secret = ********\n", NULL},
        {"FIXWARDEN_KAFKA_SASL_OAUTHBEARER_TOKEN_FILE=/t", "sasl.oauthbearer.token.file = /t\n", NULL},
        {"FIXWARDEN_KAFKA_SASL_PASSWORD=hunter2", "# sasl.password = ********\n", NULL},
        {"FIXWARDEN_RULES_ATTRIBUTE_PUT_CALL=off", "attribute.put_call = off\n", NULL},
        {"FIXWARDEN_IDENTIFIERS_PSEUDO_CUSIPS=yes", "pseudo_cusips = yes\n", NULL},
        {"FIXWARDEN_IDENTIFIERS_SHORT_CUSIPS=accept", "short_cusips = accept\n", NULL},
        {"FIXWARDEN_SYMBOLOGY_MASTER=cqs", "master = CQS\n", NULL},
        {"FIXWARDEN_SYMBOLOGY_RENAMES=/r.csv", "renames = /r.csv\n", NULL},
        {"FIXWARDEN_EXCHANGES_MICS=/m.csv", "mics = /m.csv\n", NULL},
        {"FIXWARDEN_SERVICE_HOST=10.0.0.1", "group = fixwarden\n", NULL},
        {"FIXWARDEN_PORT_9090_TCP=tcp://10.0.0.1:9090", "group = fixwarden\n", NULL},
        {"OTHER=1", "group = fixwarden\n", NULL},
        {"FIXWARDEN_INPUT_GRUOP=x", NULL, "environment: FIXWARDEN_INPUT_GRUOP: [input] gruop is not known"},
        {"FIXWARDEN_INPTU_GROUP=x", NULL, "did you mean 'input'?"},
        {"FIXWARDEN_KAFKA_GROUP_ID=x", NULL, "use [input] group"},
        {"FIXWARDEN_IDENTIFIERS_SOURCE_103=CUSIP", NULL,
         "[identifiers] source.CODE keeps the case of its name: set it in the file, or by --set"},
        {"FIXWARDEN_SYMBOLOGY_SESSION_A=CQS", NULL, "[symbology] session.SENDER/TARGET keeps"},
        {"FIXWARDEN_SEVERITY_LARGE=type=D -> LOW", NULL, "[severity] NAME keeps the case of its name"},
        {"FIXWARDEN_RULES_ATTRIBUTE_PRICE=off", NULL, "it is no step of the comparison"},
        {"FIXWARDEN_BATCH_MESSAGES=many", NULL, "'many' is no number"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char variable[128];
        char *variables[] = {variable, NULL};
        struct config config;
        struct error e = {0};

        strcpy(variable, rows[i].variable);
        assert_true(config_init(&config));
        int status = config_read_environment(&config, variables, &e);
        if (rows[i].shown) {
            char *text = shown(&config);

            if (status != 0)
                fail_msg("%s: %s", rows[i].variable, e.text);
            assert_contains(text, rows[i].shown, rows[i].variable);
            assert_null(strstr(text, "hunter2"));
            free(text);
        } else {
            assert_int_equal(status, -1);
            assert_contains(e.text, rows[i].error, rows[i].variable);
        }
        config_free(&config);
    }
}

static void a_path_by_flag_may_hold_a_comma(void **state)
{
    struct config config;
    struct error e;

    (void)state;
    assert_true(config_init(&config));
    assert_int_equal(config_set(&config, "master.files", "a,b.csv", &e), 0);
    assert_int_equal(config_set(&config, "master.files", "c.csv", &e), 0);
    assert_int_equal(config.master.files.count, 2);
    assert_string_equal(config.master.files.items[0], "a,b.csv");
    assert_int_equal(config_set(&config, "kafka.sasl.password", "x", &e),
                     -1); /* anybody can see a process's arguments */
    assert_int_equal(config_set(&config, "input", "x", &e), -1);
    assert_int_equal(config_set(&config, ".x", "x", &e), -1);
    config_free(&config);
}

static void a_secret_is_read_without_its_line_end(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *secret; /* NULL: refused */
    } rows[] = {
        {"abc", 3, "abc"},       {"abc\n", 4, "abc"}, {"abc\r\n", 5, "abc"}, {"abc\n\n", 5, "abc\n"},
        {" a b \n", 6, " a b "}, {"\n", 1, NULL},     {"", 0, NULL},         {"a\0b", 3, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[64], *secret = NULL, *text;
        struct config config;
        struct error e;

        write_file(path, rows[i].bytes, rows[i].len);
        assert_int_equal(config_read_secret(path, &secret, &e), rows[i].secret ? 0 : -1);
        if (rows[i].secret) {
            assert_string_equal(secret, rows[i].secret);
            assert_true(config_init(&config));
            assert_int_equal(config_set(&config, "kafka.sasl.password.file", path, &e), 0);
            assert_string_equal(config_kafka(&config, "sasl.password"), rows[i].secret);
            text = shown(&config);
            assert_contains(text, "sasl.password.file = /tmp/", "the file's name is shown");
            free(text);
            config_free(&config);
        }
        free(secret);
        unlink(path);
    }
}

/* --- all together --- */

static void what_run_needs(void **state)
{
    static const struct {
        const char *name, *value; /* set on top of a good configuration */
        const char *error;        /* NULL: it is good */
    } rows[] = {
        {"log.level", "info", NULL},
        {"pending.topic", "a", NULL}, /* without a grace it is of no concern */
        {"pending.grace", "1h", "[pending] grace is set, and topic is not"},
        {"input.topics", "", "[input] topics is not set"},
        {"input.topics", "fixwarden.discrepancies", "is an output topic, too"},
        {"input.topics", "a b", "cannot be the name of a topic"},
        {"input.topics", "^a b", NULL},
        {"output.topic", "fixwarden.dead-letters", "are the same"},
        {"output.topic", "..", "cannot be the name of a topic"},
        {"output.alert_topic", "alerts", NULL},
        {"output.alert_topic", "a", "is an output topic, too"},
        {"output.alert_topic", "fixwarden.dead-letters", "dead_letter_topic and alert_topic are the same"},
        {"output.alert_topic", "fixwarden.discrepancies", "topic and alert_topic are the same"},
        {"output.alert_topic", "a b", "cannot be the name of a topic"},
        {"output.versions_topic", "versions", NULL},
        {"output.versions_topic", "a", "is an output topic, too"},
        {"output.versions_topic", "fixwarden.discrepancies", "topic and versions_topic are the same"},
        {"output.versions_topic", "..", "cannot be the name of a topic"},
        {"master.index", "", "[master] index is not set"},
        {"registry.user", "me", "password_file is not"},
        {"registry.url", "registry:8081", "neither http:// nor https://"},
        {"registry.url", "https://registry:8081", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *file = "[kafka]\nbootstrap.servers = x\n[input]\ntopics = a\n[master]\nindex = i\n";
        struct config config;
        struct error e = {0};

        assert_true(config_init(&config));
        assert_int_equal(config_validate_run(&config, &e), -1); /* without brokers */
        assert_int_equal(read_text(&config, file, strlen(file), &e), 0);
        assert_int_equal(config_validate_run(&config, &e), 0);
        assert_int_equal(config_set(&config, rows[i].name, rows[i].value, &e), 0);
        assert_int_equal(config_validate_run(&config, &e), rows[i].error ? -1 : 0);
        if (rows[i].error)
            assert_contains(e.text, rows[i].error, rows[i].name);
        config_free(&config);
    }
}

static void what_waits_needs_a_topic_of_its_own_and_transactions(void **state)
{
    static const struct {
        const char *topic, *delivery;
        const char *error; /* NULL: it is good */
    } rows[] = {
        {"p", "exactly-once", NULL},
        {"p", "at-least-once", "needs [output] delivery = exactly-once"},
        {"a", "exactly-once", "'a' is read, too"},
        {"a b", "exactly-once", "cannot be the name of a topic"},
        {"fixwarden.discrepancies", "exactly-once", "another one's topic"},
        {"fixwarden.dead-letters", "exactly-once", "another one's topic"},
    };
    const char *file =
        "[kafka]\nbootstrap.servers = x\n[input]\ntopics = a\n[master]\nindex = i\n[pending]\ngrace = 1h\n";

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config config;
        struct error e = {0};

        assert_true(config_init(&config));
        assert_int_equal(read_text(&config, file, strlen(file), &e), 0);
        assert_int_equal(config_set(&config, "pending.topic", rows[i].topic, &e), 0);
        assert_int_equal(config_set(&config, "output.delivery", rows[i].delivery, &e), 0);
        assert_int_equal(config_validate_run(&config, &e), rows[i].error ? -1 : 0);
        if (rows[i].error)
            assert_contains(e.text, rows[i].error, rows[i].error);
        config_free(&config);
    }
}

static void the_builder_gets_what_was_set(void **state)
{
    struct index_build_options options;
    struct config config;
    struct error e;

    (void)state;
    assert_true(config_init(&config));
    config_master_options(&config, &options);
    assert_int_equal(options.memory, 0);
    assert_int_equal(options.threads, 0);
    assert_int_equal(options.max_bad_share, 0);
    assert_int_equal(config_set(&config, "master.max_bad_rows", "0.1%", &e), 0);
    config_master_options(&config, &options);
    assert_int_equal(options.max_bad_share, INDEX_SHARE_WHOLE / 1000);
    assert_int_equal(options.master.delimiter, 0);
    assert_int_equal(options.master.key_kinds, 0);
    assert_null(options.spill_dir);
    assert_null(options.master.role_column[ROLE_ISIN]);
    assert_int_equal(config_set(&config, "master.delimiter", "pipe", &e), 0);
    assert_int_equal(config_set(&config, "master.keys", "isin,CUSIP", &e), 0);
    assert_int_equal(config_set(&config, "master.carry", "name", &e), 0);
    assert_int_equal(config_set(&config, "master.column.isin", "", &e), 0);
    assert_int_equal(config_set(&config, "master.spill_dir", "/s", &e), 0);
    config_master_options(&config, &options);
    assert_int_equal(options.master.delimiter, '|');
    assert_int_equal(options.master.key_kinds, UINT64_C(1) << IDENTIFIER_ISIN | UINT64_C(1) << IDENTIFIER_CUSIP);
    assert_int_equal(options.master.carried_count, 1);
    assert_string_equal(options.master.carried[0], "name");
    assert_string_equal(options.master.role_column[ROLE_ISIN], "");
    assert_string_equal(options.spill_dir, "/s");
    config_free(&config);
}

/* --- the rules of the check --- */

/* A configuration of that file, finished; its id goes to `id`. */
static void id_of(const char *file, const char *flag, const char *value, char id[RULES_ID_MAX])
{
    struct config config;
    struct error e;

    assert_true(config_init(&config));
    if (read_text(&config, file, strlen(file), &e) != 0 || (flag && config_set(&config, flag, value, &e) != 0) ||
        config_finish_rules(&config, &e) != 0)
        fail_msg("%s: %s", file, e.text);
    strcpy(id, config.rules.id);
    config_free(&config);
}

static void what_is_set_comes_into_the_rules(void **state)
{
    const char *file =
        "[identifiers]\nsource.103 = CUSIP\nsource.q = NONE\npseudo_cusips = options\nshort_cusips = accept\n"
        "[symbology]\nmaster = CQS\nsession.A\\x3d/* = FIX\ntopic.t = CMS\nmic.XNYS = ACT\n"
        "[exchanges]\nalias.Big Board = XNYS\n[severity]\nlow = type=D -> LOW\n[rules]\nattribute.cfi = off\n";
    struct severity_subject subject = {.kind = 0, .msg_type = SLICE_LITERAL("D")};
    struct config config;
    const struct rules *rules = &config.rules;
    char mic[EXCHANGE_MIC_LEN];
    struct error e;

    (void)state;
    assert_true(config_init(&config));
    assert_int_equal(read_text(&config, file, strlen(file), &e), 0);
    assert_int_equal(config_finish_rules(&config, &e), 0);
    assert_int_equal(identifier_sources_kind(&rules->sources, slice_of("103")), IDENTIFIER_CUSIP);
    assert_int_equal(identifier_sources_kind(&rules->sources, slice_of("q")), IDENTIFIER_IGNORED);
    assert_int_equal(identifier_sources_kind(&rules->sources, slice_of("4")), IDENTIFIER_ISIN);
    assert_int_equal(rules->pseudo_cusips, PSEUDO_CUSIPS_OPTIONS);
    assert_true(rules->accept_short_cusips);
    assert_int_equal(rules->master_convention, SYMBOLOGY_CQS);
    assert_int_equal(conventions_of_message(rules->conventions, slice_of("A="), slice_of("B"), slice_of("t")),
                     SYMBOLOGY_FIX);
    assert_int_equal(conventions_of_message(rules->conventions, slice_of("A"), slice_of("B"), slice_of("t")),
                     SYMBOLOGY_CMS);
    assert_int_equal(conventions_of_mic(rules->conventions, slice_of("XNYS")), SYMBOLOGY_ACT);
    assert_true(exchange_resolve(rules->exchanges, slice_of("BIG board"), mic));
    assert_memory_equal(mic, "XNYS", EXCHANGE_MIC_LEN);
    assert_int_equal(severity_rules_find(rules->severities, &subject), SEVERITY_LOW);
    assert_false(rules->compared[MATCH_CFI]);
    config_free(&config);
}

static void conventions_of_messages_need_one_of_the_master(void **state)
{
    static const struct {
        const char *file;
        const char *error; /* NULL: it is good */
    } rows[] = {
        {"", NULL},
        {"[symbology]\nmaster = RIC\n", NULL},
        {"[symbology]\nmaster = RIC\nsession.A/B = FIX\ntopic.t = FIX\nmic.XNYS = FIX\n", NULL},
        {"[symbology]\nsession.A/B = CQS\n", "[symbology] session.SENDER/TARGET is set, and master is not"},
        {"[symbology]\ntopic.t = CQS\nmaster = none\n", "[symbology] topic.TOPIC is set, and master is not"},
        {"[symbology]\nmic.XNYS = CQS\n", "[symbology] mic.MIC is set, and master is not"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config config;
        struct error e = {0};

        assert_true(config_init(&config));
        assert_int_equal(read_text(&config, rows[i].file, strlen(rows[i].file), &e), 0);
        assert_int_equal(config_finish_rules(&config, &e), rows[i].error ? -1 : 0);
        if (rows[i].error) {
            assert_contains(e.text, rows[i].error, rows[i].file);
            assert_contains(e.text, "master = CQS", rows[i].file);
            assert_int_equal(e.code, ERROR_CONFIG);
        }
        config_free(&config);
    }
}

static void the_id_follows_what_is_set_and_not_where(void **state)
{
    static const char *const same[][2] = {
        {"[identifiers]\nsource.1 = RIC\nsource.2 = LEI\n", "[identifiers]\nsource.2 = lei\nsource.1 = ric\n"},
        {"[identifiers]\nsource.1 = RIC\n", "[identifiers]\nsource.1 = ISIN\nsource.1 = RIC\n"},
        {"[exchanges]\nalias.a = XNYS\n[rules]\nattribute.cfi = low\n",
         "[rules]\nattribute.CFI = LOW\n[exchanges]\nalias.A = xnys\n"},
        {"[severity]\na = type=D,8 role=LEG -> LOW\n", "[severity]\nb = role=leg  type=8,D -> low\n"},
        {"[severity]\na = notional>=USD:1,EUR:2 -> LOW\n", "[severity]\na = notional>=EUR:2.0,USD:01 -> LOW\n"},
        {"[symbology]\nmaster = CQS\ntopic.a = FIX\nmic.XNYS = ACT\n",
         "[symbology]\nmic.xnys = act\ntopic.\\x61 = fix\nmaster = cqs\n"},
        {"", "[symbology]\nmaster = none\n[identifiers]\npseudo_cusips = no\n[rules]\nUNKNOWN_SECURITY = high\n"},
    };
    static const char *const different[] = {
        "",
        "[identifiers]\nsource.1 = RIC\n",
        "[identifiers]\nsource.1 = ISIN\n",
        "[identifiers]\nsource.2 = RIC\n",
        "[identifiers]\npseudo_cusips = yes\n",
        "[identifiers]\nshort_cusips = accept\n",
        "[symbology]\nmaster = CQS\n",
        "[symbology]\nmaster = CQS\ntopic.A = FIX\n",
        "[symbology]\nmaster = CQS\ntopic.a = FIX\n",
        "[symbology]\nmaster = CQS\nsession.a/b = FIX\n",
        "[symbology]\nmaster = CQS\nmic.XNYS = FIX\n",
        "[exchanges]\nalias.A = XNYS\n",
        "[exchanges]\nalias.A = XNAS\n",
        "[severity]\na = type=D -> LOW\n",
        "[severity]\na = type=D -> HIGH\n",
        "[severity]\na = type=8 -> LOW\n",
        "[severity]\na = sender=D -> LOW\n",
        "[severity]\na = type=D,8 -> LOW\n",
        "[severity]\na = type=D role=LEG -> LOW\n",
        "[severity]\na = type=D role=BODY -> LOW\n",
        "[severity]\na = notional>=USD:1 -> LOW\n",
        "[severity]\na = notional>=USD:2 -> LOW\n",
        "[severity]\na = notional>=GBP:1 -> LOW\n",
        "[severity]\na = notional>=GBX:1 -> LOW\n",
        "[severity]\na = type=D -> LOW\nb = type=8 -> HIGH\n",
        "[severity]\nb = type=8 -> HIGH\na = type=D -> LOW\n",
        "[rules]\nattribute.cfi = off\n",
        "[rules]\nattribute.cfi = LOW\n",
        "[rules]\nreferences = yes\n",
    };
    char ids[COUNT(different)][RULES_ID_MAX], id[RULES_ID_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        id_of(same[i][0], NULL, NULL, ids[0]);
        id_of(same[i][1], NULL, NULL, id);
        if (strcmp(ids[0], id) != 0)
            fail_msg("%s: %s, but %s: %s", same[i][0], ids[0], same[i][1], id);
    }
    for (size_t i = 0; i < COUNT(different); i++) {
        id_of(different[i], NULL, NULL, ids[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(ids[i], ids[j]) == 0)
                fail_msg("%s and %s: %s", different[i], different[j], ids[i]);
    }
    id_of("[severity]\na = type=8 -> LOW\n", "severity.a", "type=D -> LOW", id); /* a flag's is as good as a file's */
    id_of("[severity]\na = type=D -> LOW\n", NULL, NULL, ids[0]);
    assert_string_equal(id, ids[0]);
}

/* Finishes a configuration in which the option names a file of these bytes. */
static int finish_with_file(struct config *config, const char *option, const char *bytes, struct error *e)
{
    char path[64];
    int status;

    write_file(path, bytes, strlen(bytes));
    assert_true(config_init(config));
    assert_int_equal(config_set(config, option, path, e), 0);
    status = config_finish_rules(config, e);
    unlink(path);
    return status;
}

#define ISO_HEADER                                                                                                     \
    "\"MIC\",\"OPERATING MIC\",\"OPRT/SGMT\",\"MARKET NAME-INSTITUTION DESCRIPTION\",\"LEGAL ENTITY NAME\",\"LEI\"\n"

static void files_of_renames_and_markets_are_taken_whole_or_refused(void **state)
{
    static const struct {
        const char *name, *option, *bytes;
        const char *error; /* NULL: it is good */
    } rows[] = {
        {"renames", "symbology.renames", "old,new,date\nFB,META,2022-06-09\nTWTR,X,20230724\n", NULL},
        {"another dialect, order and case, further columns", "symbology.renames",
         "\xef\xbb\xbfWhy;DATE;New;\"Old\"\r\n\"a; \"\"b\"\"\";20220609;META;FB\r\n", NULL},
        {"no rows", "symbology.renames", "old,new,date\n", NULL},
        {"an empty file", "symbology.renames", "", "is empty"},
        {"a column that is missing", "symbology.renames", "old,new\nFB,META\n", "its header has no column date"},
        {"a column that comes twice", "symbology.renames", "old,new,date,Old\nFB,META,20220609,X\n",
         "columns 1 and 4 are both named old"},
        {"a row that is too short", "symbology.renames", "old,new,date\nA,B,20220609\nFB,META\n",
         ": line 3: the row has fewer fields than the header"},
        {"a quote that never closes", "symbology.renames", "old,new,date\nFB,\"META,2022-06-09\n", ": line 2: "},
        {"no symbol", "symbology.renames", "old,new,date\nFB, ,2022-06-09\n", ": line 2: a symbol is missing"},
        {"the same symbol", "symbology.renames", "old,new,date\nFB,FB ,2022-06-09\n", ": line 2: 'FB' is renamed to"},
        {"no date", "symbology.renames", "old,new,date\nFB,META,\n", ": line 2: '' is no date: YYYY-MM-DD or YYYYMMDD"},
        {"a day that is none", "symbology.renames", "old,new,date\nFB,META,2022-02-30\n", "'2022-02-30' is no date"},
        {"a month", "symbology.renames", "old,new,date\nFB,META,2022-06\n", "'2022-06' is no date"},
        {"slashes", "symbology.renames", "old,new,date\nFB,META,2022/06/09\n", "'2022/06/09' is no date"},
        {"a time", "symbology.renames", "old,new,date\nFB,META,2022-06-09T00\n", "'2022-06-09T00' is no date"},
        {"a day of another order", "symbology.renames", "old,new,date\nFB,META,09-06-2022\n", "is no date"},
        {"markets", "exchanges.mics", ISO_HEADER "XABC,XXYZ,SGMT,\"A, B\",,\nXXYZ,XXYZ,OPRT,B,,\n", NULL},
        {"markets without rows", "exchanges.mics", ISO_HEADER, ": it has no rows"},
        {"markets without their operators", "exchanges.mics", "MIC\nXABC\n", "its header has no column OPERATING MIC"},
        {"no market", "exchanges.mics", ISO_HEADER "XABC,XXYZ,SGMT,A,,\nXABCD,XXYZ,SGMT,A,,\n", ": line 3: "},
        {"no operator", "exchanges.mics", ISO_HEADER "XABC,,SGMT,A,,\n", ": line 2: "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config config;
        struct error e = {0};
        char prefix[64];
        int status = finish_with_file(&config, rows[i].option, rows[i].bytes, &e);

        if (status != (rows[i].error ? -1 : 0))
            fail_msg("%s: %s", rows[i].name, status == 0 ? "it was taken" : e.text);
        if (rows[i].error) {
            snprintf(prefix, sizeof prefix, "[%.*s] %s: /tmp/", (int)strcspn(rows[i].option, "."), rows[i].option,
                     strchr(rows[i].option, '.') + 1);
            assert_contains(e.text, prefix, rows[i].name);
            assert_contains(e.text, rows[i].error, rows[i].name);
            assert_int_equal(e.code, ERROR_CONFIG);
        }
        config_free(&config);
    }
}

static void a_file_that_is_not_there_is_named(void **state)
{
    static const char *const options[] = {"symbology.renames", "exchanges.mics"};

    (void)state;
    for (size_t i = 0; i < COUNT(options); i++) {
        struct config config;
        struct error e;

        assert_true(config_init(&config));
        assert_int_equal(config_set(&config, options[i], "/nonexistent/x", &e), 0);
        assert_int_equal(config_finish_rules(&config, &e), -1);
        assert_int_equal(e.code, ERROR_IO);
        assert_contains(e.text, i == 0 ? "[symbology] renames: /nonexistent/x" : "[exchanges] mics: /nonexistent/x",
                        options[i]);
        config_free(&config);
    }
}

static void what_files_say_is_looked_up_and_is_part_of_the_id(void **state)
{
    const char *const renames[] = {"old,new,date\nFB,META,2022-06-09\n", "old,new,date\nFB,META,2022-06-10\n"};
    const char *const markets[] = {ISO_HEADER "XABC,XXYZ,SGMT,A,,\n", ISO_HEADER "XABC,XABC,OPRT,A,,\n"};
    char ids[5][RULES_ID_MAX];
    struct config config;
    struct slice other;
    struct error e;

    (void)state;
    id_of("", NULL, NULL, ids[4]);
    for (size_t i = 0; i < 2; i++) {
        size_t next = 0;

        assert_int_equal(finish_with_file(&config, "symbology.renames", renames[i], &e), 0);
        assert_true(renames_next(config.rules.renames, RENAME_STALE, slice_of("FB"), (struct date){2022, 6, 10}, &next,
                                 &other));
        assert_true(slice_equal_text(other, "META"));
        next = 0;
        assert_int_equal(
            renames_next(config.rules.renames, RENAME_BEFORE, slice_of("FB"), (struct date){2022, 6, 9}, &next, &other),
            i == 1);
        strcpy(ids[i], config.rules.id);
        config_free(&config);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(finish_with_file(&config, "exchanges.mics", markets[i], &e), 0);
        assert_int_equal(exchange_operates(config.rules.exchanges, "XXYZ", "XABC"), i == 0);
        assert_false(exchange_operates(config.rules.exchanges, "XNAS", "XNGS")); /* of the list built in */
        strcpy(ids[2 + i], config.rules.id);
        config_free(&config);
    }
    for (size_t i = 0; i < COUNT(ids); i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
}

/* --- what is printed of the table --- */

static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    print(out);
    fclose(out);
    return text;
}

static void tolerances_start_from_the_profile(void **state)
{
    struct config config;
    struct error e;

    (void)state;
    assert_true(config_init(&config));
    assert_int_equal(config_tolerated(&config, FIX_STRICT), FIX_STRICT);
    assert_int_equal(config_set(&config, "input.tolerate", "checksum,-delimiter", &e), 0);
    assert_int_equal(config_tolerated(&config, FIX_STRICT), FIX_TOLERATE_CHECKSUM);
    assert_int_equal(config_tolerated(&config, FIX_LOG), FIX_LOG & ~(unsigned)FIX_TOLERATE_DELIMITER);
    config_free(&config);
}

static void the_option_names_every_tolerance(void **state)
{
    const struct config_option *option = config_options;

    (void)state;
    while (option->section != NULL && strcmp(option->key, "tolerate") != 0)
        option++;
    assert_non_null(option->section);
    for (unsigned i = 0; i < FIX_TOLERANCE_COUNT; i++)
        assert_contains(option->sentence, fix_tolerance_name((enum fix_tolerance_number)i), "tolerate");
}

static void every_option_stands_in_the_sample_and_in_the_table(void **state)
{
    char *sample = printed(config_print_sample), *table = printed(config_print_options), name[128];

    (void)state;
    for (const struct config_option *option = config_options; option->section; option++) {
        snprintf(name, sizeof name, "%s =", option->key);
        assert_contains(sample, name, "the sample");
        snprintf(name, sizeof name, "| %s | `%s` |", option->section, option->key);
        assert_contains(table, name, "the table");
    }
    for (int i = 0; i < MATCH_STEP_COUNT; i++) {
        snprintf(name, sizeof name, CONFIG_STEP_PREFIX "%s", match_step_name((enum match_step)i));
        assert_contains(sample, name, "the sample");
        assert_contains(table, name, "the table");
    }
    for (int i = 0; i < CONFIG_NAMED_TYPE_COUNT; i++) {
        snprintf(name, sizeof name, "# %s%s = ", config_named[i].prefix, config_named[i].name);
        assert_contains(sample, name, "the sample");
        snprintf(name, sizeof name, "| `%s%s` |", config_named[i].prefix, config_named[i].name);
        assert_contains(table, name, "the table");
    }
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++) {
        assert_contains(sample, discrepancy_kind_name((enum discrepancy_kind)i), "the sample");
        assert_contains(table, discrepancy_kind_name((enum discrepancy_kind)i), "the table");
    }
    free(sample);
    free(table);
}

static void the_sample_in_config_is_what_is_printed(void **state)
{
    char *sample = printed(config_print_sample);
    FILE *file = fopen(FIXWARDEN_SOURCE_DIR "/config/fixwarden.ini", "r");
    size_t len = strlen(sample);
    char *there = calloc(1, len + 2);

    (void)state;
    assert_non_null(file);
    assert_non_null(there);
    assert_int_equal(fread(there, 1, len + 1, file), len); /* else: fixwarden config sample > config/fixwarden.ini */
    assert_string_equal(there, sample);
    fclose(file);
    free(there);
    free(sample);
}

/* A line that shows how a key ends in a name of the user's. */
static bool is_named(const char *line)
{
    char start[128];

    for (int i = 0; i < CONFIG_NAMED_TYPE_COUNT; i++) {
        snprintf(start, sizeof start, "# %s%s = %s", config_named[i].prefix, config_named[i].name,
                 config_named[i].value);
        if (strcmp(line, start) == 0)
            return true;
    }
    return false;
}

/* With the comments taken off, the sample sets every option to its default, or to its example. */
static void the_sample_shows_the_defaults(void **state)
{
    char *sample = printed(config_print_sample), *defaults, *text, *line, *rest = sample,
         *bare = calloc(1, strlen(sample) + 1);
    struct config config;
    struct error e;

    (void)state;
    assert_non_null(bare);
    while ((line = strsep(&rest, "\n"))) {
        bool is_option = line[0] == '#' && strstr(line, " =") && !strstr(line, "`") && !strstr(line, ".file = ") &&
                         !strstr(line, "= HEADER") && !strstr(line, "= LEVEL") && !is_named(line) &&
                         !strstr(line, "sasl") && !strstr(line, "SASL");

        sprintf(bare + strlen(bare), "%s\n", is_option ? line + 2 : line);
    }
    assert_true(config_init(&config));
    for (const struct config_option *option = config_options; option->section; option++) {
        char name[CONFIG_NAME_MAX];

        snprintf(name, sizeof name, "%s.%s", option->section, option->key);
        if (option->example[0])
            assert_int_equal(config_set(&config, name, option->example, &e), 0);
    }
    assert_int_equal(config_set(&config, "kafka.bootstrap.servers", "localhost:9092", &e), 0);
    defaults = shown(&config);
    config_free(&config);
    assert_true(config_init(&config));
    if (read_text(&config, bare, strlen(bare), &e) != 0)
        fail_msg("%s", e.text);
    text = shown(&config);
    assert_string_equal(text, defaults);
    assert_int_equal(config_validate_run(&config, &e), 0);
    config_free(&config);
    free(text);
    free(defaults);
    free(bare);
    free(sample);
}

static void what_is_shown_reads_as_the_same(void **state)
{
    const char *file =
        "[input]\ntopics = a, b\nstart = latest\n[master]\nmax_bad_rows = unlimited\ncolumn.cfi =\nmemory = 1G\n"
        "[rules]\nname = n\nMISSING_IDENTIFIER = off\nattribute.cfi = off\nattribute.type = LOW\n"
        "[identifiers]\nsource.b = RIC\nsource.a = LEI\npseudo_cusips = yes\nshort_cusips = accept\n"
        "[symbology]\nmaster = CQS\nsession.A\\x3d\\x20/\\x5cx20 = FIX\ntopic.b c = CMS\nmic.XNYS = ACT\n"
        "[exchanges]\nalias.a\\x01b = XNYS\n[severity]\nz = type=D -> LOW\na = role=LEG -> off\n[kafka]\nclient.id = "
        "me\n[batch]\ncommit_interval = 2s\n";
    struct config one, two;
    char *first, *second;
    struct error e;

    (void)state;
    assert_true(config_init(&one));
    assert_true(config_init(&two));
    assert_int_equal(read_text(&one, file, strlen(file), &e), 0);
    first = shown(&one);
    assert_int_equal(read_text(&two, first, strlen(first), &e), 0);
    second = shown(&two);
    assert_string_equal(first, second);
    assert_int_equal(config_finish_rules(&one, &e), 0);
    assert_int_equal(config_finish_rules(&two, &e), 0);
    assert_string_equal(one.rules.id, two.rules.id);
    config_free(&one);
    config_free(&two);
    free(first);
    free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_and_written_in_their_units),
        cmocka_unit_test(names_are_near_by_letters_left_out_put_in_replaced_or_swapped),
        cmocka_unit_test(lines_of_an_ini_file),
        cmocka_unit_test(what_a_file_sets_is_used_or_refused),
        cmocka_unit_test(a_line_of_many_brokers_is_whole),
        cmocka_unit_test(limits_of_files_and_lists),
        cmocka_unit_test(a_flag_beats_the_environment_beats_the_file_beats_the_default),
        cmocka_unit_test(variables_of_the_environment),
        cmocka_unit_test(a_path_by_flag_may_hold_a_comma),
        cmocka_unit_test(a_secret_is_read_without_its_line_end),
        cmocka_unit_test(what_run_needs),
        cmocka_unit_test(what_waits_needs_a_topic_of_its_own_and_transactions),
        cmocka_unit_test(the_builder_gets_what_was_set),
        cmocka_unit_test(what_is_set_comes_into_the_rules),
        cmocka_unit_test(conventions_of_messages_need_one_of_the_master),
        cmocka_unit_test(the_id_follows_what_is_set_and_not_where),
        cmocka_unit_test(files_of_renames_and_markets_are_taken_whole_or_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(what_files_say_is_looked_up_and_is_part_of_the_id),
        cmocka_unit_test(tolerances_start_from_the_profile),
        cmocka_unit_test(the_option_names_every_tolerance),
        cmocka_unit_test(every_option_stands_in_the_sample_and_in_the_table),
        cmocka_unit_test(the_sample_in_config_is_what_is_printed),
        cmocka_unit_test(the_sample_shows_the_defaults),
        cmocka_unit_test(what_is_shown_reads_as_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
