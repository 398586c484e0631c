/* config_named: the settings whose key ends in a name that the user gives (CONFIG_NAMED). They are kept as they were
 * set, to be shown and to be told apart from others; what they mean is config_rules'. One thread. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_NAMED_H
#define FIXWARDEN_CONSUMER_CONFIG_NAMED_H

#include "config.h"
#include "config_options.h"

/* Which of them a key is, and the name in it, without white space around: bytes that a name cannot hold are there as
 * \xNN. False for a key of another kind. */
bool config_named_find(const char *section, const char *key, enum config_named_type *type, struct slice *name);

/* Keeps a setting; the value of one of the same name gives way to it. Both are copied. */
int config_named_put(struct config *config, enum config_named_type type, struct slice name, struct slice value,
                     struct error *e);

bool config_named_any(const struct config *config, enum config_named_type type);

/* Writes those of a type as lines of a file: in the order of their names, which is the same for the same settings, or
 * in that in which the names first came; the latter fails without memory. */
void config_named_print(const struct config *config, enum config_named_type type, FILE *out);
int config_named_show(const struct config *config, enum config_named_type type, FILE *out);

void config_named_free(struct config *config);

#endif
