#include "survey.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_internal.h"
#include "monotonic.h"

#define ANSWER_TIMEOUT_MS 15000 /* of one request, and how long one is repeated */
#define MARKERS_TIMEOUT_MS 3000 /* for a transaction whose end is decided */
#define PAUSE_MS 100            /* before it is made again */

struct survey {
    const struct config *config;
    const atomic_bool *stop;
    struct log *log;
    struct kafka_context context;
    rd_kafka_t *stable; /* sees what is committed */
    rd_kafka_t *all;    /* sees what is in open transactions, too */
};

/* Where a partition begins and ends. */
struct extent {
    int64_t low;
    int64_t stable; /* behind it there may be open transactions */
    int64_t high;
};

/* --- asking --- */

static rd_kafka_t *open_handle(struct survey *s, const char *isolation, struct error *e)
{
    rd_kafka_conf_t *conf = kafka_conf_new(s->config, KAFKA_REPLAY_CONSUMER, &s->context, e);

    if (!conf)
        return NULL;
    if (isolation)
        rd_kafka_conf_set(conf, "isolation.level", isolation, NULL, 0);
    return kafka_new(RD_KAFKA_CONSUMER, conf, e);
}

int survey_open(const struct config *config, const atomic_bool *stop, struct log *log, struct survey **out,
                struct error *e)
{
    struct survey *s = calloc(1, sizeof *s);

    if (!s)
        return error_set(e, ERROR_INTERNAL, "no memory for the ranges");
    s->config = config;
    s->stop = stop;
    s->log = log;
    kafka_context_init(&s->context, config, log, "survey", 0, s);
    s->stable = open_handle(s, NULL, e);
    s->all = s->stable ? open_handle(s, "read_uncommitted", e) : NULL;
    if (!s->all) {
        survey_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void survey_close(struct survey *survey)
{
    if (!survey)
        return;
    if (survey->stable)
        rd_kafka_destroy(survey->stable);
    if (survey->all)
        rd_kafka_destroy(survey->all);
    kafka_context_destroy(&survey->context);
    free(survey);
}

static int no_answer(const struct range *range, rd_kafka_resp_err_t err, struct error *e)
{
    return error_set(e, ERROR_UNAVAILABLE, "%s/%d: %s", range->topic, range->partition, rd_kafka_err2str(err));
}

/* Troubles that pass by themselves, when the library has learnt who the leader or the coordinator is. */
static bool is_passing(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
        return true;
    default:
        return false;
    }
}

/* Whether to ask once more; waits a little before. */
static bool asks_again(const struct survey *s, rd_kafka_resp_err_t err, int64_t started_ms)
{
    if (!is_passing(err) || atomic_load(s->stop) || monotonic_ms() - started_ms > ANSWER_TIMEOUT_MS)
        return false;
    monotonic_nap(PAUSE_MS);
    return true;
}

static int ask_ends(struct survey *s, rd_kafka_t *rk, const struct range *range, int64_t *low, int64_t *high,
                    struct error *e)
{
    int64_t started_ms = monotonic_ms();
    rd_kafka_resp_err_t err;

    do
        err = rd_kafka_query_watermark_offsets(rk, range->topic, range->partition, low, high, ANSWER_TIMEOUT_MS);
    while (asks_again(s, err, started_ms));
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : no_answer(range, err, e);
}

static int ask_extent(struct survey *s, const struct range *range, struct extent *out, struct error *e)
{
    int64_t low;

    if (ask_ends(s, s->stable, range, &out->low, &out->stable, e) != 0)
        return -1;
    return ask_ends(s, s->all, range, &low, &out->high, e);
}

static rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t err, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        err = list->elems[i].err;
    return err;
}

/* One request about all ranges, whose answers come in the list's offsets. */
typedef rd_kafka_resp_err_t ask_fn(struct survey *s, rd_kafka_topic_partition_list_t *list);

static rd_kafka_resp_err_t ask_for_times(struct survey *s, rd_kafka_topic_partition_list_t *list)
{
    return rd_kafka_offsets_for_times(s->stable, list, ANSWER_TIMEOUT_MS);
}

static rd_kafka_resp_err_t ask_committed(struct survey *s, rd_kafka_topic_partition_list_t *list)
{
    return rd_kafka_committed(s->stable, list, ANSWER_TIMEOUT_MS);
}

