#include "deltas.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/index_overlay.h"
#include "delta_folder.h"
#include "errand.h"
#include "json_text.h"
#include "kept_deltas.h"
#include "monotonic.h"
#include "versions.h"

#define SUBSYSTEM "deltas"
#define START_WAIT_MS 1000 /* for files to settle, before anything is checked */
#define TELL_AFTER_MS 5000 /* that a file has no end */
#define FILES_A_MS 40      /* looking at many files is done less often, so that it takes a twentieth of a processor */
#define RETRY_MS 1000      /* what failed for a reason that may pass */

/* What is to be done about the folder as it was read last. */
struct plan {
    size_t settled; /* files, from the first one on */
    bool anew;      /* what is done has changed */
};

struct deltas {
    const struct config *config;
    struct alerts *alerts;
    struct log *log;
    const char *directory;
    struct index *base; /* held; NULL: none yet */
    struct index_overlay *overlay;
    struct delta_folder folder; /* as it was read last */
    struct delta_folder done;   /* files that are applied, or contained in the masters: the first of the folder */
    struct delta_file refused;  /* the one behind them, if its path is there */
    char why[ERROR_TEXT_MAX];   /* it was refused, as it was said last */
    char *told;                 /* path of a file that was said to have no end */
    bool unmade;                /* no index could be made of the overlay yet */
    bool unreadable;            /* the directory, and it was said */
    int64_t look_ms;            /* when to look next */

    struct errand errand; /* works on all of this while it is under way */
    struct plan plan;     /* of it, ... */
    struct index *cover;  /* ... or the base that it puts them on; NULL: as planned */
    int64_t now_ms;       /* when it began */
    struct index *made;   /* what has come of it; NULL: nothing, or it was taken */
};

/* --- telling --- */

static void on_warning(void *opaque, const char *path, uint64_t line, const char *what)
{
    struct deltas *d = opaque;

    log_write(d->log, LOG_LEVEL_WARNING, SUBSYSTEM, "%s: line %" PRIu64 ": the row %s", path, line, what);
}

static void tell_applied(const struct deltas *d, const char *path, const struct index_overlay_counts *before)
{
    const struct index_overlay_counts *now = index_overlay_counts(d->overlay);
    uint64_t replaced = now->replaced - before->replaced, unknown = now->unknown - before->unknown,
             absent = now->absent - before->absent;

    log_write(d->log, LOG_LEVEL_INFO, SUBSYSTEM,
              "%s: applied: %" PRIu64 " rows added, %" PRIu64 " changed, %" PRIu64 " deleted", path,
              now->added - before->added, now->changed - before->changed, now->deleted - before->deleted);
    if (replaced + unknown + absent > 0)
        log_write(d->log, LOG_LEVEL_WARNING, SUBSYSTEM,
                  "%s: does not fit what was there: %" PRIu64 " rows to be added were, %" PRIu64
                  " to be changed and %" PRIu64 " to be deleted were not",
                  path, replaced, unknown, absent);
}

/* `waiting`: files that are held up. */
static void raise_alert(const struct deltas *d, const char *reason, size_t waiting)
{
    json_t *fields = json_pack("{s:o, s:I}", "reason", json_text(slice_of(reason)), "waiting", (json_int_t)waiting);
    struct error e;

    if (alerts_raise(d->alerts, "DELTA_REFUSED", fields, &e) != 0)
        log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
}

/* The file that holds up all behind it; said once for each reason. */
static void tell_refused(struct deltas *d, const struct error *e)
{
    size_t waiting = d->folder.count - d->done.count - 1;

    if (strcmp(d->why, e->text) == 0)
        return;
    memcpy(d->why, e->text, sizeof d->why);
    raise_alert(d, e->text, waiting);
    log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM,
              "refused, what was applied before it serves on, and %zu files behind it wait until it is corrected "
              "or taken away: %s",
              waiting, e->text);
}

/* --- what was done --- */

static void forget_refused(struct deltas *d)
{
    free(d->refused.path);
    d->refused = (struct delta_file){0};
    d->why[0] = '\0';
}

