#include "support.h"

#include "core/symbology.h"

#define COLUMNS (SYMBOLOGY_RIC - SYMBOLOGY_NONE)
#define MARK_MAX 8
#define ROWS 27
#define SPELLING_MAX 32

struct row {
    const char *name;
    enum symbology_convention from;
    const char *symbol;
    const char *suffix;
    enum symbology_convention to;
    const char *spelled; /* NULL: not understood; "": it cannot be spelled */
};

static const struct row rows[] = {
    {"class B, for CQS", SYMBOLOGY_NASDAQ, "BRK.B", "", SYMBOLOGY_CQS, "BRK/B"},
    {"class B of RIC, for CMS", SYMBOLOGY_RIC, "BRKb.N", "", SYMBOLOGY_CMS, "BRK B"},
    {"class B, of tag 65", SYMBOLOGY_FIX, "BRK", "B", SYMBOLOGY_YAHOO, "BRK-B"},
    {"preferred A of Nasdaq, for CQS", SYMBOLOGY_NASDAQ, "ABC-A", "", SYMBOLOGY_CQS, "ABCpA"},
    {"what Nasdaq calls preferred A is class A for Yahoo", SYMBOLOGY_YAHOO, "ABC-A", "", SYMBOLOGY_CQS, "ABC/A"},
    {"the dollar is preferred in ACT", SYMBOLOGY_ACT, "ABC$", "", SYMBOLOGY_NASDAQ, "ABC-"},
    {"the dollar is when distributed for Nasdaq", SYMBOLOGY_NASDAQ, "ABC$", "", SYMBOLOGY_ACT, "ABC.Z"},
    {"nothing is read where no convention applies", SYMBOLOGY_NONE, "VOD.L", "", SYMBOLOGY_CQS, NULL},
    {"nor a suffix", SYMBOLOGY_NONE, "BRK", "B", SYMBOLOGY_CQS, NULL},
    {"a plain symbol is not touched", SYMBOLOGY_CQS, "IBM", "", SYMBOLOGY_NASDAQ, NULL},
    {"a plain symbol of FIX, whatever it holds, is not touched", SYMBOLOGY_FIX, "VOD.L", "", SYMBOLOGY_NASDAQ, NULL},
    {"a mark of another convention is not understood", SYMBOLOGY_CQS, "BRK.B", "", SYMBOLOGY_NASDAQ, NULL},
    {"two marks are not one", SYMBOLOGY_CQS, "BRK/A/B", "", SYMBOLOGY_NASDAQ, NULL},
    {"a class has one letter", SYMBOLOGY_NASDAQ, "BRK.AB", "", SYMBOLOGY_CQS, NULL},
    {"a class is a capital", SYMBOLOGY_NASDAQ, "BRK.b", "", SYMBOLOGY_CQS, NULL},
    {"a class is a small letter in RIC alone", SYMBOLOGY_RIC, "BRKb", "", SYMBOLOGY_NASDAQ, "BRK.B"},
    {"a class X", SYMBOLOGY_NASDAQ, "BRK.X", "", SYMBOLOGY_RIC, ""},
    {"class X for CQS", SYMBOLOGY_RIC, "BRKx.N", "", SYMBOLOGY_CQS, "BRK/X"},
    {"a class is no digit", SYMBOLOGY_CQS, "BRK/1", "", SYMBOLOGY_NASDAQ, NULL},
    {"a root may start with a digit", SYMBOLOGY_YAHOO, "0A05.L", "", SYMBOLOGY_CQS, "0A05"},
    {"a root in small letters is none", SYMBOLOGY_CQS, "brk/B", "", SYMBOLOGY_NASDAQ, NULL},
    {"a continued future of RIC is no share", SYMBOLOGY_RIC, "CLc1", "", SYMBOLOGY_NASDAQ, NULL},
    {"an index of RIC has no root", SYMBOLOGY_RIC, ".DJI", "", SYMBOLOGY_NASDAQ, NULL},

    {".W in ACT is warrants", SYMBOLOGY_ACT, "ABC.W", "", SYMBOLOGY_NASDAQ, "ABC+"},
    {"class W has no spelling in ACT", SYMBOLOGY_NASDAQ, "ABC.W", "", SYMBOLOGY_ACT, ""},
    {".D in ACT is preferred when distributed", SYMBOLOGY_ACT, "ABC.D", "", SYMBOLOGY_CQS, "ABCp/WD"},
    {"/U in CQS is units", SYMBOLOGY_CQS, "ABC/U", "", SYMBOLOGY_NASDAQ, "ABC="},
    {"class U has no spelling in CQS", SYMBOLOGY_NASDAQ, "ABC.U", "", SYMBOLOGY_CQS, ""},
    {"class U has no spelling in CMS", SYMBOLOGY_NASDAQ, "ABC.U", "", SYMBOLOGY_CMS, ""},
    {"class U has one in NASDAQ, and stays what it is", SYMBOLOGY_NASDAQ, "ABC.U", "", SYMBOLOGY_NASDAQ, "ABC.U"},
    {"class U called is not units", SYMBOLOGY_CQS, "ABC/U/CL", "", SYMBOLOGY_CMS, "ABC UCL"},
    {"the suffix U is units", SYMBOLOGY_FIX, "ABC", "U", SYMBOLOGY_YAHOO, "ABC-UN"},
    {"-P of YAHOO is class P", SYMBOLOGY_YAHOO, "ABC-P", "", SYMBOLOGY_CQS, "ABC/P"},
    {"YAHOO has no plain preferred", SYMBOLOGY_CQS, "ABCp", "", SYMBOLOGY_YAHOO, ""},
    {"warrants have no spelling in BLOOMBERG", SYMBOLOGY_CQS, "ABC/WS", "", SYMBOLOGY_BLOOMBERG, ""},

    {"a suffix is read as in CMS under any convention", SYMBOLOGY_ACT, "ABC", "PRA", SYMBOLOGY_CQS, "ABCpA"},
    {"a suffix of another convention is not", SYMBOLOGY_CQS, "ABC", "pA", SYMBOLOGY_NASDAQ, NULL},
    {"a suffix has no blank", SYMBOLOGY_FIX, "ABC", " PRA", SYMBOLOGY_CQS, NULL},
    {"a suffix that is no mark", SYMBOLOGY_FIX, "ABC", "XYZ", SYMBOLOGY_CQS, NULL},
    {"with a suffix the root may hold anything", SYMBOLOGY_CQS, "A.b", "WS", SYMBOLOGY_CQS, "A.b/WS"},
    {"a code of an exchange is part of such a root", SYMBOLOGY_YAHOO, "ABC.L", "B", SYMBOLOGY_CQS, "ABC.L/B"},
    {"a suffix alone", SYMBOLOGY_FIX, "", "B", SYMBOLOGY_CQS, NULL},
    {"a suffix beside RIC is spelled in RIC", SYMBOLOGY_RIC, "BRK", "B", SYMBOLOGY_RIC, "BRKb"},
    {"a suffix beside YAHOO has no code for RIC", SYMBOLOGY_YAHOO, "BRK", "B", SYMBOLOGY_RIC, ""},

    {"a code of an exchange is understood, and left out", SYMBOLOGY_YAHOO, "VOD.L", "", SYMBOLOGY_NASDAQ, "VOD"},
    {"a code is kept from YAHOO to RIC", SYMBOLOGY_YAHOO, "RDS-B.L", "", SYMBOLOGY_RIC, "RDSb.L"},
    {"a code is kept from RIC to YAHOO", SYMBOLOGY_RIC, "RDSb.L", "", SYMBOLOGY_YAHOO, "RDS-B.L"},
    {"New York has none in YAHOO", SYMBOLOGY_RIC, "IBM.N", "", SYMBOLOGY_YAHOO, "IBM"},
    {"nor has Nasdaq", SYMBOLOGY_RIC, "AAPL.OQ", "", SYMBOLOGY_YAHOO, "AAPL"},
    {"nor has O", SYMBOLOGY_RIC, "AAPL.O", "", SYMBOLOGY_YAHOO, "AAPL"},
    {"nor has K", SYMBOLOGY_RIC, "ABC.K", "", SYMBOLOGY_YAHOO, "ABC"},
    {"nor has A", SYMBOLOGY_RIC, "ABC.A", "", SYMBOLOGY_YAHOO, "ABC"},
    {"nor has P", SYMBOLOGY_RIC, "ABC.P", "", SYMBOLOGY_YAHOO, "ABC"},
    {"nor has PK", SYMBOLOGY_RIC, "ABC.PK", "", SYMBOLOGY_YAHOO, "ABC"},
    {"nor has OB", SYMBOLOGY_RIC, "ABC.OB", "", SYMBOLOGY_YAHOO, "ABC"},
    {"small letters are another code", SYMBOLOGY_RIC, "ABC.n", "", SYMBOLOGY_YAHOO, "ABC.n"},
    {"from YAHOO to RIC all codes are kept", SYMBOLOGY_YAHOO, "IBM.N", "", SYMBOLOGY_RIC, "IBM.N"},
    {"without a code there is no RIC", SYMBOLOGY_YAHOO, "BRK-B", "", SYMBOLOGY_RIC, ""},
    {"nor is there from elsewhere", SYMBOLOGY_BLOOMBERG, "BRK/B LN", "", SYMBOLOGY_RIC, ""},
    {"a code of four", SYMBOLOGY_YAHOO, "ABC.XETR", "", SYMBOLOGY_CQS, "ABC"},
    {"a code of five is none", SYMBOLOGY_YAHOO, "ABC.XETRA", "", SYMBOLOGY_CQS, NULL},
    {"a code of nothing is none", SYMBOLOGY_YAHOO, "ABC.", "", SYMBOLOGY_CQS, NULL},
    {"a code has digits and small letters", SYMBOLOGY_RIC, "ABC.Pd1", "", SYMBOLOGY_CQS, "ABC"},
    {"a code has nothing else", SYMBOLOGY_RIC, "ABC.P-1", "", SYMBOLOGY_CQS, NULL},
    {"two codes are none", SYMBOLOGY_YAHOO, "ABC.L.L", "", SYMBOLOGY_CQS, NULL},
    {"behind a code there is no mark", SYMBOLOGY_YAHOO, "ABC.L-B", "", SYMBOLOGY_CQS, NULL},
    {"BLOOMBERG's tail is left out", SYMBOLOGY_BLOOMBERG, "BRK/B US Equity", "", SYMBOLOGY_CQS, "BRK/B"},
    {"a tail alone is enough", SYMBOLOGY_BLOOMBERG, "VOD LN", "", SYMBOLOGY_CQS, "VOD"},
    {"a tail may hold anything", SYMBOLOGY_BLOOMBERG, "VOD l.\xff ", "", SYMBOLOGY_CQS, "VOD"},
    {"in BLOOMBERG itself the tail stays", SYMBOLOGY_BLOOMBERG, "BRK/B US", "", SYMBOLOGY_BLOOMBERG, "BRK/B US"},
    {"in RIC itself the code stays", SYMBOLOGY_RIC, "IBM.N", "", SYMBOLOGY_RIC, "IBM.N"},
    {"in YAHOO itself the code stays", SYMBOLOGY_YAHOO, "VOD.L", "", SYMBOLOGY_YAHOO, "VOD.L"},

    {"nothing", SYMBOLOGY_CQS, "", "", SYMBOLOGY_NASDAQ, NULL},
    {"nothing of FIX", SYMBOLOGY_FIX, "", "", SYMBOLOGY_NASDAQ, NULL},
    {"only a mark", SYMBOLOGY_CQS, "/B", "", SYMBOLOGY_NASDAQ, NULL},
    {"only a code", SYMBOLOGY_YAHOO, ".L", "", SYMBOLOGY_NASDAQ, NULL},
    {"only a tail", SYMBOLOGY_BLOOMBERG, " US", "", SYMBOLOGY_CQS, NULL},
    {"no ASCII in the root", SYMBOLOGY_CQS, "\xc3\x84/B", "", SYMBOLOGY_NASDAQ, NULL},
    {"no ASCII in the mark", SYMBOLOGY_CQS, "BRK/\xc3", "", SYMBOLOGY_NASDAQ, NULL},
    {"no ASCII in the code", SYMBOLOGY_YAHOO, "BRK.\xc3\xa4", "", SYMBOLOGY_NASDAQ, NULL},
    {"a root of FIX may hold anything", SYMBOLOGY_FIX, "\xc3\x84", "B", SYMBOLOGY_CQS, "\xc3\x84/B"},
    {"a longer word that a mark starts", SYMBOLOGY_CQS, "ABC/TESTING", "", SYMBOLOGY_NASDAQ, NULL},
    {"a shorter one", SYMBOLOGY_CQS, "ABC/TES", "", SYMBOLOGY_NASDAQ, NULL},
};

