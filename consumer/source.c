#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "monotonic.h"
#include "source_internal.h"

#define SEEK_TRIES 100 /* a partition that is just being started can't be sought yet */
#define SEEK_PAUSE_MS 100
#define STARVED_MS 5 /* without a record, though the topics hold some */
#define WAKE_MS 1
#define CREST_MIN 1024 /* records that wait in the library; where fewer do, it is not the queue that holds it up */

/* --- pausing: in the ledger, and in the library --- */

/* The owned ones that are held, or not. One that has shown no record since it was assigned may not have been started
 * yet, and then the library loses its offset where it is paused or resumed: it is left alone. */
static rd_kafka_topic_partition_list_t *list_held(const struct ledger *ledger, bool held)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)ledger->count + 1);

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];

        if (entry->owned && entry->held == held && entry->next != LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset = entry->start;
    }
    return list;
}

static void set_held(struct ledger *ledger, const rd_kafka_topic_partition_list_t *list, bool held)
{
    for (int i = 0; i < list->cnt; i++)
        ledger_find(ledger, list->elems[i].topic, list->elems[i].partition)->held = held;
}

int source_pause(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = list_held(&source->ledger, false);
    rd_kafka_resp_err_t err = rd_kafka_pause_partitions(source->rk, list);

    set_held(&source->ledger, list, true);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? error_set(e, ERROR_TEMPORARY, "pausing: %s", rd_kafka_err2str(err)) : 0;
}

static int seek(struct source *s, rd_kafka_topic_partition_list_t *list, struct error *e);
static void drop_all(struct source *s);

/* The library would go on from its own position, which counts what was handed out and dropped; so they are sought. */
int source_resume(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = list_held(&source->ledger, true);
    rd_kafka_resp_err_t err = rd_kafka_resume_partitions(source->rk, list);
    int status = err ? error_set(e, ERROR_TEMPORARY, "going on after a pause: %s", rd_kafka_err2str(err)) : 0;

    drop_all(source);
    if (status == 0 && list->cnt > 0)
        status = seek(source, list, e);
    set_held(&source->ledger, list, false);
    rd_kafka_topic_partition_list_destroy(list);
    ledger_rewound(&source->ledger);
    return status;
}

/* The library remembers a pause beyond the assignment. */
static void resume_revoked(struct source *s, const rd_kafka_topic_partition_list_t *revoked)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(revoked->cnt);

    for (int i = 0; i < revoked->cnt; i++) {
        const struct ledger_entry *entry =
            ledger_find(&s->ledger, revoked->elems[i].topic, revoked->elems[i].partition);

        if (entry && entry->held)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition);
    }
    if (list->cnt > 0)
        rd_kafka_resume_partitions(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* --- rebalances: called by the library from within source_poll and source_close --- */

static bool is_cooperative(rd_kafka_t *rk)
{
    const char *protocol = rd_kafka_rebalance_protocol(rk);

    return protocol && strcmp(protocol, "COOPERATIVE") == 0;
}

static void log_partitions(struct source *s, const char *what, const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++)
        log_write(s->context.log, LOG_LEVEL_DEBUG, s->context.subsystem, "%s %s/%d", what, partitions->elems[i].topic,
                  partitions->elems[i].partition);
    log_write(s->context.log, LOG_LEVEL_INFO, s->context.subsystem, "%s: %d partitions", what, partitions->cnt);
}

/* A member that was lost is another one when it comes back. */
static void remember_member(struct source *s)
{
    rd_kafka_mem_free(s->rk, s->member);
    s->member = rd_kafka_memberid(s->rk);
}

bool source_is_member(const struct source *source)
{
    char *member = rd_kafka_memberid(source->rk);
    bool same = member && *member && source->member && strcmp(member, source->member) == 0;

    rd_kafka_mem_free(source->rk, member);
    return same;
}

static void tell_partitions(struct source *s, const rd_kafka_topic_partition_list_t *partitions, bool ours)
{
    for (int i = 0; s->events.on_partition && i < partitions->cnt; i++)
        s->events.on_partition(s->events.opaque, partitions->elems[i].topic, partitions->elems[i].partition, ours);
}

