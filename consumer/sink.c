#include "sink.h"

#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "kafka_internal.h"
#include "monotonic.h"

#define WAIT_MS 100 /* for room in the queue, or for deliveries */
#define REPLAY_HEADER "fixwarden-replay"

/* What the library holds for a queued record beside its bytes, and for each header: 192 and 70 with 2.0.2, and what
 * malloc and packing add. */
#define RECORD_BYTES 512u
#define HEADER_BYTES 96u

struct sink {
    struct kafka_context context;
    const struct config *config;
    const atomic_bool *stop;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topics[OUTBOX_TYPE_COUNT]; /* NULL: there is none */
    size_t queued;     /* bytes that the library holds, by our own count: its own leaves keys and headers out */
    size_t queued_max; /* beyond it nothing is added */
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
    s->queued -= (size_t)(uintptr_t)message->_private;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return; /* purged: by the abort of a transaction, whose records are sent again */
    note_failure(s, message->err, rd_kafka_topic_name(message->rkt));
}

static const char *name_of(const struct sink *s, int type)
{
    const char *const names[OUTBOX_TYPE_COUNT] = {
        s->config->output.topic, s->config->output.dead_letter_topic, s->config->output.alert_topic,
        s->config->pending.grace_ms > 0 ? s->config->pending.topic : "", s->config->output.versions_topic};

    return names[type];
}

static int wait_for_topics(struct sink *s, struct error *e)
{
    static const char *const options[OUTBOX_TYPE_COUNT] = {
        "output.topic", "output.dead_letter_topic", "output.alert_topic", "pending.topic", "output.versions_topic"};

    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++)
        if (*name_of(s, i) && kafka_topic_wait(s->rk, &s->context, name_of(s, i), options[i], NULL, s->stop, e) != 0)
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
    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++) {
        if (!*name_of(s, i))
            continue;
        s->topics[i] = rd_kafka_topic_new(s->rk, name_of(s, i), NULL);
        if (!s->topics[i])
            return error_set(e, ERROR_CONFIG, "%s: %s", name_of(s, i), rd_kafka_err2str(rd_kafka_last_error()));
    }
    return 0;
}

static void close_producer(struct sink *s)
{
    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++)
        if (s->topics[i])
            rd_kafka_topic_destroy(s->topics[i]);
    memset(s->topics, 0, sizeof s->topics);
    if (s->rk) {
        rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(s->rk);
    }
    s->rk = NULL;
    s->queued = 0;
}

int sink_open(const struct config *config, unsigned lane, unsigned producer, const atomic_bool *stop, struct log *log,
              struct sink **out, struct error *e)
{
    struct sink *s = calloc(1, sizeof *s);

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the producer");
    s->config = config;
    s->stop = stop;
    s->queued_max = budget_divide(config).queue;
    kafka_context_init(&s->context, config, log, producer == 0 ? "sink" : "sink-b", lane, s);
    s->context.producer = producer;
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

/* Those that are carried, and of a replay its run, so that a reader can tell its records from the live ones. */
static rd_kafka_headers_t *headers_of(const struct sink *s, struct slice block)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(CARRY_HEADERS_MAX + 1);
    struct carry_header one;

    if (s->config->output.replay)
        rd_kafka_header_add(headers, REPLAY_HEADER, -1, s->config->output.replay, -1);
    while (carry_next(&block, &one))
        rd_kafka_header_add(headers, one.name.ptr, (ssize_t)one.name.len, one.is_null ? NULL : one.value.ptr,
                            (ssize_t)one.value.len);
    return headers;
}

static size_t cost_of(const struct outbox_item *item)
{
    struct slice block = item->headers;
    struct carry_header one;
    size_t cost = RECORD_BYTES + item->key.len + item->value.len + block.len;

    while (carry_next(&block, &one))
        cost += HEADER_BYTES;
    return cost;
}

static rd_kafka_resp_err_t produce_with_headers(struct sink *s, const struct outbox_item *item, void *cost)
{
    rd_kafka_headers_t *headers = headers_of(s, item->headers);
    const rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = s->topics[item->type]},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {unconst(item->value.ptr), item->value.len}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {unconst(item->key.ptr), item->key.len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = cost},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(s->rk, arguments, sizeof arguments / sizeof *arguments);
    rd_kafka_resp_err_t err = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;

    if (error)
        rd_kafka_headers_destroy(headers); /* the library takes them only with the record */
    rd_kafka_error_destroy(error);
    return err;
}

