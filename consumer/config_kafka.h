/* config_kafka: [kafka], the properties of librdkafka that are passed through, and those that are not. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_KAFKA_H
#define FIXWARDEN_CONSUMER_CONFIG_KAFKA_H

#include "config.h"

/* Sets a property, or "PROPERTY.file" for those that are secret. ERROR_CONFIG for one that fixwarden owns, and for a
 * secret that stands in the open: only the environment may hold one. */
int config_kafka_set(struct config *config, enum config_layer layer, const char *name, const char *value,
                     struct error *e);

/* Why fixwarden does not pass the property on and what to use instead, or NULL where it does. A constant. */
const char *config_kafka_refusal(const char *name);

/* Where tokens for OAUTHBEARER come from: fixwarden's own additions, unknown to librdkafka. */
#define CONFIG_KAFKA_TOKEN_FILE "sasl.oauthbearer.token.file"
#define CONFIG_KAFKA_TOKEN_COMMAND "sasl.oauthbearer.token.command"
bool config_kafka_is_own(const char *name);

#endif
