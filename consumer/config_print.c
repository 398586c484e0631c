#include <inttypes.h>

#include "config.h"
#include "config_named.h"
#include "config_options.h"
#include "config_value.h"

#define REFERENCES_SENTENCE "Whether benchmark, peg and trigger instruments are checked, too."
#define STEP_SENTENCE "How severe what this comparison finds is, or that it is left out; without it the kind says."

#define SECRET_MASK "********"

static const struct config_option kafka_servers = {
    .section = "kafka",
    .key = "bootstrap.servers",
    .type = CONFIG_LIST,
    .preset = "",
    .example = "localhost:9092",
    .sentence = "HOST:PORT of one or more brokers, separated by commas.",
};

static const char *severity_default(enum discrepancy_kind kind)
{
#define X(name, severity) [DISCREPANCY_##name] = #severity,
    static const char *const levels[DISCREPANCY_KIND_COUNT] = {DISCREPANCY_KINDS(X)};
#undef X
    return levels[kind];
}

static void print_type(const struct config_option *option, const char *separator, FILE *out)
{
    const char *const *choices = config_choices(option->type);

    if (!choices)
        fputs(config_type_name(option->type), out);
    for (size_t i = 0; choices && choices[i]; i++)
        fprintf(out, "%s%s", i ? separator : "", choices[i]);
}

static void print_row(const struct config_option *option, FILE *out)
{
    fprintf(out, "| %s | `%s` | ", option->section, option->key);
    print_type(option, " \\| ", out);
    fprintf(out, " | %s%s%s | %s |\n", option->preset[0] ? "`" : "", option->preset, option->preset[0] ? "`" : "",
            option->sentence);
}

static void print_column_rows(FILE *out)
{
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        fprintf(out,
                "| master | `" CONFIG_COLUMN_PREFIX "%s` | string | by its name | The header of the column that is "
                "the %s; set to nothing: there is none. |\n",
                master_role_name((enum master_role)i), master_role_name((enum master_role)i));
}

static void print_rule_rows(FILE *out)
{
    fputs("| rules | `name` | string | `default` | A name for the rule set, which each discrepancy carries. |\n"
          "| rules | `references` | yes \\| no | `no` | " REFERENCES_SENTENCE " |\n",
          out);
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        fprintf(out, "| rules | `%s` | LOW \\| MEDIUM \\| HIGH \\| CRITICAL \\| off | `%s` | How severe it is. |\n",
                discrepancy_kind_name((enum discrepancy_kind)i), severity_default((enum discrepancy_kind)i));
    for (int i = 0; i < MATCH_STEP_COUNT; i++)
        fprintf(out,
                "| rules | `" CONFIG_STEP_PREFIX "%s` | LOW \\| MEDIUM \\| HIGH \\| CRITICAL \\| off | | " STEP_SENTENCE
                " |\n",
                match_step_name((enum match_step)i));
}

/* What of a section is not in the table of options. */
static void print_other_rows(const char *section, FILE *out)
{
    if (strcmp(section, "kafka") == 0) {
        print_row(&kafka_servers, out);
        fprintf(out, "| kafka | any | string | librdkafka's | %s |\n", config_sections[0].sentence);
    }
    if (strcmp(section, "master") == 0)
        print_column_rows(out);
    if (strcmp(section, "rules") == 0)
        print_rule_rows(out);
}

static void print_named_rows(const char *section, FILE *out)
{
    for (const struct config_named *named = config_named; named < config_named + CONFIG_NAMED_TYPE_COUNT; named++)
        if (strcmp(named->section, section) == 0)
            fprintf(out, "| %s | `%s%s` | %s | | %s |\n", section, named->prefix, named->name, named->value,
                    named->sentence);
}

void config_print_options(FILE *out)
{
    fputs("| Section | Key | Type | Default | Meaning |\n|---|---|---|---|---|\n", out);
    for (const struct config_section *section = config_sections; section->name; section++) {
        print_other_rows(section->name, out);
        for (const struct config_option *option = config_options; option->section; option++)
            if (strcmp(option->section, section->name) == 0)
                print_row(option, out);
        print_named_rows(section->name, out);
    }
}

