#include "core/master.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cmocka.h>

#include "reading.h"
#include "support.h"

#define TEXT_MAX (8u << 20)

static char directory[] = "/tmp/fixwarden-test-XXXXXX";
static char path[64];

/* All rows as a text: "[a][b] !TOO_FEW_FIELDS@3": the fields of good rows, reason and line of bad ones;
 * or the error. */
static void describe_rows(const struct master_options *options, char *text, size_t size)
{
    struct master *master;
    struct master_row row;
    struct error e;
    size_t used = 0;
    int got;

    text[0] = '\0';
    if (master_open(path, options, &master, &e) != 0) {
        snprintf(text, size, "error %d: %s", e.code, e.text + strlen(path) + 2);
        return;
    }
    while ((got = master_next(master, &row, &e)) == 1) {
        used += (size_t)snprintf(text + used, size - used, "%s", used > 0 ? " " : "");
        if (row.status != MASTER_ROW_OK)
            used +=
                (size_t)snprintf(text + used, size - used, "!%s@%d", reading_status_name(row.status), (int)row.line);
        for (size_t i = 0; row.status == MASTER_ROW_OK && i < row.field_count; i++)
            used += (size_t)snprintf(text + used, size - used, "[%.*s]", SLICE_FORMAT(row.fields[i]));
    }
    if (got < 0)
        snprintf(text + used, size - used, "%serror %d: %s", used > 0 ? " " : "", e.code, e.text + strlen(path) + 2);
    master_close(master);
}

struct dialect_case {
    const char *name;
    const char *bytes;
    const char *rows;
};

static const struct dialect_case dialects[] = {
    {"plain rows", "symbol,name\nA,Alpha\nB,Beta\n", "[A][Alpha] [B][Beta]"},
    {"no line end after the last row", "symbol,name\nA,Alpha", "[A][Alpha]"},
    {"no line end after an empty last field", "symbol,name\nA,", "[A][]"},
    {"line ends are CRLF", "symbol,name\r\nA,Alpha\r\nB,\r\n", "[A][Alpha] [B][]"},
    {"CRLF after a closing quote", "symbol,name\r\nA,\"Alpha\"\r\n", "[A][Alpha]"},
    {"the file ends after the CR", "symbol,name\r\nA,\"Alpha\"\r", "[A][Alpha]"},
    {"a lone CR is data", "symbol,name\nA,x\ry\nB,\rz\n", "[A][x\ry] [B][\rz]"},
    {"a byte order mark is passed over", "\xEF\xBB\xBFsymbol,name\nA,Alpha\n", "[A][Alpha]"},
    {"a quoted header", "\"symbol\",\"the \"\"name\"\"\"\nA,Alpha\n", "[A][Alpha]"},
    {"tabs", "symbol\tname\nA\tAlpha, Inc.\n", "[A][Alpha, Inc.]"},
    {"pipes", "symbol|name\nA|Alpha; \"Inc\"\n", "[A][Alpha; \"Inc\"]"},
    {"semicolons", "symbol;name\nA;1,5\n", "[A][1,5]"},
    {"the delimiter that splits the header most", "symbol;name, full;x\nA;B;C\n", "[A][B][C]"},
    {"delimiters inside a header's quotes do not count", "\"a,b,c,d\";symbol\nA;B\n", "[A][B]"},
    {"one column", "symbol\nA\nB\n", "[A] [B]"},
    {"a delimiter inside quotes", "symbol,name\nA,\"Alpha, Inc.\"\n", "[A][Alpha, Inc.]"},
    {"line ends inside quotes", "symbol,name\nA,\"x\ny\r\nz\"\nB,b\n", "[A][x\ny\r\nz] [B][b]"},
    {"doubled quotes", "symbol,name\nA,\"say \"\"hi\"\"\"\n", "[A][say \"hi\"]"},
    {"nothing but doubled quotes", "symbol,name\n\"\"\"\"\"\",\"\"\n", "[\"\"][]"},
    {"quoted nothing is a row", "symbol\n\"\"\nA\n", "[] [A]"},
    {"a quote within a plain field is text", "symbol,name\nA,5\" pipe\nB,x\"y\"\n", "[A][5\" pipe] [B][x\"y\"]"},
    {"spaces are data", "symbol,name\n A , x \n", "[ A ][ x ]"},
    {"a quote after a space opens nothing", "symbol,name\nA, \"x\"\n", "[A][ \"x\"]"},
    {"blank lines are passed over", "\n\r\nsymbol,name\n\nA,Alpha\n\r\n\nB,Beta\n\n", "[A][Alpha] [B][Beta]"},
    {"text after a closing quote", "symbol,name\nA,\"x\"y\nB,Beta\n", "!STRAY_QUOTE@2 [B][Beta]"},
    {"a space after a closing quote", "symbol,name\nA,\"x\" \nB,Beta\n", "!STRAY_QUOTE@2 [B][Beta]"},
    {"a CR after a closing quote that ends no line", "symbol,name\nA,\"x\"\ry\nB,Beta\n", "!STRAY_QUOTE@2 [B][Beta]"},
    {"quotes after stray text open nothing", "symbol,name\nA,\"x\"y\"\nB,Beta\n", "!STRAY_QUOTE@2 [B][Beta]"},
    {"too few fields", "symbol,name\nA\nB,Beta\n", "!TOO_FEW_FIELDS@2 [B][Beta]"},
    {"too many fields", "symbol,name\n\nA,x,y\nB,Beta\n", "!TOO_MANY_FIELDS@3 [B][Beta]"},
    {"lines inside quotes are counted", "symbol,name\nA,\"1\n2\n3\"\nB\n", "[A][1\n2\n3] !TOO_FEW_FIELDS@5"},
    {"a header alone", "symbol,name\n", ""},
    {"a header alone without a line end", "symbol,name", ""},
    {"a quote that never closes", "symbol,name\nA,a\nB,\"1\n2\n",
     "[A][a] error 65: line 3: the quote that opens here is never closed"},
    {"a quote that never closes further down", "symbol,name\n\"A\n\",\"1\n2\n",
     "error 65: line 3: the quote that opens here is never closed"},
    {"an empty file", "", "error 65: is empty"},
    {"only blank lines", "\n\r\n\n", "error 65: has no header, only blank lines"},
    {"only a byte order mark", "\xEF\xBB\xBF", "error 65: has no header, only blank lines"},
    {"text after a quote in the header", "\"symbol\"x,name\n",
     "error 65: line 1: the header has text after a closing quote"},
};

