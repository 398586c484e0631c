#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "core/index_verify.h"
#include "stop.h"

struct progress {
    const atomic_bool *stop;
    bool terminal;
};

static int on_progress(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    const struct progress *p = opaque;

    if (p->terminal)
        fprintf(stderr, "\r\033[K%3.0f%% of %s", total > 0 ? 100.0 * (double)done / (double)total : 0.0, what);
    return atomic_load(p->stop);
}

/* Opened again for the names of its sources: the result holds none. */
static int print_sources(const char *path, const struct index_verify_result *result, char **masters, struct error *e)
{
    struct index *index;

    if (index_open(path, &(struct index_open_options){0}, &index, e) != 0)
        return -1;
    for (size_t i = 0; i < result->source_count; i++)
        printf("master %-10zu %s: %s\n", i, masters != NULL ? masters[i] : index_info(index)->sources[i].path,
               result->sources[i] == VERIFY_SOURCE_EQUAL ? "every row is in the index as it stands there"
                                                         : "is not there any more, and was not compared");
    index_close(index);
    return 0;
}

static int verify(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    const char *path = arguments->operands[0];
    struct progress progress = {stop_on_signals(), isatty(STDERR_FILENO)};
    char **masters = config->master.files.count > 0 ? config->master.files.items : NULL;
    struct index_verify_options options = {.masters = (const char *const *)masters,
                                           .master_count = config->master.files.count,
                                           .opaque = &progress,
                                           .on_progress = on_progress};
    struct index_verify_result result;
    int status = index_verify(path, &options, &result, e);

    if (progress.terminal)
        fputs("\r\033[K", stderr);
    if (status != 0)
        return error_prefix(e, "index verify");
    printf("version           %s\nchecksums         all of %" PRIu64 " bytes are right\nrows              %" PRIu64
           ", found under each of their %" PRIu64 " keys\n",
           result.version, result.file_bytes, result.rows, result.keys);
    return print_sources(path, &result, masters, e);
}

int command_index_verify(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"master", 'm', "FILE", "master.files", "where a master is now; once for each, in the order they were indexed"},
        {0},
    };
    static const struct cli_command command = {
        .name = "index verify",
        .operands = "INDEX",
        .operands_min = 1,
        .operands_max = 1,
        .summary = "Checks an index: every checksum, every row under each of its keys, and every row of the masters.",
        .details = "Without --master the masters are sought where they were when they were indexed.\n"
                   "Exit status: 0 all is right; 65 something is wrong, and is named.\n",
        .options = options,
    };

    return cli_run(&command, argc, argv, verify);
}
