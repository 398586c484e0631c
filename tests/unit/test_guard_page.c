/* Every message of tests/data and of the fuzzer's corpus, cut at every length, against a page that must not be touched:
 * behind its last byte, and before its first. The vector code is given in each variant that the processor has. */
#include "guard.h"
#include "support.h"

#include <dirent.h>
#include <time.h>

#include "core/avx512.h"
#include "core/decimal.h"
#include "core/fix.h"
#include "core/fix_plain.h"
#include "core/fix_scan.h"
#include "core/fix_time.h"
#include "core/fix_wide.h"
#include "core/instrument.h"
#include "core/utf8.h"

#define INPUT_MAX (1u << 17) /* bytes of one file */

/* What the inputs are tried with. */
struct trial {
    struct guard guard;
    struct instrument_list list;
    unsigned long messages;
    unsigned long instruments;
};

static void check_within(struct slice part, struct slice whole)
{
    if (part.len > 0)
        assert_true(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* ---- from bytes to instruments ---- */

static void look_at(const struct instrument *instrument, struct slice whole)
{
    const struct slice parts[] = {instrument->symbol,        instrument->suffix,     instrument->exchange,
                                  instrument->currency,      instrument->type,       instrument->cfi,
                                  instrument->maturity_date, instrument->strike,     instrument->put_call,
                                  instrument->maturity_day,  instrument->multiplier, instrument->maturity_month_year};
    char key[IDENTIFIER_MAX];

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        check_within(parts[i], whole);
    for (size_t i = 0; i < instrument->identifier_count; i++) {
        const struct instrument_identifier *id = &instrument->identifiers[i];
        check_within(id->value, whole);
        identifier_key(id->kind, id->value, key);
        identifier_check(id->kind, id->value);
    }
}

static void extract(struct trial *t, const struct fix_message *message, struct slice whole)
{
    const struct instrument *instrument;
    struct message_amounts amounts;
    enum fix_reason reason;
    struct error e;

    assert_int_equal(instrument_extract(&t->list, message, support_sources(), true, &reason, &e), 0);
    instrument_message(&t->list);
    while (reason == FIX_OK && (instrument = instrument_next(&t->list)) != NULL) {
        look_at(instrument, whole);
        instrument_amounts(&t->list, &amounts);
        t->instruments++;
    }
}

static void walk(const struct fix_message *message, struct slice whole)
{
    struct fix_cursor cursor;
    struct fix_field field;

    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field))
        check_within(field.value, whole);
}

static void read_guarded(struct trial *t, unsigned tolerated, struct slice bytes)
{
    struct fix_step step;
    size_t at = 0;

    do {
        fix_next(tolerated, slice_make(bytes.ptr + at, bytes.len - at), at == 0, true, &step);
        check_within(step.malformed, bytes);
        if (step.event == FIX_MESSAGE) {
            walk(&step.message, bytes);
            extract(t, &step.message, bytes);
            t->messages++;
        }
        at += step.consumed;
    } while (step.event != FIX_END && at < bytes.len);
}

/* As much of it as there is, and what fix_next would give of it to the vector code: up to the trailer. */
static void scan_guarded(struct slice bytes)
{
    static const char delimiters[] = {'\x01', '|'};
    static struct fix_scan scan;
    static struct fix_index index;
    struct fix_wide wide;
    size_t fields = bytes.len > strlen("10=000|") ? bytes.len - strlen("10=000|") : 0;

    for (int v = 0; v < FIX_SCAN_VARIANTS; v++)
        for (size_t d = 0; d < COUNT_OF(delimiters) && fix_scan_has((enum fix_scan_variant)v); d++) {
            fix_scan((enum fix_scan_variant)v, bytes.ptr, bytes.len, delimiters[d], &scan);
            fix_scan((enum fix_scan_variant)v, bytes.ptr, fields, delimiters[d], &scan);
            if (scan.plain && scan.count > 0)
                fix_plain_read(bytes.ptr, &scan, &index);
        }
    for (size_t d = 0; d < COUNT_OF(delimiters) && avx512_has(); d++) {
        fix_wide_scan(bytes.ptr, bytes.len, delimiters[d], &wide);
        fix_wide_scan(bytes.ptr, fields, delimiters[d], &wide);
        if (wide.plain)
            fix_wide_read(bytes.ptr, &wide, &index);
    }
}

/* ---- the inputs ---- */

