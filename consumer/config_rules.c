#include "config_rules.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "config_tables.h"
#include "core/escape.h"
#include "suggest.h"

#define SUGGESTION_MAX 256 /* bytes of "; did you mean ...?" */

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "configuration: no memory");
}

/* ---- [rules] ---- */

static int set_references(struct rules *rules, const char *value, struct error *e)
{
    rules->references = strcasecmp(value, "yes") == 0;
    if (!rules->references && strcasecmp(value, "no") != 0)
        return error_set(e, ERROR_CONFIG, "'%s' is neither yes nor no", value);
    return 0;
}

static int refuse_kind(const char *key, struct error *e)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = key};

    suggest_consider(&suggest, "name");
    suggest_consider(&suggest, "references");
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        suggest_consider(&suggest, discrepancy_kind_name((enum discrepancy_kind)i));
    return error_set(e, ERROR_CONFIG, "it is neither a kind of discrepancy nor " CONFIG_STEP_PREFIX "STEP%s",
                     suggest_text(&suggest, "", suggestion, sizeof suggestion));
}

static int refuse_step(const char *step, struct error *e)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = step};

    for (int i = 0; i < MATCH_STEP_COUNT; i++)
        suggest_consider(&suggest, match_step_name((enum match_step)i));
    return error_set(e, ERROR_CONFIG, "it is no step of the comparison%s",
                     suggest_text(&suggest, CONFIG_STEP_PREFIX, suggestion, sizeof suggestion));
}

static bool is_kind(const char *key)
{
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        if (strcasecmp(discrepancy_kind_name((enum discrepancy_kind)i), key) == 0)
            return true;
    return false;
}

static bool is_step(const char *name)
{
    for (int i = 0; i < MATCH_STEP_COUNT; i++)
        if (strcasecmp(match_step_name((enum match_step)i), name) == 0)
            return true;
    return false;
}

static int set_rule(struct rules *rules, const char *key, const char *value, struct error *e)
{
    size_t prefix = strlen(CONFIG_STEP_PREFIX);

    if (strcmp(key, "name") == 0)
        return rules_set_name(rules, slice_of(value), e);
    if (strcmp(key, "references") == 0)
        return set_references(rules, value, e);
    if (strncmp(key, CONFIG_STEP_PREFIX, prefix) == 0)
        return is_step(key + prefix) ? rules_set_step(rules, slice_of(key + prefix), slice_of(value), e)
                                     : refuse_step(key + prefix, e);
    return is_kind(key) ? rules_set(rules, slice_of(key), slice_of(value), e) : refuse_kind(key, e);
}

int config_rules_set(struct config *config, const char *key, const char *value, struct error *e)
{
    return set_rule(&config->rules, key, value, e) == 0 ? 0 : error_prefix(e, "[rules] %s", key);
}

/* ---- keys that end in a name ---- */

static int refuse_identifier(const char *kind, struct error *e)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = kind};

    suggest_consider(&suggest, "UNKNOWN");
    suggest_consider(&suggest, "NONE");
    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++)
        suggest_consider(&suggest, identifier_kind_name((enum identifier_kind)i));
    return error_set(e, ERROR_CONFIG, "'%s' is no kind of identifier, nor UNKNOWN or NONE%s", kind,
                     suggest_text(&suggest, "", suggestion, sizeof suggestion));
}

static int set_source(struct rules *rules, struct slice code, const char *kind, struct error *e)
{
    if (identifier_kind_from_name(slice_of(kind)) == IDENTIFIER_UNKNOWN && strcasecmp(kind, "UNKNOWN") != 0 &&
        strcasecmp(kind, "NONE") != 0)
        return refuse_identifier(kind, e);
    return identifier_sources_set(&rules->sources, code, slice_of(kind), e);
}

/* Of messages: any that has a name. */
static int read_convention(const char *value, enum symbology_convention *convention, struct error *e)
{
    char known[128] = "";

    *convention = symbology_convention_from_name(slice_of(value));
    if (*convention != SYMBOLOGY_NONE)
        return 0;
    for (int i = SYMBOLOGY_NONE + 1; i < SYMBOLOGY_CONVENTION_COUNT; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", known[0] ? ", " : "",
                 symbology_convention_name((enum symbology_convention)i));
    return error_set(e, ERROR_CONFIG, "'%s' is none of %s", value, known);
}

static int set_convention(struct rules *rules, enum config_named_type type, struct slice name, const char *value,
                          struct error *e)
{
    enum symbology_convention convention;

    if (read_convention(value, &convention, e) != 0)
        return -1;
    if (!rules->conventions)
        rules->conventions = conventions_new();
    if (!rules->conventions)
        return no_memory(e);
    if (type == CONFIG_NAMED_SESSION)
        return conventions_set_session(rules->conventions, name, convention, e);
    if (type == CONFIG_NAMED_TOPIC)
        return conventions_set_topic(rules->conventions, name, convention, e);
    return conventions_set_mic(rules->conventions, name, convention, e);
}

static struct exchanges *exchanges_of(struct rules *rules)
{
    if (!rules->exchanges)
        rules->exchanges = exchanges_new();
    return rules->exchanges;
}

static int set_alias(struct rules *rules, struct slice name, const char *mic, struct error *e)
{
    return exchanges_of(rules) ? exchanges_set_alias(rules->exchanges, name, slice_of(mic), e) : no_memory(e);
}

