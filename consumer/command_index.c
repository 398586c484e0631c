#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "background.h"
#include "build_view.h"
#include "cli.h"
#include "commands.h"
#include "core/master.h"
#include "json_text.h"
#include "limits.h"
#include "offline.h"
#include "security_view.h"
#include "stop.h"
#include "suggest.h"

static void print_bytes(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double shown = (double)bytes;
    size_t unit = 0;

    while (shown >= 1024 && unit < 4) {
        shown /= 1024;
        unit++;
    }
    printf("%.*f %s", unit ? 1 : 0, shown, units[unit]);
}

static void print_sources(const struct index_info *info)
{
    for (size_t i = 0; i < info->source_count; i++) {
        printf("master %-10zu %s: %" PRIu64 " rows, ", i, info->sources[i].path, info->sources[i].rows);
        print_bytes(info->sources[i].text_bytes);
        if (info->sources[i].packing != MASTER_PLAIN) {
            printf(", packed (%s) in ", master_packing_name(info->sources[i].packing));
            print_bytes(info->sources[i].size);
            printf(", so that whole rows cannot be shown");
        }
        printf(", fingerprint %016" PRIx64 "%016" PRIx64 "\n", info->sources[i].digest[0], info->sources[i].digest[1]);
    }
}

/* What the index costs: 0 where there is nothing to divide by. */
struct cost {
    double bytes_a_row; /* of the records */
    double bytes_a_key; /* of tables and postings */
    double share;       /* of the masters' bytes, unpacked, the whole file */
};

static struct cost cost_of(const struct index_info *info)
{
    uint64_t keys = 0, master_bytes = 0;

    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++)
        keys += info->keys[i];
    for (size_t i = 0; i < info->source_count; i++)
        master_bytes += info->sources[i].text_bytes;
    return (struct cost){
        .bytes_a_row = info->rows > 0 ? (double)info->record_bytes / (double)info->rows : 0,
        .bytes_a_key = keys > 0 ? (double)info->table_bytes / (double)keys : 0,
        .share = master_bytes > 0 ? (double)info->file_bytes / (double)master_bytes : 0,
    };
}

static void print_info(const struct index_info *info)
{
    struct cost cost = cost_of(info);

    printf("version           %s (format %" PRIu32 ")\nrows              %" PRIu64 ", and %" PRIu64
           " bad ones left out\nsize              ",
           info->version, info->format_version, info->rows, info->bad_rows);
    print_bytes(info->file_bytes);
    printf(" (records ");
    print_bytes(info->record_bytes);
    printf(", tables ");
    print_bytes(info->table_bytes);
    printf("), %.1f%% of the masters\nrecords           %.1f bytes a row\ntables            %.1f bytes a key\n",
           100 * cost.share, cost.bytes_a_row, cost.bytes_a_key);
    print_sources(info);
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (info->has_role[i])
            printf("column            %s = %s\n", master_role_name((enum master_role)i),
                   info->role_column[i] ? info->role_column[i] : "");
    for (size_t i = 0; i < info->carried_count; i++)
        printf("carried           %s\n", info->carried_names[i]);
    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++)
        if (info->keys[i] > 0)
            printf("keys %-12s %" PRIu64 ", of which %" PRIu64 " lead to several rows; %" PRIu64
                   " values of a wrong shape or check digit\n",
                   identifier_kind_name((enum identifier_kind)i), info->keys[i], info->duplicate_keys[i],
                   info->invalid_keys[i]);
}

static json_t *info_sources(const struct index_info *info)
{
    json_t *sources = json_array();

    for (size_t i = 0; i < info->source_count; i++) {
        const struct index_source *source = &info->sources[i];
        char digest[33];

        snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64, source->digest[0], source->digest[1]);
        json_array_append_new(sources,
                              json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:I, s:b}", "path", source->path, "rows",
                                        (json_int_t)source->rows, "bytes", (json_int_t)source->size, "mtime_ns",
                                        (json_int_t)source->mtime_ns, "digest", digest, "packing",
                                        master_packing_name(source->packing), "text_bytes",
                                        (json_int_t)source->text_bytes, "whole_rows", source->packing == MASTER_PLAIN));
    }
    return sources;
}

