/* index_estimate: about how many different hashes were seen, in 16 KiB whatever their number.
 *
 * HyperLogLog (Flajolet and others, 2007) in whole numbers, so that every machine comes to the same estimate: the size
 * of a table, and with it the index's bytes, depends on nothing but the keys. The standard error is 0.8 %. */
#ifndef FIXWARDEN_CORE_INDEX_ESTIMATE_H
#define FIXWARDEN_CORE_INDEX_ESTIMATE_H

#include <stdint.h>

#define ESTIMATE_REGISTERS 16384u

struct index_estimate {
    uint8_t longest[ESTIMATE_REGISTERS]; /* start with all zero */
};

void index_estimate_add(struct index_estimate *estimate, uint64_t hash);
/* Has seen, then, what the other one has, too. */
void index_estimate_merge(struct index_estimate *estimate, const struct index_estimate *other);

uint64_t index_estimate_count(const struct index_estimate *estimate);

#endif
