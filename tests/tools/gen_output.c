#include "gen_output.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_BUFFER = 1 << 20 /* bytes */ };

static void fail(struct output *output, int errnum)
{
    if (output->error == 0)
        output->error = errnum ? errnum : EIO;
}

/* lstat and not stat: /dev/stdout is a link to what may be a regular file, and the link is not ours to remove. */
static void remove_if_regular(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
        unlink(path);
}

int output_open(struct output *output, const char *path)
{
    *output = (struct output){.path = path};
    output->file = fopen(path, "we");
    if (!output->file) {
        fail(output, errno);
        return -1;
    }
    setvbuf(output->file, NULL, _IOFBF, OUTPUT_BUFFER);
    return 0;
}

void output_write(struct output *output, const void *bytes, size_t len)
{
    if (output->error == 0 && len > 0 && fwrite_unlocked(bytes, 1, len, output->file) != len)
        fail(output, errno);
}

int output_finish(struct output *output)
{
    if (output->error == 0 && fflush(output->file) != 0)
        fail(output, errno);
    /* Pipes and devices can't be synced, which is no failure of theirs. */
    if (output->error == 0 && fsync(fileno(output->file)) != 0 && errno != EINVAL && errno != EROFS)
        fail(output, errno);
    return output->error ? -1 : 0;
}

int output_close(struct output *output)
{
    if (output->file) {
        output_finish(output);
        if (fclose(output->file) != 0)
            fail(output, errno);
        output->file = NULL;
        if (output->error)
            remove_if_regular(output->path);
    }
    return output->error ? -1 : 0;
}

void output_abandon(struct output *output)
{
    if (!output->file)
        return;
    fclose(output->file);
    output->file = NULL;
    remove_if_regular(output->path);
}