/* What a translation comes to: NULL, "" or the spelling, as in the rows. */
static const char *translated(enum symbology_convention from, const char *symbol, const char *suffix,
                              enum symbology_convention to, char out[IDENTIFIER_MAX + 1])
{
    size_t len = 0;

    switch (symbology_translate(from, slice_of(symbol), slice_of(suffix), to, out, &len)) {
    case SYMBOLOGY_NOT_UNDERSTOOD:
        return NULL;
    case SYMBOLOGY_UNSPELLABLE:
        return "";
    case SYMBOLOGY_SPELLED:
        out[len] = '\0';
    }
    return out;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void symbols_are_translated_by_the_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        char out[IDENTIFIER_MAX + 1];
        const char *spelled = translated(row->from, row->symbol, row->suffix, row->to, out);
        if (!same(spelled, row->spelled))
            fail_row(row->name, "'%s' became %s", row->symbol, spelled != NULL ? spelled : "nothing");
    }
}

static void a_nul_is_a_byte_like_any_other(void **state)
{
    static const char mark[] = "ABC/\0", code[] = "ABC.L\0", root[] = "A\0";
    char out[IDENTIFIER_MAX];
    size_t len;

    (void)state;
    assert_int_equal(
        symbology_translate(SYMBOLOGY_CQS, slice_make(mark, 5), slice_make(NULL, 0), SYMBOLOGY_ACT, out, &len),
        SYMBOLOGY_NOT_UNDERSTOOD);
    assert_int_equal(
        symbology_translate(SYMBOLOGY_YAHOO, slice_make(code, 6), slice_make(NULL, 0), SYMBOLOGY_ACT, out, &len),
        SYMBOLOGY_NOT_UNDERSTOOD);
    assert_int_equal(symbology_translate(SYMBOLOGY_FIX, slice_make(root, 2), slice_of("B"), SYMBOLOGY_ACT, out, &len),
                     SYMBOLOGY_SPELLED);
    assert_memory_equal(out, "A\0.B", 4);
    assert_int_equal(len, 4);
}

