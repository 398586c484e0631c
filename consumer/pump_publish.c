#include "pump_internal.h"

#include <stdlib.h>
#include <string.h>

#include "monotonic.h"

#define COMMITTING_MS 10   /* how long a lane that has nothing to catch up with waits for a commit, not polling */
#define BACKLOG_NONE 1024u /* records or less: somebody is waiting for what is found, commit at once */
#define ABORTS_MAX 10      /* in a row, without one commit between them */

/* --- when --- */

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

int64_t pump_left_ms(const struct pump *p)
{
    return p->filling->since_ms + (int64_t)p->options.config->batch.commit_interval_ms - monotonic_ms();
}

/* All ranges are taken to their ends. */
static bool is_at_end(const struct pump *p)
{
    return p->options.ranges && source_at_end(p->source);
}

/* And committed, those included behind whose last record there is nothing but markers. */
bool pump_is_finished(const struct pump *p)
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
bool pump_is_urgent(const struct pump *p)
{
    return p->drained && batch_has_unsent(p->filling) && source_backlog(p->source) <= BACKLOG_NONE;
}

/* Offsets alone may wait. */
static bool is_due(struct pump *p)
{
    if (is_at_end(p))
        return !pump_is_finished(p);
    if (has_alert(p))
        return true;
    if (batch_is_empty(p->filling))
        return false;
    return is_full(p) || pump_left_ms(p) <= 0 || pump_is_urgent(p);
}

/* --- what became of a commit --- */

void pump_tell(struct pump *p)
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
    batch_clear(batch);
    pump_tell(p);
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
    batch_clear(batch);
}

/* The committer has a pulse of its own. */
enum committed pump_wait_for_committer(struct pump *p, struct error *e)
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
    result = pump_wait_for_committer(p, e);
    if (result == COMMITTED_NOBODY_KNOWS)
        return source_ask_committed(p->source, &committed, e);
    return result == COMMITTED_FAILED ? -1 : 0;
}

/* Drops what was done since the last commit; it will be done again. In an on_revoke the seeking has to wait: `rewind`
 * says so. */
int pump_undo(struct pump *p, const char *why, struct error *e)
{
    uint64_t records = p->filling->records + p->other->records;

    log_write(p->options.log, LOG_LEVEL_WARNING, "pump", "lane %u: aborted, %llu records will be checked again: %s",
              p->options.lane, (unsigned long long)records, why);
    if (drop_sent(p, e) != 0)
        return -1;
    late_reset(p->late);
    pump_forget_marks(p);
    p->counts.aborts++;
    p->counts.repeated += records;
    batch_clear(p->filling);
    batch_clear(p->other);
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
    return pump_undo(p, why, e);
}

/* The group knows. */
static int find_out(struct pump *p, struct error *e)
{
    struct error why = *e;
    bool committed = false;

    if (source_ask_committed(p->source, &committed, e) != 0)
        return -1;
    if (!committed)
        return pump_undo(p, why.text, e);
    settle(p, p->other);
    return 0;
}

int pump_conclude(struct pump *p, enum committed result, struct error *e)
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

bool pump_is_trusted(const struct pump *p)
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
int pump_distrust(struct pump *p, struct error *e)
{
    if (p->options.ranges)
        return error_set(e, ERROR_IO, "%s: was overwritten or cut while it was used", damaged_path(p));
    return pump_undo(p, "the index was overwritten or cut while it was used", e);
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

    if (!batch_is_empty(batch) &&
        !pump_is_trusted(p)) /* else nothing was found with it: an alert goes out all the same */
        return pump_distrust(p, e);
    if (add_alert(p, e) != 0)
        return -1;
    job.positions = source_hand_over(p->source);
    if (!job.positions)
        return pump_undo(p, "the group has dropped this member", e);
    batch_count_sent(batch);
    committer_start(p->committer, &job);
    p->committing = true;
    p->filling = p->other;
    p->other = batch;
    return 0;
}

/* All that was taken, and waits for it. */
int pump_commit(struct pump *p, struct error *e)
{
    if (pump_conclude(p, pump_wait_for_committer(p, e), e) != 0)
        return -1;
    if (p->rewind || (batch_is_empty(p->filling) && !has_alert(p)))
        return 0;
    if (hand_over(p, e) != 0)
        return -1;
    return pump_conclude(p, pump_wait_for_committer(p, e), e);
}

/* What became of the batch before. One that is full waits for it; and so does one that is urgent, a while: what arrives
 * meanwhile is taken at once when it is over, and goes with it. */
static int look_at_commit(struct pump *p, struct error *e)
{
    int patience_ms = p->committing && pump_is_urgent(p) ? COMMITTING_MS : 0;
    enum committed result = is_full(p) ? pump_wait_for_committer(p, e) : committer_poll(p->committer, patience_ms, e);

    return pump_conclude(p, result, e);
}

/* More was found in the middle of a poll, or of a record, than memory is meant for: it goes to the producer, in the
 * transaction that the rest of the poll will end. Or it need not wait for its offsets. */
int pump_send_part(struct pump *p, struct error *e)
{
    const struct committer_job job = {.outbox = p->filling->outbox};
    enum committed result;

    if (pump_conclude(p, pump_wait_for_committer(p, e), e) != 0)
        return -1;
    if (p->rewind)
        return 0;
    if (!pump_is_trusted(p))
        return pump_distrust(p, e);
    p->filling->partly_sent = true;
    batch_count_sent(p->filling);
    committer_start(p->committer, &job);
    result = pump_wait_for_committer(p, e);
    if (result == COMMITTED_ALL)
        outbox_clear(p->filling->outbox);
    return result == COMMITTED_ALL ? 0 : pump_conclude(p, result, e);
}

/* Of what is due: at least once, what somebody waits for need not wait until its offsets, and those of the batch
 * before, are committed. They follow in their time. */
static bool goes_ahead(struct pump *p)
{
    return is_at_least_once(p) && !is_full(p) && pump_left_ms(p) > 0 && !has_alert(p);
}

/* Looks what became of the batch before. Then it is this one's turn, if it is due. */
int pump_publish(struct pump *p, struct error *e)
{
    bool was_committing = p->committing;

    if (look_at_commit(p, e) != 0)
        return -1;
    if (p->rewind || p->committing || !is_due(p))
        return 0;
    if (was_committing && !is_full(p))
        return 0;
    return goes_ahead(p) ? pump_send_part(p, e) : hand_over(p, e);
}
