#include "severity.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "ascii.h"
#include "attribute.h"
#include "escape.h"
#include "instrument.h"
#include "rules.h"

#define ARROW "->"
#define CURRENCY_MIN 3 /* bytes of a code, by ISO 4217 */
#define KNOWN_MAX 512  /* bytes of a list of known names */

/* X(NAME, how it starts) */
#define CONDITIONS(X)                                                                                                  \
    X(KIND, "kind=")                                                                                                   \
    X(STEP, "step=")                                                                                                   \
    X(TYPE, "type=")                                                                                                   \
    X(SENDER, "sender=")                                                                                               \
    X(TARGET, "target=")                                                                                               \
    X(ROLE, "role=")                                                                                                   \
    X(NOTIONAL, "notional>=")

enum condition_type {
#define X(name, start) CONDITION_##name,
    CONDITIONS(X)
#undef X
        CONDITION_TYPE_COUNT,
};

static const char *const starts[CONDITION_TYPE_COUNT] = {
#define X(name, start) start,
    CONDITIONS(X)
#undef X
};

/* Borrowed from the rule's text. */
struct value {
    struct slice text; /* of type, sender, target; of notional the currency, not its minor unit */
    bool is_minor;     /* the amount is in hundredths of the currency */
    struct decimal amount;
};

struct condition {
    enum condition_type type;
    uint32_t numbers;     /* of kind, step and role: a bit for each that is asked for */
    struct value *values; /* of all others */
    size_t count;
};

struct rule {
    char *name;
    char *text;
    struct condition conditions[SEVERITY_CONDITIONS_MAX];
    size_t count;
    enum severity level;
};

struct severity_rules {
    struct rule *items;
    size_t count;
};

/* ---- names ---- */

static const char *const severity_names[SEVERITY_COUNT + 1] = {
#define X(name) #name,
    SEVERITIES(X)
#undef X
        "off",
};

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

static int find_name(struct slice name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (slice_equal_nocase(name, slice_of(names[i])))
            return i;
    return -1;
}

int severity_from_name(struct slice name)
{
    return find_name(name, severity_names, SEVERITY_COUNT + 1);
}

