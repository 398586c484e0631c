#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "config_value.h"
#include "suggest.h"

#define HELP_COLUMN 30        /* where the sentences of a help start */
#define LONG_OPTION_FIRST 256 /* getopt's values of long options: above all letters */
#define SUGGESTION_MAX 128    /* bytes of "; did you mean ...?" */

struct shared_option {
    enum cli_shared group;
    struct cli_option option;
};

static const struct shared_option shared_options[] = {
    {CLI_CONFIG, {"config", 'c', "FILE", NULL, "read the configuration from this file"}},
    {CLI_BROKERS, {"brokers", 'b', "HOST:PORT", "kafka.bootstrap.servers", "Kafka brokers, separated by commas"}},
    {CLI_MASTER, {"master", 'm', "FILE", "master.files", "a file of the security master; may be repeated"}},
    {CLI_INDEX, {"index", 'i', "FILE", "master.index", "the index of the master"}},
    {CLI_DELTAS, {"deltas", 0, "DIR", "deltas.directory", "apply the changes of the day that are in there"}},
    {CLI_DELTAS,
     {"deltas-action", 0, "HEADER", "deltas.action", "their column that says what is done (action, op, change)"}},
    {CLI_MASTER, {"memory", 0, "SIZE", "master.memory", "what making an index may take, such as 600M"}},
    {CLI_MASTER, {"threads", 0, "N", "master.threads", "how many threads make an index, or auto"}},
    {CLI_MASTER, {"spill-dir", 0, "DIR", "master.spill_dir", "where its temporary files go (beside the index)"}},
    {CLI_MASTER, {"carry", 0, "HEADER", "master.carry", "a column to carry into the output; may be repeated"}},
    {CLI_MASTER, {"column", 0, "ROLE=HEADER", "master.column.", "the column that plays a role; may be repeated"}},
    {CLI_MASTER, {"keys", 0, "KIND,...", "master.keys", "the kinds of identifier to index (all there are)"}},
    {CLI_MASTER, {"delimiter", 0, "CHAR", "master.delimiter", "comma, tab, pipe, semicolon, a byte or \\xNN"}},
    {CLI_MASTER, {"encoding", 0, "NAME", "master.encoding", "auto, utf-8 or latin-1"}},
    {CLI_MASTER, {"comment", 0, "PREFIX", "master.comment", "lines that start so are no rows"}},
    {CLI_MASTER, {"skip-lines", 0, "N", "master.skip_lines", "so many lines before the header are no rows"}},
    {CLI_MASTER, {"data-start", 0, "LINE", "master.data_start", "the line before the header"}},
    {CLI_MASTER, {"data-end", 0, "LINE", "master.data_end", "the line that ends the rows; it has to be there"}},
    {CLI_MASTER, {"trailer", 0, "PREFIX", "master.trailer", "how the last line starts, which counts the rows"}},
    {CLI_MASTER, {"columns", 0, "NAME,...", "master.columns", "the columns of files without a header"}},
    {CLI_MASTER,
     {"max-bad-rows", 0, "N", "master.max_bad_rows", "refuse a master with more: a number, 0.1%, unlimited"}},
    {CLI_CONFIG, {"log-level", 0, "LEVEL", "log.level", "error, warning, info or debug"}},
    {CLI_CONFIG, {"set", 0, "SECTION.KEY=VALUE", "", "set any option of the configuration; may be repeated"}},
    {0, {"help", 'h', NULL, NULL, "print this and stop"}},
};

static const struct cli_entry commands[] = {
    {"run", command_run, "check live FIX messages and publish what disagrees"},
    {"replay", command_replay, "check a part of the topics again, and end"},
    {"check", command_check, "check FIX files offline and report"},
    {"explain", command_explain, "show one message: what was looked up, compared, and why"},
    {"index", command_index, "make, describe and search the index of a master"},
    {"tail", command_tail, "show what was published, decoded"},
    {"config", command_config, "check, show and explain the configuration"},
    {"demo", command_demo, "everything at once on an embedded broker"},
    {"version", command_version, "versions of fixwarden and its libraries"},
};

