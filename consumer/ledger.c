#include "ledger.h"

#include <stdlib.h>
#include <string.h>

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        free(ledger->entries[i].topic);
    free(ledger->entries);
    memset(ledger, 0, sizeof *ledger);
}

void ledger_begin(struct ledger *ledger)
{
    size_t kept = 0;

    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];

        if (!entry->owned) {
            free(entry->topic);
            continue;
        }
        entry->revoked = entry->again = entry->doubted = false;
        entry->dropped = LEDGER_UNKNOWN;
        ledger->entries[kept++] = *entry;
    }
    ledger->count = kept;
}

struct ledger_entry *ledger_find(struct ledger *ledger, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < ledger->count; i++) {
        size_t at = (ledger->last + i) % ledger->count;
        struct ledger_entry *entry = &ledger->entries[at];

        if (entry->partition == partition && strcmp(entry->topic, topic) == 0) {
            ledger->last = at;
            return entry;
        }
    }
    return NULL;
}

static struct ledger_entry *append(struct ledger *ledger, const char *topic)
{
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity ? 2 * ledger->capacity : 16;
        struct ledger_entry *entries = realloc(ledger->entries, capacity * sizeof *entries);

        if (!entries)
            return NULL;
        ledger->entries = entries;
        ledger->capacity = capacity;
    }
    struct ledger_entry *entry = &ledger->entries[ledger->count];

    memset(entry, 0, sizeof *entry);
    entry->topic = strdup(topic);
    entry->topic_len = strlen(topic);
    return entry->topic ? (ledger->count++, entry) : NULL;
}

int ledger_assign(struct ledger *ledger, const char *topic, int32_t partition, struct error *e)
{
    struct ledger_entry *entry = ledger_find(ledger, topic, partition);

    if (!entry && !(entry = append(ledger, topic)))
        return error_set(e, ERROR_INTERNAL, "no memory for the ledger of partitions");
    entry->partition = partition;
    entry->owned = true;
    entry->again = entry->revoked;
    entry->doubted = false;
    entry->held = false;
    entry->at_end = false;
    entry->start = entry->sent = entry->next = entry->dropped = LEDGER_UNKNOWN;
    entry->from = entry->end = LEDGER_UNKNOWN;
    entry->let_go = entry->touched = false;
    entry->stored = LEDGER_UNKNOWN;
    return 0;
}

void ledger_revoke(struct ledger *ledger, const char *topic, int32_t partition)
{
    struct ledger_entry *entry = ledger_find(ledger, topic, partition);

    if (!entry)
        return;
    entry->owned = false;
    entry->revoked = true;
    entry->start = entry->sent = entry->next = LEDGER_UNKNOWN;
}

void ledger_doubt(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        ledger->entries[i].doubted = ledger->entries[i].owned && !ledger->entries[i].again;
}

void ledger_bound(struct ledger_entry *entry, int64_t from, int64_t next, int64_t end)
{
    entry->from = from;
    entry->start = entry->next = next;
    entry->end = end;
    entry->at_end = next >= end;
}

static bool is_behind_part(const struct ledger_entry *entry, int64_t offset)
{
    return entry->end != LEDGER_UNKNOWN && offset >= entry->end;
}

void ledger_reach(struct ledger_entry *entry, int64_t offset)
{
    if (!is_behind_part(entry, offset))
        return;
    entry->next = entry->end;
    entry->at_end = true;
}

enum ledger_verdict ledger_take(struct ledger_entry *entry, int64_t offset)
{
    bool back;

    if (!entry || !entry->owned || entry->doubted)
        return LEDGER_DROPPED;
    if (entry->again) {
        if (entry->dropped == LEDGER_UNKNOWN || offset < entry->dropped)
            entry->dropped = offset;
        return LEDGER_DROPPED;
    }
    if (is_behind_part(entry, offset)) {
        ledger_reach(entry, offset);
        return LEDGER_DROPPED;
    }
    back = offset < entry->next;
    if (entry->start == LEDGER_UNKNOWN || offset < entry->start)
        entry->start = offset;
    if (back)
        entry->sent = LEDGER_UNKNOWN; /* an offset of what was there before */
    entry->next = offset + 1;
    entry->at_end = is_behind_part(entry, entry->next);
    return back ? LEDGER_WENT_BACK : LEDGER_TAKEN;
}

void ledger_hand_over(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        ledger->entries[i].sent = ledger->entries[i].next;
}

int64_t ledger_moved(const struct ledger_entry *entry)
{
    return entry->sent != entry->start ? entry->sent : LEDGER_UNKNOWN;
}

int64_t ledger_to_commit(struct ledger_entry *entry)
{
    int64_t moved = ledger_moved(entry), stays = entry->sent != LEDGER_UNKNOWN ? entry->sent : entry->stored;
    bool touched = entry->touched;

    entry->touched = false;
    return moved == LEDGER_UNKNOWN && touched ? stays : moved;
}

void ledger_committed(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->entries[i].sent != LEDGER_UNKNOWN)
            ledger->entries[i].start = ledger->entries[i].sent;
    ledger_postponed(ledger);
}

void ledger_postponed(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        ledger->entries[i].sent = LEDGER_UNKNOWN;
}

void ledger_rewound(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];

        entry->next = entry->start;
        entry->at_end = entry->end == LEDGER_UNKNOWN ? entry->at_end : is_behind_part(entry, entry->next);
    }
    ledger_postponed(ledger);
}