static void every_dialect_gives_its_rows_wherever_reads_end(void **state)
{
    char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        support_write_text(path, dialects[i].bytes);
        for (size_t read_bytes = 0; read_bytes <= strlen(dialects[i].bytes) + 1; read_bytes++) {
            struct master_options options = {.read_bytes = read_bytes};

            describe_rows(&options, text, sizeof text);
            if (strcmp(text, dialects[i].rows) != 0)
                fail_msg("%s (reads of %zu bytes): %s instead of %s", dialects[i].name, read_bytes, text,
                         dialects[i].rows);
        }
    }
}

static void expect_rows(const char *bytes, size_t len, const struct master_options *options, const char *expected)
{
    char *text = malloc(TEXT_MAX);

    assert_non_null(text);
    support_write(path, bytes, len);
    describe_rows(options, text, TEXT_MAX);
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("%.300s instead of %s", text, expected);
    free(text);
}

static void a_nul_is_a_bad_row_or_a_binary_file(void **state)
{
    static const char early[] = "symbol,name\nA,x\0y\n";
    struct master_options options = {0};
    char bytes[5000] = "symbol,name\n";

    (void)state;
    expect_rows(early, sizeof early - 1, &options, "error 65: is a binary file (NUL at byte 15)");
    memset(bytes + 12, '\n', sizeof bytes - 12);
    memcpy(bytes + 4095, "\0,x", 3);
    expect_rows(bytes, sizeof bytes, &options, "error 65: is a binary file (NUL at byte 4095)");
    bytes[4095] = '\n';
    memcpy(bytes + 4096, "\0,x\nB,\"\0\"\nC,c\n\0", 16);
    expect_rows(bytes, 4112, &options, "!NUL_BYTE@4086 !NUL_BYTE@4087 [C][c] !NUL_BYTE@4089");
}

