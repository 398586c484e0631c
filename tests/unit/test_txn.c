/* txn: each call's outcome under errors that the mock cluster answers with. */
#include "mock_cluster.h"

#include "consumer/kafka_internal.h"
#include "consumer/sink.h"
#include "consumer/source.h"
#include "consumer/txn.h"

/* Kafka's protocol guide, "Api Keys". */
enum { PRODUCE = 0, INIT_PRODUCER_ID = 22, ADD_PARTITIONS = 24, ADD_OFFSETS = 25, END_TXN = 26, OFFSET_COMMIT = 28 };

struct txn_row {
    const char *name;
    int16_t api;
    rd_kafka_resp_err_t err;
    int times;                 /* the broker answers so, then as it should */
    bool at_init;              /* else at the commit */
    enum txn_outcome outcome;  /* of init, or of begin, send and commit */
    enum error_code exit_code; /* with TXN_STOP */
};

static const struct txn_row rows[] = {
    {"a commit without trouble is done", END_TXN, RD_KAFKA_RESP_ERR_NO_ERROR, 0, false, TXN_DONE, ERROR_NONE},
    {"init waits for a coordinator", INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3, true,
     TXN_DONE, ERROR_NONE},
    {"init without the right to the id stops", INIT_PRODUCER_ID,
     RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 1, true, TXN_STOP, ERROR_UNAVAILABLE},
    {"partitions are added again while a transaction ends", ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
     2, false, TXN_DONE, ERROR_NONE},
    {"a topic without the right to it aborts", ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, false,
     TXN_ABORT, ERROR_NONE},
    {"adding offsets waits for a coordinator", ADD_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2, false,
     TXN_DONE, ERROR_NONE},
    {"a stale generation aborts", OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, false, TXN_ABORT, ERROR_NONE},
    {"a member that the group has forgotten aborts", OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, false,
     TXN_ABORT, ERROR_NONE},
    {"the end waits for a coordinator", END_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, false, TXN_DONE, ERROR_NONE},
    {"a fenced producer stops, to be started again", END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, false, TXN_STOP,
     ERROR_TEMPORARY},
    {"an old epoch stops", END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, false, TXN_STOP, ERROR_TEMPORARY},
    {"a record that is too large aborts", PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, false, TXN_ABORT,
     ERROR_NONE},
    {"a record is sent again when its leader moves", PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2, false,
     TXN_DONE, ERROR_NONE},
};

/* One cluster and one source with a record to commit, for all rows. */
struct fixture {
    struct mock_cluster mock;
    struct config config;
    struct source *source;
    struct found *found;
    atomic_bool stop;
};

static void find_something(struct fixture *f)
{
    const struct slice headers[FOUND_TYPE_COUNT] = {{"h", 1}, {"h", 1}};
    const struct origin origin = {.topic = slice_of("in")};
    struct dead_letter letter = {.reason = FIX_NOT_FIX, .origin = &origin, .raw = slice_of("x")};
    struct error e = {0};

    assert_int_equal(found_new(headers, &f->found, &e), 0);
    assert_int_equal(found_output(f->found)->on_dead_letter(found_output(f->found)->opaque, &letter, &e), 0);
    assert_int_equal(found_count(f->found), 1);
}

static int set_up(void **state)
{
    static const struct source_events no_events;
    struct fixture *f = calloc(1, sizeof *f);
    struct source_record record;
    struct error e = {0};
    size_t count = 0;

    mock_start(&f->mock);
    mock_configure(&f->mock, &f->config);
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
    found_free(f->found);
    config_free(&f->config);
    mock_stop(&f->mock);
    free(f);
    return 0;
}

static void inject(struct fixture *f, const struct txn_row *row)
{
    for (int i = 0; i < row->times; i++)
        rd_kafka_mock_push_request_errors(f->mock.cluster, row->api, 1, row->err);
}

static enum txn_outcome publish(struct fixture *f, struct sink *sink, struct txn *txn, struct error *e)
{
    enum txn_outcome outcome = txn_begin(txn, e);

    if (outcome != TXN_DONE)
        return outcome;
    assert_true(txn_is_open(txn));
    assert_int_equal(sink_send(sink, f->found, e), 0);
    return txn_commit(txn, source_hand_over(f->source), e);
}

/* Whatever was aborted can be done again, but for what would be refused again. */
static void abort_and_repeat(struct fixture *f, struct sink *sink, struct txn *txn, const struct txn_row *row)
{
    struct error e = {0};

    assert_int_equal(txn_abort(txn, &e), TXN_DONE);
    assert_false(txn_is_open(txn));
    sink_poll(sink);
    if (row->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        assert_int_equal(sink_failed(sink, &e), -1);
        assert_non_null(strstr(e.text, "max.message.bytes"));
        return;
    }
    assert_int_equal(sink_failed(sink, &e), 0);
    if (publish(f, sink, txn, &e) != TXN_DONE)
        fail_msg("%s: again: %s", row->name, e.text);
}

static void check_row(struct fixture *f, const struct txn_row *row)
{
    struct sink *sink = NULL;
    struct txn *txn;
    struct error e = {0};
    enum txn_outcome outcome;

    print_message("%s\n", row->name);
    assert_int_equal(sink_open(&f->config, 0, &f->stop, NULL, &sink, &e), 0);
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
    if (outcome == TXN_STOP)
        assert_int_equal(e.code, row->exit_code);
    if (outcome == TXN_ABORT)
        abort_and_repeat(f, sink, txn, row);
    txn_free(txn);
    sink_close(sink);
    rd_kafka_mock_clear_request_errors(f->mock.cluster, row->api);
}

static void every_error_has_its_outcome(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(*state, &rows[i]);
}

static void an_abort_without_a_transaction_is_nothing(void **state)
{
    struct fixture *f = *state;
    struct sink *sink = NULL;
    struct error e = {0};
    struct txn *txn;

    assert_int_equal(sink_open(&f->config, 0, &f->stop, NULL, &sink, &e), 0);
    txn = txn_new(sink, &f->stop, NULL);
    assert_false(txn_is_open(txn));
    assert_int_equal(txn_abort(txn, &e), TXN_DONE);
    txn_free(txn);
    sink_close(sink);
}

static void errors_that_say_nothing_stop(void **state)
{
    rd_kafka_error_t *error = rd_kafka_error_new(RD_KAFKA_RESP_ERR_UNKNOWN, "unheard of");

    (void)state;
    assert_int_equal(txn_classify(NULL), TXN_DONE);
    assert_int_equal(txn_classify(error), TXN_STOP);
    rd_kafka_error_destroy(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_outcome),
        cmocka_unit_test(an_abort_without_a_transaction_is_nothing),
        cmocka_unit_test(errors_that_say_nothing_stop),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
