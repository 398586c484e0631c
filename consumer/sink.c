#include "sink.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_internal.h"
#include "monotonic.h"

#define WAIT_MS 100 /* for room in the queue, or for deliveries */
#define REPLAY_HEADER "fixwarden-replay"

struct sink {
    struct kafka_context context;
    const struct config *config;
    const atomic_bool *stop;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topics[FOUND_TYPE_COUNT];
    rd_kafka_resp_err_t failure; /* the first delivery that failed */
    char failed_topic[256];
};

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
    if (s->failure && (txn_is_refusal(s->failure) || !txn_is_refusal(err)))
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

static const char *name_of(const struct sink *s, int type)
{
    return type == FOUND_DISCREPANCY ? s->config->output.topic : s->config->output.dead_letter_topic;
}

static int wait_for_topics(struct sink *s, struct error *e)
{
    static const char *const options[FOUND_TYPE_COUNT] = {"output.topic", "output.dead_letter_topic"};

    for (int i = 0; i < FOUND_TYPE_COUNT; i++)
        if (kafka_topic_wait(s->rk, &s->context, name_of(s, i), options[i], NULL, s->stop, e) != 0)
            return -1;
    return 0;
}

static int open_producer(struct sink *s, struct error *e)
{
    bool transactional = s->config->output.delivery == DELIVERY_EXACTLY_ONCE;
    rd_kafka_conf_t *conf =
        kafka_conf_new(s->config, transactional ? KAFKA_TRANSACTIONAL_PRODUCER : KAFKA_PRODUCER, &s->context, e);

    if (!conf)
        return -1;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    s->rk = kafka_new(RD_KAFKA_PRODUCER, conf, e);
    conf = NULL; /* kafka_new owns it now */
    if (!s->rk)
        return -1;
    for (int i = 0; i < FOUND_TYPE_COUNT; i++) {
        s->topics[i] = rd_kafka_topic_new(s->rk, name_of(s, i), NULL);
        if (!s->topics[i])
            return error_set(e, ERROR_CONFIG, "%s: %s", name_of(s, i), rd_kafka_err2str(rd_kafka_last_error()));
    }
    return 0;
}

static void close_producer(struct sink *s)
{
    for (int i = 0; i < FOUND_TYPE_COUNT; i++)
        if (s->topics[i])
            rd_kafka_topic_destroy(s->topics[i]);
    memset(s->topics, 0, sizeof s->topics);
    if (s->rk) {
        rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(s->rk);
    }
    s->rk = NULL;
}

int sink_open(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log, struct sink **out,
              struct error *e)
{
    struct sink *s = calloc(1, sizeof *s);

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the producer");
    s->config = config;
    s->stop = stop;
    kafka_context_init(&s->context, config, log, "sink", lane, s);
    if (open_producer(s, e) != 0 || wait_for_topics(s, e) != 0) {
        sink_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

int sink_renew(struct sink *sink, struct error *e)
{
    close_producer(sink);
    sink_forget(sink);
    return open_producer(sink, e);
}

void sink_close(struct sink *sink)
{
    if (!sink)
        return;
    close_producer(sink);
    kafka_context_destroy(&sink->context);
    free(sink);
}

void sink_set_pulse(struct sink *sink, struct pulse *pulse)
{
    sink->context.pulse = pulse;
}

/* rd_kafka_produce takes neither key nor value as const, and copies both. */
static void *unconst(const char *p)
{
    void *plain;

    memcpy(&plain, &p, sizeof plain);
    return plain;
}

/* Beside those of the live run, so that a reader can tell them apart. */
static rd_kafka_resp_err_t produce_marked(struct sink *s, struct found_item item, const char *key)
{
    return rd_kafka_producev(s->rk, RD_KAFKA_V_RKT(s->topics[item.type]), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_VALUE(unconst(item.value.ptr), item.value.len),
                             RD_KAFKA_V_KEY(unconst(key), key ? item.key.len : 0),
                             RD_KAFKA_V_HEADER(REPLAY_HEADER, s->config->output.replay, -1), RD_KAFKA_V_END);
}

static rd_kafka_resp_err_t produce(struct sink *s, struct found_item item)
{
    const char *key = item.key.len > 0 ? item.key.ptr : NULL;

    if (s->config->output.replay)
        return produce_marked(s, item, key);
    if (rd_kafka_produce(s->topics[item.type], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, unconst(item.value.ptr),
                         item.value.len, key, item.key.len, NULL) == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    return rd_kafka_last_error();
}

static enum sink_sent not_sent(struct sink *s, struct found_item item, rd_kafka_resp_err_t err,
                               enum txn_outcome outcome, struct error *e)
{
    note_failure(s, err, rd_kafka_topic_name(s->topics[item.type]));
    if (!kafka_is_fatal(s->rk, e))
        sink_failed(s, e);
    return outcome == TXN_ABORT ? SINK_ABORT : SINK_STOP;
}

static enum sink_sent send_item(struct sink *s, struct found_item item, struct error *e)
{
    for (;;) {
        rd_kafka_resp_err_t err = produce(s, item);
        const struct txn_answer answer = txn_answer_of_code(err);
        enum txn_outcome outcome = txn_outcome_of(TXN_CALL_SEND, &answer);

        if (outcome == TXN_DONE)
            return SINK_SENT;
        if (outcome != TXN_RETRY)
            return not_sent(s, item, err, outcome, e);
        if (kafka_is_fatal(s->rk, e))
            return SINK_STOP;
        pulse_beat(s->context.pulse);
        rd_kafka_poll(s->rk, WAIT_MS);
    }
}

enum sink_sent sink_send(struct sink *sink, const struct found *found, struct error *e)
{
    enum sink_sent sent = SINK_SENT;

    for (size_t i = 0; i < found_count(found) && sent == SINK_SENT; i++)
        sent = send_item(sink, found_item(found, i), e);
    rd_kafka_poll(sink->rk, 0);
    return sent;
}

int sink_flush(struct sink *sink, struct error *e)
{
    int64_t started = monotonic_ms();

    while (rd_kafka_flush(sink->rk, WAIT_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        pulse_beat(sink->context.pulse);
        if (kafka_is_fatal(sink->rk, e))
            return -1;
        if (sink->stop && atomic_load(sink->stop) && monotonic_ms() - started > SINK_STOP_MS)
            return error_set(e, ERROR_UNAVAILABLE,
                             "%d records could not be delivered before the end; they will be again",
                             rd_kafka_outq_len(sink->rk));
        if (monotonic_ms() - started > KAFKA_COMPLAINT_MS && kafka_may_complain(&sink->context))
            log_write(sink->context.log, LOG_LEVEL_WARNING, sink->context.subsystem,
                      "waiting for %d records to be delivered", rd_kafka_outq_len(sink->rk));
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
    return error_set(e, txn_is_refusal(sink->failure) ? ERROR_UNAVAILABLE : ERROR_TEMPORARY,
                     "topic %s on %s refuses a record: %s%s", sink->failed_topic, sink->context.brokers,
                     rd_kafka_err2str(sink->failure), remedy(sink->failure));
}

void sink_forget(struct sink *sink)
{
    if (!txn_is_refusal(sink->failure))
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
