#include "checker.h"

#include <stdlib.h>

#include "lookahead.h"

/* Messages that are parsed before the first of them is matched: few enough for the processor's caches. */
#define GROUP_MAX 64

/* Bytes that the instruments of a group may take until it is checked at once, and that those of one message may go on
 * to hold. */
#define GROUP_BYTES_MAX (CHECKER_SCRATCH_MAX / 2)
#define LIST_KEEP_MAX (GROUP_BYTES_MAX / GROUP_MAX)

#define FETCH_AHEAD 4 /* messages for which what was fetched is fetched again before their turn */

/* Where a message stands. */
struct place {
    size_t record;               /* which one of the call */
    const struct origin *origin; /* of the record */
    int64_t offset;
    int32_t message;
    uint64_t position; /* bytes from the record's start */
};

/* A message that was parsed, or what stands in the place of one, and waits for its turn. */
struct waiting {
    enum fix_event event; /* FIX_MESSAGE, FIX_MALFORMED or FIX_SKIPPED */
    struct place place;
    struct slice bytes;
    enum fix_reason reason;         /* FIX_OK unless it is malformed */
    const struct instrument *first; /* of its instruments; NULL where it names none */
    struct instrument_list instruments;
    char key[IDENTIFIER_MAX]; /* of its look-up */
};

struct checker {
    const struct rules *rules;
    unsigned tolerated; /* of enum fix_tolerance */
    struct matcher *matcher;
    struct checker_counts counts;
    struct match_result result;
    struct message_amounts amounts;
    struct exposure exposure;
    struct waiting group[GROUP_MAX];
    struct index_lookup ahead[GROUP_MAX]; /* of the first instrument of each */
    size_t group_count;
    size_t group_bytes;                /* of their instruments */
    const struct checker_trace *trace; /* or NULL */
};

/* One call under way. */
struct run {
    struct checker *checker;
    const struct index *index;
    const struct checker_output *output;
    size_t done; /* records */
};

struct checker *checker_new(const struct rules *rules, unsigned tolerated)
{
    struct checker *checker = calloc(1, sizeof *checker);

    if (checker == NULL)
        return NULL;
    checker->rules = rules;
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
    for (size_t i = 0; i < GROUP_MAX; i++)
        instrument_list_free(&checker->group[i].instruments);
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

/* ---- what was found ---- */

static struct origin origin_of(const struct place *place)
{
    struct origin origin = *place->origin;

