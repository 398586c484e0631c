#include "conventions.h"

#include <assert.h>
#include <stdlib.h>

#include "exchange.h"
#include "name_table.h"

#define ANY_LEN (sizeof CONVENTIONS_ANY - 1)

/* The value of each name is its convention. */
struct conventions {
    struct name_table *sessions; /* "SENDER/TARGET" */
    struct name_table *topics;
    struct name_table *mics; /* in upper case */
};

static_assert(CONVENTIONS_NAME_MAX <= NAME_TABLE_NAME_MAX && CONVENTIONS_MAX <= NAME_TABLE_MAX, "a table holds them");

struct conventions *conventions_new(void)
{
    struct conventions *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->sessions = name_table_new();
    c->topics = name_table_new();
    c->mics = name_table_new();
    if (c->sessions == NULL || c->topics == NULL || c->mics == NULL) {
        conventions_free(c);
        return NULL;
    }
    return c;
}

void conventions_free(struct conventions *conventions)
{
    if (conventions == NULL)
        return;
    name_table_free(conventions->sessions);
    name_table_free(conventions->topics);
    name_table_free(conventions->mics);
    free(conventions);
}

static int set(struct conventions *c, struct name_table *table, struct slice name, enum symbology_convention convention,
               struct error *e)
{
    uint32_t count = name_table_count(c->sessions) + name_table_count(c->topics) + name_table_count(c->mics);
    uint32_t entry;

    if (name.len == 0 || name.len > CONVENTIONS_NAME_MAX)
        return error_set(e, ERROR_CONFIG, "a name of %zu bytes; it has 1 to %u", name.len, CONVENTIONS_NAME_MAX);
    if (count == CONVENTIONS_MAX && name_table_find(table, name) == NAME_TABLE_NONE)
        return error_set(e, ERROR_CONFIG, "more than %u sessions, topics and markets", CONVENTIONS_MAX);
    entry = name_table_add(table, name);
    if (entry == NAME_TABLE_NONE)
        return error_set(e, ERROR_INTERNAL, "no memory for conventions");
    name_table_set_value(table, entry, (uint32_t)convention);
    return 0;
}

/* A CompID may hold a slash itself: any one that has something on either side will do. */
static bool is_session(struct slice session)
{
    for (size_t i = 1; i + 1 < session.len; i++)
        if (session.ptr[i] == '/')
            return true;
    return false;
}

int conventions_set_session(struct conventions *conventions, struct slice session, enum symbology_convention convention,
                            struct error *e)
{
    if (!is_session(session))
        return error_set(e, ERROR_CONFIG, "'%.*s' is no session: write SENDER/TARGET, with * for any of either",
                         SLICE_FORMAT(session));
    if (slice_equal_text(session, CONVENTIONS_ANY "/" CONVENTIONS_ANY))
        return error_set(e, ERROR_CONFIG, "'*/*' is every session: set the convention of the topic instead");
    return set(conventions, conventions->sessions, session, convention, e);
}

int conventions_set_topic(struct conventions *conventions, struct slice topic, enum symbology_convention convention,
                          struct error *e)
{
    return set(conventions, conventions->topics, topic, convention, e);
}

int conventions_set_mic(struct conventions *conventions, struct slice mic, enum symbology_convention convention,
                        struct error *e)
{
    char folded[EXCHANGE_MIC_LEN];

    if (!exchange_mic_from_text(mic, folded))
        return error_set(e, ERROR_CONFIG, "'%.*s' is no MIC: it has four letters or digits (ISO 10383)",
                         SLICE_FORMAT(mic));
    return set(conventions, conventions->mics, slice_make(folded, sizeof folded), convention, e);
}

static enum symbology_convention find(const struct name_table *table, struct slice name)
{
    uint32_t entry = name_table_find(table, name);

    return entry != NAME_TABLE_NONE ? (enum symbology_convention)name_table_value(table, entry) : SYMBOLOGY_NONE;
}

static enum symbology_convention find_session(const struct name_table *sessions, struct slice sender,
                                              struct slice target)
{
    char name[CONVENTIONS_NAME_MAX];

    if (sender.len >= sizeof name || target.len >= sizeof name - sender.len)
        return SYMBOLOGY_NONE;
    if (sender.len > 0)
        memcpy(name, sender.ptr, sender.len);
    name[sender.len] = '/';
    if (target.len > 0)
        memcpy(name + sender.len + 1, target.ptr, target.len);
    return find(sessions, slice_make(name, sender.len + 1 + target.len));
}

static enum symbology_convention of_session(const struct name_table *sessions, struct slice sender, struct slice target)
{
    struct slice any = slice_make(CONVENTIONS_ANY, ANY_LEN);
    enum symbology_convention convention;

    if (name_table_count(sessions) == 0)
        return SYMBOLOGY_NONE;
    convention = find_session(sessions, sender, target);
    if (convention == SYMBOLOGY_NONE)
        convention = find_session(sessions, sender, any);
    if (convention == SYMBOLOGY_NONE)
        convention = find_session(sessions, any, target);
    return convention;
}

enum symbology_convention conventions_of_message(const struct conventions *conventions, struct slice sender,
                                                 struct slice target, struct slice topic)
{
    enum symbology_convention convention;

    if (conventions == NULL)
        return SYMBOLOGY_NONE;
    convention = of_session(conventions->sessions, sender, target);
    return convention != SYMBOLOGY_NONE ? convention : find(conventions->topics, topic);
}

enum symbology_convention conventions_of_mic(const struct conventions *conventions, struct slice mic)
{
    char folded[EXCHANGE_MIC_LEN];

    if (conventions == NULL || name_table_count(conventions->mics) == 0 || !exchange_mic_from_text(mic, folded))
        return SYMBOLOGY_NONE;
    return find(conventions->mics, slice_make(folded, sizeof folded));
}
