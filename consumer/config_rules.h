/* config_rules: from the sections [rules], [identifiers], [symbology], [exchanges] and [severity] to struct rules.
 * Private to config*.c. One thread. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_RULES_H
#define FIXWARDEN_CONSUMER_CONFIG_RULES_H

#include "config.h"
#include "config_named.h"

/* Sets a key of [rules]. ERROR_CONFIG names section and key, and the nearest known one. */
int config_rules_set(struct config *config, const char *key, const char *value, struct error *e);

/* Sets a key that ends in a name of the user's, as config_named_find has found it. Names keep their case, so the
 * environment cannot hold them. */
int config_rules_set_named(struct config *config, enum config_layer layer, enum config_named_type type,
                           struct slice name, const char *value, struct error *e);

#endif
