#include "support.h"

#include "core/avro_container.h"
#include "core/avro_encode.h"
#include "core/checker.h"
#include "core/found.h"
#include "core/utf8.h"

#define MASTER                                                                                                         \
    "symbol,cusip,isin,mic,currency\n"                                                                                 \
    "AAPL,037833100,US0378331005,XNAS,USD\n"                                                                           \
    "IBM,459200101,US4592001014,XNYS,USD\n"

#define CLEAN "35=D|55=AAPL|48=037833100|22=1|"
#define WRONG "35=D|55=IBM|48=037833100|22=1|15=EUR|"
#define NOTHING "35=0|"
#define NAMELESS "35=D|11=1|"

/* A record of several messages, malformed where the text is "bad". malloc'ed. */
static char *join(const char *const *bodies, size_t count, size_t *len)
{
    char *all = NULL;

    *len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = 3;
        char *one = strcmp(bodies[i], "bad") == 0 ? strdup("bad") : support_fix("FIX.4.4", bodies[i], &n);
        all = realloc(all, *len + n);
        assert_non_null(all);
        memcpy(all + *len, one, n);
        *len += n;
        free(one);
    }
    return all;
}

/* What was reported, as text: K for a discrepancy, X for a dead letter, each with the message's number and offset. */
struct seen {
    char text[1024];
    char ids[16][DISCREPANCY_ID_LEN + 1];
    size_t count;
};

static int see_discrepancy(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct seen *seen = opaque;
    size_t used = strlen(seen->text);

    (void)e;
    snprintf(seen->text + used, sizeof seen->text - used, "%s@%d+%lld ", discrepancy_kind_name(d->verdict->kind),
             d->origin->message, (long long)d->origin->offset);
    strcpy(seen->ids[seen->count++], d->id);
    return 0;
}

static int see_dead_letter(void *opaque, const struct dead_letter *l, struct error *e)
{
    struct seen *seen = opaque;
    size_t used = strlen(seen->text);

    (void)e;
    snprintf(seen->text + used, sizeof seen->text - used, "%s@%d+%lld:%llu/%zu ", fix_reason_name(l->reason),
             l->origin->message, (long long)l->origin->offset, (unsigned long long)l->position, l->raw.len);
    strcpy(seen->ids[seen->count++], l->id);
    return 0;
}

static const struct origin origin = {
    .topic = {"orders", 6}, .partition = 3, .offset = 1000, .has_key = true, .key = {"k", 1}};

static void every_message_of_a_record_ends_counted_once(void **state)
{
    static const char *const bodies[] = {CLEAN, WRONG, NOTHING, NAMELESS, "bad", CLEAN};
    struct index *index = support_index(MASTER);
    struct seen seen = {0};
    struct checker_output output = {&seen, see_discrepancy, see_dead_letter};
    struct rules rules;
    struct checker *checker;
    struct error e;
    size_t len;
    char *record = join(bodies, COUNT_OF(bodies), &len);

    (void)state;
    rules_default(&rules);
    checker = checker_new(&rules, FIX_STRICT);
    assert_int_equal(checker_check(checker, index, slice_make(record, len), &origin, &output, &e), 0);
    assert_non_null(
        strstr(seen.text, "CURRENCY_MISMATCH@1+1000 SYMBOL_MISMATCH@1+1000 MISSING_IDENTIFIER@3+1000 NOT_FIX@4+1000:"));
    const struct checker_counts *c = checker_counts(checker);
    assert_int_equal(c->messages, 5); /* the bad one takes the rest of the record */
    assert_int_equal(c->matched, 1);
    assert_int_equal(c->discrepant, 2);
    assert_int_equal(c->ignored, 1);
    assert_int_equal(c->malformed, 1);
    assert_int_equal(c->messages, c->matched + c->discrepant + c->ignored + c->malformed);
    assert_int_equal(c->discrepancies, 3);
    assert_int_equal(c->by_kind[DISCREPANCY_CURRENCY_MISMATCH], 1);
    assert_int_equal(c->by_reason[FIX_NOT_FIX], 1);
    for (size_t i = 0; i < seen.count; i++)
        for (size_t k = i + 1; k < seen.count; k++)
            assert_string_not_equal(seen.ids[i], seen.ids[k]);
    checker_free(checker);
    index_close(index);
    free(record);
}

static void an_empty_record_is_one_dead_letter(void **state)
{
    struct index *index = support_index(MASTER);
    struct seen seen = {0};
    struct checker_output output = {&seen, see_discrepancy, see_dead_letter};
    struct rules rules;
    struct checker *checker;
    struct error e;

    (void)state;
    rules_default(&rules);
    checker = checker_new(&rules, FIX_STRICT);
    assert_int_equal(checker_check(checker, index, slice_make(NULL, 0), &origin, &output, &e), 0);
    assert_string_equal(seen.text, "EMPTY@0+1000:0/0 ");
    assert_int_equal(checker_counts(checker)->messages, 1);
    checker_free(checker);
    index_close(index);
}

