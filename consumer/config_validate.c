#include "config.h"
#include "config_options.h"
#include "expected.h"
#include "range.h"

static bool is_topic_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= RANGE_TOPIC_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strspn(name, RANGE_TOPIC_CHARACTERS) == len;
}

/* Within the transaction that commits the offsets, or not at all: what is held would be lost or published twice. */
static int check_pending(const struct config *config, struct error *e)
{
    const char *topic = config->pending.topic;
    const char *others[] = {config->output.topic, config->output.dead_letter_topic, config->output.alert_topic,
                            config->output.versions_topic};

    if (config->pending.grace_ms == 0)
        return 0;
    if (topic[0] == '\0')
        return error_set(e, ERROR_CONFIG,
                         "[pending] grace is set, and topic is not: what waits is held in a compacted topic, say "
                         "pending.topic = fixwarden.pending");
    if (config->output.delivery != DELIVERY_EXACTLY_ONCE)
        return error_set(e, ERROR_CONFIG,
                         "[pending] grace needs [output] delivery = exactly-once: what is held commits together with "
                         "the offsets");
    if (!is_topic_name(topic))
        return error_set(e, ERROR_CONFIG, "[pending] topic: '%s' cannot be the name of a topic", topic);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(topic, others[i]) == 0)
            return error_set(e, ERROR_CONFIG, "[pending] topic: '%s' is another one's topic, too", topic);
    for (size_t i = 0; i < config->input.topics.count; i++)
        if (strcmp(topic, config->input.topics.items[i]) == 0)
            return error_set(e, ERROR_CONFIG, "[pending] topic: '%s' is read, too", topic);
    return 0;
}

/* What is written to. */
struct output_topic {
    const char *option, *name;
};

static int check_input(const char *topic, const struct output_topic *outputs, size_t count, struct error *e)
{
    if (topic[0] != '^' && !is_topic_name(topic))
        return error_set(e, ERROR_CONFIG, "[input] topics: '%s' cannot be the name of a topic", topic);
    for (size_t i = 0; i < count; i++)
        if (strcmp(topic, outputs[i].name) == 0)
            return error_set(e, ERROR_CONFIG, "[input] topics: '%s' is an output topic, too", topic);
    return 0;
}

/* All but the first two may be empty. */
static int check_output(const struct output_topic *outputs, size_t at, struct error *e)
{
    const struct output_topic *one = &outputs[at];

    if (at >= 2 && one->name[0] == '\0')
        return 0;
    if (!is_topic_name(one->name))
        return error_set(e, ERROR_CONFIG, "[output]: '%s' cannot be the name of a topic", one->name);
    for (size_t i = 0; i < at; i++)
        if (strcmp(one->name, outputs[i].name) == 0)
            return error_set(e, ERROR_CONFIG, "[output] %s and %s are the same: %s", outputs[i].option, one->option,
                             one->name);
    return 0;
}

static int check_topics(const struct config *config, struct error *e)
{
    const struct output_topic outputs[] = {{"topic", config->output.topic},
                                           {"dead_letter_topic", config->output.dead_letter_topic},
                                           {"alert_topic", config->output.alert_topic},
                                           {"versions_topic", config->output.versions_topic}};
    size_t count = sizeof outputs / sizeof *outputs;

    for (size_t i = 0; i < config->input.topics.count; i++)
        if (check_input(config->input.topics.items[i], outputs, count, e) != 0)
            return -1;
    for (size_t i = 0; i < count; i++)
        if (check_output(outputs, i, e) != 0)
            return -1;
    return 0;
}

static int check_expected(const struct config *config, struct error *e)
{
    const char *text = config->reload.expected_by;
    struct expected expected;

    if (*text == '\0' || expected_parse(slice_of(text), &expected))
        return 0;
    return error_set(e, ERROR_CONFIG,
                     "[reload] expected_by: '%s' is no time of day with a zone, and days if need be, such as "
                     "06:30Z or 06:30+01:00 Mon-Fri",
                     text);
}

int config_validate_run(const struct config *config, struct error *e)
{
    if (!config_kafka(config, "bootstrap.servers") && !config_kafka(config, "metadata.broker.list"))
        return error_set(e, ERROR_CONFIG, "[kafka] bootstrap.servers is not set: HOST:PORT of one or more brokers");
    if (config->input.topics.count == 0)
        return error_set(e, ERROR_CONFIG, "[input] topics is not set: the topics to read");
    if (config->master.index[0] == '\0')
        return error_set(
            e, ERROR_CONFIG,
            "[master] index is not set: where the index is, or where it is to be made from [master] files");
    if (config->registry.user[0] != '\0' && config->registry.password_file[0] == '\0')
        return error_set(e, ERROR_CONFIG, "[registry] user is set, and password_file is not");
    if (config->registry.url[0] != '\0' && strncmp(config->registry.url, "http://", 7) != 0 &&
        strncmp(config->registry.url, "https://", 8) != 0)
        return error_set(e, ERROR_CONFIG, "[registry] url: '%s' starts with neither http:// nor https://",
                         config->registry.url);
    if (check_expected(config, e) != 0 || check_topics(config, e) != 0)
        return -1;
    return check_pending(config, e);
}

unsigned config_tolerated(const struct config *config, unsigned profile)
{
    const struct string_list *names = &config->input.tolerate;

    for (size_t i = 0; i < names->count; i++)
        fix_tolerance_change(slice_of(names->items[i]), &profile); /* that it is a name was found out when it was set */
    return profile;
}

unsigned config_input_tolerated(const struct config *config)
{
    return config_tolerated(config, config->input.framing == FRAMING_LOG ? FIX_LOG : FIX_STRICT);
}

/* 0 where the option is a number of rows. */
static uint32_t share_of_rows(uint64_t max_bad_rows)
{
    return max_bad_rows >= CONFIG_SHARE && max_bad_rows != UINT64_MAX ? (uint32_t)(max_bad_rows - CONFIG_SHARE) : 0;
}

void config_master_options(const struct config *config, struct index_build_options *out)
{
    *out = (struct index_build_options){
        .memory = config->master.memory,
        .threads = (unsigned)config->master.threads,
        .spill_dir = config->master.spill_dir[0] ? config->master.spill_dir : NULL,
        .max_bad_rows = config->master.max_bad_rows,
        .max_bad_share = share_of_rows(config->master.max_bad_rows),
        .master.delimiter = config_delimiter(config->master.delimiter),
        .master.carried_count = config->master.carry.count,
        .master.format =
            {
                .comment = config->master.comment,
                .data_start = config->master.data_start,
                .data_end = config->master.data_end,
                .trailer = config->master.trailer,
                .columns = config->master.column_names,
                .skip_lines = config->master.skip_lines,
                .encoding = config->master.encoding,
            },
    };
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        out->master.role_column[i] = config->master.columns[i];
    for (size_t i = 0; i < config->master.carry.count; i++)
        out->master.carried[i] = config->master.carry.items[i];
    for (size_t i = 0; i < config->master.keys.count; i++)
        out->master.key_kinds |= UINT64_C(1) << identifier_kind_from_name(slice_of(config->master.keys.items[i]));
}
