/* symbology: how one class of shares or warrant is spelled by different venues: BRK.B, BRK/B, BRK-B, BRK B, or BRK with
 * the suffix B (FIX tag 65). Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_SYMBOLOGY_H
#define FIXWARDEN_CORE_SYMBOLOGY_H

#include <stdbool.h>

#include "identifier.h"
#include "slice.h"

/* The separators, in the order in which spellings are tried. */
#define SYMBOLOGY_SEPARATORS "./- "

/* Whether two spellings are the same if each separator counts as the same. */
bool symbology_same_but_separators(struct slice a, struct slice b);

/* The same, with a symbol and its suffix apart on one side. */
bool symbology_same_with_suffix(struct slice symbol, struct slice suffix, struct slice joined);

/* Writes the symbol, and behind a separator its suffix if it has one, with `separator` in the place of every separator.
 * Returns the length; 0 where it is longer than IDENTIFIER_MAX. */
size_t symbology_respell(struct slice symbol, struct slice suffix, char separator, char out[IDENTIFIER_MAX]);

#endif
