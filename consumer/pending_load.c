#include "pending_load.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "monotonic.h"
#include "source.h"
#include "survey.h"

#define POLL_MS 100
#define POLL_RECORDS 1024

struct pending_load {
    const struct config *config;
    unsigned lane;
    int count; /* partitions of pending.topic */
    struct log *log;
    struct range_list origins;
    struct range_list ranges; /* of pending.topic */
    pthread_t thread;
    atomic_bool stop, over;
    struct pending *found;
    size_t refused; /* records */
    struct error failure;
};

/* ---- which parts ---- */

static bool has_range(const struct pending_load *l, int32_t partition)
{
    for (size_t i = 0; i < l->ranges.count; i++)
        if (l->ranges.items[i].partition == partition)
            return true;
    return false;
}

/* Nothing was ever committed of a partition of which the group holds no offset: nothing waits for it. */
static int choose_ranges(struct pending_load *l, struct error *e)
{
    for (size_t i = 0; i < l->origins.count; i++) {
        struct range range = {.partition = pending_partition(l->origins.items[i].partition, l->count)};

        snprintf(range.topic, sizeof range.topic, "%s", l->config->pending.topic);
        if (l->origins.items[i].next != RANGE_OPEN && !has_range(l, range.partition) &&
            range_list_add(&l->ranges, &range, e) != 0)
            return -1;
    }
    return 0;
}

static int settle(struct pending_load *l, struct error *e)
{
    struct survey *survey;
    int status;

    if (survey_open(l->config, &l->stop, l->log, &survey, e) != 0)
        return -1;
    status = survey_stored(survey, &l->origins, e);
    if (status == 0)
        status = choose_ranges(l, e);
    if (status == 0)
        status = survey_whole(survey, &l->ranges, e);
    survey_close(survey);
    return status;
}

/* ---- records ---- */

static bool read_id(struct slice key, unsigned char id[PENDING_ID_LEN])
{
    char text[DISCREPANCY_ID_LEN + 1] = "";

    if (key.len != DISCREPANCY_ID_LEN)
        return false;
    memcpy(text, key.ptr, DISCREPANCY_ID_LEN);
    if (strspn(text, "0123456789abcdef") != DISCREPANCY_ID_LEN)
        return false;
    pending_id(text, id);
    return true;
}

/* -1: none of those that are asked for. */
static int find_origin(const struct pending_load *l, const struct origin *origin)
{
    for (size_t i = 0; i < l->origins.count; i++) {
        const struct range *range = &l->origins.items[i];

        if (range->partition == origin->partition && range->next != RANGE_OPEN &&
            slice_equal_text(origin->topic, range->topic))
            return (int)i;
    }
    return -1;
}

static void refuse(struct pending_load *l, const struct checker_record *record, const char *why)
{
    if (l->refused++ == 0)
        log_write(l->log, LOG_LEVEL_WARNING, "pending", "lane %u: %s/%d offset %lld is passed over: %s", l->lane,
                  l->config->pending.topic, record->origin.partition, (long long)record->origin.offset, why);
}

static int check_partition(const struct pending_load *l, const struct checker_record *record,
                           const struct pending_record *waits, struct error *e)
{
    if (pending_partition(waits->origin.partition, l->count) == record->origin.partition)
        return 0;
    return error_set(e, ERROR_CONFIG,
                     "pending.topic %s has another number of partitions than when it was written (%d now): what waits "
                     "is not found any more. Go on with a new topic once the grace is over, or with the old number",
                     l->config->pending.topic, l->count);
}