int cli_fail(const struct error *e)
{
    fputs("fixwarden: ", stderr);
    for (const char *c = e->text; *c; c++) /* what a file or broker said must not steer the terminal */
        fputc((unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c, stderr);
    fputc('\n', stderr);
    return (int)e->code;
}

int cli_finish(int status)
{
    struct error e;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == 0) /* an earlier write failed; the next one says why */
        (void)!write(STDOUT_FILENO, "", 0);
    error_set_errno(&e, errno ? errno : EIO, "standard output could not be written");
    __fpurge(stdout); /* so that it is said only once */
    clearerr(stdout);
    return cli_fail(&e);
}

/* Gathers the command's own options and the shared ones that it takes. */
static void gather_options(const struct cli_command *command, struct cli_arguments *arguments)
{
    for (const struct cli_option *own = command->options; own && own->name; own++)
        if (arguments->option_count < CLI_OPTIONS_MAX)
            arguments->options[arguments->option_count++] = *own;
    for (size_t i = 0; i < sizeof shared_options / sizeof *shared_options; i++)
        if ((shared_options[i].group == 0 || (shared_options[i].group & command->shared)) &&
            arguments->option_count < CLI_OPTIONS_MAX)
            arguments->options[arguments->option_count++] = shared_options[i].option;
}

static void print_help(const struct cli_command *command, const struct cli_arguments *arguments)
{
    printf("Usage: fixwarden %s [OPTION...]%s%s\n\n%s\n\nOptions:\n", command->name, command->operands[0] ? " " : "",
           command->operands, command->summary);
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct cli_option *option = &arguments->options[i];
        char text[128];
        int len = snprintf(text, sizeof text, "%s%c%s --%s%s%s", option->letter ? "-" : " ",
                           option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
                           option->argument ? " " : "", option->argument ? option->argument : "");

        if (len >= HELP_COLUMN - 3)
            printf("  %s\n%*s%s\n", text, HELP_COLUMN, "", option->help);
        else
            printf("  %-*s%s\n", HELP_COLUMN - 2, text, option->help);
    }
    if (command->details)
        printf("\n%s", command->details);
}

/* The two tables that getopt_long wants. */
static void getopt_tables(const struct cli_arguments *arguments, struct option *longs, char *letters)
{
    size_t used = 0;

    letters[used++] = ':'; /* tells a missing value from an unknown option */
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct cli_option *option = &arguments->options[i];

        longs[i] = (struct option){option->name, option->argument ? required_argument : no_argument, NULL,
                                   LONG_OPTION_FIRST + (int)i};
        if (!option->letter)
            continue;
        letters[used++] = (char)option->letter;
        if (option->argument)
            letters[used++] = ':';
    }
    longs[arguments->option_count] = (struct option){0};
    letters[used] = '\0';
}

static int unknown_option(const struct cli_command *command, const struct cli_arguments *arguments, const char *word,
                          struct error *e)
{
    char suggestion[SUGGESTION_MAX], typed[SUGGEST_NAME_MAX];
    struct suggest suggest = {.typed = typed};

    if (optopt > 0 && optopt < LONG_OPTION_FIRST)
        return error_set(e, ERROR_USAGE, "%s: -%c is no option of it; see fixwarden %s --help", command->name, optopt,
                         command->name);
    snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i].name, typed) == 0)
            return error_set(e, ERROR_USAGE, "%s: --%s takes no value", command->name, typed);
    for (size_t i = 0; i < arguments->option_count; i++)
        suggest_consider(&suggest, arguments->options[i].name);
    suggest_text(&suggest, "--", suggestion, sizeof suggestion);
    return error_set(e, ERROR_USAGE, "%s: --%s is no option of it%s%s%s", command->name, typed,
                     suggest.nearest ? suggestion : "; see fixwarden ", suggest.nearest ? "" : command->name,
                     suggest.nearest ? "" : " --help");
}

