#include "explain_write.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include "explain_text.h"
#include "text_table.h"

#define INDENT 4
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"

struct writer {
    FILE *out;
    bool colour;
    struct text_table table; /* what is being gathered */
    struct error *e;
    int status;
};

/* ---- words ---- */

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static json_int_t number_at(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool is_null(const json_t *object, const char *name)
{
    return json_is_null(json_object_get(object, name));
}

static struct slice slice_at(const json_t *object, const char *name)
{
    const json_t *string = json_object_get(object, name);

    return slice_make(json_string_value(string), json_string_length(string));
}

static void fail(struct writer *w)
{
    if (w->status == 0)
        w->status = error_set(w->e, ERROR_INTERNAL, "no memory");
}

/* Prints a value that came from outside. */
static void print_value(struct writer *w, struct slice value)
{
    char *text = explain_text(value, EXPLAIN_VALUE_MAX);

    if (text == NULL)
        fail(w);
    else
        fputs(text, w->out);
    free(text);
}

static const char *dye(const struct writer *w, const char *colour)
{
    return w->colour ? colour : "";
}

static const char *end_dye(const struct writer *w)
{
    return w->colour ? "\033[0m" : "";
}

static void print_heading(const struct writer *w, const char *text)
{
    fprintf(w->out, "  %s%s%s\n", dye(w, BOLD), text, end_dye(w));
}

/* ---- tables ---- */

static void start_table(struct writer *w, size_t columns)
{
    w->table = (struct text_table){.columns = columns, .indent = INDENT, .left = true};
}

/* The table takes `text` over; NULL stands for no memory. */
static void add(struct writer *w, const char *colour, char *text)
{
    if (w->status == 0)
        w->status = text_table_add(&w->table, text, w->e);
    else
        free(text);
    if (w->colour)
        text_table_colour(&w->table, colour);
}

__attribute__((format(printf, 3, 4))) static void add_words(struct writer *w, const char *colour, const char *format,
                                                            ...)
{
    char *text;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    add(w, colour, text);
}

/* A value that came from outside; nothing where it is null. */
static void add_value(struct writer *w, const char *colour, struct slice value)
{
    add(w, colour, explain_text(value, EXPLAIN_VALUE_MAX));
}

static void add_headings(struct writer *w, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_words(w, DIM, "%s", names[i]);
}

static void end_table(struct writer *w)
{
    if (w->status == 0)
        text_table_print(&w->table, w->out);
    text_table_free(&w->table);
}

/* ---- the message ---- */

static void write_title(struct writer *w, const json_t *x)
{
    const json_t *message = json_object_get(x, "message"), *origin = json_object_get(x, "origin");

    fputs(dye(w, BOLD), w->out);
    if (is_null(x, "message") || json_object_get(message, "type") == NULL) {
        fputs("Bytes that are no message", w->out);
    } else {
        fprintf(w->out,
                "%s (35=", is_null(message, "name") ? "A message of an unknown type" : text_at(message, "name"));
        print_value(w, slice_at(message, "type"));
        fprintf(w->out, ") of %s", text_at(message, "begin_string"));
    }
    fprintf(w->out, "%s, %" JSON_INTEGER_FORMAT " bytes", end_dye(w), number_at(message, "bytes"));
    if (slice_at(origin, "topic").len > 0) {
        fputs(", ", w->out);
        print_value(w, slice_at(origin, "topic"));
        fprintf(w->out, " at %" JSON_INTEGER_FORMAT, number_at(origin, "offset"));
    }
    fputs("\n", w->out);
    if (json_object_get(message, "text") != NULL) {
        fputs("  ", w->out);
        print_value(w, slice_at(message, "text"));
        fputs("\n", w->out);
    }
}

static void add_figure(struct writer *w, const json_t *framing, const char *name, const char *label, int digits)
{
    const json_t *figure = json_object_get(framing, name);

    if (json_is_null(figure))
        return;
    add_words(w, NULL, "%s", label);
    if (json_is_true(json_object_get(figure, "right")))
        add_words(w, GREEN, "right: %s", text_at(figure, "stated"));
    else
        add_words(w, RED, "wrong: %s is stated, the bytes give %0*" JSON_INTEGER_FORMAT, text_at(figure, "stated"),
                  digits, number_at(figure, "counted"));
}

static void add_refusal(struct writer *w, const char *profile, const json_t *refusal)
{
    add_words(w, NULL, "%s", profile);
    if (json_is_null(refusal))
        add_words(w, GREEN, "takes it");
    else
        add_words(w, RED, "refuses it: %s, %s", text_at(refusal, "reason"), text_at(refusal, "text"));
}

static void write_framing(struct writer *w, const json_t *framing)
{
    start_table(w, 2);
    w->table.indent = 2;
    if (!is_null(framing, "delimiter")) {
        add_words(w, NULL, "delimiter");
        add_words(w, NULL, "%s", text_at(framing, "delimiter"));
    }
    add_figure(w, framing, "body_length", "BodyLength", 1);
    add_figure(w, framing, "checksum", "CheckSum", 3);
    if (strcmp(text_at(framing, "profile"), "strict") != 0)
        add_refusal(w, strcmp(text_at(framing, "profile"), "log") == 0 ? "profile log" : "as set here",
                    json_object_get(framing, "refused"));
    add_refusal(w, "profile strict", json_object_get(framing, "refused_by_strict"));
    end_table(w);
}

/* "BODY", "LEG 0". */
static void add_instrument_name(struct writer *w, const json_t *instrument)
{
    const char *role = text_at(instrument, "role");

    if (instrument == NULL)
        add_words(w, NULL, "%s", "");
    else if (strcmp(role, "BODY") == 0)
        add_words(w, NULL, "%s", role);
    else
        add_words(w, NULL, "%s %" JSON_INTEGER_FORMAT, role, number_at(instrument, "position"));
}

/* The value, and what it means. */
static void add_field_value(struct writer *w, const json_t *field)
{
    char *value = explain_text(slice_at(field, "value"), EXPLAIN_VALUE_MAX);
    const char *means = text_at(field, "means"), *unused = text_at(field, "unused");

    if (value == NULL)
        fail(w);
    else
        add_words(w, NULL, "%s%s%s%s%s%s%s", value, *means ? " (" : "", means, *means ? ")" : "", *unused ? "  [" : "",
                  unused, *unused ? "]" : "");
    free(value);
}

static void write_fields(struct writer *w, const json_t *fields)
{
    const json_t *field;
    size_t i;

    if (json_array_size(fields) == 0)
        return;
    fprintf(w->out, "\n%sFIELDS%s\n", dye(w, BOLD), end_dye(w));
    start_table(w, 4);
    w->table.left = false;
    w->table.indent = 0;
    json_array_foreach(fields, i, field)
    {
        add_words(w, NULL, "%6" JSON_INTEGER_FORMAT, number_at(field, "tag"));
        add_words(w, NULL, "%s", is_null(field, "name") ? "-" : text_at(field, "name"));
        add_instrument_name(w, json_object_get(field, "instrument"));
        add_field_value(w, field);
    }
    end_table(w);
}

/* ---- an instrument ---- */

static bool names_security(const json_t *instrument)
{
    const json_t *first = json_array_get(json_object_get(instrument, "states"), 0);

    return json_array_size(json_object_get(instrument, "identifiers")) > 0 ||
           strcmp(text_at(first, "what"), "symbol") == 0;
}

static void write_statements(struct writer *w, const json_t *instrument)
{
    const json_t *one;
    size_t i;

    print_heading(w, "states");
    start_table(w, 4);
    w->table.left = false;
    w->table.indent = 2;
    json_array_foreach(json_object_get(instrument, "identifiers"), i, one)
    {
        bool found = strcmp(text_at(one, "outcome"), "found") == 0;
        add_words(w, NULL, "%6" JSON_INTEGER_FORMAT, number_at(one, "tag"));
        add_words(w, NULL, "%s", text_at(one, "kind"));
        add_value(w, NULL, slice_at(one, "value"));
        add_words(w, found ? GREEN : YELLOW, "%s; %s%s", text_at(one, "form"), text_at(one, "outcome"),
                  json_object_get(one, "taken_over") != NULL ? "; of the entry before" : "");
    }
    json_array_foreach(json_object_get(instrument, "states"), i, one)
    {
        add_words(w, NULL, "%6" JSON_INTEGER_FORMAT, number_at(one, "tag"));
        add_words(w, NULL, "%s", text_at(one, "what"));
        add_value(w, NULL, slice_at(one, "value"));
        add_words(w, DIM, "%s", json_object_get(one, "taken_over") != NULL ? "of the entry before" : "");
    }
    end_table(w);
    if (!names_security(instrument))
        fprintf(w->out, "%*snothing that names a security\n", INDENT, "");
}

static void write_symbol_reading(struct writer *w, const json_t *reading)
{
    if (json_is_null(reading) || strcmp(text_at(reading, "convention"), "none") == 0)
        return;
    fprintf(w->out, "%*sthe symbol is read in convention %s, and looked up %s", INDENT, "",
            text_at(reading, "convention"), text_at(reading, "how"));
    if (!is_null(reading, "as")) {
        fputs(": ", w->out);
        print_value(w, slice_at(reading, "as"));
    }
    fputs("\n", w->out);
}

static const char *lookup_words(const char *why)
{
    static const char *const words[][2] = {
        {"identifier", "as it stands"},
        {"stands for", "that it stands for"},
        {"symbol", "as it stands"},
        {"spelling", "in another spelling"},
        {"renamed", "as it was or is renamed"},
        {"looks like", "that it looks like"},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], why) == 0)
            return words[i][1];
    return why;
}

