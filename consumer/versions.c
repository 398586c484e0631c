#include "versions.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/index_file.h"
#include "kept_deltas.h"

#define DIRECTORY_SUFFIX ".versions"
#define INDEX_SUFFIX ".fwx"
#define DELTAS_SUFFIX ".fwd"
#define TIME_LEN 20                          /* 20261125T093000.123Z */
#define NAME_ROOM 80                         /* more than enough */
#define TIME_MAX_MS INT64_C(253402300799999) /* the end of the year 9999, which is as far as names go */

struct versions {
    char *directory;
    struct version_entry *entries;
    size_t count;
};

char *versions_directory(const struct config *config)
{
    char *directory = NULL;

    if (config->master.versions[0] != '\0')
        return strdup(config->master.versions);
    return asprintf(&directory, "%s" DIRECTORY_SUFFIX, config->master.index) < 0 ? NULL : directory;
}

/* --- names --- */

/* `base` "": an index's. */
static void write_name(int64_t time_ms, const char *version, const char *base, char name[NAME_ROOM])
{
    time_t seconds = (time_t)(time_ms / 1000);
    char time_text[TIME_LEN + 1];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%S", &utc);
    snprintf(name, NAME_ROOM, "%s.%03dZ-%s%s%s%s", time_text, (int)(time_ms % 1000), version, *base ? "-" : "", base,
             *base ? DELTAS_SUFFIX : INDEX_SUFFIX);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "-" and a version; NULL where there is none. What stands behind it. */
static const char *read_version(const char *text, char out[INDEX_VERSION_LEN + 1])
{
    if (*text != '-' || strspn(text + 1, "0123456789abcdef") != INDEX_VERSION_LEN)
        return NULL;
    memcpy(out, text + 1, INDEX_VERSION_LEN);
    out[INDEX_VERSION_LEN] = '\0';
    return text + 1 + INDEX_VERSION_LEN;
}

static bool read_time(const char *name, int64_t *time_ms)
{
    const char *ms = name + TIME_LEN - 4;
    struct tm utc = {0};

    if (strlen(name) < TIME_LEN || strptime(name, "%Y%m%dT%H%M%S", &utc) != ms - 1)
        return false;
    if (!is_digit(ms[0]) || !is_digit(ms[1]) || !is_digit(ms[2]))
        return false;
    *time_ms = timegm(&utc);
    for (int i = 0; i < 3; i++)
        *time_ms = *time_ms * 10 + (ms[i] - '0');
    return *time_ms >= 0 && *time_ms <= TIME_MAX_MS;
}

/* Only a name that would be written just so is one of ours. */
static bool read_name(const char *name, struct version_entry *out)
{
    char again[NAME_ROOM];
    const char *rest;

    out->base[0] = '\0';
    if (!read_time(name, &out->valid_from_ms))
        return false;
    rest = read_version(name + TIME_LEN, out->version);
    if (!rest || (*rest == '-' && !read_version(rest, out->base)))
        return false;
    write_name(out->valid_from_ms, out->version, out->base, again);
    return strcmp(again, name) == 0;
}

/* --- reading --- */

static int compare(const void *a, const void *b)
{
    const struct version_entry *x = a, *y = b;

    if (x->valid_from_ms != y->valid_from_ms)
        return x->valid_from_ms < y->valid_from_ms ? -1 : 1;
    if (versions_has_deltas(x) != versions_has_deltas(y))
        return versions_has_deltas(x) ? 1 : -1; /* what is below comes first */
    return strcmp(x->version, y->version);
}

static void forget_entries(struct versions *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->entries[i].path);
    free(v->entries);
    v->entries = NULL;
    v->count = 0;
}

static int add_entry(struct versions *v, const char *name, struct error *e)
{
    struct version_entry entry, *entries;

    if (!read_name(name, &entry))
        return 0;
    entries = reallocarray(v->entries, v->count + 1, sizeof *entries);
    if (entries)
        v->entries = entries;
    if (!entries || asprintf(&entry.path, "%s/%s", v->directory, name) < 0)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its versions", v->directory);
    v->entries[v->count++] = entry;
    return 0;
}

static int read_directory(struct versions *v, DIR *directory, struct error *e)
{
    struct dirent *entry;

    while ((errno = 0, entry = readdir(directory)) != NULL)
        if (add_entry(v, entry->d_name, e) != 0)
            return -1;
    return errno == 0 ? 0 : error_set_errno(e, errno, "%s", v->directory);
}

