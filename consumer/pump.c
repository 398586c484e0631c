#include "pump.h"

#include <stdlib.h>
#include <string.h>

#include "monotonic.h"
#include "sink.h"
#include "source.h"
#include "txn.h"

#define POLL_MS 100                /* how long an idle poll waits; less if a commit is due before */
#define POLL_RECORDS_MAX 4096u     /* of one poll: what is borrowed from the library at once */
#define FOUND_BYTES_MAX (8u << 20) /* found bytes that are handed to the producer before checking goes on */
#define ABORTS_MAX 10              /* in a row, without one commit between them */
#define ABORT_PAUSE_MS 200         /* before going on, times the aborts in a row */

struct pump {
    struct pump_options options;
    struct source *source;
    struct sink *sink;
    struct txn *txn; /* NULL for at-least-once */
    struct checker *checker;
    const struct index *index; /* held; NULL: none yet */
    struct found *found;
    struct source_record *records; /* of one poll */
    size_t records_max;

    uint64_t uncommitted;               /* records checked since the last commit */
    uint64_t pending[FOUND_TYPE_COUNT]; /* sent since the last commit */
    int64_t committed_ms;
    bool drained; /* the last poll got less than it could take */
    bool rewind;  /* what was taken since the last commit has to be taken again */
    unsigned aborts_in_a_row;

    struct pump_counts counts;
    struct error failure; /* in on_revoke, which can't return one */
};

/* --- commits --- */

static void tell(struct pump *p)
{
    p->counts.checked = *checker_counts(p->checker);
    if (p->options.on_progress)
        p->options.on_progress(p->options.opaque, &p->counts);
}

static void settle(struct pump *p)
{
    p->counts.records += p->uncommitted;
    for (int i = 0; i < FOUND_TYPE_COUNT; i++)
        p->counts.published[i] += p->pending[i];
    memset(p->pending, 0, sizeof p->pending);
    p->uncommitted = 0;
    p->committed_ms = p->counts.last_ms = monotonic_ms();
    p->aborts_in_a_row = 0;
    tell(p);
}

static bool has_output(const struct pump *p)
{
    return p->pending[FOUND_DISCREPANCY] > 0 || p->pending[FOUND_DEAD_LETTER] > 0;
}

/* Drops what was done since the last commit; it will be done again. In an on_revoke the seeking has to wait: `rewind`
 * says so. */
static int undo(struct pump *p, const char *why, struct error *e)
{
    log_write(p->options.log, LOG_LEVEL_WARNING, "pump", "aborted, %llu records will be checked again: %s",
              (unsigned long long)p->uncommitted, why);
    if (p->txn && txn_abort(p->txn, e) != TXN_DONE)
        return -1;
    if (sink_failed(p->sink, e) != 0)
        return -1; /* it would be refused again */
    p->counts.aborts++;
    p->counts.repeated += p->uncommitted;
    p->uncommitted = 0;
    memset(p->pending, 0, sizeof p->pending);
    found_clear(p->found);
    p->rewind = true;
    if (++p->aborts_in_a_row > ABORTS_MAX)
        return error_set(e, ERROR_TEMPORARY, "%u transactions in a row were aborted, the last one: %s", ABORTS_MAX,
                         why);
    return 0;
}

static int judge(struct pump *p, enum txn_outcome outcome, struct error *e)
{
    char why[ERROR_TEXT_MAX];

    if (outcome == TXN_DONE)
        return 0;
    if (outcome == TXN_STOP)
        return -1;
    memcpy(why, e->text, sizeof why);
    return undo(p, why, e);
}

/* Output and offsets together. */
static int commit_transaction(struct pump *p, struct error *e)
{
    enum txn_outcome outcome = txn_commit(p->txn, p->source, e);

    if (outcome != TXN_DONE)
        return judge(p, outcome, e);
    source_committed(p->source);
    p->counts.commits++;
    settle(p);
    return 0;
}

/* The offsets alone. Without output there is nothing that would have to be atomic with them. */
static int commit_offsets(struct pump *p, struct error *e)
{
    bool output = has_output(p), done = false;

    if (output && sink_flush(p->sink, e) != 0)
        return -1;
    if (source_commit(p->source, &done, e) != 0)
        return -1;
    if (!done) {
        p->committed_ms = monotonic_ms(); /* not again at once */
        return 0;
    }
    p->counts.commits += output;
    settle(p);
    return 0;
}

static int commit(struct pump *p, struct error *e)
{
    if (p->uncommitted == 0)
        return 0;
    return p->txn && txn_is_open(p->txn) ? commit_transaction(p, e) : commit_offsets(p, e);
}

/* At once where there is output and nothing else to do, so that nobody waits for it; offsets alone may wait. */
static bool is_due(const struct pump *p)
{
    if (p->uncommitted == 0)
        return false;
    return p->uncommitted >= p->options.config->batch.messages || (p->drained && has_output(p)) ||
           monotonic_ms() - p->committed_ms >= (int64_t)p->options.config->batch.commit_interval_ms;
}

/* --- publishing --- */

static void count_pending(struct pump *p)
{
    for (size_t i = 0; i < found_count(p->found); i++)
        p->pending[found_item(p->found, i).type]++;
}

