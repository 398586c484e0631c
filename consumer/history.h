/* history: the marks (mark.h) of the live run, read from their topic. One thread. */
#ifndef FIXWARDEN_CONSUMER_HISTORY_H
#define FIXWARDEN_CONSUMER_HISTORY_H

#include <stdatomic.h>

#include "config.h"
#include "log.h"
#include "timeline.h"

/* Adds all that stands on the topic now, and is committed, to the timeline. ERROR_UNAVAILABLE where the topic is not
 * there, ERROR_DATA where something on it is no mark, ERROR_TEMPORARY where `stop` ends it. */
int history_read(const struct config *config, const char *topic, const atomic_bool *stop, struct log *log,
                 struct timeline *timeline, struct error *e);

#endif
