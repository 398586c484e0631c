#include "explain_write_instrument.h"

#include <stdint.h>
#include <stdlib.h>

#include "explain_text.h"

/* ---- what it states ---- */

static bool names_security(const json_t *instrument)
{
    const json_t *first = json_array_get(json_object_get(instrument, "states"), 0);

    return json_array_size(json_object_get(instrument, "identifiers")) > 0 ||
           strcmp(page_text_at(first, "what"), "symbol") == 0;
}

static void write_statements(struct page *p, const json_t *instrument)
{
    const json_t *one;
    size_t i;

    page_heading(p, "states");
    page_start_table(p, 4);
    p->table.left = false;
    p->table.indent = 2;
    json_array_foreach(json_object_get(instrument, "identifiers"), i, one)
    {
        bool found = strcmp(page_text_at(one, "outcome"), "found") == 0;
        page_add_words(p, NULL, "%6" JSON_INTEGER_FORMAT, page_number_at(one, "tag"));
        page_add_words(p, NULL, "%s", page_text_at(one, "kind"));
        page_add_value(p, NULL, page_slice_at(one, "value"));
        page_add_words(p, found ? PAGE_GREEN : PAGE_YELLOW, "%s; %s%s", page_text_at(one, "form"),
                       page_text_at(one, "outcome"),
                       json_object_get(one, "taken_over") != NULL ? "; of the entry before" : "");
    }
    json_array_foreach(json_object_get(instrument, "states"), i, one)
    {
        page_add_words(p, NULL, "%6" JSON_INTEGER_FORMAT, page_number_at(one, "tag"));
        page_add_words(p, NULL, "%s", page_text_at(one, "what"));
        page_add_value(p, NULL, page_slice_at(one, "value"));
        page_add_words(p, PAGE_DIM, "%s", json_object_get(one, "taken_over") != NULL ? "of the entry before" : "");
    }
    page_end_table(p);
    if (!names_security(instrument))
        fprintf(p->out, "%*snothing that names a security\n", PAGE_INDENT, "");
}

static bool has_convention(const json_t *reading)
{
    return !json_is_null(reading) && strcmp(page_text_at(reading, "convention"), "none") != 0;
}

