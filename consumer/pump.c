#include "pump.h"

#include <stdlib.h>

#include "budget.h"
#include "monotonic.h"
#include "pump_internal.h"
#include "wall.h"

#define POLL_MS 100           /* how long an idle poll waits; less if a commit is due before */
#define POLL_COMMITTING_MS 2  /* the same while output waits for a commit to end, which wakes no poll */
#define POLL_RECORDS_MAX 256u /* of one poll: what is borrowed from the library at once, and stays in the caches */
#define ABORT_PAUSE_MS 200    /* before going on, times the aborts in a row */

/* --- what comes in the middle of a poll --- */

/* What stands behind it belongs to somebody else from here on: the last chance to commit. */
static void on_revoke(void *opaque, bool lost)
{
    struct pump *p = opaque;
    int status;

    pump_forget_marks(p);
    if (p->failure.code != ERROR_NONE || p->rewind)
        return;
    if (lost) {
        status = pump_conclude(p, pump_wait_for_committer(p, &p->failure), &p->failure);
        if (status == 0 && !p->rewind && !batch_is_empty(p->filling))
            status = pump_undo(p, "the partitions were lost", &p->failure);
    } else {
        status = pump_commit(p, &p->failure);
    }
    if (status == 0)
        p->failure.code = ERROR_NONE; /* an abort leaves its reason there */
}

static void on_partition(void *opaque, const char *topic, int32_t partition, bool ours)
{
    late_partition(((struct pump *)opaque)->late, topic, partition, ours);
}

/* What waits for the master, a portion of it; not while a storm holds the lane, or what was done is undone. */
static int look_at_late(struct pump *p, struct error *e)
{
    if (!p->late || p->paused || p->rewind)
        return 0;
    if (late_look(p->late, p->source, p->index, p->filling->outbox, &p->filling->late, wall_ms(), e) != 0)
        return p->broken || !p->rewind ? -1 : 0;
    if (p->filling->since_ms == 0 && batch_has_output(p->filling))
        p->filling->since_ms = monotonic_ms();
    return 0;
}

/* --- storms --- */

/* What a lane has checked since `before`, for all lanes together. */
static int look_for_storm(struct pump *p, const struct checker_counts *before, struct error *e)
{
    const struct checker_counts *now = checker_counts(p->checker);
    uint64_t discrepant = now->discrepant - before->discrepant;
    const struct storm_counts counts = {discrepant + now->matched - before->matched, discrepant};

    if (counts.messages == 0)
        return 0;
    return breaker_count(p->options.breaker, index_info(p->index)->version, monotonic_ms(), &counts, e);
}

/* Before the one that was held is given back, since nobody can ask for it afterwards. */
static int look_at_index(struct pump *p, struct error *e)
{
    if (!p->index || batch_is_empty(p->filling) || pump_is_trusted(p))
        return 0;
    if (pump_conclude(p, pump_wait_for_committer(p, e), e) != 0)
        return -1;
    return p->rewind ? 0 : pump_distrust(p, e);
}

static int take_index(struct pump *p, struct error *e)
{
    const struct index *before = p->index;

    if (p->options.past)
        return 0;
    if (look_at_index(p, e) != 0)
        return -1;
    p->index = reload_take(p->options.reload, before);
    if (p->index != before)
        breaker_adopt(p->options.breaker, index_info(p->index)->version);
    return 0;
}

/* All that was taken is committed first, so that it is neither lost nor found again when the lane goes on. Where it
 * can't be now, the next round tries again. */
static int hold(struct pump *p, struct error *e)
{
    if (pump_commit(p, e) != 0)
        return -1;
    if (p->rewind || !batch_is_empty(p->filling))
        return 0;
    log_write(p->options.log, LOG_LEVEL_WARNING, "pump", "lane %u pauses", p->options.lane);
    p->paused = true;
    return source_pause(p->source, e);
}

static int go_on(struct pump *p, struct error *e)
{
    log_write(p->options.log, LOG_LEVEL_WARNING, "pump", "lane %u goes on", p->options.lane);
    p->paused = false;
    return source_resume(p->source, e);
}

static int hold_or_go_on(struct pump *p, struct error *e)
{
    bool holds;

    if (p->options.past)
        return 0;
    holds = breaker_holds(p->options.breaker, index_info(p->index)->version) || !pump_is_trusted(p);
    if (holds == p->paused)
        return 0;
    return holds ? hold(p, e) : go_on(p, e);
}

/* --- polling --- */

static int poll_wait_ms(const struct pump *p)
{
    int64_t left;

    if (late_has_more(p->late) || pump_is_urgent(p))
        return 0;
    if (p->committing && batch_has_unsent(p->filling))
        return POLL_COMMITTING_MS;
    if (batch_is_empty(p->filling))
        return POLL_MS;
    left = pump_left_ms(p);
    return left < 0 ? 0 : left < POLL_MS ? (int)left : POLL_MS;
}

static void note_arrival(struct pump *p)
{
    if (p->filling->since_ms == 0)
        p->filling->since_ms = monotonic_ms();
    if (p->counts.first_ms == 0)
        p->counts.first_ms = p->filling->since_ms;
}

/* Takes the next records; none of them counts if what stands before them has to be done again. */
static int poll_records(struct pump *p, size_t *count, struct error *e)
{
    uint64_t room = p->options.config->batch.messages - p->filling->records;
    size_t max = room > 0 && room < p->records_max ? (size_t)room : p->records_max;

    if (source_poll(p->source, p->records, max, poll_wait_ms(p), count, e) != 0)
        return -1;
    if (p->failure.code != ERROR_NONE) {
        *e = p->failure;
        return -1;
    }
    if (p->paused && *count > 0 && source_pause(p->source, e) != 0)
        return -1;
    if (p->rewind || p->paused)
        *count = 0;
    p->drained = *count < max;
    if (*count > 0)
        note_arrival(p);
    return 0;
}

