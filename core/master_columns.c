#include "master_columns.h"

#include <stdio.h>

/* Every synonym of the role's, preferred one first, between bars. */
static const char *role_synonyms(enum master_role role)
{
    static const char *const synonyms[MASTER_ROLE_COUNT] = {
#define X(name, text, kind, list) list,
        MASTER_ROLES(X)
#undef X
    };
    return synonyms[role];
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the header's name is the synonym, case, spaces and underscores aside. */
static bool is_synonym(struct slice name, struct slice synonym)
{
    size_t at = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == ' ' || name.ptr[i] == '_')
            continue;
        if (at == synonym.len || fold(name.ptr[i]) != synonym.ptr[at])
            return false;
        at++;
    }
    return at == synonym.len;
}

static uint32_t find_synonym(const struct slice *names, uint32_t count, struct slice synonym)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_synonym(names[i], synonym))
            return i;
    return MASTER_NO_COLUMN;
}

static uint32_t find_by_synonyms(const struct slice *names, uint32_t count, enum master_role role)
{
    const char *at = role_synonyms(role);

    for (;;) {
        const char *bar = strchrnul(at, '|');
        uint32_t column = find_synonym(names, count, slice_make(at, (size_t)(bar - at)));

        if (column != MASTER_NO_COLUMN || *bar == '\0')
            return column;
        at = bar + 1;
    }
}

/* The header's names for a sentence; a long list is cut. */
static const char *list_names(const struct slice *names, uint32_t count, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        if (used + names[i].len + sizeof ", ..." > size) {
            snprintf(text + used, size - used, "...");
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%.*s%s", SLICE_FORMAT(names[i]), i + 1 < count ? ", " : "");
    }
    return text;
}

/* The one column with exactly that name. */
static int find_named(const struct slice *names, uint32_t count, const char *wanted, const char *purpose,
                      uint32_t *column, struct error *e)
{
    char list[512];

    *column = MASTER_NO_COLUMN;
    for (uint32_t i = 0; i < count; i++) {
        if (!slice_equal_text(names[i], wanted))
            continue;
        if (*column != MASTER_NO_COLUMN)
            return error_set(e, ERROR_CONFIG, "columns %u and %u are both named '%s', which is to be %s", *column + 1,
                             i + 1, wanted, purpose);
        *column = i;
    }
    if (*column == MASTER_NO_COLUMN)
        return error_set(e, ERROR_CONFIG, "no column is named '%s', which is to be %s; the header has: %s", wanted,
                         purpose, list_names(names, count, list, sizeof list));
    return 0;
}

static int find_role(const struct slice *names, uint32_t count, const char *mapped, enum master_role role,
                     uint32_t *column, struct error *e)
{
    char purpose[64];

    *column = MASTER_NO_COLUMN;
    if (mapped == NULL) {
        *column = find_by_synonyms(names, count, role);
        return 0;
    }
    if (mapped[0] == '\0')
        return 0;
    snprintf(purpose, sizeof purpose, "the %s", master_role_name(role));
    return find_named(names, count, mapped, purpose, column, e);
}

static bool is_key_role(enum master_role role)
{
    enum identifier_kind kind = master_role_kind(role);
    return kind != IDENTIFIER_UNKNOWN && identifier_kind_is_key(kind);
}

static bool has_key_column(const struct master_columns *columns)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (columns->role[role] != MASTER_NO_COLUMN && is_key_role(role))
            return true;
    return false;
}

static int refuse_without_key(const struct slice *names, uint32_t count, struct error *e)
{
    char list[512];
    char roles[256] = "";
    size_t used = 0;

    for (enum master_role role = 0; role < MASTER_ROLE_COUNT && used < sizeof roles; role++)
        if (is_key_role(role))
            used += (size_t)snprintf(roles + used, sizeof roles - used, "%s%s", used > 0 ? ", " : "",
                                     master_role_name(role));
    return error_set(e, ERROR_DATA,
                     "no column identifies a security; the header has: %s; recognised are %s, and their usual synonyms",
                     list_names(names, count, list, sizeof list), roles);
}

int master_columns_recognise(const struct slice *names, uint32_t count, const struct master_options *options,
                             struct master_columns *out, struct error *e)
{
    memset(out, 0, sizeof *out);
    out->count = count;
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (find_role(names, count, options->any_columns ? "" : options->role_column[role], role, &out->role[role],
                      e) != 0)
            return -1;
    for (size_t i = 0; i < options->carried_count; i++)
        if (find_named(names, count, options->carried[i], "carried along", &out->carried[i], e) != 0)
            return -1;
    out->carried_count = options->carried_count;
    return options->any_columns || has_key_column(out) ? 0 : refuse_without_key(names, count, e);
}
