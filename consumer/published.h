/* published: a record of an output topic, decoded with the schema that it was written with.
 *
 * Which schema that is stands before the body: a registry's id, or the fingerprint of one of our own, as it is or as it
 * was before (schemas/former). One thread. */
#ifndef FIXWARDEN_CONSUMER_PUBLISHED_H
#define FIXWARDEN_CONSUMER_PUBLISHED_H

#include <jansson.h>

#include "config.h"
#include "core/slice.h"

#define PUBLISHED_SCHEMAS_MAX 256 /* different ones that are kept; a topic with more is refused */

struct published;

/* The registry is that of the configuration; without one only our own schemas can be read. */
int published_new(const struct config *config, struct published **out, struct error *e);
void published_free(struct published *published); /* NULL is fine */

/* The JSON is the caller's. `name` is the schema's full name, borrowed. ERROR_DATA for bytes that are not what they
 * should be. */
int published_decode(struct published *published, struct slice record, json_t **out, const char **name,
                     struct error *e);

#endif
