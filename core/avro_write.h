/* avro_write: the values that Avro binary is made of (Avro 1.11 specification, "Binary Encoding"), behind each other in
 * a buffer.
 *
 * Nothing is told of an error until avro_write_end, so that a record reads as the list of its values; after one,
 * nothing more is written. One thread. */
#ifndef FIXWARDEN_CORE_AVRO_WRITE_H
#define FIXWARDEN_CORE_AVRO_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "avro_buffer.h"

struct avro_write {
    struct avro_buffer *buffer;
    size_t start; /* where the record began */
    bool failed;
    struct error *error; /* filled in then */
};

static inline struct avro_write avro_write_begin(struct avro_buffer *buffer, struct error *e)
{
    return (struct avro_write){.buffer = buffer, .start = buffer->len, .error = e};
}

/* 0, or -1 with the error, and the buffer as it was before the record. */
int avro_write_end(struct avro_write *w);

/* int, long, an enum's symbol, a union's branch, the count of a block; 0 ends the blocks of an array or map. */
void avro_write_long(struct avro_write *w, int64_t number);
void avro_write_boolean(struct avro_write *w, bool on);
void avro_write_bytes(struct avro_write *w, struct slice bytes);

/* A string, which has to be UTF-8: what is not is taken for Latin-1. */
void avro_write_text(struct avro_write *w, struct slice text);

/* Of type ["null", something]: the branch; returns `present`, so that the value follows if there is one. */
bool avro_write_optional(struct avro_write *w, bool present);

#endif
