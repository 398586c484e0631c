#include "mark.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"

size_t mark_key(const struct mark *mark, char out[MARK_KEY_MAX])
{
    return (size_t)snprintf(out, MARK_KEY_MAX, "%s:%" PRId32, mark->topic, mark->partition);
}

char *mark_write(const struct mark *mark, struct error *e)
{
    json_t *json =
        json_pack("{s:s, s:i, s:I, s:s, s:o}", "topic", mark->topic, "partition", (int)mark->partition, "offset",
                  (json_int_t)mark->offset, "version", mark->version, "rules", json_text(slice_of(mark->rules)));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (!text)
        error_set(e, ERROR_INTERNAL, "no memory for a mark");
    return text;
}

static bool take(const json_t *json, struct mark *out)
{
    int64_t partition;

    if (!json_take_text(json, "topic", RANGE_TOPIC_CHARACTERS, out->topic, sizeof out->topic) ||
        !json_take_number(json, "partition", INT32_MAX, &partition) ||
        !json_take_number(json, "offset", INT64_MAX, &out->offset) ||
        !json_take_text(json, "version", "0123456789abcdef", out->version, sizeof out->version) ||
        !json_take_text(json, "rules", NULL, out->rules, sizeof out->rules))
        return false;
    out->partition = (int32_t)partition;
    return strlen(out->version) == INDEX_VERSION_LEN;
}

bool mark_read(struct slice text, struct mark *out)
{
    json_t *json = text.len > 0 && text.len <= MARK_VALUE_MAX ? json_loadb(text.ptr, text.len, 0, NULL) : NULL;
    bool good;

    memset(out, 0, sizeof *out);
    good = json && take(json, out);
    json_decref(json);
    return good;
}
