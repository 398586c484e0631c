#include "fix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
    const char *path;
    const atomic_bool *stop;
    int fd;
    char *buffer;
    size_t len, capacity;
    bool end;       /* the file's */
    int64_t offset; /* of the buffer's first byte in the file */
};

static int open_file(struct reader *reader, struct error *e)
{
    struct stat status;

    if (strcmp(reader->path, "-") == 0) {
        reader->fd = STDIN_FILENO;
        return 0;
    }
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0)
        return error_set_errno(e, errno, "%s", reader->path);
    if (fstat(reader->fd, &status) == 0 && S_ISDIR(status.st_mode))
        return error_set(e, ERROR_IO, "%s: it is a directory", reader->path);
    return 0;
}

/* Makes room for a chunk behind what is there. */
static int reserve(struct reader *reader, struct error *e)
{
    size_t capacity = reader->capacity == 0 ? FIX_FILE_CHUNK : 2 * reader->capacity;
    char *grown;

    if (reader->len < reader->capacity)
        return 0;
    if (capacity > FIX_FILE_BUFFER_MAX)
        return error_set(e, ERROR_INTERNAL, "%s: byte %lld: a message longer than the limit was not given up",
                         reader->path, (long long)reader->offset);
    grown = realloc(reader->buffer, capacity);
    if (!grown)
        return error_set(e, ERROR_INTERNAL, "%s: no memory", reader->path);
    reader->buffer = grown;
    reader->capacity = capacity;
    return 0;
}

/* Fills the buffer up as far as the file goes. */
static int fill(struct reader *reader, struct error *e)
{
    while (!reader->end && reader->len < reader->capacity) {
        ssize_t n = read(reader->fd, reader->buffer + reader->len, reader->capacity - reader->len);

        if (atomic_load(reader->stop))
            return error_set(e, ERROR_TEMPORARY, "%s: the check was interrupted", reader->path);
        if (n < 0 && errno != EINTR)
            return error_set_errno(e, errno, "%s", reader->path);
        reader->end = n == 0;
        reader->len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void pass_over(struct reader *reader, size_t consumed)
{
    reader->len -= consumed;
    reader->offset += (int64_t)consumed;
    memmove(reader->buffer, reader->buffer + consumed, reader->len);
}

/* What stands before `offset` is passed over; of a pipe it has to be read. */
static int skip_to(struct reader *reader, int64_t offset, struct error *e)
{
    if (offset > 0 && lseek(reader->fd, offset, SEEK_SET) == offset)
        reader->offset = offset;
    while (!reader->end && reader->offset < offset) {
        int64_t left = offset - reader->offset;

        if (reserve(reader, e) != 0 || fill(reader, e) != 0)
            return -1;
        pass_over(reader, left < (int64_t)reader->len ? (size_t)left : reader->len);
    }
    return 0;
}

static int read_all(struct reader *reader, fix_file_taker take, void *opaque, struct error *e)
{
    bool enough = false;

    do {
        size_t consumed;

        if (reserve(reader, e) != 0 || fill(reader, e) != 0)
            return -1;
        if (take(opaque, slice_make(reader->buffer, reader->len), reader->offset, reader->end, &consumed, &enough, e) !=
            0)
            return error_prefix(e, "%s", reader->path);
        pass_over(reader, consumed);
    } while (!reader->end && !enough);
    return 0;
}

int fix_file_read(const char *path, int64_t offset, fix_file_taker take, void *opaque, const atomic_bool *stop,
                  struct error *e)
{
    struct reader reader = {.path = path, .stop = stop, .fd = -1};
    int status = open_file(&reader, e);

    if (status == 0)
        status = skip_to(&reader, offset, e);
    if (status == 0)
        status = read_all(&reader, take, opaque, e);
    if (reader.fd > STDIN_FILENO)
        close(reader.fd);
    free(reader.buffer);
    return status;
}

struct check {
    struct checker *checker;
    const struct index *index;
    const struct checker_output *output;
    struct slice topic;
};

static int check_stretch(void *opaque, struct slice stretch, int64_t offset, bool last, size_t *consumed, bool *enough,
                         struct error *e)
{
    const struct check *check = opaque;
    struct origin origin = {.topic = check->topic, .offset = offset};

    *enough = false;
    return checker_check_log(check->checker, check->index, stretch, last, &origin, consumed, check->output, e);
}

int fix_file_check(const char *path, struct checker *checker, const struct index *index,
                   const struct checker_output *output, const atomic_bool *stop, struct error *e)
{
    struct check check = {checker, index, output, slice_of(path)};

    return fix_file_read(path, 0, check_stretch, &check, stop, e);
}
