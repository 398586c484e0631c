/* kafka_security: what TLS and SASL need beyond properties that are passed through. Any thread.
 *
 * Tokens for OAUTHBEARER are fetched by a thread of each handle's own (librdkafka's background thread), so that a lane
 * that waits for its brokers, or for a commit, does not keep them from being renewed. For kafka.c only. */
#ifndef FIXWARDEN_CONSUMER_KAFKA_SECURITY_H
#define FIXWARDEN_CONSUMER_KAFKA_SECURITY_H

#include "kafka_internal.h"

/* Whether files can be read and options go together. ERROR_CONFIG. */
int kafka_security_check(const struct config *config, struct error *e);

/* Before and after rd_kafka_new. */
int kafka_security_configure(rd_kafka_conf_t *conf, const struct config *config, struct error *e);
int kafka_security_start(rd_kafka_t *rk, struct error *e);

/* What to do about a failure in librdkafka's words, ": DO THIS", or "" where nobody knows. `hopeless` is whether it
 * comes again however often it is tried; it may be NULL. A constant. */
const char *kafka_security_remedy(const char *failure, bool *hopeless);

#endif