static int set_severity(struct rules *rules, struct slice name, const char *text, struct error *e)
{
    if (!rules->severities)
        rules->severities = severity_rules_new();
    return rules->severities ? severity_rules_set(rules->severities, name, slice_of(text), e) : no_memory(e);
}

static int apply(struct rules *rules, enum config_named_type type, struct slice name, const char *value,
                 struct error *e)
{
    switch (type) {
    case CONFIG_NAMED_SOURCE:
        return set_source(rules, name, value, e);
    case CONFIG_NAMED_ALIAS:
        return set_alias(rules, name, value, e);
    case CONFIG_NAMED_SEVERITY:
        return set_severity(rules, name, value, e);
    default:
        return set_convention(rules, type, name, value, e);
    }
}

static void to_upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

/* Name and value are ours to change: what was set is kept in one way of writing it. */
static int set_named(struct config *config, enum config_named_type type, char *name, char *value, struct error *e)
{
    size_t len = escape_decode(name, strlen(name));

    if (memchr(name, '\0', len))
        return error_set(e, ERROR_CONFIG, "the name holds a NUL byte");
    name[len] = '\0';
    if (apply(&config->rules, type, slice_of(name), value, e) != 0)
        return -1;
    if (type == CONFIG_NAMED_MIC || type == CONFIG_NAMED_ALIAS)
        to_upper(name);
    if (type != CONFIG_NAMED_SEVERITY)
        to_upper(value);
    return config_named_put(config, type, slice_of(name), slice_of(value), e);
}

int config_rules_set_named(struct config *config, enum config_layer layer, enum config_named_type type,
                           struct slice name, const char *value, struct error *e)
{
    const struct config_named *named = &config_named[type];
    char *name_copy, *value_copy;
    int status;

    if (layer == CONFIG_ENVIRONMENT)
        return error_set(e, ERROR_CONFIG, "[%s] %s%s keeps the case of its name: set it in the file, or by --set",
                         named->section, named->prefix, named->name);
    name_copy = strndup(name.ptr, name.len);
    value_copy = strdup(value);
    status = name_copy && value_copy ? set_named(config, type, name_copy, value_copy, e) : no_memory(e);
    if (status != 0)
        error_prefix(e, "[%s] %s%.*s", named->section, named->prefix, SLICE_FORMAT(name));
    free(name_copy);
    free(value_copy);
    return status;
}

/* ---- all together ---- */

static int check_conventions(const struct config *config, struct error *e)
{
    static const enum config_named_type types[] = {CONFIG_NAMED_SESSION, CONFIG_NAMED_TOPIC, CONFIG_NAMED_MIC};

    for (size_t i = 0; config->symbology.master == SYMBOLOGY_NONE && i < sizeof types / sizeof *types; i++)
        if (config_named_any(config, types[i]))
            return error_set(e, ERROR_CONFIG,
                             "[symbology] %s%s is set, and master is not: symbols are translated into the master's "
                             "convention, so it has to be known (master = CQS, or another)",
                             config_named[types[i]].prefix, config_named[types[i]].name);
    return 0;
}

static void print_digest(const char *name, const uint64_t digest[2], FILE *out)
{
    fprintf(out, "%s = %016" PRIx64 "%016" PRIx64 "\n", name, digest[0], digest[1]);
}

static int read_renames(struct config *config, FILE *settings, struct error *e)
{
    uint64_t digest[2];

    if (config->symbology.renames[0] == '\0')
        return 0;
    config->rules.renames = renames_new();
    if (!config->rules.renames)
        return no_memory(e);
    if (config_read_renames(config->symbology.renames, config->rules.renames, digest, e) != 0)
        return error_prefix(e, "[symbology] renames");
    print_digest("renames", digest, settings);
    return 0;
}

static int read_mics(struct config *config, FILE *settings, struct error *e)
{
    uint64_t digest[2];

    if (config->exchanges.mics[0] == '\0')
        return 0;
    if (!exchanges_of(&config->rules))
        return no_memory(e);
    if (config_read_mics(config->exchanges.mics, config->rules.exchanges, digest, e) != 0)
        return error_prefix(e, "[exchanges] mics");
    print_digest("mics", digest, settings);
    return 0;
}

/* Severity rules have a digest of their own, since theirs is an order. */
static int gather(struct config *config, FILE *settings, struct error *e)
{
    struct rules *rules = &config->rules;

    rules->pseudo_cusips = config->identifiers.pseudo_cusips;
    rules->accept_short_cusips = config->identifiers.short_cusips == SHORT_CUSIPS_ACCEPT;
    rules->master_convention = config->symbology.master;
    for (int type = 0; type < CONFIG_NAMED_TYPE_COUNT; type++)
        if (type != CONFIG_NAMED_SEVERITY)
            config_named_print(config, (enum config_named_type)type, settings);
    return read_renames(config, settings, e) == 0 ? read_mics(config, settings, e) : -1;
}

int config_finish_rules(struct config *config, struct error *e)
{
    char *text = NULL;
    size_t len = 0;
    FILE *settings;
    int status;

    if (check_conventions(config, e) != 0)
        return -1;
    settings = open_memstream(&text, &len);
    if (!settings)
        return no_memory(e);
    status = gather(config, settings, e);
    if (fclose(settings) != 0 && status == 0)
        status = no_memory(e);
    if (status == 0)
        rules_finish(&config->rules, slice_make(text, len));
    free(text);
    return status;
}
