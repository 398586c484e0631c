/* Looking up many keys at once gives what looking each up alone gives. */
#include "support.h"

#include <unistd.h>

#include "core/index_build.h"

enum { ROWS = 20000, LOOKUPS = 3000, KEY_ROOM = 24 };

static char directory[] = "/tmp/fixwarden-test-XXXXXX";
static char master_path[64];
static char index_path[64];

/* Few enough different values that many keys lead to several rows; some CUSIPs lie in the ISIN, some are blank. */
static void write_master(void)
{
    FILE *file = fopen(master_path, "w");

    assert_non_null(file);
    fputs("symbol,cusip,isin,composite_figi,figi,ccy,name,strike\n", file);
    for (int i = 0; i < ROWS; i++) {
        int isin = rand() % ROWS;

        fprintf(file, "S%d,", rand() % (ROWS / 2));
        fprintf(file, rand() % 4 ? "%09d," : "X%08d,", isin);
        fprintf(file, rand() % 8 ? "US%09d5," : ",", isin);
        fprintf(file, "BBG%09d,BBG%09d,USD,", rand() % ROWS, rand() % ROWS);
        fprintf(file, rand() % 4 ? "n%d,%d\n" : ",%0300d\n", i, rand() % ROWS);
    }
    assert_int_equal(fclose(file), 0);
}

static struct index *build_and_open(void)
{
    struct index_build_options build = {.memory = INDEX_MEMORY_MIN};
    struct index_build_result result;
    const char *masters[] = {master_path};
    struct index *index = NULL;
    struct error e;

    write_master();
    if (index_build(masters, 1, index_path, &build, &result, &e) != 0 || index_open(index_path, NULL, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

/* About half of them are keys of the index. */
static struct index_lookup random_lookup(char key[KEY_ROOM])
{
    static const struct {
        enum identifier_kind kind;
        const char *prefix;
        int digits;
        const char *suffix;
    } shapes[] = {
        {IDENTIFIER_SYMBOL, "S", 1, ""},    {IDENTIFIER_CUSIP, "", 9, ""},         {IDENTIFIER_CUSIP, "X", 8, ""},
        {IDENTIFIER_ISIN, "US", 9, "5"},    {IDENTIFIER_FIGI, "BBG", 9, ""},       {IDENTIFIER_SEDOL, "", 7, ""},
        {IDENTIFIER_UNKNOWN, "BBG", 9, ""}, {IDENTIFIER_SYMBOL, "nothing", 0, ""},
    };
    size_t shape = (size_t)rand() % (sizeof shapes / sizeof *shapes);

    snprintf(key, KEY_ROOM, "%s%0*d%s", shapes[shape].prefix, shapes[shape].digits, rand() % (ROWS + ROWS / 2),
             shapes[shape].suffix);
    return (struct index_lookup){.kind = shapes[shape].kind, .key = slice_make(key, rand() % 50 ? strlen(key) : 0)};
}

/* A row in place has the values that a row read has. */
static void expect_in_place(const struct index_row *row, const struct security *read)
{
    char text[KEY_PACK_MAX];
    struct security again;

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);
        struct slice value =
            kind == IDENTIFIER_UNKNOWN ? index_row_attribute(row, role) : index_row_key(row, role, text);

        assert_true(slice_equal(value, read->value[role]));
        assert_int_equal(index_row_fills(row, role), read->value[role].len > 0);
        if (kind != IDENTIFIER_UNKNOWN && value.len > 0)
            assert_true(index_row_has_key(row, kind, value));
    }
    assert_false(index_row_has_key(row, IDENTIFIER_SYMBOL, slice_of("nothing")));
    assert_false(index_row_has_key(row, IDENTIFIER_SYMBOL, slice_of("")));
    index_row_read(row, &again);
    assert_int_equal(again.row_offset, read->row_offset);
}

static size_t expect_same_rows(struct index_cursor *batched, struct index_cursor *single)
{
    struct index_cursor in_place = *single;
    struct index_row row;
    struct security a, b;
    size_t rows = 0;

    memset(&a, 0xa5, sizeof a); /* nothing stale may be left in what is filled in */
    memset(&b, 0x5a, sizeof b);
    for (; index_next(single, &b); rows++) {
        assert_true(index_next(batched, &a));
        assert_true(index_next_row(&in_place, &row));
        expect_in_place(&row, &b);
        assert_int_equal(a.source, b.source);
        assert_int_equal(a.row_offset, b.row_offset);
        assert_int_equal(a.carried_count, b.carried_count);
        for (int role = 0; role < MASTER_ROLE_COUNT; role++)
            assert_true(slice_equal(a.value[role], b.value[role]));
    }
    assert_false(index_next(batched, &a));
    assert_false(index_next_row(&in_place, &row));
    return rows;
}

static size_t expect_batch(const struct index *index, struct index_lookup *lookups, size_t count)
{
    size_t found = 0;

    index_find_batch(index, lookups, count);
    for (size_t i = 0; i < count; i++) {
        struct index_cursor single;

        index_find(index, lookups[i].kind, lookups[i].key, &single);
        found += expect_same_rows(&lookups[i].cursor, &single) > 0;
    }
    return found;
}

static void a_batch_gives_what_single_lookups_give(void **state)
{
    static char keys[LOOKUPS][KEY_ROOM];
    static struct index_lookup lookups[LOOKUPS];
    struct index *index;
    size_t found;
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    index = build_and_open();
    for (size_t i = 0; i < LOOKUPS; i++)
        lookups[i] = random_lookup(keys[i]);
    for (size_t count = 0; count < 70; count++) /* around every multiple of what is under way at once */
        (void)expect_batch(index, lookups, count);
    found = expect_batch(index, lookups, LOOKUPS);
    assert_true(found > LOOKUPS / 10 && found < LOOKUPS);
    index_close(index);
}

static void an_index_is_populated_and_locked_or_it_says_why_not(void **state)
{
    struct index_open_options options = {.populate = true, .lock = true};
    struct index *index;
    struct error e;

    (void)state;
    srand(1);
    index_close(build_and_open());
    if (index_open(index_path, &options, &index, &e) != 0) { /* beyond this user's ulimit -l */
        assert_int_equal(e.code, ERROR_IO);
        assert_non_null(strstr(e.text, "cannot be locked"));
        return;
    }
    assert_true(index_info(index)->rows == ROWS);
    index_close(index);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(master_path, sizeof master_path, "%s/master.csv", directory);
    snprintf(index_path, sizeof index_path, "%s/index", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(master_path);
    unlink(index_path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_gives_what_single_lookups_give),
        cmocka_unit_test(an_index_is_populated_and_locked_or_it_says_why_not),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
