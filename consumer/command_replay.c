#include "arenas.h"
#include "bus_fault.h"
#include "cli.h"
#include "commands.h"
#include "kafka.h"
#include "manifest.h"
#include "moment.h"
#include "pace.h"
#include "past.h"
#include "replay.h"
#include "stop.h"
#include "survey.h"
#include "versions.h"
#include "wall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN_PREFIX "fixwarden-replay-" /* of group, transactional id and manifest */
#define DEAD_LETTERS_SUFFIX ".dead-letters"

static const struct cli_option options[] = {
    {"topic", 't', "TOPIC", "input.topics", "a topic to read; may be repeated"},
    {"from", 0, "TIME", NULL, "read from the first record of that time or later, or from earliest"},
    {"to", 0, "TIME", NULL, "read up to the first record of that time or later (now)"},
    {"offsets", 0, "TOPIC:PARTITION=FROM-TO", NULL, "read these offsets instead, TO excluded; may be repeated"},
    {"allow-missing", 0, NULL, NULL, "go on without records that are gone"},
    {"output", 'o', "TOPIC", NULL, "the topic of the discrepancies, which is not that of the live run"},
    {"dead-letters", 0, "TOPIC", NULL, "the topic of what is not FIX (OUTPUT" DEAD_LETTERS_SUFFIX ")"},
    {"same-topic", 0, NULL, NULL, "write to the topics of the live run, with the run's id in a header"},
    {"dry-run", 0, NULL, NULL, "only count"},
    {"rate", 0, "N", NULL, "check so many records a second at most"},
    {"speed", 0, "FACTOR", NULL, "1x: at the pace of the records' timestamps; 2x, 0.5x, max (max)"},
    {"manifest", 0, "FILE", NULL, "where the plan is written (" RUN_PREFIX "RUN.json)"},
    {"resume", 0, "FILE", NULL, "go on with the run whose plan this is"},
    {"as-of", 0, "WHICH", NULL,
     "judge by the version that serves now, by VERSION, by that of each record's time (message-time), or by that which "
     "judged it in the live run (live); (now)"},
    {"index-version", 0, "VERSION", NULL, "refuse an index of another version"},
    {"lanes", 0, "N", "input.lanes", "how many consumers work side by side, or auto"},
    {"registry", 0, "URL", "registry.url", "the schema registry"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "replay",
    .operands = "",
    .summary = "Check a part of the topics once more, publish what disagrees to a topic of its own, and end.",
    .details =
        "TIME is 2026-11-25T09:30:00Z, or with a zone as +01:00; @MILLISECONDS since 1970; -2h, so long ago; earliest; "
        "now.\n"
        "The live consumer group is neither joined nor moved. An index is used as it is and never built. What one "
        "range\n"
        "and one version of the index give is the same bytes each time, and the same as in the live run, whose "
        "versions\n"
        "--as-of live takes from [output] versions_topic; the others from [master] versions.\n"
        "A run that was stopped goes on by --resume: nothing is lost, nothing is published twice.\n",
    .options = options,
    .shared = CLI_CONFIG | CLI_BROKERS | CLI_INDEX | CLI_RULES,
};

/* One call of the command. */
struct session {
    struct config *config;
    const struct cli_arguments *arguments;
    struct manifest plan; /* made, or read */
    char path[PATH_MAX];  /* of it; empty: there is none */
    bool begun;           /* there is something to go on with */
    char *folder;         /* of the versions */
    char marks_topic[RANGE_TOPIC_MAX + 1];
    struct past *past; /* NULL: of one version */
    struct replay_options how;
    struct replay_result result;
};

static bool is_given(const struct session *s, const char *option)
{
    return cli_value(s->arguments, option) != NULL;
}

/* --- what is asked for --- */

static int read_time(const struct session *s, const char *option, const char *preset, int64_t now, struct moment *out,
                     struct error *e)
{
    const char *value = cli_value(s->arguments, option);

    return moment_parse(slice_of(value ? value : preset), now, out, e) == 0 ? 0 : error_prefix(e, "--%s", option);
}

static int read_times(const struct session *s, struct survey_request *out, struct error *e)
{
    int64_t now = wall_ms();

    if (!is_given(s, "from"))
        return error_set(e, ERROR_USAGE, "replay: it needs --from TIME, --offsets or --resume");
    if (read_time(s, "from", "", now, &out->from, e) != 0 || read_time(s, "to", "now", now, &out->to, e) != 0)
        return -1;
    if (out->to.kind == MOMENT_EARLIEST)
        return error_set(e, ERROR_USAGE, "--to earliest: there is nothing before it");
    if (out->from.kind == MOMENT_TIME && out->to.kind == MOMENT_TIME && out->from.ms >= out->to.ms)
        return error_set(e, ERROR_USAGE, "--to is not later than --from");
    return 0;
}

static int read_offsets(const struct session *s, struct range_list *out, struct error *e)
{
    struct range range;
    const char *value;
    size_t at = 0;

    while ((value = cli_each(s->arguments, "offsets", &at)) != NULL) {
        if (range_parse(slice_of(value), &range, e) != 0)
            return error_prefix(e, "--offsets");
        if (range_list_add(out, &range, e) != 0) {
            e->code = ERROR_USAGE;
            return error_prefix(e, "--offsets");
        }
    }
    return 0;
}

static int read_request(const struct session *s, struct range_list *given, struct survey_request *out, struct error *e)
{
    *out = (struct survey_request){.allow_missing = is_given(s, "allow-missing")};
    if (is_given(s, "dry-run") && is_given(s, "manifest"))
        return error_set(e, ERROR_USAGE,
                         "replay: --dry-run and --manifest exclude each other: there is nothing to go on with");
    if (!is_given(s, "offsets"))
        return read_times(s, out, e);
    if (is_given(s, "from") || is_given(s, "to") || is_given(s, "topic"))
        return error_set(e, ERROR_USAGE, "replay: --offsets and --topic, --from, --to exclude each other");
    out->given = given;
    return read_offsets(s, given, e);
}

/* What stands in the plan is used unless it is given anew. */
static int read_pace(struct session *s, struct error *e)
{
    const char *speed = cli_value(s->arguments, "speed");

    if (speed && !pace_parse_speed(slice_of(speed), &s->plan.speed))
        return error_set(e, ERROR_USAGE, "--speed: '%s' is none of 1x, 2x, 0.5x, ... up to 1000x, max", speed);
    return cli_number(s->arguments, "rate", 1, PACE_RATE_MAX, s->plan.rate, &s->plan.rate, e);
}

/* --- the topics of the output --- */

static int copy_topic(char out[RANGE_TOPIC_MAX + 1], const char *topic, const char *suffix, struct error *e)
{
    if (snprintf(out, RANGE_TOPIC_MAX + 1, "%s%s", topic, suffix) > RANGE_TOPIC_MAX)
        return error_set(e, ERROR_USAGE, "--output: '%s' is too long for a topic's name", topic);
    return 0;
}

static int choose_own_topics(struct session *s, const char *output, struct error *e)
{
    const char *dead = cli_value(s->arguments, "dead-letters");

    if (copy_topic(s->plan.output, output, "", e) != 0 ||
        copy_topic(s->plan.dead_letters, dead ? dead : output, dead ? "" : DEAD_LETTERS_SUFFIX, e) != 0)
        return -1;
    if (strcmp(s->plan.output, s->config->output.topic) == 0 ||
        strcmp(s->plan.dead_letters, s->config->output.dead_letter_topic) == 0)
        return error_set(e, ERROR_USAGE,
                         "replay: %s or %s is a topic of the live run: name another, or write to both of them by "
                         "--same-topic",
                         s->plan.output, s->plan.dead_letters);
    return 0;
}

/* Never the live run's without being told so. */
static int choose_topics(struct session *s, struct error *e)
{
    const char *output = cli_value(s->arguments, "output");

    s->plan.same_topic = is_given(s, "same-topic");
    if (s->plan.same_topic && (output || is_given(s, "dead-letters")))
        return error_set(e, ERROR_USAGE, "replay: --same-topic and --output, --dead-letters exclude each other");
    if (output)
        return choose_own_topics(s, output, e);
    if (!s->plan.same_topic && !is_given(s, "dry-run"))
        return error_set(e, ERROR_USAGE,
                         "replay: it needs --output TOPIC, of its own, or --same-topic for that of the live run (%s), "
                         "or --dry-run",
                         s->config->output.topic);
    if (copy_topic(s->plan.output, s->config->output.topic, "", e) != 0)
        return -1;
    return copy_topic(s->plan.dead_letters, s->config->output.dead_letter_topic, "", e);
}

/* --- the configuration of the run --- */

static int set_topics(struct config *config, const struct range_list *ranges, struct error *e)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (range_list_begins_topic(ranges->items, i) &&
            config_set(config, "input.topics", ranges->items[i].topic, e) != 0)
            return -1;
    return 0;
}

