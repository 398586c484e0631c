/* explain_write_instrument: one instrument of an explanation for people. Private to explain_write. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_WRITE_INSTRUMENT_H
#define FIXWARDEN_CONSUMER_EXPLAIN_WRITE_INSTRUMENT_H

#include "explain_page.h"

void explain_write_instrument(struct page *p, const json_t *instrument);

#endif