static void print_sample_option(const struct config_option *option, FILE *out)
{
    fprintf(out, "\n# %s", option->sentence);
    if (option->type == CONFIG_SIZE || option->type == CONFIG_DURATION || option->type == CONFIG_COUNT ||
        option->type == CONFIG_ROWS) {
        fputs(" (", out);
        print_type(option, ", ", out);
        fputc(')', out);
    }
    if (option->example[0])
        fprintf(out, "\n%s = %s\n", option->key, option->example);
    else
        fprintf(out, "\n# %s =%s%s\n", option->key, option->preset[0] ? " " : "", option->preset);
}

static void print_rule_samples(FILE *out)
{
    fputs("\n# A name for the rule set, which each discrepancy carries.\n# name = default\n"
          "\n# " REFERENCES_SENTENCE "\n# references = no\n\n",
          out);
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        fprintf(out, "# %s = %s\n", discrepancy_kind_name((enum discrepancy_kind)i),
                severity_default((enum discrepancy_kind)i));
    fputs("\n# " STEP_SENTENCE "\n", out);
    for (int i = 0; i < MATCH_STEP_COUNT; i++)
        fprintf(out, "# " CONFIG_STEP_PREFIX "%s = LEVEL\n", match_step_name((enum match_step)i));
}

static void print_other_samples(const char *section, FILE *out)
{
    if (strcmp(section, "kafka") == 0) {
        print_sample_option(&kafka_servers, out);
        fputs("\n# For example:\n# security.protocol = SASL_SSL\n# sasl.mechanisms = SCRAM-SHA-512\n# sasl.username = "
              "fixwarden\n"
              "# sasl.password.file = /etc/fixwarden/kafka.password\n"
              "# Every secret comes so, by PROPERTY.file, or by the environment. For OAUTHBEARER, one of:\n"
              "# sasl.oauthbearer.token.file = /run/secrets/token\n"
              "# sasl.oauthbearer.token.command = /usr/local/bin/print-token\n",
              out);
    }
    if (strcmp(section, "master") == 0) {
        fputs("\n# The header of the column that plays a role, where its name is not understood by itself; nothing: "
              "there "
              "is none.\n",
              out);
        for (int i = 0; i < MASTER_ROLE_COUNT; i++)
            fprintf(out, "# " CONFIG_COLUMN_PREFIX "%s = HEADER\n", master_role_name((enum master_role)i));
    }
    if (strcmp(section, "rules") == 0)
        print_rule_samples(out);
}

static void print_named_samples(const char *section, FILE *out)
{
    for (const struct config_named *named = config_named; named < config_named + CONFIG_NAMED_TYPE_COUNT; named++)
        if (strcmp(named->section, section) == 0)
            fprintf(out, "\n# %s\n# %s%s = %s\n", named->sentence, named->prefix, named->name, named->value);
}

void config_print_sample(FILE *out)
{
    fputs("# fixwarden's configuration, with every option. A line that starts with # shows a default.\n"
          "# Environment variables (FIXWARDEN_SECTION_KEY) and flags beat what stands here.\n",
          out);
    for (const struct config_section *section = config_sections; section->name; section++) {
        fprintf(out, "\n# %s\n[%s]\n", section->sentence, section->name);
        print_other_samples(section->name, out);
        for (const struct config_option *option = config_options; option->section; option++)
            if (strcmp(option->section, section->name) == 0)
                print_sample_option(option, out);
        print_named_samples(section->name, out);
    }
}

static void show_list(const struct config_option *option, const struct string_list *list, FILE *out)
{
    for (size_t i = 0; i < list->count; i++)
        fprintf(out, "%s = %s\n", option->key, list->items[i]);
    if (list->count == 0)
        fprintf(out, "%s =\n", option->key);
}

