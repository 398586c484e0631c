#include "config_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_value.h"

static void *member(struct config *config, const struct config_option *option)
{
    return (char *)config + option->offset;
}

static void list_clear(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "configuration: no memory");
}

static int list_append(struct string_list *list, struct slice item, struct error *e)
{
    char **items = reallocarray(list->items, list->count + 1, sizeof *items);

    if (!items)
        return no_memory(e);
    list->items = items;
    items[list->count] = strndup(item.ptr, item.len);
    if (!items[list->count])
        return no_memory(e);
    list->count++;
    return 0;
}

/* The name of a file may hold a comma where it comes by a flag, which can be repeated. */
static bool is_split(const struct config_option *option, enum config_layer layer)
{
    return option->type != CONFIG_FILES || layer != CONFIG_FLAG;
}

static int set_list(struct string_list *list, enum config_layer layer, const struct config_option *option,
                    const char *value, struct error *e)
{
    struct slice rest = slice_of(value);

    if (list->layer != layer)
        list_clear(list);
    list->layer = layer;
    while (rest.len > 0) {
        const char *comma = !is_split(option, layer) ? NULL : memchr(rest.ptr, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;
        struct slice item = slice_trim(slice_make(rest.ptr, len));

        rest = slice_make(rest.ptr + len + (comma != NULL), rest.len - len - (comma != NULL));
        if (item.len == 0)
            continue;
        if (option->type == CONFIG_KEYS && !identifier_kind_is_key(identifier_kind_from_name(item)))
            return error_set(e, ERROR_CONFIG, "'%.*s' is no kind of identifier that can be a key (CUSIP, ISIN, ...)",
                             SLICE_FORMAT(item));
        if (option->type == CONFIG_TOLERANCES && !fix_tolerance_change(item, &(unsigned){0}))
            return error_set(e, ERROR_CONFIG, "'%.*s' is nothing that can be tolerated (checksum, -prefix, ...)",
                             SLICE_FORMAT(item));
        if (list->count == option->max)
            return error_set(e, ERROR_CONFIG, "there are more than %" PRIu64, option->max);
        if (list_append(list, item, e) != 0)
            return -1;
    }
    return 0;
}

static int set_text(char **text, const struct config_option *option, const char *value, struct error *e)
{
    size_t len = strlen(value);

    if (option->max > 0 && (len < option->min || len > option->max))
        return error_set(e, ERROR_CONFIG, "it needs %" PRIu64 " to %" PRIu64 " bytes, and this has %zu", option->min,
                         option->max, len);
    char *copy = strdup(value);
    if (!copy)
        return no_memory(e);
    free(*text);
    *text = copy;
    return 0;
}

static int set_delimiter(char **text, const struct config_option *option, const char *value, struct error *e)
{
    if (value[0] != '\0' && config_delimiter(value) == '\0')
        return error_set(
            e, ERROR_CONFIG,
            "'%s' is none of comma, tab, pipe, semicolon, or one byte, as it is or as \\xNN, other than a quote, "
            "a line end and NUL",
            value);
    return set_text(text, option, value, e);
}

static int set_number(uint64_t *number, const struct config_option *option, const char *value, struct error *e)
{
    struct slice text = slice_of(value);
    char low[CONFIG_NUMBER_TEXT], high[CONFIG_NUMBER_TEXT];
    uint64_t parsed;
    bool good;

    if (strcmp(option->preset, "auto") == 0 && strcasecmp(value, "auto") == 0) {
        *number = 0;
        return 0;
    }
    if (option->type == CONFIG_ROWS && config_parse_share(text, &parsed)) {
        *number = CONFIG_SHARE + parsed;
        return 0;
    }
    if (option->type == CONFIG_SIZE) {
        good = config_parse_size(text, &parsed);
        config_format_size(option->min, low);
        config_format_size(option->max, high);
    } else if (option->type == CONFIG_DURATION) {
        good = config_parse_duration(text, &parsed);
        config_format_duration(option->min, low);
        config_format_duration(option->max, high);
    } else {
        good = config_parse_count(text, &parsed) && (option->type != CONFIG_ROWS || parsed < CONFIG_SHARE);
        snprintf(low, sizeof low, "%" PRIu64, option->min);
        snprintf(high, sizeof high, "%" PRIu64, option->max);
        if (option->max == UINT64_MAX && strcasecmp(value, "unlimited") == 0) {
            parsed = UINT64_MAX;
            good = true;
        }
    }
    if (!good || parsed < option->min || parsed > option->max)
        return error_set(e, ERROR_CONFIG, "'%s' is no %s from %s to %s", value, config_type_name(option->type), low,
                         option->max == UINT64_MAX ? "unlimited" : high);
    *number = parsed;
    return 0;
}

static int set_percent(uint64_t *millionths, const char *value, struct error *e)
{
    return config_parse_share(slice_of(value), millionths)
               ? 0
               : error_set(e, ERROR_CONFIG, "'%s' is no share such as 50%%, above 0%% and up to 100%%", value);
}

static int set_choice(int *number, const struct config_option *option, const char *value, struct error *e)
{
    const char *const *choices = config_choices(option->type);
    char known[128] = "";

    for (int i = 0; choices[i]; i++) {
        if (strcasecmp(choices[i], value) == 0) {
            *number = i;
            return 0;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", choices[i]);
    }
    return error_set(e, ERROR_CONFIG, "'%s' is none of %s", value, known);
}

int config_option_set(struct config *config, enum config_layer layer, const struct config_option *option,
                      const char *value, struct error *e)
{
    void *target = member(config, option);

    switch (option->type) {
    case CONFIG_STRING:
    case CONFIG_PATH:
        return set_text(target, option, value, e);
    case CONFIG_DELIMITER:
        return set_delimiter(target, option, value, e);
    case CONFIG_LIST:
    case CONFIG_FILES:
    case CONFIG_KEYS:
    case CONFIG_TOLERANCES:
        return set_list(target, layer, option, value, e);
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_COUNT:
    case CONFIG_ROWS:
        return set_number(target, option, value, e);
    case CONFIG_PERCENT:
        return set_percent(target, value, e);
    default:
        return set_choice(target, option, value, e);
    }
}

void config_option_clear(struct config *config, const struct config_option *option)
{
    void *target = member(config, option);

    if (config_type_is_list(option->type)) {
        list_clear(target);
    } else if (config_type_is_text(option->type)) {
        free(*(char **)target);
        *(char **)target = NULL;
    }
}
