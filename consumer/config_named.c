#include "config_named.h"

#include <stdlib.h>

#include "core/escape.h"

bool config_named_find(const char *section, const char *key, enum config_named_type *type, struct slice *name)
{
    for (int i = 0; i < CONFIG_NAMED_TYPE_COUNT; i++) {
        size_t prefix = strlen(config_named[i].prefix);

        if (strcmp(config_named[i].section, section) != 0 || strncmp(config_named[i].prefix, key, prefix) != 0)
            continue;
        *type = (enum config_named_type)i;
        *name = slice_trim(slice_of(key + prefix));
        return true;
    }
    return false;
}

/* ---- keeping ---- */

static int compare_names(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first place at which a setting of that type and name is, or belongs. */
static size_t place_of(const struct config *config, enum config_named_type type, struct slice name)
{
    size_t low = 0, high = config->named.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct named_setting *there = &config->named.items[middle];
        int order = there->type != (int)type ? there->type - (int)type : compare_names(slice_of(there->name), name);

        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct config *config, size_t place, enum config_named_type type, struct slice name)
{
    return place < config->named.count && config->named.items[place].type == (int)type &&
           slice_equal_text(name, config->named.items[place].name);
}

static int insert(struct config *config, size_t place, const struct named_setting *setting)
{
    size_t count = config->named.count;
    struct named_setting *items = reallocarray(config->named.items, count + 1, sizeof *items);

    if (!items)
        return -1;
    memmove(items + place + 1, items + place, (count - place) * sizeof *items);
    items[place] = *setting;
    config->named.items = items;
    config->named.count++;
    return 0;
}

int config_named_put(struct config *config, enum config_named_type type, struct slice name, struct slice value,
                     struct error *e)
{
    size_t place = place_of(config, type, name);
    struct named_setting setting = {
        .type = (int)type,
        .name = strndup(name.ptr, name.len),
        .value = strndup(value.ptr, value.len),
        .order = config->named.count,
    };
    bool is_there = is_at(config, place, type, name);

    if (setting.name && setting.value && is_there) {
        free(config->named.items[place].value);
        config->named.items[place].value = setting.value;
        free(setting.name);
        return 0;
    }
    if (setting.name && setting.value && insert(config, place, &setting) == 0)
        return 0;
    free(setting.name);
    free(setting.value);
    return error_set(e, ERROR_INTERNAL, "configuration: no memory");
}

void config_named_free(struct config *config)
{
    for (size_t i = 0; i < config->named.count; i++) {
        free(config->named.items[i].name);
        free(config->named.items[i].value);
    }
    free(config->named.items);
    config->named.items = NULL;
    config->named.count = 0;
}

/* ---- writing ---- */

/* Whether the name's byte at `i` would be read as something else if it stood in a file as it is. */
static bool needs_escape(const char *name, size_t i)
{
    bool at_end = i == 0 || name[i + 1] == '\0';
    char byte;

    if (name[i] == ' ')
        return at_end;
    return name[i] == '=' || (unsigned char)name[i] < ' ' || name[i] == 0x7f || (i == 0 && strchr("#;[", name[i])) ||
           escape_read(slice_of(name + i), &byte);
}

static void print_key(const struct named_setting *setting, FILE *out)
{
    fputs(config_named[setting->type].prefix, out);
    for (size_t i = 0; setting->name[i] != '\0'; i++)
        fprintf(out, needs_escape(setting->name, i) ? "\\x%02x" : "%c", (unsigned char)setting->name[i]);
}

static void print_setting(const struct named_setting *setting, FILE *out)
{
    print_key(setting, out);
    fprintf(out, " = %s\n", setting->value);
}

/* Those of one type stand together. */
static const struct named_setting *settings_of(const struct config *config, enum config_named_type type, size_t *count)
{
    size_t first = place_of(config, type, slice_of(""));

    *count = 0;
    while (first + *count < config->named.count && config->named.items[first + *count].type == (int)type)
        ++*count;
    return config->named.items + first;
}

bool config_named_any(const struct config *config, enum config_named_type type)
{
    size_t count;

    (void)settings_of(config, type, &count);
    return count > 0;
}

void config_named_print(const struct config *config, enum config_named_type type, FILE *out)
{
    size_t count;
    const struct named_setting *settings = settings_of(config, type, &count);

    for (size_t i = 0; i < count; i++)
        print_setting(&settings[i], out);
}

static int by_order(const void *a, const void *b)
{
    const struct named_setting *one = a, *other = b;

    return (one->order > other->order) - (one->order < other->order);
}

int config_named_show(const struct config *config, enum config_named_type type, FILE *out)
{
    size_t count;
    const struct named_setting *settings = settings_of(config, type, &count);
    struct named_setting *ordered = calloc(count + 1, sizeof *ordered);

    if (!ordered)
        return -1;
    if (count > 0)
        memcpy(ordered, settings, count * sizeof *ordered);
    qsort(ordered, count, sizeof *ordered, by_order);
    for (size_t i = 0; i < count; i++)
        print_setting(&ordered[i], out);
    free(ordered);
    return 0;
}
