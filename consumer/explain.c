#include "explain.h"

#include "explain_fields.h"
#include "explain_frame.h"
#include "explain_trace.h"
#include "fix_words.h"
#include "json_text.h"

/* One explanation under way. */
struct explanation {
    const struct explain_request *request;
    struct explain_trace trace;
    struct fix_step step; /* the message, if `is_read` */
    bool is_read;
    enum fix_reason reason; /* of a malformed one; FIX_OK */
    struct checker_counts counts;
};

static int on_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    (void)opaque; /* the trace has told it */
    (void)discrepancy;
    (void)e;
    return 0;
}

static int on_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    struct explanation *x = opaque;

    (void)e;
    x->reason = letter->reason;
    return 0;
}

static int check(struct explanation *x, struct error *e)
{
    const struct explain_request *r = x->request;
    const struct checker_output output = {
        .opaque = x, .on_discrepancy = on_discrepancy, .on_dead_letter = on_dead_letter};
    const struct origin origin = {.topic = r->topic, .offset = r->offset};
    struct checker *checker = checker_new(r->rules, r->profile);
    int status;

    if (checker == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory");
    explain_trace_start(&x->trace, e);
    checker_set_trace(checker, &x->trace.checker);
    status = x->trace.status;
    if (status == 0)
        status = checker_check(checker, r->index, r->bytes, &origin, &output, e);
    x->counts = *checker_counts(checker);
    checker_free(checker);
    return status == 0 ? explain_trace_finish(&x->trace) : status;
}

static json_t *message_json(const struct explanation *x)
{
    const struct fix_message *message = &x->step.message;
    const char *name;

    if (!x->is_read)
        return json_pack("{s:I, s:o}", "bytes", (json_int_t)x->request->bytes.len, "text",
                         json_text(x->request->bytes));
    name = fix_words_message(message->msg_type);
    return json_pack("{s:I, s:o, s:o, s:o}", "bytes", (json_int_t)x->request->bytes.len, "begin_string",
                     json_text(message->begin_string), "type", json_text(message->msg_type), "name",
                     name != NULL ? json_string(name) : json_null());
}

static json_t *origin_json(const struct explain_request *request)
{
    return json_pack("{s:o, s:I, s:o}", "file",
                     request->file != NULL ? json_text(slice_of(request->file)) : json_null(), "offset",
                     (json_int_t)request->offset, "topic", json_text(request->topic));
}

/* The kinds of discrepancy that are found and not reported. */
static json_t *kinds_off(const struct rules *rules)
{
    json_t *off = json_array();

    for (int kind = 0; kind < DISCREPANCY_KIND_COUNT; kind++)
        if (!rules->reported[kind])
            json_array_append_new(off, json_string(discrepancy_kind_name((enum discrepancy_kind)kind)));
    return off;
}

static json_t *outcome_json(const struct explanation *x)
{
    const char *outcome = x->counts.malformed > 0    ? "malformed"
                          : x->counts.discrepant > 0 ? "discrepant"
                          : x->counts.matched > 0    ? "matched"
                                                     : "ignored";

    if (x->reason != FIX_OK)
        return json_pack("{s:s, s:s, s:s}", "outcome", outcome, "reason", fix_reason_name(x->reason), "text",
                         fix_reason_text(x->reason));
    return json_pack("{s:s, s:I, s:o}", "outcome", outcome, "discrepancies", (json_int_t)x->counts.discrepancies,
                     "gravest",
                     x->trace.gravest < 0 ? json_null() : json_string(severity_name((enum severity)x->trace.gravest)));
}

static json_t *whole_json(const struct explanation *x)
{
    const struct explain_request *r = x->request;
    const struct fix_message *message = x->is_read ? &x->step.message : NULL;
    const struct index_info *info = index_info(r->index);

    return json_pack("{s:o, s:o, s:o, s:o, s:O, s:{s:s, s:I}, s:{s:s, s:o}, s:o}", "origin", origin_json(r), "message",
                     message_json(x), "framing", explain_frame(r->profile, r->bytes, message), "fields",
                     message != NULL ? explain_fields(message, &x->trace, x->reason == FIX_OK) : json_array(),
                     "instruments", x->trace.instruments, "master", "version", info->version, "rows",
                     (json_int_t)info->rows, "rules", "id", r->rules->id, "off", kinds_off(r->rules), "result",
                     outcome_json(x));
}

json_t *explain(const struct explain_request *request, struct error *e)
{
    struct explanation x = {.request = request, .trace = {.request = request}};
    json_t *json = NULL;

    x.is_read = explain_frame_read(request->profile, request->bytes, &x.step);
    if (check(&x, e) == 0) {
        json = whole_json(&x);
        if (json == NULL)
            error_set(e, ERROR_INTERNAL, "no memory");
    }
    explain_trace_free(&x.trace);
    return json;
}
