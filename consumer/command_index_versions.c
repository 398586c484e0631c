#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "gate.h"
#include "kept_deltas.h"
#include "text_table.h"
#include "versions.h"
#include "vetting.h"
#include "wall.h"

/* --- versions --- */

static const char *state_of(const struct config *config, const struct version_entry *entry, const struct index *index)
{
    if (strcmp(index_info(index)->version, entry->version) != 0)
        return "is another version: it was overwritten in place";
    return versions_is_same_file(entry->path, config->master.index) ? "in its place" : "kept";
}

/* What a line says of a version beside its time and name. */
struct line {
    bool has_rows;
    int64_t rows, bytes;
    char state[ERROR_TEXT_MAX];
};

static void look_at_index(const struct config *config, const struct version_entry *entry, struct line *out)
{
    struct index *index;
    struct error why;

    if (index_open(entry->path, NULL, &index, &why) != 0) {
        memcpy(out->state, why.text, sizeof out->state);
        return;
    }
    out->has_rows = true;
    out->rows = (int64_t)index_info(index)->rows;
    snprintf(out->state, sizeof out->state, "%s", state_of(config, entry, index));
    index_close(index);
}

static void look_at_deltas(const char *folder, const struct version_entry *entry, struct line *out)
{
    struct kept_deltas deltas;
    struct error why;

    if (kept_deltas_read(folder, entry->path, entry->base, entry->version, &deltas, &why) != 0) {
        memcpy(out->state, why.text, sizeof out->state);
        return;
    }
    snprintf(out->state, sizeof out->state, "%zu deltas over %s", deltas.count, entry->base);
    for (size_t i = 0; i < deltas.count; i++)
        out->bytes += (int64_t)deltas.items[i].size;
    kept_deltas_free(&deltas);
}

/* What is wrong with a file is its line's last cell: the others can be read all the same. */
static struct line look_at(const struct config *config, const char *folder, const struct version_entry *entry)
{
    struct line line = {.has_rows = false};
    struct stat kept = {0};
    struct error why;

    if (stat(entry->path, &kept) != 0) {
        error_set_errno(&why, errno, "%s", entry->path);
        memcpy(line.state, why.text, sizeof line.state);
        return line;
    }
    line.bytes = kept.st_size;
    if (versions_has_deltas(entry))
        look_at_deltas(folder, entry, &line);
    else
        look_at_index(config, entry, &line);
    return line;
}

static int add_entry(struct text_table *table, const struct config *config, const char *folder,
                     const struct version_entry *entry, struct error *e)
{
    const struct line line = look_at(config, folder, entry);
    char since[WALL_TEXT];

    if (text_table_add(table, strdup(wall_write(entry->valid_from_ms, since)), e) != 0 ||
        text_table_add(table, strdup(entry->version), e) != 0)
        return -1;
    if ((line.has_rows ? text_table_add_number(table, line.rows, e) : text_table_add(table, strdup("-"), e)) != 0)
        return -1;
    return text_table_add_number(table, line.bytes, e) != 0 ? -1 : text_table_add(table, strdup(line.state), e);
}

static int print_versions(const struct config *config, const struct versions *versions, struct error *e)
{
    static const char *const heading[] = {"SINCE", "VERSION", "ROWS", "BYTES", "STATE"};
    struct text_table table = {.columns = sizeof heading / sizeof *heading, .left = true};
    int status = 0;

    for (size_t i = 0; i < table.columns && status == 0; i++)
        status = text_table_add(&table, strdup(heading[i]), e);
    for (size_t i = 0; i < versions_count(versions) && status == 0; i++)
        status = add_entry(&table, config, versions_folder(versions), versions_entry(versions, i), e);
    if (status == 0)
        text_table_print(&table, stdout);
    text_table_free(&table);
    return status;
}

static int list(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    struct versions *versions = NULL;
    char *directory;
    int status = -1;

    (void)arguments;
    if (config_choose_index(config, e) != 0)
        return -1;
    if (*config->master.index == '\0')
        return error_set(e, ERROR_USAGE, "index versions: it needs --index or -c");
    directory = versions_directory(config);
    if (!directory)
        return error_set(e, ERROR_INTERNAL, "no memory for a path");
    if (versions_open(directory, &versions, e) == 0)
        status = print_versions(config, versions, e);
    if (status == 0 && versions_count(versions) == 0)
        fprintf(stderr, "fixwarden: %s holds no versions\n", directory);
    versions_free(versions);
    free(directory);
    return status;
}

