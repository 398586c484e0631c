#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/checker.h"
#include "core/index_sample.h"

#define WHOLE 1000000u /* of shares */
#define FORCED_SUFFIX ".forced"

struct gate {
    const struct config *config;
    const struct index *before;
    const struct index *after;
    struct gate_report *out;
};

static void add(struct gate *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct gate *g, const char *format, ...)
{
    va_list arguments;

    if (g->out->count == GATE_REASONS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(g->out->reasons[g->out->count++], GATE_REASON_LEN, format, arguments);
    va_end(arguments);
}

/* Whether `part` of `whole` is more than a share that is a limit; a limit of the whole is none. */
static bool exceeds(uint64_t part, uint64_t whole, uint64_t limit)
{
    return limit < WHOLE && (unsigned __int128)part * WHOLE > (unsigned __int128)whole * limit;
}

/* To be read by people; nothing is decided by it. */
static double percent(uint64_t part, uint64_t of)
{
    return of == 0 ? 0 : 100.0 * (double)part / (double)of;
}

/* --- rows and columns --- */

static void judge_rows(struct gate *g)
{
    uint64_t before = index_info(g->before)->rows, after = index_info(g->after)->rows;
    uint64_t limit = g->config->gate.max_rows_change;
    uint64_t change = before > after ? before - after : after - before;

    if (exceeds(change, before, limit))
        add(g, "%" PRIu64 " rows where there were %" PRIu64 " (%+.2f %%; gate.max_rows_change is %.6g %%)", after,
            before, before > after ? -percent(change, before) : percent(change, before), percent(limit, WHOLE));
}

/* Whether one share is more than so much larger than another. */
static bool grows(uint64_t part_before, uint64_t before, uint64_t part, uint64_t whole, uint64_t limit)
{
    unsigned __int128 was = (unsigned __int128)part_before * whole;
    unsigned __int128 is = (unsigned __int128)part * before;

    if (before == 0 || whole == 0 || limit >= WHOLE || is <= was)
        return false;
    return (is - was) / before * WHOLE > (unsigned __int128)limit * whole;
}

static void judge_bad_rows(struct gate *g)
{
    const struct index_info *before = index_info(g->before), *after = index_info(g->after);
    uint64_t all_before = before->rows + before->bad_rows, all = after->rows + after->bad_rows;
    uint64_t limit = g->config->gate.max_bad_rows;

    if (grows(before->bad_rows, all_before, after->bad_rows, all, limit))
        add(g,
            "%" PRIu64 " of %" PRIu64
            " rows are malformed (%.2f %% where it was %.2f %%; gate.max_bad_rows is %.6g %%)",
            after->bad_rows, all, percent(after->bad_rows, all), percent(before->bad_rows, all_before),
            percent(limit, WHOLE));
}

static bool carries(const struct index_info *info, const char *name)
{
    for (size_t i = 0; i < info->carried_count; i++)
        if (strcasecmp(info->carried_names[i], name) == 0)
            return true;
    return false;
}

/* What the configuration no longer asks for is not missed. */
static bool is_carried(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->master.carry.count; i++)
        if (strcasecmp(config->master.carry.items[i], name) == 0)
            return true;
    return false;
}

static void judge_columns(struct gate *g)
{
    const struct index_info *before = index_info(g->before), *after = index_info(g->after);
    uint64_t limit = g->config->gate.max_lost_columns;
    uint64_t lost = 0;

    for (int role = 0; role < MASTER_ROLE_COUNT; role++)
        if (before->has_role[role] && !after->has_role[role] && ++lost > limit)
            add(g, "the column of %s is gone, which was %s (gate.max_lost_columns is %" PRIu64 ")",
                master_role_name((enum master_role)role),
                before->role_column[role] ? before->role_column[role] : "there", limit);
    for (size_t i = 0; i < before->carried_count; i++)
        if (is_carried(g->config, before->carried_names[i]) && !carries(after, before->carried_names[i]) &&
            ++lost > limit)
            add(g, "the carried column %s is gone (gate.max_lost_columns is %" PRIu64 ")", before->carried_names[i],
                limit);
}

