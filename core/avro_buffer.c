#include "avro_buffer.h"

#include <stdlib.h>

#define FIRST_CAPACITY 4096

int avro_buffer_reserve(struct avro_buffer *buffer, size_t more, struct error *e)
{
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    char *ptr;

    if (more <= buffer->capacity - buffer->len)
        return 0;
    if (more > AVRO_BUFFER_MAX - buffer->len)
        return error_set(e, ERROR_INTERNAL, "more than %zu bytes of output at once", AVRO_BUFFER_MAX);
    while (capacity - buffer->len < more)
        capacity *= 2;
    ptr = realloc(buffer->ptr, capacity);
    if (ptr == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu bytes of output", capacity);
    buffer->ptr = ptr;
    buffer->capacity = capacity;
    return 0;
}

int avro_buffer_append(struct avro_buffer *buffer, struct slice bytes, struct error *e)
{
    if (avro_buffer_reserve(buffer, bytes.len, e) != 0)
        return -1;
    if (bytes.len > 0)
        memcpy(buffer->ptr + buffer->len, bytes.ptr, bytes.len);
    buffer->len += bytes.len;
    return 0;
}

void avro_buffer_free(struct avro_buffer *buffer)
{
    free(buffer->ptr);
    *buffer = (struct avro_buffer){0};
}
