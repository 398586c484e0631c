/* config: everything that can be set, in one table.
 *
 * CONFIG_OPTIONS (config_options.h) drives the parsing of files (INI), of the environment (FIXWARDEN_SECTION_KEY) and
 * of flags, the defaults, `config options`, `config show`, the sample file and a test that each option stands in it. A
 * flag beats the environment, which beats the file, which beats the default: read them in that order. A list grows
 * within one of these and is replaced by the next. An unknown section or key is an error that names the nearest known
 * one. Set up by one thread before anything else starts; read-only afterwards. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_H
#define FIXWARDEN_CONSUMER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/error.h"
#include "core/fix.h"
#include "core/index_build.h"
#include "core/master.h"
#include "core/rules.h"

/* NONE, nothing is published or committed, is for a replay that only counts, and can't be configured. */
enum delivery { DELIVERY_EXACTLY_ONCE, DELIVERY_AT_LEAST_ONCE, DELIVERY_NONE };

/* How much of the index is in memory. */
enum residence { RESIDENCE_ON_DEMAND, RESIDENCE_POPULATED, RESIDENCE_LOCKED };

/* What is made of a CUSIP without its leading zeros or check digit. */
enum short_cusips { SHORT_CUSIPS_REPORT, SHORT_CUSIPS_ACCEPT };
enum framing { FRAMING_STRICT, FRAMING_LOG };
enum storm_action { STORM_ALERT, STORM_PAUSE };
/* What says that a file of the master is whole; in the order of the option's names. */
enum ready_file { READY_NONE, READY_AUTO, READY_DONE, READY_MD5, READY_SHA256 };
enum start_at { START_EARLIEST, START_LATEST };

