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

struct mark mark_at(const struct origin *origin, enum mark_kind kind)
{
    struct mark mark = {
        .kind = kind, .partition = origin->partition, .offset = origin->offset, .message = origin->message};

    snprintf(mark.topic, sizeof mark.topic, "%.*s", SLICE_FORMAT(origin->topic));
    return mark;
}

/* --- writing --- */

static json_t *pack_settled(const struct mark *mark)
{
    json_t *json =
        json_pack("{s:i, s:I, s:s, s:o}", "message", (int)mark->message, "waits_since", (json_int_t)mark->since_ms,
                  "settled_by", mark->version, "rules", json_text(slice_of(mark->rules)));

    if (!json || !mark->is_over || json_object_set_new(json, "until", json_integer(mark->until_ms)) == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* Members by which one kind is known are none of another, so that it is not taken for that by who knows no other. */
static json_t *pack_rest(const struct mark *mark)
{
    switch (mark->kind) {
    case MARK_JUDGED:
        break;
    case MARK_HELD:
        return json_pack("{s:i, s:I}", "message", (int)mark->message, "waits_since", (json_int_t)mark->since_ms);
    case MARK_SETTLED:
        return pack_settled(mark);
    }
    return json_pack("{s:s, s:o}", "version", mark->version, "rules", json_text(slice_of(mark->rules)));
}

char *mark_write(const struct mark *mark, struct error *e)
{
    json_t *json = json_pack("{s:s, s:i, s:I}", "topic", mark->topic, "partition", (int)mark->partition, "offset",
                             (json_int_t)mark->offset);
    char *text = json && json_object_update_new(json, pack_rest(mark)) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (!text)
        error_set(e, ERROR_INTERNAL, "no memory for a mark");
    return text;
}

/* --- reading --- */

static bool take_version(const json_t *json, const char *name, struct mark *out)
{
    return json_take_text(json, name, "0123456789abcdef", out->version, sizeof out->version) &&
           strlen(out->version) == INDEX_VERSION_LEN &&
           json_take_text(json, "rules", NULL, out->rules, sizeof out->rules);
}

static bool take_message(const json_t *json, struct mark *out)
{
    int64_t message;

    if (!json_take_number(json, "message", INT32_MAX, &message) ||
        !json_take_number(json, "waits_since", INT64_MAX, &out->since_ms))
        return false;
    out->message = (int32_t)message;
    out->is_over = json_object_get(json, "until") != NULL;
    return !out->is_over || json_take_number(json, "until", INT64_MAX, &out->until_ms);
}

static bool take(const json_t *json, struct mark *out)
{
    int64_t partition;

    if (!json_take_text(json, "topic", RANGE_TOPIC_CHARACTERS, out->topic, sizeof out->topic) ||
        !json_take_number(json, "partition", INT32_MAX, &partition) ||
        !json_take_number(json, "offset", INT64_MAX, &out->offset))
        return false;
    out->partition = (int32_t)partition;
    if (!json_object_get(json, "waits_since"))
        return take_version(json, "version", out);
    out->kind = json_object_get(json, "settled_by") ? MARK_SETTLED : MARK_HELD;
    return take_message(json, out) && (out->kind == MARK_HELD || take_version(json, "settled_by", out));
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
