/* pending_record: what is written is read back as it was, and nothing else is read. */
#include "consumer/pending_record.h"

#include <xxhash.h>

#include "consumer/carry.h"
#include "support.h"

static char *names[] = {"traceparent"};
static const struct string_list carried = {names, 1, CONFIG_DEFAULT};

static const struct pending_item items[] = {
    {.id = "0123456789abcde", .role = 1, .position = 7, .waits = true},
    {.id = "x", .role = 6, .position = UINT32_MAX, .waits = false},
};

static const struct pending_record sample = {
    .since_ms = 1764057600123,
    .origin = {.topic = SLICE_LITERAL("fix.orders"),
               .partition = 3,
               .offset = 1234567890123,
               .has_timestamp = true,
               .timestamp_ms = 1764057600123,
               .has_key = true,
               .key = SLICE_LITERAL("key"),
               .message = 2},
    .version = SLICE_LITERAL("0123456789abcdef"),
    .raw = SLICE_LITERAL("8=FIX.4.4|9=5|35=D|10=000|"),
};

static struct avro_buffer written(const struct pending_record *record, size_t count)
{
    struct avro_buffer bytes = {0};
    struct error e;

    assert_int_equal(pending_record_write(record, items, count, &bytes, &e), 0);
    return bytes;
}

static void what_is_written_is_read_back(void **state)
{
    const struct carry_header header = {slice_of("traceparent"), slice_of("00-1"), false};
    struct avro_buffer block = {0}, bytes;
    struct pending_record record = sample, read;
    struct carry_header back;
    struct carry carry;
    struct error e;

    (void)state;
    carry_begin(&carry, &carried, &block);
    assert_int_equal(carry_take(&carry, &header, &e), CARRY_TAKEN);
    record.headers = slice_make(block.ptr, block.len);
    bytes = written(&record, 2);
    assert_int_equal(pending_record_read(slice_make(bytes.ptr, bytes.len), &read, &e), 0);
    assert_int_equal(read.since_ms, sample.since_ms);
    assert_true(slice_equal(read.origin.topic, sample.origin.topic) && slice_equal(read.origin.key, sample.origin.key));
    assert_true(read.origin.partition == 3 && read.origin.offset == sample.origin.offset && read.origin.message == 2);
    assert_true(read.origin.has_timestamp && read.origin.timestamp_ms == sample.origin.timestamp_ms);
    assert_true(slice_equal(read.version, sample.version) && slice_equal(read.raw, sample.raw));
    assert_int_equal(read.item_count, 2);
    for (size_t i = 0; i < 2; i++) {
        struct pending_item item = pending_record_item(&read, i);

        assert_memory_equal(item.id, items[i].id, PENDING_ID_LEN);
        assert_true(item.role == items[i].role && item.position == items[i].position && item.waits == items[i].waits);
    }
    assert_true(carry_next(&read.headers, &back) && slice_equal_text(back.value, "00-1"));
    avro_buffer_free(&bytes);
    avro_buffer_free(&block);
}

static void the_digits_of_an_id_are_two_in_a_byte(void **state)
{
    unsigned char bytes[PENDING_ID_LEN];

    (void)state;
    pending_id("00ff1a0000000000000000000000009e", bytes);
    assert_memory_equal(bytes, ((unsigned char[]){0, 0xff, 0x1a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x9e}),
                        sizeof bytes);
}

/* Whether bytes are refused whose checksum is set right. */
static bool is_refused(const char *body, size_t len)
{
    char *bytes = malloc(len + 8);
    uint64_t checksum = XXH64(body, len, 0);
    struct pending_record read;
    struct error e;
    int status;

    memcpy(bytes, body, len);
    memcpy(bytes + len, &checksum, 8);
    status = pending_record_read(slice_make(bytes, len + 8), &read, &e);
    free(bytes);
    return status != 0 && e.code == ERROR_DATA;
}

