/* Lines of a delivered master that are no rows, wherever reads and blocks end. */
#include "support.h"

#include <unistd.h>

#include "core/master_frame.h"
#include "reading.h"

static char path[] = "/tmp/fixwarden-frame-XXXXXX";

#define COMMENT .format.comment = "#"
#define DATA .format.data_start = "START-OF-DATA", .format.data_end = "END-OF-DATA"
#define TRAILER .format.trailer = "T|"

static const struct {
    const char *name;
    struct master_options options;
    const char *bytes;
    const char *rows;
} rows[] = {
    {"without options a comment is a row", {0}, "symbol,b\n#A,1\n", "[#A][1]"},
    {"comments before the header and between rows",
     {COMMENT},
     "# delivered by X\n#\n\nsymbol,b\n#\nA,1\n# B,2\nC,3\n#",
     "[A][1] [C][3]"},
    {"a comment in a field is data", {COMMENT}, "symbol,b\nA,#1\n", "[A][#1]"},
    {"a comment within quotes is part of a row",
     {COMMENT},
     "symbol,b\nA,\"1\n# x\n2\"\nB,3\n",
     "[A][1\n# x\n2] [B][3]"},
    {"a quoted first field that starts as a comment does", {COMMENT}, "symbol,b\n\"#A\",1\n", "[#A][1]"},
    {"quotes in a comment open nothing", {COMMENT}, "symbol,b\n#,\"x\nA,1\n#\"\nB,2\n", "[A][1] [B][2]"},
    {"too few fields in a comment", {COMMENT}, "symbol,b\n#\nA\nB,2\n", "!TOO_FEW_FIELDS@3 [B][2]"},
    {"comments and rows end with CRLF", {COMMENT}, "#x\r\nsymbol,b\r\n#y\r\nA,1\r\n", "[A][1]"},
    {"a comment of several bytes",
     {.format.comment = "REM "},
     "REM a\nsymbol,b\nREM b\nREMY,1\nRE,2\n",
     "[REMY][1] [RE][2]"},
    {"a quote behind a carriage return is text", {COMMENT}, "symbol,b\n\r\"A,1\n#x\nB,2\n", "[\r\"A][1] [B][2]"},
    {"a comment behind carriage returns", {COMMENT}, "symbol,b\n\r\r#x\nA,1\n", "[A][1]"},
    {"lines to skip are lines whatever their quotes",
     {.format.skip_lines = 2},
     "Master \"of\n2026-01-01\nsymbol,b\nA,1\n",
     "[A][1]"},
    {"no more lines than are to be skipped",
     {.format.skip_lines = 3},
     "a\nb\n",
     "error 65: has 2 lines, and 3 are to be skipped"},
    {"more lines to skip than the limit",
     {.format.skip_lines = MASTER_SKIP_LINES_MAX + 1},
     "a\n",
     "error 78: 1000001 lines are to be skipped, the limit is 1000000"},
    {"nothing behind the lines to skip",
     {.format.skip_lines = 2},
     "a\nb\n",
     "error 65: has no header, only blank lines"},
    {"a byte order mark before a line to skip",
     {.format.skip_lines = 1},
     "\xEF\xBB\xBFtitle\nsymbol,b\nA,1\n",
     "[A][1]"},
    {"START-OF-DATA and END-OF-DATA",
     {DATA},
     "START-OF-FILE\nRUNDATE=20260101\nSTART-OF-DATA\nsymbol|b\nA|1\nEND-OF-DATA\nTIMEFINISHED=\"x\nEND-OF-FILE\n",
     "[A][1]"},
    {"the same with CRLF and without a last line end",
     {DATA},
     "X\r\nSTART-OF-DATA\r\nsymbol|b\r\nA|1\r\nEND-OF-DATA",
     "[A][1]"},
    {"END-OF-DATA with a lone CR at the end", {DATA}, "START-OF-DATA\nsymbol|b\nA|1\nEND-OF-DATA\r", "[A][1]"},
    {"a row that starts as END-OF-DATA does",
     {DATA},
     "START-OF-DATA\nsymbol|b\nEND-OF-DATA|1\nEND-OF-DATA\n",
     "[END-OF-DATA][1]"},
    {"END-OF-DATA within quotes",
     {DATA},
     "START-OF-DATA\nsymbol|b\nA|\"\nEND-OF-DATA\n\"\nEND-OF-DATA\n",
     "[A][\nEND-OF-DATA\n]"},
    {"no START-OF-DATA",
     {DATA},
     "symbol|b\nA|1\nEND-OF-DATA\n",
     "error 65: the line 'START-OF-DATA' that starts its rows is missing"},
    {"no END-OF-DATA",
     {DATA},
     "START-OF-DATA\nsymbol|b\nA|1\nEND-OF-DAT",
     "[A][1] !TOO_FEW_FIELDS@4 error 65: the line 'END-OF-DATA' that ends its rows is missing; it was delivered in "
     "part"},
    {"no rows between them", {DATA}, "START-OF-DATA\nsymbol|b\nEND-OF-DATA\n", ""},
    {"columns that are told",
     {DATA, .format.columns = "symbol, b"},
     "START-OF-FIELDS\nID\nSTART-OF-DATA\nA|1\nEND-OF-DATA\n",
     "[A][1]"},
    {"columns that are told, at the file's start",
     {.format.columns = "symbol,b,c"},
     "A;1;2\nB;3\n",
     "[A][1][2] !TOO_FEW_FIELDS@2"},
    {"a trailer that counts", {TRAILER}, "symbol|b\nA|1\nB|2\nT|2\n", "[A][1] [B][2]"},
    {"a trailer with a date before its count", {TRAILER}, "symbol|b\nA|1\nT|20260101|1\n", "[A][1]"},
    {"a trailer with a date behind its count", {TRAILER}, "symbol|b\nA|1\nT|0000001|20260101\n", "[A][1]"},
    {"a trailer with a date alone counts nothing", {TRAILER}, "symbol|b\nA|1\nT|20260101\n", "[A][1]"},
    {"a count in quotes and blanks", {TRAILER}, "symbol|b\nA|1\nT| \"1\" |x\n", "[A][1]"},
    {"a trailer without a line end", {TRAILER}, "symbol|b\nA|1\nT|1", "[A][1]"},
    {"a trailer before blank lines", {TRAILER}, "symbol|b\nA|1\nT|1\r\n\r\n\n\n", "[A][1]"},
    {"a trailer before a comment", {TRAILER, COMMENT}, "symbol|b\nA|1\nT|1\n# \"done\n", "[A][1]"},
    {"a trailer before END-OF-DATA",
     {TRAILER, DATA},
     "START-OF-DATA\nsymbol|b\nA|1\nT|1\nEND-OF-DATA\nT|9\n",
     "[A][1]"},
    {"rows that start as the trailer does", {TRAILER}, "symbol|b\nT|AT&T\nT|1\nA|2\nT|3\n", "[T][AT&T] [T][1] [A][2]"},
    {"a row of several lines that starts as the trailer does",
     {TRAILER},
     "symbol|b\nT|\"\n\nT|7\n\"\nT|1\n",
     "[T][\n\nT|7\n]"},
    {"bad rows count", {TRAILER}, "symbol|b\nA|1|x\n\nB|2\nT|2\n", "!TOO_MANY_FIELDS@2 [B][2]"},
    {"a header alone, and a trailer", {TRAILER}, "symbol|b\nT|0\n", ""},
    {"too few rows",
     {TRAILER},
     "symbol|b\nA|1\nT|20260101|2\n",
     "[A][1] error 65: the trailer 'T|20260101|2' counts 2 rows, and there are 1"},
    {"too many rows",
     {TRAILER},
     "symbol|b\nA|1\nB|1\nT|1\n",
     "[A][1] [B][1] error 65: the trailer 'T|1' counts 1 rows, and there are 2"},
    {"no trailer",
     {TRAILER},
     "symbol|b\nA|1\nT",
     "[A][1] !TOO_FEW_FIELDS@3 error 65: the trailer is missing: the last line does not start with 'T|'; it was "
     "delivered in "
     "part"},
    {"a row behind the trailer",
     {TRAILER},
     "symbol|b\nA|1\nT|1\nB|2\n",
     "[A][1] [T][1] [B][2] error 65: the trailer is missing: the last line does not start with 'T|'; it was delivered "
     "in part"},
    {"an open quote where the trailer should be",
     {TRAILER},
     "symbol|b\nA|1\nT|\"1\n",
     "[A][1] error 65: line 3: the quote that opens here is never closed"},
    {"all of it at once",
     {COMMENT, DATA, TRAILER, .format.skip_lines = 1},
     "Title\n#c\nSTART-OF-DATA\n# \"c\nsymbol|b\n#|\"\nA|\"#\nT|1\n\"\n#\nT|1|\nB|2\nT|2\n\n#x\nEND-OF-DATA\nA|9\n",
     "[A][#\nT|1\n] !TOO_MANY_FIELDS@11 [B][2] error 65: the trailer 'T|2' counts 2 rows, and there are 3"},
    {"any byte as delimiter",
     {.delimiter = '\x01'},
     "symbol\x01"
     "b\nA\x01"
     "1,2\n",
     "[A][1,2]"},
    {"a byte above 127 as delimiter",
     {.delimiter = '\xa6'},
     "symbol\xa6"
     "b\nA\xa6\"1\xa6\"\n",
     "[A][1\xa6]"},
    {"a quote in a comment's prefix",
     {.format.comment = "\""},
     "symbol\nA\n",
     "error 78: the master's comment cannot hold a quote or a line end"},
    {"Latin-1 becomes UTF-8, in names of columns too",
     {.format.encoding = MASTER_ENCODING_LATIN1,
      .carried = {"stra\xc3\x9f"
                  "e"},
      .carried_count = 1},
     "symbol,stra\xdf"
     "e\nA,\"Z\xfcrich \"\"\xe9\"\"\"\n\xc5,plain\n",
     "[A][Z\xc3\xbcrich \"\xc3\xa9\"] [\xc3\x85][plain]"},
    {"what is no UTF-8 is a bad row if it should be",
     {.format.encoding = MASTER_ENCODING_UTF8},
     "symbol,b\nA,\xc3\xa9\nB,\xe9\nC\nD,\"\xc3\"\n",
     "[A][\xc3\xa9] !NOT_UTF8@3 !TOO_FEW_FIELDS@4 !NOT_UTF8@5"},
    {"bytes are kept otherwise", {0}, "symbol,b\nA,\xe9\n", "[A][\xe9]"},
    {"UTF-16, little end first",
     {0},
     "\xff\xfes",
     "error 65: is UTF-16, as its first two bytes say; convert it: iconv -f UTF-16 -t UTF-8"},
    {"UTF-16, big end first",
     {0},
     "\xfe\xff",
     "error 65: is UTF-16, as its first two bytes say; convert it: iconv -f UTF-16 -t UTF-8"},
};

