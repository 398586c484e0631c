/* gen_malformed: records that are no whole FIX message, as a table of ways to spoil one.
 *
 * Each way names the reason of core/README.md that the check must give. One thread; nothing fails. */
#ifndef FIXWARDEN_TESTS_GEN_MALFORMED_H
#define FIXWARDEN_TESTS_GEN_MALFORMED_H

#include <stddef.h>

#include "gen_plan.h"
#include "gen_text.h"
#include "random.h"

size_t malformed_count(void);

/* Writes a record that is spoiled in way number `way` (below malformed_count) to `out`, which is empty and has
 * FIX_MESSAGE_MAX bytes. `body` is that of a good message without alternate identifiers; it may be added to. */
enum plan_reason malformed_make(size_t way, struct text *out, const char *begin_string, struct text *body,
                                struct random *r);

#endif
