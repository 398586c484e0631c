#include "consumer/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumer/fix_file.h"
#include "consumer/output_file.h"
#include "consumer/text_table.h"
#include "core/index_build.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* --- discrepancies made by hand --- */

struct planted {
    const char *symbol;
    const char *notional; /* "" none */
    const char *currency;
    const char *mic; /* of the master's row; NULL: there is none */
    const char *region;
    const char *exchange; /* of the message */
};

/* Gives the report one UNKNOWN_SECURITY. */
static void plant(struct report *report, const struct planted *planted, int64_t offset)
{
    struct origin origin = {.topic = slice_of("a.log"), .offset = offset};
    struct message_fields message = {.msg_type = slice_of("D")};
    struct message_amounts amounts = {.currency = slice_of(planted->currency)};
    struct instrument instrument = {
        .role = INSTRUMENT_BODY,
        .symbol = slice_of(planted->symbol),
        .exchange = slice_of(planted->exchange),
    };
    struct exposure exposure = {.counts = true};
    struct security security = {0};
    struct verdict verdict = {
        .kind = DISCREPANCY_UNKNOWN_SECURITY,
        .tag = 55,
        .has_observed = true,
        .observed = slice_of(planted->symbol),
    };
    struct discrepancy discrepancy = {
        .id = "0123456789abcdef0123456789abcdef",
        .verdict = &verdict,
        .severity = SEVERITY_HIGH,
        .origin = &origin,
        .message = &message,
        .amounts = &amounts,
        .exposure = &exposure,
        .instrument = &instrument,
        .security = planted->mic ? &security : NULL,
        .master_version = "v",
        .rule_set = "r",
    };
    struct error e;

    exposure.has_notional = decimal_parse(slice_of(planted->notional), &exposure.notional);
    if (planted->mic) {
        security.value[ROLE_MIC] = slice_of(planted->mic);
        security.value[ROLE_REGION] = slice_of(planted->region);
    }
    if (report->output.on_discrepancy(report->output.opaque, &discrepancy, &e) != 0)
        fail_msg("%s", e.text);
}

static void plant_dead_letter(struct report *report, const char *raw)
{
    struct origin origin = {.topic = slice_of("a.log"), .offset = 9};
    struct dead_letter dead_letter = {
        .id = "0123456789abcdef0123456789abcdef",
        .reason = FIX_CHECKSUM,
        .origin = &origin,
        .raw = slice_of(raw),
    };
    struct error e;

    if (report->output.on_dead_letter(report->output.opaque, &dead_letter, &e) != 0)
        fail_msg("%s", e.text);
}

static char *written(const struct report *report, enum report_format format, size_t limit, size_t *len)
{
    char *text = NULL;
    struct error e;
    FILE *out = open_memstream(&text, len);

    if (report_write_findings(report, format, limit, out, &e) != 0)
        fail_msg("%s", e.text);
    fclose(out);
    return text;
}

/* The instruments in the order of the CSV, each followed by a blank. */
static void order_of(const struct report *report, char *order, size_t size)
{
    size_t len;
    char *text = written(report, REPORT_CSV, SIZE_MAX, &len), *rest = text, *line;

    order[0] = '\0';
    strsep(&rest, "\n"); /* the header */
    while ((line = strsep(&rest, "\n")) && line[0])
        for (int column = 0; column <= 19; column++) {
            char *field = strsep(&line, ",");

            if (column == 19)
                snprintf(order + strlen(order), size - strlen(order), "%s ", field);
        }
    free(text);
}

static const struct planted some[] = {
    {"A", "", "USD", NULL, "", "XNYS"},        {"B", "10", "USD", "XLON", "UK", "XNYS"},
    {"C", "-1000.5", "EUR", "XLON", "UK", ""}, {"D", "10", "USD", "", "", "XNAS"},
    {"E", "999", "", "XTSE", "CA", ""},        {"F", "", "", NULL, "", ""},
};

static void findings_are_ranked_by_exposure_and_the_highest_are_kept(void **state)
{
    static const struct {
        size_t kept;
        const char *order;
    } rows[] = {{100, "C E B D A F "}, {6, "C E B D A F "}, {5, "C E B D A "}, {3, "C E B "}, {1, "C "}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report report;
        struct error e;
        char order[64];

        assert_int_equal(report_init(&report, rows[i].kept, &e), 0);
        for (size_t j = 0; j < COUNT(some); j++)
            plant(&report, &some[j], (int64_t)j);
        report_rank(&report);
        order_of(&report, order, sizeof order);
        assert_string_equal(order, rows[i].order);
        assert_int_equal(report.discrepancies, COUNT(some));
        report_free(&report);
    }
}

