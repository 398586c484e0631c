#include "utf8.h"

#include <stdint.h>

/* Bytes of the sequence that starts with `lead`, and the bounds of its second byte, which is where overlong forms,
 * surrogates and what lies above U+10FFFF show (Unicode 15, table 3-7). 0: no sequence starts so. */
static size_t sequence_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef) {
        *low = lead == 0xe0 ? 0xa0 : 0x80;
        *high = lead == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

/* How many bytes of a text are of a word at a time that has nothing but ASCII. */
static size_t ascii_words(struct slice text)
{
    size_t len = 0;
    uint64_t word;

    for (; text.len - len >= sizeof word; len += sizeof word) {
        memcpy(&word, text.ptr + len, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return len;
}

bool utf8_is_ascii(struct slice text)
{
    for (size_t i = ascii_words(text); i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 0x7f)
            return false;
    return true;
}

bool utf8_is_valid(struct slice text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;

    for (size_t i = ascii_words(text); i < text.len;) {
        unsigned char low;
        unsigned char high;
        size_t n = sequence_length(s[i], &low, &high);
        if (n == 0 || n > text.len - i || (n > 1 && (s[i + 1] < low || s[i + 1] > high)))
            return false;
        for (size_t k = 2; k < n; k++)
            if (s[i + k] < 0x80 || s[i + k] > 0xbf)
                return false;
        i += n;
    }
    return true;
}

size_t utf8_latin1_size(struct slice bytes)
{
    size_t size = bytes.len;

    for (size_t i = 0; i < bytes.len; i++)
        size += (unsigned char)bytes.ptr[i] > 0x7f;
    return size;
}

size_t utf8_from_latin1(struct slice bytes, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (c < 0x80) {
            out[len++] = (char)c;
        } else {
            out[len++] = (char)(0xc0 | (c >> 6));
            out[len++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return len;
}
