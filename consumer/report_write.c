#include "report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "avro_decode.h"
#include "core/avro_container.h"
#include "text_table.h"

#define PATH_MAX_BYTES 64 /* of a path through a record */
#define AVRO_BLOCK_BYTES (64u << 10)

/* A column of the CSV, and where its value stands in a discrepancy and in a dead letter ("" nowhere). */
struct csv_column {
    const char *name;
    const char *discrepancy;
    const char *dead_letter;
};

static const struct csv_column csv_columns[] = {
    {"type", "type", "type"},
    {"id", "id", "id"},
    {"kind", "kind", "reason"},
    {"severity", "severity", ""},
    {"file", "origin.topic", "origin.topic"},
    {"offset", "origin.offset", "origin.offset"},
    {"begin_string", "message.begin_string", ""},
    {"msg_type", "message.msg_type", ""},
    {"msg_seq_num", "message.msg_seq_num", ""},
    {"sender", "message.sender", ""},
    {"target", "message.target", ""},
    {"cl_ord_id", "message.cl_ord_id", ""},
    {"orig_cl_ord_id", "message.orig_cl_ord_id", ""},
    {"order_id", "message.order_id", ""},
    {"exec_id", "message.exec_id", ""},
    {"transact_time", "message.transact_time", ""},
    {"sending_time", "message.sending_time", ""},
    {"role", "instrument.role", ""},
    {"position", "instrument.position", ""},
    {"symbol", "instrument.symbol", ""},
    {"symbol_suffix", "instrument.symbol_suffix", ""},
    {"identifiers", "instrument.identifiers", ""},
    {"exchange", "instrument.exchange", ""},
    {"security_type", "instrument.security_type", ""},
    {"tag", "tag", ""},
    {"identifier_position", "identifier_position", ""},
    {"observed", "observed", "detail"},
    {"expected", "expected", ""},
    {"found_by", "found_by", ""},
    {"candidates", "candidates", ""},
    {"master", "master", ""},
    {"price", "price", ""},
    {"quantity", "quantity", ""},
    {"notional", "notional", ""},
    {"currency", "currency", ""},
    {"master_version", "master_version", ""},
    {"rule_set", "rule_set", ""},
    {"reason", "reason", ""},
    {"hint_kind", "hint_kind", ""},
    {"hint_value", "hint_value", ""},
    {"counts_exposure", "counts_exposure", ""},
    {"raw", "", "raw"},
};

#define CSV_COLUMNS (sizeof csv_columns / sizeof *csv_columns)

static const char *const format_names[REPORT_FORMAT_COUNT] = {"table", "csv", "json", "avro"};

const char *report_format_name(enum report_format format)
{
    return format_names[format];
}

enum report_format report_format_from_name(const char *name)
{
    int format = 0;

    while (format < REPORT_FORMAT_COUNT && strcmp(format_names[format], name) != 0)
        format++;
    return (enum report_format)format;
}

/* --- one record as JSON, which the text formats are made from --- */

static json_t *decode(const struct avro_decoder *decoder, const struct report_record *record, const char *type,
                      struct error *e)
{
    json_t *body = NULL, *out = json_pack("{s:s}", "type", type);

    if (avro_decode(decoder, slice_make(record->bytes, record->len), &body, e) != 0) {
        json_decref(out);
        return NULL;
    }
    if (!out || json_object_update(out, body) != 0) {
        json_decref(out);
        out = NULL;
        error_set(e, ERROR_INTERNAL, "report: no memory");
    }
    json_decref(body);
    return out;
}

/* The value at "a.b.c", or NULL. Borrowed. */
static const json_t *at_path(const json_t *record, const char *path)
{
    while (*path && record) {
        size_t len = strcspn(path, ".");
        char name[PATH_MAX_BYTES];

        snprintf(name, sizeof name, "%.*s", (int)len, path);
        record = json_object_get(record, name);
        path += len + (path[len] == '.');
    }
    return record;
}

