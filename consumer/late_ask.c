#include "late_ask.h"

#include <stdlib.h>
#include <string.h>

/* An instrument of the message. */
struct asked {
    uint32_t role, position;
    unsigned unknown; /* identifiers that still are */
    bool settled;
};

struct late_ask {
    struct checker *checker; /* of its own, so that messages are not counted again */
    struct checker_output first_pass, second_pass;
    struct pending_items items; /* of the record, by id */
    struct pending_items rest;
    struct asked *asked; /* by role and position */
    size_t asked_count, asked_capacity;
    /* Of one question. */
    const struct late_question *question;
    const struct checker_output *output;
    struct late_counts *counts;
};

/* ---- items ---- */

static int compare_items(const void *a, const void *b)
{
    return memcmp(((const struct pending_item *)a)->id, ((const struct pending_item *)b)->id, PENDING_ID_LEN);
}

static int compare_asked(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;

    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return x->position == y->position ? 0 : x->position < y->position ? -1 : 1;
}

static const struct pending_item *find_item(const struct late_ask *a, const struct pending_item *like)
{
    const struct pending_items *list = &a->items;

    return list->count > 0 ? bsearch(like, list->items, list->count, sizeof *list->items, compare_items) : NULL;
}

static struct asked *find_asked(const struct late_ask *a, const struct pending_item *item)
{
    const struct asked like = {.role = item->role, .position = item->position};

    return a->asked_count > 0 ? bsearch(&like, a->asked, a->asked_count, sizeof *a->asked, compare_asked) : NULL;
}

static int reserve_asked(struct late_ask *a, size_t count, struct error *e)
{
    struct asked *asked;

    if (count <= a->asked_capacity)
        return 0;
    asked = reallocarray(a->asked, count, sizeof *asked);
    if (!asked)
        return error_set(e, ERROR_INTERNAL, "no memory for %zu instruments", count);
    a->asked = asked;
    a->asked_capacity = count;
    return 0;
}

/* What the record says of its instruments, so that both can be looked up. */
static int take_items(struct late_ask *a, const struct pending_record *record, struct error *e)
{
    a->items.count = a->asked_count = 0;
    if (reserve_asked(a, record->item_count, e) != 0)
        return -1;
    for (size_t i = 0; i < record->item_count; i++) {
        const struct pending_item item = pending_record_item(record, i);
        const struct asked asked = {.role = item.role, .position = item.position};

        if (pending_items_add(&a->items, &item, e) != 0)
            return -1;
        if (a->asked_count == 0 || compare_asked(&a->asked[a->asked_count - 1], &asked) != 0)
            a->asked[a->asked_count++] = asked;
    }
    if (a->items.count > 0) {
        qsort(a->items.items, a->items.count, sizeof *a->items.items, compare_items);
        qsort(a->asked, a->asked_count, sizeof *a->asked, compare_asked);
    }
    return 0;
}

/* What is not settled, in the order of the record. */
static int list_rest(struct late_ask *a, const struct pending_record *record, struct error *e)
{
    a->rest.count = 0;
    for (size_t i = 0; i < record->item_count; i++) {
        const struct pending_item item = pending_record_item(record, i);

        if (!find_asked(a, &item)->settled && pending_items_add(&a->rest, &item, e) != 0)
            return -1;
    }
    return 0;
}

/* ---- looking ---- */

static int note_unknown(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late_ask *a = opaque;
    const struct pending_item item = pending_item_of(d, true), *known = find_item(a, &item);
    struct asked *asked = find_asked(a, &item);

    (void)e;
    if (asked && known && known->waits)
        asked->unknown++;
    return 0;
}

static int pass_over(void *opaque, const struct dead_letter *letter, struct error *e)
{
    (void)opaque;
    (void)letter;
    (void)e;
    return 0;
}

static int check(struct late_ask *a, const struct checker_output *output, struct error *e)
{
    const struct late_question *q = a->question;

    return checker_check(a->checker, q->index, q->record->raw, &q->record->origin, output, e);
}

int late_ask_look(struct late_ask *ask, const struct late_question *question, bool *any, struct error *e)
{
    ask->question = question;
    *any = false;
    if (take_items(ask, question->record, e) != 0 || check(ask, &ask->first_pass, e) != 0)
        return -1;
    for (size_t i = 0; i < ask->asked_count; i++) {
        ask->asked[i].settled = question->is_over || ask->asked[i].unknown == 0;
        *any = *any || ask->asked[i].settled;
    }
    return list_rest(ask, question->record, e);
}

const struct pending_items *late_ask_rest(const struct late_ask *ask)
{
    return &ask->rest;
}

/* ---- publishing ---- */

static int publish_unknown(struct late_ask *a, const struct discrepancy *d, struct error *e)
{
    struct discrepancy late = *d;

    late.was_pending = true;
    late.unknown_since_ms = a->question->record->since_ms;
    late.unknown_until_ms = a->question->until_ms;
    a->counts->expired++;
    return a->output->on_discrepancy(a->output->opaque, &late, e);
}

/* What is settled, but for what was published before. */
static int publish_settled(void *opaque, const struct discrepancy *d, struct error *e)
{
    struct late_ask *a = opaque;
    const struct pending_item item = pending_item_of(d, true), *known = find_item(a, &item);
    const struct asked *asked = find_asked(a, &item);

    if (!asked || !asked->settled || (known && !known->waits))
        return 0;
    return known ? publish_unknown(a, d, e) : a->output->on_discrepancy(a->output->opaque, d, e);
}

static int publish_dead_letter(void *opaque, const struct dead_letter *letter, struct error *e)
{
    const struct late_ask *a = opaque;

    return a->output->on_dead_letter(a->output->opaque, letter, e);
}

/* How many that waited an index has learnt among those that are settled. */
static void count_found(const struct late_ask *a, struct late_counts *counts)
{
    for (size_t i = 0; i < a->items.count; i++)
        if (a->items.items[i].waits && find_asked(a, &a->items.items[i])->settled)
            counts->found++;
    for (size_t i = 0; i < a->asked_count; i++)
        if (a->asked[i].settled)
            counts->found -= a->asked[i].unknown;
}

int late_ask_publish(struct late_ask *ask, const struct checker_output *output, struct late_counts *counts,
                     struct error *e)
{
    ask->output = output;
    ask->counts = counts;
    count_found(ask, counts);
    return check(ask, &ask->second_pass, e);
}

/* ---- making and freeing ---- */

int late_ask_new(const struct config *config, struct late_ask **out, struct error *e)
{
    struct late_ask *a = calloc(1, sizeof *a);

    *out = a;
    if (a)
        a->checker = checker_new(&config->rules, config_input_tolerated(config));
    if (a && a->checker) {
        a->first_pass = (struct checker_output){a, note_unknown, pass_over};
        a->second_pass = (struct checker_output){a, publish_settled, publish_dead_letter};
        return 0;
    }
    late_ask_free(a);
    *out = NULL;
    return error_set(e, ERROR_INTERNAL, "no memory for what waits");
}

void late_ask_free(struct late_ask *ask)
{
    if (!ask)
        return;
    checker_free(ask->checker);
    pending_items_free(&ask->items);
    pending_items_free(&ask->rest);
    free(ask->asked);
    free(ask);
}