static void a_spelling_has_at_most_128_bytes(void **state)
{
    static const struct {
        const char *name;
        enum symbology_convention from;
        size_t root;
        const char *rest;
        enum symbology_convention to;
        enum symbology_reading reading;
        size_t len;
    } limits[] = {
        {"128 of 128", SYMBOLOGY_CQS, 126, "/B", SYMBOLOGY_NASDAQ, SYMBOLOGY_SPELLED, 128},
        {"129 of 129", SYMBOLOGY_CQS, 127, "/B", SYMBOLOGY_NASDAQ, SYMBOLOGY_UNSPELLABLE, 0},
        {"128 of 129", SYMBOLOGY_CQS, 127, "/U", SYMBOLOGY_NASDAQ, SYMBOLOGY_SPELLED, 128},
        {"129 of 128", SYMBOLOGY_NASDAQ, 126, "-A", SYMBOLOGY_YAHOO, SYMBOLOGY_UNSPELLABLE, 0},
        {"a root of 128", SYMBOLOGY_YAHOO, 128, ".L", SYMBOLOGY_NASDAQ, SYMBOLOGY_SPELLED, 128},
        {"a root of 129", SYMBOLOGY_YAHOO, 129, ".L", SYMBOLOGY_NASDAQ, SYMBOLOGY_UNSPELLABLE, 0},
        {"a code that fits", SYMBOLOGY_YAHOO, 124, "-B.L", SYMBOLOGY_YAHOO, SYMBOLOGY_SPELLED, 128},
        {"a code that does not", SYMBOLOGY_YAHOO, 125, "-B.L", SYMBOLOGY_YAHOO, SYMBOLOGY_UNSPELLABLE, 0},
        {"a plain symbol of 129", SYMBOLOGY_CQS, 129, "", SYMBOLOGY_NASDAQ, SYMBOLOGY_NOT_UNDERSTOOD, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        char *symbol = malloc(limits[i].root + strlen(limits[i].rest) + 1);
        char *out = malloc(IDENTIFIER_MAX); /* on the heap, so that a sanitizer sees its end */
        size_t len = 0;
        assert_non_null(symbol);
        assert_non_null(out);
        memset(symbol, 'A', limits[i].root);
        strcpy(symbol + limits[i].root, limits[i].rest);
        enum symbology_reading reading =
            symbology_translate(limits[i].from, slice_of(symbol), slice_make(NULL, 0), limits[i].to, out, &len);
        free(symbol);
        free(out);
        if (reading != limits[i].reading || len != limits[i].len)
            fail_row(limits[i].name, "reading %d, %zu bytes", (int)reading, len);
    }
}

/* The table as it stands in core/README.md: for each row one mark by convention, empty where there is none. */
struct table {
    char marks[ROWS][COLUMNS][MARK_MAX];
    size_t rows;
};

static void read_table_row(struct table *table, const char *line)
{
    const char *cell = strchr(line + 1, '|'); /* behind the name */

    assert_true(table->rows < ROWS);
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *end = strchr(cell + 1, '|');
        const char *open = strchr(cell, '`');
        assert_non_null(end);
        if (open != NULL && open < end) {
            size_t len = (size_t)(strchr(open + 1, '`') - open - 1);
            assert_in_range(len, 1, MARK_MAX - 1);
            memcpy(table->marks[table->rows][c], open + 1, len);
        }
        cell = end;
    }
    table->rows++;
}

