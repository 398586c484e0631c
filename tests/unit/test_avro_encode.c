/* What is written is held against avro-c: it reads each record to its last byte, and writes the same bytes again. */
#include "support.h"

#include <avro.h>
#include <time.h>

#include "core/avro_encode.h"
#include "core/avro_shape.h"
#include "core/avro_write.h"

/* A schema of which avro-c reads and writes values. */
struct peer {
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t value;
};

static struct peer peer_of(const char *schema)
{
    struct peer peer;

    assert_int_equal(avro_schema_from_json_length(schema, strlen(schema), &peer.schema), 0);
    peer.iface = avro_generic_class_from_schema(peer.schema);
    assert_int_equal(avro_generic_value_new(peer.iface, &peer.value), 0);
    return peer;
}

static void peer_free(struct peer *peer)
{
    avro_value_decref(&peer->value);
    avro_value_iface_decref(peer->iface);
    avro_schema_decref(peer->schema);
}

static void read_and_write_again(struct peer *peer, const struct avro_buffer *buffer, const char *name)
{
    char *again = malloc(buffer->len + 1);
    avro_reader_t reader = avro_reader_memory(buffer->ptr, (int64_t)buffer->len);
    avro_writer_t writer = avro_writer_memory(again, (int64_t)buffer->len);
    char left;

    assert_int_equal(avro_value_reset(&peer->value), 0);
    if (avro_value_read(reader, &peer->value) != 0)
        fail_row(name, "avro-c does not read it: %s", avro_strerror());
    if (avro_read(reader, &left, 1) == 0)
        fail_row(name, "avro-c leaves bytes unread");
    if (avro_value_write(writer, &peer->value) != 0)
        fail_row(name, "avro-c does not write it in as many bytes: %s", avro_strerror());
    assert_int_equal(avro_writer_tell(writer), buffer->len);
    assert_memory_equal(again, buffer->ptr, buffer->len);
    avro_writer_free(writer);
    avro_reader_free(reader);
    free(again);
}

static void the_schemas_are_what_is_written(void **state)
{
    struct error e = {0};

    (void)state;
    if (avro_encode_check(&e) != 0)
        fail_msg("%s", e.text);
}

static void numbers_are_read_as_they_were(void **state)
{
    static const int64_t numbers[] = {0,
                                      -1,
                                      1,
                                      63,
                                      -64,
                                      64,
                                      -65,
                                      8191,
                                      -8192,
                                      8192,
                                      INT32_MAX,
                                      INT32_MIN,
                                      INT64_MAX,
                                      INT64_MIN,
                                      1 << 20,
                                      -(1 << 20),
                                      INT64_C(1) << 55,
                                      -(INT64_C(1) << 55)};
    struct peer peer = peer_of("\"long\"");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct avro_buffer buffer = {0};
        struct error e;
        struct avro_write w = avro_write_begin(&buffer, &e);
        int64_t read = 0;
        avro_write_long(&w, numbers[i]);
        assert_int_equal(avro_write_end(&w), 0);
        read_and_write_again(&peer, &buffer, "a number");
        assert_int_equal(avro_value_get_long(&peer.value, &read), 0);
        assert_true(read == numbers[i]);
        avro_buffer_free(&buffer);
    }
    peer_free(&peer);
}

/* ---- records at random ---- */

#define TEXTS 64
#define TEXT_MAX 300

struct texts {
    char bytes[TEXTS][TEXT_MAX];
    size_t used;
};

static bool maybe(void)
{
    return rand() % 2 == 0;
}

/* Empty, of a few letters, or of any bytes. */
static struct slice text_at_random(struct texts *t)
{
    char *bytes = t->bytes[t->used++ % TEXTS];
    size_t len = (size_t)(rand() % 3 == 0 ? 0 : rand() % (rand() % 8 == 0 ? TEXT_MAX : 12));
    bool is_ascii = rand() % 4 != 0;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(is_ascii ? ' ' + rand() % 95 : rand());
    return slice_make(bytes, len);
}

