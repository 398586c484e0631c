/* published: a record is read by the schema whose fingerprint stands before it, also by one that was ours before. */
#include "support.h"

#include <jansson.h>

#include "consumer/published.h"
#include "consumer/schema.h"
#include "core/avro_encode.h"

struct fixture {
    struct config config;
    struct published *published;
    struct avro_buffer discrepancy, dead_letter; /* bodies as they are written today */
};

static void encode_discrepancy(struct avro_buffer *out)
{
    struct origin origin = {.topic = {"orders", 6}, .partition = 3, .offset = 42};
    struct verdict verdict = {.kind = DISCREPANCY_CURRENCY_MISMATCH, .tag = 15};
    struct message_amounts amounts = {.has_price = false};
    struct exposure exposure = {.has_notional = false, .counts = true};
    struct message_fields message = {.begin_string = {"FIX.4.4", 7}};
    struct instrument instrument = {.symbol = {"AAPL", 4}};
    struct discrepancy d = {.id = "0123456789abcdef0123456789abcdef",
                            .verdict = &verdict,
                            .origin = &origin,
                            .message = &message,
                            .amounts = &amounts,
                            .exposure = &exposure,
                            .instrument = &instrument,
                            .master_version = "0123456789abcdef",
                            .rule_set = "default-0"};
    struct error e;

    assert_int_equal(avro_encode_discrepancy(&d, out, &e), 0);
}

static void encode_dead_letter(struct avro_buffer *out)
{
    struct origin origin = {.topic = {"orders", 6}, .partition = 3, .offset = 42};
    struct dead_letter letter = {.id = "0", .reason = FIX_NOT_FIX, .origin = &origin, .raw = {"no", 2}};
    struct error e;

    assert_int_equal(avro_encode_dead_letter(&letter, out, &e), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e;

    assert_true(config_init(&f->config));
    assert_int_equal(published_new(&f->config, &f->published, &e), 0);
    encode_discrepancy(&f->discrepancy);
    encode_dead_letter(&f->dead_letter);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    published_free(f->published);
    config_free(&f->config);
    avro_buffer_free(&f->discrepancy);
    avro_buffer_free(&f->dead_letter);
    free(f);
    return 0;
}

/* Its header and body, as in a topic. */
static int decode(struct published *published, uint64_t fingerprint, struct slice body, json_t **out, const char **name,
                  struct error *e)
{
    size_t len = SCHEMA_SINGLE_OBJECT_LEN + body.len;
    char *record = malloc(len);
    int status;

    assert_non_null(record);
    schema_single_object_header(fingerprint, record);
    memcpy(record + SCHEMA_SINGLE_OBJECT_LEN, body.ptr, body.len);
    status = published_decode(published, slice_make(record, len), out, name, e);
    free(record);
    return status;
}

/* New fields stand at the end and were all written as one byte here, so that a former body is a shorter one. */
static const struct row {
    const char *name;
    uint64_t fingerprint;
    const char *record;
    size_t less; /* bytes than today */
} rows[] = {
    {"a discrepancy", 0x75107a8fb0c587d7, "fixwarden.Discrepancy", 0},
    {"one without the times of a grace", 0x8a2b08115eb74a85, "fixwarden.Discrepancy", 2},
    {"one without reason, hints and exposure", 0x5c075f942bbc03b6, "fixwarden.Discrepancy", 6},
    {"a dead letter", 0xde99439cea0ca4b5, "fixwarden.DeadLetter", 0},
    {"one whose reasons were fewer", 0xca66e175ea931a09, "fixwarden.DeadLetter", 0},
};

static void a_record_is_read_by_the_schema_that_it_was_written_with(void **state)
{
    const struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool dead = strcmp(rows[i].record, "fixwarden.DeadLetter") == 0;
        const struct avro_buffer *body = dead ? &f->dead_letter : &f->discrepancy;
        const char *name;
        struct error e = {0};
        json_t *json;

        if (decode(f->published, rows[i].fingerprint, slice_make(body->ptr, body->len - rows[i].less), &json, &name,
                   &e) != 0)
            fail_row(rows[i].name, "%s", e.text);
        assert_string_equal(name, rows[i].record);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "origin"), "offset")), 42);
        json_decref(json);
    }
}

/* Whoever adds one adds a row. */
static void each_former_schema_is_among_them(void **state)
{
    size_t count = 0;

    (void)state;
    for (; avro_schemas_former[count]; count++) {
        uint64_t fingerprint;
        struct error e;
        bool found = false;

        assert_int_equal(schema_fingerprint(avro_schemas_former[count], &fingerprint, &e), 0);
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            found = found || rows[i].fingerprint == fingerprint;
        if (!found)
            fail_msg("no row has %016llx", (unsigned long long)fingerprint);
    }
    assert_int_equal(count, COUNT_OF(rows) - 2);
}

static void a_schema_that_was_never_ours_is_named(void **state)
{
    const struct fixture *f = *state;
    struct error e = {0};
    const char *name;
    json_t *json;

    assert_int_equal(decode(f->published, 0x1234, slice_of("x"), &json, &name, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "0000000000001234"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_by_the_schema_that_it_was_written_with),
        cmocka_unit_test(each_former_schema_is_among_them),
        cmocka_unit_test(a_schema_that_was_never_ours_is_named),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