static void read_table(struct table *table)
{
    FILE *file = fopen(FIXWARDEN_SOURCE_DIR "/core/README.md", "r");
    char line[4096];
    bool inside = false;

    assert_non_null(file);
    memset(table, 0, sizeof *table);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "| | CQS |", 9) == 0)
            inside = true;
        else if (inside && line[0] != '|')
            break;
        else if (inside && strncmp(line, "|---", 4) != 0)
            read_table_row(table, line);
    }
    fclose(file);
    assert_int_equal(table->rows, ROWS);
}

/* The mark with a letter for its X; empty where there is none. */
static void fill_in(const struct table *table, size_t row, size_t column, char letter, char mark[MARK_MAX])
{
    memcpy(mark, table->marks[row][column], MARK_MAX);
    for (size_t i = 0; i < MARK_MAX; i++)
        if (mark[i] == 'X')
            mark[i] = letter;
        else if (mark[i] == 'x')
            mark[i] = (char)(letter - 'A' + 'a');
}

static bool has_letter(const struct table *table, size_t row)
{
    return strchr(table->marks[row][0], 'X') != NULL;
}

/* Whether the mark, which is of `row`, is that of a row without X as well. */
static bool is_taken(const struct table *table, size_t row, size_t column, const char *mark)
{
    for (size_t i = 0; i < table->rows; i++)
        if (i != row && strcmp(table->marks[i][column], mark) == 0)
            return true;
    return false;
}

