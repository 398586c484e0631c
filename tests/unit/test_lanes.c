/* lanes: several pumps over one index on the mock cluster, which does not keep the offsets of transactions, so that
 * records come again after a rebalance: exactly once is for tests/kafka. Here: that all of them work, end together and
 * say why. */
#include "mock_cluster.h"

#include <pthread.h>
#include <unistd.h>

#include "consumer/cli.h"
#include "consumer/lanes.h"
#include "consumer/monotonic.h"

#define PARTITIONS 4
#define RECORDS 400
#define WAIT_MS 60000
#define LARGE 20000 /* bytes */

/* Kafka's protocol guide, "Api Keys". */
enum { ADD_PARTITIONS_TO_TXN = 24, END_TXN = 26 };

struct fixture {
    struct mock_cluster mock;
    struct config config;
    char directory[64];
    char master[128];
    char index[128];
    struct alerts *alerts;
    struct reload *reload;
    struct lanes *lanes;
    atomic_bool stop;
    pthread_t thread;
    int status; /* of lanes_run */
    struct error failure;
};

static void set(struct fixture *f, const char *name, const char *value)
{
    struct error e = {0};

    if (config_set(&f->config, name, value, &e) != 0)
        fail_msg("%s", e.text);
}

static void write_master(struct fixture *f)
{
    FILE *out = fopen(f->master, "w");

    assert_non_null(out);
    fputs("symbol,isin,currency\nAAA,US0378331005,USD\n", out);
    assert_int_equal(fclose(out), 0);
}

/* The index is built before any thread of the library is there. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error e = {0};

    snprintf(f->directory, sizeof f->directory, "/tmp/test_lanes_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->master, sizeof f->master, "%s/master.csv", f->directory);
    snprintf(f->index, sizeof f->index, "%s/index.fwx", f->directory);
    write_master(f);
    mock_start(&f->mock);
    mock_configure(&f->mock, &f->config);
    set(f, "master.files", f->master);
    set(f, "master.index", f->index);
    set(f, "output.transactional_id", "test");
    set(f, "reload.settle", "0");
    f->alerts = alerts_new(&f->config);
    if (reload_new(&(struct reload_options){.config = &f->config}, &f->reload, &e) != 0)
        fail_msg("%s", e.text);
    mock_topic(&f->mock, "in", PARTITIONS);
    mock_topic(&f->mock, "out", 1);
    mock_topic(&f->mock, "dead", 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    lanes_free(f->lanes);
    reload_free(f->reload);
    alerts_free(f->alerts);
    mock_stop(&f->mock);
    config_free(&f->config);
    snprintf(command, sizeof command, "rm -r '%s'", f->directory);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void *run(void *opaque)
{
    struct fixture *f = opaque;

    f->status = lanes_run(f->lanes, &f->failure);
    return NULL;
}

static void start(struct fixture *f)
{
    const struct lanes_options options = {
        .config = &f->config, .reload = f->reload, .stop = &f->stop, .alerts = f->alerts};
    struct error e = {0};

    if (lanes_new(&options, &f->lanes, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

static void wait_for_records(struct fixture *f, uint64_t records)
{
    int64_t deadline = monotonic_ms() + WAIT_MS;
    struct pump_counts counts;

    do {
        monotonic_nap(20);
        lanes_counts(f->lanes, &counts);
    } while (counts.records < records && monotonic_ms() < deadline);
    assert_true(counts.records >= records);
}

static void stop(struct fixture *f)
{
    atomic_store(&f->stop, true);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
}

/* To the end of the records, though something had to be aborted and done again: each is one dead letter, and what was
 * said of each partition in what was aborted is said again. */
static void expect_each_once_after_an_abort(struct fixture *f)
{
    struct pump_counts counts;

    set(f, "output.versions_topic", "versions");
    mock_topic(&f->mock, "versions", 1);
    start(f);
    wait_for_records(f, RECORDS);
    stop(f);
    if (f->status != 0)
        fail_msg("%s", f->failure.text);
    lanes_counts(f->lanes, &counts);
    assert_true(counts.aborts >= 1);
    assert_int_equal(counts.checked.messages, counts.records + counts.repeated);
    assert_int_equal(counts.published[OUTBOX_DEAD_LETTER], counts.records);
    assert_true(counts.published[OUTBOX_MARK] >= PARTITIONS);
}

