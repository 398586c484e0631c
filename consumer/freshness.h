/* freshness: whether an index is of its master as it is now, and as it is to be read. Pure functions; any thread. */
#ifndef FIXWARDEN_CONSUMER_FRESHNESS_H
#define FIXWARDEN_CONSUMER_FRESHNESS_H

#include "config.h"
#include "core/index.h"
#include "snapshot.h"

/* Why the index has to be made anew, as "is older than its master"; NULL: it has not. A file that is not there can't be
 * newer. */
const char *freshness_lacks(const struct config *config, const struct snapshot *masters, const struct index_info *info);

/* Whether the index has read each file as the snapshot shows it. */
bool freshness_has_read(const struct snapshot *masters, const struct index_info *info);

#endif
