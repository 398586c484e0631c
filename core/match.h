/* match: instrument + index + rules -> verdicts. The contract is core/README.md, "What is checked, exactly".
 *
 * Pure but for the scratch space of the matcher: no clock, no globals, no I/O beyond the index's mapping. A matcher
 * belongs to one thread; what it hands out is borrowed until the next match_instrument, the index's close or the
 * message's end, whichever is first. */
#ifndef FIXWARDEN_CORE_MATCH_H
#define FIXWARDEN_CORE_MATCH_H

#include "attribute.h"
#include "discrepancy.h"
#include "error.h"
#include "index.h"
#include "instrument.h"
#include "rules.h"

/* One for each identifier at most, and one for each step. */
#define VERDICTS_MAX (INSTRUMENT_IDENTIFIERS_MAX + 16)

struct match_result {
    struct verdict verdicts[VERDICTS_MAX]; /* those whose kind and step the rules report */
    size_t count;
    enum found_by found_by;
    uint32_t candidates;
    const struct index_row *nearest; /* the row that is compared in the end; NULL where nothing was found */
    const struct security *security; /* all of that row, if there are verdicts or a trace; else NULL */
    bool is_certain;                 /* the security is no hint, and nothing that was found conflicts */
    char date[OBSERVED_DATE_MAX];    /* what INACTIVE_SECURITY observed: the message's date */
};

/* What is matched, all of it borrowed for the call. */
struct match_input {
    const struct message_fields *message;
    const struct instrument *instrument;
    enum symbology_convention convention; /* of the message's session or topic; NONE: its market may have one */
    struct index_lookup *ahead;           /* a look-up that was fetched already, in case it is needed; or NULL */
};

/* What was done on the way, for somebody who wants to know why. Called in the order in which it happens, with values
 * that are borrowed for the call. */
struct match_trace {
    void *opaque;
    /* How the symbol is read, told before it is looked up or compared: the convention that applies, or NONE, and what
     * is looked up in its place. */
    void (*on_symbol)(void *opaque, enum symbology_convention convention, enum symbology_reading reading,
                      struct slice own);
    /* A key was looked up; `rows` is how many further rows it led to, or how many candidates hold it, `left` how many
     * candidates there are now. `why` is a constant: "identifier", "stands for", "symbol", "spelling", "renamed",
     * "looks like". */
    void (*on_lookup)(void *opaque, const char *why, enum identifier_kind kind, struct slice key, size_t rows,
                      size_t left);
    /* What was made of an identifier: a constant in words. */
    void (*on_identifier)(void *opaque, const struct instrument_identifier *identifier, const char *outcome);
    /* A step that compared something; `expected` is the nearest candidate's value, `left` how many candidates remain.
     */
    void (*on_step)(void *opaque, enum match_step step, struct slice observed, struct slice expected,
                    enum agreement outcome, size_t left);
    /* The candidates that remain at the end, the nearest first; at least one. */
    void (*on_rows)(void *opaque, const struct index_row *rows, size_t count);
};

struct matcher;

struct matcher *matcher_new(void); /* NULL without memory */
void matcher_free(struct matcher *matcher);

/* From now on tells what is done; NULL: nobody. Borrowed. */
void matcher_set_trace(struct matcher *matcher, const struct match_trace *trace);

/* -1 only without memory (ERROR_INTERNAL). */
int match_instrument(struct matcher *matcher, const struct index *index, const struct rules *rules,
                     const struct match_input *input, struct match_result *result, struct error *e);

/* Whether the instrument agrees with the only row that it can mean in everything, so that match_instrument would find
 * nothing: what nearly all do, and seen sooner so. False says nothing, and is what a matcher with a trace says. */
bool match_agrees(struct matcher *matcher, const struct index *index, const struct rules *rules,
                  const struct match_input *input);

/* The verdict on a message that must name an instrument and names none. */
void match_missing(const struct rules *rules, struct match_result *result);

#endif