static int copy_file(const struct delta_file *from, struct delta_file *to, struct error *e)
{
    *to = *from;
    to->path = strdup(from->path);
    return to->path ? 0 : error_set(e, ERROR_INTERNAL, "%s: no memory for its name", from->path);
}

static int note_done(struct deltas *d, const struct delta_file *file, struct error *e)
{
    struct delta_file *files = reallocarray(d->done.files, d->done.count + 1, sizeof *files);

    if (!files)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", file->path);
    d->done.files = files;
    if (copy_file(file, &files[d->done.count], e) != 0)
        return -1;
    d->done.count++;
    return 0;
}

static int start_anew(struct deltas *d, struct error *e)
{
    const struct index_overlay_options options = {.action_column = d->config->deltas.action,
                                                  .max_rows = d->config->deltas.max_rows,
                                                  .opaque = d,
                                                  .on_warning = on_warning};

    struct index_overlay *overlay;

    if (index_overlay_create(d->base, &options, &overlay, e) != 0)
        return -1;
    index_overlay_free(d->overlay);
    d->overlay = overlay;
    delta_folder_free(&d->done);
    forget_refused(d);
    return 0;
}

/* --- applying --- */

/* Of the oldest of the masters that the base was made of. */
static int64_t base_time_ns(const struct index *base)
{
    const struct index_info *info = index_info(base);
    int64_t oldest = INT64_MAX;

    for (size_t i = 0; i < info->source_count; i++)
        if (info->sources[i].mtime_ns < oldest)
            oldest = info->sources[i].mtime_ns;
    return oldest;
}

/* A file that is contained in the masters counts as done as well. */
static int apply(struct deltas *d, const struct delta_file *file, struct error *e)
{
    struct index_overlay_counts before = *index_overlay_counts(d->overlay);

    if (note_done(d, file, e) != 0)
        return -1;
    if (file->mtime_ns < base_time_ns(d->base)) {
        log_write(d->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s: not applied: it is older than the master of version %s",
                  file->path, index_info(d->base)->version);
        return 0;
    }
    if (index_overlay_apply(d->overlay, file->path, e) != 0) {
        free(d->done.files[--d->done.count].path);
        return -1;
    }
    tell_applied(d, file->path, &before);
    return 0;
}

static bool may_pass(const struct error *e)
{
    return e->code == ERROR_TEMPORARY || e->code == ERROR_IO || e->code == ERROR_INTERNAL;
}

/* What is wrong with a file is said once, unless it may pass: then it is tried again after a while. */
static void refuse(struct deltas *d, const struct delta_file *file, const struct error *e, int64_t now_ms)
{
    struct error ignored;

    free(d->refused.path);
    d->refused = (struct delta_file){0};
    tell_refused(d, e);
    if (may_pass(e) || copy_file(file, &d->refused, &ignored) != 0)
        d->look_ms = now_ms + RETRY_MS;
}

static bool is_refused(const struct deltas *d, const struct delta_file *file)
{
    return d->refused.path && delta_file_is_same(&d->refused, file);
}

/* Applies the files from those that are done up to `count`. Whether there was any. */
static bool apply_up_to(struct deltas *d, size_t count, int64_t now_ms)
{
    size_t before = d->done.count;
    struct error e;

    for (size_t i = before; i < count && !is_refused(d, &d->folder.files[i]); i++) {
        if (apply(d, &d->folder.files[i], &e) != 0) {
            refuse(d, &d->folder.files[i], &e, now_ms);
            break;
        }
        forget_refused(d);
    }
    return d->done.count > before;
}

/* --- looking --- */

/* A file without an end may never get one; once that is likely, it is said. */
static void tell_unsettled(struct deltas *d, const struct delta_file *file, int64_t now_ms)
{
    if (now_ms - file->since_ms < TELL_AFTER_MS || (d->told && strcmp(d->told, file->path) == 0))
        return;
    free(d->told);
    d->told = strdup(file->path);
    log_write(d->log, LOG_LEVEL_WARNING, SUBSYSTEM,
              "%s: does not end in a line end, so it is waited for, and so are the files behind it", file->path);
}

/* How many of the first files are settled. Those that are done were, when they were as they are. */
static size_t count_settled(const struct deltas *d, size_t same, int64_t now_ms)
{
    size_t settled = same;

    while (settled < d->folder.count && delta_file_is_settled(&d->folder.files[settled], now_ms, DELTAS_SETTLE_MS))
        settled++;
    return settled;
}

