#include "avro_decode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_LEN 1024 /* bytes of a full name with its NUL */

struct avro_decoder {
    json_t *schema;
    json_t *named; /* full name -> the definition, borrowed references counted by jansson */
    char name[NAME_MAX_LEN];
};

/* Where reading stands. */
struct reader {
    const struct avro_decoder *decoder;
    const char *p;
    size_t left;
    size_t values; /* read so far, of every type */
    struct error *e;
};

static json_t *read_value(struct reader *r, json_t *schema, const char *namespace, int depth);

static json_t *refuse(struct reader *r, const char *what)
{
    error_set(r->e, ERROR_DATA, "%s", what);
    return NULL;
}

static bool full_name(const char *name, const char *namespace, char out[NAME_MAX_LEN])
{
    int n = strchr(name, '.') || !*namespace ? snprintf(out, NAME_MAX_LEN, "%s", name)
                                             : snprintf(out, NAME_MAX_LEN, "%s.%s", namespace, name);

    return n >= 0 && n < NAME_MAX_LEN;
}

/* The namespace inside a named type, which is that of its full name. */
static void namespace_of(const char *full, char out[NAME_MAX_LEN])
{
    const char *dot = strrchr(full, '.');

    snprintf(out, NAME_MAX_LEN, "%.*s", dot ? (int)(dot - full) : 0, full);
}

/* The full name of a definition, with its own namespace if it has one. */
static bool definition_name(const json_t *schema, const char *around, char out[NAME_MAX_LEN])
{
    const char *name = json_string_value(json_object_get(schema, "name"));
    const char *own = json_string_value(json_object_get(schema, "namespace"));

    return name && full_name(name, own ? own : around, out);
}

/* --- the schema: every named type is entered under its full name --- */

static int collect(struct avro_decoder *d, json_t *schema, const char *namespace, int depth, struct error *e);

static int collect_all(struct avro_decoder *d, json_t *list, const char *member, const char *namespace, int depth,
                       struct error *e)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        if (collect(d, member ? json_object_get(item, member) : item, namespace, depth, e) != 0)
            return -1;
    }
    return 0;
}

static int collect_named(struct avro_decoder *d, json_t *schema, const char *around, int depth, struct error *e)
{
    char name[NAME_MAX_LEN], namespace[NAME_MAX_LEN];

    if (!definition_name(schema, around, name))
        return error_set(e, ERROR_DATA, "Avro schema: a record, enum or fixed has no usable name");
    if (json_object_set(d->named, name, schema) != 0)
        return error_set(e, ERROR_DATA, "Avro schema: %s: not a name in UTF-8", name);
    if (!*d->name)
        snprintf(d->name, sizeof d->name, "%s", name);
    namespace_of(name, namespace);
    return collect_all(d, json_object_get(schema, "fields"), "type", namespace, depth, e);
}

static int collect(struct avro_decoder *d, json_t *schema, const char *namespace, int depth, struct error *e)
{
    json_t *type = json_object_get(schema, "type");
    const char *name = json_string_value(type);

    if (depth >= AVRO_DECODE_DEPTH_MAX)
        return error_set(e, ERROR_DATA, "Avro schema: is nested too deeply");
    if (json_is_string(schema))
        return 0;
    if (json_is_array(schema))
        return collect_all(d, schema, NULL, namespace, depth + 1, e);
    if (!json_is_object(schema))
        return error_set(e, ERROR_DATA, "Avro schema: a type is neither a name, nor a union, nor an object");
    if (!name)
        return collect(d, type, namespace, depth + 1, e);
    if (strcmp(name, "array") == 0)
        return collect(d, json_object_get(schema, "items"), namespace, depth + 1, e);
    if (strcmp(name, "map") == 0)
        return collect(d, json_object_get(schema, "values"), namespace, depth + 1, e);
    if (strcmp(name, "record") == 0 || strcmp(name, "enum") == 0 || strcmp(name, "fixed") == 0)
        return collect_named(d, schema, namespace, depth + 1, e);
    return 0;
}

int avro_decoder_new(const char *schema_text, struct avro_decoder **out, struct error *e)
{
    json_error_t problem;
    struct avro_decoder *d = calloc(1, sizeof *d);

    if (!d)
        return error_set(e, ERROR_INTERNAL, "no memory for a decoder");
    d->named = json_object();
    d->schema = json_loads(schema_text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
    if (!d->schema)
        error_set(e, ERROR_DATA, "Avro schema: line %d: %s", problem.line, problem.text);
    else if (!d->named)
        error_set(e, ERROR_INTERNAL, "no memory for a decoder");
    else if (collect(d, d->schema, "", 0, e) == 0) {
        *out = d;
        return 0;
    }
    avro_decoder_free(d);
    return -1;
}

void avro_decoder_free(struct avro_decoder *decoder)
{
    if (!decoder)
        return;
    json_decref(decoder->named);
    json_decref(decoder->schema);
    free(decoder);
}

const char *avro_decoder_name(const struct avro_decoder *decoder)
{
    return decoder->name;
}

/* --- the bytes --- */

static bool read_long(struct reader *r, int64_t *out)
{
    uint64_t zigzag = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->left == 0)
            return refuse(r, "the bytes end within a number"), false;
        unsigned char byte = (unsigned char)*r->p++;

        r->left--;
        if (shift == 63 && byte > 1)
            break;
        zigzag |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
            return true;
        }
    }
    return refuse(r, "a number has more than 64 bits"), false;
}

