#include "core/index.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/index_build.h"
#include "core/index_dictionary.h"
#include "core/index_format.h"
#include "core/index_park.h"
#include "support.h"

static char directory[] = "/tmp/fixwarden-test-XXXXXX";
static char index_path[64];
static char master_paths[3][64];

/* ---- files ---- */

static unsigned char *read_bytes(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    struct stat st;
    unsigned char *bytes;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    *len = (size_t)st.st_size;
    bytes = malloc(*len + 1);
    assert_int_equal(fread(bytes, 1, *len, file), *len);
    fclose(file);
    return bytes;
}

static void expect_same_bytes(const char *path, const unsigned char *expected, size_t len)
{
    size_t got;
    unsigned char *bytes = read_bytes(path, &got);

    assert_int_equal(got, len);
    assert_true(memcmp(bytes, expected, len) == 0);
    free(bytes);
}

/* How many files there are beside the masters. */
static int count_others(void)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.' && strncmp(entry->d_name, "master", 6) != 0;
    closedir(dir);
    return count;
}

/* ---- building and looking up ---- */

static void build(size_t sources, const struct index_build_options *options)
{
    const char *paths[] = {master_paths[0], master_paths[1], master_paths[2]};
    struct index_build_result result;
    struct error e;

    if (index_build(paths, sources, index_path, options, &result, &e) != 0)
        fail_msg("%s", e.text);
}

static void expect_refusal(size_t sources, const struct index_build_options *options, enum error_code code,
                           const char *says)
{
    const char *paths[] = {master_paths[0], master_paths[1], master_paths[2]};
    struct index_build_result result;
    struct error e;

    if (index_build(paths, sources, index_path, options, &result, &e) == 0)
        fail_msg("accepted; '%s' was expected", says);
    if (e.code != code || strstr(e.text, says) == NULL)
        fail_msg("%d %s; '%s' was expected", e.code, e.text, says);
}

static struct index *open_index(void)
{
    struct index_open_options options = {.verify_all = true};
    struct index *index;
    struct error e;

