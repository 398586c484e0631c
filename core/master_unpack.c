#include "master_unpack.h"

#define ZLIB_CONST /* for input that is not written to */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define GZIP_ONLY (16 + MAX_WBITS) /* zlib's way to ask for gzip's header and trailer */
#define WINDOW_LOG_MIN 17          /* zstd's fastest level needs as much */
#define WINDOW_LOG_MAX 31

struct master_unpack {
    enum master_packing packing;
    z_stream gzip;
    bool gzip_ready;
    ZSTD_DCtx *zstd;
    uint64_t parts; /* members or frames that have ended */
    bool complete;
};

enum master_packing master_unpack_recognise(const unsigned char *b, size_t len)
{
    if (len >= 2 && b[0] == 0x1f && b[1] == 0x8b)
        return MASTER_GZIP;
    if (len < MASTER_MAGIC_LEN)
        return MASTER_PLAIN;
    if (b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd)
        return MASTER_ZSTD;
    if ((b[0] & 0xf0) == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18) /* a frame to be skipped comes first */
        return MASTER_ZSTD;
    return MASTER_PLAIN;
}

static int no_memory(struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "no memory to unpack it");
}

static int window_log(uint64_t window)
{
    int log = WINDOW_LOG_MIN;

    while (log < WINDOW_LOG_MAX && (2ull << log) <= window)
        log++;
    return log;
}

int master_unpack_create(enum master_packing packing, uint64_t window, struct master_unpack **out, struct error *e)
{
    struct master_unpack *u = calloc(1, sizeof *u);

    *out = u;
    if (u == NULL)
        return no_memory(e);
    u->packing = packing;
    if (packing == MASTER_GZIP) {
        u->gzip_ready = inflateInit2(&u->gzip, GZIP_ONLY) == Z_OK;
    } else {
        u->zstd = ZSTD_createDCtx();
        if (u->zstd != NULL)
            (void)ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, window_log(window));
    }
    if (u->gzip_ready || u->zstd != NULL)
        return 0;
    master_unpack_free(u);
    *out = NULL;
    return no_memory(e);
}

void master_unpack_free(struct master_unpack *u)
{
    if (u == NULL)
        return;
    if (u->gzip_ready)
        inflateEnd(&u->gzip);
    ZSTD_freeDCtx(u->zstd);
    free(u);
}

bool master_unpack_is_complete(const struct master_unpack *u)
{
    return u->complete;
}

static int refuse_garbage(const struct master_unpack *u, struct error *e)
{
    return error_set(e, ERROR_DATA, "bytes that are no %s stand behind its packed text",
                     u->packing == MASTER_GZIP ? "gzip" : "zstd");
}

/* ---- gzip ---- */

static int refuse_gzip(const struct master_unpack *u, struct error *e)
{
    if (u->parts > 0 && u->gzip.total_out == 0 && u->gzip.msg != NULL &&
        strcmp(u->gzip.msg, "incorrect header check") == 0)
        return refuse_garbage(u, e);
    return error_set(e, ERROR_DATA, "is a damaged gzip file: %s",
                     u->gzip.msg != NULL ? u->gzip.msg : "its bytes make no sense");
}

static int step_gzip(struct master_unpack *u, struct unpack_buffers *b, struct error *e)
{
    uInt in_len = b->in_len < UINT_MAX ? (uInt)b->in_len : UINT_MAX;
    uInt out_len = b->out_len < UINT_MAX ? (uInt)b->out_len : UINT_MAX;
    int result;

    if (u->complete && inflateReset(&u->gzip) != Z_OK)
        return no_memory(e);
    u->complete = false;
    u->gzip.next_in = (const Bytef *)b->in;
    u->gzip.avail_in = in_len;
    u->gzip.next_out = (Bytef *)b->out;
    u->gzip.avail_out = out_len;
    result = inflate(&u->gzip, Z_NO_FLUSH);
    b->in += in_len - u->gzip.avail_in;
    b->in_len -= in_len - u->gzip.avail_in;
    b->out += out_len - u->gzip.avail_out;
    b->out_len -= out_len - u->gzip.avail_out;
    if (result == Z_STREAM_END) {
        u->complete = true;
        u->parts++;
    }
    if (result == Z_MEM_ERROR)
        return no_memory(e);
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? 0 : refuse_gzip(u, e);
}

/* ---- zstd ---- */

static int refuse_zstd(const struct master_unpack *u, size_t result, struct error *e)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return no_memory(e);
    case ZSTD_error_frameParameter_windowTooLarge:
        return error_set(e, ERROR_DATA,
                         "is packed with a larger zstd window than the memory has room for; give a larger --memory, or "
                         "pack it without --long and --ultra");
    case ZSTD_error_prefix_unknown:
        if (u->parts > 0)
            return refuse_garbage(u, e);
        /* fallthrough */
    default:
        return error_set(e, ERROR_DATA, "is a damaged zstd file: %s", ZSTD_getErrorName(result));
    }
}

static int step_zstd(struct master_unpack *u, struct unpack_buffers *b, struct error *e)
{
    ZSTD_inBuffer in = {b->in, b->in_len, 0};
    ZSTD_outBuffer out = {b->out, b->out_len, 0};
    size_t result = ZSTD_decompressStream(u->zstd, &out, &in);

    if (ZSTD_isError(result))
        return refuse_zstd(u, result, e);
    b->in += in.pos;
    b->in_len -= in.pos;
    b->out += out.pos;
    b->out_len -= out.pos;
    u->complete = result == 0;
    u->parts += result == 0;
    return 0;
}

/* Whether another member or frame can start so. The libraries wait for more than one byte. */
static bool may_start(const struct master_unpack *u, unsigned char first)
{
    return u->packing == MASTER_GZIP ? first == 0x1f : first == 0x28 || (first & 0xf0) == 0x50;
}

int master_unpack_step(struct master_unpack *u, struct unpack_buffers *b, struct error *e)
{
    if (u->complete && b->in_len > 0 && !may_start(u, (unsigned char)*b->in))
        return refuse_garbage(u, e);
    return u->packing == MASTER_GZIP ? step_gzip(u, b, e) : step_zstd(u, b, e);
}