static rd_kafka_resp_err_t produce(struct sink *s, const struct outbox_item *item, size_t cost)
{
    void *opaque = (void *)(uintptr_t)cost; /* comes back with the delivery */
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    if (item->headers.len > 0 || s->config->output.replay)
        err = produce_with_headers(s, item, opaque);
    else if (rd_kafka_produce(s->topics[item->type], item->partition, RD_KAFKA_MSG_F_COPY,
                              item->is_tombstone ? NULL : unconst(item->value.ptr), item->value.len, item->key.ptr,
                              item->key.len, opaque) != 0)
        err = rd_kafka_last_error();
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        s->queued += cost;
    return err;
}

static enum sink_sent not_sent(struct sink *s, const struct outbox_item *item, rd_kafka_resp_err_t err,
                               enum txn_outcome outcome, struct error *e)
{
    note_failure(s, err, rd_kafka_topic_name(s->topics[item->type]));
    if (!kafka_is_fatal(s->rk, e))
        sink_failed(s, e);
    return outcome == TXN_ABORT ? SINK_ABORT : SINK_STOP;
}

/* Whether there is no use in waiting on for deliveries, since `started_ms`; else complains now and then. */
static bool is_hopeless(struct sink *s, int64_t started_ms, struct error *e)
{
    int64_t waited_ms = monotonic_ms() - started_ms;

    if (kafka_is_fatal(s->rk, e))
        return true;
    if (s->stop && atomic_load(s->stop) && waited_ms > SINK_STOP_MS) {
        error_set(e, ERROR_UNAVAILABLE, "%d records could not be delivered before the end; they will be again",
                  rd_kafka_outq_len(s->rk));
        return true;
    }
    if (waited_ms > KAFKA_COMPLAINT_MS && kafka_may_complain(&s->context))
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "waiting for %d records to be delivered",
                  rd_kafka_outq_len(s->rk));
    return false;
}

/* Waits for some deliveries, which make room. `since_ms`: when waiting began; 0: it begins. */
static bool wait_for_room(struct sink *s, int64_t *since_ms, struct error *e)
{
    if (*since_ms == 0)
        *since_ms = monotonic_ms();
    pulse_beat(s->context.pulse);
    rd_kafka_poll(s->rk, WAIT_MS);
    return !is_hopeless(s, *since_ms, e);
}

static bool has_room(const struct sink *s, size_t cost)
{
    return s->queued == 0 || s->queued + cost <= s->queued_max;
}

/* Waiting ends by itself: what can't be delivered fails when its time is over, and an abort empties the queue. */
static enum sink_sent send_item(struct sink *s, const struct outbox_item *item, struct error *e)
{
    size_t cost = cost_of(item);
    int64_t since_ms = 0;

    do {
        if (!has_room(s, cost))
            continue;
        rd_kafka_resp_err_t err = produce(s, item, cost);
        const struct txn_answer answer = txn_answer_of_code(err);
        enum txn_outcome outcome = txn_outcome_of(TXN_CALL_SEND, &answer);

        if (outcome == TXN_DONE)
            return SINK_SENT;
        if (outcome != TXN_RETRY)
            return not_sent(s, item, err, outcome, e);
    } while (wait_for_room(s, &since_ms, e));
    return SINK_STOP;
}

enum sink_sent sink_send(struct sink *sink, const struct outbox *outbox, struct error *e)
{
    enum sink_sent sent = SINK_SENT;

    for (size_t i = 0; i < outbox_count(outbox) && sent == SINK_SENT; i++) {
        const struct outbox_item item = outbox_item(outbox, i);

        if (sink->topics[item.type])
            sent = send_item(sink, &item, e);
    }
    rd_kafka_poll(sink->rk, 0);
    return sent;
}

int sink_flush(struct sink *sink, struct error *e)
{
    int64_t started_ms = monotonic_ms();

    while (rd_kafka_flush(sink->rk, WAIT_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        pulse_beat(sink->context.pulse);
        if (is_hopeless(sink, started_ms, e))
            return -1;
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
