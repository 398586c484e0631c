#include "ini.h"

static struct slice take_line(struct ini *ini)
{
    const char *end = memchr(ini->rest.ptr, '\n', ini->rest.len);
    size_t len = end ? (size_t)(end - ini->rest.ptr) : ini->rest.len;
    struct slice line = slice_make(ini->rest.ptr, len);
    size_t used = end ? len + 1 : len;

    if (ini->line == 0 && len >= 3 && memcmp(line.ptr, "\xef\xbb\xbf", 3) == 0)
        line = slice_make(line.ptr + 3, len - 3);
    ini->rest = slice_make(ini->rest.ptr + used, ini->rest.len - used);
    ini->line++;
    return slice_trim(line);
}

static bool read_section(struct ini *ini, struct slice line)
{
    if (line.len < 3 || line.ptr[line.len - 1] != ']')
        return false;
    ini->section = slice_trim(slice_make(line.ptr + 1, line.len - 2));
    return ini->section.len > 0 && !memchr(ini->section.ptr, ']', ini->section.len);
}

static enum ini_event read_value(struct ini *ini, struct slice line)
{
    const char *equals = memchr(line.ptr, '=', line.len);

    if (!equals || equals == line.ptr)
        return INI_BAD_LINE;
    if (ini->section.len == 0)
        return INI_NO_SECTION;
    ini->key = slice_trim(slice_make(line.ptr, (size_t)(equals - line.ptr)));
    ini->value = slice_trim(slice_make(equals + 1, line.len - (size_t)(equals - line.ptr) - 1));
    return INI_VALUE;
}

enum ini_event ini_next(struct ini *ini)
{
    while (ini->rest.len > 0) {
        struct slice line = take_line(ini);

        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
            continue;
        if (memchr(line.ptr, '\0', line.len))
            return INI_NUL;
        if (line.ptr[0] != '[')
            return read_value(ini, line);
        return read_section(ini, line) ? INI_SECTION : INI_BAD_SECTION;
    }
    return INI_END;
}

const char *ini_event_text(enum ini_event event)
{
    switch (event) {
    case INI_BAD_SECTION:
        return "starts with [ and is not [section]";
    case INI_NO_SECTION:
        return "comes before the first [section]";
    case INI_NUL:
        return "holds a NUL byte";
    default:
        return "is neither key = value, [section] nor a comment";
    }
}
