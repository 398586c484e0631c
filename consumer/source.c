#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "monotonic.h"
#include "source_internal.h"

#define STARVED_MS 5 /* without a record, though the topics hold some */

/* --- opening and closing --- */

/* Takes `conf` in every case. */
static rd_kafka_t *make_consumer(struct source *s, const struct config *config, enum kafka_role role,
                                 rd_kafka_conf_t *conf, struct error *e)
{
    if (role == KAFKA_REPLAY_CONSUMER)
        rd_kafka_conf_set_error_cb(conf, source_ranges_on_error);
    if (role != KAFKA_GROUP_CONSUMER)
        return kafka_new(RD_KAFKA_CONSUMER, conf, e);
    rd_kafka_conf_set_rebalance_cb(conf, source_on_rebalance);
    return source_listen_for_id(s, config, conf) ? kafka_new_intercepted(RD_KAFKA_CONSUMER, conf, e)
                                                 : kafka_new(RD_KAFKA_CONSUMER, conf, e);
}

int source_open(const struct config *config, enum kafka_role role, unsigned lane, const struct source_events *events,
                struct log *log, struct source **out, struct error *e)
{
    struct source *s = calloc(1, sizeof *s);
    rd_kafka_conf_t *conf;

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the consumer");
    pthread_mutex_init(&s->joining, NULL);
    if (events)
        s->events = *events;
    kafka_context_init(&s->context, config, log, "source", lane, s);
    conf = kafka_conf_new(config, role, &s->context, e);
    s->rk = conf ? make_consumer(s, config, role, conf, e) : NULL;
    s->message_max = budget_divide(config).message;
    if (!s->rk) {
        source_close(s);
        return -1;
    }
    source_learn_queue(s);
    rd_kafka_poll_set_consumer(s->rk);
    s->queue = rd_kafka_queue_get_consumer(s->rk);
    *out = s;
    return 0;
}

static bool is_pattern(const char *topic)
{
    return topic[0] == '^';
}

/* Nothing need match a pattern yet. */
static int learn_pattern(struct source *s, const char *pattern, const atomic_bool *stop, struct error *e)
{
    const struct rd_kafka_metadata *cluster;
    int status;

    if (!s->starts_at_latest)
        return 0;
    if (kafka_cluster_wait(s->rk, &s->context, &cluster, stop, e) != 0)
        return -1;
    status = start_offsets_learn_pattern(&s->start, s->rk, pattern, cluster, e);
    rd_kafka_metadata_destroy(cluster);
    return status;
}

static int wait_for_topic(struct source *s, const char *topic, unsigned *partitions, const atomic_bool *stop,
                          struct error *e)
{
    int found = 0;

    if (kafka_topic_wait(s->rk, &s->context, topic, "input.topics", &found, stop, e) != 0)
        return -1;
    *partitions += (unsigned)found;
    return s->starts_at_latest ? start_offsets_learn(&s->start, s->rk, topic, found, e) : 0;
}

/* `partitions` counts those of the topics that are named. */
static int wait_for_topics(struct source *s, const struct string_list *topics, unsigned *partitions,
                           const atomic_bool *stop, struct error *e)
{
    int status = 0;

    *partitions = 0;
    for (size_t i = 0; i < topics->count && status == 0; i++)
        status = is_pattern(topics->items[i]) ? learn_pattern(s, topics->items[i], stop, e)
                                              : wait_for_topic(s, topics->items[i], partitions, stop, e);
    return status;
}

int source_count_partitions(const struct config *config, const atomic_bool *stop, struct log *log, unsigned *out,
                            struct error *e)
{
    const struct string_list *topics = &config->input.topics;
    struct source *s;
    int status;

    if (source_open(config, KAFKA_GROUP_CONSUMER, 0, NULL, log, &s, e) != 0)
        return -1;
    status = wait_for_topics(s, topics, out, stop, e);
    source_close(s);
    for (size_t i = 0; i < topics->count; i++)
        if (is_pattern(topics->items[i]))
            *out = SOURCE_PARTITIONS_UNKNOWN;
    return status;
}

