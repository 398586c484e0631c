/* Pausing: in the ledger, and in the library. */
#include "source_internal.h"

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

/* The library would go on from its own position, which counts what was handed out and dropped; so they are sought. */
int source_resume(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = list_held(&source->ledger, true);
    rd_kafka_resp_err_t err = rd_kafka_resume_partitions(source->rk, list);
    int status = err ? error_set(e, ERROR_TEMPORARY, "going on after a pause: %s", rd_kafka_err2str(err)) : 0;

    source_drop_all(source);
    if (status == 0 && list->cnt > 0)
        status = source_seek(source, list, e);
    set_held(&source->ledger, list, false);
    rd_kafka_topic_partition_list_destroy(list);
    ledger_rewound(&source->ledger);
    return status;
}

/* The library remembers a pause beyond the assignment. */
void source_resume_revoked(struct source *source, const rd_kafka_topic_partition_list_t *revoked)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(revoked->cnt);

    for (int i = 0; i < revoked->cnt; i++) {
        const struct ledger_entry *entry =
            ledger_find(&source->ledger, revoked->elems[i].topic, revoked->elems[i].partition);

        if (entry && entry->held)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition);
    }
    if (list->cnt > 0)
        rd_kafka_resume_partitions(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}