/* What stands behind a root in that convention. RIC and YAHOO have the code of an exchange, too. */
static void spell(const struct table *table, size_t row, char letter, enum symbology_convention convention,
                  char out[SPELLING_MAX])
{
    bool has_code = convention == SYMBOLOGY_YAHOO || convention == SYMBOLOGY_RIC;
    char mark[MARK_MAX];

    fill_in(table, row, (size_t)(convention - SYMBOLOGY_CQS), letter, mark);
    snprintf(out, SPELLING_MAX, "ABC%s%s", mark, has_code ? ".L" : "");
}

static bool can_spell(const struct table *table, size_t row, char letter, enum symbology_convention convention)
{
    size_t column = (size_t)(convention - SYMBOLOGY_CQS);
    char mark[MARK_MAX];

    fill_in(table, row, column, letter, mark);
    return mark[0] != '\0' && !is_taken(table, row, column, mark);
}

/* From one convention to another. Of FIX the mark is the suffix. */
static void hold_pair(const struct table *table, size_t row, char letter, enum symbology_convention from,
                      enum symbology_convention to)
{
    bool fix = from == SYMBOLOGY_FIX;
    char symbol[SPELLING_MAX], expected[SPELLING_MAX], out[IDENTIFIER_MAX + 1];
    bool codeless = from != SYMBOLOGY_YAHOO && from != SYMBOLOGY_RIC;

