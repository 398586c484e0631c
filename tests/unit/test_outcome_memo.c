#include "support.h"

#include <time.h>

#include "core/outcome_memo.h"

static struct slice random_bytes(char bytes[OUTCOME_MEMO_SAID_MAX])
{
    size_t len = (size_t)rand() % (OUTCOME_MEMO_SAID_MAX + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = "AB\xff"[rand() % 3]; /* few, so that many are nearly the same */
    return slice_make(bytes, len);
}

static bool same_key(struct outcome_key a, struct outcome_key b)
{
    struct outcome_entry entry = outcome_entry_make(a, (unsigned)rand() % (OUTCOME_MEMO_OUTCOME_MAX + 1));

    return outcome_entry_is(&entry, b);
}

static void only_the_same_values_have_the_same_key(void **state)
{
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 1000000; i++) {
        char said[2][OUTCOME_MEMO_SAID_MAX];
        struct slice a = random_bytes(said[0]);
        struct slice b = random_bytes(said[1]);
        uint64_t codes = outcome_memo_codes(7, 0);
        if (same_key(outcome_memo_key(1, a, codes), outcome_memo_key(1, b, codes)) != slice_equal(a, b))
            fail_msg("'%.*s' and '%.*s'", SLICE_FORMAT(a), SLICE_FORMAT(b));
    }
}

static void steps_and_codes_are_part_of_the_key(void **state)
{
    struct slice usd = slice_of("USD");
    struct outcome_key key = outcome_memo_key(3, usd, outcome_memo_codes(1, 2));

    (void)state;
    assert_true(same_key(key, outcome_memo_key(3, usd, outcome_memo_codes(1, 2))));
    assert_false(same_key(key, outcome_memo_key(4, usd, outcome_memo_codes(1, 2))));
    assert_false(same_key(key, outcome_memo_key(3, usd, outcome_memo_codes(2, 1))));
    assert_false(same_key(key, outcome_memo_key(3, usd, outcome_memo_codes(1, 0))));
}

static void codes_and_steps_keep_apart_up_to_their_limits(void **state)
{
    static const uint32_t codes[] = {0, 1, 2, OUTCOME_MEMO_CODE_MAX - 1, OUTCOME_MEMO_CODE_MAX};
    static const uint32_t steps[] = {1, 2, OUTCOME_MEMO_STEP_MAX - 1, OUTCOME_MEMO_STEP_MAX};
    struct outcome_key keys[COUNT_OF(codes) * COUNT_OF(codes) * COUNT_OF(steps)];
    size_t count = 0;

    (void)state;
    for (size_t a = 0; a < COUNT_OF(codes); a++)
        for (size_t b = 0; b < COUNT_OF(codes); b++)
            for (size_t step = 0; step < COUNT_OF(steps); step++)
                keys[count++] =
                    outcome_memo_key(steps[step], slice_of("12345678"), outcome_memo_codes(codes[a], codes[b]));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (same_key(keys[i], keys[j]) != (i == j))
                fail_msg("the keys %zu and %zu", i, j);
}

static void what_is_too_long_or_has_no_code_is_not_to_be_remembered(void **state)
{
    uint64_t codes = outcome_memo_codes(OUTCOME_MEMO_CODE_MAX, OUTCOME_MEMO_CODE_MAX);

    (void)state;
    assert_true(codes != OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(OUTCOME_MEMO_CODE_MAX + 1, 1) == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(1, OUTCOME_MEMO_CODE_MAX + 1) == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(0x80000000, 0) == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_key(1, slice_of("12345678"), codes).rest != OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_key(1, slice_of("123456789"), codes).rest == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_key(1, slice_of("1"), OUTCOME_MEMO_NO_CODES).rest == OUTCOME_MEMO_NO_CODES);
}

static void an_entry_knows_what_came_of_its_key(void **state)
{
    struct outcome_key key = outcome_memo_key(OUTCOME_MEMO_STEP_MAX, slice_of("12345678"),
                                              outcome_memo_codes(OUTCOME_MEMO_CODE_MAX, OUTCOME_MEMO_CODE_MAX));

    (void)state;
    for (unsigned outcome = 0; outcome <= OUTCOME_MEMO_OUTCOME_MAX; outcome++) {
        struct outcome_entry entry = outcome_entry_make(key, outcome);
        assert_true(outcome_entry_is(&entry, key));
        assert_int_equal(outcome_entry_outcome(&entry), outcome);
    }
}

static bool knows(struct outcome_memo *memo, struct outcome_key key, unsigned outcome)
{
    const struct outcome_entry *entry = outcome_memo_entry(memo, key);

    return outcome_entry_is(entry, key) && outcome_entry_outcome(entry) == outcome;
}

/* A new memo is all zeros, and no key is. */
static void a_new_or_emptied_memo_knows_nothing(void **state)
{
    static struct outcome_memo memo;
    struct outcome_key key = outcome_memo_key(1, slice_make(NULL, 0), 0);
    struct outcome_key none = {0, OUTCOME_MEMO_NO_CODES};

    (void)state;
    assert_false(outcome_entry_is(outcome_memo_entry(&memo, key), key));
    assert_false(outcome_entry_is(outcome_memo_entry(&memo, none), none));
    outcome_memo_about(&memo, 1, &memo);
    outcome_memo_put(&memo, key, 1);
    outcome_memo_about(&memo, 1, &memo);
    assert_true(knows(&memo, key, 1));
    outcome_memo_about(&memo, 2, &memo);
    assert_false(knows(&memo, key, 1));
    outcome_memo_put(&memo, key, 1);
    outcome_memo_about(&memo, 2, &key);
    assert_false(knows(&memo, key, 1));
}

/* The n-th key of those that share two entries with the first. */
static struct outcome_key neighbour(struct outcome_memo *memo, unsigned n)
{
    struct outcome_key first = outcome_memo_key(1, slice_of("USD"), outcome_memo_codes(1, 0));

    for (uint32_t code = 1;; code++) {
        struct outcome_key key = outcome_memo_key(1, slice_of("USD"), outcome_memo_codes(code, 0));
        if (outcome_memo_pair(memo, key) == outcome_memo_pair(memo, first) && n-- == 0)
            return key;
    }
}

static void two_keys_of_one_place_do_not_drive_each_other_out(void **state)
{
    static struct outcome_memo memo;
    struct outcome_key a = neighbour(&memo, 0), b = neighbour(&memo, 1), c = neighbour(&memo, 2);

    (void)state;
    outcome_memo_put(&memo, a, 1);
    outcome_memo_put(&memo, b, 2);
    assert_true(knows(&memo, a, 1));
    assert_true(knows(&memo, b, 2));
    outcome_memo_put(&memo, c, 3);
    assert_false(knows(&memo, a, 1));
    assert_true(knows(&memo, b, 2));
    assert_true(knows(&memo, c, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_values_have_the_same_key),
        cmocka_unit_test(steps_and_codes_are_part_of_the_key),
        cmocka_unit_test(codes_and_steps_keep_apart_up_to_their_limits),
        cmocka_unit_test(an_entry_knows_what_came_of_its_key),
        cmocka_unit_test(what_is_too_long_or_has_no_code_is_not_to_be_remembered),
        cmocka_unit_test(a_new_or_emptied_memo_knows_nothing),
        cmocka_unit_test(two_keys_of_one_place_do_not_drive_each_other_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
