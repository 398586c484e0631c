#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus_fault.h"
#include "deltas.h"
#include "limits.h"
#include "monotonic.h"

#define BUILDER_NAP_MS 10 /* between looks at the builder */

/* Which state of a file was looked at. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec mtime;
};

/* An index that is open, and how many hold it. */
struct version {
    struct index *index;
    unsigned holders;
    unsigned faults; /* how many there were before it was opened */
    struct version *older;
};

struct reload {
    const struct config *config;
    struct log *log;
    const char *path;     /* of the configuration */
    struct identity seen; /* adopted or refused */
    int64_t looked_ms;
    struct deltas *deltas;                 /* NULL: there are none */
    pthread_mutex_t lock;                  /* of the versions */
    struct version *newest;                /* it serves */
    _Atomic(const struct index *) serving; /* the same, without the lock */
};

/* --- building --- */

/* What the building process's callbacks share. */
struct building {
    struct log *log;
    const atomic_bool *stop;
};

/* What was recognised as what. */
static void on_columns(void *opaque, const char *path, const struct master *master)
{
    const struct building *building = opaque;
    const struct master_columns *columns = master_columns(master);
    char line[1024];
    size_t used = 0;

    for (int i = 0; i < MASTER_ROLE_COUNT && used < sizeof line; i++)
        if (columns->role[i] != MASTER_NO_COLUMN)
            used += (size_t)snprintf(line + used, sizeof line - used, " %s=%.*s", master_role_name(i),
                                     SLICE_FORMAT(master_column_name(master, columns->role[i])));
    log_write(building->log, LOG_LEVEL_INFO, "index", "%s: columns:%s", path, used > 0 ? line : " none");
}

static void on_bad_row(void *opaque, const char *path, const struct master_row *row)
{
    struct building *building = opaque;

    log_write(building->log, LOG_LEVEL_WARNING, "index", "%s: line %llu (byte %llu): left out: %s", path,
              (unsigned long long)row->line, (unsigned long long)row->offset, master_row_status_text(row->status));
}

static int on_progress(void *opaque, uint64_t bytes_read, uint64_t bytes_total, uint64_t rows)
{
    const struct building *building = opaque;

    (void)bytes_read;
    (void)bytes_total;
    (void)rows;
    return building->stop && atomic_load(building->stop);
}

static int build_here(const struct reload *r, const atomic_bool *stop, struct error *e)
{
    struct building building = {r->log, stop};
    struct index_build_options options;
    struct index_build_result result;
    struct limits limits;
    char **files = r->config->master.files.items;

    config_master_options(r->config, &options);
    limits_settle(&options, &limits);
    options.events = (struct index_build_events){&building, on_columns, on_bad_row, on_progress};
    if (index_build((const char *const *)files, r->config->master.files.count, r->path, &options, &result, e) != 0)
        return -1;
    log_write(r->log, LOG_LEVEL_INFO, "index", "%s: built: version %s, %llu rows, %llu keys, %.1f MB in %.1f s",
              r->path, result.version, (unsigned long long)result.rows, (unsigned long long)result.keys,
              (double)result.file_bytes / 1e6, result.seconds);
    return 0;
}

/* The child: builds, and tells its parent what went wrong, if anything. It goes when its parent goes. */
static void build_and_exit(const struct reload *r, const atomic_bool *stop, int report)
{
    struct error e = {.code = ERROR_NONE};

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (build_here(r, stop, &e) == 0)
        _exit(0);
    if (write(report, &e, sizeof e) != (ssize_t)sizeof e)
        _exit(ERROR_INTERNAL);
    _exit(e.code);
}

/* Waits for the builder, and hands `stop` on to it, so that it cleans up behind itself. */
static int wait_for_builder(pid_t builder, const atomic_bool *stop)
{
    bool told = false;
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(builder, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (!told && stop && atomic_load(stop))
            told = kill(builder, SIGTERM) == 0;
        monotonic_nap(BUILDER_NAP_MS);
    }
    return ended < 0 ? -1 : status;
}

