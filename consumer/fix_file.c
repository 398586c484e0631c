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

static int check_all(struct reader *reader, struct checker *checker, const struct index *index,
                     const struct checker_output *output, struct error *e)
{
    do {
        struct origin origin = {.topic = slice_of(reader->path)};
        size_t consumed;

        if (reserve(reader, e) != 0 || fill(reader, e) != 0)
            return -1;
        origin.offset = reader->offset;
        if (checker_check_log(checker, index, slice_make(reader->buffer, reader->len), reader->end, &origin, &consumed,
                              output, e) != 0)
            return error_prefix(e, "%s", reader->path);
        pass_over(reader, consumed);
    } while (!reader->end);
    return 0;
}

int fix_file_check(const char *path, struct checker *checker, const struct index *index,
                   const struct checker_output *output, const atomic_bool *stop, struct error *e)
{
    struct reader reader = {.path = path, .stop = stop, .fd = -1};
    int status = open_file(&reader, e);

    if (status == 0)
        status = check_all(&reader, checker, index, output, e);
    if (reader.fd > STDIN_FILENO)
        close(reader.fd);
    free(reader.buffer);
    return status;
}