/* Against a plain sort, with exposures that often are the same. */
static void the_heap_keeps_what_a_sort_would(void **state)
{
    unsigned seed = 20260102;

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 50; round++) {
        size_t count = 1 + (size_t)rand_r(&seed) % 60, kept = 1 + (size_t)rand_r(&seed) % 30;
        struct report all, few;
        struct error e;
        char long_order[1024], short_order[1024];

        assert_int_equal(report_init(&all, 1000, &e), 0);
        assert_int_equal(report_init(&few, kept, &e), 0);
        for (size_t i = 0; i < count; i++) {
            char symbol[16], notional[16] = "";
            struct planted planted = {symbol, notional, "USD", NULL, "", ""};

            snprintf(symbol, sizeof symbol, "S%zu", i);
            if (rand_r(&seed) % 4 != 0)
                snprintf(notional, sizeof notional, "%d", rand_r(&seed) % 9 - 4);
            plant(&all, &planted, (int64_t)i);
            plant(&few, &planted, (int64_t)i);
        }
        report_rank(&all);
        report_rank(&few);
        order_of(&all, long_order, sizeof long_order);
        order_of(&few, short_order, sizeof short_order);
        assert_memory_equal(long_order, short_order, strlen(short_order));
        assert_int_equal(few.finding_count, count < kept ? count : kept);
        report_free(&all);
        report_free(&few);
    }
}

static char *summary_of(const struct report *report, const struct checker_counts *counts)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    report_write_summary(report, counts, out);
    fclose(out);
    return text;
}

static void totals_are_exact_by_region_and_exchange_and_currency(void **state)
{
    static const char *const lines[] = {
        "  UNKNOWN_SECURITY                  6  999 (none), 1000.5 EUR, 20 USD, 2 without a notional\n",
        "  HIGH                              6  999 (none), 1000.5 EUR, 20 USD, 2 without a notional\n",
        "  (none)                            3  10 USD, 2 without a notional\n", /* region */
        "  UK                                2  1000.5 EUR, 10 USD\n",
        "  XLON                              2  1000.5 EUR, 10 USD\n",
        "  XNYS                              1  1 without a notional\n", /* the message's, where there is no row */
        "  XNAS                              1  10 USD\n",               /* or the row has none */
        "  CHECKSUM                          1  CheckSum (10) is not the sum",
        "Messages: 12 seen; 5 matched, 4 discrepant (6 discrepancies), 1 malformed, 2 ignored",
        "Only the 3 discrepancies of the highest exposure were kept",
    };
    struct checker_counts counts = {.messages = 12,
                                    .matched = 5,
                                    .discrepant = 4,
                                    .malformed = 1,
                                    .ignored = 2,
                                    .discrepancies = 6,
                                    .by_reason[FIX_CHECKSUM] = 1};
    struct report report;
    struct error e;

    (void)state;
    assert_int_equal(report_init(&report, 3, &e), 0);
    for (size_t i = 0; i < COUNT(some); i++)
        plant(&report, &some[i], (int64_t)i);
    plant_dead_letter(&report, "8=FIX");
    report_rank(&report);
    char *text = summary_of(&report, &counts);
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(text, lines[i]))
            fail_msg("no \"%s\" in:\n%s", lines[i], text);
    free(text);
    report_free(&report);
}