/* A predecessor that was killed, or stands still, in a transaction leaves offsets in it that are neither committed nor
 * aborted until somebody fences it, which is done later. What is there without them is what its successor goes on from,
 * but for one who ends by itself meanwhile; lanes ask once more, behind the fence. */
static rd_kafka_resp_err_t ask_left(struct survey *s, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = rd_kafka_committed(s->stable, list, MARKERS_TIMEOUT_MS);

    return err == RD_KAFKA_RESP_ERR__TIMED_OUT ? rd_kafka_committed(s->all, list, ANSWER_TIMEOUT_MS) : err;
}

static rd_kafka_resp_err_t commit(struct survey *s, rd_kafka_topic_partition_list_t *list)
{
    return rd_kafka_commit(s->stable, list, 0);
}

static rd_kafka_topic_partition_list_t *list_of(const struct range_list *ranges, const int64_t *offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)ranges->count + 1);

    for (size_t i = 0; i < ranges->count; i++)
        rd_kafka_topic_partition_list_add(list, ranges->items[i].topic, ranges->items[i].partition)->offset =
            offset ? *offset : ranges->items[i].from;
    return list;
}

/* Sends each range's `offset`, or its beginning where that is NULL. The list with the answers is
 * the caller's. NULL with an error. */
static rd_kafka_topic_partition_list_t *ask(struct survey *s, ask_fn *request, const char *what,
                                            const struct range_list *ranges, const int64_t *offset, struct error *e)
{
    int64_t started_ms = monotonic_ms();

    for (;;) {
        rd_kafka_topic_partition_list_t *list = list_of(ranges, offset);
        rd_kafka_resp_err_t err = list->cnt > 0 ? request(s, list) : RD_KAFKA_RESP_ERR_NO_ERROR;

        err = first_error(err, list);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return list;
        rd_kafka_topic_partition_list_destroy(list);
        if (asks_again(s, err, started_ms))
            continue;
        error_set(e, ERROR_UNAVAILABLE, "group %s: %s: %s", s->config->input.group, what, rd_kafka_err2str(err));
        return NULL;
    }
}

/* Each partition's first offset whose timestamp is that or later; RANGE_OPEN: there is none. */
static int ask_times(struct survey *s, const struct range_list *ranges, int64_t ms, int64_t *offsets, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = ask(s, ask_for_times, "looking for offsets by time", ranges, &ms, e);

    if (!list)
        return -1;
    for (size_t i = 0; i < ranges->count; i++) {
        const rd_kafka_topic_partition_t *answer =
            rd_kafka_topic_partition_list_find(list, ranges->items[i].topic, ranges->items[i].partition);

        offsets[i] = !answer || answer->offset < 0 ? RANGE_OPEN : answer->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return 0;
}

/* --- settling --- */

static int add_partitions(struct survey *s, const char *topic, struct range_list *out, struct error *e)
{
    struct range range = {.from = RANGE_OPEN, .to = RANGE_OPEN, .next = RANGE_OPEN};
    int partitions = 0;

    if (topic[0] == '^')
        return error_set(e, ERROR_USAGE, "topic %s is a pattern: name the topics to read (-t)", topic);
    if (kafka_topic_wait(s->stable, &s->context, topic, "topic", &partitions, s->stop, e) != 0)
        return -1;
    snprintf(range.topic, sizeof range.topic, "%s", topic);
    for (range.partition = 0; range.partition < partitions; range.partition++)
        if (range_list_add(out, &range, e) != 0)
            return -1;
    return 0;
}

static int find_topics(struct survey *s, const struct range_list *ranges, struct error *e)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (range_list_begins_topic(ranges->items, i) &&
            kafka_topic_wait(s->stable, &s->context, ranges->items[i].topic, "topic", NULL, s->stop, e) != 0)
            return -1;
    return 0;
}

static int list_partitions(struct survey *s, const struct survey_request *request, struct range_list *out,
                           struct error *e)
{
    const struct string_list *topics = &s->config->input.topics;

    for (size_t i = 0; request->given && i < request->given->count; i++)
        if (range_list_add(out, &request->given->items[i], e) != 0)
            return -1;
    for (size_t i = 0; !request->given && i < topics->count; i++)
        if (add_partitions(s, topics->items[i], out, e) != 0)
            return -1;
    return request->given ? find_topics(s, out, e) : 0;
}

