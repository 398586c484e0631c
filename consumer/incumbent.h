/* incumbent: the index that serves, and what stands in its place on the disk.
 *
 * Whoever has a good index has it adopted: it serves from then on, with the deltas of the day on top, and is kept among
 * the versions. One that is damaged serves on, but is trusted no more, until another one is adopted: if need be the
 * newest good one of the versions kept. One thread. */
#ifndef FIXWARDEN_CONSUMER_INCUMBENT_H
#define FIXWARDEN_CONSUMER_INCUMBENT_H

#include "alerts.h"
#include "config.h"
#include "notices.h"
#include "serving.h"
#include "snapshot.h"

struct incumbent;

/* All are borrowed. Nothing serves yet. */
int incumbent_new(const struct config *config, struct serving *serving, struct notices *notices, struct incumbent **out,
                  struct error *e);
void incumbent_free(struct incumbent *incumbent); /* NULL is fine */

/* Opens the deltas of the day and the versions that were kept; without it there are none of either. `alerts` as
 * deltas_new has them. */
int incumbent_open(struct incumbent *incumbent, struct alerts *alerts, struct error *e);

/* It without the deltas of the day: what stands in its place. It lives until another one is adopted, though deltas may
 * come and go meanwhile. NULL: nothing serves. */
const struct index *incumbent_base(const struct incumbent *incumbent);

/* The same, by which a new one may be judged. NULL: nothing serves, or what nobody trusts any more. */
const struct index *incumbent_trusted(const struct incumbent *incumbent);

/* Whether it was made by others: perhaps of the master as it is now. */
bool incumbent_is_delivered(const struct incumbent *incumbent);

/* How many were adopted, and when the last one was, since the epoch: the first one when it was made. */
uint64_t incumbent_adopted(const struct incumbent *incumbent);
int64_t incumbent_adopted_ms(const struct incumbent *incumbent);

/* The file in its place as it was when it was adopted, or refused, which is said here. */
const struct snapshot_stat *incumbent_seen(const struct incumbent *incumbent);
void incumbent_saw(struct incumbent *incumbent, const struct snapshot_stat *seen);

/* What stands in its place now serves; where there are deltas, once they are on top of it, which incumbent_look sees
 * to, and if it stands there still. Takes the index over in every case. `wall_ms` since the epoch, as below. Not while
 * another one is being adopted. */
int incumbent_adopt(struct incumbent *incumbent, struct index *index, bool is_delivered, int64_t wall_ms,
                    struct error *e);

/* Whether one is being adopted, and does not serve yet. */
bool incumbent_is_adopting(const struct incumbent *incumbent);

/* Whether deltas are at work, so that nobody may close an index that serves or has served. */
bool incumbent_is_busy(struct incumbent *incumbent);

/* The newest of the versions kept that was not tried since something good served; borrowed until it was. NULL: there is
 * none, or what serves is trusted. */
const char *incumbent_kept(struct incumbent *incumbent);

/* It was tried: it serves as above, unless it is another version than its name says. Takes the index over in every
 * case; NULL: it was not good, and *why says so already. */
int incumbent_adopt_kept(struct incumbent *incumbent, struct index *index, int64_t wall_ms, struct error *why);

/* Finds out whether it is damaged. True once, and then what stands in its place counts as never seen. */
bool incumbent_finds_damage(struct incumbent *incumbent);

/* Goes on with what is being adopted, else puts new deltas on top of what serves. Never waits. `now_ms` is monotonic.
 * True where what was to be adopted is not, so that what stands in its place is to be looked at anew. */
bool incumbent_look(struct incumbent *incumbent, int64_t now_ms, int64_t wall_ms);

#endif