    if (!can_spell(table, row, letter, fix ? SYMBOLOGY_CMS : from))
        return;
    spell(table, row, letter, fix ? SYMBOLOGY_CMS : from, symbol);
    spell(table, row, letter, to, expected);
    if (codeless && to == SYMBOLOGY_YAHOO)
        expected[strlen(expected) - 2] = '\0';
    if (!can_spell(table, row, letter, to) || (codeless && to == SYMBOLOGY_RIC))
        expected[0] = '\0';
    const char *spelled = translated(from, fix ? "ABC" : symbol, fix ? symbol + strlen("ABC ") : "", to, out);
    if (!same(spelled, expected))
        fail_msg("'%s' in %s was '%s' in %s, not '%s'", symbol, symbology_convention_name(from),
                 spelled != NULL ? spelled : "nothing", symbology_convention_name(to), expected);
}

static void every_mark_goes_from_every_convention_to_every_other(void **state)
{
    struct table table;

    (void)state;
    read_table(&table);
    for (size_t row = 0; row < table.rows; row++)
        for (char letter = 'A'; letter <= (has_letter(&table, row) ? 'Z' : 'A'); letter++)
            for (int from = SYMBOLOGY_CQS; from <= SYMBOLOGY_FIX; from++)
                for (int to = SYMBOLOGY_CQS; to < SYMBOLOGY_FIX; to++)
                    hold_pair(&table, row, letter, (enum symbology_convention)from, (enum symbology_convention)to);
}

static void these_marks_alone_are_of_two_rows(void **state)
{
    static const char *const ambiguous = "CQS/U CMS U ACT.D ACT.E ACT.R ACT.U ACT.W ACT.Z ";
    struct table table;
    char found[256] = "";

    (void)state;
    read_table(&table);
    for (size_t column = 0; column < COLUMNS; column++)
        for (char letter = 'A'; letter <= 'Z'; letter++)
            for (size_t row = 0; row < table.rows; row++) {
                char mark[MARK_MAX];
                fill_in(&table, row, column, letter, mark);
                if (!has_letter(&table, row) || mark[0] == '\0' || !is_taken(&table, row, column, mark))
                    continue;
                snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s ",
                         symbology_convention_name((enum symbology_convention)(SYMBOLOGY_CQS + column)), mark);
            }
    assert_string_equal(found, ambiguous);
}