    if (index_open(index_path, &options, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

/* The offsets of the rows under a key, as "0:7 1:30". */
static const char *find_rows(const struct index *index, enum identifier_kind kind, const char *key)
{
    static char text[512];
    struct index_cursor cursor;
    struct security security;
    size_t used = 0;

    text[0] = '\0';
    index_find(index, kind, slice_of(key), &cursor);
    while (index_next(&cursor, &security))
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u:%d", used > 0 ? " " : "", security.source,
                                 (int)security.row_offset);
    return text;
}

static void several_masters_of_different_columns_make_one_index(void **state)
{
    struct index_build_options options = {.master = {.carried = {"name"}, .carried_count = 1}};
    struct index *index;
    struct index_cursor cursor;
    struct security s;

    (void)state;
    support_write_text(master_paths[0], "symbol,cusip,isin,name,ccy\n"
                                        "AAPL,037833100,us0378331005, Apple ,USD\n"
                                        "X,N/A,,\"a \"\"b\"\"\",\n");
    support_write_text(master_paths[1], "name;ticker;mic;wkn\nSAP;SAP;XETR;716460\n\nApple;AAPL;XETR;\n");
    build(2, &options);
    index = open_index();
    assert_string_equal(find_rows(index, IDENTIFIER_SYMBOL, "AAPL"), "0:27 1:41");
    assert_string_equal(find_rows(index, IDENTIFIER_ISIN, "US0378331005"), "0:27");
    assert_string_equal(find_rows(index, IDENTIFIER_WERTPAPIER, "716460"), "1:20");
    assert_string_equal(find_rows(index, IDENTIFIER_CUSIP, "N/A"), "");
    assert_string_equal(find_rows(index, IDENTIFIER_SEDOL, "0540528"), "");
    assert_false(index_has_kind(index, IDENTIFIER_SEDOL));
    assert_false(index_has_kind(index, IDENTIFIER_UNKNOWN));
    index_find(index, IDENTIFIER_CUSIP, slice_of("037833100"), &cursor);
    assert_true(index_next(&cursor, &s));
    assert_true(slice_equal_text(s.value[ROLE_CUSIP], "037833100"));
    assert_true(slice_equal_text(s.value[ROLE_ISIN], "US0378331005"));
    assert_true(slice_equal_text(s.value[ROLE_CURRENCY], "USD"));
    assert_true(slice_equal_text(s.carried[0], "Apple"));
    assert_int_equal(s.value[ROLE_MIC].len, 0);
    assert_false(index_next(&cursor, &s));
    assert_int_equal(index_info(index)->rows, 4);
    assert_int_equal(index_info(index)->source_count, 2);
    assert_int_equal(index_info(index)->sources[1].rows, 2);
    assert_int_equal(index_info(index)->keys[IDENTIFIER_SYMBOL], 3);
    assert_int_equal(index_info(index)->duplicate_keys[IDENTIFIER_SYMBOL], 1);
    assert_string_equal(index_info(index)->role_column[ROLE_SYMBOL], "symbol");
    assert_string_equal(index_info(index)->role_column[ROLE_WERTPAPIER], "wkn");
    assert_null(index_info(index)->role_column[ROLE_SEDOL]);
    assert_string_equal(index_info(index)->carried_names[0], "name");
    assert_string_equal(index_info(index)->sources[0].path, master_paths[0]);
    index_close(index);
}

/* ---- random masters against a plain model ---- */

enum { MODEL_ROWS = 1200, MODEL_KEYS = 6, MODEL_OTHERS = 3 };

static const char *const model_columns[] = {"symbol",         "cusip",    "isin",   "sedol", "figi",
                                            "composite_figi", "currency", "status", "note"};
static const enum master_role model_roles[] = {ROLE_SYMBOL, ROLE_CUSIP,          ROLE_ISIN,     ROLE_SEDOL,
                                               ROLE_FIGI,   ROLE_COMPOSITE_FIGI, ROLE_CURRENCY, ROLE_STATUS};

struct model_row {
    uint32_t source;
    uint64_t offset;
    char value[MODEL_KEYS + MODEL_OTHERS][40]; /* as the index should have it */
};

struct model {
    size_t count;
    struct model_row rows[3 * MODEL_ROWS];
};

static void random_value(size_t column, const char *isin, char *out)
{
    static const char *const placeholders[] = {"", "N/A", "  ", "0000", "-"};
    static const struct shape {
        const char *prefix;
        int letters;
        int digits;
    } shapes[] = {{"", 6, 3}, {"", 3, 6}, {"US", 2, 8}, {"", 1, 6}, {"BBG", 2, 7}, {"BBG", 2, 7}};
    char letters[8];

    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = (char)('A' + rand() % 26);
    letters[7] = '\0';
    if (rand() % 10 == 0)
        strcpy(out, placeholders[rand() % 5]);
    else if (column == 1 && strlen(isin) == 12 && rand() % 2)
        snprintf(out, 10, "%s", isin + 2);
    else if (column < MODEL_KEYS)
        sprintf(out, "%s%.*s%0*d", shapes[column].prefix, shapes[column].letters, rand() % 3 ? "AAAAAAA" : letters,
                shapes[column].digits, rand() % 400);
    else if (column == 6)
        sprintf(out, "%.3s", letters + rand() % 4);
    else
        sprintf(out, "%s %d", rand() % 2 ? letters : "x, \"y\"\nz", rand() % 50);
}

static void write_quoted(FILE *file, const char *value)
{
    fputc('"', file);
    for (; *value != '\0'; value++) {
        if (*value == '"')
            fputc('"', file);
        fputc(*value, file);
    }
    fputc('"', file);
}

/* What the index should have of the values that were written. */
static void expect_values(struct model_row *row)
{
    for (size_t c = 0; c < MODEL_KEYS + MODEL_OTHERS; c++) {
        char key[IDENTIFIER_MAX];
        struct slice value = slice_trim(slice_of(row->value[c]));

        if (c < MODEL_KEYS) {
            value = slice_make(key, identifier_key(master_role_kind(model_roles[c]), value, key));
        }
        memmove(row->value[c], value.ptr, value.len);
        row->value[c][value.len] = '\0';
    }
}

static void write_model(struct model *m, uint32_t source, size_t rows, bool with_sedol)
{
    FILE *file = fopen(master_paths[source], "w");

    for (size_t c = 0; c < MODEL_KEYS + MODEL_OTHERS; c++)
        fprintf(file, "%s%s", c > 0 ? "|" : "", c == 3 && !with_sedol ? "nothing" : model_columns[c]);
    fputc('\n', file);
    for (size_t i = 0; i < rows; i++) {
        struct model_row *row = &m->rows[m->count++];

        row->source = source;
        row->offset = (uint64_t)ftell(file);
        random_value(2, "", row->value[2]);
        for (size_t c = 0; c < MODEL_KEYS + MODEL_OTHERS; c++) {
            if (c != 2)
                random_value(c, row->value[2], row->value[c]);
            if (c > 0)
                fputc('|', file);
            if (c == 3 && !with_sedol)
                row->value[c][0] = '\0';
            write_quoted(file, row->value[c]);
        }
        fputc('\n', file);
        expect_values(row);
    }
    fclose(file);
}

static bool model_has_key(const struct model_row *row, enum identifier_kind kind, const char *key)
{
    for (size_t c = 0; c < MODEL_KEYS; c++)
        if (master_role_kind(model_roles[c]) == kind && strcmp(row->value[c], key) == 0)
            return true;
    return false;
}

static void expect_row(const struct model_row *row, const struct security *s)
{
    assert_int_equal(s->source, row->source);
    assert_int_equal(s->row_offset, row->offset);
    for (size_t c = 0; c < sizeof model_roles / sizeof *model_roles; c++)
        assert_true(slice_equal_text(s->value[model_roles[c]], row->value[c]));
    assert_true(slice_equal_text(s->carried[0], row->value[MODEL_KEYS + MODEL_OTHERS - 1]));
}

static void expect_rows_of_key(const struct index *index, const struct model *m, enum identifier_kind kind,
                               const char *key)
{
    struct index_cursor cursor;
    struct index_cursor copy;
    struct security s;

    index_find(index, kind, slice_of(key), &copy);
    cursor = copy;
    for (size_t i = 0; i < m->count; i++) {
        if (!model_has_key(&m->rows[i], kind, key))
            continue;
        assert_true(index_next(&cursor, &s));
        expect_row(&m->rows[i], &s);
    }
    assert_false(index_next(&cursor, &s));
}

static void expect_model(const struct index *index, const struct model *m)
{
    struct security s;
    uint64_t position = 0;

    for (size_t i = 0; i < m->count; i++) {
        assert_true(index_walk(index, &position, &s));
        expect_row(&m->rows[i], &s);
        for (size_t c = i % 4; c < MODEL_KEYS; c += 4)
            if (m->rows[i].value[c][0] != '\0')
                expect_rows_of_key(index, m, master_role_kind(model_roles[c]), m->rows[i].value[c]);
    }
    assert_false(index_walk(index, &position, &s));
    for (int i = 0; i < 300; i++) {
        char key[40];
        char ignored[IDENTIFIER_MAX];

        random_value((size_t)i % MODEL_KEYS, "", key);
        if (identifier_key(master_role_kind(model_roles[i % MODEL_KEYS]), slice_of(key), ignored) > 0)
            expect_rows_of_key(index, m, master_role_kind(model_roles[i % MODEL_KEYS]), key);
    }
}

static void random_masters_agree_with_a_plain_model(void **state)
{
    static struct model m;
    struct index_build_options options = {.master = {.carried = {"note"}, .carried_count = 1, .delimiter = '|'}};
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 6; round++) {
        size_t sources = 1 + (size_t)rand() % 3;
        struct index *index;

        m.count = 0;
        for (size_t i = 0; i < sources; i++)
            write_model(&m, (uint32_t)i, round == 0 ? 0 : (size_t)rand() % MODEL_ROWS, i == 0);
        options.memory = INDEX_MEMORY_MIN;
        build(sources, &options);
        index = open_index();
        expect_model(index, &m);
        index_close(index);
    }
}

/* ---- memory ---- */

/* Many short rows, so that the number of rows is underestimated, and a key that most of them share. */
static void write_skewed(size_t rows)
{
    FILE *file = fopen(master_paths[0], "w");

    fputs("symbol,isin\n", file);
    for (size_t i = 0; i < rows; i++)
        fprintf(file, "%zx,%s%zx\n", i + 1, i % 3 == 0 ? "B" : "A", i % 3 == 0 ? i : 0);
    fclose(file);
}

static void any_budget_gives_the_same_bytes(void **state)
{
    static const uint64_t budgets[] = {INDEX_MEMORY_MIN, INDEX_MEMORY_MIN + 1, 20u << 20, 64u << 20, 0, 1u << 30};
    struct index_build_options options = {.memory = 512u << 20};
    enum { ROWS = 400000 };
    struct index_cursor cursor;
    struct security s;
    struct index *index;
    unsigned char *bytes;
    size_t len;
    uint64_t last = 0;
    size_t count = 0;

    (void)state;
    write_skewed(ROWS);
    build(1, &options);
    bytes = read_bytes(index_path, &len);
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        options.memory = budgets[i];
        build(1, &options);
        expect_same_bytes(index_path, bytes, len);
    }
    free(bytes);
    index = open_index();
    assert_int_equal(index_info(index)->keys[IDENTIFIER_SYMBOL], ROWS);
    assert_int_equal(index_info(index)->keys[IDENTIFIER_ISIN], ROWS / 3 + 2);
    index_find(index, IDENTIFIER_ISIN, slice_of("A0"), &cursor);
    for (; index_next(&cursor, &s); count++, last = s.row_offset)
        assert_true(s.row_offset > last);
    assert_int_equal(count, ROWS - ROWS / 3 - 1);
    for (size_t i = 1; i <= ROWS; i += 97) {
        char key[20];

        snprintf(key, sizeof key, "%zx", i);
        index_find(index, IDENTIFIER_SYMBOL, slice_of(key), &cursor);
        assert_true(index_next(&cursor, &s));
        assert_true(slice_equal_text(s.value[ROLE_SYMBOL], key));
        assert_false(index_next(&cursor, &s));
    }
    index_close(index);
}