/* How many of the files that are done stand in the folder as they did, from the first one on. */
static size_t count_same(const struct deltas *d)
{
    size_t same = 0;

    while (same < d->done.count && same < d->folder.count &&
           delta_file_is_same(&d->done.files[same], &d->folder.files[same]))
        same++;
    return same;
}

/* A directory that cannot be read is not an empty one. */
static bool read_folder(struct deltas *d, int64_t now_ms)
{
    struct delta_folder now;
    struct error e;

    if (delta_folder_read(d->directory, &d->folder, now_ms, &now, &e) != 0) {
        if (!d->unreadable) {
            log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s; what was applied serves on", e.text);
            raise_alert(d, e.text, 0);
        }
        d->unreadable = true;
        return false;
    }
    d->unreadable = false;
    delta_folder_free(&d->folder);
    d->folder = now;
    return true;
}

/* Whether there is anything to do. */
static bool make_plan(struct deltas *d, int64_t now_ms, struct plan *out)
{
    size_t same = count_same(d);

    out->settled = count_settled(d, same, now_ms);
    if (out->settled < d->folder.count)
        tell_unsettled(d, &d->folder.files[out->settled], now_ms);
    /* One that is being written in the place of one that is done is waited for. */
    out->anew = same < d->done.count && (out->settled > same || same == d->folder.count);
    if (out->anew || d->unmade)
        return true;
    return same == d->done.count && out->settled > same && !is_refused(d, &d->folder.files[same]);
}

/* Brings the overlay to what the folder says. Whether it is another one now. */
static bool carry_out(struct deltas *d, const struct plan *plan, int64_t now_ms)
{
    struct error e;

    if (plan->anew) {
        log_write(d->log, LOG_LEVEL_INFO, SUBSYSTEM,
                  "%s: has changed, or other files come before it: what is in the directory is applied anew",
                  d->done.files[count_same(d)].path);
        if (start_anew(d, &e) != 0) {
            log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
            return false;
        }
    }
    return apply_up_to(d, plan->settled, now_ms) || plan->anew;
}

/* Of the overlay; NULL where there is no memory for one, and it is tried again. */
static struct index *make_index(struct deltas *d)
{
    struct index *index;
    struct error e;

    d->unmade = index_overlay_index(d->overlay, &index, &e) != 0;
    if (d->unmade) {
        log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
        return NULL;
    }
    log_write(d->log, LOG_LEVEL_INFO, SUBSYSTEM,
              "version %s with %" PRIu64 " rows serves: %" PRIu64 " deltas over version %s", index_info(index)->version,
              index_info(index)->rows, index_overlay_counts(d->overlay)->files, index_info(d->base)->version);
    return index;
}

/* --- a base --- */

static bool all_settled(const struct deltas *d, int64_t now_ms)
{
    return count_settled(d, 0, now_ms) == d->folder.count;
}

/* So that nothing is checked without what is there already. */
static void wait_for_files(struct deltas *d)
{
    int64_t until_ms = monotonic_ms() + START_WAIT_MS;

    while (read_folder(d, monotonic_ms()) && !all_settled(d, monotonic_ms()) && monotonic_ms() < until_ms)
        monotonic_nap(DELTAS_LOOK_MS / 2);
}

/* The index that is to serve in the place of the base, which has an owner already. */
static struct index *cover(struct deltas *d, struct index *base)
{
    struct index *index;
    struct plan plan;
    struct error e;

    if (!d->base)
        wait_for_files(d);
    index_close(d->base);
    d->base = index_hold(base);
    if (start_anew(d, &e) != 0) {
        log_write(d->log, LOG_LEVEL_ERROR, SUBSYSTEM, "%s", e.text);
        return base;
    }
    if (!read_folder(d, monotonic_ms()) || !make_plan(d, monotonic_ms(), &plan) || !carry_out(d, &plan, monotonic_ms()))
        return base;
    index = make_index(d);
    if (!index)
        return base;
    index_close(base);
    return index;
}

/* --- the errand --- */

