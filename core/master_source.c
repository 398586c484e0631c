#include "master_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master_digest.h"
#include "master_unpack.h"

#define INPUT_BYTES (128u << 10) /* of packed text, read at a time */
#define SKIP_BYTES (16u << 10)
#define DROP_BYTES (4u << 20) /* the kernel forgets smaller ranges only in part where it has large folios */

struct master_source {
    int fd;
    char *path;
    uint64_t window;
    uint64_t size;
    int64_t mtime_ns;
    uint64_t position;
    uint64_t dropped; /* bytes from the file's start that the page cache may forget */
    struct master_digest digest;
    enum master_packing packing;
    /* Of packed files: */
    struct master_unpack *unpack;
    char *input;
    const char *unread; /* in it */
    size_t unread_len;
    bool at_end; /* of the file: there is no more input */
};

/* ---- opening ---- */

static int start_unpacking(struct master_source *s, struct error *e)
{
    s->input = malloc(INPUT_BYTES);
    if (s->input == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", s->path);
    if (master_unpack_create(s->packing, s->window, &s->unpack, e) != 0)
        return error_prefix(e, "%s", s->path);
    return 0;
}

static struct master_source *create(const char *path, uint64_t window)
{
    struct master_source *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->fd = -1;
    s->window = window > 0 ? window : MASTER_WINDOW_DEFAULT;
    s->path = strdup(path);
    if (master_digest_start(&s->digest) == 0 && s->path != NULL)
        return s;
    master_source_close(s);
    return NULL;
}

static int pread_some(const struct master_source *s, char *to, size_t len, uint64_t offset, size_t *got,
                      struct error *e)
{
    ssize_t n;

    do
        n = pread(s->fd, to, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    *got = n > 0 ? (size_t)n : 0;
    return n < 0 ? error_set_errno(e, errno, "%s: cannot be read", s->path) : 0;
}

static int recognise(struct master_source *s, struct error *e)
{
    char magic[MASTER_MAGIC_LEN];
    size_t got;

    if (pread_some(s, magic, sizeof magic, 0, &got, e) != 0)
        return -1;
    s->packing = master_unpack_recognise((const unsigned char *)magic, got);
    return s->packing == MASTER_PLAIN ? 0 : start_unpacking(s, e);
}

static int open_file(struct master_source *s, struct error *e)
{
    struct stat st;

    s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* so that a pipe does not make us wait */
    if (s->fd < 0)
        return error_set_errno(e, errno, "%s: cannot be opened", s->path);
    if (fstat(s->fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", s->path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERROR_IO, "%s: %s; a master is a regular file", s->path,
                         S_ISDIR(st.st_mode) ? "is a directory" : "is not a file that can be read again");
    s->size = (uint64_t)st.st_size;
    s->mtime_ns = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return recognise(s, e);
}

int master_source_open(const char *path, uint64_t window, struct master_source **out, struct error *e)
{
    struct master_source *s = create(path, window);

    *out = NULL;
    if (s == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    if (open_file(s, e) != 0) {
        master_source_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

int master_source_again(const struct master_source *source, struct master_source **out, struct error *e)
{
    struct master_source *s = create(source->path, source->window);
    int status = 0;

    *out = NULL;
    if (s == NULL)
        return error_set(e, ERROR_INTERNAL, "%s: no memory to read it", source->path);
    s->size = source->size;
    s->mtime_ns = source->mtime_ns;
    s->packing = source->packing;
    s->fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 0);
    if (s->fd < 0)
        status = error_set_errno(e, errno, "%s: cannot be read", source->path);
    else if (s->packing != MASTER_PLAIN)
        status = start_unpacking(s, e);
    if (status == 0)
        *out = s;
    else
        master_source_close(s);
    return status;
}

void master_source_close(struct master_source *s)
{
    if (s == NULL)
        return;
    if (s->fd >= 0)
        close(s->fd);
    master_unpack_free(s->unpack);
    master_digest_free(&s->digest);
    free(s->input);
    free(s->path);
    free(s);
}

/* ---- what it is ---- */

const char *master_source_path(const struct master_source *s)
{
    return s->path;
}

enum master_packing master_source_packing(const struct master_source *s)
{
    return s->packing;
}

uint64_t master_source_size(const struct master_source *s)
{
    return s->size;
}

int64_t master_source_mtime_ns(const struct master_source *s)
{
    return s->mtime_ns;
}

uint64_t master_source_position(const struct master_source *s)
{
    return s->position;
}

void master_source_digest(const struct master_source *s, uint64_t digest[2])
{
    digest[0] = s->digest.value[0];
    digest[1] = s->digest.value[1];
}

/* ---- reading ---- */

static int refuse_change(const struct master_source *s, struct error *e)
{
    return error_set(e, ERROR_TEMPORARY, "%s: changed while it was read; try again once it is complete", s->path);
}

static void drop_cache(struct master_source *s)
{
    uint64_t upto = s->position / DROP_BYTES * DROP_BYTES;

    if (upto == s->dropped)
        return;
    /* Advice only: where it is refused, the page cache is larger and nothing else. */
    (void)posix_fadvise(s->fd, (off_t)s->dropped, (off_t)(upto - s->dropped), POSIX_FADV_DONTNEED);
    s->dropped = upto;
}

void master_source_note(struct master_source *s, const char *bytes, size_t len)
{
    master_digest_add(&s->digest, bytes, len);
    s->position += len;
    drop_cache(s);
}

int master_source_read_at(const struct master_source *s, uint64_t offset, char *to, size_t len, struct error *e)
{
    while (len > 0) {
        size_t got;

        if (pread_some(s, to, len, offset, &got, e) != 0)
            return -1;
        if (got == 0)
            return refuse_change(s, e);
        to += got;
        offset += got;
        len -= got;
    }
    return 0;
}

static int check_unchanged(const struct master_source *s, struct error *e)
{
    struct stat st;

    if (fstat(s->fd, &st) != 0)
        return error_set_errno(e, errno, "%s: cannot be examined", s->path);
    if ((uint64_t)st.st_size != s->size || st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec != s->mtime_ns)
        return refuse_change(s, e);
    return 0;
}

/* The file ends, and its text does not; perhaps only because it is being written. */
static int refuse_cut(const struct master_source *s, struct error *e)
{
    if (check_unchanged(s, e) != 0)
        return -1;
    return error_set(e, ERROR_DATA, "%s: ends in the middle of its packed text; it was delivered in part", s->path);
}

static int read_input(struct master_source *s, struct error *e)
{
    if (pread_some(s, s->input, INPUT_BYTES, s->position, &s->unread_len, e) != 0)
        return -1;
    s->unread = s->input;
    s->at_end = s->unread_len == 0;
    master_source_note(s, s->input, s->unread_len);
    return 0;
}

static int unpack(struct master_source *s, char *to, size_t len, size_t *got, struct error *e)
{
    struct unpack_buffers b = {s->unread, s->unread_len, to, len};

    while (b.out_len > 0) {
        size_t room = b.out_len;

        if (b.in_len == 0 && !s->at_end) {
            if (read_input(s, e) != 0)
                return -1;
            b.in = s->unread;
            b.in_len = s->unread_len;
        }
        if (b.in_len == 0 && master_unpack_is_complete(s->unpack))
            break;
        if (master_unpack_step(s->unpack, &b, e) != 0)
            return error_prefix(e, "%s", s->path);
        if (b.out_len == room && b.in_len == 0 && s->at_end)
            return refuse_cut(s, e);
    }
    s->unread = b.in;
    s->unread_len = b.in_len;
    *got = len - b.out_len;
    return 0;
}

int master_source_read(struct master_source *s, char *to, size_t len, size_t *got, struct error *e)
{
    if (s->packing != MASTER_PLAIN)
        return unpack(s, to, len, got, e);
    if (pread_some(s, to, len, s->position, got, e) != 0)
        return -1;
    master_source_note(s, to, *got);
    return 0;
}

int master_source_skip(struct master_source *s, uint64_t len, struct error *e)
{
    char bytes[SKIP_BYTES];

    if (s->packing == MASTER_PLAIN) {
        s->position += len;
        return 0;
    }
    while (len > 0) {
        size_t got;

        if (unpack(s, bytes, len < sizeof bytes ? (size_t)len : sizeof bytes, &got, e) != 0)
            return -1;
        if (got == 0)
            return refuse_change(s, e);
        len -= got;
    }
    return 0;
}

int master_source_finish(struct master_source *s, struct error *e)
{
    if (check_unchanged(s, e) != 0)
        return -1;
    if (s->position != s->size)
        return refuse_change(s, e);
    master_digest_finish(&s->digest);
    return 0;
}
