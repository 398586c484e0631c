/* What the files of pump share: pump.c has the loop, pump_check.c what is done with records, pump_publish.c what is
 * done with what was found. All of it is on the lane's thread; errors end the lane. */
#ifndef FIXWARDEN_CONSUMER_PUMP_INTERNAL_H
#define FIXWARDEN_CONSUMER_PUMP_INTERNAL_H

#include "batch.h"
#include "committer.h"
#include "late_past.h"
#include "marks.h"
#include "pump.h"

/* Two batches: one is filled while the other is committed. */
struct pump {
    struct pump_options options;
    struct source *source;
    struct committer *committer;
    struct checker *checker;
    struct late *late;              /* NULL: nothing is held back */
    struct late_past *late_past;    /* NULL: nor was it in the live run that is repeated */
    struct marks *marks;            /* NULL: nobody is told by which version records are judged */
    const struct index *index;      /* held; NULL: none yet. With a past the one that judged last */
    struct past_place place;        /* of it */
    struct checker_record *records; /* of one poll */
    size_t records_max;

    struct batch batches[2];
    struct batch *filling, *other;
    bool committing; /* the other one is */
    bool drained;    /* the last poll got less than it could take */
    bool rewind;     /* what was taken since the last commit has to be taken again */
    unsigned aborts_in_a_row;
    bool paused; /* by a storm, or for want of an index */
    char *alert; /* taken, and not published yet; NULL: none */

    bool broken; /* sending in the middle of a check has failed for good */

    struct pump_counts counts;
    struct error failure; /* in on_revoke, which can't return one */
};

/* --- pump_check.c --- */

/* Says by which version the records of a poll are judged, before they are. None of them counts where that led to an
 * abort: *count is 0 then. */
int pump_mark(struct pump *p, size_t *count, struct error *e);
void pump_forget_marks(struct pump *p); /* what was said may not be committed */

/* Checks the records of a poll; what is found comes into the batch that is being filled. */
int pump_check(struct pump *p, size_t count, struct error *e);

/* For the outbox (outbox_events). */
int pump_on_full(void *opaque, struct error *e);
int pump_on_headers(void *opaque, const struct origin *origin, struct carry *carry, bool *carried, struct error *e);

/* --- pump_publish.c --- */

int64_t pump_left_ms(const struct pump *p); /* until what is being filled is due */

/* There is output and nothing else to do: somebody waits for it. */
bool pump_is_urgent(const struct pump *p);

/* All ranges are taken to their ends and committed, those included behind whose last record there is nothing but
 * markers. */
bool pump_is_finished(const struct pump *p);

/* Looks what became of the batch before. Then it is this one's turn, if it is due. */
int pump_publish(struct pump *p, struct error *e);

/* All that was taken, and waits for it. */
int pump_commit(struct pump *p, struct error *e);

/* What is unsent goes to the producer, and its offsets follow. */
int pump_send_part(struct pump *p, struct error *e);

/* Does what follows from a commit, or from waiting for the one that is under way. */
int pump_conclude(struct pump *p, enum committed result, struct error *e);
enum committed pump_wait_for_committer(struct pump *p, struct error *e);

/* Drops what was done since the last commit; it will be done again. In an on_revoke the seeking has to wait: `rewind`
 * says so. */
int pump_undo(struct pump *p, const char *why, struct error *e);

/* Whether the index, or one of the past, is what it was; if not, what was found with it is dropped. */
bool pump_is_trusted(const struct pump *p);
int pump_distrust(struct pump *p, struct error *e);

/* Tells the counts to whoever wants them. */
void pump_tell(struct pump *p);

#endif