/* Rows with all that a master may do to a reader: quotes, line ends within them, bad rows, new values all the way. */
static void write_wild(size_t rows)
{
    FILE *file = fopen(master_paths[0], "w");

    fputs("symbol,isin,figi,composite_figi,mic,note\r\n", file);
    for (size_t i = 0; i < rows; i++) {
        int kind = rand() % 16;

        if (kind == 0)
            fputs("bad,row\n", file);
        else if (kind == 1)
            fprintf(file, "S%zx,\"a\"b,,,XNYS,\n", i);
        else
            fprintf(file, "S%zx,US%d,F%zx,F%zx,%s,%s%s", i % 1000, rand() % 3000, i, i & ~1ul,
                    kind < 8 ? "XNYS" : "\"XLON\"", kind < 4 ? "\"q\"\"uo,\n\"\"te\"" : "pl\"ain", "\r\n");
        if (kind == 2)
            fprintf(file, "\nS%zx,,,,M%zx,N%zx\n", i, i, i / 3);
    }
    fclose(file);
}

static void any_number_of_threads_and_size_of_blocks_gives_the_same_bytes(void **state)
{
    static const unsigned threads[] = {1, 2, 3, 8};
    static const size_t blocks[] = {64, 100, 4096, 65536, 0};
    struct index_build_options options = {
        .max_bad_rows = UINT64_MAX, .memory = 1u << 30, .master = {.carried = {"note"}, .carried_count = 1}};
    unsigned seed = (unsigned)getpid();
    unsigned char *bytes;
    size_t len;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    write_wild(3000);
    build(1, &options);
    bytes = read_bytes(index_path, &len);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
            options.threads = threads[t];
            options.master.read_bytes = blocks[i];
            options.memory = (t + i) % 3 == 0 ? INDEX_MEMORY_MIN : 128u << 20;
            build(1, &options);
            expect_same_bytes(index_path, bytes, len);
        }
    free(bytes);
}

/* The first error in the order of the rows is the one that is told, whoever comes to it first. */
static void any_number_of_threads_refuses_the_same_row(void **state)
{
    struct index_build_options options = {.memory = 128u << 20, .max_bad_rows = 1, .master = {.read_bytes = 100}};
    FILE *file;

    (void)state;
    file = fopen(master_paths[0], "w");
    fputs("symbol,b\n", file);
    for (int i = 0; i < 500; i++)
        fputs(i == 250 || i % 100 == 99 ? "only one\n" : "A,1\n", file);
    fputs("\"never closed", file);
    fclose(file);
    for (options.threads = 1; options.threads <= 8; options.threads++)
        for (int i = 0; i < 10; i++)
            expect_refusal(1, &options, ERROR_DATA, "line 201 (byte 810): 1 fields, the header has 2");
    options.max_bad_rows = UINT64_MAX;
    for (options.threads = 1; options.threads <= 8; options.threads++)
        expect_refusal(1, &options, ERROR_DATA, "line 502: the quote that opens here is never closed");
}

static void a_budget_below_the_least_is_refused(void **state)
{
    struct index_build_options options = {.memory = INDEX_MEMORY_MIN - 1};

    (void)state;
    support_write_text(master_paths[0], "symbol\nA\n");
    expect_refusal(1, &options, ERROR_CONFIG, "--memory");
    options.memory++;
    build(1, &options);
}

static void keys_that_crowd_one_page_overflow_and_are_found(void **state)
{
    enum { KEYS = 1400, PAGES = 3 };
    struct index_build_options options = {0};
    FILE *file = fopen(master_paths[0], "w");
    static char keys[KEYS][16];
    const struct index_header *header;
    struct index *index;
    unsigned char *bytes;
    size_t count = 0;
    size_t len;

    (void)state;
    fputs("symbol\n", file);
    for (int i = 0; count < KEYS; i++) {
        snprintf(keys[count], sizeof keys[count], "S%d", i);
        if (index_hash_page(index_hash(INDEX_SEED, IDENTIFIER_SYMBOL, slice_of(keys[count])), PAGES) != 1)
            continue;
        fprintf(file, "%s\n%s", keys[count], count % 7 == 0 ? keys[count] : "");
        if (count % 7 == 0)
            fputc('\n', file);
        count++;
    }
    fclose(file);
    build(1, &options);
    bytes = read_bytes(index_path, &len);
    header = (const void *)bytes;
    assert_int_equal(index_find_section(header, INDEX_TABLE, IDENTIFIER_SYMBOL)->length, PAGES * INDEX_PAGE);
    assert_int_equal(index_find_section(header, INDEX_OVERFLOW, IDENTIFIER_SYMBOL)->length,
                     (KEYS - INDEX_PAGE_LINES * INDEX_LINE_SLOTS) * sizeof(struct index_overflow));
    free(bytes);
    index = open_index();
    for (size_t i = 0; i < KEYS; i++) {
        struct index_cursor cursor;
        struct security s;

        index_find(index, IDENTIFIER_SYMBOL, slice_of(keys[i]), &cursor);
        assert_true(index_next(&cursor, &s));
        assert_true(slice_equal_text(s.value[ROLE_SYMBOL], keys[i]));
        assert_int_equal(index_next(&cursor, &s), i % 7 == 0);
        assert_false(index_next(&cursor, &s));
    }
    assert_string_equal(find_rows(index, IDENTIFIER_SYMBOL, "absent"), "");
    index_close(index);
}

