#include "errand.h"

static void *run(void *opaque)
{
    struct errand *errand = opaque;

    errand->work(errand->opaque);
    atomic_store(&errand->is_done, true);
    return NULL;
}

int errand_start(struct errand *errand, void (*work)(void *opaque), void *opaque, struct error *e)
{
    int err;

    errand->work = work;
    errand->opaque = opaque;
    atomic_store(&errand->is_done, false);
    err = pthread_create(&errand->thread, NULL, run, errand);
    errand->is_started = err == 0;
    return err == 0 ? 0 : error_set_errno(e, err, "a thread beside the lanes");
}

bool errand_is_over(struct errand *errand)
{
    if (errand->is_started && !atomic_load(&errand->is_done))
        return false;
    errand_wait(errand);
    return true;
}

void errand_wait(struct errand *errand)
{
    if (errand->is_started)
        pthread_join(errand->thread, NULL);
    errand->is_started = false;
}
