/* explain: all that is known of one message and done with it, as one JSON object: how it is framed, what each field is
 * and of which instrument it speaks, what each instrument states, what was looked up and compared and how that ended,
 * and the discrepancies. explain_write shows it to people. What it means is in core/README.md; nothing is checked here
 * again, all of it is what checker, match and fix have told. One thread. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_H
#define FIXWARDEN_CONSUMER_EXPLAIN_H

#include <jansson.h>

#include "core/checker.h"

#define EXPLAIN_ROWS_MAX 100 /* of the master that are listed; of more, only how many there are */

/* All of it borrowed for the call. */
struct explain_request {
    struct slice bytes; /* of one message, or of what is malformed */
    unsigned profile;   /* of enum fix_tolerance */
    const char *file;   /* where it stands, or NULL ... */
    int64_t offset;     /* ... and of its first byte there */
    struct slice topic; /* by whose conventions it is read; may be empty */
    const struct index *index;
    const struct rules *rules;
    bool whole_rows; /* the rows as they stand in the master, too */
};

/* A new reference. NULL with an error: ERROR_INTERNAL without memory, or that of index_read_row. */
json_t *explain(const struct explain_request *request, struct error *e);

#endif
