#include "lanes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "limits.h"
#include "monotonic.h"
#include "source.h"
#include "wall.h"

#define TICK_MS 50      /* between looks of the waiting thread; `stop` is set without waking it */
#define REPORT_MS 10000 /* between lines of counts */
#define MEET_MS 1000    /* how long a lane that is about to join the group waits for the others */

struct lane {
    struct lanes *lanes;
    unsigned number;
    struct source_ranges ranges; /* its part of them */
    pthread_t thread;
    struct pump_pulses pulses;
    bool joined;
    /* Under the lock. */
    bool running;
    bool hangs; /* it is not waited for */
    struct pump_counts counts;
};

struct lanes {
    struct lanes_options options;
    struct config config; /* that of the options, with what it leaves open settled; owns nothing */
    struct headers headers;
    struct breaker *breaker;
    atomic_bool stop; /* of the options, or a lane has failed */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct lane *lanes;
    unsigned count;
    unsigned started;
    unsigned joining;     /* have come to where they meet; under the lock */
    pthread_cond_t met;   /* all have, or all are to end */
    struct error failure; /* the first one; under the lock */

    int64_t hung_ms; /* when the first lane was found to hang; 0: none does */
    int64_t reported_ms;
    uint64_t reported_messages;
};

/* --- one lane, on its thread --- */

static void on_progress(void *opaque, const struct pump_counts *counts)
{
    struct lane *lane = opaque;

    pthread_mutex_lock(&lane->lanes->lock);
    lane->counts = *counts;
    pthread_mutex_unlock(&lane->lanes->lock);
}

/* Those that have their ids join together; unless one is late. */
static void meet_the_others(void *opaque)
{
    struct lanes *l = ((struct lane *)opaque)->lanes;
    const struct timespec latest = monotonic_after(MEET_MS);

    pthread_mutex_lock(&l->lock);
    l->joining++;
    pthread_cond_broadcast(&l->met);
    while (l->joining < l->count && !atomic_load(&l->stop) && pthread_cond_timedwait(&l->met, &l->lock, &latest) == 0) {
    }
    pthread_mutex_unlock(&l->lock);
}

static void stop_all(struct lanes *l)
{
    atomic_store(&l->stop, true);
    pthread_cond_broadcast(&l->met);
}

static int pump(struct lane *lane, struct error *e)
{
    struct lanes *all = lane->lanes;
    const struct pump_options options = {.config = &all->config,
                                         .lane = lane->number,
                                         .headers = &all->headers,
                                         .reload = all->options.reload,
                                         .past = all->options.past,
                                         .breaker = all->breaker,
                                         .alerts = all->options.alerts,
                                         .stop = &all->stop,
                                         .log = all->options.log,
                                         .pulses = &lane->pulses,
                                         .ranges = all->options.ranges ? &lane->ranges : NULL,
                                         .opaque = lane,
                                         .on_member_id = meet_the_others,
                                         .on_progress = on_progress};
    struct pump *p = NULL;
    int status;

    pulse_beat(&lane->pulses.lane);
    status = pump_new(&options, &p, e);
    if (status == 0)
        status = pump_run(p, e);
    pump_free(p);
    return status;
}

/* With the lock. */
static void fail(struct lanes *l, const struct error *e)
{
    log_write(l->options.log, LOG_LEVEL_ERROR, "lanes", "%s", e->text);
    if (l->failure.code == ERROR_NONE)
        l->failure = *e;
    stop_all(l);
}

static void *run_lane(void *opaque)
{
    struct lane *lane = opaque;
    struct lanes *all = lane->lanes;
    struct error e = {.code = ERROR_NONE};
    int status = pump(lane, &e);

    pthread_mutex_lock(&all->lock);
    if (status != 0) {
        error_write_prefix(&e, "lane %u", lane->number);
        fail(all, &e);
    }
    lane->running = false;
    pthread_cond_signal(&all->ended);
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* --- counts --- */

static void add_checked(struct checker_counts *sum, const struct checker_counts *part)
{
    sum->messages += part->messages;
    sum->matched += part->matched;
    sum->discrepant += part->discrepant;
    sum->malformed += part->malformed;
    sum->ignored += part->ignored;
    sum->skipped += part->skipped;
    sum->poss_dup += part->poss_dup;
    sum->poss_resend += part->poss_resend;
    sum->discrepancies += part->discrepancies;
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        sum->by_kind[i] += part->by_kind[i];
    for (int i = 0; i < FIX_REASON_COUNT; i++)
        sum->by_reason[i] += part->by_reason[i];
}

static void add(struct pump_counts *sum, const struct pump_counts *part)
{
    add_checked(&sum->checked, &part->checked);
    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++)
        sum->published[i] += part->published[i];
    sum->stripped += part->stripped;
    sum->late.held += part->late.held;
    sum->late.found += part->late.found;
    sum->late.expired += part->late.expired;
    sum->waiting += part->waiting;
    sum->records += part->records;
    sum->repeated += part->repeated;
    sum->commits += part->commits;
    sum->aborts += part->aborts;
    sum->offsets += part->offsets;
    sum->early += part->early;
    if (part->first_ms != 0 && (sum->first_ms == 0 || part->first_ms < sum->first_ms))
        sum->first_ms = part->first_ms;
    if (part->last_ms > sum->last_ms)
        sum->last_ms = part->last_ms;
}