static void every_frame_gives_its_rows_wherever_reads_and_blocks_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        support_write_text(path, rows[i].bytes);
        reading_expect(rows[i].name, path, rows[i].options, strlen(rows[i].bytes) + 1, rows[i].rows);
    }
}

/* ---- random frames, against the same rows without them ---- */

struct texts {
    char framed[1u << 16];
    size_t framed_len;
    char bare[1u << 16];
    size_t bare_len;
    unsigned rows;
};

static void append(char *text, size_t *len, const char *what)
{
    *len += (size_t)sprintf(text + *len, "%s", what);
}

static void add_frame_line(struct texts *t)
{
    static const char *const lines[] = {"#\n", "# x,\"y\n", "#\"\r\n", "\n", "\r\n", "#,\"\"\"\n", "##########,#\n"};

    append(t->framed, &t->framed_len, lines[(size_t)rand() % COUNT_OF(lines)]);
}

static void add_data_row(struct texts *t)
{
    static const char *const some[] = {
        "A,1\n",       "\"#\",\"2\n#\n\"\n",
        "EOF,3\n",     "\"EOF\n\",\"EOF,1\nEND\n\"\n",
        "ENDX,4\n",    "EN,\"\"\"#\"\n",
        "B,5\" x\r\n", "EOF,\"\nEOF,9\n\"\n",
        "C,\"\"\n",    "EO,x\n",
        "E,\n",        "too,many,fields\n",
    };
    const char *row = some[(size_t)rand() % COUNT_OF(some)];

    append(t->framed, &t->framed_len, row);
    append(t->bare, &t->bare_len, row);
    t->rows++;
}

