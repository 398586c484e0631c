/* fix_file: a file of FIX messages, read piece by piece, whatever its size. One thread. */
#ifndef FIXWARDEN_CONSUMER_FIX_FILE_H
#define FIXWARDEN_CONSUMER_FIX_FILE_H

#include <stdatomic.h>

#include "core/checker.h"

#define FIX_FILE_CHUNK ((size_t)4 << 20)                  /* bytes of one read; a buffer starts as large */
#define FIX_FILE_BUFFER_MAX ((size_t)2 * FIX_MESSAGE_MAX) /* bytes; more than the longest message needs */

/* Takes what it can off the front of a stretch of the file whose first byte stands at `offset`, and says in *consumed
 * how much that was; the rest comes again with more behind it. `last`: nothing follows. *enough: no more is wanted. -1
 * ends the reading. */
typedef int (*fix_file_taker)(void *opaque, struct slice stretch, int64_t offset, bool last, size_t *consumed,
                              bool *enough, struct error *e);

/* Reads `path` from a byte on, or standard input where it is "-". Errors are those of fix_file_check, or the taker's.
 */
int fix_file_read(const char *path, int64_t offset, fix_file_taker take, void *opaque, const atomic_bool *stop,
                  struct error *e);

/* Checks all of `path`, or of standard input where it is "-". The path is the topic of the messages' origin, with
 * partition 0. ERROR_IO where it cannot be read; ERROR_TEMPORARY once `stop` is true. */
int fix_file_check(const char *path, struct checker *checker, const struct index *index,
                   const struct checker_output *output, const atomic_bool *stop, struct error *e);

#endif
