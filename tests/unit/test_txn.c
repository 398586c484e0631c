/* txn: each call's outcome under errors that the mock cluster answers with. */
#include "mock_cluster.h"

#include "consumer/kafka_internal.h"
#include "consumer/monotonic.h"
#include "consumer/sink.h"
#include "consumer/source.h"
#include "consumer/txn.h"

/* Kafka's protocol guide, "Api Keys". */
enum { PRODUCE = 0, INIT_PRODUCER_ID = 22, ADD_PARTITIONS = 24, ADD_OFFSETS = 25, END_TXN = 26, OFFSET_COMMIT = 28 };

#define SOCKET_TIMEOUT_MS 2000
#define TRANSACTION_TIMEOUT_MS 5000
#define PATIENT_TIMEOUT_MS 40000

struct txn_row {
    const char *name;
    int16_t api;
    rd_kafka_resp_err_t err;
    int times;                 /* the broker answers so, then as it should */
    int late_ms;               /* that late */
    bool at_init;              /* else at the commit */
    enum txn_outcome outcome;  /* of init, or of begin, send and commit */
    enum error_code exit_code; /* with TXN_STOP */
};

#define NO_ERROR RD_KAFKA_RESP_ERR_NO_ERROR

static const struct txn_row rows[] = {
    {"a commit without trouble is done", END_TXN, NO_ERROR, 0, 0, false, TXN_DONE, ERROR_NONE},
    {"init waits for a coordinator", INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3, 0, true,
     TXN_DONE, ERROR_NONE},
    {"init without the right to the id stops", INIT_PRODUCER_ID,
     RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 1, 0, true, TXN_STOP, ERROR_UNAVAILABLE},
    {"init asks again when the connection breaks", INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR__TRANSPORT, 1, 0, true, TXN_DONE,
     ERROR_NONE},
    {"partitions are added again while a transaction ends", ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
     2, 0, false, TXN_DONE, ERROR_NONE},
    {"a topic without the right to it aborts", ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, 0,
     false, TXN_ABORT, ERROR_NONE},
    {"adding offsets waits for a coordinator", ADD_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2, 0, false,
     TXN_DONE, ERROR_NONE},
    {"offsets are sent again when the connection breaks", OFFSET_COMMIT, RD_KAFKA_RESP_ERR__TRANSPORT, 1, 0, false,
     TXN_DONE, ERROR_NONE},
    {"a group without the right to it aborts", OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, 0, false,
     TXN_ABORT, ERROR_NONE},
    {"a stale generation aborts", OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, 0, false, TXN_ABORT,
     ERROR_NONE},
    {"a member that the group has forgotten aborts", OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, 0, false,
     TXN_ABORT, ERROR_NONE},
    {"the end waits for a coordinator", END_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, 0, false, TXN_DONE, ERROR_NONE},
    {"a fenced producer stops, to be started again", END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, 0, false, TXN_STOP,
     ERROR_TEMPORARY},
    {"an old epoch stops", END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, 0, false, TXN_STOP, ERROR_TEMPORARY},
    {"a connection that breaks at the end costs the producer", END_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1, 0, false,
     TXN_RENEW, ERROR_NONE},
    {"and so does an answer that is later than socket.timeout.ms", END_TXN, NO_ERROR, 1, SOCKET_TIMEOUT_MS + 400, false,
     TXN_RENEW, ERROR_NONE},
    {"one that is late, but not so late, costs nothing", END_TXN, NO_ERROR, 1, SOCKET_TIMEOUT_MS / 4, false, TXN_DONE,
     ERROR_NONE},
    {"an end without any answer is for the group to know", END_TXN, NO_ERROR, 9, 4 * TRANSACTION_TIMEOUT_MS, false,
     TXN_RENEW, ERROR_NONE},
    {"a record that is too large aborts", PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, 0, false, TXN_ABORT,
     ERROR_NONE},
    {"a record is sent again when its leader moves", PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2, 0, false,
     TXN_DONE, ERROR_NONE},
    {"a record is sent again when the connection breaks", PRODUCE, RD_KAFKA_RESP_ERR__TRANSPORT, 1, 0, false, TXN_DONE,
     ERROR_NONE},
};

