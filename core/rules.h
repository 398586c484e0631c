/* rules: what the user has set of the check: which kinds are reported and how severe each is, what is compared, what
 * the sources of identifiers mean, and how symbols and markets are spelled. Set up once by one thread; read-only
 * afterwards, by any number of threads. */
#ifndef FIXWARDEN_CORE_RULES_H
#define FIXWARDEN_CORE_RULES_H

#include <stdbool.h>

#include "conventions.h"
#include "error.h"
#include "exchange.h"
#include "identifier.h"
#include "renames.h"
#include "severity.h"
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

/* What an instrument is compared by, in that order. X(NAME, name in the configuration) */
#define MATCH_STEPS(X)                                                                                                 \
    X(EXCHANGE, "exchange")                                                                                            \
    X(CURRENCY, "currency")                                                                                            \
    X(SYMBOL, "symbol")                                                                                                \
    X(TYPE, "type")                                                                                                    \
    X(CFI, "cfi")                                                                                                      \
    X(MATURITY, "maturity")                                                                                            \
    X(STRIKE, "strike")                                                                                                \
    X(PUT_CALL, "put_call")                                                                                            \
    X(MULTIPLIER, "multiplier")                                                                                        \
    X(STATUS, "status")

enum match_step {
    MATCH_NO_STEP = -1,
#define X(name, text) MATCH_##name,
    MATCH_STEPS(X)
#undef X
        MATCH_STEP_COUNT,
};

/* Which CUSIPs with a wrong check digit are let pass where the master lacks them. */
enum pseudo_cusips { PSEUDO_CUSIPS_NO, PSEUDO_CUSIPS_OPTIONS, PSEUDO_CUSIPS_YES };

#define RULES_NAME_MAX 32 /* bytes */
#define RULES_ID_MAX 64   /* bytes with the NUL */

struct rules {
    enum severity severity[DISCREPANCY_KIND_COUNT];
    bool reported[DISCREPANCY_KIND_COUNT]; /* false: found, but not published and not counted as discrepant */
    bool references;                       /* benchmark, peg and trigger instruments are checked, too; at first not */
    bool compared[MATCH_STEP_COUNT];
    int step_severity[MATCH_STEP_COUNT]; /* enum severity; -1: that of the kind */
    enum pseudo_cusips pseudo_cusips;
    bool accept_short_cusips;
    struct identifier_sources sources;           /* what tag 22 means */
    enum symbology_convention master_convention; /* how the master spells its symbols */
    struct conventions *conventions;             /* how messages do; NULL: nothing set. Owned, as are these: */
    struct renames *renames;                     /* NULL: none */
    struct exchanges *exchanges;                 /* NULL: the built-in lists */
    struct severity_rules *severities;           /* NULL: none */
    char name[RULES_NAME_MAX + 1];
    char id[RULES_ID_MAX]; /* "NAME-0123456789abcdef": what discrepancies carry; of the last rules_finish */
};

/* Everything reported and compared, with the severities above, and nothing owned; name "default", finished. */
void rules_default(struct rules *rules);

/* Frees what the rules own. */
void rules_free(struct rules *rules);

/* Sets how one kind, or one step, is treated: `level` is a severity's name or "off", case aside. ERROR_CONFIG names
 * what is not known. */
int rules_set(struct rules *rules, struct slice kind, struct slice level, struct error *e);
int rules_set_step(struct rules *rules, struct slice step, struct slice level, struct error *e);

/* Gives the rule set a name of 1 to RULES_NAME_MAX letters, digits, '-', '_' or '.'. */
int rules_set_name(struct rules *rules, struct slice name, struct error *e);

/* Makes the id, after the last of what is set: the name and a digest of the plain members, of the rules for severity,
 * and of `settings`: a text that says what else was set (sources, conventions, renames, markets), the same for the
 * same. */
void rules_finish(struct rules *rules, struct slice settings);

const char *discrepancy_kind_name(enum discrepancy_kind kind);
const char *match_step_name(enum match_step step);

#endif
