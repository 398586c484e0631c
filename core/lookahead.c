#include "lookahead.h"

#include "symbology.h"

/* As match spells it first where no convention applies: with a suffix the class is meant. */
static struct slice spell_symbol(const struct instrument *i, char key[IDENTIFIER_MAX])
{
    if (i->symbol.len == 0 || i->suffix.len == 0 || slice_equal_text(i->suffix, SYMBOLOGY_WHEN_ISSUED))
        return identifier_key_of_plain(IDENTIFIER_SYMBOL, i->symbol, key);
    return slice_make(key, symbology_respell(i->symbol, i->suffix, SYMBOLOGY_SEPARATORS[0], key));
}

/* The first identifier that can be a key, or else the symbol; empty where there is none. */
static struct slice guess(const struct index *index, const struct instrument *i, enum identifier_kind *kind,
                          char key[IDENTIFIER_MAX])
{
    for (size_t k = 0; k < i->identifier_count; k++) {
        struct slice found = {key, 0};

        *kind = i->identifiers[k].kind;
        if (index_has_kind(index, *kind))
            found = identifier_key_of_plain(*kind, i->identifiers[k].value, key);
        if (found.len > 0)
            return found;
    }
    *kind = IDENTIFIER_SYMBOL;
    return spell_symbol(i, key);
}

void lookahead_guess(const struct index *index, const struct instrument *instrument, char key[IDENTIFIER_MAX],
                     struct index_lookup *out)
{
    out->key = instrument != NULL ? guess(index, instrument, &out->kind, key) : slice_make(key, 0);
}
