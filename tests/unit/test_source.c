/* source: records, commits, rewinds and rebalances on the mock cluster. */
#include "mock_cluster.h"

#include "consumer/monotonic.h"
#include "consumer/source_internal.h"

#define PARTITIONS 4
#define RECORDS 40
#define POLLS_MAX 400 /* of 50 ms: a group takes its time to settle */

struct member {
    struct source *source;
    int seen[2 * RECORDS]; /* how often record N was taken and committed */
    int pending[2 * RECORDS];
    int revokes;
};

static void commit_pending(struct member *m)
{
    struct error e = {0};
    bool done = false;
    const struct positions *positions = source_hand_over(m->source);

    if (!positions)
        return;
    assert_int_equal(source_commit(m->source, positions, &done, &e), 0);
    (done ? source_committed : source_postponed)(m->source);
    for (int i = 0; i < 2 * RECORDS; i++) {
        m->seen[i] += done ? m->pending[i] : 0;
        m->pending[i] = 0;
    }
}

static void on_revoke(void *opaque, bool lost)
{
    struct member *m = opaque;

    m->revokes++;
    if (lost)
        memset(m->pending, 0, sizeof m->pending);
    else
        commit_pending(m);
}

static void join_with(struct member *m, const struct config *config, void (*told)(void *opaque, bool lost))
{
    static atomic_bool stop;
    const struct source_events events = {.opaque = m, .on_revoke = told};
    struct error e = {0};

    if (source_subscribe(config, 0, &events, &stop, NULL, &m->source, &e) != 0)
        fail_msg("%s", e.text);
}

static void join(struct member *m, const struct config *config)
{
    join_with(m, config, on_revoke);
}

static size_t poll_into(struct member *m)
{
    struct checker_record records[16];
    struct error e = {0};
    size_t count = 0;
    char text[16];

    if (source_poll(m->source, records, 16, 50, &count, &e) != 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%.*s", SLICE_FORMAT(records[i].value));
        assert_true(slice_equal_text(records[i].origin.topic, "in"));
        assert_int_equal(records[i].origin.partition, atoi(text) % PARTITIONS);
        assert_true(records[i].origin.has_timestamp);
        m->pending[atoi(text)]++;
    }
    return count;
}

static int total(const int *counts, int from, int to)
{
    int sum = 0;

    for (int i = from; i < to; i++)
        sum += counts[i];
    return sum;
}

/* Until so many of the records [from, to) are pending, or for POLLS_MAX polls. */
static void poll_until(struct member *m, int from, int to, int count)
{
    for (int i = 0; i < POLLS_MAX && total(m->pending, from, to) < count; i++)
        poll_into(m);
}

static void set_up_cluster(struct mock_cluster *mock, struct config *config, const char *strategy)
{
    struct error e = {0};

    mock_start(mock);
    mock_configure(mock, config);
    assert_int_equal(config_set(config, "kafka.partition.assignment.strategy", strategy, &e), 0);
    mock_topic(mock, "in", PARTITIONS);
    mock_produce(mock, "in", PARTITIONS, 0, RECORDS);
}

static void records_come_once_and_again_after_a_rewind(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "cooperative-sticky");
    join(m, &config);
    poll_until(m, 0, RECORDS, RECORDS);
    assert_int_equal(total(m->pending, 0, RECORDS), RECORDS);

    memset(m->pending, 0, sizeof m->pending);
    assert_int_equal(source_rewind(m->source, &e), 0); /* nothing was committed: from the first on */
    poll_until(m, 0, RECORDS, RECORDS);
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(m->pending[i], 1);

    commit_pending(m);
    assert_int_equal(source_rewind(m->source, &e), 0); /* all is committed: nothing comes again */
    mock_produce(&mock, "in", PARTITIONS, RECORDS, 8);
    poll_until(m, RECORDS, RECORDS + 8, 8);
    assert_int_equal(total(m->pending, 0, RECORDS), 0);
    assert_int_equal(total(m->pending, RECORDS, RECORDS + 8), 8);
    source_close(m->source);
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

