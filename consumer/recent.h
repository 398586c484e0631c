/* recent: some of the records of the last hour, so that a new master can be asked about what is traded right now.
 *
 * Any thread adds; one thread at a time goes through them. Where there is no room for all, they stay evenly spread over
 * the time: every second one goes, and further ones come half as often, until there is room again. Bounded by RECENT_RECORDS_MAX and
 * RECENT_BYTES_MAX. */
#ifndef FIXWARDEN_CONSUMER_RECENT_H
#define FIXWARDEN_CONSUMER_RECENT_H

#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

#define RECENT_RECORDS_MAX 2048u
#define RECENT_BYTES_MAX (1u << 20)   /* of all of them */
#define RECENT_RECORD_MAX (16u << 10) /* a larger record is none of them */
#define RECENT_KEPT_MS (3600 * 1000)
#define RECENT_EVERY_MS 50 /* at first; and at the least */

struct recent;

struct recent *recent_new(void);         /* NULL without memory */
void recent_free(struct recent *recent); /* NULL is fine */

/* Keeps a copy of the record if it is time for one, which costs next to nothing where it is not. `now_ms` is monotonic.
 * That there is no memory for it is no error. */
void recent_note(struct recent *recent, int64_t now_ms, struct slice record);

/* Calls `take` with each of those that are not too old, the oldest first; nothing is added meanwhile. Ends with what it
 * returns where that is not 0. */
int recent_each(struct recent *recent, int64_t now_ms, int (*take)(void *opaque, struct slice record, struct error *e),
                void *opaque, struct error *e);

#endif
