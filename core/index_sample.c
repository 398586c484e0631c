#include "index_sample.h"

#include <stdio.h>

#include "index_internal.h"

#define KEYS_OF_PAGE (INDEX_PAGE_LINES * INDEX_LINE_SLOTS / 2) /* about as many as a page holds */

struct sampling {
    const struct index *before;
    const struct index *after;
    enum identifier_kind kind;
    struct index_sample *out;
};

/* The first record of a list. */
static uint32_t first_of(const struct table *t, uint32_t list)
{
    return (uint64_t)list + INDEX_LIST_HEADER < t->word_count ? t->words[list + INDEX_LIST_HEADER] : UINT32_MAX;
}

static struct slice key_of(const struct security *security, enum identifier_kind kind)
{
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (master_role_kind(role) == kind && security->value[role].len > 0)
            return security->value[role];
    return slice_make("", 0);
}

static void look_up(const struct sampling *s, struct slice key)
{
    struct index_sample *out = s->out;
    struct index_cursor cursor;

    out->keys++;
    index_find(s->after, s->kind, key, &cursor);
    if (cursor.count > 0)
        return;
    out->missing++;
    if (out->example[0] == '\0')
        snprintf(out->example, sizeof out->example, "%.*s", SLICE_FORMAT(key));
}

static void sample_record(const struct sampling *s, uint32_t position)
{
    const struct index *before = s->before;
    uint64_t offset = (uint64_t)position * before->record_unit;
    struct security security;

    if (offset < before->record_bytes &&
        record_decode(&before->view, before->records + offset, before->record_bytes - offset, &security) > 0)
        look_up(s, key_of(&security, s->kind));
}

static void sample_line(const struct sampling *s, const struct table *t, const struct index_line *line)
{
    unsigned count = line->bits & INDEX_LINE_COUNT;

    for (unsigned i = 0; i < count && i < INDEX_LINE_SLOTS; i++)
        sample_record(s, line->bits & INDEX_LINE_POSTING(i) ? first_of(t, line->value[i]) : line->value[i]);
}

void index_sample_keys(const struct index *before, const struct index *after, enum identifier_kind kind,
                       uint64_t wanted, struct index_sample *out)
{
    const struct sampling s = {before, after, kind, out};
    const struct table *t = &before->tables[kind];
    uint64_t pages = wanted / KEYS_OF_PAGE + 1;
    uint64_t step = t->page_count <= pages ? 1 : (t->page_count + pages - 1) / pages;

    *out = (struct index_sample){.is_all = step == 1};
    for (uint64_t page = 0; page < t->page_count; page += step)
        for (unsigned line = 0; line < INDEX_PAGE_LINES; line++)
            sample_line(&s, t, &t->pages[page].line[line]);
    for (uint64_t i = 0; i < t->overflow_count && out->is_all; i++)
        sample_record(&s, first_of(t, t->overflow[i].list));
}
