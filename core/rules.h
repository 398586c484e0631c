/* rules: which kinds of discrepancy are reported, and how severe each is. A plain value, set up once. */
#ifndef FIXWARDEN_CORE_RULES_H
#define FIXWARDEN_CORE_RULES_H

#include <stdbool.h>

#include "error.h"
#include "slice.h"

/* X(name, default severity). The order is that of the Avro enum behind OTHER; append only. */
#define DISCREPANCY_KINDS(X)                                                                                           \
    X(UNKNOWN_SECURITY, HIGH)                                                                                          \
    X(SYMBOL_MISMATCH, HIGH)                                                                                           \
    X(SYMBOL_FORMAT_VARIANT, LOW)                                                                                      \
    X(IDENTIFIER_CONFLICT, CRITICAL)                                                                                   \
    X(INVALID_IDENTIFIER, MEDIUM)                                                                                      \
    X(AMBIGUOUS_SECURITY, MEDIUM)                                                                                      \
    X(CURRENCY_MISMATCH, HIGH)                                                                                         \
    X(EXCHANGE_MISMATCH, MEDIUM)                                                                                       \
    X(SECURITY_TYPE_MISMATCH, MEDIUM)                                                                                  \
    X(MATURITY_MISMATCH, HIGH)                                                                                         \
    X(CONTRACT_MISMATCH, HIGH)                                                                                         \
    X(INACTIVE_SECURITY, HIGH)                                                                                         \
    X(MISSING_IDENTIFIER, MEDIUM)

enum discrepancy_kind {
#define X(name, severity) DISCREPANCY_##name,
    DISCREPANCY_KINDS(X)
#undef X
        DISCREPANCY_KIND_COUNT,
};

#define SEVERITIES(X)                                                                                                  \
    X(LOW)                                                                                                             \
    X(MEDIUM)                                                                                                          \
    X(HIGH)                                                                                                            \
    X(CRITICAL)

enum severity {
#define X(name) SEVERITY_##name,
    SEVERITIES(X)
#undef X
        SEVERITY_COUNT,
};

#define RULES_ID_MAX 64 /* bytes with the NUL */

struct rules {
    enum severity severity[DISCREPANCY_KIND_COUNT];
    bool reported[DISCREPANCY_KIND_COUNT]; /* false: found, but not published and not counted as discrepant */
    bool references;                       /* benchmark, peg and trigger instruments are checked, too */
    char id[RULES_ID_MAX]; /* "NAME-0123456789abcdef": name and digest; kept up by the functions below */
};

/* Everything reported, with the severities above; name "default". */
void rules_default(struct rules *rules);

/* Sets how one kind is treated: `level` is a severity's name or "off", case aside. ERROR_CONFIG names what is not
 * known. */
int rules_set(struct rules *rules, struct slice kind, struct slice level, struct error *e);

/* Whether instruments are checked that are not traded but referred to: benchmark, peg, trigger. At first they are
 * not. */
void rules_set_references(struct rules *rules, bool checked);

/* Gives the rule set a name of 1 to 32 letters, digits, '-', '_' or '.'. */
int rules_set_name(struct rules *rules, struct slice name, struct error *e);

const char *discrepancy_kind_name(enum discrepancy_kind kind);
const char *severity_name(enum severity severity);

#endif
