/* renames: symbols that are called otherwise from some day on, in their order. Set up once by one thread; read by any
 * number of threads afterwards. core/README.md, "Renamed symbols". */
#ifndef FIXWARDEN_CORE_RENAMES_H
#define FIXWARDEN_CORE_RENAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "fix_time.h"
#include "slice.h"

#define RENAMES_MAX 1000000u /* rows */

/* How a symbol stands to a row OLD, NEW, date; without a date of the message both of the first hold. */
enum rename_relation {
    RENAME_BEFORE, /* it is OLD, before the date: NEW is meant */
    RENAME_AFTER,  /* it is NEW, from the date on: a master of the day before has OLD */
    RENAME_STALE,  /* it is OLD, though the date has come */
};

struct renames;

struct renames *renames_new(void);          /* NULL without memory */
void renames_free(struct renames *renames); /* NULL is fine */

/* Appends a row. The symbols are trimmed and copied; they have 1 to IDENTIFIER_MAX bytes and are not the same. `from`
 * is a full date. ERROR_CONFIG where that is not so, or there are too many rows; ERROR_INTERNAL: no memory. */
int renames_add(struct renames *renames, struct slice old_symbol, struct slice new_symbol, struct date from,
                struct error *e);

/* The other symbol of the next row, in the order of the rows, in which `symbol` has that relation on that day (year 0:
 * unknown). *next starts at 0. False at the end. Borrowed until renames_free. `renames` may be NULL. */
bool renames_next(const struct renames *renames, enum rename_relation relation, struct slice symbol, struct date day,
                  size_t *next, struct slice *other);

#endif
