/* What is read of a record in place is what record_decode reads of it, whatever its bytes. */
#include "support.h"

#include <unistd.h>

#include "core/index_record.h"

enum {
    ROUNDS = 60000,
    VALUES = 200 /* of a column, so that codes have one byte or two */,
    VALUE_LEN = 4,
    KEY_LEN = 64
};

static struct random_view {
    struct record_view view;
    struct index_dictionary_entry entries[DICTIONARY_COLUMNS_MAX * VALUES];
    char bytes[DICTIONARY_COLUMNS_MAX * VALUES * VALUE_LEN + 1];
} made;

/* Some of the roles, the ISIN foremost, and a column or two that are carried. */
static void make_view(void)
{
    struct dictionary_view *d = &made.view.dictionary;
    bool has_role[MASTER_ROLE_COUNT];

    for (int r = 0; r < MASTER_ROLE_COUNT; r++)
        has_role[r] = rand() % 4 != 0 || r == ROLE_ISIN || r == ROLE_SYMBOL;
    record_layout_make(has_role, (size_t)rand() % 3, 1 + (size_t)rand() % 2, &made.view.layout);
    *d = (struct dictionary_view){
        .columns = record_dictionary_columns(&made.view.layout), .entries = made.entries, .bytes = made.bytes};
    for (uint32_t i = 0; i < d->columns * VALUES; i++) {
        made.entries[i] = (struct index_dictionary_entry){i * VALUE_LEN, VALUE_LEN};
        snprintf(made.bytes + (size_t)i * VALUE_LEN, VALUE_LEN + 1, "v%03u", i % VALUES);
    }
    for (uint32_t i = 0; i < d->columns; i++) {
        d->first[i] = i * VALUES;
        d->count[i] = rand() % 4 == 0 ? 3 : VALUES;
    }
}

static const struct {
    enum master_role role;
    struct slice values[4];
} keys[] = {
    {ROLE_ISIN, {SLICE_LITERAL("US0378331005"), SLICE_LITERAL("GB0005405286"), SLICE_LITERAL("us0378331005")}},
    {ROLE_CUSIP, {SLICE_LITERAL("037833100"), SLICE_LITERAL("37833100"), SLICE_LITERAL("*37833100")}},
    {ROLE_SEDOL, {SLICE_LITERAL("0540528"), SLICE_LITERAL("2000019"), SLICE_LITERAL("B")}},
    {ROLE_FIGI, {SLICE_LITERAL("BBG000B9XRY4"), SLICE_LITERAL("BBG000B9XRY45")}},
    {ROLE_COMPOSITE_FIGI, {SLICE_LITERAL("BBG000B9XRY4"), SLICE_LITERAL("BBG000B9Y5X2")}},
    {ROLE_WERTPAPIER, {SLICE_LITERAL("540528"), SLICE_LITERAL("865985")}},
    {ROLE_OPRA, {SLICE_LITERAL("AAPL  240621C00150000"), SLICE_LITERAL("AAPL  240621C001500001234")}},
    {ROLE_SYMBOL, {SLICE_LITERAL("AAPL"), SLICE_LITERAL("AAP"), SLICE_LITERAL("BRK.B"), SLICE_LITERAL("BRKb")}},
    {ROLE_RIC, {SLICE_LITERAL("AAPL.O"), SLICE_LITERAL("BRKb.N")}},
};

/* A record as a builder writes it, but with codes for most of its attributes. Returns its length. */
static size_t make_record(unsigned char to[RECORD_ROOM])
{
    struct security security = {.row_offset = (uint64_t)rand() << rand() % 8};
    const struct record_layout *layout = &made.view.layout;

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (layout->column[keys[i].role] < layout->key_count)
            security.value[keys[i].role] = keys[i].values[rand() % 4];
    for (uint32_t i = 0; i < layout->other_count; i++)
        if (rand() % 3 != 0)
            security.value[layout->others[i]] = slice_of(rand() % 8 != 0 ? "" : "in its own words");
    return record_encode(layout, &(struct record_values){0}, &security, to);
}

/* Sets the bits of attributes that the record leaves blank, and writes codes for them behind it. */
static size_t add_codes(unsigned char *record, size_t len)
{
    const struct record_layout *layout = &made.view.layout;

    for (uint32_t i = 0; i < layout->other_count + layout->carried_count; i++) {
        uint32_t bit = 2 * layout->key_count + i;
        unsigned code = 1 + (unsigned)rand() % (rand() % 2 ? 8 : VALUES + 2);

        if (rand() % 3 == 0)
            continue;
        record[bit / 8] |= (unsigned char)(1u << bit % 8);
        if (code >= 0x80)
            record[len++] = (unsigned char)(code | 0x80);
        record[len++] = (unsigned char)(code >= 0x80 ? code >> 7 : code);
    }
    return len;
}

