/* cli: from argv to a command: its options, its help, and the one line that says what is wrong.
 *
 * A command describes itself in a struct cli_command and starts with cli_begin, which reads the configuration in its
 * order: defaults, file, environment, flags. Only main's thread calls these (getopt keeps its state in globals). */
#ifndef FIXWARDEN_CONSUMER_CLI_H
#define FIXWARDEN_CONSUMER_CLI_H

#include "config.h"

#define CLI_OPTIONS_MAX 48 /* of one command, the shared ones included */
#define CLI_GIVEN_MAX 1024 /* of a command's own options, repeated ones counted */
#define CLI_GO_ON (-1)     /* what cli_begin returns where nothing stands in the way */

/* Or'ed to the exit status: the process must end without running what exit() runs, since threads that hang use it. */
#define CLI_AT_ONCE 0x100

/* Exit statuses beyond those of enum error_code. */
#define CLI_STATUS_DISCREPANT 1 /* check --fail-on-discrepancy */
#define CLI_STATUS_NOT_FOUND 1  /* a lookup without a result */
#define CLI_STATUS_DIFFERENT 1  /* index diff: as diff does */

struct cli_option {
    const char *name;     /* without its dashes */
    int letter;           /* 0: none */
    const char *argument; /* what the help calls its value; NULL: it takes none */
    const char *setting;  /* "section.key" that it sets; one that is empty or ends in '.' goes before the NAME of
                             NAME=VALUE; NULL: the command's own */
    const char *help;
};

/* Groups of options that several commands share. */
enum cli_shared {
    CLI_CONFIG = 1,    /* -c, --set, --log-level */
    CLI_BROKERS = 2,   /* -b */
    CLI_MASTER = 4,    /* --master, and how it is read and indexed */
    CLI_INDEX = 8,     /* --index */
    CLI_RULES = 16,    /* none: the files that the rules of the check name are read */
    CLI_PATTERNS = 32, /* none: patterns among the master's files stay what they are */
    CLI_DELTAS = 64,   /* --deltas, and how they are read */
};

struct cli_command {
    const char *name;     /* "index build" */
    const char *operands; /* "FIX...", "" where it takes none */
    int operands_min, operands_max;
    bool operand_is_config;           /* its operand is what others take by -c */
    const char *summary;              /* one sentence */
    const char *details;              /* further text of the help, or NULL */
    const struct cli_option *options; /* its own, ended by one without a name; NULL: none */
    unsigned shared;                  /* of enum cli_shared */
};

/* Borrowed from argv. */
struct cli_arguments {
    struct cli_option options[CLI_OPTIONS_MAX];
    const char *values[CLI_OPTIONS_MAX]; /* NULL: not given; "" for an option without a value */
    size_t option_count;
    struct {
        size_t option;
        const char *value;
    } given[CLI_GIVEN_MAX]; /* of options without a setting, in their order */
    size_t given_count;
    char **operands;
    int operand_count;
};

/* Sets up `config` (config_free is the caller's in every case) and reads everything. CLI_GO_ON, or the exit status
 * after help (0, on stdout) or an error (on stderr) has been printed. */
int cli_begin(const struct cli_command *command, int argc, char **argv, struct config *config,
              struct cli_arguments *arguments);

/* All of a command: begins it, does its work, and says on stderr what failed. `work` returns the exit status, or -1
 * with the error. */
int cli_run(const struct cli_command *command, int argc, char **argv,
            int (*work)(struct config *config, const struct cli_arguments *arguments, struct error *e));

/* The last value of an option, "" for one without a value; NULL where it was not given. */
const char *cli_value(const struct cli_arguments *arguments, const char *name);

/* Each value of an option that may be repeated, in their order: *at starts at 0; NULL behind the last one. */
const char *cli_each(const struct cli_arguments *arguments, const char *name, size_t *at);

/* A value that is a whole number within bounds, or `fallback` where the option was not given. -1 with ERROR_USAGE. */
int cli_number(const struct cli_arguments *arguments, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
               uint64_t *out, struct error *e);

/* Prints "fixwarden: SENTENCE" on stderr and returns the error's code as exit status. */
int cli_fail(const struct error *e);

/* A name, what it does and where it goes; for the commands and their subcommands. */
struct cli_entry {
    const char *name;
    int (*call)(int argc, char **argv);
    const char *summary;
};

/* Calls the entry that argv[1] names, with argv from there on. `program` is what stands before it: "fixwarden" or
 * "fixwarden index". */
int cli_dispatch(const struct cli_entry *entries, size_t count, const char *program, int argc, char **argv);

/* Everything: what main does. */
int cli_main(int argc, char **argv);

/* Flushes stdout: a result that could not be written is ERROR_IO, whatever the status was. */
int cli_finish(int status);

#endif