/* A cluster and a source with a record to commit. */
struct fixture {
    struct mock_cluster mock;
    struct config config;
    struct source *source;
    struct outbox *outbox;
    atomic_bool stop;
};

static void find_something(struct fixture *f)
{
    static const struct slice headers[FOUND_TYPE_COUNT] = {{"h", 1}, {"h", 1}};
    static const struct string_list nothing;
    const struct outbox_options options = {.header = headers, .carried = &nothing, .bytes_max = 1 << 20};
    const struct checker_output *output;
    const struct origin origin = {.topic = slice_of("in")};
    struct dead_letter letter = {.reason = FIX_NOT_FIX, .origin = &origin, .raw = slice_of("x")};
    struct error e = {0};

    assert_int_equal(outbox_new(&options, &f->outbox, &e), 0);
    output = outbox_begin(f->outbox);
    assert_int_equal(output->on_dead_letter(output->opaque, &letter, &e), 0);
    assert_int_equal(outbox_count(f->outbox), 1);
}

static void set(struct fixture *f, const char *name, int value)
{
    struct error e = {0};
    char text[16];

    snprintf(text, sizeof text, "%d", value);
    assert_int_equal(config_set(&f->config, name, text, &e), 0);
}

static int set_up(void **state)
{
    static const struct source_events no_events;
    struct fixture *f = calloc(1, sizeof *f);
    struct checker_record record;
    struct error e = {0};
    size_t count = 0;

    mock_start(&f->mock);
    mock_configure(&f->mock, &f->config);
    set(f, "kafka.socket.timeout.ms", SOCKET_TIMEOUT_MS);
    set(f, "kafka.transaction.timeout.ms", TRANSACTION_TIMEOUT_MS);
    mock_topic(&f->mock, "in", 1);
    mock_topic(&f->mock, "out", 1);
    mock_topic(&f->mock, "dead", 1);
    mock_produce(&f->mock, "in", 1, 0, 1);
    assert_int_equal(source_subscribe(&f->config, 0, &no_events, &f->stop, NULL, &f->source, &e), 0);
    for (int i = 0; count == 0 && i < 300; i++)
        assert_int_equal(source_poll(f->source, &record, 1, 100, &count, &e), 0);
    assert_int_equal(count, 1);
    find_something(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    source_close(f->source);
    outbox_free(f->outbox);
    config_free(&f->config);
    mock_stop(&f->mock);
    free(f);
    return 0;
}

static void inject(struct fixture *f, const struct txn_row *row)
{
    for (int i = 0; i < row->times; i++)
        rd_kafka_mock_broker_push_request_error_rtts(f->mock.cluster, 1, row->api, 1, row->err, row->late_ms);
}

/* What the cluster still had in store for the row. */
static void use_up(struct fixture *f, const struct txn_row *row)
{
    size_t left = 0;

    rd_kafka_mock_broker_error_stack_cnt(f->mock.cluster, 1, row->api, &left);
    if (left > 0 && row->outcome != TXN_RENEW)
        fail_msg("%s: %zu answers were not asked for", row->name, left);
}

static enum txn_outcome publish(struct fixture *f, struct sink *sink, struct txn *txn, struct error *e)
{
    const struct positions *positions = source_hand_over(f->source);
    enum txn_outcome outcome = txn_begin(txn, e);

    assert_non_null(positions);
    if (outcome != TXN_DONE)
        return outcome;
    assert_true(txn_is_open(txn));
    assert_int_equal(sink_send(sink, f->outbox, e), SINK_SENT);
    return txn_commit(txn, positions, e);
}

/* Whatever was aborted, or is nobody's to know, can be done again, but for what would be refused again. */
static void go_on(struct fixture *f, struct sink *sink, struct txn *txn, const struct txn_row *row)
{
    struct error e = {0};

    if (row->outcome == TXN_ABORT)
        assert_int_equal(txn_abort(txn, &e), TXN_DONE);
    if (row->outcome == TXN_RENEW)
        assert_int_equal(txn_renew(txn, &e), TXN_DONE);
    assert_false(txn_is_open(txn));
    sink_poll(sink);
    if (row->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        assert_int_equal(sink_failed(sink, &e), -1);
        assert_non_null(strstr(e.text, "max.message.bytes"));
        return;
    }
    assert_int_equal(sink_failed(sink, &e), 0);
    if ((row->outcome != TXN_RENEW || row->times == 1) && publish(f, sink, txn, &e) != TXN_DONE)
        fail_msg("%s: again: %s", row->name, e.text);
}

static void check_row(struct fixture *f, const struct txn_row *row)
{
    struct sink *sink = NULL;
    struct txn *txn;
    struct error e = {0};
    enum txn_outcome outcome;

    print_message("%s\n", row->name);
    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    if (row->at_init)
        inject(f, row);
    outcome = txn_init(txn, &e);
    if (!row->at_init) {
        assert_int_equal(outcome, TXN_DONE);
        inject(f, row);
        outcome = publish(f, sink, txn, &e);
    }
    if (outcome != row->outcome)
        fail_msg("%s: outcome %d: %s", row->name, outcome, e.text);
    use_up(f, row);
    if (outcome == TXN_STOP) {
        assert_int_equal(e.code, row->exit_code);
        if (!row->at_init)
            assert_int_equal(txn_begin(txn, &e), TXN_DONE); /* it is open still */
    } else {
        go_on(f, sink, txn, row);
    }
    txn_free(txn);
    sink_close(sink);
}

static void every_error_has_its_outcome(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(*state, &rows[i]);
        if (rows[i].late_ms == 0)
            continue;
        tear_down(state); /* what the broker still holds back would disturb the next row */
        set_up(state);
    }
}

