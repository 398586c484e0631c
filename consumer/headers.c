#include "headers.h"

#include "core/avro_encode.h"
#include "registry.h"
#include "schema.h"

static const char *schema_of(int type)
{
    return type == FOUND_DISCREPANCY ? avro_schema_discrepancy : avro_schema_dead_letter;
}

static int by_registry(const struct config *config, struct log *log, struct headers *out, struct error *e)
{
    const char *topics[FOUND_TYPE_COUNT] = {config->output.topic, config->output.dead_letter_topic};
    struct registry *registry = NULL;
    uint32_t id;
    int status = registry_new(config, &registry, e);

    for (int i = 0; status == 0 && i < FOUND_TYPE_COUNT; i++) {
        status = registry_register(registry, topics[i], schema_of(i), &id, e);
        if (status != 0)
            break;
        schema_confluent_header(id, out->bytes[i]);
        out->header[i] = slice_make(out->bytes[i], SCHEMA_CONFLUENT_LEN);
        log_write(log, LOG_LEVEL_INFO, "schema", "%s-value: id %u at %s", topics[i], id, config->registry.url);
    }
    registry_free(registry);
    return status;
}

static int by_fingerprint(struct log *log, struct headers *out, struct error *e)
{
    uint64_t fingerprint;

    for (int i = 0; i < FOUND_TYPE_COUNT; i++) {
        if (schema_fingerprint(schema_of(i), &fingerprint, e) != 0)
            return -1;
        schema_single_object_header(fingerprint, out->bytes[i]);
        out->header[i] = slice_make(out->bytes[i], SCHEMA_SINGLE_OBJECT_LEN);
    }
    log_write(log, LOG_LEVEL_INFO, "schema",
              "no registry: records carry their schema's fingerprint (single-object encoding)");
    return 0;
}

int headers_resolve(const struct config *config, struct log *log, struct headers *out, struct error *e)
{
    if (avro_encode_check(e) != 0)
        return -1;
    return *config->registry.url ? by_registry(config, log, out, e) : by_fingerprint(log, out, e);
}