int command_index_versions(int argc, char **argv)
{
    static const struct cli_command command = {
        .name = "index versions",
        .operands = "",
        .summary =
            "Lists the versions of an index that are kept: since when each was in force, until that of the next.",
        .details = "They stand in master.versions, or beside the index in INDEX.versions.\n",
        .shared = CLI_CONFIG | CLI_INDEX,
    };

    return cli_run(&command, argc, argv, list);
}

/* --- adopt --- */

/* What it is held against: the newest version that was kept and is another one, else what stands in the place, unless
 * it is that very file. NULL: nothing. */
static struct index *open_measure(const struct config *config, const char *file, const struct index *index)
{
    struct index *before = vetting_open_newest_kept(config, index_info(index)->version);
    struct error none;

    if (before || strcmp(file, config->master.index) == 0)
        return before;
    return index_open(config->master.index, NULL, &before, &none) == 0 ? before : NULL;
}

static int judge(const struct config *config, const char *file, const struct index *index, size_t *reasons,
                 struct error *e)
{
    struct index *before = open_measure(config, file, index);
    struct gate_report report;
    int status = gate_judge(config, before, index, NULL, 0, &report, e);

    index_close(before);
    if (status != 0)
        return -1;
    for (size_t i = 0; i < report.count; i++)
        fprintf(stderr, "fixwarden: %s\n", report.reasons[i]);
    *reasons = report.count;
    return 0;
}

/* The word that it may serve all the same comes first, so that whoever sees the file sees that, too. Without it the
 * consumer asks the messages of late as well. */
static int put_in_place(const struct config *config, const char *file, const struct index *index, bool force,
                        struct error *e)
{
    const char *place = config->master.index;

    if (force && gate_force(place, index_info(index)->version, e) != 0)
        return -1;
    if (strcmp(file, place) != 0 && rename(file, place) != 0)
        return error_set_errno(e, errno, "%s: cannot take the place of %s (is it in the same file system?)", file,
                               place);
    printf("%s: version %s with %" PRIu64 " rows, to be adopted by whoever watches it\n", place,
           index_info(index)->version, index_info(index)->rows);
    return 0;
}

static int adopt_file(const struct config *config, const char *file, bool force, struct error *e)
{
    struct index *index;
    size_t reasons = 0;
    int status = -1;

    if (vetting_open(config, file, &index, e) != 0)
        return -1;
    if (judge(config, file, index, &reasons, e) == 0) {
        if (reasons > 0 && !force)
            error_set(e, ERROR_DATA, "%s: refused for that; --force adopts it all the same", file);
        else
            status = put_in_place(config, file, index, force, e);
    }
    index_close(index);
    return status;
}

static int adopt(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    char *refused = NULL;
    int status;

    if (config_choose_index(config, e) != 0)
        return -1;
    if (*config->master.index == '\0')
        return error_set(e, ERROR_USAGE, "index adopt: it needs --index or -c");
    if (asprintf(&refused, "%s" CONFIG_REFUSED_SUFFIX, config->master.index) < 0)
        return error_set(e, ERROR_INTERNAL, "no memory for a path");
    status = adopt_file(config, arguments->operand_count > 0 ? arguments->operands[0] : refused,
                        cli_value(arguments, "force") != NULL, e);
    free(refused);
    return status;
}

int command_index_adopt(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"force", 0, NULL, NULL, "also where it differs more from the one before than [gate] allows"},
        {0},
    };
    static const struct cli_command command = {
        .name = "index adopt",
        .operands = "[FILE]",
        .operands_max = 1,
        .summary = "Puts an index in its place that was refused, so that a running fixwarden adopts it.",
        .details = "FILE is INDEX.refused unless told otherwise, and is renamed to INDEX. What it differs in from the\n"
                   "one that stands there is told. Messages of late are not asked.\n"
                   "Exit status: 0 it is in its place; 65 it is damaged, or differs too much.\n",
        .options = options,
        .shared = CLI_CONFIG | CLI_INDEX,
    };

    return cli_run(&command, argc, argv, adopt);
}
