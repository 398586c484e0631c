/* avro_decode: Avro binary (Avro 1.11 specification, "Binary Encoding") as JSON, driven by any schema's text.
 *
 * For reading what strangers may have written: avro-c's own decoder believes every length that it reads, and drops
 * logical types. Here every length is checked against the bytes that are left, blocks and nesting are bounded, and
 * bytes left over are an error. A decoder is immutable after avro_decoder_new, apart from the reference counts of its
 * JSON: one thread.
 *
 * What becomes what: records and maps are objects, in the order of the schema; enums are strings; a union is its
 * branch; a decimal is an exact string ("12.5"); timestamps and dates are ISO 8601 in UTC; other bytes and fixed are
 * strings, "hex:..." where they are not printable UTF-8. */
#ifndef FIXWARDEN_CONSUMER_AVRO_DECODE_H
#define FIXWARDEN_CONSUMER_AVRO_DECODE_H

#include <jansson.h>

#include "core/error.h"
#include "core/slice.h"

#define AVRO_DECODE_DEPTH_MAX 64           /* values within values */
#define AVRO_DECODE_VALUES_MAX (1u << 20)  /* of all types in one datum together */
#define AVRO_DECODE_DECIMAL_BYTES_MAX 64u  /* of a decimal; a longer one is shown as bytes */
#define AVRO_DECODE_DECIMAL_SCALE_MAX 128u /* digits behind the point; a decimal with more is shown as bytes */

struct avro_decoder;

/* ERROR_DATA where the text is not an Avro schema. */
int avro_decoder_new(const char *schema_text, struct avro_decoder **out, struct error *e);
void avro_decoder_free(struct avro_decoder *decoder); /* NULL is fine */

/* Decodes one datum that takes up all of `body`. The JSON is the caller's (json_decref). ERROR_DATA names the field. */
int avro_decode(const struct avro_decoder *decoder, struct slice body, json_t **out, struct error *e);

/* The full name of the schema's record; borrowed. */
const char *avro_decoder_name(const struct avro_decoder *decoder);

#endif
