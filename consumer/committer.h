/* committer: publishes and commits one batch while its lane takes the next.
 *
 * It owns the lane's producers and a thread that makes all calls of them. The lane makes the committer, hands over one
 * job at a time, and collects what became of it before it hands over the next; what a job borrows stays as it is until
 * then. With DELIVERY_NONE it has no producer, and all jobs end as if they were done.
 *
 * With DELIVERY_EXACTLY_ONCE there are two, with transactional ids of their own, and they take turns. A broker that has
 * answered a commit still writes its markers, and tells the next transaction of the same id that comes before it is
 * done to come again (CONCURRENT_TRANSACTIONS), which librdkafka 2.0.2 does 20 ms later; by then the other's is
 * committed.
 *
 *   - One transaction is open at a time. It is over when the other producer begins: its end was answered, so that the
 *     broker has decided, whenever it writes the markers; or the end was in doubt, and both producers were replaced and
 *     the group asked. So no transaction is committed that follows one which was not, records stand in each partition
 *     in the order of the jobs, and only one producer has any on their way.
 *   - Of two offsets that were committed for a partition the group keeps the one that was written last, in whatever
 *     order the markers come (Kafka's GroupMetadata.completePendingTxnOffsetCommit, and since 4.0
 *     OffsetMetadataManager.replayEndTransactionMarker): the one of the later job.
 *   - Both are opened, and have fenced whoever had their ids, before the group is joined or asked for offsets; so again
 *     when they are replaced. Then it is the first one's turn: of two processes with the same ids only the one that
 *     opened it last can go on, and what the other has committed by either it finds when it asks. That is all that
 *     keeps them apart in a replay, which is no member of a group. Who asks while markers are missing is told that the
 *     group can't tell (UNSTABLE_OFFSET_COMMIT), and librdkafka asks again until the call's time is over.
 *   - The id of the first is that of the time when a lane had one, so that it fences a predecessor of then. */
#ifndef FIXWARDEN_CONSUMER_COMMITTER_H
#define FIXWARDEN_CONSUMER_COMMITTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config.h"
#include "log.h"
#include "outbox.h"
#include "pulse.h"
#include "source.h"

enum committed {
    COMMITTED_NOTHING,      /* no job, or it is under way */
    COMMITTED_ALL,          /* for a job without positions: it was sent */
    COMMITTED_OUTPUT,       /* published, but the group does not take the offsets now: they go with the next commit */
    COMMITTED_ABORTED,      /* nothing of it, nor of the jobs without positions before it; the error says why */
    COMMITTED_NOBODY_KNOWS, /* an end was in doubt, the error says why; what was begun is over, the producers were
                               replaced, and the group, which has to be asked, knows how it ended */
    COMMITTED_FAILED        /* the process has to end; the error says why */
};

/* All borrowed. */
struct committer_job {
    const struct outbox *outbox;       /* to publish; may hold nothing */
    struct source *source;             /* whose the positions are */
    const struct positions *positions; /* to commit; NULL: more is to follow in the same transaction */
    bool always_transaction;           /* also where there is no output: nothing but it would fence a predecessor */
    bool abort;                        /* nothing else: what was sent to be followed by more is given up */
};

struct committer;

/* Opens the producers, ends what a predecessor left open under the lane's transactional ids, and fences it. `config`,
 * `stop`, `log` and `pulse`, which is at rest without a job, outlive it. Errors are those of sink and txn. */
int committer_new(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log,
                  struct pulse *pulse, struct committer **out, struct error *e);

/* Waits for the job under way. NULL is fine. */
void committer_free(struct committer *committer);

/* Hands a job over. None may be under way or uncollected. */
void committer_start(struct committer *committer, const struct committer_job *job);

/* Whether a job is under way or uncollected. */
bool committer_is_busy(struct committer *committer);

/* What became of the job, once: when it is over, or COMMITTED_NOTHING after `timeout_ms`, or at once without a job. */
enum committed committer_poll(struct committer *committer, int timeout_ms, struct error *e);
enum committed committer_wait(struct committer *committer, struct error *e);

#endif
