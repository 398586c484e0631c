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
    struct outcome_entry entry = {.key = a};

    return outcome_entry_is(&entry, &b);
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
        bool same = slice_equal(a, b);
        if (same_key(outcome_memo_key(1, a, 7), outcome_memo_key(1, b, 7)) != same)
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

static void what_is_too_long_or_has_no_code_is_not_to_be_remembered(void **state)
{
    (void)state;
    assert_int_equal(outcome_memo_key(1, slice_of("12345678"), 7).codes, 7);
    assert_true(outcome_memo_key(1, slice_of("123456789"), 7).codes == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(0x7fffffff, 0x7fffffff) != OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(0x80000000, 1) == OUTCOME_MEMO_NO_CODES);
    assert_true(outcome_memo_codes(1, 0x80000005) == OUTCOME_MEMO_NO_CODES);
}

/* A new memo is all zeros, and no key is. */
static void a_new_or_emptied_memo_knows_nothing(void **state)
{
    static struct outcome_memo memo;
    struct outcome_key key = outcome_memo_key(1, slice_make(NULL, 0), 0);
    struct outcome_entry *entry = outcome_memo_entry(&memo, &key);

    (void)state;
    assert_false(outcome_entry_is(entry, &key));
    outcome_memo_about(&memo, 1, &memo);
    entry->key = key;
    outcome_memo_about(&memo, 1, &memo);
    assert_true(outcome_entry_is(entry, &key));
    outcome_memo_about(&memo, 2, &memo);
    assert_false(outcome_entry_is(entry, &key));
    entry->key = key;
    outcome_memo_about(&memo, 2, &key);
    assert_false(outcome_entry_is(entry, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_values_have_the_same_key),
        cmocka_unit_test(steps_and_codes_are_part_of_the_key),
        cmocka_unit_test(what_is_too_long_or_has_no_code_is_not_to_be_remembered),
        cmocka_unit_test(a_new_or_emptied_memo_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
