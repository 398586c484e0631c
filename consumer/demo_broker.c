#include "demo_broker.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_internal.h"

#include <librdkafka/rdkafka_mock.h>

#define BROKERS 1
#define REPLICAS 1
#define PRODUCE_TIMEOUT_MS 10000

struct demo_broker {
    rd_kafka_t *host; /* the cluster lives on it */
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *producer;
};

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text; /* the host has no broker to talk to and says so */
}

static rd_kafka_t *make_client(const char *bootstrap, struct error *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_log_cb(conf, on_log);
    if (bootstrap)
        rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
    return kafka_new(RD_KAFKA_PRODUCER, conf, e);
}

int demo_broker_start(struct demo_broker **out, struct error *e)
{
    struct demo_broker *b = calloc(1, sizeof *b);

    if (!b)
        return error_set(e, ERROR_INTERNAL, "no memory for the broker");
    b->host = make_client(NULL, e);
    if (b->host)
        b->cluster = rd_kafka_mock_cluster_new(b->host, BROKERS);
    if (b->cluster)
        b->producer = make_client(rd_kafka_mock_cluster_bootstraps(b->cluster), e);
    else
        error_set(e, ERROR_UNAVAILABLE, "the embedded broker does not start");
    if (!b->producer) {
        demo_broker_stop(b);
        return -1;
    }
    *out = b;
    return 0;
}

void demo_broker_stop(struct demo_broker *broker)
{
    if (!broker)
        return;
    if (broker->producer)
        rd_kafka_destroy(broker->producer);
    if (broker->cluster)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->host)
        rd_kafka_destroy(broker->host);
    free(broker);
}

const char *demo_broker_bootstrap(const struct demo_broker *broker)
{
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

int demo_broker_create_topic(struct demo_broker *broker, const char *topic, int partitions, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(broker->cluster, topic, partitions, REPLICAS);

    return err ? error_set(e, ERROR_UNAVAILABLE, "topic %s: %s", topic, rd_kafka_err2str(err)) : 0;
}

static void *unconst(const char *p)
{
    void *plain;

    memcpy(&plain, &p, sizeof plain);
    return plain;
}

int demo_broker_produce(struct demo_broker *broker, const char *topic, const struct slice *values, size_t count,
                        struct error *e)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(broker->producer, topic, NULL);
    size_t sent = 0;

    while (handle && sent < count &&
           rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK, unconst(values[sent].ptr),
                            values[sent].len, NULL, 0, NULL) == 0)
        sent++;
    if (handle)
        rd_kafka_topic_destroy(handle);
    if (sent < count)
        return error_set(e, ERROR_UNAVAILABLE, "topic %s: %s", topic, rd_kafka_err2str(rd_kafka_last_error()));
    if (rd_kafka_flush(broker->producer, PRODUCE_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(e, ERROR_UNAVAILABLE, "topic %s: the embedded broker does not answer", topic);
    return 0;
}