/* Hands what was found to the producer, in a transaction that begins with the first of it. */
static int send_found(struct pump *p, struct error *e)
{
    enum txn_outcome outcome;

    if (found_count(p->found) == 0)
        return 0;
    outcome = p->txn ? txn_begin(p->txn, e) : TXN_DONE;
    if (outcome != TXN_DONE)
        return judge(p, outcome, e);
    if (sink_send(p->sink, p->found, e) != 0)
        return -1;
    count_pending(p);
    found_clear(p->found);
    return 0;
}

static int publish(struct pump *p, struct error *e)
{
    if (send_found(p, e) != 0)
        return -1;
    if (p->rewind || !is_due(p))
        return 0;
    return commit(p, e);
}

/* --- checking --- */

static int check(struct pump *p, size_t count, struct error *e)
{
    for (size_t i = 0; i < count && !p->rewind; i++) {
        const struct source_record *record = &p->records[i];

        if (checker_check(p->checker, p->index, record->value, &record->origin, found_output(p->found), e) != 0)
            return error_prefix(e, "%.*s/%d offset %lld", SLICE_FORMAT(record->origin.topic), record->origin.partition,
                                (long long)record->origin.offset);
        p->uncommitted++;
        if (found_bytes(p->found) >= FOUND_BYTES_MAX && send_found(p, e) != 0)
            return -1;
    }
    return 0;
}

/* What stands behind it belongs to somebody else from here on: the last chance to commit. */
static void on_revoke(void *opaque, bool lost)
{
    struct pump *p = opaque;
    int status;

    if (p->failure.code != ERROR_NONE || p->rewind)
        return;
    if (lost)
        status = p->uncommitted > 0 ? undo(p, "the partitions were lost", &p->failure) : 0;
    else
        status = commit(p, &p->failure);
    if (status == 0)
        p->failure.code = ERROR_NONE; /* an abort leaves its reason there */
}

/* Takes the next records; none of them counts if what stands before them has to be done again. */
static int poll_records(struct pump *p, size_t *count, struct error *e)
{
    int64_t since = monotonic_ms() - p->committed_ms;
    int64_t interval = (int64_t)p->options.config->batch.commit_interval_ms;
    int wait =
        p->uncommitted > 0 && interval - since < POLL_MS ? (int)(interval > since ? interval - since : 0) : POLL_MS;

    uint64_t room = p->options.config->batch.messages - p->uncommitted; /* wraps where a commit is overdue */
    size_t max = room > 0 && room < p->records_max ? (size_t)room : p->records_max;

    if (source_poll(p->source, p->records, max, wait, count, e) != 0)
        return -1;
    if (p->failure.code != ERROR_NONE) {
        *e = p->failure;
        return -1;
    }
    if (p->rewind)
        *count = 0;
    p->drained = *count < max;
    if (*count > 0 && p->counts.first_ms == 0)
        p->counts.first_ms = monotonic_ms();
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

int pump_run(struct pump *pump, struct error *e)
{
    size_t count;

    while (!atomic_load(pump->options.stop)) {
        pump->index = reload_take(pump->options.reload, pump->index);
        if (poll_records(pump, &count, e) != 0 || check(pump, count, e) != 0 || publish(pump, e) != 0 ||
            rewind_if_told(pump, e) != 0)
            return -1;
        sink_poll(pump->sink);
    }
    return commit(pump, e);
}

/* --- making and closing --- */

static int make_checker(struct pump *p, struct error *e)
{
    if (found_new(p->options.headers->header, &p->found, e) != 0)
        return -1;
    p->checker = checker_new(&p->options.config->rules, p->options.config->input.framing);
    p->records_max =
        p->options.config->batch.messages < POLL_RECORDS_MAX ? p->options.config->batch.messages : POLL_RECORDS_MAX;
    p->records = calloc(p->records_max, sizeof *p->records);
    return p->checker && p->records ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a batch");
}

/* Before the group is joined, so that whoever had this transactional id is fenced when partitions arrive. */
static int make_sink(struct pump *p, struct error *e)
{
    const struct pump_options *o = &p->options;

    if (sink_open(o->config, o->lane, o->stop, o->log, &p->sink, e) != 0)
        return -1;
    if (o->config->output.delivery != DELIVERY_EXACTLY_ONCE)
        return 0;
    p->txn = txn_new(p->sink, o->stop, o->log);
    if (!p->txn)
        return error_set(e, ERROR_INTERNAL, "no memory for transactions");
    return txn_init(p->txn, e) == TXN_DONE ? 0 : -1;
}

int pump_new(const struct pump_options *options, struct pump **out, struct error *e)
{
    struct pump *p = calloc(1, sizeof *p);
    struct source_events events = {.opaque = p, .on_revoke = on_revoke};

    if (!p)
        return error_set(e, ERROR_INTERNAL, "no memory for the pump");
    p->options = *options;
    p->committed_ms = monotonic_ms();
    if (make_checker(p, e) != 0 || make_sink(p, e) != 0 ||
        source_subscribe(options->config, options->lane, &events, options->stop, options->log, &p->source, e) != 0) {
        pump_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* What is uncommitted here has failed to be committed: leaving the group must not try once more. */
void pump_free(struct pump *pump)
{
    if (!pump)
        return;
    if (pump->uncommitted > 0)
        pump->rewind = true;
    source_close(pump->source);
    if (pump->checker)
        tell(pump);
    txn_free(pump->txn);
    sink_close(pump->sink);
    found_free(pump->found);
    checker_free(pump->checker);
    reload_give_back(pump->options.reload, pump->index);
    free(pump->records);
    free(pump);
}
