/* serving: the index that serves, and those before it that somebody still holds.
 *
 * One thread makes it, puts newer ones in and closes old ones; any thread may hold an index. A holder gets the newest
 * one between its batches and gives its last one back in the same call; an index is closed once nobody holds it. */
#ifndef FIXWARDEN_CONSUMER_SERVING_H
#define FIXWARDEN_CONSUMER_SERVING_H

#include "core/index.h"

struct serving;

struct serving *serving_new(void);          /* without an index; NULL without memory */
void serving_free(struct serving *serving); /* closes all; nobody may hold one. NULL is fine */

/* It serves from here on. Takes the index over in every case. */
int serving_add(struct serving *serving, struct index *index, struct error *e);

/* The newest one, or NULL; for the thread that adds them. */
const struct index *serving_newest(const struct serving *serving);

/* Its version, or NULL; for that thread, too. */
const char *serving_version(const struct serving *serving);

/* Closes what nobody holds, but for the newest one. */
void serving_close_unused(struct serving *serving);

/* The newest one, in exchange for the one that the caller holds (NULL: none yet). Any thread; costs nothing while they
 * are the same. It lives until the next exchange or serving_give_back. */
const struct index *serving_take(struct serving *serving, const struct index *held);
void serving_give_back(struct serving *serving, const struct index *held); /* NULL is fine */

/* Whether what was found in the index that the caller holds is right: its file was neither overwritten in place nor cut
 * since it was opened, and all of it could be read. Once false, always false. Any thread; a system call. */
bool serving_trusts(struct serving *serving, const struct index *held);

#endif
