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

#define DIRECTORY_SUFFIX ".versions"
#define TIME_LEN 20 /* 20261125T093000.123Z */
#define NAME_LEN (TIME_LEN + 1 + INDEX_VERSION_LEN + 4)
#define NAME_ROOM 64                         /* more than enough */
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

static void write_name(int64_t time_ms, const char *version, char name[NAME_ROOM])
{
    time_t seconds = (time_t)(time_ms / 1000);
    char time_text[TIME_LEN + 1];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%S", &utc);
    snprintf(name, NAME_ROOM, "%s.%03dZ-%s.fwx", time_text, (int)(time_ms % 1000), version);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Only a name that would be written just so is one of ours. */
static bool read_name(const char *name, struct version_entry *out)
{
    const char *ms = name + TIME_LEN - 4, *version = name + TIME_LEN + 1;
    char again[NAME_ROOM];
    struct tm utc = {0};

    if (strlen(name) != NAME_LEN || strptime(name, "%Y%m%dT%H%M%S", &utc) != ms - 1)
        return false;
    if (!is_digit(ms[0]) || !is_digit(ms[1]) || !is_digit(ms[2]) ||
        strspn(version, "0123456789abcdef") != INDEX_VERSION_LEN)
        return false;
    out->valid_from_ms = timegm(&utc);
    for (int i = 0; i < 3; i++)
        out->valid_from_ms = out->valid_from_ms * 10 + (ms[i] - '0');
    if (out->valid_from_ms < 0 || out->valid_from_ms > TIME_MAX_MS)
        return false;
    memcpy(out->version, version, INDEX_VERSION_LEN);
    out->version[INDEX_VERSION_LEN] = '\0';
    write_name(out->valid_from_ms, out->version, again);
    return strcmp(again, name) == 0;
}

/* --- reading --- */

static int compare(const void *a, const void *b)
{
    const struct version_entry *x = a, *y = b;

    if (x->valid_from_ms != y->valid_from_ms)
        return x->valid_from_ms < y->valid_from_ms ? -1 : 1;
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

    write_name(time_ms, version, name);
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

int versions_add(struct versions *versions, const char *path, const char version[INDEX_VERSION_LEN + 1],
                 int64_t valid_from_ms, struct error *e)
{
    const struct version_entry *newest;

    if (mkdir(versions->directory, 0755) != 0 && errno != EEXIST)
        return error_set_errno(e, errno, "%s", versions->directory);
    if (read_again(versions, e) != 0)
        return -1;
    newest = versions->count > 0 ? &versions->entries[versions->count - 1] : NULL;
    if (newest && strcmp(newest->version, version) == 0)
        return replace_link(path, newest->path, e);
    if (newest && newest->valid_from_ms >= valid_from_ms)
        valid_from_ms = newest->valid_from_ms + 1; /* a clock that was set back changes no order */
    if (add_link(versions, path, version, valid_from_ms, e) != 0 || index_flush_directory(versions->directory, e) != 0)
        return -1;
    return read_again(versions, e);
}

int versions_prune(struct versions *versions, size_t keep, struct error *e)
{
    if (read_again(versions, e) != 0)
        return -1;
    for (size_t i = 0; i + keep < versions->count; i++)
        if (unlink(versions->entries[i].path) != 0 && errno != ENOENT)
            return error_set_errno(e, errno, "%s: cannot be removed", versions->entries[i].path);
    return read_again(versions, e);
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
