/* late_past: what a lane of a replay does about messages that waited for the master in the live run (late.h).
 *
 * What was held back there is held back here, and what was published there once the wait, or a part of it, was over is
 * published here at once, by the version that settled it: so all of a message's output stands together, and is that of
 * the live run to the byte. What waited still when the marks were read is not published. Belongs to the lane's thread.
 */
#ifndef FIXWARDEN_CONSUMER_LATE_PAST_H
#define FIXWARDEN_CONSUMER_LATE_PAST_H

#include "config.h"
#include "late_ask.h"
#include "outbox.h"
#include "past.h"

struct late_past;

/* All is borrowed. ERROR_INTERNAL without memory. */
int late_past_new(const struct config *config, struct past *past, struct late_past **out, struct error *e);
void late_past_free(struct late_past *late); /* NULL is fine */

/* Takes the outbox's place as the output of one check. `counts` grow, and outlive late_past_end, which has to follow
 * where the check did not fail. */
const struct checker_output *late_past_begin(struct late_past *late, struct outbox *outbox, struct late_counts *counts);
int late_past_end(struct late_past *late, struct error *e);

#endif
