/* Packed masters give the rows of the plain ones, or one clear sentence. */
#include "support.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/index_build.h"
#include "core/index_verify.h"
#include "packing.h"
#include "reading.h"

#define WINDOW_LOG 21 /* of zstd's usual level */
#define WINDOW (1ull << WINDOW_LOG)

static char path[] = "/tmp/fixwarden-source-XXXXXX";
static char index_path[64];

static const char text[] = "symbol,isin,name\nA,US0378331005,\"Alpha,\nInc.\"\nB,US5949181045,Beta\n\nC,,x\nD\n";
static const char text_rows[] = "[A][US0378331005][Alpha,\nInc.] [B][US5949181045][Beta] [C][][x] !TOO_FEW_FIELDS@7";

/* Bytes that grow. */
struct bytes {
    char *ptr;
    size_t len;
};

static void add(struct bytes *to, const char *bytes, size_t len)
{
    to->ptr = realloc(to->ptr, to->len + len + 1);
    assert_non_null(to->ptr);
    memcpy(to->ptr + to->len, bytes, len);
    to->len += len;
}

static void add_packed(struct bytes *to, enum master_packing packing, const char *bytes, size_t len)
{
    size_t packed;
    char *p = packing == MASTER_GZIP ? packing_gzip(bytes, len, &packed) : packing_zstd(bytes, len, 0, &packed);

    add(to, p, packed);
    free(p);
}

static const enum master_packing packings[] = {MASTER_GZIP, MASTER_ZSTD};

/* The text in members or frames of `part` bytes each. */
static void pack_in_parts(enum master_packing packing, size_t part, struct bytes *out)
{
    static const char skippable[] = "\x5a\x2a\x4d\x18\x05\0\0\0skip!";

    *out = (struct bytes){0};
    for (size_t at = 0; at < strlen(text); at += part) {
        if (packing == MASTER_ZSTD)
            add(out, skippable, sizeof skippable - 1);
        add_packed(out, packing, text + at, strlen(text) - at < part ? strlen(text) - at : part);
        add_packed(out, packing, "", 0);
    }
}

static void packed_masters_give_the_same_rows_in_any_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packings); i++)
        for (size_t part = 1; part <= strlen(text); part += part < 4 ? 1 : 29) {
            struct bytes packed;

            pack_in_parts(packings[i], part, &packed);
            support_write(path, packed.ptr, packed.len);
            reading_expect("packed", path, (struct master_options){0}, strlen(text) + 1, text_rows);
            free(packed.ptr);
        }
}

/* Also the lines around rows. */
static void a_packed_master_may_have_a_frame(void **state)
{
    static const char framed[] = "title\n#c\nDATA\n#\"\nsymbol|b\nA|1\n#\nT|2\nT|2\nEND\nT|3";
    const struct master_options options = {
        .format = {.comment = "#", .skip_lines = 1, .data_start = "DATA", .data_end = "END", .trailer = "T|"}};
    struct bytes packed = {0};

    (void)state;
    add_packed(&packed, MASTER_ZSTD, framed, sizeof framed - 1);
    support_write(path, packed.ptr, packed.len);
    reading_expect("framed", path, options, 60, "[A][1] [T][2]");
    free(packed.ptr);
}

static void expect_refused(const char *name, enum error_code code, const char *says)
{
    static struct reading got;
    char start[32];

    snprintf(start, sizeof start, "error %d: ", code);
    for (int in_blocks = 0; in_blocks < 2; in_blocks++) {
        const struct master_options options = {.window = WINDOW};

        if (in_blocks)
            reading_in_blocks(path, &options, 100, false, &got);
        else
            reading_by_rows(path, &options, false, &got);
        if (strstr(got.text, start) == NULL || strstr(got.text, says) == NULL)
            fail_row(name, "'%.2000s' instead of '%s%s'", got.text, start, says);
    }
}

