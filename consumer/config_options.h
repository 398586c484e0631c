/* config_options: the one list of what can be set. Private to config*.c.
 *
 * X(section, key, type, member of struct config, minimum, maximum, default, example, sentence)
 * Minimum and maximum are of the value, or of the items of a list. An example stands in the sample file in place of the
 * default. [kafka], the columns of [master] and the kinds and steps of [rules] are lists of their own (config.c,
 * config_rules.c), since librdkafka and core own their names; keys that hold a name of the user's are CONFIG_NAMED. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_OPTIONS_H
#define FIXWARDEN_CONSUMER_CONFIG_OPTIONS_H

#include "budget.h"
#include "carry.h"
#include "config.h"
#include "core/index_overlay.h"

#define CONFIG_SECTIONS(X)                                                                                             \
    X("kafka", "Any property of librdkafka by its own name, save those that fixwarden owns. Secrets come from files: " \
               "`sasl.password.file = PATH`.")                                                                         \
    X("input", "What is read.")                                                                                        \
    X("output", "What is published, and how safely.")                                                                  \
    X("registry", "A schema registry of Confluent's kind. Without one, records carry Avro's single-object header.")    \
    X("master", "The security master and the index of it.")                                                            \
    X("rules", "Which kinds of discrepancy are published: each is LOW, MEDIUM, HIGH, CRITICAL or off.")                \
    X("identifiers", "What the sources of identifiers mean, and which CUSIPs are let pass.")                           \
    X("symbology", "How the master spells its symbols, how messages do, and which symbols have been renamed. A byte "  \
                   "that a name cannot hold is written as `\\x3d`.")                                                   \
    X("exchanges", "What markets are called.")                                                                         \
    X("severity",                                                                                                      \
      "How severe a discrepancy is: the first rule whose conditions all hold says it; without one, [rules] "           \
      "does.")                                                                                                         \
    X("batch", "How much is checked and committed together.")                                                          \
    X("memory", "What the process may hold in memory.")                                                                \
    X("storm", "When so many messages are discrepant that the master is more likely to be wrong than they are.")       \
    X("reload", "How a newer master is found, and the index made of it.")                                              \
    X("gate",                                                                                                          \
      "What a new version of the master may differ in from the one before; else it is refused and the old one "        \
      "serves on. 100% turns a limit off.")                                                                            \
    X("deltas", "Changes of the day, on top of the index: small files of rows that were added, changed or deleted.")   \
    X("pending", "Securities that the master does not have yet: whether they are waited for before they are reported " \
                 "as unknown. Exactly-once only.")                                                                     \
    X("log", "What is written to standard error.")

#define CONFIG_OPTIONS(X)                                                                                              \
    X("input", "topics", LIST, input.topics, 0, 1000, "", "fix.orders, fix.executions",                                \
      "The topics to read, separated by commas; one that starts with ^ is a regular expression.")                      \
    X("input", "group", STRING, input.group, 1, 249, "fixwarden", "",                                                  \
      "The consumer group, under which offsets are committed.")                                                        \
    X("input", "framing", FRAMING, input.framing, 0, 0, "strict", "",                                                  \
      "How messages are framed: strict as FIX has it, or log as people and programs wrote it down.")                   \
    X("input", "tolerate", TOLERANCES, input.tolerate, 0, FIX_TOLERANCE_COUNT, "", "",                                 \
      "What is tolerated beside what framing tolerates, -NAME: what is not: delimiter, prefix, resync, body_length, "  \
      "checksum, truncation, msg_type, empty_value, data_length.")                                                     \
    X("input", "start", START, input.start, 0, 0, "earliest", "",                                                      \
      "Where a group without committed offsets starts: earliest or latest. What a topic gains later, or a pattern, "   \
      "is read from its beginning.")                                                                                   \
    X("input", "lanes", COUNT, input.lanes, 1, 64, "auto", "",                                                         \
      "How many consumers work side by side, each with a thread, partitions and a producer of its own; auto: as many " \
      "as there are processors and partitions for.")                                                                   \
    X("output", "topic", STRING, output.topic, 1, 249, "fixwarden.discrepancies", "",                                  \
      "The topic of the discrepancies.")                                                                               \
    X("output", "dead_letter_topic", STRING, output.dead_letter_topic, 1, 249, "fixwarden.dead-letters", "",           \
      "The topic of what could not be read as FIX.")                                                                   \
    X("output", "delivery", DELIVERY, output.delivery, 0, 0, "exactly-once", "",                                       \
      "exactly-once: output and offsets commit together in Kafka transactions; at-least-once: a crash may repeat "     \
      "output.")                                                                                                       \
    X("output", "transactional_id", STRING, output.transactional_id, 0, 200, "", "",                                   \
      "The prefix of the transactional ids, the same after a restart; empty: made from group and host name.")          \
    X("output", "carry_headers", LIST, output.carry_headers, 0, CARRY_NAMES_MAX, "traceparent, tracestate", "",        \
      "Headers of input records that go with what is published about them, by their names; empty: none.")              \
    X("output", "alert_topic", STRING, output.alert_topic, 0, 249, "", "",                                             \
      "The topic of alerts (JSON); empty: alerts are only lines in the log.")                                          \
    X("output", "versions_topic", STRING, output.versions_topic, 0, 249, "", "",                                       \
      "The topic of marks (JSON), which say from which offset on which version of the index judges a partition, for "  \
      "`replay --as-of live`; empty: none.")                                                                           \
    X("registry", "url", STRING, registry.url, 0, 2000, "", "", "http:// or https:// of the registry; empty: none.")   \
    X("registry", "ca_file", PATH, registry.ca_file, 0, 0, "", "",                                                     \
      "PEM file of the authorities to trust; empty: those of the system.")                                             \
    X("registry", "user", STRING, registry.user, 0, 1000, "", "", "The user for basic authentication; empty: none.")   \
    X("registry", "password_file", PATH, registry.password_file, 0, 0, "", "",                                         \
      "The file that holds the user's password.")                                                                      \
    X("registry", "timeout", DURATION, registry.timeout_ms, 100, 600000, "10s", "",                                    \
      "How long one answer of the registry may take.")                                                                 \
    X("master", "files", FILES, master.files, 0, INDEX_SOURCES_MAX, "", "/var/lib/fixwarden/master.csv",               \
      "The master's files, separated by commas; master-*.csv names all that match; one index is made of all.")         \
    X("master", "index", PATH, master.index, 0, 0, "", "/var/lib/fixwarden/master.fwx",                                \
      "The index; made from the files where it is not there.")                                                         \
    X("master", "versions", PATH, master.versions, 0, 0, "", "",                                                       \
      "The folder in which the last versions of the index are kept, in its file system; empty: beside it, as "         \
      "INDEX.versions.")                                                                                               \
    X("master", "memory", SIZE, master.memory, INDEX_MEMORY_MIN, 1ull << 40, "auto", "",                               \
      "What making the index may take of memory; auto: by the limits of control groups and what is free.")             \
    X("master", "threads", COUNT, master.threads, 1, INDEX_THREADS_MAX, "auto", "",                                    \
      "How many threads make the index; auto: as many as there are processors for it, half beside a live check.")      \
    X("master", "spill_dir", PATH, master.spill_dir, 0, 0, "", "",                                                     \
      "Where its temporary files go; empty: beside the index.")                                                        \
    X("master", "delimiter", DELIMITER, master.delimiter, 0, 0, "", "",                                                \
      "One byte, as it is or as \\xNN; or comma, tab, pipe, semicolon; empty: found out from the header.")             \
    X("master", "encoding", ENCODING, master.encoding, 0, 0, "auto", "",                                               \
      "utf-8: other rows are malformed; latin-1: values become UTF-8; auto: bytes are kept, and what is no UTF-8 is "  \
      "published as Latin-1.")                                                                                         \
    X("master", "comment", STRING, master.comment, 0, MASTER_FORMAT_TEXT_MAX, "", "",                                  \
      "Lines that start so are no rows, before the header and between rows; empty: there are none.")                   \
    X("master", "skip_lines", COUNT, master.skip_lines, 0, MASTER_SKIP_LINES_MAX, "0", "",                             \
      "So many lines at the start of each file are no rows, nor the header.")                                          \
    X("master", "data_start", STRING, master.data_start, 0, MASTER_FORMAT_TEXT_MAX, "", "",                            \
      "The header stands behind the first line that is this, START-OF-DATA or the like; empty: at the start.")         \
    X("master", "data_end", STRING, master.data_end, 0, MASTER_FORMAT_TEXT_MAX, "", "",                                \
      "The line that ends the rows, END-OF-DATA or the like; a file without it was delivered in part and is refused; " \
      "empty: the file's end.")                                                                                        \
    X("master", "trailer", STRING, master.trailer, 0, MASTER_FORMAT_TEXT_MAX, "", "",                                  \
      "How the last line starts, which is no row; a file without it is refused, and one with another number of rows "  \
      "than its last number says; empty: there is none.")                                                              \
    X("master", "columns", STRING, master.column_names, 0, CONFIG_VALUE_MAX, "", "",                                   \
      "The columns' names, separated by commas, of files without a header; empty: the header has them.")               \
    X("master", "carry", LIST, master.carry, 0, SECURITY_CARRIED_MAX, "", "",                                          \
      "Further columns, by their header, that go into each discrepancy.")                                              \
    X("master", "keys", KEYS, master.keys, 0, IDENTIFIER_KIND_COUNT, "", "",                                           \
      "The kinds of identifier that are indexed (CUSIP, ISIN, ...); empty: all that have a column.")                   \
    X("master", "max_bad_rows", ROWS, master.max_bad_rows, 0, UINT64_MAX, "0", "",                                     \
      "More malformed rows than these refuse the master: a number, a share of all such as 0.1%, or unlimited.")        \
    X("master", "residence", RESIDENCE, master.residence, 0, 0, "on-demand", "",                                       \
      "on-demand: the index comes into memory as it is looked at; populated: all of it at once, in large pages; "      \
      "locked: and it stays there (ulimit -l).")                                                                       \
    X("identifiers", "pseudo_cusips", PSEUDO_CUSIPS, identifiers.pseudo_cusips, 0, 0, "no", "",                        \
      "Whether CUSIPs with a wrong check digit, which the master lacks, are let pass: no, those of options, or yes.")  \
    X("identifiers", "short_cusips", SHORT_CUSIPS, identifiers.short_cusips, 0, 0, "report", "",                       \
      "A CUSIP that lacks its leading zeros or its check digit: report it as invalid, or accept it for the whole "     \
      "one.")                                                                                                          \
    X("symbology", "master", CONVENTION, symbology.master, 0, 0, "none", "",                                           \
      "How the master spells classes, preferred shares and so on: CQS, CMS, NASDAQ, ACT, BLOOMBERG, YAHOO, RIC; or "   \
      "none.")                                                                                                         \
    X("symbology", "renames", PATH, symbology.renames, 0, 0, "", "",                                                   \
      "A CSV file with the columns old, new and date (YYYY-MM-DD): from that day on OLD is called NEW; empty: none.")  \
    X("exchanges", "mics", PATH, exchanges.mics, 0, 0, "", "",                                                         \
      "All markets of ISO 10383, the CSV file as ISO publishes it (MIC, OPERATING MIC, ...); empty: those built in.")  \
    X("batch", "messages", COUNT, batch.messages, 1, 1000000, "100000", "",                                            \
      "Records in one batch, at most; while it is committed, the next one is checked.")                                \
    X("batch", "commit_interval", DURATION, batch.commit_interval_ms, 1, 60000, "100ms", "",                           \
      "How long output and offsets may wait for a commit.")                                                            \
    X("batch", "stall_timeout", DURATION, batch.stall_timeout_ms, 1000, 86400000, "3m", "",                            \
      "A call of the client library that has not returned for so long ends the process (75), to be started again.")    \
    X("memory", "max", SIZE, memory.max, BUDGET_MIN, 1ull << 40, "auto", "",                                           \
      "What the process may hold, the mapping of the index aside; `config show` prints how it is divided. auto: by "   \
      "the limits of control groups and what is free, and no more than the lanes make use of.")                        \
    X("storm", "share", PERCENT, storm.share, 0, 0, "50%", "",                                                         \
      "A storm begins where so many of the messages that name an instrument are discrepant, and ends below half of "   \
      "it.")                                                                                                           \
    X("storm", "window", DURATION, storm.window_ms, 1000, 3600000, "10s", "", "Over what time they are counted.")      \
    X("storm", "minimum", COUNT, storm.minimum, 0, 1ull << 40, "1000", "",                                             \
      "So many messages in the window, at least, before it can be a storm; 0: it never is.")                           \
    X("storm", "action", STORM_ACTION, storm.action, 0, 0, "alert", "",                                                \
      "alert: one alert, and on it goes; pause: nothing more is taken until another version of the index serves, or "  \
      "a restart.")                                                                                                    \
    X("reload", "check_interval", DURATION, reload.check_interval_ms, 100, 86400000, "5s", "",                         \
      "How often the master and the index are looked at where the file system does not tell of changes at once.")      \
    X("reload", "settle", DURATION, reload.settle_ms, 0, 3600000, "2s", "",                                            \
      "A file of the master that has changed is read when it has stayed as it is for so long.")                        \
    X("reload", "ready_file", READY_FILE, reload.ready_file, 0, 0, "none", "",                                         \
      "Instead: FILE.done that is not older, or FILE.md5 or FILE.sha256 with the file's digest; auto: where there is " \
      "one.")                                                                                                          \
    X("reload", "build_timeout", DURATION, reload.build_timeout_ms, 1000, 86400000, "1h", "",                          \
      "A build that takes longer is ended.")                                                                           \
    X("reload", "retry", DURATION, reload.retry_ms, 100, 3600000, "10s", "",                                           \
      "When a build that failed, and not for what the master holds, is tried again; then after twice as long, and so " \
      "on, up to ten minutes.")                                                                                        \
    X("reload", "lock", PATH, reload.lock, 0, 0, "", "",                                                               \
      "The file by whose lock processes of this host build one after the other; empty: beside the index, as "          \
      "INDEX.lock.")                                                                                                   \
    X("reload", "keep", COUNT, reload.keep, 1, 100000, "2", "",                                                        \
      "How many versions of the index are kept, with the one that serves.")                                            \
    X("reload", "expected_by", STRING, reload.expected_by, 0, 100, "", "",                                             \
      "A master that was not adopted by that time of day raises an alert: `06:30Z`, `06:30+01:00 Mon-Fri`; empty: "    \
      "none is expected.")                                                                                             \
    X("gate", "min_rows", COUNT, gate.min_rows, 0, 1ull << 40, "100", "",                                              \
      "Of fewer rows shares say little: the next version is then only refused if it lacks columns, or has no rows.")   \
    X("gate", "max_rows_change", PERCENT, gate.max_rows_change, 0, 0, "20%", "",                                       \
      "By how much there may be fewer rows, or more.")                                                                 \
    X("gate", "max_lost_columns", COUNT, gate.max_lost_columns, 0, 1000, "0", "",                                      \
      "How many of the columns that are compared, are keys or are carried may be missing.")                            \
    X("gate", "max_bad_rows", PERCENT, gate.max_bad_rows, 0, 0, "1%", "",                                              \
      "By how many percentage points more of the rows may be malformed, as far as master.max_bad_rows lets them.")     \
    X("gate", "max_duplicates", PERCENT, gate.max_duplicates, 0, 0, "5%", "",                                          \
      "By how many percentage points more keys of one kind may lead to several rows.")                                 \
    X("gate", "max_vanished", PERCENT, gate.max_vanished, 0, 0, "10%", "",                                             \
      "The share of keys of one kind that may be gone; of large masters a sample is asked.")                           \
    X("gate", "max_unfound", PERCENT, gate.max_unfound, 0, 0, "2%", "",                                                \
      "The share of instruments in a sample of the last hour's messages that may be gone.")                            \
    X("deltas", "directory", PATH, deltas.directory, 0, 0, "", "",                                                     \
      "Where they appear; they are applied in the order of their names, within a second; empty: there are none.")      \
    X("deltas", "action", STRING, deltas.action, 0, MASTER_COLUMN_NAME_MAX, "", "",                                    \
      "The header of the column that says what is done with a row: A, C or D; empty: action, op or change.")           \
    X("deltas", "max_rows", COUNT, deltas.max_rows, 1, OVERLAY_ROWS_MAX, "1000000", "",                                \
      "The rows that all of them may have together; a file with more is refused.")                                     \
    X("deltas", "keep", COUNT, deltas.keep, 1, 100000, "1000", "",                                                     \
      "Of how many versions with deltas is kept what they were made of, over the indexes that are kept "               \
      "(reload.keep), "                                                                                                \
      "for replay --as-of.")                                                                                           \
    X("pending", "grace", DURATION, pending.grace_ms, 0, 2592000000, "0s", "",                                         \
      "An UNKNOWN_SECURITY is held back until a version of the master knows it, or the record it comes from is so "    \
      "old; 0s: it is published at once.")                                                                             \
    X("pending", "topic", STRING, pending.topic, 0, 249, "", "fixwarden.pending",                                      \
      "The compacted topic that holds what waits, of this group alone; it has to be there, and keeps its number of "   \
      "partitions.")                                                                                                   \
    X("pending", "max", COUNT, pending.max, 8, 10000000, "100000", "",                                                 \
      "So many messages are held by a lane, at most, and as much as [memory] max leaves for them; beyond it the "      \
      "oldest are published early.")                                                                                   \
    X("log", "level", LOG_LEVEL, log.level, 0, 0, "info", "", "error, warning, info or debug.")

/* Settings whose key ends in a name that the user gives.
 * X(NAME, section, how the key starts, what stands for the name and for the value, sentence with an example) */