static int rewind_if_told(struct pump *p, struct error *e)
{
    if (!p->rewind)
        return 0;
    p->rewind = false;
    monotonic_nap((int)(ABORT_PAUSE_MS * p->aborts_in_a_row));
    return source_rewind(p->source, e);
}

/* --- the loop --- */

static int take_and_check(struct pump *p, struct error *e)
{
    const struct checker_counts before = *checker_counts(p->checker);
    size_t count;

    if (poll_records(p, &count, e) != 0 || pump_mark(p, &count, e) != 0 || pump_check(p, count, e) != 0)
        return -1;
    /* A part that is read again is no news, whatever is found in it. */
    if (p->options.ranges)
        return 0;
    if (count > 0)
        reload_note(p->options.reload, monotonic_ms(), p->records[0].value);
    return look_for_storm(p, &before, e);
}

int pump_run(struct pump *pump, struct error *e)
{
    while (!atomic_load(pump->options.stop) && !pump_is_finished(pump)) {
        pulse_beat(&pump->options.pulses->lane);
        if (take_index(pump, e) != 0 || hold_or_go_on(pump, e) != 0 || take_and_check(pump, e) != 0 ||
            look_at_late(pump, e) != 0 || pump_publish(pump, e) != 0 || rewind_if_told(pump, e) != 0)
            return -1;
    }
    return pump_commit(pump, e);
}

/* --- making and closing --- */

static void on_member_id(void *opaque)
{
    const struct pump *p = opaque;

    p->options.on_member_id(p->options.opaque);
}

static int make_batches(struct pump *p, struct error *e)
{
    const struct config *config = p->options.config;
    uint64_t messages = config->batch.messages;

    const struct outbox_options options = {
        .header = p->options.headers->header,
        .carried = &config->output.carry_headers,
        .bytes_max = budget_divide(config).outbox,
        .events = {.opaque = p, .on_headers = pump_on_headers, .on_full = pump_on_full},
    };

    for (int i = 0; i < 2; i++)
        if (outbox_new(&options, &p->batches[i].outbox, e) != 0)
            return -1;
    p->filling = &p->batches[0];
    p->other = &p->batches[1];
    p->records_max = messages < POLL_RECORDS_MAX ? (size_t)messages : POLL_RECORDS_MAX;
    p->records = calloc(p->records_max, sizeof *p->records);
    p->checker = checker_new(&config->rules, config_input_tolerated(config));
    return p->checker && p->records ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a batch");
}

/* Only where the live run that is repeated held something back. */
static int make_late_past(struct pump *p, struct error *e)
{
    if (!p->options.past || !past_has_waits(p->options.past))
        return 0;
    return late_past_new(p->options.config, p->options.past, &p->late_past, e);
}

/* What is replayed is no part of the live run. */
static int make_marks(struct pump *p, struct error *e)
{
    if (p->options.ranges || p->options.config->output.versions_topic[0] == '\0')
        return 0;
    p->marks = marks_new();
    return p->marks ? 0 : error_set(e, ERROR_INTERNAL, "no memory for the marks");
}

/* What was committed before, by a run that was stopped, counts as well. */
static int take_ranges(struct pump *p, struct error *e)
{
    const struct pump_options *o = &p->options;

    if (source_assign_ranges(o->config, o->lane, o->ranges, o->stop, o->log, &p->source, e) != 0)
        return -1;
    p->counts.offsets = source_offsets_committed(p->source);
    pump_tell(p);
    return 0;
}

/* The producer before the group is joined or asked, so that whoever had its transactional id is fenced when partitions
 * arrive. */
static int connect(struct pump *p, struct error *e)
{
    const struct pump_options *o = &p->options;
    const struct source_events events = {.opaque = p,
                                         .on_member_id = o->on_member_id ? on_member_id : NULL,
                                         .on_revoke = on_revoke,
                                         .on_partition = on_partition};

    if (late_new(o->config, o->lane, o->stop, o->log, &p->late, e) != 0)
        return -1;
    if (committer_new(o->config, o->lane, o->stop, o->log, &o->pulses->committer, &p->committer, e) != 0)
        return -1;
    return o->ranges ? take_ranges(p, e)
                     : source_subscribe(o->config, o->lane, &events, o->stop, o->log, &p->source, e);
}

int pump_new(const struct pump_options *options, struct pump **out, struct error *e)
{
    struct pump *p = calloc(1, sizeof *p);

    if (!p)
        return error_set(e, ERROR_INTERNAL, "no memory for the pump");
    p->options = *options;
    if (make_batches(p, e) != 0 || make_marks(p, e) != 0 || make_late_past(p, e) != 0 || connect(p, e) != 0) {
        pump_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* What is uncommitted here has failed to be committed: leaving the group must not try once more. A commit that is under
 * way uses the source. */
void pump_free(struct pump *pump)
{
    struct error e;

    if (!pump)
        return;
    pump->rewind = true;
    if (pump->committer)
        pump_wait_for_committer(pump, &e);
    source_close(pump->source);
    if (pump->checker)
        pump_tell(pump);
    committer_free(pump->committer);
    for (int i = 0; i < 2; i++)
        outbox_free(pump->batches[i].outbox);
    checker_free(pump->checker);
    late_free(pump->late);
    late_past_free(pump->late_past);
    marks_free(pump->marks);
    if (pump->options.past)
        past_leave(pump->options.past, &pump->place);
    else
        reload_give_back(pump->options.reload, pump->index);
    free(pump->records);
    alerts_put_back(pump->options.alerts, pump->alert);
    free(pump);
}
