/* offline: what the commands share that check messages without Kafka. One thread. */
#ifndef FIXWARDEN_CONSUMER_OFFLINE_H
#define FIXWARDEN_CONSUMER_OFFLINE_H

#include <stdatomic.h>

#include "cli.h"
#include "core/fix.h"
#include "core/index.h"

/* By --framing: log unless it says strict. */
int offline_profile(const struct cli_arguments *arguments, unsigned *profile, struct error *e);

/* The same for a file: strict messages, too, may stand behind a time stamp there. */
unsigned offline_in_log(unsigned profile);

/* Opens an index, with the deltas that are set on top of it; what becomes of each is told on standard error. */
int offline_open(const struct config *config, const char *path, struct index **index, struct error *e);

/* Opens the index that is set, or makes one of the master for this command only. A flag beats the configuration:
 * --master alone means the master, even where the file names an index, too. With the deltas that are set. `command` is
 * named in errors. The index is the caller's to close. */
int offline_open_index(const struct config *config, const struct cli_arguments *arguments, const char *command,
                       const atomic_bool *stop, struct index **index, struct error *e);

#endif