/* Whatever moves between the two: every record is committed by one of them, once. */
static void share(const char *strategy)
{
    struct mock_cluster mock;
    struct config config;
    struct member *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);

    print_message("%s\n", strategy);
    set_up_cluster(&mock, &config, strategy);
    join(a, &config);
    for (int i = 0; i < POLLS_MAX && total(a->pending, 0, RECORDS) < RECORDS; i++)
        poll_into(a);
    join(b, &config);
    for (int i = 0; i < POLLS_MAX && a->revokes == 0; i++) {
        poll_into(a);
        poll_into(b);
    }
    assert_true(a->revokes > 0);
    mock_produce(&mock, "in", PARTITIONS, RECORDS, RECORDS);
    for (int i = 0; i < POLLS_MAX && total(a->seen, 0, 2 * RECORDS) + total(b->seen, 0, 2 * RECORDS) < 2 * RECORDS;
         i++) {
        poll_into(a);
        poll_into(b);
        commit_pending(a);
        commit_pending(b);
    }
    for (int i = 0; i < 2 * RECORDS; i++)
        if (a->seen[i] + b->seen[i] != 1)
            fail_msg("record %d: %d times by the first, %d by the second", i, a->seen[i], b->seen[i]);
    assert_true(total(b->seen, 0, 2 * RECORDS) > 0);
    source_close(b->source);
    source_close(a->source);
    free(a);
    free(b);
    config_free(&config);
    mock_stop(&mock);
}

static void two_members_share_under_each_protocol(void **state)
{
    (void)state;
    share("cooperative-sticky");
    share("range");
}

static void on_slow_revoke(void *opaque, bool lost)
{
    monotonic_nap(300); /* as long as the library needs to leave a group that it need not wait for us to leave */
    on_revoke(opaque, lost);
}

static void poll_both_until_all_are_taken(struct member *a, struct member *b, int records)
{
    for (int i = 0; i < POLLS_MAX && total(a->pending, 0, records) + total(b->pending, 0, records) < records; i++) {
        poll_into(a);
        poll_into(b);
    }
}

/* There are no records any more: what the library has for us is a rebalance. */
static void wait_for_a_rebalance(const struct member *m)
{
    for (int i = 0; i < POLLS_MAX && rd_kafka_queue_length(m->source->queue) == 0; i++)
        monotonic_nap(50);
    assert_true(rd_kafka_queue_length(m->source->queue) > 0);
}

/* It may commit what it did with the records of the partitions that it has. With librdkafka before 2.4.0 it would at
 * times wait for ever for what it asked of itself after that. */
static void a_member_that_leaves_before_it_is_told_of_an_assignment_leaves_well(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m), *second = calloc(1, sizeof *second);

    (void)state;
    set_up_cluster(&mock, &config, "cooperative-sticky");
    join_with(m, &config, on_slow_revoke);
    join(second, &config);
    poll_both_until_all_are_taken(m, second, RECORDS);
    source_close(second->source); /* whose partitions are for the other one, then */
    wait_for_a_rebalance(m);
    m->revokes = 0;
    memset(m->seen, 0, sizeof m->seen);
    m->pending[0] = 1;
    source_close(m->source);
    assert_int_equal(m->revokes, 1);
    assert_int_equal(m->seen[0], 1);
    free(m);
    free(second);
    config_free(&config);
    mock_stop(&mock);
}

static void a_topic_is_read_from_end_to_end_without_a_group(void **state)
{
    static atomic_bool stop;
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "range");
    assert_int_equal(source_assign(&config, "in", START_EARLIEST, &stop, NULL, &m->source, &e), 0);
    assert_false(source_at_end(m->source));
    for (int i = 0; i < POLLS_MAX && !source_at_end(m->source); i++)
        poll_into(m);
    assert_true(source_at_end(m->source));
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(m->pending[i], 1);
    source_close(m->source);
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