/* A value as text, malloc'ed; "" where it is null or nowhere. NULL without memory. */
static char *as_text(const json_t *record, const char *path)
{
    const json_t *value = *path ? at_path(record, path) : NULL;
    char *text = NULL;

    if (!value || json_is_null(value))
        return strdup("");
    if (json_is_string(value))
        return strdup(json_string_value(value));
    if (json_is_integer(value))
        return asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0 ? NULL : text;
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* --- JSON lines --- */

static int write_json(const json_t *record, FILE *out, struct error *e)
{
    char *line = json_dumps(record, JSON_COMPACT);

    if (!line)
        return error_set(e, ERROR_INTERNAL, "report: no memory");
    fprintf(out, "%s\n", line);
    free(line);
    return 0;
}

/* --- CSV (RFC 4180, with LF) --- */

static void write_csv_field(const char *text, FILE *out)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_csv_header(FILE *out)
{
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        fprintf(out, "%s%s", i ? "," : "", csv_columns[i].name);
    fputc('\n', out);
}

static int write_csv(const json_t *record, bool is_dead_letter, FILE *out, struct error *e)
{
    for (size_t i = 0; i < CSV_COLUMNS; i++) {
        char *text = as_text(record, is_dead_letter ? csv_columns[i].dead_letter : csv_columns[i].discrepancy);

        if (!text)
            return error_set(e, ERROR_INTERNAL, "report: no memory");
        if (i > 0)
            fputc(',', out);
        write_csv_field(text, out);
        free(text);
    }
    fputc('\n', out);
    return 0;
}

/* --- Avro object container --- */

struct avro_block {
    struct avro_buffer records;
    uint64_t count;
};

static int flush_avro_block(struct avro_block *block, const char *schema, FILE *out, struct error *e)
{
    struct avro_buffer bytes = {0};
    int status = 0;

    if (block->count > 0)
        status =
            avro_container_block(schema, block->count, slice_make(block->records.ptr, block->records.len), &bytes, e);
    if (status == 0 && bytes.len > 0)
        fwrite(bytes.ptr, 1, bytes.len, out);
    avro_buffer_free(&bytes);
    block->records.len = 0;
    block->count = 0;
    return status;
}

static int add_to_avro_block(struct avro_block *block, const struct report_record *record, const char *schema,
                             FILE *out, struct error *e)
{
    if (avro_buffer_append(&block->records, slice_make(record->bytes, record->len), e) != 0)
        return -1;
    block->count++;
    return block->records.len < AVRO_BLOCK_BYTES ? 0 : flush_avro_block(block, schema, out, e);
}

static int write_avro_header(const char *schema, FILE *out, struct error *e)
{
    struct avro_buffer bytes = {0};
    int status = avro_container_header(schema, &bytes, e);

    if (status == 0)
        fwrite(bytes.ptr, 1, bytes.len, out);
    avro_buffer_free(&bytes);
    return status;
}

static int write_avro_findings(const struct report *report, size_t limit, FILE *out, struct error *e)
{
    struct avro_block block = {0};
    int status = write_avro_header(avro_schema_discrepancy, out, e);

    for (size_t i = 0; status == 0 && i < report->finding_count && i < limit; i++)
        status = add_to_avro_block(&block, &report->findings[i].record, avro_schema_discrepancy, out, e);
    if (status == 0)
        status = flush_avro_block(&block, avro_schema_discrepancy, out, e);
    avro_buffer_free(&block.records);
    return status;
}

static int write_avro_dead_letters(const struct report *report, size_t limit, FILE *out, struct error *e)
{
    struct avro_block block = {0};
    int status = write_avro_header(avro_schema_dead_letter, out, e);

    for (size_t i = 0; status == 0 && i < report->dead_letter_count && i < limit; i++)
        status = add_to_avro_block(&block, &report->dead_letters[i], avro_schema_dead_letter, out, e);
    if (status == 0)
        status = flush_avro_block(&block, avro_schema_dead_letter, out, e);
    avro_buffer_free(&block.records);
    return status;
}

/* --- table --- */

/* What the message names: its symbol, else its first identifier. */
static char *instrument_cell(const json_t *record)
{
    const json_t *symbol = at_path(record, "instrument.symbol");
    const json_t *first = json_array_get(at_path(record, "instrument.identifiers"), 0);

    if (json_is_string(symbol))
        return strdup(json_string_value(symbol));
    return as_text(first, "value");
}

static char *joined_cell(const json_t *record, const char *left, const char *separator, const char *right)
{
    char *a = as_text(record, left), *b = as_text(record, right), *text = NULL;

    if (a && b && asprintf(&text, "%s%s%s", a, a[0] && b[0] ? separator : "", b) < 0)
        text = NULL;
    free(a);
    free(b);
    return text;
}

/* The absolute notional. */
static char *exposure_cell(const json_t *record)
{
    const char *notional = json_string_value(json_object_get(record, "notional"));

    return strdup(notional ? notional + (notional[0] == '-') : "-");
}

/* What the text says, or a dash where it says nothing. */
static char *dash(char *text)
{
    if (!text || text[0] != '\0')
        return text;
    free(text);
    return strdup("-");
}

static int add_header(struct text_table *table, struct error *e)
{
    static const char *const names[] = {"EXPOSURE", "CUR",      "KIND",     "SEVERITY", "INSTRUMENT",
                                        "TAG",      "OBSERVED", "EXPECTED", "MSG",      "WHERE"};

    table->columns = sizeof names / sizeof *names;
    for (size_t i = 0; i < table->columns; i++)
        if (text_table_add(table, strdup(names[i]), e) != 0)
            return -1;
    return 0;
}

static int add_row(struct text_table *table, const json_t *record, struct error *e)
{
    char *cells[] = {
        exposure_cell(record),
        dash(as_text(record, "currency")),
        as_text(record, "kind"),
        as_text(record, "severity"),
        dash(instrument_cell(record)),
        as_text(record, "tag"),
        dash(as_text(record, "observed")),
        dash(as_text(record, "expected")),
        joined_cell(record, "message.msg_type", "/", "message.msg_seq_num"),
        joined_cell(record, "origin.topic", ":", "origin.offset"),
    };
    int status = 0;

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (status == 0)
            status = text_table_add(table, cells[i], e);
        else
            free(cells[i]);
    }
    return status;
}

