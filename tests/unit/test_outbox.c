#include "consumer/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX 4096

static char *names[] = {"x"};
static const struct string_list carried = {names, 1, CONFIG_DEFAULT};
static const struct slice header[FOUND_TYPE_COUNT] = {{"h", 1}, {"h", 1}};

struct fixture {
    struct outbox *outbox;
    unsigned asked;   /* for headers */
    unsigned filled;  /* times */
    uint64_t emptied; /* records */
    bool too_much;    /* the headers are */
    bool refuses;     /* to be emptied */
};

static int on_headers(void *opaque, const struct origin *origin, struct carry *carry, bool *taken, struct error *e)
{
    struct fixture *f = opaque;
    char value = (char)('a' + origin->offset);
    const struct carry_header one = {slice_of("x"), slice_make(&value, 1), false};

    f->asked++;
    *taken = !f->too_much;
    return f->too_much || carry_take(carry, &one, e) == CARRY_TAKEN ? 0 : -1;
}

static int on_full(void *opaque, struct error *e)
{
    struct fixture *f = opaque;

    f->filled++;
    f->emptied += outbox_count(f->outbox);
    if (f->refuses)
        return error_set(e, ERROR_TEMPORARY, "no");
    outbox_clear(f->outbox);
    return 0;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct outbox_options options = {header, &carried, BYTES_MAX, {f, on_headers, on_full}};
    struct error e = {0};

    assert_int_equal(outbox_new(&options, &f->outbox, &e), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    outbox_free(f->outbox);
    free(f);
    return 0;
}

static int add(const struct checker_output *output, int64_t offset, size_t len)
{
    static char bytes[BYTES_MAX];
    const struct origin origin = {.topic = slice_of("in"), .offset = offset, .has_key = true, .key = slice_of("key")};
    const struct dead_letter letter = {.reason = FIX_NOT_FIX, .origin = &origin, .raw = slice_make(bytes, len)};
    struct error e = {0};

    return output->on_dead_letter(output->opaque, &letter, &e);
}

/* The value of the only header of an item, or NUL where it has none. */
static char header_of(const struct outbox *outbox, size_t i)
{
    struct slice block = outbox_item(outbox, i).headers;
    struct carry_header one;

    return carry_next(&block, &one) ? one.value.ptr[0] : '\0';
}

static void records_of_one_poll_keep_their_own_headers(void **state)
{
    struct fixture *f = *state;
    const struct checker_output *output = outbox_begin(f->outbox);

    for (int i = 0; i < 6; i++)
        assert_int_equal(add(output, i / 2, 1), 0);
    assert_int_equal(f->asked, 3); /* once for each record */
    assert_int_equal(outbox_count(f->outbox), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(header_of(f->outbox, i), 'a' + (int)i / 2);
        assert_true(slice_equal_text(outbox_item(f->outbox, i).key, "key"));
        assert_int_equal(outbox_item(f->outbox, i).type, OUTBOX_DEAD_LETTER);
    }
}

/* After an abort the same record comes again, and a topic that was made again has another record there. */
static void the_next_poll_asks_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(add(outbox_begin(f->outbox), 1, 1), 0);
    assert_int_equal(add(outbox_begin(f->outbox), 1, 1), 0);
    assert_int_equal(f->asked, 2);
}

static void headers_that_cannot_be_carried_are_counted_once_a_record(void **state)
{
    struct fixture *f = *state;
    const struct checker_output *output = outbox_begin(f->outbox);

    f->too_much = true;
    for (int i = 0; i < 4; i++)
        assert_int_equal(add(output, i / 2, 1), 0);
    assert_int_equal(outbox_stripped(f->outbox), 2);
    assert_int_equal(outbox_count(f->outbox), 4);
    assert_int_equal(outbox_item(f->outbox, 3).headers.len, 0);
    outbox_clear(f->outbox);
    assert_int_equal(outbox_stripped(f->outbox), 0);
}

/* In the middle of a record, too, whose headers stay with what follows. */
static void it_is_emptied_whenever_its_share_is_reached(void **state)
{
    struct fixture *f = *state;
    const struct checker_output *output = outbox_begin(f->outbox);

    for (int i = 0; i < 100; i++) {
        assert_int_equal(add(output, 5, 500), 0);
        assert_true(outbox_bytes(f->outbox) < BYTES_MAX);
    }
    assert_true(f->filled >= 100 * 500 / BYTES_MAX);
    assert_int_equal(f->emptied + outbox_count(f->outbox), 100);
    assert_int_equal(f->asked, 1);
    assert_int_equal(add(output, 5, 1), 0);
    assert_int_equal(header_of(f->outbox, outbox_count(f->outbox) - 1), 'f');
}

