#include "kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "budget.h"
#include "config_kafka.h"
#include "kafka_internal.h"
#include "kafka_security.h"
#include "monotonic.h"

#define BROKERS_PROPERTY "bootstrap.servers"
#define INSTANCE_PROPERTY "group.instance.id"
#define SLICE_OF_WAIT_MS 1000 /* so that a signal is seen while waiting */

struct property {
    const char *name;
    const char *value;
};

/* The user may set others. What bounds memory is from budget. */
static const struct property defaults[] = {
    {"client.id", "fixwarden"},           {"log_level", "6"}, {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"}, /* requests are small, and somebody waits for each */
    {"reconnect.backoff.max.ms", "5000"}, {NULL, NULL},
};

static const struct property consumer_defaults[] = {
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "10000"},  /* how long the partitions of one that was killed stand still */
    {"heartbeat.interval.ms", "500"}, /* how long those do that go to another member: it is told with the answer */
    {"fetch.wait.max.ms", "100"},
    {NULL, NULL},
};

static const struct property producer_defaults[] = {
    {"queue.buffering.max.kbytes", "2097151"}, /* the sink counts by itself, and one record may be any size */
    {"linger.ms", "2"},
    {"retry.backoff.ms", "20"}, /* a transaction that its producer's last one still holds up is begun again soon */
    {"compression.codec", "lz4"},
    {"partitioner", "murmur2_random"},   /* the Java clients' own, so that a key's partition is theirs too */
    {"message.max.bytes", "1000000000"}, /* the broker's limit is the one that counts */
    {NULL, NULL},
};

/* How soon a full queue is looked at again. Older ones know no such property, and look once a second (source.c). */
static const struct property consumer_defaults_2_2[] = {{"fetch.queue.backoff.ms", "10"}, {NULL, NULL}};

/* What holds the promise of exactly once together; config refuses them from the user. */
static const struct property consumer_owned[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"isolation.level", "read_committed"},
    {"allow.auto.create.topics", "false"},
    {NULL, NULL},
};

static const struct property producer_owned[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {NULL, NULL},
};

const char *kafka_version(void)
{
    return rd_kafka_version_str();
}

const char *kafka_features(void)
{
    static char features[512];
    size_t size = sizeof features;
    rd_kafka_conf_t *conf;

    if (*features)
        return features;
    conf = rd_kafka_conf_new();
    if (rd_kafka_conf_get(conf, "builtin.features", features, &size) != RD_KAFKA_CONF_OK)
        *features = '\0';
    rd_kafka_conf_destroy(conf);
    return features;
}

/* What was fixed after 2.0.2, which Debian 12 has: the changelogs of librdkafka 2.3.0, 2.4.0 and 2.10.0. */
void kafka_warn_of_version(struct log *log)
{
    int version = rd_kafka_version() >> 8;

    if (version < 0x020300)
        log_write(
            log, LOG_LEVEL_WARNING, "kafka",
            "librdkafka %s: a sequence number out of step ends the process (fixed in 2.3.0), and so can leaving a "
            "group under cooperative rebalancing (2.3.0, 2.4.0); the supervisor's restart loses nothing",
            kafka_version());
}

const char *kafka_brokers(const struct config *config)
{
    const char *brokers = config_kafka(config, BROKERS_PROPERTY);

    if (!brokers)
        brokers = config_kafka(config, "metadata.broker.list");
    return brokers ? brokers : "";
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *e)
{
    char reason[512];

    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return 0;
    return error_set(e, ERROR_CONFIG, "[kafka] %s: %s", name, reason);
}

static int set_all(rd_kafka_conf_t *conf, const struct property *properties, struct error *e)
{
    for (; properties->name; properties++)
        if (set(conf, properties->name, properties->value, e) != 0)
            return -1;
    return 0;
}

static int set_bound(void *conf, const char *name, const char *value, struct error *e)
{
    return set(conf, name, value, e);
}

static int set_bounds(rd_kafka_conf_t *conf, const struct config *config, bool consumer, struct error *e)
{
    const struct budget budget = budget_divide(config);

    return budget_properties(&budget, consumer, set_bound, conf, e);
}

static int set_newer(rd_kafka_conf_t *conf, bool consumer, struct error *e)
{
    return consumer && rd_kafka_version() >= KAFKA_VERSION_2_2 ? set_all(conf, consumer_defaults_2_2, e) : 0;
}