static void a_packed_master_that_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packings); i++) {
        struct bytes packed = {0};

        add_packed(&packed, packings[i], text, strlen(text));
        for (size_t len = 4; len < packed.len; len++) {
            support_write(path, packed.ptr, len);
            expect_refused("cut", ERROR_DATA, "ends in the middle of its packed text; it was delivered in part");
        }
        free(packed.ptr);
    }
}

/* One flipped bit is found, or changes nothing: a time or a name in the packing's header. */
static void no_damage_gives_other_rows(void **state)
{
    static struct reading whole, got;
    const struct master_options options = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(packings); i++) {
        struct bytes packed = {0};

        add_packed(&packed, packings[i], text, strlen(text));
        support_write(path, packed.ptr, packed.len);
        reading_by_rows(path, &options, true, &whole);
        for (size_t bit = 32; bit < packed.len * 8; bit++) {
            packed.ptr[bit / 8] ^= (char)(1 << bit % 8);
            support_write(path, packed.ptr, packed.len);
            reading_by_rows(path, &options, true, &got);
            if (strcmp(got.text, whole.text) != 0 && strstr(got.text, "error 65: ") == NULL)
                fail_msg("bit %zu: '%s'", bit, got.text);
            packed.ptr[bit / 8] ^= (char)(1 << bit % 8);
        }
        free(packed.ptr);
    }
}

/* However many bytes there are behind what is packed. */
static void expect_garbage(struct bytes *packed, const char *says)
{
    static const char *const garbage[] = {"x", "\n", "garbage", "\x1f\x8c", "\x28\xb5\x2f\xfe"};

    for (size_t i = 0; i < COUNT_OF(garbage); i++) {
        size_t len = packed->len;
        bool is_start = strstr(says, "gzip") != NULL ? i == 3 : i == 4;

        add(packed, garbage[i], strlen(garbage[i]));
        support_write(path, packed->ptr, packed->len);
        if (is_start || i < 3)
            expect_refused("garbage", ERROR_DATA, says);
        packed->len = len;
    }
}

static void wrong_packing_is_named(void **state)
{
    struct bytes packed = {0};
    char *large;
    size_t len;

    (void)state;
    add_packed(&packed, MASTER_GZIP, text, strlen(text));
    packed.ptr[packed.len - 8] ^= 1;
    support_write(path, packed.ptr, packed.len);
    expect_refused("checksum", ERROR_DATA, "is a damaged gzip file: incorrect data check");
    packed.ptr[packed.len - 8] ^= 1;
    expect_garbage(&packed, "bytes that are no gzip stand behind its packed text");
    packed.len = 0;
    add_packed(&packed, MASTER_ZSTD, text, strlen(text));
    packed.ptr[packed.len - 1] ^= 1;
    support_write(path, packed.ptr, packed.len);
    expect_refused("checksum", ERROR_DATA, "is a damaged zstd file: Restored data doesn't match checksum");
    packed.ptr[packed.len - 1] ^= 1;
    expect_garbage(&packed, "bytes that are no zstd stand behind its packed text");
    large = packing_zstd(text, strlen(text), WINDOW_LOG + 1, &len);
    support_write(path, large, len);
    expect_refused("window", ERROR_DATA, "larger zstd window than the memory has room for; give a larger --memory");
    free(large);
    large = packing_zstd(text, strlen(text), WINDOW_LOG, &len);
    support_write(path, large, len);
    reading_expect("window", path, (struct master_options){.window = WINDOW}, 0, text_rows);
    free(large);
    packed.len = 0;
    add_packed(&packed, MASTER_ZSTD, "", 0);
    support_write(path, packed.ptr, packed.len);
    expect_refused("empty", ERROR_DATA, "is empty");
    packed.len = 0;
    add_packed(&packed, MASTER_GZIP, "symbol,b\nA,\"1\nB,2\n", 18);
    support_write(path, packed.ptr, packed.len);
    expect_refused("open quote", ERROR_DATA, "line 2: the quote that opens here is never closed");
    packed.len = 0;
    add_packed(&packed, MASTER_GZIP, "\xff\xfes\0", 4);
    support_write(path, packed.ptr, packed.len);
    expect_refused("UTF-16", ERROR_DATA, "is UTF-16");
    free(packed.ptr);
}

