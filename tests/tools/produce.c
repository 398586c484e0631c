/* fixwarden-produce: sends the records of a length-framed file to a Kafka topic.
 *
 * Record i goes to partition i % P, in order, so that on a fresh topic its offset is i / P and a plan's message number
 * names a place in the topic. The producer is idempotent: no retry repeats or swaps records. The program ends well only
 * if the broker has acknowledged every record.
 *
 * Exit codes: 0, 64 usage, 65 a file that is cut, 69 the broker refused, 74 the file can't be read. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

enum { EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_UNAVAILABLE = 69, EXIT_IO = 74 };
enum { RECORD_MAX = 1 << 20, ERROR_SIZE = 512, ADMIN_TIMEOUT_MS = 30000, DELIVERY_TIMEOUT_MS = 120000 };
enum { PARTITIONS_MAX = 10000, LEADER_TRIES = 600 + PARTITIONS_MAX, LEADER_PAUSE_NS = 50 * 1000 * 1000 };

static const char usage[] =
    "Usage: fixwarden-produce --bootstrap B --topic T --partitions P [--create] [--rate R] FILE\n"
    "\n"
    "Sends record i of FILE (four bytes of length, little-endian, before each) to partition i modulo P.\n"
    "--create makes the topic first, with P partitions and one replica. --rate sends R records a second, without\n"
    "gathering them for longer than a millisecond.\n";

struct arguments {
    const char *bootstrap;
    const char *topic;
    const char *path;
    int partitions;
    bool create;
    uint64_t rate; /* records a second; 0: as fast as it goes */
};

struct sending {
    const struct arguments *arguments;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    double started; /* seconds */
    uint64_t sent;
    uint64_t bytes;
    uint64_t delivered;
    uint64_t failed;
    char error[ERROR_SIZE]; /* of the first failure */
};

static int complain(int code, const char *what, const char *why)
{
    fprintf(stderr, "fixwarden-produce: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    return code;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Runs in rd_kafka_poll and rd_kafka_flush, so on the only thread here. */
static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    struct sending *s = opaque;

    (void)producer;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        s->delivered++;
        return;
    }
    if (s->failed++ == 0)
        snprintf(s->error, sizeof s->error, "%s", rd_kafka_err2str(message->err));
}

/* At a rate the sender must be no load of its own. librdkafka 2.0.2 turns without waiting where a batch is due and
 * can't be sent, as with the five requests on their way that idempotence allows while the broker collects its garbage,
 * and in the last part of a millisecond of each linger: with both, and 1 ms, it took a processor, and the broker
 * another for 4,000 requests a second. 5 ms is the library's default. */
static rd_kafka_conf_t *make_conf(struct sending *s)
{
    bool steady = s->arguments->rate > 0;
    const char *const properties[][2] = {
        {"bootstrap.servers", s->arguments->bootstrap},
        {"enable.idempotence", steady ? "false" : "true"},
        {"acks", "all"},
        {"compression.type", "none"}, /* generated text compresses better than what is live */
        {"linger.ms", steady ? "5" : "20"},
        {"batch.size", "1000000"},
        {"queue.buffering.max.messages", "500000"},
        {"delivery.timeout.ms", "120000"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], s->error, sizeof s->error) !=
            RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, s);
    return conf;
}

static int open_producer(struct sending *s)
{
    rd_kafka_conf_t *conf = make_conf(s);

    if (!conf)
        return complain(EXIT_USAGE, "configuration", s->error);
    s->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, s->error, sizeof s->error);
    if (!s->producer) {
        rd_kafka_conf_destroy(conf);
        return complain(EXIT_UNAVAILABLE, s->arguments->bootstrap, s->error);
    }
    return 0; /* rd_kafka_new owns conf now */
}

/* The result of creating one topic, out of the event; the text is borrowed from it. */
static const char *creation_error(rd_kafka_event_t *event)
{
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **topics;
    size_t count = 0;

    if (rd_kafka_event_error(event))
        return rd_kafka_event_error_string(event);
    topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count == 1 && rd_kafka_topic_result_error(topics[0]))
        return rd_kafka_topic_result_error_string(topics[0]);
    return NULL;
}