static void assign(struct source *s, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_error_t *error = NULL;

    s->assigned = true;
    remember_member(s);
    for (int i = 0; i < partitions->cnt; i++)
        if (ledger_assign(&s->ledger, partitions->elems[i].topic, partitions->elems[i].partition, &s->failure) != 0)
            return;
    tell_partitions(s, partitions, true);
    if (s->starts_at_latest && start_offsets_choose(&s->start, s->rk, partitions, &s->failure) != 0)
        return;
    if (is_cooperative(s->rk))
        error = rd_kafka_incremental_assign(s->rk, partitions);
    else
        rd_kafka_assign(s->rk, partitions);
    if (error)
        error_set(&s->failure, ERROR_TEMPORARY, "assigning partitions: %s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    log_partitions(s, "assigned", partitions);
}

static void revoke(struct source *s, rd_kafka_topic_partition_list_t *partitions)
{
    bool lost = rd_kafka_assignment_lost(s->rk);
    rd_kafka_error_t *error = NULL;

    if (!lost)
        remember_member(s);
    if (s->events.on_revoke)
        s->events.on_revoke(s->events.opaque, lost);
    tell_partitions(s, partitions, false);
    resume_revoked(s, partitions);
    for (int i = 0; i < partitions->cnt; i++)
        ledger_revoke(&s->ledger, partitions->elems[i].topic, partitions->elems[i].partition);
    if (is_cooperative(s->rk))
        error = rd_kafka_incremental_unassign(s->rk, partitions);
    else
        rd_kafka_assign(s->rk, NULL);
    if (error)
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "giving partitions back: %s",
                  rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    log_partitions(s, lost ? "lost" : "revoked", partitions);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque)
{
    struct source *s = ((struct kafka_context *)opaque)->owner;

    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assign(s, partitions);
    } else {
        if (err != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
            log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "rebalance: %s", rd_kafka_err2str(err));
        revoke(s, partitions);
    }
    (void)rk;
}

/* --- opening and closing --- */

int source_open(const struct config *config, enum kafka_role role, unsigned lane, struct log *log, struct source **out,
                struct error *e)
{
    struct source *s = calloc(1, sizeof *s);
    rd_kafka_conf_t *conf;

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the consumer");
    kafka_context_init(&s->context, config, log, "source", lane, s);
    conf = kafka_conf_new(config, role, &s->context, e);
    if (conf && role == KAFKA_GROUP_CONSUMER)
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    if (conf && role == KAFKA_REPLAY_CONSUMER)
        rd_kafka_conf_set_error_cb(conf, source_ranges_on_error);
    if (conf)
        s->rk = kafka_new(RD_KAFKA_CONSUMER, conf, e);
    conf = NULL; /* kafka_new owns it now */
    s->message_max = budget_divide(config).message;
    if (!s->rk) {
        source_close(s);
        return -1;
    }
    rd_kafka_poll_set_consumer(s->rk);
    s->queue = rd_kafka_queue_get_consumer(s->rk);
    *out = s;
    return 0;
}

static bool is_pattern(const char *topic)
{
    return topic[0] == '^';
}

/* Nothing need match a pattern yet. `partitions` counts those of the topics that are named. */
static int wait_for_topics(struct source *s, const struct string_list *topics, unsigned *partitions,
                           const atomic_bool *stop, struct error *e)
{
    int found = 0;

    *partitions = 0;
    for (size_t i = 0; i < topics->count; i++) {
        if (is_pattern(topics->items[i]))
            continue;
        if (kafka_topic_wait(s->rk, &s->context, topics->items[i], "input.topics", &found, stop, e) != 0 ||
            (s->starts_at_latest && start_offsets_learn(&s->start, s->rk, topics->items[i], found, e) != 0))
            return -1;
        *partitions += (unsigned)found;
    }
    return 0;
}

int source_count_partitions(const struct config *config, const atomic_bool *stop, struct log *log, unsigned *out,
                            struct error *e)
{
    const struct string_list *topics = &config->input.topics;
    struct source *s;
    int status;

    if (source_open(config, KAFKA_GROUP_CONSUMER, 0, log, &s, e) != 0)
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

    if (source_open(config, KAFKA_GROUP_CONSUMER, lane, log, &s, e) != 0)
        return -1;
    s->events = *events;
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

    if (source_open(config, KAFKA_TAIL_CONSUMER, 0, log, &s, e) != 0)
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
    char strategy[256] = "";
    size_t size = sizeof strategy;

    if (s->in_ranges)
        return s->failure.code == ERROR_UNAVAILABLE;
    if (!s->joined || s->assigned || rd_kafka_version() >= 0x02030000)
        return false;
    rd_kafka_conf_get(rd_kafka_conf(s->rk), "partition.assignment.strategy", strategy, &size);
    return strstr(strategy, "cooperative-sticky") != NULL;
}

/* Once a topic that was read is deleted, a thread of librdkafka 2.0.2 never ends, and rd_kafka_destroy waits for it;
 * seen no more in 2.16. */
