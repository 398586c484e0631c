/* Any bytes as a delta over a small index: it is applied or refused as a whole, and then every row of what comes of it
 * is found under each of its keys, as many as the index says it has. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/index_build.h"
#include "core/index_overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char master[] = "symbol,isin,figi,mic,currency,status\n"
                             "A,US0378331005,,XNAS,USD,\n"
                             "A,US0378331005,,XETR,EUR,\n"
                             "B,,BBG000B9XRY4,XNYS,USD,ACTIVE\n"
                             "C,,,XLON,GBX,\n"
                             "C,,,XLON,GBX,\n";

static int make_file(const void *bytes, size_t size, char path[64])
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* Its name is gone at once: the mapping lives as long as the process. */
static struct index *make_base(void)
{
    struct index_build_options options = {.memory = INDEX_MEMORY_MIN};
    struct index_build_result result;
    char folder[] = "/tmp/fuzz-delta-XXXXXX", path[64], source[64];
    const char *sources[] = {source};
    struct index *index;
    struct error e;
    int fd = make_file(master, sizeof master - 1, source);

    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/index", folder);
    if (index_build(sources, 1, path, &options, &result, &e) != 0 || index_open(path, NULL, &index, &e) != 0)
        abort();
    unlink(path);
    rmdir(folder);
    close(fd);
    return index;
}

static void look_up_all(const struct index *index)
{
    struct security s;
    uint64_t position = 0, rows = 0;

    for (uint64_t before = 0; index_walk(index, &position, &s); before = position, rows++)
        for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
            enum identifier_kind kind = master_role_kind(role);

            if (s.value[role].len > 0 && kind != IDENTIFIER_UNKNOWN && index_has_kind(index, kind) &&
                !index_leads_to(index, kind, s.value[role], before))
                abort();
        }
    if (rows != index_info(index)->rows)
        abort();
}

static void look_at(const struct index_overlay *overlay, uint64_t *rows)
{
    struct index *index;
    struct error e;

    if (index_overlay_index(overlay, &index, &e) != 0)
        abort();
    look_up_all(index);
    *rows = index_info(index)->rows;
    index_close(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct index *base;
    struct index_overlay_options options = {.max_rows = 1000};
    struct index_overlay *overlay;
    uint64_t before, after;
    struct error e;
    char path[64];
    int fd = make_file(data, size, path);
    int status;

    if (base == NULL)
        base = make_base();
    if (index_overlay_create(base, &options, &overlay, &e) != 0)
        abort();
    look_at(overlay, &before);
    status = index_overlay_apply(overlay, path, &e);
    look_at(overlay, &after);
    if (status != 0 && before != after)
        abort();
    index_overlay_free(overlay);
    close(fd);
    return 0;
}
