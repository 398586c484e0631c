#include "master_text.h"

#include <stdlib.h>

#include "utf8.h"

int master_text_init(struct master_text *t, enum master_encoding encoding, size_t row_max)
{
    *t = (struct master_text){.encoding = encoding};
    if (encoding != MASTER_ENCODING_LATIN1)
        return 0;
    t->bytes = malloc(MASTER_TEXT_MEMORY(row_max));
    return t->bytes != NULL ? 0 : -1;
}

void master_text_free(struct master_text *t)
{
    free(t->bytes);
    t->bytes = NULL;
}

bool master_text_start_row(struct master_text *t, struct slice row)
{
    t->used = 0;
    return t->encoding != MASTER_ENCODING_UTF8 || utf8_is_valid(row);
}

struct slice master_text_field(struct master_text *t, struct slice field)
{
    char *to;

    if (!master_text_converts(t) || utf8_is_ascii(field))
        return field;
    to = t->bytes + t->used; /* there is room: the fields of a row are not longer than the row */
    field = slice_make(to, utf8_from_latin1(field, to));
    t->used += field.len;
    return field;
}