static int read_again(struct versions *v, struct error *e)
{
    DIR *directory = opendir(v->directory);
    int status;

    forget_entries(v);
    if (!directory)
        return errno == ENOENT ? 0 : error_set_errno(e, errno, "%s", v->directory);
    status = read_directory(v, directory, e);
    closedir(directory);
    if (v->count > 0)
        qsort(v->entries, v->count, sizeof *v->entries, compare);
    return status;
}

int versions_open(const char *directory, struct versions **out, struct error *e)
{
    struct versions *v = calloc(1, sizeof *v);

    if (v)
        v->directory = strdup(directory);
    if (!v || !v->directory) {
        free(v);
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its versions", directory);
    }
    if (read_again(v, e) != 0) {
        versions_free(v);
        return -1;
    }
    *out = v;
    return 0;
}

void versions_free(struct versions *versions)
{
    if (!versions)
        return;
    forget_entries(versions);
    free(versions->directory);
    free(versions);
}

/* --- changing --- */

bool versions_is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static int add_link(const struct versions *v, const char *path, const char *version, int64_t time_ms, struct error *e)
{
    char name[NAME_ROOM], *target = NULL;
    int status = 0;

    write_name(time_ms, version, "", name);
    if (asprintf(&target, "%s/%s", v->directory, name) < 0)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", path);
    if (link(path, target) != 0 && errno != EEXIST) /* another process was faster */
        status = error_set_errno(e, errno, "%s: cannot be kept as %s", path, target);
    free(target);
    return status;
}

/* The same version in another file: what is kept may have been overwritten in place, which is why it was made anew. */
static int replace_link(const char *path, const char *kept, struct error *e)
{
    char *beside = NULL;
    int status = 0;

    if (versions_is_same_file(path, kept))
        return 0;
    if (asprintf(&beside, "%s.%ld", kept, (long)getpid()) < 0)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", path);
    if (link(path, beside) != 0 || rename(beside, kept) != 0)
        status = error_set_errno(e, errno, "%s: cannot be kept as %s", path, kept);
    free(beside);
    return status;
}

static const struct version_entry *newest(const struct versions *v)
{
    return v->count > 0 ? &v->entries[v->count - 1] : NULL;
}

/* A clock that was set back changes no order. */
static int64_t behind_newest(const struct versions *v, int64_t time_ms)
{
    const struct version_entry *last = newest(v);

    return last && last->valid_from_ms >= time_ms ? last->valid_from_ms + 1 : time_ms;
}

static int make_folder(struct versions *v, struct error *e)
{
    if (mkdir(v->directory, 0755) != 0 && errno != EEXIST)
        return error_set_errno(e, errno, "%s", v->directory);
    return read_again(v, e);
}

static int keep_index(struct versions *v, const char *path, const char *version, int64_t time_ms, struct error *e)
{
    if (add_link(v, path, version, time_ms, e) != 0 || index_flush_directory(v->directory, e) != 0)
        return -1;
    return read_again(v, e);
}

int versions_add(struct versions *versions, const char *path, const char version[INDEX_VERSION_LEN + 1],
                 int64_t valid_from_ms, struct error *e)
{
    const struct version_entry *last;

    if (make_folder(versions, e) != 0)
        return -1;
    last = newest(versions);
    if (last && strcmp(last->version, version) == 0)
        return replace_link(path, last->path, e);
    return keep_index(versions, path, version, behind_newest(versions, valid_from_ms), e);
}

int versions_add_below(struct versions *versions, const char *path, const char version[INDEX_VERSION_LEN + 1],
                       struct error *e)
{
    const struct version_entry *last;

    if (make_folder(versions, e) != 0)
        return -1;
    last = versions_newest_index(versions);
    if (last && strcmp(last->version, version) == 0)
        return replace_link(path, last->path, e);
    return newest(versions) ? keep_index(versions, path, version, newest(versions)->valid_from_ms, e) : 0;
}

int versions_add_deltas(struct versions *versions, const struct index *index, int64_t valid_from_ms, struct error *e)
{
    const char *version = index_info(index)->version, *base = index_info(index_base(index))->version;
    const struct version_entry *last;
    char name[NAME_ROOM], *path = NULL;
    int status;

    if (make_folder(versions, e) != 0)
        return -1;
    last = newest(versions);
    if (last && strcmp(last->version, version) == 0 && strcmp(last->base, base) == 0)
        valid_from_ms = last->valid_from_ms;
    else
        valid_from_ms = behind_newest(versions, valid_from_ms);
    write_name(valid_from_ms, version, base, name);
    if (asprintf(&path, "%s/%s", versions->directory, name) < 0)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for a name", versions->directory);
    status = kept_deltas_keep(versions->directory, path, index, e);
    free(path);
    return status == 0 ? read_again(versions, e) : -1;
}

