/* pending: the messages that a lane holds in memory because the master lacks something that they name.
 *
 * Found by their id, ordered by when their grace began, and asked in turns: those that the serving version has not been
 * asked about come first. Bounded in number and bytes; what they are made of is their owner's (pending_record). Pure:
 * time and versions arrive as values. One thread. */
#ifndef FIXWARDEN_CONSUMER_PENDING_H
#define FIXWARDEN_CONSUMER_PENDING_H

#include "pending_record.h"

#define PENDING_OVERHEAD 160u /* bytes that an entry takes beside its own: this struct, its places, malloc's */

struct pending_entry {
    unsigned char id[PENDING_ID_LEN];
    unsigned place; /* a number of its owner's for topic and partition */
    int64_t since_ms;
    uint64_t asked;     /* the index that was asked about it last (index_identity); 0: none */
    struct slice bytes; /* owned */
    /* pending's own */
    size_t heap_at;
    struct pending_entry *next_in_bucket;
    struct pending_entry *before, *behind; /* in the turn */
};

struct pending;

struct pending *pending_new(size_t entries_max, size_t bytes_max); /* NULL without memory */
void pending_free(struct pending *pending);                        /* NULL is fine */

/* Whether one more of so many bytes is within the bounds. */
bool pending_has_room(const struct pending *pending, size_t len);

/* Whether so much is held that the oldest should go: an eighth of the bounds is left for what comes. */
bool pending_is_tight(const struct pending *pending);

/* Copies the entry's bytes; one with the same id is replaced. It takes its turn at the end if `asked` is set, else
 * first. The bounds are the caller's to ask for. -1 without memory. */
int pending_put(struct pending *pending, const struct pending_entry *entry, struct error *e);

struct pending_entry *pending_find(struct pending *pending, const unsigned char id[PENDING_ID_LEN]);
void pending_remove(struct pending *pending, struct pending_entry *entry);

/* The one whose grace began first, or that has not been asked about with that index; NULL: there is none. */
struct pending_entry *pending_oldest(struct pending *pending);
struct pending_entry *pending_unasked(struct pending *pending, uint64_t index);

/* It has been asked about, and still waits: it goes to the end of the turn. */
void pending_asked(struct pending *pending, struct pending_entry *entry, uint64_t index);

/* Forgets those of one place, or all. */
void pending_forget(struct pending *pending, unsigned place);
void pending_clear(struct pending *pending);

size_t pending_count(const struct pending *pending);
size_t pending_bytes(const struct pending *pending); /* PENDING_OVERHEAD included */

#endif