static void each_format_says_the_same(void **state)
{
    static const struct {
        enum report_format format;
        size_t limit;
        const char *parts[4];
    } rows[] = {
        {REPORT_TABLE, 1, {"EXPOSURE", "1000.5  EUR  UNKNOWN_SECURITY", "a.log:1", "... and 1 more (--limit)"}},
        {REPORT_TABLE, 2, {"      -  -  ", "a,\"b \xc3\xa9 [1m", "a.log:0", ""}},
        {REPORT_CSV,
         9,
         {"type,id,kind,", "discrepancy,0123456789abcdef", "\"a,\"\"b \xc3\xa9\033[1m\"", "-1000.5,EUR"}},
        {REPORT_JSON,
         9,
         {"{\"type\":\"discrepancy\",\"id\":", "\"notional\":\"-1000.5\"", "\"a,\\\"b \xc3\xa9\\u001B[1m\"", ""}},
        {REPORT_AVRO, 9, {"Obj\001", "", "", ""}},
    };
    struct planted planted[] = {{"a,\"b \xe9\033[1m", "", "", NULL, "", ""}, {"C", "-1000.5", "EUR", NULL, "", ""}};
    struct report report;
    struct error e;

    (void)state;
    assert_int_equal(report_init(&report, 10, &e), 0);
    plant(&report, &planted[0], 0);
    plant(&report, &planted[1], 1);
    report_rank(&report);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len;
        char *text = written(&report, rows[i].format, rows[i].limit, &len);

        for (size_t j = 0; j < 4; j++)
            if (!strstr(text, rows[i].parts[j]))
                fail_msg("%s: no \"%s\" in:\n%s", report_format_name(rows[i].format), rows[i].parts[j], text);
        if (rows[i].format == REPORT_AVRO)
            assert_non_null(memmem(text, len, "a,\"b \xc3\xa9\033[1m", 10));
        if (rows[i].format == REPORT_TABLE)
            assert_null(strchr(text, '\033'));
        assert_int_equal(report_format_from_name(report_format_name(rows[i].format)), rows[i].format);
        free(text);
    }
    assert_int_equal(report_format_from_name("xml"), REPORT_FORMAT_COUNT);
    report_free(&report);
}

static void dead_letters_are_written_where_they_are_asked_for(void **state)
{
    static const struct {
        enum report_format format;
        bool alone;
        const char *start;
        const char *part;
    } rows[] = {
        {REPORT_TABLE, false, "Malformed:\n  a.log:9: CHECKSUM: CheckSum (10)", "... and 1 more (--dead-letters)"},
        {REPORT_CSV, true, "type,id,", "\ndead_letter,0123456789abcdef0123456789abcdef,CHECKSUM,,a.log,9,"},
        {REPORT_CSV, false, "dead_letter,", ",8=FIX\n"},
        {REPORT_JSON, true, "{\"type\":\"dead_letter\",", "\"raw\":\"8=FIX\""},
        {REPORT_AVRO, true, "Obj\001", "Obj"},
    };
    struct report report;
    struct error e;

    (void)state;
    assert_int_equal(report_init(&report, 10, &e), 0);
    plant_dead_letter(&report, "8=FIX");
    plant_dead_letter(&report, "8=FIX");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        assert_int_equal(report_write_dead_letters(&report, rows[i].format, rows[i].format == REPORT_TABLE ? 1 : 9,
                                                   rows[i].alone, out, &e),
                         0);
        fclose(out);
        assert_memory_equal(text, rows[i].start, strlen(rows[i].start));
        assert_non_null(strstr(text, rows[i].part));
        free(text);
    }
    report_free(&report);
}

static void an_empty_report_is_a_good_file_in_each_format(void **state)
{
    struct report report;
    struct error e;

    (void)state;
    assert_int_equal(report_init(&report, 10, &e), 0);
    report_rank(&report);
    for (int format = 0; format < REPORT_FORMAT_COUNT; format++) {
        size_t len;
        char *text = written(&report, (enum report_format)format, 10, &len);

        assert_int_equal(len > 0, format == REPORT_CSV || format == REPORT_AVRO); /* their headers */
        free(text);
    }
    report_free(&report);
}

/* --- the parts --- */

