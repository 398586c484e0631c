/* ledger: what is taken, what is dropped, and where it goes on after a commit or an abort. */
#include "consumer/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct ledger_entry *entry(struct ledger *ledger)
{
    return ledger_find(ledger, "t", 0);
}

static void assign(struct ledger *ledger)
{
    struct error e;

    assert_int_equal(ledger_assign(ledger, "t", 0, &e), 0);
}

static void what_is_not_ours_is_dropped(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assert_int_equal(ledger_take(ledger_find(&ledger, "t", 0), 1), LEDGER_DROPPED);
    assign(&ledger);
    assert_null(ledger_find(&ledger, "t", 1));
    assert_null(ledger_find(&ledger, "u", 0));
    assert_int_equal(ledger_take(entry(&ledger), 1), LEDGER_TAKEN);
    ledger_revoke(&ledger, "t", 0);
    assert_int_equal(ledger_take(entry(&ledger), 2), LEDGER_DROPPED);
    ledger_begin(&ledger);
    assert_null(entry(&ledger));
    ledger_free(&ledger);
}

static void positions_follow_commits_and_aborts(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 10), LEDGER_TAKEN);
    assert_int_equal(ledger_take(entry(&ledger), 15), LEDGER_TAKEN); /* a gap: compaction, or a marker */
    assert_int_equal(entry(&ledger)->start, 10);
    assert_int_equal(entry(&ledger)->next, 16);
    ledger_rewound(&ledger);
    assert_int_equal(entry(&ledger)->next, 10);
    assert_int_equal(ledger_take(entry(&ledger), 10), LEDGER_TAKEN);
    ledger_hand_over(&ledger);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, 11);
    ledger_take(entry(&ledger), 11);
    ledger_rewound(&ledger);
    assert_int_equal(entry(&ledger)->next, 11);
    ledger_free(&ledger);
}

static void a_commit_under_way_moves_what_was_handed_over_to_it(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_take(entry(&ledger), 10);
    ledger_hand_over(&ledger);
    ledger_take(entry(&ledger), 11);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, 11);
    assert_int_equal(entry(&ledger)->next, 12);

    ledger_hand_over(&ledger);
    ledger_take(entry(&ledger), 12);
    ledger_postponed(&ledger);
    assert_int_equal(entry(&ledger)->start, 11);
    assert_int_equal(entry(&ledger)->next, 13);
    ledger_committed(&ledger); /* nothing is under way */
    assert_int_equal(entry(&ledger)->start, 11);

    ledger_hand_over(&ledger);
    ledger_take(entry(&ledger), 13);
    ledger_rewound(&ledger);
    assert_int_equal(entry(&ledger)->next, 11);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, 11);
    ledger_free(&ledger);
}

/* What is touched is named by one commit, whether its records were taken or not. */
static void a_touched_partition_is_named_once(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_hand_over(&ledger);
    assert_int_equal(ledger_to_commit(entry(&ledger)), LEDGER_UNKNOWN);
    entry(&ledger)->touched = true;
    assert_int_equal(ledger_to_commit(entry(&ledger)), LEDGER_UNKNOWN); /* nobody knows what the group holds */
    entry(&ledger)->stored = 7;
    entry(&ledger)->touched = true;
    assert_int_equal(ledger_to_commit(entry(&ledger)), 7);
    assert_int_equal(ledger_moved(entry(&ledger)), LEDGER_UNKNOWN);
    assert_int_equal(ledger_to_commit(entry(&ledger)), LEDGER_UNKNOWN);

    ledger_take(entry(&ledger), 10);
    ledger_hand_over(&ledger);
    entry(&ledger)->touched = true;
    assert_int_equal(ledger_to_commit(entry(&ledger)), 11);
    assert_int_equal(ledger_moved(entry(&ledger)), 11);
    ledger_committed(&ledger);
    ledger_hand_over(&ledger);
    entry(&ledger)->touched = true;
    assert_int_equal(ledger_to_commit(entry(&ledger)), 11);
    assert_int_equal(ledger_moved(entry(&ledger)), LEDGER_UNKNOWN);
    ledger_free(&ledger);
}

static void a_partition_that_goes_and_comes_has_no_commit_under_way(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_take(entry(&ledger), 10);
    ledger_hand_over(&ledger);
    ledger_revoke(&ledger, "t", 0);
    assign(&ledger);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, LEDGER_UNKNOWN);
    ledger_free(&ledger);
}

static void a_commit_under_way_when_a_topic_is_made_again_moves_nothing(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_take(entry(&ledger), 100);
    ledger_hand_over(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 0), LEDGER_WENT_BACK);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, 0);
    assert_int_equal(entry(&ledger)->next, 1);
    ledger_free(&ledger);
}

static void what_was_fetched_before_a_new_assignment_is_dropped(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_take(entry(&ledger), 5);
    ledger_begin(&ledger);
    ledger_revoke(&ledger, "t", 0);
    assign(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 7), LEDGER_DROPPED);
    assert_int_equal(ledger_take(entry(&ledger), 6), LEDGER_DROPPED);
    assert_int_equal(entry(&ledger)->dropped, 6);
    assert_int_equal(entry(&ledger)->start, LEDGER_UNKNOWN);
    ledger_begin(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 6), LEDGER_TAKEN);
    ledger_free(&ledger);
}