/* --- keys --- */

/* Keys of several rows are the rule of a master with listings: only that they have become more says something. */
static void judge_duplicates(struct gate *g, enum identifier_kind kind)
{
    const struct index_info *before = index_info(g->before), *after = index_info(g->after);
    uint64_t limit = g->config->gate.max_duplicates;

    if (grows(before->duplicate_keys[kind], before->keys[kind], after->duplicate_keys[kind], after->keys[kind], limit))
        add(g, "%.2f %% of the %s keys lead to several rows where %.2f %% did (gate.max_duplicates is %.6g %%)",
            percent(after->duplicate_keys[kind], after->keys[kind]), identifier_kind_name(kind),
            percent(before->duplicate_keys[kind], before->keys[kind]), percent(limit, WHOLE));
}

static void judge_vanished(struct gate *g, enum identifier_kind kind)
{
    uint64_t limit = g->config->gate.max_vanished;
    struct index_sample sample;

    if (limit >= WHOLE)
        return;
    index_sample_keys(g->before, g->after, kind, GATE_SAMPLE, &sample);
    if (exceeds(sample.missing, sample.keys, limit))
        add(g,
            "%" PRIu64 " of %s%" PRIu64
            " %s keys of before are gone, %s for one (%.2f %%; gate.max_vanished is %.6g %%)",
            sample.missing, sample.is_all ? "the " : "a sample of ", sample.keys, identifier_kind_name(kind),
            sample.example, percent(sample.missing, sample.keys), percent(limit, WHOLE));
}

/* A kind that has no column any more is said of its column. */
static void judge_keys(struct gate *g)
{
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        if (!index_has_kind(g->before, kind) || !index_has_kind(g->after, kind))
            continue;
        judge_duplicates(g, kind);
        judge_vanished(g, kind);
    }
}

/* --- messages of late --- */

#define INSTRUMENTS_OF_RECORD 256 /* further ones are not looked at */

/* Which of a record's instruments lead to a row. */
struct outcome {
    bool found[INSTRUMENTS_OF_RECORD];
    struct slice names[INSTRUMENTS_OF_RECORD]; /* in the record */
    size_t count;
};

struct asking {
    struct checker *checker;
    const struct index *before;
    const struct index *after;
    struct outcome *outcome; /* of the record being checked */
    uint64_t found;          /* instruments that the version before knows */
    uint64_t lost;           /* of them, those that the one after does not */
    char example[64];        /* what one of these is called */
};

static void on_instrument(void *opaque, const struct instrument *instrument)
{
    (void)opaque, (void)instrument;
}

static void on_result(void *opaque, const struct instrument *instrument, const struct match_result *result,
                      const struct message_amounts *amounts, const struct exposure *exposure)
{
    struct asking *a = opaque;
    struct outcome *outcome = a->outcome;

    (void)amounts, (void)exposure;
    if (outcome->count == INSTRUMENTS_OF_RECORD)
        return;
    outcome->names[outcome->count] =
        instrument->identifier_count > 0 ? instrument->identifiers[0].value : instrument->symbol;
    outcome->found[outcome->count++] = result->nearest != NULL;
}

static void on_severity(void *opaque, const struct verdict *verdict, enum severity severity,
                        enum severity_source source, const char *rule)
{
    (void)opaque, (void)verdict, (void)severity, (void)source, (void)rule;
}

static int pass_over_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    (void)opaque, (void)discrepancy, (void)e;
    return 0;
}

static int pass_over_dead_letter(void *opaque, const struct dead_letter *dead_letter, struct error *e)
{
    (void)opaque, (void)dead_letter, (void)e;
    return 0;
}

static int ask(struct asking *a, const struct index *index, struct slice record, struct outcome *outcome,
               struct error *e)
{
    static const struct checker_output output = {NULL, pass_over_discrepancy, pass_over_dead_letter};
    const struct origin nowhere = {.offset = 0};

    outcome->count = 0;
    a->outcome = outcome;
    return checker_check(a->checker, index, record, &nowhere, &output, e);
}

