#include "avro_write.h"

#include "utf8.h"

#define LONG_MAX_BYTES 10 /* of a 64-bit number, seven bits each */

enum { BRANCH_NULL, BRANCH_VALUE };

int avro_write_end(struct avro_write *w)
{
    if (!w->failed)
        return 0;
    w->buffer->len = w->start;
    return -1;
}

/* Room for so many bytes behind the last one; NULL once something has failed. */
static char *room_for(struct avro_write *w, size_t bytes)
{
    w->failed = w->failed || avro_buffer_reserve(w->buffer, bytes, w->error) != 0;
    return w->failed ? NULL : w->buffer->ptr + w->buffer->len;
}

/* Zigzag: small numbers are short, whatever their sign. */
static size_t put_long(char *at, int64_t number)
{
    uint64_t left = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    size_t len = 0;

    for (; left > 0x7f; left >>= 7)
        at[len++] = (char)(left | 0x80);
    at[len++] = (char)left;
    return len;
}

void avro_write_long(struct avro_write *w, int64_t number)
{
    char *at = room_for(w, LONG_MAX_BYTES);

    if (at != NULL)
        w->buffer->len += put_long(at, number);
}

void avro_write_boolean(struct avro_write *w, bool on)
{
    char *at = room_for(w, 1);

    if (at == NULL)
        return;
    *at = on;
    w->buffer->len++;
}

void avro_write_bytes(struct avro_write *w, struct slice bytes)
{
    char *at = room_for(w, LONG_MAX_BYTES + bytes.len);
    size_t len;

    if (at == NULL)
        return;
    len = put_long(at, (int64_t)bytes.len);
    if (bytes.len > 0)
        memcpy(at + len, bytes.ptr, bytes.len);
    w->buffer->len += len + bytes.len;
}

static void write_latin1(struct avro_write *w, struct slice text)
{
    char *at = room_for(w, LONG_MAX_BYTES + UTF8_FROM_LATIN1_MAX(text.len));
    size_t len;

    if (at == NULL)
        return;
    len = put_long(at, (int64_t)utf8_latin1_size(text));
    w->buffer->len += len + utf8_from_latin1(text, at + len);
}

void avro_write_text(struct avro_write *w, struct slice text)
{
    if (utf8_is_valid(text))
        avro_write_bytes(w, text);
    else
        write_latin1(w, text);
}

bool avro_write_optional(struct avro_write *w, bool present)
{
    avro_write_long(w, present ? BRANCH_VALUE : BRANCH_NULL);
    return present;
}