/* The record behind one that is refused is kept for another try, which a transaction that has failed does not make. */
static void check_refused_and_behind(struct fixture *f, int refused_ms, int behind_ms)
{
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;
    int64_t began = monotonic_ms();

    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_int_equal(txn_init(txn, &e), TXN_DONE);
    assert_int_equal(txn_begin(txn, &e), TXN_DONE);
    rd_kafka_mock_broker_push_request_error_rtts(f->mock.cluster, 1, PRODUCE, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                                 refused_ms, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, behind_ms);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_SENT);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_SENT);
    assert_int_equal(txn_commit(txn, source_hand_over(f->source), &e), TXN_ABORT);
    assert_int_equal(txn_abort(txn, &e), TXN_DONE);
    assert_int_equal(sink_failed(sink, &e), -1);
    assert_true(monotonic_ms() - began < PATIENT_TIMEOUT_MS);
    txn_free(txn);
    sink_close(sink);
}

static void a_transaction_that_failed_does_not_wait_for_its_records(void **state)
{
    struct fixture *f = *state;

    set(f, "kafka.batch.num.messages", 1); /* a request for each record */
    set(f, "kafka.linger.ms", 0);
    set(f, "kafka.transaction.timeout.ms", PATIENT_TIMEOUT_MS);
    check_refused_and_behind(f, 600, 600); /* the commit waits for both */
    check_refused_and_behind(f, 300, 600); /* the second comes while it is aborted */
}

/* An abort is an end, too: without an answer, or where it is refused because there is no transaction, the producer is
 * to be replaced, whose init aborts. One that is late is waited for, by call after call. */
static void check_abort(struct fixture *f, rd_kafka_resp_err_t err, int answers, int late_ms, enum txn_outcome outcome)
{
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;

    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_int_equal(txn_init(txn, &e), TXN_DONE);
    assert_int_equal(txn_begin(txn, &e), TXN_DONE);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_SENT);
    for (int i = 0; i < answers; i++)
        rd_kafka_mock_broker_push_request_error_rtts(f->mock.cluster, 1, END_TXN, 1, err, late_ms);
    rd_kafka_flush(sink_handle(sink), 5000);
    assert_int_equal(txn_abort(txn, &e), outcome);
    if (outcome == TXN_RENEW)
        assert_int_equal(txn_renew(txn, &e), TXN_DONE);
    if (outcome != TXN_STOP) {
        assert_false(txn_is_open(txn));
        assert_int_equal(publish(f, sink, txn, &e), TXN_DONE);
    }
    txn_free(txn);
    sink_close(sink);
}

static void an_abort_without_an_answer_costs_the_producer(void **state)
{
    check_abort(*state, NO_ERROR, 2, 2 * TRANSACTION_TIMEOUT_MS, TXN_RENEW);
}

static void an_abort_that_is_answered_late_costs_nothing(void **state)
{
    check_abort(*state, NO_ERROR, 1, SOCKET_TIMEOUT_MS - 400, TXN_DONE);
}

