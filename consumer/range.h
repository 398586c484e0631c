/* range: parts of partitions, and how somebody types one.
 *
 * A list belongs to one thread; read-only it may be shared. */
#ifndef FIXWARDEN_CONSUMER_RANGE_H
#define FIXWARDEN_CONSUMER_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

/* Kafka's rule for the names of topics (org.apache.kafka.common.internals.Topic). */
#define RANGE_TOPIC_MAX 249 /* bytes */
#define RANGE_TOPIC_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

#define RANGES_MAX 20000 /* of one list */
#define RANGE_OPEN INT64_C(-1)

struct range {
    char topic[RANGE_TOPIC_MAX + 1];
    int32_t partition;
    int64_t from; /* the first offset; RANGE_OPEN: the earliest */
    int64_t to;   /* behind the last one; RANGE_OPEN: where the partition ends now */
    int64_t low;  /* what is taken begins here, if it lies behind `from`: what stood before is gone; else 0 */
    int64_t next; /* up to where it has been read; RANGE_OPEN: nobody has asked */
};

/* Starts as zeros. */
struct range_list {
    struct range *items;
    size_t count, capacity;
};

/* "TOPIC:PARTITION=FROM-TO", where either offset may be left out and TO is excluded. ERROR_USAGE for all else, an empty
 * range included. */
int range_parse(struct slice text, struct range *out, struct error *e);

/* Appends. ERROR_DATA beyond RANGES_MAX, or where the list has one of that partition already, since a group holds one
 * offset of it. */
int range_list_add(struct range_list *list, const struct range *range, struct error *e);
void range_list_free(struct range_list *list);

/* Whether the range before it is of another topic. */
bool range_list_begins_topic(const struct range *items, size_t i);

/* All offsets of ranges that are settled. */
uint64_t range_list_offsets(const struct range_list *list);

#endif
