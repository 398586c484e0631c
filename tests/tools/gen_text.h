/* gen_text: a bounded buffer that text is appended to.
 *
 * The bytes are the caller's. What does not fit is cut and remembered in `overflow`, which the caller checks once at
 * the end: a generator whose limits are right never sees it. One thread. */
#ifndef FIXWARDEN_TESTS_GEN_TEXT_H
#define FIXWARDEN_TESTS_GEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* not terminated */
    size_t len;
    size_t capacity;
    bool overflow;
};

void text_add_bytes(struct text *t, const void *bytes, size_t len);
void text_add(struct text *t, const char *words);
void text_add_char(struct text *t, char c);
void text_add_number(struct text *t, uint64_t n);

/* With leading zeros up to `width` digits (at most 20). */
void text_add_padded(struct text *t, uint64_t n, unsigned width);

/* n / 10^digits as a decimal: (15050, 2) is 150.50. */
void text_add_decimal(struct text *t, uint64_t n, unsigned digits);

/* A JSON string with its quotes, or null for NULL. */
void text_add_json(struct text *t, const char *words);

#endif
