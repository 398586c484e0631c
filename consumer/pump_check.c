#include "pump_internal.h"

#include <string.h>

#include "wall.h"

/* --- marks --- */

void pump_forget_marks(struct pump *p)
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
int pump_mark(struct pump *p, size_t *count, struct error *e)
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

/* --- checking --- */

static int at_record(const struct origin *origin, struct error *e)
{
    return error_prefix(e, "%.*s/%d offset %lld", SLICE_FORMAT(origin->topic), origin->partition,
                        (long long)origin->offset);
}

/* Within the check. */
int pump_on_full(void *opaque, struct error *e)
{
    struct pump *p = opaque;

    p->broken = pump_send_part(p, e) != 0;
    return p->broken || p->rewind ? -1 : 0;
}

int pump_on_headers(void *opaque, const struct origin *origin, struct carry *carry, bool *carried, struct error *e)
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

int pump_check(struct pump *p, size_t count, struct error *e)
{
    return p->options.past ? check_by_past(p, count, e) : check(p, p->records, count, e);
}
