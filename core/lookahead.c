#include "lookahead.h"

#include "symbology.h"

/* As match spells it first where no convention applies: with a suffix the class is meant. */
static size_t spell_symbol(const struct instrument *i, char key[IDENTIFIER_MAX])
{
    return i->suffix.len > 0 && !slice_equal_text(i->suffix, SYMBOLOGY_WHEN_ISSUED)
               ? symbology_respell(i->symbol, i->suffix, SYMBOLOGY_SEPARATORS[0], key)
               : identifier_key(IDENTIFIER_SYMBOL, i->symbol, key);
}

/* The first identifier that can be a key, or else the symbol. Returns the key's length; 0 where there is none. */
static size_t guess(const struct index *index, const struct instrument *i, enum identifier_kind *kind,
                    char key[IDENTIFIER_MAX])
{
    for (size_t k = 0; k < i->identifier_count; k++) {
        size_t len = 0;

        *kind = i->identifiers[k].kind;
        if (index_has_kind(index, *kind))
            len = identifier_key(*kind, i->identifiers[k].value, key);
        if (len > 0)
            return len;
    }
    *kind = IDENTIFIER_SYMBOL;
    return i->symbol.len > 0 ? spell_symbol(i, key) : 0;
}

void lookahead_guess(const struct index *index, const struct instrument *instrument, char key[IDENTIFIER_MAX],
                     struct index_lookup *out)
{
    size_t len = instrument != NULL ? guess(index, instrument, &out->kind, key) : 0;

    out->key = slice_make(key, len);
}
