#include "rebuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "build_lock.h"
#include "builder.h"
#include "freshness.h"
#include "proof.h"
#include "settled.h"
#include "vetting.h"

#define LOCK_EVERY_MS 250   /* between tries to be the one that builds */
#define RETRY_MAX_MS 600000 /* after which a build is tried again at the latest */

enum doing {
    DOING_NOTHING,
    DOING_PROOF, /* compares digests */
    DOING_QUEUE, /* waits for its turn to build */
    DOING_BUILD, /* and holds the lock, as in what follows it */
    DOING_VET,
};

struct rebuild {
    const struct config *config;
    struct incumbent *incumbent;
    struct notices *notices;
    struct recent *recent;
    const char *path; /* of the configuration */
    char *next_path;  /* what is built, before it takes the place */
    char *lock_path;

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
    bool is_changing;           /* the master, when it was seen last */

    int64_t wall_ms;  /* of this call, since the epoch */
    int64_t look_ms;  /* when to look next, as far as this call knows: by the monotonic clock, as what follows */
    int64_t queue_ms; /* when to ask for the lock next */
    int64_t retry_ms; /* when to try again what failed */
    uint64_t retry_after_ms;
    struct error fatal; /* nothing serves, and no master would help */
    struct rebuild_counts counts;
};

/* --- what becomes of a build --- */

static void stop_doing(struct rebuild *b)
{
    proof_free(b->proof);
    builder_free(b->builder);
    vetting_free(b->vetting);
    b->proof = NULL;
    b->builder = NULL;
    b->vetting = NULL;
    build_lock_release(&b->lock);
    b->doing = DOING_NOTHING;
}

static void look_soon(struct rebuild *b, int64_t at_ms)
{
    if (at_ms < b->look_ms)
        b->look_ms = at_ms;
}

/* The state of the master moves from one place to another. */
static void move(struct snapshot *from, struct snapshot *to)
{
    snapshot_free(to);
    *to = *from;
    *from = (struct snapshot){0};
}

static void try_again_later(struct rebuild *b, int64_t now_ms)
{
    move(&b->building, &b->failed);
    b->retry_ms = now_ms + (int64_t)b->retry_after_ms;
    b->retry_after_ms = b->retry_after_ms < RETRY_MAX_MS / 2 ? 2 * b->retry_after_ms : RETRY_MAX_MS;
    look_soon(b, b->retry_ms);
}

/* Said once for each state of the master and each reason. */
static void fail(struct rebuild *b, const struct error *e, int64_t now_ms)
{
    b->counts.failures++;
    if (!snapshot_shows_same(&b->building, &b->failed, false)) {
        notices_forget_failure(b->notices);
        b->retry_after_ms = b->config->reload.retry_ms;
    }
    notices_build_failed(b->notices, e, now_ms);
    if (!incumbent_base(b->incumbent) && (e->code == ERROR_CONFIG || e->code == ERROR_USAGE))
        b->fatal = *e;
    if (builder_may_try_again(e))
        try_again_later(b, now_ms);
    else
        move(&b->building, &b->dealt_with);
    stop_doing(b);
}

/* --- the index that was built --- */

/* Whether the master has moved on since the build began. */
static bool has_moved_on(struct rebuild *b)
{
    struct snapshot now;
    struct error e;
    bool moved;

    if (snapshot_take(&b->config->master.files, &now, &e) != 0)
        return true;
    moved = !snapshot_shows_same(&now, &b->building, false);
    snapshot_free(&now);
    return moved;
}

static void discard_build(struct rebuild *b, int64_t now_ms)
{
    log_write(b->notices->log, LOG_LEVEL_INFO, NOTICES_SUBSYSTEM,
              "the master has changed while it was read: that index is dropped");
    unlink(b->next_path);
    stop_doing(b);
    look_soon(b, now_ms);
}

/* In the place of the one that serves, on the disk and then in memory. */
static int put_in_place(struct rebuild *b, struct index *index, struct error *e)
{
    if (rename(b->next_path, b->path) == 0)
        return incumbent_adopt(b->incumbent, index, false, b->wall_ms, e);
    error_write_errno(e, errno, "%s: cannot be put in place", b->next_path);
    index_close(index);
    return -1;
}

