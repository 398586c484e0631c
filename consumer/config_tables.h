/* config_tables: the files of many rows that settings name: renamed symbols, and ISO 10383's markets. Delimited text as
 * a master is, in any dialect that core/master.h reads, packed or not; columns are found by their headers, case aside,
 * and others are passed over. One thread. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_TABLES_H
#define FIXWARDEN_CONSUMER_CONFIG_TABLES_H

#include <stdint.h>

#include "core/error.h"
#include "core/exchange.h"
#include "core/renames.h"

/* Appends the file's rows; `digest` is that of its bytes. ERROR_IO where it cannot be read, ERROR_CONFIG with file,
 * line and reason for all that it should not hold: there is no row that is left out. */
int config_read_renames(const char *path, struct renames *renames, uint64_t digest[2], struct error *e);
int config_read_mics(const char *path, struct exchanges *exchanges, uint64_t digest[2], struct error *e);

#endif