/* ---- random rows against what was written ---- */

struct written {
    char fields[3][64];
    uint64_t offset;
    uint64_t line;
};

/* A random field of plain, quoting and line end bytes. A plain one holds no byte that needs quotes. */
static bool random_field(char *field)
{
    static const char hard[] = "\"\",\n\r|ab";
    size_t len = (size_t)rand() % 12;
    bool quoted = rand() % 2;

    for (size_t i = 0; i < len; i++)
        field[i] = quoted ? hard[(size_t)rand() % (sizeof hard - 1)] : (char)('a' + rand() % 26);
    field[len] = '\0';
    return quoted;
}

static void write_field(FILE *file, const char *field, bool quoted)
{
    if (quoted)
        fputc('"', file);
    for (; *field != '\0'; field++) {
        if (*field == '"')
            fputc('"', file);
        fputc(*field, file);
    }
    if (quoted)
        fputc('"', file);
}

static void write_random_rows(FILE *file, struct written *rows, size_t count)
{
    uint64_t line = 2;

    fputs("symbol,b,c\n", file);
    for (size_t i = 0; i < count; i++) {
        rows[i].offset = (uint64_t)ftell(file);
        rows[i].line = line;
        for (size_t f = 0; f < 3; f++) {
            bool quoted = random_field(rows[i].fields[f]);

            write_field(file, rows[i].fields[f], quoted);
            for (const char *p = rows[i].fields[f]; *p != '\0'; p++)
                line += *p == '\n';
            fputs(f < 2 ? "," : rand() % 2 ? "\n" : "\r\n", file);
        }
        line++;
    }
}

static void random_rows_come_back_whatever_the_size_of_reads(void **state)
{
    enum { ROWS = 300 };
    static struct written rows[ROWS];
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 40; round++) {
        struct master_options options = {.delimiter = ',', .read_bytes = 1 + (size_t)rand() % 64};
        FILE *file = fopen(path, "w");
        struct master *master;
        struct master_row row;
        struct error e;

        write_random_rows(file, rows, ROWS);
        fclose(file);
        assert_int_equal(master_open(path, &options, &master, &e), 0);
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(master_next(master, &row, &e), 1);
            assert_int_equal(row.status, MASTER_ROW_OK);
            assert_int_equal(row.offset, rows[i].offset);
            assert_int_equal(row.line, rows[i].line);
            for (size_t f = 0; f < 3; f++)
                assert_true(slice_equal_text(row.fields[f], rows[i].fields[f]));
        }
        assert_int_equal(master_next(master, &row, &e), 0);
        assert_int_equal(master_next(master, &row, &e), 0);
        master_close(master);
    }
}

/* ---- columns ---- */

static struct master *open_header(const char *header, const struct master_options *options, struct error *e)
{
    struct master *master;

    support_write_text(path, header);
    return master_open(path, options, &master, e) == 0 ? master : NULL;
}

/* "tickersymbol" as "TIC_KER SYMBOL". */
static void disguise(const char *synonym, size_t len, char *out)
{
    size_t to = 0;

    for (size_t i = 0; i < len; i++) {
        if (i == len / 2)
            out[to++] = ' ';
        if (i == len / 3)
            out[to++] = '_';
        out[to++] = (char)(i % 2 ? synonym[i] : synonym[i] >= 'a' && synonym[i] <= 'z' ? synonym[i] - 32 : synonym[i]);
    }
    out[to] = '\0';
}

static void check_synonyms(enum master_role role, const char *list)
{
    struct master_options options = {0};
    struct error e;

    for (const char *at = list; *at != '\0';) {
        size_t len = strcspn(at, "|");
        char name[64];
        char header[128];
        struct master *master;

        disguise(at, len, name);
        snprintf(header, sizeof header, "nothing,cusip,%s,lei\nx,x,x,x\n", name);
        master = open_header(header, &options, &e);
        assert_non_null(master);
        if (master_columns(master)->role[role] != 2 && role != ROLE_CUSIP && role != ROLE_LEI)
            fail_msg("'%s' is not recognised as %s", name, master_role_name(role));
        master_close(master);
        at += len + (at[len] == '|');
    }
}

