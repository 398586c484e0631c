#include "avro_container.h"

#include <xxhash.h>

#define LONG_MAX_BYTES 10
#define SYNC_LEN 16

/* A long as Avro writes it: zigzag, then seven bits a byte, the lowest first. */
static int append_long(struct avro_buffer *out, int64_t value, struct error *e)
{
    uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    char bytes[LONG_MAX_BYTES];
    size_t len = 0;

    for (; bits > 0x7f; bits >>= 7)
        bytes[len++] = (char)(0x80 | (bits & 0x7f));
    bytes[len++] = (char)bits;
    return avro_buffer_append(out, slice_make(bytes, len), e);
}

static int append_string(struct avro_buffer *out, struct slice text, struct error *e)
{
    if (append_long(out, (int64_t)text.len, e) != 0)
        return -1;
    return avro_buffer_append(out, text, e);
}

static int append_sync(struct avro_buffer *out, const char *schema_text, struct error *e)
{
    XXH128_canonical_t marker;

    XXH128_canonicalFromHash(&marker, XXH3_128bits(schema_text, strlen(schema_text)));
    return avro_buffer_append(out, slice_make((const char *)marker.digest, SYNC_LEN), e);
}

int avro_container_header(const char *schema_text, struct avro_buffer *out, struct error *e)
{
    if (avro_buffer_append(out, slice_make("Obj\x01", 4), e) != 0 || append_long(out, 2, e) != 0 ||
        append_string(out, slice_of("avro.schema"), e) != 0 || append_string(out, slice_of(schema_text), e) != 0 ||
        append_string(out, slice_of("avro.codec"), e) != 0 || append_string(out, slice_of("null"), e) != 0 ||
        append_long(out, 0, e) != 0)
        return -1;
    return append_sync(out, schema_text, e);
}

int avro_container_block(const char *schema_text, uint64_t records, struct slice encoded, struct avro_buffer *out,
                         struct error *e)
{
    if (append_long(out, (int64_t)records, e) != 0 || append_string(out, encoded, e) != 0)
        return -1;
    return append_sync(out, schema_text, e);
}
