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

#define TEXT(n) ('0' + (n) / 100 + (('0' + (n) / 10 % 10) << 8) + (('0' + (n) % 10) << 16) + (SOH << 24))
#define TEXTS4(n) TEXT(n), TEXT((n) + 1), TEXT((n) + 2), TEXT((n) + 3)
#define TEXTS16(n) TEXTS4(n), TEXTS4((n) + 4), TEXTS4((n) + 8), TEXTS4((n) + 12)
#define TEXTS64(n) TEXTS16(n), TEXTS16((n) + 16), TEXTS16((n) + 32), TEXTS16((n) + 48)

/* How each CheckSum is written, with its SOH; the first byte is the lowest. */
static const uint32_t checksum_texts[256] = {TEXTS64(0), TEXTS64(64), TEXTS64(128), TEXTS64(192)};

/* Whether SOH, `10=`, the sum of all bytes before, and SOH stand there. */
static inline bool trailer_is(const char *trailer, uint32_t sum)
{
    const uint64_t tag = UINT64_C(0x3D303101); /* SOH, `10=` */

    return ascii_load_word(trailer - 1) == ((uint64_t)checksum_texts[sum % 256] << 32 | tag);
}

/* What is known of a message before its bytes are looked at one by one. */
struct frame {
    const char *start;
    const char *body;
    const char *trailer;
    struct slice version;
};

/* Whether it ends as its bytes say, and MsgType stands where it has to. */
static inline bool is_sound(const struct frame *f, uint32_t sum)
{
    return trailer_is(f->trailer, sum) && f->body[0] == '3' && f->body[1] == '5' && f->body[2] == '=';
}

/* All but MsgType, which is the third of the fields. */
static inline void describe(const struct frame *f, const struct fix_index *index, struct fix_message *message)
{
    size_t len = (size_t)(f->trailer - f->start);

    message->bytes = slice_make(f->start, len + TRAILER_LEN);
    message->fields = slice_make(f->start, len);
    message->begin_string = f->version;
    message->index = index;
    message->delimiter = SOH;
    message->delimiter_len = 1;
    message->tolerated = 0;
}

/* The message is described in between, since fix_wide_read waits for what fix_wide_scan has stored. */
static inline bool read_wide(const struct frame *f, struct fix_message *message, struct fix_index *index)
{
    struct fix_wide wide;

    fix_wide_scan(f->start, (size_t)(f->trailer - f->start), SOH, &wide);
    if (!is_sound(f, wide.sum) || !wide.plain)
        return false;
    describe(f, index, message);
    return fix_wide_read(f->start, &wide, index);
}

static bool read_scanned(const struct frame *f, struct fix_message *message, struct fix_index *index)
{
    struct fix_scan scan;

    fix_scan(fix_scan_best(), f->start, (size_t)(f->trailer - f->start), SOH, &scan);
    if (!is_sound(f, scan.sum) || !scan.plain)
        return false;
    describe(f, index, message);
    return fix_plain_read(f->start, &scan, index);
}

bool fix_common_read(const char *start, const char *end, struct fix_message *message, struct fix_index *index)
{
    struct frame f = {.start = start};
    const char *version = start + 2;
    size_t length;

    if (end - version < VERSION_ROOM)
        return false;
    f.version = slice_make(version, version_len(version));
    f.body = version + f.version.len + 1;
    if (f.version.len == 0 || f.body[0] != '9' || f.body[1] != '=')
        return false;
    f.body = read_length(f.body + 2, &length);
    if (f.body == NULL || (size_t)(end - f.body) < length + TRAILER_LEN)
        return false;
    f.trailer = trailer_of(f.body, length, end);
    if (!(avx512_has() ? read_wide(&f, message, index) : read_scanned(&f, message, index)))
        return false;
    message->msg_type = slice_make(start + index->values[2].at, index->values[2].len); /* no value is empty */
    return true;
}
