/* sink: the producer of what was found.
 *
 * Belongs to one thread. Records are copied when they are sent. A record that could not be delivered is remembered
 * until sink_failed is asked: nothing behind it may be committed. */
#ifndef FIXWARDEN_CONSUMER_SINK_H
#define FIXWARDEN_CONSUMER_SINK_H

#include <stdatomic.h>

#include "config.h"
#include "log.h"
#include "outbox.h"
#include "pulse.h"

struct sink;

/* Transactional, if the configuration's delivery is exactly-once: the lane has two such producers, 0 and 1, each with
 * an id of its own. Waits for brokers and the output topics: ERROR_UNAVAILABLE with what is missing. `stop` ends
 * waiting here and in sink_flush, and outlives the sink. */
int sink_open(const struct config *config, unsigned lane, unsigned producer, const atomic_bool *stop, struct log *log,
              struct sink **out, struct error *e);
void sink_close(struct sink *sink); /* NULL is fine; what is still queued is dropped */

/* The thread's sign of life, which it gives while it waits in here or in a transaction. Borrowed; NULL: none. */
void sink_set_pulse(struct sink *sink, struct pulse *pulse);

/* Sends every item to its topic under its key and with its headers, in order; alerts and marks only where there is a
 * topic for them. Waits, serving deliveries, where the queue is full: by the library's count or by the sink's own,
 * which has the lane's share of memory.max as its bound. What follows from a record that is not taken: the transaction
 * is to be aborted, or the library refuses it for good. */
enum sink_sent { SINK_SENT, SINK_ABORT, SINK_STOP };
enum sink_sent sink_send(struct sink *sink, const struct outbox *outbox, struct error *e);

/* Replaces the producer by a new one; what is still queued is dropped. */
int sink_renew(struct sink *sink, struct error *e);

/* Waits until everything sent is delivered, logging now and then. -1 where something can't be, or `stop` was set and
 * the brokers are away for longer than SINK_STOP_MS. */
#define SINK_STOP_MS 20000
int sink_flush(struct sink *sink, struct error *e);

/* Serves delivery reports; never waits. */
void sink_poll(struct sink *sink);

/* Whether a record was refused for good since the last sink_forget: -1 with ERROR_UNAVAILABLE and what to do. */
int sink_failed(const struct sink *sink, struct error *e);

/* A transaction was aborted: failures within it are of no more concern, unless they would come again. */
void sink_forget(struct sink *sink);

#endif