/* Whoever adds it to the versions keeps what is missing then, and says why it cannot. Contents that no version names
 * any more go at the same time. */
static void keep_contents(const struct deltas *d)
{
    char *folder = versions_directory(d->config);
    struct versions *versions;
    struct error e;

    if (folder && index_base(d->made) != d->made && kept_deltas_store(folder, d->made, &e) == 0 &&
        versions_open(folder, &versions, &e) == 0) {
        if (versions_count(versions) > d->config->deltas.keep && versions_sweep(versions, &e) != 0)
            log_write(d->log, LOG_LEVEL_WARNING, SUBSYSTEM, "%s", e.text);
        versions_free(versions);
    }
    free(folder);
}

static void work(void *opaque)
{
    struct deltas *d = opaque;

    if (d->cover)
        d->made = cover(d, d->cover);
    else if (carry_out(d, &d->plan, d->now_ms) || d->unmade)
        d->made = make_index(d);
    d->cover = NULL; /* the caller owns it now, as what is made or a part of that */
    if (d->made)
        keep_contents(d);
}

/* Without a thread it is done at once, and those who wait have to wait. */
static void begin(struct deltas *d, int64_t now_ms)
{
    struct error e;

    d->now_ms = now_ms;
    if (errand_start(&d->errand, work, d, &e) == 0)
        return;
    log_write(d->log, LOG_LEVEL_WARNING, SUBSYSTEM, "%s", e.text);
    work(d);
}

bool deltas_is_busy(struct deltas *deltas)
{
    return deltas && !errand_is_over(&deltas->errand);
}

void deltas_cover(struct deltas *deltas, struct index *base, int64_t now_ms)
{
    deltas->cover = base;
    begin(deltas, now_ms);
}

void deltas_look(struct deltas *deltas, int64_t now_ms)
{
    if (!deltas || !deltas->overlay || now_ms < deltas->look_ms)
        return;
    deltas->look_ms = now_ms + DELTAS_LOOK_MS + (int64_t)(deltas->folder.count / FILES_A_MS);
    if (read_folder(deltas, now_ms) && make_plan(deltas, now_ms, &deltas->plan))
        begin(deltas, now_ms);
}

struct index *deltas_take(struct deltas *deltas)
{
    struct index *made = deltas ? deltas->made : NULL;

    if (deltas)
        deltas->made = NULL;
    return made;
}

/* --- life --- */

int deltas_new(const struct config *config, struct alerts *alerts, struct log *log, struct deltas **out,
               struct error *e)
{
    struct deltas *d;

    *out = NULL;
    if (config->deltas.directory[0] == '\0')
        return 0;
    d = calloc(1, sizeof *d);
    if (!d)
        return error_set(e, ERROR_INTERNAL, "no memory for deltas");
    d->config = config;
    d->alerts = alerts;
    d->log = log;
    d->directory = config->deltas.directory;
    *out = d;
    return 0;
}

void deltas_free(struct deltas *deltas)
{
    if (!deltas)
        return;
    errand_wait(&deltas->errand);
    index_close(deltas->made);
    index_overlay_free(deltas->overlay);
    index_close(deltas->base);
    delta_folder_free(&deltas->folder);
    delta_folder_free(&deltas->done);
    forget_refused(deltas);
    free(deltas->told);
    free(deltas);
}

/* --- commands --- */

static int apply_folder(struct deltas *d, struct error *e)
{
    if (start_anew(d, e) != 0 || delta_folder_read(d->directory, &(struct delta_folder){0}, 0, &d->folder, e) != 0)
        return -1;
    for (size_t i = 0; i < d->folder.count; i++)
        if (apply(d, &d->folder.files[i], e) != 0)
            return -1;
    return 0;
}

int deltas_apply_all(const struct config *config, struct log *log, struct index *base, struct index **out,
                     struct error *e)
{
    struct deltas *d;
    int status = deltas_new(config, NULL, log, &d, e);

    *out = NULL;
    if (status == 0 && !d) {
        *out = base;
        return 0;
    }
    if (status == 0) {
        d->base = index_hold(base);
        status = apply_folder(d, e);
    }
    if (status == 0)
        status = index_overlay_index(d->overlay, out, e);
    deltas_free(d);
    index_close(base);
    return status;
}
