/* Many records at once give what each of them gives alone, whatever stands in them. */
#include "support.h"

#include <unistd.h>

#include "core/checker.h"
#include "core/found.h"

enum { ROUNDS = 60, RECORDS_MAX = 200, MESSAGES_MAX = 5, TEXT_ROOM = 64 };

/* AAA is one listing of several; DUP two securities; BRK.B has another spelling. */
#define MASTER                                                                                                         \
    "symbol,cusip,isin,mic,currency,delisted\n"                                                                        \
    "AAPL,037833100,US0378331005,XNAS,USD,\n"                                                                          \
    "IBM,459200101,US4592001014,XNYS,USD,\n"                                                                           \
    "AAA,,CH0012214059,XSWX,CHF,\n"                                                                                    \
    "AAA,,CH0012214059,XLON,GBP,\n"                                                                                    \
    "AAA,,CH0012214059,XPAR,EUR,\n"                                                                                    \
    "DUP,111111118,,XNYS,USD,\n"                                                                                       \
    "DUP,222222226,,XPAR,EUR,\n"                                                                                       \
    "BRK.B,084670702,US0846707026,XNYS,USD,\n"                                                                         \
    "GONE,2000019AA,,XNYS,USD,TRUE\n"

/* A message, and what is found in it. */
struct sample {
    const char *body;
    const char *found;
};

static const struct sample samples[] = {
    {"35=D|55=AAPL|48=037833100|22=1|", ""},
    {"35=D|55=IBM|48=US4592001014|22=4|207=XNYS|15=USD|", ""},
    {"35=D|48=CH0012214059|22=4|207=XPAR|15=EUR|", ""},
    {"35=D|55=DUP|207=XPAR|", ""},
    {"35=D|55=AAPL|48=NOTHING|22=5|", ""}, /* the master has no such column */
    {"35=0|", ""},
    {"35=D|55=IBM|48=037833100|22=1|15=EUR|", "CURRENCY_MISMATCH SYMBOL_MISMATCH "},
    {"35=D|48=037833100|22=1|454=1|455=US4592001014|456=4|", "IDENTIFIER_CONFLICT "},
    {"35=D|55=AAPL|48=US5949181045|22=4|", "UNKNOWN_SECURITY "},
    {"35=D|55=AAPL|48=037833101|22=1|", "INVALID_IDENTIFIER "},
    {"35=D|55=DUP|", "AMBIGUOUS_SECURITY "},
    {"35=D|55=BRK/B|", "SYMBOL_FORMAT_VARIANT "},
    {"35=D|55=BRK|65=B|", "SYMBOL_FORMAT_VARIANT "},
    {"35=D|55=ZZZZ|", "UNKNOWN_SECURITY "},
    {"35=D|55=GONE|", "INACTIVE_SECURITY "},
    {"35=D|11=1|", "MISSING_IDENTIFIER "},
    {"35=AB|55=AAPL|555=3|600=IBM|600=ZZZZ|600=GONE|", "UNKNOWN_SECURITY INACTIVE_SECURITY "},
    {"bad", "NOT_FIX "},
};

/* What was reported, each with the offset and the message's number. */
struct seen {
    char *text;
    size_t len;
    int64_t refused; /* the offset whose findings it does not take; -1: none */
};

static int see(struct seen *seen, const struct origin *origin, const char *name, struct error *e)
{
    if (origin->offset == seen->refused)
        return error_set(e, ERROR_IO, "refused");
    seen->text = realloc(seen->text, seen->len + TEXT_ROOM);
    assert_non_null(seen->text);
    seen->len += (size_t)snprintf(seen->text + seen->len, TEXT_ROOM, "%s@%lld+%d ", name, (long long)origin->offset,
                                  origin->message);
    return 0;
}

static int see_discrepancy(void *opaque, const struct discrepancy *d, struct error *e)
{
    return see(opaque, d->origin, discrepancy_kind_name(d->verdict->kind), e);
}

