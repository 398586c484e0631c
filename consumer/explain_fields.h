/* explain_fields: every field of a message, by name and meaning, and of which instrument it speaks. Private to explain.
 */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_FIELDS_H
#define FIXWARDEN_CONSUMER_EXPLAIN_FIELDS_H

#include "explain_trace.h"

/* `trace` is finished. `was_checked`: the message is not malformed, so that a field which says nothing is passed over.
 * A new reference; NULL without memory. */
json_t *explain_fields(const struct fix_message *message, const struct explain_trace *trace, bool was_checked);

#endif