/* What was told of the masters' layout, as options would say it. */
static json_t *info_format(const struct master_format *format)
{
    const char *const texts[][2] = {{"comment", format->comment},
                                    {"data_start", format->data_start},
                                    {"data_end", format->data_end},
                                    {"trailer", format->trailer},
                                    {"columns", format->columns}};
    json_t *json = json_pack("{s:s}", "encoding", master_encoding_name(format->encoding));

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i][1] != NULL && texts[i][1][0] != '\0')
            json_object_set_new(json, texts[i][0], json_text(slice_of(texts[i][1])));
    if (format->skip_lines > 0)
        json_object_set_new(json, "skip_lines", json_integer((json_int_t)format->skip_lines));
    return json;
}

static json_t *info_columns(const struct index_info *info)
{
    json_t *columns = json_object();

    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (info->has_role[i])
            json_object_set_new(columns, master_role_name((enum master_role)i),
                                json_string(info->role_column[i] ? info->role_column[i] : ""));
    return columns;
}

static json_t *info_keys(const struct index_info *info)
{
    json_t *keys = json_object();

    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++)
        if (info->keys[i] > 0)
            json_object_set_new(keys, identifier_kind_name((enum identifier_kind)i),
                                json_pack("{s:I, s:I, s:I}", "keys", (json_int_t)info->keys[i], "duplicate",
                                          (json_int_t)info->duplicate_keys[i], "invalid",
                                          (json_int_t)info->invalid_keys[i]));
    return keys;
}

static int print_info_json(const struct index_info *info, struct error *e)
{
    json_t *carried = json_array(), *json;
    struct cost cost = cost_of(info);

    for (size_t i = 0; i < info->carried_count; i++)
        json_array_append_new(carried, json_string(info->carried_names[i]));
    json = json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "version",
                     info->version, "format", (int)info->format_version, "rows", (json_int_t)info->rows, "bad_rows",
                     (json_int_t)info->bad_rows, "file_bytes", (json_int_t)info->file_bytes, "record_bytes",
                     (json_int_t)info->record_bytes, "table_bytes", (json_int_t)info->table_bytes, "bytes_a_row",
                     cost.bytes_a_row, "bytes_a_key", cost.bytes_a_key, "share_of_masters", cost.share, "sources",
                     info_sources(info), "format_of_sources", info_format(&info->format), "columns", info_columns(info),
                     "carried", carried, "keys", info_keys(info));
    if (!json)
        return error_set(e, ERROR_INTERNAL, "no memory");
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
    return 0;
}

/* --- index build --- */

/* Opens what was built, which proves that it can be, and says what is in it. */
static int print_built(const char *path, const struct index_build_result *result, struct error *e)
{
    struct index *index;

    if (index_open(path, &(struct index_open_options){0}, &index, e) != 0)
        return -1;
    printf("index             %s, made in %.1f s\n", path, result->seconds);
    for (int i = MASTER_ROW_OK + 1; i < MASTER_ROW_STATUS_COUNT; i++)
        if (result->bad_rows[i] > 0)
            printf("bad rows          %" PRIu64 ": each %s\n", result->bad_rows[i],
                   master_row_status_text((enum master_row_status)i));
    print_info(index_info(index));
    index_close(index);
    return 0;
}

/* For `run`, which builds in a process of its own. */
static int enter_background(const struct cli_arguments *arguments, struct error *e)
{
    uint64_t parent = 0;

    if (cli_number(arguments, "background", 1, INT32_MAX, 0, &parent, e) != 0)
        return -1;
    return parent == 0 ? 0 : background_enter((pid_t)parent, e);
}

