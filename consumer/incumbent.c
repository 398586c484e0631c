#include "incumbent.h"

#include <stdlib.h>
#include <string.h>

#include "bus_fault.h"
#include "deltas.h"
#include "gate.h"
#include "versions.h"

/* An index that is to serve. */
struct adoption {
    struct index *index; /* NULL: there is none, or deltas has it */
    bool is_begun;       /* deltas has it */
    bool is_in_place;    /* it is what stands there, as far as it does; else a version of before */
    unsigned faults;     /* how many there were when it was good */
};

struct incumbent {
    const struct config *config;
    const char *path; /* of the configuration */
    struct serving *serving;
    struct notices *notices;
    struct deltas *deltas;     /* NULL: there are none */
    struct versions *versions; /* NULL: they cannot be read */
    struct snapshot_stat seen; /* what stands in its place: adopted or refused */
    size_t kept_tried;         /* of the versions, from the newest on, since something good served */
    bool is_damaged;           /* nobody trusts it any more */
    bool is_delivered;
    struct adoption adoption; /* that waits for deltas */
    uint64_t adopted;
    int64_t adopted_ms; /* since the epoch */
};

/* --- making --- */

int incumbent_new(const struct config *config, struct serving *serving, struct notices *notices, struct incumbent **out,
                  struct error *e)
{
    struct incumbent *i = calloc(1, sizeof *i);

    *out = i;
    if (!i)
        return error_set(e, ERROR_INTERNAL, "no memory for the index");
    i->config = config;
    i->path = config->master.index;
    i->serving = serving;
    i->notices = notices;
    return 0;
}

void incumbent_free(struct incumbent *incumbent)
{
    if (!incumbent)
        return;
    deltas_free(incumbent->deltas);
    index_close(incumbent->adoption.index);
    versions_free(incumbent->versions);
    free(incumbent);
}

/* Without them it does not know any version of before, and that is all. */
static void open_versions(struct incumbent *i)
{
    char *directory = versions_directory(i->config);
    struct error e;

    if (!directory || versions_open(directory, &i->versions, &e) != 0)
        log_write(i->notices->log, LOG_LEVEL_WARNING, NOTICES_SUBSYSTEM, "%s",
                  directory ? e.text : "no memory for the versions");
    free(directory);
}

int incumbent_open(struct incumbent *incumbent, struct alerts *alerts, struct error *e)
{
    if (deltas_new(incumbent->config, alerts, incumbent->notices->log, &incumbent->deltas, e) != 0)
        return -1;
    open_versions(incumbent);
    return 0;
}

/* --- asking --- */

const struct index *incumbent_base(const struct incumbent *incumbent)
{
    const struct index *index = serving_newest(incumbent->serving);

    return index ? index_base(index) : NULL;
}

const struct index *incumbent_trusted(const struct incumbent *incumbent)
{
    return incumbent->is_damaged ? NULL : incumbent_base(incumbent);
}

bool incumbent_is_delivered(const struct incumbent *incumbent)
{
    return incumbent->is_delivered;
}

uint64_t incumbent_adopted(const struct incumbent *incumbent)
{
    return incumbent->adopted;
}

int64_t incumbent_adopted_ms(const struct incumbent *incumbent)
{
    return incumbent->adopted_ms;
}

const struct snapshot_stat *incumbent_seen(const struct incumbent *incumbent)
{
    return &incumbent->seen;
}

void incumbent_saw(struct incumbent *incumbent, const struct snapshot_stat *seen)
{
    incumbent->seen = *seen;
}

/* --- adopting --- */

static bool has_deltas(const struct index *index)
{
    return index_base(index) != index;
}

static void warn(const struct incumbent *i, const struct error *e)
{
    log_write(i->notices->log, LOG_LEVEL_WARNING, NOTICES_SUBSYSTEM, "%s", e->text);
}

static void prune(const struct incumbent *i)
{
    const struct config *config = i->config;
    struct error e;

    if (versions_prune(i->versions, (size_t)config->reload.keep, (size_t)config->deltas.keep, &e) != 0)
        warn(i, &e);
}

/* Before it serves, so that nothing is judged by what cannot be made again. That it can't be kept is no reason not to
 * serve it, here and below. */
