/* demo: the whole way of the data on the embedded broker: a small master, planted discrepancies, the real pump, and
 * what comes out, beside what was planted. Main's thread; it starts one of its own for the pump. */
#ifndef FIXWARDEN_CONSUMER_DEMO_H
#define FIXWARDEN_CONSUMER_DEMO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/error.h"
#include "log.h"

#define DEMO_MASTER "master.csv"     /* the files of a demo's directory */
#define DEMO_MESSAGES "messages.fix" /* a FIX message a line */
#define DEMO_PLANTED "planted.csv"   /* number of the line, kind of what is wrong with it */

/* Shows everything on `out`. *agrees says whether what was found is what was planted. Leaves nothing behind. */
int demo_run(const char *directory, const atomic_bool *stop, struct log *log, FILE *out, bool *agrees, struct error *e);

#endif
