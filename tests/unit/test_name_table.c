#include "support.h"

#include "core/name_table.h"

static struct name_table *new_table(void)
{
    struct name_table *t = name_table_new();

    assert_non_null(t);
    return t;
}

static void names_are_numbered_as_they_come(void **state)
{
    struct name_table *t = new_table();

    (void)state;
    assert_int_equal(name_table_find(t, slice_of("A")), NAME_TABLE_NONE);
    assert_int_equal(name_table_add(t, slice_of("A")), 0);
    assert_int_equal(name_table_add(t, slice_of("AB")), 1);
    assert_int_equal(name_table_add(t, slice_make(NULL, 0)), 2);
    assert_int_equal(name_table_add(t, slice_of("A")), 0);
    assert_int_equal(name_table_count(t), 3);
    assert_int_equal(name_table_find(t, slice_of("AB")), 1);
    assert_int_equal(name_table_find(t, slice_of("")), 2);
    assert_int_equal(name_table_find(t, slice_of("ab")), NAME_TABLE_NONE);
    assert_true(slice_equal_text(name_table_name(t, 1), "AB"));
    assert_true(slice_equal_text(name_table_name(t, 2), ""));
    name_table_free(t);
    name_table_free(NULL);
}

static void values_are_kept_by_entry(void **state)
{
    struct name_table *t = new_table();
    uint32_t a = name_table_add(t, slice_of("A")), b = name_table_add(t, slice_of("B"));

    (void)state;
    assert_int_equal(name_table_value(t, a), 0);
    name_table_set_value(t, a, UINT32_MAX);
    name_table_set_value(t, b, 7);
    assert_int_equal(name_table_value(t, name_table_add(t, slice_of("A"))), UINT32_MAX);
    assert_int_equal(name_table_value(t, b), 7);
    name_table_free(t);
}

static void a_name_has_at_most_255_bytes(void **state)
{
    struct name_table *t = new_table();
    char name[NAME_TABLE_NAME_MAX + 1];

    (void)state;
    memset(name, '\0', sizeof name);
    assert_int_equal(name_table_add(t, slice_make(name, 256)), NAME_TABLE_NONE);
    assert_int_equal(name_table_add(t, slice_make(name, 255)), 0);
    assert_int_equal(name_table_find(t, slice_make(name, 255)), 0);
    assert_int_equal(name_table_find(t, slice_make(name, 256)), NAME_TABLE_NONE);
    assert_int_equal(name_table_find(t, slice_make(name, 254)), NAME_TABLE_NONE);
    name_table_free(t);
}

static void a_table_grows_to_a_million_names(void **state)
{
    struct name_table *t = new_table();
    char name[16];

    (void)state;
    for (uint32_t i = 0; i < NAME_TABLE_MAX; i++) {
        snprintf(name, sizeof name, "%x", i);
        assert_int_equal(name_table_add(t, slice_of(name)), i);
        name_table_set_value(t, i, i * 3);
    }
    assert_int_equal(name_table_add(t, slice_of("another")), NAME_TABLE_NONE);
    assert_int_equal(name_table_add(t, slice_of("0")), 0);
    assert_int_equal(name_table_count(t), NAME_TABLE_MAX);
    for (uint32_t i = 0; i < NAME_TABLE_MAX; i++) {
        snprintf(name, sizeof name, "%x", i);
        assert_int_equal(name_table_find(t, slice_of(name)), i);
        assert_int_equal(name_table_value(t, i), i * 3);
        assert_true(slice_equal_text(name_table_name(t, i), name));
    }
    assert_int_equal(name_table_find(t, slice_of("another")), NAME_TABLE_NONE);
    name_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_numbered_as_they_come),
        cmocka_unit_test(values_are_kept_by_entry),
        cmocka_unit_test(a_name_has_at_most_255_bytes),
        cmocka_unit_test(a_table_grows_to_a_million_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
