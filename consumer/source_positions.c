/* Positions: how far has been taken, what is committed, and going back to it. */
#include <stdlib.h>

#include "monotonic.h"
#include "source_internal.h"

#define SEEK_TRIES 100 /* a partition that is just being started can't be sought yet */
#define SEEK_PAUSE_MS 100

bool source_at_end(const struct source *source)
{
    for (size_t i = 0; i < source->ledger.count; i++)
        if (source->ledger.entries[i].owned && !source->ledger.entries[i].at_end)
            return false;
    return true;
}

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
    bool in_part = entry->end != LEDGER_UNKNOWN; /* may have been fetched further than it was taken: see source_poll */

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

void source_free_positions(struct positions *positions)
{
    if (positions->offsets)
        rd_kafka_topic_partition_list_destroy(positions->offsets);
    if (positions->group)
        rd_kafka_consumer_group_metadata_destroy(positions->group);
    *positions = (struct positions){NULL, NULL};
}

/* Of a member that the group has dropped the metadata name nobody, and under nobody's name the broker takes offsets
 * without asking whose partitions they are. So the member is looked at after the metadata were taken. */
const struct positions *source_hand_over(struct source *source)
{
    source_free_positions(&source->positions);
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

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static int64_t begun_at(const struct ledger_entry *entry)
{
    return entry->start;
}

/* What the group holds of the partitions that have moved, or, of ranges, of all; the caller's to destroy. NULL: it
 * can't tell. */
static rd_kafka_topic_partition_list_t *ask_group(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *held = list_offsets(&source->ledger, source->in_ranges ? begun_at : ledger_moved);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    if (held->cnt > 0)
        err = rd_kafka_committed(source->rk, held, SOURCE_COMMITTED_TIMEOUT_MS);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = first_error(held);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return held;
    rd_kafka_topic_partition_list_destroy(held);
    error_set(e, ERROR_TEMPORARY, "asking the group what it holds after a commit that is in doubt: %s",
              rd_kafka_err2str(err));
    return NULL;
}

/* Transactions are whole: if one partition is where this source would have it, and another is not, or is further than
 * this source has begun, they are not its own. */
static int compare(struct source *source, const rd_kafka_topic_partition_list_t *held, bool *committed, struct error *e)
{
    int moved = 0, there = 0, beyond = 0;

    for (int i = 0; i < held->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &held->elems[i];
        const struct ledger_entry *entry = ledger_find(&source->ledger, one->topic, one->partition);
        bool has_moved = ledger_moved(entry) != LEDGER_UNKNOWN;
        bool is_there = has_moved && one->offset == entry->sent;

        moved += has_moved;
        there += is_there;
        beyond += !is_there && one->offset > entry->start;
    }
    *committed = moved > 0 && there == moved;
    if (!source->in_ranges || (beyond == 0 && (there == 0 || there == moved)))
        return 0;
    return error_set(e, ERROR_TEMPORARY, "another process goes on with this run");
}

int source_ask_committed(struct source *source, bool *committed, struct error *e)
{
    rd_kafka_topic_partition_list_t *held = ask_group(source, e);
    int status = held ? compare(source, held, committed, e) : -1;

    if (held)
        rd_kafka_topic_partition_list_destroy(held);
    return status;
}

/* The timeout is -1: librdkafka 2.0.2 takes any other a thousand times too short. Each partition has an error of its
 * own. */
int source_seek(struct source *source, rd_kafka_topic_partition_list_t *list, struct error *e)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    for (int i = 0; i < SEEK_TRIES; i++) {
        rd_kafka_error_t *error = rd_kafka_seek_partitions(source->rk, list, -1);

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

    source_drop_all(source);
    if (list->cnt > 0)
        status = source_seek(source, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    ledger_rewound(&source->ledger);
    return status == 0 && source->in_ranges ? source_ranges_fetch_again(source, e) : status;
}

/* Those to seek from what the group has committed. */
static bool is_without_position(const struct ledger_entry *entry)
{
    return entry->owned && (entry->dropped != LEDGER_UNKNOWN || (entry->doubted && entry->next == LEDGER_UNKNOWN));
}

/* Where the group has committed nothing: from the first that was dropped, or all that there is. A group that starts at
 * the latest has committed that; where it could not, the library's own position has to do. */
static int64_t uncommitted_position(struct source *s, const rd_kafka_topic_partition_t *one)
{
    int64_t dropped = ledger_find(&s->ledger, one->topic, one->partition)->dropped;

    if (dropped != LEDGER_UNKNOWN)
        return dropped;
    return s->starts_at_latest ? LEDGER_UNKNOWN : RD_KAFKA_OFFSET_BEGINNING;
}

static int list_committed(struct source *source, rd_kafka_topic_partition_list_t *list, struct error *e)
{
    for (size_t i = 0; i < source->ledger.count; i++)
        if (is_without_position(&source->ledger.entries[i]))
            rd_kafka_topic_partition_list_add(list, source->ledger.entries[i].topic,
                                              source->ledger.entries[i].partition);
    if (list->cnt > 0 &&
        rd_kafka_committed(source->rk, list, SOURCE_COMMITTED_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(e, ERROR_TEMPORARY, "the group's coordinator does not answer after a rebalance");
    for (int i = list->cnt - 1; i >= 0; i--) {
        rd_kafka_topic_partition_t *one = &list->elems[i];

        if (one->offset < 0)
            one->offset = uncommitted_position(source, one);
        if (one->offset == LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_del_by_idx(list, i);
    }
    return 0;
}

/* Messages were dropped because they may be older than the partition's new assignment, or others before them may have
 * been passed over: they are fetched again. What is held is sought when it goes on. */
int source_fetch_dropped(struct source *source, struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    int status = list_committed(source, list, e);

    for (size_t i = 0; i < source->ledger.count; i++) {
        const struct ledger_entry *entry = &source->ledger.entries[i];

        if (entry->owned && entry->doubted && !entry->held && entry->next != LEDGER_UNKNOWN)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset = entry->next;
    }
    if (status == 0 && list->cnt > 0)
        status = source_seek(source, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
