/* bare-consumer: reads a topic with librdkafka and does nothing with it: the peer that fixwarden's rate is held
 * against.
 *
 * One consumer over all partitions from their beginning, batches from one queue, librdkafka's own fetch settings, no
 * commits. The clock starts with the first message, so that joining is not measured.
 *
 * Exit codes: 0, 64 usage, 69 the broker refused or the topic ended early. */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

enum { EXIT_USAGE = 64, EXIT_UNAVAILABLE = 69 };
enum { BATCH_MAX = 10000, BATCH_WAIT_MS = 100, METADATA_TIMEOUT_MS = 30000, IDLE_MAX_S = 30, ERROR_SIZE = 512 };

static const char usage[] = "Usage: bare-consumer --bootstrap B --topic T --count M\n"
                            "\n"
                            "Reads M messages of the topic from its beginning and prints the rate.\n";

struct arguments {
    const char *bootstrap;
    const char *topic;
    uint64_t count;
};

struct reading {
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    uint64_t messages;
    uint64_t bytes;
    double started; /* seconds, of the first message */
    double last;    /* of the last batch with messages */
    const char *error;
};

static int complain(int code, const char *what, const char *why)
{
    fprintf(stderr, "bare-consumer: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    return code;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static rd_kafka_t *open_consumer(const char *bootstrap, char *error, size_t size)
{
    const char *const properties[][2] = {
        {"bootstrap.servers", bootstrap},
        {"group.id", "bare-consumer"}, /* required by the interface; partitions are assigned by hand */
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
    };
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

/* Every partition of the topic from its beginning. */
static rd_kafka_resp_err_t assign_all(rd_kafka_t *consumer, const struct rd_kafka_metadata_topic *topic)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(topic->partition_cnt);
    rd_kafka_resp_err_t err;

    for (int i = 0; i < topic->partition_cnt; i++)
        rd_kafka_topic_partition_list_add(all, topic->topic, topic->partitions[i].id)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    err = rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    return err;
}

static int assign_topic(rd_kafka_t *consumer, const char *name)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, name, NULL);
    rd_kafka_resp_err_t err =
        topic ? rd_kafka_metadata(consumer, 0, topic, &metadata, METADATA_TIMEOUT_MS) : rd_kafka_last_error();

    if (metadata)
        err = metadata->topics[0].err;
    if (metadata && err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = assign_all(consumer, &metadata->topics[0]);
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    if (topic)
        rd_kafka_topic_destroy(topic);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : complain(EXIT_UNAVAILABLE, name, rd_kafka_err2str(err));
}

static void count_message(struct reading *reading, const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        reading->error = rd_kafka_err2str(message->err);
        return;
    }
    reading->messages++;
    reading->bytes += message->len;
}

static void read_batch(struct reading *reading, rd_kafka_message_t **batch)
{
    ssize_t n = rd_kafka_consume_batch_queue(reading->queue, BATCH_WAIT_MS, batch, BATCH_MAX);

    if (n > 0 && reading->messages == 0)
        reading->started = seconds_now();
    for (ssize_t i = 0; i < n; i++) {
        count_message(reading, batch[i]);
        rd_kafka_message_destroy(batch[i]);
    }
    if (n > 0)
        reading->last = seconds_now();
    else if (n < 0)
        reading->error = rd_kafka_err2str(rd_kafka_last_error());
}

static int read_all(struct reading *reading, const struct arguments *a)
{
    rd_kafka_message_t **batch = calloc(BATCH_MAX, sizeof(rd_kafka_message_t *));
    char why[ERROR_SIZE];

    if (!batch)
        return complain(EXIT_UNAVAILABLE, "out of memory", NULL);
    reading->last = seconds_now();
    while (reading->messages < a->count && !reading->error && seconds_now() - reading->last < IDLE_MAX_S)
        read_batch(reading, batch);
    free(batch);
    if (reading->error)
        return complain(EXIT_UNAVAILABLE, a->topic, reading->error);
    if (reading->messages >= a->count)
        return 0;
    snprintf(why, sizeof why, "%llu messages and no more for %d s, not %llu", (unsigned long long)reading->messages,
             IDLE_MAX_S, (unsigned long long)a->count);
    return complain(EXIT_UNAVAILABLE, a->topic, why);
}

static int run(const struct arguments *a)
{
    struct reading reading = {0};
    char error[ERROR_SIZE] = "";
    double seconds;
    int rc;

    reading.consumer = open_consumer(a->bootstrap, error, sizeof error);
    if (!reading.consumer)
        return complain(EXIT_UNAVAILABLE, a->bootstrap, error);
    rd_kafka_poll_set_consumer(reading.consumer);
    reading.queue = rd_kafka_queue_get_consumer(reading.consumer);
    rc = assign_topic(reading.consumer, a->topic);
    if (rc == 0)
        rc = read_all(&reading, a);
    seconds = reading.last - reading.started;
    if (rc == 0)
        printf("bare consumer: %llu messages, %llu bytes, %.3f s, %.0f messages/s\n",
               (unsigned long long)reading.messages, (unsigned long long)reading.bytes, seconds,
               (double)reading.messages / (seconds > 0 ? seconds : 1e-9));
    rd_kafka_queue_destroy(reading.queue);
    rd_kafka_consumer_close(reading.consumer);
    rd_kafka_destroy(reading.consumer);
    return rc;
}

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"bootstrap", required_argument, NULL, 'b'},
        {"topic", required_argument, NULL, 't'},
        {"count", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int option;
    char *end = NULL;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            a->bootstrap = optarg;
        else if (option == 't')
            a->topic = optarg;
        else if (option == 'c')
            a->count = strtoull(optarg, &end, 10);
        else
            return complain(EXIT_USAGE, "unknown option, or one without its value", argv[optind - 1]);
    }
    if (!a->bootstrap || !a->topic || a->count == 0 || *end != '\0' || optind != argc)
        return complain(EXIT_USAGE, "--bootstrap, --topic and --count (1 at least) are needed", NULL);
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
