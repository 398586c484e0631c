/* mark: "from this offset on, this version of the index judges this partition", as it is published.
 *
 * One JSON object, under the key TOPIC:PARTITION, so that all marks of a partition stay in order. A mark is in force
 * from its offset until that of the next one; one that comes later supersedes those of its partition that stand at its
 * offset or behind it, since what was judged by them was taken back, or is judged once more. Plain values; any thread.
 */
#ifndef FIXWARDEN_CONSUMER_MARK_H
#define FIXWARDEN_CONSUMER_MARK_H

#include "core/index.h"
#include "core/rules.h"
#include "range.h"

#define MARK_KEY_MAX (RANGE_TOPIC_MAX + 12) /* bytes: a topic, a colon, a partition and a NUL */
#define MARK_VALUE_MAX 4096                 /* bytes of the JSON text that are looked at */

struct mark {
    char topic[RANGE_TOPIC_MAX + 1];
    int32_t partition;
    int64_t offset; /* of the first record that is judged so */
    char version[INDEX_VERSION_LEN + 1];
    char rules[RULES_ID_MAX]; /* the rule set of those records */
};

/* The key; its length. */
size_t mark_key(const struct mark *mark, char out[MARK_KEY_MAX]);

/* The JSON text, malloc'ed. NULL with ERROR_INTERNAL. */
char *mark_write(const struct mark *mark, struct error *e);

/* Whether the text is a mark; members that it does not know are passed over. */
bool mark_read(struct slice text, struct mark *out);

#endif