static int write_table(const struct report *report, const struct avro_decoder *decoder, size_t limit, FILE *out,
                       struct error *e)
{
    size_t shown = report->finding_count < limit ? report->finding_count : limit;
    struct text_table table = {0};
    int status = add_header(&table, e);

    for (size_t i = 0; status == 0 && i < shown; i++) {
        json_t *record = decode(decoder, &report->findings[i].record, "discrepancy", e);

        status = record ? add_row(&table, record, e) : -1;
        json_decref(record);
    }
    if (status == 0 && shown > 0) {
        text_table_print(&table, out);
        if (report->discrepancies > shown)
            fprintf(out, "... and %" PRIu64 " more (--limit)\n", report->discrepancies - shown);
        fputc('\n', out);
    }
    text_table_free(&table);
    return status;
}

/* --- the whole of it --- */

static int write_record(const struct avro_decoder *decoder, enum report_format format,
                        const struct report_record *record, bool is_dead_letter, FILE *out, struct error *e)
{
    json_t *json = decode(decoder, record, is_dead_letter ? "dead_letter" : "discrepancy", e);
    int status = -1;

    if (json)
        status = format == REPORT_JSON ? write_json(json, out, e) : write_csv(json, is_dead_letter, out, e);
    json_decref(json);
    return status;
}

int report_write_findings(const struct report *report, enum report_format format, size_t limit, FILE *out,
                          struct error *e)
{
    struct avro_decoder *decoder = NULL;
    int status;

    if (format == REPORT_AVRO)
        return write_avro_findings(report, limit, out, e);
    if (avro_decoder_new(avro_schema_discrepancy, &decoder, e) != 0)
        return -1;
    if (format == REPORT_TABLE) {
        status = write_table(report, decoder, limit, out, e);
    } else {
        status = 0;
        if (format == REPORT_CSV)
            write_csv_header(out);
        for (size_t i = 0; status == 0 && i < report->finding_count && i < limit; i++)
            status = write_record(decoder, format, &report->findings[i].record, false, out, e);
    }
    avro_decoder_free(decoder);
    return status;
}

static int write_dead_letter_line(const struct avro_decoder *decoder, const struct report_record *record, FILE *out,
                                  struct error *e)
{
    json_t *json = decode(decoder, record, "dead_letter", e);
    char *where = json ? joined_cell(json, "origin.topic", ":", "origin.offset") : NULL;

    if (where)
        fprintf(out, "  %s: %s: %s\n", where, json_string_value(json_object_get(json, "reason")),
                json_string_value(json_object_get(json, "detail")));
    else if (json)
        error_set(e, ERROR_INTERNAL, "report: no memory");
    free(where);
    json_decref(json);
    return where ? 0 : -1;
}

