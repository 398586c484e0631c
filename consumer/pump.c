#include "pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "committer.h"
#include "late.h"
#include "late_past.h"
#include "marks.h"
#include "monotonic.h"
#include "wall.h"

#define POLL_MS 100            /* how long an idle poll waits; less if a commit is due before */
#define POLL_COMMITTING_MS 2   /* the same while output waits for a commit to end, which wakes no poll */
#define COMMITTING_MS 10       /* how long a lane that has nothing to catch up with waits for a commit, not polling */
#define POLL_RECORDS_MAX 4096u /* of one poll: what is borrowed from the library at once */
#define BACKLOG_NONE 1024u     /* records or less: somebody is waiting for what is found, commit at once */
#define ABORTS_MAX 10          /* in a row, without one commit between them */
#define ABORT_PAUSE_MS 200     /* before going on, times the aborts in a row */

/* What is committed together. */
struct batch {
    struct outbox *outbox;            /* not sent yet */
    uint64_t records;                 /* checked */
    uint64_t sent[OUTBOX_TYPE_COUNT]; /* handed to the producer */
    uint64_t stripped;
    struct late_counts late;
    uint64_t early;   /* of the records, as pump_counts has them */
    bool partly_sent; /* in a transaction that is open, or ahead of the offsets */
    int64_t since_ms; /* when its first record came */
};

/* Two batches: one is filled while the other is committed. */
struct pump {
    struct pump_options options;
    struct source *source;
    struct committer *committer;
    struct checker *checker;
    struct late *late;              /* NULL: nothing is held back */
    struct late_past *late_past;    /* NULL: nor was it in the live run that is repeated */
    struct marks *marks;            /* NULL: nobody is told by which version records are judged */
    const struct index *index;      /* held; NULL: none yet. With a past the one that judged last */
    struct past_place place;        /* of it */
    struct checker_record *records; /* of one poll */
    size_t records_max;

    struct batch batches[2];
    struct batch *filling, *other;
    bool committing; /* the other one is */
    bool drained;    /* the last poll got less than it could take */
    bool rewind;     /* what was taken since the last commit has to be taken again */
    unsigned aborts_in_a_row;
    bool paused; /* by a storm, or for want of an index */
    char *alert; /* taken, and not published yet; NULL: none */

    bool broken; /* sending in the middle of a check has failed for good */

    struct pump_counts counts;
    struct error failure; /* in on_revoke, which can't return one */
};

/* --- batches --- */

static void clear(struct batch *batch)
{
    outbox_clear(batch->outbox);
    *batch = (struct batch){.outbox = batch->outbox};
}

static bool has_unsent(const struct batch *batch)
{
    return outbox_count(batch->outbox) > 0;
}

static bool has_output(const struct batch *batch)
{
    return batch->partly_sent || has_unsent(batch);
}

/* What late publishes comes of no record. */
static bool is_empty(const struct batch *batch)
{
    return batch->records == 0 && !has_output(batch);
}

static void count_sent(struct batch *batch)
{
    for (size_t i = 0; i < outbox_count(batch->outbox); i++)
        batch->sent[outbox_item(batch->outbox, i).type]++;
    batch->stripped += outbox_stripped(batch->outbox);
}

static bool is_at_least_once(const struct pump *p)
{
    return p->options.config->output.delivery == DELIVERY_AT_LEAST_ONCE;
}

/* A transaction that is open is ended with what is checked by then. */
static bool is_full(const struct pump *p)
{
    return p->filling->records >= p->options.config->batch.messages ||
           (p->filling->partly_sent && !is_at_least_once(p));
}

static int64_t left_ms(const struct pump *p)
{
    return p->filling->since_ms + (int64_t)p->options.config->batch.commit_interval_ms - monotonic_ms();
}

/* All ranges are taken to their ends. */
static bool is_at_end(const struct pump *p)
{
    return p->options.ranges && source_at_end(p->source);
}

/* And committed, those included behind whose last record there is nothing but markers. */
static bool is_finished(const struct pump *p)
{
    return is_at_end(p) && !p->rewind && !p->committing && source_is_committed(p->source);
}

/* One at a time: the next one when this one is out. Only a member of the group can commit. */
static bool has_alert(struct pump *p)
{
    if ((!p->alert && !alerts_wait(p->options.alerts)) || !source_is_member(p->source))
        return false;
    if (!p->alert)
        p->alert = alerts_take(p->options.alerts);
    return p->alert != NULL;
}