/* What is published is no FIX: a dead letter for each record. */
static void check_all(struct fixture *f, const char *lanes, const char *delivery, const char *strategy)
{
    struct pump_counts counts;

    set(f, "input.lanes", lanes);
    set(f, "output.delivery", delivery);
    set(f, "kafka.partition.assignment.strategy", strategy);
    mock_produce(&f->mock, "in", PARTITIONS, 0, RECORDS);
    start(f);
    wait_for_records(f, RECORDS);
    stop(f);
    if (f->status != 0)
        fail_msg("%s", f->failure.text);
    lanes_counts(f->lanes, &counts);
    assert_int_equal(counts.checked.messages, counts.records + counts.repeated);
    assert_int_equal(counts.checked.malformed, counts.records + counts.repeated);
    assert_int_equal(counts.published[FOUND_DEAD_LETTER], counts.records);
    assert_int_equal(counts.published[FOUND_DISCREPANCY], 0);
    assert_true(counts.first_ms > 0 && counts.last_ms >= counts.first_ms);
}

static void two_lanes_share_the_partitions(void **state)
{
    check_all(*state, "2", "exactly-once", "cooperative-sticky");
}

static void so_they_do_under_the_eager_protocol(void **state)
{
    check_all(*state, "3", "exactly-once", "range");
}

static void and_without_transactions(void **state)
{
    check_all(*state, "2", "at-least-once", "cooperative-sticky");
}

static void lanes_without_partitions_do_no_harm(void **state)
{
    check_all(*state, "6", "exactly-once", "cooperative-sticky");
}

static void as_many_lanes_as_are_good_by_themselves(void **state)
{
    check_all(*state, "auto", "exactly-once", "cooperative-sticky");
}

/* One of them is fenced at its commit: all end, with its error. */
static void a_lane_that_fails_ends_all(void **state)
{
    struct fixture *f = *state;

    set(f, "input.lanes", "3");
    rd_kafka_mock_push_request_errors(f->mock.cluster, END_TXN, 1, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    mock_produce(&f->mock, "in", PARTITIONS, 0, RECORDS);
    start(f);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->status, -1);
    assert_int_equal(f->failure.code, ERROR_TEMPORARY);
    assert_non_null(strstr(f->failure.text, "fenced"));
}

static void a_topic_that_is_missing_ends_all_at_the_start(void **state)
{
    struct fixture *f = *state;

    set(f, "input.lanes", "2");
    rd_kafka_mock_topic_set_error(f->mock.cluster, "dead", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    start(f);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->status, -1);
    assert_int_equal(f->failure.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(f->failure.text, "topic dead does not exist"));
}

/* The mock cluster has not kept the offsets, so that the group says no, and all is done once more. */
static void a_commit_without_an_answer_is_found_out(void **state)
{
    struct fixture *f = *state;

    set(f, "input.lanes", "1");
    set(f, "kafka.socket.timeout.ms", "1000");
    set(f, "kafka.transaction.timeout.ms", "2000");
    for (int i = 0; i < 5; i++)
        rd_kafka_mock_broker_push_request_error_rtts(f->mock.cluster, 1, END_TXN, 1, RD_KAFKA_RESP_ERR_NO_ERROR, 8000);
    mock_produce(&f->mock, "in", PARTITIONS, 0, RECORDS);
    expect_each_once_after_an_abort(f);
}

/* Records of LARGE bytes that are no FIX. */
static void produce_large(struct fixture *f)
{
    static char value[LARGE];
    rd_kafka_t *producer = mock_producer(&f->mock);

    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_PARTITION(i % PARTITIONS),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
    rd_kafka_destroy(producer);
}

/* More than four times what a batch may hold: most of it is sent in the middle of a check, where the first transaction
 * is aborted, too. */