#define CONFIG_NAMED(X)                                                                                                \
    X(SOURCE, "identifiers", "source.", "CODE", "KIND",                                                                \
      "What a value of tag 22 means, before FIX says it: a kind of identifier, UNKNOWN, or NONE for what names no "    \
      "security: `source.103 = CUSIP`.")                                                                               \
    X(SESSION, "symbology", "session.", "SENDER/TARGET", "CONVENTION",                                                 \
      "How messages of a session (49 and 56; * for any) spell symbols, likewise, or FIX: the class apart in 65: "      \
      "`session.ACME/* = CMS`.")                                                                                       \
    X(TOPIC, "symbology", "topic.", "TOPIC", "CONVENTION",                                                             \
      "How messages of a topic do, where their session does not say it: `topic.fix.orders = FIX`.")                    \
    X(MIC, "symbology", "mic.", "MIC", "CONVENTION",                                                                   \
      "How messages do of instruments of a market, where neither says it: `mic.XNYS = CQS`.")                          \
    X(ALIAS, "exchanges", "alias.", "NAME", "MIC",                                                                     \
      "Another name for a market in messages and in the master: `alias.NEW YORK = XNYS`.")                             \
    X(SEVERITY, "severity", "", "NAME", "CONDITION ... -> LEVEL",                                                      \
      "Conditions are kind=, step=, type=, sender=, target=, role= and notional>=, each with values that commas "      \
      "separate; LEVEL is LOW, MEDIUM, HIGH, CRITICAL or off: `large = kind=CURRENCY_MISMATCH "                        \
      "notional>=USD:10000000,GBP:8000000 -> CRITICAL`.")

