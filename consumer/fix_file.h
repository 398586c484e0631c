/* fix_file: a file of FIX messages, given to a checker piece by piece, whatever its size. One thread. */
#ifndef FIXWARDEN_CONSUMER_FIX_FILE_H
#define FIXWARDEN_CONSUMER_FIX_FILE_H

#include <stdatomic.h>

#include "core/checker.h"

#define FIX_FILE_CHUNK ((size_t)4 << 20)                  /* bytes of one read; a buffer starts as large */
#define FIX_FILE_BUFFER_MAX ((size_t)2 * FIX_MESSAGE_MAX) /* bytes; more than the longest message needs */

/* Checks all of `path`, or of standard input where it is "-". The path is the topic of the messages' origin, with
 * partition 0. ERROR_IO where it cannot be read; ERROR_TEMPORARY once `stop` is true. */
int fix_file_check(const char *path, struct checker *checker, const struct index *index,
                   const struct checker_output *output, const atomic_bool *stop, struct error *e);

#endif
