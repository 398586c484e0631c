#include "fix_common.h"

#include "ascii.h"
#include "avx512.h"
#include "fix_plain.h"
#include "fix_scan.h"
#include "fix_wide.h"

#define SOH '\x01'
#define TRAILER_LEN 7            /* `10=`, three digits, SOH */
#define VERSION_ROOM (8 + 3 + 8) /* the longest version here, SOH and `9=`, and a word */

/* The length of the version before SOH, without a branch on which it is; 0 for anything else. Looks at nine bytes. */
static inline size_t version_len(const char *version)
{
    const uint64_t fixt = UINT64_C(0x312E312E54584946); /* FIXT.1.1 */
    const uint64_t fix4 = UINT64_C(0x01302E342E584946); /* FIX.4.0, SOH */
    uint64_t word = ascii_load_word(version);
    bool is_fixt = (word == fixt) & (version[8] == SOH);
    bool is_fix4 = (((word ^ fix4) & ~(UINT64_C(0xFF) << 48)) == 0) & ((word >> 48 & 0xFF) - '0' <= 4);

    return 8 * (size_t)is_fixt + 7 * (size_t)is_fix4;
}

/* Reads one to seven digits and SOH. Returns what stands behind, or NULL. Looks at eight bytes. */
static inline const char *read_length(const char *at, size_t *length)
{
    uint64_t word = ascii_load_word(at) ^ ASCII_ZEROS;
    uint64_t others = ascii_find_others(word);
    unsigned digits;

    if (others == 0 || (others & 0xFF) != 0)
        return NULL;
    digits = (unsigned)__builtin_ctzll(others) / 8;
    *length = ascii_join_digits(word << (64 - 8 * digits));
    return at[digits] == SOH ? at + digits + 1 : NULL;
}

/* Where the trailer has to be. Where the message fills its buffer, as in a record, that is known before BodyLength is
 * read: a processor that guesses so goes on with it at once. The compiler must not see that both are the same. */
static inline const char *trailer_of(const char *body, size_t length, const char *end)
{
    const char *trailer = end - TRAILER_LEN;

    if ((size_t)(trailer - body) != length)
        return body + length;
    __asm__("" : "+r"(trailer));
    return trailer;
}

/* Reads SOH, `10=`, three digits, SOH. */
static inline bool read_trailer(const char *trailer, uint32_t *checksum)
{
    uint64_t word = ascii_load_word(trailer - 1) ^ UINT64_C(0x013030303D303101);

    *checksum = ascii_join_digits(word << 8 & UINT64_C(0xFFFFFF0000000000));
    return (word & UINT64_C(0xFF000000FFFFFFFF)) == 0 && ascii_find_others(word) == 0;
}

static inline bool sum_is(uint32_t sum, uint32_t checksum)
{
    return sum % 256 == checksum;
}

static bool read_wide(const char *bytes, size_t len, uint32_t checksum, struct fix_index *index)
{
    struct fix_wide wide;

    fix_wide_scan(bytes, len, SOH, &wide);
    return sum_is(wide.sum, checksum) && wide.plain && fix_wide_read(bytes, &wide, index);
}

static bool read_scanned(const char *bytes, size_t len, uint32_t checksum, struct fix_index *index)
{
    struct fix_scan scan;

    fix_scan(fix_scan_best(), bytes, len, SOH, &scan);
    return sum_is(scan.sum, checksum) && scan.complete && scan.plain && fix_plain_read(bytes, &scan, index);
}

bool fix_common_read(const char *start, const char *end, struct fix_message *message, struct fix_index *index)
{
    const char *version = start + 2;
    const char *body;
    const char *trailer;
    size_t version_bytes;
    size_t length;
    size_t len;
    uint32_t checksum;

    if (end - version < VERSION_ROOM)
        return false;
    version_bytes = version_len(version);
    body = version + version_bytes + 1;
    if (version_bytes == 0 || body[0] != '9' || body[1] != '=')
        return false;
    body = read_length(body + 2, &length);
    if (body == NULL || (size_t)(end - body) < length + TRAILER_LEN)
        return false;
    trailer = trailer_of(body, length, end);
    len = (size_t)(trailer - start);
    if (!read_trailer(trailer, &checksum) || body[0] != '3' || body[1] != '5' || body[2] != '=')
        return false;
    if (!(avx512_has() ? read_wide(start, len, checksum, index) : read_scanned(start, len, checksum, index)))
        return false;
    message->bytes = slice_make(start, len + TRAILER_LEN);
    message->fields = slice_make(start, len);
    message->begin_string = slice_make(version, version_bytes);
    message->msg_type = slice_make(start + index->values[2].at, index->values[2].len); /* no value is empty */
    message->index = index;
    message->delimiter = SOH;
    message->delimiter_len = 1;
    return true;
}