static void log_gone(struct survey *s, const struct range *range, int64_t from, int64_t low)
{
    if (from < low)
        log_write(s->log, LOG_LEVEL_WARNING, "replay", "%s/%d: offsets %lld to %lld are gone (retention)", range->topic,
                  range->partition, (long long)from, (long long)low - 1);
    else
        log_write(s->log, LOG_LEVEL_WARNING, "replay",
                  "%s/%d: all before offset %lld is gone (retention), perhaps with records of that time", range->topic,
                  range->partition, (long long)low);
}

/* By time nobody can say whether what is gone would have belonged to the range, where this begins with the first record
 * that is left. */
static bool is_missing(const struct survey_request *request, const struct extent *extent, int64_t found, int64_t from)
{
    if (from < extent->low)
        return true;
    if (request->given || request->from.kind != MOMENT_TIME || extent->low == 0)
        return false;
    return found == extent->low || (found == RANGE_OPEN && extent->low == extent->high);
}

static int64_t first_of(const struct survey_request *request, const struct range *range, const struct extent *extent,
                        int64_t found)
{
    if (range->from != RANGE_OPEN)
        return range->from;
    if (request->given || request->from.kind == MOMENT_EARLIEST)
        return extent->low;
    if (request->from.kind == MOMENT_NOW || found == RANGE_OPEN)
        return extent->stable;
    return found;
}

/* RANGE_OPEN: as far as there is something. */
static int64_t end_of(const struct survey_request *request, const struct range *range, int64_t found)
{
    if (request->given)
        return range->to;
    return request->to.kind == MOMENT_TIME ? found : RANGE_OPEN;
}

static int ends_before(const struct range *range, const struct extent *extent, int64_t offset, struct error *e)
{
    return error_set(e, ERROR_DATA, "%s/%d: it ends at offset %lld, before %lld", range->topic, range->partition,
                     (long long)extent->high, (long long)offset);
}

/* Where the range ends, if need be before what is open. */
static int settle_end(struct survey *s, struct range *range, const struct extent *extent, int64_t end, struct error *e)
{
    range->to = end;
    if (end != RANGE_OPEN && end > extent->high)
        return ends_before(range, extent, end, e);
    if (end != RANGE_OPEN && end <= extent->stable)
        return 0;
    range->to = extent->stable;
    if (extent->stable < extent->high)
        log_write(s->log, LOG_LEVEL_WARNING, "replay",
                  "%s/%d: a transaction is open: it is read up to offset %lld, and what follows, up to %lld, is not",
                  range->topic, range->partition, (long long)extent->stable, (long long)extent->high);
    return 0;
}

static int settle(struct survey *s, const struct survey_request *request, struct range *range, const int64_t found[2],
                  bool *missing, struct error *e)
{
    struct extent extent;
    int64_t from;

    if (ask_extent(s, range, &extent, e) != 0)
        return -1;
    from = first_of(request, range, &extent, found[0]);
    if (from > extent.high)
        return ends_before(range, &extent, from, e);
    if (settle_end(s, range, &extent, end_of(request, range, found[1]), e) != 0)
        return -1;
    range->from = from < range->to ? from : range->to;
    if (!is_missing(request, &extent, found[0], from))
        return 0;
    log_gone(s, range, from, extent.low);
    range->low = extent.low;
    *missing = true;
    return 0;
}

static int refuse_missing(struct error *e)
{
    return error_set(e, ERROR_DATA,
                     "records of the range may be gone (see above): --allow-missing goes on without them");
}

/* `found`: the offsets by time, of each range that of `from` and that of `to`. */
static int settle_all(struct survey *s, const struct survey_request *request, struct range_list *out, int64_t *found,
                      struct error *e)
{
    int64_t *ends = found + out->count;
    bool missing = false;

    for (size_t i = 0; i < 2 * out->count; i++)
        found[i] = RANGE_OPEN;
    if (!request->given && request->from.kind == MOMENT_TIME && ask_times(s, out, request->from.ms, found, e) != 0)
        return -1;
    if (!request->given && request->to.kind == MOMENT_TIME && ask_times(s, out, request->to.ms, ends, e) != 0)
        return -1;
    for (size_t i = 0; i < out->count; i++)
        if (settle(s, request, &out->items[i], (int64_t[]){found[i], ends[i]}, &missing, e) != 0)
            return -1;
    return missing && !request->allow_missing ? refuse_missing(e) : 0;
}