/* Where a value comes from; the later beats the earlier. */
enum config_layer { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

#define CONFIG_FILE_MAX (1u << 20)   /* bytes of a configuration file */
#define CONFIG_VALUE_MAX (64u << 10) /* bytes of one value, or of a secret in a file */
#define CONFIG_NAME_MAX 1024         /* bytes of "section.key" with the NUL; a topic's name has 249, and more escaped */

/* Strings that the configuration owns. */
struct string_list {
    char **items;
    size_t count;
    enum config_layer layer; /* that the items come from */
};

/* A librdkafka property from [kafka], passed through by its own name. */
struct kafka_property {
    char *name;
    char *value;
    char *file; /* that the value was read from, or NULL */
    bool secret;
};

/* A setting whose key ends in a name of the user's (CONFIG_NAMED). */
struct named_setting {
    int type; /* enum config_named_type */
    char *name;
    char *value;  /* in one way of writing it, so that what means the same reads the same */
    size_t order; /* in which the names first came */
};

/* Strings are "" where they are not set, never NULL, but for master.columns. */
struct config {
    struct {
        struct kafka_property *items;
        size_t count;
    } kafka;
    struct {
        struct string_list topics;
        char *group;
        enum framing framing;
        struct string_list tolerate; /* names of tolerances, - before those that are taken out */
        enum start_at start;
        uint64_t lanes; /* 0: auto */
    } input;
    struct {
        char *topic;
        char *dead_letter_topic;
        enum delivery delivery;
        char *transactional_id; /* empty: made from group, host and lane */
        const char *replay;     /* no option: the run whose id each record carries in a header, borrowed; NULL: none */
        struct string_list carry_headers;
        char *alert_topic;    /* empty: alerts are lines in the log only */
        char *versions_topic; /* empty: nobody is told by which version records are judged */
    } output;
    struct {
        char *url; /* empty: no registry, single-object encoding */
        char *ca_file;
        char *user;
        char *password_file;
        uint64_t timeout_ms;
    } registry;
    struct {
        struct string_list files;
        char *index;
        uint64_t memory;  /* bytes; 0: auto */
        uint64_t threads; /* 0: auto */
        char *spill_dir;
        char *delimiter; /* see config_delimiter; empty: found out */
        enum master_encoding encoding;
        char *comment; /* struct master_format says what these are */
        uint64_t skip_lines;
        char *data_start;
        char *data_end;
        char *trailer;
        char *column_names;
        char *columns[MASTER_ROLE_COUNT]; /* NULL: by synonym; "": none */
        struct string_list carry;
        struct string_list keys; /* names of identifier kinds; empty: all that have a column */
        uint64_t max_bad_rows;   /* UINT64_MAX: any number; from CONFIG_SHARE on: a share of all rows */
        enum residence residence;
        char *versions; /* folder; empty: beside the index */
    } master;
    struct {
        enum pseudo_cusips pseudo_cusips;
        enum short_cusips short_cusips;
    } identifiers;
    struct {
        enum symbology_convention master;
        char *renames;
    } symbology;
    struct {
        char *mics;
    } exchanges;
    struct {
        struct named_setting *items; /* by type and name */
        size_t count;
    } named;
    struct rules rules; /* what the sections above say of the check, when config_finish_rules has returned */
    struct {
        uint64_t messages; /* records in one batch at most */
        uint64_t commit_interval_ms;
        uint64_t stall_timeout_ms;
    } batch;
    struct {
        uint64_t max; /* bytes; 0: auto */
    } memory;
    struct {
        uint64_t share;     /* millionths of the messages that name an instrument */
        uint64_t window_ms; /* over which they are counted */
        uint64_t minimum;   /* of them, before anything is said; 0: never */
        enum storm_action action;
    } storm;
    struct {
        uint64_t check_interval_ms; /* how often files are looked at where no event tells of them */
        uint64_t settle_ms;         /* for which a master has to stay as it is */
        enum ready_file ready_file; /* that has to stand beside it instead */
        uint64_t build_timeout_ms;
        uint64_t retry_ms; /* before a build that failed is tried again; doubled each time */
        char *lock;        /* file; empty: beside the index */
        char *expected_by; /* struct expected says what it holds; empty: at no time */
        uint64_t keep;     /* versions */
    } reload;
    struct {
        uint64_t min_rows;        /* of the version before, for shares to be judged */
        uint64_t max_rows_change; /* millionths, as all that follows but the columns; 1,000,000: no limit */
        uint64_t max_lost_columns;
        uint64_t max_bad_rows;
        uint64_t max_duplicates;
        uint64_t max_vanished;
        uint64_t max_unfound;
    } gate;
    struct {
        char *directory;   /* empty: no deltas */
        char *action;      /* the header of the column; empty: delta.h's names */
        uint64_t max_rows; /* of all files */
        uint64_t keep;     /* versions with deltas, over the indexes that are kept */
    } deltas;
    struct {
        uint64_t grace_ms; /* 0: nothing is held back */
        char *topic;
        uint64_t max; /* messages that a lane holds */
    } pending;
    struct {
        int level; /* enum log_level */
    } log;
};

/* The defaults. False without memory; then, too, config_free must be called. */
bool config_init(struct config *config);
void config_free(struct config *config);

/* Reads a file over what is there. ERROR_IO where it can't be read, ERROR_CONFIG with "FILE: line N: ..." for
 * everything else. */
int config_read_file(struct config *config, const char *path, struct error *e);

/* Takes FIXWARDEN_SECTION_KEY variables (NAME=VALUE, ended by NULL; a dot of a key is an underscore). An unknown key of
 * a known section and a section that is misspelled by a letter are errors; others are not ours, since Kubernetes puts
 * FIXWARDEN_SERVICE_HOST and the like beside a service of that name. */
int config_read_environment(struct config *config, char *const *variables, struct error *e);

/* Sets one option, "section.key", as a flag does. Secrets are refused: everybody can read a process's arguments. */
int config_set(struct config *config, const char *name, const char *value, struct error *e);

/* The value of a librdkafka property, or NULL where it was not set. Borrowed. */
const char *config_kafka(const struct config *config, const char *name);

/* Reads a file that holds a secret, without one line end behind it. Malloc'ed, terminated. */
int config_read_secret(const char *path, char **out, struct error *e);

/* Replaces each pattern (`*`, `?`, `[`) among the master's files by the files that match it, in the order of their
 * names, so that parts delivered as master-*.csv are one master. A file of that very name counts as itself. ERROR_IO
 * where nothing matches. */
int config_expand_masters(struct config *config, struct error *e);

/* Adds what one pattern stands for, likewise. */
int config_match_masters(const char *pattern, struct string_list *out, struct error *e);

#define CONFIG_INDEX_SUFFIX ".fwx"
#define CONFIG_REFUSED_SUFFIX ".refused" /* behind the index: what was built, and did not pass the gate */

/* Where no index is named, names it FILE.fwx beside the first file of the master, if there is one. */
int config_choose_index(struct config *config, struct error *e);

/* Makes the rules whole, once, when all layers were read: reads the files that they name, and gives them their id.
 * ERROR_IO where a file cannot be read; ERROR_CONFIG for what such a file should not hold, and for conventions of
 * messages without one of the master. */
int config_finish_rules(struct config *config, struct error *e);

/* What only shows when all is put together: what `run` needs and lacks, values that contradict each other. */
int config_validate_run(const struct config *config, struct error *e);

/* What [input] tolerate makes of the tolerances that a profile starts from (core/fix_tolerance.h). */
unsigned config_tolerated(const struct config *config, unsigned profile);

/* The same of the records of the input, whose profile is input.framing. */
unsigned config_input_tolerated(const struct config *config);

/* The master's and the builder's options as core wants them, without events; borrowed from the configuration. */
void config_master_options(const struct config *config, struct index_build_options *out);

/* Adds flags that set again how the master is read and indexed, but for its files and the index: "--set",
 * "master.KEY=VALUE", ... There are no secrets in it. */
int config_master_arguments(const struct config *config, struct string_list *arguments, struct error *e);
int config_add_argument(struct string_list *arguments, const char *section, const char *key, const char *value,
                        struct error *e);
void config_free_list(struct string_list *list);

/* Every option with its section, type, default and sentence, as Markdown table or as the commented sample file. */
void config_print_options(FILE *out);
void config_print_sample(FILE *out);

/* The effective values as a file that could be read again; secrets are masked. */
void config_show(const struct config *config, FILE *out);

#endif
