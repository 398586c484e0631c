/* index_pages: pages of a table filled out of sorted pairs, in a thread's own memory, before they have their place in
 * the file. Plain values; one thread each; nothing is allocated. */
#ifndef FIXWARDEN_CORE_INDEX_PAGES_H
#define FIXWARDEN_CORE_INDEX_PAGES_H

#include <stdbool.h>

#include "index_format.h"
#include "index_spill.h"

/* Puts a slot into its line or the next one with room, round the page; false where the page is full. */
bool index_page_place(struct index_page *page, uint64_t hash, uint32_t value, bool is_list);

/* Pages that are whole, and the lists that their slots lead to. */
struct index_pages {
    size_t begin; /* of the pairs: the first and the one behind the last that are in these pages */
    size_t end;
    uint64_t first; /* number of the first page */
    uint64_t count;
    struct index_page *pages;
    const uint32_t *words; /* lists, as in POSTINGS; slots count from here */
    uint64_t word_count;
    uint64_t keys;
    uint64_t duplicate_keys;
};

/* Fills the pages that no other run has a part of: all between the first and the last pair's. The pairs are sorted by
 * hash. False where the memory does not do, or a page overflows: then nothing was made of the pairs. `memory` is for
 * uint64_t at least. */
bool index_pages_fill(const struct spill_pair *pairs, size_t count, uint64_t table_pages, unsigned char *memory,
                      size_t memory_len, struct index_pages *out);

/* Tells the slots where in POSTINGS, in words, the lists come to lie. */
void index_pages_move_lists(struct index_pages *pages, uint32_t base);

#endif