static void make_texts(struct texts *t, const char *trailer_end)
{
    char trailer[64];

    *t = (struct texts){0};
    append(t->framed, &t->framed_len, "title \"\n");
    append(t->framed, &t->framed_len, "symbol,b\n");
    append(t->bare, &t->bare_len, "symbol,b\n");
    for (int i = rand() % 40; i > 0; i--)
        (rand() % 3 == 0 ? add_frame_line : add_data_row)(t);
    snprintf(trailer, sizeof trailer, "EOF,20260101,%06u\n", t->rows);
    append(t->framed, &t->framed_len, trailer);
    for (int i = rand() % 4; i > 0; i--)
        add_frame_line(t);
    append(t->framed, &t->framed_len, trailer_end);
}

/* Bad rows are told with their line, which frame lines move. */
static void drop_lines(struct reading *r)
{
    char *to = r->text;

    for (const char *from = r->text; *from != '\0';) {
        *to++ = *from++;
        if (to[-1] == '@')
            from += strspn(from, "0123456789");
    }
    *to = '\0';
}

static void random_frames_give_the_rows_that_are_left_without_them(void **state)
{
    const struct master_options framed = {
        .delimiter = ',', .format = {.comment = "#", .skip_lines = 1, .trailer = "EOF,", .data_end = "END"}};
    const struct master_options bare = {.delimiter = ','};
    static struct texts t;
    static struct reading expected, got;
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 150; round++) {
        make_texts(&t, round % 2 ? "END\nEOF,1\n\"" : "END");
        support_write(path, t.bare, t.bare_len);
        reading_by_rows(path, &bare, false, &expected);
        support_write(path, t.framed, t.framed_len);
        reading_by_rows(path, &framed, false, &got);
        drop_lines(&got);
        drop_lines(&expected);
        if (strcmp(got.text, expected.text) != 0)
            fail_msg("'%s' gives '%s' instead of '%s'", t.framed, got.text, expected.text);
        reading_expect("random frames", path, framed, 40, NULL);
        support_write(path, t.framed, t.framed_len - 1 - (size_t)rand() % 3);
        reading_expect("random frames that are cut", path, framed, 8, NULL);
    }
}

