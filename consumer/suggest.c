#include "suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t rows[3][SUGGEST_NAME_MAX + 1]; /* the row before last, the last, and this one, in turn */
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > SUGGEST_NAME_MAX || b_len > SUGGEST_NAME_MAX)
        return SUGGEST_NAME_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1])));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void suggest_consider(struct suggest *suggest, const char *known)
{
    size_t distance = suggest_distance(suggest->typed, known);
    size_t bearable = strlen(suggest->typed) / 3 + 1; /* more changes than that, and it is another word */

    if (distance > bearable || (suggest->nearest && distance >= suggest->distance))
        return;
    suggest->nearest = known;
    suggest->distance = distance;
}

const char *suggest_text(const struct suggest *suggest, const char *before, char *text, size_t size)
{
    text[0] = '\0';
    if (suggest->nearest)
        snprintf(text, size, "; did you mean '%s%s'?", before, suggest->nearest);
    return text;
}