static int see_dead_letter(void *opaque, const struct dead_letter *l, struct error *e)
{
    return see(opaque, l->origin, fix_reason_name(l->reason), e);
}

static struct checker_output output_to(struct seen *seen)
{
    return (struct checker_output){seen, see_discrepancy, see_dead_letter};
}

/* Appends a message to a record. Returns false behind one that takes the record's rest. */
static bool add_message(const struct sample *sample, struct checker_record *record, int number, struct seen *expected)
{
    bool is_bad = strcmp(sample->body, "bad") == 0;
    size_t len = 3;
    char *message = is_bad ? strdup("bad") : support_fix("FIX.4.4", sample->body, &len);
    char *all = realloc((void *)(uintptr_t)record->value.ptr, record->value.len + len);
    struct origin origin = record->origin;

    assert_non_null(all);
    memcpy(all + record->value.len, message, len);
    record->value = slice_make(all, record->value.len + len);
    free(message);
    origin.message = number;
    for (const char *at = sample->found; *at; at += strcspn(at, " ") + 1) {
        char name[TEXT_ROOM];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, " "), at);
        (void)see(expected, &origin, name, NULL);
    }
    return !is_bad;
}

/* `expected` takes what is found in it. */
static struct checker_record random_record(int64_t offset, struct seen *expected)
{
    struct checker_record record = {.origin = {.topic = {"orders", 6}, .partition = 3, .offset = offset}};
    int count = rand() % 20 ? 1 + rand() % (rand() % 4 ? 1 : MESSAGES_MAX) : 0;

    for (int i = 0; i < count; i++)
        if (!add_message(&samples[(size_t)rand() % COUNT_OF(samples)], &record, i, expected))
            break;
    if (count == 0)
        (void)see(expected, &record.origin, "EMPTY", NULL);
    return record;
}

/* One batch of records, and what has to be found in it. */
struct batch {
    struct checker_record records[RECORDS_MAX];
    size_t count;
    struct seen expected;
};

static void make_batch(struct batch *b)
{
    *b = (struct batch){.count = (size_t)rand() % (RECORDS_MAX + 1), .expected = {.refused = -1}};
    for (size_t i = 0; i < b->count; i++)
        b->records[i] = random_record((int64_t)i, &b->expected);
}

static void free_batch(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        free((void *)(uintptr_t)b->records[i].value.ptr);
    free(b->expected.text);
}

static void expect_same(const struct seen *expected, const struct seen *seen)
{
    assert_int_equal(seen->len, expected->len);
    if (seen->len > 0)
        assert_string_equal(seen->text, expected->text);
}

struct fixture {
    struct index *index;
    struct rules rules;
};

static struct checker *make_checker(const struct fixture *f)
{
    struct checker *checker = checker_new(&f->rules, FIX_STRICT);

    assert_non_null(checker);
    return checker;
}

static struct checker_counts counts_one_by_one(const struct fixture *f, const struct batch *b)
{
    struct checker *checker = make_checker(f);
    struct seen seen = {.refused = -1};
    struct checker_output output = output_to(&seen);
    struct checker_counts counts;
    struct error e;

    for (size_t i = 0; i < b->count; i++)
        assert_int_equal(checker_check(checker, f->index, b->records[i].value, &b->records[i].origin, &output, &e), 0);
    expect_same(&b->expected, &seen);
    counts = *checker_counts(checker);
    checker_free(checker);
    free(seen.text);
    return counts;
}

static void expect_batch(const struct fixture *f, const struct batch *b)
{
    struct checker_counts expected = counts_one_by_one(f, b);
    struct checker *checker = make_checker(f);
    struct seen seen = {.refused = -1};
    struct checker_output output = output_to(&seen);
    struct error e;
    size_t done;

    assert_int_equal(checker_check_batch(checker, f->index, b->records, b->count, &output, &done, &e), 0);
    assert_int_equal(done, b->count);
    expect_same(&b->expected, &seen);
    assert_memory_equal(checker_counts(checker), &expected, sizeof expected);
    checker_free(checker);
    free(seen.text);
}

