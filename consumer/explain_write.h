/* explain_write: an explanation for people. One thread. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_WRITE_H
#define FIXWARDEN_CONSUMER_EXPLAIN_WRITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/error.h"

#define EXPLAIN_VALUE_MAX 100 /* characters of a field's value; a longer one is cut, and its length said */
#define EXPLAIN_ROWS_SHOWN 4  /* of the master, beside each other; all that are listed are in the JSON */

/* `explanation` is what explain has made. Control characters are written as \xNN: what a message says must not steer
 * the terminal. Errors of the stream itself stay in it (ferror). -1 without memory. */
int explain_write(const json_t *explanation, bool colour, FILE *out, struct error *e);

#endif
