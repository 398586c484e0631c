#include "proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "errand.h"

struct proof {
    struct errand errand;
    const struct snapshot *snapshot;
    enum ready_file ready;
    atomic_bool stop;
    bool agrees;
    struct error why;
};

static int compare(struct proof *p, const char *path, enum snapshot_side side, struct error *e)
{
    enum digest_kind kind = side == SIDE_MD5 ? DIGEST_MD5 : DIGEST_SHA256;
    char wanted[DIGEST_TEXT_MAX], found[DIGEST_TEXT_MAX];
    char *name = NULL;
    int status;

    if (asprintf(&name, "%s%s", path, snapshot_suffix(side)) < 0)
        return error_set(e, ERROR_INTERNAL, "no memory for a name");
    status = digest_read(name, kind, wanted, e);
    if (status == 0)
        status = digest_compute(path, kind, &p->stop, found, e);
    if (status == 0 && strcmp(wanted, found) != 0)
        status = error_set(e, ERROR_DATA, "%s: its digest is %s, and not that of %s", path, found, name);
    free(name);
    return status;
}

static void work(void *opaque)
{
    struct proof *p = opaque;

    p->agrees = true;
    for (size_t i = 0; p->agrees && i < p->snapshot->count; i++) {
        const struct snapshot_file *file = &p->snapshot->files[i];
        enum snapshot_side side = settled_digest_side(file, p->ready);

        p->agrees = side == SNAPSHOT_SIDE_COUNT || compare(p, file->path, side, &p->why) == 0;
    }
}

int proof_start(const struct snapshot *snapshot, enum ready_file ready, struct proof **out, struct error *e)
{
    struct proof *p = calloc(1, sizeof *p);

    if (!p)
        return error_set(e, ERROR_INTERNAL, "no memory for a proof");
    p->snapshot = snapshot;
    p->ready = ready;
    if (errand_start(&p->errand, work, p, e) != 0) {
        free(p);
        return -1;
    }
    *out = p;
    return 0;
}

bool proof_is_over(struct proof *proof, bool *agrees, struct error *why)
{
    if (!errand_is_over(&proof->errand))
        return false;
    *agrees = proof->agrees;
    *why = proof->why;
    return true;
}

void proof_free(struct proof *proof)
{
    if (!proof)
        return;
    atomic_store(&proof->stop, true);
    errand_wait(&proof->errand);
    free(proof);
}
