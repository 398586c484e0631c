#include "timeline.h"

#include <stdlib.h>
#include <string.h>

/* A version, and the rules beside it, of which many stretches are. */
struct judge {
    char version[INDEX_VERSION_LEN + 1];
    char rules[RULES_ID_MAX]; /* empty: not known */
    struct judge *next;
};

struct stretch {
    int64_t from;
    const struct judge *judge;
};

/* Of a range, or of all time. */
struct partition {
    struct range range;
    struct stretch *stretches;
    size_t count, capacity;
    struct waits waits;
};

struct timeline {
    bool by_time;
    struct partition *partitions; /* in order; by time there is one, for all */
    size_t partition_count;
    size_t stretch_count;
    size_t wait_parts; /* of all partitions */
    struct judge *judges;
};

/* --- making --- */

static int compare(const char *topic, size_t topic_len, int32_t number, const struct partition *partition)
{
    int order = strncmp(topic, partition->range.topic, topic_len);

    if (order == 0 && partition->range.topic[topic_len] != '\0')
        order = -1;
    return order != 0 ? order : (number > partition->range.partition) - (number < partition->range.partition);
}

static int compare_partitions(const void *a, const void *b)
{
    const struct partition *one = a;

    return compare(one->range.topic, strlen(one->range.topic), one->range.partition, b);
}

static struct timeline *make(size_t partitions, struct error *e)
{
    struct timeline *t = calloc(1, sizeof *t);

    if (t)
        t->partitions = calloc(partitions + 1, sizeof *t->partitions);
    if (t && t->partitions) {
        t->partition_count = partitions;
        return t;
    }
    free(t);
    error_set(e, ERROR_INTERNAL, "no memory for a timeline of versions");
    return NULL;
}

int timeline_by_time(struct timeline **out, struct error *e)
{
    *out = make(1, e);
    if (!*out)
        return -1;
    (*out)->by_time = true;
    return 0;
}

int timeline_by_marks(const struct range_list *ranges, struct timeline **out, struct error *e)
{
    struct timeline *t = *out = make(ranges->count, e);

    if (!t)
        return -1;
    for (size_t i = 0; i < ranges->count; i++)
        t->partitions[i].range = ranges->items[i];
    qsort(t->partitions, t->partition_count, sizeof *t->partitions, compare_partitions);
    return 0;
}

void timeline_free(struct timeline *timeline)
{
    struct judge *judge = timeline ? timeline->judges : NULL;

    if (!timeline)
        return;
    for (size_t i = 0; i < timeline->partition_count; i++) {
        free(timeline->partitions[i].stretches);
        waits_free(&timeline->partitions[i].waits);
    }
    while (judge) {
        struct judge *next = judge->next;

        free(judge);
        judge = next;
    }
    free(timeline->partitions);
    free(timeline);
}

/* --- filling --- */

/* The last one used comes first. */
static const struct judge *judge_of(struct timeline *t, const char *version, const char *rules)
{
    struct judge *judge;

    for (judge = t->judges; judge; judge = judge->next)
        if (strcmp(judge->version, version) == 0 && strcmp(judge->rules, rules) == 0)
            return judge;
    judge = calloc(1, sizeof *judge);
    if (!judge)
        return NULL;
    strncpy(judge->version, version, sizeof judge->version - 1);
    strncpy(judge->rules, rules, sizeof judge->rules - 1);
    judge->next = t->judges;
    t->judges = judge;
    return judge;
}

static int make_room(struct partition *partition, struct error *e)
{
    size_t capacity = partition->capacity ? 2 * partition->capacity : 4;
    struct stretch *stretches;

    if (partition->count < partition->capacity)
        return 0;
    stretches = reallocarray(partition->stretches, capacity, sizeof *stretches);
    if (!stretches)
        return error_set(e, ERROR_INTERNAL, "no memory for a timeline of versions");
    partition->stretches = stretches;
    partition->capacity = capacity;
    return 0;
}

/* What goes on as before is no new stretch. */
static int append(struct timeline *t, struct partition *partition, int64_t from, const struct judge *judge,
                  struct error *e)
{
    if (!judge)
        return error_set(e, ERROR_INTERNAL, "no memory for a timeline of versions");
    if (partition->count > 0 && partition->stretches[partition->count - 1].judge == judge)
        return 0;
    if (t->stretch_count == TIMELINE_STRETCHES_MAX)
        return error_set(e, ERROR_DATA, "more than %d changes of version: replay a smaller part at a time",
                         TIMELINE_STRETCHES_MAX);
    if (make_room(partition, e) != 0)
        return -1;
    partition->stretches[partition->count++] = (struct stretch){from, judge};
    t->stretch_count++;
    return 0;
}

