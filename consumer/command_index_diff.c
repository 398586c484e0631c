#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "cli.h"
#include "commands.h"
#include "core/index_diff.h"
#include "json_text.h"
#include "stop.h"

static const char *const change_names[INDEX_CHANGE_COUNT] = {
    [INDEX_APPEARED] = "appeared", [INDEX_VANISHED] = "vanished", [INDEX_CHANGED] = "changed"};

struct view {
    struct index *before;
    struct index *after;
    const atomic_bool *stop;
    bool failed; /* no memory for a line of JSON */
};

/* A column's value on either side. */
typedef void (*show_value)(void *opaque, const char *column, struct slice before, struct slice after);

/* Calls `show` for every compared column whose values differ; of a row that only one side has, for none. */
static void each_changed(const struct view *v, const struct index_difference *d, show_value show, void *opaque)
{
    const struct security *before = d->before, *after = d->after;

    if (before == NULL || after == NULL)
        return;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (index_diff_has_role(v->before, v->after, role) && !slice_equal(before->value[role], after->value[role]))
            show(opaque, master_role_name(role), before->value[role], after->value[role]);
    for (size_t i = 0; i < after->carried_count; i++) {
        size_t old;

        if (index_diff_find_carried(v->before, v->after, i, &old) &&
            !slice_equal(before->carried[old], after->carried[i]))
            show(opaque, index_info(v->after)->carried_names[i], before->carried[old], after->carried[i]);
    }
}

/* --- as a table --- */

/* What a master says must not steer the terminal. */
static void print_text(struct slice text, int width)
{
    int shown = 0;

    for (size_t i = 0; i < text.len; i++, shown++)
        putchar((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? ' ' : text.ptr[i]);
    if (width > shown)
        printf("%*s", width - shown, "");
}

static void print_head(const struct index_difference *d)
{
    const struct security *row = d->after != NULL ? d->after : d->before;

    printf("%-9s %-10s ", change_names[d->change],
           d->kind < IDENTIFIER_KIND_COUNT ? identifier_kind_name(d->kind) : "-");
    print_text(d->kind < IDENTIFIER_KIND_COUNT ? d->key : slice_of("-"), 14);
    putchar(' ');
    print_text(row->value[ROLE_SYMBOL], 12);
    putchar(' ');
    print_text(row->value[ROLE_MIC], 5);
}

static void print_change(void *opaque, const char *column, struct slice before, struct slice after)
{
    (void)opaque;
    printf(" %s: ", column);
    print_text(before.len > 0 ? before : slice_of("(blank)"), 0);
    fputs(" -> ", stdout);
    print_text(after.len > 0 ? after : slice_of("(blank)"), 0);
    putchar(';');
}

static int print_row(void *opaque, const struct index_difference *d)
{
    struct view *v = opaque;

    print_head(d);
    each_changed(v, d, print_change, NULL);
    putchar('\n');
    return atomic_load(v->stop);
}

/* --- as JSON --- */

static void add_change(void *opaque, const char *column, struct slice before, struct slice after)
{
    json_object_set_new(opaque, column, json_pack("[o, o]", json_text(before), json_text(after)));
}

static json_t *json_place(const struct security *row)
{
    if (row == NULL)
        return json_null();
    return json_pack("{s:I, s:I}", "master", (json_int_t)row->source, "byte", (json_int_t)row->row_offset);
}

static int print_json(void *opaque, const struct index_difference *d)
{
    const struct security *row = d->after != NULL ? d->after : d->before;
    struct view *v = opaque;
    json_t *columns = json_object(), *line;
    bool has_key = d->kind < IDENTIFIER_KIND_COUNT;

    each_changed(v, d, add_change, columns);
    line = json_pack("{s:s, s:s?, s:o, s:o, s:o, s:o, s:o}", "change", change_names[d->change], "kind",
                     has_key ? identifier_kind_name(d->kind) : NULL, "key", has_key ? json_text(d->key) : json_null(),
                     "symbol", json_text(row->value[ROLE_SYMBOL]), "columns", columns, "before", json_place(d->before),
                     "after", json_place(d->after));
    v->failed = line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0;
    putchar('\n');
    json_decref(line);
    return v->failed || atomic_load(v->stop);
}

/* --- counts --- */

/* Columns that only one of them has: a difference of its own, which no row shows. */
static unsigned print_columns(const struct view *v, bool json)
{
    unsigned count = 0;

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        bool old = index_info(v->before)->has_role[role], new = index_info(v->after)->has_role[role];

        if (old == new)
            continue;
        count++;
        printf(json ? "{\"column\":\"%s\",\"change\":\"%s\"}\n" : "column    %s %s, and is not compared\n",
               master_role_name(role), change_names[new ? INDEX_APPEARED : INDEX_VANISHED]);
    }
    return count;
}

static void print_counts(const struct index_diff_result *r, bool json)
{
    printf(json ? "{\"appeared\":%" PRIu64 ",\"vanished\":%" PRIu64 ",\"changed\":%" PRIu64 ",\"same\":%" PRIu64
                  ",\"without_key\":%" PRIu64 "}\n"
                : "%" PRIu64 " appeared, %" PRIu64 " vanished, %" PRIu64 " changed, %" PRIu64 " are the same; %" PRIu64
                  " have no key to know them by\n",
           r->changes[INDEX_APPEARED], r->changes[INDEX_VANISHED], r->changes[INDEX_CHANGED], r->same, r->without_key);
}

/* Returns the exit status, or -1 with an error. */
static int diff(struct view *v, bool json, struct error *e)
{
    struct index_diff_events events = {v, json ? print_json : print_row};
    struct index_diff_result result;
    unsigned columns;

    if (index_diff(v->before, v->after, &events, &result, e) != 0)
        return v->failed ? error_set(e, ERROR_INTERNAL, "no memory for a line") : -1;
    columns = print_columns(v, json);
    print_counts(&result, json);
    return columns + result.changes[INDEX_APPEARED] + result.changes[INDEX_VANISHED] + result.changes[INDEX_CHANGED] > 0
               ? CLI_STATUS_DIFFERENT
               : 0;
}

static int open_and_diff(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    const char *format = cli_value(arguments, "format");
    struct view v = {.stop = stop_on_signals()};
    int status = -1;

    (void)config;
    if (format != NULL && strcmp(format, "table") != 0 && strcmp(format, "json") != 0)
        return error_set(e, ERROR_USAGE, "index diff: --format is table or json, not '%s'", format);
    if (index_open(arguments->operands[0], NULL, &v.before, e) == 0 &&
        index_open(arguments->operands[1], NULL, &v.after, e) == 0)
        status = diff(&v, format != NULL && strcmp(format, "json") == 0, e);
    index_close(v.before);
    index_close(v.after);
    return status < 0 ? error_prefix(e, "index diff") : status;
}

int command_index_diff(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"format", 'f', "FORMAT", NULL, "table (the default), or json: one object a line, the counts in the last"},
        {0},
    };
    static const struct cli_command command = {
        .name = "index diff",
        .operands = "OLD NEW",
        .operands_min = 2,
        .operands_max = 2,
        .summary = "Tells which rows appeared, vanished or changed from one index to another.",
        .details = "A row goes by its first identifier that both indexes have, else by its symbol. What appeared or\n"
                   "changed comes in the order of NEW's masters, then what vanished in the order of OLD's.\n"
                   "Exit status: 0 nothing differs, 1 something does.\n",
        .options = options,
    };

    return cli_run(&command, argc, argv, open_and_diff);
}
