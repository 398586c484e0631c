/* avro_shape: what a schema comes to in bytes, in one line, by avro-c: `{NAME:SHAPE NAME:SHAPE}` for a record,
 * `[SHAPE]` for an array, `<SHAPE>` for a map of such values, `?SHAPE` for a union with null in front, and the type's
 * name for all else. Of enums only that they are. Any thread. */
#ifndef FIXWARDEN_CORE_AVRO_SHAPE_H
#define FIXWARDEN_CORE_AVRO_SHAPE_H

#include "avro_buffer.h"

/* Appends the shape of the schema, which is JSON. ERROR_INTERNAL where avro-c takes it for none, or where it has what
 * is written above nowhere. */
int avro_shape_of(const char *schema, struct avro_buffer *out, struct error *e);

#endif
