#include "history.h"

#include "source.h"

#define POLL_RECORDS 1000
#define POLL_MS 100

/* What can't be read may have been the mark that matters. */
static int take(const struct checker_record *record, struct timeline *timeline, struct error *e)
{
    struct mark mark;

    if (mark_read(record->value, &mark))
        return timeline_add_mark(timeline, &mark, e);
    return error_set(e, ERROR_DATA, "%.*s/%d offset %lld: it is no mark", SLICE_FORMAT(record->origin.topic),
                     record->origin.partition, (long long)record->origin.offset);
}

static int read_all(struct source *source, const atomic_bool *stop, struct timeline *timeline, struct error *e)
{
    struct checker_record records[POLL_RECORDS];
    size_t count = 1;

    while (count > 0 || !source_at_end(source)) {
        if (atomic_load(stop))
            return error_set(e, ERROR_TEMPORARY, "interrupted while marks were read");
        if (source_poll(source, records, POLL_RECORDS, POLL_MS, &count, e) != 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (take(&records[i], timeline, e) != 0)
                return -1;
    }
    return 0;
}

int history_read(const struct config *config, const char *topic, const atomic_bool *stop, struct log *log,
                 struct timeline *timeline, struct error *e)
{
    struct source *source;
    int status;

    if (source_assign(config, topic, START_EARLIEST, stop, log, &source, e) != 0)
        return -1;
    status = read_all(source, stop, timeline, e);
    source_close(source);
    return status;
}
