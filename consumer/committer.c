#include "committer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "monotonic.h"
#include "sink.h"
#include "txn.h"

#define IDLE_POLL_MS 500 /* how often an idle producer's news are served */

/* What a broker takes to write the markers of a commit that it has answered already. A transaction that begins before
 * is told to come again later (CONCURRENT_TRANSACTIONS), which librdkafka does after 20 ms. At 20,000 messages a second
 * half of all discrepancies reached a reader in 37 ms instead of 45 to 57. */
#define MARKERS_MS 6

enum state { IDLE, UNDER_WAY, OVER, ENDING };

struct committer {
    struct sink *sink;
    struct txn *txn; /* NULL for at-least-once */
    struct pulse *pulse;
    pthread_t thread;
    bool started;
    int64_t committed_ms; /* when the last transaction was */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum state state;
    struct committer_job job;
    enum committed result;
    struct error failure;
};

/* --- the job, on the committer's thread --- */

/* What was sent goes; it will be found again. Something that would be refused again ends the process. */
static enum committed give_up(struct committer *c, struct error *e)
{
    struct error why = *e;

    if (c->txn && txn_abort(c->txn, e) != TXN_DONE)
        return COMMITTED_FAILED;
    if (!c->txn)
        sink_forget(c->sink); /* what is out will be repeated */
    if (sink_failed(c->sink, e) != 0)
        return COMMITTED_FAILED;
    *e = why;
    return COMMITTED_ABORTED;
}

static enum committed judge(struct committer *c, enum txn_outcome outcome, struct error *e)
{
    switch (outcome) {
    case TXN_DONE:
        return COMMITTED_ALL;
    case TXN_ABORT:
        return give_up(c, e);
    case TXN_RENEW:
        return txn_renew(c->txn, e) == TXN_DONE ? COMMITTED_NOBODY_KNOWS : COMMITTED_FAILED;
    case TXN_RETRY: /* happens inside */
    case TXN_STOP:
        break;
    }
    return COMMITTED_FAILED;
}

static void wait_for_markers(const struct committer *c)
{
    int64_t left_ms = c->committed_ms + MARKERS_MS - monotonic_ms();

    if (c->committed_ms != 0 && left_ms > 0)
        monotonic_nap((int)left_ms);
}

static enum committed begin(struct committer *c, struct error *e)
{
    if (!c->txn)
        return COMMITTED_ALL;
    if (!txn_is_open(c->txn))
        wait_for_markers(c);
    return judge(c, txn_begin(c->txn, e), e);
}

/* In a transaction that begins with the first of it. */
static enum committed send(struct committer *c, const struct outbox *outbox, struct error *e)
{
    enum committed result;

    if (outbox_count(outbox) == 0)
        return COMMITTED_ALL;
    result = begin(c, e);
    if (result != COMMITTED_ALL)
        return result;
    switch (sink_send(c->sink, outbox, e)) {
    case SINK_SENT:
        return COMMITTED_ALL;
    case SINK_ABORT:
        return give_up(c, e);
    case SINK_STOP:
        break;
    }
    return COMMITTED_FAILED;
}

/* The offsets alone, behind what is delivered. Without output there is nothing that would have to be atomic with them.
 */
static enum committed commit_offsets(struct committer *c, const struct committer_job *job, struct error *e)
{
    bool done = false;

    if (sink_flush(c->sink, e) != 0 || source_commit(job->source, job->positions, &done, e) != 0)
        return COMMITTED_FAILED;
    return done ? COMMITTED_ALL : COMMITTED_OUTPUT;
}

static enum committed work(struct committer *c, const struct committer_job *job, struct error *e)
{
    enum committed result;

    if (!c->sink)
        return COMMITTED_ALL;
    if (job->abort)
        return give_up(c, e);
    result = send(c, job->outbox, e);
    if (result == COMMITTED_ALL && job->positions && job->always_transaction)
        result = begin(c, e);
    if (result != COMMITTED_ALL || !job->positions)
        return result;
    if (!c->txn || !txn_is_open(c->txn))
        return commit_offsets(c, job, e);
    result = judge(c, txn_commit(c->txn, job->positions, e), e);
    c->committed_ms = monotonic_ms();
    return result;
}

/* --- the thread --- */

