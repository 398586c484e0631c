/* manifest: the plan of a replay, in a file, so that it can go on after a crash.
 *
 * It is written once, before anything is published, and never changed: how far the run has come is what its group has
 * committed. Whoever reads it trusts nothing in it. One thread. */
#ifndef FIXWARDEN_CONSUMER_MANIFEST_H
#define FIXWARDEN_CONSUMER_MANIFEST_H

#include <limits.h>
#include <stdbool.h>

#include "as_of.h"
#include "core/index.h"
#include "core/rules.h"
#include "range.h"

#define MANIFEST_FORMAT 3
#define MANIFEST_BYTES_MAX (32u << 20) /* of the file */
#define MANIFEST_RUN_MAX 64            /* characters of a run's id: letters, digits and '-' */

struct manifest {
    char run[MANIFEST_RUN_MAX + 1];
    enum as_of as_of;
    char index[PATH_MAX];                /* where that varies, the folder of the versions */
    char version[INDEX_VERSION_LEN + 1]; /* of that index, where it does not vary */
    struct timeline *timeline;           /* where it does; else NULL */
    char rule_set[RULES_ID_MAX];
    unsigned tolerated; /* of enum fix_tolerance */
    char output[RANGE_TOPIC_MAX + 1];
    char dead_letters[RANGE_TOPIC_MAX + 1];
    bool same_topic; /* they are those of the live run */
    unsigned lanes;  /* which a run keeps, 1 to BUDGET_LANES_MAX */
    uint64_t rate;   /* as struct pace has them */
    unsigned speed;
    struct range_list ranges;
};

/* A new id: the time, down to the second, and 32 random bits. ERROR_IO without randomness. */
int manifest_new_run(int64_t now_ms, char run[MANIFEST_RUN_MAX + 1], struct error *e);

/* Writes the file, which appears under its name only when it is whole. One that is there is refused: it may be the plan
 * of another run. ERROR_IO. */
int manifest_write(const struct manifest *manifest, const char *path, struct error *e);

/* ERROR_IO where the file can't be read, ERROR_DATA with "FILE: ..." where it is no manifest. manifest_free is the
 * caller's in every case. */
int manifest_read(const char *path, struct manifest *out, struct error *e);
void manifest_free(struct manifest *manifest);

#endif