static void keep_refused(const struct rebuild *b)
{
    char *place = NULL;

    if (asprintf(&place, "%s" CONFIG_REFUSED_SUFFIX, b->path) < 0 || rename(b->next_path, place) != 0)
        unlink(b->next_path);
    free(place);
}

static void end_built(struct rebuild *b, enum vetting_verdict verdict, struct index *index, struct error *why,
                      int64_t now_ms)
{
    if (has_moved_on(b)) {
        index_close(index);
        discard_build(b, now_ms);
    } else if (verdict == VETTING_IS_REFUSED) {
        b->counts.refused++;
        notices_refused(b->notices, b->next_path, why);
        keep_refused(b);
        move(&b->building, &b->dealt_with);
        stop_doing(b);
    } else if (verdict == VETTING_IS_DAMAGED || put_in_place(b, index, why) != 0) {
        unlink(b->next_path);
        why->code = ERROR_IO; /* what the builder has written is good: the disk is not */
        fail(b, why, now_ms);
    } else {
        move(&b->building, &b->dealt_with);
        snapshot_free(&b->failed);
        stop_doing(b);
    }
}

static void go_on_vetting(struct rebuild *b, int64_t now_ms)
{
    struct index *index;
    struct error why;
    enum vetting_verdict verdict = vetting_poll(b->vetting, &index, &why);

    if (verdict != VETTING_GOES_ON)
        end_built(b, verdict, index, &why, now_ms);
}

static void go_on_building(struct rebuild *b, int64_t now_ms)
{
    struct error e;

    switch (builder_poll(b->builder, now_ms, &e)) {
    case BUILDER_WORKS:
        return;
    case BUILDER_FAILED:
        if (has_moved_on(b))
            discard_build(b, now_ms);
        else
            fail(b, &e, now_ms);
        return;
    case BUILDER_IS_DONE:
        break;
    }
    builder_free(b->builder);
    b->builder = NULL;
    b->doing = DOING_VET;
    if (has_moved_on(b))
        discard_build(b, now_ms);
    else if (vetting_start(b->config, b->next_path, incumbent_trusted(b->incumbent), b->recent, &b->vetting, &e) != 0)
        fail(b, &e, now_ms);
}

/* --- starting a build --- */

static int start_build(struct rebuild *b, int64_t now_ms, struct error *e)
{
    struct string_list files;
    int status;

    if (snapshot_paths(&b->building, &files, e) != 0)
        return -1;
    log_write(b->notices->log, LOG_LEVEL_INFO, NOTICES_SUBSYSTEM, "%s: building from %zu master files", b->path,
              files.count);
    status = builder_start(b->config, &files, b->next_path, incumbent_trusted(b->incumbent) != NULL, now_ms,
                           b->notices->log, &b->builder, e);
    free(files.items);
    return status;
}

/* With the lock: if neither master nor index has become another one meanwhile. */
static void begin_build(struct rebuild *b, int64_t now_ms)
{
    struct snapshot_stat index = snapshot_stat(b->path);
    struct error e;

    snapshot_free(&b->building); /* of a build that was dropped */
    if ((index.is_there && !snapshot_is_same(&index, incumbent_seen(b->incumbent))) ||
        snapshot_take(&b->config->master.files, &b->building, &e) != 0 ||
        !snapshot_shows_same(&b->building, &b->settled.last, false)) {
        stop_doing(b);
        look_soon(b, now_ms);
        return;
    }
    b->doing = DOING_BUILD;
    if (start_build(b, now_ms, &e) != 0)
        fail(b, &e, now_ms);
}