static void conventions_have_names(void **state)
{
    (void)state;
    for (int c = SYMBOLOGY_NONE; c < SYMBOLOGY_CONVENTION_COUNT; c++)
        assert_int_equal(
            symbology_convention_from_name(slice_of(symbology_convention_name((enum symbology_convention)c))), c);
    assert_string_equal(symbology_convention_name(SYMBOLOGY_NONE), "none");
    assert_int_equal(symbology_convention_from_name(slice_of("bloomberg")), SYMBOLOGY_BLOOMBERG);
    assert_int_equal(symbology_convention_from_name(slice_of("CQ")), SYMBOLOGY_NONE);
    assert_int_equal(symbology_convention_from_name(slice_of("CQSS")), SYMBOLOGY_NONE);
    assert_int_equal(symbology_convention_from_name(slice_make(NULL, 0)), SYMBOLOGY_NONE);
}

static void separators_count_as_the_same(void **state)
{
    static const struct {
        const char *symbol;
        const char *suffix;
        const char *joined;
        bool same;
    } pairs[] = {
        {"BRK.B", "", "BRK/B", true},      {"BRK B", "", "BRK-B", true},      {"BRK.B", "", "BRKB", false},
        {"BRK.B", "", "BRK/A", false},     {"BRK", "B", "BRK-B", true},       {"BRK", "B", "BRKB", false},
        {"BRK", "B", "BRK_B", false},      {"BRK", "PR.A", "BRK PR/A", true}, {"BRK", "B", "BRK", false},
        {"BRK.A", "WS", "BRK/A/WS", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct slice symbol = slice_of(pairs[i].symbol), suffix = slice_of(pairs[i].suffix);
        struct slice joined = slice_of(pairs[i].joined);
        bool is_same = suffix.len > 0 ? symbology_same_with_suffix(symbol, suffix, joined)
                                      : symbology_same_but_separators(symbol, joined);
        if (is_same != pairs[i].same)
            fail_msg("%s %s beside %s", pairs[i].symbol, pairs[i].suffix, pairs[i].joined);
    }
}

static void respelling_replaces_all_separators(void **state)
{
    char long_symbol[IDENTIFIER_MAX + 1];
    char out[IDENTIFIER_MAX];

    (void)state;
    assert_int_equal(symbology_respell(slice_of("A.B C"), slice_of("W-S"), '/', out), 9);
    assert_memory_equal(out, "A/B/C/W/S", 9);
    memset(long_symbol, 'A', sizeof long_symbol);
    assert_int_equal(symbology_respell(slice_make(long_symbol, 126), slice_of("B"), '.', out), 128);
    assert_int_equal(symbology_respell(slice_make(long_symbol, 127), slice_of("B"), '.', out), 0);
    assert_int_equal(symbology_respell(slice_make(long_symbol, 128), slice_make(NULL, 0), '.', out), 128);
    assert_int_equal(symbology_respell(slice_make(long_symbol, 129), slice_make(NULL, 0), '.', out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_translated_by_the_rows),
        cmocka_unit_test(a_nul_is_a_byte_like_any_other),
        cmocka_unit_test(a_spelling_has_at_most_128_bytes),
        cmocka_unit_test(every_mark_goes_from_every_convention_to_every_other),
        cmocka_unit_test(these_marks_alone_are_of_two_rows),
        cmocka_unit_test(conventions_have_names),
        cmocka_unit_test(separators_count_as_the_same),
        cmocka_unit_test(respelling_replaces_all_separators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
