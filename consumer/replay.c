#include "replay.h"

#include <inttypes.h>
#include <unistd.h>

#include "budget.h"
#include "lanes.h"
#include "limits.h"
#include "monotonic.h"
#include "pace.h"
#include "progress.h"
#include "report.h"
#include "text_table.h"

#define BAR_MS 200    /* between two states of the bar */
#define LINE_MS 10000 /* between two lines of the log */

/* --- while it runs --- */

struct view {
    struct log *log;
    uint64_t offsets; /* of all ranges */
    bool terminal;
    bool drawn;
    int64_t told_ms;
    uint64_t told_records;
};

static int percent_of(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 100 : (int)(100.0 * (double)part / (double)whole);
}

static void write_line(const struct view *view, const struct pump_counts *counts, int64_t now)
{
    log_write(view->log, LOG_LEVEL_INFO, "replay",
              "%d%% of %" PRIu64 " offsets; records=%" PRIu64 " (%.0f/s) published=%" PRIu64 " dead_letters=%" PRIu64
              " transactions=%" PRIu64,
              percent_of(counts->offsets, view->offsets), view->offsets, counts->records,
              (double)(counts->records - view->told_records) * 1000 / (double)(now - view->told_ms),
              counts->published[FOUND_DISCREPANCY], counts->published[FOUND_DEAD_LETTER], counts->commits);
}

static void on_tick(void *opaque, const struct pump_counts *counts)
{
    struct view *view = opaque;
    int64_t now = monotonic_ms();

    if (now - view->told_ms < (view->terminal ? BAR_MS : LINE_MS))
        return;
    if (view->terminal)
        progress_draw(percent_of(counts->offsets, view->offsets), counts->records, "records");
    else
        write_line(view, counts, now);
    view->drawn = view->terminal;
    view->told_ms = now;
    view->told_records = counts->records;
}

static void end_view(const struct view *view)
{
    if (view->drawn)
        progress_wipe();
}

/* --- running --- */

static bool has_progress(const struct range *range)
{
    return range->next != RANGE_OPEN;
}

static void count_before(const struct range_list *ranges, struct replay_result *result)
{
    result->offsets = range_list_offsets(ranges);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->items[i];
        int64_t start = has_progress(range) ? range->next : range->from;
        int64_t low = range->low < range->to ? range->low : range->to;

        result->before += (uint64_t)(start - range->from);
        result->gone += low > start ? (uint64_t)(low - start) : 0;
    }
}

unsigned replay_lanes(const struct config *config, const struct range_list *ranges, bool by_time)
{
    unsigned most = budget_lanes_max(config);
    struct limits limits;
    size_t count;

    if (config->input.lanes > 0)
        return (unsigned)config->input.lanes;
    limits_find_own(&limits);
    count = by_time || limits.threads > ranges->count ? ranges->count : limits.threads;
    return count == 0 ? 1 : count < most ? (unsigned)count : most;
}

static int run_lanes(const struct lanes_options *how, struct replay_result *result, struct error *e)
{
    struct lanes *lanes = NULL;
    int status = lanes_new(how, &lanes, e);

    if (status == 0)
        status = lanes_run(lanes, e);
    result->hang = lanes && lanes_hang(lanes);
    if (lanes)
        lanes_counts(lanes, &result->counts);
    if (!result->hang)
        lanes_free(lanes);
    return status;
}

int replay_run(const struct replay_options *options, struct replay_result *result, struct error *e)
{
    struct pace *pace = pace_new(options->rate, options->speed);
    struct view view = {.log = options->log, .terminal = isatty(STDERR_FILENO), .told_ms = monotonic_ms()};
    const struct source_ranges ranges = {.items = options->ranges->items,
                                         .count = options->ranges->count,
                                         .from_group = options->config->output.delivery != DELIVERY_NONE,
                                         .pace = options->rate > 0 || options->speed > 0 ? pace : NULL};
    const struct lanes_options how = {.config = options->config,
                                      .reload = options->reload,
                                      .past = options->past,
                                      .stop = options->stop,
                                      .log = options->log,
                                      .ranges = &ranges,
                                      .opaque = &view,
                                      .on_tick = on_tick};
    int status;

    *result = (struct replay_result){.hang = false};
    if (!pace)
        return error_set(e, ERROR_INTERNAL, "no memory for the pace");
    count_before(options->ranges, result);
    view.offsets = result->offsets;
    status = run_lanes(&how, result, e);
    end_view(&view);
    if (!result->hang)
        pace_free(pace);
    return status;
}

