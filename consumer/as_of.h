/* as_of: by which version of the index a replay judges, as the user chooses it. One thread. */
#ifndef FIXWARDEN_CONSUMER_AS_OF_H
#define FIXWARDEN_CONSUMER_AS_OF_H

#include <stdatomic.h>

#include "config.h"
#include "log.h"
#include "timeline.h"

enum as_of {
    AS_OF_NOW,          /* the index that stands there */
    AS_OF_VERSION,      /* one that is named */
    AS_OF_MESSAGE_TIME, /* each record by the one that was in force at its timestamp */
    AS_OF_LIVE,         /* each record by the one that judged it in the live run */
    AS_OF_COUNT
};

const char *as_of_name(enum as_of as_of); /* now, version, message-time, live */

/* False for what is none of these names. */
bool as_of_from_name(const char *name, enum as_of *out);

/* What a user types: a name, or for AS_OF_VERSION the version itself, in 16 hexadecimal digits. */
bool as_of_parse(const char *text, enum as_of *out);

/* Whether records may be judged by several versions. */
bool as_of_varies(enum as_of as_of);

/* Which records are judged by which version, where that varies. `folder`: of the versions (versions.h); `topic`: of the
 * marks. ERROR_DATA where there is nothing by which some record of the ranges would be judged, or other rules judged
 * it; else errors are those of versions and history. *out is the caller's in every case. */
int as_of_find(enum as_of as_of, const struct config *config, const struct range_list *ranges, const char *folder,
               const char *topic, const atomic_bool *stop, struct log *log, struct timeline **out, struct error *e);

#endif