/* The symbol of a row, and where it stands. */
static void add_row_name(struct writer *w, const json_t *row)
{
    char *symbol = explain_text(slice_at(json_object_get(row, "values"), "symbol"), EXPLAIN_VALUE_MAX);

    if (symbol == NULL)
        fail(w);
    else if (json_is_null(row))
        add_words(w, NULL, "-");
    else
        add_words(w, NULL, "%s%sbyte %" JSON_INTEGER_FORMAT, symbol, *symbol ? ", " : "", number_at(row, "byte"));
    free(symbol);
}

/* A symbol without separators is the same in all spellings. */
static bool repeats(const json_t *lookups, size_t i)
{
    const json_t *one = json_array_get(lookups, i), *before = i > 0 ? json_array_get(lookups, i - 1) : NULL;

    return slice_equal(slice_at(one, "kind"), slice_at(before, "kind")) &&
           slice_equal(slice_at(one, "key"), slice_at(before, "key"));
}

static void write_lookups(struct writer *w, const json_t *instrument)
{
    static const char *const headings[] = {"", "", "", "rows", "left", "the first row"};
    const json_t *lookups = json_object_get(instrument, "lookups"), *one;
    size_t i;

    if (json_array_size(lookups) == 0)
        return;
    print_heading(w, "looked up");
    write_symbol_reading(w, json_object_get(instrument, "symbol_is_read"));
    start_table(w, 6);
    add_headings(w, headings, 6);
    json_array_foreach(lookups, i, one)
    {
        json_int_t rows = number_at(one, "rows");
        if (repeats(lookups, i))
            continue;
        add_words(w, NULL, "%s", text_at(one, "kind"));
        add_value(w, NULL, slice_at(one, "key"));
        add_words(w, DIM, "%s", lookup_words(text_at(one, "why")));
        add_words(w, rows > 0 ? GREEN : YELLOW, "%" JSON_INTEGER_FORMAT, rows);
        add_words(w, NULL, "%" JSON_INTEGER_FORMAT, number_at(one, "left"));
        add_row_name(w, json_object_get(one, "first_row"));
    }
    end_table(w);
}