static void every_synonym_is_recognised(void **state)
{
    (void)state;
#define X(role, name, kind, synonyms) check_synonyms(ROLE_##role, synonyms);
    MASTER_ROLES(X)
#undef X
}

static void the_first_synonym_listed_wins(void **state)
{
    struct master_options options = {0};
    struct error e;
    struct master *master = open_header("market,exchange,mic,ticker,symbol\n", &options, &e);

    (void)state;
    assert_non_null(master);
    assert_int_equal(master_columns(master)->role[ROLE_MIC], 2);
    assert_int_equal(master_columns(master)->role[ROLE_SYMBOL], 4);
    assert_int_equal(master_columns(master)->role[ROLE_CUSIP], MASTER_NO_COLUMN);
    assert_true(slice_equal_text(master_column_name(master, 1), "exchange"));
    master_close(master);
}

static void a_mapped_column_beats_the_synonyms(void **state)
{
    struct master_options options = {.carried = {"note"}, .carried_count = 1};
    struct error e;
    struct master *master;

    (void)state;
    options.role_column[ROLE_SYMBOL] = "note";
    options.role_column[ROLE_ISIN] = "";
    master = open_header("symbol,isin, note \n", &options, &e);
    assert_non_null(master);
    assert_int_equal(master_columns(master)->role[ROLE_SYMBOL], 2);
    assert_int_equal(master_columns(master)->role[ROLE_ISIN], MASTER_NO_COLUMN);
    assert_int_equal(master_columns(master)->carried[0], 2);
    master_close(master);
}

struct refusal {
    const char *name;
    const char *header;
    const char *symbol; /* mapped */
    const char *carried;
    enum error_code code;
    const char *says;
};

static const struct refusal refusals[] = {
    {"a mapped column is missing", "symbol,name\n", "tick", NULL, ERROR_CONFIG, "named 'tick'"},
    {"a mapped column stands twice", "a,b,a\n", "a", NULL, ERROR_CONFIG, "columns 1 and 3"},
    {"a carried column is missing", "symbol,name\n", NULL, "x", ERROR_CONFIG,
     "carried along; the header has: symbol, name"},
    {"no column identifies a security", "name,price\n", NULL, NULL, ERROR_DATA,
     "the header has: name, price; recognised are symbol"},
    {"the only key column is mapped away", "symbol,price\n", "", NULL, ERROR_DATA, "no column identifies a security"},
};

static void unusable_columns_are_refused_by_name(void **state)
{
    struct error e;

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct master_options options = {.carried = {refusals[i].carried},
                                         .carried_count = refusals[i].carried != NULL};

        options.role_column[ROLE_SYMBOL] = refusals[i].symbol;
        if (open_header(refusals[i].header, &options, &e) != NULL)
            fail_msg("%s: accepted", refusals[i].name);
        if (e.code != refusals[i].code || strstr(e.text, refusals[i].says) == NULL)
            fail_msg("%s: %d %s", refusals[i].name, e.code, e.text);
    }
}

static void unmapped_columns_may_share_a_name_or_have_none(void **state)
{
    struct master_options options = {0};
    struct error e;
    struct master *master = open_header("symbol,,x,x,,\n", &options, &e);

    (void)state;
    assert_non_null(master);
    assert_int_equal(master_columns(master)->count, 6);
    master_close(master);
}

/* ---- limits ---- */

static void a_row_of_the_limit_is_read_and_one_byte_more_is_bad(void **state)
{
    static const char after[] = "\nB,\"b\nb\"\n";
    char *bytes = malloc(2u * MASTER_ROW_MAX + 100);

    (void)state;
    for (int more = 0; more < 2; more++) {
        for (size_t read_bytes = 0; read_bytes < 200000; read_bytes += 99991) {
            struct master_options options = {.read_bytes = read_bytes};
            size_t len = (size_t)sprintf(bytes, "symbol,b\nA,");
            size_t row = MASTER_ROW_MAX + (size_t)more - 3;
            char *text = malloc(TEXT_MAX);

            memset(bytes + len, 'x', row);
            memcpy(bytes + len + row, after, sizeof after);
            support_write(path, bytes, len + row + sizeof after - 1);
            describe_rows(&options, text, TEXT_MAX);
            assert_int_equal(strlen(text), more ? strlen("!TOO_LONG@2 [B][b\nb]") : row + strlen("[A][] [B][b\nb]"));
            assert_int_equal(strncmp(text, more ? "!TOO_LONG@2 [B]" : "[A][xxx", 7), 0);
            free(text);
        }
    }
    free(bytes);
}

