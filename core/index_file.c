#include "index_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DROP_BYTES (8ull << 20) /* whole multiples of the largest folios, so that the kernel can forget all of it */
#define TEMPORARY_MARK ".building."
#define OPEN_SECTIONS_MAX 2
#define CLAIM_TRIES 8 /* to take a temporary name over from builds that died */

struct index_writer {
    struct index_file *file;
    struct index_section *section;
    unsigned char *buffer; /* INDEX_CHECKSUM_BLOCK bytes, NULL while closed */
    size_t used;
    uint64_t flushed;  /* bytes */
    uint64_t started;  /* offset in the file up to which the disk was told to write */
    uint64_t dropped;  /* and up to which the page cache has forgotten */
    uint64_t next_sum; /* into the file's sums */
    bool open;
};

struct index_file {
    int fd;
    char *path;
    char *dir;
    char *temporary;   /* name until it is published */
    bool is_temporary; /* that name exists, and is ours */
    uint64_t end;      /* where the next section starts */
    struct index_section sections[INDEX_SECTIONS_MAX];
    uint32_t section_count;
    uint64_t *sums;
    uint64_t sum_count;
    uint64_t sum_room;
    struct index_writer writers[OPEN_SECTIONS_MAX];
};

int index_write_at(int fd, const void *bytes, size_t len, uint64_t offset, const char *what, struct error *e)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = pwrite(fd, at, len, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_set_errno(e, errno, "%s: cannot be written", what);
        at += done;
        offset += (uint64_t)done;
        len -= (size_t)done;
    }
    return 0;
}

int index_read_at(int fd, void *bytes, size_t len, uint64_t offset, const char *what, struct error *e)
{
    char *at = bytes;

    while (len > 0) {
        ssize_t done = pread(fd, at, len, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_set_errno(e, errno, "%s: cannot be read", what);
        if (done == 0)
            return error_set(e, ERROR_IO, "%s: ends %zu bytes early", what, len);
        at += done;
        offset += (uint64_t)done;
        len -= (size_t)done;
    }
    return 0;
}

int index_send_range(int fd, uint64_t offset, uint64_t len, unsigned flags, const char *what, struct error *e)
{
    if (sync_file_range(fd, (off_t)offset, (off_t)len, flags) == 0 ||
        (errno != EIO && errno != ENOSPC && errno != EDQUOT))
        return 0;
    return error_set_errno(e, errno, "%s: cannot be written", what);
}

int index_open_unnamed(const char *dir, const char *purpose, struct error *e)
{
    char name[PATH_MAX];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);

    if (fd >= 0)
        return fd;
    if (errno == EOPNOTSUPP || errno == EISDIR) {
        snprintf(name, sizeof name, "%s/fixwarden.XXXXXX", dir);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    if (fd < 0)
        return error_set_errno(e, errno, "%s: cannot hold %s", dir, purpose);
    return fd;
}

/* ---- names ---- */

static int name_file(struct index_file *file, const char *path, struct error *e)
{
    const char *slash = strrchr(path, '/');

    file->path = strdup(path);
    file->dir = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (asprintf(&file->temporary, "%s" TEMPORARY_MARK "%ld", path, (long)getpid()) < 0)
        file->temporary = NULL;
    if (file->path == NULL || file->dir == NULL || file->temporary == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", path);
    return 0;
}

/* Takes away the temporary file of a build that died. One that lives holds a lock on its own. */
static int remove_dead(const char *name, struct error *e)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int status = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : error_set_errno(e, errno, "%s: is in the way", name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        status = error_set(e, ERROR_TEMPORARY, "%s: another build is writing it", name);
    else if (unlink(name) != 0)
        status = error_set_errno(e, errno, "%s: is in the way", name);
    close(fd);
    return status;
}

/* Clears what earlier builds of the same index left when they were killed; what cannot be cleared stays. */
static void remove_litter(const struct index_file *file)
{
    const char *slash = strrchr(file->path, '/');
    const char *base = slash != NULL ? slash + 1 : file->path;
    size_t base_len = strlen(base);
    char name[PATH_MAX];
    struct error ignored;
    struct dirent *entry;
    DIR *dir = opendir(file->dir);

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, base, base_len) != 0 ||
            strncmp(entry->d_name + base_len, TEMPORARY_MARK, strlen(TEMPORARY_MARK)) != 0)
            continue;
        if (snprintf(name, sizeof name, "%s/%s", file->dir, entry->d_name) < (int)sizeof name)
            (void)remove_dead(name, &ignored);
    }
    closedir(dir);
}

/* A named file for file systems that know no other. */
static bool create_by_name(struct index_file *file)
{
    file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return file->fd >= 0;
}

static bool link_to_name(struct index_file *file)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) == 0;
}

