/* kafka_internal: what source, start_offsets, sink, txn, survey, pending_topic and demo_broker share of librdkafka. For
 * these and kafka.c only. */
#ifndef FIXWARDEN_CONSUMER_KAFKA_INTERNAL_H
#define FIXWARDEN_CONSUMER_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "kafka.h"
#include "pulse.h"
#include "source.h"
#include "txn.h"

#define KAFKA_START_TIMEOUT_MS 15000 /* how long a broker or a topic may take to show up at the start */
#define KAFKA_COMPLAINT_MS 10000     /* the same trouble is logged at most this often */
#define KAFKA_FAILURE_MAX 512        /* bytes of the last failure's text */
#define KAFKA_SUBSYSTEM_MAX 24
#define KAFKA_VERSION_2_1 0x02010000 /* as rd_kafka_version has it */
#define KAFKA_VERSION_2_2 0x02020000

enum kafka_role {
    KAFKA_GROUP_CONSUMER,
    KAFKA_TAIL_CONSUMER,
    KAFKA_REPLAY_CONSUMER, /* its group only holds offsets */
    KAFKA_PRODUCER,
    KAFKA_TRANSACTIONAL_PRODUCER
};

/* The opaque of every handle: callbacks find their log and their owner here. Outlives the handle. */
struct kafka_context {
    struct log *log;
    char subsystem[KAFKA_SUBSYSTEM_MAX]; /* with the lane, "source/0" */
    unsigned lane;
    unsigned producer; /* which of the lane's, from 0 */
    void *owner;
    char brokers[KAFKA_FAILURE_MAX];
    pthread_mutex_t lock; /* of last_failure and log: the library's threads log */
    char last_failure[KAFKA_FAILURE_MAX];
    atomic_llong complained_ms;
    atomic_bool too_large; /* an answer was larger than receive.message.max.bytes: it will be again */
    atomic_uint failures;  /* connections that broke, or requests without an answer */
    bool starting;         /* what goes wrong is told by the line that ends the start, with its remedy */
    struct pulse *pulse;   /* of the thread that uses the handle; NULL: nobody watches */
};

void kafka_context_init(struct kafka_context *context, const struct config *config, struct log *log,
                        const char *subsystem, unsigned lane, void *owner);
void kafka_context_destroy(struct kafka_context *context);

/* From here on the library's threads log nothing: for a handle that has to be left to the end of the process. */
void kafka_context_silence(struct kafka_context *context);

/* The library's configuration for one role in the context's lane: bounded defaults, then what the user passes through,
 * then what fixwarden owns. The caller's until rd_kafka_new has taken it. NULL with ERROR_CONFIG. */
rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_role role, struct kafka_context *context,
                                struct error *e);

/* What the configuration calls this instance in its group, if it is to be a static member; else NULL. Borrowed. */
const char *kafka_static_instance(const struct config *config);

/* The callback that these configurations have for errors: it logs them. `opaque` is the context. */
void kafka_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque);

/* Makes the handle and takes `conf` in every case. NULL with ERROR_CONFIG. */
rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *e);

/* As kafka_new, of a configuration with interceptors. Where that fails, `conf` is left to the end of the process:
 * librdkafka has freed the interceptors by then, unless it failed early, and destroying the rest would free them once
 * more (seen in 2.0.2). */
rd_kafka_t *kafka_new_intercepted(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *e);

/* A property of the handle that is a number, as the library took it; 0 where it has none. */
uint64_t kafka_number(rd_kafka_t *rk, const char *property);

/* Waits until the topic's metadata is there. `option` names where the topic was configured. ERROR_UNAVAILABLE where no
 * broker answers, or there is no such topic. `partitions` may be NULL. */
int kafka_topic_wait(rd_kafka_t *rk, struct kafka_context *context, const char *topic, const char *option,
                     int *partitions, const atomic_bool *stop, struct error *e);

/* Waits for the metadata of all topics of the cluster, which the caller destroys. Errors as above. */
int kafka_cluster_wait(rd_kafka_t *rk, struct kafka_context *context, const struct rd_kafka_metadata **out,
                       const atomic_bool *stop, struct error *e);

/* Keeps what last went wrong with a broker, for the line that ends a fruitless start. */
void kafka_note_failure(struct kafka_context *context, const char *text);

/* Whether it is time to complain again about trouble that lasts. */
bool kafka_may_complain(struct kafka_context *context);

/* Whether the client is beyond repair; then with ERROR_TEMPORARY, as another start may help. */
bool kafka_is_fatal(rd_kafka_t *rk, struct error *e);

/* source: what it hands over, as the library takes it. */
struct positions {
    rd_kafka_topic_partition_list_t *offsets;
    rd_kafka_consumer_group_metadata_t *group;
};

/* sink: for transactions. */
rd_kafka_t *sink_handle(const struct sink *sink);
struct kafka_context *sink_context(struct sink *sink);

/* txn_table: what follows from an answer. */
enum txn_call {
    TXN_CALL_INIT,
    TXN_CALL_BEGIN,
    TXN_CALL_SEND,
    TXN_CALL_OFFSETS,
    TXN_CALL_COMMIT,
    TXN_CALL_ABORT,
    TXN_CALL_COUNT
};

struct txn_answer {
    rd_kafka_resp_err_t code;
    bool fatal;
    bool requires_abort;
    bool retriable;
};

struct txn_answer txn_answer_of(const rd_kafka_error_t *error); /* NULL is success; nothing is taken over */
struct txn_answer txn_answer_of_code(rd_kafka_resp_err_t err);  /* of rd_kafka_produce */
enum txn_outcome txn_outcome_of(enum txn_call call, const struct txn_answer *answer);

/* Whether a record that is answered so would be again. */
bool txn_is_refusal(rd_kafka_resp_err_t err);

#endif
