/* explain_find: one message out of a text, a file or a stream. One thread. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_FIND_H
#define FIXWARDEN_CONSUMER_EXPLAIN_FIND_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/error.h"
#include "core/fix.h"

/* Starts with what is looked for, and zeros. */
struct explain_find {
    unsigned profile; /* of enum fix_tolerance */
    uint64_t number;  /* which message from the place where the search begins, from 0; malformed ones count */

    char *bytes; /* of the message, malloc'ed: explain_find_free; NULL: there is none */
    size_t len;
    int64_t offset;  /* of its first byte */
    uint64_t passed; /* messages before it */
};

/* In a text as in a Kafka record. -1 only without memory. */
int explain_find_in_text(struct explain_find *find, struct slice text, struct error *e);

/* In a file from a byte on, or on standard input where the path is "-". Errors are those of fix_file_read. */
int explain_find_in_file(struct explain_find *find, const char *path, int64_t offset, const atomic_bool *stop,
                         struct error *e);

void explain_find_free(struct explain_find *find);

#endif