/* ---- indexes of packed masters ---- */

static struct index *build(unsigned threads, size_t read_bytes, struct error *e)
{
    struct index_build_options options = {.max_bad_rows = 1, .threads = threads, .master.read_bytes = read_bytes};
    const char *paths[] = {path};
    struct index_build_result result;
    struct index *index = NULL;

    if (index_build(paths, 1, index_path, &options, &result, e) == 0 &&
        index_open(index_path, &(struct index_open_options){.verify_all = true}, &index, e) != 0)
        fail_msg("%s", e->text);
    return index;
}

static void expect_verified(void)
{
    struct index_verify_result result;
    struct error e;

    if (index_verify(index_path, &(struct index_verify_options){0}, &result, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(result.sources[0], VERIFY_SOURCE_EQUAL);
}

static void an_index_of_a_packed_master_has_its_rows_but_not_whole_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packings); i++) {
        struct bytes packed = {0};

        add_packed(&packed, packings[i], text, strlen(text));
        support_write(path, packed.ptr, packed.len);
        for (unsigned threads = 1; threads <= 4; threads++) {
            struct index_cursor cursor;
            struct security security;
            struct error e = {0};
            struct index *index = build(threads, threads % 2 ? 0 : 7, &e);
            char *row;
            size_t len;

            if (index == NULL)
                fail_msg("%s", e.text);
            assert_int_equal(index_info(index)->rows, 3);
            assert_int_equal(index_info(index)->sources[0].packing, packings[i]);
            assert_int_equal(index_info(index)->sources[0].size, packed.len);
            assert_int_equal(index_info(index)->sources[0].text_bytes, strlen(text));
            index_find(index, IDENTIFIER_ISIN, slice_of("US5949181045"), &cursor);
            assert_true(index_next(&cursor, &security));
            assert_int_equal(security.row_offset, strstr(text, "B,US") - text);
            assert_int_equal(index_read_row(index, &security, &row, &len, &e), -1);
            assert_int_equal(e.code, ERROR_DATA);
            assert_non_null(strstr(e.text, "is packed"));
            assert_null(row);
            index_close(index);
            expect_verified();
        }
        free(packed.ptr);
    }
}

/* The same rows from one file, whatever the number of threads and the size of blocks: not a byte differs. */
static void threads_and_blocks_make_no_difference(void **state)
{
    enum { ROWS = 30000 };
    struct bytes plain = {0}, packed = {0};
    char *first = NULL;
    size_t first_len = 0;

    (void)state;
    add(&plain, "symbol,b\n", 9);
    for (int i = 0; i < ROWS; i++) {
        char row[64];

        add(&plain, row, (size_t)snprintf(row, sizeof row, "S%d,\"%d\n%d\"\n", i, i % 7, i));
    }
    add_packed(&packed, MASTER_ZSTD, plain.ptr, plain.len);
    support_write(path, packed.ptr, packed.len);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct error e = {0};
        struct index *index = build(threads, threads * 4001, &e);
        FILE *file = fopen(index_path, "r");
        char *bytes = malloc(8u << 20);
        size_t len;

        assert_non_null(index);
        assert_int_equal(index_info(index)->rows, ROWS);
        index_close(index);
        len = fread(bytes, 1, 8u << 20, file);
        fclose(file);
        if (first != NULL)
            assert_true(len == first_len && memcmp(bytes, first, len) == 0);
        free(first);
        first = bytes;
        first_len = len;
    }
    free(first);
    free(plain.ptr);
    free(packed.ptr);
}

