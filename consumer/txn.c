#include "txn.h"

#include <stdlib.h>

#include "kafka_internal.h"
#include "monotonic.h"

/* init, commit and abort resume where a call with a timeout left off, so the library may choose it. */
#define FOREVER (-1)
#define PAUSE_MS 100 /* before a call is made again */

struct txn {
    struct sink *sink;
    rd_kafka_t *rk;
    const atomic_bool *stop;
    struct log *log;
    bool open;
};

/* One call of the library. `positions` are those of txn_commit, or NULL. */
typedef rd_kafka_error_t *step_fn(struct txn *txn, const struct positions *positions);

static bool is_done(const rd_kafka_error_t *error)
{
    return error == NULL;
}

static bool is_to_abort(const rd_kafka_error_t *error)
{
    return rd_kafka_error_txn_requires_abort(error);
}

static bool is_to_retry(const rd_kafka_error_t *error)
{
    return rd_kafka_error_is_retriable(error);
}

static bool is_any(const rd_kafka_error_t *error)
{
    (void)error;
    return true;
}

/* The first row that holds. The order counts: an error that asks for an abort may be retriable as well, and then the
 * abort comes first. */
static const struct {
    bool (*holds)(const rd_kafka_error_t *error);
    enum txn_outcome outcome;
} outcomes[] = {
    {is_done, TXN_DONE},
    {is_to_abort, TXN_ABORT},
    {is_to_retry, TXN_RETRY},
    {is_any, TXN_STOP}, /* fatal, fenced, or something that nobody foresaw */
};

enum txn_outcome txn_classify(const rd_kafka_error_t *error)
{
    size_t i = 0;

    while (!outcomes[i].holds(error))
        i++;
    return outcomes[i].outcome;
}

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

/* Makes the call until it is done, or asks for an abort, or there is no hope. */
static enum txn_outcome call(struct txn *txn, const char *name, step_fn *step, const struct positions *positions,
                             struct error *e)
{
    int64_t started = monotonic_ms();

    for (;;) {
        rd_kafka_error_t *error = step(txn, positions);
        enum txn_outcome outcome = txn_classify(error);

        if (outcome != TXN_DONE)
            error_set(e, exit_code(error), "transaction: %s: %s: %s", name, rd_kafka_error_name(error),
                      rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        if (outcome != TXN_RETRY)
            return outcome;
        if (is_overdue(txn, started))
            return TXN_STOP;
        if (kafka_may_complain(sink_context(txn->sink)))
            log_write(txn->log, LOG_LEVEL_WARNING, "txn", "%s; trying again", e->text);
        rd_kafka_poll(txn->rk, PAUSE_MS);
    }
}

static rd_kafka_error_t *init_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_init_transactions(txn->rk, FOREVER);
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
    return rd_kafka_send_offsets_to_transaction(txn->rk, positions->offsets, positions->group, FOREVER);
}

static rd_kafka_error_t *commit_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_commit_transaction(txn->rk, FOREVER);
}

static rd_kafka_error_t *abort_step(struct txn *txn, const struct positions *positions)
{
    (void)positions;
    return rd_kafka_abort_transaction(txn->rk, FOREVER);
}

struct txn *txn_new(struct sink *sink, const atomic_bool *stop, struct log *log)
{
    struct txn *txn = calloc(1, sizeof *txn);

    if (!txn)
        return NULL;
    txn->sink = sink;
    txn->rk = sink_handle(sink);
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
    return call(txn, "init", init_step, NULL, e) == TXN_DONE ? TXN_DONE : TXN_STOP;
}

enum txn_outcome txn_begin(struct txn *txn, struct error *e)
{
    enum txn_outcome outcome;

    if (txn->open)
        return TXN_DONE;
    if (kafka_is_fatal(txn->rk, e)) /* begin may hang after a fatal error (librdkafka issue 4420) */
        return TXN_STOP;
    outcome = call(txn, "begin", begin_step, NULL, e);
    txn->open = outcome == TXN_DONE;
    return outcome;
}

enum txn_outcome txn_commit(struct txn *txn, const struct positions *positions, struct error *e)
{
    enum txn_outcome outcome = call(txn, "send offsets", offsets_step, positions, e);

    if (outcome == TXN_DONE)
        outcome = call(txn, "commit", commit_step, positions, e);
    if (outcome == TXN_DONE)
        txn->open = false;
    return outcome;
}

enum txn_outcome txn_abort(struct txn *txn, struct error *e)
{
    if (!txn->open)
        return TXN_DONE;
    if (call(txn, "abort", abort_step, NULL, e) != TXN_DONE)
        return TXN_STOP;
    txn->open = false;
    sink_poll(txn->sink); /* delivery reports may come behind the abort */
    sink_forget(txn->sink);
    return TXN_DONE;
}