/* A status is not compared with anything. */
static const char *outcome_word(const char *step, const char *outcome)
{
    if (strcmp(step, "status") != 0)
        return outcome;
    return strcmp(outcome, "agrees") == 0 ? "active" : "inactive";
}

static const char *outcome_colour(const char *outcome)
{
    if (strcmp(outcome, "agrees") == 0)
        return GREEN;
    if (strcmp(outcome, "differs") == 0)
        return RED;
    return strcmp(outcome, "nearly") == 0 ? YELLOW : DIM;
}

static void write_steps(struct writer *w, const json_t *steps)
{
    static const char *const headings[] = {"", "message", "master", "", "rows left"};
    const json_t *one;
    size_t i;

    if (json_array_size(steps) == 0)
        return;
    start_table(w, 5);
    add_headings(w, headings, 5);
    json_array_foreach(steps, i, one)
    {
        const char *outcome = text_at(one, "outcome");
        add_words(w, NULL, "%s", text_at(one, "step"));
        add_value(w, NULL, is_null(one, "observed") ? slice_of("-") : slice_at(one, "observed"));
        add_value(w, NULL, is_null(one, "expected") ? slice_of("-") : slice_at(one, "expected"));
        add_words(w, outcome_colour(outcome), "%s", outcome_word(text_at(one, "step"), outcome));
        add_words(w, NULL, "%" JSON_INTEGER_FORMAT, number_at(one, "left"));
    }
    end_table(w);
}

