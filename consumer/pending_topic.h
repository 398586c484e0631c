/* pending_topic: whether the brokers have the topic that holds what is pending, as it has to be. One thread. */
#ifndef FIXWARDEN_CONSUMER_PENDING_TOPIC_H
#define FIXWARDEN_CONSUMER_PENDING_TOPIC_H

#include <stdatomic.h>

#include "config.h"
#include "log.h"

/* Waits for brokers and topic, and looks at its cleanup.policy: only `compact` keeps what waits, and no more than that.
 * ERROR_UNAVAILABLE says what is wrong, with the command that puts it right; nothing is made or changed here. Where the
 * policy may not be read, the log says so. */
int pending_topic_check(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log,
                        int *partitions, struct error *e);

#endif
