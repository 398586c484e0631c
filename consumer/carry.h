/* carry: which headers of an input record go with what is published about it.
 *
 * Bytes in, bytes out: the headers that are named, as they stand and in their order, doubles and nulls included, in one
 * block. Headers come from anybody who may write to the topic, so a block is bounded; a record that has more is
 * published without any of them, and counted by the caller. A name is compared byte by byte, as Kafka does. Any thread;
 * nothing is kept. */
#ifndef FIXWARDEN_CONSUMER_CARRY_H
#define FIXWARDEN_CONSUMER_CARRY_H

#include <stdbool.h>

#include "config.h"
#include "core/avro_buffer.h"
#include "core/slice.h"

#define CARRY_NAMES_MAX 32u   /* of the option */
#define CARRY_HEADERS_MAX 32u /* headers of one record, doubles included */
#define CARRY_BYTES_MAX 8192u /* their names and values together; W3C Trace Context wants 512 for tracestate alone */

struct carry_header {
    struct slice name;
    struct slice value;
    bool is_null; /* a value that is not there, which is not the same as an empty one */
};

/* One block that is being made, behind what the buffer holds already. */
struct carry {
    const struct string_list *names; /* borrowed, as is the buffer */
    struct avro_buffer *buffer;
    size_t start; /* of the block in the buffer */
    size_t headers;
    size_t bytes;
};

void carry_begin(struct carry *carry, const struct string_list *names, struct avro_buffer *buffer);

enum carry_taken { CARRY_TAKEN, CARRY_TOO_MUCH, CARRY_NO_MEMORY };

/* The record's next header, passed over where it is not one of the names. Where a bound is exceeded, or without memory,
 * the block is empty, and the record has no use for its other headers. */
enum carry_taken carry_take(struct carry *carry, const struct carry_header *header, struct error *e);

/* Takes the block back: it is empty. */
void carry_drop(struct carry *carry);

/* Takes the next header off a block; false at its end. Borrowed from the block. */
bool carry_next(struct slice *block, struct carry_header *out);

/* Whether bytes from elsewhere are a block that carry_next may be given. */
bool carry_is_block(struct slice bytes);

#endif