/* In a process of its own, so that nothing in it can take this one down. */
static int build(const struct reload *r, const atomic_bool *stop, struct error *e)
{
    int report[2], status;
    pid_t builder;

    if (stop && atomic_load(stop))
        return error_set(e, ERROR_TEMPORARY, "%s: not built: interrupted", r->path);
    if (pipe2(report, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "index: pipe");
    builder = fork();
    if (builder == 0)
        build_and_exit(r, stop, report[1]);
    close(report[1]);
    status = builder < 0 ? -1 : wait_for_builder(builder, stop);
    if (builder < 0)
        error_set_errno(e, errno, "index: fork");
    else if (status != 0 && read(report[0], e, sizeof *e) != (ssize_t)sizeof *e)
        error_set(e, ERROR_INTERNAL, "%s: the builder ended without a word, %s %d", r->path,
                  WIFSIGNALED(status) ? "by signal" : "with status",
                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    close(report[0]);
    return status == 0 ? 0 : -1;
}

/* --- looking --- */

static bool identify(const char *path, struct identity *out)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    memset(out, 0, sizeof *out); /* compared as bytes, padding included */
    out->device = st.st_dev;
    out->inode = st.st_ino;
    out->size = st.st_size;
    out->mtime = st.st_mtim;
    return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Whether a master file is in the state in which the index has read it. One that is not there can't be newer. */
static bool is_unchanged(const char *path, const struct index_source *source)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return true;
    return (uint64_t)st.st_size == source->size &&
           (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == source->mtime_ns;
}

static bool carries(const struct index_info *info, const struct string_list *carry)
{
    if (info->carried_count != carry->count)
        return false;
    for (size_t i = 0; i < carry->count; i++)
        if (strcasecmp(info->carried_names[i], carry->items[i]) != 0)
            return false;
    return true;
}

/* Whether the columns that the configuration maps are those that the index was made with. With several files a role may
 * have had several headers, of which the index knows one, so only its presence counts. */
static bool maps(const struct index_info *info, char *const columns[MASTER_ROLE_COUNT])
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++) {
        const char *wanted = columns[r];

        if (wanted == NULL)
            continue;
        if ((*wanted != '\0') != info->has_role[r])
            return false;
        if (info->has_role[r] && info->source_count == 1 && strcasecmp(wanted, info->role_column[r]) != 0)
            return false;
    }
    return true;
}

static bool is_same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Whether the index was made of the same lines, with the same values, as would be taken now. */
static bool is_same_format(const struct master_format *a, const struct master_format *b)
{
    return is_same_text(a->comment, b->comment) && is_same_text(a->data_start, b->data_start) &&
           is_same_text(a->data_end, b->data_end) && is_same_text(a->trailer, b->trailer) &&
           is_same_text(a->columns, b->columns) && a->skip_lines == b->skip_lines && a->encoding == b->encoding;
}

/* Why the index has to be made anew, or NULL. */
static const char *why_build(const struct reload *r, const struct index *index)
{
    const struct string_list *files = &r->config->master.files;
    const struct index_info *info = index_info(index);
    struct index_build_options options;

    if (files->count == 0)
        return NULL;
    config_master_options(r->config, &options);
    if (info->source_count != files->count)
        return "was made from another number of master files";
    for (size_t i = 0; i < files->count; i++)
        if (!is_unchanged(files->items[i], &info->sources[i]))
            return "is older than its master";
    if (!carries(info, &r->config->master.carry))
        return "carries other columns than those that are asked for";
    if (!maps(info, r->config->master.columns))
        return "was made with other columns than those that are asked for";
    if (!is_same_format(&info->format, &options.master.format))
        return "was made when the configuration said other things of how its master is to be read";
    return NULL;
}

/* Its owner closes it. `*faults` as of before. */
static int open_index(const struct reload *r, struct index **out, unsigned *faults, struct error *e)
{
    enum residence residence = r->config->master.residence;
    const struct index_open_options options = {
        .verify_all = true, .populate = residence != RESIDENCE_ON_DEMAND, .lock = residence == RESIDENCE_LOCKED};

    *faults = bus_fault_count();
    if (index_open(r->path, &options, out, e) != 0)
        return -1;
    if (*faults == bus_fault_count())
        return 0;
    index_close(*out);
    *out = NULL;
    return error_set(e, ERROR_IO, "%s: cannot be read as a whole", r->path);
}

