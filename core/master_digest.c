#include "master_digest.h"

#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h> /* the same functions, with the widest vectors that the processor has */
#endif

int master_digest_start(struct master_digest *d)
{
    d->block = XXH3_createState();
    d->total = XXH3_createState();
    if (d->block == NULL || d->total == NULL)
        return -1;
    XXH3_64bits_reset(d->block);
    XXH3_128bits_reset(d->total);
    return 0;
}

static void close_block(struct master_digest *d)
{
    uint64_t hash = XXH3_64bits_digest(d->block);

    XXH3_128bits_update(d->total, &hash, sizeof hash);
    XXH3_64bits_reset(d->block);
    d->block_used = 0;
}

void master_digest_add(struct master_digest *d, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t room = MASTER_DIGEST_BLOCK - d->block_used;
        size_t part = len < room ? len : room;

        XXH3_64bits_update(d->block, bytes, part);
        d->block_used += part;
        if (d->block_used == MASTER_DIGEST_BLOCK)
            close_block(d);
        bytes += part;
        len -= part;
    }
}

void master_digest_finish(struct master_digest *d)
{
    XXH128_hash_t hash;

    if (d->block_used > 0)
        close_block(d);
    hash = XXH3_128bits_digest(d->total);
    d->value[0] = hash.high64;
    d->value[1] = hash.low64;
}

void master_digest_free(struct master_digest *d)
{
    XXH3_freeState(d->block);
    XXH3_freeState(d->total);
}
