/* guard: memory between two pages that must not be touched, so that a byte read before or behind what a function was
 * given ends the test, with a sanitizer or without. */
#ifndef FIXWARDEN_TESTS_UNIT_GUARD_H
#define FIXWARDEN_TESTS_UNIT_GUARD_H

#include "core/slice.h"

struct guard {
    char *map;
    size_t page;
    size_t room; /* bytes between the pages */
};

/* Room for inputs of up to `most` bytes. Fails the test where there is no memory. */
void guard_make(struct guard *guard, size_t most);
void guard_release(struct guard *guard);

/* Copies the input so that its last byte is the last before the page behind, or its first byte the first behind the
 * page before. The copy is good until the next one. */
struct slice guard_at_end(struct guard *guard, struct slice input);
struct slice guard_at_start(struct guard *guard, struct slice input);

#endif
