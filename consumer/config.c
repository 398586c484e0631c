#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "config_kafka.h"
#include "config_named.h"
#include "config_options.h"
#include "config_rules.h"
#include "ini.h"
#include "small_file.h"
#include "suggest.h"

#define ENVIRONMENT_PREFIX "FIXWARDEN_"
#define SUGGESTION_MAX 256 /* bytes of "; did you mean ...?" */

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "configuration: no memory");
}

static int set_column(struct config *config, const char *role, const char *value, struct error *e)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = role};

    for (int i = 0; i < MASTER_ROLE_COUNT; i++) {
        if (strcmp(master_role_name((enum master_role)i), role) == 0) {
            char *copy = strdup(value);

            if (!copy)
                return no_memory(e);
            free(config->master.columns[i]);
            config->master.columns[i] = copy;
            return 0;
        }
        suggest_consider(&suggest, master_role_name((enum master_role)i));
    }
    return error_set(e, ERROR_CONFIG, "[master] " CONFIG_COLUMN_PREFIX "%s is no role of a column%s", role,
                     suggest_text(&suggest, CONFIG_COLUMN_PREFIX, suggestion, sizeof suggestion));
}

static bool is_section(const char *name)
{
    for (const struct config_section *section = config_sections; section->name; section++)
        if (strcmp(section->name, name) == 0)
            return true;
    return false;
}

static int unknown_section(const char *name, struct error *e)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = name};

    for (const struct config_section *section = config_sections; section->name; section++)
        suggest_consider(&suggest, section->name);
    return error_set(e, ERROR_CONFIG, "section [%s] is not known%s", name,
                     suggest_text(&suggest, "", suggestion, sizeof suggestion));
}

/* A key such as sesion.A/B, by the part before its name. */
static void consider_prefixes(struct suggest *suggest, const char *section, char typed[CONFIG_NAME_MAX])
{
    char *dot = strchr(typed, '.');

    if (!dot)
        return;
    dot[1] = '\0';
    suggest->typed = typed;
    for (const struct config_prefix *prefix = config_prefixes; prefix->section; prefix++)
        if (strcmp(prefix->section, section) == 0 && prefix->text[0] != '\0')
            suggest_consider(suggest, prefix->text);
}

static int unknown_key(const char *section, const char *key, struct error *e)
{
    char suggestion[SUGGESTION_MAX], typed[CONFIG_NAME_MAX];
    struct suggest suggest = {.typed = key};

    snprintf(typed, sizeof typed, "%s", key);
    consider_prefixes(&suggest, section, typed);
    suggest.typed = key;
    for (const struct config_option *option = config_options; option->section; option++)
        if (strcmp(option->section, section) == 0)
            suggest_consider(&suggest, option->key);
    for (const struct config_option *option = config_options; option->section && !suggest.nearest; option++)
        if (strcmp(option->key, key) == 0)
            return error_set(e, ERROR_CONFIG, "[%s] %s is not known; it belongs to [%s]", section, key,
                             option->section);
    return error_set(e, ERROR_CONFIG, "[%s] %s is not known%s", section, key,
                     suggest_text(&suggest, "", suggestion, sizeof suggestion));
}

/* Sets section and key from any layer; the sentence of an error names both. */
static int set(struct config *config, enum config_layer layer, const char *section, const char *key, const char *value,
               struct error *e)
{
    size_t prefix = strlen(CONFIG_COLUMN_PREFIX);
    enum config_named_type type;
    struct slice name;

    if (!is_section(section))
        return unknown_section(section, e);
    if (strlen(value) > CONFIG_VALUE_MAX)
        return error_set(e, ERROR_CONFIG, "[%s] %s is longer than %u bytes", section, key, CONFIG_VALUE_MAX);
    if (strcmp(section, "kafka") == 0)
        return config_kafka_set(config, layer, key, value, e);
    if (strcmp(section, "rules") == 0)
        return config_rules_set(config, key, value, e);
    if (config_named_find(section, key, &type, &name))
        return config_rules_set_named(config, layer, type, name, value, e);
    if (strcmp(section, "master") == 0 && strncmp(key, CONFIG_COLUMN_PREFIX, prefix) == 0)
        return set_column(config, key + prefix, value, e);
    for (const struct config_option *option = config_options; option->section; option++)
        if (strcmp(option->section, section) == 0 && strcmp(option->key, key) == 0)
            return config_option_set(config, layer, option, value, e) == 0 ? 0
                                                                           : error_prefix(e, "[%s] %s", section, key);
    return unknown_key(section, key, e);
}

bool config_init(struct config *config)
{
    struct error e;

    *config = (struct config){0};
    rules_default(&config->rules);
    for (const struct config_option *option = config_options; option->section; option++)
        if (config_option_set(config, CONFIG_DEFAULT, option, option->preset, &e) != 0)
            return false;
    return true;
}

void config_free(struct config *config)
{
    for (const struct config_option *option = config_options; option->section; option++)
        config_option_clear(config, option);
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        free(config->master.columns[i]);
    for (size_t i = 0; i < config->kafka.count; i++) {
        free(config->kafka.items[i].name);
        free(config->kafka.items[i].value);
        free(config->kafka.items[i].file);
    }
    free(config->kafka.items);
    config_named_free(config);
    rules_free(&config->rules);
    *config = (struct config){0};
}