static void a_topic_that_was_made_again_is_read_from_its_start(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_take(entry(&ledger), 100);
    ledger_hand_over(&ledger);
    ledger_committed(&ledger);
    ledger_begin(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 0), LEDGER_WENT_BACK);
    assert_int_equal(ledger_take(entry(&ledger), 1), LEDGER_TAKEN);
    assert_int_equal(entry(&ledger)->start, 0);
    assert_int_equal(entry(&ledger)->next, 2);
    ledger_free(&ledger);
}

static void of_a_part_nothing_behind_its_end_is_taken(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_bound(entry(&ledger), 10, 12, 20);
    assert_false(entry(&ledger)->at_end);
    assert_int_equal(ledger_take(entry(&ledger), 12), LEDGER_TAKEN);
    assert_int_equal(ledger_take(entry(&ledger), 19), LEDGER_TAKEN);
    assert_true(entry(&ledger)->at_end);
    assert_int_equal(ledger_take(entry(&ledger), 20), LEDGER_DROPPED);
    assert_int_equal(entry(&ledger)->next, 20);
    ledger_rewound(&ledger);
    assert_false(entry(&ledger)->at_end);
    assert_int_equal(entry(&ledger)->next, 12);
    ledger_free(&ledger);
}

static void the_end_of_a_part_need_not_be_a_message(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_bound(entry(&ledger), 10, 10, 20);
    ledger_take(entry(&ledger), 15);
    ledger_reach(entry(&ledger), 19); /* where the partition ends now */
    assert_false(entry(&ledger)->at_end);
    assert_int_equal(entry(&ledger)->next, 16);
    ledger_reach(entry(&ledger), 20);
    assert_true(entry(&ledger)->at_end);
    assert_int_equal(entry(&ledger)->next, 20);
    ledger_rewound(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 23), LEDGER_DROPPED); /* behind a gap */
    assert_true(entry(&ledger)->at_end);
    assert_int_equal(entry(&ledger)->next, 20);
    ledger_hand_over(&ledger);
    ledger_committed(&ledger);
    assert_int_equal(entry(&ledger)->start, 20);
    ledger_rewound(&ledger);
    assert_true(entry(&ledger)->at_end);
    ledger_free(&ledger);
}

static void a_part_may_be_empty_and_all_of_a_partition_has_no_end(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_reach(entry(&ledger), INT64_MAX);
    assert_false(entry(&ledger)->at_end);
    assert_int_equal(ledger_take(entry(&ledger), INT64_MAX - 1), LEDGER_TAKEN);
    assert_false(entry(&ledger)->at_end);
    ledger_bound(entry(&ledger), 5, 5, 5);
    assert_true(entry(&ledger)->at_end);
    ledger_free(&ledger);
}

static void many_partitions_are_kept_apart(void **state)
{
    struct ledger ledger = {0};
    struct error e;

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(ledger_assign(&ledger, i % 2 ? "a" : "b", i, &e), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ledger_take(ledger_find(&ledger, i % 2 ? "a" : "b", i), i), LEDGER_TAKEN);
    for (int i = 99; i >= 0; i--)
        assert_int_equal(ledger_find(&ledger, i % 2 ? "a" : "b", i)->next, i + 1);
    ledger_free(&ledger);
}

static void what_may_have_been_passed_over_is_taken_in_the_next_round(void **state)
{
    struct ledger ledger = {0};
    struct error e;

    (void)state;
    assign(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 5), LEDGER_TAKEN);
    ledger_begin(&ledger);
    ledger_doubt(&ledger);
    assert_int_equal(ledger_assign(&ledger, "t", 1, &e), 0);
    assert_int_equal(ledger_take(entry(&ledger), 9), LEDGER_DROPPED);
    assert_int_equal(entry(&ledger)->next, 6);                                    /* where to seek */
    assert_int_equal(ledger_take(ledger_find(&ledger, "t", 1), 3), LEDGER_TAKEN); /* what came later is not doubted */
    ledger_begin(&ledger);
    assert_int_equal(ledger_take(entry(&ledger), 6), LEDGER_TAKEN);
    ledger_free(&ledger);
}

static void what_comes_again_in_a_round_is_not_doubted(void **state)
{
    struct ledger ledger = {0};

    (void)state;
    assign(&ledger);
    ledger_revoke(&ledger, "t", 0);
    assign(&ledger);
    ledger_doubt(&ledger);
    assert_false(entry(&ledger)->doubted);
    assert_int_equal(ledger_take(entry(&ledger), 7), LEDGER_DROPPED);
    assert_int_equal(entry(&ledger)->dropped, 7);
    ledger_free(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_ours_is_dropped),
        cmocka_unit_test(positions_follow_commits_and_aborts),
        cmocka_unit_test(a_commit_under_way_moves_what_was_handed_over_to_it),
        cmocka_unit_test(a_touched_partition_is_named_once),
        cmocka_unit_test(a_partition_that_goes_and_comes_has_no_commit_under_way),
        cmocka_unit_test(a_commit_under_way_when_a_topic_is_made_again_moves_nothing),
        cmocka_unit_test(what_was_fetched_before_a_new_assignment_is_dropped),
        cmocka_unit_test(what_may_have_been_passed_over_is_taken_in_the_next_round),
        cmocka_unit_test(what_comes_again_in_a_round_is_not_doubted),
        cmocka_unit_test(a_topic_that_was_made_again_is_read_from_its_start),
        cmocka_unit_test(of_a_part_nothing_behind_its_end_is_taken),
        cmocka_unit_test(the_end_of_a_part_need_not_be_a_message),
        cmocka_unit_test(a_part_may_be_empty_and_all_of_a_partition_has_no_end),
        cmocka_unit_test(many_partitions_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
