/* symbology: how one class of shares, one preferred share or one warrant is spelled by different venues: BRK.B, BRK/B,
 * BRK-B, BRK B, BRKb.N, or BRK with the suffix B (FIX tag 65). Pure functions; any thread. The table of conventions is
 * in core/README.md, "Conventions". */
#ifndef FIXWARDEN_CORE_SYMBOLOGY_H
#define FIXWARDEN_CORE_SYMBOLOGY_H

#include <stdbool.h>

#include "identifier.h"
#include "slice.h"

/* The separators, in the order in which spellings are tried. */
#define SYMBOLOGY_SEPARATORS "./- "

/* Tag 65 of a security that is traded before it is issued (FIX 4.4); in CMS the same mark. */
#define SYMBOLOGY_WHEN_ISSUED "WI"

/* In the order in which symbols are read where none is known to apply. FIX, which has the mark apart in tag 65, is a
 * convention for messages only. */
#define SYMBOLOGY_CONVENTIONS(X)                                                                                       \
    X(CQS)                                                                                                             \
    X(CMS)                                                                                                             \
    X(NASDAQ)                                                                                                          \
    X(ACT)                                                                                                             \
    X(BLOOMBERG)                                                                                                       \
    X(YAHOO)                                                                                                           \
    X(RIC)                                                                                                             \
    X(FIX)

enum symbology_convention {
    SYMBOLOGY_NONE,
#define X(name) SYMBOLOGY_##name,
    SYMBOLOGY_CONVENTIONS(X)
#undef X
        SYMBOLOGY_CONVENTION_COUNT,
};

enum symbology_reading {
    SYMBOLOGY_NOT_UNDERSTOOD, /* a plain symbol, or none of that convention */
    SYMBOLOGY_UNSPELLABLE, /* understood, but the other convention has no spelling for it of at most IDENTIFIER_MAX */
    SYMBOLOGY_SPELLED,
};

/* "CQS", ...; "none" for SYMBOLOGY_NONE. A constant. */
const char *symbology_convention_name(enum symbology_convention convention);

/* The convention with that name, case aside, or SYMBOLOGY_NONE. */
enum symbology_convention symbology_convention_from_name(struct slice name);

/* Reads a symbol and its suffix (tag 65; empty: none) in the convention `from` and spells it in `to`, which is neither
 * NONE nor FIX (`from` may be either: of NONE nothing is understood). Writes the spelling and its length in bytes where
 * the outcome is SYMBOLOGY_SPELLED. */
enum symbology_reading symbology_translate(enum symbology_convention from, struct slice symbol, struct slice suffix,
                                           enum symbology_convention to, char out[IDENTIFIER_MAX], size_t *len);

/* Whether two spellings are the same if each separator counts as the same. */
bool symbology_same_but_separators(struct slice a, struct slice b);

/* The same, with a symbol and its suffix apart on one side. */
bool symbology_same_with_suffix(struct slice symbol, struct slice suffix, struct slice joined);

/* Writes the symbol, and behind a separator its suffix if it has one, with `separator` in the place of every separator.
 * Returns the length; 0 where it is longer than IDENTIFIER_MAX. */
size_t symbology_respell(struct slice symbol, struct slice suffix, char separator, char out[IDENTIFIER_MAX]);

#endif
