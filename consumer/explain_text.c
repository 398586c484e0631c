#include "explain_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"

#define CUT_MAX 40 /* bytes of " ... (N bytes)" */

/* How many bytes the character that starts there has. */
static size_t width_of(unsigned char first)
{
    if (first < 0xc0)
        return 1;
    if (first < 0xe0)
        return 2;
    return first < 0xf0 ? 3 : 4;
}

/* C0, DEL, C1, and of Unicode's general punctuation and U+FEFF what has no glyph: zero width, direction, isolates. */
static bool is_unseen(const unsigned char *c, size_t width)
{
    if (width == 1)
        return c[0] < ' ' || c[0] == 0x7f;
    if (width == 2)
        return c[0] == 0xc2 && c[1] < 0xa0;
    if (width != 3)
        return false;
    if (c[0] == 0xef)
        return c[1] == 0xbb && c[2] == 0xbf;
    if (c[0] != 0xe2 || c[1] > 0x81)
        return false;
    return c[1] == 0x80 ? (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae) : c[2] >= 0xa0;
}

char *explain_text(struct slice utf8, size_t max)
{
    char *text = malloc(ESCAPE_LEN * utf8.len + CUT_MAX);
    size_t to = 0;

    if (text == NULL)
        return NULL;
    for (size_t from = 0, width, count = 0; from < utf8.len; from += width, count++) {
        const unsigned char *c = (const unsigned char *)utf8.ptr + from;
        width = width_of(*c);
        if (width > utf8.len - from)
            width = utf8.len - from;
        if (count == max) {
            to += (size_t)sprintf(text + to, " ... (%zu bytes)", utf8.len);
            break;
        }
        /* A control character of two bytes is one byte in Latin-1, which it may have come from. */
        for (size_t i = width == 2 && is_unseen(c, width) ? 1 : 0; i < width; i++)
            to += (size_t)sprintf(text + to, is_unseen(c, width) ? "\\x%02X" : "%c", c[i]);
    }
    text[to] = '\0';
    return text;
}