static void go_on_queueing(struct rebuild *b, int64_t now_ms)
{
    struct error e;
    bool taken;

    if (now_ms < b->queue_ms)
        return;
    b->queue_ms = now_ms + LOCK_EVERY_MS;
    if (build_lock_try(&b->lock, b->lock_path, &taken, &e) != 0) {
        snapshot_free(&b->building);
        if (snapshot_copy(&b->settled.last, &b->building, &e) == 0)
            fail(b, &e, now_ms);
    } else if (taken) {
        begin_build(b, now_ms);
    } else {
        notices_wait(b->notices, now_ms, "another process that holds %s and builds", b->lock_path);
    }
}

static void begin_queue(struct rebuild *b, int64_t now_ms)
{
    const struct index *index = incumbent_base(b->incumbent);
    const char *lacks = index ? freshness_lacks(b->config, &b->settled.last, index_info(index)) : "is not there yet";

    if (index && !incumbent_trusted(b->incumbent))
        lacks = "is damaged";
    log_write(b->notices->log, LOG_LEVEL_INFO, NOTICES_SUBSYSTEM, "%s %s", b->path,
              lacks ? lacks : "has a master that was touched");
    b->doing = DOING_QUEUE;
    b->queue_ms = now_ms;
}

static void go_on_proving(struct rebuild *b, int64_t now_ms)
{
    struct error why;
    bool agrees;

    if (!proof_is_over(b->proof, &agrees, &why))
        return;
    proof_free(b->proof);
    b->proof = NULL;
    b->doing = DOING_NOTHING;
    if (agrees) {
        begin_queue(b, now_ms);
        return;
    }
    notices_wait(b->notices, now_ms, "%s", why.text);
    snapshot_free(&b->disproved);
    (void)snapshot_copy(&b->settled.last, &b->disproved, &why);
}

/* --- looking at the master --- */

static bool is_fresh(const struct rebuild *b)
{
    const struct index *index = incumbent_trusted(b->incumbent);

    return index && freshness_has_read(&b->settled.last, index_info(index)) &&
           !freshness_lacks(b->config, &b->settled.last, index_info(index));
}

/* Whether it is the state that was dealt with, or that of which the index was made that somebody else has put in place.
 * An index that was built here says nothing more of a file that was touched since: size and time may be as they were,
 * and the bytes others. */
static bool is_dealt_with(struct rebuild *b)
{
    struct error e;

    if (b->dealt_with.count > 0 && snapshot_shows_same(&b->settled.last, &b->dealt_with, false))
        return true;
    if (!incumbent_is_delivered(b->incumbent) || !is_fresh(b))
        return false;
    snapshot_free(&b->dealt_with);
    return snapshot_copy(&b->settled.last, &b->dealt_with, &e) == 0;
}