/* Sets the configuration's option that a flag stands for. */
static int apply(const struct cli_option *option, const char *value, struct config *config, struct error *e)
{
    size_t prefix = strlen(option->setting);
    const char *equals = strchr(value, '=');
    char name[CONFIG_NAME_MAX];
    int status;

    if (prefix > 0 && option->setting[prefix - 1] != '.') {
        status = config_set(config, option->setting, value, e);
    } else if (!equals || (size_t)(equals - value) + prefix >= sizeof name) {
        status = error_set(e, ERROR_USAGE, "'%s' is not %s", value, option->argument);
    } else {
        snprintf(name, sizeof name, "%s%.*s", option->setting, (int)(equals - value), value);
        status = config_set(config, name, equals + 1, e);
    }
    if (status != 0) {
        error_prefix(e, "--%s", option->name);
        if (e->code == ERROR_CONFIG)
            e->code = ERROR_USAGE;
    }
    return status;
}

static size_t option_index(const struct cli_arguments *arguments, int value)
{
    if (value >= LONG_OPTION_FIRST)
        return (size_t)(value - LONG_OPTION_FIRST);
    size_t i = 0;
    while (arguments->options[i].letter != value)
        i++;
    return i;
}

static int remember(const struct cli_command *command, struct cli_arguments *arguments, size_t option, struct error *e)
{
    if (arguments->given_count == CLI_GIVEN_MAX)
        return error_set(e, ERROR_USAGE, "%s: more than %d options", command->name, CLI_GIVEN_MAX);
    arguments->given[arguments->given_count].option = option;
    arguments->given[arguments->given_count++].value = arguments->values[option];
    return 0;
}

/* Walks argv. Without a configuration it only collects the values, among them the file that must be read first; with
 * one, it sets what the flags stand for, in their order. */
static int walk(const struct cli_command *command, int argc, char **argv, struct cli_arguments *arguments,
                struct config *config, struct error *e)
{
    struct option longs[CLI_OPTIONS_MAX + 1];
    char letters[2 * CLI_OPTIONS_MAX + 2];
    int value;

    getopt_tables(arguments, longs, letters);
    opterr = 0;
    optind = 0;
    while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (value == '?')
            return unknown_option(command, arguments, argv[optind - 1], e);
        if (value == ':')
            return error_set(e, ERROR_USAGE, "%s: %s needs a value", command->name, argv[optind - 1]);
        size_t i = option_index(arguments, value);
        arguments->values[i] = optarg ? optarg : "";
        if (!config && !arguments->options[i].setting && remember(command, arguments, i, e) != 0)
            return -1;
        if (config && arguments->options[i].setting &&
            apply(&arguments->options[i], arguments->values[i], config, e) != 0)
            return -1;
    }
    arguments->operands = argv + optind;
    arguments->operand_count = argc - optind;
    return 0;
}

static int check_operands(const struct cli_command *command, const struct cli_arguments *arguments, struct error *e)
{
    if (arguments->operand_count < command->operands_min)
        return error_set(e, ERROR_USAGE, "%s: it needs %s; see fixwarden %s --help", command->name, command->operands,
                         command->name);
    if (arguments->operand_count > command->operands_max)
        return error_set(e, ERROR_USAGE, "%s: '%s' is one argument too many; see fixwarden %s --help", command->name,
                         arguments->operands[command->operands_max], command->name);
    return 0;
}

static int read_all(const struct cli_command *command, int argc, char **argv, struct config *config,
                    struct cli_arguments *arguments, struct error *e)
{
    const char *file = cli_value(arguments, "config");

    if (check_operands(command, arguments, e) != 0)
        return -1;
    if (command->operand_is_config && !file && arguments->operand_count > 0)
        file = arguments->operands[0];
    if (file && (command->shared & CLI_CONFIG) && config_read_file(config, file, e) != 0)
        return -1;
    if (command->shared && config_read_environment(config, environ, e) != 0)
        return -1;
    if (walk(command, argc, argv, arguments, config, e) != 0)
        return -1;
    if ((command->shared & CLI_RULES) && config_finish_rules(config, e) != 0)
        return -1;
    if (!(command->shared & CLI_MASTER) || (command->shared & CLI_PATTERNS))
        return 0;
    return config_expand_masters(config, e);
}

