#include "report.h"

#include <stdlib.h>

/* Whether `a` stands behind `b` in the ranking. */
static bool is_worse(const struct report_finding *a, const struct report_finding *b)
{
    int order = 0;

    if (a->has_notional != b->has_notional)
        return !a->has_notional;
    if (a->has_notional)
        order = decimal_compare_magnitude(a->notional, b->notional);
    return order != 0 ? order < 0 : a->sequence > b->sequence;
}

static int compare_findings(const void *a, const void *b)
{
    return is_worse(a, b) ? 1 : -1; /* never equal: sequences differ */
}

/* A heap whose first finding is the worst, so that it is the one to go. */
static void sift_down(struct report_finding *findings, size_t count, size_t at)
{
    struct report_finding moving = findings[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < count && is_worse(&findings[child + 1], &findings[child]))
            child++;
        if (child >= count || !is_worse(&findings[child], &moving))
            break;
        findings[at] = findings[child];
        at = child;
    }
    findings[at] = moving;
}

static int copy_scratch(const struct report *report, struct report_record *out, struct error *e)
{
    char *copy = malloc(report->scratch.len + 1);

    if (!copy)
        return error_set(e, ERROR_INTERNAL, "report: no memory");
    if (report->scratch.len > 0)
        memcpy(copy, report->scratch.ptr, report->scratch.len);
    *out = (struct report_record){copy, report->scratch.len};
    return 0;
}

/* Room for one more item in an array that grows by halves. */
static int grow(void **items, size_t *capacity, size_t count, size_t item_size, struct error *e)
{
    size_t more = *capacity + *capacity / 2 + 16;
    void *grown;

    if (count < *capacity)
        return 0;
    grown = reallocarray(*items, more, item_size);
    if (!grown)
        return error_set(e, ERROR_INTERNAL, "report: no memory");
    *items = grown;
    *capacity = more;
    return 0;
}

static int append_finding(struct report *report, const struct report_finding *finding, struct error *e)
{
    void *items = report->findings;

    if (grow(&items, &report->finding_capacity, report->finding_count, sizeof *finding, e) != 0)
        return -1;
    report->findings = items;
    report->findings[report->finding_count++] = *finding;
    if (report->finding_count == report->findings_max)
        for (size_t i = report->finding_count / 2; i-- > 0;)
            sift_down(report->findings, report->finding_count, i);
    return 0;
}

/* Keeps the finding where it ranks among the first. */
static int keep(struct report *report, struct report_finding *finding, const struct discrepancy *discrepancy,
                struct error *e)
{
    bool full = report->finding_count == report->findings_max;

    if (full && is_worse(finding, &report->findings[0]))
        return 0;
    report->scratch.len = 0;
    if (avro_encode_discrepancy(discrepancy, &report->scratch, e) != 0 ||
        copy_scratch(report, &finding->record, e) != 0)
        return -1;
    if (full) {
        free(report->findings[0].record.bytes);
        report->findings[0] = *finding;
        sift_down(report->findings, report->finding_count, 0);
        return 0;
    }
    if (append_finding(report, finding, e) != 0) {
        free(finding->record.bytes);
        return -1;
    }
    return 0;
}

static struct slice exchange_of(const struct discrepancy *discrepancy)
{
    if (discrepancy->security && discrepancy->security->value[ROLE_MIC].len > 0)
        return discrepancy->security->value[ROLE_MIC];
    return discrepancy->instrument->exchange;
}

static int add_totals(struct report *report, const struct discrepancy *discrepancy, struct error *e)
{
    const struct exposure *exposure = discrepancy->exposure;
    struct slice currency = discrepancy->amounts->currency;
    struct slice region = {0};

    if (discrepancy->security)
        region = discrepancy->security->value[ROLE_REGION];
    if (totals_add(&report->by_kind, slice_of(discrepancy_kind_name(discrepancy->verdict->kind)), exposure, currency,
                   e) != 0 ||
        totals_add(&report->by_severity, slice_of(severity_name(discrepancy->severity)), exposure, currency, e) != 0 ||
        totals_add(&report->by_region, region, exposure, currency, e) != 0)
        return -1;
    return totals_add(&report->by_exchange, exchange_of(discrepancy), exposure, currency, e);
}

static int on_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    struct report *report = opaque;
    struct report_finding finding = {
        .has_notional = discrepancy->exposure->has_notional,
        .notional = discrepancy->exposure->notional,
        .sequence = report->discrepancies++,
    };

    if (add_totals(report, discrepancy, e) != 0)
        return -1;
    return keep(report, &finding, discrepancy, e);
}

static int on_dead_letter(void *opaque, const struct dead_letter *dead_letter, struct error *e)
{
    struct report *report = opaque;
    void *items = report->dead_letters;
    struct report_record record;

    report->malformed++;
    if (report->dead_letter_count == report->findings_max ||
        report->dead_letter_bytes + dead_letter->raw.len > REPORT_DEAD_LETTER_BYTES_MAX)
        return 0;
    if (grow(&items, &report->dead_letter_capacity, report->dead_letter_count, sizeof record, e) != 0)
        return -1;
    report->dead_letters = items;
    report->scratch.len = 0;
    if (avro_encode_dead_letter(dead_letter, &report->scratch, e) != 0 || copy_scratch(report, &record, e) != 0)
        return -1;
    report->dead_letters[report->dead_letter_count++] = record;
    report->dead_letter_bytes += record.len;
    return 0;
}

int report_init(struct report *report, size_t findings_max, struct error *e)
{
    *report = (struct report){
        .output = {report, on_discrepancy, on_dead_letter},
        .findings_max = findings_max,
    };
    return avro_encode_check(e);
}

void report_rank(struct report *report)
{
    if (report->finding_count > 1)
        qsort(report->findings, report->finding_count, sizeof *report->findings, compare_findings);
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->finding_count; i++)
        free(report->findings[i].record.bytes);
    for (size_t i = 0; i < report->dead_letter_count; i++)
        free(report->dead_letters[i].bytes);
    free(report->findings);
    free(report->dead_letters);
    avro_buffer_free(&report->scratch);
    totals_free(&report->by_kind);
    totals_free(&report->by_severity);
    totals_free(&report->by_region);
    totals_free(&report->by_exchange);
    *report = (struct report){0};
}
