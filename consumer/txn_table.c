/* The one place that says what follows from the answer to a call of the client library that publishes or commits. */
#include "kafka_internal.h"

static bool is_success(const struct txn_answer *answer)
{
    return answer->code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The broker knows of no transaction of this producer, whose epoch it takes: it looks at that before. */
static bool is_unknown_transaction(const struct txn_answer *answer)
{
    return answer->code == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;
}

static bool is_fatal(const struct txn_answer *answer)
{
    return answer->fatal;
}

static bool asks_for_abort(const struct txn_answer *answer)
{
    return answer->requires_abort;
}

static bool is_no_answer(const struct txn_answer *answer)
{
    return answer->retriable &&
           (answer->code == RD_KAFKA_RESP_ERR__TIMED_OUT || answer->code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
            answer->code == RD_KAFKA_RESP_ERR__TRANSPORT);
}

static bool is_retriable(const struct txn_answer *answer)
{
    return answer->retriable;
}

static bool is_anything(const struct txn_answer *answer)
{
    (void)answer;
    return true;
}

/* The first row that holds. The order counts: an error that asks for an abort may be retriable as well, and then the
 * abort comes first. An abort that is refused, though it is nobody else's transaction, and an end without an answer,
 * are settled by a new producer. */
/* clang-format off */
static const struct {
    bool (*holds)(const struct txn_answer *answer);
    enum txn_outcome outcomes[TXN_CALL_COUNT];
} table[] = {
    /* call:                  init       begin      send       offsets    commit     abort */
    {is_success,             {TXN_DONE,  TXN_DONE,  TXN_DONE,  TXN_DONE,  TXN_DONE,  TXN_DONE}},
    {is_unknown_transaction, {TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_RENEW}},
    {is_fatal,               {TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP}}, /* fenced, too */
    {asks_for_abort,         {TXN_STOP,  TXN_ABORT, TXN_ABORT, TXN_ABORT, TXN_ABORT, TXN_RENEW}},
    {is_no_answer,           {TXN_RETRY, TXN_RETRY, TXN_RETRY, TXN_RETRY, TXN_RENEW, TXN_RENEW}},
    {is_retriable,           {TXN_RETRY, TXN_RETRY, TXN_RETRY, TXN_RETRY, TXN_RETRY, TXN_RETRY}},
    {is_anything,            {TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP,  TXN_STOP}},
};
/* clang-format on */

enum txn_outcome txn_outcome_of(enum txn_call call, const struct txn_answer *answer)
{
    size_t i = 0;

    while (!table[i].holds(answer))
        i++;
    return table[i].outcomes[call];
}

struct txn_answer txn_answer_of(const rd_kafka_error_t *error)
{
    if (!error)
        return (struct txn_answer){.code = RD_KAFKA_RESP_ERR_NO_ERROR};
    return (struct txn_answer){.code = rd_kafka_error_code(error),
                               .fatal = rd_kafka_error_is_fatal(error),
                               .requires_abort = rd_kafka_error_txn_requires_abort(error),
                               .retriable = rd_kafka_error_is_retriable(error)};
}

/* These come again however often they are tried. */
bool txn_is_refusal(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           err == RD_KAFKA_RESP_ERR_INVALID_MSG || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

/* rd_kafka_produce gives a bare code. What is neither a full queue nor a refusal has to do with the state of the
 * transaction, and goes away with it. */
struct txn_answer txn_answer_of_code(rd_kafka_resp_err_t err)
{
    bool fatal = err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__FENCED;
    bool full = err == RD_KAFKA_RESP_ERR__QUEUE_FULL;

    return (struct txn_answer){.code = err,
                               .fatal = fatal,
                               .requires_abort =
                                   err != RD_KAFKA_RESP_ERR_NO_ERROR && !fatal && !full && !txn_is_refusal(err),
                               .retriable = full};
}