/* Of partition p the records "4 * offset + p", of which the ranges hold these. */
static const struct range ranges[] = {
    {.topic = "in", .partition = 0, .from = 2, .to = 5},
    {.topic = "in", .partition = 1, .from = 0, .to = 10}, /* to its end */
    {.topic = "in", .partition = 2, .from = 4, .to = 4},  /* nothing */
    {.topic = "in", .partition = 3, .from = 0, .to = 6, .low = 3},
};

static bool is_in_ranges(int record)
{
    const struct range *range = &ranges[record % PARTITIONS];
    int offset = record / PARTITIONS;

    return offset >= range->from && offset < range->to && offset >= range->low;
}

static void take_ranges(struct member *m, const struct config *config, struct pace *pace)
{
    static atomic_bool stop;
    const struct source_ranges all = {.items = ranges, .count = PARTITIONS, .first = 0, .step = 1, .pace = pace};
    struct error e = {0};

    if (source_assign_ranges(config, 0, &all, &stop, NULL, &m->source, &e) != 0)
        fail_msg("%s", e.text);
}

static void read_ranges(struct member *m)
{
    for (int i = 0; i < POLLS_MAX && !source_at_end(m->source); i++)
        poll_into(m);
    assert_true(source_at_end(m->source));
    for (int i = 0; i < RECORDS; i++)
        if (m->pending[i] != is_in_ranges(i))
            fail_msg("record %d: %d times", i, m->pending[i]);
}

/* Also of partitions that were let go of in between. */
static void ranges_are_read_to_their_ends_and_again_after_a_rewind(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "range");
    take_ranges(m, &config, NULL);
    assert_false(source_at_end(m->source));
    assert_int_equal(source_offsets_committed(m->source), 3); /* those that are gone */
    for (int round = 0; round < 3; round++) {
        memset(m->pending, 0, sizeof m->pending);
        read_ranges(m);
        assert_false(source_is_committed(m->source));
        assert_int_equal(source_rewind(m->source, &e), 0);
        assert_false(source_at_end(m->source));
    }
    memset(m->pending, 0, sizeof m->pending);
    read_ranges(m);
    commit_pending(m);
    assert_true(source_is_committed(m->source));
    assert_int_equal(source_offsets_committed(m->source), 3 + 10 + 6);
    assert_int_equal(source_rewind(m->source, &e), 0);
    assert_true(source_at_end(m->source));
    source_close(m->source);
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