static int build(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    struct index_build_options options;
    struct index_build_result result;
    struct build_view view;
    struct limits limits;
    int status;

    if (enter_background(arguments, e) != 0)
        return -1;
    if (config->master.files.count == 0)
        return error_set(e, ERROR_USAGE, "index build: it needs a master: --master FILE");
    if (config->master.index[0] == '\0')
        return error_set(e, ERROR_USAGE, "index build: it needs a place for the index: --index FILE");
    config_master_options(config, &options);
    limits_settle(&options, cli_value(arguments, "beside") != NULL, &limits);
    fprintf(stderr, "memory: %" PRIu64 " MiB (%s)\nthreads: %u (%s)\n", limits.memory >> 20, limits.memory_reason,
            limits.threads, limits.threads_reason);
    build_view_init(&view, stop_on_signals(), true, &options.events);
    status = index_build((const char *const *)config->master.files.items, config->master.files.count,
                         config->master.index, &options, &result, e);
    build_view_end(&view);
    if (status != 0)
        return error_prefix(e, "index build");
    return print_built(config->master.index, &result, e);
}

static int run_build(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"background", 0, "PID", NULL, "out of everybody's way, and ended with the process PID that started it"},
        {"beside", 0, NULL, NULL, "leaves half of the processors to what runs beside it, unless threads are set"},
        {0},
    };
    static const struct cli_command command = {
        .name = "index build",
        .operands = "",
        .summary =
            "Makes one index of one or more files of the security master. An index that was there before is replaced "
            "only by a whole one.",
        .options = options,
        .shared = CLI_CONFIG | CLI_MASTER | CLI_INDEX,
        .details = "Example: fixwarden index build --master master.csv --index master.fwx --memory 600M\n",
    };

    return cli_run(&command, argc, argv, build);
}

/* --- index info --- */

static int info(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    struct index *index;
    int status = 0;

    if (offline_open(config, arguments->operands[0], &index, e) != 0)
        return -1;
    if (cli_value(arguments, "json"))
        status = print_info_json(index_info(index), e);
    else
        print_info(index_info(index));
    index_close(index);
    return status;
}

static int run_info(int argc, char **argv)
{
    static const struct cli_option options[] = {{"json", 0, NULL, NULL, "as one line of JSON"}, {0}};
    static const struct cli_command command = {
        .name = "index info",
        .operands = "INDEX",
        .operands_min = 1,
        .operands_max = 1,
        .summary = "Describes an index: its version, rows, columns, keys and the files it was made from.",
        .options = options,
        .shared = CLI_DELTAS,
    };

    return cli_run(&command, argc, argv, info);
}

/* --- index lookup --- */

static int read_kind(const struct index *index, const char *name, enum identifier_kind *kind, struct error *e)
{
    struct suggest suggest = {.typed = name};
    char suggestion[128], known[256] = "";

    *kind = identifier_kind_from_name(slice_of(name));
    if (*kind != IDENTIFIER_UNKNOWN && index_has_kind(index, *kind))
        return 0;
    for (int i = 0; i < IDENTIFIER_KIND_COUNT; i++) {
        const char *other = identifier_kind_name((enum identifier_kind)i);

        suggest_consider(&suggest, other);
        if (index_has_kind(index, (enum identifier_kind)i))
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", known[0] ? ", " : "", other);
    }
    if (*kind != IDENTIFIER_UNKNOWN)
        return error_set(e, ERROR_USAGE, "index lookup: the index has no keys of %s; it has %s",
                         identifier_kind_name(*kind), known);
    return error_set(e, ERROR_USAGE, "index lookup: '%s' is no kind of identifier%s (the index has %s)", name,
                     suggest_text(&suggest, "", suggestion, sizeof suggestion), known);
}

static int print_row(const struct index *index, const struct security *security, struct error *e)
{
    char *row;
    size_t len;

    if (index_read_row(index, security, &row, &len, e) != 0)
        return -1;
    fwrite(row, 1, len, stdout);
    putchar('\n');
    free(row);
    return 0;
}

static int print_security_json(const struct index *index, const struct security *security, bool whole_row,
                               struct error *e)
{
    json_t *json = security_view(index, security, whole_row, e);
    int status;

