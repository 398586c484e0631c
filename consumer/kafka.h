/* kafka: what the rest of the program may know of the client library, without seeing its header.
 *
 * rdkafka.h is included by kafka, kafka_security, source, source_ranges, start_offsets, sink, txn, txn_table, survey,
 * pending_topic and demo_broker only, through kafka_internal.h. Any thread. */
#ifndef FIXWARDEN_CONSUMER_KAFKA_H
#define FIXWARDEN_CONSUMER_KAFKA_H

#include <stdbool.h>

#include "config.h"
#include "log.h"

/* The version of the library that runs, "2.0.2"; static. */
const char *kafka_version(void);

/* What it was built with, "gzip,snappy,ssl,..."; static, filled in by the first call, which has to be over before
 * threads start. */
const char *kafka_features(void);

/* Whether the library knows every property of [kafka] and takes its value. ERROR_CONFIG with the
 * library's own words. */
int kafka_check(const struct config *config, struct error *e);

/* What is known not to work between this version of the library and some brokers as [kafka] is set, "" where nothing
 * is. A constant. */
const char *kafka_doubt(const struct config *config);

/* The brokers as the configuration names them, "" without; borrowed from it. */
const char *kafka_brokers(const struct config *config);

/* One warning for each thing that is known to go wrong with this version of the library. */
void kafka_warn_of_version(struct log *log);

#endif
