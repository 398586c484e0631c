#include "exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "ascii.h"
#include "exchange_mics.h"
#include "exchange_names.h"
#include "name_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The values are MICs, as their four bytes. */
struct exchanges {
    struct name_table *aliases; /* in upper case */
    struct name_table *mics;    /* each with that of its operator; NULL: the built-in list */
};

static_assert(EXCHANGE_MIC_LEN == sizeof(uint32_t), "a value holds a MIC");
static_assert(EXCHANGE_NAME_MAX <= NAME_TABLE_NAME_MAX && EXCHANGE_ALIASES_MAX <= NAME_TABLE_MAX &&
                  EXCHANGE_MICS_MAX <= NAME_TABLE_MAX,
              "a table holds them");

struct exchanges *exchanges_new(void)
{
    struct exchanges *e = calloc(1, sizeof *e);

    if (e == NULL)
        return NULL;
    e->aliases = name_table_new();
    if (e->aliases == NULL) {
        exchanges_free(e);
        return NULL;
    }
    return e;
}

void exchanges_free(struct exchanges *exchanges)
{
    if (exchanges == NULL)
        return;
    name_table_free(exchanges->aliases);
    name_table_free(exchanges->mics);
    free(exchanges);
}

bool exchange_mic_from_text(struct slice text, char mic[EXCHANGE_MIC_LEN])
{
    if (text.len != EXCHANGE_MIC_LEN)
        return false;
    for (size_t i = 0; i < EXCHANGE_MIC_LEN; i++) {
        if (!ascii_is_letter(text.ptr[i]) && !ascii_is_digit(text.ptr[i]))
            return false;
        mic[i] = ascii_to_upper(text.ptr[i]);
    }
    return true;
}

static struct slice fold(struct slice name, char folded[EXCHANGE_NAME_MAX])
{
    for (size_t i = 0; i < name.len; i++)
        folded[i] = ascii_to_upper(name.ptr[i]);
    return slice_make(folded, name.len);
}

static int read_mic(struct slice text, char mic[EXCHANGE_MIC_LEN], struct error *e)
{
    if (!exchange_mic_from_text(text, mic))
        return error_set(e, ERROR_CONFIG, "'%.*s' is no MIC: it has four letters or digits (ISO 10383)",
                         SLICE_FORMAT(text));
    return 0;
}

static int set(struct name_table *table, struct slice name, const char mic[EXCHANGE_MIC_LEN], struct error *e)
{
    uint32_t entry = name_table_add(table, name);
    uint32_t value;

    if (entry == NAME_TABLE_NONE)
        return error_set(e, ERROR_INTERNAL, "no memory for the names of markets");
    memcpy(&value, mic, sizeof value);
    name_table_set_value(table, entry, value);
    return 0;
}

/* Whether the table is full and lacks the name. */
static bool is_too_many(const struct name_table *table, struct slice name, uint32_t max)
{
    return name_table_count(table) == max && name_table_find(table, name) == NAME_TABLE_NONE;
}

int exchanges_set_alias(struct exchanges *exchanges, struct slice name, struct slice mic, struct error *e)
{
    char folded[EXCHANGE_NAME_MAX];
    char upper[EXCHANGE_MIC_LEN];

    if (name.len == 0 || name.len > EXCHANGE_NAME_MAX)
        return error_set(e, ERROR_CONFIG, "a name of %zu bytes; it has 1 to %d", name.len, EXCHANGE_NAME_MAX);
    if (read_mic(mic, upper, e) != 0)
        return -1;
    name = fold(name, folded);
    if (is_too_many(exchanges->aliases, name, EXCHANGE_ALIASES_MAX))
        return error_set(e, ERROR_CONFIG, "more than %u names of markets", EXCHANGE_ALIASES_MAX);
    return set(exchanges->aliases, name, upper, e);
}

int exchanges_add_mic(struct exchanges *exchanges, struct slice mic, struct slice operating_mic, struct error *e)
{
    char segment[EXCHANGE_MIC_LEN];
    char operating[EXCHANGE_MIC_LEN];

    if (read_mic(mic, segment, e) != 0 || read_mic(operating_mic, operating, e) != 0)
        return -1;
    if (exchanges->mics == NULL && (exchanges->mics = name_table_new()) == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for the list of MICs");
    if (is_too_many(exchanges->mics, slice_make(segment, sizeof segment), EXCHANGE_MICS_MAX))
        return error_set(e, ERROR_CONFIG, "more than %u MICs", EXCHANGE_MICS_MAX);
    return set(exchanges->mics, slice_make(segment, sizeof segment), operating, e);
}

static bool find(const struct name_table *table, struct slice name, char mic[EXCHANGE_MIC_LEN])
{
    uint32_t entry = name_table_find(table, name);
    uint32_t value;

    if (entry == NAME_TABLE_NONE)
        return false;
    value = name_table_value(table, entry);
    memcpy(mic, &value, sizeof value);
    return true;
}

static int compare_name(const void *key, const void *row)
{
    const struct slice *name = key;
    struct slice other = slice_of(((const struct exchange_name *)row)->name);
    int order = memcmp(name->ptr, other.ptr, name->len < other.len ? name->len : other.len);

    return order != 0 ? order : (name->len > other.len) - (name->len < other.len);
}

static const char *find_built_in_name(struct slice name)
{
    const struct exchange_name *row =
        bsearch(&name, exchange_names, COUNT(exchange_names), sizeof exchange_names[0], compare_name);

    return row != NULL ? row->mic : NULL;
}

bool exchange_resolve(const struct exchanges *exchanges, struct slice name, char mic[EXCHANGE_MIC_LEN])
{
    char folded[EXCHANGE_NAME_MAX];
    const char *known;

    if (name.len == 0 || name.len > EXCHANGE_NAME_MAX)
        return false;
    name = fold(name, folded);
    if (exchanges != NULL && find(exchanges->aliases, name, mic))
        return true;
    known = find_built_in_name(name);
    if (known == NULL)
        return exchange_mic_from_text(name, mic);
    memcpy(mic, known, EXCHANGE_MIC_LEN);
    return true;
}

static int compare_segment(const void *key, const void *row)
{
    return memcmp(key, ((const struct exchange_segment *)row)->mic, EXCHANGE_MIC_LEN);
}

static const char *find_built_in_operator(const char segment[EXCHANGE_MIC_LEN])
{
    const struct exchange_segment *row =
        bsearch(segment, exchange_segments, COUNT(exchange_segments), sizeof exchange_segments[0], compare_segment);

    return row != NULL ? row->operating_mic : NULL;
}

bool exchange_operates(const struct exchanges *exchanges, const char operating[EXCHANGE_MIC_LEN],
                       const char segment[EXCHANGE_MIC_LEN])
{
    char set_by_user[EXCHANGE_MIC_LEN];
    const char *known;

    if (memcmp(operating, segment, EXCHANGE_MIC_LEN) == 0)
        return false;
    if (exchanges == NULL || exchanges->mics == NULL)
        known = find_built_in_operator(segment);
    else
        known = find(exchanges->mics, slice_make(segment, EXCHANGE_MIC_LEN), set_by_user) ? set_by_user : NULL;
    return known != NULL && memcmp(known, operating, EXCHANGE_MIC_LEN) == 0;
}
