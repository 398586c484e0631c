/* kafka: what the library's clients are told, each lane something of its own. */
#include "mock_cluster.h"

#include "consumer/kafka_internal.h"

struct conf_row {
    const char *name;
    const char *set[3][2]; /* of the configuration */
    enum kafka_role role;
    unsigned lane;
    unsigned producer; /* of the lane's */
    const char *property;
    const char *value;
};

static const struct conf_row rows[] = {
    {"a lane's transactional id is the prefix and its number",
     {{"output.transactional_id", "p"}},
     KAFKA_TRANSACTIONAL_PRODUCER,
     3,
     0,
     "transactional.id",
     "p-3"},
    {"lane 0 has a number, too",
     {{"output.transactional_id", "p"}},
     KAFKA_TRANSACTIONAL_PRODUCER,
     0,
     0,
     "transactional.id",
     "p-0"},
    {"a lane's second producer has an id that no lane has, whatever the prefix",
     {{"output.transactional_id", "p"}},
     KAFKA_TRANSACTIONAL_PRODUCER,
     3,
     1,
     "transactional.id",
     "p-3-b"},
    {"requests are not held back to be sent together",
     {{NULL, NULL}},
     KAFKA_PRODUCER,
     0,
     0,
     "socket.nagle.disable",
     "true"},
    {"a producer without transactions has no id",
     {{"output.transactional_id", "p"}},
     KAFKA_PRODUCER,
     1,
     0,
     "transactional.id",
     ""},
    {"a static member is one for each lane",
     {{"kafka.group.instance.id", "host"}},
     KAFKA_GROUP_CONSUMER,
     2,
     0,
     "group.instance.id",
     "host-2"},
    {"a member that was not named is dynamic", {{NULL, NULL}}, KAFKA_GROUP_CONSUMER, 2, 0, "group.instance.id", ""},
    {"all lanes are of one group", {{"input.group", "g"}}, KAFKA_GROUP_CONSUMER, 2, 0, "group.id", "g"},
    {"offsets are never committed behind our back",
     {{NULL, NULL}},
     KAFKA_GROUP_CONSUMER,
     0,
     0,
     "enable.auto.commit",
     "false"},
};

static void check_row(const struct conf_row *row)
{
    struct kafka_context context;
    struct config config;
    struct error e = {0};
    char value[512] = "";
    size_t size = sizeof value;
    rd_kafka_conf_t *conf;

    assert_true(config_init(&config));
    assert_int_equal(config_set(&config, "kafka.bootstrap.servers", "localhost:1", &e), 0);
    for (int i = 0; i < 3 && row->set[i][0]; i++)
        assert_int_equal(config_set(&config, row->set[i][0], row->set[i][1], &e), 0);
    kafka_context_init(&context, &config, NULL, "test", row->lane, NULL);
    context.producer = row->producer;
    conf = kafka_conf_new(&config, row->role, &context, &e);
    if (!conf)
        fail_msg("%s: %s", row->name, e.text);
    if (rd_kafka_conf_get(conf, row->property, value, &size) != RD_KAFKA_CONF_OK)
        *value = '\0'; /* it was never set */
    if (strcmp(value, row->value) != 0)
        fail_msg("%s: '%s'", row->name, value);
    rd_kafka_conf_destroy(conf);
    kafka_context_destroy(&context);
    config_free(&config);
}

static void each_lane_is_told_what_is_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_lane_is_told_what_is_its_own)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
