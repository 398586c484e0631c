/* index_plan: what an index of some masters will hold, settled from their headers before any row is read, so that what
 * cannot work fails before work is lost. */
#ifndef FIXWARDEN_CORE_INDEX_PLAN_H
#define FIXWARDEN_CORE_INDEX_PLAN_H

#include "error.h"
#include "index_build.h"
#include "index_record.h"

struct index_plan {
    struct index_info info; /* columns and sources; its strings belong to the plan */
    struct index_source *sources;
    struct master_options master; /* the user's, with the window that the memory has room for */
    uint64_t total_bytes;         /* of all sources */
    uint64_t text_guess;          /* bytes that they may unpack to */
    uint64_t unpack_memory;       /* bytes; 0 where none is packed */
    uint64_t rows_guess;          /* by the length of the first rows */
    bool has_table[IDENTIFIER_KIND_COUNT];
    uint32_t table_count;
    struct record_layout layout;
};

/* Opens every master for its header. The plan is to be freed even if this fails. */
int index_plan_make(struct index_plan *plan, const char *const *paths, size_t count,
                    const struct index_build_options *options, struct error *e);
void index_plan_free(struct index_plan *plan);

/* Memory for a build of that plan, cut from the budget. */
struct index_budget {
    unsigned threads;
    size_t block_bytes;    /* of a master, that a thread works on */
    size_t arena;          /* bytes to spill, sort and split in */
    unsigned run_bits;     /* of the hash that tell a kind's runs apart: there are 1 << run_bits */
    uint32_t extent_bytes; /* of the spill file */
};

/* Fewer threads and smaller blocks than the options ask for, where the memory demands it. ERROR_CONFIG where it is too
 * little for masters of that size. */
int index_plan_budget(const struct index_plan *plan, uint64_t memory, const struct index_build_options *options,
                      struct index_budget *budget, struct error *e);

#endif
