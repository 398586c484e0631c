#include "past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_fault.h"
#include "versions.h"
#include "vetting.h"

#define NAMED_MAX 20 /* of the versions that are missing */

struct opened {
    const char *version; /* the timeline's */
    char *path;
    struct index *index;
};

struct past {
    const struct timeline *timeline;
    unsigned faults; /* how many there were before the first was opened */
    struct opened *opened;
    size_t count;
};

static const struct opened *find(const struct past *past, const char *version)
{
    for (size_t i = 0; i < past->count; i++)
        if (past->opened[i].version == version)
            return &past->opened[i];
    return NULL;
}

/* --- opening --- */

static int list_version(struct past *past, const char *version, struct error *e)
{
    struct opened *more;

    if (find(past, version))
        return 0;
    more = reallocarray(past->opened, past->count + 1, sizeof *more);
    if (!more)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu versions of the index", past->count + 1);
    past->opened = more;
    past->opened[past->count++] = (struct opened){.version = version};
    return 0;
}

/* By which waits were settled. */
static int list_versions_of_waits(struct past *past, struct error *e)
{
    struct timeline_place place = {0, 0};
    const struct wait *wait;
    const char *topic;
    int32_t partition;

    while ((wait = timeline_next_wait(past->timeline, &place, &topic, &partition)) != NULL)
        for (size_t i = 0; i < wait->end_count; i++)
            if (list_version(past, wait->ends[i].version, e) != 0)
                return -1;
    return 0;
}

/* Which versions there are, each once. */
static int list_versions(struct past *past, struct error *e)
{
    struct timeline_place place = {0, 0};
    struct timeline_stretch stretch;

    while (timeline_next(past->timeline, &place, &stretch))
        if (list_version(past, stretch.version, e) != 0)
            return -1;
    return list_versions_of_waits(past, e);
}

static int find_file(struct opened *opened, const struct versions *versions, struct error *e)
{
    const struct version_entry *entry = versions_find(versions, opened->version);

    if (!entry)
        return 0;
    opened->path = strdup(entry->path);
    return opened->path ? 0 : error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
}

/* All that are missing are named, so that they can be brought back together. */
static int refuse_missing(const struct past *past, const char *folder, struct error *e)
{
    char names[NAMED_MAX * (INDEX_VERSION_LEN + 2) + 1] = "";
    size_t missing = 0, used = 0;

    for (size_t i = 0; i < past->count; i++)
        if (!past->opened[i].path && missing++ < NAMED_MAX)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                     past->opened[i].version);
    if (missing == 0)
        return 0;
    return error_set(e, ERROR_DATA, "%s lacks %zu of the %zu versions of the index by which records are judged: %s%s",
                     folder, missing, past->count, names, missing > NAMED_MAX ? ", ..." : "");
}

static int open_one(const struct config *config, struct opened *opened, struct error *e)
{
    if (vetting_open(config, opened->path, &opened->index, e) != 0)
        return -1;
    if (strcmp(index_info(opened->index)->version, opened->version) == 0)
        return 0;
    return error_set(e, ERROR_DATA, "%s: it is version %s now: it was overwritten", opened->path,
                     index_info(opened->index)->version);
}

static int open_all(struct past *past, const struct config *config, const char *folder, struct error *e)
{
    struct versions *versions;
    int status;

    if (versions_open(folder, &versions, e) != 0)
        return -1;
    status = list_versions(past, e);
    for (size_t i = 0; i < past->count && status == 0; i++)
        status = find_file(&past->opened[i], versions, e);
    versions_free(versions);
    if (status == 0)
        status = refuse_missing(past, folder, e);
    for (size_t i = 0; i < past->count && status == 0; i++)
        status = open_one(config, &past->opened[i], e);
    return status;
}

int past_open(const struct config *config, const struct timeline *timeline, const char *folder, struct past **out,
              struct error *e)
{
    struct past *past = calloc(1, sizeof *past);

    if (!past)
        return error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
    past->timeline = timeline;
    past->faults = bus_fault_count();
    if (open_all(past, config, folder, e) != 0) {
        past_free(past);
        return -1;
    }
    *out = past;
    return 0;
}

void past_free(struct past *past)
{
    if (!past)
        return;
    for (size_t i = 0; i < past->count; i++) {
        index_close(past->opened[i].index);
        free(past->opened[i].path);
    }
    free(past->opened);
    free(past);
}

/* --- asking --- */

const char *past_version(const struct past *past, const struct origin *origin, struct past_place *place, bool *early)
{
    return timeline_find(past->timeline, origin, &place->place, early);
}

int past_turn_to(struct past *past, const char *version, struct past_place *place, struct error *e)
{
    (void)e;
    if (version == place->version)
        return 0;
    place->version = version;
    place->index = find(past, version)->index;
    return 0;
}

void past_leave(struct past *past, struct past_place *place)
{
    (void)past;
    place->version = NULL;
    place->index = NULL;
}

const struct wait *past_wait(const struct past *past, const struct origin *origin)
{
    return timeline_wait(past->timeline, origin);
}

bool past_has_waits(const struct past *past)
{
    return timeline_waits(past->timeline) > 0;
}

const char *past_damaged(const struct past *past)
{
    bool unreadable = past->faults != bus_fault_count();

    for (size_t i = 0; i < past->count; i++)
        if (unreadable || !index_is_intact(past->opened[i].index))
            return past->opened[i].path;
    return NULL;
}

size_t past_count(const struct past *past)
{
    return past->count;
}
