#include "gen_text.h"

#include <string.h>

enum { DIGITS_MAX = 20 /* of 2^64 */ };

void text_add_bytes(struct text *t, const void *bytes, size_t len)
{
    size_t room = t->capacity - t->len;

    if (len > room) {
        len = room;
        t->overflow = true;
    }
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
}

void text_add(struct text *t, const char *words)
{
    text_add_bytes(t, words, strlen(words));
}

void text_add_char(struct text *t, char c)
{
    text_add_bytes(t, &c, 1);
}

void text_add_number(struct text *t, uint64_t n)
{
    text_add_padded(t, n, 1);
}

void text_add_padded(struct text *t, uint64_t n, unsigned width)
{
    char digits[DIGITS_MAX];
    size_t first = DIGITS_MAX;

    while (first > 0 && (n > 0 || DIGITS_MAX - first < width)) {
        digits[--first] = (char)('0' + n % 10);
        n /= 10;
    }
    text_add_bytes(t, digits + first, DIGITS_MAX - first);
}

void text_add_decimal(struct text *t, uint64_t n, unsigned digits)
{
    uint64_t unit = 1;

    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    text_add_number(t, n / unit);
    if (digits > 0) {
        text_add_char(t, '.');
        text_add_padded(t, n % unit, digits);
    }
}

void text_add_json(struct text *t, const char *words)
{
    static const char hex[] = "0123456789abcdef";

    if (!words) {
        text_add(t, "null");
        return;
    }
    text_add_char(t, '"');
    for (const unsigned char *c = (const unsigned char *)words; *c; c++) {
        if (*c == '"' || *c == '\\') {
            text_add_char(t, '\\');
            text_add_char(t, (char)*c);
        } else if (*c < ' ') {
            text_add(t, "\\u00");
            text_add_char(t, hex[*c >> 4]);
            text_add_char(t, hex[*c & 15]);
        } else {
            text_add_char(t, (char)*c);
        }
    }
    text_add_char(t, '"');
}