static void a_long_row_ends_by_the_rule_of_quotes(void **state)
{
    static const char filler[] = "\n\"\",x"; /* a doubled quote within quotes */
    static const char closed[] = "\"\nB,b\n";
    static const char open[] = "x\nB,b\n";
    struct master_options options = {0};
    size_t count = 3u * MASTER_ROW_MAX / (sizeof filler - 1);
    char *bytes = malloc(count * sizeof filler + 100);
    size_t used = (size_t)sprintf(bytes, "symbol,b\nA,\"");

    (void)state;
    for (size_t i = 0; i < count; i++, used += sizeof filler - 1)
        memcpy(bytes + used, filler, sizeof filler - 1);
    memcpy(bytes + used, closed, sizeof closed);
    expect_rows(bytes, used + sizeof closed - 1, &options, "!TOO_LONG@2 [B][b]");
    memcpy(bytes + used, open, sizeof open);
    expect_rows(bytes, used + sizeof open - 1, &options, "error 65: line 2: the quote that opens here is never closed");
    free(bytes);
}

static void the_number_of_columns_has_a_limit(void **state)
{
    struct master_options options = {.delimiter = ','};
    char *bytes = malloc(4u * MASTER_COLUMNS_MAX);

    (void)state;
    for (size_t columns = MASTER_COLUMNS_MAX; columns <= MASTER_COLUMNS_MAX + 1; columns++) {
        size_t len = (size_t)sprintf(bytes, "symbol");
        struct master *master;
        struct error e;

        memset(bytes + len, ',', columns - 1);
        bytes[len + columns - 1] = '\n';
        support_write(path, bytes, len + columns);
        if (columns == MASTER_COLUMNS_MAX) {
            assert_int_equal(master_open(path, &options, &master, &e), 0);
            assert_int_equal(master_columns(master)->count, MASTER_COLUMNS_MAX);
            master_close(master);
        } else {
            assert_int_equal(master_open(path, &options, &master, &e), -1);
            assert_non_null(strstr(e.text, "the header has 4097 columns, the limit is 4096"));
        }
    }
    free(bytes);
}

static void the_name_of_a_column_has_a_limit(void **state)
{
    struct master_options options = {0};
    char header[400];
    struct error e;
    struct master *master;

    (void)state;
    snprintf(header, sizeof header, "symbol,%0*d\n", MASTER_COLUMN_NAME_MAX, 1);
    master = open_header(header, &options, &e);
    assert_non_null(master);
    assert_int_equal(master_column_name(master, 1).len, MASTER_COLUMN_NAME_MAX);
    master_close(master);
    snprintf(header, sizeof header, "symbol,%0*d\n", MASTER_COLUMN_NAME_MAX + 1, 1);
    assert_null(open_header(header, &options, &e));
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "the name of column 2 has 257 bytes"));
}

static void more_carried_columns_than_the_limit_are_refused(void **state)
{
    struct master_options options = {.carried_count = SECURITY_CARRIED_MAX};
    struct error e;
    struct master *master;

    (void)state;
    for (size_t i = 0; i < SECURITY_CARRIED_MAX; i++)
        options.carried[i] = "x";
    master = open_header("symbol,x\n", &options, &e);
    assert_non_null(master);
    master_close(master);
    options.carried_count++;
    assert_null(open_header("symbol,x\n", &options, &e));
    assert_int_equal(e.code, ERROR_CONFIG);
}

/* ---- files ---- */

