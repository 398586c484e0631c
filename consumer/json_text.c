#include "json_text.h"

#include <string.h>

#include <stdlib.h>

#include "core/utf8.h"

json_t *json_text(struct slice text)
{
    json_t *json;
    char *utf8;

    if (text.len == 0)
        return json_string("");
    if (utf8_is_valid(text))
        return json_stringn(text.ptr, text.len);
    utf8 = malloc(UTF8_FROM_LATIN1_MAX(text.len));
    if (utf8 == NULL)
        return NULL;
    json = json_stringn(utf8, utf8_from_latin1(text, utf8));
    free(utf8);
    return json;
}

bool json_take_text(const json_t *object, const char *name, const char *characters, char *out, size_t size)
{
    const json_t *value = json_object_get(object, name);
    size_t len = json_string_length(value); /* 0 for what is no string */

    if (len == 0 || len >= size || strlen(json_string_value(value)) != len)
        return false;
    memcpy(out, json_string_value(value), len + 1);
    return !characters || strspn(out, characters) == len;
}

bool json_take_number(const json_t *object, const char *name, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(object, name);

    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0 && *out <= max;
}