static void drop_from(struct timeline *t, struct partition *partition, int64_t from)
{
    while (partition->count > 0 && partition->stretches[partition->count - 1].from >= from) {
        partition->count--;
        t->stretch_count--;
    }
}

int timeline_add_time(struct timeline *timeline, int64_t from_ms, const char *version, struct error *e)
{
    struct partition *all = &timeline->partitions[0];

    if (all->count > 0 && all->stretches[all->count - 1].from == from_ms)
        drop_from(timeline, all, from_ms);
    if (all->count > 0 && all->stretches[all->count - 1].from > from_ms)
        return error_set(e, ERROR_DATA, "version %s is earlier than the one before it", version);
    return append(timeline, all, from_ms, judge_of(timeline, version, ""), e);
}

static struct partition *find_partition(const struct timeline *t, const char *topic, size_t topic_len, int32_t number)
{
    size_t low = 0, high = t->partition_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(topic, topic_len, number, &t->partitions[middle]);

        if (order == 0)
            return &t->partitions[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int add_judged(struct timeline *t, struct partition *partition, const struct mark *mark, struct error *e)
{
    drop_from(t, partition, mark->offset);
    if (mark->offset <= partition->range.from)
        drop_from(t, partition, INT64_MIN); /* nothing that stands before it is of interest any more */
    waits_drop_from(&partition->waits, mark->offset);
    return append(t, partition, mark->offset, judge_of(t, mark->version, mark->rules), e);
}

static int end_wait(struct timeline *t, struct partition *partition, const struct mark *mark, struct error *e)
{
    const struct judge *judge = judge_of(t, mark->version, mark->rules);

    if (!judge)
        return error_set(e, ERROR_INTERNAL, "no memory for a timeline of versions");
    return waits_end(
        &partition->waits, mark->offset, mark->message, mark->since_ms,
        &(struct wait_end){
            .version = judge->version, .rules = judge->rules, .is_over = mark->is_over, .until_ms = mark->until_ms},
        e);
}

static int add_wait(struct timeline *t, struct partition *partition, const struct mark *mark, struct error *e)
{
    if (mark->offset < partition->range.from)
        return 0;
    return mark->kind == MARK_HELD ? waits_begin(&partition->waits, mark->offset, mark->message, mark->since_ms, e)
                                   : end_wait(t, partition, mark, e);
}

int timeline_add_mark(struct timeline *timeline, const struct mark *mark, struct error *e)
{
    struct partition *partition = find_partition(timeline, mark->topic, strlen(mark->topic), mark->partition);
    size_t before;
    int status;

    if (!partition || mark->offset >= partition->range.to)
        return 0;
    before = partition->waits.parts;
    status = (mark->kind == MARK_JUDGED ? add_judged : add_wait)(timeline, partition, mark, e);
    timeline->wait_parts = timeline->wait_parts - before + partition->waits.parts;
    if (status == 0 && timeline->wait_parts > TIMELINE_WAITS_MAX)
        return error_set(e, ERROR_DATA,
                         "more than %d messages that waited, and ends of that: replay a smaller part at a time",
                         TIMELINE_WAITS_MAX);
    return status;
}

/* --- checking --- */

static int check_start(const struct partition *partition, struct error *e)
{
    const struct range *range = &partition->range;
    int64_t first = partition->count > 0 ? partition->stretches[0].from : range->to;

    if (first <= range->from)
        return 0;
    return error_set(e, ERROR_DATA, "%s/%d: no mark says by which version offsets %lld to %lld were judged",
                     range->topic, range->partition, (long long)range->from, (long long)first - 1);
}

static int check_rules(const struct partition *partition, const char *rules, struct error *e)
{
    for (size_t i = 0; i < partition->count; i++)
        if (strcmp(partition->stretches[i].judge->rules, rules) != 0)
            return error_set(e, ERROR_DATA,
                             "%s/%d: from offset %lld on it was judged by the rules %s, and these are %s",
                             partition->range.topic, partition->range.partition,
                             (long long)partition->stretches[i].from, partition->stretches[i].judge->rules, rules);
    return 0;
}

static int check_waits(const struct partition *partition, const char *rules, struct error *e)
{
    for (size_t i = 0; i < partition->waits.count; i++) {
        const struct wait *wait = &partition->waits.items[i];

        for (size_t j = 0; j < wait->end_count; j++)
            if (strcmp(wait->ends[j].rules, rules) != 0)
                return error_set(e, ERROR_DATA,
                                 "%s/%d: what waited of offset %lld was settled by the rules %s, and these are %s",
                                 partition->range.topic, partition->range.partition, (long long)wait->offset,
                                 wait->ends[j].rules, rules);
    }
    return 0;
}

int timeline_check(const struct timeline *timeline, const char *rules, struct error *e)
{
    if (timeline->by_time)
        return timeline->stretch_count > 0 ? 0 : error_set(e, ERROR_DATA, "there is no version of the index");
    for (size_t i = 0; i < timeline->partition_count; i++) {
        const struct partition *partition = &timeline->partitions[i];

        if (partition->range.from == partition->range.to)
            continue;
        if (check_start(partition, e) != 0 || check_rules(partition, rules, e) != 0 ||
            check_waits(partition, rules, e) != 0)
            return -1;
    }
    return 0;
}

/* --- asking --- */

static bool is_of(const struct partition *partition, const struct origin *origin)
{
    return origin->partition == partition->range.partition && slice_equal_text(origin->topic, partition->range.topic);
}

/* The partition of the record; by time that is all there is. */
static const struct partition *look_for_partition(const struct timeline *t, const struct origin *origin,
                                                  struct timeline_place *place)
{
    const struct partition *found = &t->partitions[place->partition];

    if (t->by_time || is_of(found, origin))
        return found;
    found = find_partition(t, origin->topic.ptr, origin->topic.len, origin->partition);
    if (found)
        *place = (struct timeline_place){(size_t)(found - t->partitions), 0};
    return found;
}

static bool is_in(const struct partition *partition, size_t at, int64_t where)
{
    return at < partition->count && partition->stretches[at].from <= where &&
           (at + 1 == partition->count || where < partition->stretches[at + 1].from);
}

/* The last stretch that begins there or before; before the first it is the first. */
static size_t search(const struct partition *partition, int64_t where)
{
    size_t low = 0, high = partition->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (partition->stretches[middle].from <= where)
            low = middle;
        else
            high = middle;
    }
    return low;
}

const char *timeline_find(const struct timeline *timeline, const struct origin *origin, struct timeline_place *place,
                          bool *early)
{
    const struct partition *partition = look_for_partition(timeline, origin, place);
    int64_t where = timeline->by_time ? origin->has_timestamp ? origin->timestamp_ms : INT64_MIN : origin->offset;

    *early = false;
    if (!partition || partition->count == 0)
        return NULL;
    if (!is_in(partition, place->stretch, where))
        place->stretch = search(partition, where);
    *early = where < partition->stretches[place->stretch].from;
    return *early && !timeline->by_time ? NULL : partition->stretches[place->stretch].judge->version;
}

bool timeline_next(const struct timeline *timeline, struct timeline_place *place, struct timeline_stretch *out)
{
    const struct partition *partition;

    while (place->partition < timeline->partition_count &&
           place->stretch == timeline->partitions[place->partition].count)
        *place = (struct timeline_place){place->partition + 1, 0};
    if (place->partition == timeline->partition_count)
        return false;
    partition = &timeline->partitions[place->partition];
    *out = (struct timeline_stretch){.topic = timeline->by_time ? NULL : partition->range.topic,
                                     .partition = partition->range.partition,
                                     .from = partition->stretches[place->stretch].from,
                                     .version = partition->stretches[place->stretch].judge->version};
    place->stretch++;
    return true;
}

/* --- what waited --- */

const struct wait *timeline_wait(const struct timeline *timeline, const struct origin *origin)
{
    const struct partition *partition =
        timeline->by_time ? NULL : find_partition(timeline, origin->topic.ptr, origin->topic.len, origin->partition);

    return partition ? waits_find(&partition->waits, origin->offset, origin->message) : NULL;
}

const struct wait *timeline_next_wait(const struct timeline *timeline, struct timeline_place *place, const char **topic,
                                      int32_t *partition)
{
    const struct partition *own;

    while (place->partition < timeline->partition_count &&
           place->stretch == timeline->partitions[place->partition].waits.count)
        *place = (struct timeline_place){place->partition + 1, 0};
    if (place->partition == timeline->partition_count)
        return NULL;
    own = &timeline->partitions[place->partition];
    *topic = own->range.topic;
    *partition = own->range.partition;
    return &own->waits.items[place->stretch++];
}

size_t timeline_waits(const struct timeline *timeline)
{
    size_t count = 0;

    for (size_t i = 0; i < timeline->partition_count; i++)
        count += timeline->partitions[i].waits.count;
    return count;
}
