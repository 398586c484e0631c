#include "config_kafka.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_FILE_SUFFIX ".file"

struct refusal {
    const char *name;
    const char *reason;
};

#define OFFSETS "fixwarden commits offsets together with its output; see [batch] commit_interval"

static const struct refusal refusals[] = {
    {"group.id", "use [input] group"},
    {"auto.offset.reset", "use [input] start"},
    {"topic.auto.offset.reset", "use [input] start"},
    {"transactional.id", "use [output] transactional_id"},
    {"enable.idempotence", "fixwarden always produces idempotently; see [output] delivery"},
    {"acks", "fixwarden always waits for all replicas in sync; see [output] delivery"},
    {"request.required.acks", "fixwarden always waits for all replicas in sync; see [output] delivery"},
    {"isolation.level", "fixwarden always reads committed messages only"},
    {"enable.auto.commit", OFFSETS},
    {"auto.commit.enable", OFFSETS},
    {"auto.commit.interval.ms", OFFSETS},
    {"enable.auto.offset.store", OFFSETS},
    {"offset.store.method", OFFSETS},
    {"enable.partition.eof", "fixwarden never needs it in a run that has no end"},
    {"delivery.report.only.error", "fixwarden needs every delivery report"},
};

/* What librdkafka marks as sensitive (2.0.2 to 2.16), but certificates, which are public. */
static const char *const secrets[] = {
    "sasl.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.assertion.private.key.pem",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
};

const char *config_kafka_refusal(const char *name)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].name, name) == 0)
            return refusals[i].reason;
    return NULL;
}

bool config_kafka_is_own(const char *name)
{
    return strcmp(name, CONFIG_KAFKA_TOKEN_FILE) == 0 || strcmp(name, CONFIG_KAFKA_TOKEN_COMMAND) == 0;
}

static bool is_secret(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strlen(secrets[i]) == len && memcmp(secrets[i], name, len) == 0)
            return true;
    return false;
}

/* librdkafka's names: lower case letters, digits, dots, underscores, dashes. */
static bool is_property_name(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static struct kafka_property *find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->kafka.count; i++)
        if (strcmp(config->kafka.items[i].name, name) == 0)
            return &config->kafka.items[i];
    return NULL;
}

const char *config_kafka(const struct config *config, const char *name)
{
    const struct kafka_property *property = find(config, name);

    return property ? property->value : NULL;
}

static void property_free(struct kafka_property *property)
{
    free(property->name);
    free(property->value);
    free(property->file);
}

/* Takes over what the property owns, in every case. */
static int put(struct config *config, struct kafka_property *property, struct error *e)
{
    struct kafka_property *there, *items;

    if (!property->name || !property->value) {
        property_free(property);
        return error_set(e, ERROR_INTERNAL, "[kafka]: no memory");
    }
    there = find(config, property->name);
    if (there) {
        property_free(there);
        *there = *property;
        return 0;
    }
    items = reallocarray(config->kafka.items, config->kafka.count + 1, sizeof *items);
    if (!items) {
        property_free(property);
        return error_set(e, ERROR_INTERNAL, "[kafka]: no memory");
    }
    config->kafka.items = items;
    items[config->kafka.count++] = *property;
    return 0;
}

static int put_secret_file(struct config *config, const char *name, size_t name_len, const char *path, struct error *e)
{
    struct kafka_property property = {.name = strndup(name, name_len), .file = strdup(path), .secret = true};

    if (config_read_secret(path, &property.value, e) != 0) {
        property_free(&property);
        return error_prefix(e, "[kafka] %s", name);
    }
    return put(config, &property, e);
}

int config_kafka_set(struct config *config, enum config_layer layer, const char *name, const char *value,
                     struct error *e)
{
    size_t len = strlen(name), suffix = strlen(SECRET_FILE_SUFFIX);
    const char *refusal = config_kafka_refusal(name);

    if (refusal)
        return error_set(e, ERROR_CONFIG, "[kafka] %s is set by fixwarden itself: %s", name, refusal);
    if (!is_property_name(name))
        return error_set(e, ERROR_CONFIG, "[kafka] %s is no name of a librdkafka property", name);
    if (len > suffix && strcmp(name + len - suffix, SECRET_FILE_SUFFIX) == 0 && is_secret(name, len - suffix))
        return put_secret_file(config, name, len - suffix, value, e);
    if (is_secret(name, len) && layer != CONFIG_ENVIRONMENT)
        return error_set(e, ERROR_CONFIG,
                         "[kafka] %s is a secret and does not belong here: put it into a file and set %s%s = PATH",
                         name, name, SECRET_FILE_SUFFIX);
    struct kafka_property property = {.name = strdup(name), .value = strdup(value), .secret = is_secret(name, len)};
    return put(config, &property, e);
}
