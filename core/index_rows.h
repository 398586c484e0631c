/* index_rows: rows of a master made into records and the hashes of their keys, in a thread's own buffers.
 *
 * Positions are counted from the buffer's start, in record units, until whoever appends the records knows where they
 * come to lie. One thread each; all share the dictionary, to which a value is added only by who is allowed to. */
#ifndef FIXWARDEN_CORE_INDEX_ROWS_H
#define FIXWARDEN_CORE_INDEX_ROWS_H

#include "error.h"
#include "index_estimate.h"
#include "index_format.h"
#include "index_record.h"
#include "master.h"

struct index_pair {
    uint64_t hash;
    uint32_t position;
    uint32_t kind;
};

/* What is the same for all rows of all masters. */
struct index_rows_setup {
    const struct record_layout *layout;
    const bool *has_table;         /* by kind */
    struct dictionary *dictionary; /* NULL: no value has a code */
    uint64_t seed;
    uint32_t unit; /* bytes of a record unit */
};

/* A column that is read: as a key, or as it stands. */
struct index_rows_step {
    enum master_role role;
    enum identifier_kind kind;
    uint32_t column;
    bool to_table;
    bool shares_kind; /* an earlier column of the master is of the same kind */
};

struct index_rows {
    struct index_rows_setup setup;
    struct index_rows_step steps[MASTER_ROLE_COUNT];
    size_t step_count;
    uint32_t carried[SECURITY_CARRIED_MAX];
    unsigned char *records;
    size_t record_room; /* bytes */
    size_t record_used;
    struct index_pair *pairs;
    size_t pair_room;
    size_t pair_count; /* with those of the row being read */
    size_t pairs_kept; /* of rows that were written */
    uint64_t rows;
    uint64_t invalid_keys[IDENTIFIER_KIND_COUNT];           /* of rows that were read, since the start */
    struct index_estimate *estimate[IDENTIFIER_KIND_COUNT]; /* likewise; NULL without a table */
    struct dictionary_memo *memo;
    struct security security; /* the row being read */
    char keys[MASTER_ROLE_COUNT][IDENTIFIER_MAX];
};

/* Bytes that it holds at most, for blocks of that size. */
size_t index_rows_memory(const struct index_rows_setup *setup, size_t block_bytes);

int index_rows_init(struct index_rows *rows, const struct index_rows_setup *setup, size_t block_bytes, struct error *e);
void index_rows_free(struct index_rows *rows); /* also of one that is all zero */

/* From here on rows are of this source and have these columns. */
void index_rows_set_source(struct index_rows *rows, uint32_t source, const struct master_columns *columns);

/* The numbers of those that are read; `wanted` has room for MASTER_ROLE_COUNT + SECURITY_CARRIED_MAX. */
size_t index_rows_wanted(const struct index_rows *rows, uint32_t *wanted);

/* Whether there is room for one more row of any size. */
bool index_rows_have_room(const struct index_rows *rows);

/* Reads a good row, which has to stay until it is written. */
void index_rows_read(struct index_rows *rows, const struct master_row *row);

enum index_rows_result {
    INDEX_ROWS_OK,
    INDEX_ROWS_NEW_VALUE, /* nothing was written: the row has a value that is to be added to the dictionary */
    INDEX_ROWS_TOO_LARGE, /* above INDEX_RECORD_MAX */
};

/* Writes the row that was read. `may_add`: to the dictionary, for which the caller has to be alone with it. */
enum index_rows_result index_rows_write(struct index_rows *rows, bool may_add);

/* Forgets the row that was read, which is not written. */
void index_rows_forget(struct index_rows *rows);

/* Empties the buffers. */
void index_rows_clear(struct index_rows *rows);

/* Gives the memory of empty buffers back to the system until they are used again. */
void index_rows_release(struct index_rows *rows);

#endif