/* ---- limits ---- */

/* A file of one row, a trailer, and so many bytes of blank lines that all from the trailer on has `len`. */
static void write_trailer(size_t len)
{
    char *bytes = malloc(len + 32);
    size_t head = (size_t)sprintf(bytes, "symbol|b\nA|1\n");

    memset(bytes + head, '\n', len);
    memcpy(bytes + head, "T|1", 3);
    support_write(path, bytes, head + len);
    free(bytes);
}

static void a_trailer_stands_within_the_last_bytes(void **state)
{
    static const size_t sizes[] = {1, 7, 64, 4095, 4096, 4097, 8192};
    const struct master_options options = {TRAILER};
    static struct reading got;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        const char *expected =
            extra == 0
                ? "[A][1]"
                : "[A][1] [T][1] error 65: the trailer is missing: the last line does not start with 'T|'; it was "
                  "delivered in part";

        write_trailer(MASTER_FRAME_TRAILER_MAX + extra);
        reading_expect("a trailer", path, options, 1, expected);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            reading_in_blocks(path, &options, sizes[i], false, &got);
            assert_string_equal(got.text, expected);
        }
    }
}

static void what_stands_before_the_header_has_a_limit(void **state)
{
    static char bytes[MASTER_HEAD_MAX + 64];
    struct master_options options = {COMMENT};

    (void)state;
    memset(bytes, '#', sizeof bytes);
    for (size_t i = 63; i < MASTER_HEAD_MAX; i += 64)
        bytes[i] = '\n';
    memcpy(bytes + MASTER_HEAD_MAX, "symbol,b\nA,1\n", 13);
    support_write(path, bytes, MASTER_HEAD_MAX + 13);
    reading_expect("a head of the limit", path, options, 0, "[A][1]");
    bytes[MASTER_HEAD_MAX] = '#';
    bytes[MASTER_HEAD_MAX + 1] = '\n';
    memcpy(bytes + MASTER_HEAD_MAX + 2, "symbol,b\nA,1\n", 13);
    support_write(path, bytes, MASTER_HEAD_MAX + 15);
    reading_expect("a head above it", path, options, 0,
                   "error 65: more than the limit of 1048576 bytes stand before the first row");
}

/* A comment is a line as any other: above the limit of rows it is a bad one, wherever it is cut. */
static void a_comment_of_any_length_is_read_the_same_in_blocks(void **state)
{
    static const size_t sizes[] = {4096, 100003, MASTER_ROW_MAX};
    const struct master_options options = {COMMENT, .delimiter = ','};
    static struct reading expected, got;
    char *bytes = malloc(MASTER_ROW_MAX + 64);

    (void)state;
    for (size_t len = MASTER_ROW_MAX - 2; len <= MASTER_ROW_MAX + 2; len++) {
        size_t head = (size_t)sprintf(bytes, "symbol,b\n");

        memset(bytes + head, '#', len);
        memcpy(bytes + head + len - 1, "\nA,1\n", 5);
        support_write(path, bytes, head + len + 4);
        reading_by_rows(path, &options, true, &expected);
        assert_int_equal(strstr(expected.text, "TOO_LONG") != NULL, len > MASTER_ROW_MAX);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            reading_in_blocks(path, &options, sizes[i], true, &got);
            assert_string_equal(got.text, expected.text);
        }
    }
    free(bytes);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_gives_its_rows_wherever_reads_and_blocks_end),
        cmocka_unit_test(random_frames_give_the_rows_that_are_left_without_them),
        cmocka_unit_test(a_trailer_stands_within_the_last_bytes),
        cmocka_unit_test(what_stands_before_the_header_has_a_limit),
        cmocka_unit_test(a_comment_of_any_length_is_read_the_same_in_blocks),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
