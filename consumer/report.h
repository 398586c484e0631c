/* report: what an offline check found: ranked by exposure, with totals.
 *
 * Exposure is the absolute notional, whatever its currency; those without come last; ties stand in the order of
 * appearance. The notional of a message counts once for each of its discrepancies, unless it was stated before
 * (exposure.h). A report is a checker_output and
 * belongs to one thread. It keeps what it shows as Avro, which is compact and from which every format is made, so that
 * they all say the same. */
#ifndef FIXWARDEN_CONSUMER_REPORT_H
#define FIXWARDEN_CONSUMER_REPORT_H

#include <stdio.h>

#include "core/avro_encode.h"
#include "core/checker.h"
#include "totals.h"

#define REPORT_DEAD_LETTER_BYTES_MAX (256u << 20) /* of all that are kept; further ones are only counted */
#define REPORT_DEAD_LETTERS_SHOWN 10              /* in a table */

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON, REPORT_AVRO, REPORT_FORMAT_COUNT };

/* One Avro record; malloc'ed. */
struct report_record {
    char *bytes;
    size_t len;
};

struct report_finding {
    bool has_notional;
    struct decimal notional;
    uint64_t sequence; /* the order of appearance */
    struct report_record record;
};

struct report {
    struct checker_output output; /* for checker_check_log */
    struct avro_buffer scratch;
    size_t findings_max; /* kept are those of the highest exposure */
    struct report_finding *findings;
    size_t finding_count, finding_capacity;
    uint64_t discrepancies; /* all of them */
    struct report_record *dead_letters;
    size_t dead_letter_count, dead_letter_capacity, dead_letter_bytes;
    uint64_t malformed; /* all of them */
    struct totals by_kind, by_severity, by_region, by_exchange;
};

/* `findings_max`: so many discrepancies and dead letters are kept, 1 at least. In every case report_free is the
 * caller's. */
int report_init(struct report *report, size_t findings_max, struct error *e);
void report_free(struct report *report);

/* Brings the findings into their order. Call it once, when all is checked and before anything is written. */
void report_rank(struct report *report);

/* "table", "csv", ...; and back, REPORT_FORMAT_COUNT for what is none. */
const char *report_format_name(enum report_format format);
enum report_format report_format_from_name(const char *name);

/* Writes the first `limit` discrepancies, ranked. Errors of the stream itself stay in it (ferror). */
int report_write_findings(const struct report *report, enum report_format format, size_t limit, FILE *out,
                          struct error *e);

/* Writes the dead letters. `alone`: nothing stands before them, so that CSV and Avro need their header. */
int report_write_dead_letters(const struct report *report, enum report_format format, size_t limit, bool alone,
                              FILE *out, struct error *e);

/* What became of the messages, as text for people. */
void report_write_counts(const struct checker_counts *counts, FILE *out);

/* The totals, and these. */
void report_write_summary(const struct report *report, const struct checker_counts *counts, FILE *out);

#endif
