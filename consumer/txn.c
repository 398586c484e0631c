#include "txn.h"

#include <stdlib.h>

#include "kafka_internal.h"
#include "monotonic.h"

/* What one call may take: as long as the broker lets a transaction be open, and no longer than this. A call that is
 * made again resumes where it was. Without a limit librdkafka 2.0.2 waits for ever. */
#define CALL_TIMEOUT_MAX_MS 60000
#define PAUSE_MS 100 /* before a call is made again */
#define SLICE_MS 500 /* of waiting for records that may never be delivered, as their transaction has failed */

struct txn {
    struct sink *sink;
    rd_kafka_t *rk;
    int timeout_ms; /* of one call */
    int socket_timeout_ms;
    const atomic_bool *stop;
    struct log *log;
    bool open;
};

/* One call of the library. `positions` are those of txn_commit, or NULL. */
typedef rd_kafka_error_t *step_fn(struct txn *txn, const struct positions *positions);

/* What another start can't help. */
static enum error_code exit_code(const rd_kafka_error_t *error)
{
    switch (rd_kafka_error_code(error)) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_TEMPORARY;
    }
}

static bool is_overdue(const struct txn *txn, int64_t started)
{
    bool stopping = txn->stop && atomic_load(txn->stop);

    return monotonic_ms() - started > (stopping ? TXN_STOP_RETRY_MS : TXN_RETRY_MS);
}

/* Makes the call until it is done, or asks for something else, or there is no hope. */
static enum txn_outcome call(struct txn *txn, enum txn_call which, step_fn *step, const struct positions *positions,
                             struct error *e)
{
    static const char *const names[TXN_CALL_COUNT] = {"init", "begin", "send", "offsets", "commit", "abort"};
    struct kafka_context *context = sink_context(txn->sink);
    int64_t started = monotonic_ms();

    for (;;) {
        pulse_beat(context->pulse);
        rd_kafka_error_t *error = step(txn, positions);
        const struct txn_answer answer = txn_answer_of(error);
        enum txn_outcome outcome = txn_outcome_of(which, &answer);

        if (outcome != TXN_DONE)
            error_set(e, exit_code(error), "transaction: %s: %s: %s", names[which], rd_kafka_error_name(error),
                      rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        if (outcome != TXN_RETRY)
            return outcome;
        if (is_overdue(txn, started))
            return TXN_STOP;
        if (kafka_may_complain(context))
            log_write(txn->log, LOG_LEVEL_WARNING, context->subsystem, "%s; trying again", e->text);
        rd_kafka_poll(txn->rk, PAUSE_MS);
    }
}

/* A call that ends a transaction. The library repeats the request where its connection breaks or nobody answers, and
 * does not tell; so whatever could have made it do so puts the end in doubt. */
static enum txn_outcome end(struct txn *txn, enum txn_call which, step_fn *step, struct error *e)
{
    atomic_uint *failures = &sink_context(txn->sink)->failures;
    unsigned failed = atomic_load(failures);
    int64_t started = monotonic_ms();
    enum txn_outcome outcome = call(txn, which, step, NULL, e);

    if (outcome == TXN_DONE && (atomic_load(failures) != failed || monotonic_ms() - started > txn->socket_timeout_ms)) {
        error_set(e, ERROR_TEMPORARY, "transaction: the request to end it may have been sent more than once");
        outcome = TXN_RENEW;
    }
    if (outcome == TXN_RENEW)
        log_write(
            txn->log, LOG_LEVEL_WARNING, sink_context(txn->sink)->subsystem,
            "the end of a transaction was refused, or not answered at once: the producer is replaced, so that it can "
            "end no other");
    txn->open = txn->open && outcome != TXN_DONE;
    return outcome;
}

static rd_kafka_error_t *init_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_init_transactions(txn->rk, txn->timeout_ms);
}

static rd_kafka_error_t *begin_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_begin_transaction(txn->rk);
}

static rd_kafka_error_t *offsets_step(struct txn *txn, const struct positions *positions)
{
    if (positions->offsets->cnt == 0)
        return NULL;
    return rd_kafka_send_offsets_to_transaction(txn->rk, positions->offsets, positions->group, txn->timeout_ms);
}