/* Everything that is the run's own: its group, its transactional id, its output. */
static int configure(struct session *s, struct error *e)
{
    struct config *config = s->config;
    char name[sizeof RUN_PREFIX + MANIFEST_RUN_MAX];

    snprintf(name, sizeof name, RUN_PREFIX "%s", s->plan.run);
    if (config_set(config, "output.versions_topic", "", e) != 0 || config_set(config, "input.group", name, e) != 0 ||
        config_set(config, "output.transactional_id", name, e) != 0 ||
        config_set(config, "output.topic", s->plan.output, e) != 0 ||
        config_set(config, "output.dead_letter_topic", s->plan.dead_letters, e) != 0)
        return -1;
    config->output.delivery = DELIVERY_EXACTLY_ONCE;
    config->pending.grace_ms = 0; /* a replay judges by its version, and waits for none */
    if (s->plan.same_topic)
        config->output.replay = s->plan.run;
    if (!is_given(s, "dry-run"))
        return 0;
    config->output.delivery = DELIVERY_NONE;
    return config_set(config, "registry.url", "", e); /* not even a schema is registered */
}

/* --- the index --- */

static int read_as_of(struct session *s, struct error *e)
{
    const char *as_of = cli_value(s->arguments, "as-of");

    if (as_of && !as_of_parse(as_of, &s->plan.as_of))
        return error_set(e, ERROR_USAGE,
                         "--as-of: '%s' is none of now, message-time, live, or a version of 16 hexadecimal digits",
                         as_of);
    if (is_given(s, "index-version") && s->plan.as_of != AS_OF_NOW)
        return error_set(e, ERROR_USAGE, "replay: --as-of and --index-version exclude each other");
    if (s->plan.as_of == AS_OF_LIVE && s->config->output.versions_topic[0] == '\0')
        return error_set(e, ERROR_USAGE,
                         "--as-of live needs [output] versions_topic, where the live run says by which version it "
                         "judges");
    if (s->plan.as_of == AS_OF_VERSION)
        memcpy(s->plan.version, as_of, sizeof s->plan.version);
    snprintf(s->marks_topic, sizeof s->marks_topic, "%s", s->config->output.versions_topic);
    return 0;
}

