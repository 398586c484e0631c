#include "checker.h"

#include <stdlib.h>

#include "match.h"

struct checker {
    struct rules rules;
    unsigned tolerated;
    struct matcher *matcher;
    struct checker_counts counts;
    struct match_result result;
    struct instrument_list instruments;
    struct message_amounts amounts;
};

/* What stays the same while one record is checked. */
struct record_check {
    struct checker *checker;
    const struct index *index;
    const struct checker_output *output;
    struct origin origin; /* of the message at hand */
};

struct checker *checker_new(const struct rules *rules, unsigned tolerated)
{
    struct checker *checker = calloc(1, sizeof *checker);

    if (checker == NULL)
        return NULL;
    checker->rules = *rules;
    checker->tolerated = tolerated;
    checker->matcher = matcher_new();
    if (checker->matcher == NULL) {
        checker_free(checker);
        return NULL;
    }
    return checker;
}

void checker_free(struct checker *checker)
{
    if (checker == NULL)
        return;
    matcher_free(checker->matcher);
    instrument_list_free(&checker->instruments);
    free(checker);
}

const struct checker_counts *checker_counts(const struct checker *checker)
{
    return &checker->counts;
}

static int report_malformed(struct record_check *c, enum fix_reason reason, uint64_t position, struct slice raw,
                            struct error *e)
{
    struct dead_letter letter = {.reason = reason, .origin = &c->origin, .position = position, .raw = raw};

    c->checker->counts.messages++;
    c->checker->counts.malformed++;
    c->checker->counts.by_reason[reason]++;
    dead_letter_id(&c->origin, letter.id);
    return c->output->on_dead_letter(c->output->opaque, &letter, e);
}

static int report_verdict(struct record_check *c, const struct instrument *instrument, const struct verdict *verdict,
                          struct error *e)
{
    const struct checker *checker = c->checker;
    const struct index_info *info = index_info(c->index);
    struct discrepancy d = {
        .verdict = verdict,
        .severity = checker->rules.severity[verdict->kind],
        .origin = &c->origin,
        .message = &checker->instruments.message,
        .amounts = &checker->amounts,
        .instrument = instrument,
        .found_by = checker->result.found_by,
        .candidates = checker->result.candidates,
        .security = checker->result.security,
        .carried_names = info->carried_names,
        .master_version = info->version,
        .rule_set = checker->rules.id,
    };

    c->checker->counts.discrepancies++;
    c->checker->counts.by_kind[verdict->kind]++;
    discrepancy_id(&c->origin, instrument, verdict, d.id);
    return c->output->on_discrepancy(c->output->opaque, &d, e);
}

static int report_verdicts(struct record_check *c, const struct instrument *instrument, struct error *e)
{
    const struct match_result *result = &c->checker->result;

    if (result->count > 0) {
        instrument_message(&c->checker->instruments);
        instrument_amounts(&c->checker->instruments, &c->checker->amounts);
    }
    for (size_t i = 0; i < result->count; i++)
        if (report_verdict(c, instrument, &result->verdicts[i], e) != 0)
            return -1;
    return 0;
}

/* Matches the instruments of one message. *found counts what was reported. */
static int check_instruments(struct record_check *c, size_t *found, struct error *e)
{
    struct checker *checker = c->checker;
    struct instrument_list *list = &checker->instruments;
    const struct instrument *instrument;

    *found = 0;
    while ((instrument = instrument_next(list)) != NULL) {
        if (match_instrument(checker->matcher, c->index, &checker->rules, &list->message, instrument, &checker->result,
                             e) != 0)
            return -1;
        *found += checker->result.count;
        if (report_verdicts(c, instrument, e) != 0)
            return -1;
    }
    if (!instrument_is_missing(list))
        return 0;
    match_missing(&checker->rules, &checker->result);
    *found += checker->result.count;
    return report_verdicts(c, instrument_body(list), e);
}

static int check_message(struct record_check *c, const struct fix_message *message, uint64_t position, struct error *e)
{
    struct checker *checker = c->checker;
    enum fix_reason reason;
    size_t found;

    if (instrument_extract(&checker->instruments, message, checker->rules.references, &reason, e) != 0)
        return -1;
    if (reason != FIX_OK)
        return report_malformed(c, reason, position, message->bytes, e);
    checker->counts.messages++;
    if (check_instruments(c, &found, e) != 0)
        return -1;
    if (found > 0)
        checker->counts.discrepant++;
    else if (checker->instruments.named > 0)
        checker->counts.matched++;
    else
        checker->counts.ignored++;
    return 0;
}

/* Deals with what fix_next found. Messages and malformed ones are numbered within the record. */
static int take_step(struct record_check *c, const struct fix_step *step, uint64_t position, struct error *e)
{
    int rc = 0;

    if (step->event == FIX_SKIPPED)
        c->checker->counts.skipped++;
    if (step->event == FIX_MESSAGE)
        rc = check_message(c, &step->message, position, e);
    if (step->event == FIX_MALFORMED)
        rc = report_malformed(c, step->reason, position, step->malformed, e);
    if (step->event == FIX_MESSAGE || step->event == FIX_MALFORMED)
        c->origin.message++;
    return rc;
}

int checker_check(struct checker *checker, const struct index *index, struct slice record, const struct origin *origin,
                  const struct checker_output *output, struct error *e)
{
    struct record_check c = {.checker = checker, .index = index, .output = output, .origin = *origin};
    struct fix_step step;
    size_t at = 0;

    c.origin.message = 0;
    do {
        fix_next(checker->tolerated, slice_make(record.ptr + at, record.len - at), at == 0, true, &step);
        if (take_step(&c, &step, at + step.start, e) != 0)
            return -1;
        at += step.consumed;
    } while (step.event != FIX_END && at < record.len);
    return 0;
}

int checker_check_log(struct checker *checker, const struct index *index, struct slice buffer, bool last,
                      const struct origin *origin, size_t *consumed, const struct checker_output *output,
                      struct error *e)
{
    unsigned tolerated = checker->tolerated | FIX_TOLERATE_RESYNC; /* a file has no rest that one message could take */
    struct record_check c = {.checker = checker, .index = index, .output = output, .origin = *origin};
    struct fix_step step;

    *consumed = 0;
    do {
        fix_next(tolerated, slice_make(buffer.ptr + *consumed, buffer.len - *consumed), false, last, &step);
        /* In a file each message has a place of its own, so it is its own record. */
        c.origin.offset = origin->offset + (int64_t)(*consumed + step.start);
        c.origin.message = 0;
        if (take_step(&c, &step, 0, e) != 0)
            return -1;
        *consumed += step.consumed;
    } while (step.event != FIX_END && step.event != FIX_NEED_MORE);
    return 0;
}
