/* no_unpack: in the place of core/master_unpack.c, which needs zlib's and zstd's libraries: every master is plain. */
#include "core/master_unpack.h"

enum master_packing master_unpack_recognise(const unsigned char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    return MASTER_PLAIN;
}

int master_unpack_create(enum master_packing packing, uint64_t window, struct master_unpack **out, struct error *e)
{
    (void)packing;
    (void)window;
    *out = NULL;
    return error_set(e, ERROR_INTERNAL, "this build unpacks nothing");
}

void master_unpack_free(struct master_unpack *unpack)
{
    (void)unpack;
}

int master_unpack_step(struct master_unpack *unpack, struct unpack_buffers *buffers, struct error *e)
{
    (void)unpack;
    (void)buffers;
    return error_set(e, ERROR_INTERNAL, "this build unpacks nothing");
}

bool master_unpack_is_complete(const struct master_unpack *unpack)
{
    (void)unpack;
    return true;
}
