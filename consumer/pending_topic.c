#include "pending_topic.h"

#include <stdio.h>
#include <string.h>

#include "kafka_internal.h"

#define ANSWER_MS 15000
#define POLICY "cleanup.policy"
#define POLICY_WANTED "compact"
#define OPTION_MAX 1024 /* bytes */

/* What the brokers say of the topic's policy; "" where they do not. */
static void find_policy(rd_kafka_event_t *event, char *policy, size_t size)
{
    size_t topics = 0, entries = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources =
        result ? rd_kafka_DescribeConfigs_result_resources(result, &topics) : NULL;
    const rd_kafka_ConfigEntry_t **items = topics == 1 ? rd_kafka_ConfigResource_configs(resources[0], &entries) : NULL;

    *policy = '\0';
    for (size_t i = 0; i < entries; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(items[i]), POLICY) == 0 && rd_kafka_ConfigEntry_value(items[i]))
            snprintf(policy, size, "%s", rd_kafka_ConfigEntry_value(items[i]));
}

static void ask_policy(rd_kafka_t *rk, const char *topic, char *policy, size_t size)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_event_t *event;

    rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, NULL, 0);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    event = rd_kafka_queue_poll(queue, ANSWER_MS);
    find_policy(event, policy, size);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
}

static int check_policy(rd_kafka_t *rk, const struct kafka_context *context, const char *topic, struct error *e)
{
    char policy[64];

    ask_policy(rk, topic, policy, sizeof policy);
    if (strcmp(policy, POLICY_WANTED) == 0)
        return 0;
    if (*policy == '\0') {
        log_write(context->log, LOG_LEVEL_WARNING, context->subsystem,
                  "pending.topic %s: the brokers do not tell its " POLICY
                  " (DESCRIBE_CONFIGS on the topic): it has to be " POLICY_WANTED,
                  topic);
        return 0;
    }
    return error_set(e, ERROR_UNAVAILABLE,
                     "pending.topic: the " POLICY " of %s is %s, by which what waits would be lost or pile up: "
                     "kafka-configs.sh --bootstrap-server %s --alter --topic %s --add-config " POLICY "=" POLICY_WANTED,
                     topic, policy, context->brokers, topic);
}

static int check(rd_kafka_t *rk, struct kafka_context *context, const char *topic, int *partitions,
                 const atomic_bool *stop, struct error *e)
{
    char option[OPTION_MAX];

    snprintf(option, sizeof option,
             "pending.topic (kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions N --config " POLICY
             "=" POLICY_WANTED " makes it, with about as many partitions as the input has)",
             context->brokers, topic);
    return kafka_topic_wait(rk, context, topic, option, partitions, stop, e) == 0 ? check_policy(rk, context, topic, e)
                                                                                  : -1;
}

int pending_topic_check(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log,
                        int *partitions, struct error *e)
{
    struct kafka_context context;
    rd_kafka_conf_t *conf;
    rd_kafka_t *rk = NULL;
    int status = -1;

    kafka_context_init(&context, config, log, "pending", lane, NULL);
    conf = kafka_conf_new(config, KAFKA_PRODUCER, &context, e);
    if (conf)
        rk = kafka_new(RD_KAFKA_PRODUCER, conf, e);
    conf = NULL; /* kafka_new owns it now */
    if (rk) {
        status = check(rk, &context, config->pending.topic, partitions, stop, e);
        rd_kafka_destroy(rk);
    }
    kafka_context_destroy(&context);
    return status;
}
