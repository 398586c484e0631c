/* found: what one batch found, encoded and ready to be published, in the order in which it was found.
 *
 * Belongs to one thread. It is a checker_output; bytes handed out live until found_clear or found_free. */
#ifndef FIXWARDEN_CORE_FOUND_H
#define FIXWARDEN_CORE_FOUND_H

#include "checker.h"

#define FOUND_HEADER_MAX 16 /* bytes that stand before an encoded record */

enum found_type { FOUND_DISCREPANCY, FOUND_DEAD_LETTER, FOUND_TYPE_COUNT };

struct found_item {
    enum found_type type;
    struct slice key;   /* of the output record; empty: none */
    struct slice value; /* header and Avro body */
};

struct found;

/* `header` is what stands before each record of that type: Confluent's magic byte and schema id, or the single-object
 * encoding's marker and fingerprint; at most FOUND_HEADER_MAX bytes, copied. */
int found_new(const struct slice header[FOUND_TYPE_COUNT], struct found **out, struct error *e);
void found_free(struct found *found);

/* For checker_check. Borrowed from `found`. */
const struct checker_output *found_output(struct found *found);

size_t found_count(const struct found *found);
size_t found_bytes(const struct found *found); /* of keys and values together */
struct found_item found_item(const struct found *found, size_t i);
void found_clear(struct found *found);

#endif
