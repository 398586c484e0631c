#include "past.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_fault.h"
#include "remake.h"
#include "versions.h"
#include "vetting.h"

#define NAMED_MAX 20 /* of the versions that are missing */

struct opened {
    const char *version; /* the timeline's, or `own` of one that is only below others */
    char own[INDEX_VERSION_LEN + 1];
    char *path;
    struct index *index;       /* NULL: it is made when it is asked for */
    struct kept_deltas deltas; /* of which it is made then, ... */
    size_t base;               /* ... over that one; NO_BASE: it is an index itself */
    uint64_t rows;             /* of its deltas */
    unsigned holders;          /* readers that are turned to it */
    uint64_t turned;           /* when one turned to it last, in turns */
};

#define NO_BASE SIZE_MAX

struct past {
    const struct timeline *timeline;
    unsigned faults; /* how many there were before the first was opened */
    struct opened *opened;
    size_t count;
    size_t judging; /* the first so many do; the others are below them */
    uint64_t rows_max;
    char *folder;
    pthread_mutex_t lock; /* of what follows, and of the indexes with deltas */
    struct remake *remake;
    uint64_t turns;
};

static struct opened *find(const struct past *past, const char *version)
{
    for (size_t i = 0; i < past->count; i++)
        if (past->opened[i].version == version)
            return &past->opened[i];
    return NULL;
}

/* --- opening --- */

static const char *version_of(const struct opened *opened)
{
    return opened->version ? opened->version : opened->own;
}

/* One more, an index as far as is known; it moves those before it. NULL with an error. */
static struct opened *append(struct past *past, const char *version, struct error *e)
{
    struct opened *more = reallocarray(past->opened, past->count + 1, sizeof *more);

    if (!more) {
        error_set(e, ERROR_INTERNAL, "no memory for %zu versions of the index", past->count + 1);
        return NULL;
    }
    past->opened = more;
    more[past->count] = (struct opened){.version = version, .base = NO_BASE};
    return &more[past->count++];
}

static int list_version(struct past *past, const char *version, struct error *e)
{
    if (find(past, version))
        return 0;
    if (!append(past, version, e))
        return -1;
    past->judging = past->count;
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

static int take_path(struct opened *opened, const struct version_entry *entry, struct error *e)
{
    opened->path = strdup(entry->path);
    return opened->path ? 0 : error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
}

/* The place of the index below, which may judge as well; else it comes behind those that do. */
static int take_base(struct past *past, const struct versions *versions, const struct version_entry *entry,
                     size_t *place, struct error *e)
{
    const struct version_entry *base = versions_find(versions, entry->base);
    struct opened *below;

    if (!base)
        return error_set(e, ERROR_DATA, "%s: version %s below it is not there any more", entry->path, entry->base);
    for (*place = 0; *place < past->count; (*place)++)
        if (strcmp(version_of(&past->opened[*place]), entry->base) == 0)
            return 0;
    below = append(past, NULL, e);
    if (!below)
        return -1;
    memcpy(below->own, entry->base, sizeof entry->base);
    return take_path(below, base, e);
}

/* Of one that is missing there is no path. */
static int find_file(struct opened *opened, const struct versions *versions, struct error *e)
{
    const struct version_entry *entry = versions_find(versions, opened->version);

    return entry ? take_path(opened, entry, e) : 0;
}

static int find_deltas(struct past *past, size_t i, const struct versions *versions, struct error *e)
{
    const struct version_entry *entry = versions_find(versions, past->opened[i].version);
    size_t base;

    if (!versions_has_deltas(entry))
        return 0;
    if (kept_deltas_read(past->folder, entry->path, entry->base, entry->version, &past->opened[i].deltas, e) != 0 ||
        take_base(past, versions, entry, &base, e) != 0)
        return -1;
    past->opened[i].base = base;
    return 0;
}

/* All that are missing are named, so that they can be brought back together. */
static int refuse_missing(const struct past *past, const char *folder, struct error *e)
{
    char names[NAMED_MAX * (INDEX_VERSION_LEN + 2) + 1] = "";
    size_t missing = 0, used = 0;

    for (size_t i = 0; i < past->judging; i++)
        if (!past->opened[i].path && missing++ < NAMED_MAX)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                     past->opened[i].version);
    if (missing == 0)
        return 0;
    return error_set(e, ERROR_DATA, "%s lacks %zu of the %zu versions of the index by which records are judged: %s%s",
                     folder, missing, past->judging, names, missing > NAMED_MAX ? ", ..." : "");
}

static int open_index(const struct config *config, struct opened *opened, struct error *e)
{
    if (vetting_open(config, opened->path, &opened->index, e) != 0)
        return -1;
    if (strcmp(index_info(opened->index)->version, version_of(opened)) == 0)
        return 0;
    return error_set(e, ERROR_DATA, "%s: it is version %s now: it was overwritten", opened->path,
                     index_info(opened->index)->version);
}

/* That it can be made is seen before anything is published. */
static int try_deltas(struct past *past, const struct opened *opened, struct error *e)
{
    return remake_turn_to(past->remake, past->opened[opened->base].index, &opened->deltas, e) == 0
               ? 0
               : error_prefix(e, "%s", opened->path);
}

