#include "offline.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_view.h"
#include "deltas.h"
#include "limits.h"

#define TEMPORARY_NAME "/fixwarden-check-XXXXXX"

int offline_profile(const struct cli_arguments *arguments, unsigned *profile, struct error *e)
{
    const char *name = cli_value(arguments, "framing");

    *profile = name && strcmp(name, "strict") == 0 ? FIX_STRICT : FIX_LOG;
    if (name && *profile == FIX_LOG && strcmp(name, "log") != 0)
        return error_set(e, ERROR_USAGE, "--framing: '%s' is none of log, strict", name);
    return 0;
}

unsigned offline_in_log(unsigned profile)
{
    return profile == FIX_STRICT ? FIX_STRICT_LOG : profile;
}

static int build_at(const struct config *config, const char *path, const atomic_bool *stop, struct error *e)
{
    struct index_build_options build_options;
    struct index_build_result result;
    struct build_view view;
    struct limits limits;
    int status;

    config_master_options(config, &build_options);
    limits_settle(&build_options, false, &limits);
    build_view_init(&view, stop, false, &build_options.events);
    status = index_build((const char *const *)config->master.files.items, config->master.files.count, path,
                         &build_options, &result, e);
    build_view_end(&view);
    return status;
}

/* An index for this command only, in a folder of its own that is gone when this returns: the mapping
 * outlives the name. */
static int open_temporary(const struct config *config, const atomic_bool *stop, struct index **index, struct error *e)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX], file[PATH_MAX + 8];
    int status;

    if (!folder || !folder[0])
        folder = "/tmp";
    if (snprintf(path, sizeof path, "%s" TEMPORARY_NAME, folder) >= (int)sizeof path)
        return error_set(e, ERROR_IO, "TMPDIR is too long");
    if (!mkdtemp(path))
        return error_set_errno(e, errno, "%s: no place for a temporary index (set TMPDIR)", folder);
    snprintf(file, sizeof file, "%s/index", path);
    status = build_at(config, file, stop, e);
    if (status != 0)
        error_prefix(e, "temporary index");
    if (status == 0)
        status = index_open(file, &(struct index_open_options){0}, index, e);
    unlink(file);
    rmdir(path);
    return status;
}

/* Puts the deltas that are set on top of the index. */
static int apply_deltas(const struct config *config, struct index **index, struct error *e)
{
    struct index *base = *index;
    struct log *log = log_new((enum log_level)config->log.level);
    int status = deltas_apply_all(config, log, base, index, e);

    log_free(log);
    return status;
}

int offline_open(const struct config *config, const char *path, struct index **index, struct error *e)
{
    if (index_open(path, &(struct index_open_options){0}, index, e) != 0)
        return -1;
    return apply_deltas(config, index, e);
}

int offline_open_index(const struct config *config, const struct cli_arguments *arguments, const char *command,
                       const atomic_bool *stop, struct index **index, struct error *e)
{
    bool by_master = cli_value(arguments, "master"), by_index = cli_value(arguments, "index");

    if (by_master && by_index)
        return error_set(e, ERROR_USAGE, "%s: --index and --master exclude each other", command);
    if (!by_master && config->master.index[0] != '\0')
        return offline_open(config, config->master.index, index, e);
    if (config->master.files.count == 0)
        return error_set(e, ERROR_USAGE, "%s: it needs --index FILE or --master FILE", command);
    return open_temporary(config, stop, index, e) != 0 ? -1 : apply_deltas(config, index, e);
}