/* ---- damage ---- */

static const char *const small_keys[] = {"A", "B", "C", "DD", "037833100", "US0378331005", "000000001A", "0540528"};

static void write_small(void)
{
    support_write_text(master_paths[0], "symbol,cusip,isin,sedol,mic,note\n"
                                        "A,037833100,US0378331005,,XNYS,n\nA,,US0378331005,,XNAS,\nB,,,0540528,XLON,n\n"
                                        "C,000000001A,,,,\"long text, long text\"\nDD,,,,XNYS,n\n");
}

/* Everything a reader can do; all that matters is that it comes back. */
static size_t use_everything(const struct index *index)
{
    struct index_cursor cursor;
    struct security s;
    uint64_t position = 0;
    size_t found = 0;

    while (index_walk(index, &position, &s))
        for (size_t role = 0; role < MASTER_ROLE_COUNT; role++)
            for (size_t i = 0; i < s.value[role].len; i++)
                found += s.value[role].ptr[i] == 'A';
    for (size_t i = 0; i < sizeof small_keys / sizeof *small_keys; i++)
        for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
            index_find(index, kind, slice_of(small_keys[i]), &cursor);
            for (int n = 0; n < 100 && index_next(&cursor, &s); n++)
                found += s.row_offset != 0;
        }
    for (size_t i = 0; i < index_info(index)->source_count; i++)
        found += strlen(index_info(index)->sources[i].path);
    return found;
}

static int memory_file(const unsigned char *bytes, size_t len, char *path, size_t path_size)
{
    int fd = memfd_create("index", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, 0), len);
    snprintf(path, path_size, "/proc/self/fd/%d", fd);
    return fd;
}

static int try_index(const char *path, bool verify_all)
{
    struct index_open_options options = {.verify_all = verify_all};
    struct index *index;
    struct error e = {0};

    if (index_open(path, &options, &index, &e) != 0) {
        assert_int_equal(e.code, ERROR_DATA);
        assert_true(strlen(e.text) > strlen(path) + 2);
        return -1;
    }
    (void)use_everything(index);
    index_close(index);
    return 0;
}

static unsigned char *build_small(size_t *len)
{
    struct index_build_options options = {.master = {.carried = {"note"}, .carried_count = 1}};

    write_small();
    build(1, &options);
    return read_bytes(index_path, len);
}

static void any_flipped_byte_is_survived_and_noticed(void **state)
{
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);
    int fd = memory_file(bytes, len, path, sizeof path);

    (void)state;
    assert_int_equal(try_index(path, true), 0);
    for (size_t i = 0; i < len; i++) {
        unsigned char flipped = bytes[i] ^ (unsigned char)(1u << i % 8);

        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        (void)try_index(path, false);
        if (try_index(path, true) == 0)
            fail_msg("a flip at byte %zu is not noticed", i);
        assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    close(fd);
    free(bytes);
}

static void any_truncation_is_refused(void **state)
{
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);
    int fd = memory_file(bytes, len, path, sizeof path);

    (void)state;
    for (size_t i = len; i-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)i), 0);
        assert_int_equal(try_index(path, false), -1);
    }
    close(fd);
    free(bytes);
}

/* Makes every checksum right again, so that damage has to be noticed by its sense. */
static void reseal(unsigned char *bytes, size_t len)
{
    struct index_header *header = (void *)bytes;
    struct index_footer *footer = (void *)(bytes + len - INDEX_PAGE);
    struct index_section *last = &header->sections[header->section_count - 1];
    uint64_t *sum = (void *)(bytes + last->offset);

    for (struct index_section *s = header->sections; s < last; s++)
        for (uint64_t at = 0; at < index_padded(s->length); at += INDEX_CHECKSUM_BLOCK) {
            uint64_t left = index_padded(s->length) - at;
            *sum++ = index_checksum(bytes + s->offset + at, left < INDEX_CHECKSUM_BLOCK ? left : INDEX_CHECKSUM_BLOCK);
        }
    footer->root = index_checksum(bytes + last->offset, index_padded(last->length));
    footer->header_sum = index_checksum(bytes, INDEX_PAGE);
    footer->sum = index_checksum(footer, offsetof(struct index_footer, sum));
}

static void damage_under_right_checksums_is_survived(void **state)
{
    static const unsigned char nasty[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);
    unsigned char *broken = malloc(len);
    const struct index_header *header = (const void *)bytes;
    int fd = memory_file(bytes, len, path, sizeof path);

    (void)state;
    for (uint32_t i = 0; i + 1 < header->section_count; i++)
        for (uint64_t at = 0; at < header->sections[i].length; at++)
            for (size_t n = 0; n < sizeof nasty && at < 700; n++) {
                memcpy(broken, bytes, len);
                broken[header->sections[i].offset + at] = nasty[n];
                reseal(broken, len);
                assert_int_equal(pwrite(fd, broken, len, 0), len);
                (void)try_index(path, true);
            }
    close(fd);
    free(broken);
    free(bytes);
}

static struct index *open_at(const char *path)
{
    struct index *index;
    struct error e;

