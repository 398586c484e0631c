/* digest: MD5 and SHA-256 of files, as those who deliver them publish them. By libcrypto, which is in the process
 * anyway: librdkafka and libcurl bring it. Any thread. */
#ifndef FIXWARDEN_CONSUMER_DIGEST_H
#define FIXWARDEN_CONSUMER_DIGEST_H

#include <stdatomic.h>

#include "core/error.h"
#include "core/slice.h"

#define DIGEST_TEXT_MAX 65     /* hexadecimal digits and the NUL */
#define DIGEST_FILE_MAX 65536u /* bytes of a file that holds one; what stands behind them is not read */

enum digest_kind { DIGEST_MD5, DIGEST_SHA256 };

/* Of a whole file, which leaves the page cache as it is read. `stop`, if it is not NULL, ends it with ERROR_TEMPORARY.
 */
int digest_compute(const char *path, enum digest_kind kind, const atomic_bool *stop, char out[DIGEST_TEXT_MAX],
                   struct error *e);

/* The first word that is as long as a digest of that kind and nothing but hexadecimal digits, in lower case; so
 * `md5sum FILE`, `openssl md5 FILE` and the digest alone can all be read. ERROR_DATA without one. Pure. */
int digest_find(struct slice text, enum digest_kind kind, char out[DIGEST_TEXT_MAX], struct error *e);

/* The same of a file. */
int digest_read(const char *path, enum digest_kind kind, char out[DIGEST_TEXT_MAX], struct error *e);

#endif
