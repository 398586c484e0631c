/* headers: the bytes that stand before each published record and name its schema.
 *
 * Resolved once, at the start, for all lanes: a registry's ids never change. Read-only afterwards. */
#ifndef FIXWARDEN_CONSUMER_HEADERS_H
#define FIXWARDEN_CONSUMER_HEADERS_H

#include "config.h"
#include "core/found.h"
#include "log.h"

/* Stays where it was filled in: the slices point into it. */
struct headers {
    char bytes[FOUND_TYPE_COUNT][FOUND_HEADER_MAX];
    struct slice header[FOUND_TYPE_COUNT];
};

/* With a registry the schemas are registered there; without one the records carry their fingerprints. Errors are those
 * of registry and schema, and of avro_encode_check, which is asked here. */
int headers_resolve(const struct config *config, struct log *log, struct headers *out, struct error *e);

#endif
