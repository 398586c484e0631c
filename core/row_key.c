#include "row_key.h"

#include <assert.h>

static_assert(IDENTIFIER_KIND_COUNT <= 64, "kinds are kept as bits of 64");

static bool counts(enum identifier_kind kind, uint64_t kinds)
{
    return kind < IDENTIFIER_KIND_COUNT && (kinds >> kind & 1);
}

struct row_key row_key_of(const struct security *row, uint64_t kinds)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++) {
        enum identifier_kind kind = master_role_kind(role);

        if (row->value[role].len > 0 && counts(kind, kinds) && kind != IDENTIFIER_SYMBOL &&
            identifier_kind_level(kind) > LEVEL_ISSUER)
            return (struct row_key){kind, row->value[role]};
    }
    if (row->value[ROLE_SYMBOL].len > 0 && counts(IDENTIFIER_SYMBOL, kinds))
        return (struct row_key){IDENTIFIER_SYMBOL, row->value[ROLE_SYMBOL]};
    return (struct row_key){IDENTIFIER_UNKNOWN, {NULL, 0}};
}

bool row_key_equal(const struct row_key *a, const struct row_key *b)
{
    return a->kind == b->kind && slice_equal(a->key, b->key);
}

bool row_key_is_same_listing(const struct security *a, const struct security *b)
{
    return slice_equal(a->value[ROLE_MIC], b->value[ROLE_MIC]) &&
           slice_equal(a->value[ROLE_CURRENCY], b->value[ROLE_CURRENCY]);
}