static void fill_message(struct message_fields *m, struct texts *t)
{
    *m = (struct message_fields){.begin_string = text_at_random(t),
                                 .msg_type = text_at_random(t),
                                 .msg_seq_num = maybe() ? slice_of("1234567") : text_at_random(t),
                                 .sender = text_at_random(t),
                                 .target = text_at_random(t),
                                 .cl_ord_id = text_at_random(t),
                                 .orig_cl_ord_id = text_at_random(t),
                                 .order_id = text_at_random(t),
                                 .exec_id = text_at_random(t),
                                 .transact_time = maybe() ? slice_of("20260302-08:00:00.123456") : text_at_random(t),
                                 .sending_time = text_at_random(t),
                                 .poss_dup = maybe(),
                                 .poss_resend = maybe()};
}

static void fill_instrument(struct instrument *in, struct texts *t)
{
    *in = (struct instrument){.role = (enum instrument_role)(rand() % INSTRUMENT_ROLE_COUNT),
                              .position = (uint32_t)rand(),
                              .symbol = text_at_random(t),
                              .suffix = text_at_random(t),
                              .exchange = text_at_random(t),
                              .type = text_at_random(t),
                              .cfi = text_at_random(t),
                              .maturity_date = text_at_random(t),
                              .maturity_month_year = text_at_random(t),
                              .put_call = text_at_random(t),
                              .strike = text_at_random(t),
                              .multiplier = text_at_random(t),
                              .identifier_count = (size_t)(rand() % 4)};
    for (size_t i = 0; i < in->identifier_count; i++)
        in->identifiers[i] =
            (struct instrument_identifier){.value = text_at_random(t),
                                           .source = text_at_random(t),
                                           .kind = (enum identifier_kind)(rand() % IDENTIFIER_KIND_COUNT)};
}

static void fill_security(struct security *s, struct texts *t)
{
    *s = (struct security){
        .source = (uint32_t)(rand() % 3), .row_offset = (uint64_t)rand() << 20, .carried_count = (size_t)(rand() % 3)};
    for (int r = 0; r < MASTER_ROLE_COUNT; r++)
        s->value[r] = rand() % 3 == 0 ? text_at_random(t) : slice_make("", 0);
    for (size_t i = 0; i < s->carried_count; i++)
        s->carried[i] = text_at_random(t);
}

static struct decimal decimal_at_random(void)
{
    struct decimal d = {((__int128)rand() << 64) + ((__int128)rand() << 32) + rand()};

    return maybe() ? d : (struct decimal){-d.units >> rand() % 90};
}

static void each_discrepancy_is_one_that_avro_c_would_write(void **state)
{
    static const char *const carried[] = {"desk", "M\xfcnchen", ""};
    static struct texts texts;
    static struct security security;
    struct peer peer = peer_of(avro_schema_discrepancy);
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        struct origin origin = {.topic = text_at_random(&texts),
                                .partition = rand(),
                                .offset = (int64_t)rand() << 30,
                                .has_timestamp = maybe(),
                                .timestamp_ms = -rand(),
                                .has_key = maybe(),
                                .key = text_at_random(&texts),
                                .message = rand()};
        struct verdict verdict = {.kind = (enum discrepancy_kind)(rand() % DISCREPANCY_KIND_COUNT),
                                  .tag = (uint32_t)rand(),
                                  .identifier_position = (uint32_t)(rand() % 33),
                                  .has_observed = maybe(),
                                  .observed = text_at_random(&texts),
                                  .has_expected = maybe(),
                                  .expected = text_at_random(&texts),
                                  .reason = maybe() ? "RENAMED" : NULL,
                                  .hint_kind = maybe() ? "ISIN" : NULL,
                                  .hint_value = text_at_random(&texts)};
        struct message_amounts amounts = {.has_price = maybe(),
                                          .has_quantity = maybe(),
                                          .price = decimal_at_random(),
                                          .quantity = decimal_at_random(),
                                          .currency = text_at_random(&texts)};
        struct exposure exposure = {.has_notional = maybe(), .notional = decimal_at_random(), .counts = maybe()};
        struct message_fields message;
        struct instrument instrument;
        struct discrepancy d = {.id = "0123456789abcdef0123456789abcdef",
                                .verdict = &verdict,
                                .severity = (enum severity)(rand() % SEVERITY_COUNT),
                                .origin = &origin,
                                .message = &message,
                                .amounts = &amounts,
                                .exposure = &exposure,
                                .instrument = &instrument,
                                .found_by = (enum found_by)(rand() % (FOUND_BY_HINT + 1)),
                                .candidates = maybe() ? UINT32_MAX : (uint32_t)rand(),
                                .security = maybe() ? &security : NULL,
                                .carried_names = carried,
                                .master_version = "0123456789abcdef",
                                .rule_set = "fedcba9876543210"};
        struct avro_buffer buffer = {0};
        struct error e;
        fill_message(&message, &texts);
        fill_instrument(&instrument, &texts);
        fill_security(&security, &texts);
        assert_int_equal(avro_encode_discrepancy(&d, &buffer, &e), 0);
        read_and_write_again(&peer, &buffer, "a discrepancy");
        avro_buffer_free(&buffer);
    }
    peer_free(&peer);
}

