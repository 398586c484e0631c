/* pending_record: what is held of a message with instruments that the master lacks, as bytes in pending.topic.
 *
 *     magic "FWP", 1               4 bytes: the format
 *     since, origin, version       fixed and counted fields
 *     items                        the ids of what was found about those instruments
 *     headers, raw                 a block of carry; the message
 *     checksum                     XXH64 of all before it
 *
 * Numbers are little-endian, as in the index. Pure; reading allocates nothing and takes any bytes: what is not whole is
 * refused. Any thread. */
#ifndef FIXWARDEN_CONSUMER_PENDING_RECORD_H
#define FIXWARDEN_CONSUMER_PENDING_RECORD_H

#include "core/avro_buffer.h"
#include "core/discrepancy.h"

#define PENDING_ID_LEN (DISCREPANCY_ID_LEN / 2) /* bytes: the digits of an id, two in each */
#define PENDING_RAW_MAX (128u << 10) /* bytes of a message that is held; with its items it fits Kafka's usual 1 MB */
#define PENDING_ITEMS_MAX 32768u     /* more than a message of that size can name */

/* Something that was found about an instrument that waits. */
struct pending_item {
    unsigned char id[PENDING_ID_LEN];
    uint8_t role; /* enum instrument_role, and position: which instrument */
    uint32_t position;
    bool waits; /* the master lacks it, and nothing was published; else it was published at once */
};

/* Some of them, which grow. All zero: none. */
struct pending_items {
    struct pending_item *items; /* malloc'ed; pending_items_free */
    size_t count, capacity;
};

/* Slices borrow from what was given or read. */
struct pending_record {
    int64_t since_ms; /* since the epoch: when its grace began */
    struct origin origin;
    struct slice version; /* of the index that lacked it first */
    struct slice headers; /* a block of carry */
    struct slice raw;
    struct slice items; /* as they are written; see pending_record_item */
    size_t item_count;
};

/* The bytes of an id that is well formed: hexadecimal digits in lower case. */
void pending_id(const char id[DISCREPANCY_ID_LEN + 1], unsigned char bytes[PENDING_ID_LEN]);

/* Appends the record with these items in the place of its own. -1 without memory. */
int pending_record_write(const struct pending_record *record, const struct pending_item *items, size_t count,
                         struct avro_buffer *out, struct error *e);

/* ERROR_DATA says what is wrong with the bytes. */
int pending_record_read(struct slice bytes, struct pending_record *out, struct error *e);

struct pending_item pending_record_item(const struct pending_record *record, size_t i);

struct pending_item pending_item_of(const struct discrepancy *discrepancy, bool waits);

/* Whether both are about the same instrument of a message. */
bool pending_item_is_beside(const struct pending_item *a, const struct pending_item *b);

int pending_items_add(struct pending_items *list, const struct pending_item *item, struct error *e);
void pending_items_free(struct pending_items *list);

#endif