#define CONFIG_SHARE (1ull << 63)

enum config_type {
    CONFIG_STRING,     /* char * */
    CONFIG_PATH,       /* char * */
    CONFIG_LIST,       /* struct string_list */
    CONFIG_FILES,      /* struct string_list; not split at commas where it comes by a flag */
    CONFIG_KEYS,       /* struct string_list, names of identifier kinds */
    CONFIG_TOLERANCES, /* struct string_list, names of tolerances of FIX, - before them or not */
    CONFIG_SIZE,       /* uint64_t, bytes */
    CONFIG_DURATION,   /* uint64_t, milliseconds */
    CONFIG_COUNT,      /* uint64_t; "unlimited" is UINT64_MAX where that is the maximum */
    CONFIG_ROWS,       /* likewise; a share of all rows is CONFIG_SHARE and the number of its millionths */
    CONFIG_PERCENT,    /* uint64_t, millionths */
    CONFIG_DELIMITER,  /* char * */
    CONFIG_FRAMING,    /* int from here on: the number of a name */
    CONFIG_START,
    CONFIG_DELIVERY,
    CONFIG_RESIDENCE,
    CONFIG_LOG_LEVEL,
    CONFIG_ENCODING,
    CONFIG_PSEUDO_CUSIPS,
    CONFIG_SHORT_CUSIPS,
    CONFIG_CONVENTION, /* of the master */
    CONFIG_STORM_ACTION,
    CONFIG_READY_FILE,
    CONFIG_TYPE_COUNT,
};

