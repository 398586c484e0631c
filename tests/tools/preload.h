/* preload: calls that a library to be preloaded stands in for, by name, and how often each was made.
 *
 * CALLS(X), which lists them, is to be defined before. Any thread. */
#ifndef FIXWARDEN_TESTS_TOOLS_PRELOAD_H
#define FIXWARDEN_TESTS_TOOLS_PRELOAD_H

#include <stdatomic.h>
#include <string.h>

enum call {
#define X(name) CALL_##name,
    CALLS(X)
#undef X
        CALL_COUNT,
};

static const char *const call_names[CALL_COUNT] = {
#define X(name) #name,
    CALLS(X)
#undef X
};

static atomic_long call_counts[CALL_COUNT];

/* CALL_COUNT: it has no such name. */
static enum call call_from_name(const char *name)
{
    int call = 0;

    while (call < CALL_COUNT && strcmp(name, call_names[call]) != 0)
        call++;
    return (enum call)call;
}

/* The number of this call, from 1 on. */
static long call_count(enum call call)
{
    return atomic_fetch_add(&call_counts[call], 1) + 1;
}

#endif
