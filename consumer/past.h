/* past: the versions of the index by which a replay judges, and which of them judges a record.
 *
 * Those that are files are open all the time. Those with deltas are made when a reader turns to them (remake.h), and
 * kept as long as they are held, or have no more rows of deltas together than deltas.max_rows: a day has many, and each
 * takes memory. One thread makes it and frees it; any thread may ask. */
#ifndef FIXWARDEN_CONSUMER_PAST_H
#define FIXWARDEN_CONSUMER_PAST_H

#include "config.h"
#include "core/index.h"
#include "timeline.h"

struct past;

/* Opens all versions of the timeline, which is borrowed, from the folder, or sees that they can be made. ERROR_DATA
 * names those that are not there, or are not what their names say. */
int past_open(const struct config *config, const struct timeline *timeline, const char *folder, struct past **out,
              struct error *e);
void past_free(struct past *past); /* NULL is fine */

/* A reader's last look, and the version to which it has turned; starts as zeros. */
struct past_place {
    struct timeline_place place;
    const char *version;
    const struct index *index; /* of that version; it lives until the reader turns to another one, or leaves */
};

/* The version that judges the record, borrowed, the same pointer for the same version, or NULL where the timeline has
 * none. *early as in timeline_find. */
const char *past_version(const struct past *past, const struct origin *origin, struct past_place *place, bool *early);

/* Turns to a version that past_version or a wait has named. ERROR_INTERNAL without memory; ERROR_IO and ERROR_DATA
 * where what one with deltas is made of has changed since it was opened. */
int past_turn_to(struct past *past, const char *version, struct past_place *place, struct error *e);
void past_leave(struct past *past, struct past_place *place);

/* How the message of that place waited in the live run; NULL: it did not. */
const struct wait *past_wait(const struct past *past, const struct origin *origin);

/* Whether any message did. */
bool past_has_waits(const struct past *past);

/* The path of a version that was overwritten in place or cut since it was opened, or a page of which could not be read,
 * so that nothing found with any of them is to be trusted; NULL: all are as they were. System calls. */
const char *past_damaged(const struct past *past);

/* How many versions there are. */
size_t past_count(const struct past *past);

#endif
