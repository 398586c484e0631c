#include "digest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"

#define CHUNK ((size_t)1 << 20)      /* bytes read at once */
#define DROP_EVERY ((off_t)64 << 20) /* bytes after which the page cache is told; smaller parts stay in it */

static size_t text_len(enum digest_kind kind)
{
    return kind == DIGEST_MD5 ? 32 : 64;
}

/* ---- of a file ---- */

static int update(EVP_MD_CTX *context, int fd, const char *path, unsigned char *chunk, const atomic_bool *stop,
                  struct error *e)
{
    off_t at = 0, dropped = 0;
    ssize_t len;

    while ((len = read(fd, chunk, CHUNK)) != 0) {
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return error_set_errno(e, errno, "%s", path);
        if (stop && atomic_load(stop))
            return error_set(e, ERROR_TEMPORARY, "%s: its digest was interrupted", path);
        if (EVP_DigestUpdate(context, chunk, (size_t)len) != 1)
            return error_set(e, ERROR_INTERNAL, "%s: libcrypto gives no digest", path);
        at += len;
        if (at - dropped >= DROP_EVERY) {
            posix_fadvise(fd, 0, at, POSIX_FADV_DONTNEED);
            dropped = at;
        }
    }
    return 0;
}

static int finish(EVP_MD_CTX *context, const char *path, char out[DIGEST_TEXT_MAX], struct error *e)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_DigestFinal_ex(context, bytes, &len) != 1 || 2 * (size_t)len >= DIGEST_TEXT_MAX)
        return error_set(e, ERROR_INTERNAL, "%s: libcrypto gives no digest", path);
    for (unsigned i = 0; i < len; i++)
        snprintf(out + (size_t)2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int digest_compute(const char *path, enum digest_kind kind, const atomic_bool *stop, char out[DIGEST_TEXT_MAX],
                   struct error *e)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char *chunk = malloc(CHUNK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int status = -1;

    if (!context || !chunk)
        error_set(e, ERROR_INTERNAL, "no memory for a digest");
    else if (fd < 0)
        error_set_errno(e, errno, "%s", path);
    else if (EVP_DigestInit_ex(context, kind == DIGEST_MD5 ? EVP_md5() : EVP_sha256(), NULL) != 1)
        error_set(e, ERROR_INTERNAL, "libcrypto has no %s here", kind == DIGEST_MD5 ? "MD5" : "SHA-256");
    else if (update(context, fd, path, chunk, stop, e) == 0)
        status = finish(context, path, out, e);
    if (fd >= 0)
        close(fd);
    free(chunk);
    EVP_MD_CTX_free(context);
    return status;
}

/* ---- as it was delivered ---- */

static size_t word_len(struct slice text)
{
    size_t len = 0;

    while (len < text.len && isalnum((unsigned char)text.ptr[len]))
        len++;
    return len;
}

static bool is_hexadecimal(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!isxdigit((unsigned char)word.ptr[i]))
            return false;
    return true;
}

int digest_find(struct slice text, enum digest_kind kind, char out[DIGEST_TEXT_MAX], struct error *e)
{
    size_t wanted = text_len(kind);

    while (text.len > 0) {
        struct slice word = slice_make(text.ptr, word_len(text));
        size_t passed = word.len > 0 ? word.len : 1;

        if (word.len == wanted && is_hexadecimal(word)) {
            for (size_t i = 0; i < wanted; i++)
                out[i] = (char)tolower((unsigned char)word.ptr[i]);
            out[wanted] = '\0';
            return 0;
        }
        text = slice_make(text.ptr + passed, text.len - passed);
    }
    return error_set(e, ERROR_DATA, "it holds no %s, %zu hexadecimal digits", kind == DIGEST_MD5 ? "MD5" : "SHA-256",
                     wanted);
}

int digest_read(const char *path, enum digest_kind kind, char out[DIGEST_TEXT_MAX], struct error *e)
{
    size_t len;
    char *text = small_file_read(path, DIGEST_FILE_MAX, &len, e);
    int status;

    if (!text)
        return -1;
    status = digest_find(slice_make(text, len), kind, out, e);
    if (status != 0)
        error_write_prefix(e, "%s", path);
    free(text);
    return status;
}