static int pass_through(rd_kafka_conf_t *conf, const struct config *config, struct error *e)
{
    for (size_t i = 0; i < config->kafka.count; i++)
        if (!config_kafka_is_own(config->kafka.items[i].name) &&
            set(conf, config->kafka.items[i].name, config->kafka.items[i].value, e) != 0)
            return -1;
    return 0;
}

int kafka_check(const struct config *config, struct error *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int status = pass_through(conf, config, e);

    rd_kafka_conf_destroy(conf);
    return status == 0 ? kafka_security_check(config, e) : -1;
}

/* Stable over restarts, so that a new process ends what its predecessor left open in the same lane. That of a lane's
 * second producer ends in no number: it is no other lane's, whatever the prefix. */
static int set_transactional_id(rd_kafka_conf_t *conf, const struct config *config, const struct kafka_context *context,
                                struct error *e)
{
    const char *which = context->producer == 0 ? "" : "-b";
    char host[128] = "", id[512];

    if (*config->output.transactional_id) {
        snprintf(id, sizeof id, "%s-%u%s", config->output.transactional_id, context->lane, which);
        return set(conf, "transactional.id", id, e);
    }
    if (gethostname(host, sizeof host - 1) != 0)
        return error_set(e, ERROR_CONFIG, "this host has no name: set output.transactional_id");
    snprintf(id, sizeof id, "%s-%s-%u%s", config->input.group, host, context->lane, which);
    return set(conf, "transactional.id", id, e);
}

const char *kafka_static_instance(const struct config *config)
{
    const char *instance = config_kafka(config, INSTANCE_PROPERTY);

    return instance && *instance ? instance : NULL;
}

/* Static membership: each lane is a member of its own. */
static int set_instance_id(rd_kafka_conf_t *conf, const struct config *config, unsigned lane, struct error *e)
{
    const char *instance = kafka_static_instance(config);
    char id[512];

    if (!instance)
        return 0;
    snprintf(id, sizeof id, "%s-%u", instance, lane);
    return set(conf, INSTANCE_PROPERTY, id, e);
}

static int set_consumer(rd_kafka_conf_t *conf, const struct config *config, enum kafka_role role,
                        const struct kafka_context *context, struct error *e)
{
    const char *group = role == KAFKA_TAIL_CONSUMER ? "fixwarden-tail" : config->input.group;

    if (set_all(conf, consumer_owned, e) != 0 || set(conf, "group.id", group, e) != 0 ||
        set_instance_id(conf, config, context->lane, e) != 0)
        return -1;
    if (set(conf, "enable.partition.eof", role == KAFKA_GROUP_CONSUMER ? "false" : "true", e) != 0)
        return -1;
    if (role == KAFKA_REPLAY_CONSUMER) /* never a member; what is gone must be told */
        return set(conf, INSTANCE_PROPERTY, NULL, e) != 0 ? -1 : set(conf, "auto.offset.reset", "error", e);
    return set(conf, "auto.offset.reset", config->input.start == START_LATEST ? "latest" : "earliest", e);
}

/* Without transactions an idempotent producer waits for its brokers as long as it takes: what it drops
 * would be lost. */
static int set_producer(rd_kafka_conf_t *conf, const struct config *config, enum kafka_role role,
                        const struct kafka_context *context, struct error *e)
{
    if (set_all(conf, producer_owned, e) != 0)
        return -1;
    return role == KAFKA_TRANSACTIONAL_PRODUCER ? set_transactional_id(conf, config, context, e)
                                                : set(conf, "message.timeout.ms", "0", e);
}

void kafka_note_failure(struct kafka_context *context, const char *text)
{
    pthread_mutex_lock(&context->lock);
    snprintf(context->last_failure, sizeof context->last_failure, "%s", text);
    pthread_mutex_unlock(&context->lock);
}