static int create_topic(struct sending *s)
{
    const struct arguments *a = s->arguments;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(a->topic, a->partitions, 1, s->error, sizeof s->error);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(s->producer);
    rd_kafka_event_t *event = NULL;
    const char *why = s->error;

    if (topic) {
        rd_kafka_CreateTopics(s->producer, &topic, 1, NULL, queue);
        event = rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS);
        why = event ? creation_error(event) : "no answer from the broker";
    }
    if (why)
        complain(0, a->topic, why);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    return why ? EXIT_UNAVAILABLE : 0;
}

/* A broker that has just been told of a topic refuses records for it at first, once and for all. */
static int wait_for_leaders(struct sending *s)
{
    const struct arguments *a = s->arguments;
    int64_t low, high;

    for (int p = 0, tries = 0; p < a->partitions; tries++) {
        rd_kafka_resp_err_t err =
            rd_kafka_query_watermark_offsets(s->producer, a->topic, p, &low, &high, ADMIN_TIMEOUT_MS);

        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            p++;
        else if (tries == LEADER_TRIES)
            return complain(EXIT_UNAVAILABLE, a->topic, rd_kafka_err2str(err));
        else
            nanosleep(&(struct timespec){.tv_nsec = LEADER_PAUSE_NS}, NULL);
    }
    return 0;
}

/* The topic must be there with P partitions: one that the producer made up would give other offsets. */
static int check_topic(struct sending *s)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(s->producer, 0, s->topic, &metadata, ADMIN_TIMEOUT_MS);
    char why[ERROR_SIZE] = "";

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = metadata->topics[0].err;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        snprintf(why, sizeof why, "%s", rd_kafka_err2str(err));
    else if (metadata->topics[0].partition_cnt != s->arguments->partitions)
        snprintf(why, sizeof why, "has %d partitions, not %d", metadata->topics[0].partition_cnt,
                 s->arguments->partitions);
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    return why[0] ? complain(EXIT_UNAVAILABLE, s->arguments->topic, why) : 0;
}

/* Returns 1 with a record, 0 at the end of the file, -1 where it is cut or can't be read. */
static int read_record(FILE *file, char *record, size_t *len)
{
    unsigned char head[4];
    size_t got = fread_unlocked(head, 1, sizeof head, file);

    if (got == 0 && !ferror(file))
        return 0;
    if (got < sizeof head)
        return -1;
    *len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (*len > RECORD_MAX)
        return -1;
    return fread_unlocked(record, 1, *len, file) == *len ? 1 : -1;
}

/* Sleeps until it is the next record's time. */
static void keep_to_rate(struct sending *s)
{
    double early;

    if (s->arguments->rate == 0)
        return;
    while ((early = s->started + (double)s->sent / (double)s->arguments->rate - seconds_now()) > 0.0005) {
        struct timespec nap = {.tv_nsec = (long)(early < 0.9 ? early * 1e9 : 9e8)};
        nanosleep(&nap, NULL);
    }
}

/* Waits while the queue is full. An empty record is a value of no bytes and not a tombstone: its pointer
 * is not NULL. */
static int send_record(struct sending *s, char *record, size_t len)
{
    int32_t partition = (int32_t)(s->sent % (uint64_t)s->arguments->partitions);

    keep_to_rate(s);
    while (rd_kafka_produce(s->topic, partition, RD_KAFKA_MSG_F_COPY, record, len, NULL, 0, NULL) != 0) {
        rd_kafka_resp_err_t err = rd_kafka_last_error();
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return complain(EXIT_UNAVAILABLE, s->arguments->topic, rd_kafka_err2str(err));
        rd_kafka_poll(s->producer, 100);
        if (s->failed > 0)
            return 0; /* finish() says why */
    }
    s->sent++;
    s->bytes += len;
    if (s->sent % 1024 == 0)
        rd_kafka_poll(s->producer, 0);
    return 0;
}

