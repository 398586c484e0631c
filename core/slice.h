/* slice: borrowed bytes, not terminated. Whoever hands one out says how long the bytes live. */
#ifndef FIXWARDEN_CORE_SLICE_H
#define FIXWARDEN_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *ptr; /* may be NULL where len is 0 */
    size_t len;      /* bytes */
};

/* For printf's "%.*s". */
#define SLICE_FORMAT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

/* Initialises a slice with a literal, so that nobody measures a constant again. */
#define SLICE_LITERAL(text)                                                                                            \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }

static inline struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_is_empty(struct slice s)
{
    return s.len == 0;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII case aside. Most that differ do so in their length or first byte, so no function is called. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        char small = (char)(a.ptr[i] | 0x20);

        if (a.ptr[i] != b.ptr[i] && (small != (b.ptr[i] | 0x20) || small < 'a' || small > 'z'))
            return false;
    }
    return true;
}

static inline bool slice_equal_text(struct slice a, const char *text)
{
    size_t len = strlen(text); /* of a literal the compiler knows it, and compares without a call */

    return a.len == len && (len == 0 || memcmp(a.ptr, text, len) == 0);
}

/* Whether it is one of the words, ASCII case aside. */
static inline bool slice_is_one_of(struct slice s, const struct slice *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(s, words[i]))
            return true;
    return false;
}

/* Blank, tab, CR, LF. */
static inline bool slice_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Up to eight bytes as a number that, with their count, no other bytes give. */
static inline uint64_t slice_word(struct slice s)
{
    uint32_t low = 0;
    uint32_t high = 0;

    if (s.len >= sizeof low) { /* the two may overlap */
        memcpy(&low, s.ptr, sizeof low);
        memcpy(&high, s.ptr + s.len - sizeof high, sizeof high);
    } else if (s.len > 0) {
        low = (unsigned char)s.ptr[0];
        high = (uint32_t)(unsigned char)s.ptr[s.len / 2] << 8 | (unsigned char)s.ptr[s.len - 1];
    }
    return (uint64_t)high << 32 | low;
}

/* Whether it is something, and its first and last byte tell at once that there is nothing to trim. */
static inline bool slice_is_clearly_trimmed(struct slice s)
{
    return s.len > 0 && (unsigned char)s.ptr[0] > ' ' && (unsigned char)s.ptr[s.len - 1] > ' ';
}

/* Without white space at either end. Nearly nothing has any. */
static inline struct slice slice_trim(struct slice s)
{
    if (slice_is_clearly_trimmed(s))
        return s;
    while (s.len > 0 && slice_is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && slice_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

#endif