static void what_is_no_readable_file_is_refused(void **state)
{
    struct master_options options = {0};
    struct master *master;
    struct error e;

    (void)state;
    unlink(path);
    assert_int_equal(master_open(path, &options, &master, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_non_null(strstr(e.text, "No such file"));
    assert_int_equal(master_open(directory, &options, &master, &e), -1);
    assert_non_null(strstr(e.text, "is a directory"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(master_open(path, &options, &master, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    unlink(path);
}

static void a_file_that_grows_while_it_is_read_is_refused(void **state)
{
    struct master_options options = {0};
    struct master_row row;
    struct master *master;
    struct error e;
    FILE *file;

    (void)state;
    support_write(path, "symbol\nA\n", 9);
    assert_int_equal(master_open(path, &options, &master, &e), 0);
    assert_int_equal(master_next(master, &row, &e), 1);
    file = fopen(path, "a");
    fputs("B\n", file);
    fclose(file);
    assert_int_equal(master_next(master, &row, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_non_null(strstr(e.text, "changed while it was read"));
    master_close(master);
}

static void the_fingerprint_is_a_hash_over_the_hashes_of_each_mebibyte(void **state)
{
    enum { LEN = (5 << 19) + 77 };
    struct master_options options = {.read_bytes = 77777};
    char *bytes = malloc(LEN);
    uint64_t blocks[3];
    uint64_t digest[2];
    uint64_t size;
    int64_t mtime_ns;
    struct master_row row;
    struct master *master;
    struct error e;
    XXH128_hash_t expected;

    (void)state;
    memcpy(bytes, "symbol\n", 7);
    for (size_t i = 7; i < LEN; i++)
        bytes[i] = i % 50 ? (char)('a' + i % 23) : '\n';
    for (size_t i = 0; i < 3; i++)
        blocks[i] = XXH3_64bits(bytes + (i << 20), i < 2 ? 1u << 20 : LEN - (2u << 20));
    expected = XXH3_128bits(blocks, sizeof blocks);
    support_write(path, bytes, LEN);
    assert_int_equal(master_open(path, &options, &master, &e), 0);
    while (master_next(master, &row, &e) == 1)
        ;
    master_fingerprint(master, &size, &mtime_ns, digest);
    assert_int_equal(size, LEN);
    assert_true(digest[0] == expected.high64 && digest[1] == expected.low64);
    master_close(master);
    free(bytes);
}

static void the_length_of_a_row_follows_its_quotes(void **state)
{
    (void)state;
    assert_int_equal(master_row_length("a,b\nc", 5, ','), 3);
    assert_int_equal(master_row_length("a,b\r\nc", 6, ','), 3);
    assert_int_equal(master_row_length("a,\"\n\"\nc", 7, ','), 5);
    assert_int_equal(master_row_length("a,\"\"\"\n\"\nc", 9, ','), 7);
    assert_int_equal(master_row_length("a,x\"\nc", 6, ','), 4);
    assert_int_equal(master_row_length("a;\"\n\"\nc", 7, ','), 3);
    assert_true(master_row_length("a,b", 3, ',') == SIZE_MAX);
    assert_int_equal(master_row_length("\n", 1, ','), 0);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/master.csv", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_gives_its_rows_wherever_reads_end),
        cmocka_unit_test(a_nul_is_a_bad_row_or_a_binary_file),
        cmocka_unit_test(random_rows_come_back_whatever_the_size_of_reads),
        cmocka_unit_test(every_synonym_is_recognised),
        cmocka_unit_test(the_first_synonym_listed_wins),
        cmocka_unit_test(a_mapped_column_beats_the_synonyms),
        cmocka_unit_test(unusable_columns_are_refused_by_name),
        cmocka_unit_test(unmapped_columns_may_share_a_name_or_have_none),
        cmocka_unit_test(a_row_of_the_limit_is_read_and_one_byte_more_is_bad),
        cmocka_unit_test(a_long_row_ends_by_the_rule_of_quotes),
        cmocka_unit_test(the_number_of_columns_has_a_limit),
        cmocka_unit_test(the_name_of_a_column_has_a_limit),
        cmocka_unit_test(more_carried_columns_than_the_limit_are_refused),
        cmocka_unit_test(what_is_no_readable_file_is_refused),
        cmocka_unit_test(a_file_that_grows_while_it_is_read_is_refused),
        cmocka_unit_test(the_fingerprint_is_a_hash_over_the_hashes_of_each_mebibyte),
        cmocka_unit_test(the_length_of_a_row_follows_its_quotes),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
