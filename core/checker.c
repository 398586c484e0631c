#include "checker.h"

#include <stdlib.h>

struct checker {
    const struct rules *rules;
    enum fix_profile profile;
    struct matcher *matcher;
    struct checker_counts counts;
    struct match_result result;
    struct instrument_list instruments;
    struct message_amounts amounts;
    struct exposure exposure;
    const struct checker_trace *trace; /* or NULL */
};

/* What stays the same while one record is checked. */
struct record_check {
    struct checker *checker;
    const struct index *index;
    const struct checker_output *output;
    struct origin origin; /* of the message at hand */
};

struct checker *checker_new(const struct rules *rules, enum fix_profile profile)
{
    struct checker *checker = calloc(1, sizeof *checker);

    if (checker == NULL)
        return NULL;
    checker->rules = rules;
    checker->profile = profile;
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

void checker_set_trace(struct checker *checker, const struct checker_trace *trace)
{
    checker->trace = trace;
    matcher_set_trace(checker->matcher, trace != NULL ? trace->match : NULL);
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

/* How severe a verdict is: by the user's rules, else by its step, else by its kind. */
static enum severity severity_of(const struct checker *checker, const struct instrument *instrument,
                                 const struct verdict *verdict)
{
    const struct rules *rules = checker->rules;
    const struct message_fields *message = &checker->instruments.message;
    struct severity_subject subject = {
        .kind = verdict->kind,
        .step = verdict->step,
        .role = instrument->role,
        .msg_type = message->msg_type,
        .sender = message->sender,
        .target = message->target,
        .has_notional = checker->exposure.has_notional,
        .notional = checker->exposure.notional,
        .currency = checker->amounts.currency,
    };
    enum severity_source source = SEVERITY_BY_RULE;
    int level = severity_rules_find(rules->severities, &subject);

    if (level < 0 && verdict->step >= 0) {
        source = SEVERITY_BY_STEP;
        level = rules->step_severity[verdict->step];
    }
    if (level < 0) {
        source = SEVERITY_BY_KIND;
        level = (int)rules->severity[verdict->kind];
    }
    if (checker->trace != NULL)
        checker->trace->on_severity(checker->trace->opaque, verdict, (enum severity)level, source,
                                    severity_rules_find_name(rules->severities, &subject));
    return (enum severity)level;
}

static int report_verdict(struct record_check *c, const struct instrument *instrument, const struct verdict *verdict,
                          enum severity severity, struct error *e)
{
    const struct checker *checker = c->checker;
    const struct index_info *info = index_info(c->index);
    struct discrepancy d = {
        .verdict = verdict,
        .severity = severity,
        .origin = &c->origin,
        .message = &checker->instruments.message,
        .amounts = &checker->amounts,
        .exposure = &checker->exposure,
        .instrument = instrument,
        .found_by = checker->result.found_by,
        .candidates = checker->result.candidates,
        .security = checker->result.security,
        .carried_names = info->carried_names,
        .master_version = info->version,
        .rule_set = checker->rules->id,
    };

    c->checker->counts.discrepancies++;
    c->checker->counts.by_kind[verdict->kind]++;
    discrepancy_id(&c->origin, instrument, verdict, d.id);
    return c->output->on_discrepancy(c->output->opaque, &d, e);
}

/* Reports what was found about one instrument and is not off; *found counts that. */
static int report_verdicts(struct record_check *c, const struct instrument *instrument, size_t *found, struct error *e)
{
    struct checker *checker = c->checker;
    const struct match_result *result = &checker->result;

    if (result->count == 0 && checker->trace == NULL)
        return 0;
    instrument_message(&checker->instruments);
    instrument_amounts(&checker->instruments, &checker->amounts);
    exposure_of(&checker->instruments.message, instrument, &checker->amounts,
                result->is_certain ? result->security : NULL, &checker->exposure);
    if (checker->trace != NULL)
        checker->trace->on_result(checker->trace->opaque, instrument, result, &checker->amounts, &checker->exposure);
    for (size_t i = 0; i < result->count; i++) {
        enum severity severity = severity_of(checker, instrument, &result->verdicts[i]);
        if (severity == SEVERITY_OFF)
            continue;
        ++*found;
        if (report_verdict(c, instrument, &result->verdicts[i], severity, e) != 0)
            return -1;
    }
    return 0;
}

static void tell_instrument(const struct checker *checker, const struct instrument *instrument)
{
    if (checker->trace != NULL)
        checker->trace->on_instrument(checker->trace->opaque, instrument);
}

/* The convention of the message's session or topic. Most users set none. */
static enum symbology_convention convention_of(struct record_check *c)
{
    const struct message_fields *message;

    if (c->checker->rules->conventions == NULL)
        return SYMBOLOGY_NONE;
    message = instrument_message(&c->checker->instruments);
    return conventions_of_message(c->checker->rules->conventions, message->sender, message->target, c->origin.topic);
}

/* Matches the instruments of one message. *found counts what was reported. */
static int check_instruments(struct record_check *c, size_t *found, struct error *e)
{
    struct checker *checker = c->checker;
    struct instrument_list *list = &checker->instruments;
    struct match_input input = {.message = &list->message, .convention = convention_of(c)};

    *found = 0;
    while ((input.instrument = instrument_next(list)) != NULL) {
        tell_instrument(checker, input.instrument);
        if (match_instrument(checker->matcher, c->index, checker->rules, &input, &checker->result, e) != 0 ||
            report_verdicts(c, input.instrument, found, e) != 0)
            return -1;
    }
    if (!instrument_is_missing(list))
        return 0;
    tell_instrument(checker, instrument_body(list));
    match_missing(checker->rules, &checker->result);
    return report_verdicts(c, instrument_body(list), found, e);
}

static void count_repeats(struct checker *checker)
{
    bool poss_dup;
    bool poss_resend;

    instrument_repeats(&checker->instruments, &poss_dup, &poss_resend);
    checker->counts.poss_dup += poss_dup;
    checker->counts.poss_resend += !poss_dup && poss_resend;
}

static int check_message(struct record_check *c, const struct fix_message *message, uint64_t position, struct error *e)
{
    struct checker *checker = c->checker;
    enum fix_reason reason;
    size_t found;

    if (instrument_extract(&checker->instruments, message, &checker->rules->sources, checker->rules->references,
                           &reason, e) != 0)
        return -1;
    if (reason != FIX_OK)
        return report_malformed(c, reason, position, message->bytes, e);
    checker->counts.messages++;
    count_repeats(checker);
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
        fix_next(checker->profile, slice_make(record.ptr + at, record.len - at), at == 0, true, &step);
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
    enum fix_profile profile = checker->profile == FIX_STRICT ? FIX_STRICT_LOG : checker->profile;
    struct record_check c = {.checker = checker, .index = index, .output = output, .origin = *origin};
    struct fix_step step;

    *consumed = 0;
    do {
        fix_next(profile, slice_make(buffer.ptr + *consumed, buffer.len - *consumed), false, last, &step);
        /* In a file each message has a place of its own, so it is its own record. */
        c.origin.offset = origin->offset + (int64_t)(*consumed + step.start);
        c.origin.message = 0;
        if (take_step(&c, &step, 0, e) != 0)
            return -1;
        *consumed += step.consumed;
    } while (step.event != FIX_END && step.event != FIX_NEED_MORE);
    return 0;
}
