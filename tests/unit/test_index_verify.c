/* A sound index is verified; anything that is wrong in it, or in its masters, is named. */
#include "support.h"

#include <unistd.h>

#include "core/index_build.h"
#include "core/index_format.h"
#include "core/index_verify.h"

static char directory[] = "/tmp/fixwarden-test-XXXXXX";
static char index_path[64];
static char master_paths[2][64];

static const char first_master[] = "Code;isin;cusip;ccy;note\n"
                                   "A;US0378331005;037833100;USD;one\n"
                                   "A;US0378331006;;EUR;two\n"
                                   "bad;row\n"
                                   "B;;594918104;USD;three\n";
static const char second_master[] = "isin,symbol,Code,mic,note\n"
                                    "US5949181045,MSFT,C,XNAS,\n"
                                    ",,D,XNYS,four\n";

static void build(void)
{
    struct index_build_options options = {.max_bad_rows = 1, .master = {.carried = {"note"}, .carried_count = 1}};
    const char *masters[] = {master_paths[0], master_paths[1]};
    struct index_build_result result;
    struct error e;

    support_write_text(master_paths[0], first_master);
    support_write_text(master_paths[1], second_master);
    options.master.role_column[ROLE_SYMBOL] = "Code";
    if (index_build(masters, 2, index_path, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
}

static void expect_wrong(enum error_code code, const char *says)
{
    struct index_verify_options options = {0};
    struct index_verify_result result;
    struct error e = {0};

    if (index_verify(index_path, &options, &result, &e) == 0)
        fail_msg("nothing is said to be wrong; '%s' was expected", says);
    if (e.code != code || strstr(e.text, says) == NULL)
        fail_msg("%d %s; '%s' was expected", e.code, e.text, says);
}

static void expect_right(enum index_verify_source first, enum index_verify_source second)
{
    struct index_verify_options options = {0};
    struct index_verify_result result;
    struct error e;

    if (index_verify(index_path, &options, &result, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(result.rows, 5);
    assert_int_equal(result.keys, 10);
    assert_int_equal(result.source_count, 2);
    assert_int_equal(result.sources[0], first);
    assert_int_equal(result.sources[1], second);
}

/* ---- the file's bytes ---- */

static unsigned char *read_index(size_t *len)
{
    FILE *file = fopen(index_path, "r");
    unsigned char *bytes;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*len);
    assert_int_equal(fread(bytes, 1, *len, file), *len);
    fclose(file);
    return bytes;
}

static void write_index(const unsigned char *bytes, size_t len)
{
    FILE *file = fopen(index_path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Sets all checksums right, so that only what they cover is wrong. Sections here are smaller than a checksum's block.
 */
static void seal(unsigned char *bytes, size_t len)
{
    struct index_header *header = (void *)bytes;
    struct index_footer *footer = (void *)(bytes + len - INDEX_PAGE);
    const struct index_section *sums = &header->sections[header->section_count - 1];
    uint64_t *sum = (void *)(bytes + sums->offset);

    for (const struct index_section *s = header->sections; s < sums; s++)
        if (s->length > 0)
            *sum++ = index_checksum(bytes + s->offset, index_padded(s->length));
    footer->root = index_checksum(bytes + sums->offset, index_padded(sums->length));
    footer->header_sum = index_checksum(bytes, INDEX_PAGE);
    footer->sum = index_checksum(footer, offsetof(struct index_footer, sum));
}

/* ---- tests ---- */

static void a_sound_index_is_verified_with_the_masters_that_are_there(void **state)
{
    (void)state;
    build();
    expect_right(VERIFY_SOURCE_EQUAL, VERIFY_SOURCE_EQUAL);
    unlink(master_paths[0]);
    expect_right(VERIFY_SOURCE_ABSENT, VERIFY_SOURCE_EQUAL);
    unlink(master_paths[1]);
    expect_right(VERIFY_SOURCE_ABSENT, VERIFY_SOURCE_ABSENT);
}

static void masters_may_be_named_and_have_to_be_all(void **state)
{
    const char *masters[] = {master_paths[0], master_paths[1]};
    struct index_verify_options options = {.masters = masters, .master_count = 1};
    struct index_verify_result result;
    struct error e;

    (void)state;
    build();
    assert_int_equal(index_verify(index_path, &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_USAGE);
    options.master_count = 2;
    assert_int_equal(index_verify(index_path, &options, &result, &e), 0);
    unlink(master_paths[1]);
    assert_int_equal(index_verify(index_path, &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
}

static void a_flipped_byte_is_named_by_its_section(void **state)
{
    static const char *const names[] = {
        [INDEX_RECORDS] = "'records'",   [INDEX_DICTIONARY] = "'dictionary'", [INDEX_META] = "'meta'",
        [INDEX_TABLE] = "'table'",       [INDEX_POSTINGS] = "'postings'",     [INDEX_OVERFLOW] = "'overflow'",
        [INDEX_CHECKSUMS] = "checksums",
    };
    struct index_header header;
    unsigned char *bytes;
    size_t len;

    (void)state;
    build();
    bytes = read_index(&len);
    memcpy(&header, bytes, sizeof header);
    for (uint32_t i = 0; i < header.section_count; i++) {
        const struct index_section *section = &header.sections[i];

        if (section->length == 0)
            continue;
        bytes[section->offset + section->length / 2] ^= 0x10;
        write_index(bytes, len);
        expect_wrong(ERROR_DATA, names[section->type]);
        bytes[section->offset + section->length / 2] ^= 0x10;
    }
    bytes[offsetof(struct index_header, rows)] ^= 1;
    write_index(bytes, len);
    expect_wrong(ERROR_DATA, "the header's checksum");
    bytes[offsetof(struct index_header, rows)] ^= 1;
    bytes[len - INDEX_PAGE + 100] ^= 1;
    write_index(bytes, len);
    expect_wrong(ERROR_DATA, "the footer's checksum");
    free(bytes);
}

/* One change of the file under right checksums. */
enum damage {
    DROP_SLOT,
    CUT_LIST,
    STRAY_LIST_COUNT,
    HEADER_ROWS,
    HEADER_KEYS,
    HEADER_DUPLICATES,
    HEADER_INVALID,
    RECORD
};

static struct index_line *first_used_line(unsigned char *bytes, enum identifier_kind kind)
{
    const struct index_section *s = index_find_section((const void *)bytes, INDEX_TABLE, kind);
    struct index_line *line = (void *)(bytes + s->offset);

    while (!(line->bits & INDEX_LINE_COUNT))
        line++;
    return line;
}

static void damage(unsigned char *bytes, enum damage what)
{
    struct index_header *header = (void *)bytes;
    const struct index_section *lists = index_find_section(header, INDEX_POSTINGS, IDENTIFIER_SYMBOL);
    const struct index_section *records = index_find_section(header, INDEX_RECORDS, 0);
    uint32_t *list = (void *)(bytes + lists->offset);

    switch (what) {
    case DROP_SLOT:
        first_used_line(bytes, IDENTIFIER_ISIN)->bits = 0;
        break;
    case CUT_LIST:
        list[0] = 1; /* of the two rows of symbol A */
        break;
    case STRAY_LIST_COUNT:
        first_used_line(bytes, IDENTIFIER_CUSIP)[1] = *first_used_line(bytes, IDENTIFIER_CUSIP);
        break;
    case HEADER_ROWS:
        header->rows++;
        break;
    case HEADER_KEYS:
        header->kinds[IDENTIFIER_ISIN].keys++;
        break;
    case HEADER_DUPLICATES:
        header->kinds[IDENTIFIER_SYMBOL].duplicate_keys--;
        break;
    case HEADER_INVALID:
        header->kinds[IDENTIFIER_ISIN].invalid_keys++;
        break;
    case RECORD:
        bytes[records->offset + records->length - header->record_unit] ^= 0xff;
        break;
    }
}

static void what_checksums_do_not_show_is_found(void **state)
{
    static const struct {
        enum damage damage;
        const char *says;
    } rows[] = {
        {DROP_SLOT, "is not found under its ISIN"},
        {CUT_LIST, "row 2 (byte 58 of"},
        {STRAY_LIST_COUNT, "CUSIP: it has 3 rows under its keys, and 2 were expected"},
        {HEADER_ROWS, "holds 5 rows, its header says 6"},
        {HEADER_KEYS, "ISIN: it has 3 keys, and 4 were expected"},
        {HEADER_DUPLICATES, "several rows"},
        {HEADER_INVALID, "wrong shape or check digit"},
        {RECORD, "row"},
    };
    unsigned char *bytes;
    size_t len;

    (void)state;
    build();
    bytes = read_index(&len);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned char *copy = malloc(len);

        memcpy(copy, bytes, len);
        damage(copy, rows[i].damage);
        seal(copy, len);
        write_index(copy, len);
        free(copy);
        expect_wrong(ERROR_DATA, rows[i].says);
    }
    seal(bytes, len); /* which proves that sealing alone changes nothing */
    write_index(bytes, len);
    expect_right(VERIFY_SOURCE_EQUAL, VERIFY_SOURCE_EQUAL);
    free(bytes);
}

/* The first master with one text in place of another. */
static void change_master(const char *from, const char *to)
{
    const char *at = strstr(first_master, from);
    char text[sizeof first_master + 64];

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - first_master), first_master, to, at + strlen(from));
    support_write_text(master_paths[0], text);
}

static void a_master_that_is_not_what_was_indexed_is_named_by_line(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"USD;one", "CHF;one", "line 2: currency: the index has 'USD', the master 'CHF'"},
        {"USD;one", "USD;won", "line 2: note: the index has 'one', the master 'won'"},
        {"A;US0378331006", "X;US0378331006", "line 3: symbol: the index has 'A', the master 'X'"},
        {"B;;594918104;USD;three\n", "", "it has 90 bytes, and had 113 when it was indexed"},
        {"USD;one", "USD;one ", "line 3: the index has no record of the row at byte 59"},
        {"three\n", "three\nE;;;;\n", "line 6: the index has no record"},
        {"bad;row", "bad;raw", "its bytes are not those"},
        {"bad;row", ";;;;bad", "line 4: the index has no record"},
    };

    (void)state;
    build();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        change_master(rows[i].from, rows[i].to);
        expect_wrong(ERROR_DATA, rows[i].says);
    }
}

static int cancel(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    int *calls = opaque;

    assert_non_null(what);
    assert_true(done <= total);
    ++*calls;
    return 1;
}

static void it_can_be_cancelled(void **state)
{
    int calls = 0;
    struct index_verify_options options = {.opaque = &calls, .on_progress = cancel};
    struct index_build_options build_options = {0};
    const char *masters[] = {master_paths[0]};
    struct index_build_result built;
    struct index_verify_result result;
    struct error e;
    FILE *file = fopen(master_paths[0], "w");

    (void)state;
    fputs("symbol\n", file);
    for (int i = 0; i < 70000; i++)
        fprintf(file, "S%d\n", i);
    fclose(file);
    assert_int_equal(index_build(masters, 1, index_path, &build_options, &built, &e), 0);
    assert_int_equal(index_verify(index_path, &options, &result, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_int_equal(calls, 1);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(index_path, sizeof index_path, "%s/index", directory);
    for (int i = 0; i < 2; i++)
        snprintf(master_paths[i], sizeof master_paths[i], "%s/master-%d", directory, i);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(index_path);
    unlink(master_paths[0]);
    unlink(master_paths[1]);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_index_is_verified_with_the_masters_that_are_there),
        cmocka_unit_test(masters_may_be_named_and_have_to_be_all),
        cmocka_unit_test(a_flipped_byte_is_named_by_its_section),
        cmocka_unit_test(what_checksums_do_not_show_is_found),
        cmocka_unit_test(a_master_that_is_not_what_was_indexed_is_named_by_line),
        cmocka_unit_test(it_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