static void print_number(const struct config_option *option, uint64_t number, FILE *out)
{
    char text[CONFIG_NUMBER_TEXT];

    if (number == 0 && strcmp(option->preset, "auto") == 0)
        snprintf(text, sizeof text, "auto");
    else if (option->type == CONFIG_SIZE)
        config_format_size(number, text);
    else if (option->type == CONFIG_DURATION)
        config_format_duration(number, text);
    else if (option->type == CONFIG_PERCENT)
        config_format_share(number, text);
    else if (number == UINT64_MAX)
        snprintf(text, sizeof text, "unlimited");
    else if (option->type == CONFIG_ROWS && number >= CONFIG_SHARE)
        config_format_share(number - CONFIG_SHARE, text);
    else
        snprintf(text, sizeof text, "%" PRIu64, number);
    fputs(text, out);
}

void config_print_value(const struct config *config, const struct config_option *option, FILE *out)
{
    const void *value = (const char *)config + option->offset;
    const char *const *choices = config_choices(option->type);

    if (config_type_is_text(option->type))
        fputs(*(char *const *)value, out);
    else if (choices)
        fputs(choices[*(const int *)value], out);
    else
        print_number(option, *(const uint64_t *)value, out);
}

static bool is_empty(const struct config *config, const struct config_option *option)
{
    const void *value = (const char *)config + option->offset;

    return config_type_is_text(option->type) && **(char *const *)value == '\0';
}

static void show_option(const struct config *config, const struct config_option *option, FILE *out)
{
    const void *value = (const char *)config + option->offset;

    if (config_type_is_list(option->type)) {
        show_list(option, value, out);
        return;
    }
    fprintf(out, "%s =%s", option->key, is_empty(config, option) ? "" : " ");
    config_print_value(config, option, out);
    fputc('\n', out);
}

static void show_kafka(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->kafka.count; i++) {
        const struct kafka_property *property = &config->kafka.items[i];

        if (property->file)
            fprintf(out, "%s.file = %s\n", property->name, property->file);
        else if (property->secret)
            fprintf(out, "# %s = " SECRET_MASK "\n", property->name);
        else
            fprintf(out, "%s = %s\n", property->name, property->value);
    }
}

static void show_rules(const struct rules *rules, FILE *out)
{
    fprintf(out, "name = %s\n", rules->name);
    fprintf(out, "references = %s\n", rules->references ? "yes" : "no");
    for (int i = 0; i < DISCREPANCY_KIND_COUNT; i++)
        fprintf(out, "%s = %s\n", discrepancy_kind_name((enum discrepancy_kind)i),
                rules->reported[i] ? severity_name(rules->severity[i]) : "off");
    for (int i = 0; i < MATCH_STEP_COUNT; i++)
        if (!rules->compared[i] || rules->step_severity[i] >= 0)
            fprintf(out, CONFIG_STEP_PREFIX "%s = %s\n", match_step_name((enum match_step)i),
                    rules->compared[i] ? severity_name((enum severity)rules->step_severity[i]) : "off");
}

static void show_columns(const struct config *config, FILE *out)
{
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (config->master.columns[i])
            fprintf(out, CONFIG_COLUMN_PREFIX "%s = %s\n", master_role_name((enum master_role)i),
                    config->master.columns[i]);
}

void config_show(const struct config *config, FILE *out)
{
    for (const struct config_section *section = config_sections; section->name; section++) {
        fprintf(out, "%s[%s]\n", section == config_sections ? "" : "\n", section->name);
        for (const struct config_option *option = config_options; option->section; option++)
            if (strcmp(option->section, section->name) == 0)
                show_option(config, option, out);
        if (strcmp(section->name, "kafka") == 0)
            show_kafka(config, out);
        else if (strcmp(section->name, "master") == 0)
            show_columns(config, out);
        else if (strcmp(section->name, "rules") == 0)
            show_rules(&config->rules, out);
        for (int i = 0; i < CONFIG_NAMED_TYPE_COUNT; i++)
            if (strcmp(config_named[i].section, section->name) == 0)
                config_named_show(config, (enum config_named_type)i, out);
    }
}
