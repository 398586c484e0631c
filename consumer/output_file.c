#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static int open_temporary(struct output_file *file)
{
    if (asprintf(&file->temporary, "%s.tmp.%ld", file->path, (long)getpid()) < 0) {
        file->temporary = NULL;
        return -1;
    }
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        free(file->temporary); /* not ours to remove */
        file->temporary = NULL;
    }
    return fd;
}

int output_file_open(struct output_file *file, const char *path, struct error *e)
{
    struct stat status;
    int fd = -1;

    *file = (struct output_file){.path = strdup(path)};
    if (!file->path)
        return error_set(e, ERROR_INTERNAL, "no memory");
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        errno = EISDIR;
    else
        fd = is_special(path) ? open(path, O_WRONLY | O_CLOEXEC) : open_temporary(file);
    if (fd >= 0)
        file->stream = fdopen(fd, "w");
    if (!file->stream) {
        error_set_errno(e, errno, "%s", path);
        if (fd >= 0)
            close(fd);
        output_file_close(file);
        return -1;
    }
    return 0;
}

/* So that the name, too, is there after the power was lost. */
static bool flush_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* EINVAL: a file system without such a thing */
    int err = errno;

    if (fd >= 0)
        close(fd);
    free(copy);
    errno = err;
    return good;
}

int output_file_commit(struct output_file *file, struct error *e)
{
    bool good = fflush(file->stream) == 0 && !ferror(file->stream);

    if (good && file->temporary)
        good =
            fsync(fileno(file->stream)) == 0 && rename(file->temporary, file->path) == 0 && flush_directory(file->path);
    if (!good)
        return error_set_errno(e, errno ? errno : EIO, "%s", file->path);
    free(file->temporary);
    file->temporary = NULL;
    return 0;
}

void output_file_close(struct output_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct output_file){0};
}
