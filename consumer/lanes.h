/* lanes: the pumps of this process, each on a thread of its own, over one index.
 *
 * lanes_run keeps its caller's thread, which looks for newer indexes and reports. A lane that ends by an error ends
 * all: the others commit what they have, leave the group, and the error is that of the first. So does a lane in which a
 * call of the client library has not returned for batch.stall_timeout; only that it is not waited for. */
#ifndef FIXWARDEN_CONSUMER_LANES_H
#define FIXWARDEN_CONSUMER_LANES_H

#include "pump.h"

struct lanes_options {
    const struct config *config;
    struct reload *reload;   /* borrowed, as is all that follows; NULL with a past */
    struct past *past;       /* as in pump_options */
    const atomic_bool *stop; /* set by anybody, a signal handler included */
    struct log *log;
    struct alerts *alerts; /* published by whichever lane comes first; NULL: none */
    /* Read instead of joining the group, `first` and `step` aside; by input.lanes lanes, over the index as it is. They
     * end by themselves when all is read. NULL: the group, without end. */
    const struct source_ranges *ranges;
    void *opaque;
    /* Now and then, on the caller's thread, instead of the lines of counts. NULL: these. */
    void (*on_tick)(void *opaque, const struct pump_counts *counts);
};

struct lanes;

/* Settles how many lanes there are, and the schemas. Errors are those of source and headers. */
int lanes_new(const struct lanes_options *options, struct lanes **out, struct error *e);

/* Runs them until `stop` is set, one of them fails, or their ranges are read: 0, or -1 with the reason. Once. */
int lanes_run(struct lanes *lanes, struct error *e);

/* Whether a lane hangs, after lanes_run. Nothing that it was given may be freed then: the process has to end at once.
 */
bool lanes_hang(struct lanes *lanes);

/* What all of them have done together; any thread. */
void lanes_counts(struct lanes *lanes, struct pump_counts *out);

/* Waits for a lane that hangs, for ever if need be. NULL is fine. */
void lanes_free(struct lanes *lanes);

#endif
