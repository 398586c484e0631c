/* index_diff: what appeared, vanished or changed from one index to another, row by row.
 *
 * A row goes by its key: its first identifier in the order of the roles that both indexes have a table of (an issuer's
 * aside), else its symbol. Rows of one key are paired where there is one on either side; else the first with the first
 * of the same MIC and currency, the second with the second, and so on. Columns that only one index has are not
 * compared. Memory does not grow with the indexes; the rows under one key are compared with each other, so that
 * thousands under one make it slow. One thread. */
#ifndef FIXWARDEN_CORE_INDEX_DIFF_H
#define FIXWARDEN_CORE_INDEX_DIFF_H

#include "index.h"

enum index_change { INDEX_APPEARED, INDEX_VANISHED, INDEX_CHANGED, INDEX_CHANGE_COUNT };

/* One row that is not the same. Borrowed for the call. */
struct index_difference {
    enum index_change change;
    enum identifier_kind kind; /* of the key; IDENTIFIER_UNKNOWN for a row without one */
    struct slice key;
    const struct security *before; /* NULL where it appeared */
    const struct security *after;  /* NULL where it vanished */
};

struct index_diff_events {
    void *opaque;
    /* Return non-zero to cancel. */
    int (*on_difference)(void *opaque, const struct index_difference *difference);
};

struct index_diff_result {
    uint64_t changes[INDEX_CHANGE_COUNT];
    uint64_t same;
    uint64_t without_key; /* of those that appeared or vanished: nothing to know them again by */
};

/* Goes through the new index in the order of its master, for what appeared and changed, then through the old one for
 * what vanished. ERROR_TEMPORARY where it was cancelled; ERROR_DATA where a record cannot be read. */
int index_diff(const struct index *before, const struct index *after, const struct index_diff_events *events,
               struct index_diff_result *result, struct error *e);

/* Whether both have the column, so that it is compared. */
bool index_diff_has_role(const struct index *before, const struct index *after, enum master_role role);

/* The place of a carried column in each, by its name; false where one lacks it. `i` is its place in `after`. */
bool index_diff_find_carried(const struct index *before, const struct index *after, size_t i, size_t *in_before);

#endif
