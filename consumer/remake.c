#include "remake.h"

#include <stdlib.h>
#include <string.h>

#include "core/index_overlay.h"
#include "versions.h"
#include "vetting.h"

struct remake {
    const struct config *config;
    const char *folder;
    const struct index *base; /* of the overlay, which holds it */
    const struct kept_deltas *deltas;
    struct index_overlay *overlay; /* NULL: nowhere */
    size_t done;                   /* of the deltas */
};

struct remake *remake_new(const struct config *config, const char *folder)
{
    struct remake *r = calloc(1, sizeof *r);

    if (r)
        *r = (struct remake){.config = config, .folder = folder};
    return r;
}

static void leave(struct remake *r)
{
    index_overlay_free(r->overlay);
    r->overlay = NULL;
    r->base = NULL;
    r->deltas = NULL;
    r->done = 0;
}

void remake_free(struct remake *remake)
{
    if (!remake)
        return;
    leave(remake);
    free(remake);
}

/* --- going to a version --- */

static bool is_same_content(const struct kept_delta *a, const struct kept_delta *b)
{
    return a->size == b->size && a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1];
}

/* Whether all that was applied is what comes first. */
static bool is_on_the_way(const struct remake *r, const struct index *base, const struct kept_deltas *deltas)
{
    if (!r->overlay || r->base != base || r->done > deltas->count)
        return false;
    for (size_t i = 0; i < r->done; i++)
        if (!is_same_content(&r->deltas->items[i], &deltas->items[i]))
            return false;
    return true;
}

static int start(struct remake *r, struct index *base, struct error *e)
{
    const struct index_overlay_options options = {.action_column = r->config->deltas.action,
                                                  .max_rows = r->config->deltas.max_rows};

    leave(r);
    if (index_overlay_create(base, &options, &r->overlay, e) != 0)
        return -1;
    r->base = base;
    return 0;
}

static int apply(struct remake *r, const struct kept_delta *delta, struct error *e)
{
    char *path = kept_deltas_content(r->folder, delta), wanted[INDEX_VERSION_LEN + 1];
    int status;

    if (!path)
        return error_set(e, ERROR_INTERNAL, "no memory for a version with deltas");
    memcpy(wanted, index_overlay_version(r->overlay), sizeof wanted);
    index_overlay_advance(wanted, delta->size, delta->digest);
    status = index_overlay_apply(r->overlay, path, e);
    if (status == 0 && strcmp(index_overlay_version(r->overlay), wanted) != 0)
        status = error_set(e, ERROR_DATA, "%s: is damaged: it is not the delta that was kept", path);
    free(path);
    return status == 0 ? 0 : error_prefix(e, "delta %s", delta->name);
}

int remake_turn_to(struct remake *remake, struct index *base, const struct kept_deltas *deltas, struct error *e)
{
    if (!is_on_the_way(remake, base, deltas) && start(remake, base, e) != 0)
        return -1;
    remake->deltas = deltas;
    for (; remake->done < deltas->count; remake->done++)
        if (apply(remake, &deltas->items[remake->done], e) != 0) {
            leave(remake);
            return -1;
        }
    return 0;
}

int remake_index(const struct remake *remake, struct index **out, struct error *e)
{
    return index_overlay_index(remake->overlay, out, e);
}

/* --- one version --- */

static int open_base(const struct config *config, const struct versions *versions, const struct version_entry *entry,
                     struct index **out, struct error *e)
{
    const struct version_entry *base = versions_find(versions, entry->base);

    if (!base)
        return error_set(e, ERROR_DATA, "%s: version %s below it is not there any more", entry->path, entry->base);
    return vetting_open(config, base->path, out, e);
}

static int make(const struct config *config, const struct versions *versions, const struct version_entry *entry,
                struct index **out, struct error *e)
{
    const char *folder = versions_folder(versions);
    struct remake *remake = remake_new(config, folder);
    struct kept_deltas deltas = {NULL, 0};
    struct index *base = NULL;
    int status = remake ? 0 : error_set(e, ERROR_INTERNAL, "no memory for a version with deltas");

    if (status == 0)
        status = kept_deltas_read(folder, entry->path, entry->base, entry->version, &deltas, e);
    if (status == 0)
        status = open_base(config, versions, entry, &base, e);
    if (status == 0)
        status = remake_turn_to(remake, base, &deltas, e);
    if (status == 0)
        status = remake_index(remake, out, e);
    remake_free(remake);
    kept_deltas_free(&deltas);
    index_close(base);
    return status;
}

static int open_in(const struct config *config, const char *folder, const char *name, const char *path,
                   struct index **out, struct error *e)
{
    const struct version_entry *entry;
    struct versions *versions;
    int status;

    if (versions_open(folder, &versions, e) != 0)
        return -1;
    entry = versions_find_name(versions, name);
    status = entry ? make(config, versions, entry, out, e) : error_set(e, ERROR_DATA, "%s: is no kept version", path);
    versions_free(versions);
    return status;
}

int remake_open(const struct config *config, const char *path, struct index **out, struct error *e)
{
    char *copy, *slash;
    int status;

    *out = NULL;
    if (!versions_is_deltas(path))
        return vetting_open(config, path, out, e);
    copy = strdup(path);
    if (!copy)
        return error_set(e, ERROR_INTERNAL, "%s: no memory for its name", path);
    slash = strrchr(copy, '/');
    if (slash)
        *slash = '\0';
    status = open_in(config, slash ? copy : ".", slash ? slash + 1 : copy, path, out, e);
    free(copy);
    return status;
}
