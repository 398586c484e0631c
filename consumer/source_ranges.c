/* Parts of partitions that are read to their ends, without a group. */
#include "source_internal.h"

/* --- errors --- */

/* A range has to be read to its end: what will not come ends the source. */
void source_ranges_check_error(struct source *source, rd_kafka_resp_err_t err, const char *reason)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        error_set(&source->failure, ERROR_DATA,
                  "records are gone before they were read (--resume with --allow-missing goes on behind them): %s",
                  reason);
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        error_set(&source->failure, ERROR_UNAVAILABLE, "%s", reason);
        break;
    default:
        break;
    }
}

/* librdkafka tells of a partition that is no more by this callback, from within source_poll, and not as a message. */
void source_ranges_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    source_ranges_check_error(((struct kafka_context *)opaque)->owner, err, reason);
    kafka_on_error(rk, err, reason, opaque);
}

/* --- taking ranges --- */

/* Where the group says that a range has been taken to. */
static int find_next(const struct range *range, const rd_kafka_topic_partition_t *committed, bool from_group,
                     int64_t *next, struct error *e)
{
    if (from_group && committed->err)
        return error_set(e, ERROR_TEMPORARY, "%s/%d: asking the group what it holds: %s", range->topic,
                         range->partition, rd_kafka_err2str(committed->err));
    *next = from_group ? committed->offset : range->from;
    if (*next < range->from || *next > range->to)
        return error_set(e, ERROR_DATA,
                         "%s/%d: the group holds offset %lld, which is none of the range [%lld, %lld): it was changed, "
                         "or has expired",
                         range->topic, range->partition, (long long)*next, (long long)range->from,
                         (long long)range->to);
    if (*next < range->low)
        *next = range->low < range->to ? range->low : range->to;
    return 0;
}

static int bound(struct source *s, const struct range *range, int64_t next, struct error *e)
{
    if (ledger_assign(&s->ledger, range->topic, range->partition, e) != 0)
        return -1;
    ledger_bound(ledger_find(&s->ledger, range->topic, range->partition), range->from, next, range->to);
    return 0;
}

static rd_kafka_topic_partition_list_t *list_ranges(const struct source_ranges *ranges)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)ranges->count + 1);

    for (size_t i = ranges->first; i < ranges->count; i += ranges->step)
        rd_kafka_topic_partition_list_add(list, ranges->items[i].topic, ranges->items[i].partition);
    return list;
}

/* Fills in the offsets from which to fetch, and leaves out what has been taken to its end. */
static int bound_all(struct source *s, const struct source_ranges *ranges, rd_kafka_topic_partition_list_t *list,
                     struct error *e)
{
    size_t at = ranges->first;
    int64_t next;

    for (int i = 0; i < list->cnt; i++, at += ranges->step) {
        if (find_next(&ranges->items[at], &list->elems[i], ranges->from_group, &next, e) != 0 ||
            bound(s, &ranges->items[at], next, e) != 0)
            return -1;
        list->elems[i].offset = next;
    }
    for (int i = list->cnt - 1; i >= 0; i--) {
        struct ledger_entry *entry = ledger_find(&s->ledger, list->elems[i].topic, list->elems[i].partition);

        entry->let_go = entry->at_end;
        if (entry->let_go)
            rd_kafka_topic_partition_list_del_by_idx(list, i);
    }
    return 0;
}

static int assign_ranges(struct source *s, const struct source_ranges *ranges, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = list_ranges(ranges);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    int status = 0;

    if (ranges->from_group && list->cnt > 0)
        err = rd_kafka_committed(s->rk, list, SOURCE_COMMITTED_TIMEOUT_MS);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        status = bound_all(s, ranges, list, e);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && status == 0)
        err = rd_kafka_assign(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(e, ERROR_TEMPORARY, "asking the group what it holds: %s", rd_kafka_err2str(err));
    return status;
}

static int wait_for_topics(struct source *s, const struct source_ranges *ranges, const atomic_bool *stop,
                           struct error *e)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (range_list_begins_topic(ranges->items, i) &&
            kafka_topic_wait(s->rk, &s->context, ranges->items[i].topic, "topic", NULL, stop, e) != 0)
            return -1;
    return 0;
}

int source_assign_ranges(const struct config *config, unsigned lane, const struct source_ranges *ranges,
                         const atomic_bool *stop, struct log *log, struct source **out, struct error *e)
{
    struct source *s;

    if (source_open(config, KAFKA_REPLAY_CONSUMER, lane, NULL, log, &s, e) != 0)
        return -1;
    s->in_ranges = true;
    s->pace = ranges->pace;
    if (wait_for_topics(s, ranges, stop, e) != 0 || assign_ranges(s, ranges, e) != 0) {
        source_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

/* --- leaving partitions, and coming back --- */

/* Takes the error over. */
static int judge(rd_kafka_error_t *error, const char *what, struct error *e)
{
    if (!error)
        return 0;
    error_set(e, ERROR_TEMPORARY, "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return -1;
}

/* A partition whose range is taken is not fetched any further. */
int source_ranges_let_go(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error = NULL;

    for (size_t i = 0; i < source->ledger.count; i++) {
        struct ledger_entry *entry = &source->ledger.entries[i];

        if (entry->at_end && !entry->let_go)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition);
        entry->let_go = entry->at_end;
    }
    if (list->cnt > 0)
        error = rd_kafka_incremental_unassign(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return judge(error, "leaving partitions", e);
}

/* Those that were let go of, and have to be taken again behind a rewind. */
int source_ranges_fetch_again(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error = NULL;

    for (size_t i = 0; i < source->ledger.count; i++) {
        struct ledger_entry *entry = &source->ledger.entries[i];

        if (!entry->let_go || entry->at_end)
            continue;
        rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset = entry->next;
        entry->let_go = false;
    }
    if (list->cnt > 0)
        error = rd_kafka_incremental_assign(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return judge(error, "going back to the committed offsets", e);
}
