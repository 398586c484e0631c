/* avro_buffer: bytes that grow as they are filled. One thread. */
#ifndef FIXWARDEN_CORE_AVRO_BUFFER_H
#define FIXWARDEN_CORE_AVRO_BUFFER_H

#include <stddef.h>

#include "error.h"
#include "slice.h"

#define AVRO_BUFFER_MAX ((size_t)1 << 30) /* bytes; a buffer does not grow beyond */

struct avro_buffer {
    char *ptr; /* malloc'ed; avro_buffer_free */
    size_t len;
    size_t capacity;
};

/* Makes room for `more` bytes behind the last one. ERROR_INTERNAL without memory or beyond AVRO_BUFFER_MAX. */
int avro_buffer_reserve(struct avro_buffer *buffer, size_t more, struct error *e);
int avro_buffer_append(struct avro_buffer *buffer, struct slice bytes, struct error *e);
void avro_buffer_free(struct avro_buffer *buffer);

#endif
