/* tail: what was published, read back under read_committed, decoded, and shown a line each. One thread. */
#ifndef FIXWARDEN_CONSUMER_TAIL_H
#define FIXWARDEN_CONSUMER_TAIL_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>

#include "config.h"
#include "log.h"

enum tail_format { TAIL_TABLE, TAIL_JSON };

struct tail_options {
    const struct config *config; /* brokers and registry */
    const char *topic;
    enum start_at from;
    uint64_t count; /* records to show; 0: no limit */
    bool exit_at_end;
    enum tail_format format;
    FILE *out; /* NULL: nothing is shown */
    const atomic_bool *stop;
    struct log *log;
    void *opaque;
    /* Each record, decoded; borrowed for the call. May be NULL. */
    void (*on_record)(void *opaque, const json_t *record);
};

struct tail_counts {
    uint64_t shown;
    uint64_t undecodable; /* each is logged with its place and reason */
};

/* Until `stop`, the count or the end. Errors are those of source and published; ERROR_IO where `out` takes no more. */
int tail_run(const struct tail_options *options, struct tail_counts *counts, struct error *e);

/* The table's first line, and a discrepancy or dead letter as one of its lines. Whatever could steer a terminal is
 * shown as '.'. */
void tail_print_heading(FILE *out);
void tail_print_row(FILE *out, const json_t *record);

#endif
