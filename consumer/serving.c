#include "serving.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bus_fault.h"

/* An index that is open, and how many hold it. */
struct version {
    struct index *index;
    unsigned holders;
    unsigned faults; /* how many there were when it began to serve */
    struct version *older;
};

struct serving {
    pthread_mutex_t lock;                  /* of the versions */
    struct version *newest;                /* it serves */
    _Atomic(const struct index *) current; /* the same, without the lock */
};

struct serving *serving_new(void)
{
    struct serving *s = calloc(1, sizeof *s);

    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void close_versions(struct version *version)
{
    while (version) {
        struct version *older = version->older;

        index_close(version->index);
        free(version);
        version = older;
    }
}

void serving_free(struct serving *serving)
{
    if (!serving)
        return;
    close_versions(serving->newest);
    pthread_mutex_destroy(&serving->lock);
    free(serving);
}

int serving_add(struct serving *serving, struct index *index, struct error *e)
{
    struct version *version = malloc(sizeof *version);

    if (!version) {
        index_close(index);
        return error_set(e, ERROR_INTERNAL, "no memory for an index");
    }
    pthread_mutex_lock(&serving->lock);
    *version = (struct version){.index = index, .faults = bus_fault_count(), .older = serving->newest};
    serving->newest = version;
    atomic_store(&serving->current, index);
    pthread_mutex_unlock(&serving->lock);
    return 0;
}

const struct index *serving_newest(const struct serving *serving)
{
    return serving->newest ? serving->newest->index : NULL;
}

const char *serving_version(const struct serving *serving)
{
    return serving->newest ? index_info(serving->newest->index)->version : NULL;
}

/* Takes the versions that nobody holds out of the list. The newest one stays. */
static struct version *take_out_unused(struct serving *s)
{
    struct version *unused = NULL, **link;

    if (!s->newest)
        return NULL;
    pthread_mutex_lock(&s->lock);
    link = &s->newest->older;
    while (*link) {
        struct version *version = *link;

        if (version->holders > 0) {
            link = &version->older;
            continue;
        }
        *link = version->older;
        version->older = unused;
        unused = version;
    }
    pthread_mutex_unlock(&s->lock);
    return unused;
}

void serving_close_unused(struct serving *serving)
{
    close_versions(take_out_unused(serving));
}

/* With the lock. */
static void count_holder(struct serving *s, const struct index *index, int change)
{
    for (struct version *version = s->newest; version; version = version->older)
        if (version->index == index)
            version->holders += (unsigned)change;
}

/* While it is held, no other index can have its address. */
const struct index *serving_take(struct serving *serving, const struct index *held)
{
    const struct index *current = atomic_load(&serving->current);

    if (current == held)
        return held;
    pthread_mutex_lock(&serving->lock);
    current = serving->newest->index;
    count_holder(serving, held, -1);
    count_holder(serving, current, 1);
    pthread_mutex_unlock(&serving->lock);
    return current;
}

void serving_give_back(struct serving *serving, const struct index *held)
{
    pthread_mutex_lock(&serving->lock);
    count_holder(serving, held, -1);
    pthread_mutex_unlock(&serving->lock);
}

bool serving_trusts(struct serving *serving, const struct index *held)
{
    const struct version *version;
    bool trusted;

    pthread_mutex_lock(&serving->lock);
    for (version = serving->newest; version && version->index != held;)
        version = version->older;
    trusted = version && version->faults == bus_fault_count() && index_is_intact(version->index);
    pthread_mutex_unlock(&serving->lock);
    return trusted;
}
