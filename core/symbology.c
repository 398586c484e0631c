#include "symbology.h"

static bool is_separator(char c)
{
    return c != '\0' && strchr(SYMBOLOGY_SEPARATORS, c) != NULL;
}

bool symbology_same_but_separators(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && !(is_separator(a.ptr[i]) && is_separator(b.ptr[i])))
            return false;
    return true;
}

bool symbology_same_with_suffix(struct slice symbol, struct slice suffix, struct slice joined)
{
    if (joined.len != symbol.len + 1 + suffix.len || !is_separator(joined.ptr[symbol.len]))
        return false;
    return symbology_same_but_separators(symbol, slice_make(joined.ptr, symbol.len)) &&
           symbology_same_but_separators(suffix, slice_make(joined.ptr + symbol.len + 1, suffix.len));
}

static size_t append_respelled(struct slice part, char separator, char *out)
{
    for (size_t i = 0; i < part.len; i++)
        out[i] = is_separator(part.ptr[i]) ? separator : part.ptr[i];
    return part.len;
}

size_t symbology_respell(struct slice symbol, struct slice suffix, char separator, char out[IDENTIFIER_MAX])
{
    size_t len;

    if (symbol.len + suffix.len + (suffix.len > 0) > IDENTIFIER_MAX)
        return 0;
    len = append_respelled(symbol, separator, out);
    if (suffix.len > 0) {
        out[len++] = separator;
        len += append_respelled(suffix, separator, out + len);
    }
    return len;
}
