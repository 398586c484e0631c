/* schema: what stands before an Avro body so that a reader finds the schema it was written with.
 *
 * Two ways: Confluent's wire format (a registry's schema id), and the single-object encoding (a fingerprint of the
 * schema; Avro 1.11 specification, "Single-object encoding"). Pure functions over text and bytes; any thread. */
#ifndef FIXWARDEN_CONSUMER_SCHEMA_H
#define FIXWARDEN_CONSUMER_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

#define SCHEMA_CONFLUENT_LEN 5      /* bytes: 0x00 and the id, big-endian */
#define SCHEMA_SINGLE_OBJECT_LEN 10 /* bytes: C3 01 and the fingerprint, little-endian */

#define SCHEMA_DEPTH_MAX 64              /* schemas within schemas; a deeper text is refused */
#define SCHEMA_CANONICAL_MAX (16u << 20) /* bytes of a canonical form */

/* The Parsing Canonical Form (Avro 1.11 specification, "Transforming into Parsing Canonical Form"). `out` is
 * terminated, malloc'ed and the caller's to free. ERROR_DATA where the text is not JSON or not an Avro schema. */
int schema_canonical(const char *text, char **out, struct error *e);

/* CRC-64-AVRO of the Parsing Canonical Form. */
int schema_fingerprint(const char *text, uint64_t *out, struct error *e);

/* CRC-64-AVRO of some bytes. */
uint64_t schema_crc64(struct slice bytes);

void schema_confluent_header(uint32_t id, char out[SCHEMA_CONFLUENT_LEN]);
void schema_single_object_header(uint64_t fingerprint, char out[SCHEMA_SINGLE_OBJECT_LEN]);

enum schema_header { SCHEMA_NO_HEADER, SCHEMA_CONFLUENT, SCHEMA_SINGLE_OBJECT };

/* Which header the bytes start with, what it says, and what stands behind it. */
enum schema_header schema_header_read(struct slice bytes, uint64_t *id_or_fingerprint, struct slice *body);

#endif
