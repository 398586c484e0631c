#include "reload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_lock.h"
#include "builder.h"
#include "bus_fault.h"
#include "deltas.h"
#include "expected.h"
#include "freshness.h"
#include "gate.h"
#include "json_text.h"
#include "monotonic.h"
#include "proof.h"
#include "serving.h"
#include "settled.h"
#include "versions.h"
#include "vetting.h"
#include "wall.h"
#include "watch.h"

#define SUBSYSTEM "reload"
#define START_NAP_MS 10        /* between looks before there are lanes */
#define START_CHANGES_MS 60000 /* for so long a start waits for a master that keeps changing, if there is an index */
#define LOCK_EVERY_MS 250      /* between tries to be the one that builds */
#define RETRY_MAX_MS 600000    /* after which a build is tried again at the latest */
#define REMIND_EVERY_MS 600000 /* how often is said what is still waited for */

enum doing {
    DOING_NOTHING,
    DOING_PROOF, /* compares digests */
    DOING_QUEUE, /* waits for its turn to build */
    DOING_BUILD, /* and holds the lock, as in what follows it */
    DOING_VET_BUILT,
    DOING_VET_DELIVERED, /* what somebody else has put in place */
    DOING_VET_KEPT,      /* a version of before, for want of a better one */
};

/* What was said last, so that it is not said again and again. */
struct said {
    char text[ERROR_TEXT_MAX];
    int64_t at_ms;
};

struct reload {
    struct reload_options options;
    const struct config *config;
    struct log *log;
    const char *path; /* of the configuration */
    char *next_path;  /* what is built, before it takes the place */
    char *lock_path;
    struct serving *serving;
    struct deltas *deltas; /* NULL: there are none */
    struct recent *recent;
    struct watch *watch;
    struct expected expected;
    bool is_expected;

    enum doing doing;
    struct proof *proof;
    struct builder *builder;
    struct vetting *vetting;
    struct build_lock lock;

    struct settled settled;     /* the master as it was seen last */
    struct snapshot dealt_with; /* the master that is built, refused, or can't be built */
    struct snapshot disproved;  /* whose digests did not agree */
    struct snapshot building;   /* of which the index is being built */
    struct snapshot failed;     /* to be tried again */
    struct snapshot_stat seen;  /* the index: adopted or refused */
    struct snapshot_stat vetting_of;
    struct versions *versions; /* NULL: they cannot be read */
    size_t kept_tried;         /* of them, from the newest on, since something good served */
    bool is_damaged;           /* the index that serves: nobody trusts it any more */
    int64_t distrust_ms;       /* until then a damaged index is taken for one that is being written */
    bool is_changing;          /* the master, when it was seen last */
    bool is_delivered;         /* what serves: perhaps it was made of the master as it is now */

    int64_t look_ms;  /* when to look next, by the monotonic clock as what follows */
    int64_t queue_ms; /* when to ask for the lock next */
    int64_t retry_ms; /* when to try again what failed */
    uint64_t retry_after_ms;
    int64_t wall_ms; /* of the last look, since the epoch, as what follows */
    int64_t adopted_ms;
    int64_t missed_ms; /* the time that was missed last */
    struct said waits_for, failure;
    struct error fatal; /* at the start: no master would help */
    struct reload_counts counts;
};

/* --- telling --- */

static const char *serving_version(const struct reload *r)
{
    const struct index *index = serving_newest(r->serving);

    return index ? index_info(index)->version : NULL;
}

/* What serves without the deltas of the day: what stands in its place. It lives until another one serves, though deltas
 * may come and go meanwhile. NULL: nothing serves. */
static const struct index *serving_base(const struct reload *r)
{
    const struct index *index = serving_newest(r->serving);

    return index ? index_base(index) : NULL;
}

