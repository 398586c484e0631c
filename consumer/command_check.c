#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "fix_file.h"
#include "offline.h"
#include "output_file.h"
#include "report.h"
#include "stop.h"

#define LIMIT_DEFAULT 50         /* rows of the table */
#define FINDINGS_DEFAULT 1000000 /* discrepancies that are kept */
#define FINDINGS_MOST 1000000000 /* that --max-findings may ask for */

/* What the flags ask for. */
struct request {
    enum report_format format;
    unsigned profile;
    size_t limit;
    size_t findings_max;
    const char *output;       /* NULL: stdout */
    const char *dead_letters; /* NULL: with the rest */
    bool fail;
};

static const struct cli_option options[] = {
    {"format", 'f', "FORMAT", NULL, "table (default), csv, json (one object a line) or avro"},
    {"output", 'o', "FILE", NULL, "write the report there; it appears when it is whole"},
    {"dead-letters", 0, "FILE", NULL, "write malformed messages there, in the same format"},
    {"limit", 'n', "N", NULL, "rows of the table (50)"},
    {"max-findings", 0, "N", NULL, "keep so many discrepancies, of the highest exposure (1000000)"},
    {"framing", 0, "PROFILE", NULL, "log (default): as written down by people; strict: as FIX has it"},
    {"tolerate", 0, "LIST", "input.tolerate",
     "what else is tolerated (checksum,empty_value), and what is not (-prefix)"},
    {"fail-on-discrepancy", 0, NULL, NULL, "exit with 1 if there is a discrepancy"},
    {0},
};

static const struct cli_command command = {
    .name = "check",
    .operands = "FIX...",
    .operands_min = 1,
    .operands_max = INT_MAX,
    .summary = "Checks files of FIX messages against a master and reports what disagrees, ranked by exposure. A file "
               "named - is "
               "standard input.",
    .details = "Examples:\n"
               "  fixwarden check --master master.csv session.log\n"
               "  fixwarden check --index master.fwx --format csv --output report.csv *.log\n"
               "Exit status: 0, or 1 with --fail-on-discrepancy if there is one, or that of an error.\n",
    .options = options,
    .shared = CLI_CONFIG | CLI_MASTER | CLI_INDEX | CLI_DELTAS | CLI_RULES,
};

static int read_request(const struct cli_arguments *arguments, struct request *request, struct error *e)
{
    const char *format = cli_value(arguments, "format");
    uint64_t limit, findings;

    *request = (struct request){
        .output = cli_value(arguments, "output"),
        .dead_letters = cli_value(arguments, "dead-letters"),
        .fail = cli_value(arguments, "fail-on-discrepancy") != NULL,
        .format = format ? report_format_from_name(format) : REPORT_TABLE,
    };
    if (request->format == REPORT_FORMAT_COUNT)
        return error_set(e, ERROR_USAGE, "--format: '%s' is none of table, csv, json, avro", format);
    if (request->output && request->dead_letters && strcmp(request->output, request->dead_letters) == 0)
        return error_set(e, ERROR_USAGE, "--output and --dead-letters name the same file: %s", request->output);
    if (offline_profile(arguments, &request->profile, e) != 0 ||
        cli_number(arguments, "limit", 0, FINDINGS_MOST, LIMIT_DEFAULT, &limit, e) != 0 ||
        cli_number(arguments, "max-findings", 1, FINDINGS_MOST, FINDINGS_DEFAULT, &findings, e) != 0)
        return -1;
    request->limit = request->format == REPORT_TABLE ? limit : SIZE_MAX;
    request->findings_max = findings;
    return 0;
}

/* --- the check --- */

static int check_files(const struct config *config, const struct request *request,
                       const struct cli_arguments *arguments, const struct index *index, const atomic_bool *stop,
                       struct checker **checker, struct report *report, struct error *e)
{
    *checker = checker_new(&config->rules, config_tolerated(config, offline_in_log(request->profile)));
    if (!*checker)
        return error_set(e, ERROR_INTERNAL, "no memory");
    for (int i = 0; i < arguments->operand_count; i++)
        if (fix_file_check(arguments->operands[i], *checker, index, &report->output, stop, e) != 0)
            return -1;
    report_rank(report);
    return 0;
}

/* Each file is checked to be there before the index is made, which may take long. */
static int check_readable(const struct cli_arguments *arguments, struct error *e)
{
    for (int i = 0; i < arguments->operand_count; i++)
        if (strcmp(arguments->operands[i], "-") != 0 && access(arguments->operands[i], R_OK) != 0)
            return error_set_errno(e, errno, "%s", arguments->operands[i]);
    return 0;
}

/* --- the report --- */

static int write_dead_letters(const struct report *report, const struct request *request, struct error *e)
{
    struct output_file file = {0};
    enum report_format format = request->format == REPORT_TABLE ? REPORT_JSON : request->format;
    int status = output_file_open(&file, request->dead_letters, e);

    if (status == 0)
        status = report_write_dead_letters(report, format, SIZE_MAX, true, file.stream, e);
    if (status == 0)
        status = output_file_commit(&file, e);
    output_file_close(&file);
    return status;
}

static int write_report(const struct report *report, const struct checker_counts *counts, const struct request *request,
                        FILE *out, struct error *e)
{
    bool is_table = request->format == REPORT_TABLE;

    if (report_write_findings(report, request->format, request->limit, out, e) != 0)
        return -1;
    if (!request->dead_letters && request->format != REPORT_AVRO &&
        report_write_dead_letters(report, request->format, is_table ? REPORT_DEAD_LETTERS_SHOWN : SIZE_MAX, false, out,
                                  e) != 0)
        return -1;
    report_write_summary(report, counts, is_table ? out : stderr);
    if (!request->dead_letters && request->format == REPORT_AVRO && report->malformed > 0)
        fprintf(stderr, "The malformed messages are not in the output; see --dead-letters.\n");
    return 0;
}

static int write_all(const struct report *report, const struct checker_counts *counts, const struct request *request,
                     struct error *e)
{
    struct output_file file = {0};
    int status = 0;

    if (request->output)
        status = output_file_open(&file, request->output, e);
    if (status == 0)
        status = write_report(report, counts, request, request->output ? file.stream : stdout, e);
    if (status == 0 && request->dead_letters)
        status = write_dead_letters(report, request, e);
    if (status == 0 && request->output)
        status = output_file_commit(&file, e);
    output_file_close(&file);
    return status;
}

/* Returns the exit status, or -1 with an error. */
static int run(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    struct request request;
    struct index *index = NULL;
    struct checker *checker = NULL;
    struct report report = {0};
    int status = -1;

    if (read_request(arguments, &request, e) != 0 || check_readable(arguments, e) != 0)
        return -1;
    const atomic_bool *stop = stop_on_signals();
    if (offline_open_index(config, arguments, command.name, stop, &index, e) != 0)
        return -1;
    if (report_init(&report, request.findings_max, e) != 0 ||
        check_files(config, &request, arguments, index, stop, &checker, &report, e) != 0 ||
        write_all(&report, checker_counts(checker), &request, e) != 0)
        goto out;
    status = request.fail && report.discrepancies > 0 ? CLI_STATUS_DISCREPANT : 0;
out:
    report_free(&report);
    checker_free(checker);
    index_close(index);
    return status;
}

int command_check(int argc, char **argv)
{
    return cli_run(&command, argc, argv, run);
}
