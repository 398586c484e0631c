/* start_offsets: where a partition is begun that the group holds no offset of, when input.start is latest.
 *
 * A group that is new to a topic begins at its end, and holds that end from then on: what comes later is not missed,
 * were the process killed before its first commit. What came afterwards is read from its beginning: a partition that
 * such a topic gained, and, while the process runs, a topic that a pattern has come to match. Belongs to the thread of
 * its source, and knows librdkafka as that does. */
#ifndef FIXWARDEN_CONSUMER_START_OFFSETS_H
#define FIXWARDEN_CONSUMER_START_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>

#include "kafka_internal.h"

struct start_topic {
    char *name;
    int partitions; /* when the process began */
    bool held;      /* the group was there before, with offsets of this topic */
};

struct start_offsets {
    struct start_topic *topics;
    size_t count;
};

/* Learns how the group stands to a topic of so many partitions; before it is joined. ERROR_TEMPORARY where its
 * coordinator does not answer. */
int start_offsets_learn(struct start_offsets *start, rd_kafka_t *rk, const char *topic, int partitions,
                        struct error *e);

/* The same for all topics of the cluster that a pattern matches: a POSIX extended regular expression, as librdkafka
 * subscribes to it. ERROR_CONFIG where it is none. */
int start_offsets_learn_pattern(struct start_offsets *start, rd_kafka_t *rk, const char *pattern,
                                const struct rd_kafka_metadata *cluster, struct error *e);

/* Sets the offsets of those partitions of an assignment that have to begin elsewhere than at what the group holds.
 * Within the callback of a rebalance. ERROR_TEMPORARY as above. */
int start_offsets_choose(const struct start_offsets *start, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *assignment,
                         struct error *e);

void start_offsets_free(struct start_offsets *start);

#endif