static void a_batch_finds_what_its_records_hold_in_their_order(void **state)
{
    unsigned seed = (unsigned)getpid();

    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < ROUNDS; round++) {
        struct batch b;

        make_batch(&b);
        expect_batch(*state, &b);
        free_batch(&b);
    }
}

/* The records before it are done, and what they hold was found; the checker goes on with what it is given next. */
static void an_output_that_refuses_a_finding_ends_the_batch_at_its_record(void **state)
{
    const struct fixture *f = *state;
    struct checker *checker = make_checker(f);
    unsigned seed = (unsigned)getpid();

    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < ROUNDS; round++) {
        struct batch b;
        struct seen seen = {.refused = rand() % RECORDS_MAX};
        struct checker_output output = output_to(&seen);
        struct error e;
        size_t done;

        make_batch(&b);
        if (checker_check_batch(checker, f->index, b.records, b.count, &output, &done, &e) == 0) {
            assert_int_equal(done, b.count);
            expect_same(&b.expected, &seen);
        } else {
            assert_int_equal(done, seen.refused);
            assert_true(seen.len < b.expected.len);
            assert_memory_equal(seen.text ? seen.text : "", b.expected.text, seen.len);
        }
        free_batch(&b);
        free(seen.text);
    }
    checker_free(checker);
}

/* Encoded, too. */
static void the_same_bytes_are_published(void **state)
{
    const struct fixture *f = *state;
    const struct slice headers[FOUND_TYPE_COUNT] = {{"head", 4}, {"letter", 6}};
    struct checker *checker = make_checker(f);
    struct found *batched, *single;
    struct batch b;
    struct error e;
    size_t done;

    srand(1);
    make_batch(&b);
    assert_int_equal(found_new(headers, &batched, &e), 0);
    assert_int_equal(found_new(headers, &single, &e), 0);
    assert_int_equal(checker_check_batch(checker, f->index, b.records, b.count, found_output(batched), &done, &e), 0);
    for (size_t i = 0; i < b.count; i++)
        assert_int_equal(
            checker_check(checker, f->index, b.records[i].value, &b.records[i].origin, found_output(single), &e), 0);
    assert_true(found_count(single) > 0);
    assert_int_equal(found_count(batched), found_count(single));
    for (size_t i = 0; i < found_count(single); i++) {
        assert_int_equal(found_item(batched, i).type, found_item(single, i).type);
        assert_true(slice_equal(found_item(batched, i).key, found_item(single, i).key));
        assert_true(slice_equal(found_item(batched, i).value, found_item(single, i).value));
    }
    found_free(batched);
    found_free(single);
    free_batch(&b);
    checker_free(checker);
}

/* Each message of a log is a record of its own, and lines that are not FIX count once. */
static void the_lines_of_a_log_are_counted_once(void **state)
{
    const struct fixture *f = *state;
    struct checker *checker = checker_new(&f->rules, FIX_LOG);
    struct seen seen = {.refused = -1};
    struct checker_output output = output_to(&seen);
    struct checker_record records[RECORDS_MAX];
    struct error e;
    size_t done;

    assert_non_null(checker);
    for (size_t i = 0; i < RECORDS_MAX; i++)
        records[i] = (struct checker_record){.origin = {.offset = (int64_t)i}, .value = slice_of("no FIX\nnor this\n")};
    assert_int_equal(checker_check_batch(checker, f->index, records, RECORDS_MAX, &output, &done, &e), 0);
    assert_int_equal(checker_counts(checker)->skipped, 2 * RECORDS_MAX);
    assert_int_equal(checker_counts(checker)->messages, 0);
    checker_free(checker);
}

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture.index = support_index(MASTER);
    rules_default(&fixture.rules);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    index_close(f->index);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_finds_what_its_records_hold_in_their_order),
        cmocka_unit_test(an_output_that_refuses_a_finding_ends_the_batch_at_its_record),
        cmocka_unit_test(the_same_bytes_are_published),
        cmocka_unit_test(the_lines_of_a_log_are_counted_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
