/* lookahead: the look-up that match will most likely make first for an instrument, so that those of many instruments
 * are made together.
 *
 * It is a guess and nothing more: match takes what was looked up ahead only where it asks for the same key, and looks
 * everything else up by itself. A wrong guess costs time and changes nothing. Pure functions; any thread. */
#ifndef FIXWARDEN_CORE_LOOKAHEAD_H
#define FIXWARDEN_CORE_LOOKAHEAD_H

#include "index.h"
#include "instrument.h"

/* Fills in kind and key, which is borrowed from the instrument's values or from `key`, and lives as long as both.
 * `instrument` may be NULL: no key, which is looked up in vain. */
void lookahead_guess(const struct index *index, const struct instrument *instrument, char key[IDENTIFIER_MAX],
                     struct index_lookup *out);

#endif
