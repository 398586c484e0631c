/* master_digest: the fingerprint of a master's bytes: XXH3-128 over the XXH3-64 of each MiB, so that the MiBs can be
 * hashed in any order. One thread. */
#ifndef FIXWARDEN_CORE_MASTER_DIGEST_H
#define FIXWARDEN_CORE_MASTER_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#define MASTER_DIGEST_BLOCK (1u << 20) /* bytes under one hash */

struct master_digest {
    XXH3_state_t *block;
    XXH3_state_t *total;
    size_t block_used;
    uint64_t value[2]; /* once it is finished */
};

int master_digest_start(struct master_digest *digest); /* -1 without memory; to be freed even so */
void master_digest_add(struct master_digest *digest, const char *bytes, size_t len);
void master_digest_finish(struct master_digest *digest);
void master_digest_free(struct master_digest *digest);

#endif