/* --- removing --- */

static int remove_entry(const struct version_entry *entry, struct error *e)
{
    return unlink(entry->path) == 0 || errno == ENOENT
               ? 0
               : error_set_errno(e, errno, "%s: cannot be removed", entry->path);
}

static size_t count_kind(const struct versions *v, bool deltas)
{
    size_t count = 0;

    for (size_t i = 0; i < v->count; i++)
        count += versions_has_deltas(&v->entries[i]) == deltas;
    return count;
}

/* From the oldest one on, up to the first index that stays: with its time begins what is known. */
static int prune_indexes(struct versions *v, size_t keep, struct error *e)
{
    size_t all = count_kind(v, false), gone = 0;

    if (all <= keep)
        return 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct version_entry *entry = &v->entries[i];
        bool has_deltas = versions_has_deltas(entry);

        if (!has_deltas && gone + keep >= all)
            break;
        gone += !has_deltas;
        if (remove_entry(entry, e) != 0)
            return -1;
    }
    return read_again(v, e);
}

static bool is_let_go(const struct version_entry *entry)
{
    struct stat st;

    return stat(entry->path, &st) == 0 && st.st_size == 0;
}

/* Of those in a row that cannot be made again one is enough to say so: it is in force until the next that can. */
static int prune_deltas(struct versions *v, size_t keep, struct error *e)
{
    size_t left = count_kind(v, true);
    bool said = false; /* by the one before */

    if (left <= keep)
        return 0;
    for (size_t i = 0; i < v->count && left > keep; i++) {
        const struct version_entry *entry = &v->entries[i];

        if (!versions_has_deltas(entry)) {
            said = false;
            continue;
        }
        left--;
        if (said ? remove_entry(entry, e) != 0 : !is_let_go(entry) && kept_deltas_let_go(entry->path, e) != 0)
            return -1;
        said = true;
    }
    return read_again(v, e);
}

int versions_sweep(const struct versions *versions, struct error *e)
{
    const char **paths = calloc(versions->count + 1, sizeof *paths);
    size_t count = 0;
    int status;

    if (!paths)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its versions", versions->directory);
    for (size_t i = 0; i < versions->count; i++)
        if (versions_has_deltas(&versions->entries[i]))
            paths[count++] = versions->entries[i].path;
    status = kept_deltas_sweep(versions->directory, paths, count, e);
    free(paths);
    return status;
}

int versions_prune(struct versions *versions, size_t keep, size_t keep_deltas, struct error *e)
{
    return read_again(versions, e) != 0 || prune_indexes(versions, keep, e) != 0 ||
                   prune_deltas(versions, keep_deltas, e) != 0
               ? -1
               : 0;
}

/* --- asking --- */

size_t versions_count(const struct versions *versions)
{
    return versions->count;
}

const struct version_entry *versions_entry(const struct versions *versions, size_t i)
{
    return &versions->entries[i];
}

const struct version_entry *versions_find(const struct versions *versions, const char *version)
{
    for (size_t i = versions->count; i-- > 0;)
        if (strcmp(versions->entries[i].version, version) == 0)
            return &versions->entries[i];
    return NULL;
}

const struct version_entry *versions_find_name(const struct versions *versions, const char *name)
{
    for (size_t i = 0; i < versions->count; i++)
        if (strcmp(strrchr(versions->entries[i].path, '/') + 1, name) == 0)
            return &versions->entries[i];
    return NULL;
}

bool versions_has_deltas(const struct version_entry *entry)
{
    return entry->base[0] != '\0';
}

bool versions_is_deltas(const char *path)
{
    size_t len = strlen(path), suffix = strlen(DELTAS_SUFFIX);

    return len > suffix && strcmp(path + len - suffix, DELTAS_SUFFIX) == 0;
}

const struct version_entry *versions_newest_index(const struct versions *versions)
{
    for (size_t i = versions->count; i-- > 0;)
        if (!versions_has_deltas(&versions->entries[i]))
            return &versions->entries[i];
    return NULL;
}

const char *versions_folder(const struct versions *versions)
{
    return versions->directory;
}