/* Takes the reference to `fields`. */
static void raise_alert(struct reload *r, const char *kind, json_t *fields)
{
    const char *version = serving_version(r);
    struct error e;

    if (fields)
        json_object_set_new(fields, "version", version ? json_string(version) : json_null());
    if (alerts_raise(r->options.alerts, kind, fields, &e) != 0)
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
}

static json_t *text_field(const char *name, const char *text)
{
    return json_pack("{s:o}", name, json_text(slice_of(text)));
}

/* Whether it is news, which it is again after a while. */
static bool is_news(struct said *said, const char *text, int64_t now_ms, int64_t again_ms)
{
    if (strcmp(said->text, text) == 0 && now_ms - said->at_ms < again_ms)
        return false;
    snprintf(said->text, sizeof said->text, "%s", text);
    said->at_ms = now_ms;
    return true;
}

static void forget(struct said *said)
{
    said->text[0] = '\0';
}

static void wait_for(struct reload *r, int64_t now_ms, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void wait_for(struct reload *r, int64_t now_ms, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (is_news(&r->waits_for, text, now_ms, REMIND_EVERY_MS))
        log_write(r->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s: %s", serving_version(r) ? "waits for a master" : "not ready",
                  text);
}

/* --- what becomes of a build --- */

static void stop_doing(struct reload *r)
{
    proof_free(r->proof);
    builder_free(r->builder);
    vetting_free(r->vetting);
    r->proof = NULL;
    r->builder = NULL;
    r->vetting = NULL;
    build_lock_release(&r->lock);
    r->doing = DOING_NOTHING;
}

static void look_soon(struct reload *r, int64_t at_ms)
{
    if (at_ms < r->look_ms)
        r->look_ms = at_ms;
}

/* The state of the master moves from one place to another. */
static void move(struct snapshot *from, struct snapshot *to)
{
    snapshot_free(to);
    *to = *from;
    *from = (struct snapshot){0};
}

static void try_again_later(struct reload *r, int64_t now_ms)
{
    move(&r->building, &r->failed);
    r->retry_ms = now_ms + (int64_t)r->retry_after_ms;
    r->retry_after_ms = r->retry_after_ms < RETRY_MAX_MS / 2 ? 2 * r->retry_after_ms : RETRY_MAX_MS;
    look_soon(r, r->retry_ms);
}

/* Said once for each state of the master and each reason. */
static void fail(struct reload *r, const struct error *e, int64_t now_ms)
{
    const char *version = serving_version(r);

    r->counts.build_failures++;
    if (!snapshot_shows_same(&r->building, &r->failed, false)) {
        forget(&r->failure);
        r->retry_after_ms = r->config->reload.retry_ms;
    }
    if (is_news(&r->failure, e->text, now_ms, INT64_MAX)) {
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "no index could be built, %s%s: %s",
                  version ? "serving on: version " : "none serves", version ? version : "", e->text);
        raise_alert(r, "BUILD_FAILED", text_field("reason", e->text));
    }
    if (!version && (e->code == ERROR_CONFIG || e->code == ERROR_USAGE))
        r->fatal = *e;
    if (builder_may_try_again(e))
        try_again_later(r, now_ms);
    else
        move(&r->building, &r->dealt_with);
    stop_doing(r);
}

/* --- versions --- */

/* The deltas of the day on top of a new base, all of which has to be readable still. Takes the base over. */
static int cover(struct reload *r, struct index *base, struct index **out, struct error *e)
{
    unsigned faults = bus_fault_count();

    *out = deltas_cover(r->deltas, base);
    if (faults == bus_fault_count())
        return 0;
    index_close(*out);
    return error_set(e, ERROR_IO, "%s: cannot be read as a whole", r->path);
}

