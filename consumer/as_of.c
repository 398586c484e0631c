#include "as_of.h"

#include <string.h>

#include "history.h"
#include "versions.h"

static const char *const names[AS_OF_COUNT] = {"now", "version", "message-time", "live"};

const char *as_of_name(enum as_of as_of)
{
    return names[as_of];
}

bool as_of_from_name(const char *name, enum as_of *out)
{
    for (int i = 0; i < AS_OF_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum as_of)i;
            return true;
        }
    return false;
}

bool as_of_parse(const char *text, enum as_of *out)
{
    if (strlen(text) != INDEX_VERSION_LEN || strspn(text, "0123456789abcdef") != INDEX_VERSION_LEN)
        return as_of_from_name(text, out) && *out != AS_OF_VERSION;
    *out = AS_OF_VERSION;
    return true;
}

bool as_of_varies(enum as_of as_of)
{
    return as_of == AS_OF_MESSAGE_TIME || as_of == AS_OF_LIVE;
}

static int add_times(const char *folder, struct timeline *timeline, struct error *e)
{
    struct versions *versions;
    int status = 0;

    if (versions_open(folder, &versions, e) != 0)
        return -1;
    for (size_t i = 0; i < versions_count(versions) && status == 0; i++) {
        const struct version_entry *entry = versions_entry(versions, i);

        status = timeline_add_time(timeline, entry->valid_from_ms, entry->version, e);
    }
    versions_free(versions);
    return status;
}

int as_of_find(enum as_of as_of, const struct config *config, const struct range_list *ranges, const char *folder,
               const char *topic, const atomic_bool *stop, struct log *log, struct timeline **out, struct error *e)
{
    bool live = as_of == AS_OF_LIVE;

    if ((live ? timeline_by_marks(ranges, out, e) : timeline_by_time(out, e)) != 0)
        return -1;
    if ((live ? history_read(config, topic, stop, log, *out, e) : add_times(folder, *out, e)) != 0)
        return -1;
    return timeline_check(*out, config->rules.id, e) == 0 ? 0 : error_prefix(e, "%s", live ? topic : folder);
}
