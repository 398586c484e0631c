#include "json_text.h"

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
