/* master_columns: which column of a header plays which role.
 *
 * Pure functions over borrowed bytes; nothing is allocated. */
#ifndef FIXWARDEN_CORE_MASTER_COLUMNS_H
#define FIXWARDEN_CORE_MASTER_COLUMNS_H

#include "error.h"
#include "master.h"

/* Fills in `out` from the trimmed names of a header. A role that the options map uses only its mapped column; the
 * others go by synonym, case, spaces and underscores aside. ERROR_CONFIG where a mapped or carried column is missing
 * or its name stands twice; ERROR_DATA where no column could identify a security. */
int master_columns_recognise(const struct slice *names, uint32_t count, const struct master_options *options,
                             struct master_columns *out, struct error *e);

#endif