static void what_is_not_due_yet_comes_later_and_again_after_a_rewind(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct pace *pace = pace_new(40, 0);
    struct error e = {0};
    int taken;

    (void)state;
    set_up_cluster(&mock, &config, "range");
    take_ranges(m, &config, pace);
    poll_until(m, 0, RECORDS, 3);
    taken = total(m->pending, 0, RECORDS);
    assert_in_range(taken, 3, 8);
    memset(m->pending, 0, sizeof m->pending);
    assert_int_equal(source_rewind(m->source, &e), 0);
    read_ranges(m);
    source_close(m->source);
    pace_free(pace);
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

enum whose { NOBODYS, OURS, ANOTHERS };

/* Of the ranges all is handed over to a commit. */
static const struct {
    const char *name;
    int64_t held[PARTITIONS]; /* by the group, afterwards */
    enum whose whose;
} endings[] = {
    {"where they began, nothing is committed", {2, 0, 4, 0}, NOBODYS},
    {"where they were taken to, all is", {5, 10, 4, 6}, OURS},
    {"a transaction has no part of it", {5, 0, 4, 0}, ANOTHERS},
    {"nor all parts but one", {5, 10, 4, 3}, ANOTHERS},
    {"another has taken less", {2, 1, 4, 0}, ANOTHERS},
    {"another has taken more", {5, 11, 4, 6}, ANOTHERS},
    {"a range that we have not taken was", {2, 0, 5, 0}, ANOTHERS},
    {"and beside those that we have", {5, 10, 5, 6}, ANOTHERS},
};

static void commit_as_another(const struct mock_cluster *mock, const int64_t held[PARTITIONS])
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    rd_kafka_t *rk;

    rd_kafka_conf_set_log_cb(conf, mock_silence);
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster), NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "g", NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, "in", i)->offset = held[i];
    assert_int_equal(rd_kafka_commit(rk, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

static void check_ending(const struct mock_cluster *mock, struct member *m, size_t i)
{
    struct error e = {0};
    bool committed = false;
    int status;

    commit_as_another(mock, endings[i].held);
    status = source_ask_committed(m->source, &committed, &e);
    if ((status != 0) != (endings[i].whose == ANOTHERS) || (status == 0 && committed != (endings[i].whose == OURS)))
        fail_msg("%s: status %d, committed %d: %s", endings[i].name, status, committed, e.text);
    if (status != 0)
        assert_int_equal(e.code, ERROR_TEMPORARY);
}

/* Nothing but the offsets tells it. */
static void a_commit_in_doubt_is_ours_or_nobody_s_or_another_has_the_ranges(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};
    bool committed = true;

    (void)state;
    set_up_cluster(&mock, &config, "range");
    take_ranges(m, &config, NULL);
    read_ranges(m);
    assert_non_null(source_hand_over(m->source));
    assert_int_equal(source_ask_committed(m->source, &committed, &e), 0);
    assert_false(committed); /* the group holds nothing at all */
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        check_ending(&mock, m, i);
    source_close(m->source);
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

static void sources_share_the_ranges_between_them(void **state)
{
    static atomic_bool stop;
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "range");
    for (unsigned i = 0; i < 3; i++) {
        const struct source_ranges part = {.items = ranges, .count = PARTITIONS, .first = i, .step = 3};

        assert_int_equal(source_assign_ranges(&config, i, &part, &stop, NULL, &m->source, &e), 0);
        for (int n = 0; n < POLLS_MAX && !source_at_end(m->source); n++)
            poll_into(m);
        source_close(m->source);
    }
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(m->pending[i], is_in_ranges(i));
    free(m);
    config_free(&config);
    mock_stop(&mock);
}

/* What was on its way when it was held is dropped, as the pump does, and comes again. */
static void what_is_held_comes_once_when_it_goes_on(void **state)
{
    struct mock_cluster mock;
    struct config config;
    struct member *m = calloc(1, sizeof *m);
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "cooperative-sticky");
    join(m, &config);
    poll_until(m, 0, RECORDS, RECORDS);
    commit_pending(m);
    mock_produce(&mock, "in", PARTITIONS, RECORDS, RECORDS);
    poll_until(m, RECORDS, 2 * RECORDS, 1);
    memset(m->pending, 0, sizeof m->pending);
    assert_int_equal(source_pause(m->source, &e), 0);
    for (int i = 0; i < 20; i++)
        poll_into(m);
    assert_int_equal(total(m->pending, 0, 2 * RECORDS), 0);
    assert_int_equal(source_resume(m->source, &e), 0);
    poll_until(m, RECORDS, 2 * RECORDS, RECORDS);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(m->pending[i], 0);
        assert_int_equal(m->pending[RECORDS + i], 1);
    }
    source_close(m->source);
    config_free(&config);
    mock_stop(&mock);
    free(m);
}

/* Record N has N headers. */
static void produce_with_headers(const struct mock_cluster *mock, int count)
{
    rd_kafka_t *producer = mock_producer(mock);

    for (int i = 0; i < count; i++) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(1);

        for (int h = 0; h < i; h++)
            rd_kafka_header_add(headers, "tracestate", -1, "v", 1);
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_PARTITION(0),
                                           RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_VALUE("x", 1), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
    rd_kafka_destroy(producer);
}

