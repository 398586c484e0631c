#include "sink.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_internal.h"
#include "monotonic.h"

#define WAIT_MS 100 /* for room in the queue, or for deliveries */

struct sink {
    struct kafka_context context;
    const atomic_bool *stop;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topics[FOUND_TYPE_COUNT];
    rd_kafka_resp_err_t failure; /* the first delivery that failed */
    char failed_topic[256];
};

/* These come again however often they are tried. */
static bool is_permanent(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           err == RD_KAFKA_RESP_ERR_INVALID_MSG || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

static const char *remedy(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return "; raise max.message.bytes of the topic above that of the input topics";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return "; grant WRITE on the topic";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return "; grant IDEMPOTENT_WRITE on the cluster";
    default:
        return "";
    }
}

static void note_failure(struct sink *s, rd_kafka_resp_err_t err, const char *topic)
{
    if (s->failure && (is_permanent(s->failure) || !is_permanent(err)))
        return; /* the first one is told, but one that will come again before others */
    s->failure = err;
    snprintf(s->failed_topic, sizeof s->failed_topic, "%s", topic);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct sink *s = ((struct kafka_context *)opaque)->owner;

    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return; /* purged: by the abort of a transaction, whose records are sent again */
    note_failure(s, message->err, rd_kafka_topic_name(message->rkt));
}

static int open_topics(struct sink *s, const struct config *config, struct error *e)
{
    const char *names[FOUND_TYPE_COUNT] = {config->output.topic, config->output.dead_letter_topic};
    static const char *const options[FOUND_TYPE_COUNT] = {"output.topic", "output.dead_letter_topic"};

    for (int i = 0; i < FOUND_TYPE_COUNT; i++) {
        if (kafka_topic_wait(s->rk, &s->context, names[i], options[i], NULL, s->stop, e) != 0)
            return -1;
        s->topics[i] = rd_kafka_topic_new(s->rk, names[i], NULL);
        if (!s->topics[i])
            return error_set(e, ERROR_CONFIG, "%s: %s: %s", options[i], names[i],
                             rd_kafka_err2str(rd_kafka_last_error()));
    }
    return 0;
}

int sink_open(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log, struct sink **out,
              struct error *e)
{
    struct sink *s = calloc(1, sizeof *s);
    bool transactional = config->output.delivery == DELIVERY_EXACTLY_ONCE;
    rd_kafka_conf_t *conf;

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the producer");
    s->stop = stop;
    kafka_context_init(&s->context, config, log, "sink", lane, s);
    conf = kafka_conf_new(config, transactional ? KAFKA_TRANSACTIONAL_PRODUCER : KAFKA_PRODUCER, &s->context, e);
    if (conf) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        s->rk = kafka_new(RD_KAFKA_PRODUCER, conf, e);
        conf = NULL; /* kafka_new owns it now */
    }
    if (!s->rk || open_topics(s, config, e) != 0) {
        sink_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void sink_close(struct sink *sink)
{
    if (!sink)
        return;
    for (int i = 0; i < FOUND_TYPE_COUNT; i++)
        if (sink->topics[i])
            rd_kafka_topic_destroy(sink->topics[i]);
    if (sink->rk) {
        rd_kafka_purge(sink->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(sink->rk);
    }
    kafka_context_destroy(&sink->context);
    free(sink);
}

/* rd_kafka_produce takes neither key nor value as const, and copies both. */
static void *unconst(const char *p)
{
    void *plain;

    memcpy(&plain, &p, sizeof plain);
    return plain;
}

static int send_item(struct sink *s, struct found_item item, struct error *e)
{
    const void *key = item.key.len > 0 ? item.key.ptr : NULL;

    while (rd_kafka_produce(s->topics[item.type], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, unconst(item.value.ptr),
                            item.value.len, key, item.key.len, NULL) != 0) {
        rd_kafka_resp_err_t err = rd_kafka_last_error();

        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            /* Where it is not for good, the flush or the transaction's commit fails, and it is sent again. */
            note_failure(s, err, rd_kafka_topic_name(s->topics[item.type]));
            return is_permanent(err) ? sink_failed(s, e) : 0;
        }
        if (kafka_is_fatal(s->rk, e))
            return -1;
        rd_kafka_poll(s->rk, WAIT_MS);
    }
    return 0;
}

int sink_send(struct sink *sink, const struct found *found, struct error *e)
{
    for (size_t i = 0; i < found_count(found); i++)
        if (send_item(sink, found_item(found, i), e) != 0)
            return -1;
    rd_kafka_poll(sink->rk, 0);
    return 0;
}

int sink_flush(struct sink *sink, struct error *e)
{
    int64_t started = monotonic_ms();

    while (rd_kafka_flush(sink->rk, WAIT_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        if (kafka_is_fatal(sink->rk, e))
            return -1;
        if (sink->stop && atomic_load(sink->stop) && monotonic_ms() - started > SINK_STOP_MS)
            return error_set(e, ERROR_UNAVAILABLE,
                             "%d records could not be delivered before the end; they will be again",
                             rd_kafka_outq_len(sink->rk));
        if (monotonic_ms() - started > KAFKA_COMPLAINT_MS && kafka_may_complain(&sink->context))
            log_write(sink->context.log, LOG_LEVEL_WARNING, "sink", "waiting for %d records to be delivered",
                      rd_kafka_outq_len(sink->rk));
    }
    return sink_failed(sink, e);
}

void sink_poll(struct sink *sink)
{
    rd_kafka_poll(sink->rk, 0);
}

int sink_failed(const struct sink *sink, struct error *e)
{
    if (!sink->failure)
        return 0;
    return error_set(e, is_permanent(sink->failure) ? ERROR_UNAVAILABLE : ERROR_TEMPORARY,
                     "topic %s on %s refuses a record: %s%s", sink->failed_topic, sink->context.brokers,
                     rd_kafka_err2str(sink->failure), remedy(sink->failure));
}

void sink_forget(struct sink *sink)
{
    if (!is_permanent(sink->failure))
        sink->failure = RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_t *sink_handle(const struct sink *sink)
{
    return sink->rk;
}

struct kafka_context *sink_context(struct sink *sink)
{
    return &sink->context;
}
