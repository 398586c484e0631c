/* Any bytes, as what pending.topic may hold; with their checksum set right, so that it does not stand in the way. What
 * is read is written again as it was. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/carry.h"
#include "consumer/pending_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_write(struct slice bytes)
{
    static struct pending_item items[PENDING_ITEMS_MAX];
    struct avro_buffer again = {0};
    struct pending_record record;
    struct carry_header header;
    struct slice block;
    struct error e;

    if (pending_record_read(bytes, &record, &e) != 0)
        return;
    for (size_t i = 0; i < record.item_count; i++)
        items[i] = pending_record_item(&record, i);
    for (block = record.headers; carry_next(&block, &header);)
        if (header.name.ptr < bytes.ptr || header.value.ptr + header.value.len > bytes.ptr + bytes.len)
            abort();
    if (pending_record_write(&record, items, record.item_count, &again, &e) != 0 || again.len != bytes.len ||
        memcmp(again.ptr, bytes.ptr, bytes.len) != 0)
        abort();
    avro_buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t checksum = XXH64(data, size, 0);
    char *bytes = malloc(size + sizeof checksum);

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    memcpy(bytes + size, &checksum, sizeof checksum);
    read_and_write(slice_make(bytes, size + sizeof checksum));
    free(bytes);
    return 0;
}
