/* fix_check: what the whole check of a message costs: parsed, validated, looked up in an index that is far larger than
 * the processor's caches, and compared. What disagrees is counted, or encoded in Avro, too.
 *
 * The messages of a file, one to a line, are checked as the pump does it: so many records at once, as one poll takes
 * them. All of them are checked several times; of each such batch the best time counts, and between two times of
 * it stand all the others, so that neither the messages nor their rows wait in a cache. The index is populated.
 *
 * The figures are for comparing, and never fail. Exit codes: 0, 64 usage, 65 the index or the messages, 70 memory or
 * the check. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/found.h"
#include "fix_lines.h"

enum { EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_INTERNAL = 70 };
enum { BATCH = 256 /* records of a poll */ };

static const char usage[] = "Usage: bench-fix-check INDEX FILE ROUNDS count|encode\n"
                            "\n"
                            "Checks the messages of FILE against INDEX.\n";

struct bench {
    struct index *index;
    struct fix_lines lines;
    struct checker *checker;
    struct found *found;
    struct checker_output output; /* found's, or one that does nothing */
    double *best;                 /* seconds of each batch */
    struct checker_record records[BATCH];
};

static int complain(int code, const struct error *e)
{
    fprintf(stderr, "bench-fix-check: %s\n", e->text);
    return code;
}

static int pass_over_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    (void)opaque, (void)discrepancy, (void)e;
    return 0;
}

static int pass_over_dead_letter(void *opaque, const struct dead_letter *dead_letter, struct error *e)
{
    (void)opaque, (void)dead_letter, (void)e;
    return 0;
}

/* As a poll fills them in. */
static size_t take_records(struct bench *b, size_t first)
{
    size_t count = b->lines.count - first < BATCH ? b->lines.count - first : BATCH;

    for (size_t i = 0; i < count; i++)
        b->records[i] = (struct checker_record){.origin = {.topic = {"orders", 6}, .offset = (int64_t)(first + i)},
                                                .value = b->lines.items[first + i]};
    return count;
}

/* Checks everything once. */
static int check_all(struct bench *b, struct error *e)
{
    for (size_t first = 0; first < b->lines.count; first += BATCH) {
        size_t count = take_records(b, first), done;
        double start = seconds_now();

        if (checker_check_batch(b->checker, b->index, b->records, count, &b->output, &done, e) != 0)
            return -1;
        double taken = seconds_now() - start;
        double *best = &b->best[first / BATCH];
        *best = *best == 0 || taken < *best ? taken : *best;
        found_clear(b->found);
    }
    return 0;
}

static void print(const struct bench *b, unsigned long rounds)
{
    const struct checker_counts *c = checker_counts(b->checker);
    double seconds = 0;

    for (size_t i = 0; i * BATCH < b->lines.count; i++)
        seconds += b->best[i];
    printf("%zu messages of %zu bytes, %.2f%% of them discrepant, %llu findings: %.1f ns\n", b->lines.count,
           b->lines.bytes / b->lines.count, 100 * (double)c->discrepant / (double)c->messages,
           (unsigned long long)(c->discrepancies / rounds), seconds * 1e9 / (double)b->lines.count);
}

static int run(struct bench *b, unsigned long rounds, bool encode)
{
    struct slice no_headers[FOUND_TYPE_COUNT] = {{0}};
    struct rules rules;
    struct error e;

    rules_default(&rules);
    b->checker = checker_new(&rules, FIX_STRICT);
    b->best = calloc(b->lines.count / BATCH + 1, sizeof *b->best);
    if (b->checker == NULL || b->best == NULL || found_new(no_headers, &b->found, &e) != 0)
        return EXIT_INTERNAL;
    b->output = (struct checker_output){NULL, pass_over_discrepancy, pass_over_dead_letter};
    if (encode)
        b->output = *found_output(b->found);
    for (unsigned long i = 0; i < rounds; i++)
        if (check_all(b, &e) != 0)
            return complain(EXIT_INTERNAL, &e);
    print(b, rounds);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct error e = {0};
    int rc;

    if (argc != 5 || strtoul(argv[3], NULL, 10) == 0) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (index_open(argv[1], &(struct index_open_options){.populate = true}, &b.index, &e) != 0)
        rc = complain(EXIT_DATA, &e);
    else if (!fix_lines_read(argv[2], NULL, NULL, &b.lines))
        rc = complain(EXIT_DATA, &(struct error){.text = "the messages cannot be read"});
    else
        rc = run(&b, strtoul(argv[3], NULL, 10), strcmp(argv[4], "encode") == 0);
    found_free(b.found);
    checker_free(b.checker);
    free(b.best);
    fix_lines_free(&b.lines);
    index_close(b.index);
    return rc;
}
