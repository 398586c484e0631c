/* match: instrument + index + rules -> verdicts. The contract is core/README.md, "What is checked, exactly".
 *
 * Pure but for the scratch space of the matcher: no clock, no globals, no I/O beyond the index's mapping. A matcher
 * belongs to one thread; what it hands out is borrowed until the next match_instrument, the index's close or the
 * message's end, whichever is first. */
#ifndef FIXWARDEN_CORE_MATCH_H
#define FIXWARDEN_CORE_MATCH_H

#include "discrepancy.h"
#include "error.h"
#include "index.h"
#include "instrument.h"
#include "rules.h"

/* One for each identifier at most, and one for each step. */
#define VERDICTS_MAX (INSTRUMENT_IDENTIFIERS_MAX + 16)

struct match_result {
    struct verdict verdicts[VERDICTS_MAX]; /* those that the rules report */
    size_t count;
    enum found_by found_by;
    uint32_t candidates;
    const struct security *security; /* NULL where nothing was found */
    char date[OBSERVED_DATE_MAX];    /* what INACTIVE_SECURITY observed: the message's date */
};

struct matcher;

struct matcher *matcher_new(void); /* NULL without memory */
void matcher_free(struct matcher *matcher);

/* `ahead`: a look-up that was made already, in case it is the one that is needed; or NULL. -1 only without memory
 * (ERROR_INTERNAL). */
int match_instrument(struct matcher *matcher, const struct index *index, const struct rules *rules,
                     const struct message_fields *message, const struct instrument *instrument,
                     const struct index_lookup *ahead, struct match_result *result, struct error *e);

/* The verdict on a message that must name an instrument and names none. */
void match_missing(const struct rules *rules, struct match_result *result);

#endif
