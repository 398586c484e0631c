#include "fix_words.h"

#include <stdlib.h>

#include "fix_names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int compare_tags(const void *tag, const void *row)
{
    uint32_t a = *(const uint32_t *)tag;
    uint32_t b = ((const struct fix_field_row *)row)->tag;

    return (a > b) - (a < b);
}

const char *fix_words_field(uint32_t tag)
{
    const struct fix_field_row *row = bsearch(&tag, fix_fields, COUNT(fix_fields), sizeof *fix_fields, compare_tags);

    return row != NULL ? row->name : NULL;
}

const char *fix_words_message(struct slice type)
{
    for (size_t i = 0; i < COUNT(fix_messages); i++)
        if (slice_equal_text(type, fix_messages[i].type))
            return fix_messages[i].name;
    return NULL;
}

/* The field of the main Instrument block, or of the order, whose values this one has. */
static uint32_t like_of(uint32_t tag)
{
    static const struct {
        uint32_t tag, like;
    } likes[] = {{315, 201}, {1358, 201}, {1323, 201}, {1343, 201}, {624, 54}};

    for (size_t i = 0; i < COUNT(likes); i++)
        if (likes[i].tag == tag)
            return likes[i].like;
    return tag;
}

const char *fix_words_value(uint32_t tag, struct slice value)
{
    tag = like_of(tag);
    for (size_t i = 0; i < COUNT(fix_values); i++)
        if (fix_values[i].tag == tag && slice_equal_text(value, fix_values[i].value))
            return fix_values[i].meaning;
    return NULL;
}