void lanes_counts(struct lanes *lanes, struct pump_counts *out)
{
    memset(out, 0, sizeof *out);
    pthread_mutex_lock(&lanes->lock);
    for (unsigned i = 0; i < lanes->count; i++)
        add(out, &lanes->lanes[i].counts);
    pthread_mutex_unlock(&lanes->lock);
}

/* --- telling --- */

static void report_late(struct lanes *l, const struct pump_counts *c)
{
    if (l->config.pending.grace_ms == 0)
        return;
    log_write(l->options.log, LOG_LEVEL_INFO, "lanes",
              "waiting=%llu messages pending_held=%llu pending_found=%llu pending_expired=%llu",
              (unsigned long long)c->waiting, (unsigned long long)c->late.held, (unsigned long long)c->late.found,
              (unsigned long long)c->late.expired);
}

static void report(struct lanes *l, int64_t now)
{
    double seconds = (double)(now - l->reported_ms) / 1000;
    struct pump_counts c;

    lanes_counts(l, &c);
    log_write(l->options.log, LOG_LEVEL_INFO, "lanes",
              "messages=%llu (%.0f/s) matched=%llu discrepant=%llu malformed=%llu ignored=%llu "
              "poss_dup=%llu poss_resend=%llu published=%llu dead_letters=%llu transactions=%llu aborts=%llu "
              "repeated=%llu headers_dropped=%llu alerts=%llu version=%s",
              (unsigned long long)c.checked.messages,
              seconds > 0 ? (double)(c.checked.messages - l->reported_messages) / seconds : 0,
              (unsigned long long)c.checked.matched, (unsigned long long)c.checked.discrepant,
              (unsigned long long)c.checked.malformed, (unsigned long long)c.checked.ignored,
              (unsigned long long)c.checked.poss_dup, (unsigned long long)c.checked.poss_resend,
              (unsigned long long)c.published[FOUND_DISCREPANCY], (unsigned long long)c.published[FOUND_DEAD_LETTER],
              (unsigned long long)c.commits, (unsigned long long)c.aborts, (unsigned long long)c.repeated,
              (unsigned long long)c.stripped, (unsigned long long)c.published[OUTBOX_ALERT],
              index_info(reload_index(l->options.reload))->version);
    report_late(l, &c);
    l->reported_ms = now;
    l->reported_messages = c.checked.messages;
}

/* Whoever wants to be told of ticks tells it himself. */
static void tell(struct lanes *l, int64_t now)
{
    struct pump_counts c;

    if (l->options.on_tick) {
        lanes_counts(l, &c);
        l->options.on_tick(l->options.opaque, &c);
    } else if (now - l->reported_ms >= REPORT_MS) {
        report(l, now);
    }
}

static void report_end(struct lanes *l)
{
    struct pump_counts c;

    if (l->options.on_tick)
        return;
    report(l, monotonic_ms());
    lanes_counts(l, &c);
    if (c.records > 0 && c.last_ms > c.first_ms)
        log_write(l->options.log, LOG_LEVEL_INFO, "lanes",
                  "from the first record to the last commit: %llu records, %.3f s, %.0f/s",
                  (unsigned long long)c.records, (double)(c.last_ms - c.first_ms) / 1000,
                  (double)c.records * 1000 / (double)(c.last_ms - c.first_ms));
}

/* --- all lanes --- */

static int start(struct lanes *l, struct error *e)
{
    for (unsigned i = 0; i < l->count; i++) {
        struct lane *lane = &l->lanes[i];
        int err;

        lane->running = true;
        err = pthread_create(&lane->thread, NULL, run_lane, lane);
        if (err != 0) {
            stop_all(l);
            return error_set_errno(e, err, "the thread of lane %u", i);
        }
        l->started++;
    }
    return 0;
}

/* Waits for a tick, or less if a lane ends. Whether any is left that does not hang. */
static bool wait_for_lanes(struct lanes *l)
{
    const struct timespec tick = monotonic_after(TICK_MS);
    unsigned running = 0;

    pthread_mutex_lock(&l->lock);
    for (unsigned i = 0; i < l->started; i++)
        running += l->lanes[i].running && !l->lanes[i].hangs;
    if (running > 0)
        pthread_cond_timedwait(&l->ended, &l->lock, &tick);
    pthread_mutex_unlock(&l->lock);
    return running > 0;
}

/* Why a lane is given up, or NULL. Where one hangs, the process ends, and the others have as long to end by themselves:
 * what one waits for that shows signs of life, records that are to be delivered, may be what the first one hangs for.
 */
static const char *reason_to_give_up(const struct lane *lane, int64_t now)
{
    const struct lanes *l = lane->lanes;
    int64_t most = (int64_t)l->options.config->batch.stall_timeout_ms;

    if (pulse_age_ms(&lane->pulses.lane, now) > most || pulse_age_ms(&lane->pulses.committer, now) > most)
        return "one call has not returned";
    return l->hung_ms != 0 && now - l->hung_ms > most ? "it has not ended beside one that hangs" : NULL;
}