static int open_files(struct past *past, const struct config *config, struct error *e)
{
    for (size_t i = 0; i < past->count; i++)
        if (past->opened[i].base == NO_BASE && open_index(config, &past->opened[i], e) != 0)
            return -1;
    for (size_t i = 0; i < past->judging; i++)
        if (past->opened[i].base != NO_BASE && try_deltas(past, &past->opened[i], e) != 0)
            return -1;
    return 0;
}

static int find_all(struct past *past, const struct versions *versions, struct error *e)
{
    for (size_t i = 0; i < past->judging; i++)
        if (find_file(&past->opened[i], versions, e) != 0)
            return -1;
    if (refuse_missing(past, past->folder, e) != 0)
        return -1;
    for (size_t i = 0; i < past->judging; i++)
        if (find_deltas(past, i, versions, e) != 0)
            return -1;
    return 0;
}

static int open_all(struct past *past, const struct config *config, struct error *e)
{
    struct versions *versions;
    int status;

    if (versions_open(past->folder, &versions, e) != 0)
        return -1;
    status = list_versions(past, e);
    if (status == 0)
        status = find_all(past, versions, e);
    versions_free(versions);
    return status == 0 ? open_files(past, config, e) : -1;
}

int past_open(const struct config *config, const struct timeline *timeline, const char *folder, struct past **out,
              struct error *e)
{
    struct past *past = calloc(1, sizeof *past);
    int status = -1;

    if (!past)
        return error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
    *past = (struct past){.timeline = timeline, .faults = bus_fault_count(), .rows_max = config->deltas.max_rows};
    pthread_mutex_init(&past->lock, NULL);
    past->folder = strdup(folder);
    if (past->folder)
        past->remake = remake_new(config, past->folder);
    if (!past->remake)
        error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
    else
        status = open_all(past, config, e);
    if (status != 0) {
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
    remake_free(past->remake);
    for (size_t i = past->count; i-- > 0;) {
        index_close(past->opened[i].index);
        kept_deltas_free(&past->opened[i].deltas);
        free(past->opened[i].path);
    }
    free(past->opened);
    free(past->folder);
    pthread_mutex_destroy(&past->lock);
    free(past);
}

/* --- asking --- */

const char *past_version(const struct past *past, const struct origin *origin, struct past_place *place, bool *early)
{
    return timeline_find(past->timeline, origin, &place->place, early);
}

/* With the lock, as what follows. The one with deltas that nobody holds, and that has been left for longest. */
static struct opened *longest_left(const struct past *past)
{
    struct opened *found = NULL;

    for (size_t i = 0; i < past->judging; i++) {
        struct opened *o = &past->opened[i];

        if (o->base != NO_BASE && o->index && o->holders == 0 && (!found || o->turned < found->turned))
            found = o;
    }
    return found;
}

static uint64_t rows_in_memory(const struct past *past)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < past->judging; i++)
        rows += past->opened[i].index ? past->opened[i].rows : 0;
    return rows;
}

static void make_room(struct past *past)
{
    struct opened *left;

    while (rows_in_memory(past) > past->rows_max && (left = longest_left(past)) != NULL) {
        index_close(left->index);
        left->index = NULL;
    }
}

static uint64_t count_rows(const struct index *index)
{
    const struct index_info *info = index_info(index);
    uint64_t rows = 0;

    for (size_t i = index_info(index_base(index))->source_count; i < info->source_count; i++)
        rows += info->sources[i].rows;
    return rows;
}

static int make(struct past *past, struct opened *opened, struct error *e)
{
    if (try_deltas(past, opened, e) != 0 || remake_index(past->remake, &opened->index, e) != 0)
        return -1;
    opened->rows = count_rows(opened->index);
    return 0;
}

static void let_go(struct past *past, struct past_place *place)
{
    if (place->version)
        find(past, place->version)->holders--;
    place->version = NULL;
    place->index = NULL;
}

static int turn_to(struct past *past, struct opened *opened, struct past_place *place, struct error *e)
{
    if (!opened->index && make(past, opened, e) != 0)
        return -1;
    let_go(past, place);
    opened->holders++;
    opened->turned = ++past->turns;
    place->version = opened->version;
    place->index = opened->index;
    make_room(past);
    return 0;
}

int past_turn_to(struct past *past, const char *version, struct past_place *place, struct error *e)
{
    int status;

    if (version == place->version)
        return 0;
    pthread_mutex_lock(&past->lock);
    status = turn_to(past, find(past, version), place, e);
    pthread_mutex_unlock(&past->lock);
    return status;
}

void past_leave(struct past *past, struct past_place *place)
{
    pthread_mutex_lock(&past->lock);
    let_go(past, place);
    pthread_mutex_unlock(&past->lock);
}

const struct wait *past_wait(const struct past *past, const struct origin *origin)
{
    return timeline_wait(past->timeline, origin);
}

bool past_has_waits(const struct past *past)
{
    return timeline_waits(past->timeline) > 0;
}

/* Those with deltas are in memory, and as good as the index below. */
const char *past_damaged(const struct past *past)
{
    bool unreadable = past->faults != bus_fault_count();

    for (size_t i = 0; i < past->count; i++)
        if (past->opened[i].base == NO_BASE && (unreadable || !index_is_intact(past->opened[i].index)))
            return past->opened[i].path;
    return NULL;
}

size_t past_count(const struct past *past)
{
    return past->judging;
}