static void names_and_currencies_beyond_the_limits_are_counted_together(void **state)
{
    struct totals totals = {0};
    struct exposure one = {.has_notional = true, .counts = true};
    struct exposure again = {.has_notional = true};
    struct error e;
    char name[16];

    (void)state;
    assert_true(decimal_parse(slice_of("-1"), &one.notional));
    for (int i = 0; i < TOTALS_NAMES_MAX + 5; i++) {
        snprintf(name, sizeof name, "N%05d", i);
        assert_int_equal(totals_add(&totals, slice_of(name), &one, slice_of("USD"), &e), 0);
    }
    assert_int_equal(totals.count, TOTALS_NAMES_MAX + 1);
    assert_string_equal(totals.items[0].name, TOTALS_OTHERS); /* '(' sorts first */
    assert_int_equal(totals.items[0].count, 5);
    totals_free(&totals);
    for (int i = 0; i < TOTALS_CURRENCIES_MAX + 3; i++) {
        snprintf(name, sizeof name, "C%d", i);
        assert_int_equal(totals_add(&totals, slice_of("x"), &one, slice_of(name), &e), 0);
    }
    assert_int_equal(totals.items[0].currency_count, TOTALS_CURRENCIES_MAX);
    assert_int_equal(totals.items[0].without, 3);
    assert_int_equal(totals.items[0].count, TOTALS_CURRENCIES_MAX + 3);
    assert_int_equal(totals_add(&totals, slice_of("x"), &again, slice_of("C0"), &e), 0);
    assert_int_equal(totals.items[0].repeated, 1);
    assert_int_equal(totals.items[0].without, 3);
    totals_free(&totals);
}

static void cells_are_cut_but_for_the_last_and_hold_no_controls(void **state)
{
    struct text_table table = {.columns = 3};
    char cell[TEXT_TABLE_CELL_MAX + 2], expected[256], *text = NULL;
    struct error e;
    size_t len;

    (void)state;
    memset(cell, 'x', sizeof cell);
    cell[TEXT_TABLE_CELL_MAX] = '\0';
    assert_int_equal(text_table_add(&table, strdup("1"), &e), 0);
    assert_int_equal(text_table_add(&table, strdup(cell), &e), 0);
    assert_int_equal(text_table_add(&table, strdup("a\tb\xc2\x9b"), &e), 0);
    cell[TEXT_TABLE_CELL_MAX] = 'x';
    cell[TEXT_TABLE_CELL_MAX + 1] = '\0';
    assert_int_equal(text_table_add(&table, strdup("22"), &e), 0);
    assert_int_equal(text_table_add(&table, strdup(cell), &e), 0);
    assert_int_equal(text_table_add(&table, strdup(cell), &e), 0);
    assert_int_equal(text_table_add(&table, NULL, &e), -1);
    FILE *out = open_memstream(&text, &len);
    text_table_print(&table, out);
    fclose(out);
    snprintf(expected, sizeof expected, " 1  %.40s  a b  \n22  %.38s..  %s\n", cell, cell, cell);
    assert_string_equal(text, expected);
    free(text);
    text_table_free(&table);
}

static size_t files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2; /* . and .. */
}

