/* alerts: what an operator has to know at once, on its way to output.alert_topic.
 *
 * Whoever has news raises an alert, in any thread; a lane takes it and publishes it in its next transaction, be there
 * anything else to publish or not. It keeps it until that is committed, or puts it back. What the alerts look like is
 * in schemas/README.md. They are said in the log by whoever raises them, so that without a topic nothing is queued. */
#ifndef FIXWARDEN_CONSUMER_ALERTS_H
#define FIXWARDEN_CONSUMER_ALERTS_H

#include <stdbool.h>

#include <jansson.h>

#include "config.h"

#define ALERTS_MAX 64 /* that wait; a further one takes the place of the oldest */

struct alerts;

/* `config` outlives it. NULL without memory. */
struct alerts *alerts_new(const struct config *config);
void alerts_free(struct alerts *alerts); /* NULL is fine */

/* Queues {"alert": KIND, "group": GROUP, FIELDS}. Takes the reference to `fields`, whose NULL is an object that there
 * was no memory for. 0, or -1 without memory. NULL alerts go nowhere. */
int alerts_raise(struct alerts *alerts, const char *kind, json_t *fields, struct error *e);

/* Whether any waits. Costs next to nothing. */
bool alerts_wait(struct alerts *alerts);

/* The oldest that waits, as JSON text, which is the caller's to free or to put back; NULL: none. */
char *alerts_take(struct alerts *alerts);

/* It is the next one again. Takes the text over; NULL is fine. */
void alerts_put_back(struct alerts *alerts, char *alert);

#endif