/* It serves from here on, with the deltas of the day on top. Takes the index over in every case. */
static int serve(struct reload *r, struct index *index, struct error *e)
{
    char before[INDEX_VERSION_LEN + 1] = "";
    const struct index_info *info;

    if (serving_version(r))
        memcpy(before, serving_version(r), sizeof before);
    if (cover(r, index, &index, e) != 0 || serving_add(r->serving, index, e) != 0)
        return -1;
    info = index_info(index);
    r->is_damaged = false;
    r->kept_tried = 0;
    r->counts.adopted++;
    r->adopted_ms = before[0] != '\0' ? r->wall_ms : r->seen.mtime_ns / 1000000;
    forget(&r->waits_for);
    forget(&r->failure);
    log_write(r->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s: version %s with %llu rows serves%s%s", r->path, info->version,
              (unsigned long long)info->rows, before[0] != '\0' ? " in place of " : "", before);
    return 0;
}

/* The link has touched it. If it has become another one meanwhile, that is still to be looked at. */
static void see_link(struct reload *r)
{
    struct snapshot_stat now = snapshot_stat(r->path);

    if (now.inode == r->seen.inode && now.device == r->seen.device && now.mtime_ns == r->seen.mtime_ns)
        r->seen = now;
}

/* Of what stands in its place now. That it can't be kept is no reason not to serve it. */
static void keep(struct reload *r)
{
    struct error e;

    if (r->versions && (versions_add(r->versions, r->path, index_info(serving_base(r))->version, r->wall_ms, &e) != 0 ||
                        versions_prune(r->versions, (size_t)r->config->reload.keep, &e) != 0))
        log_write(r->log, LOG_LEVEL_WARNING, SUBSYSTEM, "%s", e.text);
    see_link(r);
}

/* From here on what stands in its place serves. */
static int serve_in_place(struct reload *r, struct index *index, struct error *e)
{
    r->seen = snapshot_stat(r->path);
    if (serve(r, index, e) != 0)
        return -1;
    if (gate_is_forced(r->path, index_info(serving_base(r))->version))
        gate_forget_forced(r->path);
    keep(r);
    return 0;
}

static void refuse(struct reload *r, const char *path, const struct error *why)
{
    const char *version = serving_version(r);

    r->counts.refused++;
    log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s: refused, %s%s: %s", path,
              version ? "serving on: version " : "none serves", version ? version : "", why->text);
    raise_alert(r, "MASTER_REFUSED", text_field("reason", why->text));
}

/* --- an index that was delivered --- */

static void end_delivered(struct reload *r, enum vetting_verdict verdict, struct index *index, struct error *why,
                          int64_t now_ms)
{
    bool is_young = r->wall_ms - r->vetting_of.ctime_ns / 1000000 < (int64_t)r->config->reload.settle_ms;

    stop_doing(r);
    look_soon(r, now_ms);
    if (verdict == VETTING_IS_DAMAGED && is_young && r->distrust_ms <= now_ms) {
        r->distrust_ms = now_ms + (int64_t)r->config->reload.settle_ms;
        return;
    }
    r->seen = r->vetting_of;
    if (verdict != VETTING_IS_GOOD)
        refuse(r, r->path, why);
    else if (serve_in_place(r, index, why) != 0)
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", why->text);
    else
        r->is_delivered = true;
}

/* What the next one is held against: not what nobody trusts. */
static const struct index *measure(const struct reload *r)
{
    return r->is_damaged ? NULL : serving_base(r);
}

/* Whether there is one to be looked at. */
static bool look_at_index(struct reload *r, int64_t now_ms)
{
    struct snapshot_stat now = snapshot_stat(r->path);
    struct error e;

    if (!now.is_there || snapshot_is_same(&now, &r->seen))
        return false;
    if (now_ms < r->distrust_ms && snapshot_is_same(&now, &r->vetting_of)) {
        look_soon(r, r->distrust_ms);
        return false;
    }
    /* Seen before it is opened: if it changes in between, it is looked at once more. */
    if (vetting_start(r->config, r->path, measure(r), r->recent, &r->vetting, &e) != 0) {
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
        return false;
    }
    build_lock_release(&r->lock);
    r->vetting_of = now;
    r->doing = DOING_VET_DELIVERED;
    return true;
}

/* --- an index that was built --- */

