/* gen_plan: what the check must find in the generated messages, as JSON lines in the order of the messages.
 *
 * One line for each discrepancy and each dead letter, and a summary as the last one, so that a plan without it is
 * known to be cut. The kinds and reasons are those of core/README.md, listed here again on purpose: the plan must not
 * follow the code that it tests. One thread; errors stick in the output. */
#ifndef FIXWARDEN_TESTS_GEN_PLAN_H
#define FIXWARDEN_TESTS_GEN_PLAN_H

#include <stdint.h>

#include "gen_output.h"

#define PLAN_KINDS(X)                                                                                                  \
    X(UNKNOWN_SECURITY)                                                                                                \
    X(SYMBOL_MISMATCH)                                                                                                 \
    X(SYMBOL_FORMAT_VARIANT)                                                                                           \
    X(IDENTIFIER_CONFLICT)                                                                                             \
    X(INVALID_IDENTIFIER)                                                                                              \
    X(AMBIGUOUS_SECURITY)                                                                                              \
    X(CURRENCY_MISMATCH)                                                                                               \
    X(EXCHANGE_MISMATCH)                                                                                               \
    X(SECURITY_TYPE_MISMATCH)                                                                                          \
    X(MATURITY_MISMATCH)                                                                                               \
    X(CONTRACT_MISMATCH)                                                                                               \
    X(INACTIVE_SECURITY)                                                                                               \
    X(MISSING_IDENTIFIER)

#define PLAN_REASONS(X)                                                                                                \
    X(EMPTY)                                                                                                           \
    X(NOT_FIX)                                                                                                         \
    X(BEGIN_STRING)                                                                                                    \
    X(BODY_LENGTH)                                                                                                     \
    X(TRUNCATED)                                                                                                       \
    X(BODY_LENGTH_MISMATCH)                                                                                            \
    X(CHECKSUM_FORMAT)                                                                                                 \
    X(CHECKSUM)                                                                                                        \
    X(MSG_TYPE)                                                                                                        \
    X(FIELD)                                                                                                           \
    X(DATA_LENGTH)                                                                                                     \
    X(TOO_MANY_IDENTIFIERS)

enum plan_kind {
#define X(name) PLAN_##name,
    PLAN_KINDS(X)
#undef X
        PLAN_KIND_COUNT,
};

enum plan_reason {
#define X(name) PLAN_REASON_##name,
    PLAN_REASONS(X)
#undef X
        PLAN_REASON_COUNT,
};

struct plan {
    struct output *output; /* borrowed */
    uint64_t message;      /* which one the next lines are about; the caller counts */
    uint64_t matched;      /* messages; the caller counts */
    uint64_t discrepant;
    uint64_t malformed;
    uint64_t ignored;
    uint64_t by_kind[PLAN_KIND_COUNT]; /* discrepancies */
    uint64_t by_reason[PLAN_REASON_COUNT];
};

/* `observed` and `expected` are borrowed for the call; NULL is null, and so is an empty `expected`: a blank column. */
void plan_discrepancy(struct plan *plan, enum plan_kind kind, int tag, int identifier_position, const char *observed,
                      const char *expected);
void plan_dead_letter(struct plan *plan, enum plan_reason reason);
void plan_summary(struct plan *plan);

#endif
