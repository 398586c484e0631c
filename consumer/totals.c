#include "totals.h"

#include <stdio.h>
#include <stdlib.h>

/* Where `name` is or would be among sorted items, whose first member is their name. */
static size_t find(const void *items, size_t count, size_t item_size, const char *name, bool *found)
{
    size_t low = 0, high = count;

    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp((const char *)items + middle * item_size, name);

        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
            *found = order == 0;
        }
    }
    return high;
}

/* Makes room for one more item at `at`, cleared. False without memory. */
static bool insert(void **items, size_t *count, size_t item_size, size_t at)
{
    char *grown = reallocarray(*items, *count + 1, item_size);

    if (!grown)
        return false;
    *items = grown;
    memmove(grown + (at + 1) * item_size, grown + at * item_size, (*count - at) * item_size);
    memset(grown + at * item_size, 0, item_size);
    (*count)++;
    return true;
}

static void copy_name(char *to, size_t size, struct slice name)
{
    if (name.len == 0)
        name = slice_of(TOTALS_NONE);
    snprintf(to, size, "%.*s", SLICE_FORMAT(name));
}

static struct total *find_total(struct totals *totals, struct slice name)
{
    char text[TOTALS_NAME_MAX];
    bool found;

    copy_name(text, sizeof text, name);
    size_t at = find(totals->items, totals->count, sizeof *totals->items, text, &found);
    if (!found && totals->count >= TOTALS_NAMES_MAX) {
        copy_name(text, sizeof text, slice_of(TOTALS_OTHERS));
        at = find(totals->items, totals->count, sizeof *totals->items, text, &found);
    }
    if (!found) {
        void *items = totals->items;

        if (!insert(&items, &totals->count, sizeof *totals->items, at))
            return NULL;
        totals->items = items;
        memcpy(totals->items[at].name, text, sizeof text);
    }
    return &totals->items[at];
}

static int add_notional(struct total *total, const struct decimal *notional, struct slice currency, struct error *e)
{
    struct decimal absolute = *notional;
    char text[TOTALS_CURRENCY_MAX];
    bool found;

    copy_name(text, sizeof text, currency);
    size_t at = find(total->currencies, total->currency_count, sizeof *total->currencies, text, &found);
    if (!found && total->currency_count == TOTALS_CURRENCIES_MAX) {
        total->without++;
        return 0;
    }
    if (!found) {
        void *items = total->currencies;

        if (!insert(&items, &total->currency_count, sizeof *total->currencies, at))
            return error_set(e, ERROR_INTERNAL, "totals: no memory");
        total->currencies = items;
        memcpy(total->currencies[at].currency, text, sizeof text);
    }
    if (absolute.units < 0)
        absolute.units = -absolute.units;
    if (!decimal_add(total->currencies[at].notional, absolute, &total->currencies[at].notional))
        total->without++;
    return 0;
}

int totals_add(struct totals *totals, struct slice name, const struct exposure *exposure, struct slice currency,
               struct error *e)
{
    struct total *total = find_total(totals, name);

    if (!total)
        return error_set(e, ERROR_INTERNAL, "totals: no memory");
    total->count++;
    if (exposure->has_notional && exposure->counts)
        return add_notional(total, &exposure->notional, currency, e);
    total->repeated += exposure->has_notional;
    total->without += !exposure->has_notional;
    return 0;
}

void totals_free(struct totals *totals)
{
    for (size_t i = 0; i < totals->count; i++)
        free(totals->items[i].currencies);
    free(totals->items);
    *totals = (struct totals){0};
}