/* There is output and nothing else to do: somebody waits for it. */
static bool is_urgent(const struct pump *p)
{
    return p->drained && has_unsent(p->filling) && source_backlog(p->source) <= BACKLOG_NONE;
}

/* Offsets alone may wait. */
static bool is_due(struct pump *p)
{
    if (is_at_end(p))
        return !is_finished(p);
    if (has_alert(p))
        return true;
    if (is_empty(p->filling))
        return false;
    return is_full(p) || left_ms(p) <= 0 || is_urgent(p);
}

/* --- marks --- */

static void forget_marks(struct pump *p)
{
    if (p->marks)
        marks_forget(p->marks);
}

static int add_mark(struct pump *p, const struct origin *origin, struct error *e)
{
    struct mark mark = mark_at(origin, MARK_JUDGED);

    memcpy(mark.version, index_info(p->index)->version, sizeof mark.version);
    memcpy(mark.rules, p->options.config->rules.id, sizeof mark.rules);
    return marks_put(p->filling->outbox, &mark, e);
}

/* Whether the record stands behind the one before it, so that what holds of that holds of it. */
static bool follows(const struct origin *before, const struct origin *origin)
{
    return before->topic.ptr == origin->topic.ptr && before->partition == origin->partition &&
           before->offset < origin->offset;
}

/* Says by which version the records of a poll are judged, before they are. None of them counts where that led to an
 * abort. */
static int mark(struct pump *p, size_t *count, struct error *e)
{
    const char *version = p->marks && *count > 0 ? index_info(p->index)->version : NULL;

    for (size_t i = 0; version && i < *count; i++) {
        const struct origin *origin = &p->records[i].origin;

        if ((i > 0 && follows(&p->records[i - 1].origin, origin)) || !marks_lack(p->marks, origin, version))
            continue;
        if (add_mark(p, origin, e) == 0)
            continue;
        *count = 0;
        return p->broken || !p->rewind ? -1 : 0;
    }
    return 0;
}

/* --- what became of a commit --- */

static void tell(struct pump *p)
{
    p->counts.checked = *checker_counts(p->checker);
    p->counts.waiting = late_count(p->late);
    if (p->options.on_progress)
        p->options.on_progress(p->options.opaque, &p->counts);
}

/* It is published; until then it goes with each batch that is handed over. */
static void forget_alert(struct pump *p, const struct batch *batch)
{
    if (batch->sent[OUTBOX_ALERT] == 0)
        return;
    free(p->alert);
    p->alert = NULL;
}

static void add_late(struct late_counts *sum, const struct late_counts *part)
{
    sum->held += part->held;
    sum->found += part->found;
    sum->expired += part->expired;
}

static void settle(struct pump *p, struct batch *batch)
{
    uint64_t sent = 0;

    source_committed(p->source);
    p->counts.records += batch->records;
    p->counts.offsets = source_offsets_committed(p->source);
    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++) {
        p->counts.published[i] += batch->sent[i];
        sent += batch->sent[i];
    }
    p->counts.stripped += batch->stripped;
    add_late(&p->counts.late, &batch->late);
    p->counts.early += batch->early;
    forget_alert(p, batch);
    p->counts.commits += sent > 0;
    p->counts.last_ms = monotonic_ms();
    p->aborts_in_a_row = 0;
    clear(batch);
    tell(p);
}

/* What was published, without its offsets, goes with the next commit. */
static void carry_over(struct pump *p, struct batch *batch)
{
    source_postponed(p->source);
    p->filling->records += batch->records;
    for (int i = 0; i < OUTBOX_TYPE_COUNT; i++)
        p->filling->sent[i] += batch->sent[i];
    p->filling->stripped += batch->stripped;
    p->filling->early += batch->early;
    add_late(&p->filling->late, &batch->late);
    forget_alert(p, batch);
    p->filling->since_ms = monotonic_ms(); /* not again at once */
    clear(batch);
}

/* The committer has a pulse of its own. */
static enum committed wait_for_committer(struct pump *p, struct error *e)
{
    enum committed result;

    pulse_rest(&p->options.pulses->lane);
    result = committer_wait(p->committer, e);
    pulse_beat(&p->options.pulses->lane);
    return result;
}

