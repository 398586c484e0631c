#include "pending.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKET_BITS 10
#define BUCKET_BITS_MAX 24 /* chains grow longer beyond */
#define FIRST_HEAP 256u

struct pending {
    size_t entries_max, bytes_max;
    size_t count, bytes;
    struct pending_entry **buckets; /* by id, whose bytes are those of a hash */
    unsigned bucket_bits;
    struct pending_entry **heap; /* the oldest first */
    size_t heap_capacity;
    struct pending_entry *first, *last; /* the turn */
};

/* ---- by id ---- */

static size_t bucket_count(const struct pending *p)
{
    return (size_t)1 << p->bucket_bits;
}

static struct pending_entry **bucket_of(const struct pending *p, const unsigned char id[PENDING_ID_LEN])
{
    uint64_t hash;

    memcpy(&hash, id, sizeof hash);
    return &p->buckets[hash & (bucket_count(p) - 1)];
}

static void link_in_bucket(struct pending *p, struct pending_entry *entry)
{
    struct pending_entry **bucket = bucket_of(p, entry->id);

    entry->next_in_bucket = *bucket;
    *bucket = entry;
}

static void unlink_from_bucket(struct pending *p, struct pending_entry *entry)
{
    struct pending_entry **at = bucket_of(p, entry->id);

    while (*at != entry)
        at = &(*at)->next_in_bucket;
    *at = entry->next_in_bucket;
}

/* Chains grow longer where there is no memory for it, too. */
static void grow_buckets(struct pending *p)
{
    struct pending_entry **buckets;

    if (p->bucket_bits >= BUCKET_BITS_MAX)
        return;
    buckets = calloc(2 * bucket_count(p) + 1, sizeof(struct pending_entry *));
    if (!buckets)
        return;
    free(p->buckets);
    p->buckets = buckets;
    p->bucket_bits++;
    for (size_t i = 0; i < p->count; i++)
        link_in_bucket(p, p->heap[i]);
}

/* ---- by age ---- */

static void place_in_heap(struct pending *p, struct pending_entry *entry, size_t at)
{
    p->heap[at] = entry;
    entry->heap_at = at;
}

static void sift_up(struct pending *p, struct pending_entry *entry, size_t at)
{
    for (; at > 0 && p->heap[(at - 1) / 2]->since_ms > entry->since_ms; at = (at - 1) / 2)
        place_in_heap(p, p->heap[(at - 1) / 2], at);
    place_in_heap(p, entry, at);
}

static void sift_down(struct pending *p, struct pending_entry *entry, size_t at)
{
    size_t child;

    while ((child = 2 * at + 1) < p->count) {
        if (child + 1 < p->count && p->heap[child + 1]->since_ms < p->heap[child]->since_ms)
            child++;
        if (p->heap[child]->since_ms >= entry->since_ms)
            break;
        place_in_heap(p, p->heap[child], at);
        at = child;
    }
    place_in_heap(p, entry, at);
}

static int grow_heap(struct pending *p, struct error *e)
{
    size_t capacity = p->heap_capacity ? 2 * p->heap_capacity : FIRST_HEAP;
    struct pending_entry **heap = reallocarray(p->heap, capacity, sizeof(struct pending_entry *));

    if (!heap)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu pending messages", capacity);
    p->heap = heap;
    p->heap_capacity = capacity;
    return 0;
}

/* The last one takes its place. */
static void remove_from_heap(struct pending *p, const struct pending_entry *entry)
{
    struct pending_entry *moved = p->heap[--p->count];

    if (moved == entry)
        return;
    sift_up(p, moved, entry->heap_at);
    sift_down(p, moved, moved->heap_at);
}

/* ---- the turn ---- */

static void link_first(struct pending *p, struct pending_entry *entry)
{
    entry->before = NULL;
    entry->behind = p->first;
    if (p->first)
        p->first->before = entry;
    else
        p->last = entry;
    p->first = entry;
}

static void link_last(struct pending *p, struct pending_entry *entry)
{
    entry->before = p->last;
    entry->behind = NULL;
    if (p->last)
        p->last->behind = entry;
    else
        p->first = entry;
    p->last = entry;
}