/* With the lock. */
static void give_up(struct lane *lane, const char *reason, int64_t now)
{
    struct lanes *l = lane->lanes;
    struct error e;

    lane->hangs = true;
    if (l->hung_ms == 0)
        l->hung_ms = now;
    error_set(&e, ERROR_TEMPORARY, "lane %u: %s for %llu ms (batch.stall_timeout)", lane->number, reason,
              (unsigned long long)l->options.config->batch.stall_timeout_ms);
    fail(l, &e);
}

/* A call of the client library that does not return can't be ended but with the process. */
static void watch(struct lanes *l, int64_t now)
{
    pthread_mutex_lock(&l->lock);
    for (unsigned i = 0; i < l->started; i++) {
        struct lane *lane = &l->lanes[i];
        const char *reason = lane->running && !lane->hangs ? reason_to_give_up(lane, now) : NULL;

        if (reason)
            give_up(lane, reason, now);
    }
    pthread_mutex_unlock(&l->lock);
}

static void look_after(struct lanes *l)
{
    int64_t now = monotonic_ms();

    if (atomic_load(l->options.stop))
        stop_all(l);
    if (!atomic_load(&l->stop) && !l->options.ranges)
        reload_look(l->options.reload, now, wall_ms());
    watch(l, now);
    tell(l, now);
}

static void join(struct lanes *l, bool hanging_too)
{
    for (unsigned i = 0; i < l->started; i++) {
        struct lane *lane = &l->lanes[i];

        if (!lane->joined && (hanging_too || !lane->hangs))
            lane->joined = pthread_join(lane->thread, NULL) == 0;
    }
}

int lanes_run(struct lanes *lanes, struct error *e)
{
    int status = start(lanes, e);

    while (wait_for_lanes(lanes))
        look_after(lanes);
    join(lanes, false);
    report_end(lanes);
    pthread_mutex_lock(&lanes->lock);
    if (status == 0 && lanes->failure.code != ERROR_NONE) {
        *e = lanes->failure;
        status = -1;
    }
    pthread_mutex_unlock(&lanes->lock);
    return status;
}

bool lanes_hang(struct lanes *lanes)
{
    bool hang = false;

    pthread_mutex_lock(&lanes->lock);
    for (unsigned i = 0; i < lanes->started; i++)
        hang = hang || (lanes->lanes[i].hangs && lanes->lanes[i].running);
    pthread_mutex_unlock(&lanes->lock);
    return hang;
}

/* --- making and freeing --- */

/* How many lanes, and how much memory. */
static int settle_budget(struct lanes *l, struct error *e)
{
    const struct lanes_options *o = &l->options;
    unsigned partitions = 0;
    struct limits limits;
    struct budget budget;

    l->config = *o->config;
    if (l->config.input.lanes == 0 && source_count_partitions(o->config, o->stop, o->log, &partitions, e) != 0)
        return -1;
    limits_find_own(&limits);
    budget_settle(&l->config, &limits, partitions);
    if (budget_check(&l->config, e) != 0)
        return -1;
    budget = budget_divide(&l->config);
    l->count = budget.lanes;
    log_write(o->log, LOG_LEVEL_INFO, "lanes", "%u lanes, %llu MiB of memory; %u processors (%s)", l->count,
              (unsigned long long)budget.total >> 20, limits.threads, limits.threads_reason);
    return 0;
}

static int settle(struct lanes *l, struct error *e)
{
    if (settle_budget(l, e) != 0 || headers_resolve(l->options.config, l->options.log, &l->headers, e) != 0)
        return -1;
    l->lanes = calloc(l->count, sizeof *l->lanes);
    l->breaker = breaker_new(&l->config, l->options.alerts, l->options.log);
    if (!l->lanes || !l->breaker)
        return error_set(e, ERROR_INTERNAL, "no memory for the lanes");
    for (unsigned i = 0; i < l->count; i++) {
        l->lanes[i] = (struct lane){.lanes = l, .number = i};
        if (!l->options.ranges)
            continue;
        l->lanes[i].ranges = *l->options.ranges;
        l->lanes[i].ranges.first = i;
        l->lanes[i].ranges.step = l->count;
    }
    return 0;
}

int lanes_new(const struct lanes_options *options, struct lanes **out, struct error *e)
{
    struct lanes *l = calloc(1, sizeof *l);

    if (!l)
        return error_set(e, ERROR_INTERNAL, "no memory for the lanes");
    l->options = *options;
    l->reported_ms = monotonic_ms();
    pthread_mutex_init(&l->lock, NULL);
    monotonic_cond_init(&l->ended);
    monotonic_cond_init(&l->met);
    if (settle(l, e) != 0) {
        lanes_free(l);
        return -1;
    }
    *out = l;
    return 0;
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    join(lanes, true);
    pthread_cond_destroy(&lanes->ended);
    pthread_cond_destroy(&lanes->met);
    pthread_mutex_destroy(&lanes->lock);
    breaker_free(lanes->breaker);
    free(lanes->lanes);
    free(lanes);
}