    if (json == NULL)
        return -1;
    status = json_dumpf(json, stdout, JSON_COMPACT) == 0 ? 0 : error_set(e, ERROR_INTERNAL, "no memory");
    putchar('\n');
    json_decref(json);
    return status;
}

static void print_security(const struct index_info *info, const struct security *security)
{
    printf("%s, byte %" PRIu64 "\n", info->sources[security->source].path, security->row_offset);
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (security->value[i].len > 0)
            printf("  %-18s %.*s\n", master_role_name((enum master_role)i), SLICE_FORMAT(security->value[i]));
    for (size_t i = 0; i < security->carried_count; i++)
        printf("  %-18s %.*s\n", info->carried_names[i], SLICE_FORMAT(security->carried[i]));
}

/* Returns how many rows the key leads to, or -1 with an error. */
static int print_matches(const struct index *index, enum identifier_kind kind, const char *text,
                         const struct cli_arguments *arguments, struct error *e)
{
    bool whole_rows = cli_value(arguments, "row") != NULL, json = cli_value(arguments, "json") != NULL;
    struct index_cursor cursor;
    struct security security;
    char key[IDENTIFIER_MAX];
    size_t len = identifier_key(kind, slice_of(text), key);
    int rows = 0;

    if (len == 0)
        return error_set(e, ERROR_USAGE,
                         "index lookup: '%s' can be no key: it is blank, a placeholder or longer than %d bytes", text,
                         IDENTIFIER_MAX);
    index_find(index, kind, slice_make(key, len), &cursor);
    for (; index_next(&cursor, &security); rows++) {
        if (json) {
            if (print_security_json(index, &security, whole_rows, e) != 0)
                return -1;
            continue;
        }
        print_security(index_info(index), &security);
        if (whole_rows && print_row(index, &security, e) != 0)
            return -1;
    }
    return rows;
}

/* Returns the exit status, or -1 with an error. */
static int lookup(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    char **operands = arguments->operands;
    struct index *index;
    enum identifier_kind kind;
    int status = -1;

    if (offline_open(config, operands[0], &index, e) != 0)
        return -1;
    if (read_kind(index, operands[1], &kind, e) == 0) {
        int rows = print_matches(index, kind, operands[2], arguments, e);

        if (rows == 0)
            fprintf(stderr, "fixwarden: no row has %s %s\n", identifier_kind_name(kind), operands[2]);
        status = rows < 0 ? -1 : rows == 0 ? CLI_STATUS_NOT_FOUND : 0;
    }
    index_close(index);
    return status;
}

static int run_lookup(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"row", 0, NULL, NULL, "print the whole row of the master, too"},
        {"json", 0, NULL, NULL, "one object of JSON a line for each row"},
        {0},
    };
    static const struct cli_command command = {
        .name = "index lookup",
        .operands = "INDEX KIND KEY",
        .operands_min = 3,
        .operands_max = 3,
        .summary = "Prints every row of the master that an identifier leads to.",
        .details = "KIND is SYMBOL, CUSIP, ISIN, SEDOL, FIGI, RIC, ...\n"
                   "Exit status: 0 a row was found, 1 none was.\n",
        .options = options,
        .shared = CLI_DELTAS,
    };

    return cli_run(&command, argc, argv, lookup);
}

int command_index(int argc, char **argv)
{
    static const struct cli_entry entries[] = {
        {"build", run_build, "make an index of a master"},
        {"info", run_info, "describe an index"},
        {"lookup", run_lookup, "print the rows that an identifier leads to"},
        {"verify", command_index_verify, "check an index against itself and its masters"},
        {"diff", command_index_diff, "tell what changed from one index to another"},
        {"versions", command_index_versions, "list the versions that are kept"},
        {"adopt", command_index_adopt, "let an index serve that was refused"},
    };

    return cli_dispatch(entries, sizeof entries / sizeof *entries, "fixwarden index", argc, argv);
}
