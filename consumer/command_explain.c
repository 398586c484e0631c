#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "explain.h"
#include "explain_find.h"
#include "explain_write.h"
#include "log.h"
#include "offline.h"
#include "stop.h"

#define SHOWN_MAX 40 /* bytes of an operand that an error repeats */

/* What the flags ask for. */
struct request {
    bool json;
    bool whole_rows;
    bool fail;
    bool is_text; /* the operand is the message itself */
    int64_t offset;
    const char *topic; /* NULL: none */
    struct explain_find find;
};

static const struct cli_option options[] = {
    {"offset", 0, "BYTE", NULL, "of a file: the first message from this byte on"},
    {"message", 0, "N", NULL, "which message, from 0 as `origin.message` counts (0)"},
    {"topic", 't', "TOPIC", NULL, "explain it as a message of this topic"},
    {"row", 0, NULL, NULL, "also show the rows as they stand in the master"},
    {"format", 'f', "FORMAT", NULL, "table (default), or json: one object"},
    {"framing", 0, "PROFILE", NULL, "log (default): as written down by people; strict: as FIX has it"},
    {"tolerate", 0, "LIST", "input.tolerate",
     "what else is tolerated (checksum,empty_value), and what is not (-prefix)"},
    {"fail-on-discrepancy", 0, NULL, NULL, "exit with 1 if there is a discrepancy"},
    {0},
};

static const struct cli_command command = {
    .name = "explain",
    .operands = "MESSAGE|FILE|-",
    .operands_min = 1,
    .operands_max = 1,
    .summary =
        "Explains one message: its fields, its instruments, what was looked up and compared, and what came of it.",
    .details = "The message stands in the argument itself, in a file, or on standard input (-).\n"
               "Examples:\n"
               "  fixwarden explain --index all.fwx '8=FIX.4.2|9=61|35=D|...|10=128|'\n"
               "  fixwarden explain --index all.fwx today.fix --offset 1234\n"
               "Exit status: 0 if it could be explained, also if it is malformed; 1 with --fail-on-discrepancy if\n"
               "something disagrees; 65 where there is no message; else that of an error.\n",
    .options = options,
    .shared = CLI_CONFIG | CLI_MASTER | CLI_INDEX | CLI_DELTAS | CLI_RULES,
};

static int read_format(const struct cli_arguments *arguments, bool *json, struct error *e)
{
    const char *format = cli_value(arguments, "format");

    *json = format != NULL && strcmp(format, "json") == 0;
    if (format != NULL && !*json && strcmp(format, "table") != 0)
        return error_set(e, ERROR_USAGE, "--format: '%s' is none of table, json", format);
    return 0;
}

/* A file's name is one if there is such a file: no message is one. */
static bool is_text(const char *operand)
{
    return strcmp(operand, "-") != 0 && access(operand, F_OK) != 0;
}

static int read_request(const struct cli_arguments *arguments, struct request *request, struct error *e)
{
    uint64_t offset;

    *request = (struct request){
        .whole_rows = cli_value(arguments, "row") != NULL,
        .fail = cli_value(arguments, "fail-on-discrepancy") != NULL,
        .topic = cli_value(arguments, "topic"),
        .is_text = is_text(arguments->operands[0]),
    };
    if (read_format(arguments, &request->json, e) != 0 || offline_profile(arguments, &request->find.profile, e) != 0 ||
        cli_number(arguments, "offset", 0, INT64_MAX, 0, &offset, e) != 0 ||
        cli_number(arguments, "message", 0, INT32_MAX, 0, &request->find.number, e) != 0)
        return -1;
    request->offset = (int64_t)offset;
    return 0;
}

static int not_found(const struct request *request, const char *operand, struct error *e)
{
    unsigned long long passed = request->find.passed;

    if (request->is_text && passed == 0)
        return error_set(e, ERROR_DATA, "'%.*s%s' is no file, and there is no FIX message in it", SHOWN_MAX, operand,
                         strlen(operand) > SHOWN_MAX ? "..." : "");
    if (request->is_text)
        return error_set(e, ERROR_DATA, "there are no more than %llu messages in the argument", passed);
    if (passed == 0)
        return error_set(e, ERROR_DATA, "%s: there is no FIX message from byte %lld on", operand,
                         (long long)request->offset);
    return error_set(e, ERROR_DATA, "%s: there are no more than %llu messages from byte %lld on", operand, passed,
                     (long long)request->offset);
}

static int find_message(struct request *request, const char *operand, const atomic_bool *stop, struct error *e)
{
    struct explain_find *find = &request->find;
    int status = request->is_text ? explain_find_in_text(find, slice_of(operand), e)
                                  : explain_find_in_file(find, operand, request->offset, stop, e);

    return status != 0 || find->bytes != NULL ? status : not_found(request, operand, e);
}

static int print(const json_t *explanation, bool json, struct error *e)
{
    if (!json)
        return explain_write(explanation, log_may_colour(STDOUT_FILENO), stdout, e);
    if (json_dumpf(explanation, stdout, JSON_COMPACT) != 0 && !ferror(stdout))
        return error_set(e, ERROR_INTERNAL, "no memory");
    putchar('\n');
    return 0;
}

/* Returns the exit status, or -1 with an error. */
static int explain_found(const struct request *request, const struct config *config, const char *operand,
                         const struct index *index, struct error *e)
{
    struct explain_request explain_request = {
        .bytes = slice_make(request->find.bytes, request->find.len),
        .profile = request->find.profile,
        .file = request->is_text ? NULL : operand,
        .offset = request->find.offset,
        .topic = slice_of(request->topic != NULL ? request->topic : ""),
        .index = index,
        .rules = &config->rules,
        .whole_rows = request->whole_rows,
    };
    json_t *explanation = explain(&explain_request, e);
    const char *outcome;
    int status;

    if (explanation == NULL)
        return -1;
    outcome = json_string_value(json_object_get(json_object_get(explanation, "result"), "outcome"));
    status = request->fail && outcome != NULL && strcmp(outcome, "discrepant") == 0 ? CLI_STATUS_DISCREPANT : 0;
    if (print(explanation, request->json, e) != 0)
        status = -1;
    json_decref(explanation);
    return status;
}

/* Returns the exit status, or -1 with an error. */
static int run(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    const char *operand = arguments->operands[0];
    struct request request;
    struct index *index = NULL;
    int status = -1;

    if (read_request(arguments, &request, e) != 0)
        return -1;
    if (!request.is_text)
        request.find.profile = offline_in_log(request.find.profile);
    request.find.profile = config_tolerated(config, request.find.profile);
    const atomic_bool *stop = stop_on_signals();
    if (find_message(&request, operand, stop, e) == 0 &&
        offline_open_index(config, arguments, command.name, stop, &index, e) == 0)
        status = explain_found(&request, config, operand, index, e);
    explain_find_free(&request.find);
    index_close(index);
    return status;
}

int command_explain(int argc, char **argv)
{
    return cli_run(&command, argc, argv, run);
}