/* The steps that were not made, those with one reason in one line. */
static void write_not_compared(struct writer *w, const json_t *steps)
{
    const json_t *one, *other;
    size_t i, k;

    json_array_foreach(steps, i, one)
    {
        const char *why = text_at(one, "why");
        bool told = false;
        for (k = 0; k < i && !told; k++)
            told = strcmp(text_at(json_array_get(steps, k), "why"), why) == 0;
        if (told)
            continue;
        fprintf(w->out, "%*s%s", INDENT, "", dye(w, DIM));
        json_array_foreach(steps, k, other) if (strcmp(text_at(other, "why"), why) == 0)
            fprintf(w->out, "%s%s", k > i ? ", " : "", text_at(other, "step"));
        fprintf(w->out, ": %s%s\n", why, end_dye(w));
    }
}

static void write_comparison(struct writer *w, const json_t *instrument)
{
    const char *compared = text_at(instrument, "compared");

    if (strcmp(compared, "all") == 0) {
        print_heading(w, "compared");
    } else {
        fprintf(w->out, "  %scompared%s  %s\n", dye(w, BOLD), end_dye(w), compared);
    }
    write_steps(w, json_object_get(instrument, "steps"));
    write_not_compared(w, json_object_get(instrument, "not_compared"));
}

/* ---- the rows of the master ---- */

/* What the message says in the place of a column, or nothing. */
static struct slice said_in(const json_t *instrument, const char *column)
{
    static const char *const names[][2] = {{"mic", "exchange"}, {"put_call", "put or call"}};
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(instrument, "identifiers"), i,
                       one) if (strcasecmp(text_at(one, "kind"), column) == 0) return slice_at(one, "value");
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i][0]) == 0)
            column = names[i][1];
    json_array_foreach(json_object_get(instrument, "states"), i,
                       one) if (strcmp(text_at(one, "what"), column) == 0 ||
                                (strcmp(column, "maturity") == 0 &&
                                 strncmp(text_at(one, "what"), "maturity", 8) == 0)) return slice_at(one, "value");
    return slice_make("", 0);
}

/* Adds a line for each column that any of the rows has. */
static void add_columns(struct writer *w, const json_t *instrument, const json_t *rows, size_t shown)
{
    json_t *columns = json_object();
    const char *name;
    json_t *value;

    for (size_t i = 0; i < shown; i++)
        if (json_object_update_missing(columns, json_object_get(json_array_get(rows, i), "values")) != 0)
            fail(w);
    json_object_foreach(columns, name, value)
    {
        add_value(w, NULL, slice_of(name));
        add_value(w, NULL, said_in(instrument, name));
        for (size_t i = 0; i < shown; i++)
            add_value(w, NULL, slice_at(json_object_get(json_array_get(rows, i), "values"), name));
    }
    json_decref(columns);
}

