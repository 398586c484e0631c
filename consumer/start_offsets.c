#include "start_offsets.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 10000 /* for asking the group's coordinator, or the partitions' leaders */

static int ask_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_committed(rk, list, ANSWER_MS);

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(e, ERROR_TEMPORARY, "asking the group what it holds, as input.start is latest: %s",
                     rd_kafka_err2str(err));
}

/* --- before the group is joined --- */

static int add(struct start_offsets *start, const char *topic, int partitions, bool held, struct error *e)
{
    struct start_topic *topics = reallocarray(start->topics, start->count + 1, sizeof *topics);

    if (topics) {
        start->topics = topics;
        topics[start->count] = (struct start_topic){strdup(topic), partitions, held};
        if (topics[start->count].name) {
            start->count++;
            return 0;
        }
    }
    return error_set(e, ERROR_INTERNAL, "no memory for the name of a topic");
}

int start_offsets_learn(struct start_offsets *start, rd_kafka_t *rk, const char *topic, int partitions, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    bool held = false;
    int status;

    rd_kafka_topic_partition_list_add_range(list, topic, 0, partitions - 1);
    status = ask_committed(rk, list, e);
    for (int i = 0; i < list->cnt; i++)
        held = held || list->elems[i].offset >= 0;
    rd_kafka_topic_partition_list_destroy(list);
    return status == 0 ? add(start, topic, partitions, held, e) : -1;
}

int start_offsets_learn_pattern(struct start_offsets *start, rd_kafka_t *rk, const char *pattern,
                                const struct rd_kafka_metadata *cluster, struct error *e)
{
    regex_t compiled;
    int status = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);

    if (status != 0) {
        char why[128];
        regerror(status, &compiled, why, sizeof why);
        return error_set(e, ERROR_CONFIG, "input.topics: %s: %s", pattern, why);
    }
    for (int i = 0; i < cluster->topic_cnt && status == 0; i++) {
        const struct rd_kafka_metadata_topic *topic = &cluster->topics[i];
        /* One without partitions is being made. */
        if (topic->partition_cnt > 0 && regexec(&compiled, topic->topic, 0, NULL, 0) == 0)
            status = start_offsets_learn(start, rk, topic->topic, topic->partition_cnt, e);
    }
    regfree(&compiled);
    return status;
}

/* --- once partitions are assigned --- */

static bool was_gained(const struct start_offsets *start, const rd_kafka_topic_partition_t *partition)
{
    for (size_t i = 0; i < start->count; i++)
        if (strcmp(start->topics[i].name, partition->topic) == 0)
            return start->topics[i].held || partition->partition >= start->topics[i].partitions;
    return true; /* the topic itself came later */
}

/* The group holds these ends from here on. Where it is rebalancing already, whoever gets them next does the same. */
static int begin_at_ends(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *ends,
                         rd_kafka_topic_partition_list_t *assignment, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(rk, ends, ANSWER_MS); /* "time" is RD_KAFKA_OFFSET_END */

    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < ends->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &ends->elems[i];

        err = end->err;
        rd_kafka_topic_partition_list_set_offset(assignment, end->topic, end->partition, end->offset);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(e, ERROR_TEMPORARY, "asking for the ends of partitions, as input.start is latest: %s",
                         rd_kafka_err2str(err));
    rd_kafka_commit(rk, ends, 0);
    return 0;
}

int start_offsets_choose(const struct start_offsets *start, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *assignment,
                         struct error *e)
{
    rd_kafka_topic_partition_list_t *held = rd_kafka_topic_partition_list_copy(assignment);
    rd_kafka_topic_partition_list_t *ends = rd_kafka_topic_partition_list_new(assignment->cnt);
    int status = assignment->cnt > 0 ? ask_committed(rk, held, e) : 0;

    for (int i = 0; status == 0 && i < held->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &held->elems[i];

        if (one->offset >= 0)
            continue;
        if (was_gained(start, one))
            rd_kafka_topic_partition_list_set_offset(assignment, one->topic, one->partition, RD_KAFKA_OFFSET_BEGINNING);
        else
            rd_kafka_topic_partition_list_add(ends, one->topic, one->partition)->offset = RD_KAFKA_OFFSET_END;
    }
    if (status == 0 && ends->cnt > 0)
        status = begin_at_ends(rk, ends, assignment, e);
    rd_kafka_topic_partition_list_destroy(ends);
    rd_kafka_topic_partition_list_destroy(held);
    return status;
}

void start_offsets_free(struct start_offsets *start)
{
    for (size_t i = 0; i < start->count; i++)
        free(start->topics[i].name);
    free(start->topics);
    *start = (struct start_offsets){NULL, 0};
}
