/* Keeps librdkafka before 2.2.0 fetching: where its queue was full, it looks only once a second whether there is room
 * again. */
#include "source_internal.h"

#define WAKE_MS 1

void source_learn_queue(struct source *source)
{
    source->queue_records = kafka_number(source->rk, "queued.min.messages");
    source->queue_bytes = kafka_number(source->rk, "queued.max.messages.kbytes") * 1024;
}

/* Of one of the records that were taken, on the average; keys count, too. */
static size_t record_bytes(const struct source *s)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s->taken; i++)
        bytes += s->messages[i]->len + s->messages[i]->key_len;
    return s->taken > 0 ? bytes / s->taken : 0;
}

/* Whether so many records fill half of the queue. Where no more ever wait, it is not the queue that holds it up. */
static bool is_crest(const struct source *s, size_t records)
{
    return records >= s->queue_records / 2 || records * record_bytes(s) >= s->queue_bytes / 2;
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
void source_wake_if_starved(struct source *source)
{
    if (source->woken || rd_kafka_version() >= KAFKA_VERSION_2_2 || source_backlog(source) == 0)
        return;
    wake_fetchers(source);
    source->woken = true;
}

/* Before it starves: once half of what waited at most is taken, so that more arrives while the rest is checked. */
void source_wake_if_low(struct source *source)
{
    size_t waiting;

    if (rd_kafka_version() >= KAFKA_VERSION_2_2)
        return;
    waiting = rd_kafka_queue_length(source->queue);
    if (waiting < source->crest / 2 && is_crest(source, source->crest)) {
        wake_fetchers(source);
        source->crest = waiting;
    }
    source->crest = waiting > source->crest ? waiting : source->crest;
}
