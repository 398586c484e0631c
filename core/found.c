#include "found.h"

#include <stdlib.h>

#include "avro_encode.h"

#define FIRST_ITEMS 256

/* Where an item lies in the buffer, which moves as it grows. */
struct place {
    enum found_type type;
    size_t key_len;
    size_t start; /* key, then value */
    size_t end;
};

struct found {
    struct avro_buffer bytes;
    struct place *places;
    size_t count;
    size_t capacity;
    size_t header_len[FOUND_TYPE_COUNT];
    char header[FOUND_TYPE_COUNT][FOUND_HEADER_MAX];
    struct checker_output output;
};

static int add_place(struct found *found, struct place place, struct error *e)
{
    if (found->count == found->capacity) {
        size_t capacity = found->capacity ? 2 * found->capacity : FIRST_ITEMS;
        struct place *places = reallocarray(found->places, capacity, sizeof *places);
        if (places == NULL)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu findings", capacity);
        found->places = places;
        found->capacity = capacity;
    }
    found->places[found->count++] = place;
    return 0;
}

/* Starts an item with its key and header. */
static int start_item(struct found *found, enum found_type type, struct slice key, struct place *place, struct error *e)
{
    *place = (struct place){.type = type, .key_len = key.len, .start = found->bytes.len};
    if (avro_buffer_append(&found->bytes, key, e) != 0)
        return -1;
    return avro_buffer_append(&found->bytes, slice_make(found->header[type], found->header_len[type]), e);
}

static int end_item(struct found *found, struct place *place, struct error *e)
{
    place->end = found->bytes.len;
    return add_place(found, *place, e);
}

static int on_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    struct found *found = opaque;
    struct place place;
    char key[DISCREPANCY_KEY_MAX];
    size_t len = discrepancy_key(discrepancy->instrument, key);

    if (start_item(found, FOUND_DISCREPANCY, slice_make(key, len), &place, e) != 0 ||
        avro_encode_discrepancy(discrepancy, &found->bytes, e) != 0)
        return -1;
    return end_item(found, &place, e);
}

/* A dead letter keeps the key of the record that it comes from. */
static int on_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    struct found *found = opaque;
    struct place place;
    struct slice key = letter->origin->has_key ? letter->origin->key : slice_make(NULL, 0);

    if (start_item(found, FOUND_DEAD_LETTER, key, &place, e) != 0 ||
        avro_encode_dead_letter(letter, &found->bytes, e) != 0)
        return -1;
    return end_item(found, &place, e);
}

int found_new(const struct slice header[FOUND_TYPE_COUNT], struct found **out, struct error *e)
{
    struct found *found = calloc(1, sizeof *found);

    *out = NULL;
    if (found == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for findings");
    for (int t = 0; t < FOUND_TYPE_COUNT; t++) {
        found->header_len[t] = header[t].len <= FOUND_HEADER_MAX ? header[t].len : FOUND_HEADER_MAX;
        if (found->header_len[t] > 0)
            memcpy(found->header[t], header[t].ptr, found->header_len[t]);
    }
    found->output = (struct checker_output){found, on_discrepancy, on_dead_letter};
    *out = found;
    return 0;
}

void found_free(struct found *found)
{
    if (found == NULL)
        return;
    avro_buffer_free(&found->bytes);
    free(found->places);
    free(found);
}

const struct checker_output *found_output(struct found *found)
{
    return &found->output;
}

size_t found_count(const struct found *found)
{
    return found->count;
}

size_t found_bytes(const struct found *found)
{
    return found->bytes.len;
}

struct found_item found_item(const struct found *found, size_t i)
{
    const struct place *p = &found->places[i];
    const char *start = found->bytes.ptr + p->start;

    return (struct found_item){
        .type = p->type,
        .key = slice_make(p->key_len > 0 ? start : NULL, p->key_len),
        .value = slice_make(start + p->key_len, p->end - p->start - p->key_len),
    };
}

void found_clear(struct found *found)
{
    found->count = 0;
    found->bytes.len = 0;
}
