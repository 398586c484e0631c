#include "vetting.h"

#include <stdlib.h>
#include <string.h>

#include "bus_fault.h"
#include "errand.h"

struct vetting {
    struct errand errand;
    const struct config *config;
    char *path;
    const struct index *before;
    enum vetting_verdict verdict;
    struct index *index;
    struct error why;
};

int vetting_open(const struct config *config, const char *path, struct index **out, struct error *e)
{
    enum residence residence = config->master.residence;
    const struct index_open_options options = {
        .verify_all = true, .populate = residence != RESIDENCE_ON_DEMAND, .lock = residence == RESIDENCE_LOCKED};

    unsigned faults = bus_fault_count();

    if (index_open(path, &options, out, e) != 0)
        return -1;
    if (faults == bus_fault_count())
        return 0;
    index_close(*out);
    *out = NULL;
    return error_set(e, ERROR_IO, "%s: cannot be read as a whole", path);
}

/* Whether an index that is good in itself may take the place of the one before. */
static bool is_sane(struct vetting *v)
{
    (void)v;
    return true;
}

static void work(void *opaque)
{
    struct vetting *v = opaque;

    if (vetting_open(v->config, v->path, &v->index, &v->why) != 0)
        v->verdict = VETTING_IS_DAMAGED;
    else
        v->verdict = is_sane(v) ? VETTING_IS_GOOD : VETTING_IS_REFUSED;
}

int vetting_start(const struct config *config, const char *path, const struct index *before, struct vetting **out,
                  struct error *e)
{
    struct vetting *v = calloc(1, sizeof *v);

    if (v)
        *v = (struct vetting){.config = config, .before = before, .path = strdup(path)};
    if (!v || !v->path) {
        free(v);
        return error_set(e, ERROR_INTERNAL, "no memory to look at an index");
    }
    if (errand_start(&v->errand, work, v, e) != 0) {
        vetting_free(v);
        return -1;
    }
    *out = v;
    return 0;
}

enum vetting_verdict vetting_poll(struct vetting *vetting, struct index **index, struct error *why)
{
    if (!errand_is_over(&vetting->errand))
        return VETTING_GOES_ON;
    *index = NULL;
    *why = vetting->why;
    if (vetting->verdict == VETTING_IS_GOOD) {
        *index = vetting->index;
        vetting->index = NULL; /* the caller owns it now */
    }
    return vetting->verdict;
}

void vetting_free(struct vetting *vetting)
{
    if (!vetting)
        return;
    errand_wait(&vetting->errand);
    index_close(vetting->index);
    free(vetting->path);
    free(vetting);
}
