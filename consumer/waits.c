#include "waits.h"

#include <stdlib.h>
#include <string.h>

static bool is_before(const struct wait *wait, int64_t offset, int32_t message)
{
    return wait->offset < offset || (wait->offset == offset && wait->message < message);
}

/* The first that does not stand before that message. */
static size_t place_of(const struct waits *waits, int64_t offset, int32_t message)
{
    size_t low = 0, high = waits->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_before(&waits->items[middle], offset, message))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "no memory for what waited");
}

static int make_room(struct waits *waits, struct error *e)
{
    size_t capacity = waits->capacity ? 2 * waits->capacity : 64;
    struct wait *items;

    if (waits->count < waits->capacity)
        return 0;
    items = reallocarray(waits->items, capacity, sizeof *items);
    if (!items)
        return no_memory(e);
    waits->items = items;
    waits->capacity = capacity;
    return 0;
}

static bool is_at(const struct waits *waits, size_t at, int64_t offset, int32_t message)
{
    return at < waits->count && waits->items[at].offset == offset && waits->items[at].message == message;
}

/* The one of that message, which comes to be if need be, nearly always as the last one. NULL without memory. */
static struct wait *take(struct waits *waits, int64_t offset, int32_t message, int64_t since_ms, struct error *e)
{
    size_t at = place_of(waits, offset, message);
    struct wait *wait;

    if (is_at(waits, at, offset, message))
        return &waits->items[at];
    if (make_room(waits, e) != 0)
        return NULL;
    wait = &waits->items[at];
    memmove(wait + 1, wait, (waits->count++ - at) * sizeof *wait);
    *wait = (struct wait){.offset = offset, .message = message, .since_ms = since_ms};
    waits->parts++;
    return wait;
}

int waits_begin(struct waits *waits, int64_t offset, int32_t message, int64_t since_ms, struct error *e)
{
    return take(waits, offset, message, since_ms, e) ? 0 : -1;
}

int waits_end(struct waits *waits, int64_t offset, int32_t message, int64_t since_ms, const struct wait_end *end,
              struct error *e)
{
    struct wait *wait = take(waits, offset, message, since_ms, e);
    struct wait_end *ends = wait ? reallocarray(wait->ends, wait->end_count + 1, sizeof *ends) : NULL;

    if (!ends)
        return no_memory(e);
    wait->ends = ends;
    ends[wait->end_count++] = *end;
    waits->parts++;
    return 0;
}

void waits_drop_from(struct waits *waits, int64_t offset)
{
    while (waits->count > 0 && waits->items[waits->count - 1].offset >= offset) {
        const struct wait *last = &waits->items[--waits->count];

        waits->parts -= 1 + last->end_count;
        free(last->ends);
    }
}

const struct wait *waits_find(const struct waits *waits, int64_t offset, int32_t message)
{
    size_t at = place_of(waits, offset, message);

    return is_at(waits, at, offset, message) ? &waits->items[at] : NULL;
}

void waits_free(struct waits *waits)
{
    waits_drop_from(waits, INT64_MIN);
    free(waits->items);
    *waits = (struct waits){.items = NULL};
}
