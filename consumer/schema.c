#include "schema.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795) /* Avro 1.11 specification, "Schema Fingerprints" */

/* A canonical form as it is written. Once it has failed it stays so, and the writers need not look. */
struct writer {
    FILE *out;
    struct error *e;
    bool failed;
};

static void write_schema(struct writer *w, const json_t *schema, const char *namespace, int depth);

static void refuse(struct writer *w, const char *what)
{
    if (!w->failed)
        error_set(w->e, ERROR_DATA, "Avro schema: %s", what);
    w->failed = true;
}

static bool is_primitive(const char *name)
{
    static const char *const primitives[] = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"};

    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (strcmp(name, primitives[i]) == 0)
            return true;
    return false;
}

static void write_string(struct writer *w, const char *text)
{
    json_t *string = json_string(text);

    if (!string || json_dumpf(string, w->out, JSON_ENCODE_ANY) != 0)
        refuse(w, "no memory for its canonical form");
    json_decref(string);
}

/* [FULLNAMES]: a name without a dot stands in the namespace around it. */
static void write_name(struct writer *w, const char *name, const char *namespace)
{
    char full[1024];

    if (strchr(name, '.') || !*namespace || is_primitive(name)) {
        write_string(w, name);
        return;
    }
    if ((size_t)snprintf(full, sizeof full, "%s.%s", namespace, name) >= sizeof full) {
        refuse(w, "a name is too long");
        return;
    }
    write_string(w, full);
}

/* The namespace that holds within a named type: that of its full name, its own, or the one around it. */
static void namespace_within(const json_t *schema, const char *around, char *out, size_t size)
{
    const char *name = json_string_value(json_object_get(schema, "name"));
    const char *own = json_string_value(json_object_get(schema, "namespace"));
    const char *dot = name ? strrchr(name, '.') : NULL;

    if (dot)
        snprintf(out, size, "%.*s", (int)(dot - name), name);
    else
        snprintf(out, size, "%s", own ? own : around);
}

static void write_list(struct writer *w, const json_t *list, const char *namespace, int depth)
{
    size_t i;
    const json_t *item;

    fputc('[', w->out);
    json_array_foreach(list, i, item)
    {
        if (i > 0)
            fputc(',', w->out);
        write_schema(w, item, namespace, depth);
    }
    fputc(']', w->out);
}

static void write_field(struct writer *w, const json_t *field, const char *namespace, int depth)
{
    const char *name = json_string_value(json_object_get(field, "name"));

    if (!name) {
        refuse(w, "a field has no name");
        return;
    }
    fputs("{\"name\":", w->out);
    write_string(w, name);
    fputs(",\"type\":", w->out);
    write_schema(w, json_object_get(field, "type"), namespace, depth);
    fputc('}', w->out);
}

static void write_fields(struct writer *w, const json_t *fields, const char *namespace, int depth)
{
    size_t i;
    const json_t *field;

    if (!json_is_array(fields)) {
        refuse(w, "a record has no list of fields");
        return;
    }
    fputs(",\"fields\":[", w->out);
    json_array_foreach(fields, i, field)
    {
        if (i > 0)
            fputc(',', w->out);
        write_field(w, field, namespace, depth);
    }
    fputc(']', w->out);
}

static void write_symbols(struct writer *w, const json_t *symbols)
{
    size_t i;
    const json_t *symbol;

    fputs(",\"symbols\":[", w->out);
    json_array_foreach(symbols, i, symbol)
    {
        if (i > 0)
            fputc(',', w->out);
        if (json_is_string(symbol))
            write_string(w, json_string_value(symbol));
        else
            refuse(w, "a symbol of an enum is not a string");
    }
    fputc(']', w->out);
}

/* record, enum or fixed. [ORDER]: name, type, then what the type holds. */
static void write_named(struct writer *w, const json_t *schema, const char *type, const char *around, int depth)
{
    const char *name = json_string_value(json_object_get(schema, "name"));
    char namespace[1024];

    if (!name) {
        refuse(w, "a record, enum or fixed has no name");
        return;
    }
    namespace_within(schema, around, namespace, sizeof namespace);
    fputs("{\"name\":", w->out);
    write_name(w, name, namespace);
    fputs(",\"type\":", w->out);
    write_string(w, type);
    if (strcmp(type, "record") == 0)
        write_fields(w, json_object_get(schema, "fields"), namespace, depth);
    else if (strcmp(type, "enum") == 0)
        write_symbols(w, json_object_get(schema, "symbols"));
    else
        fprintf(w->out, ",\"size\":%lld", (long long)json_integer_value(json_object_get(schema, "size")));
    fputc('}', w->out);
}