static void expect_same_values(const unsigned char *record, size_t len, const struct security_places *places,
                               bool is_as_written, const struct security *read)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        char text[KEY_PACK_MAX];
        bool is_key = master_role_kind(role) != IDENTIFIER_UNKNOWN;
        struct slice value = is_key ? record_key(&made.view, record, len, places, role, text)
                                    : record_attribute(&made.view, record, len, places, role);

        if (!slice_equal(value, read->value[role]))
            fail_row(master_role_name(role), "%.*s, not %.*s", SLICE_FORMAT(value), SLICE_FORMAT(read->value[role]));
        if (is_as_written) /* and not of a text of no length */
            assert_int_equal(record_fills(&made.view, places, role), value.len > 0);
        if (is_as_written && !is_key)
            assert_int_equal(security_code(places, role) != 0, value.len > 0);
    }
}

/* Bytes that no key is packed to are read as some text, and still are not that text's. */
static void expect_key(const unsigned char *record, size_t len, const struct security *read, bool is_as_written,
                       enum identifier_kind kind, struct slice key)
{
    bool is_read = security_has_key(read, kind, key);
    struct packed_key packed;
    bool has;

    packed_key_make(key, &packed);
    has = record_has_key(&made.view, record, len, kind, &packed);
    if (has != is_read && (has || is_as_written))
        fail_row(identifier_kind_name(kind), "%.*s", SLICE_FORMAT(key));
}

/* Whether the record that `len` bytes may hold is the same in place; a record that is none is none in place, too. */
static void expect_same(const unsigned char *record, size_t len, bool is_as_written)
{
    struct security_places places;
    struct security read;

    if (record_decode(&made.view, record, len, &read) == 0) {
        assert_false(record_find(&made.view, record, len, &places));
        return;
    }
    assert_true(record_find(&made.view, record, len, &places));
    expect_same_values(record, len, &places, is_as_written, &read);
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (read.value[role].len > 0 && master_role_kind(role) != IDENTIFIER_UNKNOWN)
            expect_key(record, len, &read, is_as_written, master_role_kind(role), read.value[role]);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        for (size_t k = 0; k < COUNT_OF(keys[i].values) && keys[i].values[k].len > 0; k++)
            expect_key(record, len, &read, is_as_written, master_role_kind(keys[i].role), keys[i].values[k]);
}

/* In memory of its own, so that a sanitizer sees what is read behind it. */
static void expect_same_in(const unsigned char *record, size_t len, bool is_as_written)
{
    unsigned char *exact = malloc(len + 1);

    assert_non_null(exact);
    memcpy(exact + 1, record, len);
    expect_same(exact + 1, len, is_as_written);
    free(exact);
}

/* Of one record, which is written at `record`. */
typedef void round_function(unsigned char record[2 * RECORD_ROOM]);

static void go_through_rounds(round_function *go_through_one)
{
    static unsigned char record[2 * RECORD_ROOM];
    unsigned seed = (unsigned)getpid();

    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 100 == 0)
            make_view();
        go_through_one(record);
    }
}

static void read_as_written(unsigned char record[2 * RECORD_ROOM])
{
    size_t len = make_record(record);

    if (rand() % 4 != 0)
        len = add_codes(record, len);
    expect_same_in(record, len, true);
    for (int i = rand() % 16; i > 0; i--) /* what is behind it is the next one's */
        record[len++] = (unsigned char)rand();
    expect_same_in(record, len, true);
}

static void a_record_reads_in_place_as_it_decodes(void **state)
{
    (void)state;
    go_through_rounds(read_as_written);
}

static void read_cut_or_changed(unsigned char record[2 * RECORD_ROOM])
{
    size_t len = add_codes(record, make_record(record));

    if (rand() % 2)
        len = (size_t)rand() % (len + 1);
    for (int i = rand() % 4; i > 0 && len > 0; i--)
        record[(size_t)rand() % len] = (unsigned char)rand();
    expect_same_in(record, len, false);
}

static void a_record_that_is_cut_or_changed_does_so_too(void **state)
{
    (void)state;
    go_through_rounds(read_cut_or_changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_reads_in_place_as_it_decodes),
        cmocka_unit_test(a_record_that_is_cut_or_changed_does_so_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
