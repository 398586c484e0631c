#include "reload.h"

#include <stdlib.h>

#include "expected.h"
#include "incumbent.h"
#include "monotonic.h"
#include "notices.h"
#include "rebuild.h"
#include "remake.h"
#include "serving.h"
#include "vetting.h"
#include "wall.h"
#include "watch.h"

#define START_NAP_MS 10        /* between looks before there are lanes */
#define START_CHANGES_MS 60000 /* for so long a start waits for a master that keeps changing, if there is an index */

struct reload {
    struct reload_options options;
    const struct config *config;
    const char *path; /* of the configuration */
    struct serving *serving;
    struct notices notices;
    struct incumbent *incumbent;
    struct rebuild *rebuild;
    struct recent *recent;
    struct watch *watch;
    struct expected expected;
    bool is_expected;

    struct vetting *vetting; /* of what somebody else has put in place, or of a version of before; NULL: of neither */
    bool vets_kept;          /* the latter, for want of a better one */
    struct snapshot_stat vetting_of; /* what stood in place when its vetting began */

    int64_t look_ms;     /* when to look next, by the monotonic clock */
    int64_t distrust_ms; /* until then a damaged index is taken for one that is being written; by the same */
    int64_t wall_ms;     /* of the last look, since the epoch */
    int64_t missed_ms;   /* the time that was missed last; likewise */
    struct reload_counts counts;
};

static void look_soon(struct reload *r, int64_t at_ms)
{
    if (at_ms < r->look_ms)
        r->look_ms = at_ms;
}

