/* output_file: a file that appears under its name only when it is whole. One thread. */
#ifndef FIXWARDEN_CONSUMER_OUTPUT_FILE_H
#define FIXWARDEN_CONSUMER_OUTPUT_FILE_H

#include <stdio.h>

#include "core/error.h"

/* Starts as zeros. */
struct output_file {
    FILE *stream;
    char *path;
    char *temporary; /* NULL where the path is a device or pipe, which is written as it is */
};

/* Opens a temporary file beside `path`. */
int output_file_open(struct output_file *file, const char *path, struct error *e);

/* Flushes and syncs what was written and gives it its name. */
int output_file_commit(struct output_file *file, struct error *e);

/* Frees everything; what was not committed is removed. */
void output_file_close(struct output_file *file);

#endif