static void messages_of_a_log_have_their_own_offsets(void **state)
{
    static const char *const bodies[] = {CLEAN, WRONG};
    struct index *index = support_index(MASTER);
    struct seen seen = {0};
    struct checker_output output = {&seen, see_discrepancy, see_dead_letter};
    struct rules rules;
    struct checker *checker;
    struct error e;
    size_t len;
    size_t consumed;
    size_t first_len;
    char *first = support_fix("FIX.4.4", CLEAN, &first_len);
    char *record = join(bodies, COUNT_OF(bodies), &len);
    char expected[256];

    (void)state;
    rules_default(&rules);
    checker = checker_new(&rules, FIX_LOG);
    assert_int_equal(
        checker_check_log(checker, index, slice_make(record, len - 1), false, &origin, &consumed, &output, &e), 0);
    assert_int_equal(consumed, first_len);
    assert_string_equal(seen.text, "");
    struct origin rest = origin;
    rest.offset += (int64_t)consumed;
    assert_int_equal(checker_check_log(checker, index, slice_make(record + consumed, len - consumed), true, &rest,
                                       &consumed, &output, &e),
                     0);
    snprintf(expected, sizeof expected, "CURRENCY_MISMATCH@0+%zu SYMBOL_MISMATCH@0+%zu ", 1000 + first_len,
             1000 + first_len);
    assert_string_equal(seen.text, expected);
    checker_free(checker);
    index_close(index);
    free(record);
    free(first);
}

/* The same record, origin, version and rules: the same bytes. */
static void what_is_found_is_a_pure_function(void **state)
{
    static const char *const bodies[] = {WRONG, NAMELESS, "bad"};
    const struct slice headers[FOUND_TYPE_COUNT] = {{"\xc3\x01"
                                                     "discrep.",
                                                     10},
                                                    {"\0\0\0\0\7", 5}};
    struct index *index = support_index(MASTER);
    struct rules rules;
    struct checker *checker;
    struct found *found[2];
    struct error e = {0};
    size_t len;
    char *record = join(bodies, COUNT_OF(bodies), &len);

    (void)state;
    rules_default(&rules);
    checker = checker_new(&rules, FIX_STRICT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(found_new(headers, &found[i], &e), 0);
        assert_int_equal(checker_check(checker, index, slice_make(record, len), &origin, found_output(found[i]), &e),
                         0);
        assert_int_equal(found_count(found[i]), 4);
    }
    for (size_t k = 0; k < found_count(found[0]); k++) {
        struct found_item a = found_item(found[0], k);
        struct found_item b = found_item(found[1], k);
        assert_int_equal(a.type, k < 3 ? FOUND_DISCREPANCY : FOUND_DEAD_LETTER);
        assert_true(slice_equal(a.key, b.key));
        assert_true(slice_equal(a.value, b.value));
        assert_memory_equal(a.value.ptr, headers[a.type].ptr, headers[a.type].len);
    }
    assert_true(slice_equal_text(found_item(found[0], 0).key, "037833100"));
    assert_true(slice_equal_text(found_item(found[0], 3).key, "k"));
    found_clear(found[0]);
    assert_int_equal(found_count(found[0]), 0);
    assert_int_equal(found_bytes(found[0]), 0);
    found_free(found[0]);
    found_free(found[1]);
    checker_free(checker);
    index_close(index);
    free(record);
}

static void bytes_that_are_not_utf8_are_taken_as_latin1(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {{"", true},
                {"plain", true},
                {"M\xc3\xbcnchen", true},
                {"\xf0\x9f\x98\x80", true},
                {"M\xfcnchen", false},
                {"\xc0\x80", false},
                {"\xed\xa0\x80", false},
                {"\xf4\x90\x80\x80", false},
                {"\xe2\x82", false},
                {"\x80", false}};
    char out[32];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (utf8_is_valid(slice_of(rows[i].text)) != rows[i].valid)
            fail_msg("row %zu", i);
    size_t len = utf8_from_latin1(slice_of("M\xfcnchen"), out);
    assert_true(slice_equal_text(slice_make(out, len), "M\xc3\xbcnchen"));
}

/* A record larger than the room that is tried first, and text of every byte. */
static void large_and_odd_values_are_encoded(void **state)
{
    struct avro_buffer buffer = {0};
    struct error e = {0};
    size_t size = 3u << 20;
    char *raw = malloc(size);
    struct dead_letter letter = {.reason = FIX_FIELD, .origin = &origin, .raw = {raw, size}};

    (void)state;
    assert_non_null(raw);
    for (size_t i = 0; i < size; i++)
        raw[i] = (char)i;
    assert_int_equal(avro_encode_check(&e), 0);
    assert_int_equal(avro_encode_dead_letter(&letter, &buffer, &e), 0);
    assert_true(buffer.len > size);
    assert_memory_equal(buffer.ptr + buffer.len - size, raw, size);
    avro_buffer_free(&buffer);
    free(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_of_a_record_ends_counted_once),
        cmocka_unit_test(an_empty_record_is_one_dead_letter),
        cmocka_unit_test(messages_of_a_log_have_their_own_offsets),
        cmocka_unit_test(what_is_found_is_a_pure_function),
        cmocka_unit_test(bytes_that_are_not_utf8_are_taken_as_latin1),
        cmocka_unit_test(large_and_odd_values_are_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
