/* late_ask: asks an index what it says of a message that is held (pending_record.h), and publishes what follows.
 *
 * An instrument no identifier of which is unknown any more is settled, and, where the grace is over, each is. Of those
 * that are settled it publishes what was not published before. What that is follows from the record, the index and the
 * question alone, so that it can be asked again (late_past.h). One thread. */
#ifndef FIXWARDEN_CONSUMER_LATE_ASK_H
#define FIXWARDEN_CONSUMER_LATE_ASK_H

#include "config.h"
#include "core/checker.h"
#include "pending_record.h"

/* Of discrepancies. */
struct late_counts {
    uint64_t held;    /* not published yet */
    uint64_t found;   /* the master learnt the security */
    uint64_t expired; /* published at the end of their grace, or before it where memory is short */
};

/* All borrowed. */
struct late_question {
    const struct pending_record *record;
    const struct index *index;
    bool is_over;     /* the grace is: what is still unknown is published, */
    int64_t until_ms; /* as unknown until then, since the epoch */
};

struct late_ask;

/* ERROR_INTERNAL without memory. */
int late_ask_new(const struct config *config, struct late_ask **out, struct error *e);
void late_ask_free(struct late_ask *ask); /* NULL is fine */

/* Looks what is still unknown; whether anything is settled. The question has to live until it is published. */
int late_ask_look(struct late_ask *ask, const struct late_question *question, bool *any, struct error *e);

/* Publishes what follows, to `output`; and counts. */
int late_ask_publish(struct late_ask *ask, const struct checker_output *output, struct late_counts *counts,
                     struct error *e);

/* The items about instruments that wait on, in their order, if any do; borrowed until the next look. */
const struct pending_items *late_ask_rest(const struct late_ask *ask);

#endif