static void wait_for_news(struct committer *c)
{
    const struct timespec until = monotonic_after(IDLE_POLL_MS);

    if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT && c->state == IDLE && c->sink)
        sink_poll(c->sink);
}

static void *run(void *opaque)
{
    struct committer *c = opaque;
    struct error e;

    pthread_mutex_lock(&c->lock);
    while (c->state != ENDING) {
        if (c->state != UNDER_WAY) {
            wait_for_news(c);
            continue;
        }
        pthread_mutex_unlock(&c->lock);
        e = (struct error){.code = ERROR_NONE};
        pulse_beat(c->pulse);
        enum committed result = work(c, &c->job, &e);

        pulse_rest(c->pulse);
        pthread_mutex_lock(&c->lock);
        c->result = result;
        c->failure = e;
        c->state = OVER;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* --- the lane's side --- */

void committer_start(struct committer *committer, const struct committer_job *job)
{
    pthread_mutex_lock(&committer->lock);
    committer->job = *job;
    committer->state = UNDER_WAY;
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_is_busy(struct committer *committer)
{
    bool busy;

    pthread_mutex_lock(&committer->lock);
    busy = committer->state != IDLE;
    pthread_mutex_unlock(&committer->lock);
    return busy;
}

/* With the lock. */
static enum committed collect(struct committer *c, struct error *e)
{
    if (c->state != OVER)
        return COMMITTED_NOTHING;
    c->state = IDLE;
    if (c->result != COMMITTED_ALL && c->result != COMMITTED_OUTPUT)
        *e = c->failure;
    return c->result;
}

enum committed committer_poll(struct committer *committer, struct error *e)
{
    enum committed result;

    pthread_mutex_lock(&committer->lock);
    result = collect(committer, e);
    pthread_mutex_unlock(&committer->lock);
    return result;
}

enum committed committer_wait(struct committer *committer, struct error *e)
{
    enum committed result;

    pthread_mutex_lock(&committer->lock);
    while (committer->state == UNDER_WAY)
        pthread_cond_wait(&committer->changed, &committer->lock);
    result = collect(committer, e);
    pthread_mutex_unlock(&committer->lock);
    return result;
}

/* --- making and freeing --- */

static int open_producer(struct committer *c, const struct config *config, unsigned lane, const atomic_bool *stop,
                         struct log *log, struct error *e)
{
    if (config->output.delivery == DELIVERY_NONE)
        return 0;
    if (sink_open(config, lane, stop, log, &c->sink, e) != 0)
        return -1;
    sink_set_pulse(c->sink, c->pulse);
    if (config->output.delivery != DELIVERY_EXACTLY_ONCE)
        return 0;
    c->txn = txn_new(c->sink, stop, log);
    if (!c->txn)
        return error_set(e, ERROR_INTERNAL, "no memory for transactions");
    return txn_init(c->txn, e) == TXN_DONE ? 0 : -1;
}

static int start_thread(struct committer *c, struct error *e)
{
    int err = pthread_create(&c->thread, NULL, run, c);

    if (err != 0)
        return error_set_errno(e, err, "the committer's thread");
    c->started = true;
    return 0;
}

int committer_new(const struct config *config, unsigned lane, const atomic_bool *stop, struct log *log,
                  struct pulse *pulse, struct committer **out, struct error *e)
{
    struct committer *c = calloc(1, sizeof *c);

    if (!c)
        return error_set(e, ERROR_INTERNAL, "no memory for the committer");
    c->pulse = pulse;
    pthread_mutex_init(&c->lock, NULL);
    monotonic_cond_init(&c->changed);
    if (open_producer(c, config, lane, stop, log, e) != 0 || start_thread(c, e) != 0) {
        committer_free(c);
        return -1;
    }
    pulse_rest(c->pulse);
    *out = c;
    return 0;
}

static void end_thread(struct committer *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->state == UNDER_WAY)
        pthread_cond_wait(&c->changed, &c->lock);
    c->state = ENDING;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
}

void committer_free(struct committer *committer)
{
    struct error e;

    if (!committer)
        return;
    if (committer->started)
        end_thread(committer);
    if (committer->txn)
        txn_abort(committer->txn, &e); /* else the broker waits for its time to be over, and readers with it */
    txn_free(committer->txn);
    sink_close(committer->sink);
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}
