#include "gen_plan.h"

#include "gen_text.h"

enum { PLAN_LINE_MAX = 2048 /* bytes */ };

static const char *const kind_names[PLAN_KIND_COUNT] = {
#define X(name) #name,
    PLAN_KINDS(X)
#undef X
};

static const char *const reason_names[PLAN_REASON_COUNT] = {
#define X(name) #name,
    PLAN_REASONS(X)
#undef X
};

static void start_line(struct text *t, const struct plan *plan)
{
    text_add(t, "{\"message\": ");
    text_add_number(t, plan->message);
}

static void end_line(struct text *t, struct plan *plan)
{
    text_add(t, "}\n");
    output_write(plan->output, t->bytes, t->len);
}

void plan_discrepancy(struct plan *plan, enum plan_kind kind, int tag, int identifier_position, const char *observed,
                      const char *expected)
{
    char bytes[PLAN_LINE_MAX];
    struct text t = {.bytes = bytes, .capacity = sizeof bytes};

    start_line(&t, plan);
    text_add(&t, ", \"kind\": ");
    text_add_json(&t, kind_names[kind]);
    text_add(&t, ", \"tag\": ");
    text_add_number(&t, (uint64_t)tag);
    text_add(&t, ", \"identifier_position\": ");
    text_add_number(&t, (uint64_t)identifier_position);
    text_add(&t, ", \"observed\": ");
    text_add_json(&t, observed);
    text_add(&t, ", \"expected\": ");
    text_add_json(&t, expected && expected[0] ? expected : NULL);
    end_line(&t, plan);
    plan->by_kind[kind]++;
}

void plan_dead_letter(struct plan *plan, enum plan_reason reason)
{
    char bytes[PLAN_LINE_MAX];
    struct text t = {.bytes = bytes, .capacity = sizeof bytes};

    start_line(&t, plan);
    text_add(&t, ", \"dead_letter\": ");
    text_add_json(&t, reason_names[reason]);
    end_line(&t, plan);
    plan->by_reason[reason]++;
}

static void add_count(struct text *t, const char *name, uint64_t n)
{
    if (t->bytes[t->len - 1] != '{')
        text_add(t, ", ");
    text_add_json(t, name);
    text_add(t, ": ");
    text_add_number(t, n);
}

void plan_summary(struct plan *plan)
{
    char bytes[PLAN_LINE_MAX];
    struct text t = {.bytes = bytes, .capacity = sizeof bytes};

    text_add(&t, "{\"summary\": {");
    add_count(&t, "messages", plan->matched + plan->discrepant + plan->malformed + plan->ignored);
    add_count(&t, "matched", plan->matched);
    add_count(&t, "discrepant", plan->discrepant);
    add_count(&t, "malformed", plan->malformed);
    add_count(&t, "ignored", plan->ignored);
    text_add(&t, ", \"by_kind\": {");
    for (int i = 0; i < PLAN_KIND_COUNT; i++)
        add_count(&t, kind_names[i], plan->by_kind[i]);
    text_add(&t, "}, \"by_reason\": {");
    for (int i = 0; i < PLAN_REASON_COUNT; i++)
        add_count(&t, reason_names[i], plan->by_reason[i]);
    text_add(&t, "}}");
    end_line(&t, plan);
}
