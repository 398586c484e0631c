/* ledger: which partitions are ours and how far each has been taken, kept apart from the client library.
 *
 * The library's own position counts messages that it has handed out within a call, before anybody has seen them, and
 * rebalances happen inside that call. So what is committed is what stands here. One thread. */
#ifndef FIXWARDEN_CONSUMER_LEDGER_H
#define FIXWARDEN_CONSUMER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define LEDGER_UNKNOWN INT64_C(-1) /* an offset that has not shown itself yet */

struct ledger_entry {
    char *topic;
    size_t topic_len;
    int32_t partition;
    bool owned;
    bool held;       /* paused; an assignment starts without */
    bool at_end;     /* the end was reached since the last message, or that of the part to be taken */
    bool revoked;    /* within this round */
    bool again;      /* ours again within the round in which it was revoked */
    bool doubted;    /* the library may have passed over messages: none is taken before it is sought */
    int64_t start;   /* where to begin again after an abort: what is committed, or the first message seen */
    int64_t sent;    /* handed over to a commit that is under way; LEDGER_UNKNOWN: nothing is */
    int64_t next;    /* behind the last message taken */
    int64_t dropped; /* the least offset that was refused because of `again` */
    int64_t from;    /* of the part to be taken; LEDGER_UNKNOWN: all of it */
    int64_t end;     /* behind that part; LEDGER_UNKNOWN: it has no end */
    bool let_go;     /* of a part: it is not fetched any more */
    int64_t stored;  /* what the group held when it was last asked; LEDGER_UNKNOWN: nothing, or nobody has asked */
    bool touched;    /* the next commit names it, also where it has not moved */
};

struct ledger {
    struct ledger_entry *entries;
    size_t count;
    size_t capacity;
    size_t last; /* found by the last look; runs of one partition are long */
};

void ledger_free(struct ledger *ledger);

/* Begins a round, one call of the library: what was revoked in the last one is forgotten. */
void ledger_begin(struct ledger *ledger);

int ledger_assign(struct ledger *ledger, const char *topic, int32_t partition, struct error *e);
void ledger_revoke(struct ledger *ledger, const char *topic, int32_t partition);

/* NULL where it is not there; borrowed until the next ledger_begin or ledger_assign. */
struct ledger_entry *ledger_find(struct ledger *ledger, const char *topic, int32_t partition);

/* All partitions that are ours by now are doubted, until the next round. */
void ledger_doubt(struct ledger *ledger);

enum ledger_verdict {
    LEDGER_TAKEN,
    LEDGER_DROPPED,  /* not ours, doubted, fetched before it was revoked and assigned again, or behind the part */
    LEDGER_WENT_BACK /* taken, though it stands before what was taken already: the topic was made again */
};

enum ledger_verdict ledger_take(struct ledger_entry *entry, int64_t offset);

/* Only a part is to be taken, from `from` up to `end`, which is excluded; all before `next` has been. */
void ledger_bound(struct ledger_entry *entry, int64_t from, int64_t next, int64_t end);

/* No message stands between what was taken and `offset`: there is none, or what was there is no message (a marker, or
 * aborted, or compacted away). Of a part, all is taken then if it ends there or before. */
void ledger_reach(struct ledger_entry *entry, int64_t offset);

/* A commit begins: what has been taken up to here is handed over to it, and more may be taken meanwhile. One at a time.
 */
void ledger_hand_over(struct ledger *ledger);

/* What that commit sets it to; LEDGER_UNKNOWN: it has not moved. And what it names, those that are touched included;
 * the latter once. */
int64_t ledger_moved(const struct ledger_entry *entry);
int64_t ledger_to_commit(struct ledger_entry *entry);

/* It is committed; or it is not, but may be with the next one; or nothing is that was taken since the last commit, and
 * it is taken again. */
void ledger_committed(struct ledger *ledger);
void ledger_postponed(struct ledger *ledger);
void ledger_rewound(struct ledger *ledger);

#endif