static void write_symbol_reading(struct page *p, const json_t *reading)
{
    fprintf(p->out, "%*sthe symbol is read in convention %s, and %s", PAGE_INDENT, "",
            page_text_at(reading, "convention"), page_text_at(reading, "how"));
    if (!page_is_null(reading, "as")) {
        fputs(": ", p->out);
        page_value(p, page_slice_at(reading, "as"));
    }
    fputs("\n", p->out);
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
static void add_row_name(struct page *p, const json_t *row)
{
    char *symbol = explain_text(page_slice_at(json_object_get(row, "values"), "symbol"), EXPLAIN_VALUE_MAX);

    if (symbol == NULL)
        page_fail(p);
    else if (json_is_null(row))
        page_add_words(p, NULL, "-");
    else
        page_add_words(p, NULL, "%s%sbyte %" JSON_INTEGER_FORMAT, symbol, *symbol ? ", " : "",
                       page_number_at(row, "byte"));
    free(symbol);
}

/* A symbol without separators is the same in all spellings. */
static bool repeats(const json_t *lookups, size_t i)
{
    const json_t *one = json_array_get(lookups, i), *before = i > 0 ? json_array_get(lookups, i - 1) : NULL;

    return slice_equal(page_slice_at(one, "kind"), page_slice_at(before, "kind")) &&
           slice_equal(page_slice_at(one, "key"), page_slice_at(before, "key"));
}

static void write_lookup_table(struct page *p, const json_t *lookups)
{
    static const char *const headings[] = {"", "", "", "rows", "left", "the first row"};
    const json_t *one;
    size_t i;

    page_start_table(p, 6);
    page_add_headings(p, headings, 6);
    json_array_foreach(lookups, i, one)
    {
        json_int_t rows = page_number_at(one, "rows");
        if (repeats(lookups, i))
            continue;
        page_add_words(p, NULL, "%s", page_text_at(one, "kind"));
        page_add_value(p, NULL, page_slice_at(one, "key"));
        page_add_words(p, PAGE_DIM, "%s", lookup_words(page_text_at(one, "why")));
        page_add_words(p, rows > 0 ? PAGE_GREEN : PAGE_YELLOW, "%" JSON_INTEGER_FORMAT, rows);
        page_add_words(p, NULL, "%" JSON_INTEGER_FORMAT, page_number_at(one, "left"));
        add_row_name(p, json_object_get(one, "first_row"));
    }
    page_end_table(p);
}

static void write_lookups(struct page *p, const json_t *instrument)
{
    const json_t *lookups = json_object_get(instrument, "lookups");
    const json_t *reading = json_object_get(instrument, "symbol_is_read");

    if (json_array_size(lookups) == 0 && !has_convention(reading))
        return;
    page_heading(p, "looked up");
    if (has_convention(reading))
        write_symbol_reading(p, reading);
    if (json_array_size(lookups) > 0)
        write_lookup_table(p, lookups);
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
        return PAGE_GREEN;
    if (strcmp(outcome, "differs") == 0)
        return PAGE_RED;
    return strcmp(outcome, "nearly") == 0 ? PAGE_YELLOW : PAGE_DIM;
}

static void write_steps(struct page *p, const json_t *steps)
{
    static const char *const headings[] = {"", "message", "master", "", "rows left"};
    const json_t *one;
    size_t i;

    if (json_array_size(steps) == 0)
        return;
    page_start_table(p, 5);
    page_add_headings(p, headings, 5);
    json_array_foreach(steps, i, one)
    {
        const char *outcome = page_text_at(one, "outcome");
        page_add_words(p, NULL, "%s", page_text_at(one, "step"));
        page_add_value(p, NULL, page_is_null(one, "observed") ? slice_of("-") : page_slice_at(one, "observed"));
        page_add_value(p, NULL, page_is_null(one, "expected") ? slice_of("-") : page_slice_at(one, "expected"));
        page_add_words(p, outcome_colour(outcome), "%s", outcome_word(page_text_at(one, "step"), outcome));
        page_add_words(p, NULL, "%" JSON_INTEGER_FORMAT, page_number_at(one, "left"));
    }
    page_end_table(p);
}

/* The steps that were not made, those with one reason in one line. */
static void write_not_compared(struct page *p, const json_t *steps)
{
    const json_t *one, *other;
    size_t i, k;

    json_array_foreach(steps, i, one)
    {
        const char *why = page_text_at(one, "why");
        bool told = false;
        for (k = 0; k < i && !told; k++)
            told = strcmp(page_text_at(json_array_get(steps, k), "why"), why) == 0;
        if (told)
            continue;
        fprintf(p->out, "%*s%s", PAGE_INDENT, "", page_dye(p, PAGE_DIM));
        json_array_foreach(steps, k, other) if (strcmp(page_text_at(other, "why"), why) == 0)
            fprintf(p->out, "%s%s", k > i ? ", " : "", page_text_at(other, "step"));
        fprintf(p->out, ": %s%s\n", why, page_end_dye(p));
    }
}

static void write_comparison(struct page *p, const json_t *instrument)
{
    const char *compared = page_text_at(instrument, "compared");

    if (strcmp(compared, "all") == 0) {
        page_heading(p, "compared");
    } else {
        fprintf(p->out, "  %scompared%s  %s\n", page_dye(p, PAGE_BOLD), page_end_dye(p), compared);
    }
    write_steps(p, json_object_get(instrument, "steps"));
    write_not_compared(p, json_object_get(instrument, "not_compared"));
}

/* ---- the rows of the master ---- */

/* What the message says in the place of a column, or nothing. */
static struct slice said_in(const json_t *instrument, const char *column)
{
    static const char *const names[][2] = {{"mic", "exchange"}, {"put_call", "put or call"}};
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(instrument, "identifiers"), i,
                       one) if (strcasecmp(page_text_at(one, "kind"), column) == 0) return page_slice_at(one, "value");
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i][0]) == 0)
            column = names[i][1];
    json_array_foreach(json_object_get(instrument, "states"), i,
                       one) if (strcmp(page_text_at(one, "what"), column) == 0 ||
                                (strcmp(column, "maturity") == 0 && strncmp(page_text_at(one, "what"), "maturity", 8) ==
                                                                        0)) return page_slice_at(one, "value");
    return slice_make("", 0);
}

