/* index_table: makes the TABLE, POSTINGS and OVERFLOW sections of one key kind out of the pairs that were spilled.
 *
 * The runs come in order of the hash's highest bits. Each is loaded and sorted if it fits the memory that is given, and
 * otherwise split by further bits; a run of one hash alone, however long, is copied through. So any skew is met within
 * the memory. Several threads load and sort; what they have goes into the sections in the order of the runs. */
#ifndef FIXWARDEN_CORE_INDEX_TABLE_H
#define FIXWARDEN_CORE_INDEX_TABLE_H

#include "index_file.h"
#include "index_spill.h"

#define TABLE_PAGE_KEYS 528u /* a page is meant to hold, of 640 slots; 640 is five standard deviations away */
#define TABLE_SPLIT_BITS 4u  /* of the hash that one splitting looks at */
#define TABLE_SPLIT (1u << TABLE_SPLIT_BITS)
#define TABLE_EXTENTS (TABLE_SPLIT + 1u)                   /* that a thread needs: to split to, and to read from */
#define TABLE_PAIR_MEMORY (2u * sizeof(struct spill_pair)) /* bytes to sort one pair in */

struct table_input {
    struct index_file *file;
    struct spill *spill;
    enum identifier_kind kind;
    struct spill_run *runs; /* sealed, in order of the hash */
    uint32_t run_count;
    unsigned run_bits; /* of the hash that the run's number stands for */
    uint64_t expected; /* different hashes, about */
    unsigned threads;
    unsigned char *memory; /* to sort and split in, for all threads; TABLE_EXTENTS for each at least */
    size_t memory_len;
    unsigned char *overflow_buffer; /* one extent */
};

/* Adds the three sections to the file and sets keys and duplicate_keys of `counts`. */
int index_table_build(const struct table_input *input, struct index_kind_counts *counts, struct error *e);

#endif
