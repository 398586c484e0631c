#include "demo_data.h"

#include <stdlib.h>

#include "small_file.h"

const char *demo_kind_name(int kind)
{
    return kind == DEMO_DEAD_LETTER ? "DEAD_LETTER" : discrepancy_kind_name((enum discrepancy_kind)kind);
}

int demo_kind_from_name(struct slice name)
{
    int kind = 0;

    while (kind < DEMO_KIND_COUNT && !slice_equal_text(name, demo_kind_name(kind)))
        kind++;
    return kind;
}

static int read_file(const char *path, char **out, size_t *len, struct error *e)
{
    *out = small_file_read_within(path, DEMO_FILE_MAX, ERROR_DATA, len, e);
    return *out ? 0 : -1;
}

/* Takes the next line off `rest`, without its end. */
static struct slice next_line(struct slice *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
    struct slice line = slice_make(rest->ptr, len);

    len += end != NULL;
    rest->ptr += len;
    rest->len -= len;
    return line;
}

static int split_messages(struct demo_data *data, size_t len, const char *path, struct error *e)
{
    struct slice rest = slice_make(data->bytes, len);

    data->messages = calloc(DEMO_MESSAGES_MAX, sizeof *data->messages);
    if (!data->messages)
        return error_set(e, ERROR_INTERNAL, "no memory for %s", path);
    while (rest.len > 0) {
        if (data->count == DEMO_MESSAGES_MAX)
            return error_set(e, ERROR_DATA, "%s: more than %d messages", path, DEMO_MESSAGES_MAX);
        data->messages[data->count++] = next_line(&rest);
    }
    return 0;
}

static int count_planted(struct demo_data *data, struct slice rest, const char *path, struct error *e)
{
    unsigned line = 1;

    next_line(&rest); /* the header */
    while (rest.len > 0) {
        struct slice row = next_line(&rest);
        const char *comma = memchr(row.ptr, ',', row.len);
        size_t skip = comma ? (size_t)(comma + 1 - row.ptr) : row.len;
        int kind = demo_kind_from_name(slice_make(row.ptr + skip, row.len - skip));

        line++;
        if (kind == DEMO_KIND_COUNT)
            return error_set(e, ERROR_DATA, "%s: line %u: '%.*s' ends in no kind of discrepancy", path, line,
                             SLICE_FORMAT(row));
        data->planted[kind]++;
    }
    return 0;
}

int demo_data_read(struct demo_data *data, const char *messages_path, const char *planted_path, struct error *e)
{
    char *planted = NULL;
    size_t len;
    int status;

    if (read_file(messages_path, &data->bytes, &len, e) != 0 || split_messages(data, len, messages_path, e) != 0 ||
        read_file(planted_path, &planted, &len, e) != 0)
        return -1;
    status = count_planted(data, slice_make(planted, len), planted_path, e);
    free(planted);
    return status;
}

void demo_data_free(struct demo_data *data)
{
    free(data->bytes);
    free(data->messages);
}