int cli_begin(const struct cli_command *command, int argc, char **argv, struct config *config,
              struct cli_arguments *arguments)
{
    struct error e;

    *arguments = (struct cli_arguments){0};
    gather_options(command, arguments);
    if (!config_init(config)) {
        error_set(&e, ERROR_INTERNAL, "no memory");
        return cli_fail(&e);
    }
    if (walk(command, argc, argv, arguments, NULL, &e) != 0)
        return cli_fail(&e);
    if (cli_value(arguments, "help")) {
        print_help(command, arguments);
        return 0;
    }
    if (read_all(command, argc, argv, config, arguments, &e) != 0)
        return cli_fail(&e);
    return CLI_GO_ON;
}

int cli_run(const struct cli_command *command, int argc, char **argv,
            int (*work)(struct config *config, const struct cli_arguments *arguments, struct error *e))
{
    struct cli_arguments arguments;
    struct config config;
    struct error e;
    int status = cli_begin(command, argc, argv, &config, &arguments);

    if (status == CLI_GO_ON) {
        status = work(&config, &arguments, &e);
        if (status < 0)
            status = cli_fail(&e);
    }
    config_free(&config);
    return status;
}

const char *cli_value(const struct cli_arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i].name, name) == 0)
            return arguments->values[i];
    return NULL;
}

const char *cli_each(const struct cli_arguments *arguments, const char *name, size_t *at)
{
    while (*at < arguments->given_count) {
        size_t i = (*at)++;

        if (strcmp(arguments->options[arguments->given[i].option].name, name) == 0)
            return arguments->given[i].value;
    }
    return NULL;
}

int cli_number(const struct cli_arguments *arguments, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
               uint64_t *out, struct error *e)
{
    const char *value = cli_value(arguments, name);

    *out = fallback;
    if (!value)
        return 0;
    if (!config_parse_count(slice_of(value), out) || *out < min || *out > max)
        return error_set(e, ERROR_USAGE, "--%s: '%s' is no number from %" PRIu64 " to %" PRIu64, name, value, min, max);
    return 0;
}

static void print_entries(const struct cli_entry *entries, size_t count, const char *program)
{
    printf("Usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", program);
    for (size_t i = 0; i < count; i++)
        printf("  %-10s%s\n", entries[i].name, entries[i].summary);
    printf("\n%s COMMAND --help explains one.\n", program);
}

static int unknown_command(const struct cli_entry *entries, size_t count, const char *program, const char *word)
{
    char suggestion[SUGGESTION_MAX];
    struct suggest suggest = {.typed = word};
    struct error e;

    for (size_t i = 0; i < count; i++)
        suggest_consider(&suggest, entries[i].name);
    suggest_text(&suggest, "", suggestion, sizeof suggestion);
    error_set(&e, ERROR_USAGE, "'%s' is no command of %s%s", word, program,
              suggest.nearest ? suggestion : "; see --help");
    return cli_fail(&e);
}

int cli_dispatch(const struct cli_entry *entries, size_t count, const char *program, int argc, char **argv)
{
    struct error e;

    if (argc < 2) {
        error_set(&e, ERROR_USAGE, "%s needs a command; see %s --help", program, program);
        return cli_fail(&e);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_entries(entries, count, program);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, argv[1]) == 0)
            return entries[i].call(argc - 1, argv + 1);
    return unknown_command(entries, count, program, argv[1]);
}

int cli_main(int argc, char **argv)
{
    char name[] = "version";
    char *version[] = {name, NULL};
    size_t count = sizeof commands / sizeof *commands;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, and said as such */
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return cli_finish(command_version(1, version));
    return cli_finish(cli_dispatch(commands, count, "fixwarden", argc, argv));
}
