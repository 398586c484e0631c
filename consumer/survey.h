/* survey: what the brokers say of ranges: where they begin and end, and how far they have been read.
 *
 * One thread. Nothing that is gone from a partition is passed over in silence: each such partition is logged, and is an
 * error unless the request allows it. */
#ifndef FIXWARDEN_CONSUMER_SURVEY_H
#define FIXWARDEN_CONSUMER_SURVEY_H

#include <stdatomic.h>

#include "config.h"
#include "log.h"
#include "moment.h"
#include "range.h"

/* What somebody wants to read. */
struct survey_request {
    struct moment from, to; /* of all partitions of the configuration's topics: from the first offset whose timestamp is
                               `from` or later up to the first whose timestamp is `to` or later */
    const struct range_list *given; /* these instead; NULL: none */
    bool allow_missing;             /* go on without what is gone */
};

struct survey;

/* `config` names brokers, topics and the group that holds the offsets; all is borrowed. */
int survey_open(const struct config *config, const atomic_bool *stop, struct log *log, struct survey **out,
                struct error *e);
void survey_close(struct survey *survey); /* NULL is fine */

/* Settles every range, once: it ends at the last stable offset at the latest, since what is behind it belongs to
 * transactions that are open. Ranges may be empty. ERROR_DATA where a given offset does not exist yet, or is gone. */
int survey_settle(struct survey *survey, const struct survey_request *request, struct range_list *out, struct error *e);

/* Commits the beginnings of all ranges for the group, before anything is read: from here on the group knows. */
int survey_begin(struct survey *survey, const struct range_list *ranges, struct error *e);

/* Fills in `next` of all: what the group has committed. ERROR_DATA where it holds no offset of the range. */
int survey_progress(struct survey *survey, struct range_list *ranges, struct error *e);

/* Fills in `next` of all, RANGE_OPEN where the group holds nothing. An offset that a transaction is about to change is
 * waited for. */
int survey_stored(struct survey *survey, struct range_list *ranges, struct error *e);

/* Makes each range all that its partition has, what is in open transactions included, which a reader of what is
 * committed waits for. */
int survey_whole(struct survey *survey, struct range_list *ranges, struct error *e);

/* The same, and whether what has not been read is still there, for a run that goes on. */
int survey_resume(struct survey *survey, bool allow_missing, struct range_list *ranges, struct error *e);

#endif