static bool is_unsafe_to_destroy(const struct source *s)
{
    return s->bereft && rd_kafka_version() < 0x02100000;
}

/* Those that are not due yet, too. */
static void drop_all(struct source *s)
{
    s->lent = s->taken;
    source_release(s);
}

static void free_positions(struct positions *positions)
{
    if (positions->offsets)
        rd_kafka_topic_partition_list_destroy(positions->offsets);
    if (positions->group)
        rd_kafka_consumer_group_metadata_destroy(positions->group);
    *positions = (struct positions){NULL, NULL};
}

void source_close(struct source *source)
{
    if (!source)
        return;
    drop_all(source);
    if (is_unsafe_to_close(source)) {
        kafka_context_silence(&source->context); /* the log may go before the library's threads do */
        return; /* the rest is left to the end of the process, and the member to its session's */
    }
    if (source->queue)
        rd_kafka_queue_destroy(source->queue);
    if (source->joined)
        rd_kafka_consumer_close(source->rk);
    if (is_unsafe_to_destroy(source)) {
        kafka_context_silence(&source->context);
        return; /* it has left the group */
    }
    if (source->rk) {
        free_positions(&source->positions);
        rd_kafka_mem_free(source->rk, source->member);
        rd_kafka_destroy(source->rk);
    }
    ledger_free(&source->ledger);
    start_offsets_free(&source->start);
    free(source->messages);
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

/* --- headers --- */

static rd_kafka_message_t *find_lent(struct source *s, const struct origin *origin)
{
    for (; s->looked < s->lent; s->looked++) {
        rd_kafka_message_t *message = s->messages[s->looked];

        if (!message->err && message->offset == origin->offset && message->partition == origin->partition &&
            slice_equal_text(origin->topic, rd_kafka_topic_name(message->rkt)))
            return message;
    }
    return NULL;
}

static int take_headers(const rd_kafka_headers_t *headers, struct carry *carry, bool *carried, struct error *e)
{
    struct carry_header header;
    const char *name;
    const void *value;
    size_t len;

    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        header = (struct carry_header){slice_of(name), slice_make(value, value ? len : 0), value == NULL};
        switch (carry_take(carry, &header, e)) {
        case CARRY_TAKEN:
            break;
        case CARRY_TOO_MUCH:
            *carried = false;
            return 0;
        case CARRY_NO_MEMORY:
            return -1;
        }
    }
    return 0;
}

/* Detached, so that what the library makes of the headers of a hostile message lives no longer than this call. */
int source_headers(struct source *source, const struct origin *origin, struct carry *carry, bool *carried,
                   struct error *e)
{
    rd_kafka_message_t *message = find_lent(source, origin);
    rd_kafka_headers_t *headers;
    rd_kafka_resp_err_t err = message ? rd_kafka_message_detach_headers(message, &headers) : RD_KAFKA_RESP_ERR__NOENT;
    int status;

    *carried = err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NOENT;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    status = take_headers(headers, carry, carried, e);
    rd_kafka_headers_destroy(headers);
    return status;
}

static int make_room(struct source *s, size_t max, struct error *e)
{
    rd_kafka_message_t **messages;

    if (max <= s->capacity)
        return 0;
    messages = reallocarray(s->messages, max, sizeof(rd_kafka_message_t *));
    if (!messages)
        return error_set(e, ERROR_INTERNAL, "no memory for a batch of %zu records", max);
    s->messages = messages;
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

/* Where the queue was full, librdkafka before 2.2.0 looks only once a second whether it has room again. A request to
 * the partitions' leaders makes it look at once; the answer, the topics' ends, is of no interest and is not waited for.
 */
static void wake_fetchers(struct source *s)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)s->ledger.count + 1);

    for (size_t i = 0; i < s->ledger.count; i++)
        if (s->ledger.entries[i].owned)
            rd_kafka_topic_partition_list_add(list, s->ledger.entries[i].topic, s->ledger.entries[i].partition)
                ->offset = RD_KAFKA_OFFSET_END;
    if (list->cnt > 0)
        rd_kafka_offsets_for_times(s->rk, list, WAKE_MS);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Once until records come again: the end of a topic may be markers, which are no records. */
static void wake_if_starved(struct source *s)
{
    if (s->woken || rd_kafka_version() >= KAFKA_VERSION_2_2 || source_backlog(s) == 0)
        return;
    wake_fetchers(s);
    s->woken = true;
}