static void print_places(struct writer *w, const json_t *rows, size_t shown, json_int_t count)
{
    for (size_t i = 0; i < shown; i++) {
        const json_t *row = json_array_get(rows, i);
        fprintf(w->out, "%*s", INDENT, "");
        if (shown > 1)
            fprintf(w->out, "row %zu: ", i + 1);
        print_value(w, slice_at(row, "master"));
        fprintf(w->out, ", byte %" JSON_INTEGER_FORMAT "\n", number_at(row, "byte"));
        if (json_object_get(row, "row") != NULL) {
            char *text = explain_text(slice_at(row, "row"), SIZE_MAX);
            fprintf(w->out, "%*s%s\n", 2 * INDENT, "", text != NULL ? text : "");
            free(text);
        }
    }
    if (count > (json_int_t)shown)
        fprintf(w->out, "%*sand %" JSON_INTEGER_FORMAT " more (--format json lists them)\n", INDENT, "",
                count - (json_int_t)shown);
}

static void write_rows(struct writer *w, const json_t *instrument)
{
    const json_t *rows = json_object_get(instrument, "rows");
    size_t count = json_array_size(rows), shown = count < EXPLAIN_ROWS_SHOWN ? count : EXPLAIN_ROWS_SHOWN;

    if (count == 0)
        return;
    fprintf(w->out, "  %srows of the master that remain%s  %" JSON_INTEGER_FORMAT ", found by %s\n", dye(w, BOLD),
            end_dye(w), number_at(instrument, "candidates"), text_at(instrument, "found_by"));
    print_places(w, rows, shown, number_at(instrument, "candidates"));
    start_table(w, 2 + shown);
    add_words(w, NULL, "%s", "");
    add_words(w, DIM, "message");
    for (size_t i = 0; i < shown; i++)
        add_words(w, DIM, shown > 1 ? "row %zu" : "master", i + 1);
    add_columns(w, instrument, rows, shown);
    end_table(w);
}

/* ---- money, and what disagrees ---- */

static void add_amount(struct writer *w, const json_t *amounts, const char *name)
{
    add_words(w, NULL, "%s", name);
    add_words(w, NULL, "%s", is_null(amounts, name) ? "-" : text_at(amounts, name));
}

static void write_amounts(struct writer *w, const json_t *amounts)
{
    if (json_is_null(amounts) || (is_null(amounts, "price") && is_null(amounts, "quantity")))
        return;
    print_heading(w, "is about");
    start_table(w, 2);
    add_amount(w, amounts, "quantity");
    add_amount(w, amounts, "price");
    add_words(w, NULL, "notional");
    if (is_null(amounts, "notional"))
        add_words(w, DIM, "none: %s", text_at(amounts, "no_notional_because"));
    else
        add_words(w, NULL, "%s%s%s, %s%s", text_at(amounts, "notional"), is_null(amounts, "currency") ? "" : " ",
                  text_at(amounts, "currency"),
                  json_is_true(json_object_get(amounts, "counts_exposure")) ? "which counts as exposure"
                                                                            : "not counted as exposure: ",
                  text_at(amounts, "not_counted_because"));
    end_table(w);
}

static const char *severity_colour(const char *severity)
{
    if (strcmp(severity, "CRITICAL") == 0 || strcmp(severity, "HIGH") == 0)
        return RED;
    return strcmp(severity, "off") == 0 ? DIM : YELLOW;
}

static void add_remarks(struct writer *w, const json_t *d)
{
    const char *reason = text_at(d, "reason"), *hint = text_at(d, "hint_kind");
    char *value = explain_text(slice_at(d, "hint_value"), EXPLAIN_VALUE_MAX);
    bool off = strcmp(text_at(d, "severity"), "off") == 0;

    if (value == NULL)
        fail(w);
    else
        add_words(w, DIM, "%s%s%s%s%s%s%s%s by %s", reason, *reason ? "; " : "", *hint ? "looks like " : "", hint,
                  *hint ? " " : "", value, *hint ? "; " : "", off ? "not published" : "severity",
                  text_at(d, "severity_by"));
    free(value);
}

