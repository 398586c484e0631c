/* timeline: which version of the index judges which record of a replay.
 *
 * By time: each record by the version that was in force at its Kafka timestamp, one from before the first version, or
 * without a timestamp, by the first. By marks (mark.h): each record of some ranges by the version that judged it in the
 * live run; and the messages that waited for the master there, with the versions by which that was settled. Pure:
 * filled by one thread, and read by any from then on. */
#ifndef FIXWARDEN_CONSUMER_TIMELINE_H
#define FIXWARDEN_CONSUMER_TIMELINE_H

#include "core/discrepancy.h"
#include "mark.h"
#include "waits.h"

/* Of all partitions together; as JSON both fit into a manifest. */
#define TIMELINE_STRETCHES_MAX 20000
#define TIMELINE_WAITS_MAX 200000 /* messages that waited, and ends of waits */

struct timeline;

/* One version, in force from there to the next stretch of its partition, or of time. */
struct timeline_stretch {
    const char *topic;   /* NULL: by time */
    int32_t partition;   /* likewise */
    int64_t from;        /* offset, or milliseconds since the epoch */
    const char *version; /* borrowed, as the topic */
};

/* ERROR_INTERNAL without memory, as all that follow. */
int timeline_by_time(struct timeline **out, struct error *e);

/* What stands outside the ranges is of no interest. */
int timeline_by_marks(const struct range_list *ranges, struct timeline **out, struct error *e);
void timeline_free(struct timeline *timeline); /* NULL is fine */

/* In the order of time; of several at the same time the last one counts. ERROR_DATA where they are in no order, or
 * beyond TIMELINE_STRETCHES_MAX. */
int timeline_add_time(struct timeline *timeline, int64_t from_ms, const char *version, struct error *e);

/* In the order in which they were published; one that comes later supersedes those of its partition that do not stand
 * before it, and what waited. ERROR_DATA beyond one of the limits. */
int timeline_add_mark(struct timeline *timeline, const struct mark *mark, struct error *e);

/* Whether it has a version for every record, and, by marks, judged and settled by these rules; else ERROR_DATA says
 * where not. */
int timeline_check(const struct timeline *timeline, const char *rules, struct error *e);

/* Where a reader looked last, so that the next look costs nothing; starts as zeros. */
struct timeline_place {
    size_t partition, stretch;
};

/* The version of a record, borrowed, the same pointer for the same version; NULL: it is outside the ranges. *early:
 * it is from before the first version. */
const char *timeline_find(const struct timeline *timeline, const struct origin *origin, struct timeline_place *place,
                          bool *early);

/* Goes through all stretches, in order, from a place of zeros on. False behind the last one. */
bool timeline_next(const struct timeline *timeline, struct timeline_place *place, struct timeline_stretch *out);

/* How the message of that place waited; NULL: it did not. */
const struct wait *timeline_wait(const struct timeline *timeline, const struct origin *origin);

/* The same of what waited: all, with the topic and partition, in order, from a place of zeros on. */
const struct wait *timeline_next_wait(const struct timeline *timeline, struct timeline_place *place, const char **topic,
                                      int32_t *partition);

/* How many messages waited. */
size_t timeline_waits(const struct timeline *timeline);

#endif