static void what_is_sent_in_the_middle_of_a_check_is_aborted_and_done_again(void **state)
{
    struct fixture *f = *state;

    set(f, "input.lanes", "1");
    set(f, "memory.max", "64M");
    set(f, "kafka.fetch.message.max.bytes", "500000"); /* the mock cluster knows no other limit of an answer */
    rd_kafka_mock_push_request_errors(f->mock.cluster, ADD_PARTITIONS_TO_TXN, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    produce_large(f);
    expect_each_once_after_an_abort(f);
}

/* The call returns in the end, so that the test can free what it uses. */
static void a_lane_in_which_a_call_hangs_ends_all(void **state)
{
    struct fixture *f = *state;

    set(f, "input.lanes", "2");
    set(f, "batch.stall_timeout", "1s");
    rd_kafka_mock_broker_push_request_error_rtts(f->mock.cluster, 1, END_TXN, 1, RD_KAFKA_RESP_ERR_NO_ERROR, 10000);
    mock_produce(&f->mock, "in", PARTITIONS, 0, RECORDS);
    start(f);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->status, -1);
    assert_int_equal(f->failure.code, ERROR_TEMPORARY);
    assert_non_null(strstr(f->failure.text, "batch.stall_timeout"));
    assert_true(lanes_hang(f->lanes));
}

static bool is_adopted(struct fixture *f)
{
    const struct index *held = reload_take(f->reload, NULL);
    bool adopted = index_info(held)->rows == 2;

    reload_give_back(f->reload, held);
    return adopted;
}

/* Between batches, while the lanes run. */
static void a_newer_index_is_taken_by_all_lanes(void **state)
{
    struct fixture *f = *state;
    int64_t until = monotonic_ms() + WAIT_MS;
    FILE *out;

    set(f, "input.lanes", "2");
    set(f, "reload.check_interval", "100ms");
    mock_produce(&f->mock, "in", PARTITIONS, 0, RECORDS);
    start(f);
    wait_for_records(f, RECORDS);
    out = fopen(f->master, "a");
    fputs("BBB,US5949181045,USD\n", out);
    fclose(out);
    while (!is_adopted(f) && monotonic_ms() < until)
        monotonic_nap(20);
    mock_produce(&f->mock, "in", PARTITIONS, RECORDS, RECORDS);
    wait_for_records(f, 2 * RECORDS);
    stop(f);
    assert_int_equal(f->status, 0);
    assert_int_equal(index_info(reload_index(f->reload))->rows, 2);
}

/* Nothing else is to be published, and there are no offsets to commit. */
static void an_alert_is_published_while_the_topics_are_quiet(void **state)
{
    struct fixture *f = *state;
    int64_t until = monotonic_ms() + WAIT_MS;
    struct pump_counts counts;
    struct error e = {0};

    set(f, "input.lanes", "2");
    set(f, "output.alert_topic", "alerts");
    mock_topic(&f->mock, "alerts", 1);
    start(f);
    assert_int_equal(alerts_raise(f->alerts, "TEST", json_object(), &e), 0);
    do {
        monotonic_nap(20);
        lanes_counts(f->lanes, &counts);
    } while (counts.published[OUTBOX_ALERT] == 0 && monotonic_ms() < until);
    stop(f);
    lanes_counts(f->lanes, &counts);
    assert_int_equal(f->status, 0);
    assert_int_equal(counts.published[OUTBOX_ALERT], 1);
    assert_int_equal(counts.aborts, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The builder is this program, called as fixwarden. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(two_lanes_share_the_partitions),
        TEST(so_they_do_under_the_eager_protocol),
        TEST(and_without_transactions),
        TEST(lanes_without_partitions_do_no_harm),
        TEST(as_many_lanes_as_are_good_by_themselves),
        TEST(a_lane_that_fails_ends_all),
        TEST(a_topic_that_is_missing_ends_all_at_the_start),
        TEST(a_commit_without_an_answer_is_found_out),
        TEST(what_is_sent_in_the_middle_of_a_check_is_aborted_and_done_again),
        TEST(a_lane_in_which_a_call_hangs_ends_all),
        TEST(a_newer_index_is_taken_by_all_lanes),
        TEST(an_alert_is_published_while_the_topics_are_quiet),
    };

    return argc > 1 ? cli_main(argc, argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
