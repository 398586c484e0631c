#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_options.h"

static int add(struct string_list *list, char *text, struct error *e)
{
    char **items = text ? reallocarray(list->items, list->count + 1, sizeof *items) : NULL;

    if (!items) {
        free(text);
        return error_set(e, ERROR_INTERNAL, "no memory for a list of arguments");
    }
    list->items = items;
    items[list->count++] = text;
    return 0;
}

int config_add_argument(struct string_list *arguments, const char *section, const char *key, const char *value,
                        struct error *e)
{
    char *text = NULL;

    if (add(arguments, strdup("--set"), e) != 0)
        return -1;
    if (asprintf(&text, "%s.%s=%s", section, key, value) < 0)
        text = NULL;
    return add(arguments, text, e);
}

static int add_list(struct string_list *arguments, const struct config_option *option, const struct string_list *list,
                    struct error *e)
{
    for (size_t i = 0; i < list->count; i++)
        if (config_add_argument(arguments, option->section, option->key, list->items[i], e) != 0)
            return -1;
    return 0;
}

static int add_value(struct string_list *arguments, const struct config *config, const struct config_option *option,
                     struct error *e)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int status = -1;

    if (out) {
        config_print_value(config, option, out);
        if (fclose(out) == 0)
            status = config_add_argument(arguments, option->section, option->key, text, e);
        free(text);
    }
    return out ? status : error_set(e, ERROR_INTERNAL, "no memory for an argument");
}

static int add_columns(struct string_list *arguments, const struct config *config, struct error *e)
{
    for (int i = 0; i < MASTER_ROLE_COUNT; i++) {
        char key[64];

        if (!config->master.columns[i])
            continue;
        snprintf(key, sizeof key, CONFIG_COLUMN_PREFIX "%s", master_role_name((enum master_role)i));
        if (config_add_argument(arguments, "master", key, config->master.columns[i], e) != 0)
            return -1;
    }
    return 0;
}

int config_master_arguments(const struct config *config, struct string_list *arguments, struct error *e)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        const void *value = (const char *)config + option->offset;

        if (strcmp(option->section, "master") != 0 || strcmp(option->key, "files") == 0 ||
            strcmp(option->key, "index") == 0)
            continue;
        if ((config_type_is_list(option->type) ? add_list(arguments, option, value, e)
                                               : add_value(arguments, config, option, e)) != 0)
            return -1;
    }
    return add_columns(arguments, config, e);
}

void config_free_list(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}
