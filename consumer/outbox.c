#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ENVELOPES 256
#define FIRST_MARKS 16

/* What found does not hold of an item: its headers, a part of `bytes`. */
struct envelope {
    size_t headers_at, headers_len;
};

/* Where a mark lies: its key, then its value. */
struct mark_place {
    size_t start, key_len, value_len;
};

struct outbox {
    struct outbox_options options;
    struct found *found;
    struct checker_output output;
    struct avro_buffer bytes; /* headers of the items */
    struct envelope *envelopes;
    size_t count, capacity;
    uint64_t stripped;

    struct avro_buffer marks;
    struct mark_place *mark_places;
    size_t mark_count, mark_capacity;

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

/* --- what is found --- */

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
    return outbox_bytes(box) < box->options.bytes_max ? 0 : box->options.events.on_full(box->options.events.opaque, e);
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

static int add_mark_place(struct outbox *box, const struct mark_place *place, struct error *e)
{
    if (box->mark_count == box->mark_capacity) {
        size_t capacity = box->mark_capacity ? 2 * box->mark_capacity : FIRST_MARKS;
        struct mark_place *more = reallocarray(box->mark_places, capacity, sizeof *more);

        if (!more)
            return error_set(e, ERROR_INTERNAL, "no memory for %zu marks", capacity);
        box->mark_places = more;
        box->mark_capacity = capacity;
    }
    box->mark_places[box->mark_count++] = *place;
    return 0;
}

int outbox_add_mark(struct outbox *outbox, struct slice key, struct slice value, struct error *e)
{
    const struct mark_place place = {outbox->marks.len, key.len, value.len};

    if (avro_buffer_append(&outbox->marks, key, e) != 0 || avro_buffer_append(&outbox->marks, value, e) != 0 ||
        add_mark_place(outbox, &place, e) != 0)
        return -1;
    return outbox_bytes(outbox) < outbox->options.bytes_max
               ? 0
               : outbox->options.events.on_full(outbox->options.events.opaque, e);
}

static struct outbox_item mark_item(const struct outbox *outbox, size_t i)
{
    const struct mark_place *place = &outbox->mark_places[i];
    const char *key = outbox->marks.ptr + place->start;

    return (struct outbox_item){.type = OUTBOX_MARK,
                                .key = slice_make(key, place->key_len),
                                .value = slice_make(key + place->key_len, place->value_len)};
}

size_t outbox_count(const struct outbox *outbox)
{
    return outbox->mark_count + outbox->count + outbox->has_alert;
}

size_t outbox_bytes(const struct outbox *outbox)
{
    return found_bytes(outbox->found) + outbox->bytes.len + outbox->count * sizeof *outbox->envelopes +
           outbox->marks.len + outbox->mark_count * sizeof *outbox->mark_places;
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

    if (i < outbox->mark_count)
        return mark_item(outbox, i);
    i -= outbox->mark_count;
    if (i == outbox->count)
        return (struct outbox_item){
            .type = OUTBOX_ALERT,
            .key = slice_make(alert, outbox->alert_key_len),
            .value = slice_make(alert + outbox->alert_key_len, outbox->alert.len - outbox->alert_key_len)};
    found = found_item(outbox->found, i);
    envelope = &outbox->envelopes[i];
    return (struct outbox_item){
        .type = (enum outbox_type)found.type,
        .key = found.key,
        .value = found.value,
        .headers = slice_make(envelope->headers_len > 0 ? bytes + envelope->headers_at : NULL, envelope->headers_len)};
}

void outbox_clear(struct outbox *outbox)
{
    found_clear(outbox->found);
    outbox->bytes.len = outbox->count = 0;
    outbox->marks.len = outbox->mark_count = 0;
    outbox->stripped = 0;
    outbox->has_alert = outbox->is_placed = false;
}

int outbox_new(const struct outbox_options *options, struct outbox **out, struct error *e)
{
    struct outbox *box = calloc(1, sizeof *box);

    if (!box)
        return error_set(e, ERROR_INTERNAL, "no memory for what is to be published");
    box->options = *options;
    box->output = (struct checker_output){box, on_discrepancy, on_dead_letter, NULL};
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
    avro_buffer_free(&outbox->marks);
    free(outbox->mark_places);
    avro_buffer_free(&outbox->block);
    free(outbox->envelopes);
    free(outbox);
}
