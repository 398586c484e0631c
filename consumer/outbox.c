#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ENVELOPES 256
#define FIRST_EXTRAS 16

/* What found does not hold of an item: its headers, a part of `bytes`. */
struct envelope {
    size_t headers_at, headers_len;
};

/* Where what is no finding lies: its key, then its value. */
struct extra_place {
    enum outbox_type type;
    size_t start, key_len, value_len;
    int32_t partition;
    bool is_tombstone;
};

struct outbox {
    struct outbox_options options;
    struct found *found;
    struct checker_output output;
    struct avro_buffer bytes; /* headers of the items */
    struct envelope *envelopes;
    size_t count, capacity;
    uint64_t stripped;

    struct avro_buffer extra; /* keys and values, one behind the other */
    struct extra_place *places;
    size_t extra_count, extra_capacity;

    struct avro_buffer alert; /* key, then value */
    size_t alert_key_len;
    bool has_alert;

    /* The record that the last item came from. */
    bool has_record;
    struct origin record;
    struct avro_buffer block; /* its headers ... */
    bool is_placed;           /* ... which stand in `bytes`, too, ... */
    size_t block_at;          /* ... here */
};

/* --- headers --- */

static bool is_of(const struct origin *record, const struct origin *origin)
{
    return record->offset == origin->offset && record->partition == origin->partition &&
           slice_equal(record->topic, origin->topic);
}

/* Once for each record about which something is published, and never for others. */
static int fetch_headers(struct outbox *box, const struct origin *origin, struct error *e)
{
    struct carry carry;
    bool carried = true;

    if (box->options.carried->count == 0 || (box->has_record && is_of(&box->record, origin)))
        return 0;
    box->has_record = true;
    box->record = *origin;
    box->is_placed = false;
    box->block.len = 0;
    carry_begin(&carry, box->options.carried, &box->block);
    if (box->options.events.on_headers(box->options.events.opaque, origin, &carry, &carried, e) != 0)
        return -1;
    box->stripped += !carried;
    return 0;
}

/* Items of one record share them. */
static int place_headers(struct outbox *box, struct envelope *envelope, struct error *e)
{
    if (!box->is_placed) {
        box->block_at = box->bytes.len;
        if (avro_buffer_append(&box->bytes, slice_make(box->block.ptr, box->block.len), e) != 0)
            return -1;
        box->is_placed = true;
    }
    envelope->headers_at = box->block_at;
    envelope->headers_len = box->block.len;
    return 0;
}

int outbox_headers(struct outbox *outbox, const struct origin *origin, struct slice *block, struct error *e)
{
    if (fetch_headers(outbox, origin, e) != 0)
        return -1;
    *block = slice_make(outbox->block.ptr, outbox->block.len);
    return 0;
}

/* --- what is found --- */

static int send_if_full(struct outbox *box, struct error *e)
{
    return outbox_bytes(box) < box->options.bytes_max ? 0 : box->options.events.on_full(box->options.events.opaque, e);
}

static int add_envelope(struct outbox *box, struct error *e)
{
    struct envelope envelope;

    if (box->count == box->capacity) {
        size_t capacity = box->capacity ? 2 * box->capacity : FIRST_ENVELOPES;
        struct envelope *more = reallocarray(box->envelopes, capacity, sizeof *more);

        if (!more)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu records to publish", capacity);
        box->envelopes = more;
        box->capacity = capacity;
    }
    if (place_headers(box, &envelope, e) != 0)
        return -1;
    box->envelopes[box->count++] = envelope;
    return send_if_full(box, e);
}

static int on_discrepancy(void *opaque, const struct discrepancy *discrepancy, struct error *e)
{
    struct outbox *box = opaque;
    const struct checker_output *output = found_output(box->found);

    if (fetch_headers(box, discrepancy->origin, e) != 0 || output->on_discrepancy(output->opaque, discrepancy, e) != 0)
        return -1;
    return add_envelope(box, e);
}

static int on_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    struct outbox *box = opaque;
    const struct checker_output *output = found_output(box->found);

    if (fetch_headers(box, letter->origin, e) != 0 || output->on_dead_letter(output->opaque, letter, e) != 0)
        return -1;
    return add_envelope(box, e);
}

const struct checker_output *outbox_begin(struct outbox *outbox)
{
    outbox->has_record = outbox->is_placed = false;
    outbox->block.len = 0;
    return &outbox->output;
}

/* --- the rest --- */

int outbox_add_alert(struct outbox *outbox, struct slice key, struct slice value, struct error *e)
{
    outbox->alert.len = 0;
    if (avro_buffer_append(&outbox->alert, key, e) != 0 || avro_buffer_append(&outbox->alert, value, e) != 0)
        return -1;
    outbox->alert_key_len = key.len;
    outbox->has_alert = true;
    return 0;
}