bool replay_is_complete(const struct replay_options *options, const struct replay_result *result)
{
    const struct range_list *ranges = options->ranges;

    if (options->config->output.delivery == DELIVERY_NONE)
        return result->counts.offsets == result->offsets;
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->items[i].next != ranges->items[i].to && ranges->items[i].low < ranges->items[i].to)
            return false;
    return true;
}

/* --- the report --- */

static int add_range(struct text_table *table, const struct range *range, struct error *e)
{
    if (text_table_add(table, strdup(range->topic), e) != 0 || text_table_add_number(table, range->partition, e) != 0 ||
        text_table_add_number(table, range->from, e) != 0 || text_table_add_number(table, range->to, e) != 0)
        return -1;
    return has_progress(range) ? text_table_add_number(table, range->next, e) : text_table_add(table, strdup("-"), e);
}

static int write_ranges(const struct range_list *ranges, FILE *out, struct error *e)
{
    static const char *const heading[] = {"TOPIC", "PARTITION", "FROM", "TO", "COMMITTED"};
    struct text_table table = {.columns = sizeof heading / sizeof *heading, .left = true};
    int status = 0;

    for (size_t i = 0; i < table.columns && status == 0; i++)
        status = text_table_add(&table, strdup(heading[i]), e);
    for (size_t i = 0; i < ranges->count && status == 0; i++)
        status = add_range(&table, &ranges->items[i], e);
    if (status == 0)
        text_table_print(&table, out);
    text_table_free(&table);
    return status;
}

/* Each offset of the ranges is one of these. */
static void write_offsets(const struct replay_result *r, FILE *out)
{
    uint64_t here = r->counts.offsets > r->before ? r->counts.offsets - r->before : 0;
    uint64_t left = r->offsets > r->counts.offsets ? r->offsets - r->counts.offsets : 0;
    uint64_t gone = r->gone < here ? r->gone : here;

    fprintf(out,
            "Offsets: %" PRIu64 "; %" PRIu64 " records, %" PRIu64
            " without one (markers of transactions, aborted, compacted away), %" PRIu64 " gone, %" PRIu64
            " read before, %" PRIu64 " not read\n",
            r->offsets, r->counts.records, here - gone - r->counts.records, gone, r->before, left);
}

static void write_published(const struct replay_options *options, const struct pump_counts *counts, FILE *out)
{
    const struct config *config = options->config;

    if (config->output.delivery == DELIVERY_NONE)
        fprintf(out,
                "Nothing was published (--dry-run); it would be %" PRIu64 " discrepancies, %" PRIu64 " dead letters\n",
                counts->published[FOUND_DISCREPANCY], counts->published[FOUND_DEAD_LETTER]);
    else
        fprintf(out,
                "Published: %" PRIu64 " discrepancies to %s, %" PRIu64 " dead letters to %s; %" PRIu64
                " transactions, %" PRIu64 " aborts, %" PRIu64 " records repeated\n",
                counts->published[FOUND_DISCREPANCY], config->output.topic, counts->published[FOUND_DEAD_LETTER],
                config->output.dead_letter_topic, counts->commits, counts->aborts, counts->repeated);
}

static void write_kinds(const struct checker_counts *checked, FILE *out)
{
    if (checked->discrepancies > 0)
        fprintf(out, "Discrepancies by kind\n");
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        if (checked->by_kind[i] > 0)
            fprintf(out, "  %-24s %10" PRIu64 "\n", discrepancy_kind_name((enum discrepancy_kind)i),
                    checked->by_kind[i]);
}

static void write_versions(const struct replay_options *options, const struct pump_counts *counts, FILE *out)
{
    const char *rules = options->config->rules.id;

    if (!options->past) {
        fprintf(out, "Index version %s, rules %s\n", index_info(reload_index(options->reload))->version, rules);
        return;
    }
    fprintf(out, "%zu index versions, as of %s, rules %s\n", past_count(options->past), options->as_of, rules);
    if (counts->early > 0)
        fprintf(out, "%" PRIu64 " records are from before the first version, which judged them\n", counts->early);
    if (counts->late.held > 0)
        fprintf(out,
                "%" PRIu64 " discrepancies waited for the master in the live run: %" PRIu64
                " were found by a later version, %" PRIu64 " were published when the grace was over, %" PRIu64
                " waited still\n",
                counts->late.held, counts->late.found, counts->late.expired,
                counts->late.held - counts->late.found - counts->late.expired);
}

int replay_write_report(const struct replay_options *options, const struct replay_result *result, FILE *out,
                        struct error *e)
{
    if (write_ranges(options->ranges, out, e) != 0)
        return -1;
    write_offsets(result, out);
    write_published(options, &result->counts, out);
    write_kinds(&result->counts.checked, out);
    report_write_counts(&result->counts.checked, out);
    write_versions(options, &result->counts, out);
    return 0;
}