/* Of which nothing was handed over to a commit: where the group is asked, it is for others. */
static int drop_sent(struct pump *p, struct error *e)
{
    const struct committer_job job = {.abort = true};
    enum committed result;
    bool committed;

    if (!p->filling->partly_sent)
        return 0;
    committer_start(p->committer, &job);
    result = wait_for_committer(p, e);
    if (result == COMMITTED_NOBODY_KNOWS)
        return source_ask_committed(p->source, &committed, e);
    return result == COMMITTED_FAILED ? -1 : 0;
}

/* Drops what was done since the last commit; it will be done again. In an on_revoke the seeking has to wait: `rewind`
 * says so. */
static int undo(struct pump *p, const char *why, struct error *e)
{
    uint64_t records = p->filling->records + p->other->records;

    log_write(p->options.log, LOG_LEVEL_WARNING, "pump", "lane %u: aborted, %llu records will be checked again: %s",
              p->options.lane, (unsigned long long)records, why);
    if (drop_sent(p, e) != 0)
        return -1;
    late_reset(p->late);
    forget_marks(p);
    p->counts.aborts++;
    p->counts.repeated += records;
    clear(p->filling);
    clear(p->other);
    p->rewind = true;
    if (++p->aborts_in_a_row > ABORTS_MAX)
        return error_set(e, ERROR_TEMPORARY, "%u transactions in a row were aborted, the last one: %s", ABORTS_MAX,
                         why);
    return 0;
}

static int undo_for(struct pump *p, struct error *e)
{
    char why[ERROR_TEXT_MAX];

    memcpy(why, e->text, sizeof why);
    return undo(p, why, e);
}

/* The group knows. */
static int find_out(struct pump *p, struct error *e)
{
    struct error why = *e;
    bool committed = false;

    if (source_ask_committed(p->source, &committed, e) != 0)
        return -1;
    if (!committed)
        return undo(p, why.text, e);
    settle(p, p->other);
    return 0;
}

static int conclude(struct pump *p, enum committed result, struct error *e)
{
    if (result != COMMITTED_NOTHING)
        p->committing = false;
    switch (result) {
    case COMMITTED_NOTHING:
        return 0;
    case COMMITTED_ALL:
        settle(p, p->other);
        return 0;
    case COMMITTED_OUTPUT:
        carry_over(p, p->other);
        return 0;
    case COMMITTED_ABORTED:
        return undo_for(p, e);
    case COMMITTED_NOBODY_KNOWS:
        return find_out(p, e);
    case COMMITTED_FAILED:
        break;
    }
    return -1;
}

/* --- an index that was overwritten --- */

static bool is_trusted(const struct pump *p)
{
    return p->options.past ? !past_damaged(p->options.past) : reload_trusts(p->options.reload, p->index);
}

static const char *damaged_path(const struct pump *p)
{
    const char *path = p->options.past ? past_damaged(p->options.past) : reload_path(p->options.reload);

    return path ? path : "an index";
}

/* What was found with it since the last commit may be wrong. A part of the topics is checked by one version or not at
 * all; the live run waits for another. */
static int distrust(struct pump *p, struct error *e)
{
    if (p->options.ranges)
        return error_set(e, ERROR_IO, "%s: was overwritten or cut while it was used", damaged_path(p));
    return undo(p, "the index was overwritten or cut while it was used", e);
}

/* --- committing --- */

static int add_alert(struct pump *p, struct error *e)
{
    const char *group = p->options.config->input.group;

    return p->alert ? outbox_add_alert(p->filling->outbox, slice_of(group), slice_of(p->alert), e) : 0;
}

/* The committer works on what was filled, and the other batch is filled meanwhile. None may be under way. */
static int hand_over(struct pump *p, struct error *e)
{
    struct batch *batch = p->filling;
    struct committer_job job = {
        .source = p->source, .outbox = batch->outbox, .always_transaction = p->options.ranges != NULL};

    if (!is_empty(batch) && !is_trusted(p)) /* else nothing was found with it: an alert goes out all the same */
        return distrust(p, e);
    if (add_alert(p, e) != 0)
        return -1;
    job.positions = source_hand_over(p->source);
    if (!job.positions)
        return undo(p, "the group has dropped this member", e);
    count_sent(batch);
    committer_start(p->committer, &job);
    p->committing = true;
    p->filling = p->other;
    p->other = batch;
    return 0;
}