    if (index_open(path, NULL, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

/* What was checked when it was opened need not be there any more. */
static void an_open_index_that_is_overwritten_is_noticed_and_leads_nowhere_bad(void **state)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    unsigned seed = (unsigned)time(NULL);
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);
    int fd = memory_file(bytes, len, path, sizeof path);

    (void)state;
    assert_int_equal(futimens(fd, long_ago), 0);
    print_message("seed %u\n", seed);
    for (int i = 0; i < 2000; i++) {
        struct index *index = open_at(path);
        size_t at = (size_t)rand_r(&seed) % len;
        size_t stretch = 1 + (size_t)rand_r(&seed) % (len - at);
        unsigned char *noise = malloc(stretch);
        bool same = rand_r(&seed) % 2; /* one byte all over, which makes longer lists and records than noise does */

        for (size_t n = 0; n < stretch; n++)
            noise[n] = n == 0 || !same ? (unsigned char)rand_r(&seed) : noise[0];
        assert_true(index_is_intact(index));
        assert_int_equal(pwrite(fd, noise, stretch, (off_t)at), stretch);
        assert_false(index_is_intact(index));
        (void)use_everything(index);
        index_close(index);
        free(noise);
        assert_int_equal(pwrite(fd, bytes, len, 0), len);
        assert_int_equal(futimens(fd, long_ago), 0); /* the clock of files is coarser than this */
    }
    close(fd);
    free(bytes);
}

/* The header's numbers, one at a time, each to values that overflow sums or point elsewhere. */
static void a_header_under_a_right_checksum_is_not_believed(void **state)
{
    static const uint64_t nasty[] = {
        0, 1, 4095, 4096, 8192, 1u << 31, UINT32_MAX, 1ull << 63, UINT64_MAX - 4095, UINT64_MAX};
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);
    unsigned char *broken = malloc(len);
    const struct index_header *header = (const void *)bytes;
    int fd = memory_file(bytes, len, path, sizeof path);
    size_t end = offsetof(struct index_header, sections) + header->section_count * sizeof *header->sections;

    (void)state;
    for (size_t at = 0; at < end; at += 4)
        for (size_t n = 0; n < sizeof nasty / sizeof *nasty; n++) {
            struct index_footer *footer = (void *)(broken + len - INDEX_PAGE);

            memcpy(broken, bytes, len);
            memcpy(broken + at, &nasty[n], at % 8 == 0 ? 8 : 4);
            footer->header_sum = index_checksum(broken, INDEX_PAGE);
            footer->sum = index_checksum(footer, offsetof(struct index_footer, sum));
            assert_int_equal(pwrite(fd, broken, len, 0), len);
            (void)try_index(path, false);
            (void)try_index(path, true);
        }
    close(fd);
    free(broken);
    free(bytes);
}

struct foreign {
    const char *name;
    size_t offset;
    unsigned char byte;
    const char *says;
};

static const struct foreign foreigners[] = {
    {"another magic", 0, 'x', "is not a fixwarden index"},
    {"a newer format", 8, 3, "has format version 3, this program reads 2"},
    {"an older format", 8, 1, "has format version 1, this program reads 2"},
};