static void headers_are_those_of_the_record(void **state)
{
    static const struct source_events no_events;
    static atomic_bool stop;
    struct checker_record records[CARRY_HEADERS_MAX + 2];
    struct avro_buffer buffer = {0};
    struct mock_cluster mock;
    struct config config;
    struct source *source = NULL;
    struct error e = {0};
    struct carry carry;
    size_t count, seen = 0;
    bool carried;

    (void)state;
    mock_start(&mock);
    mock_configure(&mock, &config);
    mock_topic(&mock, "in", 1);
    produce_with_headers(&mock, CARRY_HEADERS_MAX + 2);
    assert_int_equal(source_subscribe(&config, 0, &no_events, &stop, NULL, &source, &e), 0);
    for (int i = 0; i < POLLS_MAX && seen < CARRY_HEADERS_MAX + 2; i++) {
        assert_int_equal(source_poll(source, records, CARRY_HEADERS_MAX + 2, 50, &count, &e), 0);
        for (size_t r = 0; r < count; r++, seen++) {
            if (seen % 3 == 1)
                continue; /* nobody asks for these */
            carry_begin(&carry, &config.output.carry_headers, &buffer);
            assert_int_equal(source_headers(source, &records[r].origin, &carry, &carried, &e), 0);
            assert_int_equal(carried, seen <= CARRY_HEADERS_MAX);
            assert_int_equal(carry.headers, seen <= CARRY_HEADERS_MAX ? seen : CARRY_HEADERS_MAX);
        }
    }
    assert_int_equal(seen, CARRY_HEADERS_MAX + 2);
    source_close(source);
    avro_buffer_free(&buffer);
    config_free(&config);
    mock_stop(&mock);
}

static void a_topic_that_does_not_exist_is_named(void **state)
{
    static atomic_bool stop;
    static const struct source_events no_events;
    struct mock_cluster mock;
    struct config config;
    struct source *source = NULL;
    struct error e = {0};

    (void)state;
    set_up_cluster(&mock, &config, "range");
    rd_kafka_mock_topic_set_error(mock.cluster, "in", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(source_subscribe(&config, 0, &no_events, &stop, NULL, &source, &e), -1);
    assert_int_equal(e.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "input.topics: topic in does not exist on"));
    config_free(&config);
    mock_stop(&mock);
}

/* With `stop` set it does not wait out the whole start. */
static void brokers_that_are_not_there_are_named(void **state)
{
    static atomic_bool stop = true;
    static const struct source_events no_events;
    struct config config;
    struct source *source = NULL;
    struct error e = {0};

    (void)state;
    assert_true(config_init(&config));
    assert_int_equal(config_set(&config, "input.topics", "in", &e), 0);
    assert_int_equal(source_subscribe(&config, 0, &no_events, &stop, NULL, &source, &e), -1);
    assert_int_equal(e.code, ERROR_CONFIG);
    assert_non_null(strstr(e.text, "bootstrap.servers"));
    assert_int_equal(config_set(&config, "kafka.bootstrap.servers", "127.0.0.1:1", &e), 0);
    assert_int_equal(source_subscribe(&config, 0, &no_events, &stop, NULL, &source, &e), -1);
    assert_int_equal(e.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "bootstrap.servers=127.0.0.1:1"));
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_once_and_again_after_a_rewind),
        cmocka_unit_test(two_members_share_under_each_protocol),
        cmocka_unit_test(a_member_that_leaves_before_it_is_told_of_an_assignment_leaves_well),
        cmocka_unit_test(a_topic_is_read_from_end_to_end_without_a_group),
        cmocka_unit_test(ranges_are_read_to_their_ends_and_again_after_a_rewind),
        cmocka_unit_test(what_is_not_due_yet_comes_later_and_again_after_a_rewind),
        cmocka_unit_test(a_commit_in_doubt_is_ours_or_nobody_s_or_another_has_the_ranges),
        cmocka_unit_test(sources_share_the_ranges_between_them),
        cmocka_unit_test(what_is_held_comes_once_when_it_goes_on),
        cmocka_unit_test(headers_are_those_of_the_record),
        cmocka_unit_test(a_topic_that_does_not_exist_is_named),
        cmocka_unit_test(brokers_that_are_not_there_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