struct config_option {
    const char *section;
    const char *key;
    enum config_type type;
    size_t offset; /* of the member in struct config */
    uint64_t min, max;
    const char *preset; /* the default as text; "auto": a number, and 0 stands for that word */
    const char *example;
    const char *sentence;
};

struct config_section {
    const char *name;
    const char *sentence;
};

enum config_named_type {
#define X(name, ...) CONFIG_NAMED_##name,
    CONFIG_NAMED(X)
#undef X
        CONFIG_NAMED_TYPE_COUNT,
};

struct config_named {
    const char *section;
    const char *prefix; /* of the key; "" where the name is the whole of it */
    const char *name;
    const char *value;
    const char *sentence;
};

/* How keys start that end in a name, also where the name is one of a list. */
struct config_prefix {
    const char *section;
    const char *text;
};

/* Ended by a row without a section, or name. */
extern const struct config_option config_options[];
extern const struct config_section config_sections[];
extern const struct config_prefix config_prefixes[];

extern const struct config_named config_named[CONFIG_NAMED_TYPE_COUNT];

bool config_type_is_list(enum config_type type);
bool config_type_is_text(enum config_type type); /* char * */

/* "string", "size", ...; and the names of a choice ended by NULL, or NULL for other types. */
const char *config_type_name(enum config_type type);
const char *const *config_choices(enum config_type type);

/* The byte that the text of a CONFIG_DELIMITER names, or NUL where it is none that can delimit. */
char config_delimiter(const char *value);

/* Sets the option's member from its text. ERROR_CONFIG says what is wrong with the value, without naming the option. */
int config_option_set(struct config *config, enum config_layer layer, const struct config_option *option,
                      const char *value, struct error *e);

/* The value of an option that is no list, as config_option_set would take it again. */
void config_print_value(const struct config *config, const struct config_option *option, FILE *out);

/* Frees what the member owns. */
void config_option_clear(struct config *config, const struct config_option *option);

#define CONFIG_COLUMN_PREFIX "column."  /* of [master], before the name of a role */
#define CONFIG_STEP_PREFIX "attribute." /* of [rules], before the name of a step */

#endif
