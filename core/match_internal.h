/* match_internal: what the files of match share. Private to match*.c. */
#ifndef FIXWARDEN_CORE_MATCH_INTERNAL_H
#define FIXWARDEN_CORE_MATCH_INTERNAL_H

#include "candidates.h"
#include "match.h"
#include "outcome_memo.h"

/* What is known of one identifier of the instrument. */
struct clue {
    const struct instrument_identifier *identifier;
    struct slice key; /* borrowed from the message or from `folded`; empty: too long to be one */
    char folded[IDENTIFIER_MAX];
    bool judged;   /* the master has a column of its kind, and it is not passed over */
    bool found;    /* the master holds it, or what it stands for */
    bool invalid;  /* the master lacks it, and its shape or check digit is wrong */
    bool passed;   /* the master lacks it, and the rules let its wrong check digit pass */
    bool conflict; /* it leads elsewhere than those before it, or contradicts them by itself */

    enum identifier_kind stands_for_kind; /* IDENTIFIER_UNKNOWN: it stands for itself */
    size_t stands_for_len;
    char stands_for[IDENTIFIER_MAX];

    enum identifier_fault fault;    /* of an invalid one */
    enum identifier_kind hint_kind; /* what it looks like; IDENTIFIER_UNKNOWN: nothing */
    size_t hint_len;
    char hint[IDENTIFIER_MAX];

    uint32_t roles; /* the columns (bit per role) in which it was found; 0 until roles_of was asked */
};

/* The instrument's symbol as it is looked up and compared. */
struct symbol_terms {
    bool is_ready;
    enum symbology_reading reading; /* by the convention that applies */
    bool lacks_suffix;              /* a suffix is there, but neither understood nor part of 55 */
    struct slice own;               /* 55, or its spelling in the master's convention */
    size_t spelled_len;
    char spelled[IDENTIFIER_MAX];
};

/* A row's maturity, which two steps ask for. */
struct row_maturity {
    const unsigned char *record; /* which row's; NULL: nobody asked yet */
    struct date date;            /* year 0: it has none that can be read */
};

struct matcher {
    struct candidates candidates;
    struct candidates others; /* the rows of a further identifier, while it is compared with the candidates */
    struct clue clues[INSTRUMENT_IDENTIFIERS_MAX];
    size_t clue_count;
    struct symbol_terms symbol;
    struct row_maturity maturity;          /* of the row that was asked last, for the same instrument */
    struct security nearest;               /* all of the row that remains first, once somebody asks */
    uint32_t expected_roles[VERDICTS_MAX]; /* where each verdict's `expected` is read once the nearest row is known */
    struct outcome_memo memo;
    struct date_memo dates;          /* of messages */
    const struct match_trace *trace; /* or NULL */
};

/* One instrument under way. */
struct matching {
    struct matcher *matcher;
    const struct index *index;
    const struct rules *rules;
    const struct instrument *instrument;
    enum symbology_convention convention;
    struct slice suffix; /* of the symbol, as far as it says which security is meant */
    struct date date;    /* of the message */
    struct match_result *result;
    bool led_by_symbol; /* tag 55 or its like led to the candidates */
};

#define ROLE_BIT(role) (UINT32_C(1) << (role))

_Static_assert(MASTER_ROLE_COUNT <= 32, "roles are kept as bits of 32");

/* ---- match_verdicts: what is said ---- */

/* Adds a verdict if the rules report its kind. `roles`: the columns that say what was expected, as bits. */
void match_add(struct matching *m, struct verdict verdict, uint32_t roles);
void match_add_on_tag(struct matching *m, enum discrepancy_kind kind, enum match_step step, uint32_t tag,
                      struct slice observed, uint32_t roles);
void match_add_on_symbol(struct matching *m, enum discrepancy_kind kind, enum match_step step);
void match_add_on_clue(struct matching *m, enum discrepancy_kind kind, const struct clue *clue, uint32_t roles);

/* What the row has where the verdict looked. */
struct slice match_expected(const struct matching *m, const struct verdict *verdict, uint32_t roles,
                            const struct security *row);

/* Tells that a key was looked up. */
void match_tell_lookup(const struct matching *m, const char *why, enum identifier_kind kind, struct slice key,
                       size_t rows);

/* Looks up rows and appends them to the candidates, and tells so. -1 without memory. */
int match_look_up(struct matching *m, const char *why, enum identifier_kind kind, struct slice key, struct error *e);

/* ---- match_identifiers: what the identifiers lead to ---- */

void match_collect_clues(struct matching *m);

/* Looks all identifiers up and fills the candidates. */
int match_find_by_identifiers(struct matching *m, struct error *e);

/* Whether the look-up that led to the row is the first that would be made, so that the row is the only candidate, and
 * the row bears out all other identifiers. Sets led_by_symbol. */
bool match_is_led_to(struct matching *m, const struct index_lookup *ahead, const struct index_row *row);

/* The verdicts where some were found. Returns whether there is a conflict. */
bool match_judge_identifiers(struct matching *m);

/* The verdicts where none was found. Returns whether there are any reasons to give, so that all else is only a hint. */
bool match_judge_missing_identifiers(struct matching *m);

/* Fills the candidates by what an invalid identifier looks like. */
int match_hint_by_looks(struct matching *m, struct error *e);

/* Says what an identifier without a known source looks like. */
void match_look_at_unknown(struct clue *clue);

/* ---- match_symbol: what the symbol leads to ---- */

/* Fills the candidates by the symbol. *is_stale: by a name that it no longer has. */
int match_find_by_symbol(struct matching *m, bool *is_stale, struct error *e);

/* How a row's symbol agrees with the instrument's: enum agreement. */
int match_judge_symbol(const void *matching, const struct index_row *row);

/* Whether the row's symbol is what the instrument's is called by now. */
bool match_is_renamed(struct matching *m, const struct security *row);

/* ---- match_steps: comparing ---- */

void match_compare_all(struct matching *m);

/* Whether that would find nothing if the row, of which match_is_led_to was true, were the only candidate and
 * the symbol meant one spelling only. */
bool match_row_agrees(const struct matching *m, const struct index_row *row);

/* Keeps, of candidates that are a hint, those that agree best in exchange and currency. */
void match_narrow_hint(struct matching *m);

#endif
