#include "range.h"

#include <stdlib.h>
#include <string.h>

#include "config_value.h"

#define FIRST_CAPACITY 64

/* An offset, or nothing. */
static bool parse_offset(struct slice text, int64_t *out)
{
    uint64_t number;

    *out = RANGE_OPEN;
    if (text.len == 0)
        return true;
    if (!config_parse_count(text, &number) || number > INT64_MAX)
        return false;
    *out = (int64_t)number;
    return true;
}

/* Cuts the text at its last `c`. */
static bool cut(struct slice *text, char c, struct slice *behind)
{
    const char *at = text->len > 0 ? memrchr(text->ptr, c, text->len) : NULL;

    if (!at)
        return false;
    *behind = slice_make(at + 1, (size_t)(text->ptr + text->len - at) - 1);
    text->len = (size_t)(at - text->ptr);
    return true;
}

int range_parse(struct slice text, struct range *out, struct error *e)
{
    struct slice topic = text, partition, from, to;
    uint64_t number;

    *out = (struct range){.next = RANGE_OPEN};
    if (!cut(&topic, '=', &from) || !cut(&from, '-', &to) || !cut(&topic, ':', &partition) || topic.len == 0 ||
        topic.len > RANGE_TOPIC_MAX || !config_parse_count(partition, &number) || number > INT32_MAX ||
        !parse_offset(from, &out->from) || !parse_offset(to, &out->to))
        return error_set(e, ERROR_USAGE, "'%.*s' is not TOPIC:PARTITION=FROM-TO", SLICE_FORMAT(text));
    if (out->to != RANGE_OPEN && out->from >= out->to)
        return error_set(e, ERROR_USAGE, "'%.*s' holds no offset: it ends before TO", SLICE_FORMAT(text));
    memcpy(out->topic, topic.ptr, topic.len);
    out->partition = (int32_t)number;
    return 0;
}

static bool is_same_partition(const struct range *a, const struct range *b)
{
    return a->partition == b->partition && strcmp(a->topic, b->topic) == 0;
}

static bool grow(struct range_list *list)
{
    size_t capacity = list->capacity ? 2 * list->capacity : FIRST_CAPACITY;
    struct range *items = reallocarray(list->items, capacity, sizeof *items);

    if (!items)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

int range_list_add(struct range_list *list, const struct range *range, struct error *e)
{
    if (list->count == RANGES_MAX)
        return error_set(e, ERROR_DATA, "there are more than %d partitions", RANGES_MAX);
    for (size_t i = 0; i < list->count; i++)
        if (is_same_partition(&list->items[i], range))
            return error_set(e, ERROR_DATA, "%s:%d is named twice", range->topic, range->partition);
    if (list->count == list->capacity && !grow(list))
        return error_set(e, ERROR_INTERNAL, "no memory for the ranges");
    list->items[list->count++] = *range;
    return 0;
}

void range_list_free(struct range_list *list)
{
    free(list->items);
    *list = (struct range_list){0};
}

bool range_list_begins_topic(const struct range *items, size_t i)
{
    return i == 0 || strcmp(items[i].topic, items[i - 1].topic) != 0;
}

uint64_t range_list_offsets(const struct range_list *list)
{
    uint64_t offsets = 0;

    for (size_t i = 0; i < list->count; i++)
        offsets += (uint64_t)(list->items[i].to - list->items[i].from);
    return offsets;
}
