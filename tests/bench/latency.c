/* bench-latency: how long it takes from a record's production to its discrepancy in the hands of a read_committed
 * reader.
 *
 * Reads an output topic from its end. Each discrepancy carries the timestamp that the producer gave to the record that
 * it was found in, in whole milliseconds; the latency is this clock's time less that, so up to 1 ms too much. One
 * machine, or clocks that agree, is assumed. The first records, of which the clients are just starting, are left out.
 *
 * Exit codes: 0, 64 usage, 69 the broker refused or nothing came. */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "consumer/published.h"

enum { EXIT_USAGE = 64, EXIT_UNAVAILABLE = 69 };
enum { POLL_MS = 100, IDLE_MAX_S = 5, METADATA_TIMEOUT_MS = 30000, BUCKETS = 10000, BUCKET_US = 100, WARM_UP_S = 2 };

static const char usage[] = "Usage: bench-latency --bootstrap B --topic T --seconds S\n"
                            "\n"
                            "Reads the topic's new records for S seconds from the first one on and prints quantiles.\n";

struct arguments {
    const char *bootstrap;
    const char *topic;
    double seconds;
};

struct measuring {
    rd_kafka_t *consumer;
    struct published *published;
    double started; /* seconds, of the first record; 0: none yet */
    double last;
    uint64_t records;
    uint64_t buckets[BUCKETS + 1]; /* the last one holds all that took longer */
    double most;                   /* ms */
};

static int complain(int code, const char *what, const char *why)
{
    fprintf(stderr, "bench-latency: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    return code;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* "2024-06-07T13:30:03.000Z" as seconds since 1970; 0 where it is no such text. */
static double seconds_of(const char *text)
{
    struct tm utc = {.tm_isdst = 0};
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;

    return rest ? (double)timegm(&utc) + (*rest == '.' ? strtod(rest, NULL) : 0) : 0;
}

/* When the record was produced in which this one was found. */
static double produced_at(struct measuring *m, const rd_kafka_message_t *message)
{
    const struct slice bytes = slice_make(message->payload, message->len);
    const char *name;
    struct error e;
    json_t *record;
    double at;

    if (published_decode(m->published, bytes, &record, &name, &e) != 0)
        return 0;
    at = seconds_of(json_string_value(json_object_get(json_object_get(record, "origin"), "timestamp")));
    json_decref(record);
    return at;
}

static void measure(struct measuring *m, const rd_kafka_message_t *message)
{
    double now = seconds_now(), at = produced_at(m, message), ms = (now - at) * 1000;
    size_t bucket = (size_t)(ms * 1000 / BUCKET_US);

    if (m->started == 0)
        m->started = now;
    m->last = now;
    if (at < m->started + WARM_UP_S)
        return;
    m->records++;
    m->buckets[bucket < BUCKETS ? bucket : BUCKETS]++;
    m->most = ms > m->most ? ms : m->most;
}

static double quantile(const struct measuring *m, double q)
{
    uint64_t rank = (uint64_t)(q * (double)m->records), seen = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        seen += m->buckets[i];
        if (seen > rank)
            return (double)(i + 1) * BUCKET_US / 1000;
    }
    return m->most;
}

static rd_kafka_t *open_consumer(const char *bootstrap, char *error, size_t size)
{
    const char *const properties[][2] = {{"bootstrap.servers", bootstrap},
                                         {"group.id", "bench-latency"},
                                         {"enable.auto.commit", "false"},
                                         {"isolation.level", "read_committed"},
                                         {"enable.auto.offset.store", "false"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *consumer = NULL;
    bool good = true;

    for (size_t i = 0; i < sizeof properties / sizeof properties[0] && good; i++)
        good = rd_kafka_conf_set(conf, properties[i][0], properties[i][1], error, size) == RD_KAFKA_CONF_OK;
    if (good)
        consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, size);
    if (!consumer)
        rd_kafka_conf_destroy(conf); /* else rd_kafka_new owns it */
    return consumer;
}

/* Every partition from its end on. */
static rd_kafka_resp_err_t assign_all(rd_kafka_t *consumer, const char *name)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, name, NULL);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t err = rd_kafka_metadata(consumer, 0, topic, &metadata, METADATA_TIMEOUT_MS);

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
            rd_kafka_topic_partition_list_add(all, name, i)->offset = RD_KAFKA_OFFSET_END;
        err = metadata->topics[0].err ? metadata->topics[0].err : rd_kafka_assign(consumer, all);
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_topic_destroy(topic);
    return err;
}

static void read_on(struct measuring *m, const struct arguments *a)
{
    double begun = seconds_now();

    while (m->started == 0 ? seconds_now() - begun < 60
                           : seconds_now() - m->started < a->seconds && seconds_now() - m->last < IDLE_MAX_S) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(m->consumer, POLL_MS);

        if (message && !message->err)
            measure(m, message);
        if (message)
            rd_kafka_message_destroy(message);
    }
}

static int run(const struct arguments *a)
{
    static struct measuring m;
    struct config config;
    char reason[512] = "";
    struct error e;
    rd_kafka_resp_err_t err;

    if (!config_init(&config) || published_new(&config, &m.published, &e) != 0)
        return complain(EXIT_UNAVAILABLE, "out of memory", NULL);
    m.consumer = open_consumer(a->bootstrap, reason, sizeof reason);
    if (!m.consumer)
        return complain(EXIT_UNAVAILABLE, a->bootstrap, reason);
    rd_kafka_poll_set_consumer(m.consumer);
    err = assign_all(m.consumer, a->topic);
    if (err)
        return complain(EXIT_UNAVAILABLE, a->topic, rd_kafka_err2str(err));
    read_on(&m, a);
    if (m.records > 0)
        printf("latency: %llu records, p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms\n",
               (unsigned long long)m.records, quantile(&m, 0.5), quantile(&m, 0.9), quantile(&m, 0.99),
               quantile(&m, 0.999), m.most);
    rd_kafka_consumer_close(m.consumer);
    rd_kafka_destroy(m.consumer);
    published_free(m.published);
    config_free(&config);
    return m.records > 0 ? 0 : complain(EXIT_UNAVAILABLE, a->topic, "nothing came");
}

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"bootstrap", required_argument, NULL, 'b'},
        {"topic", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            a->bootstrap = optarg;
        else if (option == 't')
            a->topic = optarg;
        else if (option == 's')
            a->seconds = strtod(optarg, NULL);
        else
            return complain(EXIT_USAGE, "unknown option, or one without its value", argv[optind - 1]);
    }
    if (!a->bootstrap || !a->topic || !(a->seconds > 0) || optind != argc)
        return complain(EXIT_USAGE, "--bootstrap, --topic and --seconds are needed", NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    int rc;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout) < 0 || fflush(stdout) != 0 ? EXIT_UNAVAILABLE : 0;
    }
    rc = parse(argc, argv, &arguments);
    return rc != 0 ? rc : run(&arguments);
}
