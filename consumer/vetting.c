#include "vetting.h"

#include <stdlib.h>
#include <string.h>

#include "bus_fault.h"
#include "errand.h"
#include "gate.h"
#include "monotonic.h"
#include "versions.h"

struct vetting {
    struct errand errand;
    const struct config *config;
    char *path;
    bool has_served; /* it is not judged again */
    const struct index *before;
    struct recent *recent;
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

struct index *vetting_open_newest_kept(const struct config *config, const char *version)
{
    const struct index_open_options whole = {.verify_all = true}; /* nothing else says that it is good */
    char *directory = versions_directory(config);
    struct versions *versions = NULL;
    struct index *index = NULL;
    struct error e;

    if (directory && versions_open(directory, &versions, &e) == 0)
        for (size_t i = versions_count(versions); i-- > 0 && !index;) {
            const struct version_entry *entry = versions_entry(versions, i);

            if (!versions_has_deltas(entry) && (!version || strcmp(entry->version, version) != 0) &&
                index_open(entry->path, &whole, &index, &e) != 0)
                index = NULL;
        }
    versions_free(versions);
    free(directory);
    return index;
}

/* Whether it is the newest one that was kept itself, as at nearly every start: then it need not be read once more to be
 * compared with itself. */
static bool is_newest_kept(const struct vetting *v)
{
    char *directory = versions_directory(v->config);
    struct versions *versions = NULL;
    const struct version_entry *newest = NULL;
    struct error e;
    bool is;

    if (directory && versions_open(directory, &versions, &e) == 0)
        newest = versions_newest_index(versions);
    is = newest && versions_is_same_file(newest->path, v->path);
    versions_free(versions);
    free(directory);
    return is;
}

/* -1 without memory. */
static int judge(struct vetting *v, const struct index *before, struct gate_report *report)
{
    report->count = 0;
    if (before && strcmp(index_info(before)->version, index_info(v->index)->version) == 0)
        return 0;
    return gate_judge(v->config, before, v->index, v->recent, monotonic_ms(), report, &v->why);
}

/* Whether an index that is good in itself may take the place of the one before. */
static bool is_sane(struct vetting *v)
{
    struct gate_report report;
    struct index *kept;
    int status;

    if (gate_is_forced(v->config->master.index, index_info(v->index)->version) || (!v->before && is_newest_kept(v)))
        return true;
    kept = v->before ? NULL : vetting_open_newest_kept(v->config, NULL);
    status = judge(v, v->before ? v->before : kept, &report);
    index_close(kept);
    if (status == 0 && report.count > 0)
        gate_write(&report, &v->why);
    return status == 0 && report.count == 0;
}

static void work(void *opaque)
{
    struct vetting *v = opaque;
    unsigned faults = bus_fault_count();

    v->verdict = VETTING_IS_DAMAGED;
    if (vetting_open(v->config, v->path, &v->index, &v->why) != 0)
        return;
    v->verdict = v->has_served || is_sane(v) ? VETTING_IS_GOOD : VETTING_IS_REFUSED;
    if (faults == bus_fault_count() && index_is_intact(v->index))
        return;
    v->verdict = VETTING_IS_DAMAGED; /* what was found in it says nothing */
    error_set(&v->why, ERROR_DATA, "%s: was overwritten while it was looked at", v->path);
}

/* Takes what is to be done as a value. */
static int start(struct vetting what, const char *path, struct vetting **out, struct error *e)
{
    struct vetting *v = malloc(sizeof *v);

    if (v) {
        *v = what;
        v->path = strdup(path);
    }
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

int vetting_start(const struct config *config, const char *path, const struct index *before, struct recent *recent,
                  struct vetting **out, struct error *e)
{
    return start((struct vetting){.config = config, .before = before, .recent = recent}, path, out, e);
}

int vetting_start_kept(const struct config *config, const char *path, struct vetting **out, struct error *e)
{
    return start((struct vetting){.config = config, .has_served = true}, path, out, e);
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