/* The index as it stands, if it may serve. Otherwise NULL, and it is built if there is a master. */
static struct index *open_current(const struct reload *r, unsigned *faults, struct error *e)
{
    struct index *index = NULL;
    const char *why;

    if (access(r->path, F_OK) != 0) {
        log_write(r->log, LOG_LEVEL_INFO, "index", "%s: not there yet", r->path);
        error_set_errno(e, errno, "%s", r->path);
        return NULL;
    }
    if (open_index(r, &index, faults, e) != 0) {
        log_write(r->log, LOG_LEVEL_WARNING, "index", "%s", e->text);
        return NULL;
    }
    why = why_build(r, index);
    if (!why)
        return index;
    log_write(r->log, LOG_LEVEL_INFO, "index", "%s: %s", r->path, why);
    index_close(index);
    return NULL;
}

/* --- versions --- */

/* It serves from here on. Takes the index over in every case. */
static int put_in_front(struct reload *r, struct index *index, unsigned faults, struct error *e)
{
    struct version *version = malloc(sizeof *version);

    if (!version) {
        index_close(index);
        return error_set(e, ERROR_INTERNAL, "no memory for an index");
    }
    pthread_mutex_lock(&r->lock);
    *version = (struct version){.index = index, .faults = faults, .older = r->newest};
    r->newest = version;
    atomic_store(&r->serving, index);
    pthread_mutex_unlock(&r->lock);
    return 0;
}

/* As that, with the deltas of the day on top. */
static int serve(struct reload *r, struct index *base, unsigned faults, struct error *e)
{
    return put_in_front(r, deltas_cover(r->deltas, base), faults, e);
}

/* Takes the versions that nobody holds out of the list. The newest one stays. */
static struct version *take_out_unused(struct reload *r)
{
    struct version *unused = NULL, **link = &r->newest->older;

    pthread_mutex_lock(&r->lock);
    while (*link) {
        struct version *version = *link;

        if (version->holders > 0) {
            link = &version->older;
            continue;
        }
        *link = version->older;
        version->older = unused;
        unused = version;
    }
    pthread_mutex_unlock(&r->lock);
    return unused;
}

static void close_versions(struct version *version)
{
    while (version) {
        struct version *older = version->older;

        index_close(version->index);
        free(version);
        version = older;
    }
}

/* With the lock. */
static void count_holder(struct reload *r, const struct index *index, int change)
{
    for (struct version *version = r->newest; version; version = version->older)
        if (version->index == index)
            version->holders += (unsigned)change;
}

/* While it is held, no other index can have its address. */
const struct index *reload_take(struct reload *reload, const struct index *held)
{
    const struct index *serving = atomic_load(&reload->serving);

    if (serving == held)
        return held;
    pthread_mutex_lock(&reload->lock);
    serving = reload->newest->index;
    count_holder(reload, held, -1);
    count_holder(reload, serving, 1);
    pthread_mutex_unlock(&reload->lock);
    return serving;
}

static bool is_trusted(const struct version *version)
{
    return version->faults == bus_fault_count() && index_is_intact(version->index);
}

bool reload_trusts(struct reload *reload, const struct index *held)
{
    const struct version *version;
    bool trusted;

    pthread_mutex_lock(&reload->lock);
    for (version = reload->newest; version && version->index != held;)
        version = version->older;
    trusted = version && is_trusted(version);
    pthread_mutex_unlock(&reload->lock);
    return trusted;
}

void reload_give_back(struct reload *reload, const struct index *held)
{
    pthread_mutex_lock(&reload->lock);
    count_holder(reload, held, -1);
    pthread_mutex_unlock(&reload->lock);
}

/* --- starting, and what follows --- */