/* Adds a line for each column that any of the rows has. */
static void add_columns(struct page *p, const json_t *instrument, const json_t *rows, size_t shown)
{
    json_t *columns = json_object();
    const char *name;
    json_t *value;

    for (size_t i = 0; i < shown; i++)
        if (json_object_update_missing(columns, json_object_get(json_array_get(rows, i), "values")) != 0)
            page_fail(p);
    json_object_foreach(columns, name, value)
    {
        page_add_value(p, NULL, slice_of(name));
        page_add_value(p, NULL, said_in(instrument, name));
        for (size_t i = 0; i < shown; i++)
            page_add_value(p, NULL, page_slice_at(json_object_get(json_array_get(rows, i), "values"), name));
    }
    json_decref(columns);
}

static void print_places(struct page *p, const json_t *rows, size_t shown, json_int_t count)
{
    for (size_t i = 0; i < shown; i++) {
        const json_t *row = json_array_get(rows, i);
        fprintf(p->out, "%*s", PAGE_INDENT, "");
        if (shown > 1)
            fprintf(p->out, "row %zu: ", i + 1);
        page_value(p, page_slice_at(row, "master"));
        fprintf(p->out, ", byte %" JSON_INTEGER_FORMAT "\n", page_number_at(row, "byte"));
        if (json_object_get(row, "row") != NULL) {
            char *text = explain_text(page_slice_at(row, "row"), SIZE_MAX);
            fprintf(p->out, "%*s%s\n", 2 * PAGE_INDENT, "", text != NULL ? text : "");
            free(text);
        }
    }
    if (count > (json_int_t)shown)
        fprintf(p->out, "%*sand %" JSON_INTEGER_FORMAT " more (--format json lists them)\n", PAGE_INDENT, "",
                count - (json_int_t)shown);
}

static void write_rows(struct page *p, const json_t *instrument)
{
    const json_t *rows = json_object_get(instrument, "rows");
    size_t count = json_array_size(rows), shown = count < EXPLAIN_ROWS_SHOWN ? count : EXPLAIN_ROWS_SHOWN;

    if (count == 0)
        return;
    fprintf(p->out, "  %srows of the master that remain%s  %" JSON_INTEGER_FORMAT ", found by %s\n",
            page_dye(p, PAGE_BOLD), page_end_dye(p), page_number_at(instrument, "candidates"),
            page_text_at(instrument, "found_by"));
    print_places(p, rows, shown, page_number_at(instrument, "candidates"));
    page_start_table(p, 2 + shown);
    page_add_words(p, NULL, "%s", "");
    page_add_words(p, PAGE_DIM, "message");
    for (size_t i = 0; i < shown; i++)
        page_add_words(p, PAGE_DIM, shown > 1 ? "row %zu" : "master", i + 1);
    add_columns(p, instrument, rows, shown);
    page_end_table(p);
}

/* ---- money, and what disagrees ---- */

static void add_amount(struct page *p, const json_t *amounts, const char *name)
{
    page_add_words(p, NULL, "%s", name);
    page_add_words(p, NULL, "%s", page_is_null(amounts, name) ? "-" : page_text_at(amounts, name));
}