/* Whether the master has moved on since the build began. */
static bool has_moved_on(struct reload *r)
{
    struct snapshot now;
    struct error e;
    bool moved;

    if (snapshot_take(&r->config->master.files, &now, &e) != 0)
        return true;
    moved = !snapshot_shows_same(&now, &r->building, false);
    snapshot_free(&now);
    return moved;
}

static void discard_build(struct reload *r, int64_t now_ms)
{
    log_write(r->log, LOG_LEVEL_INFO, SUBSYSTEM, "the master has changed while it was read: that index is dropped");
    unlink(r->next_path);
    stop_doing(r);
    r->look_ms = now_ms;
}

/* In the place of the one that serves, on the disk and then in memory. */
static int put_in_place(struct reload *r, struct index *index, struct error *e)
{
    if (rename(r->next_path, r->path) == 0)
        return serve_in_place(r, index, e);
    error_write_errno(e, errno, "%s: cannot be put in place", r->next_path);
    index_close(index);
    return -1;
}

static void keep_refused(const struct reload *r)
{
    char *place = NULL;

    if (asprintf(&place, "%s" CONFIG_REFUSED_SUFFIX, r->path) < 0 || rename(r->next_path, place) != 0)
        unlink(r->next_path);
    free(place);
}

static void end_built(struct reload *r, enum vetting_verdict verdict, struct index *index, struct error *why,
                      int64_t now_ms)
{
    if (has_moved_on(r)) {
        index_close(index);
        discard_build(r, now_ms);
    } else if (verdict == VETTING_IS_REFUSED) {
        refuse(r, r->next_path, why);
        keep_refused(r);
        move(&r->building, &r->dealt_with);
        stop_doing(r);
    } else if (verdict == VETTING_IS_DAMAGED || put_in_place(r, index, why) != 0) {
        unlink(r->next_path);
        why->code = ERROR_IO; /* what the builder has written is good: the disk is not */
        fail(r, why, now_ms);
    } else {
        move(&r->building, &r->dealt_with);
        snapshot_free(&r->failed);
        r->is_delivered = false;
        stop_doing(r);
    }
}

/* --- a version of before --- */

static const struct version_entry *kept_entry(const struct reload *r)
{
    return versions_entry(r->versions, versions_count(r->versions) - 1 - r->kept_tried);
}

/* Whether there is one that was not looked at, which then is. */
static bool look_at_kept(struct reload *r)
{
    struct error e;

    if (!r->versions || (serving_newest(r->serving) && !r->is_damaged) || r->kept_tried >= versions_count(r->versions))
        return false;
    if (vetting_start_kept(r->config, kept_entry(r)->path, &r->vetting, &e) != 0) {
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
        return false;
    }
    r->doing = DOING_VET_KEPT;
    return true;
}

/* A file that was overwritten in place may be good, and another version. */
static void end_kept(struct reload *r, enum vetting_verdict verdict, struct index *index, struct error *why,
                     int64_t now_ms)
{
    const struct version_entry *entry = kept_entry(r);

    r->kept_tried++;
    stop_doing(r);
    look_soon(r, now_ms);
    if (index && strcmp(index_info(index)->version, entry->version) != 0) {
        error_set(why, ERROR_DATA, "%s: is version %s", entry->path, index_info(index)->version);
        index_close(index);
        verdict = VETTING_IS_DAMAGED;
    }
    if (verdict != VETTING_IS_GOOD || serve(r, index, why) != 0)
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", why->text);
}

static void go_on_vetting(struct reload *r, int64_t now_ms)
{
    struct index *index;
    struct error why;
    enum vetting_verdict verdict = vetting_poll(r->vetting, &index, &why);

    if (verdict == VETTING_GOES_ON)
        return;
    if (r->doing == DOING_VET_BUILT)
        end_built(r, verdict, index, &why, now_ms);
    else
        (r->doing == DOING_VET_DELIVERED ? end_delivered : end_kept)(r, verdict, index, &why, now_ms);
}