static int serve_first(struct reload *r, struct index *index, unsigned faults, struct error *e)
{
    if (serve(r, index, faults, e) != 0)
        return -1;
    if (!identify(r->path, &r->seen))
        return error_set_errno(e, errno, "%s", r->path);
    return 0;
}

static int start(struct reload *r, const atomic_bool *stop, struct error *e)
{
    unsigned faults;
    struct index *index = open_current(r, &faults, e);

    if (!index) {
        if (r->config->master.files.count == 0)
            return error_prefix(e, "master.index");
        log_write(r->log, LOG_LEVEL_INFO, "index", "%s: building from %zu master files", r->path,
                  r->config->master.files.count);
        if (build(r, stop, e) != 0 || open_index(r, &index, &faults, e) != 0)
            return -1;
    }
    return serve_first(r, index, faults, e);
}

static struct reload *make(const struct config *config, struct log *log, struct error *e)
{
    struct reload *r = calloc(1, sizeof *r);

    if (!r) {
        error_set(e, ERROR_INTERNAL, "no memory for the index");
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    r->config = config;
    r->log = log;
    r->path = config->master.index;
    return r;
}

int reload_new(const struct config *config, const atomic_bool *stop, struct log *log, struct reload **out,
               struct error *e)
{
    struct reload *r = make(config, log, e);

    if (!r || deltas_new(config, log, &r->deltas, e) != 0 || start(r, stop, e) != 0) {
        reload_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

int reload_open(const struct config *config, struct log *log, struct reload **out, struct error *e)
{
    struct reload *r = make(config, log, e);
    struct index *index = NULL;
    unsigned faults;

    if (!r || open_index(r, &index, &faults, e) != 0 || serve_first(r, index, faults, e) != 0) {
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
    deltas_free(reload->deltas);
    close_versions(reload->newest);
    pthread_mutex_destroy(&reload->lock);
    free(reload);
}

/* A file that has appeared in the place of the one that serves. */
static void adopt(struct reload *r)
{
    const struct index_info *before = index_info(reload_index(r));
    struct index *newer = NULL;
    struct error e;
    unsigned faults;

    if (open_index(r, &newer, &faults, &e) != 0 || serve(r, newer, faults, &e) != 0) {
        log_write(r->log, LOG_LEVEL_ERROR, "reload", "refused, version %s serves on: %s", before->version, e.text);
        return;
    }
    log_write(r->log, LOG_LEVEL_INFO, "reload", "%s: version %s with %llu rows serves in place of %s", r->path,
              index_info(newer)->version, (unsigned long long)index_info(newer)->rows, before->version);
}

/* New deltas over the base that serves. */
static void look_for_deltas(struct reload *r, int64_t now_ms)
{
    struct index *index = deltas_look(r->deltas, now_ms);
    struct error e;

    if (index && put_in_front(r, index, r->newest->faults, &e) != 0)
        log_write(r->log, LOG_LEVEL_ERROR, "reload", "%s", e.text);
}

void reload_look(struct reload *reload, int64_t now_ms)
{
    struct identity now;

    close_versions(take_out_unused(reload));
    look_for_deltas(reload, now_ms);
    if (now_ms - reload->looked_ms < (int64_t)reload->config->reload.check_interval_ms)
        return;
    reload->looked_ms = now_ms;
    /* Lanes wait for another one, which may have been refused when it was half written. */
    if (!is_trusted(reload->newest)) {
        log_write(reload->log, LOG_LEVEL_ERROR, "reload",
                  "%s: was overwritten or cut in place, or cannot be read; nothing is checked by version %s any more",
                  reload->path, index_info(reload_index(reload))->version);
        reload->seen = (struct identity){0};
    }
    /* Identified before it is opened: if it changes in between, it is looked at once more. */
    if (identify(reload->path, &now) && !is_same(&now, &reload->seen)) {
        reload->seen = now;
        adopt(reload);
    }
}

const struct index *reload_index(const struct reload *reload)
{
    return reload->newest->index;
}

const char *reload_path(const struct reload *reload)
{
    return reload->path;
}
