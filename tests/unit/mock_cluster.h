/* mock_cluster: librdkafka's mock cluster with its controls at hand, for tests that inject errors. */
#ifndef FIXWARDEN_TESTS_UNIT_MOCK_CLUSTER_H
#define FIXWARDEN_TESTS_UNIT_MOCK_CLUSTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "consumer/config.h"

struct mock_cluster {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
};

static inline void mock_silence(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

static inline void mock_start(struct mock_cluster *mock)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_log_cb(conf, mock_silence);
    mock->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(mock->host);
    mock->cluster = rd_kafka_mock_cluster_new(mock->host, 1);
    assert_non_null(mock->cluster);
}

static inline void mock_stop(struct mock_cluster *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->host);
}

/* A configuration of a run on the cluster, from topic "in" to "out" and "dead". */
static inline void mock_configure(const struct mock_cluster *mock, struct config *config)
{
    static const char *const settings[][2] = {
        {"input.topics", "in"}, {"input.group", "g"}, {"output.topic", "out"}, {"output.dead_letter_topic", "dead"}};
    struct error e = {0};

    assert_true(config_init(config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_int_equal(config_set(config, settings[i][0], settings[i][1], &e), 0);
    assert_int_equal(config_set(config, "kafka.bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster), &e),
                     0);
}

static inline void mock_topic(const struct mock_cluster *mock, const char *topic, int partitions)
{
    assert_int_equal(rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1), 0);
}

static inline rd_kafka_t *mock_producer(const struct mock_cluster *mock)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_log_cb(conf, mock_silence);
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster), NULL, 0);
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
}

/* Produces "N" for N from `first`, `count` of them, to the partitions in turn. */
static inline void mock_produce(const struct mock_cluster *mock, const char *topic, int partitions, int first,
                                int count)
{
    rd_kafka_t *producer = mock_producer(mock);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, topic, NULL);
    char text[16];

    for (int i = first; i < first + count; i++) {
        int len = snprintf(text, sizeof text, "%d", i);

        assert_int_equal(
            rd_kafka_produce(handle, i % partitions, RD_KAFKA_MSG_F_COPY, text, (size_t)len, NULL, 0, NULL), 0);
    }
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(producer);
}

#endif
