/* ascii: what a byte of FIX or of a master is, whatever the locale. Pure; any thread. */
#ifndef FIXWARDEN_CORE_ASCII_H
#define FIXWARDEN_CORE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline char ascii_to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool ascii_is_letter(char c)
{
    return ascii_is_upper(ascii_to_upper(c));
}

#endif
