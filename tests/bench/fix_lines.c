#include "fix_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t read_file(const char *path, char **all)
{
    FILE *file = fopen(path, "rb");
    size_t read = 0;
    long len = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        len = ftell(file);
    if (len > 0)
        *all = malloc((size_t)len);
    if (*all != NULL) {
        rewind(file);
        read = fread(*all, 1, (size_t)len, file);
    }
    if (file != NULL)
        fclose(file);
    return read;
}

bool fix_lines_read(const char *path, bool (*is_wanted)(const void *context, struct slice line), const void *context,
                    struct fix_lines *out)
{
    size_t len;

    *out = (struct fix_lines){0};
    len = read_file(path, &out->all);
    if (len > 0)
        out->items = calloc(len / 2 + 1, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(out->all + at, '\n', len - at);
        struct slice line = slice_make(out->all + at, (end ? (size_t)(end - out->all) : len) - at);

        if (is_wanted == NULL || is_wanted(context, line)) {
            out->items[out->count++] = line;
            out->bytes += line.len;
        }
        at += line.len + 1;
    }
    return true;
}

void fix_lines_free(struct fix_lines *lines)
{
    free(lines->items);
    free(lines->all);
}
