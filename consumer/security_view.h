/* security_view: a row of the master for people and programs. One thread. */
#ifndef FIXWARDEN_CONSUMER_SECURITY_VIEW_H
#define FIXWARDEN_CONSUMER_SECURITY_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "core/index.h"

/* {"master": FILE, "byte": N, "values": {...}}: the values by the names of their columns, without blank ones;
 * `whole_row`: and "row", as it stands in the master. A new reference. NULL with an error: ERROR_INTERNAL without
 * memory, or that of index_read_row. */
json_t *security_view(const struct index *index, const struct security *security, bool whole_row, struct error *e);

#endif
