#include "explain_find.h"

#include <stdlib.h>

#include "fix_file.h"

/* Keeps the message if it is the one that is looked for. */
static int take(struct explain_find *find, const struct fix_step *step, int64_t offset, struct error *e)
{
    struct slice bytes = step->event == FIX_MESSAGE ? step->message.bytes : step->malformed;

    if (step->event != FIX_MESSAGE && step->event != FIX_MALFORMED)
        return 0;
    if (find->passed < find->number) {
        find->passed++;
        return 0;
    }
    find->bytes = malloc(bytes.len + 1);
    if (find->bytes == NULL)
        return error_set(e, ERROR_INTERNAL, "no memory for a message of %zu bytes", bytes.len);
    if (bytes.len > 0)
        memcpy(find->bytes, bytes.ptr, bytes.len);
    find->len = bytes.len;
    find->offset = offset;
    return 0;
}

int explain_find_in_text(struct explain_find *find, struct slice text, struct error *e)
{
    struct fix_step step;
    size_t at = 0;

    do {
        fix_next(find->profile, slice_make(text.ptr + at, text.len - at), at == 0, true, &step);
        if (take(find, &step, (int64_t)(at + step.start), e) != 0)
            return -1;
        at += step.consumed;
    } while (find->bytes == NULL && step.event != FIX_END && at < text.len);
    return 0;
}

static int take_stretch(void *opaque, struct slice stretch, int64_t offset, bool last, size_t *consumed, bool *enough,
                        struct error *e)
{
    struct explain_find *find = opaque;
    struct fix_step step;

    *consumed = 0;
    do {
        fix_next(find->profile, slice_make(stretch.ptr + *consumed, stretch.len - *consumed), false, last, &step);
        if (take(find, &step, offset + (int64_t)(*consumed + step.start), e) != 0)
            return -1;
        *consumed += step.consumed;
    } while (find->bytes == NULL && step.event != FIX_END && step.event != FIX_NEED_MORE);
    *enough = find->bytes != NULL;
    return 0;
}

int explain_find_in_file(struct explain_find *find, const char *path, int64_t offset, const atomic_bool *stop,
                         struct error *e)
{
    find->profile |= FIX_TOLERATE_RESYNC; /* as checker_check_log: a file has no rest that one message could take */
    return fix_file_read(path, offset, take_stretch, find, stop, e);
}

void explain_find_free(struct explain_find *find)
{
    free(find->bytes);
    find->bytes = NULL;
}
