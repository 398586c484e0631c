#include "index_pages.h"

#include <string.h>

static void fill_slot(struct index_line *line, uint64_t hash, uint32_t value, bool is_list)
{
    unsigned slot = line->bits & INDEX_LINE_COUNT;

    line->fingerprint[slot] = index_hash_fingerprint(hash);
    line->value[slot] = value;
    line->bits++;
    if (is_list)
        line->bits |= INDEX_LINE_POSTING(slot);
}

bool index_page_place(struct index_page *page, uint64_t hash, uint32_t value, bool is_list)
{
    for (unsigned i = 0; i < INDEX_PAGE_LINES; i++) {
        struct index_line *line = &page->line[(index_hash_line(hash) + i) % INDEX_PAGE_LINES];

        if ((line->bits & INDEX_LINE_COUNT) < INDEX_LINE_SLOTS) {
            fill_slot(line, hash, value, is_list);
            return true;
        }
        line->bits |= INDEX_LINE_OVERFLOWED;
    }
    return false;
}

/* What is being filled. */
struct filling {
    struct index_pages *out;
    uint64_t table_pages;
    uint32_t *words;
    uint64_t word_room;
};

/* Where the pages between the first and the last pair's lie; false where there are none, or they do not fit. */
static bool lay_out(const struct spill_pair *pairs, size_t count, struct filling *f, unsigned char *memory,
                    size_t memory_len)
{
    struct index_pages *out = f->out;
    uint64_t last;

    if (count == 0)
        return false;
    out->first = index_hash_page(pairs[0].hash, f->table_pages) + 1;
    last = index_hash_page(pairs[count - 1].hash, f->table_pages);
    if (last <= out->first)
        return false;
    out->count = last - out->first;
    if (out->count > memory_len / sizeof *out->pages)
        return false;
    out->pages = (struct index_page *)(void *)memory;
    f->words = (uint32_t *)(void *)(memory + out->count * sizeof *out->pages);
    f->word_room = (memory_len - out->count * sizeof *out->pages) / sizeof *f->words;
    out->words = f->words;
    for (out->begin = 0; index_hash_page(pairs[out->begin].hash, f->table_pages) < out->first;)
        out->begin++;
    for (out->end = count; index_hash_page(pairs[out->end - 1].hash, f->table_pages) == last;)
        out->end--;
    return true;
}

static bool put_list(struct filling *f, const struct spill_pair *pairs, size_t count, uint32_t *list)
{
    struct index_pages *out = f->out;
    uint32_t *to = f->words + out->word_count;

    if (count + INDEX_LIST_HEADER > f->word_room - out->word_count)
        return false;
    *list = (uint32_t)out->word_count;
    *to++ = (uint32_t)count;
    *to++ = index_hash_check(pairs->hash);
    for (size_t i = 0; i < count; i++)
        *to++ = pairs[i].position;
    out->word_count += count + INDEX_LIST_HEADER;
    return true;
}

/* Adds the pairs of one hash. */
static bool put_key(struct filling *f, const struct spill_pair *pairs, size_t count)
{
    struct index_pages *out = f->out;
    uint32_t value = pairs->position;

    if (count > 1 && !put_list(f, pairs, count, &value))
        return false;
    out->keys++;
    out->duplicate_keys += count > 1;
    return index_page_place(&out->pages[index_hash_page(pairs->hash, f->table_pages) - out->first], pairs->hash, value,
                            count > 1);
}

bool index_pages_fill(const struct spill_pair *pairs, size_t count, uint64_t table_pages, unsigned char *memory,
                      size_t memory_len, struct index_pages *out)
{
    struct filling f = {.out = out, .table_pages = table_pages};
    size_t end;

    *out = (struct index_pages){0};
    if (!lay_out(pairs, count, &f, memory, memory_len))
        return false;
    memset(out->pages, 0, out->count * sizeof *out->pages);
    for (size_t begin = out->begin; begin < out->end; begin = end) {
        for (end = begin + 1; end < out->end && pairs[end].hash == pairs[begin].hash;)
            end++;
        if (!put_key(&f, pairs + begin, end - begin))
            return false;
    }
    return true;
}

void index_pages_move_lists(struct index_pages *pages, uint32_t base)
{
    for (uint64_t page = 0; pages->word_count > 0 && page < pages->count; page++)
        for (unsigned i = 0; i < INDEX_PAGE_LINES; i++) {
            struct index_line *line = &pages->pages[page].line[i];

            for (unsigned slot = 0; line->bits / INDEX_LINE_POSTING(slot) != 0 && slot < INDEX_LINE_SLOTS; slot++)
                if (line->bits & INDEX_LINE_POSTING(slot))
                    line->value[slot] += base;
        }
}