static void begin_proof(struct rebuild *b)
{
    struct error e;

    if (snapshot_shows_same(&b->settled.last, &b->disproved, true))
        return;
    if (proof_start(&b->settled.last, b->config->reload.ready_file, &b->proof, &e) == 0)
        b->doing = DOING_PROOF;
    else
        log_write(b->notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s", e.text);
}

/* A master that is whole, or is if its digests agree. */
static void consider(struct rebuild *b, bool needs_digests, int64_t now_ms)
{
    if (snapshot_shows_same(&b->settled.last, &b->failed, false) && now_ms < b->retry_ms)
        look_soon(b, b->retry_ms);
    else if (needs_digests)
        begin_proof(b);
    else
        begin_queue(b, now_ms);
}

static void look_at_master(struct rebuild *b, int64_t now_ms)
{
    enum settled_verdict verdict;
    struct snapshot now;
    struct error e;
    size_t file;

    if (snapshot_take(&b->config->master.files, &now, &e) != 0)
        return;
    verdict = settled_look(&b->settled, &now, now_ms, b->wall_ms, b->config, &file);
    b->is_changing = false;
    if (is_dealt_with(b))
        return;
    b->is_changing = verdict == SETTLED_IS_CHANGING;
    switch (verdict) {
    case SETTLED_IS_MISSING:
        notices_wait(b->notices, now_ms, "%s is not there", b->settled.last.files[file].path);
        return;
    case SETTLED_IS_UNMARKED:
        notices_wait(b->notices, now_ms, "%s has no side file that says it is whole", b->settled.last.files[file].path);
        return;
    case SETTLED_IS_CHANGING:
        look_soon(b, settled_due_ms(&b->settled, b->config));
        return;
    case SETTLED_NEEDS_DIGESTS:
    case SETTLED_IS_WHOLE:
        consider(b, verdict == SETTLED_NEEDS_DIGESTS, now_ms);
    }
}

int64_t rebuild_look(struct rebuild *rebuild, int64_t now_ms, int64_t wall_ms)
{
    rebuild->wall_ms = wall_ms;
    rebuild->look_ms = INT64_MAX;
    look_at_master(rebuild, now_ms);
    return rebuild->look_ms;
}

/* --- going on --- */

int64_t rebuild_go_on(struct rebuild *rebuild, int64_t now_ms, int64_t wall_ms)
{
    rebuild->wall_ms = wall_ms;
    rebuild->look_ms = INT64_MAX;
    switch (rebuild->doing) {
    case DOING_NOTHING:
        break;
    case DOING_PROOF:
        go_on_proving(rebuild, now_ms);
        break;
    case DOING_QUEUE:
        go_on_queueing(rebuild, now_ms);
        break;
    case DOING_BUILD:
        go_on_building(rebuild, now_ms);
        break;
    case DOING_VET:
        go_on_vetting(rebuild, now_ms);
        break;
    }
    return rebuild->look_ms;
}

/* --- for others --- */

static int settle_paths(struct rebuild *b, struct error *e)
{
    const char *lock = b->config->reload.lock;

    if (asprintf(&b->next_path, "%s.next", b->path) < 0)
        b->next_path = NULL;
    if ((lock[0] != '\0' ? asprintf(&b->lock_path, "%s", lock) : asprintf(&b->lock_path, "%s.lock", b->path)) < 0)
        b->lock_path = NULL;
    return b->next_path && b->lock_path ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a path");
}

int rebuild_new(const struct config *config, struct incumbent *incumbent, struct notices *notices,
                struct recent *recent, struct rebuild **out, struct error *e)
{
    struct rebuild *b = calloc(1, sizeof *b);

    *out = b;
    if (!b)
        return error_set(e, ERROR_INTERNAL, "no memory for building an index");
    b->config = config;
    b->incumbent = incumbent;
    b->notices = notices;
    b->recent = recent;
    b->path = config->master.index;
    b->lock = BUILD_LOCK_FREE;
    b->retry_after_ms = config->reload.retry_ms;
    return settle_paths(b, e);
}

void rebuild_free(struct rebuild *rebuild)
{
    if (!rebuild)
        return;
    stop_doing(rebuild);
    settled_free(&rebuild->settled);
    snapshot_free(&rebuild->dealt_with);
    snapshot_free(&rebuild->disproved);
    snapshot_free(&rebuild->building);
    snapshot_free(&rebuild->failed);
    free(rebuild->lock_path);
    free(rebuild->next_path);
    free(rebuild);
}

enum rebuild_state rebuild_state(const struct rebuild *rebuild)
{
    switch (rebuild->doing) {
    case DOING_NOTHING:
        return REBUILD_IS_IDLE;
    case DOING_QUEUE:
        return REBUILD_QUEUES;
    default:
        return REBUILD_WORKS;
    }
}

void rebuild_stop(struct rebuild *rebuild)
{
    stop_doing(rebuild);
}

void rebuild_forget(struct rebuild *rebuild)
{
    snapshot_free(&rebuild->dealt_with);
}

const struct snapshot *rebuild_master(const struct rebuild *rebuild)
{
    return &rebuild->settled.last;
}

bool rebuild_master_is_changing(const struct rebuild *rebuild)
{
    return rebuild->is_changing;
}

const struct error *rebuild_fatal(const struct rebuild *rebuild)
{
    return rebuild->fatal.code == ERROR_NONE ? NULL : &rebuild->fatal;
}

struct rebuild_counts rebuild_counts(const struct rebuild *rebuild)
{
    return rebuild->counts;
}
