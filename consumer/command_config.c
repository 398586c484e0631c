#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "budget.h"
#include "cli.h"
#include "commands.h"
#include "kafka.h"

/* What a property's value needs librdkafka to have been built with. */
struct need {
    const char *property;
    const char *value;   /* case aside */
    const char *feature; /* of builtin.features */
};

static const struct need needs[] = {
    {"security.protocol", "ssl", "ssl"},
    {"security.protocol", "sasl_ssl", "ssl"},
    {"security.protocol", "sasl_ssl", "sasl"},
    {"security.protocol", "sasl_plaintext", "sasl"},
    {"sasl.mechanisms", "GSSAPI", "sasl_gssapi"},
    {"sasl.mechanisms", "PLAIN", "sasl_plain"},
    {"sasl.mechanisms", "SCRAM-SHA-256", "sasl_scram"},
    {"sasl.mechanisms", "SCRAM-SHA-512", "sasl_scram"},
    {"sasl.mechanisms", "OAUTHBEARER", "sasl_oauthbearer"},
    {"sasl.mechanism", "GSSAPI", "sasl_gssapi"},
    {"sasl.mechanism", "PLAIN", "sasl_plain"},
    {"sasl.mechanism", "SCRAM-SHA-256", "sasl_scram"},
    {"sasl.mechanism", "SCRAM-SHA-512", "sasl_scram"},
    {"sasl.mechanism", "OAUTHBEARER", "sasl_oauthbearer"},
    {"sasl.oauthbearer.method", "oidc", "oidc"},
    {"compression.codec", "gzip", "gzip"},
    {"compression.codec", "snappy", "snappy"},
    {"compression.codec", "lz4", "lz4"},
    {"compression.codec", "zstd", "zstd"},
    {"compression.type", "gzip", "gzip"},
    {"compression.type", "snappy", "snappy"},
    {"compression.type", "lz4", "lz4"},
    {"compression.type", "zstd", "zstd"},
};

/* Whether a list such as "gzip,snappy,ssl" has the item. */
static bool list_has(const char *list, const char *item)
{
    size_t len = strlen(item);

    while (*list) {
        size_t here = strcspn(list, ",");

        if (here == len && memcmp(list, item, len) == 0)
            return true;
        list += here + (list[here] == ',');
    }
    return false;
}

static void warn_of_features(const struct config *config)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const char *value = config_kafka(config, needs[i].property);

        if (value && strcasecmp(value, needs[i].value) == 0 && !list_has(kafka_features(), needs[i].feature))
            fprintf(stderr,
                    "fixwarden: warning: [kafka] %s = %s needs a librdkafka with %s; this one (%s) was built without\n",
                    needs[i].property, value, needs[i].feature, kafka_version());
    }
}

static void warn_of_doubt(const struct config *config)
{
    const char *doubt = kafka_doubt(config);

    if (*doubt)
        fprintf(stderr, "fixwarden: warning: [kafka] %s (%s)\n", doubt, kafka_version());
}

static void warn_of_file(const char *option, const char *path)
{
    if (path[0] != '\0' && access(path, R_OK) != 0)
        fprintf(stderr, "fixwarden: warning: %s: %s: %s\n", option, path, strerror(errno));
}

static void warn_of_files(const struct config *config)
{
    bool has_index = access(config->master.index, F_OK) == 0;

    warn_of_file("[registry] ca_file", config->registry.ca_file);
    warn_of_file("[registry] password_file", config->registry.password_file);
    for (size_t i = 0; i < config->master.files.count; i++)
        warn_of_file("[master] files", config->master.files.items[i]);
    if (!has_index && config->master.files.count == 0)
        fprintf(stderr, "fixwarden: warning: [master] index: %s is not there, and no files are set to make it from\n",
                config->master.index);
}

/* The number of partitions is the broker's to say: as if there were enough. */
static struct config settled(const struct config *config)
{
    struct config copy = *config;
    struct limits limits;

    limits_find_own(&limits);
    budget_settle(&copy, &limits, UINT_MAX);
    return copy;
}

static void show(const struct config *config)
{
    const struct config all = settled(config);
    const struct budget budget = budget_divide(&all);

    config_show(config, stdout);
    putchar('\n');
    budget_show(&budget, stdout);
}

static int check(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    const struct config all = settled(config);

    (void)arguments;
    if (config_validate_run(config, e) != 0 || kafka_check(config, e) != 0 || budget_check(&all, e) != 0)
        return -1;
    show(config);
    warn_of_features(config);
    warn_of_doubt(config);
    warn_of_files(config);
    return 0;
}

static int run_check(int argc, char **argv)
{
    static const struct cli_command command = {
        .name = "config check",
        .operands = "FILE",
        .operands_max = 1,
        .operand_is_config = true,
        .summary = "Reads the configuration as `run` would and prints what it would use. Warnings do not fail it.",
        .shared = CLI_CONFIG | CLI_BROKERS | CLI_INDEX | CLI_MASTER | CLI_RULES,
    };

    return cli_run(&command, argc, argv, check);
}

static int show_only(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    (void)arguments;
    (void)e;
    show(config);
    return 0;
}

static int run_show(int argc, char **argv)
{
    static const struct cli_command command = {
        .name = "config show",
        .operands = "FILE",
        .operands_max = 1,
        .operand_is_config = true,
        .summary = "Prints the effective configuration: defaults, file, environment and flags together.",
        .shared = CLI_CONFIG | CLI_BROKERS | CLI_INDEX | CLI_MASTER,
    };

    return cli_run(&command, argc, argv, show_only);
}

static int print_options(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    (void)config;
    (void)arguments;
    (void)e;
    config_print_options(stdout);
    return 0;
}

static int run_options(int argc, char **argv)
{
    static const struct cli_command command = {
        .name = "config options",
        .operands = "",
        .summary = "Prints every option with its type, default and meaning, as a table in Markdown.",
    };

    return cli_run(&command, argc, argv, print_options);
}

static int print_sample(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    (void)config;
    (void)arguments;
    (void)e;
    config_print_sample(stdout);
    return 0;
}

static int run_sample(int argc, char **argv)
{
    static const struct cli_command command = {
        .name = "config sample",
        .operands = "",
        .summary = "Prints a configuration file with every option, to start from.",
    };

    return cli_run(&command, argc, argv, print_sample);
}

int command_config(int argc, char **argv)
{
    static const struct cli_entry entries[] = {
        {"check", run_check, "read a configuration as run would, and warn"},
        {"show", run_show, "print the effective configuration"},
        {"options", run_options, "explain every option"},
        {"sample", run_sample, "print a file to start from"},
    };

    return cli_dispatch(entries, sizeof entries / sizeof *entries, "fixwarden config", argc, argv);
}