static rd_kafka_error_t *commit_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_commit_transaction(txn->rk, txn->timeout_ms);
}

/* A record whose answer comes behind the call's purge may be kept for another try, which nobody makes, and the call
 * waits for it. One that is made again goes on, and purges again. */
static rd_kafka_error_t *abort_step(struct txn *txn, const struct positions *positions)
{
    int64_t deadline = monotonic_ms() + txn->timeout_ms;

    (void)positions;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_abort_transaction(txn->rk, SLICE_MS);

        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__TIMED_OUT || monotonic_ms() >= deadline)
            return error;
        rd_kafka_error_destroy(error);
        pulse_beat(sink_context(txn->sink)->pulse);
    }
}

struct txn *txn_new(struct sink *sink, const atomic_bool *stop, struct log *log)
{
    struct txn *txn = calloc(1, sizeof *txn);

    if (!txn)
        return NULL;
    txn->sink = sink;
    txn->rk = sink_handle(sink);
    txn->timeout_ms = (int)kafka_number(txn->rk, "transaction.timeout.ms");
    if (txn->timeout_ms > CALL_TIMEOUT_MAX_MS)
        txn->timeout_ms = CALL_TIMEOUT_MAX_MS;
    txn->socket_timeout_ms = (int)kafka_number(txn->rk, "socket.timeout.ms");
    txn->stop = stop;
    txn->log = log;
    return txn;
}

void txn_free(struct txn *txn)
{
    free(txn);
}

bool txn_is_open(const struct txn *txn)
{
    return txn->open;
}

/* There is nothing to abort yet: what asks for it is as good as fatal. */
enum txn_outcome txn_init(struct txn *txn, struct error *e)
{
    return call(txn, TXN_CALL_INIT, init_step, NULL, e) == TXN_DONE ? TXN_DONE : TXN_STOP;
}

enum txn_outcome txn_renew(struct txn *txn, struct error *e)
{
    pulse_beat(sink_context(txn->sink)->pulse);
    if (sink_renew(txn->sink, e) != 0)
        return TXN_STOP;
    txn->rk = sink_handle(txn->sink);
    txn->open = false;
    return txn_init(txn, e);
}

enum txn_outcome txn_begin(struct txn *txn, struct error *e)
{
    enum txn_outcome outcome;

    if (txn->open)
        return TXN_DONE;
    if (kafka_is_fatal(txn->rk, e)) /* begin may hang after a fatal error (librdkafka issue 4420) */
        return TXN_STOP;
    outcome = call(txn, TXN_CALL_BEGIN, begin_step, NULL, e);
    txn->open = outcome == TXN_DONE;
    return outcome;
}

/* What is delivered first can break no connection at the end; records that can't be are the commit's to tell. After the
 * first of them others are kept for another try, which nobody makes. */
static void deliver(struct txn *txn)
{
    int64_t deadline = monotonic_ms() + txn->timeout_ms;
    struct error told;

    while (rd_kafka_flush(txn->rk, SLICE_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT && sink_failed(txn->sink, &told) == 0 &&
           !kafka_is_fatal(txn->rk, &told) && monotonic_ms() < deadline)
        pulse_beat(sink_context(txn->sink)->pulse);
}

enum txn_outcome txn_commit(struct txn *txn, const struct positions *positions, struct error *e)
{
    enum txn_outcome outcome = call(txn, TXN_CALL_OFFSETS, offsets_step, positions, e);

    if (outcome != TXN_DONE)
        return outcome;
    deliver(txn);
    return end(txn, TXN_CALL_COMMIT, commit_step, e);
}

enum txn_outcome txn_abort(struct txn *txn, struct error *e)
{
    enum txn_outcome outcome;

    if (!txn->open)
        return TXN_DONE;
    outcome = end(txn, TXN_CALL_ABORT, abort_step, e);
    if (outcome != TXN_DONE)
        return outcome == TXN_RENEW ? TXN_RENEW : TXN_STOP;
    sink_poll(txn->sink); /* delivery reports may come behind the abort */
    sink_forget(txn->sink);
    return TXN_DONE;
}
