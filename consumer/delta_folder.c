#include "delta_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

/* Some write under another name first. */
static bool is_delta_name(const char *name)
{
    return name[0] != '.' && !ends_in(name, "~") && !ends_in(name, ".tmp") && !ends_in(name, ".part");
}

bool delta_file_is_same(const struct delta_file *a, const struct delta_file *b)
{
    return strcmp(a->path, b->path) == 0 && a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns;
}

/* --- reading --- */

static int no_memory(const char *directory, struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "%s: no memory for its files", directory);
}

/* Adds a file, if it is one and still there. Takes the path over. */
static int add(struct delta_folder *folder, size_t *room, char *path, int64_t now_ms)
{
    struct delta_file *files = folder->files;
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(path);
        return 0;
    }
    if (folder->count == *room) {
        files = reallocarray(files, *room + 64, sizeof *files);
        if (!files) {
            free(path);
            return -1;
        }
        folder->files = files;
        *room += 64;
    }
    files[folder->count++] = (struct delta_file){.path = path,
                                                 .device = st.st_dev,
                                                 .inode = st.st_ino,
                                                 .size = (uint64_t)st.st_size,
                                                 .mtime_ns = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec,
                                                 .since_ms = now_ms};
    return 0;
}

static int list(DIR *dir, const char *directory, int64_t now_ms, struct delta_folder *out, struct error *e)
{
    struct dirent *entry;
    size_t room = 0;
    char *path;

    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (!is_delta_name(entry->d_name))
            continue;
        if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0 || add(out, &room, path, now_ms) != 0)
            return no_memory(directory, e);
    }
    return errno == 0 ? 0 : error_set_errno(e, errno, "%s: cannot be read", directory);
}

static int compare(const void *one, const void *other)
{
    const struct delta_file *a = one, *b = other;

    return strcmp(a->path, b->path);
}

/* Both are in order. */
static void remember(const struct delta_folder *before, struct delta_folder *folder)
{
    size_t at = 0;

    for (size_t i = 0; i < folder->count; i++) {
        while (at < before->count && strcmp(before->files[at].path, folder->files[i].path) < 0)
            at++;
        if (at < before->count && delta_file_is_same(&before->files[at], &folder->files[i]))
            folder->files[i].since_ms = before->files[at].since_ms;
    }
}

int delta_folder_read(const char *directory, const struct delta_folder *before, int64_t now_ms,
                      struct delta_folder *out, struct error *e)
{
    DIR *dir = opendir(directory);
    int status;

    *out = (struct delta_folder){0};
    if (!dir)
        return error_set_errno(e, errno, "%s: cannot be read", directory);
    status = list(dir, directory, now_ms, out, e);
    closedir(dir);
    if (status != 0) {
        delta_folder_free(out);
        return -1;
    }
    if (out->count > 0)
        qsort(out->files, out->count, sizeof *out->files, compare);
    remember(before, out);
    return 0;
}

void delta_folder_free(struct delta_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free(folder->files[i].path);
    free(folder->files);
    *folder = (struct delta_folder){0};
}

/* --- settled --- */

static bool is_packed(const unsigned char *head, ssize_t len)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};

    return (len >= (ssize_t)sizeof gzip && memcmp(head, gzip, sizeof gzip) == 0) ||
           (len >= (ssize_t)sizeof zstd && memcmp(head, zstd, sizeof zstd) == 0);
}

static bool has_end(const struct delta_file *file)
{
    int fd = file->size > 0 ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    unsigned char head[4];
    char last = '\0';
    bool packed;

    if (fd < 0)
        return false;
    packed = is_packed(head, pread(fd, head, sizeof head, 0));
    if (!packed && pread(fd, &last, 1, (off_t)file->size - 1) != 1)
        last = '\0';
    close(fd);
    return packed || last == '\n';
}

bool delta_file_is_settled(const struct delta_file *file, int64_t now_ms, int64_t settle_ms)
{
    return now_ms - file->since_ms >= settle_ms && has_end(file);
}