/* Before it starves: once half of what waited at most is taken, so that more arrives while the rest is checked. */
static void wake_if_low(struct source *s)
{
    size_t waiting;

    if (rd_kafka_version() >= KAFKA_VERSION_2_2)
        return;
    waiting = rd_kafka_queue_length(s->queue);
    if (s->crest >= CREST_MIN && waiting < s->crest / 2) {
        wake_fetchers(s);
        s->crest = waiting;
    }
    s->crest = waiting > s->crest ? waiting : s->crest;
}

static rd_kafka_message_t *wait_for_one(struct source *s, int timeout_ms)
{
    int first_ms = timeout_ms < STARVED_MS ? timeout_ms : STARVED_MS;
    rd_kafka_message_t *message = rd_kafka_consume_queue(s->queue, first_ms);

    if (message || timeout_ms == first_ms)
        return message;
    wake_if_starved(s);
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
    wake_if_low(s);
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
                   .key = slice_make(message->key, message->key_len)},
        .value = slice_make(message->payload, message->len),
    };
}

static bool take_record(struct source *s, const rd_kafka_message_t *message, struct checker_record *out)
{
    const char *topic;
    struct ledger_entry *entry;
    int64_t before;

    if (message->err) {
        take_news(s, message);
        return false;
    }
    topic = rd_kafka_topic_name(message->rkt);
    entry = ledger_find(&s->ledger, topic, message->partition);
    if (!entry)
        return false; /* not ours any more */
    before = entry->next;
    switch (ledger_take(entry, message->offset)) {
    case LEDGER_DROPPED:
        return false;
    case LEDGER_WENT_BACK:
        if (s->in_ranges)
            return error_set(&s->failure, ERROR_DATA, "%s/%d went back from offset %lld to %lld: it was made again",
                             topic, message->partition, (long long)before, (long long)message->offset) == 0;
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem,
                  "%s/%d went back from offset %lld to %lld: was the topic made again, or cut off?", topic,
                  message->partition, (long long)before, (long long)message->offset);
        break;
    case LEDGER_TAKEN:
        break;
    }
    describe(message, entry, out);
    return true;
}

/* Messages were dropped because they may be older than the partition's new assignment: they are fetched again from what
 * the group has committed, or, if it never has, from the first of them. */
static int fetch_dropped_again(struct source *s, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    int status = 0;

    for (size_t i = 0; i < s->ledger.count; i++)
        if (s->ledger.entries[i].owned && s->ledger.entries[i].dropped != LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_add(list, s->ledger.entries[i].topic, s->ledger.entries[i].partition);
    if (list->cnt > 0 && rd_kafka_committed(s->rk, list, SOURCE_COMMITTED_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = error_set(e, ERROR_TEMPORARY, "the group's coordinator does not answer after a rebalance");
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].offset < 0)
            list->elems[i].offset = ledger_find(&s->ledger, list->elems[i].topic, list->elems[i].partition)->dropped;
    if (status == 0 && list->cnt > 0)
        status = seek(s, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
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

    while (s->lent < s->taken && *count < max) {
        const rd_kafka_message_t *message = s->messages[s->lent];

        wait_ms = wait_of(s, message, now_ms);
        if (wait_ms > 0)
            break;
        s->lent++;
        if (take_record(s, message, &records[*count]))
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
    return source->in_ranges ? source_ranges_let_go(source, e) : fetch_dropped_again(source, e);
}

bool source_at_end(const struct source *source)
{
    for (size_t i = 0; i < source->ledger.count; i++)
        if (source->ledger.entries[i].owned && !source->ledger.entries[i].at_end)
            return false;
    return true;
}

/* --- positions --- */

bool source_is_committed(const struct source *source)
{
    for (size_t i = 0; i < source->ledger.count; i++)
        if (source->ledger.entries[i].owned && source->ledger.entries[i].next != source->ledger.entries[i].start)
            return false;
    return true;
}

uint64_t source_offsets_committed(const struct source *source)
{
    uint64_t offsets = 0;

    for (size_t i = 0; i < source->ledger.count; i++)
        if (source->ledger.entries[i].from != LEDGER_UNKNOWN)
            offsets += (uint64_t)(source->ledger.entries[i].start - source->ledger.entries[i].from);
    return offsets;
}

uint64_t source_backlog(const struct source *source)
{
    uint64_t backlog = 0;

    for (size_t i = 0; i < source->ledger.count; i++) {
        const struct ledger_entry *entry = &source->ledger.entries[i];
        int64_t low, high;

        if (entry->owned && entry->next != LEDGER_UNKNOWN &&
            rd_kafka_get_watermark_offsets(source->rk, entry->topic, entry->partition, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            high > entry->next)
            backlog += (uint64_t)(high - entry->next);
    }
    return backlog;
}

/* The offsets that `of` names; LEDGER_UNKNOWN leaves the partition out. */
static rd_kafka_topic_partition_list_t *list_offsets(const struct ledger *ledger,
                                                     int64_t (*of)(const struct ledger_entry *))
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)ledger->count + 1);

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        int64_t offset = entry->owned ? of(entry) : LEDGER_UNKNOWN;

        if (offset != LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset = offset;
    }
    return list;
}

static int64_t to_go_back_to(const struct ledger_entry *entry)
{
    bool in_part = entry->end != LEDGER_UNKNOWN; /* may have been fetched further than it was taken: see lend */

    return !entry->let_go && (in_part || entry->next != entry->start) ? entry->start : LEDGER_UNKNOWN;
}

/* Once: what was touched is handed over with it. */
static rd_kafka_topic_partition_list_t *list_to_commit(struct ledger *ledger)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)ledger->count + 1);

    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];
        int64_t offset = entry->owned ? ledger_to_commit(entry) : LEDGER_UNKNOWN;

        if (offset != LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset = offset;
    }
    return list;
}