/* As when the requests that would have begun it at the broker have failed. For the library that is fatal. */
static void an_abort_of_what_the_broker_does_not_know_costs_the_producer(void **state)
{
    check_abort(*state, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, 0, TXN_RENEW);
}

static void an_abort_under_an_old_epoch_stops(void **state)
{
    check_abort(*state, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, 0, TXN_STOP);
    check_abort(*state, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, 0, TXN_STOP);
}

static void an_abort_without_a_transaction_is_nothing(void **state)
{
    struct fixture *f = *state;
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;

    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_false(txn_is_open(txn));
    assert_int_equal(txn_abort(txn, &e), TXN_DONE);
    txn_free(txn);
    sink_close(sink);
}

/* begin would hang (librdkafka issue 4420). */
static void nothing_begins_after_a_fatal_error(void **state)
{
    struct fixture *f = *state;
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;

    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_int_equal(txn_init(txn, &e), TXN_DONE);
    rd_kafka_test_fatal_error(sink_handle(sink), RD_KAFKA_RESP_ERR__FENCED, "for the test");
    assert_int_equal(txn_begin(txn, &e), TXN_STOP);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    txn_free(txn);
    sink_close(sink);
}

/* What rd_kafka_produce itself says: by the library, not by the broker. */
static void a_record_that_is_not_taken_has_its_outcome(void **state)
{
    struct fixture *f = *state;
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;

    assert_int_equal(config_set(&f->config, "kafka.queue.buffering.max.messages", "1", &e), 0);
    assert_int_equal(sink_open(&f->config, 0, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_int_equal(txn_init(txn, &e), TXN_DONE);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_ABORT); /* no transaction is open */
    sink_forget(sink);
    assert_int_equal(txn_begin(txn, &e), TXN_DONE);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_SENT);
    assert_int_equal(sink_send(sink, f->outbox, &e), SINK_SENT); /* once there is room */
    assert_int_equal(txn_commit(txn, source_hand_over(f->source), &e), TXN_DONE);
    txn_free(txn);
    sink_close(sink);
}

static void codes_of_producing(void **state)
{
    static const struct {
        rd_kafka_resp_err_t err;
        enum txn_outcome outcome;
    } codes[] = {
        {NO_ERROR, TXN_DONE},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, TXN_RETRY},
        {RD_KAFKA_RESP_ERR__STATE, TXN_ABORT},
        {RD_KAFKA_RESP_ERR__FATAL, TXN_STOP},
        {RD_KAFKA_RESP_ERR__FENCED, TXN_STOP},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, TXN_STOP},
        {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, TXN_STOP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const struct txn_answer answer = txn_answer_of_code(codes[i].err);

        if (txn_outcome_of(TXN_CALL_SEND, &answer) != codes[i].outcome)
            fail_msg("%s", rd_kafka_err2name(codes[i].err));
    }
}

static void errors_that_say_nothing_stop(void **state)
{
    rd_kafka_error_t *error = rd_kafka_error_new(RD_KAFKA_RESP_ERR_UNKNOWN, "unheard of");
    const struct txn_answer answer = txn_answer_of(error), success = txn_answer_of(NULL);

    (void)state;
    for (int call = 0; call < TXN_CALL_COUNT; call++) {
        assert_int_equal(txn_outcome_of((enum txn_call)call, &success), TXN_DONE);
        assert_int_equal(txn_outcome_of((enum txn_call)call, &answer), TXN_STOP);
    }
    rd_kafka_error_destroy(error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_error_has_its_outcome),
        TEST(a_transaction_that_failed_does_not_wait_for_its_records),
        TEST(an_abort_without_an_answer_costs_the_producer),
        TEST(an_abort_that_is_answered_late_costs_nothing),
        TEST(an_abort_of_what_the_broker_does_not_know_costs_the_producer),
        TEST(an_abort_under_an_old_epoch_stops),
        TEST(an_abort_without_a_transaction_is_nothing),
        TEST(nothing_begins_after_a_fatal_error),
        TEST(a_record_that_is_not_taken_has_its_outcome),
        cmocka_unit_test(codes_of_producing),
        cmocka_unit_test(errors_that_say_nothing_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