static void a_record_beyond_the_share_goes_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(add(outbox_begin(f->outbox), 1, BYTES_MAX), 0);
    assert_int_equal(f->filled, 1);
    assert_int_equal(f->emptied, 1);
}

static void what_ends_the_emptying_ends_the_check(void **state)
{
    struct fixture *f = *state;

    f->refuses = true;
    assert_int_equal(add(outbox_begin(f->outbox), 1, BYTES_MAX), -1);
}

static void an_alert_stands_behind_what_was_found(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(add(outbox_begin(f->outbox), 1, 1), 0);
    assert_int_equal(outbox_add_alert(f->outbox, slice_of("version"), slice_of("{}"), &e), 0);
    assert_int_equal(outbox_count(f->outbox), 2);
    assert_int_equal(outbox_item(f->outbox, 0).type, OUTBOX_DEAD_LETTER);
    assert_int_equal(outbox_item(f->outbox, 1).type, OUTBOX_ALERT);
    assert_true(slice_equal_text(outbox_item(f->outbox, 1).key, "version"));
    assert_true(slice_equal_text(outbox_item(f->outbox, 1).value, "{}"));
    assert_int_equal(outbox_item(f->outbox, 1).headers.len, 0);
    outbox_clear(f->outbox);
    assert_int_equal(outbox_count(f->outbox), 0);
}

static void marks_stand_behind_what_was_found(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(outbox_add_mark(f->outbox, slice_of("in:0"), slice_of("{1}"), &e), 0);
    assert_int_equal(add(outbox_begin(f->outbox), 1, 1), 0);
    assert_int_equal(outbox_add_mark(f->outbox, slice_of("in:17"), slice_of("{22}"), &e), 0);
    assert_int_equal(outbox_add_alert(f->outbox, slice_of("version"), slice_of("{}"), &e), 0);
    assert_int_equal(outbox_count(f->outbox), 4);
    assert_int_equal(outbox_item(f->outbox, 1).type, OUTBOX_MARK);
    assert_true(slice_equal_text(outbox_item(f->outbox, 1).key, "in:0"));
    assert_true(slice_equal_text(outbox_item(f->outbox, 1).value, "{1}"));
    assert_int_equal(outbox_item(f->outbox, 2).type, OUTBOX_MARK);
    assert_true(slice_equal_text(outbox_item(f->outbox, 2).key, "in:17"));
    assert_true(slice_equal_text(outbox_item(f->outbox, 2).value, "{22}"));
    assert_int_equal(outbox_item(f->outbox, 0).type, OUTBOX_DEAD_LETTER);
    assert_int_equal(header_of(f->outbox, 0), 'b');
    assert_int_equal(outbox_item(f->outbox, 3).type, OUTBOX_ALERT);
    outbox_clear(f->outbox);
    assert_int_equal(outbox_count(f->outbox), 0);
}

static void marks_count_for_its_share(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(outbox_add_mark(f->outbox, slice_of("in:0"), slice_of("{1}"), &e), 0);
        assert_true(outbox_bytes(f->outbox) < BYTES_MAX);
    }
    assert_true(f->filled > 0);
    assert_int_equal(f->emptied + outbox_count(f->outbox), 1000);
}

static void what_is_pending_goes_in_its_order_to_its_partition(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(outbox_add_pending(f->outbox, 3, slice_of("id"), slice_of("held"), &e), 0);
    assert_int_equal(outbox_add_pending(f->outbox, 3, slice_of("id"), slice_make(NULL, 0), &e), 0);
    assert_int_equal(outbox_add_alert(f->outbox, slice_of("version"), slice_of("{}"), &e), 0);
    assert_int_equal(add(outbox_begin(f->outbox), 1, 1), 0);
    assert_int_equal(outbox_count(f->outbox), 4);
    assert_int_equal(outbox_item(f->outbox, 0).type, OUTBOX_DEAD_LETTER);
    assert_int_equal(outbox_item(f->outbox, 0).partition, OUTBOX_ANY_PARTITION);
    assert_int_equal(outbox_item(f->outbox, 1).type, OUTBOX_PENDING);
    assert_int_equal(outbox_item(f->outbox, 1).partition, 3);
    assert_true(slice_equal_text(outbox_item(f->outbox, 1).value, "held"));
    assert_false(outbox_item(f->outbox, 1).is_tombstone);
    assert_true(slice_equal_text(outbox_item(f->outbox, 2).key, "id"));
    assert_true(outbox_item(f->outbox, 2).is_tombstone);
    assert_int_equal(outbox_item(f->outbox, 3).type, OUTBOX_ALERT);
    outbox_clear(f->outbox);
    assert_int_equal(outbox_count(f->outbox), 0);
}