static int make_place(struct outbox *box, struct error *e)
{
    size_t capacity = box->extra_capacity ? 2 * box->extra_capacity : FIRST_EXTRAS;
    struct extra_place *places;

    if (box->extra_count < box->extra_capacity)
        return 0;
    places = reallocarray(box->places, capacity, sizeof *places);
    if (!places)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu records beside what was found", capacity);
    box->places = places;
    box->extra_capacity = capacity;
    return 0;
}

static int add_extra(struct outbox *box, enum outbox_type type, int32_t partition, struct slice key, struct slice value,
                     struct error *e)
{
    const struct extra_place place = {type, box->extra.len, key.len, value.len, partition, value.ptr == NULL};

    if (make_place(box, e) != 0 || avro_buffer_append(&box->extra, key, e) != 0 ||
        avro_buffer_append(&box->extra, value, e) != 0)
        return -1;
    box->places[box->extra_count++] = place;
    return send_if_full(box, e);
}

int outbox_add_pending(struct outbox *outbox, int32_t partition, struct slice key, struct slice value, struct error *e)
{
    return add_extra(outbox, OUTBOX_PENDING, partition, key, value, e);
}

int outbox_add_mark(struct outbox *outbox, struct slice key, struct slice value, struct error *e)
{
    return add_extra(outbox, OUTBOX_MARK, OUTBOX_ANY_PARTITION, key, value, e);
}

static struct outbox_item extra_item(const struct outbox *outbox, size_t i)
{
    const struct extra_place *place = &outbox->places[i];
    const char *key = outbox->extra.ptr + place->start;

    return (struct outbox_item){.type = place->type,
                                .key = slice_make(key, place->key_len),
                                .value = slice_make(key + place->key_len, place->value_len),
                                .partition = place->partition,
                                .is_tombstone = place->is_tombstone};
}

size_t outbox_count(const struct outbox *outbox)
{
    return outbox->count + outbox->extra_count + outbox->has_alert;
}

size_t outbox_bytes(const struct outbox *outbox)
{
    return found_bytes(outbox->found) + outbox->bytes.len + outbox->count * sizeof *outbox->envelopes +
           outbox->extra.len + outbox->extra_count * sizeof *outbox->places;
}

uint64_t outbox_stripped(const struct outbox *outbox)
{
    return outbox->stripped;
}

struct outbox_item outbox_item(const struct outbox *outbox, size_t i)
{
    const char *alert = outbox->alert.ptr, *bytes = outbox->bytes.ptr;
    const struct envelope *envelope;
    struct found_item found;

    if (i >= outbox->count && i - outbox->count < outbox->extra_count)
        return extra_item(outbox, i - outbox->count);
    if (i >= outbox->count)
        return (struct outbox_item){
            .type = OUTBOX_ALERT,
            .partition = OUTBOX_ANY_PARTITION,
            .key = slice_make(alert, outbox->alert_key_len),
            .value = slice_make(alert + outbox->alert_key_len, outbox->alert.len - outbox->alert_key_len)};
    found = found_item(outbox->found, i);
    envelope = &outbox->envelopes[i];
    return (struct outbox_item){
        .type = (enum outbox_type)found.type,
        .key = found.key,
        .value = found.value,
        .partition = OUTBOX_ANY_PARTITION,
        .headers = slice_make(envelope->headers_len > 0 ? bytes + envelope->headers_at : NULL, envelope->headers_len)};
}

void outbox_clear(struct outbox *outbox)
{
    found_clear(outbox->found);
    outbox->bytes.len = outbox->count = 0;
    outbox->extra.len = outbox->extra_count = 0;
    outbox->stripped = 0;
    outbox->has_alert = outbox->is_placed = false;
}

int outbox_new(const struct outbox_options *options, struct outbox **out, struct error *e)
{
    struct outbox *box = calloc(1, sizeof *box);

    if (!box)
        return error_set(e, ERROR_INTERNAL, "no memory for what is to be published");
    box->options = *options;
    box->output = (struct checker_output){box, on_discrepancy, on_dead_letter};
    if (found_new(options->header, &box->found, e) != 0) {
        outbox_free(box);
        return -1;
    }
    *out = box;
    return 0;
}

void outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return;
    found_free(outbox->found);
    avro_buffer_free(&outbox->bytes);
    avro_buffer_free(&outbox->alert);
    avro_buffer_free(&outbox->extra);
    free(outbox->places);
    avro_buffer_free(&outbox->block);
    free(outbox->envelopes);
    free(outbox);
}