    origin.offset = place->offset;
    origin.message = place->message;
    return origin;
}

static int report_malformed(const struct run *r, const struct waiting *w, struct error *e)
{
    struct checker_counts *counts = &r->checker->counts;
    struct origin origin = origin_of(&w->place);
    struct dead_letter letter = {
        .reason = w->reason, .origin = &origin, .position = w->place.position, .raw = w->bytes};

    counts->messages++;
    counts->malformed++;
    counts->by_reason[w->reason]++;
    dead_letter_id(&origin, letter.id);
    return r->output->on_dead_letter(r->output->opaque, &letter, e);
}

/* How severe a verdict is: by the user's rules, else by its step, else by its kind. */
static enum severity severity_of(const struct checker *checker, const struct message_fields *message,
                                 const struct instrument *instrument, const struct verdict *verdict)
{
    const struct rules *rules = checker->rules;
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

static int report_verdict(const struct run *r, const struct waiting *w, const struct instrument *instrument,
                          const struct verdict *verdict, enum severity severity, struct error *e)
{
    struct checker *checker = r->checker;
    const struct index_info *info = index_info(r->index);
    struct origin origin = origin_of(&w->place);
    struct discrepancy d = {
        .verdict = verdict,
        .severity = severity,
        .origin = &origin,
        .message = &w->instruments.message,
        .amounts = &checker->amounts,
        .exposure = &checker->exposure,
        .instrument = instrument,
        .found_by = checker->result.found_by,
        .candidates = checker->result.candidates,
        .security = checker->result.security,
        .carried_names = info->carried_names,
        .master_version = info->version,
        .rule_set = checker->rules->id,
        .raw = w->bytes,
    };

    checker->counts.discrepancies++;
    checker->counts.by_kind[verdict->kind]++;
    discrepancy_id(&origin, instrument, verdict, d.id);
    return r->output->on_discrepancy(r->output->opaque, &d, e);
}

/* Reports what was found about one instrument and is not off; *found counts that. */
static int report_verdicts(const struct run *r, struct waiting *w, const struct instrument *instrument, size_t *found,
                           struct error *e)
{
    struct checker *checker = r->checker;
    const struct match_result *result = &checker->result;
    const struct message_fields *message;

    if (result->count == 0 && checker->trace == NULL)
        return 0;
    message = instrument_message(&w->instruments);
    instrument_amounts(&w->instruments, &checker->amounts);
    exposure_of(message, instrument, &checker->amounts, result->is_certain ? result->security : NULL,
                &checker->exposure);
    if (checker->trace != NULL)
        checker->trace->on_result(checker->trace->opaque, instrument, result, &checker->amounts, &checker->exposure);
    for (size_t i = 0; i < result->count; i++) {
        enum severity severity = severity_of(checker, message, instrument, &result->verdicts[i]);
        if (severity == SEVERITY_OFF)
            continue;
        ++*found;
        if (report_verdict(r, w, instrument, &result->verdicts[i], severity, e) != 0)
            return -1;
    }
    return 0;
}

/* ---- matching ---- */

static struct index_lookup *ahead_of(struct checker *checker, const struct waiting *w)
{
    return &checker->ahead[w - checker->group];
}

static void tell_instrument(const struct checker *checker, const struct instrument *instrument)
{
    if (checker->trace != NULL)
        checker->trace->on_instrument(checker->trace->opaque, instrument);
}

/* The convention of the message's session or topic. Most users set none. */
static enum symbology_convention convention_of(const struct run *r, struct waiting *w)
{
    const struct conventions *conventions = r->checker->rules->conventions;
    const struct message_fields *message;

    if (conventions == NULL)
        return SYMBOLOGY_NONE;
    message = instrument_message(&w->instruments);
    return conventions_of_message(conventions, message->sender, message->target, w->place.origin->topic);
}

/* Matches the instruments of one message. *found counts what was reported. */
static int check_instruments(const struct run *r, struct waiting *w, size_t *found, struct error *e)
{
    struct checker *checker = r->checker;
    struct instrument_list *list = &w->instruments;
    struct match_input input = {
        .message = &list->message, .convention = convention_of(r, w), .ahead = ahead_of(checker, w)};

    *found = 0;
    for (input.instrument = w->first; input.instrument != NULL; input.instrument = instrument_next(list)) {
        tell_instrument(checker, input.instrument);
        if (checker->trace == NULL && match_agrees(checker->matcher, r->index, checker->rules, &input))
            continue;
        if (match_instrument(checker->matcher, r->index, checker->rules, &input, &checker->result, e) != 0 ||
            report_verdicts(r, w, input.instrument, found, e) != 0)
            return -1;
    }
    if (!instrument_is_missing(list))
        return 0;
    tell_instrument(checker, instrument_body(list));
    match_missing(checker->rules, &checker->result);
    return report_verdicts(r, w, instrument_body(list), found, e);
}

static void count_repeats(struct checker_counts *counts, const struct instrument_list *list)
{
    bool poss_dup;
    bool poss_resend;

    instrument_repeats(list, &poss_dup, &poss_resend);
    counts->poss_dup += poss_dup;
    counts->poss_resend += !poss_dup && poss_resend;
}

static int check_message(const struct run *r, struct waiting *w, struct error *e)
{
    struct checker_counts *counts = &r->checker->counts;
    size_t found;

    counts->messages++;
    count_repeats(counts, &w->instruments);
    if (check_instruments(r, w, &found, e) != 0)
        return -1;
    if (found > 0)
        counts->discrepant++;
    else if (w->instruments.named > 0)
        counts->matched++;
    else
        counts->ignored++;
    return 0;
}

static int check_one(const struct run *r, struct waiting *w, struct error *e)
{
    if (w->event == FIX_SKIPPED) {
        r->checker->counts.skipped++;
        return 0;
    }
    return w->reason != FIX_OK ? report_malformed(r, w, e) : check_message(r, w, e);
}

/* ---- the messages that wait ---- */

/* An instrument list that had to grow for a rare message gives its memory back. */
static void forget_group(struct checker *checker)
{
    for (size_t i = 0; i < checker->group_count; i++)
        if (instrument_list_memory(&checker->group[i].instruments) > LIST_KEEP_MAX)
            instrument_list_free(&checker->group[i].instruments);
    checker->group_count = checker->group_bytes = 0;
}

/* Checks all that wait, in their turn. */
static int check_group(struct run *r, struct error *e)
{
    struct checker *checker = r->checker;
    int rc = 0;

    index_fetch_batch(r->index, checker->ahead, checker->group_count);
    for (size_t i = 0; i < checker->group_count && rc == 0; i++) {
        struct waiting *w = &checker->group[i];

        if (i + FETCH_AHEAD < checker->group_count)
            index_fetch_again(&checker->ahead[i + FETCH_AHEAD]);
        r->done = w->place.record;
        rc = check_one(r, w, e);
    }
    forget_group(checker);
    return rc;
}

/* Takes a message's instruments out of it. */
static int extract(const struct run *r, const struct fix_message *message, struct waiting *w, struct error *e)
{
    const struct rules *rules = r->checker->rules;

    if (instrument_extract(&w->instruments, message, &rules->sources, rules->references, &w->reason, e) != 0)
        return -1;
    if (w->reason == FIX_OK)
        w->first = instrument_next(&w->instruments);
    return 0;
}

/* Without memory for one more, those before it are still checked. */
static int give_up(struct run *r, size_t record, struct error *e)
{
    struct error earlier;

    if (check_group(r, &earlier) != 0)
        *e = earlier;
    else
        r->done = record;
    return -1;
}

/* Where the next one waits. Its place is written there at once: a copy made right behind the single members would have
 * to wait for each of them. */
static struct waiting *next_waiting(struct run *r)
{
    return &r->checker->group[r->checker->group_count];
}

/* Has what fix_next found wait for its turn, in the place that was written there. */
static int take_step(struct run *r, const struct fix_step *step, struct error *e)
{
    struct checker *checker = r->checker;
    struct waiting *w = next_waiting(r);

    if (step->event == FIX_END || step->event == FIX_NEED_MORE)
        return 0;
    w->event = step->event;
    w->bytes = step->event == FIX_MESSAGE ? step->message.bytes : step->malformed;
    w->reason = step->reason;
    w->first = NULL;
    if (step->event == FIX_MESSAGE && extract(r, &step->message, w, e) != 0)
        return give_up(r, w->place.record, e);
    lookahead_guess(r->index, w->first, w->key, &checker->ahead[checker->group_count++]);
    checker->group_bytes += instrument_list_memory(&w->instruments);
    return checker->group_count == GROUP_MAX || checker->group_bytes > GROUP_BYTES_MAX ? check_group(r, e) : 0;
}

/* ---- records ---- */

/* Reads a record. Messages and malformed ones are numbered within it. */
static int read_record(struct run *r, const struct checker_record *record, size_t number, struct error *e)
{
    const struct origin *origin = &record->origin;
    struct slice value = record->value;
    int32_t message = origin->message;
    struct fix_step step;
    size_t at = 0;

    do {
        fix_next(r->checker->tolerated, slice_make(value.ptr + at, value.len - at), at == 0, true, &step);
        next_waiting(r)->place = (struct place){number, origin, origin->offset, message, at + step.start};
        if (take_step(r, &step, e) != 0)
            return -1;
        message += step.event == FIX_MESSAGE || step.event == FIX_MALFORMED;
        at += step.consumed;
    } while (step.event != FIX_END && at < value.len);
    return 0;
}

int checker_check_batch(struct checker *checker, const struct index *index, const struct checker_record *records,
                        size_t count, const struct checker_output *output, size_t *done, struct error *e)
{
    struct run r = {.checker = checker, .index = index, .output = output};
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = read_record(&r, &records[i], i, e);
    if (rc == 0)
        rc = check_group(&r, e);
    *done = rc != 0 ? r.done : count;
    return rc;
}

int checker_check(struct checker *checker, const struct index *index, struct slice record, const struct origin *origin,
                  const struct checker_output *output, struct error *e)
{
    size_t done;

    return checker_check_batch(checker, index, &(struct checker_record){*origin, record}, 1, output, &done, e);
}

int checker_check_log(struct checker *checker, const struct index *index, struct slice buffer, bool last,
                      const struct origin *origin, size_t *consumed, const struct checker_output *output,
                      struct error *e)
{
    unsigned tolerated = checker->tolerated | FIX_TOLERATE_RESYNC; /* a file has no rest that one message could take */
    struct run r = {.checker = checker, .index = index, .output = output};
    struct fix_step step;

    *consumed = 0;
    do {
        fix_next(tolerated, slice_make(buffer.ptr + *consumed, buffer.len - *consumed), false, last, &step);
        /* In a file each message has a place of its own, so it is its own record. */
        next_waiting(&r)->place =
            (struct place){.origin = origin, .offset = origin->offset + (int64_t)(*consumed + step.start)};
        if (take_step(&r, &step, e) != 0)
            return -1;
        *consumed += step.consumed;
    } while (step.event != FIX_END && step.event != FIX_NEED_MORE);
    return check_group(&r, e);
}