static void try_at_every_length(struct trial *t, struct slice input)
{
    static const unsigned sets[] = {FIX_STRICT, FIX_LOG, FIX_STRICT_LOG};

    for (size_t len = 0; len <= input.len; len++) {
        const struct slice cut = slice_make(input.ptr, len);
        for (size_t s = 0; s < COUNT_OF(sets); s++)
            read_guarded(t, sets[s], guard_at_end(&t->guard, cut));
        scan_guarded(guard_at_end(&t->guard, cut));
        scan_guarded(guard_at_start(&t->guard, cut));
    }
    /* At the start only what is before counts, and that is the same for each length. */
    for (size_t s = 0; s < COUNT_OF(sets); s++)
        read_guarded(t, sets[s], guard_at_start(&t->guard, input));
}

static struct slice read_input(const char *folder, const char *name)
{
    static char bytes[INPUT_MAX];
    char path[4096];
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(bytes, 1, sizeof bytes, file);
    assert_true(len < sizeof bytes);
    fclose(file);
    return slice_make(bytes, len);
}

/* Each file of the folder, by each message of its own where `by_message`. Returns how many inputs there were. */
static unsigned try_folder(struct trial *t, const char *folder, bool by_message)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    unsigned count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        struct slice input;
        struct fix_step step;
        if (entry->d_name[0] == '.')
            continue;
        input = read_input(folder, entry->d_name);
        for (size_t at = 0; by_message && at < input.len; at += step.consumed) {
            fix_next(FIX_LOG, slice_make(input.ptr + at, input.len - at), false, true, &step);
            try_at_every_length(t, slice_make(input.ptr + at, step.consumed));
            count++;
        }
        if (!by_message)
            try_at_every_length(t, input);
        count += !by_message;
    }
    closedir(dir);
    return count;
}

static void messages_of_the_data_stay_within_their_bytes(void **state)
{
    struct trial t = {0};

    (void)state;
    guard_make(&t.guard, INPUT_MAX);
    print_message("%u inputs\n", try_folder(&t, FIXWARDEN_TEST_DATA "/fix", true));
    assert_true(t.messages > 10000 && t.instruments > 1000);
    instrument_list_free(&t.list);
    guard_release(&t.guard);
}

static void the_corpus_of_the_fuzzer_stays_within_its_bytes(void **state)
{
    struct trial t = {0};

    (void)state;
    guard_make(&t.guard, INPUT_MAX);
    print_message("%u inputs\n", try_folder(&t, FIXWARDEN_SOURCE_DIR "/tests/fuzz/corpus/fuzz_fix", false));
    assert_true(t.messages > 100);
    instrument_list_free(&t.list);
    guard_release(&t.guard);
}

/* ---- values alone ---- */

static void parse(struct slice value)
{
    char key[IDENTIFIER_MAX];
    struct decimal decimal;
    struct date date;
    int64_t micros;
    volatile uint64_t word; /* or it would not be read */

    for (int kind = 0; kind <= IDENTIFIER_UNKNOWN; kind++) {
        identifier_key((enum identifier_kind)kind, value, key);
        identifier_check((enum identifier_kind)kind, value);
        identifier_is_placeholder((enum identifier_kind)kind, value);
    }
    identifier_sources_kind(support_sources(), value);
    identifier_kind_from_name(value);
    decimal_parse(value, &decimal);
    fix_time_parse_timestamp(value, &micros);
    fix_time_parse_date(value, &date);
    fix_time_parse_maturity(value, value, &date);
    fix_time_parse_master_date(value, &date);
    utf8_is_valid(value);
    utf8_is_ascii(value);
    word = slice_word(value);
    (void)word;
}

/* Of every length up to one more than a key may have, from characters that lead far into the parsers. */
static void random_values_stay_within_their_bytes(void **state)
{
    static const char *const alphabets[] = {
        "0",           "0123456789",           "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "USG0",        " \t-/.:NAnaULL#[]/wT", "\xc3\xa9\xf0\x9f\x98\x80",
        "20261231-:.w"};
    unsigned seed = (unsigned)time(NULL);
    struct guard guard;

    (void)state;
    srand(seed);
    print_message("seed %u\n", seed);
    guard_make(&guard, IDENTIFIER_MAX + 1);
    for (int round = 0; round < 20000; round++) {
        const char *alphabet = alphabets[(size_t)rand() % COUNT_OF(alphabets)];
        size_t most = round % 2 == 0 ? 24 : IDENTIFIER_MAX + 1;
        char value[IDENTIFIER_MAX + 1];
        size_t len = (size_t)rand() % (most + 1);
        for (size_t i = 0; i < len; i++)
            value[i] = round % 5 == 0 ? (char)rand() : alphabet[(size_t)rand() % strlen(alphabet)];
        parse(guard_at_end(&guard, slice_make(value, len)));
        parse(guard_at_start(&guard, slice_make(value, len)));
    }
    guard_release(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_the_data_stay_within_their_bytes),
        cmocka_unit_test(the_corpus_of_the_fuzzer_stays_within_its_bytes),
        cmocka_unit_test(random_values_stay_within_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
