/* points: a library to preload, which stops the program at a named point of its dealings with Kafka.
 *
 * FIXWARDEN_POINT=WHEN:CALL:N:HOW, where WHEN is before or after, CALL is one of the names in CALLS, N counts its calls
 * from 1, and HOW is `kill` (SIGKILL), `stop` (SIGSTOP: the test lets it go on, or not) or a number: only the calling
 * thread waits, for so many milliseconds. Any thread.
 *
 * FIXWARDEN_POINT=long:consume_batch_queue:N: this one lasts LONG_CALL_MS, as it may on a busy machine, and says so on
 * standard error as it begins. */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_CALL_MS 8000 /* another process starts and joins the group meanwhile */

#define CALLS(X)                                                                                                       \
    X(init_transactions)                                                                                               \
    X(begin_transaction)                                                                                               \
    X(produce)                                                                                                         \
    X(flush)                                                                                                           \
    X(send_offsets_to_transaction)                                                                                     \
    X(commit_transaction)                                                                                              \
    X(abort_transaction)                                                                                               \
    X(commit)                                                                                                          \
    X(consume_batch_queue)                                                                                             \
    X(subscribe)                                                                                                       \
    X(consumer_close)

#include "preload.h"

enum when { NEVER, BEFORE, AFTER, LONG };

/* Read once, before main. */
static struct {
    enum when when;
    enum call call;
    long number;
    int signal;
    int wait_ms; /* 0: the signal instead */
} point;

__attribute__((constructor)) static void set_up(void)
{
    const char *text = getenv("FIXWARDEN_POINT");
    char when[8], call[40], how[8] = "";
    int parts = text ? sscanf(text, "%7[a-z]:%39[a-z_]:%ld:%7s", when, call, &point.number, how) : 0;

    if (parts == 3 && strcmp(when, "long") == 0)
        point.when = LONG;
    else if (parts == 4)
        point.when = strcmp(when, "before") == 0 ? BEFORE : AFTER;
    else
        return;
    point.call = call_from_name(call);
    point.signal = strcmp(how, "stop") == 0 ? SIGSTOP : SIGKILL;
    point.wait_ms = atoi(how);
}

static void reach(enum when when, enum call call, long number)
{
    if (point.when != when || call != point.call || number != point.number)
        return;
    if (point.wait_ms > 0)
        usleep((useconds_t)point.wait_ms * 1000);
    else
        raise(point.signal);
}

/* The number of this call. */
static long enter(enum call call)
{
    long number = call_count(call);

    reach(BEFORE, call, number);
    return number;
}

static void leave(enum call call, long number)
{
    reach(AFTER, call, number);
}

/* The library's own function of that name, between the two. */
#define WRAP(type, name, parameters, arguments)                                                                        \
    type rd_kafka_##name parameters                                                                                    \
    {                                                                                                                  \
        long number = enter(CALL_##name);                                                                              \
        type result = ((__typeof__(&rd_kafka_##name))dlsym(RTLD_NEXT, "rd_kafka_" #name))arguments;                    \
                                                                                                                       \
        leave(CALL_##name, number);                                                                                    \
        return result;                                                                                                 \
    }

WRAP(rd_kafka_error_t *, init_transactions, (rd_kafka_t * rk, int timeout_ms), (rk, timeout_ms))
WRAP(rd_kafka_error_t *, begin_transaction, (rd_kafka_t * rk), (rk))
WRAP(rd_kafka_error_t *, send_offsets_to_transaction,
     (rd_kafka_t * rk, const rd_kafka_topic_partition_list_t *offsets, const rd_kafka_consumer_group_metadata_t *group,
      int timeout_ms),
     (rk, offsets, group, timeout_ms))
WRAP(rd_kafka_error_t *, commit_transaction, (rd_kafka_t * rk, int timeout_ms), (rk, timeout_ms))
WRAP(rd_kafka_error_t *, abort_transaction, (rd_kafka_t * rk, int timeout_ms), (rk, timeout_ms))
WRAP(rd_kafka_resp_err_t, flush, (rd_kafka_t * rk, int timeout_ms), (rk, timeout_ms))
WRAP(rd_kafka_resp_err_t, commit, (rd_kafka_t * rk, const rd_kafka_topic_partition_list_t *offsets, int async),
     (rk, offsets, async))
WRAP(rd_kafka_resp_err_t, subscribe, (rd_kafka_t * rk, const rd_kafka_topic_partition_list_t *topics), (rk, topics))
WRAP(rd_kafka_resp_err_t, consumer_close, (rd_kafka_t * rk), (rk))
WRAP(int, produce,
     (rd_kafka_topic_t * topic, int32_t partition, int flags, void *payload, size_t len, const void *key,
      size_t key_len, void *opaque),
     (topic, partition, flags, payload, len, key, key_len, opaque))

/* Counts as a produce. */
rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *rk, const rd_kafka_vu_t *values, size_t count)
{
    long number = enter(CALL_produce);
    rd_kafka_error_t *error =
        ((__typeof__(&rd_kafka_produceva))dlsym(RTLD_NEXT, "rd_kafka_produceva"))(rk, values, count);

    leave(CALL_produce, number);
    return error;
}

/* With a timeout it waits until the batch is full (seen in librdkafka 2.0.2). */
ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *queue, int timeout_ms, rd_kafka_message_t **messages,
                                     size_t size)
{
    __typeof__(&rd_kafka_consume_batch_queue) real = dlsym(RTLD_NEXT, "rd_kafka_consume_batch_queue");

    if (call_count(CALL_consume_batch_queue) == point.number && point.when == LONG) {
        dprintf(STDERR_FILENO, "points: a long call begins\n");
        timeout_ms = LONG_CALL_MS;
    }
    return real(queue, timeout_ms, messages, size);
}