static bool read_raw(struct reader *r, size_t len, struct slice *out)
{
    if (len > r->left)
        return refuse(r, "a length is more than what is left"), false;
    *out = slice_make(r->p, len);
    r->p += len;
    r->left -= len;
    return true;
}

static bool read_counted(struct reader *r, struct slice *out)
{
    int64_t len;

    if (!read_long(r, &len))
        return false;
    if (len < 0 || (uint64_t)len > r->left)
        return refuse(r, "a length is more than what is left"), false;
    return read_raw(r, (size_t)len, out);
}

static json_t *hex(struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    static const char mark[] = {'h', 'e', 'x', ':'};
    char *text = malloc(sizeof mark + 2 * bytes.len);
    char *p = text;
    json_t *json;

    if (!text)
        return NULL;
    for (size_t i = 0; i < sizeof mark; i++)
        *p++ = mark[i];
    for (size_t i = 0; i < bytes.len; i++) {
        *p++ = digits[(unsigned char)bytes.ptr[i] >> 4];
        *p++ = digits[(unsigned char)bytes.ptr[i] & 15];
    }
    json = json_stringn(text, (size_t)(p - text));
    free(text);
    return json;
}

/* FIX's own delimiter is shown as it is: JSON escapes it. */
static json_t *text_or_hex(struct slice bytes)
{
    json_t *json = bytes.len > 0 ? json_stringn(bytes.ptr, bytes.len) : json_string("");

    return json ? json : hex(bytes);
}