static void a_bad_packed_master_leaves_the_index_that_was_there(void **state)
{
    struct bytes plain = {0}, packed = {0};
    struct error e = {0};
    char version[INDEX_VERSION_LEN + 1];
    struct index *index;

    (void)state;
    support_write_text(path, text);
    index = build(1, 0, &e);
    assert_non_null(index);
    strcpy(version, index_info(index)->version);
    index_close(index);
    add(&plain, text, strlen(text) - 2); /* without the bad row */
    while (plain.len < 100000)
        add(&plain, "E,,a row that is read by the crew\n", 34);
    add_packed(&packed, MASTER_GZIP, plain.ptr, plain.len);
    for (unsigned threads = 1; threads <= 3; threads++) {
        support_write(path, packed.ptr, packed.len - 1);
        assert_null(build(threads, 5, &e));
        assert_int_equal(e.code, ERROR_DATA);
        assert_non_null(strstr(e.text, "delivered in part"));
        assert_int_equal(index_open(index_path, NULL, &index, &e), 0);
        assert_string_equal(index_info(index)->version, version);
        index_close(index);
    }
    free(plain.ptr);
    free(packed.ptr);
}

/* Bytes of writable memory that the process has. */
static unsigned long writable_memory(void)
{
    FILE *in = fopen("/proc/self/status", "r");
    unsigned long kib = 0;
    char line[256];

    while (in != NULL && fgets(line, sizeof line, in) != NULL && sscanf(line, "VmData: %lu", &kib) != 1)
        ;
    if (in != NULL)
        fclose(in);
    return kib << 10;
}

/* In a process of its own: no more than 96 MiB beside what is there already. */
static void build_bounded(void)
{
    unsigned long bound = writable_memory() + (96ul << 20);
    struct rlimit limit = {bound, bound};
    struct index_build_options options = {.memory = 64u << 20, .max_bad_rows = 1};
    const char *paths[] = {path};
    struct index_build_result result;
    struct error e = {0};

    if (setrlimit(RLIMIT_DATA, &limit) != 0 || index_build(paths, 1, index_path, &options, &result, &e) != 0 ||
        result.rows != 1 || result.bad_rows[MASTER_ROW_TOO_LONG] != 1) {
        fprintf(stderr, "%s\n", e.text);
        _exit(1);
    }
    _exit(0);
}

/* Many times its size in one row that never ends. */
static void a_packed_master_takes_no_more_memory_than_it_is_given(void **state)
{
    enum { BLOWN_UP = 256 << 20 };
    char *blown;
    size_t packed;
    pid_t child;
    int status;

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* sanitizers need memory of their own */
#endif
    blown = malloc(BLOWN_UP);
    assert_non_null(blown);
    memset(blown, 'x', BLOWN_UP);
    memcpy(blown, "symbol\nA\n", 9);
    for (size_t i = 0; i < COUNT_OF(packings); i++) {
        char *bytes = packings[i] == MASTER_GZIP ? packing_gzip(blown, BLOWN_UP, &packed)
                                                 : packing_zstd(blown, BLOWN_UP, 0, &packed);

        support_write(path, bytes, packed);
        free(bytes);
        child = fork();
        if (child == 0)
            build_bounded();
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    free(blown);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    snprintf(index_path, sizeof index_path, "%s.fwx", path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(index_path);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_masters_give_the_same_rows_in_any_parts),
        cmocka_unit_test(a_packed_master_may_have_a_frame),
        cmocka_unit_test(a_packed_master_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(no_damage_gives_other_rows),
        cmocka_unit_test(wrong_packing_is_named),
        cmocka_unit_test(an_index_of_a_packed_master_has_its_rows_but_not_whole_ones),
        cmocka_unit_test(threads_and_blocks_make_no_difference),
        cmocka_unit_test(a_bad_packed_master_leaves_the_index_that_was_there),
        cmocka_unit_test(a_packed_master_takes_no_more_memory_than_it_is_given),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
