#include "recent.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    char *bytes;
    size_t len;
    int64_t at_ms;
};

struct recent {
    _Atomic int64_t next_ms;                 /* when one is wanted again */
    pthread_mutex_t lock;                    /* of what follows */
    struct kept records[RECENT_RECORDS_MAX]; /* the oldest first */
    size_t count;
    size_t bytes;
    int64_t every_ms;
};

struct recent *recent_new(void)
{
    struct recent *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->every_ms = RECENT_EVERY_MS;
    atomic_store(&r->next_ms, INT64_MIN);
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void recent_free(struct recent *recent)
{
    if (!recent)
        return;
    for (size_t i = 0; i < recent->count; i++)
        free(recent->records[i].bytes);
    pthread_mutex_destroy(&recent->lock);
    free(recent);
}

static bool is_old(const struct kept *kept, int64_t now_ms)
{
    return now_ms - kept->at_ms > RECENT_KEPT_MS;
}

/* Keeps those that are wanted, in their order. */
static void sift(struct recent *r, int64_t now_ms, bool every_second)
{
    size_t left = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (!is_old(&r->records[i], now_ms) && (!every_second || i % 2 == 0)) {
            r->records[left++] = r->records[i];
            continue;
        }
        r->bytes -= r->records[i].len;
        free(r->records[i].bytes);
    }
    r->count = left;
}

static bool has_room(const struct recent *r, size_t len)
{
    return r->count < RECENT_RECORDS_MAX && r->bytes + len <= RECENT_BYTES_MAX;
}

static void add(struct recent *r, int64_t now_ms, struct slice record)
{
    char *bytes;

    sift(r, now_ms, false);
    if (r->every_ms > RECENT_EVERY_MS && r->count < RECENT_RECORDS_MAX / 4 && r->bytes < RECENT_BYTES_MAX / 4)
        r->every_ms /= 2; /* what was large or many has grown old */
    while (!has_room(r, record.len)) {
        sift(r, now_ms, true);
        r->every_ms *= 2;
    }
    bytes = malloc(record.len);
    if (!bytes)
        return;
    memcpy(bytes, record.ptr, record.len);
    r->records[r->count++] = (struct kept){bytes, record.len, now_ms};
    r->bytes += record.len;
}

void recent_note(struct recent *recent, int64_t now_ms, struct slice record)
{
    if (now_ms < atomic_load_explicit(&recent->next_ms, memory_order_relaxed) || record.len == 0 ||
        record.len > RECENT_RECORD_MAX)
        return;
    if (pthread_mutex_trylock(&recent->lock) != 0)
        return;                                    /* no lane waits for that */
    if (now_ms >= atomic_load(&recent->next_ms)) { /* no other lane was faster */
        add(recent, now_ms, record);
        atomic_store(&recent->next_ms, now_ms + recent->every_ms);
    }
    pthread_mutex_unlock(&recent->lock);
}

int recent_each(struct recent *recent, int64_t now_ms, int (*take)(void *opaque, struct slice record, struct error *e),
                void *opaque, struct error *e)
{
    int status = 0;

    pthread_mutex_lock(&recent->lock);
    for (size_t i = 0; i < recent->count && status == 0; i++)
        if (!is_old(&recent->records[i], now_ms))
            status = take(opaque, slice_make(recent->records[i].bytes, recent->records[i].len), e);
    pthread_mutex_unlock(&recent->lock);
    return status;
}