/* "[thrd:NAME]: " in front says nothing to an operator. */
static const char *without_thread(const char *text)
{
    const char *end = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;

    return end ? end + 3 : text;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct kafka_context *context = rk ? rd_kafka_opaque(rk) : NULL;
    enum log_level as = level <= 3 ? LOG_LEVEL_WARNING : level <= 4 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;

    if (!context)
        return;
    if (strcmp(facility, "FAIL") == 0) {
        atomic_fetch_add(&context->failures, 1);
        kafka_note_failure(context, without_thread(text));
        if (strstr(text, "receive.message.max.bytes")) /* only in the text is it told from other failures */
            atomic_store(&context->too_large, true);
        as = LOG_LEVEL_DEBUG; /* one for each try and broker; kafka_on_error complains now and then */
    } else if (strncmp(facility, "SSL", 3) == 0) {
        as = LOG_LEVEL_DEBUG; /* OpenSSL's stack of errors, before the one that is told */
    } else if (strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "AUTOCREATE") == 0) {
        as = LOG_LEVEL_DEBUG; /* both clients get every property, so that each ignores the other's; the demo's broker is
                                 old */
    }
    pthread_mutex_lock(&context->lock);
    log_write(context->log, as, context->subsystem, "librdkafka: %s: %s", facility, text);
    pthread_mutex_unlock(&context->lock);
}

void kafka_context_silence(struct kafka_context *context)
{
    pthread_mutex_lock(&context->lock);
    context->log = NULL;
    pthread_mutex_unlock(&context->lock);
}

static void last_failure(struct kafka_context *context, char out[KAFKA_FAILURE_MAX])
{
    pthread_mutex_lock(&context->lock);
    memcpy(out, context->last_failure, KAFKA_FAILURE_MAX);
    pthread_mutex_unlock(&context->lock);
}

void kafka_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct kafka_context *context = opaque;

    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__FATAL || context->starting || !kafka_may_complain(context))
        return; /* a fatal one is met by whoever uses the handle next */
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        log_write(context->log, LOG_LEVEL_WARNING, context->subsystem,
                  "no broker of " BROKERS_PROPERTY "=%s can be reached, trying on: %s", context->brokers, reason);
    else
        log_write(context->log, LOG_LEVEL_WARNING, context->subsystem, "%s: %s%s", rd_kafka_err2name(err), reason,
                  kafka_security_remedy(reason, NULL));
}

bool kafka_may_complain(struct kafka_context *context)
{
    long long now = monotonic_ms();
    long long last = atomic_load(&context->complained_ms);

    return (last == 0 || now - last >= KAFKA_COMPLAINT_MS) &&
           atomic_compare_exchange_strong(&context->complained_ms, &last, now);
}

void kafka_context_init(struct kafka_context *context, const struct config *config, struct log *log,
                        const char *subsystem, unsigned lane, void *owner)
{
    context->log = log;
    context->lane = lane;
    context->producer = 0;
    snprintf(context->subsystem, sizeof context->subsystem, "%s/%u", subsystem, lane);
    context->owner = owner;
    snprintf(context->brokers, sizeof context->brokers, "%s", kafka_brokers(config));
    pthread_mutex_init(&context->lock, NULL);
    context->last_failure[0] = '\0';
    atomic_init(&context->complained_ms, 0);
    atomic_init(&context->failures, 0);
    context->starting = false;
    atomic_init(&context->too_large, false);
    context->pulse = NULL;
}

void kafka_context_destroy(struct kafka_context *context)
{
    pthread_mutex_destroy(&context->lock);
}

rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_role role, struct kafka_context *context,
                                struct error *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool consumer = role == KAFKA_GROUP_CONSUMER || role == KAFKA_TAIL_CONSUMER || role == KAFKA_REPLAY_CONSUMER;

    rd_kafka_conf_set_opaque(conf, context);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, kafka_on_error);
    if (!*kafka_brokers(config))
        error_set(e, ERROR_CONFIG, "[kafka] " BROKERS_PROPERTY " is not set: -b HOST:PORT, or in the configuration");
    else if (set_all(conf, defaults, e) == 0 && set_newer(conf, consumer, e) == 0 &&
             set_all(conf, consumer ? consumer_defaults : producer_defaults, e) == 0 &&
             set_bounds(conf, config, consumer, e) == 0 && pass_through(conf, config, e) == 0 &&
             kafka_security_configure(conf, config, e) == 0 &&
             (consumer ? set_consumer : set_producer)(conf, config, role, context, e) == 0)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf, bool may_destroy, struct error *e)
{
    char reason[512];
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof reason);

    if (!rk) {
        error_set(e, ERROR_CONFIG, "[kafka] %s%s", reason, kafka_security_remedy(reason, NULL));
        if (may_destroy)
            rd_kafka_conf_destroy(conf); /* rd_kafka_new takes it only when it succeeds */
    } else if (kafka_security_start(rk, e) != 0) {
        rd_kafka_destroy(rk);
        rk = NULL;
    }
    return rk;
}

rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *e)
{
    return make(type, conf, true, e);
}

rd_kafka_t *kafka_new_intercepted(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *e)
{
    return make(type, conf, false, e);
}

/* What the metadata say of one topic: 1 it is there, 0 ask again, -1 it will not come. */
static int judge_topic(const struct rd_kafka_metadata *metadata, const char *topic, const char *option,
                       const struct kafka_context *context, int *partitions, struct error *e)
{
    rd_kafka_resp_err_t err = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0) {
        if (partitions)
            *partitions = metadata->topics[0].partition_cnt;
        return 1;
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return error_set(e, ERROR_UNAVAILABLE, "%s: topic %s on %s has no leader yet", option, topic, context->brokers),
               0;
    if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return error_set(e, ERROR_UNAVAILABLE, "%s: topic %s does not exist on %s: create it, or correct the name",
                         option, topic, context->brokers);
    return error_set(e, ERROR_UNAVAILABLE, "%s: topic %s on %s: %s", option, topic, context->brokers,
                     rd_kafka_err2str(err));
}

/* No broker has answered: 0 ask again, -1 there is no use. */
static int judge_silence(struct kafka_context *context, rd_kafka_resp_err_t err, struct error *e)
{
    char failure[KAFKA_FAILURE_MAX];
    const char *remedy;
    bool hopeless;

    last_failure(context, failure);
    remedy = kafka_security_remedy(failure, &hopeless);
    error_set(e, hopeless ? ERROR_CONFIG : ERROR_UNAVAILABLE, "no broker of " BROKERS_PROPERTY "=%s answers: %s%s",
              context->brokers, *failure ? failure : rd_kafka_err2str(err), remedy);
    return hopeless ? -1 : 0;
}

static int ask_for_topic(rd_kafka_t *rk, rd_kafka_topic_t *handle, struct kafka_context *context, const char *topic,
                         const char *option, int *partitions, struct error *e)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, handle, &metadata, SLICE_OF_WAIT_MS);
    int answer;

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return judge_silence(context, err, e);
    answer = judge_topic(metadata, topic, option, context, partitions, e);
    rd_kafka_metadata_destroy(metadata);
    return answer;
}

/* Whether it is to be asked again, a moment later: neither too late nor told to stop. */
static bool may_ask_again(int64_t deadline_ms, const atomic_bool *stop)
{
    if (monotonic_ms() >= deadline_ms || (stop && atomic_load(stop)))
        return false;
    monotonic_nap(100);
    return true;
}

int kafka_topic_wait(rd_kafka_t *rk, struct kafka_context *context, const char *topic, const char *option,
                     int *partitions, const atomic_bool *stop, struct error *e)
{
    int64_t deadline = monotonic_ms() + KAFKA_START_TIMEOUT_MS;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    int answer;

    if (!handle)
        return error_set(e, ERROR_CONFIG, "%s: %s is not a topic's name", option, topic);
    context->starting = true; /* and it stays so where there is no use: closing a consumer serves its errors */
    do
        answer = ask_for_topic(rk, handle, context, topic, option, partitions, e);
    while (answer == 0 && may_ask_again(deadline, stop));
    rd_kafka_topic_destroy(handle);
    context->starting = answer != 1;
    return answer == 1 ? 0 : -1;
}

int kafka_cluster_wait(rd_kafka_t *rk, struct kafka_context *context, const struct rd_kafka_metadata **out,
                       const atomic_bool *stop, struct error *e)
{
    int64_t deadline = monotonic_ms() + KAFKA_START_TIMEOUT_MS;
    rd_kafka_resp_err_t err;

    context->starting = true;
    while ((err = rd_kafka_metadata(rk, 1, NULL, out, SLICE_OF_WAIT_MS)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        if (judge_silence(context, err, e) != 0 || !may_ask_again(deadline, stop))
            return -1;
    context->starting = false;
    return 0;
}

uint64_t kafka_number(rd_kafka_t *rk, const char *property)
{
    char value[32] = "";
    size_t size = sizeof value;

    rd_kafka_conf_get(rd_kafka_conf(rk), property, value, &size);
    return strtoull(value, NULL, 10);
}

bool kafka_is_fatal(rd_kafka_t *rk, struct error *e)
{
    char reason[512];
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(rk, reason, sizeof reason);

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    error_set(e, ERROR_TEMPORARY, "%s: %s", rd_kafka_err2name(err), reason);
    return true;
}
