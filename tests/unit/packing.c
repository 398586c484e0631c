#include "packing.h"

#include "support.h"

#include <zlib.h>
#include <zstd.h>

#define GZIP_ONLY (16 + MAX_WBITS)

char *packing_gzip(const char *bytes, size_t len, size_t *packed)
{
    z_stream z = {0};
    char *in = malloc(len + 1); /* zlib's input is not const */
    char *out;

    memcpy(in, bytes, len);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, GZIP_ONLY, 8, Z_DEFAULT_STRATEGY), Z_OK);
    *packed = deflateBound(&z, len);
    out = malloc(*packed);
    z.next_in = (Bytef *)in;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)*packed;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = z.total_out;
    deflateEnd(&z);
    free(in);
    return out;
}

char *packing_zstd(const char *bytes, size_t len, int window_log, size_t *packed)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(len) + 64;
    char *out = malloc(room);
    ZSTD_outBuffer to = {out, room, 0};
    ZSTD_inBuffer from = {bytes, len, 0};
    ZSTD_inBuffer none = {bytes, 0, 0};

    assert_non_null(z);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    if (window_log > 0)
        ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
    while (from.pos < from.size) /* in two steps, so that the frame does not know the length and names its window */
        assert_false(ZSTD_isError(ZSTD_compressStream2(z, &to, &from, ZSTD_e_continue)));
    assert_int_equal(ZSTD_compressStream2(z, &to, &none, ZSTD_e_end), 0);
    ZSTD_freeCCtx(z);
    *packed = to.pos;
    return out;
}