static int find_folder(struct session *s, struct error *e)
{
    s->folder = versions_directory(s->config);
    return s->folder ? 0 : error_set(e, ERROR_INTERNAL, "no memory for the versions of the index");
}

/* The version that is named, if the folder has it; it may be the one that serves. */
static int choose_version(struct session *s, struct error *e)
{
    const struct version_entry *entry;
    struct versions *versions;
    int status = 0;

    if (s->plan.as_of != AS_OF_VERSION)
        return 0;
    if (versions_open(s->folder, &versions, e) != 0)
        return -1;
    entry = versions_find(versions, s->plan.version);
    if (entry)
        status = config_set(s->config, "master.index", entry->path, e);
    versions_free(versions);
    return status;
}

static int check_version(const struct session *s, const char *wanted, struct error *e)
{
    const char *version = index_info(reload_index(s->how.reload))->version;
    bool named = s->plan.as_of == AS_OF_VERSION;

    if (!wanted || *wanted == '\0' || strcmp(wanted, version) == 0)
        return 0;
    return error_set(e, ERROR_DATA, "%s has version %s, and the replay is of version %s%s%s", s->config->master.index,
                     version, wanted, named ? ", which is not in " : "", named ? s->folder : "");
}

/* All that are needed where versions vary are opened once the ranges are known. */
static int open_index(struct session *s, struct error *e)
{
    const char *wanted = cli_value(s->arguments, "index-version");

    if (config_validate_run(s->config, e) != 0 || kafka_check(s->config, e) != 0)
        return -1;
    if (as_of_varies(s->plan.as_of))
        return wanted ? error_set(e, ERROR_USAGE, "replay: --index-version is of one version, and it is as of %s",
                                  as_of_name(s->plan.as_of))
                      : 0;
    if (reload_open(s->config, s->how.log, &s->how.reload, e) != 0 || check_version(s, wanted, e) != 0)
        return -1;
    return check_version(s, s->plan.version, e);
}

