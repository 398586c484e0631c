/* Says what is made of each identifier on standard input, for tests that compare it: lines `KIND value`, where all
 * behind the first blank is the value. It is judged as match judges one: its key is.
 *
 * Writes a line for each: VALID, BAD_SHAPE, BAD_CHECK_DIGIT or UNCHECKED; NO_KEY for a placeholder or too long a value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "core/identifier.h"

static const char *judge(enum identifier_kind kind, struct slice value)
{
    static const char *const names[] = {
        [IDENTIFIER_VALID] = "VALID",
        [IDENTIFIER_BAD_SHAPE] = "BAD_SHAPE",
        [IDENTIFIER_BAD_CHECK_DIGIT] = "BAD_CHECK_DIGIT",
        [IDENTIFIER_UNCHECKED] = "UNCHECKED",
    };
    char key[IDENTIFIER_MAX];
    size_t len = identifier_key(kind, value, key);

    return len == 0 ? "NO_KEY" : names[identifier_check(kind, slice_make(key, len))];
}

/* The line without its end. False where it names no kind. */
static bool take_line(const char *line, size_t len)
{
    const char *blank = memchr(line, ' ', len);
    enum identifier_kind kind;

    if (blank == NULL)
        return false;
    kind = identifier_kind_from_name(slice_make(line, (size_t)(blank - line)));
    if (kind == IDENTIFIER_UNKNOWN)
        return false;
    puts(judge(kind, slice_make(blank + 1, (size_t)(line + len - blank - 1))));
    return true;
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int status = EXIT_SUCCESS;

    while (status == EXIT_SUCCESS && (len = getline(&line, &room, stdin)) > 0) {
        len -= line[len - 1] == '\n';
        if (!take_line(line, (size_t)len)) {
            fprintf(stderr, "no kind: %.*s\n", (int)len, line);
            status = 65;
        }
    }
    free(line);
    return status;
}
