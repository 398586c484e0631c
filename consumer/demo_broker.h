/* demo_broker: librdkafka's embedded mock broker, for the demo and for tests: a cluster on loopback within this
 * process.
 *
 * It serves groups, transactions and topics as a broker does, but hides neither open nor aborted data and keeps 5 MiB a
 * partition. One thread starts and stops it; any client of any process may connect meanwhile. */
#ifndef FIXWARDEN_CONSUMER_DEMO_BROKER_H
#define FIXWARDEN_CONSUMER_DEMO_BROKER_H

#include <stddef.h>

#include "core/error.h"
#include "core/slice.h"

struct demo_broker;

int demo_broker_start(struct demo_broker **out, struct error *e);
void demo_broker_stop(struct demo_broker *broker); /* NULL is fine */

/* HOST:PORT for bootstrap.servers; borrowed. */
const char *demo_broker_bootstrap(const struct demo_broker *broker);

int demo_broker_create_topic(struct demo_broker *broker, const char *topic, int partitions, struct error *e);

/* Produces the values in order, to partition 0, and waits until all are there. */
int demo_broker_produce(struct demo_broker *broker, const char *topic, const struct slice *values, size_t count,
                        struct error *e);

#endif