static void write_discrepancies(struct writer *w, const json_t *discrepancies)
{
    static const char *const headings[] = {"", "", "tag", "message", "master", ""};
    const json_t *one;
    size_t i;

    if (json_array_size(discrepancies) == 0) {
        fprintf(w->out, "  %sdiscrepancies%s  none\n", dye(w, BOLD), end_dye(w));
        return;
    }
    print_heading(w, "discrepancies");
    start_table(w, 6);
    add_headings(w, headings, 6);
    json_array_foreach(discrepancies, i, one)
    {
        add_words(w, severity_colour(text_at(one, "severity")), "%s", text_at(one, "severity"));
        add_words(w, NULL, "%s", text_at(one, "kind"));
        add_words(w, NULL, "%" JSON_INTEGER_FORMAT, number_at(one, "tag"));
        add_value(w, NULL, is_null(one, "observed") ? slice_of("-") : slice_at(one, "observed"));
        add_value(w, NULL, is_null(one, "expected") ? slice_of("-") : slice_at(one, "expected"));
        add_remarks(w, one);
    }
    end_table(w);
}

static void write_instrument(struct writer *w, const json_t *instrument)
{
    const char *role = text_at(instrument, "role");

    fprintf(w->out, "\n%sINSTRUMENT %s", dye(w, BOLD), role);
    if (strcmp(role, "BODY") != 0)
        fprintf(w->out, " %" JSON_INTEGER_FORMAT, number_at(instrument, "position"));
    fprintf(w->out, "%s\n", end_dye(w));
    write_statements(w, instrument);
    write_lookups(w, instrument);
    write_comparison(w, instrument);
    write_rows(w, instrument);
    write_amounts(w, json_object_get(instrument, "amounts"));
    write_discrepancies(w, json_object_get(instrument, "discrepancies"));
}

/* ---- the end ---- */

static void write_outcome(struct writer *w, const json_t *x)
{
    const json_t *result = json_object_get(x, "result");
    const char *outcome = text_at(result, "outcome");

    fprintf(w->out, "\n%sOUTCOME%s  ", dye(w, BOLD), end_dye(w));
    if (strcmp(outcome, "matched") == 0)
        fprintf(w->out, "%smatched%s: nothing disagrees with the master", dye(w, GREEN), end_dye(w));
    else if (strcmp(outcome, "ignored") == 0)
        fprintf(w->out, "ignored: it names no instrument, and need not");
    else if (strcmp(outcome, "malformed") == 0)
        fprintf(w->out, "%smalformed%s: %s, %s; it is a dead letter", dye(w, RED), end_dye(w),
                text_at(result, "reason"), text_at(result, "text"));
    else
        fprintf(w->out, "%sdiscrepant%s: %" JSON_INTEGER_FORMAT " discrepanc%s, up to %s", dye(w, RED), end_dye(w),
                number_at(result, "discrepancies"), number_at(result, "discrepancies") == 1 ? "y" : "ies",
                text_at(result, "gravest"));
    fputc('\n', w->out);
}

static void write_premises(struct writer *w, const json_t *x)
{
    const json_t *master = json_object_get(x, "master"), *rules = json_object_get(x, "rules"), *one;
    size_t i;

    fprintf(w->out, "%sby master %s of %" JSON_INTEGER_FORMAT " rows, and rules %s", dye(w, DIM),
            text_at(master, "version"), number_at(master, "rows"), text_at(rules, "id"));
    json_array_foreach(json_object_get(rules, "off"), i, one)
        fprintf(w->out, "%s%s", i == 0 ? "; not reported: " : ", ", json_string_value(one));
    fprintf(w->out, "%s\n", end_dye(w));
}

int explain_write(const json_t *explanation, bool colour, FILE *out, struct error *e)
{
    struct writer w = {.out = out, .colour = colour, .e = e};
    const json_t *instrument;
    size_t i;

    write_title(&w, explanation);
    write_framing(&w, json_object_get(explanation, "framing"));
    write_fields(&w, json_object_get(explanation, "fields"));
    json_array_foreach(json_object_get(explanation, "instruments"), i, instrument) write_instrument(&w, instrument);
    write_outcome(&w, explanation);
    write_premises(&w, explanation);
    return w.status;
}