static void go_on_building(struct reload *r, int64_t now_ms)
{
    struct error e;

    switch (builder_poll(r->builder, now_ms, &e)) {
    case BUILDER_WORKS:
        return;
    case BUILDER_FAILED:
        if (has_moved_on(r))
            discard_build(r, now_ms);
        else
            fail(r, &e, now_ms);
        return;
    case BUILDER_IS_DONE:
        break;
    }
    builder_free(r->builder);
    r->builder = NULL;
    r->doing = DOING_VET_BUILT;
    if (has_moved_on(r))
        discard_build(r, now_ms);
    else if (vetting_start(r->config, r->next_path, measure(r), r->recent, &r->vetting, &e) != 0)
        fail(r, &e, now_ms);
}

/* --- starting a build --- */

static int start_build(struct reload *r, int64_t now_ms, struct error *e)
{
    struct string_list files;
    int status;

    if (snapshot_paths(&r->building, &files, e) != 0)
        return -1;
    log_write(r->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s: building from %zu master files", r->path, files.count);
    status = builder_start(r->config, &files, r->next_path, now_ms, r->log, &r->builder, e);
    free(files.items);
    return status;
}

/* With the lock: if neither master nor index has become another one meanwhile. */
static void begin_build(struct reload *r, int64_t now_ms)
{
    struct snapshot_stat index = snapshot_stat(r->path);
    struct error e;

    snapshot_free(&r->building); /* of a build that was dropped */
    if ((index.is_there && !snapshot_is_same(&index, &r->seen)) ||
        snapshot_take(&r->config->master.files, &r->building, &e) != 0 ||
        !snapshot_shows_same(&r->building, &r->settled.last, false)) {
        stop_doing(r);
        r->look_ms = now_ms;
        return;
    }
    r->doing = DOING_BUILD;
    if (start_build(r, now_ms, &e) != 0)
        fail(r, &e, now_ms);
}

static void go_on_queueing(struct reload *r, int64_t now_ms)
{
    struct error e;
    bool taken;

    if (now_ms < r->queue_ms)
        return;
    r->queue_ms = now_ms + LOCK_EVERY_MS;
    if (build_lock_try(&r->lock, r->lock_path, &taken, &e) != 0) {
        snapshot_free(&r->building);
        if (snapshot_copy(&r->settled.last, &r->building, &e) == 0)
            fail(r, &e, now_ms);
    } else if (taken) {
        begin_build(r, now_ms);
    } else {
        wait_for(r, now_ms, "another process that holds %s and builds", r->lock_path);
    }
}

static void begin_queue(struct reload *r, int64_t now_ms)
{
    const struct index *index = serving_base(r);
    const char *lacks = index ? freshness_lacks(r->config, &r->settled.last, index_info(index)) : "is not there yet";

    if (r->is_damaged)
        lacks = "is damaged";
    log_write(r->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s %s", r->path, lacks ? lacks : "has a master that was touched");
    r->doing = DOING_QUEUE;
    r->queue_ms = now_ms;
}

static void go_on_proving(struct reload *r, int64_t now_ms)
{
    struct error why;
    bool agrees;

    if (!proof_is_over(r->proof, &agrees, &why))
        return;
    proof_free(r->proof);
    r->proof = NULL;
    r->doing = DOING_NOTHING;
    if (agrees) {
        begin_queue(r, now_ms);
        return;
    }
    wait_for(r, now_ms, "%s", why.text);
    snapshot_free(&r->disproved);
    (void)snapshot_copy(&r->settled.last, &r->disproved, &why);
}

/* --- looking at the master --- */

static bool is_fresh(const struct reload *r)
{
    const struct index *index = serving_base(r);

    return index && !r->is_damaged && freshness_has_read(&r->settled.last, index_info(index)) &&
           !freshness_lacks(r->config, &r->settled.last, index_info(index));
}

/* Whether it is the state that was dealt with, or that of which the index was made that somebody else has put in place.
 * An index that was built here says nothing more of a file that was touched since: size and time may be as they were,
 * and the bytes others. */
static bool is_dealt_with(struct reload *r)
{
    struct error e;

    if (r->dealt_with.count > 0 && snapshot_shows_same(&r->settled.last, &r->dealt_with, false))
        return true;
    if (!r->is_delivered || !is_fresh(r))
        return false;
    snapshot_free(&r->dealt_with);
    return snapshot_copy(&r->settled.last, &r->dealt_with, &e) == 0;
}

static void begin_proof(struct reload *r)
{
    struct error e;

    if (snapshot_shows_same(&r->settled.last, &r->disproved, true))
        return;
    if (proof_start(&r->settled.last, r->config->reload.ready_file, &r->proof, &e) == 0)
        r->doing = DOING_PROOF;
    else
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
}

/* A master that is whole, or is if its digests agree. */
static void consider(struct reload *r, bool needs_digests, int64_t now_ms)
{
    if (snapshot_shows_same(&r->settled.last, &r->failed, false) && now_ms < r->retry_ms)
        look_soon(r, r->retry_ms);
    else if (needs_digests)
        begin_proof(r);
    else
        begin_queue(r, now_ms);
}

static void look_at_master(struct reload *r, int64_t now_ms)
{
    enum settled_verdict verdict;
    struct snapshot now;
    struct error e;
    size_t file;

    if (snapshot_take(&r->config->master.files, &now, &e) != 0)
        return;
    verdict = settled_look(&r->settled, &now, now_ms, r->wall_ms, r->config, &file);
    r->is_changing = false;
    if (is_dealt_with(r))
        return;
    r->is_changing = verdict == SETTLED_IS_CHANGING;
    switch (verdict) {
    case SETTLED_IS_MISSING:
        wait_for(r, now_ms, "%s is not there", r->settled.last.files[file].path);
        return;
    case SETTLED_IS_UNMARKED:
        wait_for(r, now_ms, "%s has no side file that says it is whole", r->settled.last.files[file].path);
        return;
    case SETTLED_IS_CHANGING:
        look_soon(r, settled_due_ms(&r->settled, r->config));
        return;
    case SETTLED_NEEDS_DIGESTS:
    case SETTLED_IS_WHOLE:
        consider(r, verdict == SETTLED_NEEDS_DIGESTS, now_ms);
    }
}

/* --- looking --- */

/* The names as they are configured, so that it also hears of the first match of a pattern; and what they stand for. */
static void set_watch(struct reload *r)
{
    const struct string_list *patterns = &r->config->master.files;
    size_t count = patterns->count + r->settled.last.count, used = 0;
    const char **paths = calloc(count + 1, sizeof *paths);

    if (!paths)
        return;
    paths[used++] = r->path;
    for (size_t i = 0; i < patterns->count; i++)
        paths[used++] = patterns->items[i];
    for (size_t i = 0; i < r->settled.last.count; i++)
        paths[used++] = r->settled.last.files[i].path;
    watch_set(r->watch, paths, used);
    free(paths);
}

static void look(struct reload *r, int64_t now_ms)
{
    r->look_ms = now_ms + (int64_t)r->config->reload.check_interval_ms;
    set_watch(r);
    if (look_at_index(r, now_ms) || r->doing != DOING_NOTHING || look_at_kept(r))
        return;
    if (r->config->master.files.count > 0)
        look_at_master(r, now_ms);
    else if (!serving_newest(r->serving))
        wait_for(r, now_ms, "%s is not there, and there is no master to make it of", r->path);
}

static void go_on(struct reload *r, int64_t now_ms)
{
    switch (r->doing) {
    case DOING_NOTHING:
        break;
    case DOING_PROOF:
        go_on_proving(r, now_ms);
        break;
    case DOING_QUEUE:
        go_on_queueing(r, now_ms);
        break;
    case DOING_BUILD:
        go_on_building(r, now_ms);
        break;
    case DOING_VET_BUILT:
    case DOING_VET_DELIVERED:
    case DOING_VET_KEPT:
        go_on_vetting(r, now_ms);
        break;
    }
}

/* Lanes wait for another one: what stands in its place is looked at anew, then what was kept; else it is built. */
static void check_damage(struct reload *r, int64_t now_ms)
{
    const struct index *index = serving_newest(r->serving);

    if (!index || r->is_damaged || serving_trusts(r->serving, index))
        return;
    r->is_damaged = true;
    r->seen = (struct snapshot_stat){0};
    snapshot_free(&r->dealt_with);
    r->look_ms = now_ms;
    log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM,
              "%s: was overwritten or cut in place, or cannot be read: nothing is checked by version %s any more",
              r->path, serving_version(r));
    raise_alert(r, "INDEX_DAMAGED", text_field("path", r->path));
}

/* New deltas over the base that serves. What was found in one that cannot be trusted is dropped: it is replaced soon,
 * and the deltas are put on top of what replaces it. */
static void look_for_deltas(struct reload *r, int64_t now_ms)
{
    struct index *index = r->is_damaged ? NULL : deltas_look(r->deltas, now_ms);
    struct error e;

    if (!index)
        return;
    if (!serving_trusts(r->serving, serving_newest(r->serving)))
        index_close(index);
    else if (serving_add(r->serving, index, &e) != 0)
        log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
}

/* Since the time before the last one by which a master was expected. */
static void check_expected(struct reload *r)
{
    char due_text[WALL_TEXT], adopted_text[WALL_TEXT];
    int64_t due_ms, before_ms;

    if (!r->is_expected || !serving_newest(r->serving))
        return;
    due_ms = expected_last_ms(&r->expected, r->wall_ms);
    before_ms = expected_last_ms(&r->expected, due_ms - 1);
    if (due_ms == r->missed_ms || r->adopted_ms > before_ms)
        return;
    r->missed_ms = due_ms;
    r->counts.missed++;
    wall_write(due_ms, due_text);
    wall_write(r->adopted_ms, adopted_text);
    log_write(r->log, LOG_LEVEL_ERROR, SUBSYSTEM,
              "no new master by %s (reload.expected_by): version %s of %s serves on", due_text, serving_version(r),
              adopted_text);
    raise_alert(r, "MASTER_MISSED", json_pack("{s:s, s:s}", "expected_by", due_text, "adopted", adopted_text));
}

void reload_look(struct reload *reload, int64_t now_ms, int64_t wall_ms)
{
    reload->wall_ms = wall_ms;
    serving_close_unused(reload->serving);
    check_damage(reload, now_ms);
    look_for_deltas(reload, now_ms);
    go_on(reload, now_ms);
    if (watch_is_woken(reload->watch))
        reload->look_ms = now_ms;
    if (now_ms >= reload->look_ms && (reload->doing == DOING_NOTHING || reload->doing == DOING_QUEUE))
        look(reload, now_ms);
    check_expected(reload);
}

/* --- starting and ending --- */

static int settle_paths(struct reload *r, struct error *e)
{
    const char *lock = r->config->reload.lock;

    if (asprintf(&r->next_path, "%s.next", r->path) < 0)
        r->next_path = NULL;
    if ((lock[0] != '\0' ? asprintf(&r->lock_path, "%s", lock) : asprintf(&r->lock_path, "%s.lock", r->path)) < 0)
        r->lock_path = NULL;
    return r->next_path && r->lock_path ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a path");
}

static int make(const struct reload_options *options, struct reload **out, struct error *e)
{
    struct reload *r = calloc(1, sizeof *r);

    *out = r;
    if (!r)
        return error_set(e, ERROR_INTERNAL, "no memory for the index");
    r->options = *options;
    r->config = options->config;
    r->log = options->log;
    r->path = r->config->master.index;
    r->lock = BUILD_LOCK_FREE;
    r->look_ms = INT64_MIN;
    r->retry_after_ms = r->config->reload.retry_ms;
    r->is_expected = expected_parse(slice_of(r->config->reload.expected_by), &r->expected);
    r->serving = serving_new();
    r->recent = recent_new();
    r->watch = watch_new();
    if (!r->serving || !r->recent || !r->watch)
        return error_set(e, ERROR_INTERNAL, "no memory for the index");
    return settle_paths(r, e);
}

/* Without them it does not know any version of before, and that is all. */
static void open_versions(struct reload *r)
{
    char *directory = versions_directory(r->config);
    struct error e;

    if (!directory || versions_open(directory, &r->versions, &e) != 0)
        log_write(r->log, LOG_LEVEL_WARNING, SUBSYSTEM, "%s", directory ? e.text : "no memory for the versions");
    free(directory);
}

/* An index that serves need not wait for ever for a master that keeps changing. */
static bool is_ready(const struct reload *r, int64_t waited_ms)
{
    return serving_newest(r->serving) && !r->is_damaged && r->doing == DOING_NOTHING &&
           (!r->is_changing || waited_ms > START_CHANGES_MS);
}

static int start(struct reload *r, struct error *e)
{
    const int64_t began_ms = monotonic_ms();

    open_versions(r);
    for (;;) {
        int64_t now_ms = monotonic_ms();

        reload_look(r, now_ms, wall_ms());
        if (r->fatal.code != ERROR_NONE) {
            *e = r->fatal;
            return -1;
        }
        if (is_ready(r, now_ms - began_ms))
            return 0;
        if (r->options.stop && atomic_load(r->options.stop))
            return 0;
        monotonic_nap(START_NAP_MS);
    }
}

int reload_new(const struct reload_options *options, struct reload **out, struct error *e)
{
    struct reload *r;
    int status = make(options, &r, e);

    if (status == 0)
        status = deltas_new(r->config, options->alerts, r->log, &r->deltas, e);
    if (status == 0)
        status = start(r, e);
    if (status != 0 || !serving_newest(r->serving)) {
        reload_free(r);
        r = NULL;
    }
    *out = r;
    return status;
}

int reload_open(const struct config *config, struct log *log, struct reload **out, struct error *e)
{
    const struct reload_options options = {.config = config, .log = log};
    struct index *index = NULL;
    struct reload *r;

    if (make(&options, &r, e) != 0 || vetting_open(config, r->path, &index, e) != 0 ||
        serving_add(r->serving, index, e) != 0) {
        reload_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

void reload_free(struct reload *reload)
{
    if (!reload)
        return;
    stop_doing(reload);
    settled_free(&reload->settled);
    snapshot_free(&reload->dealt_with);
    snapshot_free(&reload->disproved);
    snapshot_free(&reload->building);
    snapshot_free(&reload->failed);
    watch_free(reload->watch);
    deltas_free(reload->deltas);
    versions_free(reload->versions);
    serving_free(reload->serving);
    recent_free(reload->recent);
    free(reload->lock_path);
    free(reload->next_path);
    free(reload);
}

/* --- for others --- */

const struct index *reload_take(struct reload *reload, const struct index *held)
{
    return serving_take(reload->serving, held);
}

void reload_give_back(struct reload *reload, const struct index *held)
{
    serving_give_back(reload->serving, held);
}

void reload_note(struct reload *reload, int64_t now_ms, struct slice record)
{
    recent_note(reload->recent, now_ms, record);
}

bool reload_trusts(struct reload *reload, const struct index *held)
{
    return serving_trusts(reload->serving, held);
}

const struct index *reload_index(const struct reload *reload)
{
    return serving_newest(reload->serving);
}

struct reload_counts reload_counts(const struct reload *reload)
{
    return reload->counts;
}

const char *reload_path(const struct reload *reload)
{
    return reload->path;
}