static void a_file_appears_when_it_is_whole(void **state)
{
    char folder[] = "/tmp/fixwarden-test-XXXXXX", path[64], text[8] = "";
    struct output_file file;
    struct error e = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
    assert_int_equal(output_file_open(&file, path, &e), 0);
    fputs("one", file.stream);
    assert_int_equal(access(path, F_OK), -1);
    output_file_close(&file); /* given up */
    assert_int_equal(files_in(folder), 0);

    for (int i = 0; i < 2; i++) { /* new, then in place of the old one */
        assert_int_equal(output_file_open(&file, path, &e), 0);
        fputs(i ? "two" : "one", file.stream);
        assert_int_equal(output_file_commit(&file, &e), 0);
        output_file_close(&file);
        assert_int_equal(files_in(folder), 1);
    }
    FILE *in = fopen(path, "r");
    assert_int_equal(fread(text, 1, sizeof text - 1, in), 3);
    assert_string_equal(text, "two");
    fclose(in);

    assert_int_equal(output_file_open(&file, folder, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(output_file_open(&file, "/nonexistent/x", &e), -1);
    assert_int_equal(output_file_open(&file, "/dev/full", &e), 0);
    fputs("x", file.stream);
    assert_int_equal(output_file_commit(&file, &e), -1);
    output_file_close(&file);
    unlink(path);
    rmdir(folder);
}

/* --- whole files --- */

struct fixture {
    char folder[64];
    struct index *index;
};

static void write_text(const char *folder, const char *name, const char *text, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void fixture_open(struct fixture *fixture)
{
    char master[128], path[128];
    const char *masters[] = {master};
    struct index_build_options options = {.max_bad_rows = UINT64_MAX};
    struct index_build_result result;
    struct error e;

    strcpy(fixture->folder, "/tmp/fixwarden-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    write_text(fixture->folder, "master.csv", "symbol,currency,mic,country\nIBM,USD,XNYS,US\n", master);
    snprintf(path, sizeof path, "%s/index", fixture->folder);
    if (index_build(masters, 1, path, &options, &result, &e) != 0 ||
        index_open(path, &(struct index_open_options){0}, &fixture->index, &e) != 0)
        fail_msg("%s", e.text);
    unlink(master);
    unlink(path);
}

static void fixture_close(struct fixture *fixture)
{
    index_close(fixture->index);
    rmdir(fixture->folder);
}

/* Files larger than a chunk, so that messages lie across the ends of reads. */
static void every_message_of_a_large_file_is_checked_once(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, FIX_FILE_CHUNK / 100, 3 * FIX_FILE_CHUNK / 100};
    struct fixture fixture;
    atomic_bool stop = false;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct rules rules;
        struct report report;
        struct error e;
        char path[128];

        write_text(fixture.folder, "fix.log", "", path);
        FILE *out = fopen(path, "w");
        for (size_t n = 0; n < sizes[i]; n++)
            fprintf(out, "20260102 sent 8=FIX.4.2|9=0|35=D|34=%zu|55=%s|15=%s|38=10|44=%zu|10=000|\n%s", n,
                    n % 3 ? "IBM" : "NOPE", n % 5 ? "USD" : "EUR", n + 1, n % 7 ? "" : "a line of prose\n");
        fclose(out);
        rules_default(&rules);
        struct checker *checker = checker_new(&rules, FIX_LOG);
        assert_non_null(checker);
        assert_int_equal(report_init(&report, 100, &e), 0);
        if (fix_file_check(path, checker, fixture.index, &report.output, &stop, &e) != 0)
            fail_msg("%s", e.text);
        const struct checker_counts *counts = checker_counts(checker);
        uint64_t unknown = (sizes[i] + 2) / 3, wrong = (sizes[i] + 4) / 5 - (sizes[i] + 14) / 15;
        assert_int_equal(counts->messages, sizes[i]);
        assert_int_equal(counts->skipped, (sizes[i] + 6) / 7);
        assert_int_equal(counts->by_kind[DISCREPANCY_UNKNOWN_SECURITY], unknown);
        assert_int_equal(counts->by_kind[DISCREPANCY_CURRENCY_MISMATCH], wrong);
        assert_int_equal(counts->matched + counts->discrepant, sizes[i]);
        assert_int_equal(report.discrepancies, unknown + wrong);
        report_free(&report);
        checker_free(checker);
        unlink(path);
    }
    fixture_close(&fixture);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    static const struct {
        const char *path;
        bool stop;
        enum error_code code;
        const char *text;
    } rows[] = {
        {"/nonexistent.log", false, ERROR_IO, "/nonexistent.log: No such file or directory"},
        {"/tmp", false, ERROR_IO, "/tmp: it is a directory"},
        {"/dev/zero", true, ERROR_TEMPORARY, "/dev/zero: the check was interrupted"},
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < COUNT(rows); i++) {
        atomic_bool stop = rows[i].stop;
        struct rules rules;
        struct report report;
        struct error e;

        rules_default(&rules);
        struct checker *checker = checker_new(&rules, FIX_LOG);
        assert_int_equal(report_init(&report, 100, &e), 0);
        assert_int_equal(fix_file_check(rows[i].path, checker, fixture.index, &report.output, &stop, &e), -1);
        assert_int_equal(e.code, rows[i].code);
        assert_string_equal(e.text, rows[i].text);
        report_free(&report);
        checker_free(checker);
    }
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_ranked_by_exposure_and_the_highest_are_kept),
        cmocka_unit_test(the_heap_keeps_what_a_sort_would),
        cmocka_unit_test(totals_are_exact_by_region_and_exchange_and_currency),
        cmocka_unit_test(each_format_says_the_same),
        cmocka_unit_test(dead_letters_are_written_where_they_are_asked_for),
        cmocka_unit_test(an_empty_report_is_a_good_file_in_each_format),
        cmocka_unit_test(names_and_currencies_beyond_the_limits_are_counted_together),
        cmocka_unit_test(cells_are_cut_but_for_the_last_and_hold_no_controls),
        cmocka_unit_test(a_file_appears_when_it_is_whole),
        cmocka_unit_test(every_message_of_a_large_file_is_checked_once),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
