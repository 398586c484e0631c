#include "published.h"

#include <stdlib.h>
#include <string.h>

#include "avro_decode.h"
#include "core/avro_encode.h"
#include "registry.h"
#include "schema.h"

struct known {
    enum schema_header header;
    uint64_t number; /* id or fingerprint */
    struct avro_decoder *decoder;
};

struct published {
    struct registry *registry; /* NULL without */
    struct known known[PUBLISHED_SCHEMAS_MAX];
    size_t count;
};

static int learn(struct published *p, enum schema_header header, uint64_t number, const char *text, struct error *e)
{
    struct known *known = &p->known[p->count];

    if (p->count == PUBLISHED_SCHEMAS_MAX)
        return error_set(e, ERROR_DATA, "more than %d different schemas", PUBLISHED_SCHEMAS_MAX);
    if (avro_decoder_new(text, &known->decoder, e) != 0)
        return -1;
    known->header = header;
    known->number = number;
    p->count++;
    return 0;
}

static int learn_own(struct published *p, const char *text, struct error *e)
{
    uint64_t fingerprint;

    return schema_fingerprint(text, &fingerprint, e) == 0 ? learn(p, SCHEMA_SINGLE_OBJECT, fingerprint, text, e) : -1;
}

static int learn_all(struct published *p, struct error *e)
{
    if (learn_own(p, avro_schema_discrepancy, e) != 0 || learn_own(p, avro_schema_dead_letter, e) != 0)
        return -1;
    for (const char *const *former = avro_schemas_former; *former; former++)
        if (learn_own(p, *former, e) != 0)
            return -1;
    return 0;
}

int published_new(const struct config *config, struct published **out, struct error *e)
{
    struct published *p = calloc(1, sizeof *p);

    if (!p)
        return error_set(e, ERROR_INTERNAL, "no memory for schemas");
    if (learn_all(p, e) != 0 || (*config->registry.url && registry_new(config, &p->registry, e) != 0)) {
        published_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

void published_free(struct published *published)
{
    if (!published)
        return;
    for (size_t i = 0; i < published->count; i++)
        avro_decoder_free(published->known[i].decoder);
    registry_free(published->registry);
    free(published);
}

static const struct avro_decoder *find(const struct published *p, enum schema_header header, uint64_t number)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->known[i].header == header && p->known[i].number == number)
            return p->known[i].decoder;
    return NULL;
}

static int fetch(struct published *p, uint64_t id, struct error *e)
{
    char *text;
    int status;

    if (!p->registry)
        return error_set(e, ERROR_CONFIG, "written with schema id %u: --registry URL says what that is", (unsigned)id);
    if (registry_schema(p->registry, (uint32_t)id, &text, e) != 0)
        return -1;
    status = learn(p, SCHEMA_CONFLUENT, id, text, e);
    free(text);
    return status;
}

int published_decode(struct published *published, struct slice record, json_t **out, const char **name, struct error *e)
{
    uint64_t number = 0;
    struct slice body = record;
    enum schema_header header = schema_header_read(record, &number, &body);
    const struct avro_decoder *decoder;

    if (header == SCHEMA_NO_HEADER)
        return error_set(e, ERROR_DATA, "starts with neither a schema id nor a schema's fingerprint");
    decoder = find(published, header, number);
    if (!decoder && header == SCHEMA_SINGLE_OBJECT)
        return error_set(e, ERROR_DATA, "written with a schema that this version does not know (fingerprint %016llx)",
                         (unsigned long long)number);
    if (!decoder && fetch(published, number, e) != 0)
        return -1;
    if (!decoder)
        decoder = find(published, header, number);
    *name = avro_decoder_name(decoder);
    return avro_decode(decoder, body, out, e);
}
