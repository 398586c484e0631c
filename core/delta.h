/* delta: a file of rows that were added, changed or deleted since a master was delivered.
 *
 * It is a master in miniature (master.h): laid out as the masters of the index are, with each of the columns that the
 * index has, under the names that it knows them by, and always with a header; a further column says what is to be done
 * with the row. Rows are borrowed until the next one is read. One thread. */
#ifndef FIXWARDEN_CORE_DELTA_H
#define FIXWARDEN_CORE_DELTA_H

#include "error.h"
#include "index.h"
#include "master.h"

/* X(name, words), case aside. */
#define DELTA_ACTIONS(X)                                                                                               \
    X(ADD, "A|ADD|I|INSERT")                                                                                           \
    X(CHANGE, "C|CHANGE|U|UPDATE|REPLACE")                                                                             \
    X(DELETE, "D|DELETE")

enum delta_action {
#define X(name, words) DELTA_##name,
    DELTA_ACTIONS(X)
#undef X
        DELTA_ACTION_COUNT,
};

#define DELTA_COLUMN_NAMES "action|op|change" /* headers of the column that says it, case aside, the first one wins */

struct delta_row {
    enum delta_action action;
    struct master_row row; /* a good one */
};

struct delta;

/* `action_column`: the header of the column, exactly; NULL or "": one of DELTA_COLUMN_NAMES. ERROR_CONFIG where a
 * column is missing, and what master_open says. */
int delta_open(const char *path, const struct index_info *info, const char *action_column, struct delta **out,
               struct error *e);
void delta_close(struct delta *delta); /* NULL is fine */

/* Returns 1 with a row, 0 at the end, -1 with an error that names file and line: ERROR_DATA for a row that is malformed
 * or says nothing that can be done, and what master_next says. */
int delta_next(struct delta *delta, struct delta_row *row, struct error *e);

const struct master_columns *delta_columns(const struct delta *delta);

/* Fills in what there is to say of it as a source of rows, all but its path and rows; its digest after delta_next
 * returned 0. */
void delta_source(const struct delta *delta, struct index_source *source);

#endif