int report_write_dead_letters(const struct report *report, enum report_format format, size_t limit, bool alone,
                              FILE *out, struct error *e)
{
    struct avro_decoder *decoder = NULL;
    int status = 0;

    if (format == REPORT_AVRO)
        return write_avro_dead_letters(report, limit, out, e);
    if (avro_decoder_new(avro_schema_dead_letter, &decoder, e) != 0)
        return -1;
    if (format == REPORT_CSV && alone)
        write_csv_header(out);
    if (format == REPORT_TABLE && report->malformed > 0)
        fprintf(out, "Malformed:\n");
    for (size_t i = 0; status == 0 && i < report->dead_letter_count && i < limit; i++)
        status = format == REPORT_TABLE ? write_dead_letter_line(decoder, &report->dead_letters[i], out, e)
                                        : write_record(decoder, format, &report->dead_letters[i], true, out, e);
    if (format == REPORT_TABLE && report->malformed > limit)
        fprintf(out, "  ... and %" PRIu64 " more (--dead-letters)\n", report->malformed - limit);
    if (format == REPORT_TABLE && report->malformed > 0)
        fputc('\n', out);
    avro_decoder_free(decoder);
    return status;
}

static void write_total(const struct total *total, FILE *out)
{
    char text[DECIMAL_TEXT_MAX];

    fprintf(out, "  %-24s %10" PRIu64 " ", total->name, total->count);
    for (size_t i = 0; i < total->currency_count; i++) {
        decimal_format(total->currencies[i].notional, text);
        fprintf(out, "%s %s %s", i ? "," : "", text, total->currencies[i].currency);
    }
    if (total->without > 0)
        fprintf(out, "%s %" PRIu64 " without a notional", total->currency_count ? "," : "", total->without);
    if (total->repeated > 0)
        fprintf(out, "%s %" PRIu64 " of what was stated before", total->currency_count || total->without ? "," : "",
                total->repeated);
    fputc('\n', out);
}

static void write_totals(const char *title, const struct totals *totals, FILE *out)
{
    if (totals->count > 0)
        fprintf(out, "%s\n", title);
    for (size_t i = 0; i < totals->count; i++)
        write_total(&totals->items[i], out);
}

void report_write_counts(const struct checker_counts *counts, FILE *out)
{
    if (counts->malformed > 0)
        fprintf(out, "Malformed messages by reason\n");
    for (int i = FIX_OK + 1; i < FIX_REASON_COUNT; i++)
        if (counts->by_reason[i] > 0)
            fprintf(out, "  %-24s %10" PRIu64 "  %s\n", fix_reason_name((enum fix_reason)i), counts->by_reason[i],
                    fix_reason_text((enum fix_reason)i));
    fprintf(out,
            "Messages: %" PRIu64 " seen; %" PRIu64 " matched, %" PRIu64 " discrepant (%" PRIu64
            " discrepancies), %" PRIu64 " malformed, %" PRIu64
            " ignored (no instrument); lines that are not FIX: %" PRIu64 "\n",
            counts->messages, counts->matched, counts->discrepant, counts->discrepancies, counts->malformed,
            counts->ignored, counts->skipped);
    if (counts->poss_dup > 0 || counts->poss_resend > 0)
        fprintf(out, "Of these %" PRIu64 " were sent again (43=Y), and %" PRIu64 " perhaps (97=Y).\n", counts->poss_dup,
                counts->poss_resend);
}

void report_write_summary(const struct report *report, const struct checker_counts *counts, FILE *out)
{
    write_totals("Discrepancies by kind", &report->by_kind, out);
    write_totals("by severity", &report->by_severity, out);
    write_totals("by region", &report->by_region, out);
    write_totals("by exchange", &report->by_exchange, out);
    report_write_counts(counts, out);
    if (report->discrepancies > report->finding_count && report->finding_count == report->findings_max)
        fprintf(out, "Only the %zu discrepancies of the highest exposure were kept (--max-findings).\n",
                report->finding_count);
    if (report->malformed > report->dead_letter_count)
        fprintf(out, "Only the first %zu malformed messages were kept.\n", report->dead_letter_count);
}
