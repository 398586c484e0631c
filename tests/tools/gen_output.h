/* gen_output: a file that is written from start to end, or not at all.
 *
 * The first error sticks and later writes do nothing, so a loop asks once in a while. Closing a file that failed
 * removes it: a short file is never left to pass for a whole one. SIGPIPE must be ignored by the
 * program. One thread. */
#ifndef FIXWARDEN_TESTS_GEN_OUTPUT_H
#define FIXWARDEN_TESTS_GEN_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *file;
    const char *path; /* borrowed */
    int error;        /* errno of the first failure, 0 without */
};

/* Returns 0, or -1 with output->error set. */
int output_open(struct output *output, const char *path);

void output_write(struct output *output, const void *bytes, size_t len);

/* Flushes to the disk. Returns 0, or -1 with output->error set. */
int output_finish(struct output *output);

/* Finishes and closes. Returns 0, or -1 with output->error set and a regular file removed. A closed or
 * never opened output is fine. */
int output_close(struct output *output);

/* Gives the output up on another's failure: closed, and a regular file removed. */
void output_abandon(struct output *output);

#endif
