/* gen_master: writes a generated security master as CSV (RFC 4180), one row at a time.
 *
 * Rows are 250 to 300 bytes on average; names and descriptions are quoted where they hold commas, quotes or line
 * ends. Memory does not grow with the rows. One thread. */
#ifndef FIXWARDEN_TESTS_GEN_MASTER_H
#define FIXWARDEN_TESTS_GEN_MASTER_H

#include <stdint.h>

#include "gen_output.h"

/* Returns 0, or -1 with output->error set. The output stays open. */
int master_write(uint64_t seed, uint64_t rows, struct output *output);

#endif
