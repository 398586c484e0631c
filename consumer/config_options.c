#include "config_options.h"

#include "core/escape.h"
#include "log.h"

const struct config_option config_options[] = {
#define X(section, key, type, member, min, max, preset, example, sentence)                                             \
    {section, key, CONFIG_##type, offsetof(struct config, member), min, max, preset, example, sentence},
    CONFIG_OPTIONS(X)
#undef X
        {0},
};

const struct config_section config_sections[] = {
#define X(name, sentence) {name, sentence},
    CONFIG_SECTIONS(X)
#undef X
        {0},
};

const struct config_named config_named[CONFIG_NAMED_TYPE_COUNT] = {
#define X(type, section, prefix, name, value, sentence) {section, prefix, name, value, sentence},
    CONFIG_NAMED(X)
#undef X
};

const struct config_prefix config_prefixes[] = {
    {"master", CONFIG_COLUMN_PREFIX},
    {"rules", CONFIG_STEP_PREFIX},
#define X(type, section, prefix, name, value, sentence) {section, prefix},
    CONFIG_NAMED(X)
#undef X
        {0},
};

const char *config_type_name(enum config_type type)
{
    static const char *const names[CONFIG_TYPE_COUNT] = {
        [CONFIG_STRING] = "string",
        [CONFIG_PATH] = "path",
        [CONFIG_LIST] = "list",
        [CONFIG_FILES] = "list of paths",
        [CONFIG_KEYS] = "list",
        [CONFIG_SIZE] = "size",
        [CONFIG_DURATION] = "duration",
        [CONFIG_COUNT] = "number",
        [CONFIG_DELIMITER] = "character",
        [CONFIG_FRAMING] = "choice",
        [CONFIG_START] = "choice",
        [CONFIG_DELIVERY] = "choice",
        [CONFIG_RESIDENCE] = "choice",
        [CONFIG_LOG_LEVEL] = "choice",
        [CONFIG_ROWS] = "number",
        [CONFIG_ENCODING] = "choice",
        [CONFIG_PSEUDO_CUSIPS] = "choice",
        [CONFIG_SHORT_CUSIPS] = "choice",
        [CONFIG_CONVENTION] = "choice",
        [CONFIG_TOLERANCES] = "list",
        [CONFIG_PERCENT] = "share",
        [CONFIG_STORM_ACTION] = "choice",
        [CONFIG_READY_FILE] = "choice",
    };
    return names[type];
}

bool config_type_is_list(enum config_type type)
{
    return type == CONFIG_LIST || type == CONFIG_FILES || type == CONFIG_KEYS || type == CONFIG_TOLERANCES;
}

bool config_type_is_text(enum config_type type)
{
    return type == CONFIG_STRING || type == CONFIG_PATH || type == CONFIG_DELIMITER;
}

const char *const *config_choices(enum config_type type)
{
    static const char *const framing[] = {[FRAMING_STRICT] = "strict", [FRAMING_LOG] = "log", NULL};
    static const char *const start[] = {[START_EARLIEST] = "earliest", [START_LATEST] = "latest", NULL};
    static const char *const delivery[] = {
        [DELIVERY_EXACTLY_ONCE] = "exactly-once", [DELIVERY_AT_LEAST_ONCE] = "at-least-once", NULL};
    static const char *const storm_action[] = {[STORM_ALERT] = "alert", [STORM_PAUSE] = "pause", NULL};
    static const char *const ready_file[] = {[READY_NONE] = "none", [READY_AUTO] = "auto",     [READY_DONE] = "done",
                                             [READY_MD5] = "md5",   [READY_SHA256] = "sha256", NULL};
    static const char *const residence[] = {
        [RESIDENCE_ON_DEMAND] = "on-demand", [RESIDENCE_POPULATED] = "populated", [RESIDENCE_LOCKED] = "locked", NULL};
    static const char *const level[] = {[LOG_LEVEL_ERROR] = "error",
                                        [LOG_LEVEL_WARNING] = "warning",
                                        [LOG_LEVEL_INFO] = "info",
                                        [LOG_LEVEL_DEBUG] = "debug",
                                        NULL};
    static const char *const encoding[MASTER_ENCODING_COUNT + 1] = {
#define X(name, text) text,
        MASTER_ENCODINGS(X)
#undef X
    };
    static const char *const pseudo_cusips[] = {
        [PSEUDO_CUSIPS_NO] = "no", [PSEUDO_CUSIPS_OPTIONS] = "options", [PSEUDO_CUSIPS_YES] = "yes", NULL};
    static const char *const short_cusips[] = {
        [SHORT_CUSIPS_REPORT] = "report", [SHORT_CUSIPS_ACCEPT] = "accept", NULL};
    /* FIX, the last one, is for messages only: they have the suffix apart. */
    static const char *const convention[] = {[SYMBOLOGY_NONE] = "none",
#define X(name) [SYMBOLOGY_##name] = SYMBOLOGY_##name == SYMBOLOGY_FIX ? NULL : #name,
                                             SYMBOLOGY_CONVENTIONS(X)
#undef X
    };
    switch (type) {
    case CONFIG_FRAMING:
        return framing;
    case CONFIG_START:
        return start;
    case CONFIG_DELIVERY:
        return delivery;
    case CONFIG_RESIDENCE:
        return residence;
    case CONFIG_LOG_LEVEL:
        return level;
    case CONFIG_ENCODING:
        return encoding;
    case CONFIG_PSEUDO_CUSIPS:
        return pseudo_cusips;
    case CONFIG_SHORT_CUSIPS:
        return short_cusips;
    case CONFIG_CONVENTION:
        return convention;
    case CONFIG_STORM_ACTION:
        return storm_action;
    case CONFIG_READY_FILE:
        return ready_file;
    default:
        return NULL;
    }
}

char config_delimiter(const char *value)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"comma", ','}, {"tab", '\t'}, {"\\t", '\t'}, {"pipe", '|'}, {"semicolon", ';'}};
    char byte = strlen(value) == 1 ? value[0] : '\0';

    if (strlen(value) == ESCAPE_LEN)
        (void)escape_read(slice_of(value), &byte);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(value, names[i].name) == 0)
            return names[i].character;
    return byte == '"' || byte == '\r' || byte == '\n' ? '\0' : byte;
}
