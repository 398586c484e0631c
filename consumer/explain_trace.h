/* explain_trace: what checker and match tell of one message, kept as JSON, and which bytes of the message each value
 * was taken from. Private to explain. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_TRACE_H
#define FIXWARDEN_CONSUMER_EXPLAIN_TRACE_H

#include "explain.h"

/* A value of an instrument, by the place in the message where it stands. */
struct explain_claim {
    const char *at;
    size_t sequence;    /* in which order they were made */
    json_t *instrument; /* borrowed */
    json_t *statement;  /* what tells the value; NULL where it is none */
    const char *says;   /* "symbol", ... */
};

/* Starts with the request and zeros. */
struct explain_trace {
    const struct explain_request *request;
    struct checker_trace checker; /* for checker_set_trace, once explain_trace_start has set it */
    struct match_trace match;
    json_t *instruments;                 /* array; owned */
    json_t *current;                     /* the last of them */
    const struct instrument *instrument; /* which is that one, while it is dealt with */
    unsigned compared;                   /* bits: the steps of it that were made */
    bool type_differs;
    struct explain_claim *claims; /* owned; in the order of their places once explain_trace_finish was called */
    size_t claim_count, claim_room;
    int gravest; /* enum severity of what was published; -1: nothing */
    struct error *e;
    int status; /* -1 once something went wrong, which *e says */
};

void explain_trace_start(struct explain_trace *trace, struct error *e);

/* Sorts the claims, and notes which values an instrument has taken over from one before it. -1 where anything went
 * wrong since the start. */
int explain_trace_finish(struct explain_trace *trace);
void explain_trace_free(struct explain_trace *trace);

/* The claim on the value of a field, or NULL. Only after explain_trace_finish. */
const struct explain_claim *explain_trace_find(const struct explain_trace *trace, struct slice value);

#endif