static void write_amounts(struct page *p, const json_t *amounts)
{
    if (json_is_null(amounts) || (page_is_null(amounts, "price") && page_is_null(amounts, "quantity")))
        return;
    page_heading(p, "is about");
    page_start_table(p, 2);
    add_amount(p, amounts, "quantity");
    add_amount(p, amounts, "price");
    page_add_words(p, NULL, "notional");
    if (page_is_null(amounts, "notional"))
        page_add_words(p, PAGE_DIM, "none: %s", page_text_at(amounts, "no_notional_because"));
    else
        page_add_words(p, NULL, "%s%s%s, %s%s", page_text_at(amounts, "notional"),
                       page_is_null(amounts, "currency") ? "" : " ", page_text_at(amounts, "currency"),
                       json_is_true(json_object_get(amounts, "counts_exposure")) ? "which counts as exposure"
                                                                                 : "not counted as exposure: ",
                       page_text_at(amounts, "not_counted_because"));
    page_end_table(p);
}

static const char *severity_colour(const char *severity)
{
    if (strcmp(severity, "CRITICAL") == 0 || strcmp(severity, "HIGH") == 0)
        return PAGE_RED;
    return strcmp(severity, "off") == 0 ? PAGE_DIM : PAGE_YELLOW;
}

static void add_remarks(struct page *p, const json_t *d)
{
    const char *reason = page_text_at(d, "reason"), *hint = page_text_at(d, "hint_kind");
    char *value = explain_text(page_slice_at(d, "hint_value"), EXPLAIN_VALUE_MAX);
    bool off = strcmp(page_text_at(d, "severity"), "off") == 0;

    if (value == NULL)
        page_fail(p);
    else
        page_add_words(p, PAGE_DIM, "%s%s%s%s%s%s%s%s by %s", reason, *reason ? "; " : "", *hint ? "looks like " : "",
                       hint, *hint ? " " : "", value, *hint ? "; " : "", off ? "not published" : "severity",
                       page_text_at(d, "severity_by"));
    free(value);
}

static void write_discrepancies(struct page *p, const json_t *discrepancies)
{
    static const char *const headings[] = {"", "", "tag", "message", "master", ""};
    const json_t *one;
    size_t i;

    if (json_array_size(discrepancies) == 0) {
        fprintf(p->out, "  %sdiscrepancies%s  none\n", page_dye(p, PAGE_BOLD), page_end_dye(p));
        return;
    }
    page_heading(p, "discrepancies");
    page_start_table(p, 6);
    page_add_headings(p, headings, 6);
    json_array_foreach(discrepancies, i, one)
    {
        page_add_words(p, severity_colour(page_text_at(one, "severity")), "%s", page_text_at(one, "severity"));
        page_add_words(p, NULL, "%s", page_text_at(one, "kind"));
        page_add_words(p, NULL, "%" JSON_INTEGER_FORMAT, page_number_at(one, "tag"));
        page_add_value(p, NULL, page_is_null(one, "observed") ? slice_of("-") : page_slice_at(one, "observed"));
        page_add_value(p, NULL, page_is_null(one, "expected") ? slice_of("-") : page_slice_at(one, "expected"));
        add_remarks(p, one);
    }
    page_end_table(p);
}

void explain_write_instrument(struct page *p, const json_t *instrument)
{
    const char *role = page_text_at(instrument, "role");

    fprintf(p->out, "\n%sINSTRUMENT %s", page_dye(p, PAGE_BOLD), role);
    if (strcmp(role, "BODY") != 0)
        fprintf(p->out, " %" JSON_INTEGER_FORMAT, page_number_at(instrument, "position"));
    fprintf(p->out, "%s\n", page_end_dye(p));
    write_statements(p, instrument);
    write_lookups(p, instrument);
    write_comparison(p, instrument);
    write_rows(p, instrument);
    write_amounts(p, json_object_get(instrument, "amounts"));
    write_discrepancies(p, json_object_get(instrument, "discrepancies"));
}