static void unlink_from_turn(struct pending *p, struct pending_entry *entry)
{
    if (entry->before)
        entry->before->behind = entry->behind;
    else
        p->first = entry->behind;
    if (entry->behind)
        entry->behind->before = entry->before;
    else
        p->last = entry->before;
}

/* ---- all three ---- */

static struct pending_entry *copy_of(const struct pending_entry *entry, struct error *e)
{
    struct pending_entry *copy = malloc(sizeof *copy + entry->bytes.len);

    if (!copy) {
        error_set(e, ERROR_INTERNAL, "no memory for a pending message of %zu bytes", entry->bytes.len);
        return NULL;
    }
    *copy = *entry;
    memcpy(copy + 1, entry->bytes.ptr, entry->bytes.len);
    copy->bytes = slice_make((const char *)(copy + 1), entry->bytes.len);
    return copy;
}

int pending_put(struct pending *pending, const struct pending_entry *entry, struct error *e)
{
    struct pending_entry *held = pending_find(pending, entry->id), *copy;

    if (pending->count == pending->heap_capacity && grow_heap(pending, e) != 0)
        return -1;
    copy = copy_of(entry, e);
    if (!copy)
        return -1;
    if (held)
        pending_remove(pending, held);
    if (pending->count >= bucket_count(pending))
        grow_buckets(pending);
    link_in_bucket(pending, copy);
    sift_up(pending, copy, pending->count++);
    (copy->asked == 0 ? link_first : link_last)(pending, copy);
    pending->bytes += copy->bytes.len + PENDING_OVERHEAD;
    return 0;
}

void pending_remove(struct pending *pending, struct pending_entry *entry)
{
    unlink_from_bucket(pending, entry);
    remove_from_heap(pending, entry);
    unlink_from_turn(pending, entry);
    pending->bytes -= entry->bytes.len + PENDING_OVERHEAD;
    free(entry);
}

struct pending_entry *pending_find(struct pending *pending, const unsigned char id[PENDING_ID_LEN])
{
    struct pending_entry *entry = *bucket_of(pending, id);

    while (entry && memcmp(entry->id, id, PENDING_ID_LEN) != 0)
        entry = entry->next_in_bucket;
    return entry;
}

struct pending_entry *pending_oldest(struct pending *pending)
{
    return pending->count > 0 ? pending->heap[0] : NULL;
}

struct pending_entry *pending_unasked(struct pending *pending, uint64_t index)
{
    return pending->first && pending->first->asked != index ? pending->first : NULL;
}

void pending_asked(struct pending *pending, struct pending_entry *entry, uint64_t index)
{
    entry->asked = index;
    unlink_from_turn(pending, entry);
    link_last(pending, entry);
}

void pending_forget(struct pending *pending, unsigned place)
{
    struct pending_entry *behind;

    for (struct pending_entry *entry = pending->first; entry; entry = behind) {
        behind = entry->behind;
        if (entry->place == place)
            pending_remove(pending, entry);
    }
}

void pending_clear(struct pending *pending)
{
    struct pending_entry *behind;

    for (struct pending_entry *entry = pending->first; entry; entry = behind) {
        behind = entry->behind;
        pending_remove(pending, entry);
    }
}

bool pending_has_room(const struct pending *pending, size_t len)
{
    return pending->count < pending->entries_max && pending->bytes + len + PENDING_OVERHEAD <= pending->bytes_max;
}

bool pending_is_tight(const struct pending *pending)
{
    return pending->count > pending->entries_max - pending->entries_max / 8 ||
           pending->bytes > pending->bytes_max - pending->bytes_max / 8;
}

size_t pending_count(const struct pending *pending)
{
    return pending->count;
}

size_t pending_bytes(const struct pending *pending)
{
    return pending->bytes;
}

struct pending *pending_new(size_t entries_max, size_t bytes_max)
{
    struct pending *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->entries_max = entries_max;
    p->bytes_max = bytes_max;
    p->bucket_bits = FIRST_BUCKET_BITS;
    p->buckets = calloc(bucket_count(p), sizeof(struct pending_entry *));
    if (!p->buckets) {
        pending_free(p);
        return NULL;
    }
    return p;
}

void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    if (pending->buckets)
        pending_clear(pending);
    free(pending->buckets);
    free(pending->heap);
    free(pending);
}