int config_read_secret(const char *path, char **out, struct error *e)
{
    size_t len;
    char *text = small_file_read_within(path, CONFIG_VALUE_MAX, ERROR_CONFIG, &len, e);

    if (!text)
        return -1;
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
    if (len == 0 || strlen(text) != len) {
        free(text);
        return error_set(e, ERROR_CONFIG, "%s: it %s", path, len == 0 ? "is empty" : "holds a NUL byte");
    }
    *out = text;
    return 0;
}

static int set_line(struct config *config, const struct ini *ini, struct error *e)
{
    char section[CONFIG_NAME_MAX], key[CONFIG_NAME_MAX];
    int status;

    if (ini->section.len >= sizeof section || ini->key.len >= sizeof key)
        return error_set(e, ERROR_CONFIG, "the name is longer than %d bytes", CONFIG_NAME_MAX - 1);
    snprintf(section, sizeof section, "%.*s", SLICE_FORMAT(ini->section));
    snprintf(key, sizeof key, "%.*s", SLICE_FORMAT(ini->key));
    char *value = strndup(ini->value.ptr, ini->value.len);
    if (!value)
        return no_memory(e);
    status = set(config, CONFIG_FILE, section, key, value, e);
    free(value);
    return status;
}

static int check_section(const struct ini *ini, struct error *e)
{
    char name[CONFIG_NAME_MAX];

    snprintf(name, sizeof name, "%.*s", SLICE_FORMAT(ini->section));
    return is_section(name) ? 0 : unknown_section(name, e);
}

/* Takes the lines one by one. The event that ended it: INI_END, one that is an error, or with the error set the line's
 * own. */
static enum ini_event read_lines(struct config *config, struct ini *ini, struct error *e)
{
    enum ini_event event;

    while ((event = ini_next(ini)) == INI_VALUE || event == INI_SECTION)
        if ((event == INI_VALUE ? set_line(config, ini, e) : check_section(ini, e)) != 0)
            break;
    return event;
}

int config_read_file(struct config *config, const char *path, struct error *e)
{
    struct ini ini = {0};
    enum ini_event event;
    size_t len;
    char *text = small_file_read_within(path, CONFIG_FILE_MAX, ERROR_CONFIG, &len, e);
    int status = -1;

    if (!text)
        return -1;
    ini.rest = slice_make(text, len);
    event = read_lines(config, &ini, e);
    if (event == INI_VALUE || event == INI_SECTION)
        error_prefix(e, "%s: line %zu", path, ini.line);
    else if (event != INI_END)
        error_set(e, ERROR_CONFIG, "%s: line %zu: it %s", path, ini.line, ini_event_text(event));
    else
        status = 0;
    free(text);
    return status;
}

/* Turns the rest of a variable's name, in lower case, into the key that it means, in place. */
static void environment_key(const char *section, char *name)
{
    if (strcmp(section, "kafka") == 0)
        for (char *c = name; *c; c++)
            *c = *c == '_' ? '.' : *c;
    for (const struct config_prefix *prefix = config_prefixes; prefix->section; prefix++) {
        size_t len = strlen(prefix->text); /* with its dot */

        if (len > 0 && strcmp(prefix->section, section) == 0 && strncmp(name, prefix->text, len - 1) == 0 &&
            name[len - 1] == '_')
            name[len - 1] = '.';
    }
}

/* A section that the variable's name starts with, or NULL. */
static const char *environment_section(const char *name)
{
    for (const struct config_section *section = config_sections; section->name; section++) {
        size_t len = strlen(section->name);

        if (strncmp(section->name, name, len) == 0 && name[len] == '_')
            return section->name;
    }
    return NULL;
}

static int check_foreign_variable(const char *name, struct error *e)
{
    char first[CONFIG_NAME_MAX];

    snprintf(first, sizeof first, "%.*s", (int)strcspn(name, "_"), name);
    for (const struct config_section *section = config_sections; section->name; section++)
        if (suggest_distance(first, section->name) <= 1)
            return error_set(e, ERROR_CONFIG, "section [%s] is not known; did you mean '%s'?", first, section->name);
    return 0;
}

static int set_variable(struct config *config, char *name, const char *value, struct error *e)
{
    const char *section;

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    section = environment_section(name);
    if (!section)
        return check_foreign_variable(name, e);
    name += strlen(section) + 1;
    environment_key(section, name);
    return set(config, CONFIG_ENVIRONMENT, section, name, value, e);
}

int config_read_environment(struct config *config, char *const *variables, struct error *e)
{
    size_t prefix = strlen(ENVIRONMENT_PREFIX);

    for (; *variables; variables++) {
        const char *equals = strchr(*variables, '=');
        char name[CONFIG_NAME_MAX];
        size_t len;

        if (!equals || strncmp(*variables, ENVIRONMENT_PREFIX, prefix) != 0)
            continue;
        len = (size_t)(equals - *variables) - prefix;
        if (len >= sizeof name)
            continue;
        memcpy(name, *variables + prefix, len);
        name[len] = '\0';
        if (set_variable(config, name, equals + 1, e) != 0)
            return error_prefix(e, "environment: %.*s", (int)(equals - *variables), *variables);
    }
    return 0;
}

int config_set(struct config *config, const char *name, const char *value, struct error *e)
{
    const char *dot = strchr(name, '.');
    char section[CONFIG_NAME_MAX];

    if (!dot || dot == name || dot[1] == '\0' || strlen(name) >= sizeof section)
        return error_set(e, ERROR_CONFIG, "'%s' is not SECTION.KEY", name);
    snprintf(section, sizeof section, "%.*s", (int)(dot - name), name);
    return set(config, CONFIG_FLAG, section, dot + 1, value, e);
}
