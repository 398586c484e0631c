#include "rules.h"

#include <stdio.h>
#include <xxhash.h>

#include "ascii.h"

static const char *const kind_names[DISCREPANCY_KIND_COUNT] = {
#define X(name, severity) #name,
    DISCREPANCY_KINDS(X)
#undef X
};

static const char *const step_names[MATCH_STEP_COUNT] = {
#define X(name, text) text,
    MATCH_STEPS(X)
#undef X
};

const char *discrepancy_kind_name(enum discrepancy_kind kind)
{
    return kind_names[kind];
}

const char *match_step_name(enum match_step step)
{
    return step < 0 ? "none" : step_names[step];
}

void rules_default(struct rules *rules)
{
    static const enum severity severities[DISCREPANCY_KIND_COUNT] = {
#define X(name, severity) SEVERITY_##severity,
        DISCREPANCY_KINDS(X)
#undef X
    };

    *rules = (struct rules){.name = "default"};
    memcpy(rules->severity, severities, sizeof severities);
    for (int k = 0; k < DISCREPANCY_KIND_COUNT; k++)
        rules->reported[k] = true;
    for (int s = 0; s < MATCH_STEP_COUNT; s++) {
        rules->compared[s] = true;
        rules->step_severity[s] = -1;
    }
    identifier_sources_default(&rules->sources);
    rules_finish(rules, slice_of(""));
}

void rules_free(struct rules *rules)
{
    conventions_free(rules->conventions);
    renames_free(rules->renames);
    exchanges_free(rules->exchanges);
    severity_rules_free(rules->severities);
    identifier_sources_free(&rules->sources);
    rules->conventions = NULL;
    rules->renames = NULL;
    rules->exchanges = NULL;
    rules->severities = NULL;
}

/* ---- setting ---- */

static int find_name(struct slice name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (slice_equal_nocase(name, slice_of(names[i])))
            return i;
    return -1;
}

static int read_level(struct slice text, int *level, struct error *e)
{
    *level = severity_from_name(text);
    return *level >= 0 ? 0
                       : error_set(e, ERROR_CONFIG, "'%.*s' is no severity: low, medium, high, critical or off",
                                   SLICE_FORMAT(text));
}

int rules_set(struct rules *rules, struct slice kind, struct slice level, struct error *e)
{
    int k = find_name(kind, kind_names, DISCREPANCY_KIND_COUNT);
    int l;

    if (k < 0)
        return error_set(e, ERROR_CONFIG, "'%.*s' is no kind of discrepancy", SLICE_FORMAT(kind));
    if (read_level(level, &l, e) != 0)
        return -1;
    rules->reported[k] = l != SEVERITY_OFF;
    if (l != SEVERITY_OFF)
        rules->severity[k] = (enum severity)l;
    return 0;
}

int rules_set_step(struct rules *rules, struct slice step, struct slice level, struct error *e)
{
    int s = find_name(step, step_names, MATCH_STEP_COUNT);
    int l;

    if (s < 0)
        return error_set(e, ERROR_CONFIG, "'%.*s' is no step of the comparison", SLICE_FORMAT(step));
    if (read_level(level, &l, e) != 0)
        return -1;
    rules->compared[s] = l != SEVERITY_OFF;
    rules->step_severity[s] = l != SEVERITY_OFF ? l : -1;
    return 0;
}

static bool is_name_character(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.';
}

int rules_set_name(struct rules *rules, struct slice name, struct error *e)
{
    bool good = name.len >= 1 && name.len <= RULES_NAME_MAX;

    for (size_t i = 0; good && i < name.len; i++)
        good = is_name_character(name.ptr[i]);
    if (!good)
        return error_set(e, ERROR_CONFIG, "the name of a rule set has 1 to %d letters, digits, '-', '_' or '.'",
                         RULES_NAME_MAX);
    memcpy(rules->name, name.ptr, name.len);
    rules->name[name.len] = '\0';
    return 0;
}

/* ---- the id ---- */

/* What the rules do by their own members, a byte for each, and by those of severity. */
static uint64_t digest_of_members(const struct rules *rules)
{
    unsigned char content[64]; /* more than are used, since xxhash looks at inputs in words */
    size_t size = 0;
    _Static_assert(DISCREPANCY_KIND_COUNT + MATCH_STEP_COUNT + 4 <= sizeof content, "all of it fits");

    for (int k = 0; k < DISCREPANCY_KIND_COUNT; k++)
        content[size++] = rules->reported[k] ? (unsigned char)(1 + rules->severity[k]) : 0;
    for (int s = 0; s < MATCH_STEP_COUNT; s++)
        content[size++] = rules->compared[s] ? (unsigned char)(2 + rules->step_severity[s]) : 0;
    content[size++] = rules->references;
    content[size++] = (unsigned char)rules->pseudo_cusips;
    content[size++] = rules->accept_short_cusips;
    content[size++] = (unsigned char)rules->master_convention;
    return XXH3_64bits_withSeed(content, size, severity_rules_digest(rules->severities));
}

void rules_finish(struct rules *rules, struct slice settings)
{
    uint64_t digest = XXH3_64bits_withSeed(settings.ptr, settings.len, digest_of_members(rules));

    snprintf(rules->id, sizeof rules->id, "%s-%016llx", rules->name, (unsigned long long)digest);
}