/* The last record of a key counts. */
static int take(struct pending_load *l, const struct checker_record *record, struct error *e)
{
    struct pending_entry entry = {.bytes = record->value}, *held;
    struct pending_record waits;
    struct error why;
    int place;

    if (!read_id(record->origin.key, entry.id))
        return refuse(l, record, "its key is no id"), 0;
    if (record->value.len == 0) {
        held = pending_find(l->found, entry.id);
        if (held)
            pending_remove(l->found, held);
        return 0;
    }
    if (pending_record_read(record->value, &waits, &why) != 0)
        return refuse(l, record, why.text), 0;
    if (check_partition(l, record, &waits, e) != 0)
        return -1;
    place = find_origin(l, &waits.origin);
    if (place < 0)
        return 0;
    entry.place = (unsigned)place;
    entry.since_ms = waits.since_ms;
    return pending_put(l->found, &entry, e);
}

static int read_all(struct pending_load *l, struct source *source, struct error *e)
{
    struct checker_record *records = calloc(POLL_RECORDS, sizeof *records);
    size_t count = 0;
    int status = records ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a poll");

    while (status == 0 && !source_at_end(source) && !atomic_load(&l->stop)) {
        status = source_poll(source, records, POLL_RECORDS, POLL_MS, &count, e);
        for (size_t i = 0; status == 0 && i < count; i++)
            status = take(l, &records[i], e);
    }
    free(records);
    return status;
}

static int load(struct pending_load *l, struct error *e)
{
    struct source_ranges ranges = {.step = 1};
    struct source *source;
    int status;

    if (settle(l, e) != 0)
        return -1;
    if (l->ranges.count == 0)
        return 0;
    ranges.items = l->ranges.items;
    ranges.count = l->ranges.count;
    if (source_assign_ranges(l->config, l->lane, &ranges, &l->stop, l->log, &source, e) != 0)
        return -1;
    status = read_all(l, source, e);
    source_close(source);
    return status;
}

static void *run(void *opaque)
{
    struct pending_load *l = opaque;
    int64_t started_ms = monotonic_ms();

    l->failure.code = ERROR_NONE;
    if (load(l, &l->failure) == 0 && !atomic_load(&l->stop))
        log_write(l->log, LOG_LEVEL_INFO, "pending",
                  "lane %u: %zu messages wait in %zu partitions, %zu records passed over; read in %lld ms", l->lane,
                  pending_count(l->found), l->origins.count, l->refused, (long long)(monotonic_ms() - started_ms));
    atomic_store(&l->over, true);
    return NULL;
}

/* ---- the lane's side ---- */

int pending_load_start(const struct config *config, unsigned lane, int count, struct range_list *origins,
                       struct log *log, struct pending_load **out, struct error *e)
{
    struct pending_load *l = calloc(1, sizeof *l);
    int err;

    if (!l)
        return error_set(e, ERROR_INTERNAL, "no memory for what waits");
    *l = (struct pending_load){.config = config, .lane = lane, .count = count, .log = log, .origins = *origins};
    *origins = (struct range_list){NULL, 0, 0};
    l->found = pending_new(SIZE_MAX / 2, SIZE_MAX / 2);
    err = l->found ? pthread_create(&l->thread, NULL, run, l) : ENOMEM;
    if (err != 0) {
        pending_free(l->found);
        range_list_free(&l->origins);
        free(l);
        return error_set_errno(e, err, "the thread that reads what waits");
    }
    *out = l;
    return 0;
}

bool pending_load_is_over(const struct pending_load *load)
{
    return atomic_load(&load->over);
}

struct pending *pending_load_found(struct pending_load *load, struct error *e)
{
    if (load->failure.code == ERROR_NONE)
        return load->found;
    *e = load->failure;
    return NULL;
}

const struct range_list *pending_load_origins(const struct pending_load *load)
{
    return &load->origins;
}

void pending_load_stop(struct pending_load *load)
{
    atomic_store(&load->stop, true);
}

void pending_load_free(struct pending_load *load)
{
    if (!load)
        return;
    atomic_store(&load->stop, true);
    pthread_join(load->thread, NULL);
    pending_free(load->found);
    range_list_free(&load->origins);
    range_list_free(&load->ranges);
    free(load);
}