static void keep_deltas(const struct incumbent *i, const struct index *index, int64_t wall_ms)
{
    struct error e;

    if (i->versions && has_deltas(index) && versions_add_deltas(i->versions, index, wall_ms, &e) != 0)
        warn(i, &e);
}

/* It serves from here on. Takes the index over in every case. */
static int serve(struct incumbent *i, struct index *index, int64_t wall_ms, struct error *e)
{
    char before[INDEX_VERSION_LEN + 1] = "";

    if (serving_version(i->serving))
        memcpy(before, serving_version(i->serving), sizeof before);
    keep_deltas(i, index, wall_ms);
    if (serving_add(i->serving, index, e) != 0)
        return -1;
    i->is_damaged = false;
    i->kept_tried = 0;
    i->adopted++;
    i->adopted_ms = before[0] != '\0' ? wall_ms : i->seen.mtime_ns / 1000000;
    notices_serves(i->notices, i->path, index_info(index), before);
    return 0;
}

/* The link has touched it. If it has become another one meanwhile, that is still to be looked at. */
static void see_link(struct incumbent *i)
{
    struct snapshot_stat now = snapshot_stat(i->path);

    if (now.inode == i->seen.inode && now.device == i->seen.device && now.mtime_ns == i->seen.mtime_ns)
        i->seen = now;
}

/* Of what stands in its place now. */
static void keep(struct incumbent *i, int64_t wall_ms)
{
    const struct index *base = incumbent_base(i);
    const char *version = index_info(base)->version;
    struct error e;

    if (i->versions &&
        (base == serving_newest(i->serving) ? versions_add(i->versions, i->path, version, wall_ms, &e)
                                            : versions_add_below(i->versions, i->path, version, &e)) != 0)
        warn(i, &e);
    if (i->versions)
        prune(i);
    see_link(i);
}

/* What the name leads to now is what was opened by it. */
static bool is_in_place_still(const struct incumbent *i)
{
    const struct snapshot_stat now = snapshot_stat(i->path);

    return now.is_there && now.inode == i->seen.inode && now.device == i->seen.device;
}

static int serve_in_place(struct incumbent *i, struct index *index, int64_t wall_ms, struct error *e)
{
    if (serve(i, index, wall_ms, e) != 0)
        return -1;
    if (gate_is_forced(i->path, index_info(incumbent_base(i))->version))
        gate_forget_forced(i->path);
    keep(i, wall_ms);
    return 0;
}

/* With the deltas on top, if there are any. While they were put there, it may have become unreadable, or another one
 * have taken its place, which is looked at then. */
static int conclude(struct incumbent *i, struct index *index, int64_t wall_ms, struct error *e)
{
    const struct adoption what = i->adoption;
    bool is_readable = what.faults == bus_fault_count();

    i->adoption = (struct adoption){0};
    if (is_readable && (!i->deltas || !what.is_in_place || is_in_place_still(i)))
        return (what.is_in_place ? serve_in_place : serve)(i, index, wall_ms, e);
    index_close(index);
    return error_set(e, ERROR_IO, "%s: %s", i->path,
                     is_readable ? "has become another one before it served" : "cannot be read as a whole");
}

static int adopt(struct incumbent *i, struct index *index, bool is_in_place, int64_t wall_ms, struct error *e)
{
    i->adoption = (struct adoption){.index = index, .is_in_place = is_in_place, .faults = bus_fault_count()};
    return i->deltas ? 0 : conclude(i, index, wall_ms, e);
}

int incumbent_adopt(struct incumbent *incumbent, struct index *index, bool is_delivered, int64_t wall_ms,
                    struct error *e)
{
    incumbent->seen = snapshot_stat(incumbent->path);
    if (adopt(incumbent, index, true, wall_ms, e) != 0)
        return -1;
    incumbent->is_delivered = is_delivered;
    return 0;
}

bool incumbent_is_adopting(const struct incumbent *incumbent)
{
    return incumbent->adoption.index || incumbent->adoption.is_begun;
}

/* --- a version of before --- */

static const struct version_entry *kept_entry(const struct incumbent *i)
{
    return versions_entry(i->versions, versions_count(i->versions) - 1 - i->kept_tried);
}

