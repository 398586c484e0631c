#include "pump.h"

#include <stdlib.h>
#include <string.h>

#include "core/avro_encode.h"
#include "monotonic.h"
#include "registry.h"
#include "schema.h"
#include "sink.h"
#include "source.h"
#include "txn.h"

#define POLL_MS 100            /* how long an idle poll waits; less if a commit is due before */
#define REPORT_MS 10000        /* between lines of counts */
#define POLL_RECORDS_MAX 4096u /* of one poll: what is borrowed from the library at once */
#define ABORTS_MAX 10          /* in a row, without one commit between them */
#define ABORT_PAUSE_MS 200     /* before going on, times the aborts in a row */

struct pump {
    struct pump_options options;
    struct source *source;
    struct sink *sink;
    struct txn *txn; /* NULL for at-least-once */
    struct checker *checker;
    struct found *found;
    struct checker_record *records; /* of one poll */
    size_t records_max;

    uint64_t uncommitted;               /* records checked since the last commit */
    uint64_t pending[FOUND_TYPE_COUNT]; /* sent since the last commit */
    int64_t committed_ms;
    bool drained; /* the last poll got less than it could take */
    bool rewind;  /* what was taken since the last commit has to be taken again */
    unsigned aborts_in_a_row;

    struct pump_counts counts;
    int64_t reported_ms;
    uint64_t reported_messages;
    struct error failure; /* in on_revoke, which can't return one */
};

/* --- what goes before each record --- */

struct headers {
    char bytes[FOUND_TYPE_COUNT][FOUND_HEADER_MAX];
    struct slice header[FOUND_TYPE_COUNT];
};

static const char *schema_of(int type)
{
    return type == FOUND_DISCREPANCY ? avro_schema_discrepancy : avro_schema_dead_letter;
}

static int headers_by_registry(const struct config *config, struct log *log, struct headers *out, struct error *e)
{
    const char *topics[FOUND_TYPE_COUNT] = {config->output.topic, config->output.dead_letter_topic};
    struct registry *registry = NULL;
    uint32_t id;
    int status = registry_new(config, &registry, e);

    for (int i = 0; status == 0 && i < FOUND_TYPE_COUNT; i++) {
        status = registry_register(registry, topics[i], schema_of(i), &id, e);
        if (status != 0)
            break;
        schema_confluent_header(id, out->bytes[i]);
        out->header[i] = slice_make(out->bytes[i], SCHEMA_CONFLUENT_LEN);
        log_write(log, LOG_LEVEL_INFO, "schema", "%s-value: id %u at %s", topics[i], id, config->registry.url);
    }
    registry_free(registry);
    return status;
}

static int headers_by_fingerprint(struct log *log, struct headers *out, struct error *e)
{
    uint64_t fingerprint;

    for (int i = 0; i < FOUND_TYPE_COUNT; i++) {
        if (schema_fingerprint(schema_of(i), &fingerprint, e) != 0)
            return -1;
        schema_single_object_header(fingerprint, out->bytes[i]);
        out->header[i] = slice_make(out->bytes[i], SCHEMA_SINGLE_OBJECT_LEN);
    }
    log_write(log, LOG_LEVEL_INFO, "schema",
              "no registry: records carry their schema's fingerprint (single-object encoding)");
    return 0;
}

static int make_headers(const struct pump_options *options, struct headers *out, struct error *e)
{
    return *options->config->registry.url ? headers_by_registry(options->config, options->log, out, e)
                                          : headers_by_fingerprint(options->log, out, e);
}

/* --- commits --- */