/* Magnitude of a big-endian two's-complement number, in place; returns whether it was negative. */
static bool take_sign(unsigned char *bytes, size_t len)
{
    unsigned carry = 1;

    if (len == 0 || !(bytes[0] & 0x80))
        return false;
    for (size_t i = len; i-- > 0;) {
        carry += (unsigned char)~bytes[i];
        bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return true;
}

/* Divides by ten in place and returns the remainder. */
static unsigned divide_by_ten(unsigned char *bytes, size_t len)
{
    unsigned remainder = 0;

    for (size_t i = 0; i < len; i++) {
        remainder = remainder << 8 | bytes[i];
        bytes[i] = (unsigned char)(remainder / 10);
        remainder %= 10;
    }
    return remainder;
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Without trailing zeros behind the point: 12.500000000000000000 is "12.5". Written from the right. */
static json_t *decimal(struct slice value, size_t scale)
{
    unsigned char bytes[AVRO_DECODE_DECIMAL_BYTES_MAX];
    char text[3 * AVRO_DECODE_DECIMAL_BYTES_MAX + AVRO_DECODE_DECIMAL_SCALE_MAX + 4];
    size_t at = sizeof text;
    bool negative, significant = false;

    memcpy(bytes, value.ptr, value.len);
    negative = take_sign(bytes, value.len);
    for (size_t digits = 0; digits <= scale || !is_zero(bytes, value.len); digits++) {
        unsigned digit = divide_by_ten(bytes, value.len);

        if (digits == scale && significant)
            text[--at] = '.';
        significant |= digit != 0 || digits >= scale;
        if (significant)
            text[--at] = (char)('0' + digit);
    }
    if (negative)
        text[--at] = '-';
    return json_stringn(text + at, sizeof text - at);
}

static const char *logical_type(const json_t *schema)
{
    const char *name = json_string_value(json_object_get(schema, "logicalType"));

    return name ? name : "";
}

static json_t *bytes_as_json(const json_t *schema, struct slice bytes)
{
    json_int_t scale = json_integer_value(json_object_get(schema, "scale"));

    if (strcmp(logical_type(schema), "decimal") == 0 && bytes.len > 0 && bytes.len <= AVRO_DECODE_DECIMAL_BYTES_MAX &&
        scale >= 0 && scale <= AVRO_DECODE_DECIMAL_SCALE_MAX)
        return decimal(bytes, (size_t)scale);
    return text_or_hex(bytes);
}

/* Where the calendar ends, the number stays one. */
static json_t *instant(int64_t value, int64_t units, int digits)
{
    time_t seconds = (time_t)(value / units);
    int64_t fraction = value % units;
    struct tm tm;
    char text[64], date[40];

    if (fraction < 0) {
        fraction += units;
        seconds--;
    }
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < -1900)
        return json_integer(value);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%0*" PRId64 "Z", date, digits, fraction);
    return json_string(text);
}

static json_t *day(int64_t value)
{
    time_t seconds;
    struct tm tm;
    char text[40];

    if (value > INT32_MAX || value < INT32_MIN)
        return json_integer(value);
    seconds = (time_t)value * 86400;
    if (!gmtime_r(&seconds, &tm))
        return json_integer(value);
    strftime(text, sizeof text, "%Y-%m-%d", &tm);
    return json_string(text);
}

static json_t *long_as_json(const json_t *schema, int64_t value)
{
    const char *logical = logical_type(schema);

    if (strcmp(logical, "timestamp-millis") == 0)
        return instant(value, 1000, 3);
    if (strcmp(logical, "timestamp-micros") == 0)
        return instant(value, 1000000, 6);
    if (strcmp(logical, "date") == 0)
        return day(value);
    return json_integer(value);
}

/* JSON has no infinity and no NaN; they become their names. */
static json_t *real(double value)
{
    return isfinite(value) ? json_real(value)
                           : json_string(isnan(value) ? "NaN"
                                         : value > 0  ? "Infinity"
                                                      : "-Infinity");
}

static json_t *read_float(struct reader *r, bool is_double)
{
    struct slice raw;
    uint64_t bits = 0;
    uint32_t small;
    float f;
    double d;

    if (!read_raw(r, is_double ? 8 : 4, &raw))
        return NULL;
    for (size_t i = raw.len; i-- > 0;)
        bits = bits << 8 | (unsigned char)raw.ptr[i];
    if (is_double) {
        memcpy(&d, &bits, sizeof d);
        return real(d);
    }
    small = (uint32_t)bits;
    memcpy(&f, &small, sizeof f);
    return real((double)f);
}

static json_t *read_boolean(struct reader *r)
{
    struct slice raw;

    if (!read_raw(r, 1, &raw))
        return NULL;
    if (raw.ptr[0] != 0 && raw.ptr[0] != 1)
        return refuse(r, "a boolean is neither 0 nor 1");
    return json_boolean(raw.ptr[0]);
}

static json_t *read_enum(struct reader *r, const json_t *schema)
{
    json_t *symbols = json_object_get(schema, "symbols");
    json_t *symbol;
    int64_t i;

    if (!read_long(r, &i))
        return NULL;
    symbol = i < 0 ? NULL : json_array_get(symbols, (size_t)i);
    return symbol ? json_incref(symbol) : refuse(r, "an enum's number is not of its symbols");
}

static json_t *read_fixed(struct reader *r, const json_t *schema)
{
    json_int_t size = json_integer_value(json_object_get(schema, "size"));
    struct slice raw;

    if (size < 0 || !read_raw(r, (size_t)size, &raw))
        return refuse(r, "a fixed is longer than what is left");
    return bytes_as_json(schema, raw);
}

static json_t *read_union(struct reader *r, json_t *branches, const char *namespace, int depth)
{
    json_t *branch;
    int64_t i;

    if (!read_long(r, &i))
        return NULL;
    branch = i < 0 ? NULL : json_array_get(branches, (size_t)i);
    return branch ? read_value(r, branch, namespace, depth) : refuse(r, "a union's number is not of its branches");
}

/* How many items the next block holds, 0 at the end. A negative count is followed by the block's size, which nobody
 * here needs. */
static bool read_block(struct reader *r, size_t *count)
{
    int64_t n, size;

    if (!read_long(r, &n))
        return false;
    if (n < 0) {
        if (n == INT64_MIN || !read_long(r, &size))
            return refuse(r, "a block's count is out of range"), false;
        n = -n;
    }
    if (r->values > AVRO_DECODE_VALUES_MAX || (uint64_t)n > AVRO_DECODE_VALUES_MAX - r->values)
        return refuse(r, "it holds too many values"), false;
    *count = (size_t)n;
    return true;
}

static bool read_item(struct reader *r, json_t *out, json_t *of, bool is_map, const char *namespace, int depth)
{
    struct slice key = {NULL, 0};
    json_t *value;

    if (is_map && !read_counted(r, &key))
        return false;
    value = read_value(r, of, namespace, depth);
    if (!value)
        return false;
    if (!is_map)
        return json_array_append_new(out, value) == 0;
    if (json_object_setn_new(out, key.ptr, key.len, value) != 0)
        return refuse(r, "a map's key is not UTF-8"), false;
    return true;
}

static json_t *read_collection(struct reader *r, json_t *schema, bool is_map, const char *namespace, int depth)
{
    json_t *of = json_object_get(schema, is_map ? "values" : "items");
    json_t *out = is_map ? json_object() : json_array();
    size_t count;

    do {
        if (!read_block(r, &count))
            goto failed;
        for (size_t i = 0; i < count; i++)
            if (!read_item(r, out, of, is_map, namespace, depth))
                goto failed;
    } while (count > 0);
    return out;

failed:
    json_decref(out);
    return NULL;
}

static json_t *read_record(struct reader *r, const json_t *schema, const char *namespace, int depth)
{
    json_t *out = json_object();
    size_t i;
    json_t *field;

    json_array_foreach(json_object_get(schema, "fields"), i, field)
    {
        const char *name = json_string_value(json_object_get(field, "name"));
        json_t *value = read_value(r, json_object_get(field, "type"), namespace, depth);

        if (!value || !name || json_object_set(out, name, value) != 0) {
            json_decref(value);
            json_decref(out);
            error_prefix(r->e, "%s", name ? name : "?");
            return NULL;
        }
        json_decref(value);
    }
    return out;
}

/* Record, enum or fixed: whatever stands within it is named from its own namespace. */
static json_t *read_named(struct reader *r, json_t *schema, const char *type, const char *around, int depth)
{
    char name[NAME_MAX_LEN], namespace[NAME_MAX_LEN];

    if (strcmp(type, "enum") == 0)
        return read_enum(r, schema);
    if (strcmp(type, "fixed") == 0)
        return read_fixed(r, schema);
    if (!definition_name(schema, around, name))
        return refuse(r, "a record has no usable name");
    namespace_of(name, namespace);
    return read_record(r, schema, namespace, depth);
}

static json_t *read_reference(struct reader *r, const char *type, const char *namespace, int depth)
{
    char name[NAME_MAX_LEN], around[NAME_MAX_LEN];
    json_t *definition = full_name(type, namespace, name) ? json_object_get(r->decoder->named, name) : NULL;

    if (!definition)
        return refuse(r, "a type is not known");
    namespace_of(name, around);
    return read_value(r, definition, around, depth);
}

/* The `schema` carries the logical type where there is one. */
static json_t *read_type(struct reader *r, json_t *schema, const char *type, const char *namespace, int depth)
{
    struct slice raw;
    int64_t number;

    if (strcmp(type, "null") == 0)
        return json_null();
    if (strcmp(type, "boolean") == 0)
        return read_boolean(r);
    if (strcmp(type, "int") == 0 || strcmp(type, "long") == 0)
        return read_long(r, &number) ? long_as_json(schema, number) : NULL;
    if (strcmp(type, "float") == 0 || strcmp(type, "double") == 0)
        return read_float(r, type[0] == 'd');
    if (strcmp(type, "string") == 0)
        return read_counted(r, &raw) ? text_or_hex(raw) : NULL;
    if (strcmp(type, "bytes") == 0)
        return read_counted(r, &raw) ? bytes_as_json(schema, raw) : NULL;
    if (strcmp(type, "array") == 0 || strcmp(type, "map") == 0)
        return read_collection(r, schema, type[0] == 'm', namespace, depth);
    if (strcmp(type, "record") == 0 || strcmp(type, "enum") == 0 || strcmp(type, "fixed") == 0)
        return read_named(r, schema, type, namespace, depth);
    return read_reference(r, type, namespace, depth);
}

static json_t *read_value(struct reader *r, json_t *schema, const char *namespace, int depth)
{
    json_t *type = json_is_object(schema) ? json_object_get(schema, "type") : schema;

    if (depth >= AVRO_DECODE_DEPTH_MAX)
        return refuse(r, "values are nested too deeply");
    if (++r->values > AVRO_DECODE_VALUES_MAX) /* a schema can ask for 2^64 values that take no bytes */
        return refuse(r, "it holds too many values");
    if (json_is_string(type))
        return read_type(r, schema, json_string_value(type), namespace, depth + 1);
    if (json_is_array(type))
        return read_union(r, type, namespace, depth + 1);
    if (json_is_object(type))
        return read_value(r, type, namespace, depth + 1);
    return refuse(r, "a type is neither a name, nor a union, nor an object");
}

int avro_decode(const struct avro_decoder *decoder, struct slice body, json_t **out, struct error *e)
{
    struct reader r = {.decoder = decoder, .p = body.ptr, .left = body.len, .e = e};
    json_t *value;

    error_set(e, ERROR_INTERNAL, "no memory for the decoded value");
    value = read_value(&r, decoder->schema, "", 0);
    if (!value)
        return -1;
    if (r.left > 0) {
        json_decref(value);
        return error_set(e, ERROR_DATA, "%zu bytes follow the value", r.left);
    }
    e->code = ERROR_NONE;
    *out = value;
    return 0;
}
