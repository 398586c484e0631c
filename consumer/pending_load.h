/* pending_load: what waits for a lane's partitions, read back from pending.topic after an assignment.
 *
 * On a thread of its own, so that the lane goes on polling. First the group is asked how far the partitions were read,
 * which waits for transactions that are about to change that; then the topic is read, as committed, up to where it ends
 * from that moment on, what is in open transactions included: so all is seen that was committed together with those
 * offsets. Only the partitions of pending.topic are read that hold what waits for these (pending_partition). The lane
 * makes it, asks whether it is over and frees it. */
#ifndef FIXWARDEN_CONSUMER_PENDING_LOAD_H
#define FIXWARDEN_CONSUMER_PENDING_LOAD_H

#include "config.h"
#include "log.h"
#include "pending.h"
#include "range.h"

struct pending_load;

/* In which partition of pending.topic, which has `count`, that stands which waits for a partition of the input. */
static inline int32_t pending_partition(int32_t origin, int count)
{
    return origin % count;
}

/* Starts to read what waits for the partitions of `origins`, whose list it takes over; `count`: partitions of
 * pending.topic. `config` and `log` outlive it. */
int pending_load_start(const struct config *config, unsigned lane, int count, struct range_list *origins,
                       struct log *log, struct pending_load **out, struct error *e);

bool pending_load_is_over(const struct pending_load *load);

/* Once it is over: what was found, whose places are numbers of the origins, to be taken out entry by entry; and the
 * origins, whose `next` is what the group holds, RANGE_OPEN where it holds nothing, and then nothing waits. NULL with
 * the error where it failed: ERROR_CONFIG for what will not pass. Borrowed. */
struct pending *pending_load_found(struct pending_load *load, struct error *e);
const struct range_list *pending_load_origins(const struct pending_load *load);

void pending_load_stop(struct pending_load *load); /* ends it before its time; it is over a little later */
void pending_load_free(struct pending_load *load); /* waits until it is over; NULL is fine */

#endif
