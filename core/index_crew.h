/* index_crew: threads that read the rows of one master after another into records and spilled keys.
 *
 * Each thread takes the next block, finds its rows (in turn), makes records and hashes of them (side by side), and
 * appends these (in turn again). A row that is bad, or that has a value new to the dictionary, waits for its turn. So
 * everything that has an order happens in the order of the rows, and the outcome, errors and their sentences included,
 * is the same whatever the number of threads. */
#ifndef FIXWARDEN_CORE_INDEX_CREW_H
#define FIXWARDEN_CORE_INDEX_CREW_H

#include "index.h"
#include "index_rows.h"
#include "master_cut.h"

/* What is done with the rows. All are called by one thread at a time, in the order of the rows, and return 0, or -1
 * with the error set, which ends it all. */
struct index_crew_events {
    void *opaque;
    /* Rows whose records and kept pairs are to be taken; `offset` is how far the file has been read. */
    int (*on_rows)(void *opaque, const struct index_rows *rows, uint64_t offset, struct error *e);
    int (*on_bad_row)(void *opaque, const struct master_row *row, struct error *e);
    /* Asked once a block: whether all threads but one are to stand aside. */
    bool (*is_short_of_memory)(void *opaque);
};

struct index_crew;

size_t index_crew_memory(const struct index_rows_setup *setup, unsigned threads, size_t block_bytes);

/* The calling thread is one of the threads; where others cannot be had, there are fewer. */
int index_crew_create(const struct index_rows_setup *setup, unsigned threads, size_t block_bytes,
                      struct index_crew **out, struct error *e);
void index_crew_free(struct index_crew *crew); /* NULL is fine */

/* Reads all that follows the header of an open master, which it closes, as soon as it can, to have its memory back.
 * `number` is the source's; its digest and the length of its text are filled in. */
int index_crew_read(struct index_crew *crew, struct index_source *source, uint32_t number, struct master *master,
                    const struct index_crew_events *events, struct error *e);

/* What all threads have seen so far: about how many different keys, and how many invalid ones. */
void index_crew_estimate(const struct index_crew *crew, enum identifier_kind kind, struct index_estimate *estimate);
uint64_t index_crew_invalid_keys(const struct index_crew *crew, enum identifier_kind kind);

#endif