static int open_past(struct session *s, struct error *e)
{
    if (past_open(s->config, s->plan.timeline, s->folder, &s->past, e) != 0)
        return -1;
    s->how.past = s->past;
    return 0;
}

/* --- a new run --- */

static int plan_output(struct session *s, struct error *e)
{
    if (read_pace(s, e) != 0 || choose_topics(s, e) != 0 || manifest_new_run(wall_ms(), s->plan.run, e) != 0)
        return -1;
    return configure(s, e);
}

static int plan_index(struct session *s, const char *place, struct error *e)
{
    char *path = realpath(place, NULL);

    if (!path)
        return error_set_errno(e, errno, "%s", place);
    snprintf(s->plan.index, sizeof s->plan.index, "%s", path);
    free(path);
    return 0;
}

static int plan_version(struct session *s, struct error *e)
{
    if (as_of_varies(s->plan.as_of))
        return 0;
    memcpy(s->plan.version, index_info(reload_index(s->how.reload))->version, sizeof s->plan.version);
    return plan_index(s, s->config->master.index, e);
}

/* Now that it is known which records there are. */
static int plan_versions(struct session *s, struct error *e)
{
    if (!as_of_varies(s->plan.as_of))
        return 0;
    if (as_of_find(s->plan.as_of, s->config, &s->plan.ranges, s->folder, s->marks_topic, s->how.stop, s->how.log,
                   &s->plan.timeline, e) != 0 ||
        open_past(s, e) != 0)
        return -1;
    return plan_index(s, s->folder, e);
}

/* What the bytes of the output depend on. */
static int plan_input(struct session *s, struct error *e)
{
    if (plan_version(s, e) != 0)
        return -1;
    memcpy(s->plan.rule_set, s->config->rules.id, sizeof s->plan.rule_set);
    s->plan.tolerated = config_input_tolerated(s->config);
    return 0;
}

/* The group knows where the run begins before there is a plan to go on with. */
static int write_plan(struct session *s, struct survey *survey, struct error *e)
{
    const char *path = cli_value(s->arguments, "manifest");
    char name[sizeof RUN_PREFIX + MANIFEST_RUN_MAX + 8];

    snprintf(name, sizeof name, RUN_PREFIX "%s.json", s->plan.run);
    snprintf(s->path, sizeof s->path, "%s", path ? path : name);
    if (survey_begin(survey, &s->plan.ranges, e) != 0 || survey_progress(survey, &s->plan.ranges, e) != 0 ||
        manifest_write(&s->plan, s->path, e) != 0)
        return -1;
    log_write(s->how.log, LOG_LEVEL_INFO, "replay", "run %s; --resume %s goes on with it", s->plan.run, s->path);
    s->begun = true;
    return 0;
}

static int settle(struct session *s, struct survey *survey, const struct survey_request *request, struct error *e)
{
    if (survey_settle(survey, request, &s->plan.ranges, e) != 0 || plan_versions(s, e) != 0)
        return -1;
    s->plan.lanes = replay_lanes(s->config, &s->plan.ranges, s->plan.speed > 0);
    return is_given(s, "dry-run") ? 0 : write_plan(s, survey, e);
}

static int begin(struct session *s, struct error *e)
{
    struct survey *survey = NULL;
    struct range_list given = {0};
    struct survey_request request;
    int status = -1;

    if (read_request(s, &given, &request, e) == 0 && read_as_of(s, e) == 0 && plan_output(s, e) == 0 &&
        config_choose_index(s->config, e) == 0 && find_folder(s, e) == 0 && choose_version(s, e) == 0 &&
        set_topics(s->config, &given, e) == 0 && open_index(s, e) == 0 && plan_input(s, e) == 0 &&
        survey_open(s->config, s->how.stop, s->how.log, &survey, e) == 0)
        status = settle(s, survey, &request, e);
    survey_close(survey);
    range_list_free(&given);
    return status;
}

/* --- a run that goes on --- */

static int refuse_other_options(const struct session *s, struct error *e)
{
    static const char *const others[] = {"topic",        "from",    "to",       "offsets", "output", "same-topic",
                                         "dead-letters", "dry-run", "manifest", "lanes",   "as-of"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_given(s, others[i]))
            return error_set(e, ERROR_USAGE, "replay: --resume and --%s exclude each other: the plan says it",
                             others[i]);
    return 0;
}

