#include "tail.h"

#include <string.h>

#include "published.h"
#include "source.h"

#define POLL_MS 200
#define POLL_RECORDS 256
#define CELL_MAX 160 /* bytes of one cell */

/* --- a line of the table --- */

static const char *text_at(const json_t *record, const char *member)
{
    const char *text = json_string_value(json_object_get(record, member));

    return text ? text : "";
}

/* The first that is not empty; all of them where none is. */
static const char *first_of(const char *a, const char *b)
{
    return *a ? a : b;
}

static const char *instrument_of(const json_t *record)
{
    const json_t *instrument = json_object_get(record, "instrument");
    const json_t *first = json_array_get(json_object_get(instrument, "identifiers"), 0);

    return first_of(text_at(first, "value"), text_at(instrument, "symbol"));
}

static const char *time_of(const json_t *record)
{
    const json_t *message = json_object_get(record, "message");
    const char *time = first_of(text_at(message, "transact_time"), text_at(message, "sending_time"));

    return first_of(time, text_at(json_object_get(record, "origin"), "timestamp"));
}

/* Bytes beyond ASCII pass: they are UTF-8 here. Returns how many characters that is. */
static int print_text(FILE *out, const char *text)
{
    int width = 0;

    for (size_t i = 0; text[i] && i < CELL_MAX; i++) {
        fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '.' : text[i], out);
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

static void print_cell(FILE *out, const char *text, int width)
{
    int printed = print_text(out, text);

    fprintf(out, "%*s", 2 + (printed < width ? width - printed : 0), "");
}

void tail_print_heading(FILE *out)
{
    fprintf(out, "%-23s  %-8s  %-22s  %-14s  %5s  %-16s  %-16s  %s\n", "TIME", "SEVERITY", "KIND", "INSTRUMENT", "TAG",
            "OBSERVED", "EXPECTED", "WHERE");
}

static void print_origin(FILE *out, const json_t *record)
{
    const json_t *origin = json_object_get(record, "origin");

    print_text(out, text_at(origin, "topic"));
    fprintf(out, "/%lld@%lld", (long long)json_integer_value(json_object_get(origin, "partition")),
            (long long)json_integer_value(json_object_get(origin, "offset")));
}

/* Of what was held back. */
static void print_grace(FILE *out, const json_t *record)
{
    const char *since = text_at(record, "unknown_since"), *until = text_at(record, "unknown_until");

    if (!*since)
        return;
    fputs(" unknown from ", out);
    print_text(out, since);
    fputs(" to ", out);
    print_text(out, until);
}

void tail_print_row(FILE *out, const json_t *record)
{
    bool dead = json_object_get(record, "kind") == NULL;
    char time[24];

    snprintf(time, sizeof time, "%s", time_of(record)); /* down to milliseconds */
    print_cell(out, time, 23);
    print_cell(out, dead ? "-" : text_at(record, "severity"), 8);
    print_cell(out, dead ? "DEAD_LETTER" : text_at(record, "kind"), 22);
    print_cell(out, dead ? text_at(record, "reason") : instrument_of(record), 14);
    if (dead) {
        print_cell(out, text_at(record, "detail"), 41);
    } else {
        fprintf(out, "%5lld  ", (long long)json_integer_value(json_object_get(record, "tag")));
        print_cell(out, first_of(text_at(record, "observed"), "-"), 16);
        print_cell(out, first_of(text_at(record, "expected"), "-"), 16);
    }
    print_origin(out, record);
    print_grace(out, record);
    fputc('\n', out);
}

/* --- reading --- */

struct tail {
    const struct tail_options *options;
    struct source *source;
    struct published *published;
    struct tail_counts *counts;
};

static void show(const struct tail *t, const json_t *record)
{
    FILE *out = t->options->out;

    if (t->options->on_record)
        t->options->on_record(t->options->opaque, record);
    if (out && t->options->format == TAIL_TABLE) {
        tail_print_row(out, record);
    } else if (out) {
        json_dumpf(record, out, JSON_COMPACT);
        fputc('\n', out);
    }
    t->counts->shown++;
}

/* -1 only where nothing further can be shown either. */
static int take(const struct tail *t, const struct checker_record *record, struct error *e)
{
    json_t *decoded = NULL;
    const char *name;

    if (published_decode(t->published, record->value, &decoded, &name, e) == 0) {
        show(t, decoded);
        json_decref(decoded);
        return 0;
    }
    if (e->code != ERROR_DATA)
        return -1;
    t->counts->undecodable++;
    log_write(t->options->log, LOG_LEVEL_WARNING, "tail", "%s/%d offset %lld: %s", t->options->topic,
              record->origin.partition, (long long)record->origin.offset, e->text);
    return 0;
}

static bool has_enough(const struct tail *t)
{
    return t->options->count > 0 && t->counts->shown >= t->options->count;
}

static int read_all(const struct tail *t, struct error *e)
{
    struct checker_record records[POLL_RECORDS];
    FILE *out = t->options->out;
    size_t count = 0;

    while (!atomic_load(t->options->stop) && !has_enough(t)) {
        if (source_poll(t->source, records, POLL_RECORDS, POLL_MS, &count, e) != 0)
            return -1;
        for (size_t i = 0; i < count && !has_enough(t); i++)
            if (take(t, &records[i], e) != 0)
                return -1;
        if (out && (fflush(out) != 0 || ferror(out)))
            return error_set(e, ERROR_IO, "the output takes no more");
        if (count == 0 && t->options->exit_at_end && source_at_end(t->source))
            break;
    }
    return 0;
}

int tail_run(const struct tail_options *options, struct tail_counts *counts, struct error *e)
{
    struct tail t = {.options = options, .counts = counts};
    int status = -1;

    memset(counts, 0, sizeof *counts);
    if (published_new(options->config, &t.published, e) != 0)
        goto out;
    if (source_assign(options->config, options->topic, options->from, options->stop, options->log, &t.source, e) != 0)
        goto out;
    if (options->out && options->format == TAIL_TABLE)
        tail_print_heading(options->out);
    status = read_all(&t, e);
out:
    source_close(t.source);
    published_free(t.published);
    return status;
}
