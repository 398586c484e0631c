/* checker: the facade of the check: a record's bytes in, discrepancies and dead letters out.
 *
 * A checker belongs to one thread; several may share an index. It keeps nothing between calls but scratch memory and
 * counts. */
#ifndef FIXWARDEN_CORE_CHECKER_H
#define FIXWARDEN_CORE_CHECKER_H

#include <stdint.h>

#include "discrepancy.h"
#include "error.h"
#include "fix.h"
#include "index.h"
#include "rules.h"

/* Every message ends counted in exactly one of matched, discrepant, malformed, ignored. */
struct checker_counts {
    uint64_t messages;
    uint64_t matched;
    uint64_t discrepant;
    uint64_t malformed;
    uint64_t ignored;
    uint64_t skipped; /* lines of a log that are not FIX; not messages */
    uint64_t discrepancies;
    uint64_t by_kind[DISCREPANCY_KIND_COUNT];
    uint64_t by_reason[FIX_REASON_COUNT];
};

/* Where the findings go. The values are borrowed for the call. A call returns 0, or -1 with the error set, which ends
 * the check of the record and is passed on. */
struct checker_output {
    void *opaque;
    int (*on_discrepancy)(void *opaque, const struct discrepancy *discrepancy, struct error *e);
    int (*on_dead_letter)(void *opaque, const struct dead_letter *dead_letter, struct error *e);
};

struct checker;

/* `rules` is copied. `tolerated`: of enum fix_tolerance, what may be wrong with messages. NULL without memory. */
struct checker *checker_new(const struct rules *rules, unsigned tolerated);
void checker_free(struct checker *checker);

/* Checks all messages of one record (a Kafka message's value). */
int checker_check(struct checker *checker, const struct index *index, struct slice record, const struct origin *origin,
                  const struct checker_output *output, struct error *e);

/* Checks a stretch of a log whose first byte stands at origin->offset of its file; *consumed says how much of it was
 * used up, so that the rest can be given again with more behind it. `last`: nothing follows. Each message's origin has
 * the offset of its own first byte. Behind a malformed message reading always goes on. */
int checker_check_log(struct checker *checker, const struct index *index, struct slice buffer, bool last,
                      const struct origin *origin, size_t *consumed, const struct checker_output *output,
                      struct error *e);

const struct checker_counts *checker_counts(const struct checker *checker);

#endif
