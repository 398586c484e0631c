#include "avro_shape.h"

#include <avro.h>

static int append(struct avro_buffer *out, const char *text, struct error *e)
{
    return avro_buffer_append(out, slice_of(text), e);
}

static int append_schema(avro_schema_t schema, struct avro_buffer *out, struct error *e);

static int append_record(avro_schema_t schema, struct avro_buffer *out, struct error *e)
{
    int count = (int)avro_schema_record_size(schema);

    for (int i = 0; i < count; i++)
        if (append(out, i == 0 ? "{" : " ", e) != 0 || append(out, avro_schema_record_field_name(schema, i), e) != 0 ||
            append(out, ":", e) != 0 || append_schema(avro_schema_record_field_get_by_index(schema, i), out, e) != 0)
            return -1;
    return append(out, "}", e);
}

static int append_optional(avro_schema_t schema, struct avro_buffer *out, struct error *e)
{
    if (avro_schema_union_size(schema) != 2 || !is_avro_null(avro_schema_union_branch(schema, 0)))
        return error_set(e, ERROR_INTERNAL, "a union in a schema is not of null and something");
    return append(out, "?", e) == 0 ? append_schema(avro_schema_union_branch(schema, 1), out, e) : -1;
}

static int append_around(const char *open, avro_schema_t inner, const char *close, struct avro_buffer *out,
                         struct error *e)
{
    return append(out, open, e) == 0 && append_schema(inner, out, e) == 0 ? append(out, close, e) : -1;
}

static int append_schema(avro_schema_t schema, struct avro_buffer *out, struct error *e)
{
    switch (avro_typeof(schema)) {
    case AVRO_RECORD:
        return append_record(schema, out, e);
    case AVRO_UNION:
        return append_optional(schema, out, e);
    case AVRO_ARRAY:
        return append_around("[", avro_schema_array_items(schema), "]", out, e);
    case AVRO_MAP:
        return append_around("<", avro_schema_map_values(schema), ">", out, e);
    case AVRO_ENUM:
        return append(out, "enum", e);
    case AVRO_STRING:
    case AVRO_BYTES:
    case AVRO_INT32:
    case AVRO_INT64:
    case AVRO_BOOLEAN:
        return append(out, avro_schema_type_name(schema), e);
    default:
        return error_set(e, ERROR_INTERNAL, "a schema has a type that is not written: %s",
                         avro_schema_type_name(schema));
    }
}

int avro_shape_of(const char *schema, struct avro_buffer *out, struct error *e)
{
    avro_schema_t parsed;
    int rc;

    if (avro_schema_from_json_length(schema, strlen(schema), &parsed) != 0)
        return error_set(e, ERROR_INTERNAL, "avro-c does not accept the schema: %s", avro_strerror());
    rc = append_schema(parsed, out, e);
    avro_schema_decref(parsed);
    return rc;
}
