#include "index_park.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void index_park_init(struct index_park *park)
{
    pthread_mutex_init(&park->mutex, NULL);
    pthread_cond_init(&park->changed, NULL);
    park->working = 0;
    park->crowded = park->ended = false;
}

void index_park_destroy(struct index_park *park)
{
    pthread_cond_destroy(&park->changed);
    pthread_mutex_destroy(&park->mutex);
}

void index_park_join(struct index_park *park)
{
    pthread_mutex_lock(&park->mutex);
    park->working++;
    pthread_mutex_unlock(&park->mutex);
}

void index_park_set(struct index_park *park, bool crowded)
{
    pthread_mutex_lock(&park->mutex);
    park->crowded = crowded;
    pthread_cond_broadcast(&park->changed);
    pthread_mutex_unlock(&park->mutex);
}

void index_park_end(struct index_park *park)
{
    pthread_mutex_lock(&park->mutex);
    park->ended = true;
    pthread_cond_broadcast(&park->changed);
    pthread_mutex_unlock(&park->mutex);
}

void index_park_pass(struct index_park *park, void (*release)(void *opaque), void *opaque)
{
    pthread_mutex_lock(&park->mutex);
    if (park->crowded && !park->ended && park->working > 1) {
        park->working--;
        release(opaque);
        while (park->crowded && !park->ended)
            pthread_cond_wait(&park->changed, &park->mutex);
        park->working++;
    }
    pthread_mutex_unlock(&park->mutex);
}

/* Whole pages only; the rest of the first and the last one belongs to somebody else. */
void index_park_release(void *from, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t skip = (page - (uintptr_t)from % page) % page;

    if (len >= skip + page)
        (void)madvise((char *)from + skip, (len - skip) / page * page, MADV_DONTNEED);
}
