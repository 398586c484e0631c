#include "cli.h"
#include "commands.h"
#include "demo.h"
#include "stop.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"data", 0, "DIR", NULL, "a directory with " DEMO_MASTER ", " DEMO_MESSAGES " and " DEMO_PLANTED},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "demo",
    .operands = "",
    .summary =
        "Everything at once on an embedded broker: a small master, FIX messages with planted discrepancies, what "
        "is found.",
    .options = options,
    .shared = CLI_CONFIG,
};

/* Where the data stand, seen from the program: in a build tree, and where they are installed. */
static const char *const places[] = {"../../config/demo", "../config/demo", "../share/fixwarden/demo", "config/demo"};

static int find_data(char out[PATH_MAX], struct error *e)
{
    char program[PATH_MAX / 2];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    if (len > 0) {
        program[len] = '\0';
        slash = strrchr(program, '/');
        *slash = '\0';
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            snprintf(out, PATH_MAX, "%s/%s", program, places[i]);
            if (access(out, R_OK | X_OK) == 0)
                return 0;
        }
    }
    return error_set(e, ERROR_IO, "demo: its data are not beside the program: --data DIR");
}

static int run(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    const char *directory = cli_value(arguments, "data");
    char found[PATH_MAX];
    struct log *log;
    bool agrees = false;
    int status;

    if (!directory && find_data(found, e) != 0)
        return -1;
    log = log_new(config->log.level);
    status = demo_run(directory ? directory : found, stop_on_signals(), log, stdout, &agrees, e);
    log_free(log);
    return status == 0 ? cli_finish(agrees ? 0 : ERROR_DATA) : -1;
}

int command_demo(int argc, char **argv)
{
    return cli_run(&command, argc, argv, run);
}
