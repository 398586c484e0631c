/* avro_encode: discrepancies and dead letters as Avro binary (Avro 1.11 specification).
 *
 * Written value by value, since a value of avro-c takes 5 us to fill in and write, and a wrong master makes a
 * discrepancy of every message. avro-c says whether what is written is what the schemas describe. No state; any thread.
 */
#ifndef FIXWARDEN_CORE_AVRO_ENCODE_H
#define FIXWARDEN_CORE_AVRO_ENCODE_H

#include "avro_buffer.h"
#include "discrepancy.h"
#include "error.h"

/* The original text of schemas/discrepancy.avsc and schemas/dead_letter.avsc, compiled in. Terminated. It is what a
 * registry is given, since avro-c drops defaults, logical types and documentation when it parses. */
extern const char avro_schema_discrepancy[];
extern const char avro_schema_dead_letter[];

/* What they were before, as far as it reads otherwise: schemas/former, for those who read what was written then. NULL
 * ends the list. */
extern const char *const avro_schemas_former[];

/* Whether what is written is what those schemas describe, by avro-c; asked once. ERROR_INTERNAL. avro-c keeps its error
 * text in one static buffer, so the words may be another thread's. */
int avro_encode_check(struct error *e);

/* Append one encoded record, without any header, to the buffer. On error the buffer is as it was. */
int avro_encode_discrepancy(const struct discrepancy *d, struct avro_buffer *buffer, struct error *e);
int avro_encode_dead_letter(const struct dead_letter *l, struct avro_buffer *buffer, struct error *e);

#endif