static void settle(struct pump *p)
{
    p->counts.records += p->uncommitted;
    for (int i = 0; i < FOUND_TYPE_COUNT; i++)
        p->counts.published[i] += p->pending[i];
    memset(p->pending, 0, sizeof p->pending);
    p->uncommitted = 0;
    p->committed_ms = monotonic_ms();
    p->aborts_in_a_row = 0;
    if (p->options.on_commit)
        p->options.on_commit(p->options.opaque, &p->counts);
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

static int at_record(const struct origin *origin, struct error *e)
{
    return error_prefix(e, "%.*s/%d offset %lld", SLICE_FORMAT(origin->topic), origin->partition,
                        (long long)origin->offset);
}

static int check(struct pump *p, const struct index *index, size_t count, struct error *e)
{
    size_t done;

    for (size_t at = 0; at < count && !p->rewind; at += done) {
        const struct checker_record *records = p->records + at;

        if (checker_check_batch(p->checker, index, records, count - at, found_output(p->found), &done, e) != 0)
            return at_record(&records[done].origin, e);
        p->uncommitted += done;
        if (at + done < count && send_found(p, e) != 0) /* it is full */
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

/* --- telling --- */

static void report(struct pump *p, int64_t now)
{
    const struct checker_counts *c = checker_counts(p->checker);
    double seconds = (double)(now - p->reported_ms) / 1000;

    log_write(p->options.log, LOG_LEVEL_INFO, "pump",
              "messages=%llu (%.0f/s) matched=%llu discrepant=%llu malformed=%llu ignored=%llu published=%llu "
              "dead_letters=%llu transactions=%llu aborts=%llu repeated=%llu version=%s",
              (unsigned long long)c->messages, seconds > 0 ? (double)(c->messages - p->reported_messages) / seconds : 0,
              (unsigned long long)c->matched, (unsigned long long)c->discrepant, (unsigned long long)c->malformed,
              (unsigned long long)c->ignored, (unsigned long long)p->counts.published[FOUND_DISCREPANCY],
              (unsigned long long)p->counts.published[FOUND_DEAD_LETTER], (unsigned long long)p->counts.commits,
              (unsigned long long)p->counts.aborts, (unsigned long long)p->counts.repeated,
              index_info(reload_index(p->options.reload))->version);
    p->reported_ms = now;
    p->reported_messages = c->messages;
}

static void report_if_due(struct pump *p)
{
    int64_t now = monotonic_ms();

    if (now - p->reported_ms >= REPORT_MS)
        report(p, now);
}

/* --- the loop --- */

int pump_run(struct pump *pump, struct error *e)
{
    const struct index *index;
    size_t count;

    while (!atomic_load(pump->options.stop)) {
        index = reload_adopt(pump->options.reload, monotonic_ms());
        if (poll_records(pump, &count, e) != 0 || check(pump, index, count, e) != 0 || publish(pump, e) != 0 ||
            rewind_if_told(pump, e) != 0)
            return -1;
        sink_poll(pump->sink);
        report_if_due(pump);
    }
    return commit(pump, e);
}

/* --- making and closing --- */

static int make_checker(struct pump *p, struct error *e)
{
    const struct config *config = p->options.config;
    struct headers headers;

    if (make_headers(&p->options, &headers, e) != 0 || found_new(headers.header, &p->found, e) != 0)
        return -1;
    p->checker = checker_new(&config->rules,
                             config_tolerated(config, config->input.framing == FRAMING_LOG ? FIX_LOG : FIX_STRICT));
    p->records_max =
        p->options.config->batch.messages < POLL_RECORDS_MAX ? p->options.config->batch.messages : POLL_RECORDS_MAX;
    p->records = calloc(p->records_max, sizeof *p->records);
    return p->checker && p->records ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a batch");
}

/* Before the group is joined, so that whoever had this transactional id is fenced when partitions arrive. */
static int make_sink(struct pump *p, struct error *e)
{
    const struct pump_options *o = &p->options;

    if (sink_open(o->config, o->stop, o->log, &p->sink, e) != 0)
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
    p->committed_ms = p->reported_ms = monotonic_ms();
    if (make_checker(p, e) != 0 || make_sink(p, e) != 0 ||
        source_subscribe(options->config, &events, options->stop, options->log, &p->source, e) != 0) {
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
    if (pump->source)
        report(pump, monotonic_ms());
    txn_free(pump->txn);
    sink_close(pump->sink);
    found_free(pump->found);
    checker_free(pump->checker);
    free(pump->records);
    free(pump);
}

const struct checker_counts *pump_checked(const struct pump *pump)
{
    return checker_counts(pump->checker);
}

const struct pump_counts *pump_counts(const struct pump *pump)
{
    return &pump->counts;
}
