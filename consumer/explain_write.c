#include "explain_write.h"

#include <stdlib.h>

#include "explain_page.h"
#include "explain_text.h"
#include "explain_write_instrument.h"

/* ---- the message ---- */

static void write_title(struct page *p, const json_t *x)
{
    const json_t *message = json_object_get(x, "message"), *origin = json_object_get(x, "origin");

    fputs(page_dye(p, PAGE_BOLD), p->out);
    if (page_is_null(x, "message") || json_object_get(message, "type") == NULL) {
        fputs("Bytes that are no message", p->out);
    } else {
        fprintf(p->out, "%s (35=",
                page_is_null(message, "name") ? "A message of an unknown type" : page_text_at(message, "name"));
        page_value(p, page_slice_at(message, "type"));
        fprintf(p->out, ") of %s", page_text_at(message, "begin_string"));
    }
    fprintf(p->out, "%s, %" JSON_INTEGER_FORMAT " bytes", page_end_dye(p), page_number_at(message, "bytes"));
    if (!page_is_null(origin, "file")) {
        fputs(", ", p->out);
        page_value(p, page_slice_at(origin, "file"));
        fprintf(p->out, " at byte %" JSON_INTEGER_FORMAT, page_number_at(origin, "offset"));
    }
    if (page_slice_at(origin, "topic").len > 0) {
        fputs(", as of topic ", p->out);
        page_value(p, page_slice_at(origin, "topic"));
    }
    fputs("\n", p->out);
    if (json_object_get(message, "text") != NULL) {
        fputs("  ", p->out);
        page_value(p, page_slice_at(message, "text"));
        fputs("\n", p->out);
    }
}

static void add_figure(struct page *p, const json_t *framing, const char *name, const char *label, int digits)
{
    const json_t *figure = json_object_get(framing, name);

    if (json_is_null(figure))
        return;
    page_add_words(p, NULL, "%s", label);
    if (json_is_true(json_object_get(figure, "right")))
        page_add_words(p, PAGE_GREEN, "right: %s", page_text_at(figure, "stated"));
    else
        page_add_words(p, PAGE_RED, "wrong: %s is stated, the bytes give %0*" JSON_INTEGER_FORMAT,
                       page_text_at(figure, "stated"), digits, page_number_at(figure, "counted"));
}

static void add_refusal(struct page *p, const char *profile, const json_t *refusal)
{
    page_add_words(p, NULL, "%s", profile);
    if (json_is_null(refusal))
        page_add_words(p, PAGE_GREEN, "takes it");
    else
        page_add_words(p, PAGE_RED, "refuses it: %s, %s", page_text_at(refusal, "reason"),
                       page_text_at(refusal, "text"));
}

static void write_framing(struct page *p, const json_t *framing)
{
    page_start_table(p, 2);
    p->table.indent = 2;
    if (!page_is_null(framing, "delimiter")) {
        page_add_words(p, NULL, "delimiter");
        page_add_words(p, NULL, "%s", page_text_at(framing, "delimiter"));
    }
    add_figure(p, framing, "body_length", "BodyLength", 1);
    add_figure(p, framing, "checksum", "CheckSum", 3);
    if (strcmp(page_text_at(framing, "profile"), "strict") != 0)
        add_refusal(p, strcmp(page_text_at(framing, "profile"), "log") == 0 ? "profile log" : "as set here",
                    json_object_get(framing, "refused"));
    add_refusal(p, "profile strict", json_object_get(framing, "refused_by_strict"));
    page_end_table(p);
}

/* "BODY", "LEG 0". */
static void add_instrument_name(struct page *p, const json_t *instrument)
{
    const char *role = page_text_at(instrument, "role");

    if (instrument == NULL)
        page_add_words(p, NULL, "%s", "");
    else if (strcmp(role, "BODY") == 0)
        page_add_words(p, NULL, "%s", role);
    else
        page_add_words(p, NULL, "%s %" JSON_INTEGER_FORMAT, role, page_number_at(instrument, "position"));
}