static void what_is_pending_counts_as_a_share(void **state)
{
    static char bytes[BYTES_MAX];
    struct fixture *f = *state;
    struct error e = {0};

    assert_int_equal(outbox_add_pending(f->outbox, 0, slice_of("id"), slice_make(bytes, sizeof bytes), &e), 0);
    assert_int_equal(f->filled, 1);
    assert_int_equal(outbox_bytes(f->outbox), 0);
}

/* Who holds a record wants its headers, too; they are asked for once. */
static void headers_are_lent_as_they_would_be_published(void **state)
{
    struct fixture *f = *state;
    const struct origin origin = {.topic = slice_of("in"), .offset = 2};
    struct carry_header one;
    struct slice block;
    struct error e = {0};

    outbox_begin(f->outbox);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(outbox_headers(f->outbox, &origin, &block, &e), 0);
        assert_true(carry_next(&block, &one) && one.value.ptr[0] == 'c');
    }
    assert_int_equal(f->asked, 1);
}

/* --- keys --- */

#define LONG_80 "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ01"
#define LONG_128 LONG_80 "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUV"

static const struct {
    const char *name;
    struct instrument instrument;
    const char *key;
} keys[] = {
    {"the first identifier",
     {.identifiers = {{.value = SLICE_LITERAL("037833100"), .kind = IDENTIFIER_CUSIP}}, .identifier_count = 1},
     "037833100"},
    {"in upper case, as it is looked up",
     {.identifiers = {{.value = SLICE_LITERAL(" us0378331005 "), .kind = IDENTIFIER_ISIN}}, .identifier_count = 1},
     "US0378331005"},
    {"an ISIN before others, wherever it stands",
     {.identifiers = {{.value = SLICE_LITERAL("037833100"), .kind = IDENTIFIER_CUSIP},
                      {.value = SLICE_LITERAL("US0378331005"), .kind = IDENTIFIER_ISIN}},
      .identifier_count = 2},
     "US0378331005"},
    {"not one that is a placeholder",
     {.identifiers = {{.value = SLICE_LITERAL("037833100"), .kind = IDENTIFIER_CUSIP},
                      {.value = SLICE_LITERAL("N/A"), .kind = IDENTIFIER_ISIN}},
      .identifier_count = 2},
     "037833100"},
    {"an identifier before the symbol",
     {.identifiers = {{.value = SLICE_LITERAL("anything"), .kind = IDENTIFIER_UNKNOWN}},
      .identifier_count = 1,
      .symbol = SLICE_LITERAL("AAPL")},
     "anything"},
    {"else the symbol, as it stands", {.symbol = SLICE_LITERAL("BRKa")}, "BRKa"},
    {"a symbol of 128 bytes", {.symbol = SLICE_LITERAL(LONG_128)}, LONG_128},
    {"one of 129 is cut", {.symbol = SLICE_LITERAL(LONG_128 "x")}, LONG_128},
    {"an identifier of 129 is no key: the symbol",
     {.identifiers = {{.value = SLICE_LITERAL(LONG_128 "x"), .kind = IDENTIFIER_ISIN}},
      .identifier_count = 1,
      .symbol = SLICE_LITERAL("AAPL")},
     "AAPL"},
    {"nothing at all", {.identifier_count = 0}, ""},
};

static void each_key(void **state)
{
    char key[DISCREPANCY_KEY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = discrepancy_key(&keys[i].instrument, key);

        if (!slice_equal_text(slice_make(key, len), keys[i].key))
            fail_msg("%s: %.*s", keys[i].name, (int)len, key);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_of_one_poll_keep_their_own_headers),
        TEST(the_next_poll_asks_again),
        TEST(headers_that_cannot_be_carried_are_counted_once_a_record),
        TEST(it_is_emptied_whenever_its_share_is_reached),
        TEST(a_record_beyond_the_share_goes_alone),
        TEST(what_ends_the_emptying_ends_the_check),
        TEST(an_alert_stands_behind_what_was_found),
        TEST(marks_stand_behind_what_was_found),
        TEST(marks_count_for_its_share),
        TEST(what_is_pending_goes_in_its_order_to_its_partition),
        TEST(what_is_pending_counts_as_a_share),
        TEST(headers_are_lent_as_they_would_be_published),
        cmocka_unit_test(each_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