static int send_file(struct sending *s)
{
    const char *path = s->arguments->path;
    FILE *file = fopen(path, "rbe");
    char *record = malloc(RECORD_MAX);
    size_t len = 0;
    int rc = 0;
    int got = 0;

    if (!file || !record) {
        rc = complain(EXIT_IO, path, strerror(errno));
        goto out;
    }
    while (rc == 0 && s->failed == 0 && (got = read_record(file, record, &len)) == 1)
        rc = send_record(s, record, len);
    if (got == -1)
        rc = ferror(file) ? complain(EXIT_IO, path, strerror(errno))
                          : complain(EXIT_DATA, path, "the file is cut, or not length-framed");
out:
    free(record);
    if (file)
        fclose(file);
    return rc;
}

static int finish(struct sending *s)
{
    char why[2 * ERROR_SIZE];

    rd_kafka_flush(s->producer, DELIVERY_TIMEOUT_MS);
    if (s->delivered == s->sent && s->failed == 0)
        return 0;
    snprintf(why, sizeof why, "%llu of %llu records were not delivered: %s",
             (unsigned long long)(s->sent - s->delivered), (unsigned long long)s->sent,
             s->failed ? s->error : "timed out");
    return complain(EXIT_UNAVAILABLE, s->arguments->topic, why);
}

/* What is still queued after a failure is given up: it has been counted as not delivered. */
static void close_producer(struct sending *s)
{
    if (s->topic)
        rd_kafka_topic_destroy(s->topic);
    if (!s->producer)
        return;
    rd_kafka_purge(s->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(s->producer, 1000);
    rd_kafka_destroy(s->producer);
}

static int run(const struct arguments *a)
{
    struct sending s = {.arguments = a};
    double start;
    double seconds;
    int rc = open_producer(&s);

    if (rc == 0 && a->create)
        rc = create_topic(&s) != 0 ? EXIT_UNAVAILABLE : wait_for_leaders(&s);
    if (rc == 0)
        s.topic = rd_kafka_topic_new(s.producer, a->topic, NULL);
    if (rc == 0 && !s.topic)
        rc = complain(EXIT_UNAVAILABLE, a->topic, rd_kafka_err2str(rd_kafka_last_error()));
    if (rc == 0)
        rc = check_topic(&s);
    start = s.started = seconds_now();
    if (rc == 0)
        rc = send_file(&s);
    if (rc == 0)
        rc = finish(&s);
    seconds = seconds_now() - start;
    if (rc == 0)
        printf("produced: %llu messages, %llu bytes, %.3f s, %.0f messages/s\n", (unsigned long long)s.sent,
               (unsigned long long)s.bytes, seconds, (double)s.sent / seconds);
    close_producer(&s);
    return rc;
}

static int parse_partitions(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *end == '\0' && n >= 1 && n <= PARTITIONS_MAX ? (int)n : 0;
}

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"bootstrap", required_argument, NULL, 'b'},  {"topic", required_argument, NULL, 't'},
        {"partitions", required_argument, NULL, 'p'}, {"create", no_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},       {NULL, 0, NULL, 0},
    };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            a->bootstrap = optarg;
        else if (option == 't')
            a->topic = optarg;
        else if (option == 'p')
            a->partitions = parse_partitions(optarg);
        else if (option == 'c')
            a->create = true;
        else if (option == 'r')
            a->rate = strtoull(optarg, NULL, 10);
        else
            return complain(EXIT_USAGE, "unknown option, or one without its value", argv[optind - 1]);
    }
    if (!a->bootstrap || !a->topic || a->partitions == 0 || optind != argc - 1)
        return complain(EXIT_USAGE, "--bootstrap, --topic, --partitions (1 to 10000) and one file are needed", NULL);
    a->path = argv[optind];
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    int rc;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout) < 0 || fflush(stdout) != 0 ? EXIT_IO : 0;
    }
    rc = parse(argc, argv, &arguments);
    return rc != 0 ? rc : run(&arguments);
}
