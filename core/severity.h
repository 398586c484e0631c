/* severity: how bad a discrepancy is, by rules of the user: by kind, step, message type, session, role and notional.
 * core/README.md, "How severe it is". Set up once by one thread; read by any number of threads afterwards. */
#ifndef FIXWARDEN_CORE_SEVERITY_H
#define FIXWARDEN_CORE_SEVERITY_H

#include <stdbool.h>
#include <stdint.h>

#include "decimal.h"
#include "error.h"
#include "slice.h"

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
    SEVERITY_OFF = SEVERITY_COUNT, /* not published */
};

#define SEVERITY_RULES_MAX 1000u
#define SEVERITY_NAME_MAX 64u       /* bytes of a rule's name */
#define SEVERITY_CONDITIONS_MAX 16u /* of one rule */
#define SEVERITY_VALUES_MAX 1000u   /* of one condition */
#define SEVERITY_CURRENCY_MAX 8u    /* bytes of a currency: three by ISO 4217, and more where none of it is meant */

struct severity_rules;

struct severity_rules *severity_rules_new(void); /* NULL without memory */
void severity_rules_free(struct severity_rules *rules);

/* Appends a rule "CONDITION ... -> LEVEL"; all is copied. A rule of a name that is there already takes its place: the
 * place in the order, too. ERROR_CONFIG names what cannot be read, and leaves the rules as they were. */
int severity_rules_set(struct severity_rules *rules, struct slice name, struct slice text, struct error *e);

/* What conditions ask for. Numbers are those of enum discrepancy_kind, match_step and instrument_role; a step of -1 is
 * none. */
struct severity_subject {
    int kind;
    int step;
    int role;
    struct slice msg_type;
    struct slice sender;
    struct slice target;
    bool has_notional;
    struct decimal notional;
    struct slice currency; /* as it stands */
};

/* The level of the first rule that applies; -1 where none does. `rules` may be NULL. */
int severity_rules_find(const struct severity_rules *rules, const struct severity_subject *subject);

/* The name of that rule, or NULL. Borrowed from the rules. */
const char *severity_rules_find_name(const struct severity_rules *rules, const struct severity_subject *subject);

/* The same for rules that do the same: whatever their names are, and in whatever order conditions and values stand.
 * `rules` may be NULL. */
uint64_t severity_rules_digest(const struct severity_rules *rules);

/* "LOW", ...; "off" for SEVERITY_OFF. A constant. */
const char *severity_name(enum severity severity);

/* The level with that name, "off" included, case aside; -1 where there is none. */
int severity_from_name(struct slice name);

#endif
