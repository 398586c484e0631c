#include "manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "budget.h"
#include "json_text.h"
#include "output_file.h"
#include "pace.h"
#include "small_file.h"

#define RUN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

int manifest_new_run(int64_t now_ms, char run[MANIFEST_RUN_MAX + 1], struct error *e)
{
    time_t seconds = (time_t)(now_ms / 1000);
    char time[32];
    uint32_t bits;
    struct tm utc;

    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        return error_set_errno(e, errno, "no randomness for the run's id");
    gmtime_r(&seconds, &utc);
    strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(run, MANIFEST_RUN_MAX + 1, "%s-%08" PRIx32, time, bits);
    return 0;
}

/* --- writing --- */

static json_t *pack_ranges(const struct range_list *ranges)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < ranges->count; i++) {
        const struct range *range = &ranges->items[i];
        json_t *one = json_pack("{s:s, s:i, s:I, s:I}", "topic", range->topic, "partition", (int)range->partition,
                                "from", (json_int_t)range->from, "to", (json_int_t)range->to);

        if (json_array_append_new(array, one) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_timeline(const struct timeline *timeline)
{
    json_t *array = json_array();
    struct timeline_place place = {0, 0};
    struct timeline_stretch stretch;

    while (array && timeline_next(timeline, &place, &stretch)) {
        json_t *one = json_pack("{s:I, s:s}", "from", (json_int_t)stretch.from, "version", stretch.version);

        if (one && stretch.topic &&
            json_object_update_new(
                one, json_pack("{s:s, s:i}", "topic", stretch.topic, "partition", (int)stretch.partition)) != 0) {
            json_decref(one);
            one = NULL;
        }
        if (json_array_append_new(array, one) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* An array, since there may be many: offset, message, since when, and of each end the version and until when, or null.
 */
static json_t *pack_wait(const struct wait *wait)
{
    json_t *array = json_pack("[I, i, I]", (json_int_t)wait->offset, (int)wait->message, (json_int_t)wait->since_ms);
    int status = array ? 0 : -1;

    for (size_t i = 0; i < wait->end_count && status == 0; i++) {
        const struct wait_end *end = &wait->ends[i];

        status = json_array_append_new(array, json_string(end->version));
        if (status == 0)
            status = json_array_append_new(array, end->is_over ? json_integer(end->until_ms) : json_null());
    }
    if (status == 0)
        return array;
    json_decref(array);
    return NULL;
}

/* The one of that partition, behind all others, which comes to be with the first of its waits. */
static json_t *waits_of(json_t *array, const char *topic, int32_t partition)
{
    json_t *last = json_array_get(array, json_array_size(array) - 1);

    if (last && json_integer_value(json_object_get(last, "partition")) == partition &&
        strcmp(json_string_value(json_object_get(last, "topic")), topic) == 0)
        return json_object_get(last, "waits");
    last = json_pack("{s:s, s:i, s:[]}", "topic", topic, "partition", (int)partition, "waits");
    return json_array_append_new(array, last) == 0 ? json_object_get(last, "waits") : NULL;
}

static json_t *pack_waits(const struct timeline *timeline)
{
    json_t *array = json_array();
    struct timeline_place place = {0, 0};
    const struct wait *wait;
    const char *topic;
    int32_t partition;

    while (array && (wait = timeline_next_wait(timeline, &place, &topic, &partition)) != NULL)
        if (json_array_append_new(waits_of(array, topic, partition), pack_wait(wait)) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *pack_index(const struct manifest *m)
{
    json_t *path = json_text(slice_of(m->index));

    if (as_of_varies(m->as_of))
        return json_pack("{s:o, s:s, s:o, s:o}", "path", path, "as_of", as_of_name(m->as_of), "timeline",
                         pack_timeline(m->timeline), "waits", pack_waits(m->timeline));
    return json_pack("{s:o, s:s, s:s}", "path", path, "as_of", as_of_name(m->as_of), "version", m->version);
}

static json_t *pack(const struct manifest *m)
{
    return json_pack("{s:i, s:s, s:s, s:o, s:s, s:I, s:{s:s, s:s, s:b}, s:i, s:{s:I, s:I}, s:o}", "format",
                     MANIFEST_FORMAT, "run", m->run, "fixwarden", FIXWARDEN_VERSION, "index", pack_index(m), "rule_set",
                     m->rule_set, "tolerated", (json_int_t)m->tolerated, "output", "topic", m->output, "dead_letters",
                     m->dead_letters, "same_topic", (int)m->same_topic, "lanes", (int)m->lanes, "pace", "rate",
                     (json_int_t)m->rate, "speed", (json_int_t)m->speed, "ranges", pack_ranges(&m->ranges));
}

static int write_json(const json_t *json, const char *path, struct error *e)
{
    struct output_file file = {0};
    int status = output_file_open(&file, path, e);

    if (status == 0) {
        json_dumpf(json, file.stream, JSON_INDENT(1)); /* an error of the stream stays in it */
        fputc('\n', file.stream);
        status = output_file_commit(&file, e);
    }
    output_file_close(&file);
    return status;
}

int manifest_write(const struct manifest *manifest, const char *path, struct error *e)
{
    json_t *json;
    int status;

    if (access(path, F_OK) == 0)
        return error_set(e, ERROR_IO, "%s is there already: --resume goes on with it, --manifest names another file",
                         path);
    json = pack(manifest);
    if (!json)
        return error_set(e, ERROR_INTERNAL, "no memory for the manifest");
    status = write_json(json, path, e);
    json_decref(json);
    return status;
}

/* --- reading --- */

/* As json_take_text; where any characters will do, without control characters. */
static bool take_text(const json_t *object, const char *name, const char *characters, char *out, size_t size)
{
    if (!json_take_text(object, name, characters, out, size))
        return false;
    for (const char *c = out; !characters && *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            return false;
    return true;
}

static bool take_bool(const json_t *object, const char *name, bool *out)
{
    const json_t *value = json_object_get(object, name);

    *out = json_is_true(value);
    return json_is_boolean(value);
}

static bool take_range(const json_t *object, struct range *out)
{
    int64_t partition;

    *out = (struct range){.next = RANGE_OPEN};
    if (!take_text(object, "topic", RANGE_TOPIC_CHARACTERS, out->topic, sizeof out->topic) ||
        !json_take_number(object, "partition", INT32_MAX, &partition) ||
        !json_take_number(object, "from", INT64_MAX, &out->from) ||
        !json_take_number(object, "to", INT64_MAX, &out->to))
        return false;
    out->partition = (int32_t)partition;
    return out->from <= out->to;
}

/* As take_number, but from before 1970, too. */
static bool take_time(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);

    *out = json_integer_value(value);
    return json_is_integer(value);
}

static bool take_version(const json_t *object, char out[INDEX_VERSION_LEN + 1])
{
    return take_text(object, "version", "0123456789abcdef", out, INDEX_VERSION_LEN + 1);
}

static bool take_place(const json_t *object, struct mark *out)
{
    int64_t partition;

    *out = (struct mark){.partition = 0};
    if (!take_text(object, "topic", RANGE_TOPIC_CHARACTERS, out->topic, sizeof out->topic) ||
        !json_take_number(object, "partition", INT32_MAX, &partition))
        return false;
    out->partition = (int32_t)partition;
    return true;
}

/* A stretch of the timeline, as the mark that it was. */
static bool take_mark(const json_t *object, const struct manifest *m, struct mark *out)
{
    if (!take_place(object, out) || !take_version(object, out->version) ||
        !json_take_number(object, "from", INT64_MAX, &out->offset))
        return false;
    memcpy(out->rules, m->rule_set, sizeof out->rules);
    return true;
}

static int take_stretch(const json_t *object, size_t i, struct manifest *m, struct error *e)
{
    char version[INDEX_VERSION_LEN + 1];
    struct mark mark;
    int64_t from_ms;

    if (m->as_of == AS_OF_LIVE && take_mark(object, m, &mark))
        return timeline_add_mark(m->timeline, &mark, e);
    if (m->as_of == AS_OF_MESSAGE_TIME && take_version(object, version) && take_time(object, "from", &from_ms))
        return timeline_add_time(m->timeline, from_ms, version, e);
    return error_set(e, ERROR_DATA, "stretch %zu of the timeline is not what it should be", i);
}

/* What is wrong with it is not told apart. */
static int refuse_wait(const struct mark *of, size_t i, struct error *e)
{
    return error_set(e, ERROR_DATA, "wait %zu of %s/%d is not what it should be", i, of->topic, of->partition);
}

static bool take_natural(const json_t *value, int64_t max, int64_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0 && *out <= max;
}

/* The end at that place of the array. */
static bool take_end(const json_t *array, size_t at, struct mark *out)
{
    const json_t *version = json_array_get(array, at), *until = json_array_get(array, at + 1);

    if (json_string_length(version) != INDEX_VERSION_LEN)
        return false;
    out->kind = MARK_SETTLED;
    memcpy(out->version, json_string_value(version), sizeof out->version);
    out->is_over = !json_is_null(until);
    return strspn(out->version, "0123456789abcdef") == INDEX_VERSION_LEN &&
           (!out->is_over || take_natural(until, INT64_MAX, &out->until_ms));
}

/* One message's, as the marks that there were of it. */
static int take_wait(const json_t *array, size_t i, const struct mark *of, struct timeline *timeline, struct error *e)
{
    struct mark mark = *of;
    int64_t message;

    if (!take_natural(json_array_get(array, 0), INT64_MAX, &mark.offset) ||
        !take_natural(json_array_get(array, 1), INT32_MAX, &message) ||
        !take_natural(json_array_get(array, 2), INT64_MAX, &mark.since_ms))
        return refuse_wait(of, i, e);
    mark.message = (int32_t)message;
    mark.kind = MARK_HELD;
    if (timeline_add_mark(timeline, &mark, e) != 0)
        return -1;
    for (size_t at = 3; at < json_array_size(array); at += 2)
        if (!take_end(array, at, &mark))
            return refuse_wait(of, i, e);
        else if (timeline_add_mark(timeline, &mark, e) != 0)
            return -1;
    return 0;
}

static int take_waits(const json_t *array, struct manifest *m, struct error *e)
{
    struct mark of;
    json_t *partition, *wait;
    size_t i, j;

    json_array_foreach(array, i, partition)
    {
        if (!take_place(partition, &of))
            return error_set(e, ERROR_DATA, "\"index.waits\" is not what it should be");
        memcpy(of.rules, m->rule_set, sizeof of.rules);
        json_array_foreach(json_object_get(partition, "waits"), j,
                           wait) if (take_wait(wait, j, &of, m->timeline, e) != 0) return -1;
    }
    return 0;
}

static int take_stretches(const json_t *array, struct manifest *m, struct error *e)
{
    json_t *item;
    size_t i;

    if (!json_is_array(array))
        return error_set(e, ERROR_DATA, "\"index.timeline\" is no array");
    json_array_foreach(array, i, item) if (take_stretch(item, i, m, e) != 0) return -1;
    return 0;
}

static int take_timeline(const json_t *index, struct manifest *m, struct error *e)
{
    bool live = m->as_of == AS_OF_LIVE;

    if (!as_of_varies(m->as_of))
        return 0;
    if ((live ? timeline_by_marks(&m->ranges, &m->timeline, e) : timeline_by_time(&m->timeline, e)) != 0)
        return -1;
    if (take_stretches(json_object_get(index, "timeline"), m, e) != 0 ||
        (live && take_waits(json_object_get(index, "waits"), m, e) != 0))
        return -1;
    return timeline_check(m->timeline, m->rule_set, e);
}

static int take_ranges(const json_t *array, struct range_list *out, struct error *e)
{
    struct range range;
    json_t *item;
    size_t i;

    if (!json_is_array(array))
        return error_set(e, ERROR_DATA, "\"ranges\" is no array");
    json_array_foreach(array, i, item)
    {
        if (!take_range(item, &range))
            return error_set(e, ERROR_DATA, "range %zu is not topic, partition, from and to", i);
        if (range_list_add(out, &range, e) != 0)
            return -1;
    }
    return 0;
}

static bool take_as_of(const json_t *index, enum as_of *out)
{
    char name[32];

    return take_text(index, "as_of", NULL, name, sizeof name) && as_of_from_name(name, out);
}

/* What is wrong first, or NULL. */
static const char *take_members(const json_t *json, struct manifest *m)
{
    const json_t *index = json_object_get(json, "index"), *output = json_object_get(json, "output"),
                 *pace = json_object_get(json, "pace");
    int64_t tolerated, lanes, rate, speed;

    if (!take_text(json, "run", RUN_CHARACTERS, m->run, sizeof m->run))
        return "run";
    if (!take_text(index, "path", NULL, m->index, sizeof m->index))
        return "index.path";
    if (!take_as_of(index, &m->as_of))
        return "index.as_of";
    if (!as_of_varies(m->as_of) && !take_version(index, m->version))
        return "index.version";
    if (!take_text(json, "rule_set", NULL, m->rule_set, sizeof m->rule_set))
        return "rule_set";
    if (!json_take_number(json, "tolerated", UINT32_MAX, &tolerated))
        return "tolerated";
    if (!take_text(output, "topic", RANGE_TOPIC_CHARACTERS, m->output, sizeof m->output))
        return "output.topic";
    if (!take_text(output, "dead_letters", RANGE_TOPIC_CHARACTERS, m->dead_letters, sizeof m->dead_letters))
        return "output.dead_letters";
    if (!take_bool(output, "same_topic", &m->same_topic))
        return "output.same_topic";
    if (!json_take_number(json, "lanes", BUDGET_LANES_MAX, &lanes) || lanes == 0)
        return "lanes";
    if (!json_take_number(pace, "rate", PACE_RATE_MAX, &rate))
        return "pace.rate";
    if (!json_take_number(pace, "speed", PACE_SPEED_MAX, &speed))
        return "pace.speed";
    m->tolerated = (unsigned)tolerated;
    m->lanes = (unsigned)lanes;
    m->rate = (uint64_t)rate;
    m->speed = (unsigned)speed;
    return NULL;
}

static int take(const json_t *json, struct manifest *out, struct error *e)
{
    const char *wrong;
    int64_t format;

    if (!json_take_number(json, "format", INT64_MAX, &format))
        return error_set(e, ERROR_DATA, "it is no manifest of a replay");
    if (format != MANIFEST_FORMAT)
        return error_set(e, ERROR_DATA, "its format is %" PRId64 ", and this program knows %d", format,
                         MANIFEST_FORMAT);
    wrong = take_members(json, out);
    if (wrong)
        return error_set(e, ERROR_DATA, "\"%s\" is missing, or not what it should be", wrong);
    if (take_ranges(json_object_get(json, "ranges"), &out->ranges, e) != 0)
        return -1;
    return take_timeline(json_object_get(json, "index"), out, e);
}

int manifest_read(const char *path, struct manifest *out, struct error *e)
{
    json_error_t where;
    json_t *json;
    size_t len;
    char *text;
    int status;

    memset(out, 0, sizeof *out);
    text = small_file_read(path, MANIFEST_BYTES_MAX, &len, e);
    if (!text)
        return -1;
    json = len <= MANIFEST_BYTES_MAX ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &where) : NULL;
    free(text);
    if (len > MANIFEST_BYTES_MAX)
        return error_set(e, ERROR_DATA, "%s: it is no manifest: more than %u bytes", path, MANIFEST_BYTES_MAX);
    if (!json)
        return error_set(e, ERROR_DATA, "%s: line %d: %s", path, where.line, where.text);
    status = take(json, out, e);
    json_decref(json);
    return status == 0 ? 0 : error_prefix(e, "%s", path);
}

void manifest_free(struct manifest *manifest)
{
    range_list_free(&manifest->ranges);
    timeline_free(manifest->timeline);
}