void source_touch(struct source *source, const char *topic, int32_t partition)
{
    struct ledger_entry *entry = ledger_find(&source->ledger, topic, partition);

    if (entry)
        entry->touched = true;
}

void source_note_stored(struct source *source, const char *topic, int32_t partition, int64_t offset)
{
    struct ledger_entry *entry = ledger_find(&source->ledger, topic, partition);

    if (entry)
        entry->stored = offset;
}

/* Of a member that the group has dropped the metadata name nobody, and under nobody's name the broker takes offsets
 * without asking whose partitions they are. So the member is looked at after the metadata were taken. */
const struct positions *source_hand_over(struct source *source)
{
    free_positions(&source->positions);
    ledger_hand_over(&source->ledger);
    source->positions.offsets = list_to_commit(&source->ledger);
    source->positions.group = rd_kafka_consumer_group_metadata(source->rk);
    return source->positions.group && (source->in_ranges || source_is_member(source)) ? &source->positions : NULL;
}

void source_committed(struct source *source)
{
    ledger_committed(&source->ledger);
}

void source_postponed(struct source *source)
{
    ledger_postponed(&source->ledger);
}

int source_commit(struct source *source, const struct positions *positions, bool *done, struct error *e)
{
    rd_kafka_resp_err_t err =
        positions->offsets->cnt > 0 ? rd_kafka_commit(source->rk, positions->offsets, 0) : RD_KAFKA_RESP_ERR_NO_ERROR;

    *done = err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (*done)
        return 0;
    if (kafka_is_fatal(source->rk, e))
        return -1;
    log_write(source->context.log, LOG_LEVEL_WARNING, source->context.subsystem, "offsets are not committed yet: %s",
              rd_kafka_err2str(err));
    return 0;
}

int source_ask_committed(struct source *source, bool *committed, struct error *e)
{
    rd_kafka_topic_partition_list_t *sent = list_offsets(&source->ledger, ledger_moved);
    rd_kafka_topic_partition_list_t *held = rd_kafka_topic_partition_list_copy(sent);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    *committed = sent->cnt > 0;
    if (sent->cnt > 0)
        err = rd_kafka_committed(source->rk, held, SOURCE_COMMITTED_TIMEOUT_MS);
    for (int i = 0; i < sent->cnt; i++)
        *committed = *committed && held->elems[i].offset == sent->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(held);
    rd_kafka_topic_partition_list_destroy(sent);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(e, ERROR_TEMPORARY, "asking the group what it holds after a commit without an answer: %s",
                     rd_kafka_err2str(err));
}

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The timeout is -1: librdkafka 2.0.2 takes any other a thousand times too short. Each partition has an error of its
 * own. */
static int seek(struct source *s, rd_kafka_topic_partition_list_t *list, struct error *e)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    for (int i = 0; i < SEEK_TRIES; i++) {
        rd_kafka_error_t *error = rd_kafka_seek_partitions(s->rk, list, -1);

        err = error ? rd_kafka_error_code(error) : first_error(list);
        rd_kafka_error_destroy(error);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return 0;
        monotonic_nap(SEEK_PAUSE_MS);
    }
    return error_set(e, ERROR_TEMPORARY, "going back to the committed offsets: %s", rd_kafka_err2str(err));
}

int source_rewind(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = list_offsets(&source->ledger, to_go_back_to);
    int status = 0;

    drop_all(source);
    if (list->cnt > 0)
        status = seek(source, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    ledger_rewound(&source->ledger);
    return status == 0 && source->in_ranges ? source_ranges_fetch_again(source, e) : status;
}