static void write_collection(struct writer *w, const json_t *schema, const char *type, const char *namespace, int depth)
{
    const char *of = strcmp(type, "array") == 0 ? "items" : "values";

    fprintf(w->out, "{\"type\":\"%s\",\"%s\":", type, of);
    write_schema(w, json_object_get(schema, of), namespace, depth);
    fputc('}', w->out);
}

static void write_object(struct writer *w, const json_t *schema, const char *namespace, int depth)
{
    const json_t *type = json_object_get(schema, "type");
    const char *name = json_string_value(type);

    if (!name)
        write_schema(w, type, namespace, depth);
    else if (strcmp(name, "record") == 0 || strcmp(name, "enum") == 0 || strcmp(name, "fixed") == 0)
        write_named(w, schema, name, namespace, depth);
    else if (strcmp(name, "array") == 0 || strcmp(name, "map") == 0)
        write_collection(w, schema, name, namespace, depth);
    else
        write_name(w, name, namespace); /* [PRIMITIVES] */
}

static void write_schema(struct writer *w, const json_t *schema, const char *namespace, int depth)
{
    if (w->failed)
        return;
    if (depth >= SCHEMA_DEPTH_MAX)
        refuse(w, "is nested too deeply");
    else if (json_is_string(schema))
        write_name(w, json_string_value(schema), namespace);
    else if (json_is_array(schema))
        write_list(w, schema, namespace, depth + 1);
    else if (json_is_object(schema))
        write_object(w, schema, namespace, depth + 1);
    else
        refuse(w, "a type is neither a name, nor a union, nor an object");
}

int schema_canonical(const char *text, char **out, struct error *e)
{
    json_error_t problem;
    json_t *schema = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
    char *canonical = NULL;
    size_t len = 0;
    struct writer w = {.e = e};

    if (!schema)
        return error_set(e, ERROR_DATA, "Avro schema: line %d: %s", problem.line, problem.text);
    w.out = open_memstream(&canonical, &len);
    if (w.out) {
        write_schema(&w, schema, "", 0);
        if (fclose(w.out) != 0 || len > SCHEMA_CANONICAL_MAX)
            refuse(&w, "its canonical form is too long");
    } else {
        refuse(&w, "no memory for its canonical form");
    }
    json_decref(schema);
    if (w.failed) {
        free(canonical);
        return -1;
    }
    *out = canonical;
    return 0;
}

/* Bit by bit: it runs once a start, over a few kilobytes. */
uint64_t schema_crc64(struct slice bytes)
{
    uint64_t crc = CRC64_EMPTY;

    for (size_t i = 0; i < bytes.len; i++) {
        uint64_t row = (crc ^ (unsigned char)bytes.ptr[i]) & 0xff;

        for (int bit = 0; bit < 8; bit++)
            row = (row >> 1) ^ (CRC64_EMPTY & -(row & 1));
        crc = (crc >> 8) ^ row;
    }
    return crc;
}

int schema_fingerprint(const char *text, uint64_t *out, struct error *e)
{
    char *canonical;

    if (schema_canonical(text, &canonical, e) != 0)
        return -1;
    *out = schema_crc64(slice_of(canonical));
    free(canonical);
    return 0;
}

void schema_confluent_header(uint32_t id, char out[SCHEMA_CONFLUENT_LEN])
{
    out[0] = 0;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (char)(id >> (24 - 8 * i));
}

void schema_single_object_header(uint64_t fingerprint, char out[SCHEMA_SINGLE_OBJECT_LEN])
{
    out[0] = (char)0xc3;
    out[1] = 0x01;
    for (int i = 0; i < 8; i++)
        out[2 + i] = (char)(fingerprint >> (8 * i));
}

enum schema_header schema_header_read(struct slice bytes, uint64_t *id_or_fingerprint, struct slice *body)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    uint64_t number = 0;

    if (bytes.len >= SCHEMA_SINGLE_OBJECT_LEN && p[0] == 0xc3 && p[1] == 0x01) {
        for (int i = 7; i >= 0; i--)
            number = number << 8 | p[2 + i];
        *id_or_fingerprint = number;
        *body = slice_make(bytes.ptr + SCHEMA_SINGLE_OBJECT_LEN, bytes.len - SCHEMA_SINGLE_OBJECT_LEN);
        return SCHEMA_SINGLE_OBJECT;
    }
    if (bytes.len >= SCHEMA_CONFLUENT_LEN && p[0] == 0) {
        for (int i = 1; i < SCHEMA_CONFLUENT_LEN; i++)
            number = number << 8 | p[i];
        *id_or_fingerprint = number;
        *body = slice_make(bytes.ptr + SCHEMA_CONFLUENT_LEN, bytes.len - SCHEMA_CONFLUENT_LEN);
        return SCHEMA_CONFLUENT;
    }
    return SCHEMA_NO_HEADER;
}