/* Dead letters stand behind each other, as they do in a batch. */
static void each_dead_letter_is_one_that_avro_c_would_write(void **state)
{
    struct origin origin = {.topic = {"orders", 6}, .partition = 3, .offset = 1 << 30};
    struct peer peer = peer_of(avro_schema_dead_letter);

    (void)state;
    for (int reason = FIX_OK; reason < FIX_REASON_COUNT; reason++) {
        struct dead_letter letter = {.id = "0",
                                     .reason = (enum fix_reason)reason,
                                     .origin = &origin,
                                     .position = 70000,
                                     .raw = {"8=FIX\x01\xff\x00", 8}};
        struct avro_buffer buffer = {0};
        struct avro_buffer one;
        struct error e;
        size_t len;
        assert_int_equal(avro_encode_dead_letter(&letter, &buffer, &e), 0);
        len = buffer.len;
        assert_int_equal(avro_encode_dead_letter(&letter, &buffer, &e), 0);
        assert_int_equal(buffer.len, 2 * len);
        assert_memory_equal(buffer.ptr, buffer.ptr + len, len);
        one = (struct avro_buffer){buffer.ptr, len, len};
        read_and_write_again(&peer, &one, fix_reason_text((enum fix_reason)reason));
        avro_buffer_free(&buffer);
    }
    peer_free(&peer);
}

/* ---- shapes ---- */

static void a_shape_is_what_a_schema_comes_to(void **state)
{
    static const struct {
        const char *name;
        const char *schema;
        const char *shape; /* NULL: refused */
    } rows[] = {
        {"a name and a type",
         "{\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"},"
         "{\"name\":\"y\",\"type\":[\"null\",\"bytes\"]}]}",
         "{x:int y:?bytes}"},
        {"an array and a map", "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":\"string\"}}", "[<string>]"},
        {"an enum", "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\"]}", "enum"},
        {"null is not in front", "[\"int\",\"null\"]", NULL},
        {"a union of three", "[\"null\",\"int\",\"string\"]", NULL},
        {"a type that is never written", "\"double\"", NULL},
        {"no schema", "{", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct avro_buffer shape = {0};
        struct error e = {0};
        int rc = avro_shape_of(rows[i].schema, &shape, &e);
        if ((rc == 0) != (rows[i].shape != NULL) ||
            (rc == 0 && !slice_equal_text(slice_make(shape.ptr, shape.len), rows[i].shape)))
            fail_row(rows[i].name, "%.*s %s", (int)shape.len, shape.ptr, e.text);
        avro_buffer_free(&shape);
    }
}

/* ---- no room ---- */

static void a_record_that_does_not_fit_leaves_nothing(void **state)
{
    struct avro_buffer buffer = {0};
    struct error e = {0};
    struct avro_write w;

    (void)state;
    assert_int_equal(avro_buffer_append(&buffer, slice_of("before"), &e), 0);
    w = avro_write_begin(&buffer, &e);
    avro_write_text(&w, slice_of("of the record"));
    avro_write_bytes(&w, slice_make("", AVRO_BUFFER_MAX)); /* refused before a byte is read */
    avro_write_boolean(&w, true);
    assert_int_equal(avro_write_end(&w), -1);
    assert_int_equal(e.code, ERROR_INTERNAL);
    assert_int_equal(buffer.len, strlen("before"));
    avro_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schemas_are_what_is_written),
        cmocka_unit_test(numbers_are_read_as_they_were),
        cmocka_unit_test(each_discrepancy_is_one_that_avro_c_would_write),
        cmocka_unit_test(each_dead_letter_is_one_that_avro_c_would_write),
        cmocka_unit_test(a_shape_is_what_a_schema_comes_to),
        cmocka_unit_test(a_record_that_does_not_fit_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