/* What would give other bytes than those that are published already. */
static int check_input(const struct session *s, struct error *e)
{
    if (strcmp(s->plan.rule_set, s->config->rules.id) != 0)
        return error_set(e, ERROR_CONFIG, "the rules are %s, and the run began with %s", s->config->rules.id,
                         s->plan.rule_set);
    if (s->plan.tolerated != config_input_tolerated(s->config))
        return error_set(e, ERROR_CONFIG, "[input] framing or tolerate is not what the run began with");
    return 0;
}

static int look_again(struct session *s, struct error *e)
{
    struct survey *survey = NULL;
    int status = survey_open(s->config, s->how.stop, s->how.log, &survey, e);

    if (status == 0)
        status = survey_resume(survey, is_given(s, "allow-missing"), &s->plan.ranges, e);
    survey_close(survey);
    return status;
}

/* Where the plan says, unless it is said anew. */
static int take_index(struct session *s, struct error *e)
{
    if (!is_given(s, "index") && config_set(s->config, "master.index", s->plan.index, e) != 0)
        return -1;
    if (!is_given(s, "index") && as_of_varies(s->plan.as_of) &&
        config_set(s->config, "master.versions", s->plan.index, e) != 0)
        return -1;
    return find_folder(s, e);
}

static int resume(struct session *s, struct error *e)
{
    snprintf(s->path, sizeof s->path, "%s", cli_value(s->arguments, "resume"));
    if (refuse_other_options(s, e) != 0 || manifest_read(s->path, &s->plan, e) != 0)
        return -1;
    s->begun = true;
    if (read_pace(s, e) != 0 || configure(s, e) != 0 || set_topics(s->config, &s->plan.ranges, e) != 0)
        return -1;
    if (take_index(s, e) != 0 || open_index(s, e) != 0 || check_input(s, e) != 0)
        return -1;
    if (as_of_varies(s->plan.as_of) && open_past(s, e) != 0)
        return -1;
    return look_again(s, e);
}

/* --- the run --- */

/* Only what the group itself says counts as read. */
static int ask_progress(struct session *s, struct error *e)
{
    struct survey *survey = NULL;
    int status = survey_open(s->config, s->how.stop, s->how.log, &survey, e);

    if (status == 0)
        status = survey_progress(survey, &s->plan.ranges, e);
    survey_close(survey);
    return status;
}

static int finish(struct session *s, struct error *e)
{
    if (s->begun && ask_progress(s, e) != 0)
        return -1;
    if (replay_write_report(&s->how, &s->result, stdout, e) != 0)
        return -1;
    return replay_is_complete(&s->how, &s->result) ? 0 : error_set(e, ERROR_TEMPORARY, "replay: interrupted");
}

static int run(struct session *s, struct error *e)
{
    if ((is_given(s, "resume") ? resume : begin)(s, e) != 0)
        return -1;
    s->how.ranges = &s->plan.ranges;
    s->how.as_of = as_of_name(s->plan.as_of);
    s->how.rate = s->plan.rate;
    s->how.speed = s->plan.speed;
    s->config->input.lanes = s->plan.lanes;
    kafka_warn_of_version(s->how.log);
    return replay_run(&s->how, &s->result, e) == 0 ? finish(s, e) : -1;
}

static int fail(const struct session *s, const struct error *e)
{
    int status = cli_fail(e);

    if (s->begun && e->code != ERROR_DATA) /* which another start does not help */
        fprintf(stderr, "fixwarden: replay --resume %s, with the same configuration, goes on where it was\n", s->path);
    return status;
}

int command_replay(int argc, char **argv)
{
    struct config config;
    struct cli_arguments arguments = {.option_count = 0};
    struct session s = {.config = &config, .arguments = &arguments};
    struct error e;
    int status = cli_begin(&command, argc, argv, &config, &arguments);

    if (status == CLI_GO_ON) {
        arenas_set_apart();
        bus_fault_catch();
        s.how = (struct replay_options){.config = &config, .stop = stop_on_signals(), .log = log_new(config.log.level)};
        status = run(&s, &e) == 0 ? 0 : fail(&s, &e);
        if (s.result.hang)
            return status | CLI_AT_ONCE;
        reload_free(s.how.reload);
        log_free(s.how.log);
        past_free(s.past);
        manifest_free(&s.plan);
        free(s.folder);
    }
    config_free(&config);
    return status;
}
