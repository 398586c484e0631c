#include "committer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "monotonic.h"
#include "sink.h"
#include "txn.h"

#define IDLE_POLL_MS 500 /* how often an idle producer's news are served */

#define PRODUCERS_MAX 2

enum state { IDLE, UNDER_WAY, OVER, ENDING };

struct producer {
    struct sink *sink;
    struct txn *txn; /* NULL for at-least-once */
};

struct committer {
    struct producer producers[PRODUCERS_MAX];
    size_t count; /* 0 with DELIVERY_NONE, 1 for at-least-once */
    size_t turn;  /* whose the transaction is that is open, or was last */
    struct pulse *pulse;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum state state;
    struct committer_job job;
    enum committed result;
    struct error failure;
};

/* --- the job, on the committer's thread --- */

static const struct producer *current(const struct committer *c)
{
    return &c->producers[c->turn];
}

/* So that the first one is next. */
static void reset_turn(struct committer *c)
{
    c->turn = c->count > 0 ? c->count - 1 : 0;
}

/* All of them, as at the start and in the same order: see the contract. */
static enum committed renew(struct committer *c, struct error *e)
{
    struct error why = *e;

    for (size_t i = 0; i < c->count; i++)
        if (txn_renew(c->producers[i].txn, e) != TXN_DONE)
            return COMMITTED_FAILED;
    reset_turn(c);
    *e = why;
    return COMMITTED_NOBODY_KNOWS;
}

/* What was sent goes; it will be found again. Something that would be refused again ends the process. An abort that is
 * in doubt may come behind a commit that was. */
static enum committed give_up(struct committer *c, struct error *e)
{
    const struct producer *p = current(c);
    enum committed result = COMMITTED_ABORTED;
    struct error why = *e;
    enum txn_outcome outcome = p->txn ? txn_abort(p->txn, e) : TXN_DONE;

    if (outcome == TXN_RENEW)
        result = renew(c, e);
    if (outcome == TXN_STOP || result == COMMITTED_FAILED)
        return COMMITTED_FAILED;
    if (!p->txn)
        sink_forget(p->sink); /* what is out will be repeated */
    if (sink_failed(p->sink, e) != 0)
        return COMMITTED_FAILED;
    *e = why;
    return result;
}

static enum committed judge(struct committer *c, enum txn_outcome outcome, struct error *e)
{
    switch (outcome) {
    case TXN_DONE:
        return COMMITTED_ALL;
    case TXN_ABORT:
        return give_up(c, e);
    case TXN_RENEW:
        return renew(c, e);
    case TXN_RETRY: /* happens inside */
    case TXN_STOP:
        break;
    }
    return COMMITTED_FAILED;
}

static bool is_open(const struct committer *c)
{
    return current(c)->txn && txn_is_open(current(c)->txn);
}

/* By the producer whose turn it was not: of the other one the broker may still write the markers. */
static enum committed begin(struct committer *c, struct error *e)
{
    if (!current(c)->txn || is_open(c))
        return COMMITTED_ALL;
    c->turn = (c->turn + 1) % c->count;
    return judge(c, txn_begin(current(c)->txn, e), e);
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
    switch (sink_send(current(c)->sink, outbox, e)) {
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

    if (sink_flush(current(c)->sink, e) != 0 || source_commit(job->source, job->positions, &done, e) != 0)
        return COMMITTED_FAILED;
    return done ? COMMITTED_ALL : COMMITTED_OUTPUT;
}

static enum committed work(struct committer *c, const struct committer_job *job, struct error *e)
{
    enum committed result;

    if (c->count == 0)
        return COMMITTED_ALL;
    if (job->abort)
        return give_up(c, e);
    result = send(c, job->outbox, e);
    if (result == COMMITTED_ALL && job->positions && job->always_transaction)
        result = begin(c, e);
    if (result != COMMITTED_ALL || !job->positions)
        return result;
    if (!is_open(c))
        return commit_offsets(c, job, e);
    return judge(c, txn_commit(current(c)->txn, job->positions, e), e);
}

/* --- the thread --- */

static void wait_for_news(struct committer *c)
{
    const struct timespec until = monotonic_after(IDLE_POLL_MS);

    if (pthread_cond_timedwait(&c->changed, &c->lock, &until) != ETIMEDOUT || c->state != IDLE)
        return;
    for (size_t i = 0; i < c->count; i++)
        sink_poll(c->producers[i].sink);
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

enum committed committer_poll(struct committer *committer, int timeout_ms, struct error *e)
{
    const struct timespec until = monotonic_after(timeout_ms);
    enum committed result;
    int err = 0;

    pthread_mutex_lock(&committer->lock);
    while (committer->state == UNDER_WAY && timeout_ms > 0 && err == 0)
        err = pthread_cond_timedwait(&committer->changed, &committer->lock, &until);
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

static size_t count_producers(enum delivery delivery)
{
    return delivery == DELIVERY_NONE ? 0 : delivery == DELIVERY_EXACTLY_ONCE ? PRODUCERS_MAX : 1;
}

static int open_producer(struct committer *c, const struct config *config, unsigned lane, const atomic_bool *stop,
                         struct log *log, struct error *e)
{
    struct producer *p = &c->producers[c->count];

    if (sink_open(config, lane, (unsigned)c->count, stop, log, &p->sink, e) != 0)
        return -1;
    c->count++;
    sink_set_pulse(p->sink, c->pulse);
    if (config->output.delivery != DELIVERY_EXACTLY_ONCE)
        return 0;
    p->txn = txn_new(p->sink, stop, log);
    if (!p->txn)
        return error_set(e, ERROR_INTERNAL, "no memory for transactions");
    return txn_init(p->txn, e) == TXN_DONE ? 0 : -1;
}

static int open_producers(struct committer *c, const struct config *config, unsigned lane, const atomic_bool *stop,
                          struct log *log, struct error *e)
{
    size_t count = count_producers(config->output.delivery);

    while (c->count < count)
        if (open_producer(c, config, lane, stop, log, e) != 0)
            return -1;
    reset_turn(c);
    return 0;
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
    if (open_producers(c, config, lane, stop, log, e) != 0 || start_thread(c, e) != 0) {
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
    if (is_open(committer))
        txn_abort(current(committer)->txn, &e); /* else the broker waits for its time to be over, and readers with it */
    for (size_t i = 0; i < committer->count; i++) {
        txn_free(committer->producers[i].txn);
        sink_close(committer->producers[i].sink);
    }
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}