int survey_settle(struct survey *survey, const struct survey_request *request, struct range_list *out, struct error *e)
{
    int64_t *found;
    int status;

    if (list_partitions(survey, request, out, e) != 0)
        return -1;
    found = calloc(2 * out->count + 1, sizeof *found);
    if (!found)
        return error_set(e, ERROR_INTERNAL, "no memory for the ranges");
    status = settle_all(survey, request, out, found, e);
    free(found);
    return status;
}

/* --- what the group holds --- */

int survey_begin(struct survey *survey, const struct range_list *ranges, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = ask(survey, commit, "committing where the run begins", ranges, NULL, e);

    if (!list)
        return -1;
    rd_kafka_topic_partition_list_destroy(list);
    return 0;
}

static int take_progress(const struct config *config, const rd_kafka_topic_partition_t *held, struct range *range,
                         struct error *e)
{
    if (!held || held->offset < range->from || held->offset > range->to)
        return error_set(e, ERROR_DATA,
                         "%s/%d: group %s holds no offset of [%lld, %lld), so that the run can't go on: the topic was "
                         "made again, or the offset has expired (offsets.retention.minutes of the brokers)",
                         range->topic, range->partition, config->input.group, (long long)range->from,
                         (long long)range->to);
    range->next = held->offset;
    return 0;
}

static int read_progress(struct survey *survey, ask_fn *request, struct range_list *ranges, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = ask(survey, request, "asking what was read", ranges, NULL, e);
    int status = list ? 0 : -1;

    for (size_t i = 0; list && i < ranges->count && status == 0; i++)
        status =
            take_progress(survey->config,
                          rd_kafka_topic_partition_list_find(list, ranges->items[i].topic, ranges->items[i].partition),
                          &ranges->items[i], e);
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    return status;
}

int survey_progress(struct survey *survey, struct range_list *ranges, struct error *e)
{
    return read_progress(survey, ask_committed, ranges, e);
}

static int look_again(struct survey *s, struct range *range, bool *missing, struct error *e)
{
    struct extent extent;

    if (range->next == range->to)
        return 0;
    if (ask_extent(s, range, &extent, e) != 0)
        return -1;
    if (extent.stable < range->to)
        return error_set(e, ERROR_DATA,
                         "%s/%d: it ends at offset %lld now, before %lld, up to which the run reads: it was made again",
                         range->topic, range->partition, (long long)extent.stable, (long long)range->to);
    if (extent.low <= range->next)
        return 0;
    log_gone(s, range, range->next, extent.low < range->to ? extent.low : range->to);
    range->low = extent.low;
    *missing = true;
    return 0;
}

int survey_resume(struct survey *survey, bool allow_missing, struct range_list *ranges, struct error *e)
{
    bool missing = false;

    /* With a topic goes what the group holds of it; that the topic is not there says more. */
    if (find_topics(survey, ranges, e) != 0 || read_progress(survey, ask_left, ranges, e) != 0)
        return -1;
    for (size_t i = 0; i < ranges->count; i++)
        if (look_again(survey, &ranges->items[i], &missing, e) != 0)
            return -1;
    return missing && !allow_missing ? refuse_missing(e) : 0;
}

int survey_stored(struct survey *survey, struct range_list *ranges, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = ask(survey, ask_committed, "asking what was read", ranges, NULL, e);

    for (size_t i = 0; list && i < ranges->count; i++) {
        const rd_kafka_topic_partition_t *held =
            rd_kafka_topic_partition_list_find(list, ranges->items[i].topic, ranges->items[i].partition);

        ranges->items[i].next = held && held->offset >= 0 ? held->offset : RANGE_OPEN;
    }
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    return list ? 0 : -1;
}

int survey_whole(struct survey *survey, struct range_list *ranges, struct error *e)
{
    for (size_t i = 0; i < ranges->count; i++) {
        struct range *range = &ranges->items[i];

        if (ask_ends(survey, survey->all, range, &range->from, &range->to, e) != 0)
            return -1;
        range->low = range->from;
    }
    return 0;
}
