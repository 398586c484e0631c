#include "arenas.h"
#include "bus_fault.h"
#include "cli.h"
#include "commands.h"
#include "kafka.h"
#include "lanes.h"
#include "stop.h"

static const struct cli_option options[] = {
    {"topic", 't', "TOPIC", "input.topics", "a topic to read; may be repeated"},
    {"group", 'g', "GROUP", "input.group", "the consumer group"},
    {"output", 'o', "TOPIC", "output.topic", "the topic of the discrepancies"},
    {"dead-letters", 0, "TOPIC", "output.dead_letter_topic", "the topic of what is not FIX"},
    {"delivery", 0, "HOW", "output.delivery", "exactly-once or at-least-once"},
    {"lanes", 0, "N", "input.lanes", "how many consumers work side by side, or auto"},
    {"registry", 0, "URL", "registry.url", "the schema registry"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "run",
    .operands = "",
    .summary = "Check the FIX messages of Kafka topics against the master and publish what disagrees, until SIGTERM or "
               "SIGINT.",
    .details =
        "Without an index it waits for one, or for a master to build it of; with one that is older than its master "
        "it builds first. A master that changes is built beside and adopted. Without --index the index stands "
        "beside the first master as FILE" CONFIG_INDEX_SUFFIX ".\n",
    .options = options,
    .shared = CLI_CONFIG | CLI_BROKERS | CLI_MASTER | CLI_INDEX | CLI_DELTAS | CLI_RULES | CLI_PATTERNS,
};

/* One line for each thing that was chosen. */
static void tell_choices(const struct config *config, const struct reload *reload, struct log *log)
{
    const struct index_info *info = index_info(reload_index(reload));

    log_write(log, LOG_LEVEL_INFO, "run", "fixwarden " FIXWARDEN_VERSION ", librdkafka %s", kafka_version());
    log_write(log, LOG_LEVEL_INFO, "run", "brokers: %s", kafka_brokers(config));
    for (size_t i = 0; i < config->input.topics.count; i++)
        log_write(log, LOG_LEVEL_INFO, "run", "input: %s", config->input.topics.items[i]);
    log_write(log, LOG_LEVEL_INFO, "run", "group: %s", config->input.group);
    log_write(log, LOG_LEVEL_INFO, "run", "output: %s, dead letters: %s", config->output.topic,
              config->output.dead_letter_topic);
    log_write(log, LOG_LEVEL_INFO, "run", "delivery: %s",
              config->output.delivery == DELIVERY_EXACTLY_ONCE ? "exactly once" : "at least once");
    log_write(log, LOG_LEVEL_INFO, "run", "index: %s, version %s, %llu rows", reload_path(reload), info->version,
              (unsigned long long)info->rows);
    log_write(log, LOG_LEVEL_INFO, "run", "rules: %s", config->rules.id);
}

/* What lanes that hang still use is left to the end of the process. */
static int run_until_stopped(const struct lanes_options *how, bool *hang, struct error *e)
{
    struct lanes *lanes = NULL;
    int status = lanes_new(how, &lanes, e);

    if (status == 0)
        status = lanes_run(lanes, e);
    *hang = lanes && lanes_hang(lanes);
    if (!*hang)
        lanes_free(lanes);
    return status;
}

/* The index before anything of Kafka: without one nothing may be consumed. */
static int run(struct config *config, const atomic_bool *stop, struct alerts *alerts, struct log *log, bool *hang,
               struct error *e)
{
    const struct reload_options index = {.config = config, .stop = stop, .alerts = alerts, .log = log};
    struct lanes_options how = {.config = config, .stop = stop, .alerts = alerts, .log = log};
    int status;

    if (config_choose_index(config, e) != 0 || config_validate_run(config, e) != 0 || kafka_check(config, e) != 0 ||
        reload_new(&index, &how.reload, e) != 0)
        return -1;
    if (!how.reload) {
        log_write(log, LOG_LEVEL_INFO, "run", "stopped before an index could serve");
        return 0;
    }
    tell_choices(config, how.reload, log);
    kafka_warn_of_version(log);
    status = run_until_stopped(&how, hang, e);
    if (!*hang)
        reload_free(how.reload);
    return status;
}

int command_run(int argc, char **argv)
{
    struct config config;
    struct cli_arguments arguments = {.option_count = 0};
    struct error e;
    struct alerts *alerts;
    struct log *log;
    bool hang = false;
    int status = cli_begin(&command, argc, argv, &config, &arguments);

    if (status == CLI_GO_ON) {
        log = log_new(config.log.level);
        alerts = alerts_new(&config);
        arenas_set_apart();
        bus_fault_catch();
        status = run(&config, stop_on_signals(), alerts, log, &hang, &e) == 0 ? 0 : cli_fail(&e);
        if (hang)
            return status | CLI_AT_ONCE;
        alerts_free(alerts);
        log_free(log);
    }
    config_free(&config);
    return status;
}