const char *incumbent_kept(struct incumbent *incumbent)
{
    if (!incumbent->versions || incumbent_trusted(incumbent) || incumbent_is_adopting(incumbent))
        return NULL;
    while (incumbent->kept_tried < versions_count(incumbent->versions) && versions_has_deltas(kept_entry(incumbent)))
        incumbent->kept_tried++; /* one with deltas: the index below is one of the versions, too */
    return incumbent->kept_tried < versions_count(incumbent->versions) ? kept_entry(incumbent)->path : NULL;
}

/* A file that was overwritten in place may be good, and another version. */
int incumbent_adopt_kept(struct incumbent *incumbent, struct index *index, int64_t wall_ms, struct error *why)
{
    const struct version_entry *entry = kept_entry(incumbent);

    incumbent->kept_tried++;
    if (!index)
        return -1;
    if (strcmp(index_info(index)->version, entry->version) != 0) {
        error_set(why, ERROR_DATA, "%s: is version %s", entry->path, index_info(index)->version);
        index_close(index);
        return -1;
    }
    return adopt(incumbent, index, false, wall_ms, why);
}

/* --- what happens to it while it serves --- */

/* Lanes wait for another one: what stands in its place is looked at anew, then what was kept; else it is built. */
bool incumbent_finds_damage(struct incumbent *incumbent)
{
    const struct index *index = serving_newest(incumbent->serving);

    if (!index || incumbent->is_damaged || serving_trusts(incumbent->serving, index))
        return false;
    incumbent->is_damaged = true;
    incumbent->seen = (struct snapshot_stat){0};
    notices_damaged(incumbent->notices, incumbent->path);
    return true;
}

/* The index below is in force again, since all deltas are gone; it is kept already. */
static void keep_again(const struct incumbent *i, const struct index *index, int64_t wall_ms)
{
    const struct version_entry *below = i->versions ? versions_newest_index(i->versions) : NULL;
    const char *version = index_info(index)->version;
    char *path = below && strcmp(below->version, version) == 0 ? strdup(below->path) : NULL;
    struct error e;

    if (path && versions_add(i->versions, path, version, wall_ms, &e) != 0)
        warn(i, &e);
    free(path);
}

/* What was found in one that cannot be trusted is dropped: it is replaced soon, and the deltas are put on top of what
 * replaces it. */
static void serve_deltas(struct incumbent *i, struct index *index, int64_t wall_ms)
{
    struct error e;

    if (i->is_damaged || !serving_trusts(i->serving, serving_newest(i->serving))) {
        index_close(index);
        return;
    }
    (has_deltas(index) ? keep_deltas : keep_again)(i, index, wall_ms);
    if (serving_add(i->serving, index, &e) != 0)
        log_write(i->notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s", e.text);
    else if (i->versions)
        prune(i);
}

/* What was made of the deltas over the one before is of no use any more. */
static void begin_adoption(struct incumbent *i, int64_t now_ms)
{
    struct index *base = i->adoption.index;

    index_close(deltas_take(i->deltas));
    i->adoption.index = NULL;
    i->adoption.is_begun = true;
    deltas_cover(i->deltas, base, now_ms);
}

bool incumbent_is_busy(struct incumbent *incumbent)
{
    return deltas_is_busy(incumbent->deltas);
}

/* The same as when it cannot be adopted at once, but that nobody waits to be told. */
static bool end_adoption(struct incumbent *i, int64_t wall_ms)
{
    struct error e;

    if (conclude(i, deltas_take(i->deltas), wall_ms, &e) == 0)
        return false;
    log_write(i->notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s", e.text);
    i->seen = (struct snapshot_stat){0};
    return true;
}

bool incumbent_look(struct incumbent *incumbent, int64_t now_ms, int64_t wall_ms)
{
    struct index *index;

    if (!incumbent->deltas || deltas_is_busy(incumbent->deltas))
        return false;
    if (incumbent->adoption.is_begun)
        return end_adoption(incumbent, wall_ms);
    if (incumbent->adoption.index) {
        begin_adoption(incumbent, now_ms);
        return false;
    }
    index = deltas_take(incumbent->deltas);
    if (index)
        serve_deltas(incumbent, index, wall_ms);
    if (!incumbent->is_damaged)
        deltas_look(incumbent->deltas, now_ms);
    return false;
}
