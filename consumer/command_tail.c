#include "cli.h"
#include "commands.h"
#include "stop.h"
#include "tail.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"topic", 't', "TOPIC", NULL, "the topic to read (output.topic of the configuration)"},
    {"from", 0, "WHERE", NULL, "beginning or end (end; with --exit-at-end beginning)"},
    {"count", 'n', "N", NULL, "stop after so many records"},
    {"exit-at-end", 'e', NULL, NULL, "stop where the topic ends now"},
    {"format", 'f', "FORMAT", NULL, "table or json, a line each (table)"},
    {"registry", 0, "URL", "registry.url", "the schema registry"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "tail",
    .operands = "",
    .summary = "Show what was published, decoded. Reads committed records only.",
    .options = options,
    .shared = CLI_CONFIG | CLI_BROKERS,
};

/* The number of the word that was given; 0, the first, where none was. -1 with ERROR_USAGE. */
static int choose(const struct cli_arguments *arguments, const char *option, const char *first, const char *second,
                  struct error *e)
{
    const char *value = cli_value(arguments, option);

    if (!value || strcmp(value, first) == 0)
        return 0;
    if (strcmp(value, second) == 0)
        return 1;
    return error_set(e, ERROR_USAGE, "tail: --%s %s: is neither %s nor %s", option, value, first, second);
}

static int read_options(const struct cli_arguments *arguments, const struct config *config, struct tail_options *out,
                        struct error *e)
{
    const char *topic = cli_value(arguments, "topic");
    int from = choose(arguments, "from", "end", "beginning", e);
    int format = choose(arguments, "format", "table", "json", e);

    if (from < 0 || format < 0 || cli_number(arguments, "count", 1, UINT64_MAX, 0, &out->count, e) != 0)
        return -1;
    out->config = config;
    out->topic = topic ? topic : config->output.topic;
    out->exit_at_end = cli_value(arguments, "exit-at-end") != NULL;
    /* From the end to the end there would be nothing. */
    out->from = from == 1 || (out->exit_at_end && !cli_value(arguments, "from")) ? START_EARLIEST : START_LATEST;
    out->format = format == 1 ? TAIL_JSON : TAIL_TABLE;
    out->out = stdout;
    return 0;
}

static int run(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    struct tail_options options_of_tail = {.stop = stop_on_signals(), .log = log_new(config->log.level)};
    struct tail_counts counts;
    int status = -1;

    if (read_options(arguments, config, &options_of_tail, e) == 0 && tail_run(&options_of_tail, &counts, e) == 0)
        status = cli_finish(counts.undecodable > 0 ? ERROR_DATA : 0);
    log_free(options_of_tail.log);
    return status;
}

int command_tail(int argc, char **argv)
{
    return cli_run(&command, argc, argv, run);
}
