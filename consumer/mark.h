/* mark: what a live run says of how it has judged, so that it can be repeated, as it is published.
 *
 * "From this offset on, this version of the index judges this partition" is in force from its offset until that of the
 * next one; one that comes later supersedes those of its partition that stand at its offset or behind it, since what
 * was judged by them was taken back, or is judged once more. Of a single message it is said that it is held, since the
 * master lacks something, and later, once or in parts, by which version that was settled (late.h).
 *
 * One JSON object, under the key TOPIC:PARTITION, so that all marks of a partition stay in order. Plain values; any
 * thread. */
#ifndef FIXWARDEN_CONSUMER_MARK_H
#define FIXWARDEN_CONSUMER_MARK_H

#include "core/discrepancy.h"
#include "core/index.h"
#include "core/rules.h"
#include "range.h"

#define MARK_KEY_MAX (RANGE_TOPIC_MAX + 12) /* bytes: a topic, a colon, a partition and a NUL */
#define MARK_VALUE_MAX 4096                 /* bytes of the JSON text that are looked at */

enum mark_kind {
    MARK_JUDGED,  /* the records from the offset on, by the version */
    MARK_HELD,    /* one message */
    MARK_SETTLED, /* one message, or some instruments of it, by the version */
};

struct mark {
    enum mark_kind kind;
    char topic[RANGE_TOPIC_MAX + 1];
    int32_t partition;
    int64_t offset;                      /* of the first record, or that of the message */
    int32_t message;                     /* HELD, SETTLED: which one of the record */
    char version[INDEX_VERSION_LEN + 1]; /* JUDGED, SETTLED: as are the rules */
    char rules[RULES_ID_MAX];
    int64_t since_ms; /* HELD, SETTLED: since the epoch, from when its grace counts */
    bool is_over;     /* SETTLED: the grace is, ... */
    int64_t until_ms; /* ... and what is still unknown was published, as unknown until then */
};

/* One about the record or message of that place, with nothing else in it. */
struct mark mark_at(const struct origin *origin, enum mark_kind kind);

/* The key; its length. */
size_t mark_key(const struct mark *mark, char out[MARK_KEY_MAX]);

/* The JSON text, malloc'ed. NULL with ERROR_INTERNAL. */
char *mark_write(const struct mark *mark, struct error *e);

/* Whether the text is a mark; members that it does not know are passed over. */
bool mark_read(struct slice text, struct mark *out);

#endif
