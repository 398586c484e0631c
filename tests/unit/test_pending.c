/* pending: found by id, ordered by age, asked in turns, and within its bounds. */
#include "consumer/pending.h"

#include <time.h>

#include "support.h"

#define ENTRIES_MAX 16
#define BYTES_MAX (ENTRIES_MAX * (PENDING_OVERHEAD + 8))
#define MANY 5000
#define OLD UINT64_C(7) /* indexes */
#define NEW UINT64_C(8)

static struct pending_entry entry(unsigned number, int64_t since_ms, uint64_t asked)
{
    struct pending_entry one = {
        .place = number % 3, .since_ms = since_ms, .asked = asked, .bytes = SLICE_LITERAL("a message")};

    memcpy(one.id, &number, sizeof number);
    return one;
}

static void put(struct pending *pending, unsigned number, int64_t since_ms, uint64_t asked)
{
    const struct pending_entry one = entry(number, since_ms, asked);
    struct error e;

    assert_int_equal(pending_put(pending, &one, &e), 0);
}

static unsigned number_of(const struct pending_entry *one)
{
    unsigned number = UINT32_MAX;

    if (one)
        memcpy(&number, one->id, sizeof number);
    return number;
}

static void what_is_put_is_found_until_it_is_removed(void **state)
{
    struct pending *pending = pending_new(MANY, SIZE_MAX / 2);
    struct pending_entry like;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        put(pending, i, (int64_t)i, OLD);
    assert_int_equal(pending_count(pending), MANY);
    assert_int_equal(pending_bytes(pending), MANY * (PENDING_OVERHEAD + strlen("a message")));
    for (unsigned i = 0; i < MANY; i += 2) {
        like = entry(i, 0, 0);
        assert_int_equal(number_of(pending_find(pending, like.id)), i);
        pending_remove(pending, pending_find(pending, like.id));
        assert_null(pending_find(pending, like.id));
    }
    for (unsigned i = 1; i < MANY; i += 2) {
        like = entry(i, 0, 0);
        assert_true(slice_equal_text(pending_find(pending, like.id)->bytes, "a message"));
    }
    assert_int_equal(pending_count(pending), MANY / 2);
    pending_free(pending);
}

static void the_same_id_takes_the_place_of_the_old_one(void **state)
{
    struct pending *pending = pending_new(ENTRIES_MAX, BYTES_MAX);

    (void)state;
    put(pending, 1, 10, OLD);
    put(pending, 1, 5, OLD);
    assert_int_equal(pending_count(pending), 1);
    assert_int_equal(pending_oldest(pending)->since_ms, 5);
    pending_free(pending);
}

static void the_oldest_comes_first_in_whatever_order_they_were_put(void **state)
{
    struct pending *pending = pending_new(MANY, SIZE_MAX / 2);
    unsigned seed = (unsigned)time(NULL);
    int64_t last = INT64_MIN;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < MANY; i++)
        put(pending, i, rand() % 1000, OLD);
    for (unsigned i = 0; i < MANY; i++) { /* the heap holds when one is taken from its middle */
        struct pending_entry like = entry((unsigned)rand() % MANY, 0, 0);

        if (rand() % 2 && pending_find(pending, like.id))
            pending_remove(pending, pending_find(pending, like.id));
    }
    while (pending_count(pending) > 0) {
        struct pending_entry *oldest = pending_oldest(pending);

        assert_true(oldest->since_ms >= last);
        last = oldest->since_ms;
        pending_remove(pending, oldest);
    }
    assert_null(pending_oldest(pending));
    assert_int_equal(pending_bytes(pending), 0);
    pending_free(pending);
}

static void each_is_asked_once_by_a_new_index(void **state)
{
    struct pending *pending = pending_new(ENTRIES_MAX, BYTES_MAX);
    struct pending_entry *one;
    unsigned asked = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        put(pending, i, (int64_t)i, OLD);
    assert_null(pending_unasked(pending, OLD));
    put(pending, 9, 9, 0); /* read back: nobody has asked */
    assert_int_equal(number_of(pending_unasked(pending, OLD)), 9);
    pending_asked(pending, pending_unasked(pending, OLD), OLD);
    assert_null(pending_unasked(pending, OLD));
    for (; (one = pending_unasked(pending, NEW)) != NULL; asked++) {
        pending_asked(pending, one, NEW);
        put(pending, 100 + asked, 1, NEW); /* checked meanwhile, by the new one */
    }
    assert_int_equal(asked, 5);
    pending_free(pending);
}

static void those_of_one_place_are_forgotten(void **state)
{
    struct pending *pending = pending_new(ENTRIES_MAX, BYTES_MAX);
    struct pending_entry like = entry(4, 0, 0);

    (void)state;
    for (unsigned i = 0; i < 9; i++)
        put(pending, i, (int64_t)i, OLD);
    pending_forget(pending, 1);
    assert_int_equal(pending_count(pending), 6);
    assert_null(pending_find(pending, like.id));
    pending_clear(pending);
    assert_int_equal(pending_count(pending), 0);
    pending_free(pending);
}

static void it_has_room_for_so_many_and_no_more(void **state)
{
    struct pending *pending = pending_new(ENTRIES_MAX, SIZE_MAX / 2);

    (void)state;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        assert_true(pending_has_room(pending, 9));
        assert_int_equal(pending_is_tight(pending), i > ENTRIES_MAX - ENTRIES_MAX / 8);
        put(pending, i, 0, OLD);
    }
    assert_false(pending_has_room(pending, 9));
    assert_true(pending_is_tight(pending));
    pending_free(pending);
}

static void it_has_room_for_so_many_bytes_and_no_more(void **state)
{
    struct pending *pending = pending_new(SIZE_MAX / 2, BYTES_MAX);
    size_t left;

    (void)state;
    put(pending, 1, 0, OLD);
    left = BYTES_MAX - pending_bytes(pending) - PENDING_OVERHEAD;
    assert_true(pending_has_room(pending, left));
    assert_false(pending_has_room(pending, left + 1));
    assert_false(pending_is_tight(pending));
    pending_free(pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_until_it_is_removed),
        cmocka_unit_test(the_same_id_takes_the_place_of_the_old_one),
        cmocka_unit_test(the_oldest_comes_first_in_whatever_order_they_were_put),
        cmocka_unit_test(each_is_asked_once_by_a_new_index),
        cmocka_unit_test(those_of_one_place_are_forgotten),
        cmocka_unit_test(it_has_room_for_so_many_and_no_more),
        cmocka_unit_test(it_has_room_for_so_many_bytes_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
