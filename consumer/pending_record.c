#include "pending_record.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "carry.h"

#define MAGIC "FWP\1"
#define MAGIC_LEN 4
#define ITEM_LEN (PENDING_ID_LEN + 1 + sizeof(uint32_t) + 1)
#define CHECKSUM_LEN sizeof(uint64_t)
#define TOPIC_MAX 249 /* bytes of a topic's name */
#define VERSION_MAX 64
#define BLOCK_MAX (CARRY_BYTES_MAX + CARRY_HEADERS_MAX * 16u)
#define FIRST_ITEMS 64u
#define KEY_MAX (1u << 20) /* bytes of a record's key, which is a part of its origin */

void pending_id(const char id[DISCREPANCY_ID_LEN + 1], unsigned char bytes[PENDING_ID_LEN])
{
    for (size_t i = 0; i < PENDING_ID_LEN; i++) {
        unsigned byte = 0;

        for (size_t j = 0; j < 2; j++) {
            char digit = id[2 * i + j];

            byte = 16 * byte + (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }
        bytes[i] = (unsigned char)byte;
    }
}

/* ---- writing: nothing is told of an error until the end ---- */

struct writer {
    struct avro_buffer *out;
    bool failed;
    struct error *e;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
    w->failed = w->failed || avro_buffer_append(w->out, slice_make(bytes, len), w->e) != 0;
}

static void put_u8(struct writer *w, uint8_t number)
{
    put(w, &number, sizeof number);
}

static void put_u32(struct writer *w, uint32_t number)
{
    put(w, &number, sizeof number);
}

static void put_i64(struct writer *w, int64_t number)
{
    put(w, &number, sizeof number);
}

static void put_slice(struct writer *w, struct slice bytes)
{
    put_u32(w, (uint32_t)bytes.len);
    put(w, bytes.ptr, bytes.len);
}

static void put_origin(struct writer *w, const struct origin *o)
{
    put_slice(w, o->topic);
    put_u32(w, (uint32_t)o->partition);
    put_i64(w, o->offset);
    put_u8(w, o->has_timestamp);
    put_i64(w, o->timestamp_ms);
    put_u8(w, o->has_key);
    put_slice(w, o->key);
    put_u32(w, (uint32_t)o->message);
}

static void put_item(struct writer *w, const struct pending_item *item)
{
    put(w, item->id, PENDING_ID_LEN);
    put_u8(w, item->role);
    put_u32(w, item->position);
    put_u8(w, item->waits);
}

int pending_record_write(const struct pending_record *record, const struct pending_item *items, size_t count,
                         struct avro_buffer *out, struct error *e)
{
    struct writer w = {.out = out, .e = e};
    size_t start = out->len;
    uint64_t checksum;

    put(&w, MAGIC, MAGIC_LEN);
    put_i64(&w, record->since_ms);
    put_origin(&w, &record->origin);
    put_slice(&w, record->version);
    put_u32(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        put_item(&w, &items[i]);
    put_slice(&w, record->headers);
    put_slice(&w, record->raw);
    checksum = w.failed ? 0 : XXH64(out->ptr + start, out->len - start, 0);
    put(&w, &checksum, CHECKSUM_LEN);
    if (w.failed)
        out->len = start;
    return w.failed ? -1 : 0;
}

/* ---- reading: past the end all is zero, and `left` says so ---- */

struct reader {
    struct slice left;
    bool failed;
};

static void get(struct reader *r, void *out, size_t len)
{
    memset(out, 0, len);
    r->failed = r->failed || r->left.len < len;
    if (r->failed)
        return;
    memcpy(out, r->left.ptr, len);
    r->left = slice_make(r->left.ptr + len, r->left.len - len);
}

static uint32_t get_u32(struct reader *r)
{
    uint32_t number;

    get(r, &number, sizeof number);
    return number;
}

static int64_t get_i64(struct reader *r)
{
    int64_t number;

    get(r, &number, sizeof number);
    return number;
}

static bool get_bool(struct reader *r)
{
    uint8_t byte;

    get(r, &byte, sizeof byte);
    r->failed = r->failed || byte > 1;
    return byte == 1;
}

static struct slice get_bytes(struct reader *r, size_t len, size_t max)
{
    struct slice bytes;

    r->failed = r->failed || len > max || len > r->left.len;
    if (r->failed)
        return slice_make(NULL, 0);
    bytes = slice_make(r->left.ptr, len);
    r->left = slice_make(r->left.ptr + len, r->left.len - len);
    return bytes;
}

static struct slice get_slice(struct reader *r, size_t max)
{
    size_t len = get_u32(r);

    return get_bytes(r, len, max);
}

static void get_origin(struct reader *r, struct origin *o)
{
    o->topic = get_slice(r, TOPIC_MAX);
    o->partition = (int32_t)get_u32(r);
    o->offset = get_i64(r);
    o->has_timestamp = get_bool(r);
    o->timestamp_ms = get_i64(r);
    o->has_key = get_bool(r);
    o->key = get_slice(r, KEY_MAX);
    o->message = (int32_t)get_u32(r);
    r->failed = r->failed || o->topic.len == 0 || o->partition < 0 || o->offset < 0 || o->message < 0;
}

static bool items_are_good(const struct pending_record *record)
{
    bool waits = false;

    for (size_t i = 0; i < record->item_count; i++) {
        if ((unsigned char)record->items.ptr[(i + 1) * ITEM_LEN - 1] > 1)
            return false;
        waits = waits || pending_record_item(record, i).waits;
    }
    return waits;
}

/* What stands between magic and checksum. */
static bool read_body(struct slice body, struct pending_record *out)
{
    struct reader r = {.left = body};

    out->since_ms = get_i64(&r);
    get_origin(&r, &out->origin);
    out->version = get_slice(&r, VERSION_MAX);
    out->item_count = get_u32(&r);
    out->items = get_bytes(&r, out->item_count * ITEM_LEN, PENDING_ITEMS_MAX * ITEM_LEN);
    out->headers = get_slice(&r, BLOCK_MAX);
    out->raw = get_slice(&r, PENDING_RAW_MAX);
    return !r.failed && r.left.len == 0 && out->raw.len > 0 && carry_is_block(out->headers) && items_are_good(out);
}

int pending_record_read(struct slice bytes, struct pending_record *out, struct error *e)
{
    uint64_t checksum;

    *out = (struct pending_record){.since_ms = 0};
    if (bytes.len < MAGIC_LEN + CHECKSUM_LEN || memcmp(bytes.ptr, MAGIC, MAGIC_LEN - 1) != 0)
        return error_set(e, ERROR_DATA, "no record of what is pending");
    if (bytes.ptr[MAGIC_LEN - 1] != MAGIC[MAGIC_LEN - 1])
        return error_set(e, ERROR_DATA, "a record of what is pending in format %d, which this version does not know",
                         (unsigned char)bytes.ptr[MAGIC_LEN - 1]);
    memcpy(&checksum, bytes.ptr + bytes.len - CHECKSUM_LEN, CHECKSUM_LEN);
    if (checksum != XXH64(bytes.ptr, bytes.len - CHECKSUM_LEN, 0))
        return error_set(e, ERROR_DATA, "a record of what is pending is damaged: its checksum is wrong");
    if (!read_body(slice_make(bytes.ptr + MAGIC_LEN, bytes.len - MAGIC_LEN - CHECKSUM_LEN), out))
        return error_set(e, ERROR_DATA, "a record of what is pending is damaged");
    return 0;
}

struct pending_item pending_record_item(const struct pending_record *record, size_t i)
{
    const char *at = record->items.ptr + i * ITEM_LEN;
    struct pending_item item = {.role = (uint8_t)at[PENDING_ID_LEN], .waits = at[ITEM_LEN - 1] != 0};

    memcpy(item.id, at, PENDING_ID_LEN);
    memcpy(&item.position, at + PENDING_ID_LEN + 1, sizeof item.position);
    return item;
}

/* ---- items ---- */

struct pending_item pending_item_of(const struct discrepancy *discrepancy, bool waits)
{
    struct pending_item item = {
        .role = (uint8_t)discrepancy->instrument->role, .position = discrepancy->instrument->position, .waits = waits};

    pending_id(discrepancy->id, item.id);
    return item;
}

bool pending_item_is_beside(const struct pending_item *a, const struct pending_item *b)
{
    return a->role == b->role && a->position == b->position;
}

int pending_items_add(struct pending_items *list, const struct pending_item *item, struct error *e)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : FIRST_ITEMS;
        struct pending_item *items = reallocarray(list->items, capacity, sizeof *items);

        if (!items)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu findings", capacity);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *item;
    return 0;
}

void pending_items_free(struct pending_items *list)
{
    free(list->items);
    *list = (struct pending_items){NULL, 0, 0};
}
