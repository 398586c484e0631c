#include "escape.h"

#include "ascii.h"

/* -1 where it is no hexadecimal digit. */
static int digit_value(char c)
{
    char upper = ascii_to_upper(c);

    if (ascii_is_digit(c))
        return c - '0';
    return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

bool escape_read(struct slice text, char *byte)
{
    int high;
    int low;

    if (text.len < ESCAPE_LEN || text.ptr[0] != '\\' || ascii_to_upper(text.ptr[1]) != 'X')
        return false;
    high = digit_value(text.ptr[2]);
    low = digit_value(text.ptr[3]);
    if (high < 0 || low < 0)
        return false;
    *byte = (char)(high * 16 + low);
    return true;
}

size_t escape_decode(char *text, size_t len)
{
    size_t to = 0;

    for (size_t from = 0; from < len; to++) {
        bool escaped = escape_read(slice_make(text + from, len - from), &text[to]);

        if (!escaped)
            text[to] = text[from];
        from += escaped ? ESCAPE_LEN : 1;
    }
    return to;
}
