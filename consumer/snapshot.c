#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *snapshot_suffix(enum snapshot_side side)
{
    static const char *const suffixes[SNAPSHOT_SIDE_COUNT] = {
        [SIDE_DONE] = ".done", [SIDE_MD5] = ".md5", [SIDE_SHA256] = ".sha256"};

    return suffixes[side];
}

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

struct snapshot_stat snapshot_stat(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct snapshot_stat){.is_there = false};
    return (struct snapshot_stat){.is_there = true,
                                  .device = st.st_dev,
                                  .inode = st.st_ino,
                                  .size = (uint64_t)st.st_size,
                                  .mtime_ns = nanoseconds(&st.st_mtim),
                                  .ctime_ns = nanoseconds(&st.st_ctim)};
}

bool snapshot_is_same(const struct snapshot_stat *a, const struct snapshot_stat *b)
{
    return a->is_there == b->is_there && a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static struct snapshot_stat stat_side(const char *path, enum snapshot_side side)
{
    struct snapshot_stat seen = {.is_there = false};
    char *name = NULL;

    if (asprintf(&name, "%s%s", path, snapshot_suffix(side)) < 0)
        return seen;
    seen = snapshot_stat(name);
    free(name);
    return seen;
}

static bool is_side(const char *path)
{
    size_t len = strlen(path);

    for (int i = 0; i < SNAPSHOT_SIDE_COUNT; i++) {
        const char *suffix = snapshot_suffix((enum snapshot_side)i);
        size_t suffix_len = strlen(suffix);

        if (len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0)
            return true;
    }
    return false;
}

static int add(struct snapshot *snapshot, const char *path, struct error *e)
{
    struct snapshot_file *files = reallocarray(snapshot->files, snapshot->count + 1, sizeof *files);
    struct snapshot_file file = {.path = strdup(path)};

    if (files)
        snapshot->files = files;
    if (!files || !file.path) {
        free(file.path);
        return error_set(e, ERROR_INTERNAL, "no memory for what the master's files look like");
    }
    file.self = snapshot_stat(path);
    for (int i = 0; i < SNAPSHOT_SIDE_COUNT; i++)
        file.side[i] = stat_side(path, (enum snapshot_side)i);
    files[snapshot->count++] = file;
    return 0;
}

/* What a pattern stands for; a name as it is, whatever it ends in. */
static int add_matches(struct snapshot *snapshot, const char *pattern, struct error *e)
{
    struct string_list found = {0};
    size_t before = snapshot->count;
    struct error none;
    int status = 0;

    if (config_match_masters(pattern, &found, &none) == 0)
        for (size_t i = 0; status == 0 && i < found.count; i++)
            if (strcmp(found.items[i], pattern) == 0 || !is_side(found.items[i]))
                status = add(snapshot, found.items[i], e);
    config_free_list(&found);
    return status == 0 && snapshot->count == before ? add(snapshot, pattern, e) : status;
}

int snapshot_take(const struct string_list *patterns, struct snapshot *out, struct error *e)
{
    *out = (struct snapshot){0};
    for (size_t i = 0; i < patterns->count; i++)
        if (add_matches(out, patterns->items[i], e) != 0) {
            snapshot_free(out);
            return -1;
        }
    return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        free(snapshot->files[i].path);
    free(snapshot->files);
    *snapshot = (struct snapshot){0};
}

int snapshot_copy(const struct snapshot *snapshot, struct snapshot *out, struct error *e)
{
    *out = (struct snapshot){.files = calloc(snapshot->count + 1, sizeof *out->files)};
    for (size_t i = 0; out->files && i < snapshot->count; i++) {
        out->files[i] = snapshot->files[i];
        out->files[i].path = strdup(snapshot->files[i].path);
        if (!out->files[i].path)
            break;
        out->count++;
    }
    if (out->files && out->count == snapshot->count)
        return 0;
    snapshot_free(out);
    return error_set(e, ERROR_INTERNAL, "no memory for what the master's files look like");
}

static bool shows_same_file(const struct snapshot_file *a, const struct snapshot_file *b, bool sides)
{
    if (strcmp(a->path, b->path) != 0 || !snapshot_is_same(&a->self, &b->self))
        return false;
    for (int i = 0; sides && i < SNAPSHOT_SIDE_COUNT; i++)
        if (!snapshot_is_same(&a->side[i], &b->side[i]))
            return false;
    return true;
}

bool snapshot_shows_same(const struct snapshot *a, const struct snapshot *b, bool sides)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!shows_same_file(&a->files[i], &b->files[i], sides))
            return false;
    return true;
}

int snapshot_paths(const struct snapshot *snapshot, struct string_list *out, struct error *e)
{
    *out = (struct string_list){.items = calloc(snapshot->count + 1, sizeof *out->items)};
    if (!out->items)
        return error_set(e, ERROR_INTERNAL, "no memory for the names of the master's files");
    for (; out->count < snapshot->count; out->count++)
        out->items[out->count] = snapshot->files[out->count].path;
    return 0;
}

int64_t snapshot_newest_ns(const struct snapshot *snapshot)
{
    int64_t newest = 0;

    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_stat *self = &snapshot->files[i].self;

        if (self->mtime_ns > newest)
            newest = self->mtime_ns;
        if (self->ctime_ns > newest)
            newest = self->ctime_ns;
    }
    return newest;
}
