/* avro_encode: discrepancies and dead letters as Avro binary (Avro 1.11 specification), by avro-c.
 *
 * An encoder belongs to one thread. It keeps one value and one writer for each schema, which is twice as fast as new
 * ones each time. avro-c keeps its error text in one static buffer, so the words in an error may
 * be another thread's. */
#ifndef FIXWARDEN_CORE_AVRO_ENCODE_H
#define FIXWARDEN_CORE_AVRO_ENCODE_H

#include "avro_buffer.h"
#include "discrepancy.h"
#include "error.h"

struct avro_encoder;

/* The original text of schemas/discrepancy.avsc and schemas/dead_letter.avsc, compiled in. Terminated. It is what a
 * registry is given, since avro-c drops defaults, logical types and documentation when it parses. */
extern const char avro_schema_discrepancy[];
extern const char avro_schema_dead_letter[];

int avro_encoder_new(struct avro_encoder **out, struct error *e);
void avro_encoder_free(struct avro_encoder *encoder); /* NULL is fine */

/* Append one encoded record, without any header, to the buffer. On error the buffer is as it was. */
int avro_encode_discrepancy(struct avro_encoder *encoder, const struct discrepancy *discrepancy,
                            struct avro_buffer *buffer, struct error *e);
int avro_encode_dead_letter(struct avro_encoder *encoder, const struct dead_letter *dead_letter,
                            struct avro_buffer *buffer, struct error *e);

#endif
