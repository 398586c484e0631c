#include "marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was said of a partition last. */
struct said {
    char topic[RANGE_TOPIC_MAX + 1];
    int32_t partition;
    int64_t offset;
    char version[INDEX_VERSION_LEN + 1];
};

struct marks {
    size_t count;
    size_t last; /* found by the last look; runs of one partition are long */
    struct said said[MARKS_PARTITIONS_MAX];
};

struct marks *marks_new(void)
{
    return calloc(1, sizeof(struct marks));
}

void marks_free(struct marks *marks)
{
    free(marks);
}

void marks_forget(struct marks *marks)
{
    marks->count = marks->last = 0;
}

static struct said *find(struct marks *marks, const struct origin *origin)
{
    for (size_t i = 0; i < marks->count; i++) {
        size_t at = (marks->last + i) % marks->count;
        struct said *said = &marks->said[at];

        if (said->partition == origin->partition && slice_equal_text(origin->topic, said->topic)) {
            marks->last = at;
            return said;
        }
    }
    return NULL;
}

static struct said *add(struct marks *marks, const struct origin *origin)
{
    struct said *said;

    if (marks->count == MARKS_PARTITIONS_MAX)
        marks_forget(marks);
    marks->last = marks->count++;
    said = &marks->said[marks->last];
    snprintf(said->topic, sizeof said->topic, "%.*s", SLICE_FORMAT(origin->topic));
    said->partition = origin->partition;
    return said;
}

bool marks_lack(struct marks *marks, const struct origin *origin, const char *version)
{
    struct said *said = find(marks, origin);

    if (said && origin->offset >= said->offset && strcmp(said->version, version) == 0)
        return false;
    if (!said)
        said = add(marks, origin);
    said->offset = origin->offset;
    snprintf(said->version, sizeof said->version, "%s", version);
    return true;
}

int marks_put(struct outbox *outbox, const struct mark *mark, struct error *e)
{
    char key[MARK_KEY_MAX];
    char *value = mark_write(mark, e);
    int status;

    if (!value)
        return -1;
    status = outbox_add_mark(outbox, slice_make(key, mark_key(mark, key)), slice_of(value), e);
    free(value);
    return status;
}