/* The value, and what it means. */
static void add_field_value(struct page *p, const json_t *field)
{
    char *value = explain_text(page_slice_at(field, "value"), EXPLAIN_VALUE_MAX);
    const char *means = page_text_at(field, "means"), *unused = page_text_at(field, "unused");

    if (value == NULL)
        page_fail(p);
    else
        page_add_words(p, NULL, "%s%s%s%s%s%s%s", value, *means ? " (" : "", means, *means ? ")" : "",
                       *unused ? "  [" : "", unused, *unused ? "]" : "");
    free(value);
}

static void write_fields(struct page *p, const json_t *fields)
{
    const json_t *field;
    size_t i;

    if (json_array_size(fields) == 0)
        return;
    fprintf(p->out, "\n%sFIELDS%s\n", page_dye(p, PAGE_BOLD), page_end_dye(p));
    page_start_table(p, 4);
    p->table.left = false;
    p->table.indent = 0;
    json_array_foreach(fields, i, field)
    {
        page_add_words(p, NULL, "%6" JSON_INTEGER_FORMAT, page_number_at(field, "tag"));
        page_add_words(p, NULL, "%s", page_is_null(field, "name") ? "-" : page_text_at(field, "name"));
        add_instrument_name(p, json_object_get(field, "instrument"));
        add_field_value(p, field);
    }
    page_end_table(p);
}

/* ---- the end ---- */

static void write_outcome(struct page *p, const json_t *x)
{
    const json_t *result = json_object_get(x, "result");
    const char *outcome = page_text_at(result, "outcome");

    fprintf(p->out, "\n%sOUTCOME%s  ", page_dye(p, PAGE_BOLD), page_end_dye(p));
    if (strcmp(outcome, "matched") == 0)
        fprintf(p->out, "%smatched%s: nothing disagrees with the master", page_dye(p, PAGE_GREEN), page_end_dye(p));
    else if (strcmp(outcome, "ignored") == 0)
        fprintf(p->out, "ignored: it names no instrument, and need not");
    else if (strcmp(outcome, "malformed") == 0)
        fprintf(p->out, "%smalformed%s: %s, %s; it is a dead letter", page_dye(p, PAGE_RED), page_end_dye(p),
                page_text_at(result, "reason"), page_text_at(result, "text"));
    else
        fprintf(p->out, "%sdiscrepant%s: %" JSON_INTEGER_FORMAT " discrepanc%s, up to %s", page_dye(p, PAGE_RED),
                page_end_dye(p), page_number_at(result, "discrepancies"),
                page_number_at(result, "discrepancies") == 1 ? "y" : "ies", page_text_at(result, "gravest"));
    fputc('\n', p->out);
}

static void write_premises(struct page *p, const json_t *x)
{
    const json_t *master = json_object_get(x, "master"), *rules = json_object_get(x, "rules"), *one;
    size_t i;

    fprintf(p->out, "%sby master %s of %" JSON_INTEGER_FORMAT " rows, and rules %s", page_dye(p, PAGE_DIM),
            page_text_at(master, "version"), page_number_at(master, "rows"), page_text_at(rules, "id"));
    json_array_foreach(json_object_get(rules, "off"), i, one)
        fprintf(p->out, "%s%s", i == 0 ? "; not reported: " : ", ", json_string_value(one));
    fprintf(p->out, "%s\n", page_end_dye(p));
}

int explain_write(const json_t *explanation, bool colour, FILE *out, struct error *e)
{
    struct page p = {.out = out, .colour = colour, .e = e};
    const json_t *instrument;
    size_t i;

    write_title(&p, explanation);
    write_framing(&p, json_object_get(explanation, "framing"));
    write_fields(&p, json_object_get(explanation, "fields"));
    json_array_foreach(json_object_get(explanation, "instruments"), i, instrument)
        explain_write_instrument(&p, instrument);
    write_outcome(&p, explanation);
    write_premises(&p, explanation);
    return p.status;
}
