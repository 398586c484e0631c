/* Any bytes as a record and as a log, in each profile and with one more set of tolerances: whatever is handed out lies
 * within the bytes, the index of a message says what a walk over its fields says, a log in two parts is the log as a
 * whole, and what strict takes, log takes as it is. */
#include <assert.h>
#include <stdlib.h>

#include "core/fix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read, so that two readings can be compared. */
struct reading {
    uint64_t digest;
    uint64_t events;
};

static void note(struct reading *r, uint64_t value)
{
    r->digest = (r->digest ^ value) * UINT64_C(0x100000001b3); /* FNV-1a, by words */
}

static void check_within(struct slice part, struct slice whole)
{
    assert(part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void note_fields(struct reading *r, const struct fix_message *m, struct slice whole)
{
    struct fix_cursor cursor;
    struct fix_field field;
    uint32_t count = 0;

    fix_cursor_start(m, &cursor);
    while (fix_cursor_next(&cursor, &field)) {
        check_within(field.value, whole);
        if (m->index != NULL)
            assert(count < m->index->count && m->index->tags[count] == field.tag &&
                   m->fields.ptr + m->index->values[count].at == field.value.ptr &&
                   m->index->values[count].len == field.value.len);
        note(r, field.tag);
        note(r, field.value.len);
        count++;
    }
    assert(cursor.at == cursor.end);
    assert(m->index == NULL || m->index->count == count);
}

/* What the step found, with its place in all. */
static void note_step(struct reading *r, const struct fix_step *step, size_t at, struct slice whole)
{
    check_within(step->malformed, whole);
    note(r, step->event);
    note(r, step->reason);
    note(r, at + step->start);
    note(r, at + step->consumed);
    if (step->event == FIX_MESSAGE) {
        check_within(step->message.bytes, whole);
        note_fields(r, &step->message, whole);
    }
    r->events++;
}

static struct reading read_record(unsigned tolerated, struct slice bytes)
{
    struct reading r = {0};
    struct fix_step step;
    size_t at = 0;

    do {
        fix_next(tolerated, slice_make(bytes.ptr + at, bytes.len - at), at == 0, true, &step);
        assert(step.event != FIX_NEED_MORE);
        assert(step.consumed > 0 || step.event == FIX_END || bytes.len == 0);
        note_step(&r, &step, at, bytes);
        at += step.consumed;
    } while (step.event != FIX_END && at < bytes.len);
    return r;
}

/* First `part` bytes of it, then all. */
static struct reading read_log(unsigned tolerated, struct slice bytes, size_t part)
{
    struct reading r = {0};
    struct fix_step step;
    size_t at = 0;
    size_t end = part;

    for (;;) {
        fix_next(tolerated, slice_make(bytes.ptr + at, end - at), false, end == bytes.len, &step);
        if (step.event != FIX_END && step.event != FIX_NEED_MORE)
            note_step(&r, &step, at, bytes);
        else if (end == bytes.len)
            return r;
        else
            end = bytes.len;
        at += step.consumed;
    }
}

/* In memory of just its size, so that a sanitizer sees what is read behind the part. */
static void compare_parts(unsigned tolerated, struct slice bytes, size_t part)
{
    struct reading whole = read_log(tolerated, bytes, bytes.len);
    struct reading parts = read_log(tolerated, bytes, part);
    char *first = malloc(part + (part == 0));

    assert(whole.digest == parts.digest && whole.events == parts.events);
    if (first == NULL)
        return;
    memcpy(first, bytes.ptr, part);
    read_log(tolerated, slice_make(first, part), part);
    free(first);
}

static void compare_strict_with_log(struct slice bytes)
{
    struct fix_step strict;
    struct fix_step log;

    fix_next(FIX_STRICT, bytes, true, true, &strict);
    if (strict.event != FIX_MESSAGE)
        return;
    fix_next(FIX_LOG, bytes, true, true, &log);
    assert(log.event == FIX_MESSAGE && log.start == strict.start && log.consumed == strict.consumed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    /* Any set at all, told by the bytes, so that a file of the corpus is always read in the same way. */
    unsigned any = size == 0 ? 0 : (data[size / 2] + 7u * (unsigned)size) & FIX_LOG;
    const unsigned sets[] = {FIX_STRICT, FIX_LOG, FIX_STRICT_LOG, any};

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        read_record(sets[i], bytes);
        compare_parts(sets[i] | FIX_TOLERATE_RESYNC, bytes, size == 0 ? 0 : (size_t)data[size - 1] * 7 % size);
        compare_parts(sets[i] | FIX_TOLERATE_RESYNC, bytes, size / 2);
    }
    compare_strict_with_log(bytes);
    return 0;
}