/* All that was taken, and waits for it. */
static int commit(struct pump *p, struct error *e)
{
    if (conclude(p, wait_for_committer(p, e), e) != 0)
        return -1;
    if (p->rewind || (is_empty(p->filling) && !has_alert(p)))
        return 0;
    if (hand_over(p, e) != 0)
        return -1;
    return conclude(p, wait_for_committer(p, e), e);
}

/* What became of the batch before. One that is full waits for it; and so does one that is urgent, a while: what arrives
 * meanwhile is taken at once when it is over, and goes with it. */
static int look_at_commit(struct pump *p, struct error *e)
{
    int patience_ms = p->committing && is_urgent(p) ? COMMITTING_MS : 0;
    enum committed result = is_full(p) ? wait_for_committer(p, e) : committer_poll(p->committer, patience_ms, e);

    return conclude(p, result, e);
}

/* More was found in the middle of a poll, or of a record, than memory is meant for: it goes to the producer, in the
 * transaction that the rest of the poll will end. Or it need not wait for its offsets. */
static int send_part(struct pump *p, struct error *e)
{
    const struct committer_job job = {.outbox = p->filling->outbox};
    enum committed result;

    if (conclude(p, wait_for_committer(p, e), e) != 0)
        return -1;
    if (p->rewind)
        return 0;
    if (!is_trusted(p))
        return distrust(p, e);
    p->filling->partly_sent = true;
    count_sent(p->filling);
    committer_start(p->committer, &job);
    result = wait_for_committer(p, e);
    if (result == COMMITTED_ALL)
        outbox_clear(p->filling->outbox);
    return result == COMMITTED_ALL ? 0 : conclude(p, result, e);
}

/* Of what is due: at least once, what somebody waits for need not wait until its offsets, and those of the batch
 * before, are committed. They follow in their time. */
static bool goes_ahead(struct pump *p)
{
    return is_at_least_once(p) && !is_full(p) && left_ms(p) > 0 && !has_alert(p);
}

/* Looks what became of the batch before. Then it is this one's turn, if it is due. */
static int publish(struct pump *p, struct error *e)
{
    bool was_committing = p->committing;

    if (look_at_commit(p, e) != 0)
        return -1;
    if (p->rewind || p->committing || !is_due(p))
        return 0;
    if (was_committing && !is_full(p))
        return 0;
    return goes_ahead(p) ? send_part(p, e) : hand_over(p, e);
}

/* --- checking --- */

static int at_record(const struct origin *origin, struct error *e)
{
    return error_prefix(e, "%.*s/%d offset %lld", SLICE_FORMAT(origin->topic), origin->partition,
                        (long long)origin->offset);
}

/* Within the check. */
static int on_full(void *opaque, struct error *e)
{
    struct pump *p = opaque;

    p->broken = send_part(p, e) != 0;
    return p->broken || p->rewind ? -1 : 0;
}

static int on_headers(void *opaque, const struct origin *origin, struct carry *carry, bool *carried, struct error *e)
{
    const struct pump *p = opaque;
    int status;

    if (late_headers(p->late, carry, carried, &status, e))
        return status;
    return source_headers(p->source, origin, carry, carried, e);
}

static const struct checker_output *begin_check(struct pump *p)
{
    if (p->late)
        return late_begin(p->late, p->index, p->filling->outbox, &p->filling->late, wall_ms());
    if (p->late_past)
        return late_past_begin(p->late_past, p->filling->outbox, &p->filling->late);
    return outbox_begin(p->filling->outbox);
}

static int end_check(struct pump *p, struct error *e)
{
    if (p->late)
        return late_end(p->late, e);
    return p->late_past ? late_past_end(p->late_past, e) : 0;
}

/* What was checked before an abort in its middle, and the record in which it came, will be again. */
static int check(struct pump *p, const struct checker_record *records, size_t count, struct error *e)
{
    const struct checker_output *output;
    size_t done = 0;

    if (count == 0)
        return 0;
    output = begin_check(p);
    if (checker_check_batch(p->checker, p->index, records, count, output, &done, e) == 0 && end_check(p, e) == 0) {
        p->filling->records += done;
        return 0;
    }
    if (p->broken)
        return -1;
    if (!p->rewind)
        return at_record(&records[done].origin, e);
    p->counts.repeated += done + 1;
    return 0;
}

