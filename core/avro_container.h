/* avro_container: an Avro object container file (Avro 1.11 specification, "Object Container Files"; codec null).
 *
 * Written here and not by avro-c because the header must hold the original text of the schema. The sync marker is a
 * digest of the schema, so that the same records give the same file. */
#ifndef FIXWARDEN_CORE_AVRO_CONTAINER_H
#define FIXWARDEN_CORE_AVRO_CONTAINER_H

#include <stdint.h>

#include "avro_buffer.h"
#include "error.h"

/* Append the header, or a block of `records` encoded records. */
int avro_container_header(const char *schema_text, struct avro_buffer *out, struct error *e);
int avro_container_block(const char *schema_text, uint64_t records, struct slice encoded, struct avro_buffer *out,
                         struct error *e);

#endif
