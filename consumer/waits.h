/* waits: which messages of one partition waited for the master in the live run, and by what each wait ended, as the
 * marks (mark.h) say. Pure: filled by one thread, and read by any from then on. */
#ifndef FIXWARDEN_CONSUMER_WAITS_H
#define FIXWARDEN_CONSUMER_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* A wait, or a part of it, that is over. */
struct wait_end {
    const char *version; /* that settled it; borrowed */
    const char *rules;   /* likewise */
    bool is_over;        /* as struct mark has them */
    int64_t until_ms;
};

struct wait {
    int64_t offset; /* of the record */
    int32_t message;
    int64_t since_ms;
    struct wait_end *ends; /* in their order; none: it waited still when the marks were read */
    size_t end_count;
};

/* All zero: none. */
struct waits {
    struct wait *items; /* in the order of their messages */
    size_t count, capacity;
    size_t parts; /* waits and ends */
};

/* That it waits; once more is as once. -1 without memory, as waits_end. */
int waits_begin(struct waits *waits, int64_t offset, int32_t message, int64_t since_ms, struct error *e);

/* That the wait, which need not be known, or a part of it is over. */
int waits_end(struct waits *waits, int64_t offset, int32_t message, int64_t since_ms, const struct wait_end *end,
              struct error *e);

/* Forgets those of the records from that offset on. */
void waits_drop_from(struct waits *waits, int64_t offset);

/* NULL: it did not wait. */
const struct wait *waits_find(const struct waits *waits, int64_t offset, int32_t message);

void waits_free(struct waits *waits); /* and empties it */

#endif
