#include "config.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL && access(path, F_OK) != 0;
}

static int append(struct string_list *list, const char *item, struct error *e)
{
    char **items = reallocarray(list->items, list->count + 1, sizeof *items);

    if (items != NULL) {
        list->items = items;
        items[list->count] = strdup(item);
    }
    if (items == NULL || items[list->count] == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the list of master files");
    list->count++;
    return 0;
}

static int append_matches(struct string_list *list, const char *pattern, struct error *e)
{
    glob_t found = {0};
    int status = 0;
    int rc = glob(pattern, GLOB_ERR, NULL, &found); /* sorted, so that a file's number does not depend on the disk */

    if (rc == GLOB_NOMATCH)
        status = error_set(e, ERROR_IO, "%s: no file matches", pattern);
    else if (rc != 0)
        status = error_set(e, ERROR_IO, "%s: a folder on the way cannot be read", pattern);
    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
        status = append(list, found.gl_pathv[i], e);
    globfree(&found);
    return status;
}

int config_match_masters(const char *pattern, struct string_list *out, struct error *e)
{
    return (is_pattern(pattern) ? append_matches : append)(out, pattern, e);
}

int config_expand_masters(struct config *config, struct error *e)
{
    struct string_list *files = &config->master.files;
    struct string_list expanded = {.layer = files->layer};
    int status = 0;

    for (size_t i = 0; status == 0 && i < files->count; i++)
        status = config_match_masters(files->items[i], &expanded, e);
    if (status != 0) {
        config_free_list(&expanded);
        return -1;
    }
    config_free_list(files);
    *files = expanded;
    return 0;
}

static int choose_beside(struct config *config, const char *master, struct error *e)
{
    char *path = NULL;
    int status;

    if (asprintf(&path, "%s" CONFIG_INDEX_SUFFIX, master) < 0)
        return error_set(e, ERROR_INTERNAL, "no memory for a path");
    status = config_set(config, "master.index", path, e);
    free(path);
    return status;
}

int config_choose_index(struct config *config, struct error *e)
{
    struct string_list found = {0};
    int status;

    if (*config->master.index || config->master.files.count == 0)
        return 0;
    status = config_match_masters(config->master.files.items[0], &found, e);
    if (status == 0 && found.count > 0)
        status = choose_beside(config, found.items[0], e);
    config_free_list(&found);
    return status;
}