static int ask_both(void *opaque, struct slice record, struct error *e)
{
    struct outcome before, after;
    struct asking *a = opaque;

    if (ask(a, a->before, record, &before, e) != 0 || ask(a, a->after, record, &after, e) != 0)
        return -1;
    for (size_t i = 0; i < before.count && i < after.count; i++) {
        a->found += before.found[i];
        if (!before.found[i] || after.found[i])
            continue;
        a->lost++;
        snprintf(a->example, sizeof a->example, "%.*s", SLICE_FORMAT(before.names[i]));
    }
    return 0;
}

static int judge_recent(struct gate *g, struct recent *recent, int64_t now_ms, struct error *e)
{
    struct asking a = {.before = g->before, .after = g->after};
    const struct checker_trace trace = {&a, NULL, on_instrument, on_result, on_severity};
    uint64_t limit = g->config->gate.max_unfound;
    int status;

    if (!recent || limit >= WHOLE)
        return 0;
    a.checker = checker_new(&g->config->rules, config_input_tolerated(g->config));
    if (!a.checker)
        return error_set(e, ERROR_INTERNAL, "no memory to check the messages of late");
    checker_set_trace(a.checker, &trace);
    status = recent_each(recent, now_ms, ask_both, &a, e);
    checker_free(a.checker);
    if (status == 0 && a.found >= GATE_INSTRUMENTS_MIN && exceeds(a.lost, a.found, limit))
        add(g,
            "%" PRIu64 " of %" PRIu64 " instruments in messages of the last hour are not found any more, %s for one "
            "(%.2f %%; gate.max_unfound is %.6g %%)",
            a.lost, a.found, a.example, percent(a.lost, a.found), percent(limit, WHOLE));
    return status;
}

/* --- all of it --- */

int gate_judge(const struct config *config, const struct index *before, const struct index *after,
               struct recent *recent, int64_t now_ms, struct gate_report *out, struct error *e)
{
    struct gate g = {config, before, after, out};

    out->count = 0;
    if (!before)
        return 0;
    if (index_info(before)->rows > 0 && index_info(after)->rows == 0)
        add(&g, "no rows where there were %" PRIu64, index_info(before)->rows);
    judge_columns(&g);
    if (index_info(before)->rows < config->gate.min_rows)
        return 0;
    judge_rows(&g);
    judge_bad_rows(&g);
    judge_keys(&g);
    return judge_recent(&g, recent, now_ms, e);
}

void gate_write(const struct gate_report *report, struct error *out)
{
    size_t used = 0;

    error_set(out, ERROR_DATA, "it may serve");
    for (size_t i = 0; i < report->count && used < sizeof out->text; i++)
        used +=
            (size_t)snprintf(out->text + used, sizeof out->text - used, "%s%s", i > 0 ? "; " : "", report->reasons[i]);
}

/* --- forcing --- */

static char *forced_path(const char *index_path)
{
    char *path = NULL;

    return asprintf(&path, "%s" FORCED_SUFFIX, index_path) < 0 ? NULL : path;
}

int gate_force(const char *index_path, const char *version, struct error *e)
{
    char *path = forced_path(index_path);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    size_t len = strlen(version);
    int status = 0;

    if (!path)
        return error_set(e, ERROR_INTERNAL, "no memory for a path");
    if (fd < 0 || write(fd, version, len) != (ssize_t)len || fsync(fd) != 0)
        status = error_set_errno(e, errno, "%s", path);
    if (fd >= 0)
        close(fd);
    free(path);
    return status;
}

bool gate_is_forced(const char *index_path, const char *version)
{
    char *path = forced_path(index_path), said[INDEX_VERSION_LEN + 1] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    bool forced = fd >= 0 && read(fd, said, INDEX_VERSION_LEN) == INDEX_VERSION_LEN && strcmp(said, version) == 0;

    if (fd >= 0)
        close(fd);
    free(path);
    return forced;
}

void gate_forget_forced(const char *index_path)
{
    char *path = forced_path(index_path);

    if (path)
        unlink(path);
    free(path);
}