/* Puts the file under its temporary name, in the place of what a build that is dead has left there. */
static int claim_name(struct index_file *file, bool (*put)(struct index_file *), struct error *e)
{
    for (int i = 0; i < CLAIM_TRIES; i++) {
        if (put(file)) {
            file->is_temporary = true;
            return 0;
        }
        if (errno != EEXIST)
            break;
        if (remove_dead(file->temporary, e) != 0)
            return -1;
    }
    return error_set_errno(e, errno, "%s: cannot be created", file->temporary);
}

int index_file_create(const char *path, struct index_file **out, struct error *e)
{
    struct index_file *file = calloc(1, sizeof *file);
    struct stat st;

    *out = NULL;
    if (file == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to write it", path);
    file->fd = -1;
    file->end = INDEX_PAGE;
    if (name_file(file, path, e) != 0)
        goto fail;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        error_set(e, ERROR_IO, "%s: is there, and is no regular file", path);
        goto fail;
    }
    remove_litter(file);
    file->fd = open(file->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (file->fd < 0 && errno != EOPNOTSUPP && errno != EISDIR) {
        error_set_errno(e, errno, "%s: cannot be created", path);
        goto fail;
    }
    if (file->fd < 0 && claim_name(file, create_by_name, e) != 0)
        goto fail;
    (void)flock(file->fd, LOCK_EX | LOCK_NB); /* tells other builds that this one lives */
    *out = file;
    return 0;
fail:
    index_file_close(file);
    return -1;
}

void index_file_close(struct index_file *file)
{
    if (file == NULL)
        return;
    if (file->is_temporary && file->temporary != NULL)
        unlink(file->temporary);
    if (file->fd >= 0)
        close(file->fd);
    for (size_t i = 0; i < OPEN_SECTIONS_MAX; i++)
        free(file->writers[i].buffer);
    free(file->sums);
    free(file->temporary);
    free(file->dir);
    free(file->path);
    free(file);
}

/* ---- sections ---- */

static int reserve_sums(struct index_file *file, uint64_t count, struct error *e)
{
    uint64_t room = file->sum_room > 0 ? file->sum_room : 64;
    uint64_t *sums;

    while (room < count)
        room *= 2;
    if (room > file->sum_room) {
        sums = realloc(file->sums, room * sizeof *sums);
        if (sums == NULL)
            return error_set(e, ERROR_INTERNAL, "%s: no memory for its checksums", file->path);
        file->sums = sums;
        file->sum_room = room;
    }
    if (count > file->sum_count)
        file->sum_count = count;
    return 0;
}

static struct index_writer *find_closed_writer(struct index_file *file)
{
    for (size_t i = 0; i < OPEN_SECTIONS_MAX; i++)
        if (!file->writers[i].open)
            return &file->writers[i];
    return NULL;
}

int index_file_begin(struct index_file *file, enum index_section_type type, uint32_t kind, uint64_t length,
                     struct index_writer **out, struct error *e)
{
    struct index_writer *w = find_closed_writer(file);
    uint64_t first_sum = file->sum_count;

    assert(w != NULL && file->section_count < INDEX_SECTIONS_MAX);
    if (w->buffer == NULL)
        w->buffer = malloc(INDEX_CHECKSUM_BLOCK);
    if (w->buffer == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to write it", file->path);
    if (reserve_sums(file, first_sum + index_checksum_count(index_padded(length)), e) != 0)
        return -1;
    w->file = file;
    w->section = &file->sections[file->section_count++];
    *w->section = (struct index_section){.type = type, .kind = kind, .offset = file->end, .length = length};
    w->used = 0;
    w->flushed = 0;
    w->started = w->dropped = file->end / DROP_BYTES * DROP_BYTES;
    w->next_sum = first_sum;
    w->open = true;
    file->end += index_padded(length);
    *out = w;
    return 0;
}

/* Keeps what is written out of the page cache: the last stretch is sent to the disk, the one before waited for and
 * forgotten. */
static int drop_written(struct index_writer *w, struct error *e)
{
    uint64_t upto = (w->section->offset + w->flushed) / DROP_BYTES * DROP_BYTES;
    const char *path = w->file->path;
    int fd = w->file->fd;

    if (upto <= w->started)
        return 0;
    if (index_send_range(fd, w->started, upto - w->started, SYNC_FILE_RANGE_WRITE, path, e) != 0)
        return -1;
    if (w->started > w->dropped) {
        if (index_send_range(fd, w->dropped, w->started - w->dropped,
                             SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER, path,
                             e) != 0)
            return -1;
        (void)posix_fadvise(fd, (off_t)w->dropped, (off_t)(w->started - w->dropped), POSIX_FADV_DONTNEED);
    }
    w->dropped = w->started;
    w->started = upto;
    return 0;
}

static int flush_block(struct index_writer *w, struct error *e)
{
    if (w->used == 0)
        return 0;
    if (reserve_sums(w->file, w->next_sum + 1, e) != 0)
        return -1;
    w->file->sums[w->next_sum++] = index_checksum(w->buffer, w->used);
    if (index_write_at(w->file->fd, w->buffer, w->used, w->section->offset + w->flushed, w->file->path, e) != 0)
        return -1;
    w->flushed += w->used;
    w->used = 0;
    return drop_written(w, e);
}

int index_writer_put(struct index_writer *w, const void *bytes, size_t len, struct error *e)
{
    const unsigned char *at = bytes;

    while (len > 0) {
        size_t room = INDEX_CHECKSUM_BLOCK - w->used;
        size_t part = len < room ? len : room;

        memcpy(w->buffer + w->used, at, part);
        w->used += part;
        if (w->used == INDEX_CHECKSUM_BLOCK && flush_block(w, e) != 0)
            return -1;
        at += part;
        len -= part;
    }
    return 0;
}

uint64_t index_writer_length(const struct index_writer *w)
{
    return w->flushed + w->used;
}

int index_writer_finish(struct index_writer *w, struct error *e)
{
    uint64_t length = index_writer_length(w);
    size_t padding = (size_t)(index_padded(length) - length);

    assert(w->section->length == 0 || w->section->length == length);
    memset(w->buffer + w->used, 0, padding); /* a block is a whole number of pages, so there is room */
    w->used += padding;
    if (flush_block(w, e) != 0)
        return -1;
    if (w->section->length == 0)
        w->file->end += index_padded(length);
    w->section->length = length;
    w->open = false;
    return 0;
}

/* ---- the end ---- */

static int write_checksums(struct index_file *file, uint64_t *root, struct error *e)
{
    uint64_t length = file->sum_count * sizeof *file->sums;
    uint64_t room = index_padded(length) / sizeof *file->sums;
    uint64_t count = file->sum_count;

    if (reserve_sums(file, room, e) != 0)
        return -1;
    memset(file->sums + count, 0, (size_t)(room - count) * sizeof *file->sums);
    assert(file->section_count < INDEX_SECTIONS_MAX);
    file->sections[file->section_count++] =
        (struct index_section){.type = INDEX_CHECKSUMS, .offset = file->end, .length = length};
    *root = index_checksum(file->sums, (size_t)index_padded(length));
    if (index_write_at(file->fd, file->sums, (size_t)index_padded(length), file->end, file->path, e) != 0)
        return -1;
    file->end += index_padded(length);
    return 0;
}

static int write_frame(struct index_file *file, struct index_header *header, uint64_t root, struct error *e)
{
    static const unsigned char zeros[INDEX_PAGE];
    unsigned char page[INDEX_PAGE];
    struct index_footer footer;

    memcpy(header->sections, file->sections, sizeof header->sections);
    header->section_count = file->section_count;
    header->file_bytes = file->end + INDEX_PAGE;
    memcpy(page, zeros, sizeof page);
    memcpy(page, header, sizeof *header);

    memcpy(&footer, zeros, sizeof footer);
    memcpy(footer.magic, INDEX_FOOTER_MAGIC, sizeof footer.magic);
    footer.file_bytes = header->file_bytes;
    footer.header_sum = index_checksum(page, sizeof page);
    footer.root = root;
    footer.sum = index_checksum(&footer, offsetof(struct index_footer, sum));
    if (index_write_at(file->fd, page, sizeof page, 0, file->path, e) != 0 ||
        index_write_at(file->fd, &footer, sizeof footer, file->end, file->path, e) != 0)
        return -1;
    if (fdatasync(file->fd) != 0)
        return error_set_errno(e, errno, "%s: cannot be flushed to the disk", file->path);
    footer.commit_word = INDEX_COMMIT_WORD;
    return index_write_at(file->fd, &footer.commit_word, sizeof footer.commit_word,
                          file->end + offsetof(struct index_footer, commit_word), file->path, e);
}

int index_flush_directory(const char *directory, struct error *e)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = 0;

    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) /* EINVAL: a file system without such a thing */
        status = error_set_errno(e, errno, "%s: cannot be flushed to the disk", directory);
    if (fd >= 0)
        close(fd);
    return status;
}

int index_file_publish(struct index_file *file, struct index_header *header, struct error *e)
{
    uint64_t root;

    if (write_checksums(file, &root, e) != 0 || write_frame(file, header, root, e) != 0)
        return -1;
    if (fdatasync(file->fd) != 0)
        return error_set_errno(e, errno, "%s: cannot be flushed to the disk", file->path);
    if (!file->is_temporary && claim_name(file, link_to_name, e) != 0)
        return -1;
    if (rename(file->temporary, file->path) != 0)
        return error_set_errno(e, errno, "%s: cannot take its place", file->path);
    file->is_temporary = false;
    return index_flush_directory(file->dir, e);
}
