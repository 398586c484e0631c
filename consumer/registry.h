/* registry: a Confluent schema registry over HTTP: registers a schema, fetches one by its id.
 *
 * One thread at a time. An id never changes what it stands for, so each is asked for once, at the start or when a
 * reader first meets it. */
#ifndef FIXWARDEN_CONSUMER_REGISTRY_H
#define FIXWARDEN_CONSUMER_REGISTRY_H

#include <stdint.h>

#include "config.h"

#define REGISTRY_ANSWER_MAX (4u << 20) /* bytes of an answer; a longer one is refused */

struct registry;

/* From the configuration's [registry]: ERROR_CONFIG for a URL that is neither http nor https, ERROR_IO where a file it
 * names can't be read. */
int registry_new(const struct config *config, struct registry **out, struct error *e);
void registry_free(struct registry *registry); /* NULL is fine */

/* POSTs the schema's original text to /subjects/TOPIC-value/versions; the same text gives the same id.
 * ERROR_UNAVAILABLE with the registry's own words where it can't be reached, asks for other credentials or refuses the
 * schema. */
int registry_register(struct registry *registry, const char *topic, const char *schema_text, uint32_t *id,
                      struct error *e);

/* GETs /schemas/ids/ID. `schema_text` is malloc'ed and the caller's. ERROR_DATA where the registry has no such id. */
int registry_schema(struct registry *registry, uint32_t id, char **schema_text, struct error *e);

#endif