static int refuse_name(struct slice name, const char *const *names, int count, struct error *e)
{
    char known[KNOWN_MAX] = "";
    size_t used = 0;

    for (int i = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", names[i]);
    return error_set(e, ERROR_CONFIG, "'%.*s' is none of %s", SLICE_FORMAT(name), known);
}

/* ---- reading a rule ---- */

/* Cuts what stands before the next `separator` off the front of *rest. */
static struct slice cut(struct slice *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct slice part = slice_make(rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len);
    size_t used = part.len + (end != NULL);

    *rest = slice_make(rest->ptr + used, rest->len - used);
    return part;
}

/* The names of a condition, as bits of their numbers. The first is not to be asked for where `first` is 1. */
static int read_numbers(struct condition *c, struct slice text, const char *const *names, int first, int count,
                        struct error *e)
{
    while (text.len > 0) {
        struct slice name = cut(&text, ',');
        int found = find_name(name, names + first, count - first);

        if (found < 0)
            return refuse_name(name, names + first, count - first, e);
        c->numbers |= UINT32_C(1) << (first + found);
    }
    return 0;
}

static int read_kinds(struct condition *c, struct slice text, struct error *e)
{
    static const char *const names[DISCREPANCY_KIND_COUNT] = {
#define X(name, severity) #name,
        DISCREPANCY_KINDS(X)
#undef X
    };
    _Static_assert(DISCREPANCY_KIND_COUNT <= 32, "one bit for each");

    return read_numbers(c, text, names, 0, DISCREPANCY_KIND_COUNT, e);
}

static int read_steps(struct condition *c, struct slice text, struct error *e)
{
    static const char *const names[MATCH_STEP_COUNT] = {
#define X(name, text) text,
        MATCH_STEPS(X)
#undef X
    };
    _Static_assert(MATCH_STEP_COUNT <= 32, "one bit for each");

    return read_numbers(c, text, names, 0, MATCH_STEP_COUNT, e);
}

static int read_roles(struct condition *c, struct slice text, struct error *e)
{
    static const char *const names[INSTRUMENT_ROLE_COUNT] = {
#define X(name) #name,
        INSTRUMENT_ROLES(X)
#undef X
    };
    _Static_assert(INSTRUMENT_ROLE_COUNT <= 32, "one bit for each");

    return read_numbers(c, text, names, INSTRUMENT_OTHER + 1, INSTRUMENT_ROLE_COUNT, e);
}

/* Whether it is written as codes of currencies are: others are never those of a rule, which are compared as they stand.
 */
static bool is_currency(struct slice code)
{
    static const struct slice minor_units[] = {SLICE_LITERAL("GBp"), SLICE_LITERAL("ZAc"), SLICE_LITERAL("ILa")};

    for (size_t i = 0; i < sizeof minor_units / sizeof *minor_units; i++)
        if (slice_equal(code, minor_units[i]))
            return true;
    for (size_t i = 0; i < code.len; i++)
        if (!ascii_is_upper(code.ptr[i]) && !ascii_is_digit(code.ptr[i]))
            return false;
    return code.len >= CURRENCY_MIN && code.len <= SEVERITY_CURRENCY_MAX;
}

static int read_amount(struct value *value, struct slice text, struct error *e)
{
    struct slice amount = text;
    struct slice currency = cut(&amount, ':');

    value->text = attribute_major_unit(currency, &value->is_minor);
    if (!is_currency(currency) || !decimal_parse(amount, &value->amount) || value->amount.units < 0)
        return error_set(e, ERROR_CONFIG,
                         "'%.*s' is not CURRENCY:AMOUNT, such as USD:1000000: capitals, or GBp, ZAc, ILa, and an exact "
                         "amount of at most 20 digits before the point and %d behind it",
                         SLICE_FORMAT(text), DECIMAL_SCALE);
    return 0;
}

static int read_values(struct condition *c, char *text, size_t len, struct error *e)
{
    struct slice rest = slice_make(text, len);
    size_t count = 1;

    for (size_t i = 0; i < len; i++)
        count += text[i] == ',';
    if (count > SEVERITY_VALUES_MAX)
        return error_set(e, ERROR_CONFIG, "there are more than %u values", SEVERITY_VALUES_MAX);
    c->values = calloc(count, sizeof *c->values);
    if (c->values == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory");
    while (c->count < count) {
        char *start = text + (rest.ptr - text);
        struct slice part = cut(&rest, ',');
        struct value *value = &c->values[c->count++];

        if (c->type == CONDITION_NOTIONAL && read_amount(value, part, e) != 0)
            return -1;
        if (c->type != CONDITION_NOTIONAL)
            value->text = slice_make(part.ptr, escape_decode(start, part.len));
    }
    return 0;
}

/* What stands behind the condition's start, of the rule's own text. */
static int read_condition(struct condition *c, char *text, size_t len, struct error *e)
{
    struct slice values = slice_make(text, len);

    if (len == 0 || text[0] == ',' || text[len - 1] == ',' || memmem(text, len, ",,", 2) != NULL)
        return error_set(e, ERROR_CONFIG, "a value is missing; values are separated by commas, without blanks");
    switch (c->type) {
    case CONDITION_KIND:
        return read_kinds(c, values, e);
    case CONDITION_STEP:
        return read_steps(c, values, e);
    case CONDITION_ROLE:
        return read_roles(c, values, e);
    default:
        return read_values(c, text, len, e);
    }
}

static int add_condition(struct rule *rule, char *word, size_t len, struct error *e)
{
    struct condition *c = &rule->conditions[rule->count];

    if (rule->count == SEVERITY_CONDITIONS_MAX)
        return error_set(e, ERROR_CONFIG, "there are more than %u conditions", SEVERITY_CONDITIONS_MAX);
    for (int type = 0; type < CONDITION_TYPE_COUNT; type++) {
        size_t start = strlen(starts[type]);

        if (len < start || memcmp(word, starts[type], start) != 0)
            continue;
        c->type = (enum condition_type)type;
        rule->count++;
        return read_condition(c, word + start, len - start, e) == 0 ? 0 : error_prefix(e, "%s", starts[type]);
    }
    return error_set(e, ERROR_CONFIG,
                     "'%.*s' is no condition; these are kind=, step=, type=, sender=, target=, role=, notional>=, each "
                     "followed by values that commas separate, without blanks",
                     (int)len, word);
}

static int read_level(struct rule *rule, struct slice text, struct error *e)
{
    int level = severity_from_name(text);

    if (level < 0)
        return refuse_name(text, severity_names, SEVERITY_COUNT + 1, e);
    rule->level = (enum severity)level;
    return rule->count > 0 ? 0 : error_set(e, ERROR_CONFIG, "it has no condition");
}

/* "CONDITION ... -> LEVEL" of the rule's own text. */
static int read_rule(struct rule *rule, struct error *e)
{
    char *at = rule->text;

    for (;;) {
        size_t len;

        at += strspn(at, " \t");
        len = strcspn(at, " \t");
        if (len == 0)
            return error_set(e, ERROR_CONFIG, "it does not end in ' " ARROW " LEVEL'");
        if (slice_equal_text(slice_make(at, len), ARROW))
            return read_level(rule, slice_trim(slice_of(at + len)), e);
        if (add_condition(rule, at, len, e) != 0)
            return -1;
        at += len;
    }
}

/* ---- the rules ---- */

static void clear(struct rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        free(rule->conditions[i].values);
    free(rule->name);
    free(rule->text);
}

struct severity_rules *severity_rules_new(void)
{
    return calloc(1, sizeof(struct severity_rules));
}

void severity_rules_free(struct severity_rules *rules)
{
    if (rules == NULL)
        return;
    for (size_t i = 0; i < rules->count; i++)
        clear(&rules->items[i]);
    free(rules->items);
    free(rules);
}

/* The place of the rule with that name, or a new one at the end, which is still empty. */
static struct rule *place_of(struct severity_rules *rules, struct slice name, struct error *e)
{
    struct rule *items;

    for (size_t i = 0; i < rules->count; i++)
        if (slice_equal_text(name, rules->items[i].name))
            return &rules->items[i];
    if (rules->count == SEVERITY_RULES_MAX) {
        error_set(e, ERROR_CONFIG, "there are more than %u rules", SEVERITY_RULES_MAX);
        return NULL;
    }
    items = reallocarray(rules->items, rules->count + 1, sizeof *items);
    if (items == NULL) {
        error_set(e, ERROR_INTERNAL, "no memory");
        return NULL;
    }
    rules->items = items;
    items[rules->count] = (struct rule){0};
    return &items[rules->count];
}

int severity_rules_set(struct severity_rules *rules, struct slice name, struct slice text, struct error *e)
{
    struct rule *place;
    struct rule rule = {0};

    if (name.len == 0 || name.len > SEVERITY_NAME_MAX)
        return error_set(e, ERROR_CONFIG, "the name of a rule has 1 to %u bytes, and this has %zu", SEVERITY_NAME_MAX,
                         name.len);
    rule.name = strndup(name.ptr, name.len);
    rule.text = text.len > 0 ? strndup(text.ptr, text.len) : strdup("");
    if (rule.name == NULL || rule.text == NULL)
        error_set(e, ERROR_INTERNAL, "no memory");
    else if (read_rule(&rule, e) == 0 && (place = place_of(rules, name, e)) != NULL) {
        rules->count += place == rules->items + rules->count;
        clear(place);
        *place = rule; /* the rules' now */
        return 0;
    }
    clear(&rule);
    return -1;
}

/* ---- which one applies ---- */

static bool is_asked_for(uint32_t numbers, int number)
{
    return number >= 0 && (numbers >> number & 1) != 0;
}

static bool is_value(const struct condition *c, struct slice text)
{
    for (size_t i = 0; i < c->count; i++)
        if (slice_equal(c->values[i].text, text))
            return true;
    return false;
}

static bool times_hundred(struct decimal *amount)
{
    const struct decimal factors[] = {*amount, {(__int128)100 * 1000000000000000000}};

    return decimal_product(factors, 2, amount);
}

/* Whether it reaches the least amount, both in the same currency. A product that does not fit is above all that do. */
static bool reaches(struct decimal amount, bool is_minor, const struct value *least)
{
    struct decimal bound = least->amount;

    if (is_minor && !least->is_minor && !times_hundred(&bound))
        return false;
    if (!is_minor && least->is_minor && !times_hundred(&amount))
        return true;
    return decimal_compare_magnitude(amount, bound) >= 0;
}

static bool has_notional(const struct condition *c, const struct severity_subject *subject)
{
    bool is_minor;
    struct slice currency = attribute_major_unit(subject->currency, &is_minor);

    if (!subject->has_notional || !is_currency(subject->currency))
        return false;
    for (size_t i = 0; i < c->count; i++)
        if (slice_equal(currency, c->values[i].text) && reaches(subject->notional, is_minor, &c->values[i]))
            return true;
    return false;
}

static bool holds(const struct condition *c, const struct severity_subject *subject)
{
    switch (c->type) {
    case CONDITION_KIND:
        return is_asked_for(c->numbers, subject->kind);
    case CONDITION_STEP:
        return is_asked_for(c->numbers, subject->step);
    case CONDITION_ROLE:
        return is_asked_for(c->numbers, subject->role);
    case CONDITION_TYPE:
        return is_value(c, subject->msg_type);
    case CONDITION_SENDER:
        return is_value(c, subject->sender);
    case CONDITION_TARGET:
        return is_value(c, subject->target);
    default:
        return has_notional(c, subject);
    }
}

static bool applies(const struct rule *rule, const struct severity_subject *subject)
{
    for (size_t i = 0; i < rule->count; i++)
        if (!holds(&rule->conditions[i], subject))
            return false;
    return true;
}

/* The first rule that applies, or NULL. */
static const struct rule *find(const struct severity_rules *rules, const struct severity_subject *subject)
{
    for (size_t i = 0; rules != NULL && i < rules->count; i++)
        if (applies(&rules->items[i], subject))
            return &rules->items[i];
    return NULL;
}

int severity_rules_find(const struct severity_rules *rules, const struct severity_subject *subject)
{
    const struct rule *rule = find(rules, subject);

    return rule != NULL ? (int)rule->level : -1;
}

const char *severity_rules_find_name(const struct severity_rules *rules, const struct severity_subject *subject)
{
    const struct rule *rule = find(rules, subject);

    return rule != NULL ? rule->name : NULL;
}

/* ---- the digest ---- */

static uint64_t digest_of_value(const struct value *value)
{
    const uint64_t numbers[] = {value->is_minor, (uint64_t)value->amount.units, (uint64_t)(value->amount.units >> 64)};

    return XXH3_64bits_withSeed(value->text.ptr, value->text.len, XXH3_64bits(numbers, sizeof numbers));
}

/* Sums do not depend on the order of what is added. */
static uint64_t digest_of_rule(const struct rule *rule)
{
    uint64_t content[] = {rule->level, 0};

    for (size_t i = 0; i < rule->count; i++) {
        const struct condition *c = &rule->conditions[i];
        uint64_t condition[] = {c->type, c->numbers, 0};

        for (size_t j = 0; j < c->count; j++)
            condition[2] += digest_of_value(&c->values[j]);
        content[1] += XXH3_64bits(condition, sizeof condition);
    }
    return XXH3_64bits(content, sizeof content);
}

uint64_t severity_rules_digest(const struct severity_rules *rules)
{
    uint64_t digest = 0;

    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        const uint64_t content[] = {digest, digest_of_rule(&rules->items[i])};

        digest = XXH3_64bits(content, sizeof content);
    }
    return digest;
}
