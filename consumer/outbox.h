/* outbox: what one batch is to publish: what was found, each record under its instrument's key and with the headers of
 * the record that it comes from, alerts, and marks (mark.h).
 *
 * It is bounded: beyond `bytes_max` it asks its owner to send what it holds, also in the middle of a record, since one
 * record may hold thousands of messages. What is pending (see late) goes in the same transaction. Belongs to one
 * thread, or to one at a time; bytes handed out live until outbox_clear or outbox_free. */
#ifndef FIXWARDEN_CONSUMER_OUTBOX_H
#define FIXWARDEN_CONSUMER_OUTBOX_H

#include "carry.h"
#include "core/found.h"

enum outbox_type {
    OUTBOX_DISCREPANCY = FOUND_DISCREPANCY,
    OUTBOX_DEAD_LETTER = FOUND_DEAD_LETTER,
    OUTBOX_ALERT,
    OUTBOX_PENDING,
    OUTBOX_MARK,
    OUTBOX_TYPE_COUNT
};

struct outbox_item {
    enum outbox_type type;
    struct slice key; /* empty: none */
    struct slice value;
    struct slice headers; /* a block of carry */
    int32_t partition;    /* OUTBOX_ANY_PARTITION, or the one that it has to go to */
    bool is_tombstone;    /* there is no value, which is not the same as an empty one */
};

#define OUTBOX_ANY_PARTITION (-1)

/* What it needs of its owner while records are checked. */
struct outbox_events {
    void *opaque;
    /* The headers of the record at that place, taken into `carry`; called only for records about which something is
     * published, in their order. False where they can't be carried. -1 with the error where the check has to end. */
    int (*on_headers)(void *opaque, const struct origin *origin, struct carry *carry, bool *carried, struct error *e);
    /* It holds its share: sends and clears it. -1 where the check has to end. */
    int (*on_full)(void *opaque, struct error *e);
};

struct outbox_options {
    const struct slice *header;        /* FOUND_TYPE_COUNT of them, as for found_new */
    const struct string_list *carried; /* names of headers; borrowed */
    size_t bytes_max;                  /* of keys, values and headers together; one record to publish may exceed it */
    struct outbox_events events;
};

struct outbox;

int outbox_new(const struct outbox_options *options, struct outbox **out, struct error *e);
void outbox_free(struct outbox *outbox); /* NULL is fine */

/* Begins with the records of one poll, and says where what is found in them goes. Borrowed from the outbox. */
const struct checker_output *outbox_begin(struct outbox *outbox);

/* Adds what is no finding; copied. */
int outbox_add_alert(struct outbox *outbox, struct slice key, struct slice value, struct error *e);

/* The same of what is pending, in their order; a value without `ptr` is a tombstone. May call on_full, as a finding
 * does. */
int outbox_add_pending(struct outbox *outbox, int32_t partition, struct slice key, struct slice value, struct error *e);

/* The headers of a record as they would be published with what is found in it, as a block of carry: borrowed until the
 * next call. Asked, as for findings, in the order of the records. */
int outbox_headers(struct outbox *outbox, const struct origin *origin, struct slice *block, struct error *e);
/* The same of a mark. */
int outbox_add_mark(struct outbox *outbox, struct slice key, struct slice value, struct error *e);

size_t outbox_count(const struct outbox *outbox);
size_t outbox_bytes(const struct outbox *outbox);
struct outbox_item outbox_item(const struct outbox *outbox, size_t i); /* in the order in which they were found */
uint64_t outbox_stripped(const struct outbox *outbox); /* records among them without the headers they should have */
void outbox_clear(struct outbox *outbox);

#endif
