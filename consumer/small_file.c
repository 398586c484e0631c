#include "small_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

char *small_file_read(const char *path, size_t max, size_t *len, struct error *e)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(max + 2);

    if (file && text)
        *len = fread(text, 1, max + 1, file);
    if (!file || ferror(file)) {
        error_set_errno(e, errno, "%s", path);
        free(text);
        text = NULL;
    } else if (!text) {
        error_set(e, ERROR_INTERNAL, "%s: no memory to read it", path);
    } else {
        text[*len] = '\0';
    }
    if (file)
        fclose(file);
    return text;
}

char *small_file_read_within(const char *path, size_t max, enum error_code code, size_t *len, struct error *e)
{
    char *text = small_file_read(path, max, len, e);

    if (!text || *len <= max)
        return text;
    error_set(e, code, "%s: it is longer than %zu bytes", path, max);
    free(text);
    return NULL;
}
