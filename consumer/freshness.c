#include "freshness.h"

#include <string.h>
#include <strings.h>

static bool has_read(const struct snapshot_stat *file, const struct index_source *source)
{
    return file->size == source->size && file->mtime_ns == source->mtime_ns;
}

static bool is_newer(const struct snapshot *masters, const struct index_info *info)
{
    for (size_t i = 0; i < masters->count; i++)
        if (masters->files[i].self.is_there && !has_read(&masters->files[i].self, &info->sources[i]))
            return true;
    return false;
}

bool freshness_has_read(const struct snapshot *masters, const struct index_info *info)
{
    if (info->source_count != masters->count)
        return false;
    for (size_t i = 0; i < masters->count; i++)
        if (!masters->files[i].self.is_there || !has_read(&masters->files[i].self, &info->sources[i]))
            return false;
    return true;
}

static bool carries(const struct index_info *info, const struct string_list *carry)
{
    if (info->carried_count != carry->count)
        return false;
    for (size_t i = 0; i < carry->count; i++)
        if (strcasecmp(info->carried_names[i], carry->items[i]) != 0)
            return false;
    return true;
}

/* Whether the columns that the configuration maps are those that the index was made with. With several files a role may
 * have had several headers, of which the index knows one, so only its presence counts. */
static bool maps(const struct index_info *info, char *const columns[MASTER_ROLE_COUNT])
{
    for (int r = 0; r < MASTER_ROLE_COUNT; r++) {
        const char *wanted = columns[r];

        if (wanted == NULL)
            continue;
        if ((*wanted != '\0') != info->has_role[r])
            return false;
        if (info->has_role[r] && info->source_count == 1 && strcasecmp(wanted, info->role_column[r]) != 0)
            return false;
    }
    return true;
}

static bool is_same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Whether the index was made of the same lines, with the same values, as would be taken now. */
static bool is_same_format(const struct master_format *a, const struct master_format *b)
{
    return is_same_text(a->comment, b->comment) && is_same_text(a->data_start, b->data_start) &&
           is_same_text(a->data_end, b->data_end) && is_same_text(a->trailer, b->trailer) &&
           is_same_text(a->columns, b->columns) && a->skip_lines == b->skip_lines && a->encoding == b->encoding;
}

const char *freshness_lacks(const struct config *config, const struct snapshot *masters, const struct index_info *info)
{
    struct index_build_options options;

    if (masters->count == 0)
        return NULL;
    config_master_options(config, &options);
    if (info->source_count != masters->count)
        return "was made from another number of master files";
    if (is_newer(masters, info))
        return "is older than its master";
    if (!carries(info, &config->master.carry))
        return "carries other columns than those that are asked for";
    if (!maps(info, config->master.columns))
        return "was made with other columns than those that are asked for";
    if (!is_same_format(&info->format, &options.master.format))
        return "was made when the configuration said other things of how its master is to be read";
    return NULL;
}