static void foreign_files_are_refused_by_name(void **state)
{
    struct index *index;
    struct error e;
    char path[64];
    size_t len;
    unsigned char *bytes = build_small(&len);

    (void)state;
    for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
        unsigned char byte = bytes[foreigners[i].offset];
        int fd;

        bytes[foreigners[i].offset] = foreigners[i].byte;
        fd = memory_file(bytes, len, path, sizeof path);
        assert_int_equal(index_open(path, NULL, &index, &e), -1);
        if (strstr(e.text, foreigners[i].says) == NULL)
            fail_msg("%s: %s", foreigners[i].name, e.text);
        close(fd);
        bytes[foreigners[i].offset] = byte;
    }
    free(bytes);
    assert_int_equal(index_open("/nowhere/x", NULL, &index, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(index_open(directory, NULL, &index, &e), -1);
    assert_int_equal(index_open(master_paths[0], NULL, &index, &e), -1);
    assert_non_null(strstr(e.text, "is not a fixwarden index"));
}

/* ---- bad rows, bad masters, limits ---- */

static void bad_rows_refuse_the_master_unless_they_are_allowed(void **state)
{
    struct index_build_options options = {0};
    struct index_build_result result;
    const char *paths[] = {master_paths[0]};
    struct error e;

    (void)state;
    unlink(index_path);
    support_write_text(master_paths[0], "symbol,name,x\nA,a,x\nB\nC,\"c\"c,x\nD,d,x\n");
    expect_refusal(1, &options, ERROR_DATA,
                   "line 3 (byte 20): 1 fields, the header has 3 (allow bad rows with --max-bad-rows)");
    options.max_bad_rows = 1;
    expect_refusal(1, &options, ERROR_DATA, "line 4 (byte 22): the row has text after a closing quote");
    assert_int_equal(count_others(), 0);
    options.max_bad_rows = 2;
    assert_int_equal(index_build(paths, 1, index_path, &options, &result, &e), 0);
    assert_int_equal(result.rows, 2);
    assert_int_equal(result.bad_rows[MASTER_ROW_TOO_FEW_FIELDS], 1);
    assert_int_equal(result.bad_rows[MASTER_ROW_STRAY_QUOTE], 1);
}

static void bad_rows_may_be_a_share_of_all(void **state)
{
    struct index_build_options options = {0};
    FILE *file = fopen(master_paths[0], "w");

    (void)state;
    fputs("symbol,b\n", file);
    for (int i = 0; i < 1000; i++)
        fputs(i < 2 ? "bad\n" : "A,1\n", file);
    fclose(file);
    options.max_bad_share = INDEX_SHARE_WHOLE / 500;
    build(1, &options);
    options.max_bad_share--;
    expect_refusal(1, &options, ERROR_DATA, "2 of 1000 rows are bad, more than the 1999 of a million");
}

static void masters_that_are_none_are_refused(void **state)
{
    struct index_build_options options = {0};
    const char *directories[] = {directory};
    struct index_build_result result;
    struct error e;

    (void)state;
    unlink(master_paths[1]);
    support_write_text(master_paths[0], "symbol\nA\n");
    expect_refusal(2, &options, ERROR_IO, "No such file");
    expect_refusal(0, &options, ERROR_CONFIG, "1 to 255 masters, not of 0");
    assert_int_equal(index_build(directories, 1, index_path, &options, &result, &e), -1);
    assert_non_null(strstr(e.text, "is a directory"));
    options.master.key_kinds = 1u << IDENTIFIER_ISIN;
    expect_refusal(1, &options, ERROR_CONFIG, "key kinds");
}

static void the_number_of_masters_has_a_limit(void **state)
{
    struct index_build_options options = {0};
    const char *paths[INDEX_SOURCES_MAX + 1];
    struct index_build_result result;
    struct index *index;
    struct error e;

    (void)state;
    support_write_text(master_paths[0], "symbol\nA\n");
    for (size_t i = 0; i <= INDEX_SOURCES_MAX; i++)
        paths[i] = master_paths[0];
    assert_int_equal(index_build(paths, INDEX_SOURCES_MAX, index_path, &options, &result, &e), 0);
    index = open_index();
    assert_int_equal(index_info(index)->source_count, INDEX_SOURCES_MAX);
    assert_int_equal(index_info(index)->duplicate_keys[IDENTIFIER_SYMBOL], 1);
    index_close(index);
    assert_int_equal(index_build(paths, INDEX_SOURCES_MAX + 1, index_path, &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
}

static void a_record_has_a_limit(void **state)
{
    struct index_build_options options = {.master = {.carried = {"c"}, .carried_count = 1}};
    size_t len = INDEX_RECORD_MAX - 8; /* beside source, offset, symbol, code and length of the value */
    char *text = malloc(len + 100);

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t used = (size_t)sprintf(text, "symbol,c\nA,");

        memset(text + used, 'x', len + more);
        strcpy(text + used + len + more, "\n");
        support_write_text(master_paths[0], text);
        if (more == 0)
            build(1, &options);
        else
            expect_refusal(1, &options, ERROR_DATA, "line 2 (byte 9): the record of a row has more than 262144 bytes");
    }
    free(text);
}

static void a_dictionary_has_a_limit_and_further_values_are_kept_all_the_same(void **state)
{
    enum { ROWS = DICTIONARY_COLUMN_VALUES_MAX + 3 };
    struct index_build_options options = {.master = {.carried = {"c"}, .carried_count = 1}};
    struct index_dictionary_header dictionary;
    FILE *file = fopen(master_paths[0], "w");
    struct security s;
    struct index *index;
    unsigned char *bytes;
    uint64_t position = 0;
    char text[DICTIONARY_VALUE_MAX + 2];
    size_t len;

    (void)state;
    fputs("symbol,c\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "A,%x\n", i);
    fprintf(file, "A,%0*d\n", (int)DICTIONARY_VALUE_MAX + 1, 7);
    fclose(file);
    build(1, &options);
    bytes = read_bytes(index_path, &len);
    memcpy(&dictionary, bytes + index_find_section((const void *)bytes, INDEX_DICTIONARY, 0)->offset,
           sizeof dictionary);
    assert_int_equal(dictionary.entries, DICTIONARY_COLUMN_VALUES_MAX);
    free(bytes);
    index = open_index();
    for (int i = 0; i < ROWS; i++) {
        snprintf(text, sizeof text, "%x", i);
        assert_true(index_walk(index, &position, &s));
        assert_true(slice_equal_text(s.carried[0], text));
    }
    snprintf(text, sizeof text, "%0*d", (int)DICTIONARY_VALUE_MAX + 1, 7);
    assert_true(index_walk(index, &position, &s));
    assert_true(slice_equal_text(s.carried[0], text));
    index_close(index);
}

static void a_key_has_a_limit(void **state)
{
    struct index_build_options options = {0};
    char text[400];
    char key[IDENTIFIER_MAX + 1];
    struct index *index;

    (void)state;
    memset(key, 'K', IDENTIFIER_MAX);
    key[IDENTIFIER_MAX] = '\0';
    snprintf(text, sizeof text, "symbol\n%s\n%sK\n", key, key);
    support_write_text(master_paths[0], text);
    build(1, &options);
    index = open_index();
    assert_string_equal(find_rows(index, IDENTIFIER_SYMBOL, key), "0:7");
    assert_int_equal(index_info(index)->keys[IDENTIFIER_SYMBOL], 1);
    assert_int_equal(index_info(index)->rows, 2);
    index_close(index);
}

static void only_the_key_kinds_that_are_asked_for_get_a_table(void **state)
{
    struct index_build_options options = {.master = {.key_kinds = 1u << IDENTIFIER_ISIN}};
    struct index *index;

    (void)state;
    write_small();
    build(1, &options);
    index = open_index();
    assert_true(index_has_kind(index, IDENTIFIER_ISIN));
    assert_false(index_has_kind(index, IDENTIFIER_SYMBOL));
    assert_string_equal(find_rows(index, IDENTIFIER_SYMBOL, "A"), "");
    assert_true(index_info(index)->has_role[ROLE_SYMBOL]);
    index_close(index);
}

/* ---- shortage of memory ---- */

struct shortage {
    int asked;
    int every;    /* so many answers of one kind, then as many of the other; 0: always short */
    int switches; /* times that another thread asked than the time before */
    pthread_t last;
};

static bool is_short(void *opaque)
{
    struct shortage *shortage = opaque;

    shortage->switches += shortage->asked++ > 0 && !pthread_equal(shortage->last, pthread_self());
    shortage->last = pthread_self();
    return shortage->every == 0 || shortage->asked / shortage->every % 2 == 0;
}

static void a_shortage_of_memory_changes_no_byte(void **state)
{
    static const int every[] = {0, 1, 2, 7, 50};
    struct index_build_options options = {.memory = 64u << 20, .master = {.read_bytes = 4096}};
    unsigned char *expected;
    size_t len;

    (void)state;
    write_skewed(60000);
    build(1, &options);
    expected = read_bytes(index_path, &len);
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        struct shortage shortage = {.every = every[i]};

        options.threads = 4;
        options.pressure = (struct index_build_pressure){&shortage, is_short};
        build(1, &options);
        expect_same_bytes(index_path, expected, len);
        assert_true(shortage.asked > 100);
        if (every[i] == 0) /* each ends the block that it has, and the tables follow: then one works alone */
            assert_in_range(shortage.switches, 0, 5);
    }
    free(expected);
}

static void what_is_released_is_whole_pages_alone(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = 4 * page;
    unsigned char *bytes = malloc(len);

    (void)state;
    assert_non_null(bytes);
    for (size_t begin = 0; begin < page; begin += page / 4 + 1)
        for (size_t end = len; end > len - page; end -= page / 4 + 1) {
            memset(bytes, 'x', len);
            index_park_release(bytes + begin, end - begin);
            for (size_t i = 0; i < len; i++)
                if (bytes[i] != 'x')
                    assert_true(i >= begin && i < end && bytes[i] == 0);
            assert_int_equal(bytes[len / 2], 0);
        }
    memset(bytes, 'x', page);
    index_park_release(bytes + 1, 1);
    assert_int_equal(bytes[1], 'x');
    free(bytes);
}

static void release_nothing(void *opaque)
{
    atomic_int *released = opaque;

    atomic_fetch_add(released, 1);
}

struct parking {
    struct index_park park;
    atomic_int released;
    atomic_int passed;
};

static void *pass_once(void *argument)
{
    struct parking *p = argument;

    index_park_join(&p->park);
    index_park_pass(&p->park, release_nothing, &p->released);
    atomic_fetch_add(&p->passed, 1);
    return NULL;
}

static void all_threads_but_one_park(void **state)
{
    struct parking p = {.released = 0};
    pthread_t threads[3];

    (void)state;
    for (int ending = 0; ending < 2; ending++) {
        atomic_store(&p.released, 0);
        atomic_store(&p.passed, 0);
        index_park_init(&p.park);
        index_park_join(&p.park); /* this thread */
        index_park_set(&p.park, true);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, pass_once, &p), 0);
        while (atomic_load(&p.released) < 3)
            sched_yield();
        index_park_pass(&p.park, release_nothing, &p.released); /* the last one goes on */
        assert_int_equal(atomic_load(&p.released), 3);
        assert_int_equal(atomic_load(&p.passed), 0);
        if (ending)
            index_park_end(&p.park);
        else
            index_park_set(&p.park, false);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(atomic_load(&p.passed), 3);
        index_park_destroy(&p.park);
    }
}

