/* suggest: which known name somebody may have meant. Pure functions. */
#ifndef FIXWARDEN_CONSUMER_SUGGEST_H
#define FIXWARDEN_CONSUMER_SUGGEST_H

#include <stddef.h>

#define SUGGEST_NAME_MAX 64 /* bytes; longer names are like nothing */

/* How many letters were left out, put in, replaced or swapped with their neighbour (optimal string alignment), ASCII
 * case aside. SUGGEST_NAME_MAX for names that are too long. */
size_t suggest_distance(const char *a, const char *b);

/* The nearest name so far; start with {.typed = NAME}. */
struct suggest {
    const char *typed;
    const char *nearest; /* borrowed; NULL where nothing is like it */
    size_t distance;
};

/* Looks at one more known name. */
void suggest_consider(struct suggest *suggest, const char *known);

/* "; did you mean 'topics'?" with `before` right before the name ("--", "[input] ", ...), or "" where nothing is like
 * it, written to `text`. Returns `text`. */
const char *suggest_text(const struct suggest *suggest, const char *before, char *text, size_t size);

#endif
