#include "rules.h"

#include <stdio.h>
#include <xxhash.h>

#define NAME_MAX_LEN 32
#define NAME_DIGEST_LEN 17 /* "-" and 16 hexadecimal digits */

static const char *const kind_names[DISCREPANCY_KIND_COUNT] = {
#define X(name, severity) #name,
    DISCREPANCY_KINDS(X)
#undef X
};

static const char *const severity_names[SEVERITY_COUNT] = {
#define X(name) #name,
    SEVERITIES(X)
#undef X
};

const char *discrepancy_kind_name(enum discrepancy_kind kind)
{
    return kind_names[kind];
}

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

/* The id's digest covers what the rules do, so that two rule sets under one name can be told apart. */
static void set_id(struct rules *rules, struct slice name)
{
    unsigned char content[DISCREPANCY_KIND_COUNT + 1];
    size_t size = DISCREPANCY_KIND_COUNT;

    for (int k = 0; k < DISCREPANCY_KIND_COUNT; k++)
        content[k] = rules->reported[k] ? (unsigned char)(1 + rules->severity[k]) : 0;
    if (rules->references)
        content[size++] = 1;
    snprintf(rules->id, sizeof rules->id, "%.*s-%016llx", SLICE_FORMAT(name),
             (unsigned long long)XXH3_64bits(content, size));
}

static struct slice current_name(const struct rules *rules, char copy[RULES_ID_MAX])
{
    size_t len = strlen(rules->id) - NAME_DIGEST_LEN;

    memcpy(copy, rules->id, len);
    return slice_make(copy, len);
}

void rules_default(struct rules *rules)
{
    static const enum severity severities[DISCREPANCY_KIND_COUNT] = {
#define X(name, severity) SEVERITY_##severity,
        DISCREPANCY_KINDS(X)
#undef X
    };

    memcpy(rules->severity, severities, sizeof severities);
    for (int k = 0; k < DISCREPANCY_KIND_COUNT; k++)
        rules->reported[k] = true;
    rules->references = false;
    set_id(rules, slice_of("default"));
}

static int find_name(struct slice name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (slice_equal_nocase(name, slice_of(names[i])))
            return i;
    return -1;
}

int rules_set(struct rules *rules, struct slice kind, struct slice level, struct error *e)
{
    char name[RULES_ID_MAX];
    int k = find_name(kind, kind_names, DISCREPANCY_KIND_COUNT);
    int s = find_name(level, severity_names, SEVERITY_COUNT);
    bool off = slice_equal_nocase(level, slice_of("off"));

    if (k < 0)
        return error_set(e, ERROR_CONFIG, "%.*s is no kind of discrepancy", SLICE_FORMAT(kind));
    if (s < 0 && !off)
        return error_set(e, ERROR_CONFIG, "%.*s is no severity: low, medium, high, critical or off",
                         SLICE_FORMAT(level));
    rules->reported[k] = !off;
    if (!off)
        rules->severity[k] = (enum severity)s;
    set_id(rules, current_name(rules, name));
    return 0;
}

void rules_set_references(struct rules *rules, bool checked)
{
    char name[RULES_ID_MAX];

    rules->references = checked;
    set_id(rules, current_name(rules, name));
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

int rules_set_name(struct rules *rules, struct slice name, struct error *e)
{
    bool good = name.len >= 1 && name.len <= NAME_MAX_LEN;

    for (size_t i = 0; good && i < name.len; i++)
        good = is_name_character(name.ptr[i]);
    if (!good)
        return error_set(e, ERROR_CONFIG, "the name of a rule set has 1 to %d letters, digits, '-', '_' or '.'",
                         NAME_MAX_LEN);
    set_id(rules, name);
    return 0;
}
