/* checker: the facade of the check: records' bytes in, discrepancies and dead letters out, in the order of the
 * messages.
 *
 * Messages are taken in groups: those of a group are parsed, what they will look up is fetched from memory together,
 * and then they are matched one by one. So many records in one call are checked far faster than one by one; what comes
 * out is the same.
 *
 * A checker belongs to one thread; several may share an index. It keeps nothing between calls but scratch memory, of
 * CHECKER_SCRATCH_MAX bytes at most, and counts. */
#ifndef FIXWARDEN_CORE_CHECKER_H
#define FIXWARDEN_CORE_CHECKER_H

#include <stdint.h>

#include "discrepancy.h"
#include "error.h"
#include "fix.h"
#include "index.h"
#include "match.h"
#include "rules.h"

#define CHECKER_SCRATCH_MAX (8u << 20) /* beyond it only what one message's instruments take while it is checked */

/* A record as it was read: a Kafka message. */
struct checker_record {
    struct origin origin; /* message: the number of the first one in `value`, 0 but where that is a part of a record */
    struct slice value;
};

/* Every message ends counted in exactly one of matched, discrepant, malformed, ignored. */
struct checker_counts {
    uint64_t messages;
    uint64_t matched;
    uint64_t discrepant;
    uint64_t malformed;
    uint64_t ignored;
    uint64_t skipped;     /* lines of a log that are not FIX; not messages */
    uint64_t poss_dup;    /* of the messages, those with PossDupFlag (43=Y) ... */
    uint64_t poss_resend; /* ... and, without that, with PossResend (97=Y): they may repeat what was counted */
    uint64_t discrepancies;
    uint64_t by_kind[DISCREPANCY_KIND_COUNT];
    uint64_t by_reason[FIX_REASON_COUNT];
};

/* Where the findings go. The values are borrowed for the call. A call returns 0, or -1 with the error set, which ends
 * the check and is passed on. */
struct checker_output {
    void *opaque;
    int (*on_discrepancy)(void *opaque, const struct discrepancy *discrepancy, struct error *e);
    int (*on_dead_letter)(void *opaque, const struct dead_letter *dead_letter, struct error *e);
};

/* What a severity was set by. */
enum severity_source { SEVERITY_BY_KIND, SEVERITY_BY_STEP, SEVERITY_BY_RULE };

/* What was done on the way, for somebody who wants to know why. Called in the order in which it happens, with values
 * that are borrowed for the call. */
struct checker_trace {
    void *opaque;
    const struct match_trace *match;
    /* Before an instrument is matched; also of the body that names none and should. */
    void (*on_instrument)(void *opaque, const struct instrument *instrument);
    /* Behind it, before its discrepancies. */
    void (*on_result)(void *opaque, const struct instrument *instrument, const struct match_result *result,
                      const struct message_amounts *amounts, const struct exposure *exposure);
    /* Of each verdict, also where it then is off; `rule`: the name of the rule, if it is one. */
    void (*on_severity)(void *opaque, const struct verdict *verdict, enum severity severity,
                        enum severity_source source, const char *rule);
};

struct checker;

/* `rules` are borrowed until checker_free. `tolerated`: of enum fix_tolerance, what may be wrong with messages. NULL
 * without memory. */
struct checker *checker_new(const struct rules *rules, unsigned tolerated);
void checker_free(struct checker *checker);

/* Checks all messages of the records. *done is how many were checked: all, or -1 with the error of records[*done];
 * those before it are done. */
int checker_check_batch(struct checker *checker, const struct index *index, const struct checker_record *records,
                        size_t count, const struct checker_output *output, size_t *done, struct error *e);

/* The same for one record. */
int checker_check(struct checker *checker, const struct index *index, struct slice record, const struct origin *origin,
                  const struct checker_output *output, struct error *e);

/* Checks a stretch of a log whose first byte stands at origin->offset of its file; *consumed says how much of it was
 * used up, so that the rest can be given again with more behind it. `last`: nothing follows. Each message's origin has
 * the offset of its own first byte. Behind a malformed message reading always goes on. */
int checker_check_log(struct checker *checker, const struct index *index, struct slice buffer, bool last,
                      const struct origin *origin, size_t *consumed, const struct checker_output *output,
                      struct error *e);

/* From now on tells what is done; NULL: nobody. Borrowed. */
void checker_set_trace(struct checker *checker, const struct checker_trace *trace);

const struct checker_counts *checker_counts(const struct checker *checker);

#endif