/* How many of the records, one at least, are judged by one version of the past, and how many of these are early. */
static size_t find_stretch(struct pump *p, const struct checker_record *records, size_t count, const char **version,
                           uint64_t *early)
{
    bool is_early;
    size_t len;

    *early = 0;
    *version = past_version(p->options.past, &records[0].origin, &p->place, &is_early);
    for (len = 0; len < count; len++) {
        if (past_version(p->options.past, &records[len].origin, &p->place, &is_early) != *version)
            break;
        *early += is_early;
    }
    return len;
}

static int turn_to(struct pump *p, const char *version, struct error *e)
{
    if (!version)
        return error_set(e, ERROR_INTERNAL, "no version of the index judges it");
    if (past_turn_to(p->options.past, version, &p->place, e) != 0)
        return -1;
    p->index = p->place.index;
    return 0;
}

/* By the version of each. */
static int check_by_past(struct pump *p, size_t count, struct error *e)
{
    const char *version;
    uint64_t early;
    size_t len;

    for (size_t at = 0; at < count; at += len) {
        len = find_stretch(p, &p->records[at], count - at, &version, &early);
        if (turn_to(p, version, e) != 0)
            return at_record(&p->records[at].origin, e);
        if (check(p, &p->records[at], len, e) != 0)
            return -1;
        if (p->rewind)
            return 0;
        p->filling->early += early;
    }
    return 0;
}

static int check_all(struct pump *p, size_t count, struct error *e)
{
    return p->options.past ? check_by_past(p, count, e) : check(p, p->records, count, e);
}

/* What stands behind it belongs to somebody else from here on: the last chance to commit. */
static void on_revoke(void *opaque, bool lost)
{
    struct pump *p = opaque;
    int status;

    forget_marks(p);
    if (p->failure.code != ERROR_NONE || p->rewind)
        return;
    if (lost) {
        status = conclude(p, wait_for_committer(p, &p->failure), &p->failure);
        if (status == 0 && !p->rewind && !is_empty(p->filling))
            status = undo(p, "the partitions were lost", &p->failure);
    } else {
        status = commit(p, &p->failure);
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
    if (p->filling->since_ms == 0 && has_output(p->filling))
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
    if (!p->index || is_empty(p->filling) || is_trusted(p))
        return 0;
    if (conclude(p, wait_for_committer(p, e), e) != 0)
        return -1;
    return p->rewind ? 0 : distrust(p, e);
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
    if (commit(p, e) != 0)
        return -1;
    if (p->rewind || !is_empty(p->filling))
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
    holds = breaker_holds(p->options.breaker, index_info(p->index)->version) || !is_trusted(p);
    if (holds == p->paused)
        return 0;
    return holds ? hold(p, e) : go_on(p, e);
}

/* --- polling --- */

static int poll_wait_ms(const struct pump *p)
{
    int64_t left;

    if (late_has_more(p->late) || is_urgent(p))
        return 0;
    if (p->committing && has_unsent(p->filling))
        return POLL_COMMITTING_MS;
    if (is_empty(p->filling))
        return POLL_MS;
    left = left_ms(p);
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

    if (poll_records(p, &count, e) != 0 || mark(p, &count, e) != 0 || check_all(p, count, e) != 0)
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
    while (!atomic_load(pump->options.stop) && !is_finished(pump)) {
        pulse_beat(&pump->options.pulses->lane);
        if (take_index(pump, e) != 0 || hold_or_go_on(pump, e) != 0 || take_and_check(pump, e) != 0 ||
            look_at_late(pump, e) != 0 || publish(pump, e) != 0 || rewind_if_told(pump, e) != 0)
            return -1;
    }
    return commit(pump, e);
}

/* --- making and closing --- */

static int make_batches(struct pump *p, struct error *e)
{
    const struct config *config = p->options.config;
    uint64_t messages = config->batch.messages;

    const struct outbox_options options = {
        .header = p->options.headers->header,
        .carried = &config->output.carry_headers,
        .bytes_max = budget_divide(config).outbox,
        .events = {.opaque = p, .on_headers = on_headers, .on_full = on_full},
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
    tell(p);
    return 0;
}

/* The producer before the group is joined or asked, so that whoever had its transactional id is fenced when partitions
 * arrive. */
static int connect(struct pump *p, struct error *e)
{
    const struct pump_options *o = &p->options;
    const struct source_events events = {.opaque = p, .on_revoke = on_revoke, .on_partition = on_partition};

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
        wait_for_committer(pump, &e);
    source_close(pump->source);
    if (pump->checker)
        tell(pump);
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