static void log_error(const struct reload *r, const struct error *e)
{
    log_write(r->options.log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s", e->text);
}

/* --- an index that was delivered --- */

/* Whether there is one to be looked at. */
static bool look_at_index(struct reload *r, int64_t now_ms)
{
    struct snapshot_stat now = snapshot_stat(r->path);
    struct error e;

    if (!now.is_there || snapshot_is_same(&now, incumbent_seen(r->incumbent)))
        return false;
    if (now_ms < r->distrust_ms && snapshot_is_same(&now, &r->vetting_of)) {
        look_soon(r, r->distrust_ms);
        return false;
    }
    /* Seen before it is opened: if it changes in between, it is looked at once more. */
    if (vetting_start(r->config, r->path, incumbent_trusted(r->incumbent), r->recent, &r->vetting, &e) != 0) {
        log_error(r, &e);
        return false;
    }
    rebuild_stop(r->rebuild);
    r->vetting_of = now;
    r->vets_kept = false;
    return true;
}

/* One that was just written may be written still: it is looked at once more before it is refused. */
static bool is_being_written(struct reload *r, int64_t now_ms)
{
    const int64_t settle_ms = (int64_t)r->config->reload.settle_ms;

    if (r->wall_ms - r->vetting_of.ctime_ns / 1000000 >= settle_ms || r->distrust_ms > now_ms)
        return false;
    r->distrust_ms = now_ms + settle_ms;
    return true;
}

static void end_delivered(struct reload *r, enum vetting_verdict verdict, struct index *index, struct error *why,
                          int64_t now_ms)
{
    if (verdict == VETTING_IS_DAMAGED && is_being_written(r, now_ms))
        return;
    incumbent_saw(r->incumbent, &r->vetting_of);
    if (verdict != VETTING_IS_GOOD) {
        r->counts.refused++;
        notices_refused(&r->notices, r->path, why);
    } else if (incumbent_adopt(r->incumbent, index, true, r->wall_ms, why) != 0) {
        log_error(r, why);
    }
}

/* --- a version of before --- */

/* Whether there is one that was not looked at, which then is. */
static bool look_at_kept(struct reload *r)
{
    const char *path = incumbent_kept(r->incumbent);
    struct error e;

    if (!path)
        return false;
    if (vetting_start_kept(r->config, path, &r->vetting, &e) != 0) {
        log_error(r, &e);
        return false;
    }
    r->vets_kept = true;
    return true;
}

static void go_on_vetting(struct reload *r, int64_t now_ms)
{
    struct index *index;
    struct error why;
    enum vetting_verdict verdict = vetting_poll(r->vetting, &index, &why);

    if (verdict == VETTING_GOES_ON)
        return;
    vetting_free(r->vetting);
    r->vetting = NULL;
    look_soon(r, now_ms);
    if (!r->vets_kept)
        end_delivered(r, verdict, index, &why, now_ms);
    else if (incumbent_adopt_kept(r->incumbent, index, r->wall_ms, &why) != 0)
        log_error(r, &why);
}

/* --- looking --- */

/* The names as they are configured, so that it also hears of the first match of a pattern; and what they stand for. */
static void set_watch(struct reload *r)
{
    const struct string_list *patterns = &r->config->master.files;
    const struct snapshot *master = rebuild_master(r->rebuild);
    size_t count = patterns->count + master->count, used = 0;
    const char **paths = calloc(count + 1, sizeof *paths);

    if (!paths)
        return;
    paths[used++] = r->path;
    for (size_t i = 0; i < patterns->count; i++)
        paths[used++] = patterns->items[i];
    for (size_t i = 0; i < master->count; i++)
        paths[used++] = master->files[i].path;
    watch_set(r->watch, paths, used);
    free(paths);
}

static void look(struct reload *r, int64_t now_ms)
{
    r->look_ms = now_ms + (int64_t)r->config->reload.check_interval_ms;
    set_watch(r);
    if (look_at_index(r, now_ms) || rebuild_state(r->rebuild) != REBUILD_IS_IDLE || look_at_kept(r))
        return;
    if (r->config->master.files.count > 0)
        look_soon(r, rebuild_look(r->rebuild, now_ms, r->wall_ms));
    else if (!serving_newest(r->serving))
        notices_wait(&r->notices, now_ms, "%s is not there, and there is no master to make it of", r->path);
}

static void check_damage(struct reload *r, int64_t now_ms)
{
    if (!incumbent_finds_damage(r->incumbent))
        return;
    rebuild_forget(r->rebuild);
    r->look_ms = now_ms;
}

static void go_on(struct reload *r, int64_t now_ms)
{
    if (r->vetting)
        go_on_vetting(r, now_ms);
    else
        look_soon(r, rebuild_go_on(r->rebuild, now_ms, r->wall_ms));
}

/* Since the time before the last one by which a master was expected. */
static void check_expected(struct reload *r)
{
    const int64_t adopted_ms = incumbent_adopted_ms(r->incumbent);
    int64_t due_ms, before_ms;

    if (!r->is_expected || !serving_newest(r->serving))
        return;
    due_ms = expected_last_ms(&r->expected, r->wall_ms);
    before_ms = expected_last_ms(&r->expected, due_ms - 1);
    if (due_ms == r->missed_ms || adopted_ms > before_ms)
        return;
    r->missed_ms = due_ms;
    r->counts.missed++;
    notices_missed(&r->notices, due_ms, adopted_ms);
}

void reload_look(struct reload *reload, int64_t now_ms, int64_t wall_ms)
{
    reload->wall_ms = wall_ms;
    if (!incumbent_is_busy(reload->incumbent))
        serving_close_unused(reload->serving);
    check_damage(reload, now_ms);
    if (incumbent_look(reload->incumbent, now_ms, wall_ms))
        reload->look_ms = now_ms;
    go_on(reload, now_ms);
    if (watch_is_woken(reload->watch))
        reload->look_ms = now_ms;
    if (now_ms >= reload->look_ms && !reload->vetting && rebuild_state(reload->rebuild) != REBUILD_WORKS &&
        !incumbent_is_adopting(reload->incumbent))
        look(reload, now_ms);
    check_expected(reload);
}

/* --- starting and ending --- */

static int make(const struct reload_options *options, struct reload **out, struct error *e)
{
    struct reload *r = calloc(1, sizeof *r);

    *out = r;
    if (!r)
        return error_set(e, ERROR_INTERNAL, "no memory for the index");
    r->options = *options;
    r->config = options->config;
    r->path = r->config->master.index;
    r->look_ms = INT64_MIN;
    r->is_expected = expected_parse(slice_of(r->config->reload.expected_by), &r->expected);
    r->serving = serving_new();
    r->recent = recent_new();
    r->watch = watch_new();
    if (!r->serving || !r->recent || !r->watch)
        return error_set(e, ERROR_INTERNAL, "no memory for the index");
    r->notices = (struct notices){.log = options->log, .alerts = options->alerts, .serving = r->serving};
    if (incumbent_new(r->config, r->serving, &r->notices, &r->incumbent, e) != 0)
        return -1;
    return rebuild_new(r->config, r->incumbent, &r->notices, r->recent, &r->rebuild, e);
}

/* An index that serves need not wait for ever for a master that keeps changing. */
static bool is_ready(const struct reload *r, int64_t waited_ms)
{
    return incumbent_trusted(r->incumbent) && !incumbent_is_adopting(r->incumbent) && !r->vetting &&
           rebuild_state(r->rebuild) == REBUILD_IS_IDLE &&
           (!rebuild_master_is_changing(r->rebuild) || waited_ms > START_CHANGES_MS);
}

static int start(struct reload *r, struct error *e)
{
    const int64_t began_ms = monotonic_ms();

    for (;;) {
        int64_t now_ms = monotonic_ms();

        reload_look(r, now_ms, wall_ms());
        if (rebuild_fatal(r->rebuild)) {
            *e = *rebuild_fatal(r->rebuild);
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
        status = incumbent_open(r->incumbent, options->alerts, e);
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

    if (make(&options, &r, e) != 0 || remake_open(config, r->path, &index, e) != 0 ||
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
    vetting_free(reload->vetting);
    rebuild_free(reload->rebuild);
    incumbent_free(reload->incumbent);
    watch_free(reload->watch);
    serving_free(reload->serving);
    recent_free(reload->recent);
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
    struct reload_counts counts = reload->counts;
    struct rebuild_counts builds = rebuild_counts(reload->rebuild);

    counts.adopted = incumbent_adopted(reload->incumbent);
    counts.refused += builds.refused;
    counts.build_failures = builds.failures;
    return counts;
}

const char *reload_path(const struct reload *reload)
{
    return reload->path;
}
