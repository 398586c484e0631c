#include "carry.h"

#include <stdint.h>
#include <string.h>

/* A block is headers one behind the other: this, name, value. It leaves the process only within a pending_record. */
struct prefix {
    uint32_t name_len;
    uint32_t value_len;
    uint32_t is_null;
};

void carry_begin(struct carry *carry, const struct string_list *names, struct avro_buffer *buffer)
{
    *carry = (struct carry){.names = names, .buffer = buffer, .start = buffer->len};
}

void carry_drop(struct carry *carry)
{
    carry->buffer->len = carry->start;
}

static bool is_named(const struct string_list *names, struct slice name)
{
    for (size_t i = 0; i < names->count; i++)
        if (slice_equal_text(name, names->items[i]))
            return true;
    return false;
}

static int append(struct avro_buffer *buffer, const struct carry_header *header, struct error *e)
{
    const struct prefix prefix = {(uint32_t)header->name.len, (uint32_t)header->value.len, header->is_null};

    if (avro_buffer_append(buffer, slice_make((const char *)&prefix, sizeof prefix), e) != 0 ||
        avro_buffer_append(buffer, header->name, e) != 0)
        return -1;
    return avro_buffer_append(buffer, header->value, e);
}

enum carry_taken carry_take(struct carry *carry, const struct carry_header *header, struct error *e)
{
    size_t len = header->name.len + header->value.len;

    if (!is_named(carry->names, header->name))
        return CARRY_TAKEN;
    if (carry->headers == CARRY_HEADERS_MAX || len > CARRY_BYTES_MAX - carry->bytes) {
        carry_drop(carry);
        return CARRY_TOO_MUCH;
    }
    if (append(carry->buffer, header, e) != 0) {
        carry_drop(carry);
        return CARRY_NO_MEMORY;
    }
    carry->headers++;
    carry->bytes += len;
    return CARRY_TAKEN;
}

bool carry_next(struct slice *block, struct carry_header *out)
{
    struct prefix prefix;
    const char *name = block->ptr + sizeof prefix;

    if (block->len < sizeof prefix)
        return false;
    memcpy(&prefix, block->ptr, sizeof prefix);
    *out = (struct carry_header){.name = slice_make(name, prefix.name_len),
                                 .value = slice_make(name + prefix.name_len, prefix.value_len),
                                 .is_null = prefix.is_null != 0};
    *block = slice_make(name + prefix.name_len + prefix.value_len,
                        block->len - sizeof prefix - prefix.name_len - prefix.value_len);
    return true;
}

bool carry_is_block(struct slice bytes)
{
    struct prefix prefix;
    struct carry_header one;
    size_t headers = 0, room;

    while (bytes.len > 0) {
        if (bytes.len < sizeof prefix || headers++ == CARRY_HEADERS_MAX)
            return false;
        memcpy(&prefix, bytes.ptr, sizeof prefix);
        room = bytes.len - sizeof prefix;
        if (prefix.name_len > room || prefix.value_len > room - prefix.name_len)
            return false;
        carry_next(&bytes, &one);
    }
    return true;
}