static int subscribe(struct source *s, const struct string_list *topics, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)topics->count);
    rd_kafka_resp_err_t err;

    for (size_t i = 0; i < topics->count; i++)
        rd_kafka_topic_partition_list_add(list, topics->items[i], RD_KAFKA_PARTITION_UA);
    err = rd_kafka_subscribe(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        return error_set(e, ERROR_CONFIG, "input.topics: %s", rd_kafka_err2str(err));
    s->joined = true;
    return 0;
}

int source_subscribe(const struct config *config, unsigned lane, const struct source_events *events,
                     const atomic_bool *stop, struct log *log, struct source **out, struct error *e)
{
    struct source *s;
    unsigned partitions;

    if (source_open(config, KAFKA_GROUP_CONSUMER, lane, events, log, &s, e) != 0)
        return -1;
    s->starts_at_latest = config->input.start == START_LATEST;
    if (wait_for_topics(s, &config->input.topics, &partitions, stop, e) != 0 ||
        subscribe(s, &config->input.topics, e) != 0) {
        source_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

static int assign_all(struct source *s, const char *topic, int partitions, enum start_at from, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    int64_t offset = from == START_LATEST ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err;
    int status = 0;

    for (int i = 0; i < partitions && status == 0; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
        status = ledger_assign(&s->ledger, topic, i, e);
    }
    if (status == 0 && (err = rd_kafka_assign(s->rk, list)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = error_set(e, ERROR_UNAVAILABLE, "topic %s: %s", topic, rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

int source_assign(const struct config *config, const char *topic, enum start_at from, const atomic_bool *stop,
                  struct log *log, struct source **out, struct error *e)
{
    struct source *s;
    int partitions = 0;

    if (source_open(config, KAFKA_TAIL_CONSUMER, 0, NULL, log, &s, e) != 0)
        return -1;
    if (kafka_topic_wait(s->rk, &s->context, topic, "topic", &partitions, stop, e) != 0 ||
        assign_all(s, topic, partitions, from, e) != 0) {
        source_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

/* librdkafka before 2.3.0 ends the process by an assertion where a member of a cooperative-sticky group is closed
 * before it was assigned anything. And it waits for ever where a partition is no more that it was assigned. */
static bool is_unsafe_to_close(const struct source *s)
{
    if (s->in_ranges)
        return s->failure.code == ERROR_UNAVAILABLE;
    return s->joined && !s->assigned && rd_kafka_version() < 0x02030000 && source_is_cooperative(s);
}

/* Once a topic that was read is deleted, a thread of librdkafka 2.0.2 never ends, and rd_kafka_destroy waits for it;
 * seen no more in 2.16. */
static bool is_unsafe_to_destroy(const struct source *s)
{
    return s->bereft && rd_kafka_version() < 0x02100000;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    source_drop_all(source);
    source_announce_no_more(source);
    if (is_unsafe_to_close(source)) {
        kafka_context_silence(&source->context); /* the log may go before the library's threads do */
        return; /* the rest is left to the end of the process, and the member to its session's */
    }
    if (source->queue)
        rd_kafka_queue_destroy(source->queue);
    source->leaving = true;
    if (source->joined)
        rd_kafka_consumer_close(source->rk);
    if (is_unsafe_to_destroy(source)) {
        kafka_context_silence(&source->context);
        return; /* it has left the group */
    }
    if (source->rk) {
        source_free_positions(&source->positions);
        rd_kafka_mem_free(source->rk, source->member);
        rd_kafka_destroy(source->rk);
    }
    ledger_free(&source->ledger);
    start_offsets_free(&source->start);
    free(source->messages);
    free(source->offsets);
    pthread_mutex_destroy(&source->joining);
    kafka_context_destroy(&source->context);
    free(source);
}

/* --- records --- */

void source_release(struct source *source)
{
    for (size_t i = 0; i < source->lent; i++)
        rd_kafka_message_destroy(source->messages[i]);
    source->taken -= source->lent;
    if (source->lent > 0 && source->taken > 0)
        memmove(source->messages, source->messages + source->lent, source->taken * sizeof(rd_kafka_message_t *));
    source->lent = 0;
    source->looked = 0;
}

/* Those that are not due yet, too. */
void source_drop_all(struct source *source)
{
    source->lent = source->taken;
    source_release(source);
}

static int make_room(struct source *s, size_t max, struct error *e)
{
    rd_kafka_message_t **messages;
    int64_t *offsets;

    if (max <= s->capacity)
        return 0;
    messages = reallocarray(s->messages, max, sizeof(rd_kafka_message_t *));
    if (messages)
        s->messages = messages;
    offsets = reallocarray(s->offsets, max, sizeof *offsets);
    if (offsets)
        s->offsets = offsets;
    if (!messages || !offsets)
        return error_set(e, ERROR_INTERNAL, "no memory for a batch of %zu records", max);
    s->capacity = max;
    return 0;
}

/* What has arrived, without waiting: in librdkafka 2.0.2 a batch with a timeout waits until it is full. */
static void take_arrived(struct source *s, size_t max)
{
    ssize_t n = rd_kafka_consume_batch_queue(s->queue, 0, s->messages + s->taken, max - s->taken);

    if (n > 0)
        s->taken += (size_t)n;
}

static rd_kafka_message_t *wait_for_one(struct source *s, int timeout_ms)
{
    int first_ms = timeout_ms < STARVED_MS ? timeout_ms : STARVED_MS;
    rd_kafka_message_t *message = rd_kafka_consume_queue(s->queue, first_ms);

    if (message || timeout_ms == first_ms)
        return message;
    source_wake_if_starved(s);
    return rd_kafka_consume_queue(s->queue, timeout_ms - first_ms);
}

static void take(struct source *s, size_t max, int timeout_ms)
{
    rd_kafka_message_t *first;

    if (s->taken < max)
        take_arrived(s, max);
    if (s->taken == 0 && timeout_ms > 0 && (first = wait_for_one(s, timeout_ms)) != NULL) {
        s->messages[s->taken++] = first;
        take_arrived(s, max);
    }
    s->woken = s->woken && s->taken == 0;
    source_wake_if_low(s);
}

/* The partition has no more records now. */
static void take_end(struct source *s, const rd_kafka_message_t *message)
{
    struct ledger_entry *entry = ledger_find(&s->ledger, rd_kafka_topic_name(message->rkt), message->partition);

    if (entry && s->in_ranges)
        ledger_reach(entry, message->offset);
    else if (entry)
        entry->at_end = true;
}

/* Messages that carry no record but news of the consumer. */
static void take_news(struct source *s, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        take_end(s, message);
        return;
    }
    s->bereft = s->bereft || message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
                message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (s->in_ranges)
        source_ranges_check_error(s, message->err, rd_kafka_message_errstr(message));
    if (kafka_may_complain(&s->context))
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "%s: %s", rd_kafka_err2name(message->err),
                  rd_kafka_message_errstr(message));
}

static void describe(const rd_kafka_message_t *message, const struct ledger_entry *entry, struct checker_record *out)
{
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(message, &type);

    *out = (struct checker_record){
        .origin = {.topic = slice_make(entry->topic, entry->topic_len),
                   .partition = message->partition,
                   .offset = message->offset,
                   .has_timestamp = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE,
                   .timestamp_ms = timestamp,
                   .has_key = message->key != NULL,
                   .key = slice_make(message->key, message->key_len),
                   .message = 0}, /* so that all are named, and none is cleared before */
        .value = slice_make(message->payload, message->len),
    };
}

/* Messages of one partition that follow each other in a poll, in which nothing comes to the ledger. */
struct run {
    const rd_kafka_topic_t *rkt; /* NULL: there is none yet */
    int32_t partition;
    struct ledger_entry *entry; /* NULL: it is not ours any more */
};

static struct ledger_entry *find_entry(struct source *s, const rd_kafka_message_t *message, struct run *run)
{
    if (message->rkt != run->rkt || message->partition != run->partition)
        *run = (struct run){message->rkt, message->partition,
                            ledger_find(&s->ledger, rd_kafka_topic_name(message->rkt), message->partition)};
    return run->entry;
}

static bool take_record(struct source *s, const rd_kafka_message_t *message, struct run *run,
                        struct checker_record *out)
{
    struct ledger_entry *entry;
    int64_t before;

    if (message->err) {
        take_news(s, message);
        return false;
    }
    entry = find_entry(s, message, run);
    if (!entry)
        return false;
    before = entry->next;
    switch (ledger_take(entry, message->offset)) {
    case LEDGER_DROPPED:
        return false;
    case LEDGER_WENT_BACK:
        if (s->in_ranges)
            return error_set(&s->failure, ERROR_DATA, "%s/%d went back from offset %lld to %lld: it was made again",
                             entry->topic, message->partition, (long long)before, (long long)message->offset) == 0;
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem,
                  "%s/%d went back from offset %lld to %lld: was the topic made again, or cut off?", entry->topic,
                  message->partition, (long long)before, (long long)message->offset);
        break;
    case LEDGER_TAKEN:
        break;
    }
    describe(message, entry, out);
    return true;
}

/* How long a message still has to wait, in milliseconds. What is no record of a range need not. */
static int64_t wait_of(struct source *s, const rd_kafka_message_t *message, int64_t now_ms)
{
    const struct ledger_entry *entry;

    if (!s->pace || message->err)
        return 0;
    entry = ledger_find(&s->ledger, rd_kafka_topic_name(message->rkt), message->partition);
    if (!entry || message->offset >= entry->end)
        return 0;
    return pace_wait_ms(s->pace, rd_kafka_message_timestamp(message, NULL), now_ms);
}

/* Hands out what is due, `max` records at most; the others stay for the next poll. Returns how long the next of them
 * has to wait. */
static int64_t lend(struct source *s, struct checker_record *records, size_t max, size_t *count)
{
    int64_t now_ms = s->pace ? monotonic_ms() : 0, wait_ms = 0;
    struct run run = {NULL, 0, NULL};

    while (s->lent < s->taken && *count < max) {
        const rd_kafka_message_t *message = s->messages[s->lent];

        wait_ms = wait_of(s, message, now_ms);
        if (wait_ms > 0)
            break;
        s->offsets[s->lent++] = message->offset;
        if (take_record(s, message, &run, &records[*count]))
            ++*count;
    }
    return wait_ms;
}

/* The library would ask for it again and again. */
static bool refuses_answers(const struct source *s, struct error *e)
{
    if (!atomic_load(&s->context.too_large))
        return false;
    error_set(e, ERROR_CONFIG,
              "a message is larger than the %zu bytes that [memory] max leaves for one in each lane: raise it, or set "
              "fewer [input] lanes",
              s->message_max);
    return true;
}

int source_poll(struct source *source, struct checker_record *records, size_t max, int timeout_ms, size_t *count,
                struct error *e)
{
    int64_t wait_ms;

    source_release(source);
    ledger_begin(&source->ledger);
    *count = 0;
    if (make_room(source, max, e) != 0)
        return -1;
    take(source, max, timeout_ms);
    wait_ms = lend(source, records, max, count);
    if (source->failure.code != ERROR_NONE) {
        *e = source->failure;
        return -1;
    }
    if (*count == 0 && wait_ms > 0)
        monotonic_nap(wait_ms < timeout_ms ? (int)wait_ms : timeout_ms);
    if (kafka_is_fatal(source->rk, e) || refuses_answers(source, e))
        return -1;
    return source->in_ranges ? source_ranges_let_go(source, e) : source_fetch_dropped(source, e);
}
