#include "core/master_rows.h"

#include "support.h"

#include <unistd.h>

#include "core/master_marks.h"
#include "core/master_scan.h"
#include "reading.h"

static char path[] = "/tmp/fixwarden-rows-XXXXXX";

/* ---- marks, which tests/tools/hold_marks.c holds against the rule of quotes ---- */

/* Text in which everything that matters is common. */
static void fill_random(char *bytes, size_t len, const char *alphabet)
{
    size_t count = strlen(alphabet);

    for (size_t i = 0; i < len; i++) {
        size_t pick = (size_t)rand() % (count + 1);

        bytes[i] = pick == count ? '\0' : alphabet[pick];
    }
}

static void marks_are_the_same_wherever_the_bytes_are_cut(void **state)
{
    static char bytes[512];
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (size_t round = 0; round < 200; round++) {
        struct master_marks whole;
        struct marks_state s = MARKS_ROW_START;

        fill_random(bytes, sizeof bytes, "ab,\"\"\n\r");
        marks_best()(bytes, sizeof bytes, ',', &s, &whole);
        for (size_t cut = 1; cut < 256; cut++) {
            struct marks_state t = MARKS_ROW_START;
            struct master_marks part;
            size_t at = 0;

            for (size_t len = 0; at < sizeof bytes; at += len) {
                len = sizeof bytes - at < cut ? sizeof bytes - at : cut;
                marks_best()(bytes + at, len, ',', &t, &part);
                for (size_t i = 0; i < len; i++)
                    assert_int_equal(part.ends[i / 64] >> i % 64 & 1, whole.ends[(at + i) / 64] >> (at + i) % 64 & 1);
            }
            assert_memory_equal(&s, &t, sizeof s);
        }
    }
}

/* ---- rows ---- */

static void expect_same_rows(const struct master_options *options)
{
    static struct reading expected, got;

    reading_by_rows(path, options, true, &expected);
    for (size_t block = 1; block < 200; block += 1 + (size_t)rand() % 20) {
        reading_in_blocks(path, options, block, true, &got);
        if (strcmp(got.text, expected.text) != 0)
            fail_msg("blocks of %zu: '%s' where '%s' was expected", block, got.text, expected.text);
    }
    reading_in_blocks(path, options, 1u << 20, true, &got);
    assert_string_equal(got.text, expected.text);
}

static void random_masters_give_the_same_rows_in_blocks_of_any_size(void **state)
{
    static const char *const alphabets[] = {"ab,\"\n", "a,,\n\r\n", "\"\",\n", "abcdefghijklmnop,\n\""};
    static const struct master_options options[] = {
        {.delimiter = ','},
        {.delimiter = ',', .format = {.comment = "a", .encoding = MASTER_ENCODING_LATIN1}},
        {.delimiter = ',', .format = {.comment = "ab", .trailer = "b"}},
        {.delimiter = ',', .format = {.data_end = "a", .trailer = ","}},
        {.delimiter = ',', .format = {.trailer = "a", .encoding = MASTER_ENCODING_UTF8}},
    };
    static char bytes[4096];
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (size_t round = 0; round < 600; round++) {
        size_t head = (size_t)sprintf(bytes, "%s", round % 3 == 0 ? "\xEF\xBB\xBFsymbol,\"na\nme\"\r\n" : "symbol,b\n");
        size_t len = head + (size_t)rand() % (round % 2 == 0 ? 300 : 2000);

        fill_random(bytes + head, len - head, alphabets[round % 4]);
        for (size_t i = head; i < len; i++)
            if (bytes[i] == '\0' && (i < 4096 || round % 5 != 0))
                bytes[i] = 'x'; /* in its first bytes it would make the file a binary one */
        support_write(path, bytes, len);
        expect_same_rows(&options[round % COUNT_OF(options)]);
    }
}

/* Rows about the limit, behind and before others, with and without a line end. */
static void long_rows_are_the_same_in_blocks(void **state)
{
    static const size_t blocks[] = {4096, 65536, 1000003, MASTER_ROW_MAX};
    const struct master_options options = {.delimiter = ','};
    static struct reading expected, got;
    static char bytes[5u << 20];

    (void)state;
    for (size_t len = MASTER_ROW_MAX - 2; len <= MASTER_ROW_MAX + 2; len++)
        for (int kind = 0; kind < 4; kind++) {
            size_t at = (size_t)sprintf(bytes, "symbol,b\nA,1\n");

            memset(bytes + at, 'x', len);
            bytes[at] = kind == 2 ? '"' : 'x'; /* never closed */
            bytes[at + 5] = ',';
            at += len - 1;
            if (kind != 1)
                bytes[at] = '\n';
            at++;
            if (kind != 1)
                at += (size_t)sprintf(bytes + at, "B,2\n\nC,3");
            support_write(path, bytes, at);
            reading_by_rows(path, &options, true, &expected);
            for (size_t i = 0; i < COUNT_OF(blocks); i++) {
                reading_in_blocks(path, &options, blocks[i], true, &got);
                assert_string_equal(got.text, expected.text);
            }
        }
}

static void a_file_that_shrinks_while_it_is_read_is_refused(void **state)
{
    struct master_options options = {.delimiter = ','};
    struct master *master;
    struct master_cut *cut;
    struct master_block block;
    uint64_t digest[2], text_bytes;
    struct error e;

    (void)state;
    support_write(path, "symbol,b\nA,1\nB,2\n", 17);
    assert_int_equal(master_open(path, &options, &master, &e), 0);
    assert_int_equal(master_cut_open(master, 8, &cut, &e), 0);
    master_close(master);
    assert_int_equal(master_block_init(cut, &block, &e), 0);
    assert_int_equal(truncate(path, 12), 0);
    assert_int_equal(master_cut_read(cut, 0, &block, &e), 0);
    assert_int_equal(master_cut_read(cut, 1, &block, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_int_equal(master_cut_finish(cut, digest, &text_bytes, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    master_block_free(&block);
    master_cut_close(cut);
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
        cmocka_unit_test(marks_are_the_same_wherever_the_bytes_are_cut),
        cmocka_unit_test(random_masters_give_the_same_rows_in_blocks_of_any_size),
        cmocka_unit_test(long_rows_are_the_same_in_blocks),
        cmocka_unit_test(a_file_that_shrinks_while_it_is_read_is_refused),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