/* ---- publishing ---- */

struct trouble {
    int calls; /* of on_progress before it starts */
    void (*start)(void);
    int answer;
};

static int make_trouble(void *opaque, uint64_t bytes_read, uint64_t bytes_total, uint64_t rows)
{
    struct trouble *trouble = opaque;

    assert_true(bytes_read <= bytes_total && rows <= bytes_total);
    if (trouble->calls-- > 0)
        return 0;
    if (trouble->start != NULL)
        trouble->start();
    return trouble->answer;
}

static void die(void)
{
    _exit(0);
}

static void append_to_master(void)
{
    FILE *file = fopen(master_paths[0], "a");

    fputs("Z,Z\n", file);
    fclose(file);
}

static void limit_file_size(void)
{
    struct rlimit limit = {1u << 20, 1u << 20};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* Builds in a child, with trouble; returns its exit status: the error's code, 0 where it did not come to an error. */
static int build_in_child(struct trouble trouble, bool limited)
{
    struct index_build_options options = {.memory = INDEX_MEMORY_MIN, .events = {&trouble, NULL, NULL, make_trouble}};
    const char *paths[] = {master_paths[0]};
    struct index_build_result result;
    struct error e = {0};
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (limited)
            limit_file_size();
        (void)index_build(paths, 1, index_path, &options, &result, &e);
        _exit(e.code);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_build_that_fails_leaves_the_old_index_and_no_litter(void **state)
{
    size_t len;
    unsigned char *bytes = build_small(&len);

    (void)state;
    write_skewed(60000);
    for (int calls = 0; calls < 6; calls++) {
        assert_int_equal(build_in_child((struct trouble){calls, die, 0}, false), 0);
        expect_same_bytes(index_path, bytes, len);
        assert_int_equal(count_others(), 1);
        assert_int_equal(build_in_child((struct trouble){calls, NULL, 1}, false), ERROR_TEMPORARY);
        expect_same_bytes(index_path, bytes, len);
        assert_int_equal(count_others(), 1);
    }
    assert_int_equal(build_in_child((struct trouble){1000, NULL, 0}, true), ERROR_IO);
    expect_same_bytes(index_path, bytes, len);
    assert_int_equal(count_others(), 1);
    assert_int_equal(build_in_child((struct trouble){1, append_to_master, 0}, false), ERROR_TEMPORARY);
    expect_same_bytes(index_path, bytes, len);
    assert_int_equal(count_others(), 1);
    free(bytes);
}

static void what_a_dead_build_left_is_cleared(void **state)
{
    struct index_build_options options = {0};
    char litter[100];

    (void)state;
    snprintf(litter, sizeof litter, "%s.building.1", index_path);
    support_write_text(litter, "half");
    write_small();
    build(1, &options);
    assert_int_equal(count_others(), 1);
}

static void an_index_that_cannot_be_written_is_refused_first(void **state)
{
    struct index_build_options options = {.spill_dir = "/nowhere"};
    const char *paths[] = {master_paths[0]};
    struct index_build_result result;
    struct error e;

    (void)state;
    write_small();
    unlink(index_path);
    expect_refusal(1, &options, ERROR_IO, "/nowhere");
    assert_int_equal(index_build(paths, 1, "/nowhere/index", &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(index_build(paths, 1, directory, &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(count_others(), 0);
}

/* By the rows that it seems to have, the master's keys would take more than any disk. */
static void a_spill_directory_without_room_is_refused_first(void **state)
{
    struct index_build_options options = {.memory = 1u << 30};
    FILE *file = fopen(master_paths[0], "w");

    (void)state;
    fputs("symbol,isin\n", file);
    for (int i = 0; i < 2000; i++)
        fputs("A,B\n", file);
    fclose(file);
    assert_int_equal(truncate(master_paths[0], 1ll << 43), 0);
    expect_refusal(1, &options, ERROR_IO, "MiB free, and the build's temporary file needs about");
    write_small();
}

static void the_version_is_of_the_content_alone(void **state)
{
    struct index_build_options options = {0};
    const char *first[] = {master_paths[0]};
    const char *second[] = {master_paths[1]};
    struct index_build_result a;
    struct index_build_result b;
    struct error e;

    (void)state;
    support_write_text(master_paths[0], "symbol,name\nA,a\n");
    support_write_text(master_paths[1], "symbol,name\nA,a\n");
    assert_int_equal(index_build(first, 1, index_path, &options, &a, &e), 0);
    assert_int_equal(index_build(second, 1, index_path, &options, &b, &e), 0);
    assert_string_equal(a.version, b.version);
    assert_int_equal(strspn(a.version, "0123456789abcdef"), INDEX_VERSION_LEN);
    support_write_text(master_paths[1], "symbol,name\nA,b\n");
    assert_int_equal(index_build(second, 1, index_path, &options, &b, &e), 0);
    assert_string_not_equal(a.version, b.version);
    support_write_text(master_paths[1], "symbol,name\nA,a\n");
    options.master.carried[0] = "name";
    options.master.carried_count = 1;
    assert_int_equal(index_build(second, 1, index_path, &options, &b, &e), 0);
    assert_string_not_equal(a.version, b.version);
}

static void the_whole_row_is_read_while_the_master_is_the_same(void **state)
{
    struct index_build_options options = {0};
    struct index_cursor cursor;
    struct security s;
    struct index *index;
    struct error e;
    char *row;
    size_t len;

    (void)state;
    support_write_text(master_paths[0], "symbol;name\r\nA;\"x\r\ny\"\r\nB;b");
    build(1, &options);
    index = open_index();
    index_find(index, IDENTIFIER_SYMBOL, slice_of("A"), &cursor);
    assert_true(index_next(&cursor, &s));
    assert_int_equal(index_read_row(index, &s, &row, &len, &e), 0);
    assert_string_equal(row, "A;\"x\r\ny\"");
    assert_int_equal(len, strlen(row));
    free(row);
    index_find(index, IDENTIFIER_SYMBOL, slice_of("B"), &cursor);
    assert_true(index_next(&cursor, &s));
    assert_int_equal(index_read_row(index, &s, &row, &len, &e), 0);
    assert_string_equal(row, "B;b");
    free(row);
    append_to_master();
    assert_int_equal(index_read_row(index, &s, &row, &len, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    unlink(master_paths[0]);
    assert_int_equal(index_read_row(index, &s, &row, &len, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    index_close(index);
}

#ifdef FIXWARDEN_TEST_DATA
static void the_real_masters_make_one_index(void **state)
{
    static const char *const paths[] = {FIXWARDEN_TEST_DATA "/master/financedatabase-ASE.csv",
                                        FIXWARDEN_TEST_DATA "/master/financedatabase-LSE.csv",
                                        FIXWARDEN_TEST_DATA "/master/financedatabase-TOR.csv"};
    struct index_build_options options = {0};
    struct index_build_result result;
    struct index_cursor cursor;
    struct security s;
    struct index *index;
    struct error e;
    uint64_t position = 0;
    size_t rows = 0;

    (void)state;
    if (index_build(paths, 3, index_path, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
    index = open_index();
    for (; index_walk(index, &position, &s); rows++) {
        struct security found;

        index_find(index, IDENTIFIER_SYMBOL, s.value[ROLE_SYMBOL], &cursor);
        assert_true(index_next(&cursor, &found));
        assert_true(slice_equal(found.value[ROLE_SYMBOL], s.value[ROLE_SYMBOL]));
    }
    assert_int_equal(rows, 5528);
    assert_int_equal(result.rows, rows);
    index_find(index, IDENTIFIER_ISIN, slice_of("CH0468525222"), &cursor);
    assert_true(index_next(&cursor, &s));
    assert_true(slice_equal_text(s.value[ROLE_SYMBOL], "0A05.L"));
    assert_true(slice_equal_text(s.value[ROLE_MIC], "XLON"));
    assert_int_equal(s.source, 1);
    index_close(index);
}
#endif

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(index_path, sizeof index_path, "%s/index", directory);
    for (int i = 0; i < 3; i++)
        snprintf(master_paths[i], sizeof master_paths[i], "%s/master-%d", directory, i);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(index_path);
    for (int i = 0; i < 3; i++)
        unlink(master_paths[i]);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_masters_of_different_columns_make_one_index),
        cmocka_unit_test(random_masters_agree_with_a_plain_model),
        cmocka_unit_test(any_budget_gives_the_same_bytes),
        cmocka_unit_test(any_number_of_threads_and_size_of_blocks_gives_the_same_bytes),
        cmocka_unit_test(any_number_of_threads_refuses_the_same_row),
        cmocka_unit_test(a_budget_below_the_least_is_refused),
        cmocka_unit_test(keys_that_crowd_one_page_overflow_and_are_found),
        cmocka_unit_test(any_flipped_byte_is_survived_and_noticed),
        cmocka_unit_test(any_truncation_is_refused),
        cmocka_unit_test(an_open_index_that_is_overwritten_is_noticed_and_leads_nowhere_bad),
        cmocka_unit_test(damage_under_right_checksums_is_survived),
        cmocka_unit_test(a_header_under_a_right_checksum_is_not_believed),
        cmocka_unit_test(foreign_files_are_refused_by_name),
        cmocka_unit_test(bad_rows_refuse_the_master_unless_they_are_allowed),
        cmocka_unit_test(bad_rows_may_be_a_share_of_all),
        cmocka_unit_test(masters_that_are_none_are_refused),
        cmocka_unit_test(the_number_of_masters_has_a_limit),
        cmocka_unit_test(a_record_has_a_limit),
        cmocka_unit_test(a_dictionary_has_a_limit_and_further_values_are_kept_all_the_same),
        cmocka_unit_test(a_key_has_a_limit),
        cmocka_unit_test(only_the_key_kinds_that_are_asked_for_get_a_table),
        cmocka_unit_test(a_shortage_of_memory_changes_no_byte),
        cmocka_unit_test(what_is_released_is_whole_pages_alone),
        cmocka_unit_test(all_threads_but_one_park),
        cmocka_unit_test(a_build_that_fails_leaves_the_old_index_and_no_litter),
        cmocka_unit_test(what_a_dead_build_left_is_cleared),
        cmocka_unit_test(an_index_that_cannot_be_written_is_refused_first),
        cmocka_unit_test(a_spill_directory_without_room_is_refused_first),
        cmocka_unit_test(the_version_is_of_the_content_alone),
        cmocka_unit_test(the_whole_row_is_read_while_the_master_is_the_same),
#ifdef FIXWARDEN_TEST_DATA
        cmocka_unit_test(the_real_masters_make_one_index),
#endif
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