static void any_byte_that_is_changed_is_noticed(void **state)
{
    struct avro_buffer bytes = written(&sample, 2);
    struct pending_record read;
    struct error e;

    (void)state;
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.ptr[i] ^= 1;
        assert_int_equal(pending_record_read(slice_make(bytes.ptr, bytes.len), &read, &e), -1);
        bytes.ptr[i] ^= 1;
    }
    avro_buffer_free(&bytes);
}

/* Also with a checksum that somebody has set right. */
static void what_is_cut_anywhere_is_refused(void **state)
{
    struct avro_buffer bytes = written(&sample, 2);
    struct pending_record read;
    struct error e;

    (void)state;
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_equal(pending_record_read(slice_make(bytes.ptr, len), &read, &e), -1);
    for (size_t len = 0; len < bytes.len - 8; len++)
        assert_true(is_refused(bytes.ptr, len));
    assert_false(is_refused(bytes.ptr, bytes.len - 8));
    avro_buffer_free(&bytes);
}

/* Where the fields lie in what `sample` is written as. */
#define VERSION_BYTE 3
#define PARTITION (4 + 8 + 4 + 10)

static const struct {
    const char *name;
    size_t at;
    const char *byte;
} spoiled[] = {
    {"another format", VERSION_BYTE, "\2"},
    {"another magic", 0, "G"},
    {"a partition below zero", PARTITION + 3, "\xff"},
    {"an offset below zero", PARTITION + 4 + 7, "\xff"},
    {"a flag that is none", PARTITION + 12, "\2"},
    {"a topic without a name", 12, "\0"},
    {"a topic longer than all", 15, "\x7f"},
};

static void what_no_lane_would_write_is_refused(void **state)
{
    struct avro_buffer bytes = written(&sample, 2);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(spoiled); i++) {
        char kept = bytes.ptr[spoiled[i].at];

        bytes.ptr[spoiled[i].at] = *spoiled[i].byte;
        if (!is_refused(bytes.ptr, bytes.len - 8))
            fail_row(spoiled[i].name, "it was read");
        bytes.ptr[spoiled[i].at] = kept;
    }
    avro_buffer_free(&bytes);
}

static bool is_read_back(struct pending_record record, size_t count)
{
    struct avro_buffer bytes = written(&record, count);
    struct pending_record read;
    struct error e;
    bool is = pending_record_read(slice_make(bytes.ptr, bytes.len), &read, &e) == 0;

    avro_buffer_free(&bytes);
    return is;
}

static void each_bound_holds(void **state)
{
    static char big[PENDING_RAW_MAX + 1];
    struct pending_record record = sample;

    (void)state;
    assert_false(is_read_back(record, 0)); /* it would wait for nothing */
    record.raw = slice_make(big, PENDING_RAW_MAX);
    assert_true(is_read_back(record, 1));
    record.raw.len++;
    assert_false(is_read_back(record, 1));
    record.raw.len = 0;
    assert_false(is_read_back(record, 1));
    record = sample;
    record.headers = slice_of("no block of carry");
    assert_false(is_read_back(record, 1));
}

static void so_many_items_and_no_more(void **state)
{
    struct pending_item *many = calloc(PENDING_ITEMS_MAX + 1, sizeof *many);
    struct pending_record read;
    struct error e;

    (void)state;
    many[0].waits = true;
    for (size_t more = 0; more < 2; more++) {
        struct avro_buffer bytes = {0};

        assert_int_equal(pending_record_write(&sample, many, PENDING_ITEMS_MAX + more, &bytes, &e), 0);
        assert_int_equal(pending_record_read(slice_make(bytes.ptr, bytes.len), &read, &e), more ? -1 : 0);
        assert_true(more || bytes.len < (1u << 20) - PENDING_RAW_MAX); /* a whole one fits Kafka's usual limit */
        avro_buffer_free(&bytes);
    }
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),        cmocka_unit_test(the_digits_of_an_id_are_two_in_a_byte),
        cmocka_unit_test(any_byte_that_is_changed_is_noticed), cmocka_unit_test(what_is_cut_anywhere_is_refused),
        cmocka_unit_test(what_no_lane_would_write_is_refused), cmocka_unit_test(each_bound_holds),
        cmocka_unit_test(so_many_items_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
